"""One flush under way: what it wrote so far, and what listeners did to that since."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from cormorant.instrument._state_cy import state_of
from cormorant.instrument.constants import NO_VALUE

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from cormorant.flush.ports import FlushUnit
    from cormorant.instrument._state_cy import Link
    from cormorant.mapping.mapper import Mapper


class UOWTransaction:
    """The flush context that listeners receive: `session` and `transaction` are promised.

    `inserted`, `updated`, `deleted`: objects in the order in which they were written.
    """

    def __init__(self, session: FlushUnit, link: Link) -> None:
        self.session = session
        self.link = link
        self.inserted: list[Any] = []
        self.updated: list[Any] = []
        self.deleted: list[Any] = []
        self.processed: dict[int, Any] = {}
        self.roots: dict[Mapper, None] = {}
        self.watching = False
        self.snapshots: dict[int, dict[str, Any]] = {}
        self.incoming: dict[int, list[tuple[Any, Any]]] = {}
        self.outsiders: list[tuple[Any, Any, Any]] = []
        self.touched: dict[int, Any] = {}
        self.defaulted: list[tuple[Any, tuple[str, ...]]] = []

    @property
    def transaction(self) -> Any:
        """The SessionTransaction of this flush."""
        return self.session.flush_transaction

    def connection_of(self, mapper: Mapper) -> Connection:
        """Return the connection that rows of `mapper` are written on."""
        return self.session.connection_for(mapper)

    def has_work(self) -> bool:
        """Tell whether anything was written."""
        return bool(self.inserted or self.updated or self.deleted)

    def watch(self, objects: Iterable[Any]) -> None:
        """Remember the values of objects as they are now, to see later what listeners changed."""
        for obj in objects:
            self.snapshots[id(obj)] = snapshot(obj)

    def before(self, obj: Any) -> dict[str, Any]:
        """Return the earlier values that the changes of `obj` count from, by attribute."""
        taken = self.snapshots.get(id(obj))
        if taken is not None:
            return differences(obj, taken)
        return state_of(obj).old or {}

    def changed_since(self, objects: Iterable[Any]) -> list[Any]:
        """Return those of the watched objects that have changed since they were watched."""
        found = []
        for obj in objects:
            taken = self.snapshots.get(id(obj))
            if taken is not None and differences(obj, taken):
                found.append(obj)
        return found


def snapshot(obj: Any) -> dict[str, Any]:
    """Copy the values of an object; collections as tuples of their members."""
    state = state_of(obj)
    taken = dict(state.values)
    for key, attribute in state.manager.attributes.items():
        if attribute.collection and taken.get(key) is not None:
            taken[key] = tuple(taken[key])
    return taken


def differences(obj: Any, taken: dict[str, Any]) -> dict[str, Any]:
    """Return earlier values of the mapped attributes that differ from the snapshot."""
    state = state_of(obj)
    values = state.values
    found = {}
    for key, attribute in state.manager.attributes.items():
        now, then = values.get(key, NO_VALUE), taken.get(key, NO_VALUE)
        if attribute.collection:
            now_ids = () if now is NO_VALUE or now is None else tuple(map(id, now))
            then_ids = () if then is NO_VALUE or then is None else tuple(map(id, then))
            if now_ids != then_ids:
                found[key] = list(then) if then_ids else []
        elif now is not then:
            found[key] = then
    return found

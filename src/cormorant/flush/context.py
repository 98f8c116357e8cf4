"""One flush under way: what it wrote so far, and what listeners did to that since."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import TYPE_CHECKING, Any

from cormorant.instrument._state_cy import end_watch, state_of, watch
from cormorant.instrument.collections import members_of
from cormorant.instrument.constants import NO_VALUE

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from cormorant.flush.associations import Pairs
    from cormorant.flush.ports import FlushUnit
    from cormorant.instrument._state_cy import Link
    from cormorant.mapping.mapper import Mapper

_numbers = count(1)
"""One for each flush of the process: a watched object may come into another session."""


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
        self.has_watched = False
        self.number = next(_numbers)
        self.snapshots: dict[int, dict[str, Any]] = {}
        """What was changed in watched objects, by id, of those that were changed further."""
        self.related: dict[int, dict[str, Any]] = {}
        """What the relationships held when the round looked at them, by id of the object."""
        self.incoming: dict[int, list[tuple[Any, Any]]] = {}
        self.outsiders: list[tuple[Any, Any, Any]] = []
        self.strangers: list[tuple[Any, str]] = []
        """Owners of members that are not in the session, and what is to be said of each."""
        self.orphans: set[int] = set()
        """Ids of the objects that this flush deletes because nobody owns them any more."""
        self.touched: dict[int, Any] = {}
        self.inherited: dict[int, Any] = {}
        self.leavers: list[tuple[Any, Any]] = []
        self.owned: set[tuple[Any, int]] = set()
        self.pairs: dict[Any, Pairs] = {}
        self.old_keys: dict[int, Any] = {}
        self.followed: list[Any] = []
        """Members in memory whose rows took the new key of their parent by themselves."""
        self.late: list[tuple[Any, Any, Any]] = []
        self.saved: dict[int, list[tuple[int, list[Any]]]] = {}
        """(step, batch) of this round in tables that refer to each other, by the first root."""
        self.unseen: dict[Any, list[Any]] = {}
        """Deleted owners of members that nobody has seen, by relationship."""
        self.versions: dict[int, tuple[Any, Any]] = {}
        """(version of the row, the next one) of objects that have the next one already."""
        self.defaulted: list[tuple[Any, tuple[str, ...]]] = []
        """New objects and the attributes that defaults in Python gave them."""
        self.latest: dict[int, tuple[str, ...]] = {}
        """The same of the table written last, by id, where refresh_flush listeners are told."""

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

    def watch(self, objects: Sequence[Any]) -> None:
        """Note what is changed in objects now, to see later what listeners add to that.

        A snapshot is taken only of those that do change, right before.
        """
        if not objects:
            return
        self.has_watched = True
        self.link.watch = self.number
        self.link.watcher = self.take_snapshot
        for obj in objects if self.snapshots else ():
            self.snapshots.pop(id(obj), None)
        watch(objects, self.link)

    def end_watches(self) -> None:
        """Let the session's objects change unseen: the flush is over."""
        self.link.watcher = None

    def take_snapshot(self, obj: Any) -> None:
        """Copy what is changed in a watched object, which is about to change further."""
        self.snapshots[id(obj)] = snapshot(obj)

    def snapshot_of(self, obj: Any) -> dict[str, Any]:
        """Return the snapshot of a watched object, taken now if it has not changed yet."""
        if id(obj) not in self.snapshots:
            end_watch(obj, state_of(obj))
        return self.snapshots[id(obj)]

    def is_watched(self, obj: Any) -> bool:
        """Tell whether the changes of an object count from a moment of this flush."""
        return id(obj) in self.snapshots or (
            self.has_watched and state_of(obj).watched == self.number
        )

    def before(self, obj: Any) -> dict[str, Any]:
        """Return the earlier values that the changes of `obj` count from, by attribute."""
        state = state_of(obj)
        if self.has_watched:
            taken = self.snapshots.get(id(obj))
            if taken is not None:
                return differences(obj, taken)
            if state.watched == self.number:
                return {}
        return state.old or {}

    def changed_since(self) -> list[Any]:
        """Return the watched objects that have changed since they were watched."""
        snapshots = self.snapshots
        if not snapshots:
            return []
        return [
            obj
            for oid, obj in self.link.changed.items()
            if oid in snapshots and differences(obj, snapshots[oid])
        ]


def snapshot(obj: Any) -> dict[str, Any]:
    """Copy the values of the changed attributes of an object; collections as tuples."""
    state = state_of(obj)
    taken: dict[str, Any] = {}
    for key in state.old or ():
        value = taken[key] = state.values.get(key, NO_VALUE)
        attribute = state.manager.attributes.get(key)
        if attribute is not None and attribute.collection and value is not NO_VALUE:
            taken[key] = () if value is None else tuple(members_of(value))
    return taken


def differences(obj: Any, taken: dict[str, Any]) -> dict[str, Any]:
    """Return earlier values of the mapped attributes that were changed after the snapshot."""
    state = state_of(obj)
    if not state.old:
        return {}
    values, attributes = state.values, state.manager.attributes
    found = {}
    for key, first in state.old.items():
        if key not in attributes:
            continue
        now, then = values.get(key, NO_VALUE), taken.get(key, first)
        if attributes[key].collection:
            if key not in taken:
                found[key] = then
            elif _ids(now) != _ids(then):
                found[key] = list(then) if _ids(then) else []
        elif now is not then:
            found[key] = then
    return found


def _ids(members: Any) -> tuple[int, ...]:
    none = members is NO_VALUE or members is None
    return () if none else tuple(map(id, members_of(members)))

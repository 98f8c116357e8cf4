"""What an operation on an object does to the objects it is related to."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from sqlalchemy import exc as core_exc

from cormorant import exc
from cormorant.instrument._state_cy import InstanceState, state_of
from cormorant.instrument.constants import NO_VALUE

if TYPE_CHECKING:
    from cormorant.mapping.mapper import Mapper

ALL = frozenset({"save-update", "merge", "refresh-expire", "expunge", "delete"})
LEGAL = ALL | {"all", "none", "delete-orphan"}


class CascadeOptions(frozenset[str]):
    """The cascades of one relationship: a set of names with a flag for each."""

    save_update: bool
    merge: bool
    refresh_expire: bool
    expunge: bool
    delete: bool
    delete_orphan: bool

    def __new__(cls, value_list: Iterable[str] | str | None) -> CascadeOptions:
        """Make the set of a comma separated text or a list; "all" and "none" are spelled out."""
        if isinstance(value_list, str):
            value_list = [part.strip() for part in value_list.split(",") if part.strip()]
        names = set(value_list or ())
        wrong = names - LEGAL
        if wrong:
            raise exc.ConfigurationError(
                f"Invalid cascade option(s): {', '.join(sorted(map(repr, wrong)))}; "
                f"the legal ones are {', '.join(sorted(LEGAL))}."
            )
        if "all" in names:
            names |= ALL
        if "none" in names:
            names.clear()
        names.discard("all")
        if "delete-orphan" in names and "delete" not in names:
            warnings.warn(
                core_exc.SAWarning("The 'delete-orphan' cascade option requires 'delete'."),
                stacklevel=4,
            )
        self = super().__new__(cls, names)
        for name in LEGAL - {"all", "none"}:
            setattr(self, name.replace("-", "_"), name in names)
        return self

    @classmethod
    def from_string(cls, arg: str | None) -> CascadeOptions:
        """Make the set of a comma separated text."""
        return cls(arg or "")

    def __repr__(self) -> str:
        return f"CascadeOptions({', '.join(sorted(self))!r})"


def reached(
    type_: str, state: Any, halt_on: Callable[[Any], bool] | None
) -> Iterator[tuple[Any, Mapper, Any, Any]]:
    """Yield (object, mapper, state, values) that a cascade of `type_` reaches, each once.

    Depth first: what is below a member comes before its neighbours, which are met already. It
    goes round objects whose state makes `halt_on` true.
    """
    met: dict[int, Any] = {}
    stack = [_along(type_, state.obj(), met)]
    while stack:
        member = next(stack[-1], None)
        if member is None:
            stack.pop()
            continue
        child = state_of(member)
        if halt_on is None or not halt_on(child):
            yield member, child.mapper, child, child.dict
            stack.append(_along(type_, member, met))


def _along(type_: str, obj: Any, met: dict[int, Any]) -> Iterator[Any]:
    """Yield what a cascade meets first along the relationships of one object, one by one."""
    state = state_of(obj)
    for prop in state.mapper.relationships:
        if type_ in prop.cascade:
            new = {id(each): each for each in related(prop, obj, state, type_)}
            new = {key: each for key, each in new.items() if key not in met}
            met.update(new)
            yield from new.values()


def related(prop: Any, obj: Any, state: InstanceState, type_: str) -> list[Any]:
    """Return what a cascade of `type_` reaches from an object along one relationship.

    "delete" loads what is not in memory, unless the database deletes it; "save-update" takes
    along what has left since the last flush, so that the flush hears of it; "refresh-expire"
    passes over what waits for an unloaded list, and over new members that nobody owns.
    """
    if type_ == "refresh-expire":
        there = prop.members(obj, state) if prop.key in state.dict else []
        owned = prop.cascade.delete_orphan
        return [each for each in there if owned or state_of(each).pk is not None]
    found: list[Any] = prop.members(obj, state, type_ == "delete" and not prop.passive_deletes)
    return _with_leavers(prop, found, state) if type_ == "save-update" else found


def _with_leavers(prop: Any, members: list[Any], state: InstanceState) -> list[Any]:
    """Return the members that came since the last flush, the others, and those that left."""
    queues = None if state.extra is None else state.extra.queues
    if queues and prop.key in queues:
        return [*members, *queues[prop.key].removed]
    then = None if state.old is None else state.old.get(prop.key)
    if then is None or then is NO_VALUE:
        return members
    before = {id(member): member for member in (then if prop.uselist else [then])}
    there = {id(member) for member in members}
    stayed_last = sorted(members, key=lambda member: id(member) in before)
    return [*stayed_last, *[each for key, each in before.items() if key not in there]]

"""What deleted objects take with them: found in batches, when somebody needs to know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import exc as core_exc

from cormorant.flush._rows_cy import mark_deleted
from cormorant.instrument._state_cy import FLAG_DELETED, settle, state_of
from cormorant.instrument.constants import NO_VALUE
from cormorant.mapping.cascades import related
from cormorant.session.attach import bring_in
from cormorant.session.relations import load_together
from cormorant.session.unseen import goes_unseen, nobody_looks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cormorant.instrument._state_cy import InstanceState
    from cormorant.mapping.mapper import Mapper
    from cormorant.session.session import Session

LOADED_LATER = ("select", "joined", "selectin", "subquery", "immediate")
"""Loaders whose relationships may be read for many owners at once."""


def delete(session: Session, obj: Any) -> None:
    """Mark a persistent object, and what delete cascades reach, for deletion."""
    state = state_of(obj)
    if state.pk is None:
        raise core_exc.InvalidRequestError(
            f"Instance of class {type(obj).__name__!r} is not persisted: only an object with a "
            f"row can be deleted. Expunge a pending object instead."
        )
    link = session.link
    if state.link is link:
        if id(obj) in link.deleted:
            return
        if not state.flags and link.begun and takes_nobody_along(state) and may_wait(session):
            settle(state)
            link.deleted[id(obj)] = obj
            return
    bring_in(session, obj, state)
    if may_wait(session):
        doom(session, obj, state)
        return

    def comes_in(child: InstanceState) -> bool:
        if child.pk is not None:
            bring_in(session, child.obj(), child)  # a detached one could not load its members
        return False

    # Found before anything is marked: the loads of a cascade may flush.
    reached = list(state.manager.mapper.cascade_iterator("delete", state, comes_in))
    _mark(session, obj, state)
    for member, _mapper, child, _values in reached:
        if child.pk is not None:
            _mark(session, member, child)


def _mark(session: Session, obj: Any, state: InstanceState) -> None:
    if not state.flags & FLAG_DELETED:
        session.link.deleted[id(obj)] = obj


def may_wait(session: Session) -> bool:
    """Tell whether the members that a deletion reaches may be loaded later.

    Not when somebody listens to each load, nor when a load would flush changes first, nor in
    the middle of a flush, which has asked before its first row.
    """
    link = session.link
    if session.flush_transaction is not None:
        return False
    return not (session.dispatch.do_orm_execute or link.new or link.changed)


def delete_cascades(mapper: Mapper) -> tuple[Any, ...]:
    """Return the relationships along which a mapper's deletions go on."""
    found: tuple[Any, ...] | None = mapper.memo.get("delete_cascades")
    if found is None:
        mapper.ready()
        props = [prop for prop in mapper.relationships if "delete" in prop.cascade]
        found = mapper.memo["delete_cascades"] = tuple(props)
    return found


def takes_nobody_along(state: InstanceState) -> bool:
    """Tell whether a deletion does not go on from an object of this class."""
    return not delete_cascades(state.manager.mapper)


def doom(session: Session, obj: Any, state: InstanceState) -> None:
    """Mark an object and the loaded ones below it; what is not loaded waits in `link.due`.

    All are marked at the end: nothing is when a load fails, and none of the loads deletes rows
    before those that refer to them are known.
    """
    link = session.link
    doomed: dict[int, Any] = {}
    due = []
    stack = [(obj, state)]
    while stack:
        each, its_state = stack.pop()
        known = id(each) in doomed or id(each) in link.deleted
        if known or its_state.flags & FLAG_DELETED:
            continue
        doomed[id(each)] = each
        settle(its_state)
        for prop in delete_cascades(its_state.manager.mapper):
            if _can_wait(prop, its_state):
                due.append((each, prop))
            else:
                stack.extend(_here(session, _members_now(session, prop, each, its_state)))
    link.deleted.update(doomed)
    link.due.extend(due)


def _members_now(session: Session, prop: Any, obj: Any, state: InstanceState) -> list[Any]:
    """Return what a deletion reaches along a relationship, loaded one by one if need be."""
    if prop.key in state.values:
        return related(prop, obj, state, "delete")
    with session.no_autoflush:  # the deletions before this one wait: their members are not known
        return related(prop, obj, state, "delete")


def _can_wait(prop: Any, state: InstanceState) -> bool:
    return (
        prop.key not in state.values
        and not prop.passive_deletes
        and prop.lazy in LOADED_LATER
        and state.branch is None
    )


def _here(session: Session, members: Sequence[Any]) -> list[tuple[Any, InstanceState]]:
    """Return those of the members that have a row, attached, the first one last."""
    found = []
    for member in reversed(members):
        state = state_of(member)
        if state.pk is not None:
            bring_in(session, member, state)
            found.append((member, state))
    return found


def settle_for_flush(session: Session, whole: bool) -> dict[Any, list[Any]]:
    """Follow the deletions; return the owners whose members' rows may go unseen.

    Those are, by relationship, the owners of plain members that are not in memory, where
    nobody listens to what happens to them: their rows need not be loaded to be deleted.
    """
    unseen: dict[Any, list[Any]] = {}
    if session.link.due:
        follow_deletes(session, unseen if whole and nobody_looks(session) else None)
    return unseen


def follow_deletes(session: Session, unseen: dict[Any, list[Any]] | None = None) -> None:
    """Load what waits, level by level, and mark it; put into `unseen` what need not be loaded."""
    link = session.link
    while link.due:
        wave, link.due = link.due, []
        owners: dict[Any, list[Any]] = {}
        for obj, prop in wave:
            owners.setdefault(prop, []).append(obj)
        for prop, objects in owners.items():
            if unseen is not None and goes_unseen(session, prop, objects):
                unseen.setdefault(prop, []).extend(objects)
            else:
                load_together(session, objects, prop)
        for obj, prop in wave:
            if unseen and prop in unseen:
                continue
            odd = mark_deleted(_stored(prop, obj), link, _is_leaf)
            if odd:
                for member, state in reversed(_here(session, odd)):
                    doom(session, member, state)


def _is_leaf(obj: Any) -> bool:
    return takes_nobody_along(state_of(obj))


def _stored(prop: Any, obj: Any) -> list[Any]:
    """Return the members of a relationship as they were loaded."""
    state = state_of(obj)
    before: Any = NO_VALUE if state.old is None else state.old.get(prop.key, NO_VALUE)
    if before is NO_VALUE:
        return prop.members(obj, state)  # type: ignore[no-any-return] # a list
    members = list(before) if prop.uselist else [before]
    return [member for member in members if member is not None]

"""Children that left a parent which owns them (delete-orphan): the flush deletes them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from cormorant.instrument._state_cy import FLAG_DELETED, FLAG_FLUSHING, state_of
from cormorant.instrument.constants import NO_VALUE

if TYPE_CHECKING:
    from cormorant.flush.changes import Changes
    from cormorant.flush.context import UOWTransaction
    from cormorant.instrument._state_cy import InstanceState

LEAVING = FLAG_DELETED | FLAG_FLUSHING


def note_leaver(context: UOWTransaction, prop: Any, child: Any) -> None:
    """Remember a persistent child that left an owning parent; it may still find another one."""
    if not prop.cascade.delete_orphan or child is None or child is NO_VALUE:
        return
    state = state_of(child)
    if state.pk is not None and state.link is context.link and not state.flags & LEAVING:
        context.leavers.append((prop, child))


def note_reference(context: UOWTransaction, prop: Any, obj: Any, parent: Any, before: Any) -> None:
    """Remember who becomes an orphan because `obj` refers to another parent than before."""
    reverse = prop.impl.reverse
    left = before is not None and before is not NO_VALUE
    if reverse is not None and reverse.owns and parent is None and left:
        note_leaver(context, reverse.on_class.property, obj)
    if prop.cascade.delete_orphan:
        if parent is not None:
            context.owned.add((prop.origin, id(parent)))
        if before is not parent:
            note_leaver(context, prop, before)


def take_orphans(context: UOWTransaction, changes: Changes) -> list[Any]:
    """Return the leavers without a new parent and what they own; they are marked as deleted."""
    found: list[Any] = []
    leavers, context.leavers = context.leavers, []
    waiting = [child for prop, child in leavers if not _has_owner(context, prop, child)]
    for child in waiting:
        state = state_of(child)
        owned = state.manager.mapper.cascade_iterator(
            "delete", state, partial(_goes_round, context, waiting)
        )
        for obj in [child, *[member for member, *_rest in owned]]:
            its_state = state_of(obj)
            if its_state.pk is None or its_state.flags & FLAG_DELETED:
                continue
            if id(obj) in context.link.deleted:
                continue
            context.link.deleted[id(obj)] = obj
            context.orphans.add(id(obj))
            context.touched[id(obj)] = obj
            context.incoming.pop(id(obj), None)
            found.append(obj)
    if found:
        changes.withdraw(found)
        _forget_comers(context)
    return found


def _goes_round(context: UOWTransaction, waiting: list[Any], state: InstanceState) -> bool:
    """Bring in what an orphan owns; True for what another session holds, or another object is.

    The other object of its row, which stands in this session, waits to be deleted.
    """
    if state.pk is None or state.link is context.link or state.flags & FLAG_DELETED:
        return False
    if state.session is not None:
        return True
    twin = context.session.identity_map.find(state.manager.mapper, state.pk)
    if twin is not None:
        waiting.append(twin)
        return True
    context.session.bring_in(state.obj())
    return False


def _forget_comers(context: UOWTransaction) -> None:
    """Write no pairs with orphans, and no keys of theirs into objects of no session."""
    orphans = context.orphans
    for pairs in context.pairs.values():
        pairs.added[:] = [p for p in pairs.added if not orphans.intersection(map(id, p))]
    context.outsiders[:] = [
        each for each in context.outsiders if each[2] is None or id(each[2]) not in orphans
    ]


def _has_owner(context: UOWTransaction, prop: Any, child: Any) -> bool:
    """Tell whether a leaver has got another parent in this flush."""
    if (prop.origin, id(child)) in context.owned:
        return True
    reverse = prop.impl.reverse
    other_side = None if reverse is None else reverse.on_class.property.origin
    return any(
        parent is not None and (p.join is prop.join or p.origin is other_side)
        for p, parent in context.incoming.get(id(child), ())
    )

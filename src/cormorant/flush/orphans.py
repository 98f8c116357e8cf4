"""Children that left a parent which owns them (delete-orphan): the flush deletes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cormorant.instrument._state_cy import FLAG_FLUSHING, state_of

if TYPE_CHECKING:
    from cormorant.flush.changes import Changes
    from cormorant.flush.context import UOWTransaction


def note_leaver(context: UOWTransaction, prop: Any, child: Any) -> None:
    """Remember a persistent child that left an owning parent; it may still find another one."""
    state = state_of(child)
    if prop.cascade.delete_orphan and state.pk is not None and not state.flags & FLAG_FLUSHING:
        context.leavers.append((prop, child))


def take_orphans(context: UOWTransaction, changes: Changes) -> list[Any]:
    """Return the leavers without a new parent and what they own; they are marked as deleted."""
    found: list[Any] = []
    leavers, context.leavers = context.leavers, []
    for prop, child in leavers:
        entries = context.incoming.get(id(child), ())
        if any(parent is not None and p.join is prop.join for p, parent in entries):
            continue
        state = state_of(child)
        owned = state.manager.mapper.cascade_iterator("delete", state)
        for obj in [child, *[member for member, *_rest in owned]]:
            if state_of(obj).pk is None or id(obj) in context.link.deleted:
                continue
            context.link.deleted[id(obj)] = obj
            context.touched[id(obj)] = obj
            context.incoming.pop(id(obj), None)
            found.append(obj)
    changes.withdraw(found)
    return found

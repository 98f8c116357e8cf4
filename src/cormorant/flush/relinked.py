"""Relationships that listeners change in objects whose turn it is: now, or in the next round."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from cormorant.flush.changes import written_relationships
from cormorant.flush.orphans import note_reference
from cormorant.flush.sync import sync_object
from cormorant.instrument._state_cy import state_of, with_relatives
from cormorant.instrument.collections import members_of
from cormorant.instrument.constants import NO_VALUE

if TYPE_CHECKING:
    from cormorant.flush.context import UOWTransaction
    from cormorant.instrument._state_cy import InstanceState

Relinked = tuple[Any, str, Any]
"""An object, a relationship, and what stood there when the round looked at it."""


def remember(context: UOWTransaction, objects: Iterable[Any]) -> None:
    """Note what the relationships of objects hold now that the round has looked at them."""
    for obj in with_relatives(objects, _keys, {}):
        state = state_of(obj)
        values, old = state.values, state.old or ()
        # What waits for a list that is not loaded is looked at once: this round has done it.
        context.related[id(obj)] = {
            prop.key: _members(values.get(prop.key, NO_VALUE), prop)
            for group in written_relationships(state.manager.mapper)
            for prop in group
            if prop.key in values or prop.key not in old
        }


def _keys(obj: Any) -> tuple[str, ...]:
    """Return the names of the relationships of an object's class that a flush writes."""
    mapper = state_of(obj).manager.mapper
    known: tuple[str, ...] | None = mapper.memo.get("written_keys")
    if known is None:
        props = [prop for group in written_relationships(mapper) for prop in group]
        known = mapper.memo["written_keys"] = tuple([prop.key for prop in props])
    return known


def _members(value: Any, prop: Any) -> Any:
    """Return a value that does not change with the collection."""
    if value is NO_VALUE or value is None or not prop.uselist:
        return value
    return tuple(members_of(value))


def take_relinked(context: UOWTransaction, objects: Iterable[Any]) -> list[Relinked]:
    """Copy the keys of rows that listeners made objects refer to; return all other changes."""
    later: list[Relinked] = []
    for obj in with_relatives(objects, _keys, context.related):
        state = state_of(obj)
        here, there, between = written_relationships(state.manager.mapper)
        held = context.related.pop(id(obj), None)
        if held is None:  # nothing was in memory
            held = dict.fromkeys(_keys(obj), NO_VALUE)
        for prop in (*here, *there, *between):
            key = prop.key
            if key not in held:
                continue
            then, now = held[key], _members(state.values.get(key, NO_VALUE), prop)
            if not _changed(state, key, then, now):
                continue
            if prop.join.foreign_is_local and not prop.post_update and _has_key(context, now):
                sync_object(obj, [(prop, now)])
                note_reference(context, prop, obj, now, None if then is NO_VALUE else then)
            else:
                later.append((obj, key, then))
    return later


def _changed(state: InstanceState, key: str, then: Any, now: Any) -> bool:
    """Tell whether a listener changed a relationship; reading one that was not loaded is none."""
    if then is not NO_VALUE:
        if type(now) is tuple and type(then) is tuple:
            return [*map(id, now)] != [*map(id, then)]
        return now is not then
    if state.pk is not None:
        return key in (state.old or ())
    return now is not NO_VALUE and now is not None and not (type(now) is tuple and not now)


def _has_key(context: UOWTransaction, parent: Any) -> bool:
    """Tell whether a parent has a row to refer to, or there is none."""
    if parent is None:
        return True
    here = context.session.has(parent) and id(parent) not in context.link.deleted
    return here and state_of(parent).pk is not None


def leave_for_later(context: UOWTransaction, relinked: list[Relinked]) -> None:
    """Let the next round find these relationships changed since this one."""
    for obj, key, then in relinked:
        state, taken = state_of(obj), context.snapshot_of(obj)
        many = state.manager.attributes[key].collection
        if then is NO_VALUE and key in (state.old or ()):
            taken.pop(key, None)
            continue
        if then is NO_VALUE:
            then = () if many else None
        old = state.old = {} if state.old is None else state.old
        old.setdefault(key, list(then) if many and then is not None else then)
        taken[key] = then
        context.link.changed[id(obj)] = obj

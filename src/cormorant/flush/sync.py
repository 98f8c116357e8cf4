"""Copy the keys of parents into their children before the children are written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cormorant import exc
from cormorant.flush._parents_cy import take_parent_keys
from cormorant.flush.parents import key_plan
from cormorant.instrument._state_cy import FLAG_FLUSHING, state_of
from cormorant.instrument.constants import NO_VALUE

if TYPE_CHECKING:
    from cormorant.flush.context import UOWTransaction
    from cormorant.mapping.mapper import Mapper


def sync_keys(context: UOWTransaction, objects: list[Any]) -> None:
    """Give each child the key of its parent, or None where it has left its parent."""
    incoming = context.incoming
    if not incoming:
        return
    for obj in objects:
        entries = incoming.pop(id(obj), None)
        if entries:
            sync_object(obj, entries)


def sync_new(context: UOWTransaction, objects: list[Any]) -> None:
    """Give new objects the keys of their parents."""
    odd = take_parent_keys(objects, context.link, context.incoming, key_plan)
    # None first: another relationship may have a parent for the same key.
    for obj, prop, parent in odd:
        if parent is None:
            sync_object(obj, [(prop, None)])
    sync_keys(context, objects)
    for obj, prop, parent in odd:
        if parent is not None:
            sync_object(obj, [(prop, parent)])


def sync_from_outside(context: UOWTransaction, ring: list[Mapper], objects: list[Any]) -> None:
    """Give the objects of a ring the keys of parents in other tables, as these are written."""
    incoming = context.incoming
    for obj in objects:
        outer: list[tuple[Any, Any]] = []
        inner: list[tuple[Any, Any]] = []
        for prop, parent in incoming.get(id(obj), ()):
            owner = prop.mapper if prop.join.foreign_is_local else prop.parent
            (inner if owner.base_mapper in ring else outer).append((prop, parent))
        if outer:
            sync_object(obj, outer)
            incoming[id(obj)] = inner


def sync_leavers(context: UOWTransaction, children: list[Any]) -> None:
    """Take the key from children that only leave: no row has to be written first."""
    for child in children:
        entries = context.incoming.get(id(child))
        if entries and all(parent is None for _prop, parent in entries):
            del context.incoming[id(child)]
            sync_object(child, entries)


def sync_outsiders(context: UOWTransaction) -> None:
    """Give members outside the session the key of their parent, for when they come in."""
    for child, prop, parent in context.outsiders:
        sync_object(child, [(prop, parent)])
    context.outsiders.clear()


def sync_object(obj: Any, entries: list[tuple[Any, Any]]) -> None:
    """Copy the keys of (relationship, parent) pairs into one object, None for no parent."""
    leaving = [(prop, parent) for prop, parent in entries if parent is None]
    for prop, parent in [*leaving, *[e for e in entries if e[1] is not None]]:
        for source, foreign in prop.join.pairs:
            key = state_of(obj).manager.mapper.property_of(foreign).key
            value = None if parent is None else source_value(prop, parent, source)
            _assign(obj, key, value, prop)


def source_value(prop: Any, parent: Any, source: Any) -> Any:
    """Return the value of a column of a written parent, for those that refer to it."""
    state = state_of(parent)
    mapper = state.manager.mapper
    key = mapper.property_of(source).key
    value = state.values.get(key)
    if value is None and state.pk is not None and key in mapper.pk_keys:
        value = mapper.identity_of(state.pk)[mapper.pk_keys.index(key)]
    return value


def _assign(obj: Any, key: str, value: Any, prop: Any) -> None:
    state = state_of(obj)
    mapper = state.manager.mapper
    current = state.values.get(key)
    if (
        value is None
        and key in mapper.pk_keys
        and (state.pk is not None and not state.flags & FLAG_FLUSHING)
    ):
        raise exc.FlushError(
            f"Dependency rule on relationship {prop} tried to blank out primary key column "
            f"{mapper.class_.__name__}.{key}. Delete the object as well (cascade='all, "
            f"delete-orphan'), or give it another parent."
        )
    if key in state.values and (current is value or current == value):
        return
    mapper.class_manager.attributes[key].set_quietly(obj, value)


def stored_before(context: UOWTransaction, obj: Any, column: Any) -> Any:
    """Return the value that a column had in the row before this flush."""
    state = state_of(obj)
    mapper = state.manager.mapper
    key = mapper.property_of(column).key
    if key in mapper.pk_keys:
        pk = context.old_keys.get(id(obj), state.pk)
        return mapper.identity_of(pk)[mapper.pk_keys.index(key)]
    old = context.before(obj).get(key, NO_VALUE)
    return state.values.get(key) if old is NO_VALUE else old

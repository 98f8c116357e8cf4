"""Run a flush: rounds of plan and write until nothing is left that a listener added."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cormorant import exc
from cormorant.flush._rows_cy import pk_of
from cormorant.flush.associations import write_pairs
from cormorant.flush.changes import Changes, relate, take_changes
from cormorant.flush.context import UOWTransaction
from cormorant.flush.family import by_class, delete_doomed, insert_new, update_changed
from cormorant.flush.order import levels, mapper_levels
from cormorant.flush.switch import find_heirs, switch_rows
from cormorant.flush.sync import parents_in_same_table, sync_keys, sync_new, sync_outsiders
from cormorant.instrument._state_cy import FLAG_DELETING, state_of
from cormorant.instrument.constants import NO_VALUE

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from cormorant.mapping.mapper import Mapper

MOST_ROUNDS = 100
"""Rounds of one flush after which listeners are taken to never stop adding work."""

HEARD = (
    "before_insert",
    "before_update",
    "before_delete",
    "after_insert",
    "after_update",
    "after_delete",
    "refresh_flush",
)
"""Mapper and instance events whose listeners run within a flush."""


def run_flush(context: UOWTransaction, only: set[int] | None = None) -> None:
    """Write all that changed, and all that listeners change meanwhile."""
    for _round in range(MOST_ROUNDS):
        changes = take_changes(context, only)
        if not changes:
            return
        relate(context, changes)
        run_round(context, changes)
    raise exc.ListenerLoopError(
        f"Over {MOST_ROUNDS} rounds of one flush: a mapper listener adds or changes objects each "
        f"time. Let it test whether its work is done, or do it in before_flush."
    )


def run_round(context: UOWTransaction, changes: Changes) -> None:
    """Write what one round found: inserts and updates by class, then deletes backwards."""
    tiers = mapper_levels(changes.mappers)
    order = [mapper for tier in tiers for mapper in tier]
    context.roots.update(dict.fromkeys(order))
    context.watching = context.watching or _listeners_may_look(order)
    for mapper in order:
        new, changed = changes.new.get(mapper, []), changes.changed.get(mapper, [])
        if new or changed:
            _save(context, mapper, new, changed)
    sync_outsiders(context)
    write_pairs(context)
    for mapper in [mapper for tier in reversed(tiers) for mapper in tier]:
        doomed = changes.deleted.get(mapper)
        if doomed:
            _delete(context, mapper, doomed)


def _listeners_may_look(order: list[Mapper]) -> bool:
    """Tell whether a listener may run, and so change what is written, in this round."""
    for root in order:
        for mapper in root.self_and_descendants:
            if any(getattr(mapper.dispatch, name) for name in HEARD):
                return True
            if any(_is_heard(each) for each in mapper.class_manager.attributes.values()):
                return True
    return False


def _is_heard(attribute: Any) -> bool:
    """Tell whether an attribute has listeners beside the other side of its relationship."""
    early = getattr(attribute, "early", {})
    return any(attribute.listeners.values()) or any(early.values())


def _save(context: UOWTransaction, root: Mapper, new: list[Any], changed: list[Any]) -> None:
    if len(changed) > 1:
        changed = _by_key(changed)
    late: list[Any] = []
    if new and context.incoming and _refers_to_itself(root):
        batches = levels(new, lambda obj: parents_in_same_table(context, obj))
        for batch in batches[:-1]:
            _save_batch(context, root, batch, [])
        new = batches[-1]
        changed, late = _below_new_parents(context, changed)
    if root.batch:
        _save_batch(context, root, new, changed)
        if late:
            _save_batch(context, root, [], late)
        return
    for obj in new:
        _save_batch(context, root, [obj], [])
    for obj in [*changed, *late]:
        _save_batch(context, root, [], [obj])


def _below_new_parents(context: UOWTransaction, changed: list[Any]) -> tuple[list[Any], list[Any]]:
    """Split off the rows that get the key of a parent that this flush writes first."""
    early: list[Any] = []
    late: list[Any] = []
    for obj in changed:
        parents = parents_in_same_table(context, obj)
        waits = any(state_of(parent).pk is None for parent in parents)
        (late if waits else early).append(obj)
    return early, late


def _refers_to_itself(root: Mapper) -> bool:
    known: bool | None = root.memo.get("refers_to_itself")
    if known is None:
        known = any(
            prop.mapper.base_mapper is root
            for mapper in root.self_and_descendants
            for prop in mapper.relationships
        )
        root.memo["refers_to_itself"] = known
    return known


def _by_key(objects: list[Any]) -> list[Any]:
    """Order persistent objects by primary key, where keys can be compared."""
    try:
        return sorted(objects, key=pk_of)
    except TypeError:
        return objects


def fire(event: str, objects: list[Any], connection: Connection) -> None:
    """Fire one mapper event for each object, in order."""
    if not objects:
        return
    for mapper, group in by_class(objects):
        listeners = getattr(mapper.dispatch, event)
        if listeners:
            for obj in group:
                for listener in listeners:
                    listener(mapper, connection, obj)


def _save_batch(
    context: UOWTransaction,
    root: Mapper,
    new: list[Any],
    changed: list[Any],
) -> None:
    """Connection, keys of parents, before events, UPDATE, INSERT, after events."""
    connection = context.connection_of(root)
    sync_new(context, new)
    sync_keys(context, changed)
    fire("before_insert", new, connection)
    fire("before_update", changed, connection)
    new, heirs = find_heirs(context, new)
    if changed:
        update_changed(context, root, changed, connection)
        context.updated.extend(changed)
    if heirs:
        switch_rows(context, heirs, connection)
    if context.watching:
        # New objects before they have a key: from then on every change is an amendment.
        context.watch(new)
        context.watch(heirs)
        context.watch(changed)
    if new:
        context.inserted.extend(new)
        insert_new(context, root, new, connection)
    fire("after_insert", new, connection)
    fire("after_update", heirs, connection)
    fire("after_update", changed, connection)
    if context.watching:
        _amend(context, root, [*new, *heirs, *changed], connection)


def _amend(
    context: UOWTransaction, root: Mapper, objects: list[Any], connection: Connection
) -> None:
    """Write what after events changed in the objects' own columns: once, without events."""
    if not context.link.changed:
        return
    amended = [obj for obj in objects if _columns_changed(context, obj)]
    if not amended:
        return
    update_changed(context, root, amended, connection)
    for obj in amended:
        state = state_of(obj)
        taken = context.snapshots[id(obj)]
        for key in state.old or ():
            if key in state.manager.attributes and not state.manager.attributes[key].uses_objects:
                taken[key] = state.values.get(key, NO_VALUE)


def _columns_changed(context: UOWTransaction, obj: Any) -> bool:
    attributes = state_of(obj).manager.attributes
    return any(not attributes[key].uses_objects for key in context.before(obj))


def _delete(context: UOWTransaction, root: Mapper, doomed: list[Any]) -> None:
    connection = context.connection_of(root)
    doomed = _by_key(doomed)
    for batch in _children_first(doomed) if _refers_to_itself(root) else [doomed]:
        _delete_batch(context, root, batch, connection)


def _delete_batch(
    context: UOWTransaction, root: Mapper, doomed: list[Any], connection: Connection
) -> None:
    """Before events, DELETE, after events of objects of one family."""
    given_on = [obj for obj in doomed if id(obj) in context.inherited]
    doomed = [obj for obj in doomed if id(obj) not in context.inherited]
    fire("before_delete", doomed, connection)
    alive = [obj for obj in doomed if id(obj) in context.link.deleted]
    for part in ([alive] if alive else []) if root.batch else [[obj] for obj in alive]:
        delete_doomed(context, root, part, connection)
    for obj in [*given_on, *alive]:
        state_of(obj).flags |= FLAG_DELETING
        context.deleted.append(obj)
    fire("after_delete", alive, connection)


def _children_first(doomed: list[Any]) -> list[list[Any]]:
    """Split objects of a table that refers to itself: the batch of the children comes first."""

    def parents(obj: Any) -> list[Any]:
        state = state_of(obj)
        mapper = state.manager.mapper
        found = []
        for prop in mapper.relationships:
            if prop.mapper.base_mapper is mapper.base_mapper and prop.join.foreign_is_local:
                found.extend(_owner_among(state, mapper, prop, by_key))
        return found

    by_key = {state_of(obj).pk: obj for obj in doomed}
    return levels(doomed, parents)[::-1]


def _owner_among(state: Any, mapper: Mapper, prop: Any, by_key: dict[Any, Any]) -> list[Any]:
    parts = tuple(
        [state.values.get(mapper.property_of(foreign).key) for _s, foreign in prop.join.pairs]
    )
    owner = by_key.get(parts[0] if len(parts) == 1 else parts)
    return [] if owner is None else [owner]

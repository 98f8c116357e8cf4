"""Run a flush: rounds of plan and write until nothing is left that a listener added."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING, Any

from cormorant import exc
from cormorant.event._firing_cy import fire_rows
from cormorant.flush._rows_cy import pk_of
from cormorant.flush.amend import amend
from cormorant.flush.associations import write_pairs
from cormorant.flush.changes import Changes, relate, take_changes
from cormorant.flush.context import UOWTransaction
from cormorant.flush.delete import delete_unseen
from cormorant.flush.family import by_class, delete_doomed, insert_new, update_changed
from cormorant.flush.insert import first_without_key, refuse_lost_key
from cormorant.flush.key_switches import follow_in_memory, moved_parents
from cormorant.flush.late_keys import blank_late_keys, write_late_keys
from cormorant.flush.order import (
    Ring,
    late_columns,
    mapper_rings,
    refers_to_itself,
    with_known_parents,
)
from cormorant.flush.relinked import leave_for_later, remember, take_relinked
from cormorant.flush.rings import children_first, parents_first
from cormorant.flush.switch import find_heirs, switch_rows
from cormorant.flush.sync import sync_from_outside, sync_keys, sync_new, sync_outsiders
from cormorant.instrument._state_cy import mark_deleting, state_of

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
        for prop in context.unseen:
            changes.deleted.setdefault(prop.mapper.base_mapper, [])
        relate(context, changes)
        run_round(context, changes)
    raise exc.ListenerLoopError(
        f"Over {MOST_ROUNDS} rounds of one flush: a mapper listener adds or changes objects each "
        f"time. Let it test whether its work is done, or do it in before_flush."
    )


def run_round(context: UOWTransaction, changes: Changes) -> None:
    """Write what one round found: inserts and updates by class, then deletes backwards."""
    saved = [*changes.new.items(), *changes.changed.items()]
    tiers = mapper_rings(with_known_parents(changes.mappers, saved, changes.deleted))
    rings = [ring for tier in tiers for ring in tier]
    order = [mapper for ring in rings for mapper in ring]
    context.roots.update(dict.fromkeys(order))
    context.watching = context.watching or _listeners_may_look(order)
    if context.watching:
        remember(context, [obj for _root, group in saved for obj in group])
    for ring in rings:
        _save_ring(context, ring, changes)
    sync_outsiders(context)
    if context.late:
        write_late_keys(context)
    write_pairs(context)
    if changes.deleted and any(late_columns(each) for each in order):
        blank_late_keys(context, order, changes.all_deleted)
    for ring in [ring for tier in reversed(tiers) for ring in tier]:
        if context.unseen:
            _delete_unseen(context, ring)
        doomed = [obj for root in ring for obj in _by_key(changes.deleted.get(root, []))]
        if doomed:
            _delete_ring(context, ring, doomed, changes.all_deleted)


def _delete_unseen(context: UOWTransaction, ring: Ring) -> None:
    """Delete the rows of members that nobody has seen, where their own tables have their turn."""
    for prop in [prop for prop in context.unseen if prop.mapper.base_mapper in ring]:
        owners = context.unseen.pop(prop)
        delete_unseen(prop, owners, context.connection_of(prop.mapper))


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


def _save_ring(context: UOWTransaction, ring: Ring, changes: Changes) -> None:
    """Write the objects of tables that refer to each other: parents before their children."""
    new = {root: changes.new.get(root, []) for root in ring}
    changed = {root: _by_key(changes.changed.get(root, [])) for root in ring}
    if len(ring) == 1 and not refers_to_itself(ring[0]):
        _save(context, ring[0], new[ring[0]], changed[ring[0]])
        return
    everything = [obj for root in ring for obj in (*new[root], *changed[root])]
    batches = parents_first(context, ring, everything, changes) if everything else []
    context.saved[id(ring[0])] = batches
    sync_from_outside(context, ring, everything)
    for _step, batch in batches:
        inside = {id(obj) for obj in batch}
        for root in ring:
            comers = [obj for obj in new[root] if id(obj) in inside]
            others = [obj for obj in changed[root] if id(obj) in inside]
            _save(context, root, comers, others)


def _save(context: UOWTransaction, root: Mapper, new: list[Any], changed: list[Any]) -> None:
    if root.batch:
        if new or changed:
            _save_batch(context, root, new, changed)
        return
    for obj in new:
        _save_batch(context, root, [obj], [])
    for obj in changed:
        _save_batch(context, root, [], [obj])


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
            fire_rows(listeners, mapper, connection, group)


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
    lost = first_without_key(new)
    if lost is not None:
        fire("before_insert", list(takewhile(lambda obj: obj is not lost, new)), connection)
        refuse_lost_key(lost)
    fire("before_insert", new, connection)
    fire("before_update", changed, connection)
    relinked = take_relinked(context, [*new, *changed]) if context.watching else []
    new, heirs = find_heirs(context, new)
    moved = []
    if changed:
        update_changed(context, root, changed, connection)
        context.updated.extend(changed)
        moved = moved_parents(context, changed)
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
    if relinked:
        leave_for_later(context, relinked)
    fire("after_insert", new, connection)
    fire("after_update", heirs, connection)
    fire("after_update", changed, connection)
    if moved:
        follow_in_memory(context, moved)
    if context.watching:
        amend(context, root, [*new, *heirs, *changed], connection)


def _delete_ring(
    context: UOWTransaction, ring: Ring, doomed: list[Any], leaving: list[Any]
) -> None:
    """Delete the objects of tables that refer to each other: children before their parents."""
    if len(ring) == 1 and not refers_to_itself(ring[0]):
        _delete_batch(context, ring[0], doomed)
        return
    saved = context.saved.get(id(ring[0]), [])
    for batch in children_first(ring, doomed, saved, leaving):
        for root in ring:
            part = [obj for obj in batch if state_of(obj).manager.mapper.base_mapper is root]
            if part:
                _delete_batch(context, root, part)


def _read_expired(context: UOWTransaction, doomed: list[Any]) -> None:
    """Load expired objects while they have their rows, for listeners that meet them afterwards."""
    met = context.session.meets_deleted()
    for mapper, group in by_class(doomed) if doomed else ():
        if met or mapper.dispatch.after_delete:
            context.session.read_expired(mapper, group)


def _delete_batch(context: UOWTransaction, root: Mapper, doomed: list[Any]) -> None:
    """Before events, DELETE, after events of objects of one family."""
    connection = context.connection_of(root)
    given_on: list[Any] = []
    if context.inherited:
        given_on = [obj for obj in doomed if id(obj) in context.inherited]
        doomed = [obj for obj in doomed if id(obj) not in context.inherited]
    fire("before_delete", doomed, connection)
    alive = [obj for obj in doomed if id(obj) in context.link.deleted]
    _read_expired(context, alive)
    for part in ([alive] if alive else []) if root.batch else [[obj] for obj in alive]:
        delete_doomed(context, root, part, connection)
    gone = [*given_on, *alive]
    mark_deleting(gone)
    context.deleted.extend(gone)
    fire("after_delete", alive, connection)

"""Bring objects in line with the end of a transaction: committed, or as if it never was."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import SAWarning

from cormorant.instrument._state_cy import (
    FLAG_DELETED,
    FLAG_DELETING,
    FLAG_FLUSHING,
    InstanceState,
    detach_deleted,
    drop_values,
    settle,
    state_of,
)
from cormorant.session.failing import Tell, plainly, quietly

if TYPE_CHECKING:
    from cormorant.session.session import Session
    from cormorant.session.transaction import SessionTransaction


def after_commit(node: SessionTransaction, tell: Tell) -> None:
    """Detach what was deleted, expire the rest; listeners are called by `tell`."""
    session = node.session
    gone: list[Any] = []
    if node.deleted:
        if session.dispatch.deleted_to_detached:
            gone = [obj for obj in node.deleted if _is_deleted_here(session, state_of(obj))]
        # Before the others expire: what has left keeps its values.
        detach_deleted(node.deleted, session.link)
    if session.expire_on_commit:
        expire_everything(session, tell)
    for obj in gone:
        tell(session.dispatch.deleted_to_detached, session, obj)


def _is_deleted_here(session: Session, state: InstanceState) -> bool:
    return state.link is session.link and bool(state.flags & FLAG_DELETED)


def expire_everything(session: Session, tell: Tell = plainly) -> None:
    """Make all loaded values stale at once; walks only for classes with expire listeners."""
    link = session.link
    link.epoch += 1
    heard = [
        mapper
        for mapper in session.identity_map.by_class
        if any(each.dispatch.expire for each in mapper.self_and_descendants)
    ]
    for mapper in heard:
        for reference in list(session.identity_map.by_class[mapper].values()):
            obj = reference()
            if obj is not None:
                settle(state_of(obj))  # a listener finds the values gone
                announce_expire(obj, None, tell)


def expire_all(session: Session) -> None:
    """Expire what the session holds; objects whose rows are deleted keep their values."""
    link, node = session.link, session.current_transaction
    spared: list[InstanceState] = []
    while node is not None:
        states = map(state_of, node.deleted)
        spared += [each for each in states if each.link is link and each.epoch == link.epoch]
        node = node.parent
    expire_everything(session)
    for state in spared:
        if state.flags & FLAG_DELETED:
            state.epoch = link.epoch


def announce_expire(obj: Any, names: Any, tell: Tell = plainly) -> None:
    """Fire expire for one object."""
    listeners = state_of(obj).manager.dispatch.expire
    if listeners:
        tell(listeners, obj, names)


def after_rollback(node: SessionTransaction) -> None:
    """Undo in memory what the transaction did: new, deleted, changed keys, values."""
    session = node.session
    link = session.link
    for obj in list(link.new.values()):
        _to_transient(session, obj, "pending_to_transient")
    made: set[int] = set()
    for batch in node.new:
        for obj in batch:
            made.add(id(obj))
            state = state_of(obj)
            expunged = state.link is None and state.pk is not None
            if state.link is link or expunged:
                gone = state.flags & FLAG_DELETED
                event = "deleted_to_detached" if gone else "persistent_to_transient"
                _to_transient(session, obj, None if gone and expunged else event)
    _switch_keys_back(session, node)
    doomed = [*node.deleted, *link.deleted.values()]
    link.deleted.clear()
    link.due.clear()
    for obj in doomed:
        if id(obj) not in made and state_of(obj).link is link:
            _undelete(session, obj)
    if node.nested:
        _expire_touched(session, node, doomed)
    else:
        link.changed.clear()
        expire_everything(session, quietly)
    node.new, node.deleted, node.unwritten, node.switched = [], [], [], []


def discard_changes(node: SessionTransaction) -> None:
    """Drop what was changed after a failed flush and before the rollback; warns."""
    warnings.warn(
        SAWarning(
            "Session's state has been changed on a non-active transaction - this state will be "
            "discarded."
        ),
        stacklevel=4,
    )
    after_rollback(node)


def _to_transient(session: Session, obj: Any, event: str | None) -> None:
    """Take the key from an object whose row never was; `event` None: it was told of before."""
    state = state_of(obj)
    settle(state)
    _remember_expired(state)
    if state.pk is not None:
        known = session.identity_map.of(state.manager.mapper)
        reference = known.get(state.pk)
        if reference is not None and reference() is obj:
            del known[state.pk]
    state.pk = None
    state.link = None
    state.old = None
    state.flags = 0
    session.link.new.pop(id(obj), None)
    session.link.changed.pop(id(obj), None)
    if event is not None:
        quietly(getattr(session.dispatch, event), session, obj)


def _remember_expired(state: InstanceState) -> None:
    """Have the reading of values that are gone for good refused, now that none can be loaded."""
    attributes, values = state.manager.attributes, state.values
    if state.pk is not None and state.manager.mapper.pk_keys[0] not in values:
        lost = [k for k, a in attributes.items() if k not in values and not a.uses_objects]
        state.extras().names.update(lost)


def _switch_keys_back(session: Session, node: SessionTransaction) -> None:
    for obj, before, after in reversed(node.switched):
        state = state_of(obj)
        if state.link is not session.link or state.pk != after:
            continue
        known = session.identity_map.of(state.manager.mapper)
        known.pop(after, None)
        state.pk = before
        known[before] = state.ref


def _undelete(session: Session, obj: Any) -> None:
    state = state_of(obj)
    state.flags &= ~(FLAG_DELETED | FLAG_DELETING)
    state.epoch = session.link.epoch  # what expired meanwhile was not in the map
    session.identity_map.of(state.manager.mapper)[state.pk] = state.ref
    quietly(session.dispatch.deleted_to_persistent, session, obj)


def _expire_touched(session: Session, node: SessionTransaction, doomed: list[Any]) -> None:
    """After a savepoint: expire only what was changed since it began.

    Who was deleted with changes that nobody wrote counts once: the next look, after a failed
    flush, finds it without changes.
    """
    touched = dict(node.dirty)
    touched.update(session.link.changed)
    touched.update((id(obj), obj) for obj in doomed if state_of(obj).old)
    touched.update((id(obj), obj) for obj in node.unwritten)
    session.link.changed.clear()
    for obj in touched.values():
        state = state_of(obj)
        if state.pk is None or state.link is not session.link:
            continue
        drop_values(state)
        announce_expire(obj, None, quietly)


def forget_flush(session: Session, context: Any) -> None:
    """Undo what a failed flush did to its new objects before they became persistent."""
    for obj, keys in context.defaulted:
        values = state_of(obj).values
        for key in keys:
            values.pop(key, None)
    for obj in context.inserted:
        state = state_of(obj)
        if not state.flags & FLAG_FLUSHING:
            continue
        known = session.identity_map.of(state.manager.mapper)
        reference = known.get(state.pk)
        if reference is not None and reference() is obj:
            del known[state.pk]
        state.pk = None
        state.flags = 0
        state.old = None
        session.link.changed.pop(id(obj), None)
    for obj in context.deleted:
        state_of(obj).flags &= ~FLAG_DELETING
    for oid in context.orphans:  # nobody asked for their deletion: the next flush may find owners
        session.link.deleted.pop(oid, None)

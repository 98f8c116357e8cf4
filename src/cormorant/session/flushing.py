"""Flush a session: events around the run, and the moves of its objects afterwards."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Any

from sqlalchemy import exc as core_exc

from cormorant.event._firing_cy import fire_moves
from cormorant.flush.changes import family_has_relationships
from cormorant.flush.context import UOWTransaction
from cormorant.flush.run import run_flush
from cormorant.instrument._state_cy import (
    end_delete,
    end_insert,
    forget_changes,
    state_of,
    with_changes,
    with_extras,
)
from cormorant.session.doomed import settle_for_flush
from cormorant.session.failing import Tell, plainly, quietly
from cormorant.session.restore import forget_flush
from cormorant.session.transaction import SessionTransaction, SessionTransactionOrigin

if TYPE_CHECKING:
    from cormorant.session.session import Session


def flush(session: Session, objects: Any = None) -> None:
    """Write all changes, or those of `objects` only."""
    if session.is_flushing:
        raise core_exc.InvalidRequestError(
            "Session is already flushing: flush() was called from a listener of this flush. "
            "What the listener changed is written by the same flush without a further call."
        )
    if not session.has_changes and not objects:
        return
    session.flushing = True
    paused = gc.isenabled()
    if paused:
        gc.disable()
    try:
        _flush(session, objects)
    finally:
        session.flushing = False
        session.flush_transaction = None
        if paused:
            gc.enable()


def _flush(session: Session, objects: Any) -> None:
    dispatch = session.dispatch
    context = UOWTransaction(session, session.link)
    if dispatch.before_flush:
        for listener in dispatch.before_flush:
            listener(session, context, objects)
        if not session.has_changes:
            return
    only = None if not objects else {id(obj) for obj in objects}
    context.unseen = settle_for_flush(session, only is None)
    node = session.begin_if_needed()
    node.require_active("a flush")
    inner = announced_subtransaction(session, node)
    try:
        session.flush_transaction = inner or node
        run_flush(context, only)
        later: list[tuple[Any, dict[str, Any]]] = []
        if dispatch.after_flush:
            context.watch([*context.inserted, *context.updated])
            for listener in dispatch.after_flush:
                listener(session, context)
            later = [(obj, context.before(obj)) for obj in context.changed_since()]
        context.end_watches()
        _finish(session, node, context, later)
        for listener in dispatch.after_flush_postexec:
            listener(session, context)
        end_subtransaction(session, node, inner, plainly)
    except BaseException as error:
        context.end_watches()
        forget_flush(session, context)
        with session.keeping_error():
            node.deactivate(error)
        end_subtransaction(session, node, inner, quietly)
        if inner is not None:
            quietly(dispatch.after_soft_rollback, session, inner)
        raise


def announced_subtransaction(
    session: Session, node: SessionTransaction
) -> SessionTransaction | None:
    """Return the node that stands for the flush itself, made only if somebody listens."""
    dispatch = session.dispatch
    if not (
        dispatch.after_transaction_create
        or dispatch.after_transaction_end
        or dispatch.after_soft_rollback
    ):
        return None
    return SessionTransaction(session, SessionTransactionOrigin.SUBTRANSACTION, node)


def end_subtransaction(
    session: Session, node: SessionTransaction, inner: SessionTransaction | None, tell: Tell
) -> None:
    if inner is not None:
        session.current_transaction = node
        inner.finish(tell)


def _finish(
    session: Session,
    node: SessionTransaction,
    context: UOWTransaction,
    later: list[tuple[Any, dict[str, Any]]],
) -> None:
    """Move written objects to their new states; `later`: what after_flush listeners changed."""
    link = session.link
    inserted, updated, deleted = context.inserted, context.updated, context.deleted
    unwritten = with_changes(deleted)
    end_insert(inserted, link.new)
    if link.changed:
        forget_changes(inserted, link.changed)
        forget_changes(context.processed.values(), link.changed)
    _settle_queues(context)
    node.unwritten.extend(unwritten)
    end_delete(deleted, session.identity_map, link)
    for obj, before in later:
        state = state_of(obj)
        state.old = before
        link.changed[id(obj)] = obj
    if inserted:
        node.new.append(inserted)
    node.deleted.extend(deleted)
    if node.nested:
        for obj in [*inserted, *updated, *context.followed]:
            node.dirty[id(obj)] = obj
    _announce(session, inserted, deleted)


def _settle_queues(context: UOWTransaction) -> None:
    """Forget what unloaded collections had queued: it is in the rows now."""
    if not any(family_has_relationships(root) for root in context.roots):
        return
    for obj in with_extras(context.processed.values()):
        extra = state_of(obj).extra
        if extra.queues:
            extra.queues = None


def leave_deleted(session: Session, objects: list[Any]) -> None:
    """Let objects whose rows a statement deleted leave as if a flush had deleted them."""
    end_delete(objects, session.identity_map, session.link)
    session.begin_if_needed().deleted.extend(objects)
    _announce(session, [], objects)


def _announce(session: Session, inserted: list[Any], deleted: list[Any]) -> None:
    dispatch = session.dispatch
    if dispatch.persistent_to_deleted:
        fire_moves(dispatch, "persistent_to_deleted", session, deleted)
    if dispatch.pending_to_persistent:
        fire_moves(dispatch, "pending_to_persistent", session, inserted)

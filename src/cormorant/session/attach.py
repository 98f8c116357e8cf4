"""Objects enter and leave a session: add, delete, expunge, with cascades and their events."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import exc as core_exc

from cormorant.instrument._state_cy import (
    FLAG_DELETED,
    InstanceState,
    enlist,
    reach,
    settle,
    state_of,
)
from cormorant.mapping.cascades import related
from cormorant.session.failing import Tell, plainly

if TYPE_CHECKING:
    from cormorant.mapping.mapper import Mapper
    from cormorant.session.session import Session


def add(session: Session, obj: Any) -> None:
    """Put an object and what it cascades to into the session."""
    state = state_of(obj)
    enter(session, obj, state)
    # What is here already brought its own relatives when it came: to walk through them again
    # would make adding n children to one parent cost n times n. What is deleted is not here
    # any more, and refused.
    for member in reach(obj, session.link, cascade_keys, _relatives):
        enter(session, member, state_of(member))


def add_all(session: Session, objects: Iterable[Any]) -> None:
    """Put objects and what they cascade to into the session."""
    dispatch = session.dispatch
    heard = dispatch.before_attach or dispatch.after_attach or dispatch.transient_to_pending
    members = list(objects)
    if heard or not members:
        for obj in members:
            add(session, obj)
        return
    if not session.link.begun:
        session.autobegin()
    enlist(session.link, members, cascade_keys, _relatives, partial(_enter, session))


def cascade_keys(obj: Any) -> tuple[tuple[str, bool], ...] | None:
    """Return (key, holds a list) of the relationships of a class that cascade save-update.

    None for a class with collections other than lists.
    """
    mapper: Mapper = state_of(obj).manager.mapper
    if "cascade_keys" not in mapper.memo:
        mapper.ready()
        props = [prop for prop in mapper.relationships if "save-update" in prop.cascade]
        plain = all(prop.impl.listed == prop.uselist for prop in props)
        keys = tuple([(prop.key, prop.uselist) for prop in props])
        mapper.memo["cascade_keys"] = keys if plain else None
    found: tuple[tuple[str, bool], ...] | None = mapper.memo["cascade_keys"]
    return found


def _relatives(obj: Any) -> list[list[Any]]:
    """Return what the save-update cascade reaches from one object, by relationship."""
    state = state_of(obj)
    return [
        related(prop, obj, state, "save-update")
        for prop in state.manager.mapper.relationships
        if "save-update" in prop.cascade
    ]


def _enter(session: Session, obj: Any) -> None:
    enter(session, obj, state_of(obj))


def enter(session: Session, obj: Any, state: InstanceState) -> None:
    """Put one object into the session, whatever state it is in."""
    link = session.link
    if state.link is link:
        if state.pk is None or id(obj) not in link.deleted:
            if state.flags & FLAG_DELETED and state.pk is not None:
                raise _was_deleted(state)
            if state.pk is None and id(obj) not in link.new:
                link.new[id(obj)] = obj
            return
        del link.deleted[id(obj)]
        return
    if state.flags & FLAG_DELETED and state.pk is not None:
        raise _was_deleted(state)
    if not link.begun:
        session.autobegin()
    _refuse_other_session(session, state)
    if state.pk is None:
        _enter_new(session, obj, state)
    else:
        _enter_detached(session, obj, state)


def _enter_new(session: Session, obj: Any, state: InstanceState) -> None:
    link = session.link
    for listener in session.dispatch.before_attach:
        listener(session, obj)
    state.link = link
    state.epoch = link.epoch
    link.new[id(obj)] = obj
    for listener in session.dispatch.after_attach:
        listener(session, obj)
    for listener in session.dispatch.transient_to_pending:
        listener(session, obj)


def _enter_detached(session: Session, obj: Any, state: InstanceState) -> None:
    for listener in session.dispatch.before_attach:
        listener(session, obj)
    _refuse_double(session, obj, state)
    attach(session, obj, state)
    for listener in session.dispatch.after_attach:
        listener(session, obj)
    for listener in session.dispatch.detached_to_persistent:
        listener(session, obj)


def attach(session: Session, obj: Any, state: InstanceState) -> None:
    """Link a persistent object to the session and put it into the identity map."""
    settle(state)
    link = session.link
    state.link = link
    state.epoch = link.epoch
    session.identity_map.of(state.manager.mapper)[state.pk] = state.ref
    if state.old is not None:
        link.changed[id(obj)] = obj


def _refuse_double(session: Session, obj: Any, state: InstanceState) -> None:
    other = session.identity_map.find(state.manager.mapper, state.pk)
    if other is not None and other is not obj:
        raise core_exc.InvalidRequestError(
            f"Can't attach this object of class {type(obj).__name__!r}: another instance with "
            f"the same key is already present in this session. Use session.merge() to copy its "
            f"values onto that one, or expunge it first."
        )


def _refuse_other_session(session: Session, state: InstanceState) -> None:
    other = state.session
    if other is not None and other is not session:
        raise core_exc.InvalidRequestError(
            f"Object of class {state.manager.class_.__name__!r} is already attached to session "
            f"'{other.hash_key}' (this is '{session.hash_key}'). Expunge it there first, or "
            f"use session.merge()."
        )


def _was_deleted(state: InstanceState) -> core_exc.InvalidRequestError:
    return core_exc.InvalidRequestError(
        f"Instance of class {state.manager.class_.__name__!r} has been deleted. Use the "
        f"make_transient() function to send this object back to the transient state."
    )


def bring_in(session: Session, obj: Any, state: InstanceState) -> None:
    """Attach an object that is to be deleted, if it is not here."""
    _refuse_other_session(session, state)
    if state.flags & FLAG_DELETED:
        return
    if not session.link.begun:
        session.autobegin()
    if state.link is not session.link:
        _refuse_double(session, obj, state)
        for listener in session.dispatch.before_attach:
            listener(session, obj)
        attach(session, obj, state)
        for listener in session.dispatch.after_attach:
            listener(session, obj)
        for listener in session.dispatch.detached_to_persistent:
            listener(session, obj)


def expunge(session: Session, obj: Any) -> None:
    """Take an object, and what expunge cascades reach, out of the session."""
    state = state_of(obj)
    if state.link is not session.link:
        raise core_exc.InvalidRequestError(
            f"Instance of class {type(obj).__name__!r} is not present in this Session. Only an "
            f"object of this session can be expunged from it."
        )
    reached = [(obj, state)]
    if state.manager.related_keys:
        for member, _mapper, child, _values in state.manager.mapper.cascade_iterator(
            "expunge", state
        ):
            if child.link is session.link:
                reached.append((member, child))
    for each, its_state in reached:
        leave(session, each, its_state)


def leave(session: Session, obj: Any, state: InstanceState) -> None:
    """Take one object out of the session and say so."""
    link = session.link
    settle(state)
    state.link = None
    link.changed.pop(id(obj), None)
    if link.new.pop(id(obj), None) is not None and state.pk is None:
        for listener in session.dispatch.pending_to_transient:
            listener(session, obj)
        return
    link.deleted.pop(id(obj), None)
    known = session.identity_map.of(state.manager.mapper)
    reference = known.get(state.pk)
    if reference is not None and reference() is obj:
        del known[state.pk]
    event = "deleted_to_detached" if state.flags & FLAG_DELETED else "persistent_to_detached"
    for listener in getattr(session.dispatch, event):
        listener(session, obj)


def leave_all(session: Session, tell: Tell = plainly) -> None:
    """Detach every object at once: their link dies; events only if somebody listens."""
    link = session.link
    dispatch = session.dispatch
    node = session.current_transaction
    gone: list[Any] = []
    while node is not None:
        gone.extend(node.deleted)
        node = node.parent
    new, persistent = [], []
    if dispatch.pending_to_transient:
        new = list(link.new.values())
    if dispatch.persistent_to_detached:
        persistent = session.identity_map.objects()
    session.drop_link()
    for obj in gone:
        state_of(obj).link = None
    for obj in new:
        tell(dispatch.pending_to_transient, session, obj)
    for obj in persistent:
        tell(dispatch.persistent_to_detached, session, obj)
    for obj in gone:
        tell(dispatch.deleted_to_detached, session, obj)

"""Functions on objects and sessions: whose an object is, its key, its way out of a session."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import exc as core_exc

from cormorant.instrument._state_cy import settle, state_of
from cormorant.mapping.mapper import Mapper, class_mapper
from cormorant.session import attach, loading
from cormorant.session.transactional import open_sessions

if TYPE_CHECKING:
    from cormorant.session.session import Session


def object_session(instance: object) -> Session | None:
    """Return the session an object belongs to, or None."""
    session: Session | None = state_of(instance).session
    return session


def identity_key(
    class_: Any = None,
    ident: Any = None,
    *,
    instance: Any = None,
    row: Any = None,
    identity_token: Any = None,
) -> tuple[Any, ...]:
    """Return (class, primary key tuple, token) of (class, ident), (class, row) or an object."""
    if class_ is not None:
        mapper = class_mapper(class_)
        if row is not None:
            return mapper.identity_key_from_row(row, identity_token)
        if ident is None:
            raise core_exc.ArgumentError("ident or row is required")
        parts = ident if isinstance(ident, (tuple, list)) else (ident,)
        return mapper.identity_key_from_primary_key(parts, identity_token)
    if instance is None:
        raise core_exc.ArgumentError("class or instance is required")
    own: Mapper = state_of(instance).manager.mapper
    return own.identity_key_from_instance(instance)


def close_all_sessions() -> None:
    """Close every session in memory."""
    for reference in list(open_sessions.values()):
        session = reference()
        if session is not None:
            session.close()


def make_transient(instance: object) -> None:
    """Make an object as if it had never been in a session; its values stay."""
    state = state_of(instance)
    session: Session | None = state.session
    if session is not None:
        attach.expunge(session, instance)
    settle(state)
    state.link = None
    state.pk = None
    state.old = None
    state.flags = 0
    state.extra = None


def make_transient_to_detached(instance: object) -> None:
    """Make a new object as if it had been loaded and detached; unset values are unloaded."""
    state = state_of(instance)
    if state.session is not None or state.pk is not None:
        raise core_exc.InvalidRequestError("Given object must be transient")
    state.pk = state.manager.mapper.pk_from_values(state.values)
    state.old = None
    state.flags = 0
    loading.drop_all_but(state, state.manager.mapper.pk_keys)


def was_deleted(object_: object) -> bool:
    """Tell whether a flush deleted the row of an object, now or in the past."""
    return bool(state_of(object_).was_deleted)

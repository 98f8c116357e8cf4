"""What a session loads for its objects: by key, what they lack, what they are related to."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from threading import get_ident
from typing import TYPE_CHECKING, Any

from sqlalchemy import exc as core_exc

from cormorant import exc
from cormorant.instrument._state_cy import (
    FLAG_DELETED,
    InstanceState,
    drop_values,
    is_stale,
    settle,
    state_of,
)
from cormorant.load.branches import Branch, usual_branch
from cormorant.load.context import QueryContext
from cormorant.load.objects import Target
from cormorant.load.prepared import (
    load_by_key,
    load_keys,
    reload_by_key,
    values_by_key,
)
from cormorant.load.reloaded import note_reload, tell_refresh
from cormorant.load.roots import branches_of
from cormorant.session.attach import leave
from cormorant.session.relations import load_relationship
from cormorant.session.restore import announce_expire
from cormorant.sql.statement import checked_options

if TYPE_CHECKING:
    from cormorant.mapping.mapper import Mapper
    from cormorant.session.session import Session


def target_of(
    session: Session,
    overwrite: bool = False,
    statement: Any = None,
    params: Any = None,
    options: Mapping[str, Any] | None = None,
) -> Target:
    """Return where the objects of one load go."""
    context = QueryContext(session, statement, params, options)
    whole = statement is not None
    return Target(session.link, session.identity_map, context, overwrite, whole)


def get(
    session: Session,
    mapper: Mapper,
    identity: Any,
    populate_existing: bool,
    lock: Any,
    options: Mapping[str, Any] | None,
    loaders: Sequence[Any] = (),
) -> Any:
    """Return the object of a primary key from the identity map or the database, or None.

    `loaders`: options of the statement that loads it.
    """
    pk = mapper.bare_key(identity)
    if not populate_existing and not lock:
        known = session.identity_map.by_class.get(mapper.identity_mapper)
        reference = None if known is None else known.get(pk)
        found = None if reference is None else reference()
        if known is not None and found is not None:
            if mapper.single_key:
                session.identity_map.rooms[mapper] = known, mapper.pk_keys[0]
            return _checked(session, mapper, found)
    if pk is None or (not mapper.single_key and all(part is None for part in pk)):
        _warn_null_key(mapper)
        if not session.dispatch.do_orm_execute:
            return None
    owner = session.owner
    session.owner = owner or get_ident()
    try:
        if session.dispatch.do_orm_execute:
            return session.announced_get(mapper, pk, populate_existing, lock, options, loaders)
        session.maybe_autoflush()
        connection = session.connection_for(mapper)
        target = target_of(session, populate_existing, options=options)
        branch = branches_of([mapper], checked_options(loaders))[0] if loaders else None
        found = load_by_key(mapper, pk, connection, target, options, lock, branch)
    finally:
        session.owner = owner
    return found if found is None or isinstance(found, mapper.class_) else None


def _warn_null_key(mapper: Mapper) -> None:
    _warn(
        f"fully NULL primary key identity cannot load any object of class "
        f"{mapper.class_.__name__!r}. This condition may raise an error in a future release."
    )


def _warn(text: str) -> None:
    warnings.warn(core_exc.SAWarning(text), stacklevel=3)


def _checked(session: Session, mapper: Mapper, found: Any) -> Any:
    """Return an object of the identity map, if it is of the class and its row still there."""
    if not isinstance(found, mapper.class_):
        return None
    state = state_of(found)
    if mapper.pk_keys[0] in state.values and not is_stale(state):
        return found
    try:
        load_missing(session, found, state, mapper.pk_keys[0])
    except exc.ObjectDeletedError:
        return None
    return found


def load_missing(session: Session, obj: Any, state: InstanceState, key: str) -> None:
    """Load an unloaded attribute, and with it what else an expired object lacks."""
    session.own("the load of an attribute")
    owner = session.owner
    session.owner = owner or get_ident()
    try:
        _load_missing(session, obj, state, key)
    finally:
        session.owner = owner


def _load_missing(session: Session, obj: Any, state: InstanceState, key: str) -> None:
    settle(state)
    attribute = state.manager.attributes[key]
    if attribute.uses_objects:
        load_relationship(session, obj, state, key)
        return
    mapper = state.manager.mapper
    if state.flags & FLAG_DELETED:
        raise _gone(mapper)
    names = _missing_names(mapper, state, key)
    branch = along_with(state, names)
    if session.dispatch.do_orm_execute:
        answered = session.announced_column_load(state, names, branch)
        if answered is not None:
            if answered.left is None:
                raise _gone(mapper)
            _note_loaded(state, names)
            if answered.ran:
                _tell_of(session, obj, state, names)
            if not answered.left:
                return
            names, branch = answered.left, None
    session.maybe_autoflush()
    if branch is not None:
        _load_along(session, obj, state, branch, None)
        return
    found = values_by_key(mapper, state.pk, names, session.connection_for(mapper))
    if found is None:
        raise _gone(mapper)
    state.values.update(found)
    _note_loaded(state, names)
    _tell_of(session, obj, state, names)


def _tell_of(session: Session, obj: Any, state: InstanceState, names: list[str]) -> None:
    """Tell the listeners of an object that attributes of it were loaded."""
    listeners = state.manager.dispatch.refresh
    if listeners or session.telling is not None:
        context = QueryContext(session)
        note_reload(context, obj)
        tell_refresh(listeners, context, obj, frozenset(names))


def _note_loaded(state: InstanceState, names: Iterable[str]) -> None:
    """Forget that attributes had expired."""
    if state.extra is not None:
        state.extra.expired = False
        state.extra.names.difference_update(names)


def _missing_names(mapper: Mapper, state: InstanceState, key: str) -> list[str]:
    """Return what to load along with `key`: the group of a deferred one, or all that lacks."""
    values, old = state.values, state.old or {}
    expired = set() if state.extra is None else state.extra.names
    left_out = {} if state.branch is None else state.branch.deferred
    if key not in expired and _is_deferred(state, key):
        if _refuses(mapper, left_out, key):
            raise core_exc.InvalidRequestError(
                f"'{mapper.class_.__name__}.{key}' is not available due to raiseload=True: "
                f"undefer() it in the statement that loads the object."
            )
        group = mapper._properties[key].group  # type: ignore[attr-defined] # a column property
        if group is None:
            return [key]
        return [p.key for p in mapper.column_attrs if p.group == group and p.key not in values]
    return [
        prop.key
        for prop in mapper.column_attrs
        if prop.key not in values
        and prop.key not in old
        and (prop.key in expired or not _is_deferred(state, prop.key))
    ] or [key]


def _is_deferred(state: InstanceState, key: str) -> bool:
    """Tell whether a column waits for its own access, by the mapping or by an option."""
    if state.branch is not None and key in state.branch.deferred and not _is_blank(state):
        return True
    return bool(state.manager.attributes[key].deferred)


def _refuses(mapper: Mapper, left_out: Mapping[str, bool], key: str) -> bool:
    prop: Any = mapper._properties[key]
    return bool(left_out.get(key, prop.raiseload))


def along_with(state: InstanceState, names: Sequence[str]) -> Branch | None:
    """Return the branch that loads an expired object whole, with what was loaded along."""
    branch: Branch = state.branch or usual_branch(state.manager.mapper)
    if (not branch.joined and not branch.after) or not _is_blank(state):
        return None
    return branch if set(load_keys(state.manager.mapper)) <= {*names, *state.values} else None


def _is_blank(state: InstanceState) -> bool:
    """Tell whether all that was loaded of an object has expired."""
    return state.manager.mapper.pk_keys[0] not in state.values


def _load_along(
    session: Session, obj: Any, state: InstanceState, branch: Branch, lock: Any
) -> None:
    """Load an expired object anew with the relationships that it was loaded with."""
    mapper = state.manager.mapper
    note_reload(QueryContext(session), obj)
    fresh = branch.reloading(mapper)
    connection = session.connection_for(mapper)
    if not reload_by_key(fresh, obj, state, connection, target_of(session), lock):
        raise _gone(mapper)
    for along in branch.after:
        if along.prop.key in mapper._properties and along.prop.key not in state.values:
            load_relationship(session, obj, state, along.prop.key)


def _gone(mapper: Mapper) -> exc.ObjectDeletedError:
    return exc.ObjectDeletedError(
        f"Instance of class {mapper.class_.__name__!r} has been deleted, or its row is "
        f"otherwise not present. Expunge the object, or roll back the transaction that "
        f"deleted it."
    )


def refresh(session: Session, obj: Any, names: Iterable[str] | None, lock: Any = None) -> None:
    """Load attributes of an object anew, overwriting what is in memory."""
    state = state_of(obj)
    mapper = state.manager.mapper
    chosen = None if names is None else known_names(mapper, names)
    expire(session, obj, chosen)
    session.maybe_autoflush()
    attributes = state.manager.attributes
    keys = load_keys(mapper)
    if chosen is not None:
        keys = tuple([key for key in chosen if not attributes[key].uses_objects])
    refreshed = _load_anew(session, state, keys, lock) if keys else True
    for key in chosen or ():
        if state.manager.attributes[key].uses_objects:
            load_relationship(session, obj, state, key)
    if refreshed:
        tell_refresh(state.manager.dispatch.refresh, QueryContext(session), obj, chosen)


def _load_anew(session: Session, state: InstanceState, keys: tuple[str, ...], lock: Any) -> bool:
    """Load attributes; False: a listener gave them, and no row was read."""
    mapper = state.manager.mapper
    branch = along_with(state, keys)
    if session.dispatch.do_orm_execute:
        answered = session.announced_column_load(state, list(keys), branch, lock)
        if answered is not None:
            if answered.left is None:
                raise _no_row(mapper)
            _note_loaded(state, keys)
            if not answered.left:
                return answered.ran
            keys, branch = tuple(answered.left), None
    if branch is not None:
        _load_along(session, state.obj(), state, branch, lock)
        return True
    found = values_by_key(mapper, state.pk, keys, session.connection_for(mapper), lock)
    if found is None:
        raise _no_row(mapper)
    note_reload(QueryContext(session), state.obj())
    state.values.update(found)
    _note_loaded(state, keys)
    return True


def _no_row(mapper: Mapper) -> core_exc.InvalidRequestError:
    return core_exc.InvalidRequestError(
        f"Could not refresh instance of class {mapper.class_.__name__!r}: its row is gone. "
        f"Expunge the object, or roll back the transaction that deleted it."
    )


def known_names(mapper: Mapper, names: Iterable[str]) -> list[str]:
    """Return the names as a list; refuses what is not mapped."""
    found = list(names)
    for name in found:
        if name not in mapper.class_manager.attributes:
            raise core_exc.InvalidRequestError(
                f"Entity {mapper.class_.__name__!r} has no mapped attribute {name!r}; its "
                f"attributes are {', '.join(mapper.class_manager.attributes)}."
            )
    return found


def require_member(session: Session, obj: Any, state: InstanceState) -> None:
    """Refuse an object that is not persistent in this session."""
    deleted = state.flags & FLAG_DELETED
    if state.link is not session.link or state.pk is None or deleted:
        raise core_exc.InvalidRequestError(
            f"Instance of class {type(obj).__name__!r} is not persistent within this Session. "
            f"Add and flush it first, or load it with this session."
        )


def expire(session: Session, obj: Any, names: Iterable[str] | None) -> None:
    """Have attributes of an object loaded anew on their next access.

    With it go its members; new ones that it owns leave the session, like all that is unwritten.
    """
    state = state_of(obj)
    require_member(session, obj, state)
    if names is not None:
        expire_state(session, obj, state, names)
        return
    for each, its_state in [(obj, state), *_refresh_expire_members(state)]:
        if its_state.pk is None:
            leave(session, each, its_state)
        else:
            expire_state(session, each, its_state, None)


def _refresh_expire_members(state: InstanceState) -> list[tuple[Any, InstanceState]]:
    settle(state)
    return [
        (member, child)
        for member, _mapper, child, _values in state.manager.mapper.cascade_iterator(
            "refresh-expire", state
        )
        if child.link is state.link
    ]


def expire_state(
    session: Session, obj: Any, state: InstanceState, names: Iterable[str] | None
) -> None:
    """Drop values of one object and fire expire."""
    settle(state)
    if names is None:
        drop_values(state)
        session.link.changed.pop(id(obj), None)
        state.extras().expired = True
        announce_expire(obj, None)
        return
    chosen = known_names(state.manager.mapper, names)
    _drop_names(session, obj, state, chosen)
    state.extras().names.update(chosen)
    announce_expire(obj, chosen)


def _drop_names(session: Session, obj: Any, state: InstanceState, names: list[str]) -> None:
    for name in names:
        state.values.pop(name, None)
        state.forget_change(name)
        if state.extra is not None:
            state.extra.take_queue(name)


def drop_all_but(state: InstanceState, kept: Iterable[str]) -> None:
    """Mark an object as unloaded except for some attributes."""
    for name in state.manager.expire_keys:
        if name not in kept and name not in state.values:
            state.extras().names.add(name)

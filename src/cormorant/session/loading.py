"""What a session loads for its objects: by key, what they lack, what they are related to."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
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
from cormorant.instrument.constants import NO_VALUE, PASSIVE_NO_RESULT
from cormorant.load.context import QueryContext
from cormorant.load.objects import Target
from cormorant.load.prepared import load_by_key, load_keys, load_related, values_by_key
from cormorant.session.restore import announce_expire

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
    return Target(session.link, session.identity_map, context, overwrite)


def get(
    session: Session,
    mapper: Mapper,
    identity: Any,
    populate_existing: bool,
    lock: Any,
    options: Mapping[str, Any] | None,
) -> Any:
    """Return the object of a primary key from the identity map or the database, or None."""
    pk = mapper.bare_key(identity)
    if not populate_existing and not lock:
        known = session.identity_map.by_root.get(mapper.base_mapper)
        reference = None if known is None else known.get(pk)
        found = None if reference is None else reference()
        if found is not None:
            return _checked(session, mapper, found)
    if pk is None or (not mapper.single_key and all(part is None for part in pk)):
        _warn_null_key(mapper)
        if not session.dispatch.do_orm_execute:
            return None
    owner = session.owner
    session.owner = owner or get_ident()
    try:
        if session.dispatch.do_orm_execute:
            return session.announced_get(mapper, pk, populate_existing, lock, options)
        session.maybe_autoflush()
        connection = session.connection_for(mapper)
        target = target_of(session, populate_existing)
        found = load_by_key(mapper, pk, connection, target, options, lock)
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
    if session.dispatch.do_orm_execute:
        session.announced_column_load(mapper, state.pk, names)
    session.maybe_autoflush()
    found = values_by_key(mapper, state.pk, names, session.connection_for(mapper))
    if found is None:
        raise _gone(mapper)
    state.values.update(found)
    if state.extra is not None:
        state.extra.expired = False
        state.extra.names.difference_update(names)
    listeners = state.manager.dispatch.refresh
    if listeners:
        context = QueryContext(session)
        for listener in listeners:
            listener(obj, context, frozenset(names))


def _missing_names(mapper: Mapper, state: InstanceState, key: str) -> list[str]:
    """Return what to load along with `key`: the group of a deferred one, or all that lacks."""
    values, old = state.values, state.old or {}
    attribute = state.manager.attributes[key]
    if attribute.deferred:
        group = mapper._properties[key].group  # type: ignore[attr-defined] # a column property
        if group is None:
            return [key]
        return [p.key for p in mapper.column_attrs if p.group == group and p.key not in values]
    expired = set() if state.extra is None else state.extra.names
    return [
        prop.key
        for prop in mapper.column_attrs
        if prop.key not in values
        and prop.key not in old
        and (not prop.deferred or prop.key in expired)
    ] or [key]


def _gone(mapper: Mapper) -> exc.ObjectDeletedError:
    return exc.ObjectDeletedError(
        f"Instance of class {mapper.class_.__name__!r} has been deleted, or its row is "
        f"otherwise not present. Expunge the object, or roll back the transaction that "
        f"deleted it."
    )


def load_relationship(session: Session, obj: Any, state: InstanceState, key: str) -> None:
    """Load one relationship of a persistent object."""
    mapper = state.manager.mapper
    prop = mapper._properties[key]
    attribute = state.manager.attributes[key]
    if prop.lazy == "noload":
        attribute.set_committed(state, [] if attribute.collection else None)
        return
    if prop.lazy in ("raise", "raise_on_sql"):
        raise core_exc.InvalidRequestError(
            f"'{prop}' is not available due to lazy={prop.lazy!r}: load it with the object, "
            f"or query it."
        )
    values = _local_values(session, obj, state, prop)
    attribute.set_committed(state, _related(session, prop, values, attribute.collection))


def _related(session: Session, prop: Any, values: tuple[Any, ...], many: bool) -> Any:
    if prop.join.simple and any(value is None for value in values):
        return [] if many else None
    if not many and refers_by_key(prop):
        found = _by_identity(session, prop, values)
        if found is not None:
            return found
    if session.dispatch.do_orm_execute:
        found = session.announced_related(prop, values)
    else:
        session.maybe_autoflush()
        connection = session.connection_for(prop.mapper)
        found = load_related(prop, values, connection, target_of(session))
    if many:
        return list({id(each): each for each in found}.values())
    if len(found) > 1:
        _warn(f"Multiple rows returned with uselist=False for lazily-loaded '{prop}'")
    return found[0] if found else None


def stored_related(session: Session, obj: Any, state: InstanceState, key: str) -> Any:
    """Return what a relationship to one refers to in the database, whatever is in memory."""
    prop: Any = state.manager.mapper._properties[key]
    return _related(session, prop, _local_values(session, obj, state, prop), False)


def refers_by_key(prop: Any) -> bool:
    """Tell whether a relationship to one refers by the primary key and nothing else."""
    return bool(
        prop.join.foreign_is_local
        and prop.join.simple
        and {source for source, _ in prop.join.pairs} == set(prop.mapper.primary_key)
    )


def _by_identity(session: Session, prop: Any, values: tuple[Any, ...]) -> Any:
    mapper = prop.mapper
    by_remote = {
        remote: value
        for (_local, remote), value in zip(prop.local_remote_pairs, values, strict=True)
    }
    parts = tuple([by_remote[column] for column in mapper.primary_key])
    found = session.identity_map.find(mapper, parts[0] if mapper.single_key else parts)
    return found if found is not None and isinstance(found, mapper.class_) else None


def _local_values(session: Session, obj: Any, state: InstanceState, prop: Any) -> tuple[Any, ...]:
    """Return the values that a lazy load starts from, as they are in the database."""
    mapper = state.manager.mapper
    found = []
    for local in prop.join.lookup:
        key = mapper.property_of(local).key
        if key in mapper.pk_keys:
            found.append(mapper.identity_of(state.pk)[mapper.pk_keys.index(key)])
            continue
        old = NO_VALUE if state.old is None else state.old.get(key, NO_VALUE)
        if not prop.join.foreign_is_local and old is not NO_VALUE:
            found.append(old)
        else:
            found.append(getattr(obj, key))
    return tuple(found)


def peek_related(session: Session, obj: Any, state: InstanceState, key: str) -> Any:
    """Return the object of a relationship to one without SQL, else PASSIVE_NO_RESULT."""
    mapper = state.manager.mapper
    prop: Any = mapper._properties[key]
    if not refers_by_key(prop):
        return PASSIVE_NO_RESULT
    values = []
    for local, _remote in prop.local_remote_pairs:
        name = mapper.property_of(local).key
        old = NO_VALUE if state.old is None else state.old.get(name, NO_VALUE)
        value = state.values.get(name, NO_VALUE) if old is NO_VALUE else old
        if value is NO_VALUE:
            return PASSIVE_NO_RESULT
        if value is None:
            return None
        values.append(value)
    found = _by_identity(session, prop, tuple(values))
    return PASSIVE_NO_RESULT if found is None or _knows_nothing(found) else found


def _knows_nothing(obj: Any) -> bool:
    """Tell whether an object is expired and has loaded no relation since."""
    state = state_of(obj)
    if not state.expired:
        return False
    settle(state)
    return not any(key in state.values for key in state.manager.related_keys)


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
    if keys:
        _load_anew(session, state, keys, lock)
    for key in chosen or ():
        if state.manager.attributes[key].uses_objects:
            load_relationship(session, obj, state, key)
    for listener in state.manager.dispatch.refresh:
        listener(obj, QueryContext(session), None if chosen is None else chosen)


def _load_anew(session: Session, state: InstanceState, keys: tuple[str, ...], lock: Any) -> None:
    mapper = state.manager.mapper
    if session.dispatch.do_orm_execute:
        session.announced_column_load(mapper, state.pk, list(keys))
    found = values_by_key(mapper, state.pk, keys, session.connection_for(mapper), lock)
    if found is None:
        raise core_exc.InvalidRequestError(
            f"Could not refresh instance of class {mapper.class_.__name__!r}: its row is gone. "
            f"Expunge the object, or roll back the transaction that deleted it."
        )
    state.values.update(found)
    extra = state.extras()
    extra.names.difference_update(keys)
    extra.expired = False


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
    if state.link is not session.link or state.pk is None:
        raise core_exc.InvalidRequestError(
            f"Instance of class {type(obj).__name__!r} is not persistent within this Session. "
            f"Add and flush it first, or load it with this session."
        )


def expire(session: Session, obj: Any, names: Iterable[str] | None) -> None:
    """Have attributes of an object loaded anew on their next access."""
    state = state_of(obj)
    require_member(session, obj, state)
    if names is not None:
        expire_state(session, obj, state, names)
        return
    for each in [obj, *_refresh_expire_members(state)]:
        expire_state(session, each, state_of(each), None)


def _refresh_expire_members(state: InstanceState) -> list[Any]:
    settle(state)
    return [
        member
        for member, _mapper, child, _values in state.manager.mapper.cascade_iterator(
            "refresh-expire", state
        )
        if child.link is state.link and child.pk is not None
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

"""What a session loads along relationships: on access, at once, or from what is in memory."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from sqlalchemy import exc as core_exc

from cormorant.instrument._state_cy import InstanceState, settle, state_of
from cormorant.instrument.constants import NO_VALUE, PASSIVE_NO_RESULT
from cormorant.load.branches import Along, Branch, usual_branch
from cormorant.load.context import QueryContext
from cormorant.load.directives import How
from cormorant.load.eager import follow
from cormorant.load.objects import Path, Target
from cormorant.load.prepared import load_related
from cormorant.load.related import key_places
from cormorant.load.shapes import objects_along

if TYPE_CHECKING:
    from cormorant.session.session import Session


def load_relationship(session: Session, obj: Any, state: InstanceState, key: str) -> None:
    """Load one relationship of a persistent object, as its options say."""
    prop = state.manager.mapper._properties[key]
    attribute = state.manager.attributes[key]
    branch: Branch | None = state.branch
    loader = prop.lazy if branch is None else branch.how(prop).loader
    if loader == "noload":
        attribute.set_committed(state, [] if attribute.collection else None)
        return
    if loader == "raise":
        raise _refused(prop, loader)
    if loader == "raise_on_sql":
        values = _local_values(session, obj, state, prop)
        attribute.set_committed(state, _without_sql(session, prop, values))
    else:
        load_for_work(session, obj, state, prop)


def load_for_work(session: Session, obj: Any, state: InstanceState, prop: Any) -> None:
    """Load one relationship also where its options refuse it: they mean accesses of users."""
    attribute = state.manager.attributes[prop.key]
    values = _local_values(session, obj, state, prop)
    found = _related(session, state, prop, _below(state, prop), values, attribute.collection)
    attribute.set_committed(state, found)


def _below(state: InstanceState, prop: Any) -> Branch:
    branch: Branch = state.branch or usual_branch(state.manager.mapper)
    found: Branch = branch._below.get((prop.parent, prop.key, None)) or branch.below(prop)
    return found


def load_at_once(
    session: Session, obj: Any, state: InstanceState, along: Any, target: Target
) -> None:
    """Load one relationship of a parent that was just loaded, with the branch of its options."""
    prop = along.prop
    attribute = state.manager.attributes[prop.key]
    values = _local_values(session, obj, state, prop)
    found = _related(session, state, prop, along.branch, values, attribute.collection, target)
    attribute.set_committed(state, found)


def stored_related(session: Session, obj: Any, state: InstanceState, key: str) -> Any:
    """Return what a relationship to one refers to in the database, whatever is in memory."""
    prop: Any = state.manager.mapper._properties[key]
    values = _local_values(session, obj, state, prop)
    return _related(session, state, prop, _below(state, prop), values, False)


def load_together(session: Session, objects: list[Any], prop: Any) -> None:
    """Load one relationship of many objects with few statements, for a flush that needs it.

    Each load is announced by itself where somebody listens to them: then nothing is done here.
    """
    if session.dispatch.do_orm_execute:
        return
    branch = usual_branch(prop.parent).below(prop)
    along = Along(prop, How("selectin"), branch, prop.parent)
    target = Target(session.link, session.identity_map, QueryContext(session), False)
    for obj in objects:
        settle(state_of(obj))
    follow(along, objects, target, objects_along, Path(prop.parent))


def _refused(prop: Any, loader: str) -> core_exc.InvalidRequestError:
    return core_exc.InvalidRequestError(
        f"'{prop}' is not available due to lazy={loader!r}: load it with the object, or query it."
    )


def _without_sql(session: Session, prop: Any, values: tuple[Any, ...]) -> Any:
    """Return an object that is in memory; refuse where it would take SQL."""
    if any(value is None for value in values):
        return [] if prop.uselist else None
    found = None
    if not prop.uselist and key_places(prop) is not None:
        found = _by_identity(session, prop, values)
    if found is None:
        raise _refused(prop, "raise_on_sql")
    return found


def _related(
    session: Session,
    state: InstanceState,
    prop: Any,
    branch: Branch,
    values: tuple[Any, ...],
    many: bool,
    target: Target | None = None,
) -> Any:
    if prop.join.simple and any(value is None for value in values):
        return [] if many else None
    if not many and key_places(prop) is not None:
        found = _by_identity(session, prop, values)
        if found is not None:
            return found
    if session.dispatch.do_orm_execute:
        found = session.announced_related(prop, branch, values, state)
    else:
        session.maybe_autoflush()
        connection = session.connection_for(prop.mapper)
        if target is None:
            context = QueryContext(session)
            target = Target(session.link, session.identity_map, context, False)
        found = load_related(prop, branch, values, connection, target)
    if many:
        return list({id(each): each for each in found}.values())
    if len(found) > 1 and len({id(each) for each in found}) > 1:
        warnings.warn(
            core_exc.SAWarning(
                f"Multiple rows returned with uselist=False for lazily-loaded '{prop}'"
            ),
            stacklevel=2,
        )
    return found[0] if found else None


def _by_identity(session: Session, prop: Any, values: tuple[Any, ...]) -> Any:
    mapper = prop.mapper
    parts = tuple([values[at] for at in key_places(prop) or ()])
    found = session.identity_map.find(mapper, parts[0] if mapper.single_key else parts)
    return found if found is not None and isinstance(found, mapper.class_) else None


def _local_values(session: Session, obj: Any, state: InstanceState, prop: Any) -> tuple[Any, ...]:
    """Return the values that a lazy load starts from, as they are in the database."""
    mapper = state.manager.mapper
    found = []
    for local in prop.join.lookup:
        key = mapper.property_of(local).key
        if key in mapper.pk_keys and state.pk is not None:
            at = mapper.pk_keys.index(key)
            moved = state.old is not None and key in state.old
            if moved and state.values.get(key) != mapper.identity_of(state.pk)[at]:
                # Else the rows would be looked for by a key that the autoflush changes.
                session.maybe_autoflush()
            found.append(mapper.identity_of(state.pk)[at])
            continue
        old = NO_VALUE if state.old is None else state.old.get(key, NO_VALUE)
        if not prop.join.foreign_is_local and old is not NO_VALUE:
            found.append(old)
        else:
            found.append(getattr(obj, key))
    return tuple(found)


def peek_related(
    session: Session, obj: Any, state: InstanceState, key: str, stale: bool = False
) -> Any:
    """Return the object of a relationship to one without SQL, else PASSIVE_NO_RESULT.

    `stale`: one that is expired is as good.
    """
    mapper = state.manager.mapper
    prop: Any = mapper._properties[key]
    if key_places(prop) is None:
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
    unknown = found is None or (not stale and _knows_nothing(found))
    return PASSIVE_NO_RESULT if unknown else found


def fill_from_memory(session: Session, obj: Any, key: str) -> None:
    """Set a relationship to one, as loaded, to what it refers to if that takes no SQL."""
    state = state_of(obj)
    found = peek_related(session, obj, state, key, stale=True)
    if found is not PASSIVE_NO_RESULT:
        state.values[key] = found


def _knows_nothing(obj: Any) -> bool:
    """Tell whether an object is expired and has loaded no relation since."""
    state = state_of(obj)
    if not state.expired:
        return False
    settle(state)
    return not any(key in state.values for key in state.manager.related_keys)

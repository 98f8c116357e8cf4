"""Read and write attributes by name, beside the descriptors: history, committed values, flags."""

from __future__ import annotations

from typing import Any

from sqlalchemy import exc as core_exc

from cormorant import exc
from cormorant.instrument._state_cy import InstanceState, note_change, settle, state_of
from cormorant.instrument.collections import CollectionAdapter
from cormorant.instrument.constants import NO_VALUE, PassiveFlag
from cormorant.instrument.history import History, history_of
from cormorant.instrument.manager import ClassManager

MAY_LOAD = PassiveFlag.SQL_OK | PassiveFlag.CALLABLES_OK


def instance_state(instance: Any) -> InstanceState:
    """Return the state of a mapped object.

    Raises what `exc.NO_STATE` catches, an AttributeError, for any other object.
    """
    try:
        state: InstanceState = state_of(instance)
    except exc.UnmappedInstanceError as problem:
        raise AttributeError(str(problem)) from None
    return state


def instance_dict(instance: Any) -> dict[str, Any]:
    """Return the `__dict__` of a mapped object."""
    values: dict[str, Any] = state_of(instance).dict
    return values


def _attribute(obj: Any, key: str) -> tuple[InstanceState, Any]:
    state = obj if isinstance(obj, InstanceState) else state_of(obj)
    attribute = state.manager.attributes.get(key)
    if attribute is None:
        raise KeyError(key)
    if attribute.uses_objects:
        state.manager.mapper.ready()
        attribute = state.manager.attributes[key]
    return state, attribute


def get_history(obj: Any, key: str, passive: PassiveFlag = PassiveFlag.PASSIVE_OFF) -> History:
    """Return the change of one attribute since the last flush.

    An unloaded attribute is loaded first where `passive` allows SQL.
    """
    state, attribute = _attribute(obj, key)
    settle(state)
    if attribute.collection:
        return _collection_history(state, attribute, passive)
    unloaded = key not in state.dict and (state.old is None or key not in state.old)
    if unloaded and passive & MAY_LOAD == MAY_LOAD and state.pk is not None:
        getattr(state.obj(), key)
    return history_of(state, attribute)


def _collection_history(state: InstanceState, attribute: Any, passive: PassiveFlag) -> History:
    pending = bool(passive & PassiveFlag.INCLUDE_PENDING_MUTATIONS)
    if attribute.key not in state.dict and passive & PassiveFlag.CALLABLES_OK:
        persistent = state.pk is not None
        if passive & (PassiveFlag.SQL_OK if persistent else PassiveFlag.INIT_OK):
            getattr(state.obj(), attribute.key)
            if attribute.key not in state.dict:
                return History((), [], ())
    return history_of(state, attribute, pending)


def set_committed_value(instance: Any, key: str, value: Any) -> None:
    """Set a value as if it had been loaded: no events, no history."""
    state, attribute = _attribute(instance, key)
    settle(state)
    if attribute.uses_objects:
        attribute.set_committed(state, value)
    else:
        state.values[key] = value
        state.forget_change(key)
    if state.pk is None:
        committed = state.values[key]
        if attribute.collection:
            committed = attribute.shape.items(committed)
        extra = state.extras()
        extra.committed = {**(extra.committed or {}), key: committed}


def get_attribute(instance: Any, key: str) -> Any:
    """Return the value of an attribute, as reading it does."""
    # Not through the class, which may have a descriptor of the user's own that calls this.
    _, attribute = _attribute(instance, key)
    return attribute.__get__(instance, type(instance))


def set_attribute(instance: Any, key: str, value: Any, initiator: Any = None) -> None:
    """Set an attribute with its events; `initiator` is handed on to listeners."""
    state, attribute = _attribute(instance, key)
    if attribute.collection:
        attribute.__set__(state.obj(), value)
    else:
        attribute.set_quietly(state.obj(), value, initiator)


def del_attribute(instance: Any, key: str) -> None:
    """Delete the value of an attribute with its events."""
    _, attribute = _attribute(instance, key)
    attribute.__delete__(instance)


def flag_modified(instance: Any, key: str) -> None:
    """Mark an attribute as changed, so that the next flush writes it.

    Raises InvalidRequestError when it has no value in memory.
    """
    state, attribute = _attribute(instance, key)
    settle(state)
    if key not in state.dict:
        raise core_exc.InvalidRequestError(
            f"Can't flag attribute {key!r} of class {state.manager.class_.__name__!r} modified; "
            f"it's not present in the object state. Read it or assign to it first."
        )
    attribute.flag_modified(state.obj())


def flag_dirty(instance: Any) -> None:
    """Mark an object as changed without naming an attribute: it passes through the flush."""
    state = state_of(instance)
    note_change(instance, state, None, NO_VALUE)


def init_collection(obj: Any, key: str) -> CollectionAdapter:
    """Put an empty collection in place, as if loaded; return its adapter."""
    state, attribute = _attribute(obj, key)
    settle(state)
    fresh = attribute.make(state.obj(), state)
    state.forget_change(key)
    found: CollectionAdapter = fresh._sa_adapter
    return found


__all__ = [
    "ClassManager",
    "History",
    "del_attribute",
    "flag_dirty",
    "flag_modified",
    "get_attribute",
    "get_history",
    "init_collection",
    "instance_dict",
    "instance_state",
    "set_attribute",
    "set_committed_value",
]

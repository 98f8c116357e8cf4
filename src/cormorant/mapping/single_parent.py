"""Relationships whose members have one parent at a time: `single_parent=True`."""

from __future__ import annotations

import weakref
from typing import Any

from sqlalchemy import exc as core_exc

from cormorant import exc
from cormorant.event.register import listen
from cormorant.instrument._state_cy import known_state


def check_single_parent(prop: Any) -> None:
    """Watch the members of a relationship, or refuse orphans that could have other parents.

    Raises ArgumentError where the side that owns its orphans is not the "one" side.
    """
    many = prop.direction.name
    if prop.cascade.delete_orphan and many != "ONETOMANY" and not prop.single_parent:
        text = "many-to-one" if many == "MANYTOONE" else "many-to-many"
        raise exc.ConfigurationError(
            f"For {text} relationship {prop}, delete-orphan cascade is normally configured only "
            f'on the "one" side of a one-to-many relationship: several '
            f"{prop.parent.class_.__name__!r} objects could refer to one "
            f"{prop.mapper.class_.__name__!r}. Set single_parent=True to allow one only."
        )
    if prop.single_parent:
        _watch(prop)


def _watch(prop: Any) -> None:
    key = (prop.parent.class_, prop.key)

    def on_set(target: Any, value: Any, old: Any, _initiator: Any) -> None:
        if value is not old:
            if value is not None:
                _take(key, target, value)
            _leave(key, target, old)

    def on_append(target: Any, value: Any, _initiator: Any) -> None:
        _take(key, target, value)

    def on_remove(target: Any, value: Any, _initiator: Any) -> None:
        _leave(key, target, value)

    place = prop.impl.on_class
    listen(place, "append", on_append, propagate=True)
    listen(place, "set", on_set, propagate=True)
    listen(place, "remove", on_remove, propagate=True)


def _take(key: tuple[type, str], target: Any, value: Any) -> None:
    """Note the parent of a new member; refuses one that another parent has."""
    state = known_state(value)
    if state is None:
        return
    extra = state.extras()
    if extra.owners is None:
        extra.owners = {}
    reference = extra.owners.get(key)
    owner = None if reference is None else reference()
    if owner is not None and owner is not target:
        raise core_exc.InvalidRequestError(
            f"An instance of {type(value).__name__!r} is already associated with an instance of "
            f"{key[0].__name__!r} via its {key[0].__name__}.{key[1]} attribute, and is only "
            f"allowed a single parent. Take it from that one first, or leave out "
            f"single_parent=True."
        )
    extra.owners[key] = weakref.ref(target)


def _leave(key: tuple[type, str], target: Any, value: Any) -> None:
    """Forget the parent of a member that leaves it."""
    state = None if value is None else known_state(value)
    owners = None if state is None or state.extra is None else state.extra.owners
    if owners and key in owners and owners[key]() is target:
        del owners[key]

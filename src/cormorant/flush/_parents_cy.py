# cython: boundscheck=False, wraparound=False
"""The loops over new objects that take keys from their parents."""

from __future__ import annotations

from typing import Any

from cormorant.instrument._state_cy import FLAG_DELETED, known_state, values_of
from cormorant.instrument.collections import members_of

try:
    import cython
except ImportError:
    from cormorant import _cython as cython

COMPILED: bool = cython.compiled


def need_a_look(objects: Any, link: Any, plan_of: Any) -> Any:
    """Return the new objects whose relatives are not all new, here, and paired with them.

    `plan_of(obj)` gives the KeyPlan of an object's class, or None.
    """
    found: list[Any] = []
    last: Any = None
    plan: Any = None
    for obj in objects:
        if type(obj) is not last:
            last = type(obj)
            plan = plan_of(obj)
        if plan is None or not is_plain(obj, plan, link):
            found.append(obj)
    return found


@cython.cfunc
def is_plain(obj: Any, plan: Any, link: Any) -> cython.bint:
    values: dict[Any, Any] = values_of(obj)
    for key, class_, _pairs, _prop in plan.to_one:
        parent = values.get(key)
        if parent is not None:
            if not isinstance(parent, class_) or known_state(parent).link is not link:
                return False
            if known_state(parent).flags & FLAG_DELETED:
                return False
    for key, class_, reverse in plan.to_many:
        members = values.get(key)
        if members is None:
            extra = known_state(obj).extra
            if extra is not None and extra.queues:
                return False
            continue
        if not isinstance(members, list):
            members = members_of(members)
        for child in members:
            if not isinstance(child, class_) or values_of(child).get(reverse) is not obj:
                return False
            state = known_state(child)
            if state.link is not link or state.pk is not None:
                return False
    return True


def take_parent_keys(objects: Any, link: Any, incoming: Any, plan_of: Any) -> Any:
    """Copy the keys of parents into new children.

    Return (child, relationship, parent) where that is not a plain copy: an attribute with
    listeners, a parent without a key.
    """
    odd: list[Any] = []
    last: Any = None
    plan: Any = None
    known: dict[Any, Any] = incoming
    for obj in objects:
        if type(obj) is not last:
            last = type(obj)
            plan = plan_of(obj)
        if plan is None or not plan.to_one or (known and id(obj) in known):
            continue
        values: dict[Any, Any] = values_of(obj)
        for key, _class, pairs, prop in plan.to_one:
            parent = values.get(key)
            if parent is None:
                if key in values:
                    odd.append((obj, prop, None))
                continue
            state = known_state(parent)
            if state is None or state.link is not link or state.flags & FLAG_DELETED:
                continue
            theirs: dict[Any, Any] = state.values
            for source, foreign, attribute in pairs:
                value = theirs.get(source)
                current = values.get(foreign)
                if value is None or attribute.on_set:
                    odd.append((obj, prop, parent))
                    break
                if current is None or current != value:
                    values[foreign] = value
    return odd

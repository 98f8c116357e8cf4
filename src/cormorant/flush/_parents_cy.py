# cython: boundscheck=False, wraparound=False
"""The loops over new objects that take keys from their parents."""

from __future__ import annotations

from typing import Any

from cormorant.instrument._state_cy import known_state, values_here, values_of, values_of_new
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
    to_one: Any = None
    to_many: Any = None
    sound: Any = None
    for obj in objects:
        if type(obj) is not last:
            last = type(obj)
            plan = plan_of(obj)
            to_one = None if plan is None else plan.to_one
            to_many = None if plan is None else plan.to_many
            sound = None
        if to_one is None:
            found.append(obj)
            continue
        values: dict[Any, Any] = values_of(obj)
        plain: cython.bint = True
        for key, class_, _pairs, _prop in to_one:
            parent = values.get(key)
            # Children of one parent mostly stand together.
            if parent is None or parent is sound:
                continue
            if not isinstance(parent, class_) or values_here(parent, link) is None:
                plain = False
            elif len(to_one) == 1:
                sound = parent
        for key, class_, reverse in to_many:
            if plain and not owns_plainly(obj, values.get(key), class_, reverse, link):
                plain = False
        if not plain:
            found.append(obj)
    return found


@cython.cfunc
def owns_plainly(obj: Any, members: Any, class_: Any, reverse: Any, link: Any) -> cython.bint:
    """Tell whether all members of a new object are new, here, and refer to it."""
    if members is None:
        extra = known_state(obj).extra
        return extra is None or not extra.queues
    if not isinstance(members, list):
        members = members_of(members)
    for child in members:
        if not isinstance(child, class_):
            return False
        values = values_of_new(child, link)
        if values is None or values.get(reverse) is not obj:
            return False
    return True


def take_parent_keys(objects: Any, link: Any, incoming: Any, plan_of: Any) -> Any:
    """Copy the keys of parents into new children.

    Return (child, relationship, parent) where that is not a plain copy: an attribute with
    listeners, a parent without a key. What stands in `incoming` is copied from there.
    """
    odd: list[Any] = []
    last: Any = None
    to_one: Any = ()
    known: dict[Any, Any] = incoming
    for obj in objects:
        if type(obj) is not last:
            last = type(obj)
            plan = plan_of(obj)
            to_one = () if plan is None else plan.to_one
        if not to_one:
            continue
        # A parent that does not know its children from their side put some of them in there.
        entries: Any = known.get(id(obj)) if known else None
        values: dict[Any, Any] = values_of(obj)
        for key, _class, pairs, prop in to_one:
            if entries is not None and is_among(prop, entries):
                continue
            parent = values.get(key)
            if parent is None:
                if key in values:
                    odd.append((obj, prop, None))
                continue
            theirs = values_here(parent, link)
            if theirs is not None and not copy_keys(theirs, values, pairs):
                odd.append((obj, prop, parent))
    return odd


def is_among(prop: Any, entries: Any) -> bool:
    """Tell whether a relationship has an entry of its own."""
    return any(known is prop for known, _parent in entries)


@cython.cfunc
def copy_keys(theirs: dict[Any, Any], values: dict[Any, Any], pairs: Any) -> cython.bint:
    """Copy the keys of one parent into one child; False where that is not a plain copy."""
    for source, foreign, attribute in pairs:
        value = theirs.get(source)
        if value is None or attribute.on_set:
            return False
        current = values.get(foreign)
        if current is None or current != value:
            values[foreign] = value
    return True

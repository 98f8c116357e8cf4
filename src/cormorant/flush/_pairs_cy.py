# cython: boundscheck=False, wraparound=False
"""The loops over the members of many-to-many relationships."""

from __future__ import annotations

from typing import Any

from cormorant.instrument._state_cy import known_state, link_of, values_of
from cormorant.instrument.collections import members_of

try:
    import cython
except ImportError:
    from cormorant import _cython as cython

COMPILED: bool = cython.compiled


def take_members(members: Any, owner: Any, link: Any, class_: Any, pairs: Any, to: Any) -> Any:
    """Put (owner, member) into `to` for members of `class_` in the session of `link`.

    Each pair once for both sides, as `pairs` knows; those to delete are left out. Return the
    members that need a look: of another class, or of another session.
    """
    odd: list[Any] = []
    found: list[Any] = to
    doomed: dict[Any, Any] = link.deleted
    seen: set[Any] = pairs.seen
    turned: cython.bint = pairs.turned
    here = id(owner)
    for member in members:
        if type(member) is not class_ or link_of(member) is not link:
            odd.append(member)
            continue
        there = id(member)
        if doomed and there in doomed:
            continue
        if seen is not None:
            pair = (there, here) if turned else (here, there)
            if pair in seen:
                continue
            seen.add(pair)
        found.append((owner, member))
    return odd


def take_new_pairs(objects: Any, link: Any, plan_of: Any, pairs_of: Any) -> Any:
    """Note the pairs of new objects whose class has a KeyPlan, which `plan_of(obj)` gives.

    `pairs_of(relationship)` gives what notes them. Return (owner, relationship, members) where
    members need a look.
    """
    odd: list[Any] = []
    last: Any = None
    between: Any = ()
    for obj in objects:
        if type(obj) is not last:
            last = type(obj)
            plan = plan_of(obj)
            between = () if plan is None else plan.between
        if not between:
            continue
        values: dict[Any, Any] = values_of(obj)
        for key, class_, prop in between:
            members = values.get(key)
            if members is None:
                extra = known_state(obj).extra
                if extra is not None and extra.queues:
                    odd.append((obj, prop, prop.members(obj, known_state(obj))))
                continue
            if not isinstance(members, list):
                members = members_of(members)
            if members:
                pairs = pairs_of(prop)
                rest = take_members(members, obj, link, class_, pairs, pairs.added)
                if rest:
                    odd.append((obj, prop, rest))
    return odd

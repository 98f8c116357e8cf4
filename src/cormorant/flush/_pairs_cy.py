# cython: boundscheck=False, wraparound=False
"""The loop over the members of many-to-many relationships."""

from __future__ import annotations

from typing import Any

from cormorant.instrument._state_cy import known_state

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
        if type(member) is not class_ or known_state(member).link is not link:
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

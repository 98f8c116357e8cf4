# cython: boundscheck=False, wraparound=False
"""Fire one event for many objects: each object in turn, to all its listeners."""

from __future__ import annotations

from typing import Any

try:
    import cython
except ImportError:
    from cormorant import _cython as cython

COMPILED: bool = cython.compiled


def fire_rows(listeners: Any, mapper: Any, connection: Any, objects: Any) -> None:
    """Fire a mapper event; who is added meanwhile hears of the next batch."""
    heard: tuple[Any, ...] = listeners
    for obj in objects:
        for listener in heard:
            listener(mapper, connection, obj)


def fire_moves(dispatch: Any, event: Any, session: Any, objects: Any) -> None:
    """Fire a life cycle event; who is added or removed meanwhile is so from the next object on."""
    for obj in objects:
        heard: tuple[Any, ...] = getattr(dispatch, event)
        for listener in heard:
            listener(session, obj)


def fire_flushed(listeners: Any, context: Any, objects: Any, given_to: Any, names_of: Any) -> None:
    """Fire refresh_flush where a flush gave an object values beside its key.

    `given_to`: id of an object -> keys of its defaults; `names_of(keys)`: the list to tell of.
    """
    heard: tuple[Any, ...] = listeners
    known: Any = ()
    names: list[Any] = names_of(known)
    for obj in objects:
        given = given_to.get(id(obj), ())
        if given != known:
            # Neighbours mostly have the same defaults.
            known = given
            names = names_of(given)
        if names:
            told = names.copy()
            for listener in heard:
                listener(obj, context, told)

"""The four functions of users: listen, listens_for, remove, contains."""

from __future__ import annotations

import functools
import warnings
import weakref
from collections.abc import Callable
from typing import Any

from sqlalchemy import event as core
from sqlalchemy.exc import InvalidRequestError, SAWarning

from cormorant.event import check
from cormorant.event.adapt import Registration, register
from cormorant.event.catalog import EVENTS, FAMILIES
from cormorant.event.family import Event
from cormorant.event.places import Everyone, OfObject, Place
from cormorant.exc import ListenError


def listen(target: Any, name: str, fn: Callable[..., Any], **options: Any) -> None:
    """Call `fn` whenever the event `name` happens to `target`.

    Raises ListenError when target, name, arguments or options do not fit.
    Targets of Core (`Engine`, `Pool`, `Table`, ...) go to `sqlalchemy.event.listen`.
    """
    if name not in EVENTS:
        _of_core(core.listen, target, name, fn, **options)
        return
    _listen(target, name, fn, options)


def _listen(target: Any, name: str, fn: Callable[..., Any], options: dict[str, Any]) -> None:
    event, place = _find(target, name)
    registration = registered(event, place, fn, options)
    earlier = event.family.board.add(place, registration)
    if earlier is not None and earlier.options != registration.options:
        warnings.warn(
            f"{check.name_of(fn)} listens to {event.name!r} of "
            f"{check.describe(target, FAMILIES)} already, with other options: they stay as they "
            f"are. Call remove() first to change them.",
            SAWarning,
            stacklevel=3,
        )


def listens_for(target: Any, name: str, **options: Any) -> Callable[[Any], Any]:
    """Decorate a function that listens to the event `name` of `target`; see `listen`."""

    def decorate(fn: Callable[..., Any]) -> Callable[..., Any]:
        if name in EVENTS:
            _listen(target, name, fn, options)
        else:
            _of_core(core.listen, target, name, fn, **options)
        return fn

    return decorate


def remove(target: Any, name: str, fn: Callable[..., Any]) -> None:
    """Stop calling `fn`: what fires after this returns does not call it.

    Raises InvalidRequestError when `fn` does not listen to that event of exactly that target.
    """
    if name not in EVENTS:
        _of_core(core.remove, target, name, fn)
        return
    event, place = _find(target, name)
    if not event.family.board.remove(place, event, check.identity_of(fn)):
        raise ListenError(
            f"{check.name_of(fn)} does not listen to {name!r} of "
            f"{check.describe(target, FAMILIES)}, so it cannot be removed. Give the target, "
            f"name and function that listen() was given; contains() tells."
        )


def contains(target: Any, name: str, fn: Callable[..., Any]) -> bool:
    """Tell whether `fn` listens to the event `name` of exactly this target."""
    if name not in EVENTS:
        return bool(_of_core(core.contains, target, name, fn))
    event, place = _find(target, name)
    found: bool = event.family.board.contains(place, event, check.identity_of(fn))
    return found


def registered(
    event: Event, place: Place, fn: Callable[..., Any], options: dict[str, Any]
) -> Registration:
    """Make the registration of `fn` for `place`; its board does not have it yet."""
    forget = _forgetter(event, place, check.identity_of(fn))
    return register(event, event.family.label(place), fn, options, forget)


def placed(event: Event, target: Any) -> Place:
    """Find the place of `target` in the family of `event`; raises ListenError."""
    place = event.family.resolve(target)
    if place is None or (event.everyone_only and not isinstance(place, Everyone)):
        raise check.wrong_target(target, [event], FAMILIES)
    return place


def _forgetter(event: Event, place: Place, identity: object) -> Callable[[], object]:
    """Return what removes a listener, without keeping the session alive that it listens to."""
    board = event.family.board
    if not isinstance(place, OfObject):
        return functools.partial(board.remove, place, event, identity)
    kept = weakref.ref(place.obj)

    def forget() -> None:
        obj = kept()
        if obj is not None:
            board.remove(OfObject(obj), event, identity)

    return forget


def _find(target: Any, name: str) -> tuple[Event, Place]:
    """Find the first family that has this event and accepts the target."""
    for event in EVENTS[name]:
        place = event.family.resolve(target)
        if place is None or (event.everyone_only and not isinstance(place, Everyone)):
            continue
        return event, place
    raise check.wrong_target(target, EVENTS[name], FAMILIES)


def _of_core(
    function: Callable[..., Any], target: Any, name: str, *rest: Any, **options: Any
) -> Any:
    """Hand the call to Core; refuse in our words what Core does not know either."""
    try:
        return function(target, name, *rest, **options)
    except InvalidRequestError as problem:
        if not str(problem).startswith("No such event"):
            raise
    except AssertionError:
        pass  # Core asserts that the target of a pool event is a pool
    raise check.unknown_event(target, name, FAMILIES) from None

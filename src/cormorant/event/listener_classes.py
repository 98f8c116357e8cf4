"""Attach listener classes: families whose methods a user wrote, each method one listener."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

from cormorant.event import check
from cormorant.event.adapt import Registration
from cormorant.event.family import Event, Family
from cormorant.event.places import Place
from cormorant.event.register import placed, registered
from cormorant.exc import ListenError

if TYPE_CHECKING:
    from typing import Unpack

    from cormorant.event.signatures import AllOptions

Method = TypeVar("Method", bound=Callable[..., Any])

OPTIONS = "__listener_options__"
"""Name under which a method keeps the options of its own."""


def options(**given: Unpack[AllOptions]) -> Callable[[Method], Method]:
    """Give one method of a listener class options of its own, over those of its class."""

    def decorate(method: Method) -> Method:
        method.__dict__[OPTIONS] = given
        return method

    return decorate


def attach(listener: Family, *targets: Any, **given: Unpack[AllOptions]) -> None:
    """Let each event method of `listener` listen to `targets`.

    Options: those of the class, overridden by `given`, overridden by those of the method
    (`@event.options`). One that not every event knows holds for the events that do.

    Raises ListenError when a target, option or method does not fit; then nothing listens.
    """
    _refuse_no_object(listener)
    if not targets:
        raise ListenError(f"{type(listener).__name__} needs a target: attach(listener, User).")
    made = [
        (place, registration)
        for target in targets
        for event, method in _methods(type(listener))
        for place, registration in [_registration(listener, event, method, target, dict(given))]
    ]
    done: list[tuple[Place, Registration]] = []
    try:
        for place, registration in made:
            if registration.event.family.board.add(place, registration) is None:
                done.append((place, registration))
    except ListenError:
        for place, registration in done:
            registration.event.family.board.remove(
                place, registration.event, registration.identity
            )
        raise


def detach(listener: Family | type[Family], *targets: Any) -> None:
    """Stop the methods of `listener` from listening to `targets`.

    For a class that was attached by its own `target=`, give the class; without
    targets, those are meant that it was given.

    Raises ListenError when it does not listen there.
    """
    if isinstance(listener, type):
        attached = vars(listener).get("attached")
        if attached is None:
            raise ListenError(
                f"The class {listener.__name__!r} was not attached by target=; give the object "
                f"that attach() was given."
            )
        listening, own = attached
        targets = targets or own
    else:
        listening = listener
    _refuse_no_object(listening)
    found = False
    for target in targets:
        for event, method in _methods(type(listening)):
            place = placed(event, target)
            identity = check.identity_of(getattr(listening, method))
            found = event.family.board.remove(place, event, identity) or found
    if not found:
        raise ListenError(
            f"{type(listening).__name__} does not listen there, so it cannot be detached. Give "
            f"the object and the targets that attach() was given."
        )


def _attach_class(cls: type[Family], given: dict[str, Any]) -> None:
    """Check a new listener class; attach an object of it when it names a target."""
    _check_methods(cls)
    targets = given.pop("target", None)
    cls.class_options = {**cls.class_options, **given}
    _check_options(cls, cls.class_options)
    if targets is None:
        return
    targets = targets if isinstance(targets, tuple | list) else (targets,)
    try:
        listener = cls()
    except TypeError as problem:
        raise ListenError(
            f"An object of {cls.__name__} cannot be made without arguments ({problem}); leave "
            f"target= out and attach one yourself: event.attach({cls.__name__}(...), target)."
        ) from None
    attach(listener, *targets)
    cls.attached = (listener, tuple(targets))


def _check_methods(cls: type[Family]) -> None:
    """Raise ListenError for a public method that is no event: nobody would ever call it."""
    events = {name for family in cls.families() for name in family.events}
    for name, value in vars(cls).items():
        function = value.__func__ if isinstance(value, staticmethod | classmethod) else value
        if name.startswith("_") or name in events or not inspect.isfunction(function):
            continue
        families = " or ".join(family.__name__ for family in cls.families())
        raise ListenError(
            f"{cls.__name__}.{name} listens to nothing: {families} has no event {name!r}; "
            f"{check.nearest(name, events)} A method that is no listener begins with '_'."
        )


def _check_options(cls: type[Family], given: dict[str, Any]) -> None:
    """Raise ListenError for an option that no event of the class knows."""
    events = [event for family in cls.families() for event in family.events.values()]
    for option in given:
        if not any(option in event.options for event in events):
            check.check_options(events[0], {option: given[option]})


def _methods(cls: type[Family]) -> Iterator[tuple[Event, str]]:
    """Yield each event for which `cls` or one of its bases has a method of a user."""
    for family in cls.families():
        for name, event in family.events.items():
            if getattr(cls, name) is not getattr(family, name):
                yield event, name


def _registration(
    listener: Family, event: Event, method: str, target: Any, given: dict[str, Any]
) -> tuple[Place, Registration]:
    place = placed(event, target)
    function = getattr(listener, method)
    _check_options(type(listener), given)
    shared = {**type(listener).class_options, **given}
    chosen = {option: value for option, value in shared.items() if option in event.options}
    return place, registered(event, place, function, chosen | getattr(function, OPTIONS, {}))


def _refuse_no_object(listener: Any) -> None:
    if not isinstance(listener, Family):
        raise ListenError(
            f"{check.name_of(listener)} is no object of a listener class; subclass a family "
            f"(MapperEvents, SessionEvents, ...), write its methods and give an object of it."
        )


Family.attach_class = _attach_class

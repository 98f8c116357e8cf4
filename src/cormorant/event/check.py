"""Refuse at registration what could only fail later: targets, names, arguments, options."""

from __future__ import annotations

import difflib
import functools
import inspect
from collections.abc import Callable, Collection, Iterable, Mapping
from types import BuiltinMethodType, MethodType
from typing import TYPE_CHECKING, Any

from sqlalchemy import events as core_events

from cormorant.event.places import OfAttribute
from cormorant.exc import ListenError

if TYPE_CHECKING:
    from cormorant.event.family import Event, Family, ShortForm

CORE_EVENTS = {
    name: family
    for family in ("ConnectionEvents", "DialectEvents", "PoolEvents", "DDLEvents")
    for name, value in vars(getattr(core_events, family)).items()
    if inspect.isfunction(value) and not name.startswith("_")
}
"""Events that SQLAlchemy Core fires, and their families there."""


def check_options(event: Event, options: Mapping[str, Any]) -> None:
    """Raise ListenError unless every option is one that `event` knows, with a value it takes."""
    for option in options:
        if option not in event.options:
            near = difflib.get_close_matches(option, event.options, n=1, cutoff=0.7)
            hint = f"did you mean {near[0]!r}? Its" if near else "its"
            raise ListenError(
                f"{event.family.__name__}.{event.name} has no option {option!r}; "
                f"{hint} options are {_all_of(event.options)}."
            )
    priority = options.get("priority", 0)
    if not isinstance(priority, int) or isinstance(priority, bool):
        raise ListenError(
            f"The option 'priority' of a listener to {event.name!r} is "
            f"{_kind(priority)}; give an int: higher ones are called first, 0 is usual."
        )


def others_in(option: str, listener: Any, on: Mapping[str, Any]) -> tuple[object, ...]:
    """Return the identities of the listeners in `before` or `after`: one, or a sequence.

    Raises ListenError for what cannot be a listener, and for `listener` itself.
    """
    given = on.get(option, ())
    others = given if isinstance(given, tuple | list) else (given,)
    for other in others:
        if not callable(other):
            raise ListenError(
                f"{option!r} takes another listener, or a list of listeners; "
                f"{_kind(other)} is none."
            )
        if identity_of(other) == identity_of(listener):
            raise ListenError(f"{name_of(listener)} cannot be called {option} itself.")
    return tuple(map(identity_of, others))


def identity_of(listener: Callable[..., Any]) -> object:
    """Return what two spellings of the same listener share: a bound method is made anew."""
    if isinstance(listener, MethodType):
        return ("method", id(listener.__func__), id(listener.__self__))
    if isinstance(listener, BuiltinMethodType) and listener.__self__ is not None:
        return ("method", listener.__name__, id(listener.__self__))
    return id(listener)


def check_listener(event: Event, listener: Any) -> None:
    """Raise ListenError unless `listener` can be called and answers at once."""
    if not callable(listener):
        raise ListenError(
            f"A listener to {event} must be callable; {_kind(listener)} is not. "
            f"Give a function that takes these arguments."
        )
    bare = _unwrapped(listener)
    if any(test(bare) for test in (inspect.iscoroutinefunction, inspect.isasyncgenfunction)):
        raise ListenError(
            f"{name_of(listener)} is 'async def' and cannot listen to {event}: the event is "
            f"fired by synchronous code that would never await it. Write it as 'def', or "
            f"start a task from a synchronous listener."
        )


def check_arguments(event: Event, listener: Callable[..., Any], include_key: bool) -> None:
    """Raise ListenError unless `listener` accepts the positional arguments of `event`."""
    names = dict.fromkeys(event.arguments[-1:]) if include_key and event.keyword else {}
    problem = _misfit(listener, event.plain_arguments, names)
    if problem is None:
        return
    wanted = f"{event.name}({', '.join(event.arguments)})" if names else str(event)
    raise ListenError(
        f"{_signature_of(listener)} cannot listen to {wanted}: {problem}. "
        f"Take these arguments, or pass named=True to receive them by name."
    )


def check_names(event: Event, listener: Callable[..., Any], names: Collection[str]) -> None:
    """Raise ListenError unless `listener` accepts the arguments `names` by name."""
    problem = _misfit(listener, (), dict.fromkeys(names))
    if problem is not None:
        raise ListenError(
            f"{_signature_of(listener)} cannot listen to {event} with named=True: {problem}. "
            f"Give its parameters these names, or let it take **arguments."
        )


def short_form_of(event: Event, listener: Callable[..., Any]) -> ShortForm | None:
    """Find the older argument list that `listener` has, if it does not take the present one."""
    if event.short_forms and _misfit(listener, event.plain_arguments, {}) is not None:
        for form in event.short_forms:
            if _misfit(listener, form.arguments, {}) is None:
                return form
    return None


def unknown_event(target: Any, name: str, families: Iterable[type[Family]]) -> ListenError:
    """Say that no family has the event `name`, and which names are near."""
    owners: dict[str, list[str]] = {}
    for family in families:
        for each in family.events:
            owners.setdefault(each, []).append(family.__name__)
    at_home = [family for family in families if family.resolve(target) is not None]
    if not at_home:
        owners |= {each: [core_family] for each, core_family in CORE_EVENTS.items()}
    near = difflib.get_close_matches(str(name), owners, n=3, cutoff=0.8)
    nearest = " or ".join(f"{each!r} ({', '.join(owners[each])})" for each in near)
    if near:
        cure = f"did you mean {nearest}?"
    elif at_home:
        cure = f"it has {'; '.join(_events_of(family) for family in at_home)}."
    else:
        cure = f"the families are {_all_of(_names(families))}."
    of_target = "" if target is None else f" for {describe(target, families)}"
    return ListenError(f"There is no event {name!r}{of_target}; {cure}")


def nearest(name: str, known: Collection[str]) -> str:
    """Return a sentence with the known names that are like `name`, or with all of them."""
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.7)
    if near:
        return f"did you mean {' or '.join(map(repr, near))}?"
    return f"its events are {_all_of(known)}."


def no_target(target: Any, families: Iterable[type[Family]]) -> ListenError:
    """Say that `target` has no events of the ORM, and what has."""
    legal = "; ".join(f"{family.__name__}: {family.targets}" for family in families)
    return ListenError(
        f"There are no events of the ORM for {describe(target, families)}. Its targets are, "
        f"by family - {legal}."
    )


def wrong_target(
    target: Any, events: Collection[Event], families: Iterable[type[Family]]
) -> ListenError:
    """Say that `target` cannot have an event which exists, and which targets can."""
    legal = "; ".join(
        f"{event.family.__name__}.{event.name} takes "
        f"{event.family.everyone_target if event.everyone_only else event.family.targets}"
        for event in events
    )
    name = next(iter(events)).name
    return ListenError(f"No {name!r} for {describe(target, families)}: {legal}.")


def describe(target: Any, families: Iterable[type[Family]]) -> str:
    """Name a target without printing it: its own text may hold values."""
    if isinstance(target, type):
        return f"the class {target.__name__!r}"
    for family in families:
        place = family.resolve(target)
        if isinstance(place, OfAttribute):
            return f"the attribute {place.cls.__name__ + '.' + place.key!r}"
    return _kind(target)


def name_of(listener: Any) -> str:
    """Name a listener for a message, without its memory address or its enclosing function."""
    if isinstance(listener, functools.partial):
        return f"partial of {name_of(listener.func)}"
    name = getattr(listener, "__qualname__", None) or type(listener).__qualname__
    return str(name).rpartition("<locals>.")[2]


def _misfit(
    listener: Callable[..., Any], arguments: Collection[str], names: dict[str, None]
) -> str | None:
    """Say why `listener` cannot be called so, or None when it can."""
    try:
        signature = inspect.signature(listener)
    except (ValueError, TypeError):
        return None  # a C function that hides its signature: trust it
    try:
        signature.bind(*arguments, **names)
    except TypeError as problem:
        return str(problem)
    return None


def _signature_of(listener: Callable[..., Any]) -> str:
    """Print name and parameters; a default shows as `...`, for it may be secret."""
    shown = []
    star_due = False
    for each in inspect.signature(listener).parameters.values():
        star_due = star_due or each.kind is each.VAR_POSITIONAL
        if each.kind is each.KEYWORD_ONLY and not star_due:
            shown.append("*")
            star_due = True
        star = "**" if each.kind is each.VAR_KEYWORD else ""
        star = "*" if each.kind is each.VAR_POSITIONAL else star
        shown.append(f"{star}{each.name}{'' if each.default is each.empty else '=...'}")
    return f"{name_of(listener)}({', '.join(shown)})"


def _unwrapped(listener: Any) -> Any:
    """Find what runs when `listener` is called: under partials, behind `__call__`."""
    while isinstance(listener, functools.partial):
        listener = listener.func
    if inspect.isroutine(listener) or isinstance(listener, type):
        return listener
    return type(listener).__call__


def _kind(thing: Any) -> str:
    return f"an object of the class {type(thing).__name__!r}"


def _all_of(names: Iterable[str]) -> str:
    *most, last = (f"{name!r}" for name in sorted(names))
    return f"{', '.join(most)} and {last}" if most else last


def _events_of(family: type[Family]) -> str:
    return f"{_all_of(family.events)} ({family.__name__})"


def _names(families: Iterable[type[Family]]) -> list[str]:
    return [family.__name__ for family in families]

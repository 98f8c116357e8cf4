"""Refuse at registration what could only fail later: targets, names, arguments, options."""

from __future__ import annotations

import difflib
import functools
import inspect
from collections.abc import Callable, Collection, Iterable
from typing import Any

from cormorant.event.family import Event, Family, ShortForm
from cormorant.event.places import OfAttribute
from cormorant.exc import ListenError


def check_options(event: Event, options: Iterable[str]) -> None:
    """Raise ListenError unless every option is one that `event` knows."""
    for option in options:
        if option not in event.options:
            raise ListenError(
                f"{event.family.__name__}.{event.name} has no option {option!r}; "
                f"its options are {_all_of(event.options)}."
            )


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
    near = difflib.get_close_matches(str(name), owners, n=3, cutoff=0.8)
    nearest = " or ".join(f"{each!r} ({', '.join(owners[each])})" for each in near)
    cure = f"did you mean {nearest}?" if near else f"the families are {_all_of(_names(families))}."
    return ListenError(f"There is no event {name!r} for {describe(target, families)}; {cure}")


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


def _names(families: Iterable[type[Family]]) -> list[str]:
    return [family.__name__ for family in families]

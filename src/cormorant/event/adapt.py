"""Turn a function and its options into a registration: adapted once, called many times."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cormorant.event import _adapters_cy as adapters
from cormorant.event import check
from cormorant.event.family import Event

_numbers = itertools.count(1)

DEMANDS = frozenset({"active_history"})
"""Options that ask something of the target itself."""


@dataclass(frozen=True, slots=True, eq=False)
class Registration:
    """One listener at one place."""

    event: Event
    listener: Callable[..., Any]
    identity: object
    target: str
    """Where it listens, in words; empty for a mark that is no listener."""
    options: Mapping[str, Any]
    """As given, without those that are off."""
    rank: tuple[int, int, int]
    """Its place in its band: `insert` first, then by priority, then as registered."""
    before: tuple[object, ...]
    """Identities of the listeners that come after this one, wherever their rank is."""
    after: tuple[object, ...]
    propagate: bool
    undecided: bool
    """Subclasses do not hear, and nobody said that they should not."""
    retval: bool
    """It asked to return a value, and the event heeds one."""
    call: Callable[..., Any]
    returning_call: Callable[..., Any]
    """The same, where some listener returns a value: then all have to."""
    demands: frozenset[str]


def register(
    event: Event,
    target: str,
    listener: Callable[..., Any],
    options: Mapping[str, Any],
    forget: Callable[[], object],
) -> Registration:
    """Check `listener` and adapt it to the way `event` is fired; `forget` undoes it.

    `target`: where it listens, in words.
    """
    check.check_options(event, options)
    check.check_listener(event, listener)
    on = {option: value for option, value in options.items() if value}
    call = _adapted(event, listener, on)
    if "once" in on:
        call = adapters.Once(call, forget, event.value_position, event.otherwise)
    heeded = "retval" in on and event.returns
    returning = call
    if event.returns and not heeded:
        returning = adapters.Unchanged(call, event.value_position, event.otherwise)
    number = next(_numbers)
    propagate = _reaches_subclasses(event, options)
    return Registration(
        event=event,
        listener=listener,
        identity=check.identity_of(listener),
        target=target,
        options=on,
        rank=_rank(number, on),
        before=check.others_in("before", listener, on),
        after=check.others_in("after", listener, on),
        propagate=propagate,
        undecided=not propagate and "propagate" not in options,
        retval=heeded,
        call=call,
        returning_call=returning,
        demands=DEMANDS.intersection(on),
    )


def mark(event: Event, token: Any) -> Registration:
    """Make the registration of a token: it holds a place among the listeners of `event`."""
    return Registration(
        event=event,
        listener=token,
        identity=token,
        target="",
        options={},
        rank=_rank(next(_numbers), {}),
        before=(),
        after=(),
        propagate=False,
        undecided=False,
        retval=False,
        call=token,
        returning_call=token,
        demands=frozenset(),
    )


def _rank(number: int, on: Mapping[str, Any]) -> tuple[int, int, int]:
    """Return the sort key of the listener that was registered as the `number`-th one."""
    if "insert" in on:
        return (0, -on.get("priority", 0), -number)
    return (1, -on.get("priority", 0), number)


def _reaches_subclasses(event: Event, options: Mapping[str, Any]) -> bool:
    family = event.family
    return family.inherits or bool(options.get("propagate", family.propagate_by_default))


def _adapted(event: Event, listener: Callable[..., Any], on: Mapping[str, Any]) -> Any:
    """Wrap `listener` so that it can be called with all arguments as they are fired."""
    call: Any = listener
    include_key = "include_key" in on
    if "named" in on:
        names = event.arguments if include_key else event.plain_arguments
        check.check_names(event, listener, names)
        call = adapters.Named(listener, names)
    elif (form := check.short_form_of(event, listener)) is not None:
        call = adapters.InShortForm(listener, form.take)
    else:
        check.check_arguments(event, listener, include_key)
        if event.keyword is not None and include_key:
            call = adapters.WithKey(listener, event.keyword)
        elif event.keyword is not None:
            call = adapters.WithoutKey(listener)
    if "raw" in on and event.object_position is not None:
        call = adapters.WithState(call, event.object_position, event.family)
    for option in sorted(event.wrapping.intersection(on, event.family.wrappers)):
        call = event.family.wrappers[option](call)
    return call

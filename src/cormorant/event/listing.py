"""List the listeners of a target, or all there are, in the order in which they are called."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cormorant.event import check
from cormorant.event.adapt import Registration
from cormorant.event.boards import AttributeBoard
from cormorant.event.catalog import EVENTS, FAMILIES, AttributeEvents, MapperEvents
from cormorant.event.family import Family
from cormorant.event.places import OfAttribute, OfClass, Place


@dataclass(frozen=True, slots=True)
class ListenerRow:
    """One listener as `listeners()` lists it."""

    family: str
    event: str
    target: str
    """Where it listens: "User", "User.email", "Mapper (every class)", "one Session"."""
    listener: Callable[..., Any]
    file: str | None
    """Where the listener is written; None for what has no Python source."""
    line: int | None
    options: Mapping[str, Any]
    """As given, without those that are off."""

    @property
    def name(self) -> str:
        """The name of the listener as messages call it."""
        return check.name_of(self.listener)


def listeners(target: Any = None, name: str | None = None) -> list[ListenerRow]:
    """List what is called for `target`, class-wide and inherited listeners too, as it fires.

    A mapped class includes its attributes. Without a target: every listener to an ORM event,
    once, at the place where it listens. `name` asks for one event. Events come in the order of
    the catalog. Listeners to Core's targets (engines, tables) are Core's: not listed.

    Raises ListenError for an event or a target that there is not.
    """
    if name is not None and name not in EVENTS:
        raise check.unknown_event(target, name, FAMILIES)
    if target is None:
        found = _all_there_are()
    else:
        places = [(family, place) for family in FAMILIES for place in _places(family, target)]
        if not places:
            raise check.no_target(target, FAMILIES)
        found = (
            each
            for family, place in places
            for event in family.events.values()
            for each in family.board.effective(place, event)
        )
    return [_row(each) for each in found if name in (None, each.event.name)]


def source_of(listener: Any) -> tuple[str | None, int | None]:
    """Return file and line where the code of `listener` is written, or None and None."""
    while isinstance(listener, functools.partial):
        listener = listener.func
    if not inspect.isroutine(listener):
        owner, name = (
            (listener, "__init__") if isinstance(listener, type) else (type(listener), "__call__")
        )
        listener = getattr(owner, name)
    code = getattr(inspect.unwrap(listener), "__code__", None)
    return (None, None) if code is None else (code.co_filename, code.co_firstlineno)


def _places(family: type[Family], target: Any) -> Iterator[Place]:
    """Yield the places of `target` in `family`; a class has one for each of its attributes."""
    place = family.resolve(target)
    if place is not None:
        yield place
    elif family.board_type is AttributeBoard:
        owner = MapperEvents.resolve(target)
        if isinstance(owner, OfClass):
            for key in AttributeEvents.board.keys_of(owner.cls):
                yield OfAttribute(owner.cls, key)


def _all_there_are() -> Iterator[Registration]:
    for family in FAMILIES:
        for event in family.events.values():
            yield from family.board.everything(event)


def _row(registration: Registration) -> ListenerRow:
    file, line = source_of(registration.listener)
    return ListenerRow(
        family=registration.event.family.__name__,
        event=registration.event.name,
        target=registration.target,
        listener=registration.listener,
        file=file,
        line=line,
        options=registration.options,
    )

"""Small targets that stand in for mapped classes, attributes, sessions and registries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cormorant.event import Everyone, OfAttribute, OfClass, OfObject, Place
from cormorant.event.catalog import (
    FAMILIES,
    AttributeEvents,
    InstanceEvents,
    InstrumentationEvents,
    MapperEvents,
    QueryEvents,
    RegistryEvents,
    SessionEvents,
)
from cormorant.event.dispatch import Dispatch


class Mapper:
    """The class of all mappers: everyone."""


class State:
    """The state of an object."""

    def __init__(self, obj: Any) -> None:
        self.obj = obj


class Attribute:
    """A class-bound attribute."""

    def __init__(self, cls: type[Any], key: str) -> None:
        self.cls = cls
        self.key = key


class Model:
    """The base of classes that count as mapped."""


class Session:
    """A session: fires from `self.dispatch`."""

    def __init__(self) -> None:
        self.dispatch: Any = SessionEvents.board.dispatch_of(type(self))


class Query:
    """A query: fires from the dispatch of its class."""


class Registry:
    """A registry: fires from `self.dispatch`."""

    def __init__(self) -> None:
        self.dispatch: Any = RegistryEvents.board.dispatch_of(type(self))


def mapped(target: Any) -> Place | None:
    """Accept the class Mapper and every class that is no fake of another kind."""
    if target is Mapper:
        return Everyone()
    if isinstance(target, type) and not issubclass(target, Session | Query | Registry):
        return OfClass(target)
    return None


def attribute(target: Any) -> Place | None:
    """Accept class-bound attributes."""
    return OfAttribute(target.cls, target.key) if isinstance(target, Attribute) else None


def owned(cls: type[Any]) -> Callable[[Any], Place | None]:
    """Accept `cls`, its subclasses and their objects."""

    def resolve(target: Any) -> Place | None:
        if isinstance(target, type):
            return OfClass(target) if issubclass(target, cls) else None
        return OfObject(target) if isinstance(target, cls) else None

    return resolve


def instrumented(target: Any) -> Place | None:
    """Accept any class; `type` is everyone."""
    if target is type:
        return Everyone()
    return OfClass(target) if isinstance(target, type) else None


RESOLVERS = {
    AttributeEvents: attribute,
    MapperEvents: mapped,
    InstanceEvents: mapped,
    SessionEvents: owned(Session),
    QueryEvents: owned(Query),
    InstrumentationEvents: instrumented,
    RegistryEvents: owned(Registry),
}
assert set(RESOLVERS) == set(FAMILIES)


def map_class(cls: type[Any]) -> Dispatch:
    """Attach a fresh dispatch of mapper and instance events to `cls`."""
    dispatch = Dispatch(MapperEvents, InstanceEvents)
    MapperEvents.board.attach(cls, dispatch)
    InstanceEvents.board.attach(cls, dispatch)
    return dispatch


def map_attribute(cls: type[Any], key: str) -> Dispatch:
    """Attach a fresh dispatch of attribute events to one attribute."""
    dispatch = Dispatch(AttributeEvents)
    AttributeEvents.board.attach(cls, key, dispatch)
    return dispatch


def fire(dispatch: Any, event: str, *arguments: Any) -> None:
    """Fire as the ORM does where no value comes back."""
    for call in getattr(dispatch, event):
        call(*arguments)


def fire_value(dispatch: Any, event: str, target: Any, value: Any, *rest: Any) -> Any:
    """Fire as the ORM does where the value goes from listener to listener."""
    if event in dispatch.returning:
        for call in getattr(dispatch, event):
            value = call(target, value, *rest)
    else:
        fire(dispatch, event, target, value, *rest)
    return value


def speaker(log: list[str], text: str) -> Callable[..., None]:
    """Return a listener of any arguments that notes `text`."""

    def listener(*_arguments: Any) -> None:
        log.append(text)

    return listener

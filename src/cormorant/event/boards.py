"""Keep the registrations of one family by place, and the dispatch of every target flattened."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from operator import attrgetter
from threading import RLock
from typing import TYPE_CHECKING, Any

from cormorant.event.dispatch import Dispatch, OwnDispatch
from cormorant.event.places import Everyone, OfAttribute, OfClass, OfObject, Place

if TYPE_CHECKING:
    from cormorant import ports
    from cormorant.event.adapt import Registration
    from cormorant.event.family import Event, Family

LOCK = RLock()
"""Held while any board changes; firing never takes it. No listener is called under it."""

RECORDS = "__cormorant_events__"
"""Name under which a class keeps its own records, one per board.

They lie on the class, not in a weak dictionary of ours: a listener that refers to its class
(nearly all do) would keep such an entry, and with it the class, for ever.
"""

_sealed: dict[int, tuple[type[Any], dict[Board, Record]]] = {}
"""The same, by id, for built-in classes: they take no attributes and never go away."""

_UNSEALED = (None, None)

_by_order = attrgetter("order")


class Target:
    """One dispatch that a board keeps up to date."""

    __slots__ = ("dispatch", "heeded")

    def __init__(self, dispatch: ports.Dispatch) -> None:
        self.dispatch = dispatch
        self.heeded: set[str] = set()
        """Events that had a `retval=True` listener; see `Dispatch.update` why it only grows."""

    def take(self, event: str, registrations: list[Registration]) -> None:
        """Hand the callables of `registrations` to the dispatch."""
        if any(each.retval for each in registrations):
            self.heeded.add(event)
        returning = event in self.heeded
        self.dispatch.update(
            event,
            tuple(each.returning_call if returning else each.call for each in registrations),
            returning,
        )
        for each in registrations:
            for option in each.demands:
                self.dispatch.demand(option)


class Record:
    """What one board knows of one class; it lives and dies with the class."""

    __slots__ = ("listeners", "owned", "targets")

    def __init__(self) -> None:
        self.listeners: dict[tuple[str | None, str], list[Registration]] = {}
        """By (attribute key, event name); the key is None except for attribute events."""
        self.targets: dict[str | None, Target] = {}
        self.owned: weakref.WeakSet[OwnDispatch] = weakref.WeakSet()


_NOTHING = Record()
"""Stands for the record of a class that has none; only read."""


class Board:
    """The registrations of one family; a change flattens what it touches, firing nothing.

    Order: class-wide, then the class and its bases as they were registered, then one object.
    """

    def __init__(self, family: type[Family]) -> None:
        self.family = family
        self.everyone: dict[str, list[Registration]] = {}
        self.class_wide = Dispatch(family)
        """Listeners of every class, for events that no single class fires."""
        self._class_wide = Target(self.class_wide)
        # By id: a metaclass may define __eq__ without __hash__.
        self._attached: weakref.WeakValueDictionary[int, type[Any]]
        self._attached = weakref.WeakValueDictionary()

    def add(self, place: Place, registration: Registration) -> Registration | None:
        """Store `registration`, unless its listener is there already: then return that one."""
        event = registration.event
        with LOCK:
            listeners = self._listeners(place, event.name, create=True)
            for each in listeners:
                if each.identity == registration.identity:
                    return each
            listeners.append(registration)
            self._changed(place, event.name)
        return None

    def remove(self, place: Place, event: Event, identity: object) -> bool:
        """Forget a listener; say whether it was there. No later dispatch calls it."""
        with LOCK:
            listeners = self._listeners(place, event.name)
            for index, each in enumerate(listeners):
                if each.identity == identity:
                    del listeners[index]
                    self._changed(place, event.name)
                    return True
        return False

    def contains(self, place: Place, event: Event, identity: object) -> bool:
        """Tell whether a listener stands at exactly this place."""
        with LOCK:
            return any(e.identity == identity for e in self._listeners(place, event.name))

    def _attach(self, cls: type[Any], key: str | None, dispatch: ports.Dispatch) -> None:
        with LOCK:
            targets = self._record(cls, create=True).targets
            target = targets.get(key)
            if target is None or target.dispatch is not dispatch:
                target = targets[key] = Target(dispatch)
            self._attached[id(cls)] = cls
            for event in self._heard_events(cls, key):
                target.take(event, self._flatten(cls, key, event))

    def _detach(self, cls: type[Any], key: str | None) -> None:
        with LOCK:
            target = self._record(cls).targets.pop(key, None)
            if target is not None:
                for event in self._heard_events(cls, key):
                    target.take(event, [])

    def _heard_events(self, cls: type[Any], key: str | None) -> list[str]:
        """List the events that somebody listens to for `cls` and `key`."""
        heard = dict.fromkeys(self.everyone)
        for base in cls.__mro__:
            heard.update((name, None) for k, name in self._record(base).listeners if k == key)
        return list(heard)

    def _flatten(self, cls: type[Any], key: str | None, event: str) -> list[Registration]:
        """List the registrations that hold for `cls`, in the order of firing."""
        found = []
        for base in cls.__mro__:
            for each in self._record(base).listeners.get((key, event), ()):
                if base is cls or each.propagate:
                    found.append(each)
        wide = sorted(self.everyone.get(event, ()), key=_by_order)
        return wide + sorted(found, key=_by_order)

    def _changed(self, place: Place, event: str) -> None:
        """Bring every dispatch up to date that may hold listeners of `place`."""
        match place:
            case Everyone():
                wide = sorted(self.everyone[event], key=_by_order)
                self._class_wide.take(event, wide)
                for cls in list(self._attached.values()):
                    for key in {None, *self._record(cls).targets}:
                        self._refresh(cls, key, event)
            case OfObject(obj):
                self._refresh_owned(type(obj), obj.dispatch, event)
            case OfAttribute(cls, key):
                for each in _with_subclasses(cls):
                    self._refresh(each, key, event)
            case OfClass(cls):
                for each in _with_subclasses(cls):
                    self._refresh(each, None, event)

    def _refresh(self, cls: type[Any], key: str | None, event: str) -> None:
        record = self._record(cls)
        target = record.targets.get(key)
        if target is not None:
            target.take(event, self._flatten(cls, key, event))
        if key is None:
            for own in list(record.owned):
                self._refresh_owned(cls, own, event)

    def _refresh_owned(self, cls: type[Any], dispatch: OwnDispatch, event: str) -> None:
        own = sorted(dispatch.own.get(event, ()), key=_by_order)
        dispatch.target.take(event, self._flatten(cls, None, event) + own)

    def _own(self, obj: Any, create: bool) -> OwnDispatch | None:
        """Find the dispatch that `obj` has for itself."""
        dispatch = obj.dispatch
        if isinstance(dispatch, OwnDispatch):
            return dispatch
        if not create:
            return None
        own = OwnDispatch(self.family)
        own.target = Target(weakref.proxy(own))
        cls = type(obj)
        for event in self._heard_events(cls, None):
            self._refresh_owned(cls, own, event)
        self._record(cls, create=True).owned.add(own)
        self._attached[id(cls)] = cls
        obj.dispatch = own
        return own

    def _listeners(self, place: Place, event: str, create: bool = False) -> list[Registration]:
        """Find the list of `place`; an empty one that is kept nowhere unless `create`."""
        match place:
            case Everyone():
                lists: dict[Any, list[Registration]] = self.everyone
                slot: Any = event
            case OfObject(obj):
                own = self._own(obj, create)
                lists = {} if own is None else own.own
                slot = event
            case OfAttribute(cls, key):
                lists, slot = self._record(cls, create).listeners, (key, event)
            case OfClass(cls):
                lists, slot = self._record(cls, create).listeners, (None, event)
        return lists.setdefault(slot, []) if create else lists.get(slot, [])

    def _record(self, cls: type[Any], create: bool = False) -> Record:
        """Find the record of `cls` itself; one that stays empty unless `create`."""
        records = vars(cls).get(RECORDS)
        if records is None:
            records = _sealed.get(id(cls), _UNSEALED)[1]
        if records is None:
            if not create:
                return _NOTHING
            records = _new_records(cls)
        record: Record | None = records.get(self)
        if record is None:
            if not create:
                return _NOTHING
            record = records[self] = Record()
        return record


class ClassBoard(Board):
    """Registrations on classes and, for sessions, queries and registries, on single objects."""

    def attach(self, cls: type[Any], dispatch: ports.Dispatch) -> None:
        """Keep `dispatch` up to date with what holds for `cls`, from now on."""
        self._attach(cls, None, dispatch)

    def detach(self, cls: type[Any]) -> None:
        """Empty the dispatch of `cls` and forget it; registrations stay and wait."""
        self._detach(cls, None)

    def dispatch_of(self, cls: type[Any]) -> Any:
        """Return the one dispatch of `cls`; made at the first call."""
        target = self._record(cls).targets.get(None)
        if target is None:
            with LOCK:
                target = self._record(cls).targets.get(None)
                if target is None:
                    self._attach(cls, None, Dispatch(self.family))
                    target = self._record(cls).targets[None]
        return target.dispatch


class AttributeBoard(Board):
    """Registrations on the attributes of classes."""

    def attach(self, cls: type[Any], key: str, dispatch: ports.Dispatch) -> None:
        """Keep `dispatch` up to date with what holds for the attribute `key` of `cls`."""
        self._attach(cls, key, dispatch)

    def detach(self, cls: type[Any], key: str) -> None:
        """Empty the dispatch of that attribute and forget it; registrations stay and wait."""
        self._detach(cls, key)


def _new_records(cls: type[Any]) -> dict[Board, Record]:
    records: dict[Board, Record] = {}
    try:
        # Not setattr(): a metaclass may treat every assignment as a mapped attribute.
        type.__setattr__(cls, RECORDS, records)
    except TypeError:
        _sealed[id(cls)] = (cls, records)
    return records


def _with_subclasses(cls: type[Any]) -> Iterator[type[Any]]:
    """Yield `cls` and every class below it, each once."""
    seen: set[int] = set()
    stack = [cls]
    while stack:
        each = stack.pop()
        if id(each) not in seen:
            seen.add(id(each))
            yield each
            stack.extend(type.__subclasses__(each))

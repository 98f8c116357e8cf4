"""Keep the registrations of one family by place, and the dispatch of every target flattened."""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Iterator
from threading import RLock
from typing import TYPE_CHECKING, Any

from cormorant.event.dispatch import Dispatch, OwnDispatch
from cormorant.event.inheritance import Skipped, refuse, warn
from cormorant.event.ordering import in_order
from cormorant.event.places import Everyone, OfAttribute, OfClass, OfObject, Place
from cormorant.exc import ListenError

if TYPE_CHECKING:
    from cormorant import ports
    from cormorant.event.adapt import Registration
    from cormorant.event.family import Event, Family

    Change = tuple["Target", str, list[Registration]]

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

    __slots__ = ("listeners", "owned", "reported", "targets")

    def __init__(self) -> None:
        self.listeners: dict[tuple[str | None, str], list[Registration]] = {}
        """By (attribute key, event name); the key is None except for attribute events."""
        self.targets: dict[str | None, Target] = {}
        self.owned: weakref.WeakSet[OwnDispatch] = weakref.WeakSet()
        self.reported: set[Registration] = set()
        """Listeners that subclasses skip and that were warned about: one warning each."""


_NOTHING = Record()
"""Stands for the record of a class that has none; only read."""


class Board:
    """The registrations of one family; a change flattens what it touches, firing nothing.

    Order: class-wide, then the class and its bases, then one object; see `ordering.py`.
    """

    def __init__(self, family: type[Family]) -> None:
        self.family = family
        self.everyone: dict[str, list[Registration]] = {}
        self.class_wide = Dispatch(family)
        """Listeners of every class, for events that no single class fires."""
        self._class_wide = Target(self.class_wide)
        # By id: a metaclass may define __eq__ without __hash__.
        self._known: weakref.WeakValueDictionary[int, type[Any]]
        self._known = weakref.WeakValueDictionary()

    def add(self, place: Place, registration: Registration) -> Registration | None:
        """Store `registration`, unless its listener is there already: then return that one."""
        event = registration.event
        with LOCK:
            listeners = self._listeners(place, event.name, create=True)
            for each in listeners:
                if each.identity == registration.identity:
                    return each
            listeners.append(registration)
            try:
                changes = list(self._changes(place, event.name))
                skipped = list(self._skipped_below(place, registration))
                refuse(skipped)
            except ListenError:
                listeners.remove(registration)
                raise
            self._apply(changes)
            self._note(skipped)
        warn(skipped)
        return None

    def remove(self, place: Place, event: Event, identity: object) -> bool:
        """Forget a listener; say whether it was there. No later dispatch calls it."""
        with LOCK:
            listeners = self._listeners(place, event.name)
            for index, each in enumerate(listeners):
                if each.identity == identity:
                    del listeners[index]
                    self._apply(self._changes(place, event.name))
                    if isinstance(place, OfClass | OfAttribute):
                        self._record(place.cls).reported.discard(each)
                    return True
        return False

    def contains(self, place: Place, event: Event, identity: object) -> bool:
        """Tell whether a listener stands at exactly this place."""
        with LOCK:
            return any(e.identity == identity for e in self._listeners(place, event.name))

    def effective(self, place: Place, event: Event) -> list[Registration]:
        """List what is called when `event` happens at `place`, in firing order."""
        with LOCK:
            match place:
                case Everyone():
                    found = in_order(self.everyone.get(event.name, ()))
                case OfObject(obj):
                    own = self._own(obj, create=False)
                    found = self._flatten(type(obj), None, event.name, own)
                case OfAttribute(cls, key):
                    found = self._flatten(cls, key, event.name)
                case OfClass(cls):
                    found = self._flatten(cls, None, event.name)
        if isinstance(place, OfClass) and None not in self._record(place.cls).targets:
            # Nothing fires for a class that is not mapped: it has what waits on it alone.
            wide = set(self.everyone.get(event.name, ()))
            found = [each for each in found if each not in wide]
        if event.everyone_only and not isinstance(place, Everyone):
            return []
        return [each for each in found if each.target]

    def everything(self, event: Event) -> list[Registration]:
        """List every listener to `event` once: class-wide, of classes, of single objects."""
        with LOCK:
            found = in_order(self.everyone.get(event.name, ()))
            classes = sorted(
                self._known.values(), key=lambda cls: (cls.__module__, cls.__qualname__)
            )
            found += self._of_all_classes(classes, event.name)
            for cls in classes:
                for own in list(self._record(cls).owned):
                    found += in_order(own.own.get(event.name, ()))
        return [each for each in found if each.target]

    def _of_all_classes(self, classes: list[type[Any]], event: str) -> list[Registration]:
        """List the listeners of classes as one band, or class by class if that has no order."""
        lists = [
            registrations
            for cls in classes
            for (_, name), registrations in self._record(cls).listeners.items()
            if name == event
        ]
        try:
            return in_order([each for registrations in lists for each in registrations])
        except ListenError:
            return [each for registrations in lists for each in in_order(registrations)]

    def _attach(self, cls: type[Any], key: str | None, dispatch: ports.Dispatch) -> None:
        with LOCK:
            heard = [(e, self._flatten(cls, key, e)) for e in self._heard_events(cls, key)]
            skipped = list(self._skipped_above(cls, key))
            refuse(skipped)
            targets = self._record(cls, create=True).targets
            target = targets.get(key)
            if target is None or target.dispatch is not dispatch:
                target = targets[key] = Target(dispatch)
            for event, registrations in heard:
                target.take(event, registrations)
            self._note(skipped)
        warn(skipped)

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

    def _flatten(
        self, cls: type[Any], key: str | None, event: str, own: OwnDispatch | None = None
    ) -> list[Registration]:
        """List the registrations that hold for `cls` and one object of it, in firing order."""
        found = []
        for base in cls.__mro__:
            for each in self._record(base).listeners.get((key, event), ()):
                if base is cls or each.propagate:
                    found.append(each)
        wide = self.everyone.get(event, ())
        return in_order(wide, found, () if own is None else own.own.get(event, ()))

    def _changes(self, place: Place, event: str) -> Iterator[Change]:
        """Yield what every dispatch has to take that may hold listeners of `place`."""
        match place:
            case Everyone():
                yield self._class_wide, event, in_order(self.everyone[event])
                for cls in list(self._known.values()):
                    for key in {None, *self._record(cls).targets}:
                        yield from self._changes_of(cls, key, event)
            case OfObject(obj):
                own = obj.dispatch
                yield own.target, event, self._flatten(type(obj), None, event, own)
            case OfAttribute(cls, key):
                for each in _with_subclasses(cls):
                    yield from self._changes_of(each, key, event)
            case OfClass(cls):
                for each in _with_subclasses(cls):
                    yield from self._changes_of(each, None, event)

    def _changes_of(self, cls: type[Any], key: str | None, event: str) -> Iterator[Change]:
        record = self._record(cls)
        target = record.targets.get(key)
        if target is not None:
            yield target, event, self._flatten(cls, key, event)
        if key is None:
            for own in list(record.owned):
                yield own.target, event, self._flatten(cls, None, event, own)

    def _apply(self, changes: Iterable[Change]) -> None:
        """Hand over whole lists only when each of them could be put into order."""
        for target, event, registrations in list(changes):
            target.take(event, registrations)

    def _skipped_below(self, place: Place, registration: Registration) -> Iterator[Skipped]:
        """Yield the first mapped subclass that a new listener skips without having been told."""
        if not registration.undecided or not isinstance(place, OfClass | OfAttribute):
            return
        key = place.key if isinstance(place, OfAttribute) else None
        for sub in _with_subclasses(place.cls):
            mapped = sub is not place.cls and key in self._record(sub).targets
            if mapped and self._skips(sub, key, registration):
                yield Skipped(registration, place.cls, sub, key)
                return

    def _skipped_above(self, cls: type[Any], key: str | None) -> Iterator[Skipped]:
        """Yield the listeners of bases that the class `cls`, now mapped, is the first to skip."""
        for base in cls.__mro__[1:]:
            record = self._record(base)
            for (at, _), registrations in record.listeners.items():
                for each in registrations if at == key else ():
                    reported = not each.undecided or each in record.reported
                    if not reported and self._skips(cls, key, each):
                        yield Skipped(each, base, cls, key)

    def _skips(self, cls: type[Any], key: str | None, registration: Registration) -> bool:
        heard = self._flatten(cls, key, registration.event.name)
        return all(each.identity != registration.identity for each in heard)

    def _note(self, skipped: Iterable[Skipped]) -> None:
        for each in skipped:
            self._record(each.base).reported.add(each.registration)

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
            own.target.take(event, self._flatten(cls, None, event, own))
        self._record(cls, create=True).owned.add(own)
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
            self._known[id(cls)] = cls
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

    def keys_of(self, cls: type[Any]) -> list[str]:
        """List the attributes of `cls` that can be heard, or that listeners wait for."""
        record = self._record(cls)
        return [
            k for k in dict.fromkeys([*record.targets, *(k for k, _ in record.listeners)]) if k
        ]

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

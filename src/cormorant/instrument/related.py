"""Attributes that hold other objects: what all share, and those that hold one object."""

from __future__ import annotations

from typing import Any

from sqlalchemy import exc as core_exc

from cormorant import exc
from cormorant.event._adapters_cy import without_adapters
from cormorant.event.adapt import mark
from cormorant.event.catalog import AttributeEvents
from cormorant.event.constants import NO_KEY
from cormorant.event.places import OfAttribute
from cormorant.instrument._related_cy import ObjectSlot, RelationSlot, tell_all
from cormorant.instrument._state_cy import (
    FLAG_FLUSHING,
    InstanceState,
    end_watch,
    known_state,
    note_change,
    settle,
    state_of,
)
from cormorant.instrument.constants import (
    NO_VALUE,
    OP_APPEND,
    OP_BULK_REPLACE,
    OP_MODIFIED,
    OP_REMOVE,
    OP_REPLACE,
    AttributeEventToken,
)

_EMPTY: tuple[Any, ...] = ()
_OWN_PLACE = object()
"""Stands among the listeners where the session and then the other side are told."""


CHANGES = ("append", "remove", "set", "bulk_replace", "append_wo_mutation")
OF_COLLECTIONS = ("init_collection", "bulk_replace", "append_wo_mutation", "dispose_collection")


class RelatedAttribute(RelationSlot):
    """What both kinds of relationship attribute share: listeners, tokens, loading, cascade.

    Implements `ports.Dispatch`. `reverse`: the attribute of the other side, set when the
    relationship is configured; `cascades`: new members follow their owner into its session;
    `loads_pending`: it is loaded for objects without a row as well; `owns`: members that leave
    are orphans (delete-orphan); `written`: a flush writes its changes.
    """

    collection = False
    uses_objects = True
    deferred = False

    def __init__(self, class_: type[Any], key: str, on_class: Any) -> None:
        self.class_ = class_
        self.key = key
        self.on_class = on_class
        self.listeners: dict[str, tuple[Any, ...]] = {}
        self.early: dict[str, tuple[Any, ...]] = {}
        self.returning: frozenset[str] = frozenset()
        self.active_history = False
        self.reverse = None
        self.quiet = self.plain = self.direct = True
        self.listed = self.collection
        self.making = self.entering_first = self.entering = _EMPTY
        self.leaving_first = self.leaving = _EMPTY
        self.entering_bare = self.leaving_bare = None
        self.entering_returns = False
        self.cascades = True
        self.owns = False
        self.written = True
        self.loads_pending = False
        self.accepts = None
        self.strict = False
        self.replace_token = AttributeEventToken(self, OP_REPLACE)
        self.append_token = AttributeEventToken(self, OP_APPEND)
        self.remove_token = AttributeEventToken(self, OP_REMOVE)
        self.bulk_token = AttributeEventToken(self, OP_BULK_REPLACE)
        self.modified_token = AttributeEventToken(self, OP_MODIFIED)

    def __str__(self) -> str:
        return f"{self.class_.__name__}.{self.key}"

    def update(self, event: str, listeners: tuple[Any, ...], returning: bool) -> None:
        """Take the flattened listeners of one event."""
        at = next((i for i, each in enumerate(listeners) if each is _OWN_PLACE), -1)
        first, later = listeners[: max(at, 0)], listeners[at + 1 :]
        self.early[event] = first
        self.listeners[event] = later
        self.quiet = not any(self.early.get(e) or self.listeners.get(e) for e in CHANGES)
        self.plain = not any(self.early.get(e) or self.listeners.get(e) for e in OF_COLLECTIONS)
        self.returning = self.returning | {event} if returning else self.returning - {event}
        if event == ("append" if self.collection else "set"):
            self.entering_returns = returning
            self.entering_first, self.entering = first, later
            self.entering_bare = without_adapters(later)
            self.direct = not first and not returning
        elif event == "remove":
            self.leaving_first, self.leaving = first, later
            self.leaving_bare = without_adapters(later)
        elif event == "init_collection":
            self.making = later

    def demand(self, option: str) -> None:
        """Load the old value before each change: a listener needs it."""
        if option == "active_history":
            self.active_history = True

    def take_place(self) -> None:
        """Let the session and the other side be told after the listeners that are there now.

        Later listeners come after them.
        """
        place = OfAttribute(self.class_, self.key)
        for event in ("append", "remove") if self.collection else ("set", "remove"):
            AttributeEvents.board.add(place, mark(AttributeEvents.events[event], _OWN_PLACE))

    def heard(self, event: str) -> tuple[tuple[Any, ...], bool]:
        """Return the listeners of an event, and whether they return the value to use."""
        return self.listeners.get(event, _EMPTY), event in self.returning

    def tell_early(self, event: str, target: Any, value: Any, third: Any, key: Any) -> Any:
        """Fire the part of an event that comes before session and other side are told."""
        listeners = self.early.get(event, _EMPTY)
        return tell_all(listeners, event in self.returning, target, value, third, key)

    def tell(self, event: str, target: Any, value: Any, third: Any, key: Any) -> Any:
        """Fire an event that may replace `value`; return the value to use."""
        listeners, returns = self.heard(event)
        return tell_all(listeners, returns, target, value, third, key) if listeners else value

    def converts(self, event: str) -> bool:
        """Tell whether a listener may make a member of what is given."""
        return event in self.returning and bool(self.early.get(event))

    def check_member(self, obj: Any, value: Any) -> None:
        """Refuse a value that cannot belong to `obj`, before anything is changed."""
        if type(value) is not self.accepts:
            self.examine(value)
        reverse = self.reverse
        if reverse is not None and type(obj) is not reverse.accepts:
            reverse.examine(obj)

    def examine(self, value: Any) -> None:
        """Raise an error for what is no mapped object, or of a class that cannot belong here."""
        try:
            state = known_state(value) or state_of(value)
        except exc.UnmappedInstanceError:
            raise exc.UnmappedInstanceError(
                f"{self.class_.__name__}.{self.key} takes mapped objects, not "
                f"{type(value).__qualname__!r}; give an object of the related class."
            ) from None
        problem = None if self.accepts is None else self.on_class.prop.refusal(state.mapper)
        if problem is not None:
            raise core_exc.InvalidRequestError(problem)

    def abandon(self, member: Any) -> None:
        """Let a pending member that has left its only parent leave its session as well."""
        state = known_state(member)
        if state is None or state.pk is not None or state.link is None:
            return
        unit = state.link.unit()
        if unit is not None:
            unit.leave_orphaned(member, self)

    def flag_modified(self, obj: Any) -> None:
        """Mark the attribute as changed although nobody assigned to it."""
        state = state_of(obj)
        for listener in self.listeners.get("modified", _EMPTY):
            listener(obj, self.modified_token)
        note_change(obj, state, self.key, NO_VALUE)

    def adopt(self, state: InstanceState) -> None:
        """Take over what an unpickled object holds under this attribute."""

    def told_by(self, initiator: Any) -> bool:
        """Tell whether a change comes from the other side, which need not be told then."""
        if not initiator or self.reverse is None or initiator.impl is self:
            return False
        return bool(
            initiator.impl is self.reverse
            or (
                initiator.key == self.reverse.key
                and self.reverse.on_class.prop.origin is initiator.impl.on_class.prop.origin
            )
        )

    def fetch(self, obj: Any, state: InstanceState) -> Any:
        """Load the attribute of a persistent object through its session."""
        unit = None if state.link is None else state.link.unit()
        if unit is None:
            raise state.manager.detached(self.key)
        unit.load_missing(obj, state, self.key)
        return state.values.get(self.key)


class RelatedObject(RelatedAttribute, ObjectSlot):
    """The descriptor of a relationship to one object."""

    def read(self, obj: Any) -> Any:
        """Return the value on the general road."""
        state = state_of(obj)
        settle(state)
        values = state.values
        if self.key in values:
            return values[self.key]
        loadable = state.pk is not None and not state.flags & FLAG_FLUSHING
        if loadable and (state.old is None or self.key not in state.old):
            return self.fetch(obj, state)
        if self.loads_pending and state.pk is None and state.link is not None:
            return self.fetch(obj, state)
        listeners, returns = self.heard("init_scalar")
        value = None
        for listener in listeners:
            answer = listener(obj, value, values)
            value = answer if returns else None
        return value

    def erase(self, obj: Any) -> None:
        """Delete the value, with its events."""
        state = state_of(obj)
        settle(state)
        previous = self.previous(obj, state)
        if previous is NO_VALUE and self.key not in state.values:
            raise AttributeError(
                f"{self.class_.__name__}.{self.key} has no value to delete; assign None."
            )
        token = self.remove_token
        self.tell_early("remove", obj, previous, token, NO_KEY)
        self.tell_reverse(obj, None, previous, token, False)
        self.tell("remove", obj, previous, token, NO_KEY)
        self.note(obj, state, previous)
        state.values.pop(self.key, None)

    def set_quietly(self, obj: Any, value: Any, initiator: Any = None) -> None:
        """Assign as `change` does."""
        self.change(obj, value, initiator)

    def set_committed(self, state: InstanceState, value: Any) -> None:
        """Store a value as loaded: no events, no history."""
        if state.watched:
            end_watch(state.obj(), state)
        state.values[self.key] = value
        if state.old is not None:
            state.old.pop(self.key, None)

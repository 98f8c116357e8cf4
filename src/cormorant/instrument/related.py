"""Attributes that hold other objects: what all share, and those that hold one object."""

from __future__ import annotations

from typing import Any

from sqlalchemy import exc as core_exc

from cormorant import exc
from cormorant.event.adapt import mark
from cormorant.event.catalog import AttributeEvents
from cormorant.event.constants import NO_KEY
from cormorant.event.places import OfAttribute
from cormorant.instrument._related_cy import ObjectSlot, RelationSlot
from cormorant.instrument._state_cy import (
    FLAG_DELETED,
    FLAG_FLUSHING,
    InstanceState,
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
    PASSIVE_NO_RESULT,
    AttributeEventToken,
)

_EMPTY: tuple[Any, ...] = ()
_OWN_PLACE = object()
"""Stands among the listeners where the session and then the other side are told."""


CHANGES = ("append", "remove", "set", "bulk_replace", "append_wo_mutation")
MAKING = ("init_collection", "dispose_collection")


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
        self.quiet = True
        self.listed = self.plain = self.collection
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
        self.early[event] = listeners[: max(at, 0)]
        self.listeners[event] = listeners[at + 1 :]
        self.quiet = not any(self.early.get(e) or self.listeners.get(e) for e in CHANGES)
        self.plain = self.listed and not any(self.listeners.get(e) for e in MAKING)
        self.returning = self.returning | {event} if returning else self.returning - {event}

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

    def of_class(self, owner: Any) -> Any:
        """Return this attribute as the class of `owner` has it: a subclass has its own."""
        return state_of(owner).manager.attributes.get(self.key, self)

    def tell_early(self, event: str, target: Any, value: Any, *rest: Any) -> Any:
        """Fire the part of an event that comes before session and other side are told."""
        return self._tell(self.early.get(event, _EMPTY), event, target, value, *rest)

    def tell(self, event: str, target: Any, value: Any, *rest: Any) -> Any:
        """Fire an event that may replace `value`; return the value to use."""
        return self._tell(self.listeners.get(event, _EMPTY), event, target, value, *rest)

    def _tell(
        self, listeners: tuple[Any, ...], event: str, target: Any, value: Any, *rest: Any
    ) -> Any:
        if event in self.returning:
            for listener in listeners:
                value = listener(target, value, *rest)
        else:
            for listener in listeners:
                listener(target, value, *rest)
        return value

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

    def admit(self, owner: InstanceState, member: Any, initiator: Any) -> None:
        """Refuse a deleted member before anything is changed, where it would follow its owner."""
        state = known_state(member)
        if state is None or not state.flags & FLAG_DELETED or owner.link is None:
            return
        unit = owner.link.unit()
        if self.cascades and unit is not None and (initiator is None or initiator.impl is self):
            unit.cascade_into(member)

    def follow(self, owner: InstanceState, member: Any, initiator: Any) -> None:
        """Bring a new member into the session of its owner (save-update cascade)."""
        if not self.cascades or member is None:
            return
        if initiator is not None and initiator.impl is not self:
            return
        link = owner.link
        if link is None:
            return
        state = known_state(member)
        if state is not None and state.link is link:
            return
        unit = link.unit()
        if unit is not None:
            unit.cascade_into(member)

    def gain(self, owner: Any, member: Any, token: Any) -> None:
        """Take `member` in because the other side got `owner`."""
        raise TypeError(f"{type(self).__name__} has no members.")

    def lose(self, owner: Any, member: Any, token: Any) -> None:
        """Drop `member` because the other side left `owner`."""
        raise TypeError(f"{type(self).__name__} has no members.")

    def abandon(self, member: Any) -> None:
        """Let a pending member that has left its only parent leave its session as well."""
        state = known_state(member)
        if state is None or state.pk is not None or state.link is None:
            return
        unit = state.link.unit()
        if unit is not None:
            unit.expunge(member)

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
        return self.tell("init_scalar", obj, None, values)

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

    def previous(self, obj: Any, state: InstanceState) -> Any:
        """Return the value before a change without SQL, unless history is wanted."""
        values = state.values
        if self.key in values:
            return values[self.key]
        if state.pk is None or (state.old is not None and self.key in state.old):
            return NO_VALUE
        unit = None if state.link is None else state.link.unit()
        if unit is None:
            return NO_VALUE
        if self.active_history:
            return self.fetch(obj, state)
        return unit.peek_related(obj, state, self.key)

    def note(self, obj: Any, state: InstanceState, previous: Any) -> None:
        """Remember the first old value of a persistent object."""
        if state.pk is not None and self.written:
            old = NO_VALUE if previous is PASSIVE_NO_RESULT else previous
            note_change(obj, state, self.key, old)

    def change(self, obj: Any, value: Any, initiator: Any, told: bool = False) -> None:
        """Assign `value`, tell listeners, the other side (unless it told us), and the session."""
        state = state_of(obj)
        converts = self.converts("set")
        if value is not None and not converts:
            self.check_member(obj, value)
        settle(state)
        if value is not None:
            self.admit(state, value, initiator)
        previous = self.previous(obj, state)
        token = initiator or self.replace_token
        value = self.tell_early("set", obj, value, previous, token)
        if value is not None and converts:
            self.check_member(obj, value)
        self.follow(state, value, initiator)
        self.tell_reverse(obj, value, previous, token, told)
        value = self.tell("set", obj, value, previous, token)
        self.note(obj, state, previous)
        state.values[self.key] = value
        self.follow(state, value, initiator)  # a listener may have put another in its place
        if self.reverse is not None:
            left = previous is not None and not isinstance(previous, type(NO_VALUE))
            if value is None and left and self.reverse.owns:
                self.reverse.abandon(obj)
        elif self.owns and previous is not value:
            self.abandon(previous)

    def set_quietly(self, obj: Any, value: Any, initiator: Any = None) -> None:
        """Assign as `change` does."""
        self.change(obj, value, initiator)

    def tell_reverse(self, obj: Any, value: Any, previous: Any, token: Any, told: bool) -> None:
        """Move `obj` from the other side of the old value to that of the new one."""
        reverse = self.reverse
        if reverse is None or previous is value:
            return
        known = previous is not None and not isinstance(previous, type(NO_VALUE))
        # A leaver that the other side told of has left it already. One object that goes over to
        # another owner stays with the first until that one is read anew: as SQLAlchemy.
        if known and not (told and (value is None or not reverse.collection)):
            reverse.lose(previous, obj, self.replace_token if told else token)
        if value is not None and not told:
            reverse.gain(value, obj, token)

    def gain(self, owner: Any, member: Any, token: Any) -> None:
        """Take `member` as the value because the other side got `owner`."""
        own = self.of_class(owner)
        if own is not self:
            own.gain(owner, member, token)
        else:
            self.change(owner, member, token, told=True)

    def lose(self, owner: Any, member: Any, token: Any) -> None:
        """Drop `member` because the other side left `owner`."""
        own = self.of_class(owner)
        if own is not self:
            own.lose(owner, member, token)
            return
        state = state_of(owner)
        settle(state)
        previous = self.previous(owner, state)
        if previous is member or previous is PASSIVE_NO_RESULT:
            self.change(owner, None, token, told=True)

    def set_committed(self, state: InstanceState, value: Any) -> None:
        """Store a value as loaded: no events, no history."""
        state.values[self.key] = value
        if state.old is not None:
            state.old.pop(self.key, None)

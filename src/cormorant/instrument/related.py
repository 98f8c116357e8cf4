"""Attributes that hold other objects: one object, or a list of them, with their backrefs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cormorant import exc
from cormorant.event.adapt import mark
from cormorant.event.catalog import AttributeEvents
from cormorant.event.constants import NO_KEY
from cormorant.event.places import OfAttribute
from cormorant.instrument._state_cy import (
    FLAG_DELETED,
    FLAG_FLUSHING,
    InstanceState,
    known_state,
    note_change,
    settle,
    state_of,
)
from cormorant.instrument.collections import (
    CollectionAdapter,
    InstrumentedList,
    contains_identical,
    del_identical,
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
_OTHER_SIDE = object()
"""Stands among the listeners of a paired attribute where the other side is told."""


class RelatedAttribute:
    """What both kinds of relationship attribute share: listeners, tokens, loading, cascade.

    Implements `ports.Dispatch`. `reverse`: the attribute of the other side, set when the
    relationship is configured; `cascades`: new members follow their owner into its session;
    `owns`: members that leave are orphans (delete-orphan).
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
        self.reverse: RelatedAttribute | None = None
        self.cascades = True
        self.owns = False
        self.accepts: type[Any] | None = None
        self.replace_token = AttributeEventToken(self, OP_REPLACE)
        self.append_token = AttributeEventToken(self, OP_APPEND)
        self.remove_token = AttributeEventToken(self, OP_REMOVE)
        self.bulk_token = AttributeEventToken(self, OP_BULK_REPLACE)
        self.modified_token = AttributeEventToken(self, OP_MODIFIED)

    def update(self, event: str, listeners: tuple[Any, ...], returning: bool) -> None:
        """Take the flattened listeners of one event."""
        at = next((i for i, each in enumerate(listeners) if each is _OTHER_SIDE), -1)
        self.early[event] = listeners[: max(at, 0)]
        self.listeners[event] = listeners[at + 1 :]
        self.returning = self.returning | {event} if returning else self.returning - {event}

    def demand(self, option: str) -> None:
        """Load the old value before each change: a listener needs it."""
        if option == "active_history":
            self.active_history = True

    def pair(self, other: RelatedAttribute) -> None:
        """Let changes here be told to the attribute of the other side.

        Listeners that were there before come first, later ones after it, as with a listener.
        """
        self.reverse = other
        place = OfAttribute(self.class_, self.key)
        for event in ("append", "remove") if self.collection else ("set", "remove"):
            AttributeEvents.board.add(place, mark(AttributeEvents.events[event], _OTHER_SIDE))

    def of_class(self, owner: Any) -> Any:
        """Return this attribute as the class of `owner` has it: a subclass has its own."""
        return state_of(owner).manager.attributes.get(self.key, self)

    def tell_early(self, event: str, target: Any, value: Any, *rest: Any) -> Any:
        """Fire the part of an event that comes before the other side is told."""
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

    def check_member(self, value: Any) -> None:
        """Refuse what is not a mapped object."""
        if known_state(value) is None:
            try:
                state_of(value)
            except exc.UnmappedInstanceError:
                raise exc.UnmappedInstanceError(
                    f"{self.class_.__name__}.{self.key} takes mapped objects, not "
                    f"{type(value).__qualname__!r}; give an object of the related class."
                ) from None

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

    def fetch(self, obj: Any, state: InstanceState) -> Any:
        """Load the attribute of a persistent object through its session."""
        unit = None if state.link is None else state.link.unit()
        if unit is None:
            raise state.manager.detached(self.key)
        unit.load_missing(obj, state, self.key)
        return state.values.get(self.key)


class RelatedObject(RelatedAttribute):
    """The descriptor of a relationship to one object."""

    def __get__(self, obj: Any, cls: Any) -> Any:
        if obj is None:
            return self.on_class
        state = state_of(obj)
        settle(state)
        values = state.values
        if self.key in values:
            return values[self.key]
        if state.pk is not None and not state.flags & FLAG_FLUSHING:
            if state.old is None or self.key not in state.old:
                return self.fetch(obj, state)
        return self.tell("init_scalar", obj, None, values)

    def __set__(self, obj: Any, value: Any) -> None:
        self.change(obj, value, None)

    def __delete__(self, obj: Any) -> None:
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
        if state.pk is not None:
            old = NO_VALUE if previous is PASSIVE_NO_RESULT else previous
            note_change(obj, state, self.key, old)

    def change(self, obj: Any, value: Any, initiator: Any, told: bool = False) -> None:
        """Assign `value`, tell listeners, the other side (unless it told us), and the session."""
        if value is not None:
            self.check_member(value)
        state = state_of(obj)
        settle(state)
        if value is not None:
            self.admit(state, value, initiator)
        previous = self.previous(obj, state)
        token = initiator or self.replace_token
        value = self.tell_early("set", obj, value, previous, token)
        self.tell_reverse(obj, value, previous, token, told)
        value = self.tell("set", obj, value, previous, token)
        self.note(obj, state, previous)
        state.values[self.key] = value
        self.follow(state, value, initiator)
        if self.reverse is not None:
            if value is None and self.reverse.owns and previous is not None:
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
        if previous is not None and not isinstance(previous, type(NO_VALUE)):
            # A leaver that the other side told of has left it already.
            if not (told and value is None):
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
        if self.previous(owner, state) is member:
            self.change(owner, None, token, told=True)

    def set_committed(self, state: InstanceState, value: Any) -> None:
        """Store a value as loaded: no events, no history."""
        state.values[self.key] = value
        if state.old is not None:
            state.old.pop(self.key, None)


class RelatedCollection(RelatedAttribute):
    """The descriptor of a relationship to a list of objects."""

    collection = True

    def __get__(self, obj: Any, cls: Any) -> Any:
        if obj is None:
            return self.on_class
        state = state_of(obj)
        settle(state)
        current = state.values.get(self.key)
        if current is not None:
            return current
        if state.pk is not None and not state.flags & FLAG_FLUSHING:
            return self.fetch(obj, state)
        return self.empty(obj, state)

    def empty(self, obj: Any, state: InstanceState) -> Any:
        """Return the empty collection of a new object: no value of it until it is changed."""
        extra = state.extras()
        if extra.empties is None:
            extra.empties = {}
        found = extra.empties.get(self.key)
        if found is None:
            found = extra.empties[self.key] = self.new_collection(obj, state, ())
        return found

    def make(self, obj: Any, state: InstanceState) -> Any:
        """Put the collection of a new object in place; fires init_collection if it is new."""
        fresh = None if state.extra is None else state.extra.take_empty(self.key)
        if fresh is None:
            fresh = self.new_collection(obj, state, ())
        state.values[self.key] = fresh
        return fresh

    def new_collection(
        self, obj: Any, state: InstanceState, items: Iterable[Any], kept: Any = None
    ) -> Any:
        """Make a collection of this attribute, or fill the `kept` one; fires init_collection."""
        fresh: InstrumentedList[Any] = InstrumentedList() if kept is None else kept
        fresh._bind(self, state)
        for listener in self.listeners.get("init_collection", _EMPTY):
            listener(obj, fresh, CollectionAdapter(fresh))
        list.extend(fresh, items)
        return fresh

    def __set__(self, obj: Any, value: Any) -> None:
        items = self.members_of(value)
        state = state_of(obj)
        settle(state)
        if value is not None and state.values.get(self.key) is value:
            return
        fresh = self.new_collection(obj, state, ())
        items = self.tell_bulk(obj, items)
        before = self.__get__(obj, None)
        self.note(obj, state, before)
        before._bind(None, None)
        state.values[self.key] = fresh
        self.replace(obj, state, fresh, items, before)
        for listener in self.listeners.get("dispose_collection", _EMPTY):
            listener(obj, before, CollectionAdapter(before))

    def replace(
        self, obj: Any, state: InstanceState, fresh: Any, items: list[Any], before: Any
    ) -> None:
        """Fill the new collection; comers and leavers are announced, each once."""
        wanted = {id(item) for item in items}
        known = {id(item) for item in before}
        for item in items:
            if id(item) in known:
                list.append(fresh, item)
            else:
                fresh._add(item, self.bulk_token)
        for item in before:
            if id(item) in wanted:
                self.tell("append_wo_mutation", obj, item, self.bulk_token, NO_KEY)
        for item in before:
            if id(item) not in wanted:
                self.removing(state, fresh, item, self.bulk_token)

    def members_of(self, value: Any) -> list[Any]:
        """Return the items of an assigned collection; refuses what is not a list."""
        if isinstance(value, (list, tuple)) or (
            hasattr(value, "__iter__") and not isinstance(value, (str, bytes, dict, set))
        ):
            items = list(value)
            for item in items:
                self.check_member(item)
            return items
        raise TypeError(
            f"Incompatible collection type: {self.class_.__name__}.{self.key} takes a list, "
            f"not {type(value).__name__}."
        )

    def tell_bulk(self, obj: Any, items: list[Any]) -> list[Any]:
        """Fire bulk_replace: listeners may edit the list in place or return another one."""
        listeners = self.listeners.get("bulk_replace", _EMPTY)
        for listener in listeners:
            answer = listener(obj, items, self.bulk_token, None)
            if "bulk_replace" in self.returning and answer is not None:
                items = list(answer)
        return items

    def __delete__(self, obj: Any) -> None:
        state = state_of(obj)
        settle(state)
        current = state.values.get(self.key)
        if current is None:
            return
        current.clear()
        state.values.pop(self.key, None)

    def note(self, obj: Any, state: InstanceState, collection: Any) -> None:
        """Remember the members before the first change of a persistent owner."""
        if state.extra is not None and state.extra.empties:
            self.claim(obj, state, collection)
        if state.pk is not None and (state.old is None or self.key not in state.old):
            note_change(obj, state, self.key, list(collection))

    def claim(self, obj: Any, state: InstanceState, collection: Any) -> None:
        """Take a collection that was only read so far as the value, as it is about to change."""
        if state.extra.empties.get(self.key) is not collection:
            return
        if state.pk is None or state.flags & FLAG_FLUSHING:
            state.extra.take_empty(self.key)
            state.values[self.key] = collection
        else:
            self.fetch(obj, state)

    def appending(
        self,
        owner: InstanceState,
        collection: Any,
        item: Any,
        initiator: Any,
        key: Any = NO_KEY,
        told: bool = False,
    ) -> Any:
        """Announce an append before it happens; return the item to append.

        `told`: the other side told us, and knows.
        """
        self.check_member(item)
        obj = owner.obj()
        settle(owner)
        self.admit(owner, item, initiator)
        token = initiator or self.append_token
        item = self.tell_early("append", obj, item, token, key)
        if self.reverse is not None and not told:
            self.reverse.gain(item, obj, token)
        item = self.tell("append", obj, item, token, key)
        self.note(obj, owner, collection)
        self.follow(owner, item, initiator)
        return item

    def removing(
        self,
        owner: InstanceState,
        collection: Any,
        item: Any,
        initiator: Any,
        key: Any = NO_KEY,
        told: bool = False,
    ) -> None:
        """Announce a removal before it happens; `told` as in `appending`."""
        obj = owner.obj()
        token = initiator or self.remove_token
        self.tell_early("remove", obj, item, token, key)
        if self.reverse is not None and item is not None and not told:
            self.reverse.lose(item, obj, token)
        self.tell("remove", obj, item, token, key)
        self.note(obj, owner, collection)
        if self.owns and self.reverse is None:
            self.abandon(item)

    def gain(self, owner: Any, member: Any, token: Any) -> None:
        """Append because the other side was set; an unloaded list takes note only."""
        own = self.of_class(owner)
        if own is not self:
            own.gain(owner, member, token)
            return
        state = state_of(owner)
        settle(state)
        current = state.values.get(self.key)
        if current is None and state.pk is None:
            current = self.make(owner, state)
        if current is not None:
            current._add(member, token, told=True)
            return
        member = self.tell_early("append", owner, member, token, NO_KEY)
        member = self.tell("append", owner, member, token, NO_KEY)
        note_change(owner, state, self.key, NO_VALUE)
        state.extras().queue(self.key).add(member)

    def lose(self, owner: Any, member: Any, token: Any) -> None:
        """Remove because the other side was changed; an unloaded list takes note only."""
        own = self.of_class(owner)
        if own is not self:
            own.lose(owner, member, token)
            return
        state = state_of(owner)
        settle(state)
        current = state.values.get(self.key)
        if current is not None:
            if contains_identical(current, member):
                current._drop(member, token, told=True)
            return
        if state.pk is None:
            current = self.make(owner, state)
            queue = None if state.extra is None else state.extra.take_queue(self.key)
            if queue is not None:
                list.extend(current, queue.added)
            current._drop(member, token, told=True)
            return
        self.tell_early("remove", owner, member, token, NO_KEY)
        self.tell("remove", owner, member, token, NO_KEY)
        note_change(owner, state, self.key, NO_VALUE)
        state.extras().queue(self.key).remove(member)

    def adopt(self, state: InstanceState) -> None:
        """Bind an unpickled list to its owner; one that is bound stays where it is (copy.copy)."""
        found = state.dict.get(self.key)
        if isinstance(found, InstrumentedList) and found._owner is None:
            found._bind(self, state)

    def set_committed(self, state: InstanceState, items: Iterable[Any]) -> Any:
        """Store a loaded list, then replay what the other side queued while it was unloaded."""
        obj = state.obj()
        kept = None if state.extra is None else state.extra.take_empty(self.key)
        fresh = self.new_collection(obj, state, items, kept)
        state.values[self.key] = fresh
        queue = None if state.extra is None else state.extra.take_queue(self.key)
        if state.old is not None:
            state.old.pop(self.key, None)
        if queue is not None:
            note_change(obj, state, self.key, list(fresh))
            for item in queue.added:
                if not contains_identical(fresh, item):
                    list.append(fresh, item)
            for item in queue.removed:
                del_identical(fresh, item)
        return fresh

"""Attributes that hold a list of other objects, loaded or not, with their backrefs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cormorant.event.constants import NO_KEY
from cormorant.instrument._related_cy import (
    CollectionSlot,
    InstrumentedList,
    contains_identical,
)
from cormorant.instrument._state_cy import (
    FLAG_FLUSHING,
    InstanceState,
    note_change,
    settle,
    state_of,
)
from cormorant.instrument.collections import CollectionAdapter
from cormorant.instrument.constants import NO_VALUE
from cormorant.instrument.related import RelatedAttribute

_EMPTY: tuple[Any, ...] = ()


class RelatedCollection(RelatedAttribute, CollectionSlot):
    """The descriptor of a relationship to a list of objects."""

    collection = True

    def read(self, obj: Any) -> Any:
        """Return the collection on the general road."""
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
        found = extra.find_empty(self.key)
        if found is None:
            found = self.new_collection(obj, state, ())
            extra.keep_empty(self.key, found)
        return found

    def make(self, obj: Any, state: InstanceState) -> Any:
        """Put the collection of a new object in place; fires init_collection if it is new."""
        fresh = None if state.extra is None else state.extra.take_empty(self.key)
        if fresh is None:
            fresh = self.new_collection(obj, state, ())
        fresh._held = True
        state.values[self.key] = fresh
        return fresh

    def new_collection(
        self, obj: Any, state: InstanceState, items: Iterable[Any], kept: Any = None
    ) -> Any:
        """Make a collection of this attribute, or fill the `kept` one; fires init_collection."""
        fresh = InstrumentedList() if kept is None else kept
        fresh._bind(self, state, kept is not None)
        for listener in self.listeners.get("init_collection", _EMPTY):
            listener(obj, fresh, CollectionAdapter(fresh))
        fresh._fill(items)
        return fresh

    def assign(self, obj: Any, value: Any) -> None:
        """Replace the collection, with its events."""
        items = self.members_of(value)
        state = state_of(obj)
        settle(state)
        fresh = self.new_collection(obj, state, ())
        items = self.tell_bulk(obj, items)
        if value is not None and state.values.get(self.key) is value:
            # As in `user.addresses += [...]`: announced, but nothing is replaced.
            return
        before = self.__get__(obj, None)
        self.note(obj, state, before)
        before._bind(None, None, False)
        fresh._held = True
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
                fresh._put(item)
            else:
                fresh.append(item, self.bulk_token)
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

    def erase(self, obj: Any) -> None:
        """Empty the collection, with its events, and forget it."""
        state = state_of(obj)
        settle(state)
        current = state.values.get(self.key)
        if current is None:
            return
        current.clear()
        state.values.pop(self.key, None)

    def note(self, obj: Any, state: InstanceState, collection: Any) -> None:
        """Remember the members before the first change of a persistent owner."""
        if state.extra is not None:
            self.claim(obj, state, collection)
        known = not self.written or (state.old is not None and self.key in state.old)
        if state.pk is not None and not known:
            note_change(obj, state, self.key, list(collection))

    def claim(self, obj: Any, state: InstanceState, collection: Any) -> None:
        """Take a collection that was only read so far as the value, as it is about to change."""
        if state.extra.find_empty(self.key) is not collection:
            return
        if state.pk is None or state.flags & FLAG_FLUSHING:
            state.extra.take_empty(self.key)
            collection._held = True
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
    ) -> Any:
        """Announce an append before it happens; return the item to append."""
        self.check_member(item)
        obj = owner.obj()
        settle(owner)
        self.admit(owner, item, initiator)
        token = initiator or self.append_token
        item = self.tell_early("append", obj, item, token, key)
        if self.reverse is not None and not self.told_by(initiator):
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
    ) -> None:
        """Announce a removal before it happens."""
        obj = owner.obj()
        token = initiator or self.remove_token
        self.tell_early("remove", obj, item, token, key)
        if self.reverse is not None and item is not None and not self.told_by(initiator):
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
            current.append(member, token)
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
                current.remove(member, token)
            return
        if state.pk is None:
            current = self.make(owner, state)
            queue = None if state.extra is None else state.extra.take_queue(self.key)
            if queue is not None:
                current._fill(queue.added)
            if contains_identical(current, member):
                current.remove(member, token)
            else:
                self.removing(state, current, member, token)
            return
        self.tell_early("remove", owner, member, token, NO_KEY)
        self.tell("remove", owner, member, token, NO_KEY)
        note_change(owner, state, self.key, NO_VALUE)
        state.extras().queue(self.key).remove(member)

    def adopt(self, state: InstanceState) -> None:
        """Bind an unpickled list to its owner; one that is bound stays where it is (copy.copy)."""
        found = state.dict.get(self.key)
        if isinstance(found, InstrumentedList) and found._owner is None:
            found._bind(self, state, True)

    def set_committed(self, state: InstanceState, items: Iterable[Any]) -> Any:
        """Store a loaded list, then replay what the other side queued while it was unloaded."""
        obj = state.obj()
        kept = None if state.extra is None else state.extra.take_empty(self.key)
        fresh = self.new_collection(obj, state, items, kept)
        fresh._held = True
        state.values[self.key] = fresh
        queue = None if state.extra is None else state.extra.take_queue(self.key)
        if state.old is not None:
            state.old.pop(self.key, None)
        if queue is not None:
            note_change(obj, state, self.key, list(fresh))
            there = set(map(id, fresh))
            for item in queue.added:
                if id(item) not in there:
                    fresh._put(item)
            for item in queue.removed:
                fresh._take(item)
        return fresh

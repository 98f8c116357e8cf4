"""Attributes that hold a collection of other objects, loaded or not, with their backrefs."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from cormorant.event.constants import NO_KEY
from cormorant.instrument._related_cy import (
    CollectionSlot,
    find_empty,
    keep_empty,
    take_empty,
    tell_all,
)
from cormorant.instrument._state_cy import (
    FLAG_FLUSHING,
    CollectionsHere,
    InstanceState,
    end_watch,
    note_change,
    settle,
    state_of,
)
from cormorant.instrument.collection_classes import LISTS, CollectionShape, kind_of, shape_of
from cormorant.instrument.collections import members_of, warn_invalidated
from cormorant.instrument.constants import NO_VALUE
from cormorant.instrument.related import RelatedAttribute

_EMPTY: tuple[Any, ...] = ()


class RelatedCollection(RelatedAttribute, CollectionSlot):
    """The descriptor of a relationship to many objects.

    `shape`: how its collections are made, read and changed.
    """

    collection = True
    shape: CollectionShape = LISTS

    def __init__(self, class_: type[Any], key: str, on_class: Any) -> None:
        super().__init__(class_, key, on_class)
        self.here = CollectionsHere(key)

    def take_class(self, collection_class: Any) -> None:
        """Hold collections that `collection_class` makes."""
        self.shape = shape_of(collection_class)
        self.listed = self.shape is LISTS

    def read(self, obj: Any) -> Any:
        """Return the collection on the general road."""
        state = state_of(obj)
        settle(state)
        current = state.values.get(self.key)
        if current is not None:
            return current
        if state.pk is not None and not state.flags & FLAG_FLUSHING:
            return self.fetch(obj, state)
        if self.loads_pending and state.pk is None and state.link is not None:
            return self.fetch(obj, state)
        return self.empty(obj, state)

    def empty(self, obj: Any, state: InstanceState) -> Any:
        """Return the empty collection of a new object: no value of it until it is changed."""
        found = find_empty(state, self.key)
        if found is None:
            found = self.new_collection(obj, state, ())
            keep_empty(state, self.key, found)
        return found

    def make(self, obj: Any, state: InstanceState) -> Any:
        """Put the collection of a new object in place; fires init_collection if it is new."""
        fresh = take_empty(state, self.key)
        if fresh is None:
            fresh = self.new_collection(obj, state, ())
        self.shape.hold(fresh)
        state.values[self.key] = fresh
        return fresh

    def new_collection(
        self, obj: Any, state: InstanceState, items: Iterable[Any], kept: Any = None
    ) -> Any:
        """Make a collection of this attribute, or fill the `kept` one; fires init_collection."""
        fresh = self.shape.make() if kept is None else kept
        self.shape.bind(fresh, self, state, kept is not None)
        for listener in self.listeners.get("init_collection", _EMPTY):
            listener(obj, fresh, fresh._sa_adapter)
        self.shape.fill(fresh, items)
        return fresh

    def holds(self, state: InstanceState, collection: Any) -> bool:
        """Tell whether a collection is the value of an object, or will be when it changes."""
        if state.dict.get(self.key) is collection:
            return True
        return find_empty(state, self.key) is collection

    def assign(self, obj: Any, value: Any) -> None:
        """Replace the collection, with its events."""
        state = state_of(obj)
        settle(state)
        fresh = self.new_collection(obj, state, ())
        items, keys = self.members_given(value)
        items = self.tell_bulk(obj, items, keys)
        self.check_members(obj, items)
        if value is not None and state.values.get(self.key) is value:
            # As in `user.addresses += [...]`: announced, but nothing is replaced.
            return
        before = self.__get__(obj, None)
        members = self.shape.items(before)
        if members and state.link is not None:
            known = {id(item) for item in members}
            self.bring_along(state, [item for item in items if id(item) in known])
        self.note(obj, state, before)
        adapter = before._sa_adapter
        self.shape.free(before)
        self.shape.hold(fresh)
        state.values[self.key] = fresh
        self.replace(obj, state, fresh, items, members)
        for listener in self.listeners.get("dispose_collection", _EMPTY):
            listener(obj, before, adapter)

    def replace(
        self, obj: Any, state: InstanceState, fresh: Any, items: list[Any], before: list[Any]
    ) -> None:
        """Fill the new collection; comers and leavers are announced, each once."""
        wanted = {id(item) for item in items}
        known = {id(item) for item in before}
        shape, token = self.shape, self.bulk_token
        if len(wanted) < len(items):
            fresh._sa_adapter.doubles = True
        for item in items:
            if id(item) in known:
                shape.put(fresh, item)
            else:
                shape.add(fresh, item, token)
        heard, returns = self.heard("append_wo_mutation")
        once = list({id(item): item for item in before}.values())
        for item in once if heard else ():
            if id(item) in wanted:
                tell_all(heard, returns, obj, item, token, NO_KEY)
        for item in once:
            if id(item) not in wanted:
                self.removing(state, fresh, item, token)

    def members_given(self, value: Any) -> tuple[list[Any], list[Any] | None]:
        """Return the items of an assigned collection, and their keys if it is like a dict.

        Raises TypeError for a collection of another kind than that of the attribute.
        """
        kind = self.shape.kind
        if kind_of(value) is not kind or (kind is None and type(value) is not self.shape.class_):
            given = "None" if value is None else type(value).__name__
            wanted = "None" if kind is None else kind.__name__
            raise TypeError(
                f"Incompatible collection type: {given} is not {wanted}-like. "
                f"{self.class_.__name__}.{self.key} takes a {wanted}."
            )
        items = (
            self.shape.items(value) if isinstance(value, self.shape.class_) else members_of(value)
        )
        return items, list(value.keys()) if kind is dict else None

    def check_members(self, obj: Any, items: Iterable[Any]) -> None:
        """Refuse what cannot belong to `obj`, unless a listener may still make a member of it."""
        if not self.converts("append"):
            for item in items:
                if item is not None:
                    self.check_member(obj, item)

    def tell_bulk(self, obj: Any, items: list[Any], keys: list[Any] | None) -> list[Any]:
        """Fire bulk_replace: listeners may edit the list in place or return another one."""
        token, returning = self.bulk_token, "bulk_replace" in self.returning
        for listener in self.listeners.get("bulk_replace", _EMPTY):
            answer = listener(obj, items, token, keys)
            if returning and answer is not None:
                items = list(answer)
        return items

    def erase(self, obj: Any) -> None:
        """Empty the collection, with its events, and forget it."""
        state = state_of(obj)
        settle(state)
        current = state.values.get(self.key)
        if current is None:
            return
        self.shape.empty(current, None)
        state.values.pop(self.key, None)

    def owned(self, obj: Any, state: InstanceState, collection: Any) -> bool:
        """Tell whether a collection is that of an object; one that was only read becomes it.

        Warns of a collection that its owner does not hold any more: it belongs to nobody.
        """
        if not self.holds(state, collection):
            warn_invalidated()
            return False
        if state.empties is not None:
            self.claim(obj, state, collection)
        return True

    def claim(self, obj: Any, state: InstanceState, collection: Any) -> None:
        """Take a collection that was only read so far as the value, as it is about to change."""
        if find_empty(state, self.key) is not collection:
            return
        if state.pk is None or state.flags & FLAG_FLUSHING:
            take_empty(state, self.key)
            self.shape.hold(collection)
            state.values[self.key] = collection
        else:
            self.fetch(obj, state)

    def may_be_here(self, owner: InstanceState, member: InstanceState) -> bool:
        """Tell whether a stored member may be in the collection of `owner` before it comes.

        The foreign key tells it of one that has not loaded its other side.
        """
        if self.reverse.collection:
            return False
        settle(member)
        for source, foreign in self.on_class.property.join.pairs:
            here = member.values.get(member.mapper.property_of(foreign).key, NO_VALUE)
            there = owner.values.get(owner.mapper.property_of(source).key, NO_VALUE)
            if here is not NO_VALUE and there is not NO_VALUE and here != there:
                return False
        return True

    def appended_again(
        self, owner: InstanceState, item: Any, initiator: Any, key: Any = NO_KEY
    ) -> Any:
        """Announce an append of what is there already; return the item."""
        token = initiator or self.append_token
        self.bring_along(owner, [item])
        return self.tell("append_wo_mutation", owner.obj(), item, token, key)

    def stays(self, collection: Any, item: Any, gone: bool) -> bool:
        """Tell whether a member that is removed is in its collection once more."""
        adapter = collection._sa_adapter
        if adapter is None or not adapter.doubles:
            return False
        there = sum(member is item for member in self.shape.items(collection))
        return there > (0 if gone else 1)

    def gain(self, owner: Any, member: Any, token: Any) -> None:
        """Append because the other side was set; an unloaded collection takes note only."""
        state = state_of(owner)
        settle(state)
        current = state.values.get(self.key)
        if current is None and state.pk is None:
            current = self.make(owner, state)
        if current is not None:
            self.shape.add(current, member, token)
            return
        member = self.tell_early("append", owner, member, token, NO_KEY)
        member = self.tell("append", owner, member, token, NO_KEY)
        note_change(owner, state, self.key, NO_VALUE)
        state.extras().queue(self.key).add(member)

    def lose(self, owner: Any, member: Any, token: Any) -> None:
        """Remove because the other side was changed; an unloaded one takes note only."""
        state = state_of(owner)
        settle(state)
        current = state.values.get(self.key)
        if current is not None:
            # Who stands in a dict under another key than its own is not found, and stays.
            with suppress(*([KeyError] if self.shape.kind is dict else [])):
                if self.shape.contains(current, member):
                    self.shape.drop(current, member, token)
            return
        if state.pk is None:
            current = self.make(owner, state)
            queue = None if state.extra is None else state.extra.take_queue(self.key)
            if queue is not None:
                self.shape.fill(current, queue.added)
            if self.shape.contains(current, member):
                self.shape.drop(current, member, token)
            else:
                self.removing(state, current, member, token)
            return
        self.tell_early("remove", owner, member, token, NO_KEY)
        self.tell("remove", owner, member, token, NO_KEY)
        note_change(owner, state, self.key, NO_VALUE)
        state.extras().queue(self.key).remove(member)

    def adopt(self, state: InstanceState) -> None:
        """Bind an unpickled collection to its owner; a bound one stays its (copy.copy)."""
        found = state.dict.get(self.key)
        if found is not None and not self.shape.is_bound(found):
            self.shape.bind(found, self, state, True)

    def set_committed(self, state: InstanceState, items: Iterable[Any]) -> Any:
        """Store a loaded collection, then replay what the other side queued meanwhile."""
        obj = state.obj()
        if state.watched:
            end_watch(obj, state)
        kept = take_empty(state, self.key)
        shape = self.shape
        items = items.values() if isinstance(items, dict) else items
        fresh = self.new_collection(obj, state, items, kept)
        shape.hold(fresh)
        state.values[self.key] = fresh
        queue = None if state.extra is None else state.extra.take_queue(self.key)
        state.forget_change(self.key)
        if queue is not None:
            loaded = shape.items(fresh)
            note_change(obj, state, self.key, loaded)
            there = set(map(id, loaded))
            for item in queue.added:
                if id(item) not in there:
                    shape.put(fresh, item)
            for item in queue.removed:
                shape.take(fresh, item)
        return fresh

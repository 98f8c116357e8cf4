"""The list of a relationship: it reports every append and remove to its attribute."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Generic, SupportsIndex, TypeVar

from cormorant import exc
from cormorant.event.constants import NO_KEY
from cormorant.instrument._state_cy import state_of

if TYPE_CHECKING:
    from cormorant.instrument._state_cy import InstanceState
    from cormorant.instrument.related_list import RelatedCollection

T = TypeVar("T")


class CollectionAdapter:
    """The bridge between a collection and the attribute it belongs to, as events receive it."""

    __slots__ = ("_data",)

    def __init__(self, data: InstrumentedList[Any]) -> None:
        self._data = data

    @property
    def data(self) -> InstrumentedList[Any]:
        """The collection itself."""
        return self._data

    @property
    def attr(self) -> RelatedCollection | None:
        """The attribute, or None once the collection was replaced."""
        return self._data._attribute

    @property
    def owner_state(self) -> InstanceState | None:
        """The state of the object that holds the collection."""
        return self._data._owner

    @property
    def invalidated(self) -> bool:
        """True once the collection was replaced by another one."""
        return self._data._attribute is None

    def append_with_event(self, item: Any, initiator: Any = None) -> None:
        """Append `item` and tell the listeners."""
        self._data._add(item, initiator)

    def append_without_event(self, item: Any) -> None:
        """Append `item` and tell nobody."""
        list.append(self._data, item)

    def remove_with_event(self, item: Any, initiator: Any = None) -> None:
        """Remove `item` and tell the listeners."""
        self._data._drop(item, initiator)

    def remove_without_event(self, item: Any) -> None:
        """Remove `item` and tell nobody."""
        del_identical(self._data, item)

    def clear_with_event(self, initiator: Any = None) -> None:
        """Remove all items and tell the listeners."""
        for item in list(self._data):
            self._data._drop(item, initiator)

    def __iter__(self) -> Iterator[Any]:
        return list.__iter__(self._data)

    def __len__(self) -> int:
        return len(self._data)

    def __bool__(self) -> bool:
        return True


def position(items: list[Any], item: Any) -> int:
    """Return the index of `item` by identity first, then by equality, else -1."""
    for index, candidate in enumerate(items):
        if candidate is item:
            return index
    try:
        return items.index(item)
    except ValueError:
        return -1


def contains_identical(items: Iterable[Any], item: Any) -> bool:
    """Tell whether the object `item` itself is among `items`."""
    return any(candidate is item for candidate in items)


def del_identical(items: list[Any], item: Any) -> bool:
    """Delete the object `item` itself from the list, quietly; False if it was not there."""
    for index, candidate in enumerate(items):
        if candidate is item:
            list.__delitem__(items, index)
            return True
    return False


class InstrumentedList(list[T], Generic[T]):
    """A list that reports its changes: events, backrefs and cascades follow each of them."""

    _attribute: RelatedCollection | None = None
    _owner_ref: Any = None

    @property
    def _owner(self) -> InstanceState | None:
        """The state of the object that holds the list, if it is one of an object.

        Through a weak reference: the state holds the values, and these the list.
        """
        if self._owner_ref is None or self._attribute is None:
            return None
        owner = self._owner_ref()
        if owner is None:
            place = f"{self._attribute.class_.__name__}.{self._attribute.key}"
            raise exc.ObjectDereferencedError(
                f"This list was {place} of an object that has been garbage collected, so nobody "
                f"could hear of its change. Keep a reference to the object while you change it."
            )
        state: InstanceState = state_of(owner)
        return state

    @property
    def _sa_adapter(self) -> CollectionAdapter:
        return CollectionAdapter(self)

    def _bind(self, attribute: RelatedCollection | None, owner: InstanceState | None) -> None:
        self._attribute = attribute
        self._owner_ref = None if owner is None else owner.ref

    def _announce_append(
        self, item: T, initiator: Any = None, key: Any = NO_KEY, told: bool = False
    ) -> T:
        attribute, owner = self._attribute, self._owner
        if attribute is None or owner is None:
            return item
        return attribute.appending(owner, self, item, initiator, key, told)  # type: ignore[no-any-return]

    def _announce_remove(
        self, item: T, initiator: Any = None, key: Any = NO_KEY, told: bool = False
    ) -> None:
        attribute = self._attribute
        owner = self._owner
        if attribute is not None and owner is not None:
            attribute.removing(owner, self, item, initiator, key, told)

    def _add(self, item: T, initiator: Any = None, told: bool = False) -> None:
        item = self._announce_append(item, initiator, told=told)
        list.append(self, item)

    def _drop(self, item: T, initiator: Any = None, told: bool = False) -> None:
        self._announce_remove(item, initiator, told=told)
        del_identical(self, item)

    def append(self, item: T) -> None:
        """Append `item`: AttributeEvents.append, then backref and cascade."""
        attribute = self._attribute
        owner = self._owner
        if attribute is not None and owner is not None:
            item = attribute.appending(owner, self, item, None)
        list.append(self, item)

    def insert(self, index: SupportsIndex, item: T) -> None:
        """Insert `item` before `index`; announced as an append."""
        item = self._announce_append(item, key=index)
        list.insert(self, index, item)

    def extend(self, items: Iterable[T]) -> None:
        """Append each of `items`."""
        for item in list(items):
            self.append(item)

    def __iadd__(self, items: Iterable[T]) -> InstrumentedList[T]:  # type: ignore[override, misc]
        self.extend(items)
        return self

    def remove(self, item: T) -> None:
        """Remove `item`, found by identity, then by equality; ValueError if absent."""
        index = position(self, item)
        if index < 0:
            raise ValueError("list.remove(x): x not in list")
        self._announce_remove(list.__getitem__(self, index))
        index = position(self, item)
        if index >= 0:
            list.__delitem__(self, index)

    def pop(self, index: SupportsIndex = -1) -> T:
        """Remove and return the item at `index`."""
        item = list.__getitem__(self, index)
        self._announce_remove(item, key=index)
        return list.pop(self, index)

    def clear(self) -> None:
        """Remove all items, each announced."""
        for item in list(self):
            self._announce_remove(item, key=-1)
        list.clear(self)

    def __setitem__(self, index: Any, value: Any) -> None:
        if isinstance(index, slice):
            self._set_slice(index, value)
            return
        self._announce_remove(list.__getitem__(self, index), key=index)
        list.__setitem__(self, index, self._announce_append(value, key=index))

    def _set_slice(self, index: slice, value: Iterable[T]) -> None:
        wanted = list(self)
        wanted[index] = list(value)
        kept = {id(item) for item in wanted}
        before = {id(item) for item in self}
        gone = 0
        for at, item in enumerate(list(self)):
            if id(item) not in kept:
                self._announce_remove(item, key=at - gone)
                gone += 1
        fresh = [
            item if id(item) in before else self._announce_append(item, key=at)
            for at, item in enumerate(wanted)
        ]
        list.__setitem__(self, slice(None), fresh)

    def __delitem__(self, index: Any) -> None:
        doomed = list.__getitem__(self, index)
        for item in doomed if isinstance(index, slice) else [doomed]:
            self._announce_remove(item, key=index)
        list.__delitem__(self, index)

    def copy(self) -> list[T]:
        """Return a plain list of the items."""
        return list(self)

    def __reduce_ex__(self, protocol: SupportsIndex) -> Any:
        return (InstrumentedList, (), list(self))

    def __setstate__(self, items: list[T]) -> None:
        # Not as arguments: a list may be met again among what its own members refer to.
        list.extend(self, items)

"""The bridge between a collection of related objects and the attribute it belongs to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from cormorant.instrument._related_cy import InstrumentedList

if TYPE_CHECKING:
    from cormorant.instrument._state_cy import InstanceState
    from cormorant.instrument.related_list import RelatedCollection


class CollectionAdapter:
    """The bridge between a collection and the attribute it belongs to, as events receive it."""

    __slots__ = ("_data",)

    def __init__(self, data: InstrumentedList) -> None:
        self._data = data

    @property
    def data(self) -> InstrumentedList:
        """The collection itself."""
        return self._data

    @property
    def attr(self) -> RelatedCollection | None:
        """The attribute, or None once the collection was replaced."""
        found: RelatedCollection | None = self._data._attribute
        return found

    @property
    def owner_state(self) -> InstanceState | None:
        """The state of the object that holds the collection."""
        state: InstanceState | None = self._data._owner
        return state

    @property
    def invalidated(self) -> bool:
        """True once the collection was replaced by another one."""
        return self._data._attribute is None

    def append_with_event(self, item: Any, initiator: Any = None) -> None:
        """Append `item` and tell the listeners."""
        self._data.append(item, initiator)

    def append_without_event(self, item: Any) -> None:
        """Append `item` and tell nobody."""
        self._data._put(item)

    def remove_with_event(self, item: Any, initiator: Any = None) -> None:
        """Remove `item` and tell the listeners."""
        self._data.remove(item, initiator)

    def remove_without_event(self, item: Any) -> None:
        """Remove `item` and tell nobody."""
        self._data._take(item)

    def clear_with_event(self, initiator: Any = None) -> None:
        """Remove all items and tell the listeners."""
        for item in list(self._data):
            self._data._announce_remove(item, initiator)
        list.clear(self._data)

    def __iter__(self) -> Iterator[Any]:
        return list.__iter__(self._data)

    def __len__(self) -> int:
        return len(self._data)

    def __bool__(self) -> bool:
        return True

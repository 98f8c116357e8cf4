"""The bridge between a collection of related objects and the attribute it belongs to."""

from __future__ import annotations

import warnings
import weakref
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from sqlalchemy import exc as core_exc

from cormorant import exc
from cormorant.event.constants import NO_KEY
from cormorant.instrument._state_cy import state_of

if TYPE_CHECKING:
    from cormorant.instrument._state_cy import InstanceState
    from cormorant.instrument.collection_classes import CollectionShape
    from cormorant.instrument.related_list import RelatedCollection


class CollectionAdapter:
    """The bridge between a collection and the attribute it belongs to, as events receive it.

    As sqlalchemy.orm.collections.CollectionAdapter. It holds the collection and its owner
    weakly, as their owner holds them. `doubles`: a member may be there more than once.
    """

    __slots__ = ("_data", "_owner", "attr", "doubles", "empty", "shape")

    def __init__(
        self, attr: RelatedCollection | None, owner: Any, data: Any, shape: CollectionShape | None
    ) -> None:
        self.attr = attr
        self._owner = owner
        self._data = None if data is None else weakref.ref(data)
        self.shape: Any = shape
        self.empty = False
        self.doubles = False

    def __reduce__(self) -> Any:
        # In a pickle a collection stands without its owner, who binds it anew.
        return (CollectionAdapter, (None, None, None, None))

    @property
    def data(self) -> Any:
        """The collection itself, or None when it is gone."""
        return None if self._data is None else self._data()

    @property
    def bound(self) -> bool:
        """True while the collection belongs to an object."""
        return self.attr is not None and self._owner is not None

    @property
    def owner_state(self) -> InstanceState:
        """The state of the object that holds the collection.

        Raises ObjectDereferencedError when that object is gone.
        """
        owner = None if self._owner is None else self._owner()
        if owner is None:
            kind = None if self.shape is None else self.shape.kind
            name = "collection" if kind is None else kind.__name__
            place = "the value" if self.attr is None else str(self.attr)
            raise exc.ObjectDereferencedError(
                f"This {name} was {place} of an object that has been garbage collected, so "
                f"nobody could hear of its change. Keep a reference to the object while you "
                f"change it."
            )
        state: InstanceState = state_of(owner)
        return state

    @property
    def invalidated(self) -> bool:
        """True once the collection is no longer the value of its owner."""
        if not self.bound:
            return True
        assert self.attr is not None
        return not self.attr.holds(self.owner_state, self.data)

    def release(self) -> None:
        """Let the collection go: nobody hears of its changes any more."""
        self.attr = self._owner = None

    def check_comers(self, items: Iterable[Any]) -> None:
        """Refuse what cannot be a member of the collection."""
        if self.bound:
            assert self.attr is not None
            self.attr.check_members(self.owner_state.obj(), items)

    def append_with_event(self, item: Any, initiator: Any = None) -> None:
        """Append `item` and tell the listeners."""
        self.shape.add(self.data, item, initiator)

    def append_without_event(self, item: Any) -> None:
        """Append `item` and tell nobody."""
        self.shape.put(self.data, item)

    def append_multiple_without_event(self, items: Iterable[Any]) -> None:
        """Append each of `items` and tell nobody."""
        self.shape.fill(self.data, items)

    def remove_with_event(self, item: Any, initiator: Any = None) -> None:
        """Remove `item` and tell the listeners."""
        self.shape.drop(self.data, item, initiator)

    def remove_without_event(self, item: Any) -> None:
        """Remove `item` and tell nobody."""
        self.shape.take(self.data, item)

    def clear_with_event(self, initiator: Any = None) -> None:
        """Remove all items and tell the listeners."""
        self.shape.empty(self.data, initiator)

    def clear_without_event(self) -> None:
        """Remove all items and tell nobody."""
        self.shape.empty(self.data, False)

    def bulk_appender(self) -> Callable[..., Any]:
        """Return the method that appends; it takes `_sa_initiator=False` to tell nobody."""
        found: Callable[..., Any] = getattr(self.data, self.shape.appender)
        return found

    def bulk_remover(self) -> Callable[..., Any]:
        """Return the method that removes; it takes `_sa_initiator=False` to tell nobody."""
        found: Callable[..., Any] = getattr(self.data, self.shape.remover)
        return found

    def fire_append_event(self, item: Any, initiator: Any = None, key: Any = NO_KEY) -> Any:
        """Announce that `item` is appended; return the item to append."""
        if initiator is False or not self.bound:
            return item
        assert self.attr is not None
        return self.attr.appending(self.owner_state, self.data, item, initiator, key)

    def fire_append_wo_mutation_event(
        self, item: Any, initiator: Any = None, key: Any = NO_KEY
    ) -> Any:
        """Announce that `item` was appended and is there already; return the item."""
        if initiator is False or not self.bound:
            return item
        assert self.attr is not None
        return self.attr.appended_again(self.owner_state, item, initiator, key)

    def fire_pre_remove_event(self, initiator: Any = None, key: Any = NO_KEY) -> None:
        """Take note of the members before one is removed that is not known yet (`pop`)."""
        if initiator is not False and self.bound:
            assert self.attr is not None
            state = self.owner_state
            self.attr.note(state.obj(), state, self.data)

    def fire_remove_event(self, item: Any, initiator: Any = None, key: Any = NO_KEY) -> None:
        """Announce that `item` is removed."""
        if initiator is not False and self.bound:
            assert self.attr is not None
            self.attr.removing(self.owner_state, self.data, item, initiator, key)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.shape.items(self.data))

    def __len__(self) -> int:
        return len(self.shape.items(self.data))

    def __bool__(self) -> bool:
        return True


def collection_adapter(collection: Any) -> CollectionAdapter | None:
    """Return the adapter of a collection; None for one that belongs to no object."""
    found: CollectionAdapter | None = collection._sa_adapter
    return found


def members_of(collection: Any) -> list[Any]:
    """Return the members of a collection of any class, or of a plain list of them."""
    if isinstance(collection, list):
        return list(collection)
    adapter = getattr(collection, "_sa_adapter", None)
    if adapter is not None and adapter.shape is not None:
        return list(adapter)
    return list(collection.values() if isinstance(collection, dict) else collection)


def warn_invalidated() -> None:
    """Warn of a change in a collection that its owner does not hold any more."""
    warnings.warn(core_exc.SAWarning("This collection has been invalidated."), stacklevel=4)

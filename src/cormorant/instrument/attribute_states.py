"""The attributes of one object, as `inspect(obj).attrs` shows them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cormorant.instrument._state_cy import InstanceState
from cormorant.instrument.constants import NO_VALUE
from cormorant.instrument.history import History, history_of


class AttributeState:
    """One attribute of one object, as `inspect(obj).attrs[key]` shows it."""

    __slots__ = ("_attribute", "key", "state")

    def __init__(self, state: InstanceState, attribute: Any) -> None:
        self.state = state
        self.key: str = attribute.key
        self._attribute = attribute

    @property
    def loaded_value(self) -> Any:
        """The value in memory, or NO_VALUE; loads nothing."""
        return self.state.dict.get(self.key, NO_VALUE) if not self.state.expired else NO_VALUE

    @property
    def value(self) -> Any:
        """The value as reading the attribute gives it; may load."""
        return getattr(self.state.obj(), self.key)

    @property
    def history(self) -> History:
        """The change since the last flush, without loading anything."""
        return history_of(self.state, self._attribute, pending=False)

    def load_history(self) -> History:
        """The change since the last flush; loads the attribute first where it is unloaded."""
        getattr(self.state.obj(), self.key)
        return history_of(self.state, self._attribute)


class AttributeStates:
    """The AttributeState of each attribute of one object, by name or as an attribute."""

    __slots__ = ("_state",)

    def __init__(self, state: InstanceState) -> None:
        self._state = state

    def __getitem__(self, key: str) -> AttributeState:
        attribute = self._state.manager.attributes.get(key)
        if attribute is None:
            raise KeyError(key)
        return AttributeState(self._state, attribute)

    def __getattr__(self, key: str) -> AttributeState:
        try:
            return self[key]
        except KeyError:
            raise AttributeError(key) from None

    def __iter__(self) -> Iterator[AttributeState]:
        return iter([self[key] for key in self._state.manager.attributes])

    def __len__(self) -> int:
        return len(self._state.manager.attributes)

    def __contains__(self, key: object) -> bool:
        return key in self._state.manager.attributes

    def keys(self) -> list[str]:
        """Return the names of the attributes."""
        return list(self._state.manager.attributes)

    def values(self) -> list[AttributeState]:
        """Return the states of the attributes."""
        return list(self)

    def items(self) -> list[tuple[str, AttributeState]]:
        """Return (name, state) of each attribute."""
        return [(each.key, each) for each in self]

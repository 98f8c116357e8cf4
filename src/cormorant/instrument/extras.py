"""The rarely needed part of a state: what is expired, what waits for an unloaded collection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cormorant.instrument.collections import contains_identical, del_identical

if TYPE_CHECKING:
    from cormorant.instrument._state_cy import InstanceState


class Queue:
    """Members that came and left while their collection was not loaded."""

    __slots__ = ("added", "removed")

    def __init__(self) -> None:
        self.added: list[Any] = []
        self.removed: list[Any] = []

    def add(self, member: Any) -> None:
        """Take note of a comer."""
        if not del_identical(self.removed, member) and not contains_identical(self.added, member):
            self.added.append(member)

    def remove(self, member: Any) -> None:
        """Take note of a leaver."""
        if not del_identical(self.added, member) and not contains_identical(
            self.removed, member
        ):
            self.removed.append(member)


class StateExtras:
    """The rarely needed part of a state, made on first use."""

    __slots__ = ("_info", "empties", "expired", "load_options", "names", "queues")

    def __init__(self) -> None:
        self._info: dict[Any, Any] | None = None
        self.queues: dict[str, Queue] | None = None
        self.empties: dict[str, Any] | None = None
        self.names: set[str] = set()
        self.expired = False
        self.load_options: tuple[Any, ...] = ()

    @property
    def info(self) -> dict[Any, Any]:
        """A dictionary of the user's own."""
        if self._info is None:
            self._info = {}
        return self._info

    def queue(self, key: str) -> Queue:
        """Return the queue of an unloaded collection."""
        if self.queues is None:
            self.queues = {}
        return self.queues.setdefault(key, Queue())

    def take_queue(self, key: str) -> Queue | None:
        """Return the queue of a collection and forget it."""
        return None if self.queues is None else self.queues.pop(key, None)

    def to_pickle(self) -> dict[str, Any]:
        """Return what a pickle holds of this part; loader options stay behind."""
        queues = self.queues or {}
        return {
            "info": self._info,
            "expired": self.expired,
            "expired_attributes": sorted(self.names),
            "pending": {key: (each.added, each.removed) for key, each in queues.items()},
        }

    @classmethod
    def from_pickle(cls, told: dict[str, Any]) -> StateExtras | None:
        """Make this part of what a pickle holds; None where it holds nothing of it."""
        if "expired" not in told:
            return None
        made = cls()
        made._info, made.expired = told["info"], told["expired"]
        made.names = set(told["expired_attributes"])
        for key, (added, removed) in told["pending"].items():
            queue = made.queue(key)
            queue.added, queue.removed = added, removed
        return made

    def take_empty(self, key: str) -> Any:
        """Return the collection that was read while it was empty, and forget it."""
        return None if self.empties is None else self.empties.pop(key, None)

    def expired_names(self, state: InstanceState) -> set[str]:
        """Return the names that were expired and have not come back."""
        return {name for name in self.names if name not in state.values}

    def forget(self) -> None:
        """Drop what an expiry makes meaningless."""
        self.queues = None
        self.empties = None
        self.names = set()
        self.expired = False

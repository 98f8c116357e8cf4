"""The rarely needed part of a state: what is expired, what waits for an unloaded collection."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cormorant.instrument._state_cy import InstanceState


class Queue:
    """Members that came and left while their collection was not loaded."""

    __slots__ = ("_added", "_removed")

    def __init__(self, added: Iterable[Any] = (), removed: Iterable[Any] = ()) -> None:
        self._added = {id(member): member for member in added}
        self._removed = {id(member): member for member in removed}

    @property
    def added(self) -> list[Any]:
        """Members that came, in their order."""
        return list(self._added.values())

    @property
    def removed(self) -> list[Any]:
        """Members that left, in their order."""
        return list(self._removed.values())

    def add(self, member: Any) -> None:
        """Take note of a comer."""
        if self._removed.pop(id(member), None) is None:
            self._added.setdefault(id(member), member)

    def remove(self, member: Any) -> None:
        """Take note of a leaver."""
        if self._added.pop(id(member), None) is None:
            self._removed.setdefault(id(member), member)


class StateExtras:
    """The rarely needed part of a state, made on first use.

    What an object is made with stands on the class: most need a single one of these.
    """

    _info: dict[Any, Any] | None = None
    _names: set[str] | None = None
    queues: dict[str, Queue] | None = None
    owners: dict[Any, Any] | None = None
    committed: dict[str, Any] | None = None
    """Values of an object without a row that count as loaded: its history begins with them."""
    expired = False
    load_options: tuple[Any, ...] = ()

    @property
    def names(self) -> set[str]:
        """Names of attributes that were expired one by one."""
        if self._names is None:
            self._names = set()
        return self._names

    @names.setter
    def names(self, given: set[str]) -> None:
        self._names = given

    @property
    def lacks(self) -> bool:
        """Tell whether attributes were expired one by one, without making the set of them."""
        return bool(self._names)

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
        pending = told["pending"]
        made.queues = {key: Queue(*members) for key, members in pending.items()} or None
        return made

    def expired_names(self, state: InstanceState) -> set[str]:
        """Return the names that were expired and have not come back."""
        return {name for name in self.names if name not in state.values}

    def forget(self) -> None:
        """Drop what an expiry makes meaningless."""
        self.queues = None
        self._names = None
        self.committed = None
        self.expired = False

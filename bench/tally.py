"""Counts of the events that listeners of a workload have heard."""

from typing import Any


class Tally:
    """How often each event fired; `flushed` counts the new objects before_flush saw."""

    __slots__ = ("commits", "flushed", "flushes", "inserts", "sets")

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Start at zero again."""
        self.sets = self.inserts = self.flushes = self.flushed = self.commits = 0

    def counts(self) -> dict[str, int]:
        """Return all counts by name."""
        return {name: getattr(self, name) for name in self.__slots__}

    def heard(self, target: Any, value: Any, oldvalue: Any, initiator: Any) -> None:
        """Count one set event: the listener of the attribute workloads."""
        self.sets += 1

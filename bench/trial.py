"""One run of one workload by one adapter: its clock, its laps, its checks."""

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


class CheckFailed(Exception):
    """A workload was fast but wrong, or measured nothing."""


class Lap:
    """CPU time of one timed block; `cost` is in microseconds per unit."""

    __slots__ = ("nanoseconds", "units")

    def __init__(self, units: int) -> None:
        self.units = units
        self.nanoseconds = 0

    @property
    def cost(self) -> float:
        return self.nanoseconds / self.units / 1000


class Trial:
    """What an adapter is given: how many rows, how to time, where to report.

    The collector is on with its default thresholds in every lap and has just made a full
    collection, so each adapter pays for its own garbage and for nobody else's.
    """

    def __init__(self, rows: int, clock: Callable[[], int] = time.process_time_ns) -> None:
        self.rows = rows
        self._clock = clock
        self._cost: float | None = None
        self._checks = 0

    @contextmanager
    def timed(self, units: int) -> Iterator[Lap]:
        """Time the block; without `report` the last lap's cost is the cost of the trial."""
        lap = Lap(units)
        clock = self._clock
        gc.collect()
        start = clock()
        yield lap
        lap.nanoseconds = clock() - start
        self._cost = lap.cost

    def report(self, cost: float) -> None:
        """Take `cost`, in the unit of the workload, instead of the last lap's."""
        self._cost = cost

    def check(self, what: str, got: Any, expected: Any) -> None:
        """Raise CheckFailed unless both are equal."""
        self._checks += 1
        if got != expected:
            raise CheckFailed(f"{what}: expected {expected!r}, got {got!r}.")

    def cost(self) -> float:
        """Return what the trial measured; raise CheckFailed if it measured or checked nothing."""
        if self._cost is None:
            raise CheckFailed("The workload measured nothing: use trial.timed() or report().")
        if not self._checks:
            raise CheckFailed("The workload checked nothing: use trial.check().")
        return self._cost

"""Run adapters in turn, round after round, and keep every figure."""

import gc
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from bench.adapter import Adapter
from bench.databases import Database
from bench.mapped import MappedAdapter
from bench.raw import RawAdapter
from bench.workloads import Workload

ADAPTERS = ("raw", "sqlalchemy", "cormorant")
WARM_UP = 50

Progress = Callable[[str], None]


@dataclass(slots=True)
class Results:
    """All costs by (workload, adapter), one per round, and what went wrong."""

    costs: dict[tuple[str, str], list[float]] = field(default_factory=dict)
    faults: dict[tuple[str, str], str] = field(default_factory=dict)

    def median(self, workload: str, adapter: str) -> float | None:
        """Return the median over the rounds, or None if the adapter failed or was left out."""
        costs = self.costs.get((workload, adapter))
        if not costs or (workload, adapter) in self.faults:
            return None
        return statistics.median(costs)

    def spread(self, workload: str, adapter: str) -> float | None:
        """Return the largest cost over the smallest, or None where that says nothing."""
        costs = self.costs.get((workload, adapter))
        if not costs or min(costs) <= 0:
            return None
        return max(costs) / min(costs)


def open_adapters(names: Sequence[str], database: Database) -> list[Adapter]:
    """Return the adapters, each with empty tables of its own."""
    return [
        RawAdapter(database) if name == "raw" else MappedAdapter(name, database) for name in names
    ]


def run_rounds(
    adapters: Sequence[Adapter],
    workloads: Sequence[Workload],
    rows: int,
    rounds: int,
    progress: Progress = lambda text: None,
) -> Results:
    """Run every workload by every adapter in turn; each round another adapter goes first."""
    results = Results()
    gc.enable()
    for workload in workloads:
        for adapter in adapters:
            _run(results, adapter, workload, min(rows, WARM_UP), keep=False)
    for number in range(rounds):
        turn = number % len(adapters)
        for workload in workloads:
            for adapter in (*adapters[turn:], *adapters[:turn]):
                progress(f"round {number + 1}/{rounds}: {workload.name}, {adapter.name}")
                _run(results, adapter, workload, rows, keep=True)
    return results


def _run(results: Results, adapter: Adapter, workload: Workload, rows: int, keep: bool) -> None:
    place = (workload.name, adapter.name)
    if place in results.faults:
        return
    try:
        cost = adapter.run(workload.name, rows)
    except Exception as problem:  # one broken workload must not hide the others' figures
        results.faults[place] = f"{type(problem).__name__}: {problem}"
        return
    if keep:
        results.costs.setdefault(place, []).append(cost)

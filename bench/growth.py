"""How total time grows with the number of rows."""

import math
from collections.abc import Sequence

from bench.adapter import Adapter
from bench.rounds import Progress, Results, run_rounds
from bench.workloads import Workload

SIZES = (1_000, 10_000, 100_000)
NAMES = ("insert", "insert_children", "load", "update")


def exponent(sizes: Sequence[int], costs: Sequence[float]) -> float:
    """Return the slope of log(total time) over log(rows), from costs per row: 1.0 is linear."""
    across = [math.log(size) for size in sizes]
    up = [math.log(size * cost) for size, cost in zip(sizes, costs, strict=True)]
    middle, height = sum(across) / len(across), sum(up) / len(up)
    rise = sum((x - middle) * (y - height) for x, y in zip(across, up, strict=True))
    return rise / sum((x - middle) ** 2 for x in across)


def run_sizes(
    adapters: Sequence[Adapter],
    workloads: Sequence[Workload],
    sizes: Sequence[int],
    rounds: int,
    progress: Progress = lambda text: None,
) -> dict[int, Results]:
    """Run the workloads at each size."""
    results = {}
    for size in sizes:

        def tell(text: str, size: int = size) -> None:
            progress(f"{size} rows, {text}")

        results[size] = run_rounds(adapters, workloads, size, rounds, tell)
    return results


def growth_table(
    workloads: Sequence[Workload], adapters: Sequence[str], results: dict[int, Results]
) -> list[list[str]]:
    """Return one row per workload: costs per unit by size and the exponent of each adapter."""
    return [
        [workload.name, workload.unit, *(_cell(workload, name, results) for name in adapters)]
        for workload in workloads
    ]


def _cell(workload: Workload, adapter: str, results: dict[int, Results]) -> str:
    costs = [result.median(workload.name, adapter) for result in results.values()]
    known = [cost for cost in costs if cost is not None]
    if len(known) != len(costs):
        return "FAILED"
    shown = "/".join(f"{cost:.2f}" for cost in known)
    return f"{shown}  {exponent(tuple(results), known):.2f}"

"""Turn results into a table for the terminal, for Markdown, and into JSON."""

import importlib.metadata
import platform
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.machinery import EXTENSION_SUFFIXES
from typing import Any

from bench.rounds import Results
from bench.workloads import Workload

HEADINGS = (
    "workload",
    "unit",
    "raw",
    "sqlalchemy",
    "cormorant",
    "target",
    "final",
    "verdict",
    "x faster",
)


@dataclass(frozen=True, slots=True)
class Run:
    """What was measured, and how."""

    database: str
    server: str
    rows: int
    rounds: int
    adapters: tuple[str, ...]

    def header(self) -> list[str]:
        """Return the lines that stand above the table."""
        return [
            f"{self.server}; {self.rows} rows of six columns; median of {self.rounds} "
            f"interleaved round{'s' if self.rounds != 1 else ''}",
            f"Python {platform.python_version()}, {versions(self.adapters)}; "
            f"{platform.system()} {platform.machine()}",
            "gc: on, default thresholds, a full collection before each timed block; raw in us "
            "(ns, B where shown), the others as a multiple of raw; every result checked",
        ]


def versions(adapters: Sequence[str]) -> str:
    """Return the versions of the ORMs taking part, and the build of cormorant."""
    parts = [f"SQLAlchemy {importlib.metadata.version('sqlalchemy')}"]
    if "cormorant" in adapters:
        parts.append(f"cormorant {_cormorant_version()} ({build_mode('cormorant')})")
    return ", ".join(parts)


def _cormorant_version() -> str:
    try:
        return importlib.metadata.version("cormorant")
    except importlib.metadata.PackageNotFoundError:
        return "from source"


def build_mode(package: str) -> str:
    """Return `compiled`, `pure` or `mixed`, from the files of the loaded `*_cy` modules."""
    files = [
        str(getattr(module, "__file__", ""))
        for name, module in sys.modules.items()
        if name.startswith(f"{package}.") and name.endswith("_cy")
    ]
    compiled = [name for name in files if name.endswith(tuple(EXTENSION_SUFFIXES))]
    if not compiled:
        return "pure"
    return "compiled" if len(compiled) == len(files) else "mixed"


def judge(workload: Workload, database: str, raw: float | None, cost: float | None) -> str:
    """Return `final`, `reached` or `missed` against the limits; `-` without limit or figure.

    `reached` is the present stage's limit met; a workload with a final limit only is `final`
    or `missed`.
    """
    now, final = workload.now.get(database), workload.final.get(database)
    if raw is None or cost is None or (now is None and final is None):
        return "-"
    value = cost if workload.scale == "absolute" else cost / raw
    if final is not None and value <= final:
        return "final"
    return "reached" if now is not None and value <= now else "missed"


def figure(value: float) -> str:
    """Write three significant digits, without an exponent."""
    size = abs(value)
    if size >= 100:
        return f"{value:.0f}"
    if size >= 10:
        return f"{value:.1f}"
    return f"{value:.2f}" if size >= 1 else f"{value:.3f}"


def table(run: Run, workloads: Sequence[Workload], results: Results) -> list[list[str]]:
    """Return the rows of the table under HEADINGS."""
    return [_row(run, workload, results) for workload in workloads]


def _row(run: Run, workload: Workload, results: Results) -> list[str]:
    raw, peer, ours = (
        results.median(workload.name, adapter) for adapter in ("raw", "sqlalchemy", "cormorant")
    )
    shown_raw = "-" if raw is None else figure(raw)
    if raw is not None and workload.measure != "us":
        shown_raw += f" {workload.measure}"
    # Below zero or near it (a fired event that costs no more than the call) a ratio says nothing.
    faster = "-" if peer is None or ours is None or ours <= 0 else f"{peer / ours:.1f}"
    return [
        workload.name,
        workload.unit,
        _fault(results, workload, "raw") or shown_raw,
        _fault(results, workload, "sqlalchemy") or _cell(workload, raw, peer),
        _fault(results, workload, "cormorant") or _cell(workload, raw, ours),
        _limit(workload, workload.now.get(run.database)),
        _limit(workload, workload.final.get(run.database)),
        judge(workload, run.database, raw, ours),
        faster,
    ]


def _fault(results: Results, workload: Workload, adapter: str) -> str | None:
    return "FAILED" if (workload.name, adapter) in results.faults else None


def _cell(workload: Workload, raw: float | None, cost: float | None) -> str:
    if cost is None:
        return "-"
    if workload.scale == "absolute":
        return f"{figure(cost)} {workload.measure}"
    return "-" if raw is None else f"{cost / raw:.2f}"


def _limit(workload: Workload, limit: float | None) -> str:
    if limit is None:
        return "-"
    return f"{limit:g} {workload.measure}" if workload.scale == "absolute" else f"{limit:g}"


def plain(run: Run, workloads: Sequence[Workload], results: Results) -> str:
    """Return header and table with aligned columns, then the faults."""
    return "\n".join([*run.header(), "", *aligned(HEADINGS, table(run, workloads, results))])


def aligned(headings: Sequence[str], rows: list[list[str]]) -> list[str]:
    """Return the table as lines: the first two columns to the left, figures to the right."""
    columns = list(zip(headings, *rows, strict=True))
    widths = [max(map(len, column)) for column in columns]
    return [
        "  ".join(
            cell.ljust(width) if place < 2 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in (headings, *rows)
    ]


def markdown(run: Run, workloads: Sequence[Workload], results: Results) -> str:
    """Return header, table and legend for a README."""
    lines = [f"{line}  " for line in run.header()]
    lines += ["", f"| {' | '.join(HEADINGS)} |", f"|{'---|' * 2}{'---:|' * (len(HEADINGS) - 2)}"]
    lines += [f"| {' | '.join(row)} |" for row in table(run, workloads, results)]
    lines += ["", *(f"- `{workload.name}`: {workload.what}" for workload in workloads)]
    return "\n".join(lines) + "\n"


def as_json(run: Run, workloads: Sequence[Workload], results: Results) -> dict[str, Any]:
    """Return every sample and every verdict as plain values."""
    return {
        "database": run.database,
        "header": run.header(),
        "rows": run.rows,
        "rounds": run.rounds,
        "build": build_mode("cormorant") if "cormorant" in run.adapters else None,
        "workloads": [_as_json(run, workload, results) for workload in workloads],
    }


def _as_json(run: Run, workload: Workload, results: Results) -> dict[str, Any]:
    name = workload.name
    raw, ours = results.median(name, "raw"), results.median(name, "cormorant")
    return {
        "name": name,
        "unit": workload.unit,
        "measure": workload.measure,
        "scale": workload.scale,
        "target": workload.now.get(run.database),
        "final": workload.final.get(run.database),
        "verdict": judge(workload, run.database, raw, ours),
        "median": {adapter: results.median(name, adapter) for adapter in run.adapters},
        "spread": {adapter: results.spread(name, adapter) for adapter in run.adapters},
        "samples": {adapter: results.costs.get((name, adapter), []) for adapter in run.adapters},
        "faults": {
            adapter: results.faults[name, adapter]
            for adapter in run.adapters
            if (name, adapter) in results.faults
        },
    }

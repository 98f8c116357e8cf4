"""The command line of the benchmark: `python -m bench --help`."""

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from bench import growth, report
from bench.databases import Database, DatabaseUnavailable, open_database
from bench.model import AdapterUnavailable
from bench.rounds import ADAPTERS, Results, open_adapters, run_rounds
from bench.workloads import BY_NAME, WORKLOADS, Workload


def parser() -> argparse.ArgumentParser:
    """Return the parser of the arguments."""
    made = argparse.ArgumentParser(
        prog="python -m bench",
        description="CPU time per unit of work: raw driver, sqlalchemy.orm and cormorant.",
        epilog="Workloads: " + ", ".join(BY_NAME),
    )
    made.add_argument("--rounds", type=positive, help="default 5; 3 with --scale")
    made.add_argument("--rows", type=_rows, default=10_000, help="default 10000, at least 40")
    made.add_argument("--only", type=_names(BY_NAME), metavar="A,B", help="these workloads")
    made.add_argument("--adapters", type=_names(ADAPTERS), default=list(ADAPTERS), metavar="A,B")
    made.add_argument("--database", default="sqlite", help="sqlite, postgresql or a URL")
    made.add_argument("--markdown", type=Path, metavar="FILE", help="write the table there, too")
    made.add_argument("--json", type=Path, metavar="FILE", help="write all samples there")
    made.add_argument("--scale", action="store_true", help="1k, 10k, 100k rows: growth exponents")
    made.add_argument("--quiet", action="store_true", help="no progress on standard error")
    return made


def positive(text: str) -> int:
    """Read a number of at least 1."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def _rows(text: str) -> int:
    number = int(text)
    if number < 40:
        raise argparse.ArgumentTypeError("must be at least 40, or queries find too little")
    return number


def _names(known: Iterable[str]) -> Callable[[str], list[str]]:
    def names(text: str) -> list[str]:
        wanted = [name.strip() for name in text.split(",") if name.strip()]
        for name in wanted:
            if name not in known:
                legal = ", ".join(known)
                raise argparse.ArgumentTypeError(f"no {name!r} here; use {legal}")
        return wanted

    return names


def chosen(only: list[str] | None, database: str, scale: bool) -> list[Workload]:
    """Return the workloads asked for, or those that say something on this database."""
    if only:
        return [BY_NAME[name] for name in only]
    if scale:
        return [BY_NAME[name] for name in growth.NAMES]
    return [workload for workload in WORKLOADS if database == "sqlite" or not workload.sqlite_only]


def show_progress(text: str) -> None:
    """Overwrite one line of standard error."""
    print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def say_nothing(text: str) -> None:
    """Show no progress."""


def measure(options: argparse.Namespace, database: Database) -> int:
    """Run, print, write the files; return 1 if any workload failed its check."""
    workloads = chosen(options.only, database.name, options.scale)
    adapters = open_adapters(options.adapters, database)
    progress = say_nothing if options.quiet or not sys.stderr.isatty() else show_progress
    try:
        if options.scale:
            rounds = options.rounds or 3
            sizes = growth.run_sizes(adapters, workloads, growth.SIZES, rounds, progress)
            progress("")
            return print_growth(options, database, workloads, sizes, rounds)
        rounds = options.rounds or 5
        results = run_rounds(adapters, workloads, options.rows, rounds, progress)
        progress("")
    finally:
        for adapter in adapters:
            adapter.close()
    run = report.Run(
        database.name, database.describe(), options.rows, rounds, tuple(options.adapters)
    )
    print(report.plain(run, workloads, results))
    if options.markdown:
        options.markdown.write_text(report.markdown(run, workloads, results), "utf-8")
    if options.json:
        figures = report.as_json(run, workloads, results)
        options.json.write_text(json.dumps(figures, indent=1) + "\n", "utf-8")
    return tell_faults(results)


def print_growth(
    options: argparse.Namespace,
    database: Database,
    workloads: Sequence[Workload],
    sizes: dict[int, Results],
    rounds: int,
) -> int:
    """Print costs by size and growth exponents; return 1 if any workload failed its check."""
    print(f"{database.describe()}; {report.versions(options.adapters)}; median of {rounds} rounds")
    print(f"us per unit at {'/'.join(map(str, sizes))} rows, then the exponent of total time\n")
    rows = growth.growth_table(workloads, options.adapters, sizes)
    print("\n".join(report.aligned(("workload", "unit", *options.adapters), rows)))
    return max(tell_faults(results) for results in sizes.values())


def tell_faults(results: Results) -> int:
    """Print each fault on standard error; return the exit code."""
    for (workload, adapter), fault in results.faults.items():
        print(f"FAILED {workload}, {adapter}: {fault}", file=sys.stderr)
    return 1 if results.faults else 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 0, 1 if a workload failed its check, 2 if an adapter or database is missing."""
    options = parser().parse_args(arguments)
    try:
        database = open_database(options.database)
        try:
            return measure(options, database)
        finally:
            database.close()
    except (AdapterUnavailable, DatabaseUnavailable) as problem:
        print(f"bench: {problem}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())

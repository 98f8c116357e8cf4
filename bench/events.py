"""The cost of each event: without, with one and with four listeners, beside sqlalchemy.orm.

An act does one thing `--units` times and so fires its events. Printed is the CPU time of one act
in nanoseconds, with 0, 1 and 4 listeners (empty functions), the best of all rounds; then what
each listener adds where there are many, which no noise of the act can hide. Both builds of
cormorant and sqlalchemy.orm are measured in turn, each in a process of its own.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from bench.__main__ import positive, say_nothing, show_progress
from bench.builds import HERE, BuildUnavailable, Timer, other_place, place_of
from bench.event_acts import ACTS, ONCE
from bench.event_timing import COUNTS, MANY
from bench.rounds import Progress

LIMIT = 60
"""Nanoseconds that the first listener may cost besides the plain call, in a compiled build."""

NOISE = 0.02
"""The part of an act that its cost moves by on a busy machine, also as the best of rounds."""

WORDS = {"compiled": "compiled", "pure": "interpreted"}

EVENTS = tuple((number, label) for number, act in enumerate(ACTS) for label in act.events)


@dataclass(frozen=True, slots=True)
class Cost:
    """Nanoseconds of one act, by the number of listeners."""

    bare: float
    one: float
    four: float
    each: float
    """What one more listener adds among many."""

    @classmethod
    def best(cls, samples: Sequence[Sequence[float]]) -> Cost:
        """Take the best of all rounds for each number of listeners."""
        bare, one, four, many = (min(column) for column in zip(*samples, strict=True))
        return cls(bare, one, four, (many - four) / (MANY - COUNTS[2]))

    def cells(self) -> list[str]:
        """Return the four figures for the table."""
        return [f"{figure:,.0f}" for figure in (self.bare, self.one, self.four, self.each)]

    def excess(self, plain_call: float) -> float:
        """Return what the first listener adds besides the plain call; 0 if that may be noise."""
        more = self.one - self.bare - plain_call
        return more if more > LIMIT + NOISE * self.bare else 0


def measure(
    timers: Sequence[Timer],
    events: Sequence[tuple[int, str]],
    units: int,
    rounds: int,
    progress: Progress = say_nothing,
) -> list[list[Cost]]:
    """Return for each event what it costs under each timer; in each round another goes first."""
    samples: list[list[list[list[float]]]] = [[[] for _ in timers] for _ in events]
    for turn in range(rounds):
        for (number, label), taken in zip(events, samples, strict=True):
            progress(f"round {turn + 1}/{rounds}: {label}")
            for place in range(len(timers)):
                timer = (place + turn) % len(timers)
                taken[timer].append(timers[timer].time_event(number, label, units))
    progress("")
    return [[Cost.best(rounds_of) for rounds_of in taken] for taken in samples]


def titles(timers: Sequence[Timer]) -> list[str]:
    """Name the columns: by build, where two are alike also by place, this one first."""
    builds = [timer.build for timer in timers if timer.mapper == "cormorant"]
    found: list[str] = []
    for timer in timers:
        title = WORDS.get(timer.build, timer.build)
        if timer.mapper == "sqlalchemy":
            title = "sqlalchemy.orm"
        elif builds.count(timer.build) > 1:
            title += " other" if found else " here"
        found.append(title)
    return found


def block(title: str, costs: Sequence[Cost]) -> list[str]:
    """Return the figures of one timer as lines of one width, under two lines of heading."""
    rows = [("0", "1", "4", "each"), *(cost.cells() for cost in costs)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    widths[0] += max(0, len(title) + 4 - sum(widths) - 2 * 3)
    lines = [
        "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    ]
    return [f" {title} ".center(len(lines[0]), "-"), *lines]


def table(
    heads: Sequence[str], events: Sequence[tuple[int, str]], costs: Sequence[Sequence[Cost]]
) -> list[str]:
    """Return the lines of the table: acts, below each its events, a block for each timer."""
    blocks = [
        block(title, column) for title, column in zip(heads, zip(*costs, strict=True), strict=True)
    ]
    names = ["", "act, event", *(f"  {label.split('.')[1]}" for _, label in events)]
    width = max(map(len, names))
    lines = [
        "   ".join((name.ljust(width), *cells))
        for name, *cells in zip(names, *blocks, strict=True)
    ]
    found, act = lines[:2], None
    for (number, _label), line in zip(events, lines[2:], strict=True):
        if number != act:
            found.append(ACTS[number].title)
            act = number
        found.append(line)
    return found


def above_limit(
    timers: Sequence[Timer], events: Sequence[tuple[int, str]], costs: Sequence[Sequence[Cost]]
) -> list[str]:
    """Say for each compiled build where the first listener costs more than LIMIT."""
    lines = []
    for place, (timer, title) in enumerate(zip(timers, titles(timers), strict=True)):
        if timer.mapper == "sqlalchemy" or timer.build != "compiled":
            continue
        excess = {
            label.split(".")[1]: row[place].excess(timer.plain_call)
            for (_, label), row in zip(events, costs, strict=True)
        }
        named = ", ".join(f"{name} +{ns:.0f}" for name, ns in excess.items() if ns)
        lines.append(
            f"{title}, first listener over the plain call + {LIMIT} ns: {named or 'none'}"
        )
    return lines


def header(timers: Sequence[Timer], rounds: int) -> list[str]:
    """Return what stands above the table."""
    plain = ", ".join(
        f"{timer.plain_call:.0f} {title}"
        for timer, title in zip(timers, titles(timers), strict=True)
        if timer.mapper == "cormorant"
    )
    pythons = " and ".join(dict.fromkeys(timer.python for timer in timers))
    return [
        f"CPU time of one act in ns with 0, 1 and 4 listeners, the best of {rounds} interleaved "
        f"round{'s' if rounds != 1 else ''};",
        f"each: what each of {MANY} listeners adds. The plain call of a listener: {plain}.",
        f"Python {pythons}, SQLAlchemy {importlib.metadata.version('sqlalchemy')}",
    ]


def start(options: argparse.Namespace, stack: ExitStack) -> tuple[list[Timer], list[str]]:
    """Start the processes; return them, and what to say of a build that is not there."""
    here = stack.enter_context(Timer("cormorant", HERE))
    timers, missing = [here], []
    try:
        place = place_of(options.other) if options.other else other_place()
        other = stack.enter_context(Timer("cormorant", place))
        if other.build == here.build and not options.other:
            raise BuildUnavailable(f"{place} has the {WORDS.get(here.build)} build as well.")
        timers.append(other)
    except BuildUnavailable as problem:
        if options.other:
            raise
        missing.append(f"Only the {WORDS.get(here.build, here.build)} build: {problem}")
    timers.sort(key=lambda timer: timer.build != "compiled")
    if not options.ours:
        timers.append(stack.enter_context(Timer("sqlalchemy", HERE)))
    return timers, missing


def chosen(text: str) -> list[tuple[int, str]]:
    """Return the events named, by argument of the command line; refuse unknown names."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    known = [label.split(".")[1] for _, label in EVENTS]
    for name in names:
        if name not in known:
            raise argparse.ArgumentTypeError(f"no {name!r} here; use {', '.join(known)}")
    return [event for event in EVENTS if event[1].split(".")[1] in names]


def parser() -> argparse.ArgumentParser:
    """Return the parser of the arguments."""
    made = argparse.ArgumentParser(prog="python -m bench.events", description=__doc__)
    made.add_argument("--units", type=positive, default=500, help="how often an act is done: 500")
    made.add_argument("--rounds", type=positive, default=5, help="how often each is timed: 5")
    made.add_argument(
        "--only", type=chosen, default=list(EVENTS), metavar="A,B", help="these events"
    )
    made.add_argument(
        "--other",
        metavar="PLACE",
        help="the other build: an interpreter, an environment, or a directory with cormorant; "
        "the Makefile's .venv or .venv-pure otherwise",
    )
    made.add_argument("--ours", action="store_true", help="leave sqlalchemy.orm out")
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; return 2 if a process cannot run."""
    options = parser().parse_args(arguments)
    progress = show_progress if sys.stderr.isatty() else say_nothing
    try:
        with ExitStack() as stack:
            timers, missing = start(options, stack)
            costs = measure(timers, options.only, options.units, options.rounds, progress)
    except BuildUnavailable as problem:
        print(f"bench.events: {problem}", file=sys.stderr)
        return 2
    print("\n".join([*header(timers, options.rounds), *missing, ""]))
    print("\n".join(table(titles(timers), options.only, costs)))
    print("\n".join(["", *above_limit(timers, options.only, costs)]))
    print(f"Fired once per class or configuration, not timed: {', '.join(ONCE)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The cost of each event in nanoseconds: with no, one and four listeners, beside sqlalchemy.orm.

Usage: python -m bench.events [--units N] [--rounds N] [--only NAME,NAME]. An *act* does one thing
`units` times and so fires its events. Printed is the act, per unit, with no, one and four
listeners (empty Python functions), the best of all rounds; then what each listener adds
where there are many, which no noise of the act can hide.
"""

from __future__ import annotations

import argparse
import gc
import sys
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from time import process_time_ns
from typing import Any

from bench.event_acts import ACTS, ONCE, Act, World, worlds
from bench.report import aligned

MANY = 48
COUNTS = (0, 1, 4, MANY)


@dataclass(frozen=True, slots=True)
class Cost:
    """Nanoseconds per unit of one act under one mapper, by the number of listeners."""

    bare: float
    one: float
    four: float
    each: float
    """What one more listener adds among many."""


@contextmanager
def listening(world: World, family: str, name: str, count: int) -> Any:
    """Let `count` empty functions listen."""
    target = world.target_of(family, name)
    functions = [(lambda *_arguments: None) for _ in range(count)]
    for function in functions:
        world.event.listen(target, name, function)
    try:
        yield
    finally:
        for function in functions:
            world.event.remove(target, name, function)


def seconds_of(world: World, act: Act, units: int) -> float:
    """Return the CPU time of one run, in nanoseconds per unit."""
    with world.session() as session:
        things = act.prepare(world, session, units)
        gc.collect()
        gc.disable()
        started = process_time_ns()
        act.run(world, session, things)
        ended = process_time_ns()
        gc.enable()
        session.rollback()
    world.clear()
    return (ended - started) / units


def cost_of(world: World, act: Act, label: str, units: int, rounds: int) -> Cost:
    """Measure one event; the counts take turns, so that a slow moment meets them all."""
    family, name = label.split(".")
    samples: dict[int, list[float]] = {count: [] for count in COUNTS}
    for _ in range(rounds):
        for count in COUNTS:
            with listening(world, family, name, count):
                samples[count].append(seconds_of(world, act, units))
    best = {count: min(found) for count, found in samples.items()}
    return Cost(best[0], best[1], best[4], (best[MANY] - best[4]) / (MANY - 4))


def rows(only: Sequence[str], units: int, rounds: int) -> list[list[str]]:
    """Return one row for each event: the costs under cormorant, then under sqlalchemy.orm."""
    found: list[list[str]] = []
    both = worlds()
    for act in ACTS:
        for label in act.events:
            if only and label.split(".")[1] not in only:
                continue
            if sys.stderr.isatty():
                print(f"\r\033[K{label}", end="", file=sys.stderr, flush=True)
            cells: list[str] = []
            for world in both:
                cost = cost_of(world, act, label, units, rounds)
                cells += [f"{ns:.0f}" for ns in (cost.bare, cost.one, cost.four, cost.each)]
            found.append([label, act.title, *cells])
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr)
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.events", description=__doc__)
    parser.add_argument("--units", type=int, default=500, help="how often an act is done: 500")
    parser.add_argument("--rounds", type=int, default=5, help="how often each is measured: 5")
    parser.add_argument("--only", default="", metavar="A,B", help="these events")
    options = parser.parse_args(arguments)
    only = [name for name in options.only.split(",") if name]
    counts = ("1", "4", "each")
    head = ("event", "act", "cormorant: 0", *counts, "sqlalchemy.orm: 0", *counts)
    print(f"CPU ns per act with 0, 1 and 4 listeners, and for each of {MANY} listeners\n")
    print("\n".join(aligned(head, rows(only, options.units, options.rounds))))
    print(f"\nfired once per class or configuration, not measured: {', '.join(ONCE)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

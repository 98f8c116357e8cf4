"""The process that times events for `bench.events`: one mapper of one build, asked line by line.

Its argument is the mapper. It first writes what it is, then answers each line of standard input
(the number of an act, an event, units) with CPU nanoseconds per unit, by number of listeners.
"""

from __future__ import annotations

import gc
import json
import platform
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import process_time_ns
from typing import Any

from bench.event_acts import ACTS, Act, World, world_of
from bench.report import build_mode

MANY = 48
COUNTS = (0, 1, 4, MANY)
"""How many listeners; what one more costs among MANY is told by the last two."""

CALLS = 20_000


def listener() -> Callable[..., None]:
    """Return a new empty function that takes what any event passes."""
    return lambda *_arguments: None


@contextmanager
def listening(world: World, family: str, name: str, count: int) -> Iterator[None]:
    """Let `count` empty functions listen."""
    target = world.target_of(family, name)
    functions = [listener() for _ in range(count)]
    for function in functions:
        world.event.listen(target, name, function)
    try:
        yield
    finally:
        for function in functions:
            world.event.remove(target, name, function)


def time_act(world: World, act: Act, units: int) -> float:
    """Do the act once for all units; return its CPU time in nanoseconds per unit."""
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


def time_event(world: World, act: Act, label: str, units: int) -> list[float]:
    """Return the cost of the act with each of COUNTS listeners to one of its events."""
    family, name = label.split(".")
    costs = []
    for count in COUNTS:
        with listening(world, family, name, count):
            costs.append(time_act(world, act, units))
    return costs


def time_plain_call() -> float:
    """Return what Python takes to call a listener by itself, in nanoseconds; best of twenty."""
    function, one, two, three = listener(), 1, 2, 3
    loops, calls = [], []
    for _ in range(20):
        started = process_time_ns()
        for _ in range(CALLS):
            pass
        looped = process_time_ns()
        for _ in range(CALLS):
            function(one, two, three)
        calls.append(process_time_ns() - looped)
        loops.append(looped - started)
    return (min(calls) - min(loops)) / CALLS


def answer(value: Any) -> None:
    """Write one line."""
    print(json.dumps(value), flush=True)


def main(mapper: str) -> None:
    """Say what this process measures, then answer until standard input ends."""
    world = world_of(mapper)
    answer(
        {
            "build": build_mode("cormorant"),
            "python": platform.python_version(),
            "plain_call": time_plain_call(),
        }
    )
    for line in sys.stdin:
        number, label, units = json.loads(line)
        answer(time_event(world, ACTS[number], label, units))


if __name__ == "__main__":
    main(sys.argv[1])

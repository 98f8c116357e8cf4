"""How the faults are spread over tests: SQLite whole, servers a few calls outside of soak."""

from __future__ import annotations

from typing import Any

import pytest

STEPS = {"sqlite": 8, "postgresql": 24, "mariadb": 24}
"""A test disturbs every 8th, or every 24th, call of the work, from one to start with."""
IN_CI = 7
"""The start that servers run outside of soak."""


def parts(*names: str) -> list[Any]:
    """Return (database, numbers of the calls) for the databases, as parameters of a test."""
    found = []
    for name in names:
        server = name != "sqlite"
        for start in range(1, STEPS[name] + 1):
            marks = [getattr(pytest.mark, name)] if server else []
            if server and start != IN_CI:
                marks.append(pytest.mark.soak)
            numbers = range(start, 10_000, STEPS[name])
            found.append(pytest.param(name, numbers, marks=marks, id=f"{name}-{start}"))
    return found


def up_to(last: int, numbers: range) -> range:
    """Return the numbers as far as there are calls."""
    return range(numbers.start, last + 1, numbers.step)

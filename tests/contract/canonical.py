"""The canonical form of an event log, and the comparer of two of them."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

from .allowed import copies_told_once, in_any_order, leavers_told_once
from .catalog import BARRIERS, UNORDERED
from .words import Heard


def exact(log: Sequence[Heard]) -> list[str]:
    """Return the log line by line, in the order heard."""
    return [str(heard) for heard in log]


def of_the_oracle(log: Sequence[Heard]) -> list[Heard]:
    """Return a log of the oracle without what the subject is wanted not to say."""
    return list(copies_told_once(list(leavers_told_once(log))))


def canonical(log: Sequence[Heard], chance: frozenset[str] = UNORDERED) -> list[str]:
    """Return the log with what the oracle leaves to chance sorted between two barriers.

    Ordered events come first in each part, then those in `chance`, marked "~".
    """
    lines: list[str] = []
    unordered: list[str] = []
    for heard in in_any_order(log):
        if heard.name in chance:
            unordered.append(f"~ {heard}")
            continue
        if heard.name in BARRIERS:
            lines += sorted(unordered)
            unordered.clear()
        lines.append(str(heard))
    return lines + sorted(unordered)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one run of a scenario came to, as text."""

    log: list[str]
    value: str
    rows: dict[str, list[str]]

    def lines(self) -> list[str]:
        """Return the outcome line by line."""
        tables = [f"row of {table}: {row}" for table, rows in self.rows.items() for row in rows]
        return [*self.log, f"value: {self.value}", *tables]


def differences(oracle: Outcome, subject: Outcome) -> list[str]:
    """Return a diff from the oracle's outcome to the subject's; empty when they are the same."""
    return list(
        difflib.unified_diff(
            oracle.lines(), subject.lines(), "oracle", "subject", lineterm="", n=4
        )
    )

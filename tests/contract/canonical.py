"""The canonical form of an event log, and the comparer of two of them."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .catalog import BARRIERS, UNORDERED


@dataclass(frozen=True, slots=True)
class Heard:
    """One event as it was heard: its name and the text of its arguments."""

    name: str
    arguments: tuple[str, ...]

    def __str__(self) -> str:
        """Return the event as one line."""
        return f"{self.name}({', '.join(self.arguments)})"


def exact(log: Sequence[Heard]) -> list[str]:
    """Return the log line by line, in the order heard."""
    return [str(heard) for heard in log]


def canonical(log: Sequence[Heard], chance: frozenset[str] = UNORDERED) -> list[str]:
    """Return the log with what the oracle leaves to chance sorted between two barriers.

    Ordered events come first in each part, then those in `chance`, marked "~".
    """
    lines: list[str] = []
    unordered: list[str] = []
    for heard in settled(log):
        if heard.name in chance:
            unordered.append(f"~ {heard}")
            continue
        if heard.name in BARRIERS:
            lines += sorted(unordered)
            unordered.clear()
        lines.append(str(heard))
    return lines + sorted(unordered)


def settled(log: Sequence[Heard]) -> Iterator[Heard]:
    """Yield the log, neighbouring `set` events of one flush sorted by their objects.

    A flush copies keys from parents to children in the order of a set of states. The oracle
    copies a key once for each side of a relation: a copy that changes nothing is left out.
    """
    flushing = False
    copied: list[Heard] = []
    for heard in log:
        if flushing and heard.name == "set":
            if heard.arguments[1] != heard.arguments[2]:
                copied.append(heard)
            continue
        yield from sorted(copied, key=lambda change: change.arguments[0])
        copied.clear()
        if heard.name in BARRIERS:
            flushing = heard.name == "before_flush"
        yield heard
    yield from sorted(copied, key=lambda change: change.arguments[0])


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

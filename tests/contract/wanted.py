"""Takes the wanted differences out of two random programs before they are compared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from .canonical import Heard, Outcome, canonical
from .catalog import UNORDERED
from .program import Played

KNOWN = ("'addresses'", "'user'", "'user_id'")
"""Names in `refresh` that the subject leaves out: no row filled them.

A relationship is not in the row that refreshes its owner, and a key that INSERT wrote as NULL is
known to be None.
"""
BEGINNING = frozenset({"after_transaction_create", "after_begin"})
"""What a read may be the first to cause: without the read it comes a little later."""


def outcomes(oracle: Played, subject: Played) -> tuple[Outcome, Outcome]:
    """Return both runs in a form in which they must be the same."""
    logs = [list(told(played.log)) for played in (oracle, subject)]
    chance = UNORDERED
    if column_loads(oracle.log) > column_loads(subject.log):
        logs = [list(without_column_loads(log)) for log in logs]
        chance |= BEGINNING
    first, second = [canonical(log, chance) for log in logs]
    return Outcome(first, "", oracle.rows), Outcome(second, "", subject.rows)


def told(log: Sequence[Heard]) -> Iterator[Heard]:
    """Yield the log, `refresh` events with the names that rows have filled."""
    for heard in log:
        names = heard.arguments[-1] if heard.name == "refresh" else "None"
        if names == "None":
            yield heard
            continue
        filled = [name for name in names[len("attrs ") :].strip("[]").split(", ")]
        kept = [name for name in filled if name.strip('"') not in KNOWN]
        if kept:
            yield replace(heard, arguments=(*heard.arguments[:-1], f"attrs {kept}"))


def column_loads(log: Sequence[Heard]) -> int:
    """Return how often expired attributes were read."""
    return sum("column_load" in str(heard) for heard in log)


def without_column_loads(log: Sequence[Heard]) -> Iterator[Heard]:
    """Yield the log without what reads expired attributes.

    The oracle reads an expired object to learn its key, which the subject knows without SQL.
    """
    for heard in log:
        if heard.name != "refresh" and "column_load" not in str(heard):
            yield heard

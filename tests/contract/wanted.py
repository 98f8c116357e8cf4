"""Takes the wanted differences out of two random programs before they are compared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate
from operator import le

from .canonical import Outcome, canonical
from .catalog import BARRIERS, UNORDERED
from .program import Played
from .words import Heard

KNOWN = ("'addresses'", "'user'", "'user_id'")
"""Names in `refresh` that the subject leaves out: no row filled them.

A relationship is not in the row that refreshes its owner, and a key that INSERT wrote as NULL is
known to be None.
"""
RELATED = ("by user", "by addresses", "by user_id")
BEGINNING = frozenset({"after_transaction_create"})
"""What a read may be the first to cause: without the read it comes a little later."""


def outcomes(oracle: Played, subject: Played) -> tuple[Outcome, Outcome]:
    """Return both runs in a form in which they must be the same."""
    logs = [list(told(played.log)) for played in (oracle, subject)]
    chance = UNORDERED
    if reads_keys(column_loads(oracle.log), column_loads(subject.log)):
        logs = [list(without_column_loads(log)) for log in logs]
        chance |= BEGINNING
    first, second = [canonical(log, chance) for log in logs]
    return Outcome(first, "", oracle.rows), Outcome(second, "", subject.rows)


class Repeats:
    """Tells which events of the oracle repeat or contradict what was told of the same object."""

    def __init__(self) -> None:
        """Begin with objects of which nothing is known."""
        self.gone: set[str] = set()
        self.deleted: set[str] = set()
        self.restored: set[str] = set()
        self.back: set[str] = set()
        self.transient: set[str] = set()
        self.detached: set[str] = set()

    def mere(self, heard: Heard) -> bool:
        """Tell whether an event is one too many; takes note of what it says.

        The oracle deletes an object twice for a `get` that flushes the deletion, copies keys to
        deleted objects, which have to expire when they are restored, and restores objects again
        when a failed transaction is rolled back.
        """
        name, target = heard.name, heard.arguments[0]
        moved = heard.arguments[-1]
        if name == "mark":
            self.gone.clear()
            self.restored.clear()
        elif name == "persistent_to_deleted":
            again = moved in self.gone
            self.gone.add(moved)
            self.deleted.add(moved)
            self.back.discard(moved)
            return again
        elif name == "deleted_to_persistent":
            again = moved in self.back
            self.deleted.discard(moved)
            self.back.add(moved)
            if not again:
                self.restored.add(moved)
            return again
        elif name in ("pending_to_transient", "persistent_to_transient"):
            again = name == "pending_to_transient" and moved in self.transient
            self.transient.add(moved)
            return again
        elif name == "deleted_to_detached":
            again = moved in self.detached
            self.detached.add(moved)
            return again
        elif name == "transient_to_pending":
            self.transient.discard(moved)
            self.detached.discard(moved)
        return (name == "set" and target in self.deleted) or (
            name == "expire" and target in self.restored
        )


def told(log: Sequence[Heard]) -> Iterator[Heard]:
    """Yield the log without repeats, in the words of the subject.

    After the last step the session is closed: the oracle tells deleted objects nothing of it.
    """
    last = max((at for at, heard in enumerate(log) if heard.name == "mark"), default=0)
    repeats = Repeats()
    for at, heard in enumerate(log):
        if repeats.mere(heard) or (at > last and heard.name == "deleted_to_detached"):
            continue
        if heard.name == "refresh" and heard.arguments[-1] != "None":
            names = heard.arguments[-1].removeprefix("attrs ").strip("[]").split(", ")
            filled = [name for name in names if name.strip('"') not in KNOWN]
            if filled:
                yield replace(heard, arguments=(*heard.arguments[:-1], f"attrs {filled}"))
        elif heard.name == "set" and heard.arguments[-1].endswith(RELATED):
            # A relation whose key is known to be None was None: the oracle has no value for it.
            target, value, old, token = heard.arguments
            yield replace(heard, arguments=(target, value, old.replace("NO_VALUE", "None"), token))
        else:
            yield heard


def column_loads(log: Sequence[Heard]) -> list[int]:
    """Return the parts of the program in which expired attributes were read."""
    steps = accumulate(heard.name in BARRIERS for heard in log)
    return [step for step, heard in zip(steps, log, strict=True) if "column_load" in str(heard)]


def reads_keys(oracle: list[int], subject: list[int]) -> bool:
    """Tell whether the oracle reads expired attributes more often, or earlier."""
    return oracle != subject and len(oracle) >= len(subject) and all(map(le, oracle, subject))


def without_column_loads(log: Sequence[Heard]) -> Iterator[Heard]:
    """Yield the log without reads and what they bring: the first may be of expired attributes.

    The oracle reads an expired object to learn its key, which the subject knows without SQL.
    """
    for heard in log:
        by_key = heard.arguments[-1:] == ("REPLACE by user_id",)
        if heard.name in ("refresh", "do_orm_execute", "after_begin") or by_key:
            continue
        if heard.name == "set":
            target, value, _old, token = heard.arguments
            heard = replace(heard, arguments=(target, value, "what was loaded", token))
        yield heard

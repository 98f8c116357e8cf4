"""Takes the wanted differences out of two random programs before they are compared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate
from operator import le

from .canonical import Heard, Outcome, canonical
from .catalog import BARRIERS, UNORDERED
from .program import Played

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


def told(log: Sequence[Heard]) -> Iterator[Heard]:
    """Yield the log, `refresh` events with the names that rows have filled.

    A relation whose key is known to be None was None: the oracle has no value for it. After the
    last step the session is closed, of which the oracle tells the deleted objects nothing. One
    object is deleted once: the oracle repeats it for a `get` that flushes the deletion, and
    copies keys to deleted objects, which have to expire when they are restored.
    """
    last = max((at for at, heard in enumerate(log) if heard.name == "mark"), default=0)
    step: list[Heard] = []
    deleted: set[str] = set()
    restored: set[str] = set()
    transient: set[str] = set()
    for at, heard in enumerate(log):
        gone = heard.name == "persistent_to_deleted"
        if (at > last and heard.name == "deleted_to_detached") or (gone and heard in step):
            continue
        step = [] if heard.name == "mark" else [*step, heard]
        if gone:
            deleted.add(heard.arguments[-1])
        if heard.name == "deleted_to_persistent":
            deleted.discard(heard.arguments[-1])
            restored.add(heard.arguments[-1])
        if heard.name == "mark":
            restored.clear()
        if heard.name == "pending_to_transient" and heard.arguments[-1] in transient:
            continue
        if heard.name.endswith("_to_transient"):
            transient.add(heard.arguments[-1])
        if heard.name == "transient_to_pending":
            transient.discard(heard.arguments[-1])
        if heard.name == "set" and heard.arguments[0] in deleted:
            continue
        if heard.name == "expire" and heard.arguments[0] in restored:
            continue
        if heard.name == "set" and heard.arguments[-1].endswith(RELATED):
            target, value, old, token = heard.arguments
            yield replace(heard, arguments=(target, value, old.replace("NO_VALUE", "None"), token))
            continue
        names = heard.arguments[-1] if heard.name == "refresh" else "None"
        if names == "None":
            yield heard
            continue
        filled = [name for name in names[len("attrs ") :].strip("[]").split(", ")]
        kept = [name for name in filled if name.strip('"') not in KNOWN]
        if kept:
            yield replace(heard, arguments=(*heard.arguments[:-1], f"attrs {kept}"))


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

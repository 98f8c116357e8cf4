"""Takes the wanted differences out of two random programs before they are compared.

Beside those of allowed.py two more, both of the oracle's log only:

- `with_known_none`: what was written as NULL is known to be None, where the oracle has no value
  (test_the_old_value_of_a_reference_without_a_key_is_none,
  test_a_column_that_was_inserted_as_null_is_known_to_be_none in tests/differences).
- `moves_told_once`: who left a session has left it once
  (test_what_came_after_a_failed_flush_becomes_transient_once in tests/session).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from .canonical import Outcome, canonical, of_the_oracle
from .program import Played
from .words import Heard

AGAIN = ("pending_to_transient", "deleted_to_detached")
OUT = (*AGAIN, "persistent_to_transient")
RELATED = ("by user", "by addresses", "by user_id")
"""How initiators end that set a reference or its key."""
KEY_ALONE = "attrs [\"'user_id'\"]"


def outcomes(oracle: Played, subject: Played) -> tuple[Outcome, Outcome]:
    """Return both runs in a form in which they must be the same."""
    told = of_the_oracle(list(with_known_none(list(moves_told_once(oracle.log)))))
    return (
        Outcome(canonical(told), "", oracle.rows),
        Outcome(canonical(subject.log), "", subject.rows),
    )


def with_known_none(log: Sequence[Heard]) -> Iterator[Heard]:
    """Yield the log as if what an INSERT wrote as NULL were known.

    The old value of a reference is None, and no query fills its key until the object expires.
    """
    written: set[str] = set()
    for heard in log:
        if heard.name == "after_insert":
            written.add(heard.arguments[-1])
        elif heard.name == "expire":
            written.discard(heard.arguments[0])
        if heard.name == "set" and heard.arguments[-1].endswith(RELATED):
            target, value, old, token = heard.arguments
            if target in written and old == "NO_VALUE":
                heard = replace(heard, arguments=(target, value, "None", token))
        known = heard.name == "refresh" and heard.arguments[0] in written
        if known and heard.arguments[2] == KEY_ALONE:
            continue
        yield heard


def moves_told_once(log: Sequence[Heard]) -> Iterator[Heard]:
    """Yield the log without moves of objects that are where they move to already.

    The oracle tells again of what a failed transaction or `expunge` made transient or detached.
    """
    outside: set[str] = set()
    for heard in log:
        moved = heard.arguments[-1] if heard.arguments else ""
        if heard.name in AGAIN and moved in outside:
            continue
        if heard.name in OUT:
            outside.add(moved)
        elif heard.name.endswith(("_to_pending", "_to_persistent")):
            outside.discard(moved)
        yield heard

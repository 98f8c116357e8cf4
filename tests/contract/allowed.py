"""What a comparison forgives: each allowance by name, where it acts, and the test that proves it.

The tests named here stand in tests/differences.

Of the oracle only; what the subject says is never left out:

- `copies_told_once`: a flush copies a key once for each side of a relation, also a key that is
  there already
  (test_a_foreign_key_copied_by_a_flush_fires_set_once_and_only_on_a_change).
- `leavers_told_once`: who leaves a replaced collection is told of again on the way back from the
  other side (test_replacing_a_collection_announces_each_leaver_once).
- `Recorder._filled`: `refresh` lists relations that no row filled
  (test_refresh_names_what_the_row_filled, test_rows_that_fill_nothing_refresh_nothing).

Of both, because the oracle differs from itself from run to run:

- `in_any_order`: keys are copied in the order of a set of states, early or late in a flush
  (test_keys_are_copied_in_one_order_where_the_oracle_has_many).
- `UNORDERED` in catalog.py: life-cycle events likewise
  (test_life_cycle_events_come_in_the_order_in_which_objects_entered).

Not of the comparison: some scenarios read an expired object before its collection, because the
subject needs no statement for the key (test_no_statement_reads_a_key_that_the_session_knows,
test_a_lazy_load_of_an_expired_owner_costs_one_statement). wanted.py has what random programs need.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .catalog import BARRIERS
from .words import Heard


def copies_told_once(log: Sequence[Heard]) -> Iterator[Heard]:
    """Yield the log without copies of a key in a flush that change nothing."""
    for heard, flushing in with_flushes(log):
        if not (flushing and heard.copies_key and heard.arguments[1] == heard.arguments[2]):
            yield heard


def leavers_told_once(log: Sequence[Heard]) -> Iterator[Heard]:
    """Yield the log without the removals that come back from the other side of a relation.

    Next to such an echo stands the removal by `bulk_replace` itself, at most one `set` away:
    before it where the other side is not loaded, else behind it.
    """
    for place, heard in enumerate(log):
        near = log[max(place - 2, 0) : place + 3]
        echo = heard.name == "remove" and heard.arguments[2].startswith("REPLACE ")
        if not (echo and any(removes_by_replacing(each, heard.arguments[:2]) for each in near)):
            yield heard


def removes_by_replacing(heard: Heard, owner_and_member: tuple[str, ...]) -> bool:
    """Tell whether an event removes a member because its collection is replaced."""
    return (
        heard.name == "remove"
        and heard.arguments[:2] == owner_and_member
        and heard.arguments[2].startswith("BULK_REPLACE ")
    )


def in_any_order(log: Sequence[Heard]) -> Iterator[Heard]:
    """Yield the log, copies of keys in a flush put before what is next told of their object.

    There they stand sorted by key; copies of one key stay in their order.
    """
    waiting: list[Heard] = []
    for heard, flushing in with_flushes(log):
        if flushing and heard.copies_key:
            waiting.append(heard)
            continue
        ends = heard.name in BARRIERS
        about = heard.arguments[-1:]
        due = [each for each in waiting if ends or about == each.arguments[:1]]
        waiting = [each for each in waiting if each not in due]
        yield from sorted(due, key=object_and_key)
        yield heard
    yield from sorted(waiting, key=object_and_key)


def object_and_key(heard: Heard) -> tuple[str, str]:
    """Return of a copied key to whom and under which name."""
    return heard.arguments[0], heard.arguments[3]


def with_flushes(log: Sequence[Heard]) -> Iterator[tuple[Heard, bool]]:
    """Yield each event with whether it came between before_flush and the next barrier."""
    flushing = False
    for heard in log:
        if heard.name in BARRIERS:
            flushing = heard.name == "before_flush"
        yield heard, flushing

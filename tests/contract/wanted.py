"""Takes the wanted differences out of two random programs before they are compared.

Beside those of allowed.py two more, both of the oracle's log only:

- `with_known_none`: what was written as NULL is known to be None, where the oracle has no value
  (test_the_old_value_of_a_reference_without_a_key_is_none,
  test_a_column_that_was_inserted_as_null_is_known_to_be_none in tests/differences).
- `moves_told_once`: who left a session has left it once, and comes back once per rollback
  (test_what_came_after_a_failed_flush_becomes_transient_once in tests/session,
  test_expunge_tells_of_members_only).

Of both, because the oracle differs from itself from run to run, and only in flushes that write
rows of a table that refers to itself; elsewhere its order is one, and ours the same:

- `by_class`: classes whose rows do not refer to each other are written in any order
  (test_tables_without_a_reference_are_written_in_one_order_where_the_oracle_has_many in
  tests/differences).
- `without_chance`: so a flush that fails has told by then what it happened to write before of
  other families. Of any flush that fails, keys copied to objects whose turn did not come: the
  oracle copies as early as it can, we before the row is written
  (test_keys_are_copied_just_before_the_row_is_written in tests/differences).

test_wanted.py has what they must not hide.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby, pairwise

from . import catalog
from .allowed import with_flushes
from .canonical import Outcome, canonical, differences, of_the_oracle
from .playing import Machine, Played, Step
from .words import Heard

AGAIN = ("pending_to_transient", "deleted_to_detached", "persistent_to_detached")
OUT = (*AGAIN, "persistent_to_transient")

WRITES = frozenset(catalog.MAPPER_FLUSH)
Kin = Mapping[str, frozenset[str]]


def check_program(machines: tuple[Machine, Machine], program: list[Step]) -> None:
    """Run a program under both ORMs; fail with the difference of their outcomes."""
    different = differences(*outcomes(*[machine.run(program) for machine in machines]))
    assert not different, "\n".join(different)


def check_act(machines: tuple[Machine, Machine], before: Sequence[str], act: str) -> None:
    """Fail unless an act after others works and is heard, and is the same under both mappers."""
    acts = enumerate((*before, act, "commit"))
    program = [Step(name, number, number + 1) for number, name in acts]
    oracle, subject = outcomes(*[machine.run(program) for machine in machines])
    assert "\n".join(differences(oracle, subject)) == ""
    assert f"mark('{program[-2]}', no error)" in oracle.log


def outcomes(oracle: Played, subject: Played) -> tuple[Outcome, Outcome]:
    """Return both runs in a form in which they must be the same."""
    told = list(moves_told_once(oracle.log))
    told = of_the_oracle(list(with_known_none(told, oracle.references)))
    return (
        Outcome(in_one_order(told, oracle.kin, oracle.circular), "", oracle.rows),
        Outcome(in_one_order(subject.log, subject.kin, subject.circular), "", subject.rows),
    )


def in_one_order(log: Sequence[Heard], kin: Kin, circular: frozenset[str]) -> list[str]:
    """Return the log in canonical form, with what is written in any order in one."""
    return canonical(list(by_class(list(without_chance(log, kin, circular)), kin, circular)))


def without_chance(log: Sequence[Heard], kin: Kin, circular: frozenset[str]) -> Iterator[Heard]:
    """Yield the log; of a flush that fails, only what it tells in every run.

    Those are the writes of the family that failed, where rows of a table refer to each other,
    and keys copied to objects whose turn came.
    """
    for run, failed in flushes(log):
        written = [each for each in run if each.name in WRITES]
        reached = {each.arguments[-1] for each in written}
        chance = failed and written and is_circular(run, circular)
        for heard in run:
            if failed and heard.copies_key and heard.arguments[0] not in reached:
                continue
            if not (chance and is_write(heard)) or class_of(heard) in kin[class_of(written[-1])]:
                yield heard


def flushes(log: Sequence[Heard]) -> Iterator[tuple[list[Heard], bool]]:
    """Yield the log in parts, in and between flushes, each with whether it is a failed flush."""
    parts = [
        (flushing, [heard for heard, _ in run])
        for flushing, run in groupby(with_flushes(log), lambda told: told[1])
    ]
    for (flushing, run), (_, after) in pairwise([*parts, (False, [])]):
        yield run, flushing and any(each.name == "after_rollback" for each in after[:1])


def is_circular(run: Sequence[Heard], circular: frozenset[str]) -> bool:
    """Tell whether a flush writes rows of a table that refers to itself."""
    return any(is_write(heard) and class_of(heard) in circular for heard in run)


def with_known_none(log: Sequence[Heard], references: frozenset[str]) -> Iterator[Heard]:
    """Yield the log as if what an INSERT wrote as NULL were known.

    `references`: the names of the attributes that hold another object or its key.
    The old value of a reference is None, and no query fills its key until the object expires, nor
    does a look at it make a None (`init_scalar`) until the object is transient again.
    """
    written: set[str] = set()
    alone = {f"attrs {[repr(key)]}" for key in references}
    for heard in log:
        if heard.name == "after_insert":
            written.add(heard.arguments[-1])
        elif heard.name == "expire":
            written.discard(heard.arguments[0])
        elif heard.name.endswith("_to_transient"):
            written.discard(heard.arguments[-1])
        elif heard.name == "init_scalar" and heard.arguments[0] in written:
            continue
        if heard.name == "set" and heard.arguments[-1].rpartition(" ")[2] in references:
            target, value, old, token = heard.arguments
            if target in written and old == "NO_VALUE":
                heard = replace(heard, arguments=(target, value, "None", token))
        known = heard.name == "refresh" and heard.arguments[0] in written
        if known and heard.arguments[2] in alone:
            continue
        yield heard


def moves_told_once(log: Sequence[Heard]) -> Iterator[Heard]:
    """Yield the log without moves of objects that are where they move to already.

    The oracle tells again of what a failed transaction or `expunge` made transient or detached,
    and, without another rollback, of whom the failure brought back.
    """
    outside: set[str] = set()
    back: set[str] = set()
    for heard in log:
        moved = heard.arguments[-1] if heard.arguments else ""
        if heard.name == "after_rollback":
            back.clear()
        if (heard.name in AGAIN and moved in outside) or (
            heard.name == "deleted_to_persistent" and moved in back
        ):
            continue
        if heard.name == "deleted_to_persistent":
            back.add(moved)
        if heard.name in OUT:
            outside.add(moved)
        elif heard.name.endswith(("_to_pending", "_persistent")):
            outside.discard(moved)
        yield heard


def by_class(log: Sequence[Heard], kin: Kin, circular: frozenset[str]) -> Iterator[Heard]:
    """Yield the log with the writes of each flush in one order, where the oracle has many.

    The class with the first name comes first, unless one of its kin stands before it.
    """
    for run, _failed in flushes(log):
        if not is_circular(run, circular):
            yield from run
            continue
        for writes, part in groupby(run, is_write):
            waiting = list(part)
            while writes and waiting:
                # Whom a waiting kinsman holds up is not free.
                names = [class_of(heard) for heard in waiting]
                free = [at for at, name in enumerate(names) if kin[name].isdisjoint(names[:at])]
                yield waiting.pop(min([0, *free], key=lambda at: names[at]))
            yield from waiting


def is_write(heard: Heard) -> bool:
    """Tell whether an event tells of a row that is written, or of its key."""
    return heard.name in WRITES or heard.copies_key


def class_of(heard: Heard) -> str:
    """Return the name of the class of the object that is written."""
    about = heard.arguments[0 if heard.copies_key else -1]
    return about.removeprefix("new ").replace("(", " ").split(" ")[0]

"""The comparer itself: it must fail on each kind of difference and pass on each kind of chance."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence

import pytest
from sqlalchemy import Engine

from .canonical import Outcome, canonical, differences, exact, of_the_oracle
from .catalog import FAMILIES
from .heard import Recorder
from .models import people
from .oracle import Orm, sqlalchemy_orm
from .runner import Contract
from .words import Heard

ORDERED = [
    Heard("before_flush", ("session 1", "flush_context", "None")),
    Heard("before_insert", ("mapper User", "connection", "new User 1")),
    Heard("before_insert", ("mapper User", "connection", "new User 2")),
    Heard("after_insert", ("mapper User", "connection", "new User 1")),
    Heard("after_insert", ("mapper User", "connection", "new User 2")),
    Heard("after_flush", ("session 1", "flush_context")),
]
STATES = [
    Heard("pending_to_persistent", ("session 1", "new User 1")),
    Heard("pending_to_persistent", ("session 1", "new User 2")),
    Heard("after_flush_postexec", ("session 1", "flush_context")),
]
LOG = [*ORDERED, *STATES]
CHANCE = [*ORDERED, STATES[1], STATES[0], STATES[2]]


def compared(oracle: Sequence[Heard], subject: Sequence[Heard]) -> list[str]:
    """Return the differences of two logs with the same value and rows."""
    return differences(
        Outcome(canonical(of_the_oracle(oracle)), "None", {}),
        Outcome(canonical(subject), "None", {}),
    )


def replaced(place: int, heard: Heard) -> list[Heard]:
    """Return the log with another event at `place`."""
    return [*LOG[:place], heard, *LOG[place + 1 :]]


KEY = "REPLACE by boss_id"
COPIED = [Heard("set", (f"new User {n}", "1", "NO_VALUE", KEY), True) for n in (1, 2)]
TWICE = Heard("set", ("new User 1", "2", "1", KEY), True)


FAULTY = {
    "swapped neighbours": [*LOG[:2], LOG[3], LOG[2], *LOG[4:]],
    "two mapper events swapped": [LOG[0], LOG[2], LOG[1], *LOG[3:]],
    "a missing mapper event": [*LOG[:3], *LOG[4:]],
    "a missing life-cycle event": [*LOG[:6], *LOG[7:]],
    "a missing barrier": LOG[1:],
    "a doubled mapper event": [*LOG[:2], LOG[1], *LOG[2:]],
    "a doubled life-cycle event": [*LOG[:7], LOG[6], *LOG[7:]],
    "a life-cycle event told twice for one object": replaced(7, LOG[6]),
    "a life-cycle event beyond its barrier": [*LOG[:7], LOG[8], LOG[7]],
    "a life-cycle event before the flush ended": [*LOG[:5], LOG[6], LOG[5], *LOG[7:]],
    "another object": replaced(3, Heard("after_insert", (*LOG[3].arguments[:2], "new User 3"))),
    "another session": replaced(6, Heard("pending_to_persistent", ("session 2", "new User 1"))),
    "an argument more": replaced(1, Heard("before_insert", (*LOG[1].arguments, "None"))),
    "arguments in another order": replaced(1, Heard("before_insert", LOG[1].arguments[::-1])),
    "another event": replaced(1, Heard("before_update", LOG[1].arguments)),
}


def test_the_same_log_has_no_differences() -> None:
    assert compared(LOG, list(LOG)) == []


def test_life_cycle_events_may_come_in_any_order_between_two_barriers() -> None:
    assert compared(LOG, CHANCE) == []


def test_a_log_compared_in_order_leaves_nothing_to_chance() -> None:
    assert exact(LOG) != exact(CHANCE)


def test_keys_may_be_copied_to_objects_in_any_order_inside_a_flush() -> None:
    assert compared([LOG[0], *COPIED, *LOG[1:]], [LOG[0], *COPIED[::-1], *LOG[1:]]) == []


@pytest.mark.parametrize(
    ("oracle", "subject"),
    [
        ([*COPIED, *LOG], [*COPIED[::-1], *LOG]),
        ([*LOG, *COPIED], [*LOG, *COPIED[::-1]]),
        ([LOG[0], COPIED[0], TWICE, *LOG[1:]], [LOG[0], TWICE, COPIED[0], *LOG[1:]]),
        ([LOG[0], *COPIED, *LOG[1:]], [*LOG[:2], *COPIED, *LOG[2:]]),
        ([LOG[0], *COPIED, *LOG[1:]], [LOG[0], COPIED[0], *LOG[1:]]),
        ([LOG[0], *COPIED, *LOG[1:]], [LOG[0], COPIED[1], *COPIED, *LOG[1:]]),
    ],
    ids=["before the flush", "after it", "one object", "past an event", "missing", "doubled"],
)
def test_changes_in_another_order_differ(oracle: list[Heard], subject: list[Heard]) -> None:
    assert compared(oracle, subject) != []


AGAIN = Heard("set", ("new User 1", "1", "1", KEY), True)
REPLACING = [
    Heard("remove", ("User(1,)", "Address(1,)", "BULK_REPLACE by addresses")),
    Heard("remove", ("User(1,)", "Address(1,)", "REPLACE by user")),
]


@pytest.mark.parametrize(
    "log",
    [[LOG[0], COPIED[0], AGAIN, *LOG[1:]], [*LOG, *REPLACING], [*LOG, *REPLACING[::-1]]],
    ids=["a copy without change", "an echo behind", "an echo before"],
)
def test_what_the_oracle_repeats_is_forgiven_to_the_oracle_alone(log: list[Heard]) -> None:
    told_once = [heard for heard in log if heard not in (AGAIN, REPLACING[1])]
    assert compared(log, told_once) == []
    assert compared(log, log) != []
    assert compared(told_once, log) != []


@pytest.mark.parametrize(
    "log",
    [
        [COPIED[0], AGAIN, *LOG],
        [*LOG, REPLACING[1]],
        [LOG[0], Heard("set", ("new User 1", "'a'", "'a'", "REPLACE by name")), *LOG[1:]],
    ],
    ids=["a key set again before the flush", "a removal that is no echo", "not a key"],
)
def test_what_looks_like_a_repeat_counts(log: list[Heard]) -> None:
    assert of_the_oracle(log) == log


@pytest.mark.parametrize("fault", FAULTY)
def test_a_faulty_log_differs(fault: str) -> None:
    assert compared(LOG, FAULTY[fault]) != []


@pytest.mark.parametrize("fault", FAULTY)
def test_a_faulty_log_differs_in_order_too(fault: str) -> None:
    assert exact(LOG) != exact(FAULTY[fault])


@pytest.mark.parametrize(
    "subject",
    [
        Outcome([], "[2]", {"users": ["(1,)"]}),
        Outcome([], "[1]", {"users": ["(2,)"]}),
        Outcome([], "[1]", {"users": ["(1,)", "(1,)"]}),
        Outcome([], "[1]", {"people": ["(1,)"]}),
        Outcome([], "[1]", {}),
    ],
    ids=["value", "row", "doubled row", "table", "missing row"],
)
def test_another_value_or_row_differs(subject: Outcome) -> None:
    assert differences(Outcome([], "[1]", {"users": ["(1,)"]}), subject) != []


def test_the_catalog_names_64_events() -> None:
    assert sum(len(events) for events in FAMILIES.values()) == 64


def test_a_value_without_canonical_form_is_refused() -> None:
    with pytest.raises(TypeError, match="has no canonical form"):
        Recorder(sqlalchemy_orm()).labels.of(object())


def test_a_scenario_that_shows_nothing_is_refused() -> None:
    silent = Contract(lambda orm, heard, engine: None, ("sqlite",), ("fast",), False)
    with pytest.raises(AssertionError, match="shows nothing"):
        silent.check("fast")


def test_a_scenario_that_differs_is_reported_with_the_lines_that_differ() -> None:
    turns = iter(["oracle's", "subject's"])

    def fickle(orm: Orm, heard: Recorder, engine: Engine) -> object:
        return next(turns)

    with pytest.raises(AssertionError, match='\\+value: "subject\'s"'):
        Contract(fickle, ("sqlite",), ("fast",), False).check("fast")


def many_objects(orm: Orm, heard: Recorder, engine: Engine) -> object:
    """Change, add, delete and expire many objects: what the oracle keeps in sets of states."""
    world = people(orm, engine)
    heard.classes(world.User, world.Address)
    with orm.Session(engine) as session:
        heard.session(session)
        users = session.scalars(orm.select(world.User)).all()
        session.add_all([world.User(name=f"new {n}", addresses=[]) for n in range(9)])
        for user in users:
            user.name += "!"
            user.addresses.append(world.Address(email=f"{user.id}@c.org"))
        session.flush()
        session.delete(users[0].addresses[0])
        session.expire_all()
        session.rollback()
        session.add_all([world.User(name=f"later {n}") for n in range(9)])
        session.commit()
        return session.scalars(orm.select(world.User)).all()


OUTCOME_OF_MANY = """
from tests.contract.oracle import sqlalchemy_orm
from tests.contract.runner import Contract
from tests.contract.test_comparer import many_objects
contract = Contract(many_objects, ("sqlite",), ("fast",), False)
print("\\n".join(contract.run(sqlalchemy_orm()).lines()))
"""


def test_the_oracle_is_the_same_under_every_hash_seed() -> None:
    outcomes = {
        subprocess.run(
            [sys.executable, "-c", OUTCOME_OF_MANY],
            env={
                **os.environ,
                "PYTHONHASHSEED": str(seed),
                "PYTHONPATH": os.pathsep.join(sys.path),
            },
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in range(3)
    }
    assert len(outcomes) == 1
    assert outcomes.pop().count("pending_to_persistent") == 21

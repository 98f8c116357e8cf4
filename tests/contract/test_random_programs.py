"""Random programs give the same events, errors and rows under both mappers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .dice import long_programs, short_programs
from .models import blog
from .playing import Machine, Step, machines_of
from .program import ACTS, Run
from .wanted import check_act, check_program

START = ("add user", "add address", "add address", "commit", "savepoint", "rename")


@pytest.fixture(scope="module")
def machines() -> Iterator[tuple[Machine, Machine]]:
    """Give the machine of the oracle and the machine of the subject."""
    with machines_of(Run, blog) as pair:
        yield pair


@short_programs(ACTS)
def test_a_random_program_is_the_same_under_both(
    machines: tuple[Machine, Machine], program: list[Step]
) -> None:
    check_program(machines, program)


@long_programs(ACTS)
def test_long_random_programs_are_the_same_under_both(
    machines: tuple[Machine, Machine], program: list[Step]
) -> None:
    check_program(machines, program)


@pytest.mark.parametrize("act", ACTS)
def test_every_act_of_a_program_is_heard(act: str, machines: tuple[Machine, Machine]) -> None:
    check_act(machines, START, act)

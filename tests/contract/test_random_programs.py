"""Random programs give the same events, errors and rows under both mappers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from .canonical import differences
from .models import blog
from .playing import Machine, Step, machines_of
from .program import ACTS, Run
from .wanted import check_program, outcomes

STEPS = st.builds(Step, st.sampled_from(list(ACTS)), st.integers(0, 7), st.integers(0, 7))


@pytest.fixture(scope="module")
def machines() -> Iterator[tuple[Machine, Machine]]:
    """Give the machine of the oracle and the machine of the subject."""
    with machines_of(Run, blog) as pair:
        yield pair


@settings(max_examples=200)
@given(program=st.lists(STEPS, max_size=30))
def test_a_random_program_is_the_same_under_both(
    machines: tuple[Machine, Machine], program: list[Step]
) -> None:
    check_program(machines, program)


@pytest.mark.soak
@settings(max_examples=5000)
@given(program=st.lists(STEPS, max_size=60))
def test_long_random_programs_are_the_same_under_both(
    machines: tuple[Machine, Machine], program: list[Step]
) -> None:
    check_program(machines, program)


@pytest.mark.parametrize("act", ACTS)
def test_every_act_of_a_program_is_heard(act: str, machines: tuple[Machine, Machine]) -> None:
    acts = (
        "add user",
        "add address",
        "add address",
        "commit",
        "savepoint",
        "rename",
        act,
        "commit",
    )
    program = [Step(name, number, number + 1) for number, name in enumerate(acts)]
    oracle, subject = outcomes(*[machine.run(program) for machine in machines])
    assert differences(oracle, subject) == []
    assert f"mark('{act} 6 7', no error)" in oracle.log

"""Random programs on a graph of five classes: same events, errors and rows under both mappers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from .canonical import differences
from .databases import place_of
from .graph_models import forum
from .graph_program import ACTS, Graph
from .playing import Machine, Step, machines_of
from .runner import marked
from .wanted import check_program, outcomes

STEPS = st.builds(Step, st.sampled_from(list(ACTS)), st.integers(0, 7), st.integers(0, 7))
START = ("add member", "add post", "add tag", "add comment", "answer", "commit", "savepoint")
FINAL = Step("commit", 0, 0)


@pytest.fixture(scope="module", params=[marked("sqlite"), marked("postgresql")])
def machines(request: pytest.FixtureRequest) -> Iterator[tuple[Machine, Machine]]:
    """Give the machine of the oracle and the machine of the subject, on each database."""
    with machines_of(Graph, forum, place_of(request.param, request)) as pair:
        yield pair


@settings(max_examples=200)
@given(program=st.lists(STEPS, max_size=30))
def test_a_random_graph_is_the_same_under_both(
    machines: tuple[Machine, Machine], program: list[Step]
) -> None:
    check_program(machines, program)


@pytest.mark.soak
@settings(max_examples=5000)
@given(program=st.lists(STEPS, max_size=60))
def test_long_random_graphs_are_the_same_under_both(
    machines: tuple[Machine, Machine], program: list[Step]
) -> None:
    check_program(machines, program)


@pytest.mark.parametrize("act", ACTS)
def test_every_act_on_a_graph_is_heard(act: str, machines: tuple[Machine, Machine]) -> None:
    program = [Step(name, number, number + 1) for number, name in enumerate((*START, act))]
    oracle, subject = outcomes(*[machine.run([*program, FINAL]) for machine in machines])
    assert "\n".join(differences(oracle, subject)) == ""
    assert f"mark('{act} 7 8', no error)" in oracle.log

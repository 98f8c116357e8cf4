"""Random programs on a graph of five classes: same events, errors and rows under both mappers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .databases import place_of
from .dice import long_programs, short_programs
from .graph_models import forum
from .graph_program import ACTS, Graph
from .playing import Machine, Step, machines_of
from .runner import marked
from .wanted import check_act, check_program

START = ("add member", "add post", "add tag", "add comment", "answer", "commit", "savepoint")


@pytest.fixture(scope="module", params=[marked("sqlite"), marked("postgresql")])
def machines(request: pytest.FixtureRequest) -> Iterator[tuple[Machine, Machine]]:
    """Give the machine of the oracle and the machine of the subject, on each database."""
    with machines_of(Graph, forum, place_of(request.param, request)) as pair:
        yield pair


@short_programs(ACTS)
def test_a_random_graph_is_the_same_under_both(
    machines: tuple[Machine, Machine], program: list[Step]
) -> None:
    check_program(machines, program)


@long_programs(ACTS)
def test_long_random_graphs_are_the_same_under_both(
    machines: tuple[Machine, Machine], program: list[Step]
) -> None:
    check_program(machines, program)


@pytest.mark.parametrize("act", ACTS)
def test_every_act_on_a_graph_is_heard(act: str, machines: tuple[Machine, Machine]) -> None:
    check_act(machines, START, act)

"""Random programs on a collection: same events, contents and rows under both mappers."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from .collection_program import (
    KINDS,
    STARTS,
    CollectionMachine,
    collection_machines,
    told_by,
)
from .dice import steps_of
from .playing import Step

Pair = tuple[CollectionMachine, CollectionMachine]


PROGRAMS = {name: st.lists(steps_of(kind.acts), max_size=12) for name, kind in KINDS.items()}


@pytest.fixture(scope="module", params=[True, False], ids=["backref", "one sided"])
def machines(request: pytest.FixtureRequest) -> Iterator[dict[str, Pair]]:
    """Give the machines of the oracle and of the subject, by kind of collection."""
    opened = {kind: collection_machines(kind, request.param) for kind in KINDS}
    yield {kind: pair.__enter__() for kind, pair in opened.items()}
    for pair in opened.values():
        pair.__exit__(None, None, None)


def check(pair: Pair, start: str, program: list[Step]) -> None:
    """Fail with the lines in which the two mappers differ."""
    oracle, subject = [told_by(machine, start, program) for machine in pair]
    different = list(difflib.unified_diff(oracle, subject, "oracle", "subject", lineterm=""))
    assert not different, "\n".join(different)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=200)
@given(data=st.data(), start=st.sampled_from(STARTS))
def test_a_random_collection_is_the_same_under_both(
    machines: dict[str, Pair], kind: str, start: str, data: st.DataObject
) -> None:
    check(machines[kind], start, data.draw(PROGRAMS[kind]))


@pytest.mark.soak
@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=5000)
@given(data=st.data(), start=st.sampled_from(STARTS))
def test_long_random_collections_are_the_same_under_both(
    machines: dict[str, Pair], kind: str, start: str, data: st.DataObject
) -> None:
    check(machines[kind], start, data.draw(PROGRAMS[kind]))


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("kind, act", [(kind, act) for kind in KINDS for act in KINDS[kind].acts])
def test_every_operator_works_from_every_start(
    machines: dict[str, Pair], kind: str, act: str, start: str
) -> None:
    program = [Step(act, 0, 1)]
    check(machines[kind], start, program)
    assert f"mark('{act} 0 1', no error)" in told_by(machines[kind][0], start, program)

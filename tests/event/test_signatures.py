"""The types of `listen` name every event of the catalog with the arguments it has there."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from cormorant.event import signatures
from cormorant.event.catalog import EVENTS, InstanceEvents, MapperEvents, SessionEvents

BY_COUNT = [
    (signatures.OfOne, 1),
    (signatures.OfTwo, 2),
    (signatures.OfThree, 3),
    (signatures.OnSet, 4),
]


def names_of(literal: Any) -> set[str]:
    """Flatten a Literal, or a union of them."""
    if all(isinstance(each, str) for each in get_args(literal)):
        return set(get_args(literal))
    return set().union(*(names_of(each) for each in get_args(literal)))


def test_every_event_has_a_type() -> None:
    assert names_of(signatures.AnyName) == set(EVENTS)


@pytest.mark.parametrize(("literal", "count"), BY_COUNT)
def test_the_number_of_arguments_is_that_of_the_catalog(literal: Any, count: int) -> None:
    assert {len(EVENTS[name][0].plain_arguments) for name in names_of(literal)} == {count}


def test_events_with_a_connection_are_typed_so() -> None:
    events = [e for f in (MapperEvents, InstanceEvents, SessionEvents) for e in f.events.values()]
    found = {
        e.name: e.arguments.index("connection") for e in events if "connection" in e.arguments
    }
    writes = dict.fromkeys(names_of(signatures.OnWrite), 1)
    assert found == writes | dict.fromkeys(names_of(signatures.OnBegin), 2)


def test_special_argument_lists_are_those_of_the_catalog() -> None:
    every = [event for events in EVENTS.values() for event in events]
    assert {e.name for e in every if e.keyword} == names_of(signatures.OnCollection)
    assert {e.name for e in every if e.short_forms} == names_of(signatures.OnBulk)
    assert {e.name for e in every if e.everyone_only} == names_of(signatures.Configuring)


def test_the_typed_options_are_those_that_some_event_knows() -> None:
    known = set().union(*(e.options for events in EVENTS.values() for e in events))
    assert set(signatures.Options.__annotations__) == known - {"named", "include_key"}

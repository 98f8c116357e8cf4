"""The benchmark of events measures each event of the catalog under both mappers."""

from __future__ import annotations

from typing import Any

import pytest

from bench import events
from bench.event_acts import ACTS, ONCE, Act, World, worlds
from cormorant.event.catalog import FAMILIES

MEASURED = [label for act in ACTS for label in act.events]


def test_every_event_is_measured_or_named_as_left_out() -> None:
    catalog = {f"{family.__name__}.{name}" for family in FAMILIES for name in family.events}
    left_out = {label for label in catalog if label.split(".")[1] in ONCE}
    assert sorted(MEASURED) == sorted(catalog - left_out)


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.title)
def test_each_act_fires_its_events_once_per_unit(act: Act) -> None:
    for world in worlds():
        heard: dict[str, int] = {}
        with world.session() as session:
            things = act.prepare(world, session, 3)
            listeners = [listen(world, label, heard) for label in act.events]
            act.run(world, session, things)
            session.rollback()
        for target, name, listener in listeners:
            world.event.remove(target, name, listener)
        assert {label for label in act.events if heard.get(label, 0) >= 3} == set(act.events)


def listen(world: World, label: str, heard: dict[str, int]) -> tuple[Any, str, Any]:
    """Count one event; return what takes the listener back."""
    family, name = label.split(".")
    target = world.target_of(family, name)

    def count(*_arguments: Any) -> None:
        heard[label] = heard.get(label, 0) + 1

    world.event.listen(target, name, count)
    return target, name, count


def test_a_row_has_the_costs_of_both() -> None:
    ((label, act, *costs),) = events.rows(["set"], units=5, rounds=1)
    assert (label, act, len(costs)) == ("AttributeEvents.set", "set an attribute", 8)

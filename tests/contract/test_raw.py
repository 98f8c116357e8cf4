"""Listeners with raw=True receive states, for every event that names an object."""

from __future__ import annotations

from functools import partial

import pytest
from sqlalchemy import Engine

from tests.mutants import kinds

from .databases import SQLITE
from .heard import Recorder
from .lives import life
from .oracle import Orm
from .runner import Contract

EVENTS = sorted(
    event.name
    for event in kinds.events().values()
    if event.object_position is not None and "raw" in event.options
)


def told_of_states(
    event: str, kind: str, orm: Orm, heard: Recorder, engine: Engine, **options: bool
) -> object:
    """Live through everything with one raw listener, which hears at least one state."""
    life(orm, heard, engine, event, kind, raw=True, **options)
    assert any("state of" in argument for told in heard.log for argument in told.arguments)
    return len(heard.names) > 0


@pytest.mark.parametrize("event", EVENTS)
def test_raw_listeners_receive_the_state(event: str) -> None:
    story = partial(told_of_states, event, "Ship", propagate=False)
    Contract(story, SQLITE, ("fast",), False).check("fast")


@pytest.mark.parametrize("event", EVENTS)
def test_raw_listeners_that_propagate_receive_the_state_of_subclasses(event: str) -> None:
    story = partial(told_of_states, event, "Steamer", propagate=True)
    Contract(story, SQLITE, ("fast",), False).check("fast")

"""`propagate`, for every event of a mapped class and of its attributes."""

from __future__ import annotations

from functools import partial

import pytest
from sqlalchemy import Engine

from . import catalog
from .databases import SQLITE
from .heard import Recorder
from .lives import life
from .oracle import Orm
from .runner import Contract

EVENTS = [*catalog.ATTRIBUTE, *catalog.MAPPER_FLUSH, *catalog.INSTANCE]


def heard_of_a_subclass(
    event: str, propagate: bool, orm: Orm, heard: Recorder, engine: Engine
) -> object:
    """Let an object of a subclass live; its base is listened to."""
    life(orm, heard, engine, event, "Steamer", propagate=propagate)
    assert (set(heard.names) > {"mark"}) is propagate
    return len(heard.names)


@pytest.mark.parametrize("event", EVENTS)
def test_listeners_that_propagate_hear_subclasses(event: str) -> None:
    Contract(partial(heard_of_a_subclass, event, True), SQLITE, ("fast",), False).check("fast")


@pytest.mark.parametrize("event", EVENTS)
def test_listeners_that_do_not_propagate_hear_no_subclass(event: str) -> None:
    Contract(partial(heard_of_a_subclass, event, False), SQLITE, ("fast",), False).check("fast")

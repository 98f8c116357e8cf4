"""Every event stays silent until its own moment comes: what is close to it does not fire it."""

from __future__ import annotations

from functools import partial

import pytest
from sqlalchemy import Engine

from . import catalog
from .databases import SQLITE
from .heard import Recorder
from .occasions import ALL, OCCASIONS, occasion_of
from .oracle import Orm
from .runner import Contract
from .stage import staged

# The oracle has no such warning; tests/event/test_inheritance.py is about ours.
pytestmark = pytest.mark.filterwarnings("ignore::cormorant.exc.SkippedSubclassWarning")


def silent_then_heard(label: str, orm: Orm, heard: Recorder, engine: Engine) -> object:
    """Do what must not fire the event, then what fires it."""
    occasion, arguments = occasion_of(label)
    name = label.partition(".")[2]
    with staged(orm, engine) as stage:
        heard.listen(occasion.target(stage), {name: arguments}, **occasion.options)
        occasion.quiet(stage)
        assert heard.names == []
        error = heard.error(lambda: occasion.loud(stage))
        assert name in heard.names
        heard.stop()
    return [error, len(heard.names)]


@pytest.mark.parametrize("label", ALL)
def test_it_stays_silent_until_its_moment_comes(label: str) -> None:
    Contract(partial(silent_then_heard, label), SQLITE, ("fast",), False).check("fast")


def test_every_event_has_its_moment() -> None:
    # The oracle refuses to listen to first_init; tests/differences/test_listening.py has it.
    every = {family: set(events) for family, events in catalog.FAMILIES.items()}
    every["InstanceEvents"].remove("first_init")
    assert {family: set(events) for family, events in OCCASIONS.items()} == every

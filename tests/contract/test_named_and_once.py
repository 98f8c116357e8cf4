"""`named` and `once`, for every event: the names of its arguments, and one call and no more."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from sqlalchemy import Engine

from .databases import SQLITE
from .heard import Recorder
from .occasions import ALL, occasion_of
from .oracle import Orm
from .runner import Contract
from .stage import staged

# The oracle has no such warning; tests/event/test_inheritance.py is about ours.
pytestmark = pytest.mark.filterwarnings("ignore::cormorant.exc.SkippedSubclassWarning")


def named_and_once(label: str, orm: Orm, heard: Recorder, engine: Engine) -> object:
    """Let a named listener and one that is called once hear what fires the event, twice."""
    occasion, arguments = occasion_of(label)
    name = label.partition(".")[2]
    with staged(orm, engine) as stage:
        target = occasion.target(stage)
        occasion.quiet(stage)

        def by_name(**given: Any) -> None:
            heard.note("named", sorted(given))

        def once(*given: Any) -> None:
            heard.note("once", len(given))

        orm.event.listen(target, name, by_name, named=True, **occasion.options)
        orm.event.listen(target, name, once, once=True, **occasion.options)
        told = [heard.error(lambda: occasion.loud(stage)) for _time in range(2)]
        orm.event.remove(target, name, by_name)
    assert heard.names.count("once") == 1
    assert "named" in heard.names
    return [told, len(arguments)]


@pytest.mark.parametrize("label", ALL)
def test_arguments_come_by_name_and_a_once_listener_is_called_once(label: str) -> None:
    Contract(partial(named_and_once, label), SQLITE, ("fast",), False).check("fast")

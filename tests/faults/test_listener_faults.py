"""Every call of a listener fails in turn: rows are before or after, and the session works."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy import event as core_event
from sqlalchemy.pool import QueuePool

from cormorant import Session, event
from cormorant.exc import AfterCommitErrors, RollbackListenerWarning
from tests.music import Music, declare

from .chunks import parts, up_to
from .conftest import unsynced
from .listeners import MAPPER, SESSION, Listeners
from .trial import Ending, Trial

KINDS = {
    "append Album.tracks",
    "remove Album.tracks",
    "bulk_replace Track.tags",
    "set Album.title",
}


class ListenerFailedError(Exception):
    """What a listener of this test raises."""


def fail(name: str) -> None:
    """Fail as the listener of an event."""
    raise ListenerFailedError(name)


@pytest.fixture
def working(sound: Engine) -> Iterator[Engine]:
    """Give another engine on the same database: `sound` sees what is durable."""
    engine = create_engine(sound.url, poolclass=QueuePool, pool_size=2)
    if engine.dialect.name == "sqlite":
        core_event.listen(engine, "connect", unsynced)
    yield engine
    engine.dispose()


def registered(music: Music) -> list[Any]:
    """Return all that listens to the classes and to the class Session."""
    return [event.listeners(cls) for cls in (*music.classes, Session)]


@pytest.mark.parametrize("ending", ["rollback", pytest.param("close", marks=pytest.mark.soak)])
@pytest.mark.parametrize("for_good", [False, True], ids=["once", "from then on"])
@pytest.mark.parametrize(
    ("sound", "numbers"), parts("sqlite", "postgresql", "mariadb"), indirect=["sound"]
)
def test_a_listener_that_fails_at_any_call_leaves_the_rows_before_or_after(
    sound: Engine, working: Engine, numbers: range, for_good: bool, ending: Ending
) -> None:
    music, listeners, at = declare(sound), Listeners(fail), 0

    def arm(session: Session) -> Callable[[str], None]:
        listeners.attach_to_session(session)
        listeners.arm(lambda number, name: 0 < at <= number if for_good else number == at)
        return listeners.heard

    listeners.attach_to_classes(music)
    known = registered(music)
    expected = (ListenerFailedError, AfterCommitErrors)
    trial = Trial(music, sound, working, arm, listeners.disarm, expected)
    trial.undisturbed()
    names = list(listeners.called)
    assert {f"{name} LiveTrack" for name in MAPPER} | KINDS <= set(names)
    assert set(SESSION) <= set(names)
    found = {}
    for at in up_to(len(names), numbers):
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            wrong = trial.disturbed(ending)
        if trial.error is None and RollbackListenerWarning not in [w.category for w in told]:
            wrong.append("the failure of a listener was lost")
        if wrong:
            found[f"{at} of {len(names)}, {names[at - 1]}"] = wrong
    assert (found, registered(music)) == ({}, known)

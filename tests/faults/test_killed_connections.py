"""The server ends the connection within each event in turn: rows are before or after it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, PendingRollbackError

from cormorant import Session
from tests.music import declare

from .chunks import parts, up_to
from .killers import killer_of
from .listeners import Listeners
from .trial import Ending, Trial

pytestmark = pytest.mark.filterwarnings("ignore::cormorant.exc.RollbackListenerWarning")

EXPECTED = (DBAPIError, PendingRollbackError)
"""The second where the work goes on after a savepoint could not be rolled back."""


def killed(sound: Engine, numbers: range | None, ending: Ending) -> dict[str, list[str]]:
    """Kill at the calls of these numbers, or at the first of each event; say what broke."""
    music, at = declare(sound), 0
    found, noticed = {}, 0
    listeners = Listeners(lambda name: killer.kill(name))
    listeners.attach_to_classes(music)
    with killer_of(sound, listeners.heard) as (engine, killer):

        def arm(session: Session) -> Callable[[str], None]:
            listeners.attach_to_session(session)
            listeners.arm(lambda number, name: number == at)
            return listeners.heard

        trial = Trial(music, sound, engine, arm, listeners.disarm, EXPECTED)
        trial.undisturbed()
        names = list(listeners.called)
        for at in first_of_each(names) if numbers is None else up_to(len(names), numbers):
            wrong = trial.disturbed(ending)
            noticed += trial.error is not None
            if isinstance(trial.error, DBAPIError) and not trial.error.connection_invalidated:
                wrong.append(f"{trial.error!r} does not say that the connection is lost")
            if wrong:
                found[f"{at} of {len(names)}, {names[at - 1]}"] = wrong
        assert noticed > 0
    return found


def first_of_each(names: list[str]) -> list[int]:
    """Return the number of the call where each event fires first, on whatever class."""
    events = [name.split()[0] for name in names]
    return sorted(events.index(event) + 1 for event in set(events))


SERVERS = [
    pytest.param(name, marks=getattr(pytest.mark, name)) for name in ("postgresql", "mariadb")
]


@pytest.mark.parametrize("sound", SERVERS, indirect=True)
def test_a_connection_that_is_killed_in_any_event_leaves_the_rows_before_or_after(
    sound: Engine,
) -> None:
    assert killed(sound, None, "rollback") == {}


@pytest.mark.soak
@pytest.mark.parametrize("ending", ["rollback", "close"])
@pytest.mark.parametrize(("sound", "numbers"), parts("postgresql", "mariadb"), indirect=["sound"])
def test_a_connection_that_is_killed_at_any_call_leaves_the_rows_before_or_after(
    sound: Engine, numbers: range, ending: Ending
) -> None:
    assert killed(sound, numbers, ending) == {}

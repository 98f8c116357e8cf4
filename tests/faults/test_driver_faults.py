"""The driver fails at every call of a transaction in turn: rows are before or after it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.exc import DBAPIError, PendingRollbackError

from cormorant import Session
from tests.music import declare

from .chunks import parts, up_to
from .drivers import Faults, Mode, failing_engine
from .program import nothing
from .trial import Ending, Trial

pytestmark = pytest.mark.filterwarnings("ignore::cormorant.exc.RollbackListenerWarning")

EXPECTED = (DBAPIError, PendingRollbackError)
"""The second where the work goes on after a savepoint could not be rolled back."""

KINDS = ("execute SELECT", "execute INSERT", "execute SAVEPOINT", "execute RELEASE", "commit")


@pytest.fixture(params=["fast", "core"])
def failing(sound: Engine, request: pytest.FixtureRequest) -> Iterator[tuple[Engine, Faults]]:
    """Give an engine on the same database whose driver fails on demand, on each road."""
    engine, faults = failing_engine(sound)
    if request.param == "core":
        event.listen(engine, "before_cursor_execute", lambda *arguments: None)
    yield engine, faults
    engine.dispose()


@pytest.mark.parametrize("ending", ["rollback", pytest.param("close", marks=pytest.mark.soak)])
@pytest.mark.parametrize("mode", ["before", "after", "from then on"])
@pytest.mark.parametrize(
    ("sound", "numbers"), parts("sqlite", "postgresql", "mariadb"), indirect=["sound"]
)
def test_a_driver_that_fails_at_any_call_leaves_the_rows_before_or_after(
    sound: Engine, numbers: range, failing: tuple[Engine, Faults], mode: Mode, ending: Ending
) -> None:
    engine, faults = failing
    at = 0

    def arm(session: Session) -> Callable[[str], None]:
        faults.arm(at, mode)
        return nothing

    trial = Trial(declare(sound), sound, engine, arm, faults.disarm, EXPECTED)
    trial.undisturbed()
    names = list(faults.names)
    assert set(KINDS) <= set(names)
    found = {}
    for at in up_to(len(names), numbers):
        wrong = trial.disturbed(ending)
        if wrong:
            found[f"{at} of {len(names)}, {names[at - 1]}"] = wrong
    assert found == {}

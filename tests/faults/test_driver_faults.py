"""The driver fails at every call of a transaction in turn: rows are before or after it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.exc import DBAPIError

from cormorant import Session
from cormorant.sql.errors import NamedError
from tests.people import People, declare

from .drivers import Faults, Mode, failing_engine
from .program import AFTER, BEFORE, Work, prepare, rows_of

pytestmark = pytest.mark.filterwarnings("ignore::cormorant.exc.RollbackListenerWarning")


@pytest.fixture(params=["fast", "core"])
def failing(sound: Engine, request: pytest.FixtureRequest) -> Iterator[tuple[Engine, Faults]]:
    """Give an engine on the same database whose driver fails on demand, on each road."""
    engine, faults = failing_engine(sound)
    if request.param == "core":
        event.listen(engine, "before_cursor_execute", lambda *arguments: None)
    yield engine, faults
    engine.dispose()


def calls_of_the_work(people: People, sound: Engine, engine: Engine, faults: Faults) -> list[str]:
    """Run the work undisturbed; return the names of the driver's calls."""
    prepare(people, sound)
    engine.connect().close()
    with Session(engine) as session:
        work = Work(people, session)
        faults.arm(0, "before")
        work.run()
        names = list(faults.names)
        faults.disarm()
    assert rows_of(people, sound) == AFTER
    assert work.said == ["committed", "savepoint committed"]
    return names


def disturbed(
    people: People, sound: Engine, engine: Engine, faults: Faults, at: int, mode: Mode
) -> Any:
    """Run the work with a fault; return what is wrong afterwards, [] when all is well."""
    prepare(people, sound)
    engine.connect().close()
    session = Session(engine)
    work = Work(people, session)
    faults.arm(at, mode)
    error: Any = None
    try:
        work.run()
    except DBAPIError as caught:
        error = caught
    session.rollback()
    faults.disarm()
    rows, said = rows_of(people, sound), list(work.said)
    wrong = []
    if not isinstance(error, NamedError) and not (error is None and rows == AFTER):
        wrong.append(f"error {error!r}")
    if rows not in (BEFORE, AFTER):
        wrong.append(f"rows between: {rows}")
    if len(said) != len(set(said)) or ("committed" in said and rows != AFTER):
        wrong.append(f"callbacks {said}")
    if "committed" not in said and said != ["rolled back"]:
        wrong.append(f"callbacks {said}")
    if work.seen() != rows:
        wrong.append(f"the session shows {work.seen()}")
    if rows == BEFORE:
        session.rollback()
        work.said.clear()
        work.run()
        if (rows_of(people, sound), work.said) != (AFTER, ["committed", "savepoint committed"]):
            wrong.append(f"second try: {rows_of(people, sound)} {work.said}")
    session.close()
    if engine.pool.checkedout() != 0:  # type: ignore[attr-defined] # a QueuePool
        wrong.append("a connection is not back in the pool")
    return wrong


@pytest.mark.parametrize("mode", ["before", "after", "from then on"])
def test_a_driver_that_fails_at_any_call_leaves_the_rows_before_or_after(
    sound: Engine, failing: tuple[Engine, Faults], mode: Mode
) -> None:
    engine, faults = failing
    people = declare(sound)
    names = calls_of_the_work(people, sound, engine, faults)
    assert {"execute", "commit"} <= set(names)
    found = {}
    for at in range(1, len(names) + 1):
        wrong = disturbed(people, sound, engine, faults, at, mode)
        if wrong:
            found[f"{at} of {len(names)}, {names[at - 1]}"] = wrong
    assert found == {}

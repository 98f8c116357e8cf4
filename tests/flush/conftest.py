"""A database in memory that tells every statement its driver runs, on both roads to SQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy import event as core_event
from sqlalchemy.pool import StaticPool

from cormorant import Session, event
from tests.people import People, declare

from .stories import PLACES, Stage, stage_at

MAPPER_EVENTS = [
    f"{when}_{what}" for what in ("insert", "update", "delete") for when in ("before", "after")
]


def hear(log: list[str], *classes: Any) -> None:
    """Write the mapper events of classes into the log: event and class."""
    for cls in classes:
        for name in MAPPER_EVENTS:
            event.listen(cls, name, writer(log, f"{name} {cls.__name__}"), propagate=False)


def log_of(*classes: Any) -> list[str]:
    """Return a log that the mapper events of classes are written into."""
    log: list[str] = []
    hear(log, *classes)
    return log


def writer(log: list[str], text: str) -> Callable[..., None]:
    """Make a listener that writes a text."""

    def write(*arguments: Any) -> None:
        log.append(text)

    return write


def hear_session(log: list[str], session: Session, *names: str) -> None:
    """Write session events into the log."""
    for name in names:
        event.listen(session, name, writer(log, name))


@dataclass(frozen=True, slots=True)
class Written:
    """The statements of the driver so far, values inside, without transaction control."""

    engine: Engine
    people: People
    statements: list[str] = field(default_factory=list)

    def take(self) -> list[str]:
        """Return the writing statements since the last call."""
        found = [text for text in self.statements if text.startswith(("INS", "UPD", "DEL"))]
        self.statements.clear()
        return found


def store(written: Written, session: Session, *objects: Any) -> None:
    """Commit new objects, load them again as given, and forget the statements that it took."""
    given = [{key: vars(obj)[key] for key in vars(obj) if key[0] != "_"} for obj in objects]
    session.add_all(objects)
    session.commit()
    for obj, values in zip(objects, given, strict=True):
        assert {key: getattr(obj, key) for key in values} == values != {}
    written.take()


@pytest.fixture(params=["fast", "core"])
def written(request: pytest.FixtureRequest) -> Iterator[Written]:
    """Give an engine with the tables made, and its statements, on each road."""
    engine = create_engine("sqlite://", poolclass=StaticPool)
    found = Written(engine, declare(engine))
    if request.param == "core":
        core_event.listen(engine, "before_cursor_execute", lambda *arguments: None)
    with engine.connect() as connection:
        driver: Any = connection.connection.dbapi_connection
        driver.set_trace_callback(found.statements.append)
    found.statements.clear()
    yield found
    engine.dispose()


@pytest.fixture
def stage(request: pytest.FixtureRequest) -> Stage:
    """Give rows of music at the place that the test names; the log has their mapper events."""
    found = stage_at(request.param, request.getfixturevalue(PLACES[request.param]))
    hear(found.log, *found.music.classes)
    return found

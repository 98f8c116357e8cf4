"""A database in memory that tells every statement its driver runs, on both roads to SQL."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.pool import StaticPool

from tests.people import People, declare


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


@pytest.fixture(params=["fast", "core"])
def written(request: pytest.FixtureRequest) -> Iterator[Written]:
    """Give an engine with the tables made, and its statements, on each road."""
    engine = create_engine("sqlite://", poolclass=StaticPool)
    found = Written(engine, declare(engine))
    if request.param == "core":
        event.listen(engine, "before_cursor_execute", lambda *arguments: None)
    with engine.connect() as connection:
        driver: Any = connection.connection.dbapi_connection
        driver.set_trace_callback(found.statements.append)
    found.statements.clear()
    yield found
    engine.dispose()

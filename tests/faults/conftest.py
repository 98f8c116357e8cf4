"""The databases whose rows are looked at while something fails."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine, event

ENGINES = {
    "sqlite": "sqlite_file_engine",
    "postgresql": "postgresql_engine",
    "mariadb": "mariadb_engine",
}


def unsynced(connection: Any, record: Any) -> None:
    """Let thousands of commits of SQLite wait for no disk: nobody pulls the plug here."""
    connection.execute("PRAGMA synchronous=OFF")


@pytest.fixture
def sound(request: pytest.FixtureRequest) -> Engine:
    """Give an engine whose driver never fails, on the database that the test names."""
    engine: Engine = request.getfixturevalue(ENGINES[request.param])
    if request.param == "sqlite":
        event.listen(engine, "connect", unsynced)
    return engine

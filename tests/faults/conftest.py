"""The databases whose rows are looked at while something fails."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine


@pytest.fixture(
    params=[
        pytest.param("sqlite_file_engine", id="sqlite"),
        pytest.param("postgresql_engine", id="postgresql", marks=pytest.mark.postgresql),
        pytest.param("mariadb_engine", id="mariadb", marks=pytest.mark.mariadb),
    ]
)
def sound(request: pytest.FixtureRequest) -> Engine:
    """Give an engine whose driver never fails, on each kind of database."""
    engine: Engine = request.getfixturevalue(request.param)
    return engine

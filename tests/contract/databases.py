"""Fresh databases for the two runs of a scenario, each with a second connection to look from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import URL, Engine, MetaData, create_engine, event, select
from sqlalchemy.pool import NullPool

from tests.databases import Place

SQLITE = ("sqlite",)
BOTH = ("sqlite", "postgresql")
EVERY = ("sqlite", "postgresql", "mariadb")


def place_of(kind: str, request: pytest.FixtureRequest) -> Place | None:
    """Return this worker's database on the server of `kind`; None for SQLite."""
    if kind == "sqlite":
        return None
    place: Place = request.getfixturevalue(f"{kind}_place")
    return place


@contextmanager
def fresh_database(place: Place | None) -> Iterator[Engine]:
    """Yield an engine on `place`, or on a new SQLite file; it is empty before and after."""
    with sqlite_file() if place is None else emptied(place) as url:
        engine = create_engine(url)
        try:
            yield engine
        finally:
            engine.dispose()


@contextmanager
def sqlite_file() -> Iterator[URL]:
    """Yield the URL of a new SQLite file: unlike a memory one it has second connections."""
    with TemporaryDirectory() as folder:
        yield URL.create("sqlite", database=str(Path(folder) / "contract.db"))


@contextmanager
def emptied(place: Place) -> Iterator[URL]:
    """Yield the URL of `place`; empty it afterwards."""
    try:
        yield place.url
    finally:
        place.empty()


def strict(engine: Engine) -> None:
    """Let SQLite hold foreign keys and act on them, as other databases do."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", lambda raw, _: raw.execute("PRAGMA foreign_keys=ON"))
        engine.dispose()  # connections of before would go on without


def rows_seen(engine: Engine) -> dict[str, list[str]]:
    """Return the rows of every table as a second connection sees them, sorted, as text."""
    observer = create_engine(engine.url, poolclass=NullPool)
    with observer.connect() as connection:
        metadata = MetaData()
        metadata.reflect(connection)
        return {
            table.name: sorted(repr(tuple(row)) for row in connection.execute(select(table)))
            for table in sorted(metadata.tables.values(), key=lambda table: table.name)
        }

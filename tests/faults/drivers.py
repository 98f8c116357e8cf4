"""Drivers that fail on demand: every call of a connection or cursor is counted and may raise."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

import psycopg
import pymysql
import pymysql.cursors
from sqlalchemy import Engine, create_engine
from sqlalchemy.pool import QueuePool

Mode = Literal["before", "after", "from then on"]
"""One failure before the call does its work, one after, or all calls from there on."""


@dataclass(slots=True)
class Faults:
    """Counts calls; raises at call number `at` (1 is the first), 0 = never."""

    make: Callable[[], Exception]
    at: int = 0
    mode: Mode = "before"
    names: list[str] = field(default_factory=list)

    def arm(self, at: int, mode: Mode) -> None:
        """Begin to count, and fail at call number `at`."""
        self.names.clear()
        self.at, self.mode = at, mode

    def disarm(self) -> None:
        """Let all calls go through, uncounted."""
        self.at = -1

    @contextmanager
    def call(self, name: str) -> Iterator[None]:
        """Stand around one call."""
        if self.at < 0:
            yield
            return
        self.names.append(name)
        number = len(self.names)
        due = number == self.at or (self.mode == "from then on" and 0 < self.at <= number)
        if due and self.mode != "after":
            raise self.make()
        yield
        if due and self.mode == "after":
            raise self.make()


def failing_cursor(base: Any, faults: Faults) -> Any:
    """Return a subclass of a driver's cursor class whose calls may fail."""

    class Cursor(base):  # type: ignore[misc] # the base is chosen at run time
        def execute(self, sql: Any, *arguments: Any, **options: Any) -> Any:
            with faults.call(f"execute {verb_of(sql)}"):
                return super().execute(sql, *arguments, **options)

        def executemany(self, sql: Any, *arguments: Any, **options: Any) -> Any:
            with faults.call(f"executemany {verb_of(sql)}"):
                return super().executemany(sql, *arguments, **options)

        def fetchone(self) -> Any:
            with faults.call("fetchone"):
                return super().fetchone()

        def fetchmany(self, *arguments: Any) -> Any:
            with faults.call("fetchmany"):
                return super().fetchmany(*arguments)

        def fetchall(self) -> Any:
            with faults.call("fetchall"):
                return super().fetchall()

        def close(self) -> None:
            super().close()  # one that stays open would hold its locks
            with faults.call("close cursor"):
                pass

    return Cursor


def verb_of(sql: Any) -> str:
    """Return the first word of a statement; PyMySQL's long ones are a bytearray."""
    text = bytes(sql).decode() if isinstance(sql, bytes | bytearray) else str(sql)
    return text.split(None, 1)[0]


def failing_connection(base: Any, faults: Faults) -> Any:
    """Return a subclass of a driver's connection class whose calls may fail."""

    class Connection(base):  # type: ignore[misc] # as above
        def cursor(self, *arguments: Any, **options: Any) -> Any:
            with faults.call("cursor"):
                return super().cursor(*arguments, **options)

        def commit(self) -> None:
            with faults.call("commit"):
                super().commit()

        def rollback(self) -> None:
            with faults.call("rollback"):
                super().rollback()

        def close(self) -> None:
            super().close()  # a lost connection holds no locks either
            with faults.call("close connection"):
                pass

    return Connection


def failing_sqlite(engine: Engine, faults: Faults) -> Callable[[], Any]:
    """Return what opens the SQLite file of an engine with a failing driver."""
    cursor_class = failing_cursor(sqlite3.Cursor, faults)

    class Connection(failing_connection(sqlite3.Connection, faults)):  # type: ignore[misc] # as above
        def cursor(self, factory: Any = cursor_class) -> Any:
            return super().cursor(factory)

    arguments, options = engine.dialect.create_connect_args(engine.url)

    def connect() -> Any:
        opened = sqlite3.connect(*arguments, factory=Connection, **options)
        opened.execute("PRAGMA synchronous=OFF")
        return opened

    return connect


def failing_postgresql(engine: Engine, faults: Faults) -> Callable[[], Any]:
    """Return what connects to the PostgreSQL database of an engine with a failing driver."""
    connection_class = failing_connection(psycopg.Connection, faults)
    cursor_class = failing_cursor(psycopg.Cursor, faults)
    arguments, options = engine.dialect.create_connect_args(engine.url)
    return lambda: connection_class.connect(*arguments, cursor_factory=cursor_class, **options)


def failing_mariadb(engine: Engine, faults: Faults) -> Callable[[], Any]:
    """Return what connects to the MariaDB database of an engine with a failing driver."""
    connection_class = failing_connection(pymysql.connections.Connection, faults)
    cursor_class = failing_cursor(pymysql.cursors.Cursor, faults)
    arguments, options = engine.dialect.create_connect_args(engine.url)
    return lambda: connection_class(*arguments, cursorclass=cursor_class, **options)


CONNECTORS = {
    "sqlite": (failing_sqlite, lambda: sqlite3.OperationalError("a fault of the test")),
    "postgresql": (failing_postgresql, lambda: psycopg.OperationalError("a fault of the test")),
    "mysql": (failing_mariadb, lambda: pymysql.OperationalError(1105, "a fault of the test")),
    "mariadb": (failing_mariadb, lambda: pymysql.OperationalError(1105, "a fault of the test")),
}


def failing_engine(engine: Engine) -> tuple[Engine, Faults]:
    """Return another engine on the same database, whose driver fails on demand, and its faults."""
    connector, make = CONNECTORS[engine.dialect.name]
    faults = Faults(make)
    faults.disarm()
    failing = create_engine(
        engine.url, creator=connector(engine, faults), poolclass=QueuePool, pool_size=2
    )
    return failing, faults

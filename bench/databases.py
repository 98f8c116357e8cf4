"""The databases to measure on: how to reach them, and whose CPU time counts."""

import os
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import URL, Engine, create_engine, make_url

from bench.statements import PostgresqlStatements, SqliteStatements, Statements

try:
    import psycopg
except ImportError:  # only `--database postgresql` needs the driver
    psycopg = None  # type: ignore[assignment]

LOCAL_POSTGRESQL = "postgresql+psycopg://postgres@127.0.0.1:5432/postgres"


class DatabaseUnavailable(Exception):
    """The database asked for cannot be reached."""


class Database(Protocol):
    """A place to measure on; every adapter gets tables of its own there."""

    name: str
    statements: Statements

    def connect(self, adapter: str) -> Any:
        """Return a new connection of the bare driver for `adapter`."""

    def engine(self, adapter: str) -> Engine:
        """Return a Core engine with one connection for `adapter`."""

    def clock(self, cursor: Any) -> Callable[[], int]:
        """Return a clock of CPU nanoseconds for work done through the cursor's connection."""

    def describe(self) -> str:
        """Return server, driver and clock in one line."""

    def close(self) -> None:
        """Remove whatever was made for the measurement."""


class SqliteMemory:
    """SQLite in memory: one database per adapter."""

    name = "sqlite"
    statements: Statements = SqliteStatements()

    def connect(self, adapter: str) -> sqlite3.Connection:
        """Return a connection to a new empty database."""
        return sqlite3.connect(":memory:")

    def engine(self, adapter: str) -> Engine:
        """Return an engine whose only connection is a new empty database."""
        return create_engine("sqlite://")

    def clock(self, cursor: Any) -> Callable[[], int]:
        """Return the CPU clock of this process; SQLite runs inside it."""
        return time.process_time_ns

    def describe(self) -> str:
        """Return the version of the SQLite library."""
        return f"SQLite {sqlite3.sqlite_version} in memory; CPU time of this process"

    def close(self) -> None:
        """Do nothing: the databases end with their connections."""


class Postgresql:
    """A PostgreSQL server: one database for the run, one schema per adapter."""

    name = "postgresql"
    statements: Statements = PostgresqlStatements()

    def __init__(self, url: str) -> None:
        if psycopg is None:
            raise DatabaseUnavailable("PostgreSQL needs the driver psycopg 3: install psycopg.")
        self._server = make_url(url).set(drivername="postgresql+psycopg")
        self._database = f"cormorant_bench_{os.getpid()}"
        self._clock = "client"
        self._cores = _cores()
        try:
            self._admin(f"CREATE DATABASE {self._database}")
        except psycopg.OperationalError as problem:
            shown = self._server.render_as_string(hide_password=True)
            raise DatabaseUnavailable(
                f"No PostgreSQL at {shown}: {problem}. "
                f"Set CORMORANT_TEST_POSTGRESQL or pass the URL as --database."
            ) from None

    def connect(self, adapter: str) -> Any:
        """Return a connection whose search path is the adapter's own schema."""
        self._make_schema(adapter)
        return psycopg.connect(self._dsn(self._url()), options=_search_path(adapter))

    def engine(self, adapter: str) -> Engine:
        """Return an engine of one connection in the adapter's own schema."""
        self._make_schema(adapter)
        options = {"options": _search_path(adapter)}
        return create_engine(self._url(), connect_args=options, pool_size=1, max_overflow=0)

    def clock(self, cursor: Any) -> Callable[[], int]:
        """Return the CPU clock of this process plus, where /proc shows it, of the backend."""
        cursor.execute("SELECT pg_backend_pid()")
        backend = cursor.fetchone()[0]
        schedule = Path(f"/proc/{backend}/schedstat")
        if not _is_backend(schedule):
            return time.process_time_ns
        self._clock = "client and backend"
        if self._share_core(backend):
            self._clock += ", both on one core"
        return lambda: time.process_time_ns() + int(schedule.read_bytes().split()[0])

    def describe(self) -> str:
        """Return the versions of server and driver, and what the clock counts."""
        with psycopg.connect(self._dsn(self._server)) as connection:
            version = connection.info.parameter_status("server_version")
        driver = f"psycopg {psycopg.__version__} ({psycopg.pq.__impl__})"
        return f"PostgreSQL {version}, {driver}; CPU time of {self._clock}"

    def close(self) -> None:
        """Drop the database of this run and give back the cores."""
        if self._cores:
            os.sched_setaffinity(0, self._cores)
        self._admin(f"DROP DATABASE IF EXISTS {self._database} WITH (FORCE)")

    def _share_core(self, backend: int) -> bool:
        """Put this process and the backend on one core, where the system lets us.

        Left alone they move between one core and two, and a point query then costs 45 or 95 us
        of CPU by chance: no ratio of such figures means anything.
        """
        if not self._cores:
            return False
        core = {max(self._cores)}
        try:
            os.sched_setaffinity(backend, core)
            os.sched_setaffinity(0, core)
        except OSError:
            return False
        return True

    def _admin(self, statement: str) -> None:
        with psycopg.connect(self._dsn(self._server), autocommit=True) as connection:
            connection.execute(statement)

    def _make_schema(self, adapter: str) -> None:
        with psycopg.connect(self._dsn(self._url())) as connection:
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {adapter}")

    def _url(self) -> URL:
        return self._server.set(database=self._database)

    def _dsn(self, url: URL) -> str:
        return url.set(drivername="postgresql").render_as_string(hide_password=False)


def _search_path(adapter: str) -> str:
    return f"-c search_path={adapter}"


def _cores() -> set[int]:
    """Return the cores this process may use; none where the system does not tell."""
    return os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()


def _is_backend(schedule: Path) -> bool:
    """Tell whether the server's process is visible here; its number alone proves nothing."""
    try:
        schedule.read_bytes()
        return "postgres" in (schedule.parent / "comm").read_text()
    except OSError:
        return False


def open_database(wanted: str) -> Database:
    """Return the database named `sqlite` or `postgresql`, or reached by a PostgreSQL URL."""
    if wanted == "sqlite":
        return SqliteMemory()
    if wanted == "postgresql":
        return Postgresql(os.environ.get("CORMORANT_TEST_POSTGRESQL", LOCAL_POSTGRESQL))
    if wanted.startswith("postgresql"):
        return Postgresql(wanted)
    raise DatabaseUnavailable(
        f"No database {wanted!r} here: use 'sqlite', 'postgresql' or a postgresql:// URL."
    )

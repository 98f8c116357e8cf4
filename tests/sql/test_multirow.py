"""Many rows in one INSERT on SQLite: what is written and which keys come back."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from cormorant.sql import wire
from cormorant.sql.multirow import SIZES
from cormorant.sql.writes import WritePlan, insert_plan

COUNT = sum(SIZES) + 7

GREATEST = 2**63 - 1

LOG = "CREATE TABLE log (id INTEGER PRIMARY KEY, about TEXT)"
OWN = "INSERT INTO \"odd VALUES (?)\" (name) VALUES ('made')"

PREPARATIONS = {
    "nothing": [],
    "other rows": ["INSERT INTO \"odd VALUES (?)\" VALUES (5, 'old', 0), (70, 'old', 0)"],
    "greatest key taken": [f"INSERT INTO \"odd VALUES (?)\" VALUES ({GREATEST}, 'old', 0)"],
    "greatest key near": [f"INSERT INTO \"odd VALUES (?)\" VALUES ({GREATEST - 50}, 'old', 0)"],
    "trigger on another table": [
        LOG,
        'CREATE TRIGGER tell AFTER INSERT ON "odd VALUES (?)" '
        "BEGIN INSERT INTO log (about) VALUES (new.name), (new.name); END",
    ],
    "trigger on the table itself": [
        'CREATE TRIGGER double AFTER INSERT ON "odd VALUES (?)" '
        f"WHEN new.name = 'new20' BEGIN {OWN}; END",
    ],
    "trigger before": [
        'CREATE TRIGGER double BEFORE INSERT ON "odd VALUES (?)" '
        f"WHEN new.name LIKE 'new%' BEGIN {OWN}; END",
    ],
}


@pytest.fixture(params=[False, True], ids=["rowid", "autoincrement"])
def table(request: pytest.FixtureRequest) -> sa.Table:
    return sa.Table(
        "odd VALUES (?)",
        sa.MetaData(),
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(20), nullable=False),
        sa.Column("?, ?", sa.Integer, unique=True, sqlite_on_conflict_unique="IGNORE"),
        sqlite_autoincrement=request.param,
    )


@pytest.fixture
def connection(sqlite_engine: Engine, table: sa.Table) -> Iterator[Connection]:
    with sqlite_engine.connect() as connection, connection.begin():
        table.metadata.create_all(connection)
        yield connection


def statements(connection: Connection) -> list[str]:
    """Collect the SQL that the driver runs from now on, without Core's knowing."""
    heard: list[str] = []
    connection.connection.dbapi_connection.set_trace_callback(heard.append)  # type: ignore[union-attr] # sqlite3 has it
    return heard


def named(table: sa.Table, dialect: Any) -> WritePlan:
    return insert_plan(table, [table.c.name], dialect)


def new_rows(count: int) -> list[tuple[str]]:
    return [(f"new{number}",) for number in range(count)]


def keys_by_name(connection: Connection, table: sa.Table) -> dict[str, int]:
    query = sa.select(table.c.name, table.c.id).where(table.c.name.like("new%"))
    return {row.name: row.id for row in connection.execute(query)}


# AUTOINCREMENT makes no key at all after the greatest one.
@pytest.mark.parametrize(
    ("prepared", "table"),
    [(name, own) for name in PREPARATIONS for own in (False, True)[: 1 + ("key" not in name)]],
    indirect=["table"],
)
def test_each_key_is_that_of_its_row(
    connection: Connection, table: sa.Table, prepared: str
) -> None:
    for statement in PREPARATIONS[prepared]:
        connection.exec_driver_sql(statement)
    rows = new_rows(COUNT)
    keys = wire.run_each(connection, named(table, connection.dialect), rows, "fast")
    assert dict(zip([name for (name,) in rows], keys, strict=True)) == keys_by_name(
        connection, table
    )


def rows_per_statement(heard: list[str]) -> list[int]:
    return [sql.count("'new") for sql in heard if sql.startswith("INSERT")]


def test_rows_go_in_few_statements(connection: Connection, table: sa.Table) -> None:
    plan, heard = named(table, connection.dialect), statements(connection)
    wire.run_each(connection, plan, new_rows(COUNT), "fast")
    # One row tells where the count stands; it is undone where keys are not proved.
    assert rows_per_statement(heard) == [1, *SIZES, 4, 1, 1]
    points = [sql for sql in heard if "cormorant" in sql]
    assert points == ["SAVEPOINT cormorant_rows", "RELEASE cormorant_rows"]


def test_rows_whose_keys_nobody_needs_go_in_few_statements(
    connection: Connection, table: sa.Table
) -> None:
    plan, heard = named(table, connection.dialect), statements(connection)
    assert wire.run_many(connection, plan, new_rows(COUNT), "fast") == COUNT
    assert rows_per_statement(heard) == [*SIZES, 4, 1, 1, 1]


def test_few_rows_go_one_by_one(connection: Connection, table: sa.Table) -> None:
    plan, heard = named(table, connection.dialect), statements(connection)
    assert wire.run_each(connection, plan, new_rows(3), "fast") == [1, 2, 3]
    assert rows_per_statement(heard) == [1, 1, 1]


def test_the_limit_of_parameters_is_kept(connection: Connection, table: sa.Table) -> None:
    driver: Any = connection.connection.dbapi_connection
    driver.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 300)
    plan, heard = named(table, connection.dialect), statements(connection)
    assert wire.run_each(connection, plan, new_rows(263), "fast") == list(range(1, 264))
    assert rows_per_statement(heard) == [1, 256, 4, 1, 1]


def test_rows_without_values_go_one_by_one(sqlite_engine: Engine) -> None:
    table = sa.Table("t", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True))
    with sqlite_engine.begin() as connection:
        table.metadata.create_all(connection)
        plan, heard = insert_plan(table, [], connection.dialect), statements(connection)
        assert wire.run_each(connection, plan, [()] * 20, "fast") == list(range(1, 21))
        assert heard[1:] == ["INSERT INTO t DEFAULT VALUES"] * 20


@pytest.mark.parametrize("bad", [0, 7, 300, COUNT - 1])
def test_a_refused_row_leaves_the_transaction_as_it_was(
    connection: Connection, table: sa.Table, bad: int
) -> None:
    rows: list[tuple[Any]] = [*new_rows(COUNT)]
    rows[bad] = (None,)
    plan = named(table, connection.dialect)
    with connection.begin_nested() as point:
        with pytest.raises(sa.exc.IntegrityError, match="NOT NULL"):
            wire.run_each(connection, plan, rows, "fast")
        point.rollback()
    assert keys_by_name(connection, table) == {}
    assert wire.run_each(connection, plan, new_rows(9), "fast") == list(range(1, 10))


def test_rows_that_a_conflict_clause_skips_have_the_key_of_none(
    connection: Connection, table: sa.Table
) -> None:
    plan = insert_plan(table, [table.c.name, table.c["?, ?"]], connection.dialect)
    rows = [(f"new{n}", 1 if n > 500 else n + 1) for n in range(600)]
    keys = wire.run_each(connection, plan, rows, "fast")
    # The driver answers with the last key that was made; row by row it is the same.
    assert keys == [*range(1, 502), *[501] * 99]
    assert list(keys_by_name(connection, table).values()) == list(range(1, 502))

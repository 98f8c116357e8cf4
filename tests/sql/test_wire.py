"""Writing on both roads: the same rows, keys, counts and errors."""

from __future__ import annotations

import datetime
import sqlite3
import traceback
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection, Engine, event

from cormorant.sql import errors, wire
from cormorant.sql.prepared import prepare_select
from cormorant.sql.writes import delete_plan, insert_plan, update_plan
from tests.sql.fakes import USER_COLUMNS, addresses, fill, metadata, user_row, users

SECRET = "s3cret"


@pytest.fixture
def connection(database: Engine) -> Iterator[Connection]:
    with database.connect() as connection, connection.begin():
        fill(connection)
        yield connection


@pytest.fixture(params=["fast", "core"])
def by(request: pytest.FixtureRequest) -> wire.Road:
    road: wire.Road = request.param
    return road


def collected(plan: Any, rows: list[tuple[Any, ...]], by: wire.Road) -> list[tuple[Any, ...]]:
    """Process values as a flush does for the fast road."""
    if by == "core":
        return rows
    assert plan.fast
    return [
        tuple(
            value if processor is None else processor(value)
            for processor, value in zip(plan.processors, row, strict=True)
        )
        for row in rows
    ]


def new_rows(count: int) -> list[tuple[Any, ...]]:
    return [(f"new{n}", *user_row(n, "")[1:]) for n in range(count)]


def stored(connection: Connection) -> list[tuple[Any, ...]]:
    query = sa.select(*USER_COLUMNS).where(users.c.user_name.like("new%"))
    return [tuple(row) for row in connection.execute(query.order_by(users.c.id))]


@pytest.mark.parametrize("count", [1, 7])
def test_inserted_rows_arrive_as_they_were(
    connection: Connection, by: wire.Road, count: int
) -> None:
    plan = insert_plan(users, [users.c.id, *USER_COLUMNS], connection.dialect)
    rows = new_rows(count)
    keyed = [(100 + n, *row) for n, row in enumerate(rows)]
    assert wire.run_many(connection, plan, collected(plan, keyed, by), by) in (count, -1)
    assert stored(connection) == rows


@pytest.mark.parametrize("count", [1, 7])
def test_new_keys_come_in_the_order_of_the_rows(
    connection: Connection, by: wire.Road, count: int
) -> None:
    # The filled rows brought their own keys, which a sequence does not know of.
    connection.execute(addresses.delete())
    connection.execute(users.delete())
    dialect, rows = connection.dialect, new_rows(count)
    if dialect.insert_returning:
        plan = insert_plan(users, USER_COLUMNS, dialect, [users.c.id, users.c.rank])
        given = wire.run_returning(connection, plan, collected(plan, rows, by), by)
        assert [row[1] for row in given if row] == ["sailor"] * count
        keys = [row[0] for row in given if row]
    else:
        plan = insert_plan(users, USER_COLUMNS, dialect)
        keys = wire.run_each(connection, plan, collected(plan, rows, by), by)
    query = sa.select(users.c.user_name, users.c.id).where(users.c.id.in_(keys))
    by_name = {row[0]: row[1] for row in connection.execute(query)}
    assert keys == [by_name[row[0]] for row in rows]


@pytest.mark.parametrize("generated", ["serial", "identity", "sequence", "none"])
def test_postgresql_inserts_many_rows_in_one_statement(
    postgresql_engine: Engine, generated: str
) -> None:
    own = sa.MetaData()
    kinds: dict[str, list[Any]] = {
        "serial": [],
        "identity": [sa.Identity(always=True)],
        "sequence": [sa.Sequence("Counter's", metadata=own)],
        "none": [],
    }
    table = sa.Table(
        "Odd name",
        own,
        sa.Column("the id", sa.Integer, *kinds[generated], primary_key=True),
        *(column._copy() for column in USER_COLUMNS),
        sa.Column("day", sa.Date),
        sa.Column("blob", sa.LargeBinary),
        sa.Column("kind", sa.Enum("one", "two", name="Kind")),
        sa.Column("text", sa.Text),
    )
    columns = list(table.c)[1:]
    rows = [
        (*user_row(n, f"new{n}"), datetime.date(2020, 1, 1 + n), b"\0" * n, "two", None)
        for n in range(9)
    ]
    with postgresql_engine.begin() as connection:
        own.create_all(connection)
        if generated == "none":
            connection.exec_driver_sql(
                "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS "
                '\'BEGIN NEW."the id" = NEW."the id" * 10; RETURN NEW; END\''
            )
            connection.exec_driver_sql(
                'CREATE TRIGGER t BEFORE INSERT ON "Odd name" FOR EACH ROW EXECUTE FUNCTION f()'
            )
        plan = insert_plan(table, columns, connection.dialect, [table.c["the id"]])
        for _round in range(2):
            given = wire.run_returning(connection, plan, collected(plan, rows, "fast"), "fast")
            keys = [row[0] for row in given if row]
            stored_rows = {row[0]: tuple(row[1:]) for row in connection.execute(table.select())}
            assert [stored_rows[key] for key in keys] == rows
            connection.execute(table.delete())
        assert (plan.bulk is None) == (generated == "none")


def test_a_mix_of_types_that_no_array_takes_goes_row_by_row(postgresql_engine: Engine) -> None:
    with postgresql_engine.begin() as connection:
        fill(connection)
        connection.execute(addresses.delete())
        connection.execute(users.delete())
        plan = insert_plan(users, [users.c.balance], connection.dialect, [users.c.id])
        rows: list[tuple[Any, ...]] = [(Decimal("1.5"),), (2,), (None,), (3.5,), (4,)]
        given = wire.run_returning(connection, plan, rows, "fast")
        query = sa.select(users.c.balance).order_by(users.c.id)
        assert plan.bulk
        assert len(given) == 5
        assert connection.scalars(query).all() == [
            Decimal("1.50"),
            Decimal("2.00"),
            None,
            Decimal("3.50"),
            Decimal("4.00"),
        ]


def test_a_text_that_is_too_long_is_not_cut_off(postgresql_engine: Engine) -> None:
    with postgresql_engine.begin() as connection:
        fill(connection)
        plan = insert_plan(users, [users.c.user_name], connection.dialect, [users.c.id])
        rows = [(f"{n}" * 40,) for n in range(5)]
        with connection.begin_nested() as point:
            with pytest.raises(sa.exc.DataError, match="too long"):
                wire.run_returning(connection, plan, rows, "fast")
            point.rollback()


def test_keys_by_lastrowid(connection: Connection, by: wire.Road) -> None:
    if connection.dialect.name == "postgresql":
        plan = insert_plan(users, [users.c.id, users.c.user_name], connection.dialect)
        assert wire.run_one(connection, plan, (50, "new"), by)[0] in (1, -1)
        return
    plan = insert_plan(users, [users.c.user_name], connection.dialect)
    assert wire.run_each(connection, plan, [("x",), ("y",)], by) == [6, 7]
    assert wire.run_one(connection, plan, ("z",), by)[1] == 8


def test_updates_count_the_rows_they_find(connection: Connection, by: wire.Road) -> None:
    plan = update_plan(users, [users.c.balance, users.c.age], [users.c.id], connection.dialect)
    rows = [(Decimal("7.50"), 1, 1), (Decimal("8.50"), 2, 2), (Decimal("9.50"), 3, 99)]
    assert wire.run_many(connection, plan, collected(plan, rows, by), by) == 2
    # The same values again: found rows count, not changed ones.
    assert wire.run_many(connection, plan, collected(plan, rows[:1], by), by) == 1
    query = sa.select(users.c.balance, users.c.age).where(users.c.id < 3).order_by(users.c.id)
    found = [tuple(row) for row in connection.execute(query)]
    assert found == [(Decimal("7.50"), 1), (Decimal("8.50"), 2)]


def test_updates_return_none_for_a_row_that_is_not_there(
    connection: Connection, by: wire.Road
) -> None:
    dialect = connection.dialect
    plan = update_plan(
        users, [users.c.age], [users.c.id], dialect, [users.c.rank, users.c.balance]
    )
    rows = [(11, 1), (12, 99), (13, 3)]
    road: wire.Road = by if plan.fast else "core"
    assert wire.run_returning(connection, plan, collected(plan, rows, road), road) == [
        ("sailor", Decimal("1.25")),
        None,
        ("sailor", Decimal("3.75")),
    ]


def test_null_finds_null_where_it_is_asked_to(connection: Connection, by: wire.Road) -> None:
    connection.execute(users.update().where(users.c.id == 1).values(age=None))
    where = [users.c.id, users.c.age]
    strict = update_plan(users, [users.c.ratio], where, connection.dialect)
    assert wire.run_many(connection, strict, collected(strict, [(9.5, 1, None)], by), by) == 0
    safe = update_plan(users, [users.c.ratio], where, connection.dialect, null_safe=[users.c.age])
    assert wire.run_many(connection, safe, collected(safe, [(9.5, 1, None)], by), by) == 1


def test_deletes_count_the_rows_they_find(connection: Connection, by: wire.Road) -> None:
    plan = delete_plan(users, [users.c.id], connection.dialect)
    assert wire.run_many(connection, plan, [(3,), (4,), (99,)], by) == 2
    assert connection.scalar(sa.select(sa.func.count()).select_from(users)) == 3


WRONG: dict[str, tuple[dict[str, Any], type[Exception], str]] = {
    "unique": ({"id": 1, "user_name": SECRET}, sa.exc.IntegrityError, "unique constraint"),
    "too long": ({"id": 50, "user_name": SECRET * 9}, sa.exc.DataError, "too long"),
    "foreign key": ({"id": 50, "uid": 7777}, sa.exc.IntegrityError, "foreign key"),
    "not null": ({"id": 50, "uid": None}, sa.exc.IntegrityError, "NOT NULL constraint"),
    "out of range": ({"id": 50, "age": 2**70}, sa.exc.DataError, "out of range"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_errors_are_core_classes_that_name_the_table_and_no_value(
    connection: Connection, by: wire.Road, kind: str
) -> None:
    values, expected, words = WRONG[kind]
    sqlite = connection.dialect.name == "sqlite"
    if sqlite and kind in ("foreign key", "too long"):
        # SQLite checks neither unless told to: there the row is simply written.
        words = ""
    table = addresses if "uid" in values else users
    plan = insert_plan(table, [table.c[key] for key in values], connection.dialect, owner="Thing")
    point = connection.begin_nested()
    try:
        wire.run_many(connection, plan, collected(plan, [tuple(values.values())], by), by)
    except sa.exc.StatementError as error:
        shown = "".join(traceback.format_exception(error))
        assert words
        assert isinstance(error, expected)
        assert isinstance(error, errors.NamedError)
        assert f"INSERT of Thing (table {table.name!r}) failed" in str(error)
        assert words in str(error)
        assert error.orig is not None
        assert error.params is None
        assert SECRET not in shown
        assert "7777" not in shown
        assert str(2**70) not in shown
    else:
        assert words == ""
    finally:
        point.rollback()
    assert connection.scalar(sa.select(sa.func.count()).select_from(users)) == 5


def test_nul_is_named_where_the_database_refuses_it(
    postgresql_engine: Engine, by: wire.Road
) -> None:
    with postgresql_engine.begin() as connection:
        fill(connection)
        plan = insert_plan(users, [users.c.user_name], connection.dialect)
        with connection.begin_nested(), pytest.raises(sa.exc.DataError, match="NUL character"):
            wire.run_many(connection, plan, [("a\0b",)], by)
        connection.rollback()


def test_a_value_of_a_wrong_type_is_refused_by_column_names(
    sqlite_engine: Engine, by: wire.Road
) -> None:
    with sqlite_engine.begin() as connection:
        fill(connection)
        plan = insert_plan(users, [users.c.user_name, users.c.age], connection.dialect)
        with pytest.raises(sa.exc.DBAPIError, match="one of the columns 'user_name', 'age'"):
            wire.run_many(connection, plan, [("a", object())], by)


def test_the_fast_road_wants_a_transaction_and_no_listener(database: Engine) -> None:
    with database.connect() as connection:
        assert wire.road(connection) == "core"
        with connection.begin():
            assert wire.road(connection) == "fast"
            with connection.begin_nested() as point:
                assert wire.road(connection) == "fast"
                point.rollback()
                assert wire.road(connection) == "fast"
            assert wire.road(connection, execution_options={"stream_results": True}) == "core"
            assert wire.road(connection, execution_options={"my_option": 1}) == "fast"

            def listen(*_args: Any) -> None: ...

            event.listen(database, "handle_error", listen)
            assert wire.road(connection) == "core"
            event.remove(database, "handle_error", listen)
            assert wire.road(connection) == "fast"
        assert wire.road(connection) == "core"
    with database.connect().execution_options(schema_translate_map={}) as connection:
        connection.begin()
        assert wire.road(connection) == "core"


def test_echo_closes_the_fast_road(caplog: pytest.LogCaptureFixture) -> None:
    engine = sa.create_engine("sqlite://", echo=True)
    with engine.begin() as connection:
        assert wire.road(connection) == "core"
    engine.dispose()


def test_a_listener_added_within_the_transaction_is_seen(sqlite_engine: Engine) -> None:
    with sqlite_engine.begin() as connection:
        assert wire.road(connection) == "fast"

        def listen(*_args: Any) -> None: ...

        event.listen(sqlite_engine, "before_cursor_execute", listen)
        by_core = wire.road(connection)
    assert by_core == "core"


def test_a_python_default_of_core_is_left_to_core(sqlite_engine: Engine) -> None:
    table = sa.Table(
        "notes",
        sa.MetaData(),
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("text", sa.String, default=lambda: "made"),
        sa.Column("size", sa.Integer, default=sa.literal(2) + 3),
    )
    with sqlite_engine.begin() as connection:
        table.create(connection)
        plan = insert_plan(table, [table.c.id], connection.dialect)
        assert wire.road(connection, plan) == "core"
        wire.run_many(connection, plan, [(1,)], "core")
        full = insert_plan(table, [table.c.id, table.c.text], connection.dialect)
        assert wire.road(connection, full) == "fast"
        wire.run_many(connection, full, [(2, "given"), (3, "also")], "fast")
        rows = [tuple(row) for row in connection.execute(table.select())]
    assert rows == [(1, "made", 5), (2, "given", 5), (3, "also", 5)]


def test_row_factories_do_not_break_rows(sqlite_engine: Engine) -> None:
    with sqlite_engine.begin() as connection:
        fill(connection)
        raw: Any = connection.connection.dbapi_connection
        prepared = prepare_select(None, [users.c.id, users.c.user_name], [users.c.id])
        raw.row_factory = sqlite3.Row
        assert prepared.fetch(connection, (1,))[0] == [(1, "ann")]
        raw.row_factory = lambda cursor, row: {"id": row[0]}
        with pytest.raises(sa.exc.InvalidRequestError, match="row_factory"):
            prepared.fetch(connection, (1,))
        raw.row_factory = None
    metadata.drop_all(sqlite_engine)


def test_a_lost_connection_is_invalidated(postgresql_engine: Engine, by: wire.Road) -> None:
    with postgresql_engine.begin() as connection:
        fill(connection)
    with postgresql_engine.connect() as connection:
        transaction = connection.begin()
        plan = update_plan(users, [users.c.age], [users.c.id], connection.dialect, owner="User")
        number = connection.scalar(sa.text("SELECT pg_backend_pid()"))
        with postgresql_engine.connect() as other:
            other.execute(sa.text("SELECT pg_terminate_backend(:n)"), {"n": number})
        with pytest.raises(
            sa.exc.OperationalError, match="connection to the database is lost"
        ) as caught:
            wire.run_many(connection, plan, [(1, 1)], by)
        assert caught.value.connection_invalidated
        assert connection.invalidated
        assert wire.road(connection) == "core"
        transaction.rollback()
        with connection.begin():
            assert wire.run_many(connection, plan, [(1, 1)], "fast") == 1

"""The only file that touches a DBAPI cursor: runs plans on it, or through Core instead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, NoReturn

from sqlalchemy import and_, exc, select
from sqlalchemy.dialects.mysql.pymysql import MySQLDialect_pymysql
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import Connection
from sqlalchemy.engine.default import DefaultDialect

from cormorant.sql import multirow, unnest
from cormorant.sql.errors import Facts, translate
from cormorant.sql.plans import Processors
from cormorant.sql.writes import WHERE, WritePlan

Road = Literal["fast", "core"]
Row = tuple[Any, ...]

OBSERVING: Final = frozenset(
    (
        "compiled_cache",
        "driver_column_names",
        "insertmanyvalues_page_size",
        "logging_token",
        "max_row_buffer",
        "no_parameters",
        "preserve_rowcount",
        "schema_translate_map",
        "skip_user_error_events",
        "sqlite_raw_colnames",
        "stream_results",
        "yield_per",
    )
)
"""Execution options that change what Core does with a cursor."""

CONNECTION_EVENTS: Final = (
    "before_execute",
    "after_execute",
    "before_cursor_execute",
    "after_cursor_execute",
)
DIALECT_EVENTS: Final = (
    "do_execute",
    "do_execute_no_params",
    "do_executemany",
    "do_setinputsizes",
    "handle_error",
)
EXECUTEMANY: Final = (DefaultDialect.do_executemany, MySQLDialect_pymysql.do_executemany)
"""Core's own, and MySQL's, which only notes the row count beside it."""

REFUSALS: Final = (exc.StatementError, OverflowError, UnicodeEncodeError, TypeError)
"""What Core raises where a statement or its values are refused; `translate` tells them apart."""

_UNSAFE: Final = object()
_dialects: dict[type[Any], bool] = {}


def known_dialect(kind: type[Any]) -> bool:
    """Return True for the dialects whose cursors were tried: Core adds nothing to them."""
    known = _dialects.get(kind)
    if known is None:
        families = (SQLiteDialect_pysqlite, PGDialect_psycopg, MySQLDialect_pymysql)
        known = (
            kind.__module__.startswith("sqlalchemy.dialects.")
            and issubclass(kind, families)
            and not kind.is_async
            and kind.do_execute is DefaultDialect.do_execute
            and kind.do_executemany in EXECUTEMANY
        )
        _dialects[kind] = known
    return known


def fast_ok(connection: Connection) -> bool:
    """Return True if nothing could tell a statement on the bare cursor from one through Core.

    A transaction must be under way: a bare cursor would begin one that Core does not know.
    The private flags are read so that a missing one makes us slow, not wrong.
    """
    if connection.__class__ is not Connection:
        return False
    transaction = getattr(connection, "_transaction", None)
    if transaction is None or not transaction.is_active:
        return False
    nested = getattr(connection, "_nested_transaction", _UNSAFE)
    if nested is not None and not getattr(nested, "is_active", False):
        return False
    if (
        getattr(connection, "_echo", True)
        or getattr(connection, "_dbapi_connection", None) is None
    ):
        return False
    dialect = connection.dialect
    if not _dialects.get(dialect.__class__) and not known_dialect(dialect.__class__):
        return False
    options: Any = getattr(connection, "_execution_options", _UNSAFE)
    if options and (options is _UNSAFE or not OBSERVING.isdisjoint(options)):
        return False
    if getattr(connection, "_has_events", True) or getattr(connection.engine, "_has_events", True):
        return not _heard(connection, CONNECTION_EVENTS) and not _dialect_heard(dialect)
    return not getattr(dialect, "_has_events", True) or not _dialect_heard(dialect)


def _dialect_heard(dialect: Any) -> bool:
    return bool(getattr(dialect, "_has_events", True)) and _heard(dialect, DIALECT_EVENTS)


def _heard(target: Any, events: tuple[str, ...]) -> bool:
    """Return True if a listener would miss a statement.

    The flags stay True once any listener was there, so the lists themselves decide then.
    """
    return any(getattr(target.dispatch, name) for name in events)


def road(
    connection: Connection,
    plan: WritePlan | None = None,
    execution_options: Mapping[str, Any] | None = None,
) -> Road:
    """Tell on which road a plan will run now; ask just before the values are collected."""
    if plan is not None and not plan.fast:
        return "core"
    if execution_options and not OBSERVING.isdisjoint(execution_options):
        return "core"
    return "fast" if fast_ok(connection) else "core"


def open_cursor(connection: Connection, sql: str, facts: Facts) -> Any:
    """Return a new cursor of the driver's own connection; a lost one fails here already."""
    held: Any = getattr(connection, "_dbapi_connection", None) or connection.connection
    try:
        return held.dbapi_connection.cursor()
    except BaseException as error:
        fail(connection, error, sql, None, facts)


def fail(
    connection: Connection, error: BaseException, sql: str, cursor: Any, facts: Facts
) -> NoReturn:
    """Do with a driver's error what Core does (disconnects included) and raise ours.

    An interrupt in the middle of a statement invalidates the connection, as in Core.
    """
    if isinstance(error, exc.SQLAlchemyError):
        raise error
    handle = getattr(connection, "_handle_dbapi_exception", None)
    raised: BaseException = error
    try:
        if handle is not None:
            handle(error, sql, None, cursor, None)
        else:
            _handle(connection, error, sql, cursor)
    except Exception as wrapped:
        raised = wrapped
    ours = translate(raised, facts)
    if ours is not raised and raised is not error:
        raised.__traceback__ = None  # else it and the frames of Core would keep each other alive
    try:
        raise ours from None
    finally:
        del ours, raised


def _handle(connection: Connection, error: BaseException, sql: str, cursor: Any) -> None:
    """Wrap a driver's error by public means alone."""
    dialect = connection.dialect
    if not isinstance(error, Exception):
        connection.invalidate(error)
        raise error
    base: Any = dialect.loaded_dbapi.Error
    lost = isinstance(error, base) and dialect.is_disconnect(error, None, cursor)
    wrapped: Any = exc.DBAPIError.instance(
        sql, None, error, base, connection_invalidated=lost, dialect=dialect
    )
    if lost:
        connection.invalidate(error)
    raise wrapped from error


def plain(rows: list[Any], width: int) -> list[Row]:
    """Return rows as tuples of `width` values, whatever row factory the connection has."""
    if not rows or (rows[0].__class__ is tuple and len(rows[0]) == width):
        return rows
    first = rows[0]
    if isinstance(first, Mapping) or not hasattr(first, "__len__") or len(first) != width:
        raise exc.InvalidRequestError(
            f"The connection gives rows of type {type(first).__name__!r} where tuples of "
            f"{width} values are needed; remove the row_factory that the connection or its "
            f"driver has."
        )
    return [tuple(row) for row in rows]


def run_many(connection: Connection, plan: WritePlan, rows: Sequence[Row], by: Road) -> int:
    """Write all rows with one call; return how many were written or found, -1 if unknown.

    `by` is what `road` said before the values were collected: processed for "fast".
    """
    if by == "core":
        return _core_many(connection, plan, rows)
    cursor = open_cursor(connection, plan.sql, plan.facts)
    try:
        arranged = plan.arrange(rows)
        if len(rows) == 1:
            cursor.execute(plan.sql, arranged[0])
            count: int = cursor.rowcount
        elif _repeats(connection, plan, rows):
            count = multirow.insert_many(cursor, plan, arranged)
        else:
            cursor.executemany(plan.sql, arranged)
            count = cursor.rowcount
        cursor.close()
    except BaseException as error:
        fail(connection, error, plan.sql, cursor, plan.facts)
    return count


def _core_many(connection: Connection, plan: WritePlan, rows: Sequence[Row]) -> int:
    parameters = plan.as_parameters(rows)
    one = len(parameters) == 1
    result = execute(connection, plan.core, parameters[0] if one else parameters, plan.facts)
    dialect = connection.dialect
    sane = dialect.supports_sane_rowcount if one else dialect.supports_sane_multi_rowcount
    return result.rowcount if sane else -1


def execute(
    connection: Connection,
    statement: Any,
    parameters: Any,
    facts: Facts,
    options: Mapping[str, Any] | None = None,
) -> Any:
    """Run a Core statement; raise our errors in place of Core's."""
    try:
        return connection.execute(statement, parameters, execution_options=options or None)
    except REFUSALS as error:
        raise translate(error, facts) from None


def run_each(connection: Connection, plan: WritePlan, rows: Sequence[Row], by: Road) -> list[int]:
    """Insert row by row; return the key that the database made for each, in order."""
    if by == "core":
        return [
            execute(connection, plan.core, parameters, plan.facts).lastrowid
            for parameters in plan.as_parameters(rows)
        ]
    sql = plan.sql
    cursor = open_cursor(connection, sql, plan.facts)
    run = cursor.execute
    try:
        arranged = plan.arrange(rows)
        many = _repeats(connection, plan, rows)
        keys: list[int] = multirow.insert_counted(cursor, plan, arranged) if many else []
        add = keys.append
        for row in arranged[len(keys) :] if keys else arranged:
            run(sql, row)
            add(cursor.lastrowid)
        cursor.close()
    except BaseException as error:
        fail(connection, error, sql, cursor, plan.facts)
    return keys


def _repeats(connection: Connection, plan: WritePlan, rows: Sequence[Row]) -> bool:
    """Tell whether SQLite shall insert many of these rows in one statement."""
    return (
        len(rows) >= multirow.FEWEST_ROWS
        and isinstance(connection.dialect, SQLiteDialect_pysqlite)
        and multirow.suits(plan)
    )


def run_one(connection: Connection, plan: WritePlan, row: Row, by: Road) -> tuple[int, int | None]:
    """Write one row; return (rows written or found, key that the database made)."""
    if by == "core":
        result = execute(connection, plan.core, plan.as_parameters([row])[0], plan.facts)
        has_key = getattr(connection.dialect, "postfetch_lastrowid", False)
        made = plan.kind == "insert" and has_key
        key = result.lastrowid if made else None
        return result.rowcount if connection.dialect.supports_sane_rowcount else -1, key
    cursor = open_cursor(connection, plan.sql, plan.facts)
    try:
        cursor.execute(plan.sql, plan.arrange([row])[0])
        count, key = cursor.rowcount, getattr(cursor, "lastrowid", None)
        cursor.close()
    except BaseException as error:
        fail(connection, error, plan.sql, cursor, plan.facts)
    return count, key


def run_returning(
    connection: Connection, plan: WritePlan, rows: Sequence[Row], by: Road
) -> list[Row | None]:
    """Write rows; return the values of `plan.returning` per row, in the order of `rows`.

    None stands for a row that an UPDATE did not find.
    """
    if by == "core":
        return _core_returning(connection, plan, rows)
    arranged = plan.arrange(rows)
    cursor = open_cursor(connection, plan.sql, plan.facts)
    found: list[Row | None]
    try:
        if len(rows) > 1 and isinstance(connection.dialect, PGDialect_psycopg):
            found = _bulk(cursor, plan, arranged) or _pipelined(cursor, plan.sql, arranged)
        else:
            found = []
            for row in arranged:
                cursor.execute(plan.sql, row)
                found.append(cursor.fetchone())
        processors = plan.take_description(cursor.description)
        cursor.close()
    except BaseException as error:
        fail(connection, error, plan.sql, cursor, plan.facts)
    plain([row for row in found[:1] if row is not None], len(plan.returning))
    return found if processors is None else [_apply(processors, row) for row in found]


def _bulk(cursor: Any, plan: WritePlan, rows: Sequence[Row]) -> list[Row | None] | None:
    """Insert rows column by column in few statements; None where row by row is right."""
    if len(rows) < unnest.FEWEST_ROWS or plan.bulk is None:
        return None
    if plan.bulk is False:
        plan.bulk = unnest.bulk_sql(plan, cursor)
    found: list[Row | None] = []
    for start in range(0, len(rows) if plan.bulk else 0, unnest.LONGEST_BATCH):
        batch = rows[start : start + unnest.LONGEST_BATCH]
        try:
            cursor.execute(plan.bulk, [list(values) for values in zip(*batch, strict=True)])
        except Exception as error:
            # psycopg wants one type per array; rows take any mix that their column takes.
            if start == 0 and type(error).__name__ == "DataError" and error.sqlstate is None:  # type: ignore[attr-defined] # psycopg's errors have it
                return None
            raise
        keys = cursor.fetchall()
        if len(keys) != len(batch):
            raise exc.InvalidRequestError(
                f"PostgreSQL wrote {len(keys)} of {len(batch)} rows of table "
                f"{plan.table.name!r} with the keys that were drawn for them: a trigger or rule "
                f"that was added meanwhile changes rows. Roll back and dispose of the engine, "
                f"so that its plans are made anew."
            )
        found.extend(keys)
    return found or None


def _pipelined(cursor: Any, sql: str, rows: Sequence[Row]) -> list[Row | None]:
    """Run psycopg's executemany; it keeps one result per parameter set, in order."""
    cursor.executemany(sql, rows, returning=True)
    found: list[Row | None] = [cursor.fetchone()]
    while cursor.nextset():
        found.append(cursor.fetchone())
    return found


def _apply(processors: Processors, row: Row | None) -> Row | None:
    if row is None:
        return None
    return tuple(
        [
            value if processor is None else processor(value)
            for processor, value in zip(processors, row, strict=True)
        ]
    )


def _core_returning(
    connection: Connection, plan: WritePlan, rows: Sequence[Row]
) -> list[Row | None]:
    dialect = connection.dialect
    parameters = plan.as_parameters(rows)
    able = dialect.insert_returning if plan.kind == "insert" else dialect.update_returning
    if not able:
        return [_selected(connection, plan, values) for values in parameters]
    if (
        plan.kind == "insert"
        and len(rows) > 1
        and dialect.insert_executemany_returning_sort_by_parameter_order
    ):
        return [*_core_rows(connection, plan.core_many, parameters, plan.facts)]
    found: list[Row | None] = []
    for values in parameters:
        rows_of_one = _core_rows(connection, plan.core, values, plan.facts)
        found.append(rows_of_one[0] if rows_of_one else None)
    return found


def _core_rows(connection: Connection, statement: Any, parameters: Any, facts: Facts) -> list[Row]:
    """Run a Core statement and fetch its rows; raise our errors for both."""
    try:
        return [tuple(row) for row in connection.execute(statement, parameters).fetchall()]
    except REFUSALS as error:
        raise translate(error, facts) from None


def _selected(connection: Connection, plan: WritePlan, values: dict[str, Any]) -> Row | None:
    """Write one row without RETURNING and read the wanted columns back by primary key."""
    key_columns = list(plan.table.primary_key)
    result = execute(connection, plan.bare, values, plan.facts)
    if plan.kind == "update" and result.rowcount == 0:
        return None
    if plan.kind == "insert":
        key = tuple(result.inserted_primary_key)
    else:
        key = tuple(values.get(WHERE + c.key, values.get(c.key)) for c in key_columns)
    query = select(*plan.returning).where(
        and_(*(column == value for column, value in zip(key_columns, key, strict=True)))
    )
    rows = _core_rows(connection, query, {}, plan.facts)
    return rows[0] if rows else None


def fetch(
    connection: Connection, sql: str, parameters: Row, width: int, facts: Facts
) -> tuple[list[Row], Any]:
    """Run a SELECT on the bare cursor; return its raw rows and the cursor's description."""
    cursor: Any = None
    try:
        # As open_cursor; a call less counts here.
        held: Any = getattr(connection, "_dbapi_connection", None) or connection.connection
        cursor = held.dbapi_connection.cursor()
        cursor.execute(sql, parameters)
        rows = cursor.fetchall()
        description = cursor.description
        cursor.close()
    except BaseException as error:
        fail(connection, error, sql, cursor, facts)
    if rows.__class__ is not list:
        rows = list(rows)
    if rows and (rows[0].__class__ is not tuple or len(rows[0]) != width):
        rows = plain(rows, width)
    return rows, description


def fetch_by_core(
    connection: Connection,
    statement: Any,
    parameters: dict[str, Any],
    options: Mapping[str, Any] | None,
    facts: Facts,
) -> list[Row]:
    """Run a SELECT through Core; return its processed rows as tuples."""
    try:
        result = connection.execute(statement, parameters, execution_options=dict(options or ()))
        return [tuple(row) for row in result.fetchall()]
    except REFUSALS as error:
        raise translate(error, facts) from None

"""SQLite's way to insert many rows in one statement and know the key of each."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import chain
from typing import Any

from cormorant.sql.writes import WritePlan

Row = tuple[Any, ...]

SIZES = (1024, 512, 256, 4)
"""Rows per statement. What lies between is left out: such a statement changes more pages than
SQLite keeps in memory for undoing it, 16 of a file, and too few rows share them."""

MOST_PARAMETERS = 4096
"""Parameters of one statement: a prepared one takes some 100 bytes for each."""

FEWEST_ROWS = 8
"""Below this many rows one statement per row costs less."""

LEAST_LIMIT = 999
"""What every SQLite takes as parameters."""

SAVEPOINT = "cormorant_rows"


def insert_many(cursor: Any, plan: WritePlan, rows: Sequence[Row]) -> int:
    """Insert rows; return how many were written."""
    count = 0
    for sql, parameters, _size in _statements(cursor, plan, rows):
        cursor.execute(sql, parameters)
        count += cursor.rowcount
    return count


def insert_counted(cursor: Any, plan: WritePlan, rows: Sequence[Row]) -> list[int]:
    """Insert rows whose keys SQLite makes; return their keys in order.

    A new row gets a key above all that are there. So if `n` rows end with a key that is `n`
    above the one before them, each has taken the next. Where that does not come out - triggers
    that insert into the same table, rows that a conflict clause skips, a table whose greatest
    possible key is taken - it is undone, and only the first key is returned: the other rows
    are to be inserted one by one.
    """
    cursor.execute(plan.sql, rows[0])
    keys: list[int] = [cursor.lastrowid]
    cursor.execute(f"SAVEPOINT {SAVEPOINT}")
    try:
        for sql, parameters, size in _statements(cursor, plan, rows[1:]):
            cursor.execute(sql, parameters)
            last = keys[-1] + size
            if cursor.lastrowid != last or cursor.rowcount != size:
                cursor.execute(f"ROLLBACK TO {SAVEPOINT}")
                del keys[1:]
                break
            keys.extend(range(last - size + 1, last + 1))
    finally:
        # After an error of the statement it may be gone with the whole transaction.
        with suppress(Exception):
            cursor.execute(f"RELEASE {SAVEPOINT}")
    return keys


def suits(plan: WritePlan) -> bool:
    """Tell whether the SQL ends with one group of marks, which may stand there many times."""
    return plan.kind == "insert" and plan.sql.endswith(f" VALUES {_marks(plan)}")


def _marks(plan: WritePlan) -> str:
    width = len(plan.names if plan.positions is None else plan.positions)
    return f"({', '.join('?' * width)})"


def _statements(
    cursor: Any, plan: WritePlan, rows: Sequence[Row]
) -> Iterator[tuple[str, Sequence[Any], int]]:
    """Yield (SQL, parameters, number of rows) of the statements that insert all rows."""
    width = len(rows[0])
    most = min(MOST_PARAMETERS, _limit(cursor.connection))
    start = 0
    for size in (*SIZES, 1):
        if size * width > most and size > 1:
            continue
        sql = plan.sql if size == 1 else _sql(plan, size)
        while len(rows) - start >= size:
            yield sql, list(chain.from_iterable(rows[start : start + size])), size
            start += size


def _sql(plan: WritePlan, size: int) -> str:
    found = plan.repeated.get(size)
    if found is None:
        group = f", {_marks(plan)}"
        found = plan.repeated[size] = plan.sql + group * (size - 1)
    return found


def _limit(connection: Any) -> int:
    """Return how many parameters a statement may have, as far as the driver can tell."""
    ask = getattr(connection, "getlimit", None)
    return LEAST_LIMIT if ask is None else int(ask(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER))

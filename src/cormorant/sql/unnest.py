"""PostgreSQL's way to insert many rows in one statement and know the key of each."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import (
    Boolean,
    Enum,
    Float,
    Integer,
    Interval,
    LargeBinary,
    Numeric,
    Sequence,
    TypeDecorator,
    bindparam,
    select,
)
from sqlalchemy.engine import Dialect

from cormorant.sql.writes import WritePlan

FEWEST_ROWS = 4
"""Below this many rows one result per row costs less."""

LONGEST_BATCH = 5000
"""Rows per statement."""

SUITS = """
SELECT pg_get_serial_sequence(%s, %s),
       c.relkind IN ('r', 'p') AND NOT c.relrowsecurity AND NOT c.relhasrules
       AND NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal)
FROM pg_class c WHERE c.oid = %s::regclass
"""
MAY_USE = "SELECT has_sequence_privilege(%s, 'USAGE')"

WITHOUT_CAST: tuple[tuple[type[Any], str], ...] = (
    (Float, "DOUBLE PRECISION"),
    (Numeric, "NUMERIC"),
    (Boolean, "BOOLEAN"),
    (LargeBinary, "BYTEA"),
    (Interval, "INTERVAL"),
)
"""Types for which Core writes no cast, because one value tells its type by itself."""

_cast = re.compile(r'SELECT %\(x\)s(?:::([\w ."]+?))? AS \S+')


def bulk_sql(plan: WritePlan, cursor: Any) -> str | None:
    """Return the SQL of the bulk INSERT, None where it would not do.

    The keys are drawn from the column's sequence in the statement itself, so that each is
    known to belong to its row; no trigger, rule or policy may stand between. Asked once per
    plan, on the cursor that is to run it.
    """
    key = _drawn_key(plan)
    casts = [_array_of(column, plan.dialect) for column in plan.columns]
    if key is None or plan.positions is not None or not casts or None in casts:
        return None
    prepare = plan.dialect.identifier_preparer
    table = prepare.format_table(plan.table)
    plain = table.replace("%%", "%")  # as a value, not as part of the statement
    cursor.execute(SUITS, (plain, key.name, plain))
    found = cursor.fetchone()
    if found is None or not found[1]:
        return None
    sequence = found[0]
    drawn_from = f"(SELECT pg_get_serial_sequence({_text(plain)}, {_text(key.name)})::regclass)"
    if isinstance(key.default, Sequence):
        sequence = prepare.format_sequence(key.default)
        drawn_from = _text(sequence.replace("%%", "%"))
    if sequence is None:
        return None
    cursor.execute(MAY_USE, (sequence.replace("%%", "%"),))
    if not cursor.fetchone()[0]:
        return None
    names = [prepare.quote(column.name) for column in plan.columns]
    return _statement(table, prepare.quote(key.name), names, [str(c) for c in casts], drawn_from)


def _text(value: str) -> str:
    return "'" + value.replace("'", "''").replace("%", "%%") + "'"


def _statement(table: str, key: str, names: list[str], casts: list[str], drawn_from: str) -> str:
    """Write the INSERT; the sequence is looked up by it, as the search path may have changed."""
    arrays = ", ".join(f"%s::{cast}[]" for cast in casts)
    fields = ", ".join(f"c{n}" for n in range(len(names)))
    return (
        f"WITH rows AS MATERIALIZED (SELECT nextval({drawn_from}) AS k, {fields}, n "
        f"FROM unnest({arrays}) WITH ORDINALITY AS u({fields}, n)), "
        f"written AS (INSERT INTO {table} ({key}, {', '.join(names)}) "
        f"OVERRIDING SYSTEM VALUE SELECT k, {fields} FROM rows ORDER BY n "
        f"RETURNING {key} AS k) "
        f"SELECT rows.k FROM rows JOIN written ON written.k = rows.k ORDER BY rows.n"
    )


def _drawn_key(plan: WritePlan) -> Any:
    """Return the one column to be returned if it is a key that the database counts up."""
    if plan.kind != "insert" or len(plan.returning) != 1:
        return None
    column = plan.returning[0]
    counted = isinstance(column.type, Integer) and column.primary_key
    own = column.default is None or isinstance(column.default, Sequence)
    if not counted or not own or (column.server_default is not None and column.identity is None):
        return None
    return column if column not in plan.columns else None


def _array_of(column: Any, dialect: Dialect) -> str | None:
    """Return the type whose array carries the values; None for columns that need more.

    It is the type of Core's own cast: without a length, so that nothing is cut off.
    """
    found = _cast.fullmatch(
        str(select(bindparam("x", type_=column.type)).compile(dialect=dialect))
    )
    if found is None:
        return None
    if found[1]:
        return str(found[1])
    kind = column.type
    while isinstance(kind, TypeDecorator):
        kind = kind.impl_instance
    if isinstance(kind, Enum):
        name: str = dialect.type_compiler_instance.process(kind)
        return None if "(" in name else name
    return next((name for known, name in WITHOUT_CAST if isinstance(kind, known)), None)

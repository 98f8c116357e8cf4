"""INSERT and UPDATE of many rows of a class over several tables, given as dicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import exc as core_exc

from cormorant.load.results import written_result
from cormorant.mapping.inherit import key_columns
from cormorant.sql import wire
from cormorant.sql.errors import Facts
from cormorant.sql.plugin import column_for

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Result

    from cormorant.mapping.mapper import Mapper

Given = Mapping[str, Any]


def insert_joined(
    connection: Connection, mapper: Mapper, statement: Any, rows: Sequence[Given]
) -> Result[Any]:
    """Insert rows into all tables of a class, that of the root first; keys go down."""
    if statement._returning or statement._values or statement._multi_values:
        raise core_exc.InvalidRequestError(
            f"An INSERT of many rows of class {mapper.class_.__name__!r}, which has "
            f"{len(mapper.tables)} tables, takes them as parameters only and returns none: leave "
            f"out values() and returning(), and select the rows afterwards."
        )
    named = [_by_column(mapper, row) for row in rows]
    root = mapper.base_mapper.local_table
    _insert_root(connection, mapper, named)
    for table in mapper.tables:
        if table is root:
            continue
        where = key_columns(mapper, table)
        for row in named:
            for own, source in zip(where, mapper.primary_key, strict=True):
                row[own] = row[source]
        for batch in _batches([_of_table(table, row) for row in named]):
            _run(connection, mapper, sa.insert(table), batch, "INSERT")
    return written_result(len(named))


def _insert_root(connection: Connection, mapper: Mapper, rows: list[dict[Any, Any]]) -> None:
    """Insert the rows of the root table; those without a key get the one that is made."""
    table = mapper.base_mapper.local_table
    keyed = [row for row in rows if all(row.get(key) is not None for key in mapper.primary_key)]
    for batch in _batches([_of_table(table, row) for row in keyed]):
        _run(connection, mapper, sa.insert(table), batch, "INSERT")
    waiting = [row for row in rows if any(row.get(key) is None for key in mapper.primary_key)]
    many = connection.dialect.insert_executemany_returning_sort_by_parameter_order
    if many and len(waiting) > 1 and len({frozenset(row) for row in waiting}) == 1:
        statement = sa.insert(table).returning(*mapper.primary_key, sort_by_parameter_order=True)
        given = [_of_table(table, row) for row in waiting]
        made = [tuple(row) for row in _run(connection, mapper, statement, given, "INSERT")]
    else:
        made = [
            tuple(
                _run(
                    connection, mapper, sa.insert(table), _of_table(table, row), "INSERT"
                ).inserted_primary_key
            )
            for row in waiting
        ]
    for row, key in zip(waiting, made, strict=True):
        row.update(zip(mapper.primary_key, key, strict=True))


def update_joined(connection: Connection, mapper: Mapper, rows: Sequence[Given]) -> Result[Any]:
    """Update rows by primary key in the tables that they name columns of."""
    named = [_by_column(mapper, row) for row in rows]
    for table in mapper.tables:
        where = key_columns(mapper, table)
        names = [f"key_{number}" for number in range(len(where))]
        statement = sa.update(table).where(
            *[c == sa.bindparam(n, type_=c.type) for c, n in zip(where, names, strict=True)]
        )
        given = []
        for row in named:
            own = {k: v for k, v in _of_table(table, row).items() if table.c[k] not in where}
            if own:
                keys = [row[column] for column in mapper.primary_key]
                given.append({**own, **dict(zip(names, keys, strict=True))})
        for batch in _batches(given):
            _run(connection, mapper, statement, batch, "UPDATE")
    return written_result(len(named))


def _by_column(mapper: Mapper, row: Given) -> dict[Any, Any]:
    """Return a row by column; a column that stands for others of the same name gives to them."""
    found: dict[Any, Any] = {}
    for key, value in row.items():
        prop: Any = mapper._properties.get(key)
        columns = prop.columns if prop is not None else [column_for(mapper, key)]
        for column in columns:
            if isinstance(column, str):
                raise core_exc.InvalidRequestError(mapper._no_such(key))
            found[column] = value
    return found


def _of_table(table: Any, row: Mapping[Any, Any]) -> dict[str, Any]:
    return {
        column.key: value
        for column, value in row.items()
        if column.table is table and not (column.primary_key and value is None)
    }


def _batches(rows: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Split rows into neighbours that name the same columns."""
    found: list[list[dict[str, Any]]] = []
    for row in rows:
        if found and found[-1][0].keys() == row.keys():
            found[-1].append(row)
        else:
            found.append([row])
    return found


def _run(connection: Connection, mapper: Mapper, statement: Any, rows: Any, step: str) -> Any:
    facts = Facts(mapper.class_.__name__, statement.table.name, (), step)
    return wire.execute(connection, statement, rows, facts)

"""INSERT of a mapped class: rows given as dicts, into one table or several, and RETURNING."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import exc as core_exc

from cormorant.load.results import written_result
from cormorant.mapping.inherit import key_columns
from cormorant.session.given_rows import (
    Batch,
    Names,
    batches,
    chosen_strategy,
    part_of,
    passed_on,
    refuse_bulk,
)
from cormorant.sql import wire
from cormorant.sql.errors import Facts
from cormorant.sql.plugin import column_for, returned
from cormorant.sql.reading import Rows, read

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from cormorant.mapping.mapper import Mapper

STRATEGIES = ("raw", "orm", "bulk", "auto")


def run_insert(
    connection: Connection,
    mapper: Mapper,
    statement: Any,
    parameters: Any,
    options: Mapping[str, Any],
) -> tuple[Rows, Any]:
    """Run an INSERT; return its rows, and a result if it gives none.

    By the option `dml_strategy`: "bulk" takes each dict of `parameters` as a row of the class,
    "orm" leaves the rows to `values()`, "raw" passes everything to Core. "auto" is "bulk" with
    parameters, else "orm".
    """
    strategy = chosen_strategy(options, STRATEGIES, "INSERT")
    passed = passed_on(options)
    in_values = bool(statement._multi_values) or not parameters
    if strategy == "bulk" and in_values:
        raise refuse_bulk(mapper, "INSERT")
    if in_values or strategy in ("raw", "orm"):
        return _ended(read(connection, statement, parameters, passed, "core"))
    alone = isinstance(parameters, Mapping)
    names = Names(mapper)
    rows = names.of_insert(
        [parameters] if alone else parameters, bool(options.get("render_nulls"))
    )
    return insert_given(connection, statement, names, rows, passed, alone)


def insert_given(
    connection: Connection,
    statement: Any,
    names: Names,
    rows: list[dict[str, Any]],
    options: Mapping[str, Any],
    alone: bool = False,
) -> tuple[Rows, Any]:
    """Insert rows by attribute name; `alone`: there is one, given without a list."""
    if len(names.mapper.tables) > 1:
        return TableInserts(connection, statement, names, rows, options).run()
    return _insert(connection, statement, batches(rows), options, alone)


def _ended(rows: Rows) -> tuple[Rows, Any]:
    return rows, None if rows.spans else rows.cursor_result


def _insert(
    connection: Connection,
    statement: Any,
    parts: Sequence[Batch],
    options: Mapping[str, Any],
    alone: bool,
) -> tuple[Rows, Any]:
    """Insert into one table: one statement for neighbours that name the same columns."""
    if len(parts) == 1:
        given: Any = parts[0][0] if alone else parts[0]
        return _ended(read(connection, statement, given, options, "core"))
    found: list[Any] = []
    rows = Rows([], ())
    for part in parts:
        rows = read(connection, statement, part, options, "core")
        chunks: Any = rows.rows if rows.streamed else (rows.rows,)
        for chunk in chunks:
            found.extend(chunk)
    if rows.spans:
        return Rows(found, rows.spans, cursor_result=rows.cursor_result), None
    return rows, written_result(sum(map(len, parts)))


class TableInserts:
    """INSERTs of rows into all tables of a class, that of the root first; keys go down.

    What is returned of a row is put together from what the tables return. `places`: table ->
    where in a row of the result its columns stand.
    """

    def __init__(
        self,
        connection: Connection,
        statement: Any,
        names: Names,
        rows: Sequence[Mapping[str, Any]],
        options: Mapping[str, Any],
    ) -> None:
        self.connection = connection
        self.mapper = mapper = names.mapper
        self.options = options
        self.rows = [names.by_column(row) for row in rows]
        self.values = {
            column_for(mapper, key): value for key, value in (statement._values or {}).items()
        }
        self.columns, self.spans = returned(statement)
        self.places = _places(mapper, self.columns)
        self.keys = [""] * len(self.columns)
        self.found: list[list[Any]] = [[None] * len(self.columns) for _row in rows]

    def run(self) -> tuple[Rows, Any]:
        """Insert into one table after the other; return the user's rows."""
        mapper, rows = self.mapper, self.rows
        root = mapper.tables[0]
        for waits, group in groupby(range(len(rows)), lambda n: self._lacks_key(rows[n])):
            numbers = list(group)
            made = self._insert(root, numbers, mapper.primary_key if waits else ())
            if waits:
                for number, key in zip(numbers, made, strict=True):
                    rows[number].update(zip(mapper.primary_key, key, strict=True))
        for table in mapper.tables[1:]:
            where = key_columns(mapper, table)
            for row in rows:
                for own, source in zip(where, mapper.primary_key, strict=True):
                    row[own] = row[source]
            self._insert(table, range(len(rows)))
        if not self.spans:
            return Rows([], ()), written_result(len(rows))
        spans = tuple([self._named(span) for span in self.spans])
        return Rows([tuple(row) for row in self.found], spans), None

    def _lacks_key(self, row: Mapping[Any, Any]) -> bool:
        return any(row.get(column) is None for column in self.mapper.primary_key)

    def _named(self, span: Any) -> Any:
        """Call a value without a name as Core's result does."""
        if span.name or span.entity is not None:
            return span
        name = self.keys[span.start]
        return replace(span, keys=(name,), name=name)

    def _insert(
        self, table: Any, numbers: Sequence[int], more: Sequence[Any] = ()
    ) -> list[Sequence[Any]]:
        """Insert what rows have for a table; return the columns `more` of each."""
        places = self.places.get(table, [])
        wanted = [*more, *[self.columns[place] for place in places]]
        own = {column: v for column, v in self.values.items() if column.table is table}
        statement = sa.insert(table).values(own) if own else sa.insert(table)
        made: list[Sequence[Any]] = []
        for part in batches([part_of(table, self.rows[number]) for number in numbers]):
            if more and not places and not self._returns_in_order:
                for row in part:
                    made.append(self._run(statement, row).inserted_primary_key)
            elif wanted:
                result = self._run(
                    statement.returning(*wanted, sort_by_parameter_order=True), part
                )
                made += result.all()
                for place, key in zip(places, list(result.keys())[len(more) :], strict=True):
                    self.keys[place] = key
            else:
                self._run(statement, part)
        if places:
            for number, returned_row in zip(numbers, made, strict=True):
                for place, value in zip(places, returned_row[len(more) :], strict=True):
                    self.found[number][place] = value
        return [key[: len(more)] for key in made]

    @property
    def _returns_in_order(self) -> bool:
        dialect: Any = self.connection.dialect
        return bool(dialect.insert_executemany_returning_sort_by_parameter_order)

    def _run(self, statement: Any, rows: Any) -> Any:
        facts = Facts(self.mapper.class_.__name__, statement.table.name, (), "INSERT")
        return wire.execute(self.connection, statement, rows, facts, self.options)


def _places(mapper: Mapper, columns: Sequence[Any]) -> dict[Any, list[int]]:
    """Return which table returns which columns: table -> their places in a row."""
    found: dict[Any, list[int]] = {}
    for place, column in enumerate(columns):
        tables = [table for table in mapper.tables if table in column._from_objects]
        if len(tables) > 1:
            raise core_exc.InvalidRequestError(
                f"An INSERT of rows of class {mapper.class_.__name__!r}, which has "
                f"{len(mapper.tables)} tables, cannot return an expression on columns of several "
                f"of them: return the columns themselves, and compute afterwards."
            )
        found.setdefault(tables[0] if tables else mapper.tables[0], []).append(place)
    return found

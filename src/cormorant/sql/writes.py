"""Plans for the rows that a flush writes: INSERT, UPDATE and DELETE of one table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Column, and_, bindparam, delete, exc, insert, update
from sqlalchemy.engine import Dialect

from cormorant.sql.errors import Facts, refused_value
from cormorant.sql.plans import NO_LENGTHS, Processors, cached, result_processors, wire_up

Row = tuple[Any, ...]


class WritePlan:
    """One statement for many rows of one table.

    `names` are the parameters of a row in the order in which the caller gives the values:
    the columns it named, for UPDATE those to set and then those of the WHERE. `processors`
    stand in the same order, None where the driver takes the value as it is. `positions`
    put a row (and the constants after it) into the order of the SQL, None if it is so.
    `core` is the equal Core statement, its parameters called by `names`; `bare` is the same
    without RETURNING, `core_many` the one that keeps the order of many rows.
    """

    __slots__ = (
        "bare",
        "bulk",
        "columns",
        "constants",
        "core",
        "core_many",
        "dialect",
        "facts",
        "fast",
        "kind",
        "names",
        "positions",
        "processors",
        "repeated",
        "result_processors",
        "returning",
        "sql",
        "table",
    )

    def __init__(
        self,
        kind: str,
        table: Any,
        core: Any,
        names: tuple[str, ...],
        dialect: Dialect,
        returning: tuple[Any, ...],
        facts: Facts,
        columns: tuple[Any, ...] = (),
        lengths: Mapping[str, int] = NO_LENGTHS,
    ) -> None:
        self.kind = kind
        self.columns = columns
        self.bulk: str | bool | None = False
        """SQL of PostgreSQL's bulk INSERT, None where it will not do, False if not asked yet."""
        self.repeated: dict[int, str] = {}
        """SQL of SQLite's INSERT of many rows, by their number."""
        self.table = table
        self.bare = core
        self.core = self.core_many = core.returning(*returning) if returning else _alone(core)
        if returning and kind == "insert":
            self.core_many = core.returning(*returning, sort_by_parameter_order=True)
        self.names = names
        self.dialect = dialect
        self.returning = returning
        self.facts = facts
        self.sql = ""
        self.processors: Processors = (None,) * len(names)
        self.positions: tuple[int, ...] | None = None
        self.constants: Row = ()
        self.result_processors: Processors | bool | None = False
        """False until a first execution has told the type codes of the columns."""
        self.fast = self._compile(lengths)

    def _compile(self, lengths: Mapping[str, int]) -> bool:
        """Let Core write the SQL; return False where only Core can run the statement."""
        if self.returning and not getattr(self.dialect, f"{self.kind}_returning"):
            return False
        keys = [] if self.kind == "delete" else [n for n in self.names if not _is_where(n)]
        try:
            compiled = self.core.compile(dialect=self.dialect, column_keys=keys)
        except exc.CompileError:
            return False
        wiring = wire_up(compiled, self.dialect, lengths)
        if wiring is None or not set(self.names) <= set(wiring.names):
            return False
        given = {name: index for index, name in enumerate(self.names)}
        extra = [name for name in dict.fromkeys(wiring.names) if name not in given]
        if not set(extra) <= set(wiring.constants):
            return False
        processor = dict(zip(wiring.names, wiring.processors, strict=True))
        for name in extra:
            given[name] = len(given)
            self.constants += (_processed(processor[name], wiring.constants[name]),)
        positions = tuple(given[name] for name in wiring.names)
        self.positions = None if positions == tuple(range(len(self.names))) else positions
        self.processors = tuple(processor[name] for name in self.names)
        self.sql = wiring.sql
        return True

    def arrange(self, rows: Sequence[Row]) -> Sequence[Row]:
        """Put rows, in the order of `names`, into the order of the SQL."""
        positions = self.positions
        if positions is None:
            return rows
        constants = self.constants
        return [tuple([full[i] for i in positions]) for full in (row + constants for row in rows)]

    def as_parameters(self, rows: Iterable[Row]) -> list[dict[str, Any]]:
        """Turn rows of unprocessed values into what Core's `execute` takes."""
        names = self.names
        return [dict(zip(names, row, strict=True)) for row in rows]

    def refused(self, error: Exception, rows: Iterable[Row]) -> Exception:
        """Return the error to raise when a processor failed on one of these unprocessed rows."""
        column = ""
        names = self.facts.columns if self.kind != "delete" else ()
        for row in rows:
            for value, processor, name in zip(row, self.processors, names, strict=False):
                try:
                    _processed(processor, value)
                except Exception:
                    column = name
        return refused_value(error, self.facts, self.sql, column)

    def take_description(self, description: Any) -> Processors | None:
        """Return the processors of the RETURNING columns, made at the first execution."""
        known = self.result_processors
        if known is False or known is True:
            kinds = [column.type for column in self.returning]
            known = self.result_processors = result_processors(kinds, self.dialect, description)
        return known


def _alone(core: Any) -> Any:
    """Keep Core from adding a RETURNING of its own."""
    return core if core.is_delete else core.inline()


def _processed(processor: Any, value: Any) -> Any:
    return value if processor is None else processor(value)


def _is_where(name: str) -> bool:
    return name.startswith(WHERE)


WHERE = "where__"
"""Starts the parameter names of a WHERE, to keep them apart from those of a SET."""


def insert_plan(
    table: Any,
    columns: Sequence[Column[Any]],
    dialect: Dialect,
    returning: Sequence[Column[Any]] = (),
    owner: str = "",
) -> WritePlan:
    """Return the plan that inserts rows of `columns`; the values come in that order.

    `owner` is the name of the mapped class, for the text of errors.
    """
    columns, returning = tuple(columns), tuple(returning)

    def make() -> WritePlan:
        names = tuple(column.key for column in columns)
        facts = Facts(owner, table.name, tuple(column.name for column in columns), "INSERT")
        return WritePlan("insert", table, insert(table), names, dialect, returning, facts, columns)

    return cached(dialect, ("insert", table, columns, returning, owner), make)


def update_plan(
    table: Any,
    set_columns: Sequence[Column[Any]],
    where_columns: Sequence[Column[Any]],
    dialect: Dialect,
    returning: Sequence[Column[Any]] = (),
    owner: str = "",
    null_safe: Sequence[Column[Any]] = (),
) -> WritePlan:
    """Return the plan that sets `set_columns` of the rows found by `where_columns`.

    A row of values holds those to set, then those of the WHERE. The columns in `null_safe`
    are compared so that NULL equals NULL.
    """
    setting, where = tuple(set_columns), tuple(where_columns)
    returning, safe = tuple(returning), tuple(null_safe)

    def make() -> WritePlan:
        core: Any = update(table).where(_criteria(where, safe))
        core = core.values(
            {column: bindparam(column.key, type_=column.type) for column in setting}
        )
        names = (*(c.key for c in setting), *(WHERE + c.key for c in where))
        facts = Facts(owner, table.name, tuple(column.name for column in setting), "UPDATE")
        return WritePlan("update", table, core, names, dialect, returning, facts)

    return cached(dialect, ("update", table, setting, where, returning, owner, safe), make)


def delete_plan(
    table: Any,
    where_columns: Sequence[Column[Any]],
    dialect: Dialect,
    owner: str = "",
    null_safe: Sequence[Column[Any]] = (),
) -> WritePlan:
    """Return the plan that deletes the rows found by `where_columns`."""
    where, safe = tuple(where_columns), tuple(null_safe)

    def make() -> WritePlan:
        core = delete(table).where(_criteria(where, safe))
        names = tuple(WHERE + column.key for column in where)
        facts = Facts(owner, table.name, tuple(column.name for column in where), "DELETE")
        return WritePlan("delete", table, core, names, dialect, (), facts)

    return cached(dialect, ("delete", table, where, owner, safe), make)


def delete_keys_plan(
    table: Any, column: Column[Any], count: int, dialect: Dialect, owner: str = ""
) -> WritePlan:
    """Return the plan that deletes the rows of `count` keys in one statement."""

    def make() -> WritePlan:
        keys = bindparam(WHERE, type_=column.type, expanding=True)
        names = tuple([f"{WHERE}_{number}" for number in range(1, count + 1)])
        core = delete(table).where(column.in_(keys))
        facts = Facts(owner, table.name, (column.name,), "DELETE")
        return WritePlan("delete", table, core, names, dialect, (), facts, (), {WHERE: count})

    return cached(dialect, ("delete keys", table, column, count, owner), make)


def _criteria(where: Sequence[Column[Any]], null_safe: Sequence[Column[Any]]) -> Any:
    safe = set(null_safe)
    terms = []
    for column in where:
        bind: Any = bindparam(WHERE + column.key, type_=column.type)
        terms.append(column.is_not_distinct_from(bind) if column in safe else column == bind)
    return and_(*terms)

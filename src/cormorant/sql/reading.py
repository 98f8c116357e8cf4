"""One way to read: a statement goes in, raw rows come out with the spans that explain them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Literal, NamedTuple

import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.engine import Connection, Dialect

from cormorant.sql import plugin, wire
from cormorant.sql.errors import Facts, refused_value, translate
from cormorant.sql.plans import (
    Processors,
    Span,
    cache_of,
    cached,
    result_processors,
    wire_up,
)
from cormorant.sql.statement import LightSelect

Row = tuple[Any, ...]
Choice = Literal["auto", "fast", "core"]
CHUNK = 1000
"""Rows per chunk of a streamed result, when `yield_per` tells no other number."""


class Rows(NamedTuple):
    """What a read gave.

    `rows` is a list of tuples, or an iterator of such lists when the result is streamed.
    Each value still has to go through its span's processor, if that has any. `names` are
    the names of the result's elements. `cursor_result` is Core's result on the open road,
    None on the fast one.
    """

    rows: list[Row] | Iterator[list[Row]]
    spans: tuple[Span, ...]
    streamed: bool = False
    cursor_result: Any = None

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the elements of a row."""
        return tuple(span.name for span in self.spans)


class SelectPlan:
    """The compiled SQL of all light statements of one shape."""

    __slots__ = (
        "constants",
        "facts",
        "fast",
        "kinds",
        "known",
        "names",
        "positions",
        "processors",
        "spans",
        "sql",
    )

    def __init__(self, statement: LightSelect, dialect: Dialect) -> None:
        self.sql = ""
        self.constants: Row = ()
        self.positions: tuple[int, ...] | None = None
        self.processors: Processors | None = None
        self.kinds: tuple[Any, ...] = ()
        self.spans: tuple[Span, ...] = ()
        self.facts = Facts(step="SELECT")
        self.names: tuple[str, ...] = ()
        """The column that each parameter of the SQL is compared with, as far as it is known."""
        self.known = False
        """True once a first execution has told the type codes of the columns."""
        self.fast = False
        self._compile(statement, dialect)

    def _compile(self, statement: LightSelect, dialect: Dialect) -> None:
        binds: list[Any] = []
        known: dict[Any, str] = {}

        def bind(column: Any, op: Any, value: Any) -> Any:
            parameter = _parameter(column, op, value)
            binds.append(parameter)
            known[parameter] = getattr(column, "_proxy_key", None) or ""
            return parameter

        compiled: Any = statement.build(bind).compile(dialect=dialect)
        wiring = wire_up(compiled, dialect)
        spans = getattr(compiled.compile_state, "spans", None)
        if wiring is None or not spans or len(binds) != len(statement.values):
            return
        named = {
            compiled.bind_names[b]: n for n, b in enumerate(binds) if b in compiled.bind_names
        }
        extra = [name for name in dict.fromkeys(wiring.names) if name not in named]
        if not set(extra) <= set(wiring.constants):
            return
        for name in extra:
            named[name] = len(binds) + len(self.constants)
            self.constants += (wiring.constants[name],)
        positions = tuple(named[name] for name in wiring.names)
        columns = {name: known[b] for b, name in compiled.bind_names.items() if b in known}
        self.names = tuple(columns.get(name, "") for name in wiring.names)
        self.positions = None if positions == tuple(range(len(binds))) else positions
        self.processors = wiring.processors if any(wiring.processors) else None
        columns = compiled.compile_state.statement._raw_columns
        self.kinds = tuple(column.type for column in columns)
        self.spans = _named_spans(spans, [about.keyname for about in compiled._result_columns])
        owners = [span.entity.class_.__name__ for span in spans if span.entity is not None]
        self.facts = Facts(owners[0] if owners else "", step="SELECT")
        self.sql = wiring.sql
        self.fast = True

    def parameters(self, values: Row) -> Row:
        """Put values into the order of the SQL, as the driver takes them."""
        if self.positions is not None:
            full = values + self.constants
            values = tuple([full[index] for index in self.positions])
        if self.processors is None:
            return values
        done: list[Any] = []
        try:
            for processor, value in zip(self.processors, values, strict=True):
                done.append(value if processor is None else processor(value))
        except Exception as error:
            raise refused_value(error, self.facts, self.sql, self.names[len(done)]) from None
        return tuple(done)

    def take_description(self, description: Any, dialect: Dialect) -> None:
        """Give each span its processors, after the first execution."""
        processors = result_processors(self.kinds, dialect, description)
        if processors is not None:
            self.spans = tuple(span.taking(processors) for span in self.spans)
        self.known = True


def _named_spans(spans: tuple[Span, ...], keys: list[str]) -> tuple[Span, ...]:
    """Return spans that have names: that of a lone column is the key it has in the row."""
    return tuple(
        span
        if span.name or span.entity is not None
        else replace(span, keys=(keys[span.start],), name=keys[span.start])
        for span in spans
    )


def _parameter(column: Any, op: Any, value: Any) -> Any:
    """Make a parameter without a value, named and typed as Core would for this value."""
    if column is None:
        return sa.bindparam("param", type_=sa.Integer(), unique=True)
    kind = column.type.coerce_compared_value(op, value)
    return sa.bindparam(getattr(column, "key", None) or "param", type_=kind, unique=True)


def plan_for(statement: LightSelect, dialect: Dialect) -> SelectPlan:
    """Return the plan of a light statement, compiled by Core when its shape is new."""
    found: SelectPlan | None = cache_of(dialect).get(statement.shape)
    if found is None:
        found = cached(dialect, statement.shape, lambda: SelectPlan(statement, dialect))
    return found


def read(
    connection: Connection,
    statement: Any,
    parameters: Any = None,
    execution_options: Mapping[str, Any] | None = None,
    road: Choice = "auto",
) -> Rows:
    """Run a statement and return its rows.

    `road` "fast" raises InvalidRequestError where the fast road is closed; "core" always
    goes through `Connection.execute`. The fast road is for light statements only.
    """
    if road != "core" and not parameters and isinstance(statement, LightSelect):
        rows = _read_fast(connection, statement, execution_options)
        if rows is not None:
            return rows
    if road == "fast":
        raise exc.InvalidRequestError(
            "The fast road was asked for, but the statement or its connection needs Core: "
            "something listens, an option changes the cursor, no transaction is active, or "
            "the statement holds SQL expressions. Use road='auto'."
        )
    return _read_by_core(connection, statement, parameters, execution_options)


def _read_fast(
    connection: Connection, statement: LightSelect, options: Mapping[str, Any] | None
) -> Rows | None:
    if statement._core is not None:
        return None
    if options and not wire.OBSERVING.isdisjoint(options):
        return None
    own = statement._execution_options
    if own and not wire.OBSERVING.isdisjoint(own):
        return None
    if not wire.fast_ok(connection):
        return None
    dialect = connection.dialect
    try:
        plan = plan_for(statement, dialect)
    except TypeError:
        # A class whose metaclass forbids hashing cannot be part of a key.
        return None
    if not plan.fast:
        return None
    rows, description = wire.fetch(
        connection, plan.sql, plan.parameters(statement.values), len(plan.kinds), plan.facts
    )
    if not plan.known:
        plan.take_description(description, dialect)
    return Rows(rows, plan.spans)


def _read_by_core(
    connection: Connection, statement: Any, parameters: Any, options: Mapping[str, Any] | None
) -> Rows:
    core = statement.__clause_element__() if isinstance(statement, LightSelect) else statement
    facts = _facts(core)
    try:
        result = connection.execute(
            core, plugin.column_keys(core, parameters), execution_options=dict(options or ())
        )
    except wire.REFUSALS as error:
        raise translate(error, facts) from None
    if not result.returns_rows:
        return Rows([], (), cursor_result=result)
    spans = plugin.spans_of(result) or tuple(
        Span(None, n, n + 1, (key,), None, key) for n, key in enumerate(result.keys())
    )
    chosen = {**core.get_execution_options(), **(options or {})}
    if chosen.get("yield_per") or chosen.get("stream_results"):
        size = chosen.get("yield_per") or CHUNK
        return Rows(_chunks(result, size, facts), spans, streamed=True, cursor_result=result)
    try:
        rows = [tuple(row) for row in result.fetchall()]
    except exc.StatementError as error:
        raise translate(error, facts) from None
    return Rows(rows, spans, cursor_result=result)


def _chunks(result: Any, size: int, facts: Facts) -> Iterator[list[Row]]:
    """Go through a result in lists of at most `size` rows."""
    try:
        while chunk := result.fetchmany(size):
            yield [tuple(row) for row in chunk]
    except exc.StatementError as error:
        raise translate(error, facts) from None
    finally:
        result.close()


def _facts(core: Any) -> Facts:
    entity = plugin.subject(core)
    step = getattr(core, "__visit_name__", "statement")
    known = step in ("select", "insert", "update", "delete")
    return Facts(
        entity.class_.__name__ if entity is not None else "",
        getattr(getattr(core, "table", None), "name", ""),
        (),
        step.upper() if known else "statement",
    )

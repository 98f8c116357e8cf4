"""Reads that the ORM itself makes again and again: built once, compiled once per dialect."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import and_, any_, bindparam, column, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.engine import Connection, Dialect

from cormorant.sql import wire
from cormorant.sql.errors import Facts, refused_value
from cormorant.sql.joining import only_rows_of
from cormorant.sql.plans import NO_LENGTHS, Processors, Span, cached, result_processors, wire_up

Row = tuple[Any, ...]
Fetched = tuple[list[Row], Processors | None]
Criterion = Callable[[list[Any]], Any]

LONGEST_BATCH = 512
"""Keys per statement of a batch."""


class ReadPlan:
    """One compiled SELECT: its SQL, what its binds and its columns go through."""

    __slots__ = (
        "as_given",
        "constants",
        "fast",
        "kinds",
        "positions",
        "processors",
        "result_processors",
        "spans",
        "sql",
    )

    def __init__(
        self,
        core: Any,
        names: Sequence[str],
        dialect: Dialect,
        lengths: Mapping[str, int] = NO_LENGTHS,
    ) -> None:
        self.sql = ""
        self.positions: tuple[int, ...] = ()
        self.as_given = False
        """True if the driver takes the values as they are, in their order."""
        self.processors: Processors | None = None
        self.result_processors: Processors | bool | None = False
        """False until a first execution has told the type codes of the columns."""
        compiled: Any = core.compile(dialect=dialect)
        wiring = wire_up(compiled, dialect, lengths)
        self.spans: tuple[Span, ...] = getattr(compiled.compile_state, "spans", ())
        """The elements of a row, where the statement selects entities."""
        self.kinds = tuple(c.type for c in compiled.compile_state.statement._raw_columns)
        given = set(names)
        self.constants: Row = ()
        """Values that the statement brings along; they follow those of the caller."""
        self.fast = wiring is not None and set(wiring.names) <= given | set(wiring.constants)
        if wiring is None or not self.fast:
            return
        self.sql = wiring.sql
        extra = [name for name in dict.fromkeys(wiring.names) if name not in given]
        self.constants = tuple(wiring.constants[name] for name in extra)
        order = [*names, *extra]
        self.positions = tuple(order.index(name) for name in wiring.names)
        if any(wiring.processors):
            self.processors = wiring.processors
        in_order = self.positions == tuple(range(len(names)))
        self.as_given = in_order and self.processors is None

    def parameters(self, values: Row) -> Row:
        """Put values into the order of the SQL, as the driver takes them."""
        full = values + self.constants
        values = tuple([full[index] for index in self.positions])
        if self.processors is None:
            return values
        return tuple(
            [
                value if processor is None else processor(value)
                for processor, value in zip(self.processors, values, strict=True)
            ]
        )


class PreparedSelect:
    """A SELECT of fixed columns, or of entities, by equality with given values.

    `criterion`: makes the WHERE clause of one key from its parameters, where that is more than
    equality; `equal` are then the columns that give them their names and types.
    `fetch` returns raw rows and the processors for their columns (None: nothing to do); on
    the general road the rows are processed already and the processors None.
    """

    __slots__ = ("_array", "_criterion", "_last", "_spans", "equal", "facts", "names", "statement")

    def __init__(
        self, statement: Any, equal: Row, facts: Facts, criterion: Criterion | None = None
    ) -> None:
        self.statement = statement
        self.equal = equal
        self.facts = facts
        self._criterion = criterion
        self._array: PreparedSelect | None = None
        self._spans: tuple[Processors | None, tuple[Span, ...]] = (None, ())
        # Unlike the names that Core makes for values within the statement, such as `id_1`.
        self.names = tuple(f"given_{n}_{column.key}" for n, column in enumerate(equal, 1))
        self._last: tuple[Any, Any, Any, Any] = (None, None, None, None)

    def fetch(
        self,
        connection: Connection,
        values: Row,
        execution_options: Mapping[str, Any] | None = None,
    ) -> Fetched:
        """Read the rows whose `equal` columns have `values`, one value per column."""
        dialect, count, plan, _core = self._last
        # The commonest case of all goes the shortest way: one key, a plan that is in use.
        if (
            not execution_options
            and count == 1
            and dialect is connection.dialect
            and plan.as_given
            and plan.result_processors is not False
            and wire.fast_ok(connection)
        ):
            width = len(plan.kinds)
            rows = wire.fetch(connection, plan.sql, values, width, self.facts)[0]
            return rows, plan.result_processors
        return self._run(connection, (values,), values, execution_options)

    def spans(self, processors: Processors | None) -> tuple[Span, ...]:
        """Return the elements of the rows that a fetch gave, with their processors."""
        if self._spans[0] is processors and self._spans[1]:
            return self._spans[1]
        plan = self._last[2]
        if plan is None and self._array is not None:
            plan = self._array._last[2]
        found = tuple(span.taking(processors) for span in plan.spans)
        self._spans = (processors, found)
        return found

    def fetch_many(
        self,
        connection: Connection,
        keys: Sequence[Row],
        execution_options: Mapping[str, Any] | None = None,
    ) -> Fetched:
        """Read the rows of many keys, in the order the database gives them."""
        if len(self.equal) == 1 and keys and connection.dialect.name == "postgresql":
            values = ([key[0] for key in keys],)
            return self._by_array().fetch(connection, values, execution_options)
        rows: list[Row] = []
        processors: Processors | None = None
        for start in range(0, len(keys), LONGEST_BATCH):
            batch = list(keys[start : start + LONGEST_BATCH])
            # Filled up to a power of two with a repeated key, so that few plans serve all.
            room = 1 << (len(batch) - 1).bit_length()
            batch += batch[-1:] * (room - len(batch))
            values = tuple([value for key in batch for value in key])
            found, processors = self._run(connection, batch, values, execution_options)
            rows += found
        return rows, processors

    def _by_array(self) -> PreparedSelect:
        """Return the same read with all keys in one parameter: one plan for any number of them."""
        if self._array is None:
            wanted = self.equal[0]
            keys = column(wanted.key, ARRAY(wanted.type))
            self._array = PreparedSelect(
                self.statement, (keys,), self.facts, lambda binds: wanted == any_(binds[0])
            )
        return self._array

    def _run(
        self,
        connection: Connection,
        keys: Sequence[Row],
        values: Row,
        options: Mapping[str, Any] | None,
    ) -> Fetched:
        count = len(keys)
        dialect = connection.dialect
        last = self._last
        if last[0] is dialect and last[1] == count:
            plan = last[2]
        else:
            plan = self._plan(dialect, count)
        if (
            not plan.fast
            or (options and not wire.OBSERVING.isdisjoint(options))
            or not wire.fast_ok(connection)
        ):
            return self._by_core(connection, count, values, options)
        if not plan.as_given:
            try:
                values = plan.parameters(values)
            except Exception as error:
                raise refused_value(error, self.facts, plan.sql) from None
        rows, description = wire.fetch(connection, plan.sql, values, len(plan.kinds), self.facts)
        processors = plan.result_processors
        if processors is False:
            processors = result_processors(plan.kinds, dialect, description)
            plan.result_processors = processors
        return rows, processors

    def _plan(self, dialect: Dialect, count: int) -> ReadPlan:
        def make() -> tuple[ReadPlan, Any]:
            core, names = self.core(count)
            lengths = {self.names[0]: count} if self._expands(count) else NO_LENGTHS
            return ReadPlan(core, names, dialect, lengths), core

        plan, core = cached(dialect, (PreparedSelect, self, count), make)
        self._last = (dialect, count, plan, core)
        return plan

    def _expands(self, count: int) -> bool:
        """Tell whether the keys are one expanding parameter: Core renders a long list fast."""
        return count > 1 and len(self.equal) == 1 and self._criterion is None

    def core(self, count: int = 1) -> tuple[Any, tuple[str, ...]]:
        """Return the Core statement for `count` keys and the names of its parameters."""
        if not self.equal:
            return self.statement, ()
        if self._expands(count):
            column, name = self.equal[0], self.names[0]
            bind = bindparam(name, type_=column.type, expanding=True)
            names = tuple([f"{name}_{number}" for number in range(1, count + 1)])
            return self.statement.where(column.in_(bind)), names
        names = tuple(f"{name}_{k}" if k else name for k in range(count) for name in self.names)
        binds = iter(
            bindparam(name, type_=self.equal[n % len(self.equal)].type)
            for n, name in enumerate(names)
        )
        if self._criterion is not None:
            where = self._criterion(list(binds))
        elif len(self.equal) == 1:
            where = self.equal[0] == next(binds)
        else:
            where = or_(
                *(and_(*(each == next(binds) for each in self.equal)) for _ in range(count))
            )
        return self.statement.where(where), names

    def _by_core(
        self, connection: Connection, count: int, values: Row, options: Mapping[str, Any] | None
    ) -> Fetched:
        last = self._last
        core, names = (last[3], None) if last[1] == count else self.core(count)
        if names is None:
            names = self.core(count)[1] if count > 1 else self.names
        given: dict[str, Any] = dict(zip(names, values, strict=True))
        if self._expands(count):
            given = {self.names[0]: list(values)}
        rows = wire.fetch_by_core(connection, core, given, options, self.facts)
        return rows, None


def prepare_select(
    entity: Any,
    columns: Sequence[Any],
    equal: Sequence[Any] = (),
    order_by: Sequence[Any] = (),
    for_update: Mapping[str, Any] | bool | None = None,
    extra_where: Sequence[Any] = (),
) -> PreparedSelect:
    """Prepare a SELECT of `columns` of `entity` (None: the columns tell their tables).

    `for_update`: True, or the arguments of Core's `with_for_update`. `extra_where` are Core
    criteria without parameters of the caller's. Keep the result: it holds the plans.
    """
    statement = select(*columns)
    facts = Facts("", "", tuple(column.key for column in columns), "SELECT")
    if entity is not None:
        statement = statement.select_from(entity.selectable)
        table = getattr(entity.selectable, "name", "")
        facts = Facts(entity.class_.__name__, table, (), "SELECT")
        own_rows = only_rows_of(entity)
        if own_rows is not None:
            statement = statement.where(own_rows)
    if extra_where:
        statement = statement.where(*extra_where)
    if order_by:
        statement = statement.order_by(*order_by)
    if for_update:
        arguments = for_update if isinstance(for_update, Mapping) else {}
        statement = statement.with_for_update(**arguments)
    return PreparedSelect(statement, tuple(equal), facts)


def prepare_read(
    entity: Any,
    statement: Any,
    equal: Sequence[Any],
    criterion: Criterion | None = None,
) -> PreparedSelect:
    """Prepare a SELECT of the entity itself, perhaps of more; see PreparedSelect."""
    table = getattr(entity.selectable, "name", "")
    facts = Facts(entity.class_.__name__, table, (), "SELECT")
    return PreparedSelect(statement, tuple(equal), facts, criterion)

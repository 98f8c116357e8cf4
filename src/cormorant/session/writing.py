"""Run INSERT, UPDATE and DELETE of mapped classes; keep the objects in memory in step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import exc as core_exc

from cormorant import exc
from cormorant.instrument._state_cy import InstanceState, is_stale, state_of
from cormorant.instrument.constants import NO_VALUE
from cormorant.load.prepared import load_keys
from cormorant.load.results import written_result
from cormorant.mapping.inherit import key_columns
from cormorant.session.flushing import leave_deleted
from cormorant.session.given_rows import chosen_strategy, passed_on, refuse_bulk
from cormorant.session.insert_rows import run_insert
from cormorant.session.restore import announce_expire
from cormorant.session.update_rows import KeyedUpdate
from cormorant.sql.bulk import criterion_of, joins_tables, new_values
from cormorant.sql.evaluate import UNKNOWN, Evaluation, Evaluator, Lookup, NotEvaluable
from cormorant.sql.reading import Rows, read

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from cormorant.mapping.mapper import Mapper
    from cormorant.session.session import Session

STRATEGIES = ("auto", "evaluate", "fetch", False, None)
EXACT_TEXT = frozenset({"sqlite", "postgresql", "oracle"})
"""Dialects whose strings are equal only if they are the same, unless a column says else."""


@dataclass(slots=True)
class Affected:
    """The objects in memory that a statement changes, as far as that is known."""

    matched: list[Any] = field(default_factory=list)
    unsure: list[Any] = field(default_factory=list)


class Write:
    """One UPDATE or DELETE of a mapped class on its way through a session."""

    def __init__(
        self,
        session: Session,
        connection: Connection,
        mapper: Mapper,
        statement: Any,
        parameters: Mapping[str, Any] | None,
        options: Mapping[str, Any],
    ) -> None:
        self.session = session
        self.connection = connection
        self.mapper = mapper
        self.statement = statement
        self.parameters = parameters
        self.options = options
        self.strategy = strategy_of(options)
        self.key_columns = key_columns(mapper, mapper.local_table)

    def run(self) -> tuple[Rows, int]:
        """Execute, then bring the objects in line; return the user's rows and a row count."""
        affected = self._affected()
        if affected is not None:
            rows, count, keys = self._execute(returning=False)
        elif self._returns_keys():
            rows, count, keys = self._execute(returning=True)
            affected = self._by_keys(keys)
        else:
            affected = self._by_keys(self._selected_keys())
            rows, count, keys = self._execute(returning=False)
        if self.statement.is_delete:
            self._delete(affected)
        elif affected.matched or affected.unsure:
            self._update(affected, rows.cursor_result)
        return rows, count

    # -- which objects -----------------------------------------------------------------

    def _affected(self) -> Affected | None:
        """Find the objects before the statement runs; None where the database must tell."""
        if not self.strategy:
            return Affected()
        loaded = self._loaded()
        if self.strategy == "fetch":
            return None if loaded else Affected()
        try:
            matches = self._matches()
        except NotEvaluable as reason:
            if self.strategy == "auto":
                return None if loaded else Affected()
            raise core_exc.InvalidRequestError(
                f"Could not evaluate current criteria in Python: {reason} is in the statement "
                f"on class {self.mapper.class_.__name__!r}. Specify 'fetch', 'auto' or False "
                f"for the synchronize_session execution option."
            ) from None
        found = Affected()
        for obj in loaded:
            answer = matches(lookup_of(state_of(obj)))
            if answer is UNKNOWN:
                found.unsure.append(obj)
            elif answer:
                found.matched.append(obj)
        return found

    def _loaded(self) -> list[Any]:
        return self.session.identity_map.members(self.mapper)

    def _matches(self) -> Evaluator:
        criterion = criterion_of(self.statement)
        if criterion is None:
            return lambda _lookup: True
        asked = self.strategy == "evaluate"
        exact = asked or self.connection.dialect.name in EXACT_TEXT
        return Evaluation(self._key_of, self.parameters or {}, exact, asked).of(criterion)

    def _key_of(self, column: Any) -> str | None:
        try:
            return self.mapper.property_of(column).key
        except exc.UnmappedColumnError:
            return None

    def _returns_keys(self) -> bool:
        dialect: Any = self.connection.dialect
        kind = "delete" if self.statement.is_delete else "update"
        if not getattr(dialect, f"{kind}_returning", False):
            return False
        return not joins_tables(self.statement, self.key_columns) or bool(
            getattr(dialect, f"{kind}_returning_multifrom", False)
        )

    def _selected_keys(self) -> list[tuple[Any, ...]]:
        """Ask for the keys of the rows first, where the statement itself cannot tell them."""
        query = sa.select(*[self.mapper.attribute(key) for key in self.mapper.pk_keys])
        criterion = criterion_of(self.statement)
        if criterion is not None:
            query = query.where(criterion)
        options = {"autoflush": False}
        arguments = {"mapper": self.mapper}
        found = self.session.execute(
            query, self.parameters, execution_options=options, bind_arguments=arguments
        )
        return [tuple(row) for row in found]

    def _by_keys(self, keys: Sequence[tuple[Any, ...]]) -> Affected:
        mapper, known = self.mapper, self.session.identity_map
        found = [known.find(mapper, key[0] if mapper.single_key else key) for key in keys]
        return Affected([obj for obj in found if isinstance(obj, mapper.class_)])

    # -- the statement -----------------------------------------------------------------

    def _execute(self, returning: bool) -> tuple[Rows, int, list[tuple[Any, ...]]]:
        statement = self.statement
        if returning:
            statement = statement.returning(*self.key_columns)
        rows = read(self.connection, statement, self.parameters, self.options, "core")
        if not rows.spans:
            return rows, rows.cursor_result.rowcount, []
        raw: Any = rows.rows
        if not returning:
            return rows, len(raw), []
        width = len(self.key_columns)
        keys = [row[-width:] for row in raw]
        spans = rows.spans[:-width]
        kept = [row[:-width] for row in raw] if spans else []
        return Rows(kept, spans, cursor_result=rows.cursor_result), len(raw), keys

    # -- the objects -------------------------------------------------------------------

    def _delete(self, affected: Affected) -> None:
        if affected.matched:
            leave_deleted(self.session, affected.matched)
        for obj in affected.unsure:
            # Its row may be gone: the next access tells.
            _expire_unsure(obj, load_keys(self.mapper))

    def _update(self, affected: Affected, result: Any) -> None:
        computed, unknown = self._assignments()
        quiet, stale = self._defaults(result, {*computed, *unknown})
        for obj in affected.unsure:
            _expire_unsure(obj, [*computed, *unknown, *quiet, *stale])
        for obj in affected.matched:
            state = state_of(obj)
            if state.expired:
                continue  # it reads all anew
            lookup = lookup_of(state)
            found = {key: evaluate(lookup) for key, evaluate in computed.items()}
            lost = [key for key, value in found.items() if value is UNKNOWN]
            _expire_loaded(obj, [*unknown, *stale, *lost])
            known = {key: value for key, value in found.items() if value is not UNKNOWN}
            assigned = assign_stored(state, known)
            assign_stored(state, quiet)
            for listener in state.manager.dispatch.refresh:
                listener(obj, None, assigned)

    def _assignments(self) -> tuple[dict[str, Evaluator], list[str]]:
        """Return attribute key -> function for its new value, and the keys without one."""
        evaluation = Evaluation(self._key_of, self.parameters or {})
        computed: dict[str, Evaluator] = {}
        unknown: list[str] = []
        for column, value in new_values(self.statement, self.parameters).items():
            key = self._key_of(column)
            if key is None:
                continue
            try:
                computed[key] = _constant(value) if _is_plain(value) else evaluation.of(value)
            except NotEvaluable:
                unknown.append(key)
        return computed, unknown

    def _defaults(self, result: Any, named: set[str]) -> tuple[dict[str, Any], list[str]]:
        """Return values that Core's own onupdate defaults gave, and keys that the server set."""
        parameters = result.last_updated_params() or {}
        quiet = {}
        for column in result.prefetch_cols() or ():
            key = self._key_of(column)
            if key is not None and key not in named and column.key in parameters:
                quiet[key] = parameters[column.key]
        fetched = [self._key_of(column) for column in result.postfetch_cols() or ()]
        return quiet, [key for key in fetched if key is not None and key not in named]


def strategy_of(options: Mapping[str, Any]) -> Any:
    """Return how to keep the session in step; raises ArgumentError for an unknown way."""
    strategy = options.get("synchronize_session", "auto")
    if strategy not in STRATEGIES:
        raise core_exc.ArgumentError(
            "Valid strategies for session synchronization are 'auto', 'evaluate', 'fetch', False"
        )
    return strategy


def lookup_of(state: InstanceState) -> Lookup:
    """Return what tells the values of a row as far as the object in memory knows them."""
    if is_stale(state):
        return lambda _key: UNKNOWN
    values, old = state.values, state.old or {}

    def lookup(key: str) -> Any:
        if key in old:
            return UNKNOWN if old[key] is NO_VALUE else old[key]
        return values.get(key, UNKNOWN)

    return lookup


def assign_stored(state: InstanceState, new: Mapping[str, Any]) -> set[str]:
    """Take over what is in the row now; return the keys. What the user changed stays his."""
    values, old = state.values, state.old
    if is_stale(state):
        return set()
    assigned = set()
    for key, value in new.items():
        if old is not None and key in old:
            old[key] = value
        elif key in values:
            values[key] = value
            assigned.add(key)
    return assigned


def _expire_loaded(obj: Any, keys: Sequence[str]) -> None:
    """Have those of the attributes loaded anew that are loaded and unchanged; tell of it."""
    announce_expire(obj, _drop_loaded(obj, keys))


def _expire_unsure(obj: Any, keys: Sequence[str]) -> None:
    """Do the same for an object that the statement may not have touched."""
    dropped = _drop_loaded(obj, keys)
    if dropped:
        announce_expire(obj, dropped)


def _drop_loaded(obj: Any, keys: Sequence[str]) -> set[str]:
    state = state_of(obj)
    if is_stale(state):
        return set()
    changed = state.old or {}
    chosen = {key for key in keys if key in state.values and key not in changed}
    for key in chosen:
        del state.values[key]
    if chosen:
        state.extras().names.update(chosen)
    return chosen


def _is_plain(value: Any) -> bool:
    return not hasattr(value, "__visit_name__")


def _constant(value: Any) -> Evaluator:
    return lambda _lookup: value


def run_write(
    session: Session,
    connection: Connection,
    mapper: Mapper,
    statement: Any,
    parameters: Any,
    options: Mapping[str, Any],
) -> tuple[Rows, Any]:
    """Run a statement that writes; return its rows, and a result if it gives none.

    By the option `dml_strategy`: "bulk" updates row by row by primary key, as "auto" does with
    several sets of parameters; "orm" runs one statement and keeps the session in step;
    "core_only" does not keep it.
    """
    if statement.is_insert:
        return run_insert(connection, mapper, statement, parameters, options)
    step = "DELETE" if statement.is_delete else "UPDATE"
    chosen = chosen_strategy(options, WAYS[step], step)
    if chosen == "core_only":
        rows = read(connection, statement, parameters or None, passed_on(options), "core")
        return rows, None if rows.spans else rows.cursor_result
    many = bool(parameters) and isinstance(parameters, (list, tuple))
    if many and step == "DELETE":
        raise core_exc.InvalidRequestError(
            f"Bulk ORM DELETE not supported: a DELETE of class {mapper.class_.__name__!r} got "
            f"several sets of parameters. Name the rows in its criteria, or run it at the Core "
            f"level using session.connection().execute(stmt, parameters)."
        )
    if chosen == "bulk" and not many:
        raise refuse_bulk(mapper, step)
    if many and chosen != "orm":
        result = _update_by_key(session, connection, mapper, statement, parameters, options)
        return Rows([], (), cursor_result=result), result
    if many:
        parameters = _only_one(mapper, parameters)
    write = Write(session, connection, mapper, statement, parameters or None, options)
    write.options = passed_on(options)
    rows, count = write.run()
    if rows.spans:
        return rows, None
    if getattr(rows.cursor_result, "returns_rows", False):
        return rows, written_result(count)
    return rows, rows.cursor_result


WAYS = {
    "UPDATE": ("orm", "auto", "bulk", "core_only"),
    "DELETE": ("orm", "auto", "core_only"),
}
"""The legal values of `dml_strategy`."""


def _only_one(mapper: Mapper, parameters: Sequence[Any]) -> Any:
    if len(parameters) > 1:
        raise core_exc.InvalidRequestError(
            f"dml_strategy='orm' keeps the objects of class {mapper.class_.__name__!r} in step "
            f"with one set of parameters, not with {len(parameters)}: leave it out to update by "
            f"primary key, or say 'core_only'."
        )
    return parameters[0]


def _update_by_key(
    session: Session,
    connection: Connection,
    mapper: Mapper,
    statement: Any,
    parameters: Sequence[Mapping[str, Any]],
    options: Mapping[str, Any],
) -> Any:
    """Update row by row, each set of parameters naming its primary key."""
    strategy = strategy_of(options)
    if strategy == "fetch":
        raise core_exc.InvalidRequestError(
            f"The 'fetch' synchronization strategy is not available for an UPDATE of rows of "
            f"class {mapper.class_.__name__!r} by primary key (multiple parameter sets): their "
            f"keys are known. Leave it out."
        )
    if strategy and criterion_of(statement) is not None:
        raise core_exc.InvalidRequestError(
            f"An UPDATE by primary key with criteria on class {mapper.class_.__name__!r}: which "
            f"objects in memory each set of parameters changes cannot be told. Pass "
            f"execution_options={{'synchronize_session': None}} and expire or refresh the "
            f"objects yourself, or leave out the criteria."
        )
    update = KeyedUpdate(connection, mapper, statement, parameters, options)
    result = update.run()
    if strategy:
        for row in update.rows:
            _take_row(session, mapper, row)
    return result


def _take_row(session: Session, mapper: Mapper, row: Mapping[str, Any]) -> None:
    """Give the object of a row, if it is in memory, what was written."""
    pk = mapper.pk_from_values(row)
    obj = session.identity_map.find(mapper, pk)
    if obj is None or not isinstance(obj, mapper.class_):
        return
    state = state_of(obj)
    values = {key: value for key, value in row.items() if key not in mapper.pk_keys}
    assigned = assign_stored(state, values)
    for listener in state.manager.dispatch.refresh:
        listener(obj, None, assigned)

"""Run statements for a session: autoflush, do_orm_execute, both roads, results with objects."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import exc as core_exc
from sqlalchemy.engine.result import Result, ScalarResult
from sqlalchemy.util import EMPTY_DICT

from cormorant.load.context import LED_BY
from cormorant.load.objects import Target
from cormorant.load.results import Objects, refuse_streaming, row_result, streamed_result
from cormorant.load.shapes import objects_along, shaped
from cormorant.session.loading import target_of
from cormorant.session.orm_execute import USERS_OWN, ORMExecuteState, OwnLoad
from cormorant.session.writing import run_write
from cormorant.sql.eager import branches_returned
from cormorant.sql.plans import Span
from cormorant.sql.plugin import rewritten, subject
from cormorant.sql.reading import Rows, read
from cormorant.sql.statement import LightSelect, subject_of
from cormorant.sql.textual import FromStatement, arranged, described

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from cormorant.session.session import Session

Options = Mapping[str, Any]
__all__ = ["execute", "scalars"]


def execute(
    session: Session,
    statement: Any,
    params: Any,
    options: Options,
    bind_arguments: Mapping[str, Any] | None,
) -> Any:
    """Run a statement and return Core's Result."""
    if session.dispatch.do_orm_execute:
        state, answer = ask(session, statement, params, options, bind_arguments)
        if answer is not None:
            return answer
        statement, params = state.statement, state.parameters
        options, bind_arguments = state.as_left()
    return run(session, statement, params, options, bind_arguments)


def scalars(
    session: Session,
    statement: Any,
    params: Any,
    options: Options,
    bind_arguments: Mapping[str, Any] | None,
) -> ScalarResult[Any]:
    """Run a statement and return the first elements of its rows."""
    if session.dispatch.do_orm_execute:
        state, answer = ask(session, statement, params, options, bind_arguments)
        if answer is not None:
            answered: ScalarResult[Any] = answer.scalars()
            return answered
        statement, params = state.statement, state.parameters
        options, bind_arguments = state.as_left()
    found = _run_read(session, statement, params, options, bind_arguments)
    if found is None:
        result: Result[Any] = run(session, statement, params, options, bind_arguments)
        return result.scalars()
    rows, target = found
    span = rows.spans[0]
    if rows.streamed or span.entity is None or len(rows.spans) > 1:
        return _result(rows, target, options).scalars()
    raw: Any = rows.rows
    objects = objects_along(raw, span, target)
    return Objects(objects, span.name, span.entity.entity, _uniquing(rows.spans))


def ask(
    session: Session,
    statement: Any,
    params: Any,
    options: Options,
    bind_arguments: Mapping[str, Any] | None,
    load: OwnLoad = USERS_OWN,
    runs: Callable[..., Any] | None = None,
) -> tuple[ORMExecuteState, Any]:
    """Let do_orm_execute listeners see and change a statement.

    Return its state, and the result with which one of them answered in its place, if one did.
    `runs`: what `invoke_statement` does; None: `run`.
    """
    runs = runs or run
    state = ORMExecuteState(session, statement, params, options, bind_arguments, runs, load)
    for listener in session.dispatch.do_orm_execute:
        answer = listener(state)
        if answer is not None:
            return state, answer
        state.position += 1
    return state, None


def run(
    session: Session,
    statement: Any,
    params: Any,
    options: Options,
    bind_arguments: Mapping[str, Any] | None,
) -> Any:
    """Run a statement without do_orm_execute."""
    found = _run_read(session, statement, params, options, bind_arguments)
    if found is not None:
        return _result(*found, options)
    return _run_core(session, statement, params, options, bind_arguments)


def run_untold(
    session: Session,
    obj: Any,
    statement: Any,
    params: Any,
    options: Options,
    bind_arguments: Mapping[str, Any] | None,
) -> Any:
    """Run a statement like `run`, and leave it to the caller to tell that `obj` is refreshed."""
    found = _run_read(session, statement, params, options, bind_arguments)
    if found is None:
        return _run_core(session, statement, params, options, bind_arguments)
    rows, target = found
    target.context.fresh[id(obj)] = obj
    return _result(rows, target, options)


def run_on_rows(session: Session, statement: Any, result: Result[Any]) -> Result[Any]:
    """Return what a SELECT asks for out of the rows of a Core result that has its columns.

    Attributes that the result has no column for stay unloaded. Raises NoSuchColumnError where a
    primary key is missing, or another element of the SELECT.
    """
    plain, spans = rewritten(statement)
    columns, known = plain._raw_columns, result.keys()
    optional = [place for span in spans for place in span.optional()]
    missing = frozenset([place for place in optional if columns[place] not in known])
    wanted = [each for place, each in enumerate(columns) if place not in missing]
    rows = [tuple(row) for row in result.columns(*wanted)]
    found = Rows(rows, tuple([span.without(missing) for span in spans]))
    return _result(found, target_of(session, statement=statement), EMPTY_DICT)


def _is_orm_read(statement: Any) -> bool:
    if isinstance(statement, LightSelect):
        return True
    if isinstance(statement, FromStatement):
        return False
    return subject(statement) is not None and bool(getattr(statement, "is_select", False))


def _run_read(
    session: Session,
    statement: Any,
    params: Any,
    options: Options,
    bind_arguments: Mapping[str, Any] | None,
) -> tuple[Rows, Target] | None:
    """Read a SELECT of mapped classes; None for any other statement."""
    if not _is_orm_read(statement):
        return None
    chosen = _options_of(session, statement, options)
    entity = _ready(statement)
    if chosen.get("autoflush", True):
        session.maybe_autoflush()
    connection = _connection(session, statement, entity, bind_arguments)
    road = chosen.get("cormorant_road", "auto")
    passed = chosen
    if chosen:
        passed = {key: value for key, value in chosen.items() if key not in OWN_OPTIONS}
    rows = read(connection, statement, params, passed, road)
    overwrite = bool(chosen.get("populate_existing"))
    return rows, target_of(session, overwrite, statement, params, chosen)


OWN_OPTIONS = frozenset(
    {"populate_existing", "autoflush", "cormorant_road", "identity_token", LED_BY}
)
"""Execution options that Core knows nothing of."""


def _options_of(session: Session, statement: Any, options: Options) -> Options:
    own = statement.get_execution_options()
    if not own and not session.execution_options:
        return options
    return {**session.execution_options, **own, **options}


def _ready(statement: Any) -> Any:
    """Return the entity a statement is about, its mappers configured."""
    entity = subject_of(statement)
    if entity is not None and not entity.configured:
        entity.ready()
    return entity


def _connection(
    session: Session, statement: Any, entity: Any, bind_arguments: Mapping[str, Any] | None
) -> Connection:
    if bind_arguments:
        arguments = {"clause": statement, "mapper": entity, **bind_arguments}
        return session.begin_if_needed().connection(session.get_bind(**arguments))
    if entity is not None:
        return session.connection_for(entity)
    bind = session.get_bind(clause=statement)
    return session.begin_if_needed().connection(bind)


def _result(rows: Rows, target: Target, options: Options) -> Result[Any]:
    names = [span.name or None for span in rows.spans]
    entities = [None if span.entity is None else span.entity.entity for span in rows.spans]
    uniquing = _uniquing(rows.spans)
    if rows.streamed:
        if uniquing or any(_buffers(span.branch) for span in rows.spans):
            raise refuse_streaming()
        chunks = _shaped_chunks(rows, target)
        size = target.context.execution_options.get("yield_per")
        return streamed_result(names, entities, chunks, size)
    raw: Any = rows.rows
    return row_result(names, entities, shaped(raw, rows.spans, target), uniquing)


def _uniquing(spans: tuple[Span, ...]) -> bool:
    """Tell whether collections in the same rows make several rows of one object."""
    return any(span.branch is not None and span.branch.uniquing for span in spans)


def _buffers(branch: Any) -> bool:
    """Tell whether a loader needs all rows before it can start."""
    if branch is None:
        return False
    return any(
        along.how.loader == "subquery" or (along.in_row and _buffers(along.branch))
        for along in branch.all_along
    )


def _shaped_chunks(rows: Rows, target: Target) -> Iterator[list[tuple[Any, ...]]]:
    for chunk in rows.rows:
        yield shaped(chunk, rows.spans, target)  # type: ignore[arg-type] # chunks when streamed


def _run_core(
    session: Session,
    statement: Any,
    params: Any,
    options: Options,
    bind_arguments: Mapping[str, Any] | None,
) -> Any:
    """Run any other statement as Core does; writes to mapped classes expire their objects."""
    if isinstance(statement, FromStatement):
        return _run_from_statement(session, statement, params, options, bind_arguments)
    if not hasattr(statement, "_execute_on_connection"):
        raise core_exc.ArgumentError(
            f"Executable SQL or text() construct expected, got {type(statement).__name__!r}; "
            f"wrap a text with text()."
        )
    entity = _ready(statement)
    if entity is not None and getattr(statement, "is_dml", False):
        return _run_write(session, statement, entity, params, options, bind_arguments)
    connection = _connection(session, statement, entity, bind_arguments)
    chosen = _options_of(session, statement, options)
    passed = {key: value for key, value in chosen.items() if key not in OWN_OPTIONS}
    return connection.execute(statement, params, execution_options=passed or EMPTY_DICT)


def _run_write(
    session: Session,
    statement: Any,
    mapper: Any,
    params: Any,
    options: Options,
    bind_arguments: Mapping[str, Any] | None,
) -> Any:
    """Write rows of a mapped class; rows that come back hold objects."""
    chosen = _options_of(session, statement, options)
    if chosen.get("autoflush", True):
        session.maybe_autoflush()
    connection = _connection(session, statement, mapper, bind_arguments)
    passed = {key: value for key, value in chosen.items() if key not in OWN_OPTIONS}
    rows, result = run_write(session, connection, mapper, statement, params, passed)
    if result is not None:
        return result
    overwrite = bool(chosen.get("populate_existing"))
    return _result(rows, target_of(session, overwrite, statement, params, chosen), chosen)


def _run_from_statement(
    session: Session,
    statement: Any,
    params: Any,
    options: Options,
    bind_arguments: Mapping[str, Any] | None,
) -> Any:
    """Run a full statement whose rows become the elements of a SELECT."""
    entity = statement.entity
    if entity is not None:
        entity.ready()
    chosen = _options_of(session, statement, options)
    if chosen.get("autoflush", True):
        session.maybe_autoflush()
    connection = _connection(session, statement.element, entity, bind_arguments)
    passed = {key: value for key, value in chosen.items() if key not in OWN_OPTIONS}
    rows = read(connection, statement.typed(), params, passed, "core")
    flat = [name for span in rows.spans for name in span.keys]
    names, owners = described(statement.element, flat)
    raw, spans = arranged(rows.rows, names, owners, statement.elements, rows.streamed)
    branches = branches_returned(statement, statement.elements)
    spans = tuple([replace(span, branch=branches.get(span.entity)) for span in spans])
    overwrite = bool(chosen.get("populate_existing"))
    target = target_of(session, overwrite, statement, params, chosen)
    target.whole = False
    return _result(Rows(raw, spans, rows.streamed), target, chosen)

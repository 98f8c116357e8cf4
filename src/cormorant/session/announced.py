"""The session's own loads as statements that do_orm_execute listeners see and may change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, select

from cormorant.load.branches import Branch
from cormorant.load.context import LED_BY
from cormorant.load.objects import Target
from cormorant.load.related import lazy_read
from cormorant.session.executing import ask, run
from cormorant.session.orm_execute import LoaderPath, ORMExecuteState, OwnLoad

if TYPE_CHECKING:
    from cormorant.instrument._state_cy import InstanceState
    from cormorant.mapping.mapper import Mapper
    from cormorant.session.session import Session


def _by_key(mapper: Mapper, pk: Any) -> Any:
    pairs = zip(mapper.primary_key, mapper.identity_of(pk), strict=True)
    return select(mapper.class_).where(*[column == value for column, value in pairs])


def _objects(session: Session, state: ORMExecuteState, answer: Any) -> list[Any]:
    if answer is None:
        options, arguments = state.local_execution_options, state.bind_arguments
        answer = run(session, state.statement, state.parameters, options, arguments)
    found: list[Any] = answer.unique().scalars().all()
    return found


def get(
    session: Session,
    mapper: Mapper,
    pk: Any,
    overwrite: bool,
    lock: Any,
    options: Mapping[str, Any] | None,
    loaders: Sequence[Any] = (),
) -> Any:
    """Return the object of a key, or None."""
    statement = _by_key(mapper, pk).options(*loaders)
    if lock:
        statement = statement.with_for_update(**(lock if isinstance(lock, Mapping) else {}))
    chosen = dict(options or {})
    if overwrite:
        chosen["populate_existing"] = True
    state, answer = ask(session, statement, None, chosen, None, OwnLoad("", LoaderPath()))
    found = _objects(session, state, answer)
    return found[0] if found and isinstance(found[0], mapper.class_) else None


def column_load(session: Session, mapper: Mapper, pk: Any, names: list[str]) -> None:
    """Announce a load of attributes; a changed statement is run before the ordinary load."""
    statement = _by_key(mapper, pk)
    state, answer = ask(session, statement, None, {}, None, OwnLoad("column", LoaderPath()))
    if answer is not None or state.statement is not statement:
        _objects(session, state, answer)


def related(
    session: Session, prop: Any, branch: Branch, values: tuple[Any, ...], owner: InstanceState
) -> list[Any]:
    """Return the objects that a relationship finds for the values of its local columns."""
    read = lazy_read(prop, branch)
    binds = [
        bindparam(column.key, value, type_=column.type, unique=True)
        for column, value in zip(prop.join.lookup, values, strict=True)
    ]
    statement = read.statement.where(prop.join.criterion(binds)).options(*branch.carried)
    way = (owner.manager.mapper, prop)
    load = OwnLoad("relationship", LoaderPath(way), owner)
    state, answer = ask(session, statement, None, {LED_BY: way}, None, load)
    return _objects(session, state, answer)


def rows(session: Session, statement: Any, target: Target, way: tuple[Any, ...]) -> Sequence[Any]:
    """Return the rows of what many parents are related to, each with its keys.

    `way`: the mappers and relationships that lead there. As SQLAlchemy: options of the parents'
    statement hold here, too.
    """
    given = target.context.execution_options.items()
    options = {key: value for key, value in given if key not in NOT_PASSED_ON}
    if target.overwrite:
        options["populate_existing"] = True
    chosen = {**options, "autoflush": False, LED_BY: way}
    load = OwnLoad("relationship", LoaderPath(way))
    state, answer = ask(session, statement, None, chosen, None, load)
    if answer is None:
        arguments = state.bind_arguments
        chosen = dict(state.local_execution_options)
        answer = run(session, state.statement, state.parameters, chosen, arguments)
    found: Sequence[Any] = answer.unique().all()
    return found


NOT_PASSED_ON = frozenset(("yield_per", "stream_results", "max_row_buffer", "populate_existing"))
"""Execution options that are about the rows of one statement alone."""

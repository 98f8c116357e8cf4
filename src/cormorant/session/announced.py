"""The session's own loads as statements that do_orm_execute listeners see and may change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import bindparam, select

from cormorant.exc import MultipleResultsFound
from cormorant.load.branches import Branch
from cormorant.load.context import LED_BY
from cormorant.load.directives import WILDCARD, Directive, How
from cormorant.load.objects import Target
from cormorant.load.options import Load
from cormorant.load.related import key_places, lazy_read
from cormorant.load.roots import RowsAlone
from cormorant.session.executing import ask, run, run_untold
from cormorant.session.orm_execute import LoaderPath, ORMExecuteState, OwnLoad
from cormorant.sql.statement import subject_of

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
    statement = _locked(_by_key(mapper, pk).options(*loaders), lock)
    chosen = dict(options or {})
    if overwrite:
        chosen["populate_existing"] = True
    state, answer = ask(session, statement, None, chosen, None, OwnLoad("", LoaderPath()))
    found = _objects(session, state, answer)
    return found[0] if found and isinstance(found[0], mapper.class_) else None


class ColumnLoad(NamedTuple):
    """What listeners left of a load of attributes.

    `left`: what is still to be loaded, None if there is no row. `ran`: a statement of theirs
    was run for the object, so that it counts as refreshed.
    """

    left: list[str] | None
    ran: bool


def column_load(
    session: Session, state: InstanceState, names: list[str], along: Branch | None, lock: Any
) -> ColumnLoad | None:
    """Announce a load of attributes of one object; None: nobody changed or answered it.

    What listeners changed is run, and what they answered stands for the load. `along`: what an
    expired object is loaded with.
    """
    obj = state.obj()
    statement = _locked(_by_key(state.manager.mapper, state.pk), lock)
    load = OwnLoad("column", LoaderPath(), refreshed=state)
    ran = []

    def run_for_object(session: Session, statement: Any, *how: Any) -> Any:
        remembered = state.branch
        narrowed = _narrowed(statement, state, names, along)
        ran.append(narrowed)
        try:
            return run_untold(session, obj, narrowed, *how)
        finally:
            state.branch = remembered

    heard, answer = ask(session, statement, None, {}, None, load, run_for_object)
    if answer is None:
        if not heard.is_changed:
            return None
        options, arguments = heard.as_left()
        answer = run_for_object(session, heard.statement, heard.parameters, options, arguments)
    if not answer.unique().scalars().all():
        return ColumnLoad(None, bool(ran))
    return ColumnLoad(_left(state, names), bool(ran))


def _left(state: InstanceState, names: list[str]) -> list[str]:
    """Return those of the attributes that are not loaded yet; a key needs no row."""
    mapper = state.manager.mapper
    values, changed = state.values, state.old or {}
    for key, value in zip(mapper.pk_keys, mapper.identity_of(state.pk), strict=True):
        if key in names and key not in changed:
            values.setdefault(key, value)
    return [name for name in names if name not in values and name not in changed]


def _narrowed(statement: Any, state: InstanceState, names: list[str], along: Branch | None) -> Any:
    """Have a statement about the class of an object load no more than what the object lacks."""
    mapper = state.manager.mapper
    if not getattr(statement, "is_select", False) or subject_of(statement) is not mapper:
        return statement
    only = Load(mapper)
    rest = Directive(mapper, (), "column", WILDCARD, How("deferred"))
    wanted = [Directive(mapper, (), "column", name, How("column")) for name in names]
    if along is None:
        statement = statement.options(RowsAlone())
        kept: list[Directive] = []
    else:
        kept = [each for each in along.directives if each.path or each.kind == "relationship"]
    only.directives = (*kept, rest, *wanted)
    return statement.options(only)


def _locked(statement: Any, lock: Any) -> Any:
    if not lock:
        return statement
    return statement.with_for_update(**(lock if isinstance(lock, Mapping) else {}))


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
    found = _objects(session, state, answer)
    if len(found) > 1 and key_places(prop) is not None and not prop.uselist:
        raise MultipleResultsFound(
            f"A do_orm_execute listener answered the load of '{prop}' with {len(found)} objects; "
            f"a key leads to one at most."
        )
    return found


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

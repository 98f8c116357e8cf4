"""What is loaded when the parents are there: SELECT ... IN, a subquery, or one by one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, Any

from cormorant.instrument.constants import PASSIVE_NO_RESULT
from cormorant.load._filler_cy import grouped, lacking, owned
from cormorant.load.branches import Branch
from cormorant.load.related import InRead, in_read
from cormorant.load.selectin_parts import read_further
from cormorant.load.subqueries import subquery_read
from cormorant.sql.reading import read
from cormorant.sql.statement import Derived

if TYPE_CHECKING:
    from cormorant.instrument._state_cy import InstanceState
    from cormorant.load.branches import Along
    from cormorant.load.objects import Path, Row, Target
    from cormorant.sql.plans import Span

    Make = Callable[..., list[Any]]

CHUNK = 500
"""Parents per statement, as SQLAlchemy."""


def follow(along: Along, parents: Sequence[Any], target: Target, make: Make, path: Path) -> None:
    """Load a relationship of all parents that lack it; `make` turns rows into objects.

    `path`: how the statement leads to the parents.
    """
    states = lacking(parents, along.prop.key, along.owner)
    if along.owner is not None:
        # Of objects without the columns of their class: the first access loads both.
        states = [one for one in states if _has_key(along, one)]
    if not states:
        return
    if along.how.loader == "subquery":
        # As SQLAlchemy: what has changed in memory waits for its own load.
        states = [one for one in states if one.old is None or along.prop.key not in one.old]
    if along.how.loader == "noload":
        for state in states:
            give(along, state, ())
    elif along.how.loader == "in memory":
        _from_memory(along, states, target)
    elif along.how.loader == "immediate":
        _one_by_one(along, states, target, make, path)
    elif along.how.loader == "subquery" and target.whole and _in_rows(along, path):
        _by_subquery(along, states, target, make, path)
    else:
        # A subquery of one object's or one chunk's own read would tell no more than their keys.
        _by_keys(along, states, target.along(), make, path)


def _has_key(along: Along, state: InstanceState) -> bool:
    """Tell whether the columns are there that an object's related rows are found by."""
    prop = along.prop
    names = [prop.parent.property_of(local).key for local in prop.join.lookup]
    return all(name in state.values or name in prop.parent.pk_keys for name in names)


def _from_memory(along: Along, states: list[InstanceState], target: Target) -> None:
    """Take what the session has already: where loading at once would go in a circle."""
    for state in states:
        found = target.context.session.peek_related(state.obj(), state, along.prop.key)
        if found is not PASSIVE_NO_RESULT:
            give(along, state, () if found is None else (found,))


def _one_by_one(
    along: Along, states: list[InstanceState], target: Target, make: Make, path: Path
) -> None:
    """Load for each parent; what the related objects load, when those of all parents are there."""
    inner = target.along()
    inner.waiting = []
    for state in states:
        obj = state.obj()
        if obj is not None and along.prop.key not in state.values:
            target.context.session.load_at_once(obj, state, along, inner)
    gathered: dict[int, tuple[Along | Branch, list[Any]]] = {}
    for further, parents in inner.waiting:
        gathered.setdefault(id(further), (further, []))[1].extend(parents)
    for further, parents in gathered.values():
        if isinstance(further, Branch):
            read_further(further, parents, target.along(), make)
        else:
            follow(further, parents, target.along(), make, path.through(along))


def _by_keys(
    along: Along, states: list[InstanceState], target: Target, make: Make, path: Path
) -> None:
    """Load by the keys of the parents, in chunks."""
    read = in_read(along.prop, along.branch)
    owners: dict[Any, list[InstanceState]] = owned(states, read.keys)
    for state in owners.pop(None, ()):
        give(along, state, ())
    keys = list(owners)
    size = along.how.chunksize or CHUNK
    for start in range(0, len(keys), size):
        chunk = keys[start : start + size]
        found = _related(along, read, chunk, target, make, path)
        for key in chunk:
            members = found.get(key)
            for state in owners[key]:
                give(along, state, () if members is None else members.values())


def _related(
    along: Along, read: InRead, keys: list[Any], target: Target, make: Make, path: Path
) -> dict[Any, dict[int, Any]]:
    """Return the related objects of each key, by id."""
    session = target.context.session
    width = 0 if read.by_key else len(read.keys)
    given = [(key,) for key in keys] if len(read.keys) == 1 else keys
    if session.dispatch.do_orm_execute:
        way = target.context.led_by + path.through(along).steps()
        statement = read.statement(given).options(*along.branch.carried)
        rows = session.announced_rows(statement, target, way)
        children = [row[width] for row in rows]
        parts: Any = [[row[n] for row in rows] for n in range(width)]
    else:
        connection = session.connection_for(along.prop.mapper)
        raw, processors = read.prepared.fetch_many(connection, given)
        spans = read.prepared.spans(processors)
        children = make(raw, spans[width], target, path.through(along))
        parts = [_plain(raw, span) for span in spans[:width]]
    if read.by_key:
        return {child._sa_instance_state.pk: {id(child): child} for child in children}
    return _grouped(parts, children)


def _grouped(parts: list[list[Any]], children: list[Any]) -> dict[Any, dict[int, Any]]:
    """Return the children by their keys: bare ones where one column makes them."""
    keys = parts[0] if len(parts) == 1 else list(zip(*parts, strict=True))
    found: dict[Any, dict[int, Any]] = grouped(keys, children)
    return found


def _in_rows(along: Along, path: Path) -> bool:
    """Tell whether the rows of the parents hold the columns that the related ones refer to."""
    if along.owner is None:
        return True
    if path.alongs:
        return along.prop.parent in path.alongs[-1].branch.parts
    return along.prop.parent in path.entity.with_polymorphic_mappers


def _by_subquery(
    along: Along, states: list[InstanceState], target: Target, make: Make, path: Path
) -> None:
    """Load by a statement that holds the one that the parents come from."""
    prop, context = along.prop, target.context
    statement = subquery_read(along, path, context.statement)
    mapper = prop.parent
    names = tuple([mapper.property_of(local).key for local in prop.join.lookup])
    if context.session.dispatch.do_orm_execute:
        if isinstance(statement, Derived):
            statement = statement.__clause_element__()
        way = context.led_by + path.through(along).steps()
        statement = statement.options(*along.branch.carried)
        found = context.session.announced_rows(statement, target, way)
        children = [row[-1] for row in found]
        parts = [[row[n] for row in found] for n in range(len(names))]
    else:
        connection = context.session.connection_for(prop.mapper)
        rows = read(connection, statement, context.params)
        raw: Any = rows.rows
        children = make(raw, rows.spans[-1], target, path.through(along))
        parts = [_plain(raw, span) for span in rows.spans[:-1]]
    members = _grouped(parts, children)
    for key, owners in owned(states, names).items():
        for state in owners:
            give(along, state, members[key].values() if key in members else ())


def _plain(rows: Sequence[Row], span: Span) -> list[Any]:
    at = span.start
    process = None if span.processors is None else span.processors[0]
    if process is None:
        return [row[at] for row in rows]
    return [process(row[at]) for row in rows]


def give(along: Along, state: InstanceState, members: Collection[Any]) -> None:
    """Store what was loaded for one parent, unless it came in the meantime."""
    prop = along.prop
    if prop.key in state.values:
        return
    attribute = state.manager.attributes[prop.key]
    if prop.uselist:
        attribute.set_committed(state, members)
        return
    if len(members) > 1:
        along.warn_of_rows()
    attribute.set_committed(state, next(iter(members), None))

"""Reads along a relationship: the rows that belong to one parent, or to many at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from cormorant.load.branches import Branch
from cormorant.load.roots import BranchOption
from cormorant.mapping.along import RowsOf
from cormorant.mapping.inherit import equal_columns
from cormorant.sql.prepared import Criterion, PreparedSelect, prepare_read

if TYPE_CHECKING:
    from cormorant.mapping.mapper import Mapper


def key_places(prop: Any) -> tuple[int, ...] | None:
    """Return where the parts of the related primary key stand in `local_remote_pairs`.

    None where a relationship refers otherwise. A foreign key to the table of a subclass refers
    by the key as well: its column equals that of the root.
    """
    memo = prop.parent.memo
    name = ("key places", prop)
    if name not in memo:
        memo[name] = _key_places(prop)
    found: tuple[int, ...] | None = memo[name]
    return found


def _key_places(prop: Any) -> tuple[int, ...] | None:
    if prop.secondary is not None or not prop.join.foreign_is_local or not prop.join.simple:
        return None
    primary = prop.mapper.primary_key
    equal = equal_columns(prop.mapper)
    places: dict[Any, int] = {}
    for at, (_local, remote) in enumerate(prop.local_remote_pairs):
        for column in primary:
            if column is remote or remote in equal.get(column, ()):
                places[column] = at
    if len(places) < len(primary) or len(prop.local_remote_pairs) != len(primary):
        return None
    return tuple([places[column] for column in primary])


def entity_select(branch: Branch, *columns: Any, rows: Any = None) -> Any:
    """Return a SELECT of `columns` and of what a branch loads.

    `rows`: the entity to select from, where that is not the class of the branch itself.
    """
    source = branch.mapper if rows is None else rows
    entity = source.__clause_element__()
    # The entity first: it is what the statement is about.
    statement = sa.select(entity).with_only_columns(*columns, entity)
    if branch.criteria:
        statement = statement.where(*branch.criteria)
    return statement.options(BranchOption(branch, source))


def lazy_read(prop: Any, branch: Branch) -> PreparedSelect:
    """Return the read of what one parent is related to."""
    found: PreparedSelect | None = branch.memo.get(prop)
    if found is None:
        far = branch.entity(prop)
        statement = entity_select(branch, rows=far).order_by(*order_of(prop, branch))
        criterion = prop.join.criterion
        if branch.given is not None:
            criterion = _on(far, criterion)
        found = prepare_read(prop.mapper, statement, prop.join.lookup, criterion)
        branch.memo[prop] = found
    return found


def _on(far: Any, criterion: Criterion) -> Criterion:
    """Return a criterion on the related class as one on an entity of it."""

    def moved(binds: list[Any]) -> Any:
        return far.adapt(criterion(binds))

    return moved


def order_of(prop: Any, branch: Branch) -> list[Any]:
    """Return the ORDER BY of the related rows, as the entity of a branch has its columns."""
    columns: list[Any] = list(prop.order_columns())
    given = branch.given
    return columns if given is None else [given.adapt(each) for each in columns]


@dataclass(frozen=True, slots=True)
class InRead:
    """The read of what many parents are related to.

    `keys`: attributes of the parent whose values the rows begin with; None where the related
    objects are known by their own key. `statement`: (keys, values) of one execution.
    """

    keys: tuple[str, ...]
    by_key: bool
    prepared: PreparedSelect

    def statement(self, keys: list[tuple[Any, ...]]) -> Any:
        """Return the Core statement for `keys`, for listeners to see."""
        equal = self.prepared.equal
        if len(equal) == 1:
            where = equal[0].in_([key[0] for key in keys])
        else:
            where = sa.tuple_(*equal).in_(keys)
        return self.prepared.statement.where(where)


def in_read(prop: Any, branch: Branch) -> InRead:
    """Return the read of what many parents are related to."""
    found: InRead | None = branch.memo.get(("in", prop))
    if found is None:
        found = branch.memo["in", prop] = _in_read(prop, branch)
    return found


def _in_read(prop: Any, branch: Branch) -> InRead:
    parent: Mapper = prop.parent
    far = branch.entity(prop)
    places = key_places(prop)
    if branch.given is None and places is not None:
        pairs = prop.local_remote_pairs
        equal = prop.mapper.primary_key
        keys = tuple([parent.property_of(pairs[at][0]).key for at in places])
        statement = entity_select(branch, rows=far)
        return InRead(keys, True, prepare_read(prop.mapper, statement, equal))
    if branch.given is None and prop.join.simple:
        equal = prop.join.simple_remote
        keys = tuple([parent.property_of(local).key for local in prop.join.lookup])
        statement = entity_select(branch, *equal, rows=far)
        if prop.secondary is not None:
            source = prop.secondary.join(far.selectable, prop.secondaryjoin)
            statement = statement.select_from(source)
    else:
        equal, statement = _through_parents(prop, branch)
        keys = tuple(parent.pk_keys)
    statement = statement.order_by(*order_of(prop, branch))
    return InRead(keys, False, prepare_read(prop.mapper, statement, equal))


def _through_parents(prop: Any, branch: Branch) -> tuple[tuple[Any, ...], Any]:
    """Return (key columns, SELECT) of a read that joins the parents' table to find its rows."""
    near = RowsOf.under_another_name(prop.parent)
    equal = tuple([near.adapt(column) for column in prop.parent.primary_key])
    far = branch.entity(prop)
    statement = entity_select(branch, *equal, rows=far)
    return equal, statement.select_from(joined(prop, near, near.selectable, far))


def joined(prop: Any, near: Any, source: Any, far: Any) -> Any:
    """Return `source`, which has the parents as `near`, joined to the related rows as `far`."""
    if prop.secondary is None:
        return source.join(far.selectable, prop.between(near, far)[0])
    middle = prop.secondary.alias()
    first, second = prop.between(near, far, middle)
    return source.join(middle, first).join(far.selectable, second)

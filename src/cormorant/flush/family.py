"""Write objects of a family: classes with one table each their own way, joined ones by table."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import CircularDependencyError
from sqlalchemy.util import topological

from cormorant.flush._rows_cy import net_changes, one_class
from cormorant.flush.delete import delete_from, delete_rows
from cormorant.flush.facts import WriteFacts
from cormorant.flush.insert import insert_into, insert_rows, prepare
from cormorant.flush.told_classes import warn_of_told_class
from cormorant.flush.update import raise_versions, update_in, update_rows
from cormorant.instrument._state_cy import state_of

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from cormorant.flush.context import UOWTransaction
    from cormorant.mapping.mapper import Mapper

Part = tuple["Mapper", WriteFacts, list[Any]]


def by_class(objects: list[Any]) -> list[tuple[Mapper, list[Any]]]:
    """Group neighbours of one class."""
    if one_class(objects):
        return [(state_of(objects[0]).manager.mapper, objects)]
    return [
        (mapper, list(group))
        for mapper, group in groupby(objects, key=lambda obj: state_of(obj).manager.mapper)
    ]


def family_tables(root: Mapper) -> tuple[Any, ...]:
    """Return the tables of a family, each after those it refers to; one for most families."""
    found: tuple[Any, ...] | None = root.memo.get("family_tables")
    if found is None:
        tables = list(dict.fromkeys(t for m in root.self_and_descendants for t in m.tables))
        if len(tables) > 1:
            tables = _sorted(tables)
        found = root.memo["family_tables"] = tuple(tables)
    return found


def _sorted(tables: list[Any]) -> list[Any]:
    """Sort by foreign keys; in a cycle the order of the classes stands."""
    edges = [
        (key.column.table, table)
        for table in tables
        for key in table.foreign_keys
        if key.column.table in tables and key.column.table is not table
    ]
    try:
        return list(topological.sort(edges, tables, deterministic_order=True))
    except CircularDependencyError:
        return tables


def insert_new(
    context: UOWTransaction, root: Mapper, objects: list[Any], connection: Connection
) -> None:
    """Insert the rows of new objects of one family: root table first, one batch per table."""
    if len(family_tables(root)) == 1:
        for mapper, group in by_class(objects):
            insert_rows(context, mapper, group, connection)
        return
    for mapper, group in by_class(objects):
        prepare(mapper, group)
    for table in family_tables(root):
        parts = _runs if table is root.local_table else _parts
        for mapper, facts, part in parts(table, objects):
            insert_into(context, mapper, facts, part, connection)


def update_changed(
    context: UOWTransaction, root: Mapper, objects: list[Any], connection: Connection
) -> None:
    """Update the rows of changed objects of one family, in the tables that changes touch."""
    if root.polymorphic_on is not None:
        for mapper, group in by_class(objects):
            warn_of_told_class(mapper, group)
    if len(family_tables(root)) == 1:
        for mapper, group in by_class(objects):
            update_rows(context, mapper, group, connection)
        return
    for table in family_tables(root):
        for mapper, facts, part in _parts(table, objects):
            update_in(context, mapper, facts, part, connection)
            if facts.is_root and mapper.version is not None and mapper.version.counts:
                below = [obj for obj in part if _changed_below(context, obj, facts)]
                raise_versions(context, mapper, facts, below, connection)


def delete_doomed(
    context: UOWTransaction, root: Mapper, objects: list[Any], connection: Connection
) -> None:
    """Delete the rows of objects of one family, those of the root table last."""
    if len(family_tables(root)) == 1:
        for mapper, group in by_class(objects):
            delete_rows(context, mapper, group, connection)
        return
    if root.version is not None:
        for obj in objects:
            # An expired object reads its version while it has its rows.
            getattr(obj, root.version.key)
    for table in reversed(family_tables(root)):
        for mapper, facts, part in _parts(table, objects):
            if facts.is_root or not facts.passive_deletes:
                delete_from(context, mapper, facts, part, connection)


def _parts(table: Any, objects: list[Any]) -> Iterator[Part]:
    """Yield (mapper, facts, objects) of those with a row in a table; classes alike together."""
    kind_of = _Kinds(table)
    found: dict[Any, Part] = {}
    for obj in objects:
        mapper = state_of(obj).manager.mapper
        facts, shape = kind_of[mapper]
        if facts is not None:
            found.setdefault(shape, (mapper, facts, []))[2].append(obj)
    yield from found.values()


def _runs(table: Any, objects: list[Any]) -> Iterator[Part]:
    """Yield parts as `_parts`, of neighbours only: keys are made in the order of the objects."""
    kind_of = _Kinds(table)
    for _shape, run in groupby(objects, lambda obj: kind_of[state_of(obj).manager.mapper][1]):
        part = list(run)
        mapper = state_of(part[0]).manager.mapper
        yield mapper, kind_of[mapper][0], part


class _Kinds(dict["Mapper", tuple[Any, Any]]):
    """(facts of a table, what rows written alike have in common) by mapper; None without row."""

    def __init__(self, table: Any) -> None:
        super().__init__()
        self.table = table

    def __missing__(self, mapper: Mapper) -> tuple[Any, Any]:
        every = WriteFacts.of_all(mapper)
        facts = next((each for each in every if each.table is self.table), None)
        shape = facts and (
            facts.shape,
            mapper.pk_keys,
            mapper.identity_mapper,
            mapper.dispatch.refresh_flush,
        )
        self[mapper] = facts, shape
        return facts, shape


def _changed_below(context: UOWTransaction, obj: Any, root: WriteFacts) -> bool:
    """Tell whether the changes of an object touch tables below the root's, and these alone."""
    before = context.before(obj)
    if not before or net_changes(obj, before, root.comparisons):
        return False
    mapper = state_of(obj).manager.mapper
    return any(
        net_changes(obj, before, facts.comparisons) for facts in WriteFacts.of_all(mapper)[1:]
    )

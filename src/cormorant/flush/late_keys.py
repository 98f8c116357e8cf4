"""Keys that relationships with post_update=True write by an UPDATE after all rows are there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cormorant.flush.amend import amend
from cormorant.flush.associations import run_rows
from cormorant.flush.rings import Owners
from cormorant.flush.sync import sync_object
from cormorant.instrument._state_cy import state_of
from cormorant.sql.writes import update_plan

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from cormorant.flush.context import UOWTransaction
    from cormorant.mapping.mapper import Mapper


def write_late_keys(context: UOWTransaction) -> None:
    """Update the rows that refer to rows which were inserted after them."""
    late, context.late = context.late, []
    groups: dict[Mapper, dict[int, Any]] = {}
    for obj, _prop, _parent in late:
        groups.setdefault(state_of(obj).manager.mapper.base_mapper, {})[id(obj)] = obj
    for group in groups.values():
        context.watch([obj for obj in group.values() if not context.is_watched(obj)])
    for obj, prop, parent in late:
        sync_object(obj, [(prop, parent)])
    for root, group in groups.items():
        amend(context, root, list(group.values()), context.connection_of(root))


def blank_late_keys(context: UOWTransaction, ring: list[Mapper], doomed: list[Any]) -> None:
    """Set the keys to NULL by which rows to delete refer to each other along post_update."""
    owners = Owners(ring, doomed, late=True)
    if not owners.edges:
        return
    groups: dict[tuple[Mapper, Any], list[Any]] = {}
    for obj in doomed:
        mapper = state_of(obj).manager.mapper
        for prop, _owner in owners.of(obj):
            columns = tuple([foreign for _, foreign in prop.join.pairs])
            groups.setdefault((mapper, columns), []).append(obj)
    for (mapper, columns), objects in groups.items():
        connection = context.connection_of(mapper)
        _blank(mapper, columns, list({id(o): o for o in objects}.values()), connection)


def _blank(
    mapper: Mapper, columns: tuple[Any, ...], objects: list[Any], connection: Connection
) -> None:
    table = columns[0].table
    keys = list(table.primary_key)
    plan = update_plan(table, columns, keys, connection.dialect, owner=mapper.class_.__name__)
    nulls = (None,) * len(columns)
    rows = [(*nulls, *mapper.identity_of(state_of(obj).pk)) for obj in objects]
    run_rows(plan, rows, connection)

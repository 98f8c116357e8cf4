"""Delete rows, and say so when they were not there any more."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import SAWarning

from cormorant import exc
from cormorant.flush._rows_cy import keys_of
from cormorant.flush.facts import WriteFacts
from cormorant.instrument._state_cy import state_of
from cormorant.instrument.constants import NO_VALUE
from cormorant.sql import wire
from cormorant.sql.writes import delete_keys_plan, delete_plan

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from cormorant.flush.context import UOWTransaction
    from cormorant.mapping.mapper import Mapper


FEWEST_TOGETHER = 4
MOST_TOGETHER = 512
"""Rows that one DELETE names by their keys, at least and at most."""


def delete_rows(
    context: UOWTransaction, mapper: Mapper, objects: list[Any], connection: Connection
) -> None:
    """Delete the rows of objects of one class with one table, in the order given."""
    delete_from(context, mapper, WriteFacts.of(mapper), objects, connection)


def delete_from(
    context: UOWTransaction,
    mapper: Mapper,
    facts: WriteFacts,
    objects: list[Any],
    connection: Connection,
) -> None:
    """Delete the rows that objects have in one table; that of the root checks the version."""
    where = list(facts.where)
    rule = mapper.version if facts.is_root else None
    if rule is not None:
        where.append(rule.column)
    if rule is None and len(where) == 1 and len(objects) >= FEWEST_TOGETHER:
        owner = mapper.class_.__name__
        count = _delete_together(facts.table, facts.where[0], owner, objects, connection)
        if count is not None:
            _check(mapper, facts, len(objects), count)
            return
    plan = delete_plan(facts.table, where, connection.dialect, owner=mapper.class_.__name__)
    road = wire.road(connection, plan)
    rows = []
    for obj in objects:
        state = state_of(obj)
        row = mapper.identity_of(state.pk)
        if rule is not None:
            before = context.before(obj).get(rule.key, NO_VALUE)
            row = (*row, getattr(obj, rule.key) if before is NO_VALUE else before)
        if road == "fast":
            row = tuple(
                [v if p is None else p(v) for v, p in zip(row, plan.processors, strict=True)]
            )
        rows.append(row)
    count = wire.run_many(connection, plan, rows, road)
    _check(mapper, facts, len(objects), count)


def delete_unseen(prop: Any, owners: list[Any], connection: Connection) -> None:
    """Delete the rows of members that are not in memory, by the keys of their owners."""
    table, owner = prop.mapper.local_table, prop.mapper.class_.__name__
    ((_source, column),) = prop.synchronize_pairs
    if _delete_together(table, column, owner, owners, connection) is None:
        plan = delete_plan(table, [column], connection.dialect, owner=owner)
        road = wire.road(connection, plan)
        wire.run_many(connection, plan, [(key,) for key in keys_of(owners, None)], road)


def _delete_together(
    table: Any, column: Any, owner: str, objects: list[Any], connection: Connection
) -> int | None:
    """Delete the rows with the keys of objects in a column, some hundred to a statement.

    Return how many, or None where Core has to run it.
    """
    deleted = 0
    for start in range(0, len(objects), MOST_TOGETHER):
        batch = objects[start : start + MOST_TOGETHER]
        # Filled up to a power of two with a repeated key, so that few plans serve all.
        room = 1 << (len(batch) - 1).bit_length()
        plan = delete_keys_plan(table, column, room, connection.dialect, owner)
        if wire.road(connection, plan) != "fast":
            return None
        keys = keys_of(batch, plan.processors[0])
        keys += keys[-1:] * (room - len(keys))
        deleted += wire.run_many(connection, plan, [tuple(keys)], "fast")
    return deleted


def _check(mapper: Mapper, facts: WriteFacts, expected: int, count: int) -> None:
    if count < 0 or count == expected or not mapper.base_mapper.confirm_deleted_rows:
        return
    table = facts.table.description
    text = (
        f"DELETE statement on table {table!r} expected to delete {expected} row(s) of class "
        f"{mapper.class_.__name__!r}; {count} were matched."
    )
    if mapper.version is not None and facts.is_root:
        raise exc.StaleDataError(f"{text} A row is gone or has another version; refresh first.")
    warnings.warn(
        SAWarning(
            f"{text} Please set confirm_deleted_rows=False within the mapper configuration "
            f"to prevent this warning."
        ),
        stacklevel=2,
    )

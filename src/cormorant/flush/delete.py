"""Delete rows, and say so when they were not there any more."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import SAWarning

from cormorant import exc
from cormorant.flush.facts import WriteFacts
from cormorant.instrument._state_cy import state_of
from cormorant.instrument.constants import NO_VALUE
from cormorant.sql import wire
from cormorant.sql.writes import delete_plan

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from cormorant.flush.context import UOWTransaction
    from cormorant.mapping.mapper import Mapper


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

"""Delete rows, and say so when they were not there any more."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import SAWarning

from cormorant import exc
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
    """Delete the rows of objects of one class, in the order given."""
    where = list(mapper.primary_key)
    rule = mapper.version
    if rule is not None:
        where.append(rule.column)
    plan = delete_plan(mapper.local_table, where, connection.dialect, owner=mapper.class_.__name__)
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
    _check(mapper, len(objects), count)


def _check(mapper: Mapper, expected: int, count: int) -> None:
    if count < 0 or count == expected or not mapper.confirm_deleted_rows:
        return
    table = mapper.local_table.description
    text = (
        f"DELETE statement on table {table!r} expected to delete {expected} row(s) of class "
        f"{mapper.class_.__name__!r}; {count} were matched."
    )
    if mapper.version is not None:
        raise exc.StaleDataError(f"{text} A row is gone or has another version; refresh first.")
    warnings.warn(
        SAWarning(
            f"{text} Please set confirm_deleted_rows=False within the mapper configuration "
            f"to prevent this warning."
        ),
        stacklevel=2,
    )

"""What an INSERT, UPDATE or DELETE of a mapped class says: its criterion, its new values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from cormorant.sql.plugin import column_for, subject


def criterion_of(statement: Any) -> Any:
    """Return the WHERE criteria as one expression, None for all rows."""
    return statement.whereclause


def has_returning(statement: Any) -> bool:
    """Tell whether the statement gives rows."""
    return bool(statement._returning)


def joins_tables(statement: Any, key_columns: Sequence[Any]) -> bool:
    """Tell whether the criteria bring in tables beside the one that is written."""
    criterion = statement.whereclause
    if criterion is None:
        return False
    # Tables that stand inside a subquery only are correlated, and so not among these.
    return len(sa.select(*key_columns).where(criterion).get_final_froms()) > 1


def new_values(statement: Any, parameters: Mapping[str, Any] | None) -> dict[Any, Any]:
    """Return what an UPDATE sets: column -> Core expression or plain value."""
    entity = subject(statement)
    criteria_names = parameter_names(statement)
    found = {_column(entity, key): value for key, value in (statement._values or {}).items()}
    for key, value in (parameters or {}).items():
        column = _column(entity, key)
        if key not in criteria_names and column is not None:
            found[column] = value
    found.pop(None, None)
    return found


def parameter_names(statement: Any) -> frozenset[str]:
    """Return the names of the parameters that the criteria wait for."""
    criterion = statement.whereclause
    if criterion is None:
        return frozenset()
    elements: Iterable[Any] = sa.sql.visitors.iterate(criterion)
    return frozenset(
        element.key
        for element in elements
        if getattr(element, "__visit_name__", "") == "bindparam" and element.required
    )


def _column(entity: Any, key: Any) -> Any:
    column = column_for(entity, key)
    if isinstance(column, str):
        return entity.selectable.c.get(column)
    return column

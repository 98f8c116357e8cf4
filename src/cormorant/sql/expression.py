"""Constructors of statements and criteria: light where all is light, else Core's own."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from cormorant.sql import plugin  # noqa: F401 # registers the compile states of mapped classes
from cormorant.sql.nodes import Junction, Negation, Node
from cormorant.sql.statement import LightSelect

if TYPE_CHECKING:
    # For a type checker these are Core's: the same names, arguments and results.
    from sqlalchemy import (
        Select,
        and_,
        delete,
        except_,
        except_all,
        exists,
        insert,
        intersect,
        intersect_all,
        not_,
        or_,
        select,
        union,
        union_all,
        update,
    )
else:
    Select = LightSelect

    def select(*entities: Any) -> LightSelect:
        """Select mapped classes, attributes, or any SQL expressions."""
        try:
            return LightSelect(entities)
        except sa.exc.ArgumentError as error:
            for entity in entities:
                _check_mapped(entity, "selected", error)
            raise

    def and_(*criteria: Any) -> Any:
        """Join criteria by AND."""
        return _joined(operator.and_, sa.and_, criteria)

    def or_(*criteria: Any) -> Any:
        """Join criteria by OR."""
        return _joined(operator.or_, sa.or_, criteria)

    def not_(criterion: Any) -> Any:
        """Turn a criterion round."""
        return Negation(criterion) if isinstance(criterion, Node) else sa.not_(criterion)

    def exists(argument: Any = None) -> Any:
        """Make EXISTS of a SELECT or of an expression."""
        if isinstance(argument, LightSelect):
            argument = argument.__clause_element__()
        return sa.exists() if argument is None else sa.exists(argument)

    def insert(entity: Any) -> Any:
        """Insert rows of a mapped class or table; `values()` takes attribute names."""
        return _written(sa.insert, entity)

    def update(entity: Any) -> Any:
        """Update rows of a mapped class or table; `values()` takes attribute names."""
        return _written(sa.update, entity)

    def delete(entity: Any) -> Any:
        """Delete rows of a mapped class or table."""
        return _written(sa.delete, entity)

    def union(*selects: Any) -> Any:
        """Unite the rows of several SELECTs, each row once."""
        return sa.union(*_materialised(selects))

    def union_all(*selects: Any) -> Any:
        """Unite the rows of several SELECTs."""
        return sa.union_all(*_materialised(selects))

    def except_(*selects: Any) -> Any:
        """Take the rows of the first SELECT that are in no other."""
        return sa.except_(*_materialised(selects))

    def except_all(*selects: Any) -> Any:
        """Take the rows of the first SELECT without those of the others, row by row."""
        return sa.except_all(*_materialised(selects))

    def intersect(*selects: Any) -> Any:
        """Take the rows that all SELECTs have, each once."""
        return sa.intersect(*_materialised(selects))

    def intersect_all(*selects: Any) -> Any:
        """Take the rows that all SELECTs have, row by row."""
        return sa.intersect_all(*_materialised(selects))


__all__ = [
    "Select",
    "and_",
    "delete",
    "except_",
    "except_all",
    "exists",
    "insert",
    "intersect",
    "intersect_all",
    "not_",
    "or_",
    "select",
    "union",
    "union_all",
    "update",
]


def _joined(op: Any, by_core: Any, criteria: tuple[Any, ...]) -> Any:
    if criteria and all(isinstance(criterion, Node) for criterion in criteria):
        return criteria[0] if len(criteria) == 1 else Junction(op, criteria)
    return by_core(*criteria)


def _written(construct: Callable[[Any], Any], entity: Any) -> Any:
    try:
        return construct(entity)
    except sa.exc.ArgumentError as error:
        _check_mapped(entity, "written to", error)
        raise


def _check_mapped(entity: Any, what: str, error: Exception) -> None:
    """Raise ArgumentError for a class that is not mapped; `what` cannot be done to it."""
    if isinstance(entity, type) and not hasattr(entity, "__clause_element__"):
        raise sa.exc.ArgumentError(
            f"Class {entity.__module__}.{entity.__qualname__} is not mapped, so it cannot be "
            f"{what}. Declare it with a table, or map it imperatively."
        ) from error


def _materialised(selects: tuple[Any, ...]) -> list[Any]:
    return [one.__clause_element__() if isinstance(one, LightSelect) else one for one in selects]

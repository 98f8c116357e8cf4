"""Copy, merge and type Core columns by the private means that Core keeps for an ORM."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column
from sqlalchemy.sql.schema import SchemaConst
from sqlalchemy.types import NullType, TypeEngine


def copy_column(column: Column[Any]) -> Column[Any]:
    """Return an equal column without a table; its foreign keys and defaults are copies too."""
    return column._copy()


def merge_column(template: Column[Any], column: Column[Any], *, keep_defaults: bool) -> None:
    """Complete `column` with all that `template` says and `column` leaves open.

    `keep_defaults`: the column has a default of its own kind; take none of the template's.
    """
    template._merge(column, omit_defaults=keep_defaults)


def set_nullable(column: Column[Any], nullable: bool) -> None:
    """Make `column` NULL or NOT NULL as if its declaration had said so."""
    column.nullable = nullable
    column._user_defined_nullable = nullable


def says_nullable(column: Column[Any]) -> bool:
    """Return True if the declaration of `column` gave `nullable=`."""
    return column._user_defined_nullable is not SchemaConst.NULL_UNSPECIFIED


def has_type(column: Column[Any]) -> bool:
    """Return True if `column` has a SQL type of its own."""
    return not isinstance(column.type, NullType)


def set_type(column: Column[Any], sql_type: TypeEngine[Any]) -> None:
    """Give `column` its SQL type; types that belong to a schema (Enum, Boolean) are told."""
    column._set_type(sql_type)


def fit_type(sql_type: TypeEngine[Any], python_type: Any, matched: Any) -> TypeEngine[Any] | None:
    """Fit a type of the annotation map to the Python type it was found for.

    `matched`: the key of the map that fitted. An Enum takes the members of the Python type;
    other types fit themselves alone, not the subclasses of their key.
    """
    return sql_type._resolve_for_python_type(python_type, matched, matched)

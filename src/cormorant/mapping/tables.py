"""Make the table of a declared class, or add its columns to the table it inherits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, MetaData, Table
from sqlalchemy.exc import ArgumentError, InvalidRequestError

from cormorant.mapping.body import columns_of
from cormorant.mapping.columns import MappedColumn

if TYPE_CHECKING:
    from cormorant.mapping.body import ClassBody


def table_for(body: ClassBody) -> Any:
    """Return the selectable that the class maps of its own; None if it shares its base's."""
    given = body.given_table
    if given is not None:
        _check_columns_of_given(body, given)
        return given
    name = body.directive("__tablename__")
    if name is not None:
        return _new_table(body, name)
    if not body.mapped_bases:
        raise InvalidRequestError(
            f"Class {body.cls.__qualname__!r} does not have a __table__ or __tablename__ "
            f"specified and does not inherit from an existing table-mapped class. Add "
            f"__tablename__, or __abstract__ = True for a base that has no table."
        )
    _share_table(body)
    return None


def metadata_of(body: ClassBody) -> MetaData:
    """Return the `metadata` of the class; where that is a column, the registry's."""
    found = getattr(body.cls, "metadata", None)
    return found if isinstance(found, MetaData) else body.registry.metadata


def _new_table(body: ClassBody, name: str) -> Any:
    arguments, options = _table_arguments(body)
    columns = [column for _key, column in _sorted_columns(body)]
    make = getattr(body.cls, "__table_cls__", Table)
    return make(name, metadata_of(body), *_once(columns), *arguments, **options)


def _sorted_columns(body: ClassBody) -> list[tuple[str, Column[Any]]]:
    """Return (attribute name, column) of all new columns, by `sort_order` and then as declared."""
    found = []
    for key, value in body.attributes.items():
        order = value.sort_order if isinstance(value, MappedColumn) else 0
        found += [(order, key, c) for c in columns_of(value) if c.table is None]
    found.sort(key=lambda each: each[0])
    return [(key, column) for _order, key, column in found]


def _once(columns: list[Column[Any]]) -> list[Column[Any]]:
    return list({id(column): column for column in columns}.values())


def _table_arguments(body: ClassBody) -> tuple[tuple[Any, ...], dict[str, Any]]:
    given = body.directive("__table_args__")
    if given is None:
        return (), {}
    if isinstance(given, dict):
        return (), dict(given)
    if isinstance(given, tuple):
        if given and isinstance(given[-1], dict):
            return given[:-1], dict(given[-1])
        return given, {}
    raise ArgumentError(
        f"__table_args__ value must be a tuple, dict, or None; that of class "
        f"{body.cls.__name__!r} is of type {type(given).__name__!r}. For one constraint write "
        f"a tuple with a comma: (UniqueConstraint(...),)."
    )


def _check_columns_of_given(body: ClassBody, table: Any) -> None:
    for value in body.attributes.values():
        for column in columns_of(value):
            if column.table is None:
                raise ArgumentError(
                    f"Can't add additional column {column.key!r} when specifying __table__ on "
                    f"class {body.cls.__name__!r}. Add it to the Table, or use __tablename__."
                )


def _share_table(body: ClassBody) -> None:
    """Add the columns of a class without a table to the table that it inherits."""
    cls = body.cls
    if "__table_args__" in vars(cls):
        raise ArgumentError(
            f"Can't place __table_args__ on an inherited class with no table: class "
            f"{cls.__name__!r}. Give it a __tablename__, or move them to its base."
        )
    table = body.mapped_bases[0].__mapper__.local_table  # type: ignore[attr-defined] # mapped
    for key, column in _sorted_columns(body):
        if column.primary_key:
            raise ArgumentError(
                f"Can't place primary key columns on an inherited class with no table: "
                f"{cls.__name__}.{key}. Give the class a __tablename__."
            )
        existing = table.c.get(column.key)
        value = body.attributes[key]
        if existing is None:
            table.append_column(column)
        elif isinstance(value, MappedColumn) and value.use_existing_column:
            value.column = existing
        else:
            raise ArgumentError(
                f"Column {column.name!r} on class {cls.__name__} conflicts with existing column "
                f"'{existing}'. To use that one, pass use_existing_column=True to "
                f"mapped_column()."
            )

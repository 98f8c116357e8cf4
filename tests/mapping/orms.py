"""The peer and cormorant under the same names, and how a declared class is described."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import sqlalchemy
import sqlalchemy.exc
import sqlalchemy.orm

from cormorant import event
from cormorant.mapping import (
    columns,
    declarative,
    declared,
    mapper,
    methods,
    registry,
    relate,
)
from cormorant.sql import attributes

OURS = SimpleNamespace(
    name="cormorant",
    event=event,
    Mapped=attributes.Mapped,
    Mapper=mapper.Mapper,
    relationship=relate.relationship,
    validates=methods.validates,
    reconstructor=methods.reconstructor,
    **{name: getattr(columns, name) for name in ("mapped_column", "column_property", "deferred")},
    **{
        name: getattr(declarative, name)
        for name in (
            "DeclarativeBase",
            "DeclarativeBaseNoMeta",
            "DeclarativeMeta",
            "add_mapped_attribute",
            "as_declarative",
            "declarative_base",
        )
    },
    **{
        name: getattr(declared, name)
        for name in ("declared_attr", "declarative_mixin", "has_inherited_table")
    },
    **{
        name: getattr(registry, name)
        for name in ("registry", "configure_mappers", "clear_mappers")
    },
)
PEER = SimpleNamespace(
    name="sqlalchemy.orm",
    event=sqlalchemy.event,
    **{
        name: getattr(sqlalchemy.orm, name) for name in vars(OURS) if name not in ("name", "event")
    },
)


def described_type(sql_type: Any) -> str:
    """Return a type with what its repr leaves out."""
    return f"{sql_type!r} name={getattr(sql_type, 'name', None)}"


def described_column(column: Any) -> tuple[Any, ...]:
    """Return all that a declaration can say about a column."""
    return (
        column.key,
        column.name,
        described_type(column.type),
        column.nullable,
        column.primary_key,
        column.index,
        column.unique,
        column.autoincrement,
        column.comment,
        column.doc,
        column.system,
        dict(column.info),
        _stable(column.default),
        _stable(column.onupdate),
        _stable(column.server_default),
        _stable(column.server_onupdate),
        sorted(str(key.target_fullname) for key in column.foreign_keys),
        sorted(str(check.sqltext) for check in column.constraints),
    )


def _stable(thing: Any) -> str:
    return re.sub(r" at 0x[0-9a-f]+", "", repr(thing))


def described_table(table: Any) -> dict[str, Any]:
    """Return all that declarations can say about a table."""
    if not isinstance(table, sqlalchemy.Table):
        return {"selectable": type(table).__name__}
    return {
        "name": table.fullname,
        "comment": table.comment,
        "info": dict(table.info),
        "columns": [described_column(each) for each in table.columns],
        "constraints": sorted(
            f"{type(each).__name__} {each.name} {[c.name for c in each.columns]}"
            for each in table.constraints
        ),
        "indexes": sorted(
            f"{each.name} {each.unique} {[c.name for c in each.columns]}" for each in table.indexes
        ),
    }


def described_class(cls: Any) -> dict[str, Any]:
    """Return the table of a class and the attributes that its columns have."""
    mapper = cls.__mapper__
    return {
        "class": cls.__name__,
        "table": described_table(cls.__table__),
        "attributes": {
            prop.key: (
                [str(column) for column in prop.columns if isinstance(column, sqlalchemy.Column)],
                prop.deferred,
                prop.group,
                bool(prop.raiseload),
                prop.active_history,
            )
            for prop in mapper.column_attrs
        },
        "primary key": [column.name for column in mapper.primary_key],
    }


def outcome(declare: Any, orm: SimpleNamespace) -> Any:
    """Return the description of what a function declares, or the Core class of its error."""
    try:
        classes = declare(orm)
    except Exception as error:
        kinds = [k for k in type(error).__mro__ if k.__module__ in ("sqlalchemy.exc", "builtins")]
        return {"refused with": kinds[0].__name__}
    return [described_class(each) for each in classes]

"""Find the SQL type of a Python type: the listeners' word, the user's map, then our table."""

from __future__ import annotations

import datetime
import decimal
import enum
import types
import uuid
from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, Any, Literal, get_origin

from sqlalchemy import types as sql
from sqlalchemy.types import TypeEngine

from cormorant.exc import MappedAnnotationError
from cormorant.mapping.annotations import (
    PythonType,
    analyse,
    refuse_sql_type,
    unresolved_name,
    without_none,
)
from cormorant.sql.column_copy import fit_type

if TYPE_CHECKING:
    from cormorant.mapping.registry import registry as Registry

SQL_TYPES: Mapping[Any, TypeEngine[Any]] = {
    int: sql.Integer(),
    float: sql.Double(),
    bool: sql.Boolean(),
    str: sql.String(),
    bytes: sql.LargeBinary(),
    decimal.Decimal: sql.Numeric(),
    datetime.date: sql.Date(),
    datetime.datetime: sql.DateTime(),
    datetime.time: sql.Time(),
    datetime.timedelta: sql.Interval(),
    uuid.UUID: sql.Uuid(),
    types.NoneType: sql.NullType(),
    enum.Enum: sql.Enum(enum.Enum),
    Literal: sql.Enum(enum.Enum),
}
"""The SQL types of Python types where no map of a registry says otherwise."""


class TypeMap:
    """The user's `type_annotation_map` before our own table."""

    def __init__(self, entries: Mapping[Any, Any] | None = None) -> None:
        self.entries: dict[Any, Any] = {}
        self.update(entries or {})

    def update(self, entries: Mapping[Any, Any]) -> None:
        """Add entries; `X | None` as a key stands for `X` as well."""
        for python_type, sql_type in entries.items():
            if sql_type is not None:
                self.entries[_key(python_type)] = sql_type

    def find(self, python_type: Any) -> TypeEngine[Any] | None:
        """Return the SQL type of one Python type, without looking inside it."""
        if not isinstance(python_type, Hashable):
            return None
        python_type = _key(python_type)
        exact = self._entry(python_type)
        if exact is not None:
            return fit_type(exact, python_type, python_type)
        if get_origin(python_type) is Literal:
            general = self._entry(Literal)
            return None if general is None else fit_type(general, python_type, Literal)
        if isinstance(python_type, type) and issubclass(python_type, enum.Enum):
            for base in python_type.__mro__[1:]:
                found = self._entry(base) if issubclass(base, enum.Enum) else None
                if found is not None:
                    return fit_type(found, python_type, base)
        return None

    def _entry(self, key: Any) -> TypeEngine[Any] | None:
        found = self.entries.get(key)
        if found is None:
            found = SQL_TYPES.get(key)
        return None if found is None else _instance(found)


def _instance(sql_type: Any) -> TypeEngine[Any]:
    made: TypeEngine[Any] = sql_type() if isinstance(sql_type, type) else sql_type
    return made


def _key(python_type: Any) -> Any:
    inner, _has_none = without_none(python_type)
    return types.NoneType if inner is None else inner


class TypeResolve:
    """What a listener of `resolve_type_annotation` learns about one annotation."""

    __slots__ = (
        "cls",
        "key",
        "pep_593_resolved_argument",
        "pep_695_resolved_value",
        "raw_pep_593_type",
        "raw_pep_695_type",
        "raw_type",
        "registry",
        "resolved_type",
    )

    def __init__(
        self, registry: Registry, cls: type[Any], key: str, python_type: PythonType
    ) -> None:
        self.registry = registry
        self.cls = cls
        self.key = key
        self.raw_type = python_type.raw
        self.resolved_type = python_type.resolved
        self.raw_pep_593_type = python_type.annotated
        self.pep_593_resolved_argument = python_type.annotated_type
        self.raw_pep_695_type = python_type.alias
        self.pep_695_resolved_value = python_type.alias_value

    def resolve(self, python_type: Any) -> TypeEngine[Any] | None:
        """Return the SQL type that the registry has for another Python type."""
        return find_by_steps(self.registry.types, analyse(python_type))


def find_by_steps(types_of: TypeMap, python_type: PythonType) -> TypeEngine[Any] | None:
    """Look up a type from its outermost form inwards."""
    for step in python_type.steps:
        found = types_of.find(step)
        if found is not None:
            return found
    return None


def sql_type_for(
    registry: Registry, cls: type[Any], key: str, python_type: PythonType
) -> TypeEngine[Any]:
    """Return the SQL type of the annotated attribute; ask the listeners first."""
    where = f"{cls.__name__}.{key}"
    late = unresolved_name(python_type.resolved)
    if late is not None:
        raise MappedAnnotationError(
            f"The annotation of {where} names {late!r}, which module {cls.__module__!r} does "
            f"not know. Import it there (not under TYPE_CHECKING only), or add relationship() "
            f"if it is a mapped class."
        )
    refuse_sql_type(python_type.resolved, where)
    listeners = registry.dispatch.resolve_type_annotation
    if listeners:
        question = TypeResolve(registry, cls, key, python_type)
        for listener in listeners:
            answer: Any = listener(question)
            if answer is not None:
                return _instance(answer)
    found = find_by_steps(registry.types, python_type)
    if found is None:
        raise MappedAnnotationError(
            f"The Python type {_shown(python_type.raw)} of {where} has no SQL type in this "
            f"registry. Give one to mapped_column(), or add the type to the registry's "
            f"type_annotation_map."
        )
    return found


def _shown(python_type: Any) -> str:
    if isinstance(python_type, type) and not get_origin(python_type):
        return repr(python_type.__qualname__)
    return repr(str(python_type))

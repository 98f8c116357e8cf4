"""Map a class as its body declares it, and take attributes that are set on it later."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column
from sqlalchemy.exc import ArgumentError, InvalidRequestError

from cormorant.instrument._state_cy import Instrumented
from cormorant.mapping.body import ClassBody
from cormorant.mapping.columns import ColumnProperty, MappedColumn
from cormorant.mapping.declared import VALUES
from cormorant.mapping.mapper import Mapper
from cormorant.mapping.properties import MapperProperty
from cormorant.mapping.tables import table_for

if TYPE_CHECKING:
    from cormorant.mapping.registry import registry as Registry

REGISTRY = "_sa_registry"
"""Where a declarative base keeps its registry; `registry` may be a column of a class."""


def registry_of(cls: type[Any]) -> Registry | None:
    """Return the registry of the declarative base above `cls`, or None."""
    found: Registry | None = getattr(cls, REGISTRY, None)
    return found


def declare(cls: type[Any], registry: Registry) -> None:
    """Make the table and the mapper of a class out of its body and its mixins."""
    _refuse_two_mapped_bases(cls)
    type.__setattr__(cls, VALUES, {})
    try:
        body = ClassBody(cls, registry)
        body.collect()
        table = table_for(body)
        if table is not None:
            type.__setattr__(cls, "__table__", table)
        arguments = _mapper_arguments(body)
        if body.mapped_bases:
            arguments.setdefault("inherits", body.mapped_bases[0])
        make = getattr(cls, "__mapper_cls__", Mapper)
        properties = dict(arguments.pop("properties", {}))
        properties.update(_properties(body))
        make(cls, table, registry=registry, properties=properties, **arguments)
    finally:
        type.__delattr__(cls, VALUES)


def _refuse_two_mapped_bases(cls: type[Any]) -> None:
    mapped = [base for base in cls.__bases__ if getattr(base, "__mapper__", None) is not None]
    if len(mapped) > 1:
        names = ", ".join(base.__name__ for base in mapped)
        raise InvalidRequestError(
            f"Class {cls.__name__!r} has multiple mapped bases: {names}. Inherit from one "
            f"mapped class; make the others mixins or __abstract__."
        )


def _properties(body: ClassBody) -> dict[str, Any]:
    """Return what the mapper is to map by name: properties first, then columns in order."""
    properties: dict[str, Any] = {}
    columns: dict[str, Any] = {}
    for key, value in body.attributes.items():
        if isinstance(value, MappedColumn):
            columns[key] = value.as_property() or value.column
        elif isinstance(value, Column) or _is_plain_column(value):
            columns[key] = value
        else:
            properties[key] = value
    return properties | columns


def _is_plain_column(value: Any) -> bool:
    return isinstance(value, ColumnProperty) and isinstance(value.columns[0], Column)


def _mapper_arguments(body: ClassBody) -> dict[str, Any]:
    """Return `__mapper_args__` with this class's own columns in place of declarations."""
    given = body.directive("__mapper_args__")
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise ArgumentError(
            f"__mapper_args__ of class {body.cls.__name__!r} must be a dict, not "
            f"{type(given).__name__!r}."
        )
    return {name: _own(body, value) for name, value in given.items()}


def _own(body: ClassBody, value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return type(value)(_own(body, each) for each in value)
    if isinstance(value, (MappedColumn, Column)) and value in body.copies:
        return body.copies[value]
    return value.column if isinstance(value, MappedColumn) else value


def add_attribute(cls: type[Any], key: str, value: Any) -> None:
    """Map one more column, property or relationship on a class that is mapped already."""
    mapper: Mapper = vars(cls)["__mapper__"]
    if isinstance(value, (Column, MappedColumn)):
        column = value.column if isinstance(value, MappedColumn) else value
        _add_column(mapper, key, column)
        made = value.as_property() if isinstance(value, MappedColumn) else None
        mapper.add_property(key, made or column)
        return
    if isinstance(value, ColumnProperty):
        for column in value.columns:
            if isinstance(column, Column):
                _add_column(mapper, key, column)
    mapper.add_property(key, value)


def _add_column(mapper: Mapper, key: str, column: Column[Any]) -> None:
    if column.table is not None:
        return
    if not column.name:
        column.name = key
    if not column.key:
        column.key = column.name
    mapper.local_table.append_column(column, replace_existing=True)


class DeclarativeAttributeIntercept(type):
    """Metaclass of declarative classes: `User.x = Column(...)` maps `x` also later.

    It gives mapped classes the compiled base that holds their state, where the layouts of
    their other bases allow it.
    """

    def __new__(
        mcs, name: str, bases: tuple[type[Any], ...], body: dict[str, Any], **options: Any
    ) -> Any:
        compiled = () if body.get("__abstract__") else _with_state(bases)
        if not compiled:
            return super().__new__(mcs, name, bases, body, **options)
        try:
            return super().__new__(mcs, name, compiled, body, **options)
        except TypeError as problem:
            # Python looks at the layouts before anything of the class is there or called.
            if "instance lay-out conflict" not in str(problem):
                raise
        _give_constructor(bases, body)
        return super().__new__(mcs, name, bases, body, **options)

    def __setattr__(cls, key: str, value: Any) -> None:
        mappable = isinstance(value, (Column, MappedColumn, MapperProperty))
        if mappable and "__mapper__" in vars(cls):
            add_attribute(cls, key, value)
        else:
            type.__setattr__(cls, key, value)


class DeclarativeMeta(DeclarativeAttributeIntercept):
    """Metaclass of the bases that declarative_base() makes."""

    def __init__(
        cls, name: str, bases: tuple[type[Any], ...], body: dict[str, Any], **options: Any
    ) -> None:
        registry = registry_of(cls)
        if registry is None:
            registry = vars(cls).get("registry")
            if registry is None:
                raise InvalidRequestError(
                    f"Declarative base class {name!r} has no 'registry' attribute. Add "
                    f"registry = cormorant.registry(), or use declarative_base()."
                )
            type.__setattr__(cls, REGISTRY, registry)
        if not vars(cls).get("__abstract__"):
            declare(cls, registry)
        super().__init__(name, bases, body)


def _with_state(bases: tuple[type[Any], ...]) -> tuple[type[Any], ...]:
    """Return the bases with the compiled one in its place; empty if it is not wanted."""
    if any(issubclass(base, Instrumented) for base in bases):
        return ()
    for place, base in enumerate(bases):
        if registry_of(base) is not None:
            # Right after the declarative base, whose constructor it stands for.
            return (*bases[: place + 1], Instrumented, *bases[place + 1 :])
    return ()


def _give_constructor(bases: tuple[type[Any], ...], body: dict[str, Any]) -> None:
    """Give a class that cannot have the compiled base the constructor of its registry."""
    for base in bases:
        if "__init__" in body or base.__init__ is not object.__init__:
            return
        registry = registry_of(base)
        if registry is not None and registry.constructor is not None:
            body["__init__"] = registry.constructor

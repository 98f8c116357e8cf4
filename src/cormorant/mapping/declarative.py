"""Base classes whose subclasses are mapped as they are declared, in both styles."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from sqlalchemy import MetaData
from sqlalchemy.exc import InvalidRequestError

from cormorant.exc import UnmappedClassError
from cormorant.instrument._state_cy import Instrumented
from cormorant.instrument.manager import keyword_constructor
from cormorant.mapping.classes import (
    REGISTRY,
    DeclarativeAttributeIntercept,
    DeclarativeMeta,
    add_attribute,
    declare,
    registry_of,
)
from cormorant.mapping.registry import Constructor, registry

if TYPE_CHECKING:
    from sqlalchemy import FromClause

    from cormorant.mapping.mapper import Mapper
    from cormorant.mapping.names import ClassRegistry

O = TypeVar("O")  # noqa: E741  # O as in object


class DeclarativeBase(metaclass=DeclarativeAttributeIntercept):
    """Subclass it once for a base of your own; the subclasses of that base are mapped.

    The base may have `metadata`, `registry` and `type_annotation_map`.
    """

    if TYPE_CHECKING:
        registry: ClassVar[registry]
        metadata: ClassVar[MetaData]
        type_annotation_map: ClassVar[Mapping[Any, Any]]
        __table__: ClassVar[FromClause]
        __mapper__: ClassVar[Mapper]
        __tablename__: Any
        __table_args__: Any
        __mapper_args__: Any

        def __init__(self, **kwargs: Any) -> None: ...

    def __init_subclass__(cls, **options: Any) -> None:
        _take_subclass(cls, DeclarativeBase)
        super().__init_subclass__(**options)


class DeclarativeBaseNoMeta(Instrumented):
    """As DeclarativeBase, for classes that cannot have its metaclass.

    Attributes that are set on a mapped class later need `add_mapped_attribute()`.
    """

    if TYPE_CHECKING:
        registry: ClassVar[registry]
        metadata: ClassVar[MetaData]
        type_annotation_map: ClassVar[Mapping[Any, Any]]
        __table__: ClassVar[FromClause]
        __mapper__: ClassVar[Mapper]
        __tablename__: Any
        __table_args__: Any
        __mapper_args__: Any

        def __init__(self, **kwargs: Any) -> None: ...

    def __init_subclass__(cls, **options: Any) -> None:
        _take_subclass(cls, DeclarativeBaseNoMeta)
        super().__init_subclass__(**options)


def _take_subclass(cls: type[Any], root: type[Any]) -> None:
    """Make a base of a direct subclass of `root`; map the classes below."""
    if root in cls.__bases__:
        _make_base(cls)
    elif not vars(cls).get("__abstract__"):
        found = registry_of(cls)
        if found is not None:
            declare(cls, found)


def _make_base(cls: type[Any]) -> None:
    given = vars(cls).get("registry")
    types = vars(cls).get("type_annotation_map")
    metadata = vars(cls).get("metadata")
    if given is None:
        given = registry(
            metadata=metadata if isinstance(metadata, MetaData) else None,
            type_annotation_map=types,
        )
        cls.registry = given
    elif not isinstance(given, registry):
        raise InvalidRequestError(
            f"Declarative base class {cls.__name__!r} has a 'registry' attribute that is not "
            f"an instance of cormorant.registry. Assign registry(...) to it, or leave it out."
        )
    elif types is not None:
        raise InvalidRequestError(
            f"Declarative base class {cls.__name__!r} has both a 'registry' attribute and a "
            f"type_annotation_map. Give the map to the registry."
        )
    type.__setattr__(cls, REGISTRY, given)
    if not isinstance(getattr(cls, "metadata", None), MetaData):
        cls.metadata = given.metadata
    plain = cls.__init__ in (object.__init__, Instrumented.__init__)
    if plain and given.constructor is not keyword_constructor:
        cls.__init__ = given.constructor or object.__init__


def declarative_base(
    *,
    metadata: MetaData | None = None,
    mapper: Callable[..., Any] | None = None,
    cls: Any = object,
    name: str = "Base",
    class_registry: ClassRegistry | None = None,
    type_annotation_map: Mapping[Any, Any] | None = None,
    constructor: Constructor | None = keyword_constructor,
    metaclass: type[Any] = DeclarativeMeta,
) -> Any:
    """Make a base class, with a registry of its own, whose subclasses are mapped."""
    return registry(
        metadata=metadata,
        class_registry=class_registry,
        type_annotation_map=type_annotation_map,
        constructor=constructor,
    ).generate_base(mapper=mapper, cls=cls, name=name, metaclass=metaclass)


def as_declarative(
    *,
    metadata: MetaData | None = None,
    class_registry: ClassRegistry | None = None,
    type_annotation_map: Mapping[Any, Any] | None = None,
    constructor: Constructor | None = keyword_constructor,
    **kw: Any,
) -> Callable[[type[O]], type[O]]:
    """Make the decorated class the base of mapped classes; as declarative_base(cls=...)."""
    return registry(
        metadata=metadata,
        class_registry=class_registry,
        type_annotation_map=type_annotation_map,
        constructor=constructor,
    ).as_declarative_base(**kw)


def add_mapped_attribute(target: type[Any], key: str, attr: Any) -> None:
    """Map one more attribute on a mapped class, whatever its metaclass."""
    if "__mapper__" not in vars(target):
        raise UnmappedClassError(
            f"Class {target.__qualname__!r} is not mapped, so attribute {key!r} cannot be "
            f"mapped on it. Declare the class first."
        )
    add_attribute(target, key, attr)

"""Flags and typed bases that every object of a mapping shows to `inspect` and to type checkers."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from sqlalchemy import ColumnElement
from sqlalchemy.sql import roles
from sqlalchemy.sql.elements import SQLCoreOperations

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class InspectionAttrExtensionType(Enum):
    """What kind of extension an attribute that is not the mapper's own comes from."""


class NotExtension(InspectionAttrExtensionType):
    """Marks an attribute that the mapper itself made."""

    NOT_EXTENSION = "not_extension"


class InspectionAttr:
    """Flags that tell what an inspected object is; each subclass turns its own on."""

    __slots__: tuple[str, ...] = ()

    is_selectable = False
    is_aliased_class = False
    is_instance = False
    is_mapper = False
    is_bundle = False
    is_property = False
    is_attribute = False
    is_clause_element = False
    extension_type: InspectionAttrExtensionType = NotExtension.NOT_EXTENSION


class InspectionAttrInfo(InspectionAttr):
    """An inspected object with a dictionary for the user's own facts."""

    __slots__ = ()

    @property
    def info(self) -> dict[Any, Any]:
        """Return the dictionary, made on first use; its owner keeps it."""
        facts: dict[Any, Any] = self.__dict__.setdefault("_info", {})
        return facts


class SQLORMOperations(SQLCoreOperations[T_co]):
    """Operators of a mapped attribute beside those of a Core column."""

    __slots__ = ()

    if TYPE_CHECKING:

        def of_type(self, class_: Any) -> PropComparator[T_co]: ...

        def and_(self, *criteria: Any) -> PropComparator[bool]: ...

        def any(self, criterion: Any = None, **kwargs: Any) -> ColumnElement[bool]: ...

        def has(self, criterion: Any = None, **kwargs: Any) -> ColumnElement[bool]: ...


class SQLORMExpression(
    SQLORMOperations[T_co], roles.ExpressionElementRole[T_co], roles.TypedColumnsClauseRole[T_co]
):
    """Type of everything that is a SQL expression at the level of a mapped class."""

    __slots__ = ()


class ORMDescriptor(Generic[T_co]):
    """Type of a descriptor: an attribute on the class, a value on the object."""

    __slots__ = ()


class PropComparator(SQLORMOperations[T_co]):
    """What the operators of one attribute do; subclass it for a `comparator_factory`."""

    def __init__(self, prop: Any, parententity: Any, adapt_to_entity: Any = None) -> None:
        self.prop = prop
        self.parent = parententity
        """The mapper that the attribute belongs to."""
        self._parententity = parententity
        self._adapt_to_entity = adapt_to_entity

    def __clause_element__(self) -> Any:
        return self.prop.expression

    def operate(self, op: Any, *other: Any, **kwargs: Any) -> ColumnElement[Any]:
        """Apply `op` to the expression of the attribute."""
        result: ColumnElement[Any] = op(self.__clause_element__(), *other, **kwargs)
        return result

    def reverse_operate(self, op: Any, other: Any, **kwargs: Any) -> ColumnElement[Any]:
        """Apply `op` with the expression of the attribute on the right side."""
        result: ColumnElement[Any] = op(other, self.__clause_element__(), **kwargs)
        return result

    @staticmethod
    def any_op(subject: Any, criterion: Any, **kwargs: Any) -> Any:
        """Call `any` of the subject; the operator that a relationship is asked with."""
        return subject.any(criterion, **kwargs)

    @staticmethod
    def has_op(subject: Any, criterion: Any, **kwargs: Any) -> Any:
        """Call `has` of the subject; the operator that a relationship is asked with."""
        return subject.has(criterion, **kwargs)

    @staticmethod
    def of_type_op(subject: Any, class_: Any) -> Any:
        """Call `of_type` of the subject; the operator that a relationship is asked with."""
        return subject.of_type(class_)

    @staticmethod
    def and_op(subject: Any, *criteria: Any) -> Any:
        """Call `and_` of the subject; the operator that a relationship is asked with."""
        return subject.and_(*criteria)

    # Last in the body: below it the name hides the built-in decorator.
    @property
    def property(self) -> Any:
        """Return the mapper's property."""
        return self.prop

"""Attributes that a base or mixin makes for each mapped class: declared_attr and its kin."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

if TYPE_CHECKING:
    from sqlalchemy.sql.elements import SQLCoreOperations

    from cormorant.sql.attributes import InstrumentedAttribute

T = TypeVar("T")
C = TypeVar("C", bound=type)

VALUES = "__cormorant_declared__"
"""Where a class keeps what its declared attributes returned, while it is being declared."""


class declared_attr(Generic[T]):  # the name that users know
    """A function that makes an attribute for each class that a base or mixin is mapped in.

    `cascading`: called for subclasses of mapped classes too. `directive`: it returns a value
    for the declaration, as `__tablename__`, not a mapped attribute. `quiet` is accepted as by
    SQLAlchemy: there is no warning to keep quiet here.
    """

    def __init__(
        self,
        fn: Callable[[Any], SQLCoreOperations[T]],
        cascading: bool = False,
        quiet: bool = False,
        *,
        directive: bool = False,
    ) -> None:
        self.fget: Callable[[Any], Any] = fn.__func__ if isinstance(fn, classmethod) else fn
        self.is_cascading = cascading
        self.is_directive = directive
        self.__doc__ = self.fget.__doc__

    if TYPE_CHECKING:

        @overload
        def __get__(self, instance: None, owner: Any) -> InstrumentedAttribute[T]: ...

        @overload
        def __get__(self, instance: object, owner: Any) -> T: ...

        def __get__(self, instance: object | None, owner: Any) -> Any: ...

        @classmethod
        def directive(cls, fn: Callable[[Any], Any]) -> Any: ...

        @classmethod
        def cascading(cls, fn: Callable[[Any], SQLCoreOperations[T]]) -> declared_attr[T]: ...

    else:

        def __get__(self, instance, owner):
            return self.value_for(owner)

        @classmethod
        def directive(cls, fn):
            """Declare a value of the declaration, as `__tablename__`."""
            return cls(fn, directive=True)

        @classmethod
        def cascading(cls, fn):
            """Declare an attribute that every class of a hierarchy gets for itself."""
            return cls(fn, cascading=True)

    def value_for(self, owner: type[Any]) -> Any:
        """Call the function for `owner`; while `owner` is being declared, call it once only."""
        values: dict[declared_attr[Any], Any] | None = vars(owner).get(VALUES)
        if values is None:
            return self.fget(owner)
        if self not in values:
            values[self] = self.fget(owner)
        return values[self]

    @property
    def return_annotation(self) -> Any:
        """Return what the function says it returns, not evaluated; None if nothing."""
        return getattr(self.fget, "__annotations__", {}).get("return")


def has_inherited_table(cls: type[Any]) -> bool:
    """Return True if a base of `cls` has a table: for declared attributes of mixins."""
    return any(getattr(base, "__table__", None) is not None for base in cls.__mro__[1:])


def declarative_mixin(cls: C) -> C:
    """Mark a class as a mixin for type checkers; does nothing else."""
    return cls

"""What the properties of a mapper have in common, column or relationship."""

from __future__ import annotations

import copy
import itertools
from typing import TYPE_CHECKING, Any, Protocol

from cormorant.sql.inspection import InspectionAttrInfo

if TYPE_CHECKING:
    from cormorant.mapping.mapper import Mapper


class MappedClassProtocol(Protocol):
    """The type of a mapped class: it has a name, a mapper and a table."""

    __name__: str
    __mapper__: Any
    __table__: Any


_numbers = itertools.count(1)


class MapperProperty(InspectionAttrInfo):
    """One mapped attribute as the mapper knows it.

    `creation_order` tells which of two declarations was written first.
    """

    is_property = True

    key: str
    parent: Mapper

    def __init__(self, doc: str | None = None, info: dict[Any, Any] | None = None) -> None:
        self.doc = doc
        self.creation_order = next(_numbers)
        self._info = info
        self._inherited_from: MapperProperty | None = None

    @property
    def info(self) -> dict[Any, Any]:
        """A dictionary of the user's own."""
        if self._info is None:
            self._info = {}
        return self._info

    def set_parent(self, mapper: Mapper, key: str) -> None:
        """Take the mapper and the name under which the property is mapped."""
        self.parent = mapper
        self.key = key

    @property
    def class_attribute(self) -> Any:
        """The attribute of the class that stands for this property."""
        return getattr(self.parent.class_, self.key)

    def instrument(self, mapper: Mapper) -> Any:
        """Make the descriptor of this property for the class of `mapper`."""
        raise TypeError(f"{type(self).__name__} {self.key!r} has no descriptor.")

    def for_subclass(self) -> MapperProperty:
        """Return the property that a mapped subclass inherits."""
        made = copy.copy(self)
        made._inherited_from = self.origin
        return made

    @property
    def origin(self) -> MapperProperty:
        """The property as the topmost class has it: the same for all that inherit it."""
        return self._inherited_from or self

    def configure(self) -> None:
        """Resolve what could not be known while classes were still being declared."""

    def __str__(self) -> str:
        if not hasattr(self, "parent"):
            return f"{type(self).__name__} of no class yet"
        return f"{self.parent.class_.__name__}.{self.key}"

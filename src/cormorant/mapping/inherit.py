"""Mapped classes that inherit from mapped classes: who is the parent, which row is whose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import exc as core_exc
from sqlalchemy.sql.util import join_condition

from cormorant import exc
from cormorant.instrument.manager import own_manager
from cormorant.mapping.properties import MapperProperty
from cormorant.sql.plans import forget_plans

if TYPE_CHECKING:
    from cormorant.mapping.mapper import Mapper


class Inheritance:
    """The place of one mapper in its family.

    `by_identity` and `children` grow as subclasses are mapped; the discriminator map stands
    at the root of the family only.
    """

    def __init__(self, parent: Mapper | None, table: Any) -> None:
        self.parent = parent
        self.table = table
        self.single = parent is not None
        self.by_identity: dict[Any, Mapper] = {}
        self.children: list[Mapper] = []

    @classmethod
    def find(
        cls, mapper: Mapper, class_: type[Any], table: Any, inherits: Any, condition: Any
    ) -> Inheritance:
        """Find the parent mapper of a class and the table its rows are in."""
        parent = _parent_mapper(class_, inherits)
        if parent is None:
            if table is None:
                raise exc.ConfigurationError(
                    f"Class {class_.__qualname__!r} has no table and no mapped base class. Give "
                    f"it __tablename__ or __table__, or mark it with __abstract__ = True."
                )
            return cls(None, table)
        if table is None or table is parent.local_table:
            return cls(parent, parent.local_table)
        _check_joined(class_, parent, table, condition)
        raise exc.ConfigurationError(
            f"Class {class_.__qualname__!r} inherits from mapped class "
            f"{parent.class_.__qualname__!r} and has a table of its own "
            f"({table.description!r}). Inheritance over several tables is not offered yet: "
            f"leave out __tablename__ for single-table inheritance."
        )

    def inherited_properties(self) -> list[tuple[str, MapperProperty]]:
        """Return copies of the parent's properties for the class of this mapper."""
        if self.parent is None:
            return []
        return [(prop.key, prop.for_subclass()) for prop in self.parent.iterate_properties]

    def join_family(self, mapper: Mapper) -> None:
        """Make the mapper known to its parent, and its discriminator to the family."""
        if self.parent is not None:
            self.parent.inheritance.children.append(mapper)
            # Statements on the classes above now find rows of this one, too.
            forget_plans()
            above: Mapper | None = self.parent
            while above is not None:
                above.memo.clear()
                above = above.inherits
        if mapper.polymorphic_identity is not None:
            known = mapper.base_mapper.inheritance.by_identity
            other = known.get(mapper.polymorphic_identity)
            if other is not None and other is not mapper:
                raise exc.ConfigurationError(
                    f"Classes {other.class_.__name__!r} and {mapper.class_.__name__!r} have the "
                    f"same polymorphic identity; give each class its own."
                )
            known[mapper.polymorphic_identity] = mapper


def _parent_mapper(class_: type[Any], inherits: Any) -> Mapper | None:
    if inherits is not None:
        if isinstance(inherits, type):
            manager = own_manager(inherits)
            return manager.mapper if manager is not None else None
        found: Mapper = inherits
        return found
    for base in class_.__mro__[1:]:
        manager = own_manager(base)
        if manager is not None and manager.is_mapped:
            return manager.mapper
    return None


def _check_joined(class_: type[Any], parent: Mapper, table: Any, condition: Any) -> None:
    if condition is not None:
        return
    try:
        join_condition(parent.local_table, table)
    except core_exc.NoForeignKeysError as problem:
        key = parent.primary_key[0]
        raise core_exc.NoForeignKeysError(
            f"Can't determine the inherit condition between inherited table "
            f"{parent.local_table.description!r} and inheriting table {table.description!r} of "
            f"class {class_.__qualname__!r}; tables have no foreign key relationships "
            f"established. Add a foreign key to the primary key of the subclass: "
            f"ForeignKey('{parent.local_table.description}.{key.name}')."
        ) from problem


def polymorphic_column(mapper: Mapper, given: Any) -> Any:
    """Return the discriminator column of a family, or None."""
    if given is None:
        return mapper.inherits.polymorphic_on if mapper.inherits is not None else None
    if isinstance(given, str):
        prop = mapper._properties.get(given)
        column = prop.columns[0] if prop is not None else mapper.local_table.c.get(given)  # type: ignore[attr-defined] # a column property by declaration
        if column is None:
            raise exc.ConfigurationError(
                f"Can't determine polymorphic_on value {given!r} of class "
                f"{mapper.class_.__name__!r}: no attribute is mapped to this name."
            )
        return column
    return getattr(given, "column", given)

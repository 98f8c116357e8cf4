"""Mapped classes that inherit from mapped classes: who is the parent, which tables are whose."""

from __future__ import annotations

import itertools
import warnings
from typing import TYPE_CHECKING, Any

from sqlalchemy import exc as core_exc
from sqlalchemy.sql import operators, visitors
from sqlalchemy.sql.elements import NamedColumn
from sqlalchemy.sql.util import join_condition

from cormorant import exc
from cormorant.instrument.manager import own_manager
from cormorant.mapping.properties import MapperProperty
from cormorant.sql.marks import unmarked
from cormorant.sql.plans import forget_plans

if TYPE_CHECKING:
    from cormorant.mapping.mapper import Mapper

Pair = tuple[Any, Any]
_numbers = itertools.count(1)


class Inheritance:
    """The place of one mapper in its family.

    `table`: the class's own, else that of its parent. `selectable`: the join that gives whole
    rows. `condition`, `pairs`: how the own table is joined to those above, and the (column
    above, own column) that it copies keys along; empty for a table that is shared or the
    root's. `by_identity` and `children` grow as subclasses are mapped; the discriminator map
    stands at the root of the family only. `number` tells members apart.
    """

    def __init__(self, parent: Mapper | None, table: Any, single: bool = False) -> None:
        self.parent = parent
        self.table = table
        self.single = single
        self.selectable: Any = parent.persist_selectable if single and parent else table
        self.condition: Any = None
        self.pairs: tuple[Pair, ...] = ()
        self.number = next(_numbers)
        self.by_identity: dict[Any, Mapper] = {}
        self.children: list[Mapper] = []

    @classmethod
    def find(
        cls, class_: type[Any], table: Any, inherits: Any, condition: Any, concrete: bool
    ) -> Inheritance:
        """Find the parent mapper of a class and the tables its rows are in."""
        parent = _parent_mapper(class_, inherits)
        if parent is None:
            if table is None:
                raise exc.ConfigurationError(
                    f"Class {class_.__qualname__!r} has no table and no mapped base class. Give "
                    f"it __tablename__ or __table__, or mark it with __abstract__ = True."
                )
            return cls(None, table)
        if concrete:
            raise exc.ConfigurationError(
                f"Class {class_.__qualname__!r} asks for concrete=True: inheritance from a "
                f"mapped class with a table that repeats all columns is not offered. Leave it "
                f"out for joined inheritance, or inherit from a class with __abstract__ = True."
            )
        if table is None or table is parent.local_table:
            return cls(parent, parent.local_table, single=True)
        found = cls(parent, table)
        found._join(class_, parent, condition)
        return found

    def _join(self, class_: type[Any], parent: Mapper, given: Any) -> None:
        """Join the own table to those of the parent."""
        if given is None:
            self.condition = _condition(class_, parent, self.table)
        else:
            self.condition = unmarked(
                given.__clause_element__() if hasattr(given, "__clause_element__") else given
            )
        self.selectable = parent.persist_selectable.join(self.table, self.condition)
        self.pairs = _pairs(self.condition, self.table)
        if not self.pairs:
            raise exc.ConfigurationError(
                f"The inherit_condition of class {class_.__qualname__!r} equates no column of "
                f"table {self.table.description!r} with one of the tables of "
                f"{parent.class_.__qualname__!r}. Give an equality of a column with the primary "
                f"key of the base class."
            )

    @property
    def is_joined(self) -> bool:
        """True for a class with a table of its own below a mapped class."""
        return self.parent is not None and not self.single

    def tables(self) -> list[Any]:
        """Return the tables that rows are written to, that of the root first."""
        above = [] if self.parent is None else self.parent.inheritance.tables()
        return above if self.single else [*above, self.table]

    def conditions(self) -> tuple[Any, ...]:
        """Return the conditions that join the tables of a row, that of the root first."""
        above = () if self.parent is None else self.parent.inheritance.conditions()
        return (*above, self.condition) if self.is_joined else above

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
            for above in self.parent.line:
                above.memo.clear()
                above.clause = None
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


def _condition(class_: type[Any], parent: Mapper, table: Any) -> Any:
    """Return the condition that the foreign keys give; raises where there is none, or two."""
    above, own = parent.local_table.description, table.description
    where = (
        f"Can't determine the inherit condition between inherited table {above!r} and "
        f"inheriting table {own!r} of class {class_.__qualname__!r}"
    )
    try:
        return join_condition(parent.local_table, table)
    except core_exc.NoForeignKeysError as problem:
        keys = [column for column in parent.local_table.primary_key if column is not None]
        target = ", ".join(f"ForeignKey('{above}.{key.name}')" for key in keys)
        columns = ", ".join(repr(column.name) for column in table.primary_key)
        raise core_exc.NoForeignKeysError(
            f"{where}; tables have no foreign key relationships established. Add {target} to "
            f"the primary key ({columns}) of {own!r}, or give the mapper argument "
            f"inherit_condition."
        ) from problem
    except core_exc.AmbiguousForeignKeysError as problem:
        raise core_exc.AmbiguousForeignKeysError(
            f"{where}; tables have more than one foreign key relationship established. Please "
            f"specify the 'on clause' using the 'inherit_condition' mapper argument."
        ) from problem


def _pairs(condition: Any, table: Any) -> tuple[Pair, ...]:
    """Return (column above, own column) of each equality in a condition."""
    found: list[Pair] = []

    def visit(binary: Any) -> None:
        left, right = binary.left, binary.right
        if binary.operator is not operators.eq:
            return
        if getattr(left, "table", None) is table:
            left, right = right, left
        if getattr(right, "table", None) is table and getattr(left, "table", None) is not None:
            found.append((left, right))

    visitors.traverse(condition, {}, {"binary": visit})
    return tuple(found)


def equal_columns(mapper: Mapper) -> dict[Any, set[Any]]:
    """Return for each column of a mapper's joins the columns that must have the same value."""
    found: dict[Any, set[Any]] = {}
    for each in mapper.line:
        for pair in each.inheritance.pairs:
            group = set(pair).union(*(found.get(column, ()) for column in pair))
            for column in group:
                found[column] = group
    return found


def key_columns(mapper: Mapper, table: Any) -> tuple[Any, ...]:
    """Return the columns of one of a mapper's tables that hold the primary key, in its order."""
    if table is mapper.base_mapper.local_table:
        return mapper.primary_key
    equal = equal_columns(mapper)
    found = []
    for column in mapper.primary_key:
        here = [each for each in equal.get(column, ()) if each.table is table]
        if not here:
            raise exc.ConfigurationError(
                f"No column of table {table.description!r} holds the primary key column "
                f"{column.name!r} of class {mapper.class_.__name__!r}. Add a foreign key to it, "
                f"or name it in inherit_condition."
            )
        found.append(min(here, key=lambda each: list(table.c).index(each)))
    return tuple(found)


def polymorphic_column(mapper: Mapper, given: Any) -> Any:
    """Return the discriminator of a family, a column or expression, or None."""
    if given is None:
        return mapper.inherits.polymorphic_on if mapper.inherits is not None else None
    if isinstance(given, str):
        prop: Any = mapper._properties.get(given)
        if prop is None:
            prop = mapper.local_table.c.get(given)
        if prop is None:
            raise exc.ConfigurationError(
                f"Can't determine polymorphic_on value {given!r} of class "
                f"{mapper.class_.__name__!r}: no attribute is mapped to this name."
            )
        given = prop
    if isinstance(given, MapperProperty):
        columns = getattr(given, "columns", None)
        if not columns:
            raise exc.ConfigurationError(
                f"polymorphic_on of class {mapper.class_.__name__!r} is {given.key!r}, which is "
                f"no column attribute; give a column, an expression or the name of one."
            )
        return columns[0]
    column = getattr(given, "column", given)
    if hasattr(column, "__clause_element__"):
        column = column.__clause_element__()
    if column in mapper._by_column or isinstance(column, NamedColumn):
        return column
    return column.label("polymorphic_on")


def warn_of_missing_identity(mapper: Mapper) -> None:
    """Warn of a class whose rows no discriminator will tell from others."""
    told = mapper.polymorphic_identity is not None or mapper.polymorphic_abstract
    if mapper.inherits is None or mapper.base_mapper.polymorphic_on is None or told:
        return
    warnings.warn(
        core_exc.SAWarning(
            f"{mapper} does not indicate a 'polymorphic_identity', yet is part of an inheritance "
            f"hierarchy that has a 'polymorphic_on' column of '{mapper.polymorphic_on}'. If this "
            f"is an intermediary class that should not be instantiated, the class may either be "
            f"left unmapped, or may include the 'polymorphic_abstract=True' parameter in its "
            f"Mapper arguments. To leave the class unmapped when using Declarative, set the "
            f"'__abstract__ = True' attribute on the class."
        ),
        stacklevel=2,
    )


def polymorphic_spec(class_: type[Any], given: Any, load: str | None) -> Any:
    """Return "*", a list of classes or None: what `with_polymorphic` of a mapper says."""
    if load not in (None, "inline", "selectin"):
        raise core_exc.ArgumentError(
            f"polymorphic_load of class {class_.__name__!r} is {load!r}; it can be 'inline', "
            f"'selectin' or left out."
        )
    if isinstance(given, tuple) and given and given[0] == "*":
        given = given[0]
    if given is None or given == "*":
        return given
    if isinstance(given, (str, type)):
        raise core_exc.ArgumentError(
            f"with_polymorphic of class {class_.__name__!r} takes '*' or a list of subclasses, "
            f"not {type(given).__name__!r}."
        )
    return list(given)

"""Mapped classes under another name, so that a statement can meet one class more than once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Generic, TypeVar, overload

from sqlalchemy import FromClause
from sqlalchemy import exc as core_exc

from cormorant.mapping.mapper import Mapper
from cormorant.mapping.polymorphic import (
    HIDDEN,
    chosen_mappers,
    joined_tables,
    part_columns,
)
from cormorant.sql.aliases import OtherName, moved_column, mover, other_name
from cormorant.sql.attributes import InstrumentedAttribute
from cormorant.sql.eager import layouts
from cormorant.sql.inspection import InspectionAttr
from cormorant.sql.plugin import entity_clause

O = TypeVar("O")  # noqa: E741 # O as in object


class AliasedInsp(OtherName, InspectionAttr):
    """What `inspect` gives for an aliased class: its mapper and what its rows come from.

    As sqlalchemy.orm.util.AliasedInsp. `name` is None unless the user gave one.
    """

    is_aliased_class = True
    layouts = layouts

    def __init__(
        self,
        mapper: Mapper,
        selectable: Any,
        name: str | None = None,
        adapt_on_names: bool = False,
        with_polymorphic_mappers: Sequence[Mapper] = (),
        shown: str | None = None,
    ) -> None:
        self.mapper: Mapper = mapper
        self.class_: type[Any] = mapper.class_
        self.registry = mapper.registry
        self.selectable = selectable
        self.name = name
        self.with_polymorphic_mappers = list(with_polymorphic_mappers) or (
            mapper.with_polymorphic_mappers or [mapper]
        )
        self.adapter = mover(selectable, adapt_on_names)
        self.discriminator: Any = None
        self.usual = False
        """True if the rows are those that the class itself would be read from."""
        self.whole: AliasedInsp | None = None
        """What with_polymorphic() made of the base, if this is its part for a subclass."""
        self.clause: Any = None
        self._attributes: dict[str, Any] = {}
        self.shown = shown or f"aliased({mapper.class_.__name__})"
        self.entity: AliasedClass[Any] = AliasedClass(self)

    @property
    def renamed(self) -> bool:
        """True if the tables of the class stand here under other names."""
        return self.mapper.local_table not in self.selectable._from_objects

    @property
    def local_table(self) -> Any:
        """The table of the mapped class."""
        return self.mapper.local_table

    @property
    def persist_selectable(self) -> Any:
        """What rows of the mapped class are written to."""
        return self.mapper.persist_selectable

    @property
    def entity_namespace(self) -> AliasedClass[Any]:
        """The aliased class: where `filter_by` looks for names."""
        return self.entity

    @property
    def polymorphic_on(self) -> Any:
        """The discriminator on the selectable, or None."""
        column = self.mapper.polymorphic_on
        if self.discriminator is not None:
            return self.discriminator
        return None if column is None else self.adapt(column)

    @property
    def configured(self) -> bool:
        """True once the mapper is configured."""
        return self.mapper.configured

    def ready(self) -> None:
        """Configure the mapper if that has not happened yet."""
        self.mapper.ready()

    @property
    def load_columns(self) -> Sequence[tuple[str, Any]]:
        """(attribute key, column of the selectable) of an ordinary load; those that it has."""
        return self.columns_here(self.mapper.load_columns)

    def columns_here(self, columns: Iterable[tuple[str, Any]]) -> Sequence[tuple[str, Any]]:
        """Return those of the mapper's (attribute key, column) that the selectable has."""
        found = [(key, moved_column(self.adapter, column)) for key, column in columns]
        if self.discriminator is not None:
            told = self.mapper.discriminator
            found = [(key, self.discriminator if key == told else c) for key, c in found]
        kept = [(key, column) for key, column in found if column is not None]
        if not kept:
            raise core_exc.InvalidRequestError(
                f"The selectable of {self.shown} has no column of class "
                f"{self.mapper.class_.__name__!r}: select its columns in the subquery, or match "
                f"them by name with adapt_on_names=True."
            )
        return kept

    @property
    def row_columns(self) -> Sequence[tuple[str, Any]]:
        """The same with those that with_polymorphic() adds for subclasses."""
        parts = part_columns(self.mapper, self.with_polymorphic_mappers)
        moved = [(key, moved_column(self.adapter, column)) for key, column in parts]
        told = [(HIDDEN, self.polymorphic_on)] if self.mapper.discriminator == HIDDEN else []
        return [*self.load_columns, *told, *[each for each in moved if each[1] is not None]]

    @property
    def single_rows(self) -> tuple[Any, tuple[Any, ...]] | None:
        """(discriminator, its values) of a class that shares its table; None: every row is its."""
        told = self.mapper.single_rows
        return None if told is None else (self.adapt(told[0]), told[1])

    def adapt(self, element: Any) -> Any:
        """Return an expression on the class as one on this selectable."""
        if hasattr(element, "__clause_element__"):
            element = element.__clause_element__()
        return self.adapter.traverse(element)

    def attribute(self, key: str) -> Any:
        """Return the attribute on this selectable; raises UnmappedColumnError."""
        own = self.mapper.attribute(key)
        found = self._attributes.get(key)
        if found is None or found.prop is not own.prop:
            column = None if own.column is None else self.adapt(own.column)
            found = InstrumentedAttribute(
                self.entity, key, self, own.prop, column, plannable=False
            )
            self._attributes[key] = found
        return found

    def __clause_element__(self) -> Any:
        if self.clause is None:
            self.clause = entity_clause(self)
        return self.clause

    def __repr__(self) -> str:
        return f"<AliasedInsp of {self.mapper.class_.__name__}>"

    def __str__(self) -> str:
        return self.shown


class AliasedClass(Generic[O]):
    """Stands for a mapped class in statements; its attributes are those of another selectable.

    Made by `aliased()`; `inspect` gives its AliasedInsp.
    """

    def __init__(self, insp: AliasedInsp) -> None:
        self._aliased_insp = insp
        self.__name__ = insp.shown

    def __clause_element__(self) -> Any:
        return self._aliased_insp.__clause_element__()

    def __getattr__(self, key: str) -> Any:
        insp: AliasedInsp | None = self.__dict__.get("_aliased_insp")
        if insp is None or key.startswith("_sa_"):
            raise AttributeError(key)
        if key in insp.mapper.class_manager.attributes:
            return insp.attribute(key)
        for base in insp.mapper.class_.__mro__:
            if key in vars(base):
                found = vars(base)[key]
                # Methods and hybrids of the class see the alias in the place of the class.
                bind = getattr(type(found), "__get__", None)
                return found if bind is None else bind(found, None, self)
        return getattr(insp.mapper.class_, key)

    def __repr__(self) -> str:
        return f"<AliasedClass of {self._aliased_insp.mapper.class_.__name__}>"

    def __str__(self) -> str:
        return self._aliased_insp.shown


@overload
def aliased(
    element: type[O],
    alias: FromClause | None = None,
    name: str | None = None,
    flat: bool = False,
    adapt_on_names: bool = False,
) -> type[O]: ...


@overload
def aliased(
    element: FromClause,
    alias: None = None,
    name: str | None = None,
    flat: bool = False,
    adapt_on_names: bool = False,
) -> FromClause: ...


@overload
def aliased(
    element: AliasedClass[O] | Mapper[O],
    alias: FromClause | None = None,
    name: str | None = None,
    flat: bool = False,
    adapt_on_names: bool = False,
) -> AliasedClass[O]: ...


def aliased(
    element: Any,
    alias: FromClause | None = None,
    name: str | None = None,
    flat: bool = False,
    adapt_on_names: bool = False,
) -> Any:
    """Return a class, or a table, under another name.

    As sqlalchemy.orm.aliased. `alias`: what the rows come from, such as a subquery of the
    class. `flat`: join the aliases of several tables instead of a subquery. `adapt_on_names`:
    match columns of `alias` by name where they do not come from the class.
    """
    if isinstance(element, FromClause):
        if adapt_on_names:
            raise core_exc.ArgumentError("adapt_on_names only applies to ORM elements")
        return element.alias(name, flat=flat)
    mapper = _mapper_of(element)
    shown = f"aliased({element})" if isinstance(element, AliasedClass) else None
    usual = alias is None and not adapt_on_names
    if alias is None:
        alias = other_name(mapper.selectable, name, flat)
    elif not isinstance(alias, FromClause):
        raise core_exc.ArgumentError(
            f"aliased(alias=...) takes a FROM element such as a subquery or an alias of a "
            f"table, not {type(alias).__name__!r}; call subquery() on a SELECT."
        )
    made = AliasedInsp(mapper, alias, name, adapt_on_names, shown=shown)
    made.usual = usual and not isinstance(element, (AliasedClass, AliasedInsp))
    return made.entity


def _mapper_of(element: Any) -> Mapper:
    if isinstance(element, AliasedClass):
        element = element._aliased_insp
    if isinstance(element, (Mapper, AliasedInsp)):
        found: Mapper = element.mapper
        return found
    manager = getattr(element, "_sa_class_manager", None) if isinstance(element, type) else None
    if manager is None or manager.mapper is None:
        raise core_exc.NoInspectionAvailable(
            f"aliased() takes a mapped class, its mapper, an aliased class or a table, not an "
            f"object of type {type(element).__name__!r}."
        )
    mapper: Mapper = manager.mapper
    return mapper


def with_polymorphic(
    base: Any,
    classes: Any,
    selectable: Any = False,
    flat: bool = False,
    polymorphic_on: Any = None,
    aliased: bool = False,
    innerjoin: bool = False,
    adapt_on_names: bool = False,
    name: str | None = None,
) -> AliasedClass[Any]:
    """Return a class whose rows hold the columns of subclasses: '*' or a list of them.

    Their attributes are those of `result.Subclass`. `flat`: under names of their own, as by
    aliased(). `innerjoin`: rows of exactly the classes named. `selectable`: where the rows
    come from, in place of joins of the tables.
    """
    mapper = _mapper_of(base)
    mapper.ready()
    mappers = chosen_mappers(mapper, classes)
    rows = selectable if selectable is not False and selectable is not None else None
    if rows is None:
        rows = joined_tables(mapper, mappers, innerjoin)
    if aliased or flat:
        rows = other_name(rows, None, flat)
    names = ", ".join(each.class_.__name__ for each in mappers[1:])
    shown = f"with_polymorphic({mapper.class_.__name__}, [{names}])" if names else None
    made = AliasedInsp(mapper, rows, name, adapt_on_names, mappers, shown)
    if polymorphic_on is not None:
        made.discriminator = polymorphic_on
    own_rows = selectable is False or selectable is None
    made.usual = own_rows and polymorphic_on is None and not (innerjoin or adapt_on_names)
    for each in mappers[1:]:
        part = AliasedInsp(each, rows, name, adapt_on_names, [each])
        part.whole = made
        setattr(made.entity, each.class_.__name__, part.entity)
    return made.entity

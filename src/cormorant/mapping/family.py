"""A mapper as a member of its inheritance family: its tables, its relatives, its rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Table

from cormorant.mapping.identities import Keyed
from cormorant.mapping.polymorphic import HIDDEN, chosen_mappers, joined_tables, part_columns

if TYPE_CHECKING:
    from cormorant.mapping.columns import ColumnProperty
    from cormorant.mapping.inherit import Inheritance
    from cormorant.mapping.mapper import Mapper


class FamilyMember(Keyed):
    """What a mapper knows of the classes above and below it, and of the tables they share."""

    inheritance: Inheritance
    inherits: Mapper | None
    base_mapper: Mapper
    identity_mapper: Mapper
    """That of the class in identity keys: a row is one object for all classes that share it."""
    local_table: Any
    persist_selectable: Any
    single: bool
    polymorphic_on: Any
    polymorphic_identity: Any
    polymorphic_spec: Any
    memo: dict[Any, Any]
    _by_column: dict[Any, ColumnProperty]
    _column_props: Any
    pk_keys: tuple[str, ...] = ()
    """Empty while the key is being found."""

    @property
    def load_columns(self) -> Sequence[tuple[str, Any]]:
        """(attribute key, Core column) of an ordinary load, primary key first, none deferred."""
        found: list[tuple[str, Any]] | None = self.memo.get("load_columns")
        if found is None:
            props: list[ColumnProperty] = list(self._column_props)
            keys = [(prop.key, self.loaded_column(prop)) for prop in props]
            primary = self.pk_set
            first = [each for each in keys if each[1] in primary]
            first.sort(key=lambda each: self.pk_keys.index(each[0]) if self.pk_keys else 0)
            rest = [
                each
                for each, prop in zip(keys, props, strict=True)
                if each[1] not in primary and not prop.deferred
            ]
            found = self.memo["load_columns"] = first + rest
        return found

    def loaded_column(self, prop: ColumnProperty) -> Any:
        """Return the column that a property is loaded from: of a key, that of the root table."""
        columns = prop.columns
        if len(columns) > 1:
            primary = self.pk_set
            for column in columns:
                if column in primary:
                    return column
        return columns[0]

    @property
    def pk_set(self) -> frozenset[Any]:
        """The primary key columns as a set."""
        return frozenset(self.primary_key)

    @property
    def selectable(self) -> Any:
        """What rows of this class are selected from, with the tables of with_polymorphic."""
        found = self.memo.get("selectable")
        if found is None:
            this: Any = self
            found = joined_tables(this, self.with_polymorphic_mappers)
            self.memo["selectable"] = found
        return found

    @property
    def discriminator(self) -> str | None:
        """The name in a row of what tells its class: an attribute, or an expression of none."""
        if self.polymorphic_on is None:
            return None
        prop = self._by_column.get(self.polymorphic_on)
        return HIDDEN if prop is None else prop.key

    @property
    def with_polymorphic_mappers(self) -> list[Mapper]:
        """This mapper and those whose columns its rows hold by default; empty for none."""
        found: list[Mapper] | None = self.memo.get("with_polymorphic")
        if found is None:
            this: Any = self
            spec = self.polymorphic_spec
            if spec != "*":
                inline = [m for m in self.inheritance.children if m.polymorphic_load == "inline"]
                spec = [*(spec or ()), *inline]
            found = chosen_mappers(this, spec) if spec else []
            self.memo["with_polymorphic"] = found
        return found

    @property
    def row_columns(self) -> Sequence[tuple[str, Any]]:
        """(name in the row, column) of an ordinary load: with those of with_polymorphic."""
        if not self.inheritance.children and self.discriminator != HIDDEN:
            return self.load_columns
        found: list[tuple[str, Any]] | None = self.memo.get("row_columns")
        if found is None:
            found = self.memo["row_columns"] = self.columns_with(self.with_polymorphic_mappers)
        return found

    def columns_with(self, mappers: Sequence[Mapper]) -> list[tuple[str, Any]]:
        """Return (name in the row, column) of a load that has those of subclasses as well."""
        this: Any = self
        parts = part_columns(this, mappers)
        if self.discriminator == HIDDEN:
            parts = [(HIDDEN, self.polymorphic_on), *parts]
        return [*self.load_columns, *parts]

    @property
    def mapped_table(self) -> Any:
        """What rows of this class are selected from; the older name."""
        return self.persist_selectable

    @property
    def tables(self) -> list[Table]:
        """The tables that rows of this class are written to, that of the root first."""
        return self.inheritance.tables()

    @property
    def inherit_condition(self) -> Any:
        """How the table of the class is joined to those above; None if it shares theirs."""
        return self.inheritance.condition

    @property
    def polymorphic_map(self) -> dict[Any, Mapper]:
        """Discriminator value -> mapper of the whole family."""
        return self.base_mapper.inheritance.by_identity

    @property
    def single_rows(self) -> tuple[Any, tuple[Any, ...]] | None:
        """(discriminator, its values) of a class that shares its table; None: every row is its."""
        if not self.single or self.polymorphic_on is None:
            return None
        found = [mapper.polymorphic_identity for mapper in self.self_and_descendants]
        return self.polymorphic_on, tuple([each for each in found if each is not None])

    @property
    def line(self) -> list[Mapper]:
        """This mapper and those of the classes above, up to the root."""
        mapper: Any = self
        found = []
        while mapper is not None:
            found.append(mapper)
            mapper = mapper.inherits
        return found

    @property
    def self_and_descendants(self) -> list[Mapper]:
        """This mapper and those of all mapped subclasses, level by level."""
        this: Any = self
        found: list[Mapper] = [this]
        for each in found:
            found.extend(each.inheritance.children)
        return found

    def iterate_to_root(self) -> Iterator[Mapper]:
        """Yield this mapper and those of the classes above, up to the root."""
        yield from self.line

    def polymorphic_iterator(self) -> Iterator[Mapper]:
        """Yield this mapper and those of all mapped subclasses, level by level."""
        yield from self.self_and_descendants

    def is_sibling(self, other: Mapper) -> bool:
        """Tell whether both are of one family, and neither inherits from the other."""
        this: Any = self
        return self.common_parent(other) and not self.isa(other) and not other.isa(this)

    def primary_mapper(self) -> Mapper:
        """Return this mapper: a class has no other."""
        return self.line[0]

    @property
    def primary_base_mapper(self) -> Mapper:
        """The mapper of the root of the family."""
        root: Mapper = self.base_mapper
        return root

    def isa(self, other: Mapper) -> bool:
        """Tell whether this mapper is `other` or inherits from it."""
        mapper: Any = self
        while mapper is not None and mapper is not other:
            mapper = mapper.inherits
        return mapper is other

    def common_parent(self, other: Mapper) -> bool:
        """Tell whether both mappers are of one inheritance family."""
        return self.base_mapper is other.base_mapper

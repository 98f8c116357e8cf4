"""Which columns of a class the options of a statement choose, and which they leave out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from cormorant.load.directives import WILDCARD, Directive, How
from cormorant.mapping.polymorphic import part_key, part_of

if TYPE_CHECKING:
    from cormorant.mapping.mapper import Mapper

ABOUT_COLUMNS = frozenset(("column", "group"))
"""Kinds of directives."""


def meets(owner: Any, mapper: Mapper) -> bool:
    """Tell whether what is said of `owner` can hold for rows of `mapper`."""
    return owner is None or bool(mapper.isa(owner) or owner.isa(mapper))


class ChosenColumns:
    """The columns that one entity is read with.

    `usual`: (name in the row, column) of a read without options. `columns`: the same of this
    one. `deferred`: keys of columns that an option left out -> whether access is refused.
    `parts`: the subclasses whose columns stand in the rows; `usual_parts`: by the mapping, so
    that options for all columns of the class do not mean them.
    """

    def __init__(
        self,
        mapper: Mapper,
        usual: Sequence[tuple[str, Any]],
        directives: tuple[Directive, ...],
        parts: tuple[Mapper, ...],
        usual_parts: bool,
    ) -> None:
        self.mapper = mapper
        self.parts = parts
        self.usual_parts = usual_parts
        self.deferred: dict[str, bool] = {}
        here = [each for each in directives if not each.path and each.kind in ABOUT_COLUMNS]
        here = [each for each in here if meets(each.owner, mapper)]
        self.columns = tuple(self._chosen(usual, here) if here else usual)

    def _chosen(
        self, usual: Sequence[tuple[str, Any]], here: list[Directive]
    ) -> Iterator[tuple[str, Any]]:
        needed = {*self.mapper.pk_keys}
        if self.mapper.discriminator is not None:
            needed.add(self.mapper.discriminator)
        own = dict(self.mapper.load_columns)
        for prop in self.mapper.column_attrs:
            own.setdefault(prop.key, prop.columns[0])
        for key, column in own.items():
            how = how_of_column(self.mapper, key, here)
            if key in needed or how is None or how.loader == "column":
                if key in needed or how is not None or not self._deferred(key):
                    yield key, column
            else:
                self.deferred[key] = how.raises
        yield from self._chosen_parts(usual[len(self.mapper.load_columns) :], here)

    def _chosen_parts(
        self, parts: Sequence[tuple[str, Any]], here: list[Directive]
    ) -> Iterator[tuple[str, Any]]:
        """Yield the columns of subclasses in the rows, and those that an option adds."""
        for name, column in parts:
            owner, key = part_of(self.mapper, name)
            how = None if owner is None else self._how_of_part(owner, key, here)
            if how is None or how.loader == "column":
                yield name, column
            else:
                self.deferred[key] = how.raises
        for each in self.parts:
            for prop in each.column_attrs:
                if prop.deferred and not (each.inherits and each.inherits.has_property(prop.key)):
                    how = self._how_of_part(each, prop.key, here)
                    if how is not None and how.loader == "column":
                        yield part_key(each, prop.key), each.loaded_column(prop)

    def _how_of_part(self, owner: Mapper, key: str, here: list[Directive]) -> How | None:
        """Return what the options say of a column that a subclass adds."""
        if self.usual_parts:
            here = [each for each in here if each.key != WILDCARD or each.owner is None]
        return how_of_column(owner, key, here)

    def _deferred(self, key: str) -> bool:
        prop: Any = self.mapper._properties[key]
        return bool(prop.deferred)


def how_of_column(mapper: Mapper, key: str, here: list[Directive]) -> How | None:
    """Return what the options say of a column, None for nothing."""
    prop: Any = mapper._properties[key]
    chosen: How | None = None
    grouped: How | None = None
    wild: How | None = None
    for each in here:
        if each.kind == "group":
            grouped = each.how if each.key == prop.group else grouped
        elif each.key == key:
            chosen = each.how
        elif each.key == WILDCARD:
            wild = each.how
    return chosen or grouped or wild

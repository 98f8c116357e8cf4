"""Which attributes a mapper has, in which order: given, inherited, those of the table."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column
from sqlalchemy.exc import SAWarning

from cormorant.mapping.columns import ColumnProperty
from cormorant.mapping.inherit import equal_columns
from cormorant.mapping.properties import MapperProperty

if TYPE_CHECKING:
    from cormorant.mapping.mapper import Mapper

Named = list[tuple[str, MapperProperty]]


def arrange(
    mapper: Mapper, given: dict[str, Any], limits: tuple[set[str] | None, set[str], str]
) -> Named:
    """Return the properties of a mapper in order.

    As SQLAlchemy: relationships and expressions of the class, what it inherits, its columns.
    `limits`: names to map (None: all), names to leave out, prefix of the names of columns.
    """
    found: dict[str, MapperProperty] = {}
    columns: dict[str, ColumnProperty] = {}
    for key, value in given.items():
        prop = value if isinstance(value, MapperProperty) else ColumnProperty(value)
        if isinstance(prop, ColumnProperty) and isinstance(prop.columns[0], Column):
            columns[key] = prop
        else:
            found[key] = prop
    covered = {column for prop in columns.values() for column in prop.columns}
    covered.update(c for p in found.values() if isinstance(p, ColumnProperty) for c in p.columns)
    inherited = dict(mapper.inheritance.inherited_properties())
    for prop in inherited.values():
        covered.update(prop.columns if isinstance(prop, ColumnProperty) else ())
    for key, column in _of_table(mapper, limits):
        if column not in covered and key not in found:
            columns.setdefault(key, ColumnProperty(column))
    for key, prop in inherited.items():
        if key not in found:
            found[key] = _combined(mapper, key, columns.pop(key, None), prop)
    return [*found.items(), *columns.items()]


def _of_table(
    mapper: Mapper, limits: tuple[set[str] | None, set[str], str]
) -> list[tuple[str, Any]]:
    wanted, unwanted, prefix = limits
    if mapper.single and wanted is None:
        # What the table has beyond its own and the inherited columns is that of other subclasses.
        return []
    return [
        (prefix + column.key, column)
        for column in (mapper.local_table.c if mapper.local_table is not None else ())
        if column.key not in unwanted
        and (wanted is None or column.key in wanted or column in mapper.primary_key)
    ]


def _combined(
    mapper: Mapper, key: str, own: ColumnProperty | None, inherited: MapperProperty
) -> MapperProperty:
    """Return one property for a column of the class and the inherited one of the same name."""
    if own is None:
        return inherited
    if not isinstance(inherited, ColumnProperty):
        return own
    if mapper.single or not isinstance(inherited.columns[0], Column):
        return own
    equal = equal_columns(mapper).get(own.columns[0], set())
    first = inherited.columns[0]
    named = set(own.columns)
    if first not in equal and named.isdisjoint(inherited.columns):
        warnings.warn(
            SAWarning(
                f"Implicitly combining column {first} with column {own.columns[0]} under "
                f"attribute {key!r} of class {mapper.class_.__name__!r}.  Please configure one "
                f"or more attributes for these same-named columns explicitly."
            ),
            stacklevel=2,
        )
    own.columns += [column for column in inherited.columns if column not in named]
    return own

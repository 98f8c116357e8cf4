"""Rows that hold the columns of subclasses beside those of their base: with_polymorphic()."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import exc as core_exc

from cormorant.sql.plans import PART

if TYPE_CHECKING:
    from cormorant.mapping.mapper import Mapper

HIDDEN = f"0{PART}polymorphic_on"
"""Name in a row of a discriminator that is an expression and no attribute: of no class."""

Columns = list[tuple[str, Any]]


def part_key(mapper: Mapper, key: str) -> str:
    """Return how an attribute of a subclass is called in a row of its base."""
    return f"{mapper.inheritance.number}{PART}{key}"


def chosen_mappers(mapper: Mapper, spec: Any) -> list[Mapper]:
    """Return the mappers that "*" or a list of classes means, with those between, base first."""
    if spec == "*":
        return mapper.self_and_descendants
    if isinstance(spec, (str, type)):
        raise core_exc.ArgumentError(
            f"with_polymorphic takes '*' or a list of subclasses of "
            f"{mapper.class_.__name__!r}, not {type(spec).__name__!r}."
        )
    wanted: set[Any] = {mapper}
    for each in spec or ():
        found: Any = getattr(each, "__mapper__", each) if isinstance(each, type) else each
        if not getattr(found, "is_mapper", False) or not found.isa(mapper):
            raise core_exc.InvalidRequestError(
                f"{getattr(each, '__name__', each)} does not inherit from "
                f"{mapper.class_.__name__}; name mapped subclasses of it."
            )
        wanted.update(found.line[: found.line.index(mapper)])
    return [each for each in mapper.self_and_descendants if each in wanted]


def joined_tables(mapper: Mapper, mappers: Iterable[Mapper], inner: bool = False) -> Any:
    """Return what rows of a mapper and of some below it come from: outer joins by default."""
    found = mapper.persist_selectable
    for each in mappers:
        if each is not mapper and each.inheritance.is_joined:
            found = found.join(each.local_table, each.inherit_condition, isouter=not inner)
    return found


def part_columns(mapper: Mapper, mappers: Sequence[Mapper]) -> Columns:
    """Return (name in the row, column) of what the mappers below one add to its rows."""
    found: Columns = []
    for each in mappers:
        if each is mapper:
            continue
        above = each.inherits
        for prop in each._column_props:
            if above is not None and above.has_property(prop.key):
                continue
            if not prop.deferred:
                found.append((part_key(each, prop.key), each.loaded_column(prop)))
    return found


def parts_for(mapper: Mapper, keys: Sequence[str]) -> list[tuple[int, str]]:
    """Return (place in the row, attribute) of what is there for objects of a mapper."""
    line = {str(each.inheritance.number) for each in mapper.line}
    found = []
    for place, key in enumerate(keys):
        number, mark, name = key.rpartition(PART)
        if not mark or number in line:
            found.append((place, name))
    return found


def part_of(mapper: Mapper, name: str) -> tuple[Mapper | None, str]:
    """Return (subclass, attribute) that a name in a row of a mapper stands for."""
    number, _mark, key = name.rpartition(PART)
    found = (m for m in mapper.self_and_descendants if str(m.inheritance.number) == number)
    return next(found, None), key

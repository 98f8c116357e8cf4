"""Which class each row of a family is an object of: told by its discriminator."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import InvalidRequestError

from cormorant import exc
from cormorant.mapping.polymorphic import parts_for

if TYPE_CHECKING:
    from cormorant.mapping.mapper import Mapper
    from cormorant.sql.plans import Processors

Row = tuple[Any, ...]
Parts = list[tuple["Mapper", Sequence[int]]]


class OwnPart:
    """The columns of a row of a base that objects of one class have."""

    __slots__ = ("keys", "of", "processors")

    def __init__(
        self, mapper: Mapper, keys: tuple[str, ...], start: int, processors: Processors | None
    ) -> None:
        chosen = parts_for(mapper, keys)
        places = [start + place for place, _name in chosen]
        pick = itemgetter(*places) if len(places) > 1 else None
        self.keys = tuple([name for _place, name in chosen])
        self.processors = (
            None if processors is None else tuple([processors[place] for place, _name in chosen])
        )
        self.of: Callable[[list[Row]], list[Row]] = (
            (lambda rows: [(row[places[0]],) for row in rows])
            if pick is None
            else (lambda rows: list(map(pick, rows)))
        )


def own_part(
    mapper: Mapper, keys: tuple[str, ...], start: int, processors: Processors | None
) -> OwnPart:
    """Return what takes the columns of a class out of rows with those of others; kept."""
    name = ("own part", keys, start, processors)
    found: OwnPart | None = mapper.memo.get(name)
    if found is None:
        found = mapper.memo[name] = OwnPart(mapper, keys, start, processors)
    return found


def split(
    mapper: Mapper,
    rows: Sequence[Row],
    keys: tuple[str, ...],
    start: int,
    processors: Processors | None,
    in_order: bool,
) -> Parts | None:
    """Return (mapper, places of its rows); None where the rows cannot tell, or none is there.

    `in_order`: listeners hear of the objects, so neighbours alone are put together. Rows
    without a key are the missing side of an outer join and stay out.
    """
    discriminator = mapper.discriminator
    if discriminator is None or discriminator not in keys or not rows:
        # A text without the discriminator: what the rows are, only the caller knows.
        return None
    at = start + keys.index(discriminator)
    process = None if processors is None else processors[at - start]
    key_at = [start + keys.index(key) for key in mapper.pk_keys]
    values = [row[at] for row in rows]
    known: dict[Any, Mapper] = {}
    for value in dict.fromkeys(values):
        if value is not None:
            known[value] = _mapper_for(mapper, value if process is None else process(value))
    if None in values:
        _check_missing(mapper, rows, values, key_at)
    in_order = in_order or any(_listened(each) for each in known.values())
    if in_order and len(known) > 1:
        runs = groupby(range(len(values)), key=values.__getitem__)
        return [(known[value], list(run)) for value, run in runs if value is not None]
    places: dict[Any, list[int]] = {value: [] for value in known}
    if len(known) == 1 and None not in values:
        return [(next(iter(known.values())), range(len(values)))]
    for place, value in enumerate(values):
        if value is not None:
            places[value].append(place)
    return [(known[value], found) for value, found in places.items()]


def _listened(mapper: Mapper) -> bool:
    return bool(mapper.dispatch.load or mapper.dispatch.refresh)


def _mapper_for(mapper: Mapper, identity: Any) -> Mapper:
    """Return the mapper of a discriminator value; raises for one that no class has."""
    found = mapper.polymorphic_map.get(identity)
    column = mapper.polymorphic_on
    if found is None:
        raise exc.UnknownIdentityError(
            f"A row for class {mapper.class_.__name__!r} has a value in the discriminator column "
            f"'{column}' that is no polymorphic identity of a mapped class. Import the module "
            f"that maps the class, or give one polymorphic_identity; the identities known are "
            f"those of {_names(mapper)}."
        )
    if not found.isa(mapper):
        raise InvalidRequestError(
            f"A row can't be loaded into an object of class {mapper.class_.__name__!r}; the "
            f"polymorphic discriminator column '{column}' refers to {found}, which is not a "
            f"sub-mapper of the requested {mapper}. Correct the discriminator of the row."
        )
    return found


def _names(mapper: Mapper) -> str:
    return ", ".join(each.class_.__name__ for each in mapper.polymorphic_map.values())


def _check_missing(
    mapper: Mapper, rows: Sequence[Row], values: list[Any], key_at: list[int]
) -> None:
    """Refuse rows that have a key and no discriminator."""
    for row, value in zip(rows, values, strict=True):
        if value is None and all(row[at] is not None for at in key_at):
            raise InvalidRequestError(
                f"A row can't be loaded into an object of class {mapper.class_.__name__!r}; the "
                f"polymorphic discriminator column '{mapper.polymorphic_on}' is NULL. Set it to "
                f"the polymorphic identity of a class."
            )

"""Read what subclasses add for many objects at once: polymorphic_load="selectin"."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from sqlalchemy.sql.base import ExecutableOption

from cormorant.instrument._state_cy import state_of
from cormorant.load.context import QueryContext
from cormorant.mapping.mapper import class_mapper
from cormorant.mapping.polymorphic import chosen_mappers
from cormorant.sql.prepared import PreparedSelect, prepare_select

if TYPE_CHECKING:
    from cormorant.load.objects import Target
    from cormorant.mapping.mapper import Mapper

Fill = Callable[["Mapper", list[Any], tuple[str, ...], Any, QueryContext], object]
"""Makes rows fill objects of a mapper: (mapper, rows, keys, processors, context)."""


class SelectinPolymorphic(ExecutableOption):
    """Says which subclasses a statement reads in full, by one SELECT ... IN each."""

    inherit_cache = True

    def __init__(self, mapper: Mapper, mappers: tuple[Mapper, ...]) -> None:
        self.mapper = mapper
        self.mappers = mappers
        self.shape = (SelectinPolymorphic, mapper, mappers)


def selectin_polymorphic(base_cls: Any, classes: Iterable[Any]) -> SelectinPolymorphic:
    """Load what the named subclasses add with one SELECT ... IN per class, right after."""
    mapper = class_mapper(base_cls)
    given = [class_mapper(each) for each in classes]
    chosen_mappers(mapper, given)
    return SelectinPolymorphic(mapper, tuple(given))


def wanted_parts(mapper: Mapper, statement: Any) -> tuple[Mapper, ...]:
    """Return the mappers below one whose parts are read right after its rows."""
    usual: tuple[Mapper, ...] | None = mapper.memo.get("selectin parts")
    if usual is None:
        usual = mapper.memo["selectin parts"] = tuple(
            [m for m in mapper.self_and_descendants[1:] if m.polymorphic_load == "selectin"]
        )
    options = getattr(statement, "_with_options", ())
    if not options:
        return usual
    named = {
        each
        for option in options
        if isinstance(option, SelectinPolymorphic) and mapper.common_parent(option.mapper)
        for each in option.mappers
    }
    named.update(usual)
    return tuple([m for m in mapper.self_and_descendants[1:] if m in named])


def read_parts(
    mapper: Mapper, wanted: tuple[Mapper, ...], objects: list[Any], target: Target, fill: Fill
) -> None:
    """Read what the objects lack of the parts of their nearest wanted class."""
    groups: dict[Mapper, dict[int, Any]] = {each: {} for each in wanted}
    for obj in objects:
        if obj is not None:
            nearest = next((m for m in state_of(obj).manager.mapper.line if m in groups), None)
            if nearest is not None:
                groups[nearest][id(obj)] = obj
    session = target.context.session
    for each, found in groups.items():
        read, keys, own = _read_of(mapper, each)
        lacking = [obj for obj in found.values() if _lacks(obj, own)]
        if not lacking:
            continue
        connection = session.connection_for(mapper)
        pks = [each.identity_of(state_of(obj).pk) for obj in lacking]
        rows, processors = read.fetch_many(connection, pks)
        fill(each, rows, keys, processors, QueryContext(session))


def _lacks(obj: Any, keys: frozenset[str]) -> bool:
    values = state_of(obj).values
    return any(key not in values for key in keys)


def _read_of(
    mapper: Mapper, part: Mapper
) -> tuple[PreparedSelect, tuple[str, ...], frozenset[str]]:
    """Return the read of what `part` adds to rows of `mapper`, its keys, and what is added."""
    name = ("selectin part", mapper)
    found: tuple[PreparedSelect, tuple[str, ...], frozenset[str]] | None = part.memo.get(name)
    if found is None:
        known = {key for key, _column in mapper.load_columns}
        added = [pair for pair in part.load_columns if pair[0] not in known]
        needed = {*part.pk_keys, part.discriminator}
        base = [pair for pair in part.row_columns if pair[0] in needed]
        pairs = [*base, *added]
        read = prepare_select(part, [column for _key, column in pairs], part.primary_key)
        keys = tuple([key for key, _column in pairs])
        found = part.memo[name] = (read, keys, frozenset(key for key, _column in added))
    return found

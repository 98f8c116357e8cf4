"""How the relationships of new objects are written, where that is the same for all of a class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cormorant.instrument._state_cy import state_of
from cormorant.mapping.relationships import MANYTOMANY, MANYTOONE, ONETOMANY

if TYPE_CHECKING:
    from cormorant.mapping.mapper import Mapper


@dataclass(frozen=True, slots=True)
class KeyPlan:
    """The relationships of one class.

    `to_one`: (key, related class, ((source key, foreign key, its attribute), ...), property).
    `to_many`: (key, related class, key of the other side), each with such another side.
    `between`: (key, related class, property) of those with a table of pairs.
    """

    to_one: tuple[tuple[str, type[Any], tuple[tuple[str, str, Any], ...], Any], ...]
    to_many: tuple[tuple[str, type[Any], str], ...]
    between: tuple[tuple[str, type[Any], Any], ...]


def key_plan(obj: Any) -> KeyPlan | None:
    """Return the plan of an object's class; None where the general road is needed."""
    mapper: Mapper = state_of(obj).manager.mapper
    memo = mapper.memo
    if "key_plan" not in memo:
        mapper.ready()
        memo["key_plan"] = _plan(mapper)
    found: KeyPlan | None = memo["key_plan"]
    return found


def _plan(mapper: Mapper) -> KeyPlan | None:
    to_one, to_many, between = [], [], []
    for prop in mapper.relationships:
        if prop.viewonly:
            continue
        reverse = prop.impl.reverse
        if not _is_plain(mapper, prop):
            return None
        if prop.direction is MANYTOONE:
            to_one.append((prop.key, prop.mapper.class_, _pairs(mapper, prop), prop))
        elif prop.direction is ONETOMANY and prop.uselist and reverse is not None:
            to_many.append((prop.key, prop.mapper.class_, reverse.key))
        elif prop.direction is MANYTOMANY and prop.uselist and not prop.cascade.delete_orphan:
            between.append((prop.key, prop.mapper.class_, prop))
        else:
            return None
    return KeyPlan(tuple(to_one), tuple(to_many), tuple(between))


def _is_plain(mapper: Mapper, prop: Any) -> bool:
    """Tell whether nothing but a key copy follows from a relationship."""
    orphans = prop.direction is MANYTOONE and prop.cascade.delete_orphan
    among_itself = prop.mapper.base_mapper is mapper.base_mapper
    checked = bool(prop.mapper.inheritance.children) and not prop.takes_subclasses
    return not (orphans or among_itself or checked or prop.post_update)


def _pairs(mapper: Mapper, prop: Any) -> tuple[tuple[str, str, Any], ...]:
    found = []
    for source, foreign in prop.synchronize_pairs:
        key = mapper.property_of(foreign).key
        attribute = mapper.class_manager.attributes[key]
        found.append((prop.mapper.property_of(source).key, key, attribute))
    return tuple(found)

"""In which order classes and objects are written: what others refer to comes first."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cormorant.mapping.mapper import Mapper


def mapper_levels(mappers: Iterable[Mapper]) -> list[list[Mapper]]:
    """Return root mappers in levels: tables come after those their foreign keys refer to.

    Within a level by module and name of the class, as SQLAlchemy; in a cycle of tables too.
    """
    roots = sorted(dict.fromkeys(mappers), key=_name_of)
    for root in roots:
        root.ready()
    if len(roots) < 2:
        return [roots]

    def parents(mapper: Mapper) -> list[Mapper]:
        return [other for other in roots if other is not mapper and refers(mapper, other)]

    return levels(roots, parents)


def _name_of(mapper: Mapper) -> str:
    return f"{mapper.class_.__module__}.{mapper.class_.__name__}"


def refers(mapper: Mapper, other: Mapper) -> bool:
    """Tell whether rows of `mapper` hold keys of rows of `other`."""
    known: dict[int, bool] = mapper.memo.setdefault("refers", {})
    answer = known.get(id(other))
    if answer is None:
        answer = known[id(other)] = _refers(mapper, other)
    return answer


def _refers(mapper: Mapper, other: Mapper) -> bool:
    tables = {id(each.local_table) for each in other.self_and_descendants}
    for each in mapper.self_and_descendants:
        for key in each.local_table.foreign_keys:
            if id(key.column.table) in tables:
                return True
        for prop in each.relationships:
            if prop.join.foreign_is_local and prop.mapper.base_mapper is other:
                return True
    for each in other.self_and_descendants:
        for prop in each.relationships:
            if prop.join.foreign_is_remote and prop.mapper.base_mapper is mapper:
                return True
    return False


def levels(objects: list[Any], parents_of: Any) -> list[list[Any]]:
    """Split objects of one table into batches: each after the batch of its parents.

    `parents_of(obj)` gives the objects of the same table that `obj` refers to.
    """
    inside = {id(obj): obj for obj in objects}
    depth: dict[int, int] = {}
    for obj in objects:
        _measure(obj, inside, parents_of, depth)
    if not depth:
        return [objects]
    found: list[list[Any]] = [[] for _ in range(max(depth.values()) + 1)]
    for obj in objects:
        found[depth[id(obj)]].append(obj)
    return [batch for batch in found if batch]


def _measure(obj: Any, inside: dict[int, Any], parents_of: Any, depth: dict[int, int]) -> None:
    stack = [(obj, False)]
    open_: set[int] = set()
    while stack:
        each, ready = stack.pop()
        if id(each) in depth:
            continue
        parents = [p for p in parents_of(each) if id(p) in inside and p is not each]
        if ready:
            depth[id(each)] = 1 + max((depth.get(id(p), -1) for p in parents), default=-1)
            continue
        open_.add(id(each))
        stack.append((each, True))
        stack.extend((p, False) for p in parents if id(p) not in depth and id(p) not in open_)

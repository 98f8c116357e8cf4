"""In which order classes and objects are written: what others refer to comes first."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from cormorant.instrument._state_cy import values_of

if TYPE_CHECKING:
    from cormorant.mapping.mapper import Mapper

Ring = list["Mapper"]
"""Root mappers whose tables refer to each other in a circle; most rings are of one."""


def mapper_rings(mappers: Iterable[Mapper]) -> list[list[Ring]]:
    """Return root mappers in levels: tables come after those their foreign keys refer to.

    Within a level and a ring by module and name of the class, as SQLAlchemy.
    """
    roots = sorted(dict.fromkeys(mappers), key=_name_of)
    for root in roots:
        root.ready()
    if len(roots) < 2:
        return [[[root]] for root in roots]
    above = {
        id(root): [other for other in roots if other is not root and refers(root, other)]
        for root in roots
    }
    rings = _rings(roots, above)
    ring_of = {id(root): ring for ring in rings for root in ring}

    def parents(ring: Ring) -> list[Ring]:
        found = {id(ring_of[id(o)]): ring_of[id(o)] for root in ring for o in above[id(root)]}
        return [other for other in found.values() if other is not ring]

    return levels(rings, parents)


def _rings(roots: list[Mapper], above: dict[int, list[Mapper]]) -> list[Ring]:
    """Put mappers together that refer to each other, directly or by way of others."""
    reach = {id(root): _reached(root, above) for root in roots}
    found: list[Ring] = []
    for root in roots:
        for ring in found:
            if id(ring[0]) in reach[id(root)] and id(root) in reach[id(ring[0])]:
                ring.append(root)
                break
        else:
            found.append([root])
    return found


def _reached(root: Mapper, above: dict[int, list[Mapper]]) -> set[int]:
    seen: set[int] = set()
    waiting = list(above[id(root)])
    while waiting:
        each = waiting.pop()
        if id(each) not in seen:
            seen.add(id(each))
            waiting.extend(above[id(each)])
    return seen


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
        late = {id(column) for column in late_columns(each)}
        for key in each.local_table.foreign_keys:
            if id(key.column.table) in tables and id(key.parent) not in late:
                return True
        written = [prop for prop in each.relationships if _orders(prop)]
        near = [prop.mapper.base_mapper for prop in written if prop.join.foreign_is_local]
        if any(found is other for found in near):
            return True
    for each in other.self_and_descendants:
        written = [prop for prop in each.relationships if _orders(prop)]
        far = [prop.mapper.base_mapper for prop in written if prop.join.foreign_is_remote]
        if any(found is mapper for found in far):
            return True
    return False


def _orders(prop: Any) -> bool:
    return not (prop.viewonly or prop.post_update)


def with_known_parents(
    roots: list[Mapper],
    groups: Iterable[tuple[Mapper, list[Any]]],
    leaving: Iterable[Mapper] = (),
) -> list[Mapper]:
    """Return root mappers, and those of parents that the objects in `groups` know.

    Who knows a parent waits for the parent's table, whether anything is written there or not:
    it decides the order among tables that have nothing to do with each other, as SQLAlchemy.
    Its deletions look up their parents, so that of `leaving`, where rows are deleted, all count.
    """
    found = dict.fromkeys(roots)
    if len(found) < 2:
        return roots
    for root, objects in groups:
        for key, parent in _references(root):
            if parent not in found and any(key in values_of(obj) for obj in objects):
                found[parent] = None
    for root in leaving:
        found.update(dict.fromkeys(parent for _key, parent in _references(root)))
    return list(found)


def _references(root: Mapper) -> list[tuple[str, Mapper]]:
    """Return (key, root of the related class) of the references to other tables in a family."""
    known: list[tuple[str, Mapper]] | None = root.memo.get("references")
    if known is None:
        known = root.memo["references"] = [
            (prop.key, prop.mapper.base_mapper)
            for mapper in root.self_and_descendants
            for prop in mapper.relationships
            if _orders(prop) and prop.join.foreign_is_local and prop.mapper.base_mapper is not root
        ]
    return known


def late_columns(mapper: Mapper) -> list[Any]:
    """Return the foreign key columns in rows of a class that wait for all rows: post_update."""
    found: list[Any] | None = mapper.memo.get("late_columns")
    if found is None:
        family = mapper.registry.all_mappers()
        found = mapper.memo["late_columns"] = [
            column
            for prop in (prop for each in family for prop in each.relationships)
            if prop.post_update
            for _, column in prop.join.pairs
            if column.table is mapper.local_table
        ]
    return found


def refers_to_itself(root: Mapper) -> bool:
    """Tell whether rows of a family may hold keys of each other."""
    known: bool | None = root.memo.get("refers_to_itself")
    if known is None:
        known = any(
            prop.mapper.base_mapper is root
            for mapper in root.self_and_descendants
            for prop in mapper.relationships
        )
        root.memo["refers_to_itself"] = known
    return known


def levels(
    objects: list[Any],
    parents_of: Callable[[Any], Iterable[Any]],
    refuse: Callable[[list[Any]], Exception] | None = None,
) -> list[list[Any]]:
    """Split objects into batches: each after the batch of its parents.

    `parents_of(obj)` gives the objects that `obj` refers to. `refuse` makes the error to raise
    for objects that refer to each other in a circle.
    """
    inside = {id(obj): obj for obj in objects}
    depth: dict[int, int] = {}
    for obj in objects:
        _measure(obj, inside, parents_of, depth, refuse)
    if not depth:
        return [objects]
    found: list[list[Any]] = [[] for _ in range(max(depth.values()) + 1)]
    for obj in objects:
        found[depth[id(obj)]].append(obj)
    return [batch for batch in found if batch]


def _measure(
    obj: Any,
    inside: dict[int, Any],
    parents_of: Callable[[Any], Iterable[Any]],
    depth: dict[int, int],
    refuse: Callable[[list[Any]], Exception] | None,
) -> None:
    stack: list[tuple[Any, list[Any] | None]] = [(obj, None)]
    open_: dict[int, Any] = {}
    while stack:
        each, parents = stack.pop()
        if id(each) in depth:
            continue
        if parents is not None:
            depth[id(each)] = 1 + max((depth.get(id(p), -1) for p in parents), default=-1)
            continue
        parents = [p for p in parents_of(each) if id(p) in inside]
        open_[id(each)] = each
        stack.append((each, parents))
        for parent in parents:
            if id(parent) in depth:
                continue
            if id(parent) not in open_:
                stack.append((parent, None))
            elif refuse is not None:
                raise refuse(_circle(list(open_.values()), parent))


def _circle(path: list[Any], start: Any) -> list[Any]:
    """Return the part of a path that leads back to `start`."""
    at = next(i for i, each in enumerate(path) if each is start)
    return path[at:]

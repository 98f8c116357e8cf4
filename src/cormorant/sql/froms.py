"""What the FROM list of a SELECT holds beside what its elements name: joins of tables."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.sql.selectable import SelectBase

from cormorant.sql.joining import joined_entity

if TYPE_CHECKING:
    from cormorant.ports import Entity


def joined_selectables(statement: Any) -> list[Any]:
    """Return the selectables of entities that are joins: their columns alone name no join."""
    found: dict[int, Any] = {}
    for element in statement._raw_columns:
        for entity in entities_within(element):
            if entity.selectable.__visit_name__ == "join":
                found[id(entity)] = entity
    if not found:
        return []
    targets = [join[0] for join in all_joins(statement)]
    for one in (*statement._from_obj, *targets):
        found.pop(id(joined_entity(one)), None)
    held = {each for one in statement._from_obj for each in one._from_objects}
    return [entity.selectable for entity in found.values() if entity.selectable not in held]


def entities_within(element: Any) -> Iterable[Entity]:
    """Yield the entities whose columns an element is made of; those in subqueries stay there."""
    pending = [element]
    while pending:
        one = pending.pop()
        entity = getattr(one, "_annotations", {}).get("parententity")
        if entity is not None:
            yield entity
        elif not isinstance(one, SelectBase):
            pending.extend(one.get_children())


def all_joins(statement: Any) -> list[Any]:
    joins = list(statement._setup_joins)
    for memoized in statement._memoized_select_entities:
        joins.extend(memoized._setup_joins)
    return joins


def refuse_repeated_tables(statement: Any) -> None:
    """Refuse a join to a class over several tables that brings in a table once more.

    As it stands, no column of that table could be told from those that are there.
    """
    targets = [joined_entity(join[0]) for join in all_joins(statement)]
    if not any(each is not None and _is_join(each) for each in targets):
        return
    # The parts that with_polymorphic() makes of a class come from the rows of the whole.
    there: set[Any] = set()
    for element in (*statement._raw_columns, *statement._from_obj):
        for entity in entities_within(element):
            if not any(
                each is not None and entity.selectable is each.selectable for each in targets
            ):
                there.update(entity.selectable._from_objects)
    for each in targets:
        if each is None:
            continue
        tables = each.selectable._from_objects
        repeated = sorted(t.name for t in tables if t in there and not _is_join_clause(t))
        if repeated and _is_join(each):
            name = each.class_.__name__
            raise InvalidRequestError(
                f"A join to class {name!r} brings table {repeated[0]!r} into the statement once "
                f"more. Give the class another name: x = aliased({name}, flat=True), then join "
                f"to x, or along a relationship with of_type(x)."
            )
        there.update(tables)


def _is_join(entity: Entity) -> bool:
    return _is_join_clause(entity.selectable)


def _is_join_clause(clause: Any) -> bool:
    return bool(clause.__visit_name__ == "join")

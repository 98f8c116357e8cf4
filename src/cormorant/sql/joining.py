"""What a statement joins along: relationships become tables and ON clauses."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import exc

from cormorant.sql.attributes import QueryableAttribute

if TYPE_CHECKING:
    from cormorant.ports import Entity

Step = tuple[Any, Any, Any, Any]
"""Target, ON clause, left side, flags: as Core keeps a join of a SELECT."""


def entity_of(element: Any) -> Entity | None:
    """Return the entity if the element stands for a whole mapped class."""
    if not getattr(element, "_is_from_clause", False):
        return None
    entity: Entity | None = element._annotations.get("parententity")
    return entity


def only_rows_of(entity: Entity) -> Any:
    """Return the criterion that tells rows of a class from others in its table, or None."""
    told = entity.single_rows
    if told is None:
        return None
    column, identities = told
    # Parameters of their own, not one expanding list: the fast road runs these.
    binds = [
        sa.bindparam(column.key, identity, type_=column.type, unique=True)
        for identity in identities
    ]
    return column == binds[0] if len(binds) == 1 else column.in_(binds)


def is_path(element: Any) -> bool:
    """Tell whether an element is the attribute of a relationship."""
    return isinstance(element, QueryableAttribute) and element.column is None


def joined_entity(target: Any) -> Entity | None:
    """Return the entity that a join brings in; None for a plain table."""
    if is_path(target):
        return far_entity(target)
    return entity_of(target)


def far_entity(path: Any) -> Entity:
    """Return the entity at the end of a relationship's attribute."""
    entity: Entity = path.prop.entity if path.of_entity is None else path.of_entity
    return entity


def resolve_joins(joins: Iterable[Step]) -> tuple[Step, ...]:
    """Put tables and ON clauses in the place of relationships that a statement joins along."""
    found: list[Step] = []
    seen: set[Any] = set()
    for target, onclause, left, flags in joins:
        if is_path(target) and onclause is None:
            # As SQLAlchemy: a path that was joined along already is not joined along again.
            known = (target.prop, id(target.parent), id(target.of_entity), target.extra_criteria)
            if known in seen:
                continue
            seen.add(known)
        found += _resolved(target, onclause, left, flags)
    return tuple(found)


def _resolved(target: Any, onclause: Any, left: Any, flags: Any) -> list[Step]:
    if is_path(target):
        if onclause is not None:
            raise exc.InvalidRequestError(
                f"No 'on clause' argument may be passed when joining to a relationship path as "
                f"a target: {target} has its own. Add to it with {target}.and_(...), or join to "
                f"the class."
            )
        return _along(target, None, left, flags)
    if isinstance(target, QueryableAttribute):
        raise exc.ArgumentError(
            f"Join target {target} does not refer to a mapped entity: name a relationship, a "
            f"class or a table."
        )
    if is_path(onclause):
        return _along(onclause, target, left, flags)
    if isinstance(onclause, QueryableAttribute):
        onclause = onclause.__clause_element__()
    entity = entity_of(target)
    criterion = None if entity is None else only_rows_of(entity)
    if criterion is not None and onclause is not None:
        # In the ON clause, so that outer joins keep their left side.
        onclause = sa.and_(onclause, criterion)
    return [(target, onclause, left, flags)]


def _along(path: Any, target: Any, left: Any, flags: Any) -> list[Step]:
    """Return the joins from the entity of a relationship's attribute to the related rows."""
    near: Entity = path.parent
    near.ready()
    given = entity_of(left)
    if given is not None and given is not near and given.selectable is not near.selectable:
        raise exc.InvalidRequestError(
            f"The explicit FROM clause {given} does not match the left side of relationship "
            f"attribute {path}: join from {near}, or along an attribute of {given}."
        )
    far, selectable = _right(path, target)
    if selectable is near.selectable:
        raise exc.InvalidRequestError(
            f"Can't construct a join from {near} to {far}, they are the same entity: join to "
            f"{path}.of_type(aliased({far.class_.__name__}))."
        )
    criteria = [each for each in (only_rows_of(far),) if each is not None]
    criteria += path.criteria_on(far)
    origin = near.selectable if left is None else left
    secondary = path.prop.secondary
    if secondary is None:
        condition, _none = path.prop.between(near, far, None)
        return [(selectable, sa.and_(condition, *criteria), origin, flags)]
    middle = secondary.alias()
    first, second = path.prop.between(near, far, middle)
    second = sa.and_(second, *criteria)
    if flags["isouter"] or flags["full"]:
        return [(sa.join(middle, selectable, second), first, origin, flags)]
    return [(middle, first, origin, flags), (selectable, second, middle, flags)]


def _right(path: Any, target: Any) -> tuple[Any, Any]:
    """Return (entity, selectable) of the right side of a join along a relationship."""
    expected = far_entity(path)
    if target is None:
        return expected, expected.selectable
    entity = entity_of(target)
    if entity is None:
        return path.prop.rows_of(target), target
    mapper = path.prop.mapper
    if not (entity.mapper.isa(mapper) or mapper.isa(entity.mapper)):
        raise exc.InvalidRequestError(
            f"Join target {entity} does not correspond to the right side of join condition "
            f"{path}, which relates to {mapper}: join to that class or an alias of it."
        )
    return entity, entity.selectable

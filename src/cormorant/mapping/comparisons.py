"""Relationships in SQL: compare with an object, ask whether related rows exist."""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, exists, false, not_, null, or_
from sqlalchemy import exc as core_exc
from sqlalchemy.sql import operators

from cormorant import exc
from cormorant.mapping.along import RowsOf, adapted, between, late, placed
from cormorant.sql.attributes import InstrumentedAttribute, QueryableAttribute
from cormorant.sql.criteria import negated_as
from cormorant.sql.inspection import PropComparator
from cormorant.sql.joining import entity_of, far_entity, is_path, only_rows_of

if TYPE_CHECKING:
    from cormorant.ports import Entity

Path = QueryableAttribute[Any]
"""The attribute of a relationship, on a class or an alias, with what `of_type` and `and_` say."""


def compare_relationship(path: Path, op: Any, *other: Any, **kwargs: Any) -> Any:
    """Return the SQL of one operator on a relationship."""
    meant = OPERATORS.get(op)
    if meant is None:
        raise exc.UnsupportedOperatorError(
            f"Operator {getattr(op, '__name__', op)!r} is not defined on relationship {path}; "
            f"use ==, !=, any(), has() or contains(), or compare its foreign key columns."
        )
    return meant(path, *other, **kwargs)


def _any(path: Path, criterion: Any = None, **named: Any) -> Any:
    if not path.prop.uselist:
        raise core_exc.InvalidRequestError(
            f"'any()' not implemented for scalar attributes: use {path}.has()."
        )
    return _related_rows(path, criterion, named)


def _has(path: Path, criterion: Any = None, **named: Any) -> Any:
    if path.prop.uselist:
        raise core_exc.InvalidRequestError(
            f"'has()' not implemented for collections: use {path}.any()."
        )
    return _related_rows(path, criterion, named)


def _of_type(path: Path, class_: Any) -> Path:
    """Return the attribute with its related class narrowed to a subclass or an alias."""
    clause = getattr(class_, "__clause_element__", None)
    entity = None if clause is None else entity_of(clause())
    mapper = path.prop.mapper
    if entity is None or not (entity.mapper.isa(mapper) or mapper.isa(entity.mapper)):
        raise core_exc.InvalidRequestError(
            f"{path}.of_type() takes {mapper.class_.__name__!r}, a subclass or an alias of it, "
            f"not {getattr(class_, '__name__', type(class_).__name__)!r}."
        )
    return _path(path, entity, path.extra_criteria)


def _and(path: Path, *criteria: Any) -> Path:
    """Return the attribute with more criteria for its related rows."""
    return _path(path, path.of_entity, (*path.extra_criteria, *criteria))


def _path(path: Path, of_entity: Entity | None, criteria: tuple[Any, ...]) -> Path:
    made: Any = InstrumentedAttribute(
        path.class_, path.key, path.parent, path.prop, None, plannable=False
    )
    made.impl = getattr(path, "impl", None)
    made.of_entity, made.extra_criteria = of_entity, criteria
    return made  # type: ignore[no-any-return] # made as Any for `impl`


def _related_rows(path: Path, criterion: Any, named: dict[str, Any]) -> Any:
    """Return EXISTS over the related rows that meet a criterion."""
    prop, near = path.prop, path.parent
    far: Any = far_entity(path)
    moved = not near.is_aliased_class and _share_tables(near, far)
    clauses = [] if criterion is None else [criterion]
    clauses += [getattr(far.entity, key) == value for key, value in named.items()]
    if moved:
        far = RowsOf.under_another_name(far)
        clauses = [far.adapt(clause) for clause in clauses]
    middle = prop.secondary
    if middle is not None and (near.is_aliased_class or far.is_aliased_class):
        middle = middle.alias()
    own_rows = only_rows_of(far)
    given = [*between(prop, near, far, middle), own_rows, *path.criteria_on(far), *clauses]
    froms = [far.selectable] if middle is None else [far.selectable, middle]
    criteria = [each for each in given if each is not None]
    return exists(1).where(and_(*criteria)).select_from(*froms).correlate_except(*froms)


def _share_tables(near: Entity, far: Entity) -> bool:
    tables = set(far.mapper.tables)
    return not far.is_aliased_class and any(table in tables for table in near.mapper.tables)


def _equals(path: Path, other: Any) -> Any:
    if _is_nothing(other):
        return _no_related(path)
    if path.prop.uselist:
        raise _no_collection(path)
    return _is_object(path, other)


def _differs(path: Path, other: Any) -> Any:
    if _is_nothing(other):
        join = path.prop.join
        plain = join.foreign_is_local and join.simple
        return not_(_no_related(path)) if plain else _related_rows(path, None, {})
    if path.prop.uselist:
        raise _no_collection(path)
    _check_object(path, other)
    join = path.prop.join
    if not (join.foreign_is_local and join.simple):
        return not_(_related_rows(path, _same_key(path, other), {}))
    keys = [(adapted(path.parent, foreign), late(other, key)) for key, foreign in join.pairs]
    # Rows that differ in one column of the key, or have no key at all.
    return or_(*[or_(column != value, column.is_(None)) for column, value in keys])


def _contains(path: Path, other: Any) -> Any:
    if not path.prop.uselist:
        raise core_exc.InvalidRequestError(
            f"'contains' not implemented for scalar attributes: write {path} == object."
        )
    if _is_nothing(other):
        return false()
    criterion = _is_object(path, other)
    if path.prop.secondary is None:
        return criterion
    return negated_as(criterion, not_(_related_rows(path, _same_key(path, other), {})))


def _is_nothing(other: Any) -> bool:
    return other is None or other is null()


def _no_collection(path: Path) -> core_exc.InvalidRequestError:
    return core_exc.InvalidRequestError(
        f"Can't compare a collection to an object or collection; use {path}.contains() to test "
        f"for membership."
    )


def _no_related(path: Path) -> Any:
    join = path.prop.join
    if join.foreign_is_local and join.simple:
        return and_(*[adapted(path.parent, foreign) == null() for _, foreign in join.pairs])
    return not_(_related_rows(path, None, {}))


def _is_object(path: Path, other: Any) -> Any:
    """Return the condition of a relationship with an object in the place of the related rows."""
    _check_object(path, other)
    prop = path.prop
    middle = None if prop.secondary is None else prop.secondary.alias()
    found = placed(prop, partial(adapted, path.parent), partial(late, other), middle)
    return and_(*[each for each in found if each is not None])


def _same_key(path: Path, other: Any) -> Any:
    columns = path.prop.mapper.primary_key
    return and_(*[column == late(other, column) for column in columns])


def _check_object(path: Path, other: Any) -> None:
    mapper = path.prop.mapper
    manager = getattr(type(other), "_sa_class_manager", None)
    if manager is None:
        raise core_exc.ArgumentError(
            f"Mapped instance expected for relationship comparison to object. Classes, queries "
            f"and other SQL elements are not accepted in this context; for comparison with a "
            f"subquery, use {path}.has(**criteria)."
        )
    if not manager.mapper.common_parent(mapper):
        raise core_exc.ArgumentError(
            f"Relationship {path} is compared with objects of class "
            f"{mapper.class_.__name__!r}, not {type(other).__name__!r}."
        )


OPERATORS: dict[Any, Callable[..., Any]] = {
    PropComparator.any_op: _any,
    PropComparator.has_op: _has,
    PropComparator.of_type_op: _of_type,
    PropComparator.and_op: _and,
    operator.eq: _equals,
    operators.is_: _equals,
    operator.ne: _differs,
    operators.is_not: _differs,
    operators.contains_op: _contains,
}
"""What each operator means on a relationship."""


def with_parent(instance: object, prop: Any, from_entity: Any = None) -> Any:
    """Return the criterion for rows that are related to an object by one of its relationships.

    As sqlalchemy.orm.with_parent. `from_entity`: the alias whose rows are looked for, if it
    is not the related class itself.
    """
    if not is_path(prop):
        raise core_exc.ArgumentError(
            f"with_parent() takes the attribute of a relationship such as User.addresses, not "
            f"{type(prop).__name__!r}."
        )
    manager = getattr(type(instance), "_sa_class_manager", None)
    if manager is None or not manager.mapper.common_parent(prop.parent.mapper):
        raise core_exc.ArgumentError(
            f"with_parent({prop}) takes an object of class "
            f"{prop.parent.mapper.class_.__name__!r}, not {type(instance).__name__!r}."
        )
    prop.parent.ready()
    far = far_entity(prop if from_entity is None else _of_type(prop, from_entity))
    middle = None if prop.prop.secondary is None else prop.prop.secondary.alias()
    found = placed(prop.prop, partial(late, instance), partial(adapted, far), middle)
    return and_(*[each for each in found if each is not None], *prop.criteria_on(far))

"""Relationships in SQL: compare with an object, ask whether related rows exist."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, exists, not_, null
from sqlalchemy import exc as core_exc
from sqlalchemy.sql import operators, visitors

from cormorant.instrument._state_cy import state_of
from cormorant.sql.inspection import PropComparator
from cormorant.sql.plugin import only_rows_of

if TYPE_CHECKING:
    from cormorant.mapping.relationships import RelationshipProperty


def compare_relationship(
    prop: RelationshipProperty[Any], op: Any, *other: Any, **kwargs: Any
) -> Any:
    """Return the SQL of one operator on a relationship."""
    if op is PropComparator.any_op:
        if not prop.uselist:
            raise core_exc.InvalidRequestError(
                f"'any()' not implemented for scalar attributes: use {prop}.has()."
            )
        return _related_rows(prop, other[0] if other else None, kwargs)
    if op is PropComparator.has_op:
        if prop.uselist:
            raise core_exc.InvalidRequestError(
                f"'has()' not implemented for collections: use {prop}.any()."
            )
        return _related_rows(prop, other[0] if other else None, kwargs)
    if op in (operator.eq, operators.is_):
        return _equals(prop, other[0])
    if op in (operator.ne, operators.is_not):
        return _differs(prop, other[0])
    if op is operators.contains_op:
        return _contains(prop, other[0])
    raise core_exc.InvalidRequestError(
        f"Operator {getattr(op, '__name__', op)!r} is not defined on relationship {prop}; "
        f"use ==, !=, any(), has() or contains()."
    )


def _related_rows(prop: RelationshipProperty[Any], criterion: Any, named: dict[str, Any]) -> Any:
    target = prop.mapper.selectable
    if prop.parent.local_table is prop.mapper.local_table:
        return _related_rows_of_itself(prop, criterion, named)
    own_rows = only_rows_of(prop.mapper)
    clauses = [prop.join.condition] if own_rows is None else [prop.join.condition, own_rows]
    if criterion is not None:
        clauses.append(criterion)
    clauses += [prop.mapper.attribute(key) == value for key, value in named.items()]
    return exists(1).where(and_(*clauses)).select_from(target).correlate_except(target)


def _related_rows_of_itself(
    prop: RelationshipProperty[Any], criterion: Any, named: dict[str, Any]
) -> Any:
    """Ask for related rows in the same table: the inner one goes under another name."""
    inner = prop.mapper.local_table.alias()
    clauses = [local == inner.c[remote.key] for local, remote in prop.local_remote_pairs]
    own_rows = only_rows_of(prop.mapper)
    if own_rows is not None:
        clauses.append(_moved(own_rows, prop.mapper.local_table, inner))
    if criterion is not None:
        clauses.append(_moved(criterion, prop.mapper.local_table, inner))
    for key, value in named.items():
        column = prop.mapper._properties[key].columns[0]  # type: ignore[attr-defined] # has_property of a column
        clauses.append(inner.c[column.key] == value)
    return exists(1).where(and_(*clauses)).select_from(inner).correlate_except(inner)


def _moved(criterion: Any, table: Any, alias: Any) -> Any:
    """Return a criterion on `table` as one on its alias."""
    written = getattr(criterion, "__clause_element__", None)
    element = written() if written is not None else criterion

    def swap(node: Any, **_options: Any) -> Any:
        bare = node._deannotate() if hasattr(node, "_deannotate") else node
        return alias.c[bare.key] if getattr(bare, "table", None) is table else None

    moved: Any = visitors.replacement_traverse(element, {}, swap)  # type: ignore[call-overload] # Any
    return moved


def _equals(prop: RelationshipProperty[Any], other: Any) -> Any:
    if prop.uselist and other is not None:
        raise core_exc.InvalidRequestError(
            f"Can't compare the collection {prop} to an object; use {prop}.contains()."
        )
    if other is None or other is null():
        return _no_related(prop)
    return and_(*_object_criteria(prop, other))


def _no_related(prop: RelationshipProperty[Any]) -> Any:
    if prop.join.foreign_is_local:
        return and_(*[foreign == null() for _, foreign in prop.join.pairs])
    return not_(_related_rows(prop, None, {}))


def _differs(prop: RelationshipProperty[Any], other: Any) -> Any:
    if other is None:
        return not_(_no_related(prop))
    if prop.uselist:
        return not_(_contains(prop, other))
    criteria = [local.is_distinct_from(value) for local, value in _object_pairs(prop, other)]
    return and_(*criteria) if len(criteria) == 1 else not_(and_(*_object_criteria(prop, other)))


def _contains(prop: RelationshipProperty[Any], other: Any) -> Any:
    if not prop.uselist:
        raise core_exc.InvalidRequestError(
            f"'contains' not implemented for scalar attributes: write {prop} == object."
        )
    return and_(*_object_criteria(prop, other))


def _object_pairs(prop: RelationshipProperty[Any], other: Any) -> list[tuple[Any, Any]]:
    mapper = state_of(other).mapper
    return [
        (local, getattr(other, mapper.property_of(remote).key))
        for local, remote in prop.local_remote_pairs
    ]


def _object_criteria(prop: RelationshipProperty[Any], other: Any) -> list[Any]:
    return [local == value for local, value in _object_pairs(prop, other)]

"""Joins that eager loading adds to a SELECT, under names of their own beside the user's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.util import ClauseAdapter, expand_column_list_from_order_by

from cormorant.sql.joining import entity_of, only_rows_of
from cormorant.sql.plans import Span

Find = Callable[[Sequence[Any], Sequence[Any]], Sequence[Any]]


class Layouts:
    """How the entities of a statement are laid out; the floor of loading says it.

    `find`: (entities, options of the statement) -> one branch per entity. `find_alone`: the
    same for rows that no other table can be joined to.
    """

    find: Find
    find_alone: Find


layouts = Layouts()
"""That of all mappers; loading fills it in."""


class Wrapped:
    """An entity of a statement that became a subquery of another one."""

    is_aliased_class = True

    def __init__(self, entity: Any, sub: Any) -> None:
        self.entity = entity
        self.selectable = sub
        self.adapter = self
        self._outer = ClauseAdapter(sub)

    def traverse(self, element: Any) -> Any:
        """Return an expression on the class as one on the subquery."""
        return self._outer.traverse(on(self.entity, element))

    adapt = traverse


def on(entity: Any, element: Any) -> Any:
    """Return an expression on a class as one on an entity of it."""
    return entity.adapt(element) if entity.is_aliased_class else element


@dataclass
class Growth:
    """What eager loading adds to one SELECT while its joins are being made."""

    width: int
    columns: list[Any] = field(default_factory=list)
    joins: list[tuple[Any, Any, Any, dict[str, bool]]] = field(default_factory=list)
    order_by: list[Any] = field(default_factory=list)

    def take(self, branch: Any, entity: Any) -> Span:
        """Add the columns of a related entity; return the span they make."""
        start = self.width + len(self.columns)
        found = [(key, on(entity, column)) for key, column in branch.columns]
        if hasattr(entity, "columns_here"):
            # An alias of the user's may be of rows without some of the columns.
            found = entity.columns_here(branch.columns)
        self.columns += [column for _key, column in found]
        stop = self.width + len(self.columns)
        name = branch.mapper.class_.__name__
        keys = tuple([key for key, _column in found])
        return Span(branch.mapper, start, stop, keys, None, name, branch)


@dataclass
class Joint:
    """One join to make: what to, on which condition, and whether parents without one stay."""

    right: Any
    condition: Any
    inner: bool
    nested: bool


def grown(span: Span, growth: Growth, near: Any) -> Span:
    """Add the joins of what is loaded along with an entity; the statement has it as `near`."""
    joints: list[Joint] = []
    spans = _along(span.branch, growth, near, False, joints)
    for joint in joints:
        flags = {"isouter": not joint.inner, "full": False}
        growth.joins.append((joint.right, joint.condition, near.selectable, flags))
    return replace(span, joined=tuple(spans))


def _along(branch: Any, growth: Growth, near: Any, outer: bool, joints: list[Joint]) -> list[Span]:
    return [_one(along, growth, near, outer, joints) for along in branch.joined]


def _one(along: Any, growth: Growth, near: Any, outer: bool, joints: list[Joint]) -> Span:
    """Join one relationship and what is loaded along with it; return its span."""
    prop = along.prop
    if along.how.loader == "contains_eager":
        far = along.given_entity()
        span = growth.take(along.branch, far)
        return replace(span, joined=tuple(_along(along.branch, growth, far, True, joints)))
    far = along.rows()
    right, condition = joined_to(prop, near, far, along.branch.criteria)
    inner = along.inner is not False and not (along.inner == "unnested" and outer)
    joint = Joint(right, condition, inner, inner and outer)
    joints.append(joint)
    span = growth.take(along.branch, far)
    growth.order_by += [far.adapt(each) for each in prop.order_columns()]
    later: list[Joint] = []
    below = _along(along.branch, growth, far, outer or not inner, later)
    for each in later:
        if each.nested:
            joint.right = joint.right.join(each.right, each.condition)
        else:
            joints.append(each)
    return replace(span, joined=tuple(below))


def joined_to(prop: Any, near: Any, far: Any, criteria: Sequence[Any] = ()) -> tuple[Any, Any]:
    """Return (what to join, ON clause) along a relationship from one entity to another."""
    own_rows = only_rows_of(far)
    more = [on(far, each) for each in criteria]
    if own_rows is not None:
        more.append(own_rows)
    if prop.secondary is None:
        return far.selectable, sa.and_(prop.between(near, far)[0], *more)
    middle = prop.secondary.alias()
    first, second = prop.between(near, far, middle)
    return middle.join(far.selectable, sa.and_(second, *more)), first


def wrapped(plain: Any, columns: list[Any]) -> tuple[Any, Any]:
    """Make a SELECT the subquery of another one; return (the other one, the subquery).

    So LIMIT and DISTINCT count parents, not the rows that the joins outside make of them.
    """
    inner = plain._clone()
    order_by = inner._order_by_clauses
    unique = list(dict.fromkeys(columns))
    more: Any = expand_column_list_from_order_by
    inner._raw_columns = unique + more(unique, order_by)
    sub = inner.subquery()
    adapt = ClauseAdapter(sub).traverse
    outer = sa.select(*[adapt(column) for column in columns]).select_from(sub)
    return outer.order_by(*[adapt(each) for each in order_by]), sub


def branches_in(statement: Any, about: Any) -> dict[Any, Any]:
    """Return what is loaded of each entity of a SELECT, without those loaded as usual.

    `about`: the entity that the statement is about, if it selects none.
    """
    found = [entity_of(element) for element in statement._raw_columns]
    entities = [entity for entity in dict.fromkeys(found) if entity is not None]
    known = getattr(entities[0] if entities else about, "layouts", None)
    if known is None or not (entities or statement._with_options):
        return {}
    return _told(entities, known.find(entities, statement._with_options))


def branches_returned(statement: Any, elements: Sequence[Any]) -> dict[Any, Any]:
    """Return what is loaded of each entity that an INSERT, UPDATE or DELETE returns."""
    found = [entity_of(element) for element in elements]
    entities = [entity for entity in dict.fromkeys(found) if entity is not None]
    known = getattr(entities[0], "layouts", None) if entities else None
    if known is None:
        return {}
    return _told(entities, known.find_alone(entities, statement._with_options))


def _told(entities: Sequence[Any], branches: Sequence[Any]) -> dict[Any, Any]:
    return {
        entity: branch
        for entity, branch in zip(entities, branches, strict=True)
        if not branch.plain
    }


def with_joined(plain: Any, spans: tuple[Span, ...]) -> tuple[Any, tuple[Span, ...]]:
    """Add what is loaded in the same rows; several rows of one parent are kept from LIMIT."""
    columns = plain._raw_columns
    rows = plain._limit_clause is not None or plain._offset_clause is not None
    counted = rows or plain._distinct or plain._distinct_on or plain._group_by_clauses
    sub: Any = None
    if counted and any(span.branch is not None and span.branch.multiplies for span in spans):
        plain, sub = wrapped(plain, columns)
    growth = Growth(len(columns))
    found = []
    for span in spans:
        if span.branch is not None and span.entity is not None:
            near = span.entity if sub is None else Wrapped(span.entity, sub)
            span = grown(span, growth, near)
        found.append(span)
    plain._raw_columns = [*plain._raw_columns, *growth.columns]
    plain._setup_joins += tuple(growth.joins)
    plain._order_by_clauses += tuple(growth.order_by)
    return plain, tuple(found)

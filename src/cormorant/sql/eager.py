"""Joins that eager loading adds to a SELECT, under names of their own beside the user's."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.util import ClauseAdapter, expand_column_list_from_order_by
from sqlalchemy.sql.visitors import iterate

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

    def columns_here(self, columns: Sequence[tuple[str, Any]]) -> list[tuple[str, Any]]:
        """Return the mapper's (attribute key, column) as those of the subquery."""
        here = columns_at(self.entity, columns)
        return [(key, self._outer.traverse(column)) for key, column in here]


def on(entity: Any, element: Any) -> Any:
    """Return an expression on a class as one on an entity of it."""
    return entity.adapt(element) if entity.is_aliased_class else element


def columns_at(entity: Any, columns: Sequence[tuple[str, Any]]) -> Sequence[tuple[str, Any]]:
    """Return a mapper's (attribute key, column) as those of an entity, where it has them."""
    if hasattr(entity, "columns_here"):
        # An alias of the user's may be of rows without some of the columns.
        found: Sequence[tuple[str, Any]] = entity.columns_here(columns)
        return found
    return [(key, on(entity, column)) for key, column in columns]


@dataclass
class Growth:
    """What eager loading adds to one SELECT while its joins are being made.

    `sub`: the subquery that holds the user's own SELECT; None where the joins stand beside it.
    """

    width: int
    sub: Any = None
    columns: list[Any] = field(default_factory=list)
    joins: list[tuple[Any, Any, Any, dict[str, bool]]] = field(default_factory=list)
    order_by: list[Any] = field(default_factory=list)

    def take(self, branch: Any, entity: Any) -> Span:
        """Add the columns of a related entity; return the span they make."""
        start = self.width + len(self.columns)
        found = columns_at(entity, branch.columns)
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
        if growth.sub is not None:
            far = Wrapped(far, growth.sub)
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


def columns_outside(branch: Any, near: Any) -> Iterator[Any]:
    """Yield the columns of a SELECT that what is joined to it refers to, at any depth.

    Those of joins of the user's own, and those of the conditions of joins that are added.
    `near`: the entity of the branch as the SELECT has it; None where it is joined from outside.
    """
    for along in branch.joined:
        if along.how.loader == "contains_eager":
            far = along.given_entity()
            yield from [column for _key, column in columns_at(far, along.branch.columns)]
            yield from columns_outside(along.branch, far)
            continue
        if near is not None:
            own = set(near.selectable._from_objects)
            _right, condition = joined_to(along.prop, near, along.rows(), along.branch.criteria)
            yield from [one for one in iterate(condition) if getattr(one, "table", None) in own]
        yield from columns_outside(along.branch, None)


def wrapped(plain: Any, columns: list[Any], outside: Iterable[Any]) -> tuple[Any, Any]:
    """Make a SELECT the subquery of another one; return (the other one, the subquery).

    So LIMIT and DISTINCT count parents, not the rows that the joins outside make of them.
    `outside`: further columns that the subquery must have.
    """
    inner = plain._clone()
    order_by = inner._order_by_clauses
    unique = list(dict.fromkeys([*columns, *outside]))
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
    led = [(span.branch, span.entity) for span in spans if span.branch is not None]
    if counted and any(branch.multiplies for branch, _entity in led):
        outside = [column for each in led for column in columns_outside(*each)]
        plain, sub = wrapped(plain, columns, outside)
    growth = Growth(len(columns), sub)
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

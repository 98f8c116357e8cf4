"""Subquery loading: the related rows of all parents, by a SELECT that holds the parents' own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cormorant.load.related import entity_select, joined, order_of
from cormorant.mapping.along import RowsOf
from cormorant.sql.eager import joined_to
from cormorant.sql.statement import Derived, LightSelect

if TYPE_CHECKING:
    from cormorant.load.branches import Along
    from cormorant.load.objects import Path


def subquery_read(along: Along, path: Path, statement: Any) -> Any:
    """Return the statement that reads what the parents at the end of `path` are related to.

    Its rows begin with the values of the parent's columns that find them.
    """

    def make(core: Any) -> Any:
        return _built(along, path, core)

    if isinstance(statement, LightSelect) and statement.is_light:
        way = [each for one in path.alongs for each in (one.prop, one.branch)]
        name = ("subquery", path.entity, *way, along.prop, along.branch)
        return Derived(statement, name, make)
    core = statement.__clause_element__() if isinstance(statement, LightSelect) else statement
    return make(core)


def _built(along: Along, path: Path, core: Any) -> Any:
    prop = along.prop
    near, source = _parents(path, core, (*path.alongs, along)[0].prop)
    for each in path.alongs:
        far = RowsOf.under_another_name(each.branch.entity(each.prop))
        right, condition = joined_to(each.prop, near, far)
        near, source = far, source.join(right, condition)
    columns = [near.adapt(local) for local in prop.join.lookup]
    far = along.branch.entity(prop)
    statement = entity_select(along.branch, *columns, rows=far)
    statement = statement.select_from(joined(prop, near, source, far))
    return statement.order_by(*order_of(prop, along.branch))


def _parents(path: Path, core: Any, first: Any) -> tuple[RowsOf, Any]:
    """Return the parents as the rows of a subquery that has the columns `first` needs of them."""
    entity = path.entity
    local = first.join.lookup
    columns = [entity.adapt(each) if entity.is_aliased_class else each for each in local]
    inner = core.with_only_columns(*columns, maintain_column_froms=True)
    inner._with_options = ()
    if inner._limit_clause is None and inner._offset_clause is None:
        inner = inner.order_by(None)
    if not set(local) >= set(entity.mapper.primary_key):
        inner = inner.distinct()
    sub = inner.subquery()
    return RowsOf(first.parent, sub), sub

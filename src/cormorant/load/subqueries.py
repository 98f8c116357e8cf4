"""Subquery loading: the related rows of all parents, by a SELECT that holds the parents' own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cormorant.load.related import entity_select, joined
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
        name = ("subquery", path.entity, *path.props, along.prop, along.branch)
        return Derived(statement, name, make)
    core = statement.__clause_element__() if isinstance(statement, LightSelect) else statement
    return make(core)


def _built(along: Along, path: Path, core: Any) -> Any:
    prop = along.prop
    near, source = _parents(path, core, (*path.props, prop)[0])
    for each in path.props:
        far = RowsOf.under_another_name(each.related)
        right, condition = joined_to(each, near, far)
        near, source = far, source.join(right, condition)
    columns = [near.adapt(local) for local in prop.join.lookup]
    statement = entity_select(along.branch, *columns, rows=prop.related)
    statement = statement.select_from(joined(prop, near, source))
    return statement.order_by(*prop.order_columns())


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

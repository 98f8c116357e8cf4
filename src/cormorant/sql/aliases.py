"""Classes under another name: how Core tells them apart, how their columns move with them."""

from __future__ import annotations

from typing import Any

from sqlalchemy.sql.cache_key import HasCacheKey
from sqlalchemy.sql.util import ClauseAdapter

from cormorant.sql.plans import epoch


class OtherName(HasCacheKey):
    """What makes statements on two equal aliases find the same compiled SQL in Core's cache."""

    mapper: Any
    name: str | None
    with_polymorphic_mappers: list[Any]

    def _gen_cache_key(self, anon_map: Any, _bindparams: Any) -> tuple[Any, ...]:
        # The place in the statement stands for the alias: its selectable is told elsewhere.
        number, _known = anon_map.get_anon(self)
        parts = tuple(self.with_polymorphic_mappers)
        return (OtherName, self.mapper, self.name, parts, epoch.number, number)


def other_name(selectable: Any, name: str | None, flat: bool) -> Any:
    """Return a selectable under another name; a join of tables as a subquery unless `flat`."""
    return selectable._anonymous_fromclause(name=name, flat=flat)


def mover(selectable: Any, adapt_on_names: bool = False) -> ClauseAdapter:
    """Return what puts the columns of `selectable` in the place of those it is made of."""
    return ClauseAdapter(selectable, adapt_on_names=adapt_on_names, anonymize_labels=True)


def moved_column(adapter: ClauseAdapter, column: Any) -> Any:
    """Return a column or expression on the selectable; None for a column that it lacks."""
    if getattr(column, "table", None) is None:
        return adapter.traverse(column)
    return adapter.replace(column)

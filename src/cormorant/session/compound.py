"""UNION, INTERSECT and EXCEPT of queries: rows of several statements as those of one class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import inspect
from sqlalchemy.sql.util import ClauseAdapter

from cormorant.load.options import Load
from cormorant.mapping.aliased import aliased
from cormorant.sql.attributes import QueryableAttribute


class Compound:
    """The rows of several queries, as the subquery that another one selects from.

    `elements`: what was selected, now from that subquery.
    """

    def __init__(self, kind: str, queries: Sequence[Any], entities: Sequence[Any]) -> None:
        statement = getattr(sa, kind)(*[query.statement for query in queries])
        self._sub = statement.subquery()
        self._adapter = ClauseAdapter(self._sub)
        self._aliases: dict[Any, Any] = {}
        for entity in entities:
            mapper = getattr(entity, "__mapper__", None)
            if mapper is not None:
                self._aliases[mapper] = aliased(mapper, self._sub, name=mapper.class_.__name__)
        self.elements = tuple([self.selected(entity) for entity in entities])

    def selected(self, entity: Any) -> Any:
        """Return what to select of the subquery in the place of a class or an expression."""
        mapper = getattr(entity, "__mapper__", None)
        if mapper is not None:
            return self._aliases.get(mapper, entity)
        seen = self.seen(entity)
        name = getattr(entity, "key", None) or getattr(entity, "name", None)
        return seen.label(name) if name else seen

    def options(self, given: Sequence[Any]) -> list[Any]:
        """Return options of the classes as those of what is selected now."""
        entities = {mapper: inspect(alias) for mapper, alias in self._aliases.items()}
        return [each.starting_at(entities) if isinstance(each, Load) else each for each in given]

    def seen(self, given: Any) -> Any:
        """Return a criterion, an attribute or an expression on the rows of the subquery."""
        if isinstance(given, QueryableAttribute):
            alias = self._aliases.get(getattr(given.parent, "mapper", None))
            if alias is not None and not given.parent.is_aliased_class:
                return getattr(alias, given.key)
        if isinstance(given, type) or not hasattr(given, "__clause_element__"):
            return self._adapter.traverse(given) if hasattr(given, "compare") else given
        return self._adapter.traverse(given.__clause_element__())

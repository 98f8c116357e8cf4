"""`Query.update()` and `Query.delete()`: their contexts, their events, their statements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import exc as core_exc

from cormorant.load.context import QueryContext
from cormorant.session.writing import strategy_of

if TYPE_CHECKING:
    from sqlalchemy.engine import Result

    from cormorant.session.query import Query
    from cormorant.session.session import Session

REFUSED = {
    "limit": "limit()",
    "offset": "offset()",
    "slice": "limit()",
    "order_by": "order_by()",
    "group_by": "group_by()",
    "having": "group_by()",
    "distinct": "distinct()",
    "join": "join(), outerjoin(), select_from()",
    "select_from": "join(), outerjoin(), select_from()",
}
"""Statement methods that say what an UPDATE or DELETE cannot -> the call to name."""


class BulkUD:
    """One bulk write: what before_compile_* and after_bulk_* listeners receive.

    `result` and `context`, the QueryContext, are None until the statement has run.
    """

    _event = ""

    def __init__(self, query: Query[Any]) -> None:
        self.query = query
        self.session: Session = query.session
        self.mapper: Any = query.first_mapper
        self.result: Result[Any] | None = None
        self.context: QueryContext | None = None

    @property
    def written(self) -> Any:
        """What the statement writes to: the class of the query, or its alias."""
        return self.query.first_entity.entity

    def compiled(self) -> Query[Any]:
        """Let the before_compile listener of this kind change the query; return what is left."""
        dispatch = self.query.dispatch
        returning = self._event in dispatch.returning
        for listener in getattr(dispatch, self._event):
            answer = listener(self.query, self)
            if returning and answer is not None:
                self.query = answer
        return self.query

    def run(self, strategy: Any) -> int:
        """Execute the statement; return how many rows it matched."""
        self.query.refuse_for_write(REFUSED)
        query = self.compiled()
        query.refuse_for_write(REFUSED)
        options = {**query.get_execution_options(), "synchronize_session": strategy}
        strategy_of(options)
        statement = self._statement()
        criterion = query.whereclause
        if criterion is not None:
            statement = statement.where(criterion)
        self.context = QueryContext(self.session, statement, query.parameters, options)
        self.result = self.session.execute(statement, query.parameters, execution_options=options)
        found: Any = self.result
        self._announce()
        found.close()
        count: int = found.rowcount
        return count

    def _statement(self) -> Any:
        raise TypeError("BulkUpdate and BulkDelete know their statements.")

    def _announce(self) -> None:
        raise TypeError("BulkUpdate and BulkDelete know their events.")


class BulkUpdate(BulkUD):
    """A `Query.update()` under way; listeners may change `values` before it is compiled."""

    _event = "before_compile_update"

    def __init__(
        self, query: Query[Any], values: Any, update_kwargs: Mapping[str, Any] | None
    ) -> None:
        super().__init__(query)
        self.values = values
        self.update_kwargs = dict(update_kwargs or {})

    def _statement(self) -> Any:
        statement: Any = sa.update(self.written)
        others = dict(self.update_kwargs)
        if others.pop("preserve_parameter_order", False):
            statement = statement.ordered_values(*_pairs(self.values))
        else:
            statement = statement.values(dict(self.values))
        return statement.with_dialect_options(**others) if others else statement

    def _announce(self) -> None:
        for listener in self.session.dispatch.after_bulk_update:
            listener(self)


class BulkDelete(BulkUD):
    """A `Query.delete()` under way."""

    _event = "before_compile_delete"

    def __init__(self, query: Query[Any], delete_kwargs: Mapping[str, Any] | None) -> None:
        super().__init__(query)
        self.delete_kwargs = dict(delete_kwargs or {})

    def _statement(self) -> Any:
        statement: Any = sa.delete(self.written)
        others = self.delete_kwargs
        return statement.with_dialect_options(**others) if others else statement

    def _announce(self) -> None:
        for listener in self.session.dispatch.after_bulk_delete:
            listener(self)


def _pairs(values: Any) -> Iterable[tuple[Any, Any]]:
    return values.items() if isinstance(values, Mapping) else values


def refusal(call: str) -> core_exc.InvalidRequestError:
    """Return the error for a query that says more than an UPDATE or DELETE can."""
    return core_exc.InvalidRequestError(
        f"Can't call Query.update() or Query.delete() when {call} has been called"
    )

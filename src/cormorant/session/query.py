"""Query: the older way to write a SELECT of mapped classes, on the same two roads."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import LABEL_STYLE_TABLENAME_PLUS_COL, func, literal_column
from sqlalchemy import exc as core_exc
from sqlalchemy import select as core_select
from sqlalchemy.engine import FrozenResult

from cormorant.event.catalog import QueryEvents
from cormorant.event.places import OfClass, Place
from cormorant.load.results import row_result
from cormorant.session.building import Building, deprecated, legacy
from cormorant.session.bulk import BulkDelete, BulkUpdate, refusal
from cormorant.session.executing import run_on_rows
from cormorant.session.frozen import merge_frozen_result

if TYPE_CHECKING:
    from sqlalchemy.engine import Result


T = TypeVar("T")


class Query(Building[T]):
    """A SELECT bound to a session; each method returns another Query.

    Rows with one entity come as its objects, else as Row. As sqlalchemy.orm.Query: objects
    of one entity come once each.
    """

    # -- the statement ----------------------------------------------------------------

    @property
    def statement(self) -> Any:
        """The Core SELECT of this query."""
        chosen = self._compiled()
        if chosen._textual is not None:
            return chosen._textual.element
        core = chosen._core()
        return core.params(**self._params) if self._params else core

    def __clause_element__(self) -> Any:
        return self.statement

    @property
    def selectable(self) -> Any:
        """The Core SELECT of this query."""
        return self.statement

    def subquery(
        self, name: str | None = None, with_labels: bool = False, reduce_columns: bool = False
    ) -> Any:
        """Return the query as a named FROM element.

        `with_labels`: its columns are called by table and name. `reduce_columns`: of those that
        criteria make equal, one is left.
        """
        statement = self.statement
        if with_labels:
            statement = statement.set_label_style(LABEL_STYLE_TABLENAME_PLUS_COL)
        if reduce_columns:
            statement = statement.reduce_columns()
        return statement.subquery(name)

    def cte(self, name: str | None = None, recursive: bool = False, nesting: bool = False) -> Any:
        """Return the query as a common table expression."""
        return self.statement.cte(name, recursive=recursive, nesting=nesting)

    def label(self, name: str | None) -> Any:
        """Return the query as a named single value of another statement."""
        return self.scalar_subquery().label(name)

    def as_scalar(self) -> Any:
        """Return the query as a single value; `scalar_subquery` does the same."""
        deprecated("Query.as_scalar() is deprecated; use Query.scalar_subquery().")
        return self.scalar_subquery()

    def scalar_subquery(self) -> Any:
        """Return the query as a single value of another statement."""
        return self.statement.scalar_subquery()

    def exists(self) -> Any:
        """Return EXISTS over the rows of this query."""
        return self.with_entities(literal_column("1")).statement.exists()

    @property
    def column_descriptions(self) -> list[dict[str, Any]]:
        """What each element of a row is: name (None without a name), type, expr, entity."""
        found: list[dict[str, Any]] = self._core().column_descriptions
        for about in found:
            kind = getattr(about["expr"], "__visit_name__", "column")
            if kind not in NAMED:
                about["name"] = None
        return found

    @property
    def whereclause(self) -> Any:
        """The WHERE criteria, or None; built once for the same statement."""
        known = self._criteria
        if known is None or known[0] is not self._select:
            known = self._criteria = (self._select, self._core().whereclause)
        return known[1]

    def get_execution_options(self) -> dict[str, Any]:
        """Return the execution options of this query."""
        return dict(self._execution_options)

    def _compiled(self) -> Query[Any]:
        """Let before_compile listeners change the query."""
        chosen: Query[Any] = self
        returning = "before_compile" in self.dispatch.returning
        for listener in self.dispatch.before_compile:
            answer = listener(chosen)
            if returning and answer is not None and answer is not chosen:
                chosen = answer
        return chosen

    # -- running ----------------------------------------------------------------------

    @property
    def _single(self) -> bool:
        return self.is_single_entity and hasattr(self.entities[0], "__mapper__")

    def _run(self) -> Result[Any]:
        result: Result[Any] = self._send("execute")
        return result.unique() if result._unique_filter_state else result

    def _objects(self) -> Any:
        """Run the query; return the objects of its one class, once each unless streamed."""
        found = self._send("scalars")
        return found if "yield_per" in self._execution_options else found.unique()

    def _send(self, method: str) -> Any:
        if self.session is None:
            raise core_exc.UnboundExecutionError(
                "This Query has no session; use session.query(), or with_session()."
            )
        chosen = self._compiled()
        statement = chosen._final()
        if chosen._textual is not None:
            statement = chosen._textual.with_loaders(statement._with_options)
        options = chosen._execution_options
        bind = None if chosen._mapper is None else {"mapper": chosen._mapper}
        return getattr(self.session, method)(
            statement, chosen._params or None, execution_options=options, bind_arguments=bind
        )

    def __iter__(self) -> Iterator[T]:
        if self._single:
            yield from self._objects()
        else:
            rows: Any = self._run()
            yield from rows

    def all(self) -> list[T]:
        """Return all rows, objects of a single class once each."""
        rows: Any = self._objects() if self._single else self._run()
        return list(rows)

    def first(self) -> T | None:
        """Return the first row, or None."""
        limited = self if self._textual is not None else self.limit(1)
        found = iter(limited)
        return next(found, None)

    def one(self) -> T:
        """Return the only row; raises NoResultFound or MultipleResultsFound."""
        result: Any = self._objects() if self._single else self._run()
        row: T = result.one()
        return row

    def one_or_none(self) -> T | None:
        """Return the only row or None; raises MultipleResultsFound."""
        result: Any = self._objects() if self._single else self._run()
        row: T | None = result.one_or_none()
        return row

    def scalar(self) -> Any:
        """Return the first element of the only row, or None."""
        row: Any = self.one_or_none()
        if row is None or self._single:
            return row
        return row[0]

    def values(self, *columns: Any) -> Iterator[Any]:
        """Return rows of other elements from the same rows."""
        deprecated("Query.values() is deprecated; use Query.with_entities().")
        return iter(self.with_entities(*columns)._run())

    def value(self, column: Any) -> Any:
        """Return one element of the first row, or None."""
        deprecated("Query.value() is deprecated; use Query.with_entities() and Query.scalar().")
        row = next(iter(self.with_entities(column)._run()), None)
        return None if row is None else row[0]

    @property
    def lazy_loaded_from(self) -> None:
        """None: loads on access are no queries; do_orm_execute tells what they are for."""
        return None

    def instances(self, result_proxy: Result[Any], context: None = None) -> Any:
        """Return the objects or rows that the query stands for, out of a result of Core's.

        The result has the columns of the mapped tables. Raises NoSuchColumnError for others.
        """
        deprecated("Query.instances() is deprecated; use Select.from_statement().")
        found: Any = run_on_rows(self.session, self._compiled()._core(), result_proxy)
        return found.scalars().unique() if self._single else found

    def merge_result(self, iterator: Any, load: bool = True) -> Any:
        """Merge objects that were kept into the session; see `merge_result()`."""
        legacy("The merge_result() function", "merge_frozen_result()")
        return _merged(self, iterator, load)

    def count(self) -> int:
        """Return how many rows there are; a query of its own, so before_compile fires twice."""
        inner = self._compiled()
        core = inner._core() if inner._limited else inner._core().order_by(None)
        outer = self._copy(
            core_select(func.count(literal_column("*"))).select_from(core.subquery())
        )
        outer.entities = (func.count(literal_column("*")),)
        outer._textual, outer._limited, outer._called = None, False, ()
        # The subquery hides the class from whoever routes binds and hears of the statement.
        outer._mapper = inner.first_mapper
        outer._params = dict(inner._params)
        found: int = outer.scalar()
        return found

    def update(
        self,
        values: Any,
        synchronize_session: Any = "auto",
        update_args: Mapping[str, Any] | None = None,
    ) -> int:
        """UPDATE all rows that the query matches, in one statement; return how many.

        `values`: by attribute name, attribute or column. `synchronize_session` "auto",
        "evaluate", "fetch" or False: how the objects in memory learn of it.
        """
        return BulkUpdate(self, values, update_args).run(synchronize_session)

    def delete(
        self,
        synchronize_session: Any = "auto",
        delete_args: Mapping[str, Any] | None = None,
    ) -> int:
        """DELETE all rows that the query matches, in one statement; return how many."""
        return BulkDelete(self, delete_args).run(synchronize_session)

    def refuse_for_write(self, refused: Mapping[str, str]) -> None:
        """Raise if a method was called that an UPDATE or DELETE cannot follow."""
        for method in self._called:
            if method in refused:
                raise refusal(refused[method])
        if self._textual is not None:
            raise refusal("from_statement()")

    @property
    def parameters(self) -> dict[str, Any] | None:
        """The values of named parameters, None without any."""
        return self._params or None

    def get(self, ident: Any) -> T | None:
        """Return the object of a primary key, or None; `Session.get` does the same."""
        warnings.warn(LEGACY_GET, stacklevel=2)
        if not self._single:
            raise core_exc.InvalidRequestError(
                "get() can only be used against a single mapped class."
            )
        if self._called and self._assertions:
            raise core_exc.InvalidRequestError(
                f"Query.get() being called on a Query with existing criterion: "
                f"{self._called[0]}() was called before. Use filter() for the key, too, and one()."
            )
        overwrite = bool(self._execution_options.get("populate_existing"))
        options = self._select._with_options
        found: T | None = self.session.get(
            self.entities[0], ident, options=options, populate_existing=overwrite
        )
        return found

    def __getitem__(self, item: Any) -> Any:
        if isinstance(item, slice):
            start, stop = item.start or 0, item.stop
            if start < 0 or (stop is not None and stop < 0):
                raise IndexError(NEGATIVE)
            chosen = self.offset(start) if start else self
            found = list(chosen if stop is None else chosen.limit(max(stop - start, 0)))
            return found if item.step is None else found[:: item.step]
        if item < 0:
            raise IndexError(NEGATIVE)
        found = list(self.offset(item).limit(1))
        return found[0]

    def __str__(self) -> str:
        return str(self.statement)


def merge_result(query: Query[Any], iterator: Any, load: bool = True) -> Any:
    """Merge the objects of rows that were kept, as those of a query; return what has them now.

    Of a frozen result another one, else an iterator of objects or rows. As SQLAlchemy: the
    older form of `merge_frozen_result()`.
    """
    legacy("The merge_result() function", "merge_frozen_result()")
    return _merged(query, iterator, load)


def _merged(query: Query[Any], iterator: Any, load: bool) -> Any:
    session = query.session
    if isinstance(iterator, FrozenResult):
        return merge_frozen_result(session, query.statement, iterator, load)
    mapped = [hasattr(entity, "__mapper__") for entity in query.entities]
    with session.no_autoflush:
        if query.is_single_entity:
            return iter(session.merge_all(iterator, load=load) if mapped[0] else list(iterator))
        rows = [
            tuple(
                session.merge(value, load=load) if known and value is not None else value
                for known, value in zip(mapped, row, strict=True)
            )
            for row in iterator
        ]
    names = [about["name"] for about in query.column_descriptions]
    entities = [about["entity"] for about in query.column_descriptions]
    return iter(row_result(names, entities, rows).all())


NAMED = frozenset({"column", "label", "table", "alias", "subquery", "cte", "textclause"})
"""Kinds of elements that have a name of their own; functions and casts have none."""

LEGACY_GET = core_exc.LegacyAPIWarning(
    "The Query.get() method is considered legacy as of the 1.x series of SQLAlchemy and becomes a "
    "legacy construct in 2.0. The method is now available as Session.get()"
)

NEGATIVE = "negative indexes are not accepted by SQL index / slice operators"


def _place_of_query(target: Any) -> Place | None:
    if isinstance(target, type) and issubclass(target, Query):
        return OfClass(target)
    return None


QueryEvents.add_resolver(_place_of_query)

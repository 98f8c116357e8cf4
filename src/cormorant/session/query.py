"""Query: the older way to write a SELECT of mapped classes, on the same two roads."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from sqlalchemy import exc as core_exc
from sqlalchemy import func, literal_column
from sqlalchemy import select as core_select

from cormorant.event.catalog import QueryEvents
from cormorant.event.places import OfClass, Place
from cormorant.session.bulk import BulkDelete, BulkUpdate, refusal
from cormorant.sql.expression import select

if TYPE_CHECKING:
    from sqlalchemy.engine import Result

    from cormorant.session.session import Session

T = TypeVar("T")


class Query(Generic[T]):
    """A SELECT bound to a session; each method returns another Query.

    Rows with one entity come as its objects, else as Row. As sqlalchemy.orm.Query: objects
    of one entity come once each.
    """

    def __init__(self, entities: Any, session: Session | None = None) -> None:
        chosen = entities if isinstance(entities, (tuple, list)) else (entities,)
        if not chosen:
            raise core_exc.InvalidRequestError(
                "Query contains no columns with which to SELECT from."
            )
        self.session: Any = session
        self.dispatch: Any = QueryEvents.board.dispatch_of(type(self))
        self.entities = tuple(chosen)
        self._select: Any = select(*chosen)
        self._textual: Any = None
        self._params: dict[str, Any] = {}
        self._execution_options: dict[str, Any] = {}
        self._limited = False
        self._assertions = True
        self._called: tuple[str, ...] = ()
        self._mapper: Any = None

    def _copy(self, statement: Any = None) -> Query[Any]:
        made = object.__new__(type(self))
        made.__dict__.update(self.__dict__)
        made._params = dict(self._params)
        made._execution_options = dict(self._execution_options)
        if statement is not None:
            made._select = statement
        return made

    def _add(self, method: str, *args: Any, **kwargs: Any) -> Query[T]:
        self._refuse_after_limit(method)
        return self._calling(method, getattr(self._select, method)(*args, **kwargs))

    def _calling(self, method: str, statement: Any) -> Query[Any]:
        made = self._copy(statement)
        made._called = (*self._called, method)
        return made

    def _refuse_after_limit(self, method: str) -> None:
        if self._textual is not None and self._assertions:
            raise core_exc.InvalidRequestError(
                f"Query.{method}() being called on a Query with an existing full statement - "
                f"can't apply criterion."
            )
        if self._limited and self._assertions and method not in AFTER_LIMIT:
            raise core_exc.InvalidRequestError(
                f"Query.{method}() being called on a Query which already has LIMIT or OFFSET "
                f"applied.  Call {method}() before limit() or offset() are applied."
            )

    # -- building ---------------------------------------------------------------------

    def filter(self, *criterion: Any) -> Query[T]:
        """Add criteria, joined by AND."""
        return self._add("where", *criterion)

    where = filter

    def filter_by(self, **kwargs: Any) -> Query[T]:
        """Add equality criteria by attribute name."""
        return self._add("filter_by", **kwargs)

    def order_by(self, *clauses: Any) -> Query[T]:
        """Add ORDER BY; None or False takes the present one away."""
        if len(clauses) == 1 and (clauses[0] is None or clauses[0] is False):
            return self._copy(self._core().order_by(None))
        return self._add("order_by", *clauses)

    def group_by(self, *clauses: Any) -> Query[T]:
        """Add GROUP BY."""
        return self._add("group_by", *clauses)

    def having(self, *criterion: Any) -> Query[T]:
        """Add HAVING criteria."""
        return self._add("having", *criterion)

    def join(
        self, target: Any, onclause: Any = None, *, isouter: bool = False, full: bool = False
    ) -> Query[T]:
        """Join along a relationship, or to a class or table."""
        return self._add("join", target, onclause, isouter=isouter, full=full)

    def outerjoin(self, target: Any, onclause: Any = None, *, full: bool = False) -> Query[T]:
        """Join with LEFT OUTER JOIN."""
        return self._add("join", target, onclause, isouter=True, full=full)

    def select_from(self, *from_obj: Any) -> Query[T]:
        """Say what the joins start from."""
        return self._add("select_from", *from_obj)

    def reset_joinpoint(self) -> Query[T]:
        """Return the query as it is: joins go on from where they say."""
        return self._copy()

    def distinct(self, *expr: Any) -> Query[T]:
        """Select distinct rows."""
        return self._add("distinct", *expr)

    def limit(self, limit: Any) -> Query[T]:
        """Return at most so many rows."""
        made = self._calling("limit", self._select.limit(limit))
        made._limited = limit is not None
        return made

    def offset(self, offset: Any) -> Query[T]:
        """Leave out the first rows."""
        made = self._calling("offset", self._select.offset(offset))
        made._limited = made._limited or offset is not None
        return made

    def slice(self, start: int, stop: int) -> Query[T]:
        """Return the rows from `start` up to `stop`."""
        return self.offset(start).limit(stop - start)

    def with_for_update(self, **options: Any) -> Query[T]:
        """Lock the rows."""
        return self._copy(self._select.with_for_update(**options))

    def with_entities(self, *entities: Any) -> Query[Any]:
        """Select other elements from the same rows."""
        made = self._copy(self._select.with_only_columns(*entities))
        made.entities = entities
        return made

    def add_columns(self, *column: Any) -> Query[Any]:
        """Select further elements."""
        made = self._copy(self._core().add_columns(*column))
        made.entities = (*self.entities, *column)
        return made

    def options(self, *args: Any) -> Query[T]:
        """Add options to the statement."""
        return self._copy(self._select.options(*args))

    def execution_options(self, **kwargs: Any) -> Query[T]:
        """Add execution options."""
        made = self._copy()
        made._execution_options.update(kwargs)
        return made

    def populate_existing(self) -> Query[T]:
        """Overwrite objects that are in the session already."""
        return self.execution_options(populate_existing=True)

    def yield_per(self, count: int) -> Query[T]:
        """Fetch rows in chunks of `count`."""
        return self.execution_options(yield_per=count)

    def autoflush(self, setting: bool) -> Query[T]:
        """Flush before the query, or not."""
        return self.execution_options(autoflush=setting)

    def enable_assertions(self, value: bool) -> Query[T]:
        """Check, or not, that methods are called in a sensible order."""
        made = self._copy()
        made._assertions = value
        return made

    def params(self, *args: Mapping[str, Any], **kwargs: Any) -> Query[T]:
        """Give values for named parameters."""
        made = self._copy()
        for each in args:
            made._params.update(each)
        made._params.update(kwargs)
        return made

    def with_session(self, session: Session) -> Query[T]:
        """Return the same query for another session."""
        made = self._copy()
        made.session = session
        return made

    def from_statement(self, statement: Any) -> Query[T]:
        """Load the objects from the rows of a full statement."""
        made = self._copy()
        core = self._core()
        made._textual = core.from_statement(statement)
        return made

    # -- the statement ----------------------------------------------------------------

    def _core(self) -> Any:
        chosen = self._select
        return chosen.__clause_element__() if hasattr(chosen, "__clause_element__") else chosen

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

    def subquery(self, name: str | None = None, **options: Any) -> Any:
        """Return the query as a named FROM element."""
        return self.statement.subquery(name)

    def cte(self, name: str | None = None, recursive: bool = False, **options: Any) -> Any:
        """Return the query as a common table expression."""
        return self.statement.cte(name, recursive=recursive)

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
        """The WHERE criteria, or None."""
        return self._core().whereclause

    def get_execution_options(self) -> dict[str, Any]:
        """Return the execution options of this query."""
        return dict(self._execution_options)

    def _compiled(self) -> Query[Any]:
        """Let before_compile listeners change the query."""
        listeners = self.dispatch.before_compile
        chosen: Query[Any] = self
        returning = "before_compile" in self.dispatch.returning
        if listeners:
            chosen = self._copy()
        for listener in listeners:
            answer = listener(chosen)
            if returning and answer is not None and answer is not chosen:
                chosen = answer
        return chosen

    # -- running ----------------------------------------------------------------------

    @property
    def _single(self) -> bool:
        return len(self.entities) == 1 and hasattr(self.entities[0], "__mapper__")

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
        statement = chosen._select if chosen._textual is None else chosen._textual
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

    @property
    def first_mapper(self) -> Any:
        """The mapper of the first entity, or of the class of the first attribute; or None."""
        if self._mapper is not None:
            return self._mapper
        found = self.first_entity
        return None if found is None else found.mapper

    @property
    def first_entity(self) -> Any:
        """The mapper of the first class, or what `inspect` gives for an alias; or None."""
        for entity in self.entities:
            alias = getattr(entity, "_aliased_insp", None)
            found = alias or getattr(entity, "__mapper__", None) or getattr(entity, "parent", None)
            if found is not None:
                return found
        return None

    def get(self, ident: Any) -> T | None:
        """Return the object of a primary key, or None; `Session.get` does the same."""
        warnings.warn(LEGACY_GET, stacklevel=2)
        if not self._single:
            raise core_exc.InvalidRequestError(
                "get() can only be used against a single mapped class."
            )
        if self._called:
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


NAMED = frozenset({"column", "label", "table", "alias", "subquery", "cte", "textclause"})
"""Kinds of elements that have a name of their own; functions and casts have none."""

LEGACY_GET = core_exc.LegacyAPIWarning(
    "The Query.get() method is considered legacy as of the 1.x series of SQLAlchemy and becomes a "
    "legacy construct in 2.0. The method is now available as Session.get()"
)

NEGATIVE = "negative indexes are not accepted by SQL index / slice operators"

AFTER_LIMIT = frozenset(
    {"with_for_update", "options", "execution_options", "with_only_columns", "select_from"}
)
"""Statement methods that a Query with LIMIT still takes."""


def _place_of_query(target: Any) -> Place | None:
    if isinstance(target, type) and issubclass(target, Query):
        return OfClass(target)
    return None


QueryEvents.add_resolver(_place_of_query)

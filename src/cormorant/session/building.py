"""What a Query is told: the methods that return another Query."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from sqlalchemy import LABEL_STYLE_TABLENAME_PLUS_COL
from sqlalchemy import exc as core_exc

from cormorant.event.catalog import QueryEvents
from cormorant.load.roots import RowsAlone
from cormorant.mapping.aliased import aliased
from cormorant.mapping.comparisons import with_parent
from cormorant.mapping.mapper import class_mapper
from cormorant.session.compound import Compound
from cormorant.sql.expression import select
from cormorant.sql.statement import checked_options

if TYPE_CHECKING:
    from cormorant.session.session import Session

T = TypeVar("T")


class Building(Generic[T]):
    """The statement of a Query in the making; the base of Query alone."""

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
        self._criteria: tuple[Any, Any] | None = None
        self._params: dict[str, Any] = {}
        self._execution_options: dict[str, Any] = {}
        self._limited = False
        self._assertions = True
        self._called: tuple[str, ...] = ()
        self._mapper: Any = None
        self._rows: Compound | None = None
        self._tuples = False
        self._eager = True

    def _copy(self, statement: Any = None) -> Self:
        made = object.__new__(type(self))
        made.__dict__.update(self.__dict__)
        made._params = dict(self._params)
        made._execution_options = dict(self._execution_options)
        if statement is not None:
            made._select = statement
        return made

    def _add(self, method: str, *args: Any, **kwargs: Any) -> Self:
        called = CALLED.get(method, method)
        self._refuse_after_limit(called)
        if self._rows is not None:
            args = tuple([self._rows.seen(arg) for arg in args])
        return self._calling(called, getattr(self._select, method)(*args, **kwargs))

    def _calling(self, method: str, statement: Any) -> Self:
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

    def filter(self, *criterion: Any) -> Self:
        """Add criteria, joined by AND."""
        return self._add("where", *criterion)

    where = filter

    def filter_by(self, **kwargs: Any) -> Self:
        """Add equality criteria by attribute name."""
        return self._add("filter_by", **kwargs)

    def order_by(self, *clauses: Any) -> Self:
        """Add ORDER BY; None or False takes the present one away."""
        if len(clauses) == 1 and (clauses[0] is None or clauses[0] is False):
            return self._copy(self._core().order_by(None))
        return self._add("order_by", *clauses)

    def group_by(self, *clauses: Any) -> Self:
        """Add GROUP BY."""
        return self._add("group_by", *clauses)

    def having(self, *criterion: Any) -> Self:
        """Add HAVING criteria."""
        return self._add("having", *criterion)

    def join(
        self, target: Any, onclause: Any = None, *, isouter: bool = False, full: bool = False
    ) -> Self:
        """Join along a relationship, or to a class or table."""
        return self._add("join", target, onclause, isouter=isouter, full=full)

    def outerjoin(self, target: Any, onclause: Any = None, *, full: bool = False) -> Self:
        """Join with LEFT OUTER JOIN."""
        return self._add("join", target, onclause, isouter=True, full=full)

    def select_from(self, *from_obj: Any) -> Self:
        """Say what the joins start from."""
        return self._add("select_from", *from_obj)

    def reset_joinpoint(self) -> Self:
        """Return the query as it is: joins go on from where they say."""
        return self._copy()

    def distinct(self, *expr: Any) -> Self:
        """Select distinct rows."""
        return self._add("distinct", *expr)

    def limit(self, limit: Any) -> Self:
        """Return at most so many rows."""
        made = self._calling("limit", self._select.limit(limit))
        made._limited = limit is not None
        return made

    def offset(self, offset: Any) -> Self:
        """Leave out the first rows."""
        made = self._calling("offset", self._select.offset(offset))
        made._limited = made._limited or offset is not None
        return made

    def slice(self, start: int, stop: int) -> Self:
        """Return the rows from `start` up to `stop`."""
        return self.offset(start).limit(stop - start)

    def with_for_update(self, **options: Any) -> Self:
        """Lock the rows."""
        return self._copy(self._select.with_for_update(**options))

    def with_entities(self, *entities: Any) -> Any:
        """Select other elements from the same rows."""
        chosen = self._of_rows(entities)
        made = self._copy(self._select.with_only_columns(*chosen))
        made.entities = chosen
        return made

    def add_columns(self, *column: Any) -> Any:
        """Select further elements."""
        chosen = self._of_rows(column)
        made = self._copy(self._core().add_columns(*chosen))
        made.entities = (*self.entities, *chosen)
        return made

    def _of_rows(self, elements: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return elements as those of the rows that a union gives, if there is one."""
        rows = self._rows
        return elements if rows is None else tuple([rows.selected(each) for each in elements])

    def add_entity(self, entity: Any, alias: Any = None) -> Any:
        """Select another class."""
        return self.add_columns(entity if alias is None else aliased(entity, alias))

    def add_column(self, column: Any) -> Any:
        """Select another element; `add_columns` does the same."""
        deprecated("Query.add_column() is deprecated; use Query.add_columns().")
        return self.add_columns(column)

    def with_parent(self, instance: object, property: Any = None, from_entity: Any = None) -> Self:
        """Keep the rows related to an object; `property` None: by its first way here."""
        legacy("The Query.with_parent() method", "the with_parent() standalone construct")
        if property is None:
            property = self._way_from(instance)
        return self.filter(with_parent(instance, property, from_entity))

    def _way_from(self, instance: object) -> Any:
        """Return the relationship that leads from an object to the class of this query."""
        wanted = self.first_mapper
        parent = class_mapper(type(instance))
        for prop in parent.relationships:
            if wanted is not None and prop.mapper is wanted:
                return getattr(parent.class_, prop.key)
        to = "nothing" if wanted is None else wanted.class_.__name__
        raise core_exc.InvalidRequestError(
            f"Could not locate a property which relates instances of class "
            f"{to!r} to instances of class {parent.class_.__name__!r}; name it: "
            f"with_parent(instance, {parent.class_.__name__}.relationship)."
        )

    def with_transformation(self, fn: Callable[[Any], Any]) -> Any:
        """Return what a function makes of this query."""
        return fn(self)

    def tuples(self) -> Any:
        """Return rows also where there is one class only; the older name."""
        deprecated("Query.tuples() is deprecated; a Row is a tuple.")
        return self.only_return_tuples(True)

    def only_return_tuples(self, value: bool) -> Any:
        """Return rows also where there is one class only."""
        made = self._copy()
        made._tuples = value
        return made

    @property
    def is_single_entity(self) -> bool:
        """True if rows have one element, and come without a tuple around it."""
        return len(self.entities) == 1 and not self._tuples

    # -- several statements -----------------------------------------------------------

    def union(self, *q: Any) -> Self:
        """Add the rows of other queries, each row once."""
        return self._compound("union", q)

    def union_all(self, *q: Any) -> Self:
        """Add the rows of other queries."""
        return self._compound("union_all", q)

    def intersect(self, *q: Any) -> Self:
        """Keep the rows that the other queries have too, each once."""
        return self._compound("intersect", q)

    def intersect_all(self, *q: Any) -> Self:
        """Keep the rows that the other queries have too."""
        return self._compound("intersect_all", q)

    def except_(self, *q: Any) -> Self:
        """Take away the rows of other queries; what is left comes once each."""
        return self._compound("except_", q)

    def except_all(self, *q: Any) -> Self:
        """Take away the rows of other queries."""
        return self._compound("except_all", q)

    def _compound(self, kind: str, others: tuple[Any, ...]) -> Self:
        rows = Compound(kind, (self, *others), self.entities)
        options = rows.options(self._select._with_options)
        made = self._copy(select(*rows.elements).options(*options))
        made.entities = rows.elements
        made._rows = rows
        made._limited, made._called, made._params = False, (), {}
        return made

    # -- how it is written, and how it runs ---------------------------------------------

    def prefix_with(self, *prefixes: Any, dialect: str = "*") -> Self:
        """Write something after SELECT."""
        return self._copy(self._core().prefix_with(*prefixes, dialect=dialect))

    def suffix_with(self, *suffixes: Any, dialect: str = "*") -> Self:
        """Write something at the end."""
        return self._copy(self._core().suffix_with(*suffixes, dialect=dialect))

    def with_hint(self, selectable: Any, text: str, dialect_name: str = "*") -> Self:
        """Give the database a hint about a table."""
        return self._copy(self._core().with_hint(selectable, text, dialect_name))

    def with_statement_hint(self, text: str, dialect_name: str = "*") -> Self:
        """Give the database a hint about the statement."""
        return self._copy(self._core().with_statement_hint(text, dialect_name))

    def correlate(self, *fromclauses: Any) -> Self:
        """Take tables from the statement around this one."""
        return self._copy(self._core().correlate(*fromclauses))

    @property
    def get_label_style(self) -> Any:
        """How columns are called. A property, as in SQLAlchemy."""
        return self._core().get_label_style()

    def set_label_style(self, style: Any) -> Self:
        """Say how columns are called."""
        return self._copy(self._core().set_label_style(style))

    def with_labels(self) -> Self:
        """Call columns by table and name."""
        legacy("The Query.with_labels() and Query.apply_labels() method", "set_label_style()")
        return self.set_label_style(LABEL_STYLE_TABLENAME_PLUS_COL)

    apply_labels = with_labels

    def enable_eagerloads(self, value: bool) -> Self:
        """Join what is loaded eagerly, or not."""
        made = self._copy()
        made._eager = value
        return made

    def options(self, *args: Any) -> Self:
        """Add options to the statement."""
        chosen = args if self._rows is None else self._rows.options(checked_options(args))
        return self._copy(self._select.options(*chosen))

    def execution_options(self, **kwargs: Any) -> Self:
        """Add execution options."""
        made = self._copy()
        made._execution_options.update(kwargs)
        return made

    def populate_existing(self) -> Self:
        """Overwrite objects that are in the session already."""
        return self.execution_options(populate_existing=True)

    def yield_per(self, count: int) -> Self:
        """Fetch rows in chunks of `count`."""
        return self.execution_options(yield_per=count)

    def autoflush(self, setting: bool) -> Self:
        """Flush before the query, or not."""
        return self.execution_options(autoflush=setting)

    def enable_assertions(self, value: bool) -> Self:
        """Check, or not, that methods are called in a sensible order."""
        made = self._copy()
        made._assertions = value
        return made

    def params(self, *args: Mapping[str, Any], **kwargs: Any) -> Self:
        """Give values for named parameters."""
        made = self._copy()
        for each in args:
            made._params.update(each)
        made._params.update(kwargs)
        return made

    def with_session(self, session: Session) -> Self:
        """Return the same query for another session."""
        made = self._copy()
        made.session = session
        return made

    def from_statement(self, statement: Any) -> Self:
        """Load the objects from the rows of a full statement."""
        made = self._copy()
        core = self._core()
        made._textual = core.from_statement(statement)
        return made

    def _final(self) -> Any:
        """Return the statement with what was said of all of it."""
        return self._select if self._eager else self._select.options(RowsAlone())

    def _core(self) -> Any:
        chosen = self._final()
        return chosen.__clause_element__() if hasattr(chosen, "__clause_element__") else chosen

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


def deprecated(text: str) -> None:
    """Warn the caller of a method of Query that it is an old one."""
    warnings.warn(core_exc.SADeprecationWarning(text), stacklevel=3)


def legacy(what: str, instead: str) -> None:
    """Warn the caller of what SQLAlchemy 2 calls legacy."""
    text = (
        f"{what} is considered legacy as of the 1.x series of SQLAlchemy and becomes a legacy "
        f"construct in 2.0. Use {instead}."
    )
    warnings.warn(core_exc.LegacyAPIWarning(text), stacklevel=3)


CALLED = {"where": "filter"}
"""Method of the statement -> the one of Query."""

AFTER_LIMIT = frozenset(
    {"with_for_update", "options", "execution_options", "with_only_columns", "select_from"}
)
"""Statement methods that a Query with LIMIT still takes."""

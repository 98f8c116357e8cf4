"""A SELECT that records what it is told, so that one plan serves all values of its shape."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.sql import roles
from sqlalchemy.sql.base import ExecutableOption

from cormorant.sql.attributes import QueryableAttribute
from cormorant.sql.nodes import Bind, Node, itself
from cormorant.sql.plans import epoch
from cormorant.sql.plugin import subject

Step = tuple[str, tuple[Any, ...], dict[str, Any]]

PLAIN_OPTIONS = frozenset((bool, str, type(None)))
"""Types of arguments that are part of the shape, not values."""


OPTIONS = (ExecutableOption, roles.ExecutableOptionRole)
"""What Core takes as an option of a statement."""


def checked_options(options: Sequence[Any]) -> Sequence[Any]:
    """Return options of a statement as they are; refuse what is none."""
    for option in options:
        if not isinstance(option, OPTIONS):
            raise exc.ArgumentError(
                f"ExecutionOption Core or ORM object expected, got {type(option).__name__!r}: "
                f"options take loader options such as joinedload(User.addresses), or a "
                f"UserDefinedOption."
            )
    return options


class NotLight(Exception):
    """An argument is no light one; the statement must become Core's."""


class LightSelect:
    """A SELECT statement that Core has not seen yet.

    It records the methods called on it. While all their arguments are light, `shape` is the
    key of its plan and `values` are the parameters; the first argument that is not light
    turns it into a wrapper of a real Core statement, which takes over from there.
    """

    __slots__ = (
        "_core",
        "_execution_options",
        "_with_options",
        "entities",
        "shape",
        "steps",
        "values",
    )
    is_clause_element = False
    is_select = True
    is_dml = is_insert = is_update = is_delete = is_text = is_from_statement = False

    def __init__(self, entities: tuple[Any, ...]) -> None:
        self.entities = entities
        self.steps: tuple[Step, ...] = ()
        self.values: tuple[Any, ...] = ()
        self._execution_options: Mapping[str, Any] = sa.util.EMPTY_DICT
        self._with_options: tuple[Any, ...] = ()
        self._core: Any = None
        self.shape: tuple[Any, ...] = ()
        try:
            self.shape = (epoch.number, *[_entity_token(entity) for entity in entities])
        except NotLight:
            self._core = sa.select(*entities)

    @property
    def is_light(self) -> bool:
        """Return True while a plan can serve the statement."""
        return self._core is None

    def __clause_element__(self) -> Any:
        return self.build(itself)

    def build(self, bind: Bind) -> Any:
        """Make the Core statement; `bind` decides what stands for each value."""
        core = self._core
        if core is None:
            core = sa.select(*self.entities)
            for name, args, kwargs in self.steps:
                core = getattr(core, name)(*[_built(arg, bind, name) for arg in args], **kwargs)
        known = list(self._with_options)
        if known:
            core = core.options(*known)
        if self._execution_options:
            core = core.execution_options(**self._execution_options)
        return core

    # -- methods that stay light -------------------------------------------------------

    def where(self, *criteria: Any) -> LightSelect:
        """Add criteria, joined by AND."""
        if len(criteria) == 1 and self._core is None and isinstance(criteria[0], Node):
            node = criteria[0]
            new = self._copy()
            new.shape = (*self.shape, ("where", node.shape))
            new.steps = (*self.steps, ("where", criteria, {}))
            new.values = self.values + node.values
            return new
        return self._record("where", criteria)

    filter = where

    def filter_by(self, **names: Any) -> LightSelect:
        """Add criteria by attribute name, looked up in all entities of the FROM list."""
        alone = len(self.entities) == 1 and isinstance(self.entities[0], type)
        if alone and not any(step[0] in MORE_FROMS for step in self.steps):
            return self.where(*[self._named(key) == value for key, value in names.items()])
        return self._by_core("filter_by", (), names)

    def _named(self, key: str) -> Any:
        found = getattr(self.entities[0], key, None)
        if not hasattr(found, "operate"):
            raise exc.InvalidRequestError(
                f"The class {self.entities[0].__name__!r} has no mapped attribute {key!r} for "
                f"filter_by(); name an attribute of the class, or use where()."
            )
        return found

    def order_by(self, *clauses: Any) -> LightSelect:
        """Add to ORDER BY; None removes what was there."""
        return self._record("order_by", clauses)

    def group_by(self, *clauses: Any) -> LightSelect:
        """Add to GROUP BY; None removes what was there."""
        return self._record("group_by", clauses)

    def having(self, *criteria: Any) -> LightSelect:
        """Add criteria on groups, joined by AND."""
        return self._record("having", criteria)

    def limit(self, limit: Any) -> LightSelect:
        """Take at most this many rows; None lifts the limit."""
        return self._record("limit", (limit,))

    def offset(self, offset: Any) -> LightSelect:
        """Leave out this many rows at the beginning."""
        return self._record("offset", (offset,))

    def slice(self, start: int, stop: int) -> LightSelect:
        """Take the rows from `start` up to, not with, `stop`."""
        return self.limit(stop - start).offset(start) if start else self.limit(stop)

    def distinct(self, *expressions: Any) -> LightSelect:
        """Leave out rows that are there already."""
        return self._record("distinct", expressions)

    def join(
        self, target: Any, onclause: Any = None, *, isouter: bool = False, full: bool = False
    ) -> LightSelect:
        """Join along a relationship, or to a class or table with an ON clause."""
        args = (target,) if onclause is None else (target, onclause)
        return self._record("join", args, {"isouter": isouter, "full": full})

    def outerjoin(self, target: Any, onclause: Any = None, *, full: bool = False) -> LightSelect:
        """Make a left outer join."""
        return self.join(target, onclause, isouter=True, full=full)

    def select_from(self, *froms: Any) -> LightSelect:
        """Name what to select from."""
        return self._record("select_from", froms)

    def with_only_columns(self, *entities: Any, **options: Any) -> LightSelect:
        """Select these entities in place of those given before."""
        return self._record("with_only_columns", entities, options)

    def with_for_update(self, *, of: Any = None, **flags: Any) -> LightSelect:
        """Lock the rows: nowait, read, skip_locked, key_share."""
        if of is not None:
            return self._by_core("with_for_update", (), {"of": of, **flags})
        return self._record("with_for_update", (), flags)

    def execution_options(self, **options: Any) -> LightSelect:
        """Add options for the execution; they are no part of the shape."""
        new = self._copy()
        new._execution_options = {**self._execution_options, **options}
        return new

    def get_execution_options(self) -> Mapping[str, Any]:
        """Return the options set so far."""
        return self._execution_options

    def options(self, *options: Any) -> LightSelect:
        """Add loader options, and options of the user's own."""
        checked_options(options)
        new = self._copy()
        new._with_options = self._with_options + options
        shapes = [getattr(each, "shape", each) for each in options]
        if None in shapes:
            # An option about an alias: Core knows how to compare it.
            new._core = self.build(itself) if self._core is None else self._core
            return new
        new.shape = (*self.shape, ("options", *shapes))
        return new

    # -- recording ---------------------------------------------------------------------

    def _record(
        self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any] | None = None
    ) -> LightSelect:
        """Add a step if all its arguments are light, else let Core take it."""
        if self._core is not None:
            return self._by_core(name, args, kwargs or {})
        shape: list[Any] = [name]
        values = self.values
        for arg in args:
            if isinstance(arg, Node):
                shape.append(arg.shape)
                values += arg.values
            elif arg.__class__ is int and name in ROW_LIMITS:
                shape.append(int)
                values += (arg,)
            else:
                try:
                    shape.append(_token(arg, name))
                except NotLight:
                    return self._by_core(name, args, kwargs or {})
        if kwargs:
            if not all(value.__class__ in PLAIN_OPTIONS for value in kwargs.values()):
                return self._by_core(name, args, kwargs)
            shape.append(tuple(kwargs.items()))
        new = self._copy()
        new.shape = (*self.shape, tuple(shape))
        new.steps = (*self.steps, (name, args, kwargs or {}))
        new.values = values
        return new

    def _copy(self) -> LightSelect:
        new: LightSelect = object.__new__(type(self))
        new.entities = self.entities
        new.steps = self.steps
        new.values = self.values
        new.shape = self.shape
        new._core = self._core
        new._execution_options = self._execution_options
        new._with_options = self._with_options
        return new

    def _by_core(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> LightSelect:
        """Let the real Core statement take a step and become its wrapper."""
        result: LightSelect = self._call_core(name, args, kwargs)
        return result

    def _call_core(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call the method of the real Core statement; stay a wrapper if it gives a SELECT."""
        bare = self._copy()
        # Options stay with the wrapper, so that they are there once only.
        bare._execution_options = sa.util.EMPTY_DICT
        bare._with_options = ()
        result = getattr(bare.build(itself), name)(*args, **kwargs)
        if not isinstance(result, sa.Select):
            return result
        new = self._copy()
        new._core = result
        return new

    def __getattr__(self, name: str) -> Any:
        # Private names stay unanswered: Core tells its own elements by them.
        if name.startswith("_"):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        found = getattr(sa.Select, name, None)
        if found is None or not callable(found):
            return getattr(self.build(itself), name)

        def call(*args: Any, **kwargs: Any) -> Any:
            return self._call_core(name, args, kwargs)

        return call

    def from_statement(self, statement: Any) -> Any:
        """Return what loads the same, by the same options, from the rows of a full statement."""
        return self.build(itself).from_statement(statement)

    def compile(self, *args: Any, **kwargs: Any) -> Any:
        """Compile the Core statement."""
        return self.build(itself).compile(*args, **kwargs)

    def __str__(self) -> str:
        return str(self.build(itself))

    @property
    def _propagate_attrs(self) -> Any:
        return self.build(itself)._propagate_attrs

    def _execute_on_connection(
        self, connection: Any, distilled_params: Any, execution_options: Any
    ) -> Any:
        core = self.build(itself)
        return core._execute_on_connection(connection, distilled_params, execution_options)

    def _execute_on_scalar(
        self, connection: Any, distilled_params: Any, execution_options: Any
    ) -> Any:
        core = self.build(itself)
        return core._execute_on_scalar(connection, distilled_params, execution_options)


class Derived(LightSelect):
    """A SELECT that the ORM makes of a light one; it has the values of that one."""

    __slots__ = ("_make", "_source")

    def __init__(
        self, source: LightSelect, name: tuple[Any, ...], make: Callable[[Any], Any]
    ) -> None:
        self.entities = source.entities
        self.steps = source.steps
        self.values = source.values
        self.shape = (*source.shape, name)
        self._execution_options = source._execution_options
        self._with_options = ()
        self._core = None
        self._source = source
        self._make = make

    def build(self, bind: Bind) -> Any:
        """Make the Core statement of the one it is derived from, and change it."""
        return self._make(self._source.build(bind))


def subject_of(statement: Any) -> Any:
    """Return the entity that a statement is about, without making a light one Core's."""
    if isinstance(statement, LightSelect) and statement._core is None:
        for each in statement.entities:
            found = getattr(each, "__mapper__", None) or getattr(each, "parent", None)
            if found is not None:
                return found.mapper
    return subject(statement)


ROW_LIMITS = frozenset(("limit", "offset"))
MORE_FROMS = frozenset(("join", "select_from", "with_only_columns"))
NAMES_ALLOWED = frozenset(("order_by", "group_by"))


def _entity_token(entity: Any) -> Any:
    if isinstance(entity, QueryableAttribute) and entity.column is not None and entity.plannable:
        return entity.number
    if isinstance(entity, type) and hasattr(entity, "__clause_element__"):
        return entity
    raise NotLight


def _token(arg: Any, method: str) -> Any:
    """Return what stands for an argument in the shape; raise NotLight if nothing can."""
    if isinstance(arg, QueryableAttribute):
        if not arg.plannable or (arg.column is None and method != "join"):
            raise NotLight
        return arg.number
    if isinstance(arg, type) and hasattr(arg, "__clause_element__"):
        return arg
    if arg is None or (arg.__class__ is str and method in NAMES_ALLOWED):
        return arg
    raise NotLight


def _built(arg: Any, bind: Bind, method: str) -> Any:
    if isinstance(arg, Node):
        return arg.build(bind)
    if arg.__class__ is int and method in ROW_LIMITS:
        return bind(None, method, arg)
    return arg

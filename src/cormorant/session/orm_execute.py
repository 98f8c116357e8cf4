"""What `do_orm_execute` listeners receive: a statement about to run, to change or to answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import exc as core_exc
from sqlalchemy import inspect
from sqlalchemy.util import EMPTY_DICT, immutabledict

from cormorant.sql.statement import LightSelect, subject_of
from cormorant.sql.textual import FromStatement

if TYPE_CHECKING:
    from cormorant.instrument._state_cy import InstanceState
    from cormorant.session.session import Session


class LoaderPath:
    """The way from an entity to what is loaded: mapper, relationship, mapper, relationship ...

    Empty for an object itself. As SQLAlchemy: index it, take its length, or its `path`.
    """

    def __init__(self, path: Sequence[Any] = ()) -> None:
        self.path = tuple(path)

    def __len__(self) -> int:
        return len(self.path)

    def __getitem__(self, index: Any) -> Any:
        return self.path[index]

    def pairs(self) -> Iterator[tuple[Any, Any]]:
        """Yield each mapper with the relationship that the way takes there."""
        yield from zip(self.path[::2], self.path[1::2], strict=False)

    def __repr__(self) -> str:
        return f"ORM Path[{' -> '.join(map(str, self.path))}]"


@dataclass(frozen=True, slots=True)
class OwnLoad:
    """Why the session runs a statement of its own.

    `kind`: "column", "relationship", or empty for objects. `owner`: the object whose relationship
    is being read on access; `refreshed`: the one that lacks columns.
    """

    kind: str = ""
    path: LoaderPath | None = None
    owner: InstanceState | None = None
    refreshed: InstanceState | None = None


@dataclass(frozen=True, slots=True)
class LoadOptions:
    """How a SELECT will load objects."""

    autoflush: bool
    populate_existing: bool
    yield_per: int | None
    lazy_loaded_from: InstanceState | None
    refresh_state: InstanceState | None


@dataclass(frozen=True, slots=True)
class WriteOptions:
    """How an UPDATE or DELETE will keep the objects in memory in step."""

    autoflush: bool
    populate_existing: bool
    synchronize_session: Any
    dml_strategy: str


USERS_OWN = OwnLoad()


class ORMExecuteState:
    """One call of `Session.execute`; assign `statement` or `parameters` to change it.

    `local_execution_options` are those of the call and of the session, `execution_options`
    these and the statement's as it came. `bind_arguments` go to `Session.get_bind`.
    """

    __slots__ = (
        "_bind_arguments",
        "_came",
        "_given_arguments",
        "_given_options",
        "_load",
        "_local_options",
        "_options_here",
        "_run",
        "parameters",
        "position",
        "session",
        "statement",
    )

    _bind_arguments: dict[str, Any] | None
    _local_options: immutabledict[str, Any] | None
    _options_here: immutabledict[str, Any] | None

    def __init__(
        self,
        session: Session,
        statement: Any,
        parameters: Any,
        execution_options: Mapping[str, Any],
        bind_arguments: Mapping[str, Any] | None,
        run: Callable[..., Any],
        load: OwnLoad = USERS_OWN,
    ) -> None:
        self.session = session
        self.statement = self._came = statement
        self.parameters = parameters
        self.position = 0
        self._given_options = execution_options
        self._given_arguments = bind_arguments
        self._run = run
        self._load = load
        # Made when a listener asks for it: most look at the statement only.
        self._local_options = self._options_here = self._bind_arguments = None

    @property
    def local_execution_options(self) -> immutabledict[str, Any]:
        """The options of the call and of the session."""
        if self._local_options is None:
            self._local_options = self._local_options_given()
        return self._local_options

    @local_execution_options.setter
    def local_execution_options(self, options: immutabledict[str, Any]) -> None:
        self._local_options = options

    @property
    def execution_options(self) -> immutabledict[str, Any]:
        """The options of the call, of the session, and of the statement as it came."""
        if self._options_here is None:
            own: immutabledict[str, Any] = immutabledict(_options_of(self._came))
            self._options_here = own.union(self.local_execution_options)
        return self._options_here

    @execution_options.setter
    def execution_options(self, options: immutabledict[str, Any]) -> None:
        self._options_here = options

    @property
    def bind_arguments(self) -> dict[str, Any]:
        """What goes to `Session.get_bind`."""
        if self._bind_arguments is None:
            self._bind_arguments = _bind_arguments(self._came, self._given_arguments)
        return self._bind_arguments

    @bind_arguments.setter
    def bind_arguments(self, arguments: dict[str, Any]) -> None:
        self._bind_arguments = arguments

    def _local_options_given(self) -> immutabledict[str, Any]:
        own = _options_of(self._came)
        general = {k: v for k, v in self.session.execution_options.items() if k not in own}
        found: immutabledict[str, Any] = immutabledict({**general, **self._given_options})
        return found

    def as_left(self) -> tuple[Mapping[str, Any], Mapping[str, Any] | None]:
        """Return execution options and bind arguments as the listeners have left them."""
        options, arguments = self._local_options, self._bind_arguments
        return (
            self._given_options if options is None else options,
            self._given_arguments if arguments is None else arguments,
        )

    @property
    def is_changed(self) -> bool:
        """Tell whether listeners have left anything else than what came."""
        if self.statement is not self._came or self.parameters is not None:
            return True
        options, arguments = self.as_left()
        given = self._given_arguments
        if arguments is not given and arguments != _bind_arguments(self._came, given):
            return True
        return options is not self._given_options and options != self._local_options_given()

    def _is(self, kind: str) -> bool:
        if isinstance(self.statement, LightSelect):
            return kind == "select"
        if isinstance(self.statement, FromStatement):
            return False
        return bool(getattr(self.statement, f"is_{kind}", False))

    @property
    def is_select(self) -> bool:
        """True for SELECT."""
        return self._is("select")

    @property
    def is_insert(self) -> bool:
        """True for INSERT."""
        return self._is("insert")

    @property
    def is_update(self) -> bool:
        """True for UPDATE."""
        return self._is("update")

    @property
    def is_delete(self) -> bool:
        """True for DELETE."""
        return self._is("delete")

    @property
    def is_from_statement(self) -> bool:
        """True for a textual statement that loads objects."""
        return isinstance(self.statement, FromStatement)

    @property
    def is_executemany(self) -> bool:
        """True when there is a list of parameter sets."""
        return isinstance(self.parameters, list)

    @property
    def is_orm_statement(self) -> bool:
        """True when the statement is about mapped classes."""
        return self.bind_mapper is not None

    @property
    def is_column_load(self) -> bool:
        """True when unloaded or expired attributes of an object are loaded."""
        return self._load.kind == "column"

    @property
    def is_relationship_load(self) -> bool:
        """True when a relationship is loaded."""
        return self._load.kind == "relationship"

    @property
    def bind_mapper(self) -> Any:
        """The mapper that decides over the connection, or None."""
        found = self.bind_arguments.get("mapper")
        return _subject(self.statement) if found is None else found

    @property
    def all_mappers(self) -> list[Any]:
        """The mappers of the classes that the statement is about."""
        statement = self.statement
        if isinstance(statement, FromStatement):
            return [] if statement.entity is None else [statement.entity]
        if getattr(statement, "is_dml", False):
            found = _subject(statement)
            return [] if found is None else [found]
        described = getattr(statement, "column_descriptions", None) or ()
        entities = [about.get("entity") for about in described]
        mappers = [inspect(each).mapper for each in entities if each is not None]
        return list(dict.fromkeys(mappers))

    @property
    def loader_strategy_path(self) -> LoaderPath | None:
        """The way to what a load of the session's own is for; None for users' statements."""
        return self._load.path

    @property
    def lazy_loaded_from(self) -> InstanceState | None:
        """The state of the object whose relationship is being loaded on access, or None."""
        return self.load_options.lazy_loaded_from

    @property
    def load_options(self) -> LoadOptions:
        """How the SELECT will load objects; raises InvalidRequestError for another statement."""
        if not self.is_select:
            raise core_exc.InvalidRequestError(
                "This ORM execution is not against a SELECT statement so there are no load "
                "options; ask for is_select first."
            )
        options = self._options()
        return LoadOptions(
            options.get("autoflush", True),
            bool(options.get("populate_existing")),
            options.get("yield_per"),
            self._load.owner,
            self._load.refreshed,
        )

    @property
    def update_delete_options(self) -> WriteOptions:
        """How objects are kept in step; raises InvalidRequestError for other statements."""
        if not (self.is_update or self.is_delete):
            raise core_exc.InvalidRequestError(
                "This ORM execution is not against an UPDATE or DELETE statement so there are no "
                "update options; ask for is_update or is_delete first."
            )
        options = self._options()
        return WriteOptions(
            options.get("autoflush", True),
            bool(options.get("populate_existing")),
            options.get("synchronize_session", "auto"),
            options.get("dml_strategy", "auto"),
        )

    def _options(self) -> Mapping[str, Any]:
        """Return the options as they are now, with what listeners added."""
        return {**_options_of(self.statement), **self.local_execution_options}

    @property
    def user_defined_options(self) -> list[Any]:
        """The UserDefinedOption objects of the statement."""
        options = getattr(self.statement, "_with_options", ())
        return [option for option in options if getattr(option, "is_user_defined", False)]

    def update_execution_options(self, **options: Any) -> None:
        """Add execution options for this call."""
        self.execution_options  # noqa: B018 # which holds what came, is made of it now
        self.local_execution_options = self.local_execution_options.union(options)

    def invoke_statement(
        self,
        statement: Any = None,
        params: Any = None,
        execution_options: Mapping[str, Any] | None = None,
        bind_arguments: Mapping[str, Any] | None = None,
    ) -> Any:
        """Run the statement now, past the listeners that are left; return its result.

        The listeners after this one are asked first, as SQLAlchemy does.
        """
        if statement is None:
            statement = self.statement
        merged = {**self.bind_arguments, **(bind_arguments or {})}
        options = self.local_execution_options.union(execution_options or {})
        parameters: Any = self.parameters
        if params is not None:
            parameters = (
                {**(self.parameters or {}), **params} if isinstance(params, dict) else params
            )
        inner = ORMExecuteState(
            self.session, statement, parameters, options, merged, self._run, self._load
        )
        listeners = self.session.dispatch.do_orm_execute
        for position in range(self.position + 1, len(listeners)):
            inner.position = position
            answer = listeners[position](inner)
            if answer is not None:
                return answer
        return self._run(
            self.session,
            inner.statement,
            inner.parameters,
            inner.local_execution_options,
            inner.bind_arguments,
        )


def _options_of(statement: Any) -> Mapping[str, Any]:
    found = getattr(statement, "get_execution_options", None)
    return found() if found is not None else EMPTY_DICT


def _subject(statement: Any) -> Any:
    if isinstance(statement, FromStatement):
        return statement.entity
    return subject_of(statement)


def _bind_arguments(statement: Any, given: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return what the choice of a connection starts from, as far as nobody said else."""
    found: dict[str, Any] = {}
    if hasattr(statement, "_execute_on_connection"):
        found["clause"] = statement
    mapper = _subject(statement)
    if mapper is not None:
        found["mapper"] = mapper
    return {**found, **(given or {})}

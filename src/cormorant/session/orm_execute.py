"""What `do_orm_execute` listeners receive: a statement about to run, to change or to answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy.util import immutabledict

from cormorant.sql.statement import LightSelect, subject_of
from cormorant.sql.textual import FromStatement

if TYPE_CHECKING:
    from cormorant.session.session import Session


class ORMExecuteState:
    """One call of `Session.execute`; assign `statement` or `parameters` to change it."""

    def __init__(
        self,
        session: Session,
        statement: Any,
        parameters: Any,
        execution_options: Mapping[str, Any],
        bind_arguments: Mapping[str, Any] | None,
        run: Callable[..., Any],
        load: str = "",
    ) -> None:
        self.session = session
        self.statement = statement
        self.parameters = parameters
        self.local_execution_options = immutabledict(execution_options)
        self.execution_options: Mapping[str, Any] = self.local_execution_options
        self.bind_arguments = dict(bind_arguments or {})
        self.position = 0
        self._run = run
        self._load = load

    def _is(self, kind: str) -> bool:
        if isinstance(self.statement, LightSelect):
            return kind == "select"
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
        return self._load == "column"

    @property
    def is_relationship_load(self) -> bool:
        """True when a relationship is loaded."""
        return self._load == "relationship"

    @property
    def bind_mapper(self) -> Any:
        """The mapper that decides over the connection, or None."""
        found = self.bind_arguments.get("mapper")
        return subject_of(self.statement) if found is None else found

    @property
    def all_mappers(self) -> list[Any]:
        """The mappers of the classes that the statement selects."""
        described = getattr(self.statement, "column_descriptions", None) or ()
        entities = [about.get("entity") for about in described]
        return list(dict.fromkeys(e.__mapper__ for e in entities if hasattr(e, "__mapper__")))

    @property
    def user_defined_options(self) -> list[Any]:
        """The UserDefinedOption objects of the statement."""
        options = getattr(self.statement, "_with_options", ())
        return [option for option in options if getattr(option, "is_user_defined", False)]

    def update_execution_options(self, **options: Any) -> None:
        """Add execution options for this call."""
        self.local_execution_options = self.local_execution_options.union(options)
        self.execution_options = self.local_execution_options

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
            inner.execution_options,
            inner.bind_arguments,
        )

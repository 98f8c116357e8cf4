"""The statement side of a session: execute, scalars, scalar, query."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, TypeVarTuple, overload

from sqlalchemy.util import EMPTY_DICT

from cormorant.session import executing
from cormorant.session.query import Query
from cormorant.session.transactional import Transactional

if TYPE_CHECKING:
    from sqlalchemy import Executable
    from sqlalchemy.engine import Result, ScalarResult
    from sqlalchemy.sql.selectable import TypedReturnsRows

Ts = TypeVarTuple("Ts")
O = TypeVar("O")  # noqa: E741 # O as in object


class Statements(Transactional):
    """What a session runs for its user; the base of Session alone."""

    @overload
    def execute(  # type: ignore[overload-overlap] # as Core's own overloads
        self,
        statement: TypedReturnsRows[*Ts],
        params: Any = None,
        *,
        execution_options: Mapping[str, Any] = EMPTY_DICT,
        bind_arguments: Mapping[str, Any] | None = None,
        _parent_execute_state: Any = None,
        _add_event: Any = None,
    ) -> Result[*Ts]: ...

    @overload
    def execute(
        self,
        statement: Executable,
        params: Any = None,
        *,
        execution_options: Mapping[str, Any] = EMPTY_DICT,
        bind_arguments: Mapping[str, Any] | None = None,
        _parent_execute_state: Any = None,
        _add_event: Any = None,
    ) -> Result[Any]: ...

    def execute(
        self,
        statement: Any,
        params: Any = None,
        *,
        execution_options: Mapping[str, Any] = EMPTY_DICT,
        bind_arguments: Mapping[str, Any] | None = None,
        _parent_execute_state: Any = None,
        _add_event: Any = None,
    ) -> Result[Any]:
        """Run a statement; rows hold objects where it selects mapped classes."""
        session = self.whole
        result: Result[Any]
        if self.owner:
            self.own("execute()")
            result = executing.execute(
                session, statement, params, execution_options, bind_arguments
            )
            return result
        self.owner = threading.get_ident()
        try:
            result = executing.execute(
                session, statement, params, execution_options, bind_arguments
            )
        finally:
            self.owner = 0
        return result

    def scalar(
        self,
        statement: Executable,
        params: Any = None,
        *,
        execution_options: Mapping[str, Any] = EMPTY_DICT,
        bind_arguments: Mapping[str, Any] | None = None,
        **kw: Any,
    ) -> Any:
        """Run a statement; return the first element of its first row, or None."""
        return self.execute(
            statement,
            params,
            execution_options=execution_options,
            bind_arguments=bind_arguments,
        ).scalar()

    @overload
    def scalars(
        self,
        statement: TypedReturnsRows[O],
        params: Any = None,
        *,
        execution_options: Mapping[str, Any] = EMPTY_DICT,
        bind_arguments: Mapping[str, Any] | None = None,
        **kw: Any,
    ) -> ScalarResult[O]: ...

    @overload
    def scalars(
        self,
        statement: Executable,
        params: Any = None,
        *,
        execution_options: Mapping[str, Any] = EMPTY_DICT,
        bind_arguments: Mapping[str, Any] | None = None,
        **kw: Any,
    ) -> ScalarResult[Any]: ...

    def scalars(
        self,
        statement: Any,
        params: Any = None,
        *,
        execution_options: Mapping[str, Any] = EMPTY_DICT,
        bind_arguments: Mapping[str, Any] | None = None,
        **kw: Any,
    ) -> ScalarResult[Any]:
        """Run a statement; return the first element of each row."""
        session = self.whole
        if self.owner:
            self.own("scalars()")
            return executing.scalars(session, statement, params, execution_options, bind_arguments)
        # As `_working`, which costs more than the rest of a small query here.
        self.owner = threading.get_ident()
        try:
            return executing.scalars(session, statement, params, execution_options, bind_arguments)
        finally:
            self.owner = 0

    @overload
    def query(self, entity: type[O], /) -> Query[O]: ...

    @overload
    def query(self, *entities: Any) -> Query[Any]: ...

    def query(self, *entities: Any, **kwargs: Any) -> Query[Any]:
        """Return a Query of classes, attributes or expressions."""
        return self.query_cls(entities, self.whole, **kwargs)

"""The transaction side of a session: who works in it, begin and end, savepoints, connections."""

from __future__ import annotations

import itertools
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from sqlalchemy import exc as core_exc
from sqlalchemy.engine import Connection, Engine

from cormorant import exc
from cormorant.event.catalog import SessionEvents
from cormorant.instrument._state_cy import Link, no_unit
from cormorant.instrument.identity import IdentityMap
from cormorant.session import attach, binds
from cormorant.session.failing import quietly, report
from cormorant.session.query import Query
from cormorant.session.transaction import (
    Phase,
    SessionTransaction,
    SessionTransactionOrigin,
)
from cormorant.sql.errors import Facts, translate

if TYPE_CHECKING:
    from cormorant.load.context import QueryContext
    from cormorant.mapping.mapper import Mapper
    from cormorant.session.session import Session

T = TypeVar("T", bound="Transactional")

JoinMode = Literal["conditional_savepoint", "rollback_only", "control_fully", "create_savepoint"]
_numbers = itertools.count(1)
open_sessions: dict[int, weakref.ref[Transactional]] = {}
"""A reference to every session in memory, by its own id."""


def _forget_session(reference: weakref.ref[Transactional]) -> None:
    open_sessions.pop(id(reference), None)


class Transactional:
    """What a session is made of, its transaction and its connections.

    The base of Session alone. One thread at a time: a second one is refused by name.
    """

    def __init__(
        self,
        bind: Engine | Connection | None = None,
        *,
        autoflush: bool = True,
        future: Literal[True] = True,
        expire_on_commit: bool = True,
        autobegin: bool = True,
        twophase: bool = False,
        binds: Mapping[Any, Engine | Connection] | None = None,
        enable_baked_queries: bool = True,
        info: dict[Any, Any] | None = None,
        query_cls: type[Query[Any]] | None = None,
        autocommit: Literal[False] = False,
        join_transaction_mode: JoinMode = "conditional_savepoint",
        close_resets_only: bool | None = None,
        execution_options: Mapping[str, Any] | None = None,
    ) -> None:
        if autocommit or twophase or not future or join_transaction_mode not in JOIN_MODES:
            _refuse_options(autocommit, future, twophase, join_transaction_mode)
        self.dispatch: Any = SessionEvents.board.dispatch_of(type(self))
        self.bind = bind
        self.autoflush = autoflush
        self.expire_on_commit = expire_on_commit
        self.autobegins = autobegin
        self.enable_baked_queries = enable_baked_queries
        self.join_transaction_mode = join_transaction_mode
        self.query_cls: type[Query[Any]] = query_cls or Query
        self.close_resets_only = close_resets_only is not False
        self.execution_options = dict(execution_options) if execution_options else {}
        self.identity_map = IdentityMap()
        self._reference = weakref.ref(self, _forget_session)
        self.link = Link(self._reference)
        self.current_transaction: SessionTransaction | None = None
        self.flush_transaction: SessionTransaction | None = None
        self.flushing = False
        self.closed = False
        self._info = dict(info) if info else None
        self._binds: dict[Any, Any] = {}
        self._number = 0
        self.owner = 0
        self.telling: QueryContext | None = None
        if binds:
            for key, target in binds.items():
                self._add_bind(key, target)
        open_sessions[id(self._reference)] = self._reference

    @property
    def whole(self) -> Session:
        """The session that this is a side of."""
        return self  # type: ignore[return-value] # its sides have no other subclass

    # -- who may use it ---------------------------------------------------------------

    def own(self, doing: str) -> None:
        """Refuse the session to a thread while another one is at work in it."""
        owner = self.owner
        if owner and owner != threading.get_ident():
            raise exc.ThreadError(
                f"This Session is at work in another thread, so {doing} was refused here. A "
                f"Session is for one thread at a time: give each thread its own, for example "
                f"with scoped_session."
            )

    @contextmanager
    def _working(self, doing: str) -> Iterator[None]:
        self.own(doing)
        if self.owner:
            yield
            return
        self.owner = threading.get_ident()
        try:
            yield
        finally:
            self.owner = 0

    @property
    def hash_key(self) -> int:
        """A number that tells sessions apart in messages."""
        if not self._number:
            self._number = next(_numbers)
        return self._number

    @property
    def connection_callable(self) -> None:
        """None: all rows of a class are written by one connection.

        As SQLAlchemy's attribute of this name, which chooses a connection for each object; to
        set it is refused, for nothing would ask it.
        """
        return None

    @connection_callable.setter
    def connection_callable(self, chosen: Callable[..., Any] | None) -> None:
        if chosen is not None:
            raise core_exc.InvalidRequestError(
                "A connection for each object is not offered. Use one session for each database, "
                "or Session(binds={Class: engine}) for a database per class."
            )

    @property
    def info(self) -> dict[Any, Any]:
        """A dictionary of the user's own."""
        if self._info is None:
            self._info = {}
        return self._info

    # -- transactions -----------------------------------------------------------------

    def autobegin(self) -> SessionTransaction:
        """Begin because something was changed or asked for."""
        if self.current_transaction is None:
            if self.closed:
                raise core_exc.InvalidRequestError(
                    "This Session has been permanently closed and is unable to handle any more "
                    "transaction requests. Make a new Session; end it with reset() to "
                    "use it again."
                )
            if not self.autobegins:
                raise core_exc.InvalidRequestError(
                    "Autobegin is disabled on this Session; please call session.begin() to "
                    "start a new transaction"
                )
            self._begin(SessionTransactionOrigin.AUTOBEGIN)
        return self.begin_if_needed()

    def _begin(self, origin: SessionTransactionOrigin) -> None:
        """Begin the outermost transaction; a listener that fails leaves none begun."""
        self.link.begun = True
        try:
            self.current_transaction = SessionTransaction(self.whole, origin)
        finally:
            self.link.begun = self.current_transaction is not None

    def begin_if_needed(self) -> SessionTransaction:
        """Return the innermost transaction; begins one if there is none."""
        return self.current_transaction or self.autobegin()

    def begin(self, nested: bool = False) -> SessionTransaction:
        """Begin a transaction, or a savepoint with `nested`; use it as a context manager."""
        if nested:
            return self.begin_nested()
        self.own("begin()")
        if self.current_transaction is not None:
            raise core_exc.InvalidRequestError(
                "A transaction is already begun on this Session. Commit or roll it back first, "
                "or use begin_nested() for a savepoint."
            )
        if self.closed:
            self.autobegin()
        self._begin(SessionTransactionOrigin.BEGIN)
        return self.begin_if_needed()

    def begin_nested(self) -> SessionTransaction:
        """Flush, then begin a savepoint; use it as a context manager."""
        self.own("begin_nested()")
        if self.current_transaction is None:
            if self.autobegins:
                self._begin(SessionTransactionOrigin.BEGIN)
            else:
                self.autobegin()
        outer = self.begin_if_needed()
        outer.require_active("begin_nested()")
        if not self.flushing:
            self.whole.flush()
        self.current_transaction = SessionTransaction(
            self.whole, SessionTransactionOrigin.BEGIN_NESTED, outer
        )
        return self.current_transaction

    def commit(self) -> None:
        """Flush and commit the outermost transaction; savepoints inside are released."""
        self._refuse_in_flush("commit()")
        with self._working("commit()"):
            root = self.begin_if_needed().root
            while self.current_transaction is not root and self.current_transaction is not None:
                self.current_transaction.commit()
            root.commit()

    def rollback(self) -> None:
        """Roll back the outermost transaction; does nothing without one."""
        self._refuse_in_flush("rollback()")
        with self._working("rollback()"):
            if self.current_transaction is not None:
                self.current_transaction.root.rollback()

    def _refuse_in_flush(self, doing: str) -> None:
        """Keep listeners of a flush from ending the transaction that they are in."""
        if self.flushing:
            self.own(doing)
            raise core_exc.ResourceClosedError(
                f"{doing} was called from a listener of a flush, whose transaction has to stay "
                f"open until the flush is over. Use session.on_commit() or on_rollback() for "
                f"what comes afterwards."
            )

    def prepare(self) -> None:
        """Flush as the first half of a commit."""
        node = self.begin_if_needed().root
        node.prepare()
        node.phase = Phase.PREPARED

    def on_commit(self, callback: Callable[[], Any]) -> None:
        """Call `callback()` once, after the outermost commit; never if that does not come.

        Under a savepoint that is rolled back the callback is dropped. Begins a transaction
        if there is none. Errors of callbacks: see AfterCommitErrors.
        """
        self.begin_if_needed().on_commit.append(callback)

    def on_rollback(self, callback: Callable[[], Any]) -> None:
        """Call `callback()` once, after the transaction or savepoint is rolled back."""
        self.begin_if_needed().on_rollback.append(callback)

    def in_transaction(self) -> bool:
        """Tell whether a transaction is begun."""
        return self.current_transaction is not None

    def in_nested_transaction(self) -> bool:
        """Tell whether a savepoint is begun."""
        return self.current_transaction is not None and self.current_transaction.nested

    def get_transaction(self) -> SessionTransaction | None:
        """Return the outermost transaction, or None."""
        node = self.current_transaction
        return None if node is None else node.root

    def get_nested_transaction(self) -> SessionTransaction | None:
        """Return the innermost savepoint, or None."""
        node = self.current_transaction
        return node if node is not None and node.nested else None

    @property
    def transaction(self) -> SessionTransaction | None:
        """The innermost transaction. As the reference: SQLAlchemy 2 dropped it."""
        return self.current_transaction

    @property
    def is_active(self) -> bool:
        """False only while a failed transaction waits for rollback()."""
        node = self.current_transaction
        if node is None:
            return self.autobegins
        return node.is_active

    @contextmanager
    def keeping_error(self) -> Iterator[None]:
        """Let the error under way go on; one that comes on top becomes a note of it."""
        try:
            yield
        except Exception as error:
            self.note_problem(error)

    def note_problem(self, problem: BaseException) -> None:
        """Log and warn about an error of the database in a rollback; it hides no other one."""
        report(problem, "The database")

    def named_error(self, error: BaseException, step: str) -> BaseException:
        """Return our error for one of the driver's that came from ending a transaction."""
        found: BaseException = translate(error, Facts(step=step))
        return found

    def close(self) -> None:
        """Detach all objects and end the transaction; the session can be used again."""
        self._close(invalidate=False)

    def invalidate(self) -> None:
        """As close, and throw the database connections away."""
        self._close(invalidate=True)

    def reset(self) -> None:
        """As close; also for sessions that close() ends for good."""
        self._close(invalidate=False, reset=True)

    def _close(self, invalidate: bool, reset: bool = False) -> None:
        self._refuse_in_flush("close()")
        if self.current_transaction is None and self._untouched():
            self.own("close()")
            self.closed = self.closed or not (self.close_resets_only or reset)
            return
        with self._working("close()"):
            attach.leave_all(self.whole, quietly)
            if not self.close_resets_only and not reset:
                self.closed = True
            node = self.current_transaction
            if node is not None:
                if invalidate:
                    for entry in node.root.connections.values():
                        entry[0].invalidate()
                node.root.close()

    def _untouched(self) -> bool:
        """Tell whether no object has come into this session since it was made or closed."""
        link = self.link
        return not (
            self.identity_map.by_class or link.new or link.changed or link.deleted or link.due
        )

    def drop_link(self) -> None:
        """Leave all states a dead link, and begin with an empty map."""
        begun = self.link.begun
        self.link.unit = no_unit
        self.link = Link(self._reference)
        self.link.begun = begun
        self.identity_map = IdentityMap()

    def __enter__(self: T) -> T:
        return self

    def __exit__(self, kind: Any, value: Any, traceback: Any) -> None:
        self.close()

    # -- connections ------------------------------------------------------------------

    def _add_bind(self, key: Any, bind: Engine | Connection) -> None:
        binds.add_bind(self._binds, key, bind)

    def bind_mapper(self, mapper: Any, bind: Engine | Connection) -> None:
        """Send the rows of a mapped class, or of all classes under a base, to a bind."""
        self._add_bind(mapper, bind)

    def bind_table(self, table: Any, bind: Engine | Connection) -> None:
        """Send the rows of a table to a bind."""
        self._add_bind(table, bind)

    def get_bind(
        self,
        mapper: Any = None,
        *,
        clause: Any = None,
        bind: Engine | Connection | None = None,
        **kw: Any,
    ) -> Engine | Connection:
        """Return where a mapper or a statement is executed; override it to route."""
        return bind or binds.find_bind(self, self._binds, mapper, clause)

    def connection_for(self, mapper: Mapper) -> Connection:
        """Return the connection that rows of `mapper` are read and written on."""
        node = self.current_transaction or self.autobegin()
        if self.bind is not None and not self._binds and self._plain_bind:
            known = node.connections.get(self.bind)
            if known is not None and node.phase is Phase.ACTIVE:
                return known[0]
            return self._prepared(node.connection(self.bind))
        return self._prepared(node.connection(self.get_bind(mapper)))

    @property
    def _plain_bind(self) -> bool:
        return type(self).get_bind is Transactional.get_bind

    def _prepared(self, connection: Connection) -> Connection:
        if self.execution_options:
            connection.execution_options(**self.execution_options)
        return connection

    def connection(
        self,
        bind_arguments: Mapping[str, Any] | None = None,
        execution_options: Mapping[str, Any] | None = None,
    ) -> Connection:
        """Return the Core connection of this transaction."""
        self.own("connection()")
        bind = self.get_bind(**dict(bind_arguments or {}))
        return self.begin_if_needed().connection(bind, dict(execution_options or {}))


JOIN_MODES = ("conditional_savepoint", "rollback_only", "control_fully", "create_savepoint")


def _refuse_options(autocommit: Any, future: Any, twophase: bool, mode: str) -> None:
    if autocommit:
        raise core_exc.ArgumentError("autocommit=True is no longer supported")
    if not future:
        raise core_exc.ArgumentError(
            "The 'future' parameter passed to Session() may only be True."
        )
    if twophase:
        raise core_exc.ArgumentError(
            "Session(twophase=True) is not offered: use one database per session."
        )
    raise core_exc.ArgumentError(
        f"Invalid selection for join_transaction_mode: {mode!r}; the legal ones are "
        f"{', '.join(JOIN_MODES)}."
    )

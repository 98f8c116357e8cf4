"""Transactions of a session: the outermost one, its savepoints, and what hangs on their end."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import exc as core_exc
from sqlalchemy.engine import Connection, Engine

from cormorant import exc
from cormorant.session import restore
from cormorant.session.failing import Tell, gather, quietly

if TYPE_CHECKING:
    from cormorant.session.session import Session

MOST_FLUSHES = 100
"""Flushes of one commit after which listeners are taken to never stop adding work."""


class SessionTransactionOrigin(Enum):
    """How a SessionTransaction came to be."""

    AUTOBEGIN = 0
    BEGIN = 1
    BEGIN_NESTED = 2
    SUBTRANSACTION = 3


class Phase(Enum):
    """Where a SessionTransaction stands."""

    ACTIVE = "active"
    PREPARED = "prepared"
    COMMITTED = "committed"
    DEACTIVE = "deactive"
    CLOSED = "closed"


class SessionTransaction:
    """One node: the outermost transaction, or a savepoint under `parent`.

    `new`: batches of objects that became persistent in it. `deleted`: objects whose rows it
    deleted, `unwritten` those of them that had changes. `dirty`: objects it wrote. `switched`:
    (object, key before, key after).
    """

    def __init__(
        self,
        session: Session,
        origin: SessionTransactionOrigin,
        parent: SessionTransaction | None = None,
    ) -> None:
        self.session = session
        self.origin = origin
        self.parent = parent
        self.nested = origin is SessionTransactionOrigin.BEGIN_NESTED
        self.phase = Phase.ACTIVE
        self.failure = ""
        self.connections: dict[Any, tuple[Connection, Any, bool, bool]] = {}
        self.new: list[list[Any]] = []
        self.deleted: list[Any] = []
        self.unwritten: list[Any] = []
        self.dirty: dict[int, Any] = {}
        self.switched: list[tuple[Any, Any, Any]] = []
        self.on_commit: list[Callable[[], Any]] = []
        self.on_rollback: list[Callable[[], Any]] = []
        for listener in session.dispatch.after_transaction_create:
            listener(session, self)

    @property
    def is_active(self) -> bool:
        """True while statements may run in it."""
        return self.session is not None and self.phase is Phase.ACTIVE

    @property
    def root(self) -> SessionTransaction:
        """The outermost transaction above this one."""
        node = self
        while node.parent is not None:
            node = node.parent
        return node

    def require_active(self, doing: str) -> None:
        """Refuse statements in a transaction that failed or is over."""
        if self.phase is Phase.ACTIVE:
            return
        if self.phase is Phase.DEACTIVE:
            cause = self.failure or "an error"
            raise core_exc.PendingRollbackError(
                f"This Session's transaction has been rolled back due to a previous exception "
                f"during flush ({cause}). To begin a new transaction with this Session, first "
                f"issue Session.rollback().",
                code="7s2a",
            )
        if self.phase is Phase.COMMITTED:
            raise core_exc.InvalidRequestError(
                f"This session is in 'committed' state; {doing} is not possible until the "
                f"listeners of after_commit are done. Use session.on_commit(): its callbacks "
                f"may use the session."
            )
        if self.phase is Phase.PREPARED:
            raise core_exc.InvalidRequestError(
                f"This session is in 'prepared' state; {doing} is not possible until it is "
                f"committed or rolled back."
            )
        raise core_exc.ResourceClosedError(
            f"This transaction is closed; {doing} needs a new one: call session.begin()."
        )

    def connection(
        self, bind: Engine | Connection, options: dict[str, Any] | None = None
    ) -> Connection:
        """Return the connection to a bind; begins the database transaction on first use."""
        self.require_active("a statement")
        known = self.connections.get(bind)
        if known is not None:
            return known[0]
        if self.parent is not None:
            connection = self.parent.connection(bind, options)
            entry = (connection, self._begin_savepoint(connection), True, False)
        else:
            entry = self._enlist(bind, options)
        self.connections[bind] = self.connections[entry[0]] = entry
        if entry[0].engine is not bind:
            self.connections.setdefault(entry[0].engine, entry)
        for listener in self.session.dispatch.after_begin:
            listener(self.session, self, entry[0])
        return entry[0]

    def _begin_savepoint(self, connection: Connection) -> Any:
        try:
            begin_driver_transaction(connection)
            return connection.begin_nested()
        except core_exc.DBAPIError as error:
            raise self.session.named_error(error, "SAVEPOINT") from None

    def _enlist(
        self, bind: Engine | Connection, options: dict[str, Any] | None
    ) -> tuple[Connection, Any, bool, bool]:
        """Open a connection, or join the transaction that a given one is in."""
        if not isinstance(bind, Connection):
            connection = bind.connect()
            try:
                if options:
                    connection.execution_options(**options)
                return connection, connection.begin(), True, True
            except BaseException:
                connection.close()
                raise
        if options:
            bind.execution_options(**options)
        return (*self._join(bind), False)

    def _join(self, connection: Connection) -> tuple[Connection, Any, bool]:
        if not connection.in_transaction():
            return connection, connection.begin(), True
        mode = self.session.join_transaction_mode
        if mode == "conditional_savepoint":
            inside = connection.in_nested_transaction()
            mode = "create_savepoint" if inside else "rollback_only"
        if mode == "create_savepoint":
            return connection, connection.begin_nested(), True
        transaction = connection.get_nested_transaction() or connection.get_transaction()
        return connection, transaction, mode == "control_fully"

    def _distinct_connections(self) -> list[tuple[Connection, Any, bool, bool]]:
        return list({id(entry[1]): entry for entry in self.connections.values()}.values())

    def prepare(self) -> None:
        """Flush until nothing is left; fires before_commit."""
        session = self.session
        if self.phase is not Phase.ACTIVE:
            self.require_active("a commit")
        for listener in session.dispatch.before_commit:
            listener(session)
        self._end_inner(lambda node: node.commit())
        if session.is_flushing:
            return
        for _flush in range(MOST_FLUSHES):
            if not session.has_changes:
                return
            session.flush()
        raise exc.ListenerLoopError(
            f"Over {MOST_FLUSHES} subsequent flushes have occurred within session.commit() - is "
            f"an after_flush() hook creating new objects each time?"
        )

    def _end_inner(self, end: Callable[[SessionTransaction], None]) -> None:
        """End the savepoints inside this one first."""
        while True:
            inner = self.session.current_transaction
            if inner is None or inner is self or not inner.is_inside(self):
                return
            end(inner)

    def is_inside(self, outer: SessionTransaction) -> bool:
        """Tell whether this is a savepoint somewhere below `outer`."""
        node: SessionTransaction | None = self.parent
        while node is not None:
            if node is outer:
                return True
            node = node.parent
        return False

    def commit(self) -> None:
        """Commit, or release the savepoint; runs what waits for the outermost commit."""
        session = self.session
        if self.phase is not Phase.PREPARED:
            self.require_active("a commit")
            self.prepare()
        connection: Any = None
        try:
            for entry in self._distinct_connections():
                connection, transaction, decides, _owned = entry
                if decides:
                    transaction.commit()
        except BaseException as error:
            named = session.named_error(error, "RELEASE SAVEPOINT" if self.nested else "COMMIT")
            self._take_back(named, connection)
            raise named from None
        self.phase = Phase.COMMITTED
        errors: list[Exception] = []
        tell = partial(gather, errors)
        tell(session.dispatch.after_commit, session)
        if self.parent is not None:
            self._hand_up(self.parent)
        else:
            restore.after_commit(self, tell)
        callbacks = self.on_commit if self.parent is None else []
        self._close(tell)
        tell(callbacks)
        if errors:
            raise self._failed_afterwards(errors)

    def _take_back(self, failure: BaseException, connection: Connection) -> None:
        """Roll back because the database refused the end; with a savepoint goes all above it.

        Whether a savepoint that could not be released still stands, nobody can tell.
        """
        outer = self.parent
        if outer is None:
            undo_failed_commit(connection)
        with self.session.keeping_error():
            self.rollback()
        if outer is not None:
            outer.fail(failure)

    def _failed_afterwards(self, errors: list[Exception]) -> Exception:
        """Return what to raise when listeners or callbacks failed after the end."""
        if not self.nested:
            return exc.AfterCommitErrors(
                f"The transaction is committed, but {len(errors)} listener(s) or callback(s) "
                f"after the commit failed. The data is durable: do not repeat the transaction, "
                f"repeat the failed work.",
                errors,
            )
        first, *others = errors
        for other in others:
            first.add_note(f"{type(other).__name__} was raised as well by another listener.")
        return first

    def _hand_up(self, parent: SessionTransaction) -> None:
        """Let the parent answer for what happened in this savepoint."""
        parent.new.extend(self.new)
        parent.deleted.extend(self.deleted)
        parent.unwritten.extend(self.unwritten)
        parent.dirty.update(self.dirty)
        parent.switched.extend(self.switched)
        parent.on_commit.extend(self.on_commit)
        parent.on_rollback.extend(self.on_rollback)

    def rollback(self, failure: BaseException | None = None) -> None:
        """Roll back to where this transaction or savepoint began; objects follow."""
        if self.phase is Phase.CLOSED:
            raise core_exc.ResourceClosedError("This transaction is closed")
        self._end_inner(lambda node: node.rollback())
        if self.phase in (Phase.ACTIVE, Phase.PREPARED):
            self.roll_back_now()
        session = self.session
        if self.phase is Phase.DEACTIVE and session.has_changes:
            restore.discard_changes(self)
        callbacks = self.on_rollback if self.phase is not Phase.COMMITTED else []
        self._close(quietly)
        quietly(session.dispatch.after_soft_rollback, session, self)
        quietly(callbacks)

    def roll_back_now(self) -> None:
        """Roll back in the database at once; the node stays, deactive, until it is ended."""
        session = self.session
        problem: BaseException | None = None
        for connection, transaction, decides, _owned in self._distinct_connections():
            try:
                if (decides or self.parent is None) and (transaction.is_active or self.nested):
                    transaction.rollback()
            except Exception as error:
                problem = error
                throw_away(connection)
        self.phase = Phase.DEACTIVE
        quietly(session.dispatch.after_rollback, session)
        restore.after_rollback(self)
        if problem is not None:
            session.note_problem(problem)
            if self.parent is not None:
                self.parent.fail(problem)

    def fail(self, failure: BaseException) -> None:
        """Roll back this one and all above it, because a savepoint inside could not be ended."""
        node: SessionTransaction | None = self
        while node is not None:
            if node.phase in (Phase.ACTIVE, Phase.PREPARED):
                node.failure = type(failure).__name__
                node.roll_back_now()
            node = node.parent

    def deactivate(self, failure: BaseException) -> None:
        """Roll back because a flush failed; the user has to end the transaction."""
        # By name only: the error holds the frames that hold this transaction.
        self.failure = type(failure).__name__
        self._end_inner(lambda node: node.rollback())
        if self.phase is Phase.ACTIVE:
            self.roll_back_now()

    def close(self) -> None:
        """End the transaction without commit; nothing of its objects is kept up."""
        if self.phase is not Phase.CLOSED:
            self._end_inner(lambda node: node.close())
            if self.phase in (Phase.ACTIVE, Phase.PREPARED):
                for connection, transaction, decides, owned in self._distinct_connections():
                    if (decides or self.parent is None) and transaction.is_active and not owned:
                        self._end_quietly(connection, transaction.rollback)
            callbacks = self.on_rollback if self.phase is not Phase.COMMITTED else []
            self._close(quietly)
            quietly(callbacks)

    def _end_quietly(self, connection: Connection, end: Callable[[], None]) -> None:
        """Roll back or give back a connection; one that fails is thrown away."""
        try:
            end()
        except Exception as error:
            throw_away(connection)
            self.session.note_problem(error)

    def _close(self, tell: Tell) -> None:
        session = self.session
        self.phase = Phase.CLOSED
        session.current_transaction = self.parent
        if self.parent is None:
            session.link.begun = False
            for connection, transaction, _decides, owned in self._distinct_connections():
                if owned:
                    self._end_quietly(connection, connection.close)
                    connection.close()
                elif transaction.is_active and not connection.in_transaction():
                    transaction.close()
        self.connections = {}
        tell(session.dispatch.after_transaction_end, session, self)

    def finish(self, tell: Tell) -> None:
        """End the node that stood for a flush: it had no connection of its own."""
        if self.phase is not Phase.CLOSED:
            self.phase = Phase.CLOSED
            tell(self.session.dispatch.after_transaction_end, self.session, self)

    def __enter__(self) -> SessionTransaction:
        return self

    def __exit__(self, kind: Any, value: Any, traceback: Any) -> None:
        if self.phase is Phase.CLOSED:
            return
        if kind is None:
            try:
                self.commit()
            except BaseException:
                self._abandon()
                raise
            return
        self._abandon()

    def _abandon(self) -> None:
        """End the transaction because of an error, which must not be hidden."""
        if self.phase is Phase.CLOSED:
            return
        with self.session.keeping_error():
            if self.phase is Phase.DEACTIVE:
                self.close()
            else:
                self.rollback()


def undo_failed_commit(connection: Connection) -> None:
    """Roll back in the driver: for Core a transaction is over also when its COMMIT failed."""
    if connection.closed or connection.invalidated:
        return
    if connection.in_transaction():
        throw_away(connection)  # the failed end was of our savepoint inside the user's own
        return
    try:
        connection.dialect.do_rollback(connection.connection)
    except Exception:
        throw_away(connection)


def throw_away(connection: Connection) -> None:
    """Invalidate a connection whose state is unknown; its server then rolls back by itself."""
    if not connection.closed:
        connection.invalidate()


def begin_driver_transaction(connection: Connection) -> None:
    """Make SQLite's driver begin before a SAVEPOINT, or its release would commit.

    An engine that begins for itself is in a transaction already and left alone.
    """
    if connection.dialect.name != "sqlite":
        return
    driver: Any = connection.connection.dbapi_connection
    if getattr(driver, "in_transaction", True) is False:
        connection.exec_driver_sql("BEGIN")

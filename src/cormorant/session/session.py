"""The session: a facade over attaching, flushing, loading, executing and transactions."""

from __future__ import annotations

import itertools
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload

from sqlalchemy import exc as core_exc
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.util import EMPTY_DICT
from typing_extensions import TypeVarTuple, Unpack

from cormorant import exc
from cormorant.event.catalog import SessionEvents
from cormorant.event.places import OfClass, OfObject, Place
from cormorant.instrument._state_cy import Link, drop_values, no_unit, settle, state_of
from cormorant.instrument.history import History
from cormorant.instrument.identity import IdentityMap
from cormorant.mapping.mapper import Mapper, class_mapper
from cormorant.session import announced, attach, binds, executing, flushing, loading, merging
from cormorant.session.failing import quietly, report
from cormorant.session.members import ObjectSet
from cormorant.session.query import Query
from cormorant.session.restore import expire_everything
from cormorant.session.transaction import (
    Phase,
    SessionTransaction,
    SessionTransactionOrigin,
)
from cormorant.sql.errors import Facts, translate

if TYPE_CHECKING:
    from sqlalchemy import Executable
    from sqlalchemy.engine import Result, ScalarResult
    from sqlalchemy.sql.selectable import TypedReturnsRows

Ts = TypeVarTuple("Ts")
O = TypeVar("O")  # noqa: E741 # O as in object

JoinMode = Literal["conditional_savepoint", "rollback_only", "control_fully", "create_savepoint"]
_numbers = itertools.count(1)
_sessions: weakref.WeakValueDictionary[int, Session] = weakref.WeakValueDictionary()


class Session:
    """The objects of one unit of work, and their transaction.

    As sqlalchemy.orm.Session. One thread at a time: a second one is refused by name.
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
        _check_options(autocommit, future, twophase, join_transaction_mode)
        self.dispatch: Any = SessionEvents.board.dispatch_of(type(self))
        self.bind = bind
        self.autoflush = autoflush
        self.expire_on_commit = expire_on_commit
        self.autobegins = autobegin
        self.enable_baked_queries = enable_baked_queries
        self.join_transaction_mode = join_transaction_mode
        self.query_cls: type[Query[Any]] = query_cls or Query
        self.close_resets_only = close_resets_only is not False
        self.execution_options = dict(execution_options or {})
        self.identity_map = IdentityMap()
        self.link = Link(weakref.ref(self))
        self.current_transaction: SessionTransaction | None = None
        self.flush_transaction: SessionTransaction | None = None
        self.flushing = False
        self.closed = False
        self._info = dict(info) if info else None
        self._binds: dict[Any, Any] = {}
        self._number = 0
        self._owner = 0
        for key, target in (binds or {}).items():
            self._add_bind(key, target)
        _sessions[id(self)] = self

    # -- who may use it ---------------------------------------------------------------

    def own(self, doing: str) -> None:
        """Refuse the session to a thread while another one is at work in it."""
        owner = self._owner
        if owner and owner != threading.get_ident():
            raise exc.ThreadError(
                f"This Session is at work in another thread, so {doing} was refused here. A "
                f"Session is for one thread at a time: give each thread its own, for example "
                f"with scoped_session."
            )

    @contextmanager
    def _working(self, doing: str) -> Iterator[None]:
        self.own(doing)
        if self._owner:
            yield
            return
        self._owner = threading.get_ident()
        try:
            yield
        finally:
            self._owner = 0

    @property
    def hash_key(self) -> int:
        """A number that tells sessions apart in messages."""
        if not self._number:
            self._number = next(_numbers)
        return self._number

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
                    "transaction requests."
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
            self.current_transaction = SessionTransaction(self, origin)
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
            self.flush()
        self.current_transaction = SessionTransaction(
            self, SessionTransactionOrigin.BEGIN_NESTED, outer
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
        with self._working("close()"):
            attach.leave_all(self, quietly)
            if not self.close_resets_only and not reset:
                self.closed = True
            node = self.current_transaction
            if node is not None:
                if invalidate:
                    for entry in node.root.connections.values():
                        entry[0].invalidate()
                node.root.close()

    def drop_link(self) -> None:
        """Leave all states a dead link, and begin with an empty map."""
        begun = self.link.begun
        self.link.unit = no_unit
        self.link = Link(weakref.ref(self))
        self.link.begun = begun
        self.identity_map = IdentityMap()

    def __enter__(self: S) -> S:
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
        return type(self).get_bind is Session.get_bind

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

    # -- objects ----------------------------------------------------------------------

    def add(self, instance: object, *, _warn: bool = True) -> None:
        """Put an object, and what it cascades to, into the session."""
        self.own("add()")
        attach.add(self, instance)

    def add_all(self, instances: Iterable[object]) -> None:
        """Put objects, and what they cascade to, into the session."""
        self.own("add_all()")
        attach.add_all(self, instances)

    def delete(self, instance: object) -> None:
        """Mark an object for deletion by the next flush."""
        self.own("delete()")
        attach.delete(self, instance)

    def delete_all(self, instances: Iterable[object]) -> None:
        """Mark objects for deletion by the next flush."""
        for instance in instances:
            self.delete(instance)

    def cascade_into(self, member: object) -> None:
        """Take in an object because an object of this session refers to it now."""
        attach.add(self, member)

    def expunge(self, instance: object) -> None:
        """Take an object out of the session."""
        self.own("expunge()")
        attach.expunge(self, instance)

    def expunge_all(self) -> None:
        """Take all objects out of the session."""
        self.own("expunge_all()")
        attach.leave_all(self)

    def expire(self, instance: object, attribute_names: Iterable[str] | None = None) -> None:
        """Have attributes of an object loaded anew on their next access."""
        loading.expire(self, instance, attribute_names)

    def expire_all(self) -> None:
        """Have all objects loaded anew on their next access; drops unflushed changes."""
        for obj in list(self.link.changed.values()):
            state = state_of(obj)
            drop_values(state)
        self.link.changed.clear()
        expire_everything(self)

    def refresh(
        self,
        instance: object,
        attribute_names: Iterable[str] | None = None,
        with_for_update: Any = None,
    ) -> None:
        """Load attributes of an object now, overwriting what is in memory."""
        with self._working("refresh()"):
            loading.refresh(self, instance, attribute_names, with_for_update or None)

    def merge(
        self,
        instance: O,
        *,
        load: bool = True,
        options: Any = None,
    ) -> O:
        """Copy the state of an object onto the one of its key in this session; return that."""
        with self._working("merge()"):
            result: O = merging.merge(self, instance, load)
            return result

    def merge_all(self, instances: Iterable[O], *, load: bool = True, options: Any = None) -> list[O]:
        """Merge each of the objects."""
        return [self.merge(instance, load=load) for instance in instances]

    def get(
        self,
        entity: type[O] | Mapper,
        ident: Any,
        *,
        options: Any = None,
        populate_existing: bool = False,
        with_for_update: Any = None,
        identity_token: Any = None,
        execution_options: Mapping[str, Any] = EMPTY_DICT,
        bind_arguments: Mapping[str, Any] | None = None,
    ) -> O | None:
        """Return the object of a primary key, or None; no SQL when it is in the session.

        `ident`: a value, a tuple in the order of the key, or a dict by attribute name.
        """
        self.own("get()")
        mapper = _mapper_to_get(entity)
        overwrite = populate_existing or bool(execution_options.get("populate_existing"))
        lock = with_for_update or None
        found: O | None = loading.get(self, mapper, ident, overwrite, lock, execution_options)
        return found

    def get_one(
        self,
        entity: type[O] | Mapper,
        ident: Any,
        *,
        options: Any = None,
        populate_existing: bool = False,
        with_for_update: Any = None,
        identity_token: Any = None,
        execution_options: Mapping[str, Any] = EMPTY_DICT,
        bind_arguments: Mapping[str, Any] | None = None,
    ) -> O:
        """Return the object of a primary key; raises NoResultFound."""
        found = self.get(
            entity,
            ident,
            populate_existing=populate_existing,
            with_for_update=with_for_update,
            execution_options=execution_options,
        )
        if found is None:
            name = class_mapper(entity).class_.__name__
            raise exc.NoResultFound(
                f"No row was found when one was required: no {name!r} has this primary key."
            )
        return found

    def announced_get(
        self, mapper: Mapper, pk: Any, overwrite: bool, lock: Any, options: Any
    ) -> Any:
        """Load by key for do_orm_execute listeners to see."""
        return announced.get(self, mapper, pk, overwrite, lock, options)

    def announced_column_load(self, mapper: Mapper, pk: Any, names: list[str]) -> None:
        """Tell do_orm_execute listeners of a load of attributes."""
        announced.column_load(self, mapper, pk, names)

    def announced_related(self, prop: Any, values: tuple[Any, ...]) -> list[Any]:
        """Load a relationship for do_orm_execute listeners to see."""
        return announced.related(self, prop, values)

    def load_missing(self, target: Any, state: Any, key: str) -> None:
        """Load an unloaded attribute of an object; called by the attribute itself."""
        loading.load_missing(self, target, state, key)

    def peek_related(self, target: Any, state: Any, key: str) -> Any:
        """Return a related object if it is in memory; called by the attribute itself."""
        return loading.peek_related(self, target, state, key)

    # -- flush ------------------------------------------------------------------------

    def flush(self, objects: Iterable[object] | None = None) -> None:
        """Write all changes to the database, within the transaction."""
        with self._working("flush()"):
            flushing.flush(self, objects)

    @property
    def is_flushing(self) -> bool:
        """True while a flush runs."""
        return self.flushing

    @property
    def has_changes(self) -> bool:
        """True when a flush has something to look at."""
        link = self.link
        return bool(link.new or link.changed or link.deleted)

    def maybe_autoflush(self) -> None:
        """Flush before a query, unless that is off or a flush runs."""
        if self.autoflush and not self.flushing:
            link = self.link
            if link.new or link.changed or link.deleted:
                self._autoflush()

    def _autoflush(self) -> None:
        try:
            self.flush()
        except core_exc.StatementError as error:
            error.add_detail(
                "raised as a result of Query-invoked autoflush; consider using a "
                "session.no_autoflush block if this flush is occurring prematurely"
            )
            raise

    @property
    @contextmanager
    def no_autoflush(self) -> Iterator[Session]:
        """Within the block, queries do not flush."""
        before = self.autoflush
        self.autoflush = False
        try:
            yield self
        finally:
            self.autoflush = before

    def has(self, obj: object) -> bool:
        """Tell whether an object belongs to this session."""
        return state_of(obj).link is self.link

    def key_switched(self, obj: object, before: Any, after: Any) -> None:
        """Take note that a flush changed the primary key of an object."""
        if self.current_transaction is not None:
            self.current_transaction.switched.append((obj, before, after))

    @property
    def new(self) -> ObjectSet:
        """The objects that the next flush inserts."""
        return ObjectSet(self.link.new.values())

    @property
    def dirty(self) -> ObjectSet:
        """The persistent objects with changes, whether or not these cancel out."""
        link = self.link
        return ObjectSet(
            [
                obj
                for oid, obj in link.changed.items()
                if oid not in link.deleted and oid not in link.new
            ]
        )

    @property
    def deleted(self) -> ObjectSet:
        """The objects that the next flush deletes."""
        return ObjectSet(self.link.deleted.values())

    def is_modified(self, instance: object, include_collections: bool = True) -> bool:
        """Tell whether an object has a net change; loads nothing."""
        state = state_of(instance)
        if state.old is None and state.pk is not None:
            return False
        for attribute in state.manager.attributes.values():
            if attribute.collection and not include_collections:
                continue
            history: History = state.attrs[attribute.key].history
            if history.added or history.deleted:
                return True
        return False

    def __contains__(self, instance: object) -> bool:
        state = state_of(instance)
        if state.link is not self.link:
            return False
        return id(instance) in self.link.new or (
            state.pk is not None
            and self.identity_map.find(state.manager.mapper, state.pk) is instance
        )

    def __iter__(self) -> Iterator[object]:
        return iter([*self.link.new.values(), *self.identity_map.values()])

    def enable_relationship_loading(self, obj: object) -> None:
        """Let relationships of a transient object load by its foreign keys.

        As the documentation of SQLAlchemy: for objects whose keys are set by hand.
        """
        state = state_of(obj)
        state.extras().load_options = (*state.extras().load_options, "relationships")

    # -- statements -------------------------------------------------------------------

    @overload
    def execute(  # type: ignore[overload-overlap] # as Core's own overloads
        self,
        statement: TypedReturnsRows[Unpack[Ts]],
        params: Any = None,
        *,
        execution_options: Mapping[str, Any] = EMPTY_DICT,
        bind_arguments: Mapping[str, Any] | None = None,
        _parent_execute_state: Any = None,
        _add_event: Any = None,
    ) -> Result[Unpack[Ts]]: ...

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
        result: Result[Any]
        if self._owner:
            self.own("execute()")
            result = executing.execute(
                self, statement, params, execution_options, bind_arguments
            )
            return result
        self._owner = threading.get_ident()
        try:
            result = executing.execute(
                self, statement, params, execution_options, bind_arguments
            )
        finally:
            self._owner = 0
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
        if self._owner:
            self.own("scalars()")
            return executing.scalars(self, statement, params, execution_options, bind_arguments)
        # As `_working`, which costs more than the rest of a small query here.
        self._owner = threading.get_ident()
        try:
            return executing.scalars(self, statement, params, execution_options, bind_arguments)
        finally:
            self._owner = 0

    @overload
    def query(self, entity: type[O], /) -> Query[O]: ...

    @overload
    def query(self, *entities: Any) -> Query[Any]: ...

    def query(self, *entities: Any, **kwargs: Any) -> Query[Any]:
        """Return a Query of classes, attributes or expressions."""
        return self.query_cls(entities, self, **kwargs)

    @classmethod
    def object_session(cls, instance: object) -> Session | None:
        """Return the session an object belongs to, or None."""
        return object_session(instance)

    @classmethod
    def identity_key(
        cls,
        class_: type[Any] | None = None,
        ident: Any = None,
        *,
        instance: Any = None,
        row: Any = None,
        identity_token: Any = None,
    ) -> tuple[Any, ...]:
        """Return the identity key of (class, ident), (class, row) or an object."""
        return identity_key(class_, ident, instance=instance, row=row)


S = TypeVar("S", bound=Session)


def _mapper_to_get(entity: Any) -> Mapper:
    try:
        return class_mapper(entity)
    except exc.UnmappedClassError as error:
        raise core_exc.NoInspectionAvailable(str(error)) from None


def _check_options(autocommit: Any, future: Any, twophase: bool, mode: str) -> None:
    if autocommit:
        raise core_exc.ArgumentError("autocommit=True is no longer supported")
    if not future:
        raise core_exc.ArgumentError("The 'future' parameter passed to Session() may only be True.")
    if twophase:
        raise core_exc.ArgumentError(
            "Session(twophase=True) is not offered: use one database per session."
        )
    legal = ("conditional_savepoint", "rollback_only", "control_fully", "create_savepoint")
    if mode not in legal:
        raise core_exc.ArgumentError(
            f"Invalid selection for join_transaction_mode: {mode!r}; the legal ones are "
            f"{', '.join(legal)}."
        )


def object_session(instance: object) -> Session | None:
    """Return the session an object belongs to, or None."""
    session: Session | None = state_of(instance).session
    return session


def identity_key(
    class_: Any = None,
    ident: Any = None,
    *,
    instance: Any = None,
    row: Any = None,
    identity_token: Any = None,
) -> tuple[Any, ...]:
    """Return (class, primary key tuple, token) of (class, ident), (class, row) or an object."""
    if class_ is not None:
        mapper = class_mapper(class_)
        if row is not None:
            return mapper.identity_key_from_row(row, identity_token)
        if ident is None:
            raise core_exc.ArgumentError("ident or row is required")
        parts = ident if isinstance(ident, (tuple, list)) else (ident,)
        return mapper.identity_key_from_primary_key(parts, identity_token)
    if instance is None:
        raise core_exc.ArgumentError("class or instance is required")
    own: Mapper = state_of(instance).manager.mapper
    return own.identity_key_from_instance(instance)


def close_all_sessions() -> None:
    """Close every session in memory."""
    for session in list(_sessions.values()):
        session.close()


def make_transient(instance: object) -> None:
    """Make an object as if it had never been in a session; its values stay."""
    state = state_of(instance)
    session: Session | None = state.session
    if session is not None:
        attach.expunge(session, instance)
    settle(state)
    state.link = None
    state.pk = None
    state.old = None
    state.flags = 0
    state.extra = None


def make_transient_to_detached(instance: object) -> None:
    """Make a new object as if it had been loaded and detached; unset values are unloaded."""
    state = state_of(instance)
    if state.session is not None or state.pk is not None:
        raise core_exc.InvalidRequestError("Given object must be transient")
    state.pk = state.manager.mapper.pk_from_values(state.values)
    state.old = None
    state.flags = 0
    loading.drop_all_but(state, state.manager.mapper.pk_keys)


def was_deleted(object_: object) -> bool:
    """Tell whether a flush deleted the row of an object, now or in the past."""
    return bool(state_of(object_).was_deleted)


def _place_of_session(target: Any) -> Place | None:
    if isinstance(target, Session):
        return OfObject(target)
    if isinstance(target, type) and issubclass(target, Session):
        return OfClass(target)
    made = getattr(target, "session_factory", target)
    if isinstance(getattr(made, "class_", None), type) and issubclass(made.class_, Session):
        return OfClass(made.class_)
    return None


SessionEvents.add_resolver(_place_of_session)

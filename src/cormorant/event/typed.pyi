"""Types of `listen` and `listens_for`, written by tools/write_listen_types.py."""

from collections.abc import Callable, Sequence
from typing import Any, Literal, TypedDict, TypeVar, overload

from sqlalchemy.engine import Connection
from typing_extensions import Unpack

from cormorant.event.signatures import CoreTarget, OtherListeners
from cormorant.flush.context import UOWTransaction
from cormorant.instrument._state_cy import InstanceState
from cormorant.instrument.collections import CollectionAdapter
from cormorant.instrument.constants import AttributeEventToken
from cormorant.instrument.manager import ClassManager
from cormorant.load.context import QueryContext
from cormorant.mapping.declarative import DeclarativeBase, DeclarativeBaseNoMeta
from cormorant.mapping.mapper import Mapper
from cormorant.mapping.python_types import TypeResolve
from cormorant.mapping.registry import registry
from cormorant.mapping.registry import registry as Registry
from cormorant.session.bulk import BulkUD
from cormorant.session.factory import scoped_session, sessionmaker
from cormorant.session.orm_execute import ORMExecuteState
from cormorant.session.query import Query
from cormorant.session.session import Session
from cormorant.session.transaction import SessionTransaction
from cormorant.sql.attributes import QueryableAttribute

T = TypeVar("T")

class Options(TypedDict, total=False):
    after: OtherListeners
    before: OtherListeners
    insert: bool
    once: bool
    priority: int
    propagate: bool

class ActiveHistoryRetvalOptions(Options, total=False):
    active_history: bool
    retval: bool

class RetvalOptions(Options, total=False):
    retval: bool

class RestoreLoadContextOptions(Options, total=False):
    restore_load_context: bool

class RestoreLoadContextRetvalOptions(Options, total=False):
    restore_load_context: bool
    retval: bool

class BakeOkRetvalOptions(Options, total=False):
    bake_ok: bool
    retval: bool

class FreeOptions(Options, total=False):
    active_history: bool
    bake_ok: bool
    raw: bool
    restore_load_context: bool
    retval: bool

AttributeInitCollectionName = Literal["init_collection", "dispose_collection"]

AttributeAppendName = Literal["append", "append_wo_mutation"]

MapperInstrumentClassName = Literal[
    "instrument_class", "after_mapper_constructed", "mapper_configured"
]

MapperBeforeConfiguredName = Literal["before_configured", "after_configured"]

MapperBeforeInsertName = Literal[
    "before_insert",
    "after_insert",
    "before_update",
    "after_update",
    "before_delete",
    "after_delete",
]

InstanceInitName = Literal["init", "init_failure"]

InstancePickleName = Literal["pickle", "unpickle"]

SessionAfterTransactionCreateName = Literal["after_transaction_create", "after_transaction_end"]

SessionLoadedAsPersistentName = Literal[
    "loaded_as_persistent",
    "before_attach",
    "after_attach",
    "transient_to_pending",
    "detached_to_persistent",
    "pending_to_persistent",
    "persistent_to_deleted",
    "deleted_to_persistent",
    "pending_to_transient",
    "persistent_to_transient",
    "deleted_to_detached",
    "persistent_to_detached",
]

SessionBeforeCommitName = Literal["before_commit", "after_commit", "after_rollback"]

SessionAfterFlushName = Literal["after_flush", "after_flush_postexec"]

InstrumentationClassInstrumentName = Literal["class_instrument", "class_uninstrument"]

RegistryBeforeConfiguredName = Literal["before_configured", "after_configured"]

AnyEvent = (
    AttributeInitCollectionName
    | AttributeAppendName
    | MapperInstrumentClassName
    | MapperBeforeConfiguredName
    | MapperBeforeInsertName
    | InstanceInitName
    | InstancePickleName
    | SessionAfterTransactionCreateName
    | SessionLoadedAsPersistentName
    | SessionBeforeCommitName
    | SessionAfterFlushName
    | InstrumentationClassInstrumentName
    | RegistryBeforeConfiguredName
    | Literal[
        "init_scalar",
        "set",
        "bulk_replace",
        "remove",
        "modified",
        "before_mapper_configured",
        "first_init",
        "load",
        "refresh",
        "refresh_flush",
        "expire",
        "after_begin",
        "do_orm_execute",
        "after_bulk_update",
        "after_bulk_delete",
        "before_flush",
        "after_soft_rollback",
        "before_compile",
        "before_compile_update",
        "before_compile_delete",
        "attribute_instrument",
        "resolve_type_annotation",
    ]
)

KeyedEvent = Literal["bulk_replace", "append", "append_wo_mutation", "remove"]

CoreEvent = Literal[
    "after_create",
    "after_cursor_execute",
    "after_drop",
    "after_execute",
    "after_parent_attach",
    "before_create",
    "before_cursor_execute",
    "before_drop",
    "before_execute",
    "before_parent_attach",
    "begin",
    "begin_twophase",
    "checkin",
    "checkout",
    "close",
    "close_detached",
    "column_reflect",
    "commit",
    "commit_twophase",
    "connect",
    "detach",
    "do_connect",
    "do_execute",
    "do_execute_no_params",
    "do_executemany",
    "do_setinputsizes",
    "engine_connect",
    "engine_disposed",
    "first_connect",
    "handle_error",
    "invalidate",
    "prepare_twophase",
    "release_savepoint",
    "reset",
    "rollback",
    "rollback_savepoint",
    "rollback_twophase",
    "savepoint",
    "set_connection_execution_options",
    "set_engine_execution_options",
    "soft_invalidate",
]

Free = TypeVar("Free", bound=Callable[..., Any])

AttributeInitScalar = TypeVar(
    "AttributeInitScalar", bound=Callable[[Any, Any, dict[str, Any]], Any]
)

AttributeInitCollection = TypeVar(
    "AttributeInitCollection", bound=Callable[[Any, Any, CollectionAdapter], None]
)

AttributeSet = TypeVar("AttributeSet", bound=Callable[[Any, Any, Any, AttributeEventToken], Any])

AttributeBulkReplace = TypeVar(
    "AttributeBulkReplace", bound=Callable[[Any, list[Any], AttributeEventToken], None]
)

AttributeAppend = TypeVar("AttributeAppend", bound=Callable[[Any, Any, AttributeEventToken], Any])

AttributeRemove = TypeVar("AttributeRemove", bound=Callable[[Any, Any, AttributeEventToken], None])

AttributeModified = TypeVar("AttributeModified", bound=Callable[[Any, AttributeEventToken], None])

MapperInstrumentClass = TypeVar(
    "MapperInstrumentClass", bound=Callable[[Mapper[Any], type[Any]], None]
)

MapperBeforeConfigured = TypeVar("MapperBeforeConfigured", bound=Callable[[], None])

MapperBeforeMapperConfigured = TypeVar(
    "MapperBeforeMapperConfigured", bound=Callable[[Mapper[Any], type[Any]], Any]
)

MapperBeforeInsert = TypeVar(
    "MapperBeforeInsert", bound=Callable[[Mapper[Any], Connection, Any], Any]
)

InstanceFirstInit = TypeVar("InstanceFirstInit", bound=Callable[[ClassManager, type[Any]], None])

InstanceInit = TypeVar(
    "InstanceInit", bound=Callable[[Any, tuple[Any, ...], dict[str, Any]], None]
)

InstanceLoad = TypeVar("InstanceLoad", bound=Callable[[Any, QueryContext], None])

InstanceRefresh = TypeVar(
    "InstanceRefresh", bound=Callable[[Any, QueryContext, Sequence[str] | None], None]
)

InstanceRefreshFlush = TypeVar(
    "InstanceRefreshFlush", bound=Callable[[Any, UOWTransaction, Sequence[str] | None], None]
)

InstanceExpire = TypeVar("InstanceExpire", bound=Callable[[Any, Sequence[str] | None], None])

InstancePickle = TypeVar("InstancePickle", bound=Callable[[Any, dict[str, Any]], None])

SessionAfterTransactionCreate = TypeVar(
    "SessionAfterTransactionCreate", bound=Callable[[Session, SessionTransaction], None]
)

SessionAfterBegin = TypeVar(
    "SessionAfterBegin", bound=Callable[[Session, SessionTransaction, Connection], None]
)

SessionDoOrmExecute = TypeVar("SessionDoOrmExecute", bound=Callable[[ORMExecuteState], Any])

SessionAfterBulkUpdate = TypeVar(
    "SessionAfterBulkUpdate",
    bound=Callable[[BulkUD], None] | Callable[[Session, Query[Any], Any, Any], None],
)

SessionAfterBulkDelete = TypeVar(
    "SessionAfterBulkDelete",
    bound=Callable[[BulkUD], None] | Callable[[Session, Query[Any], Any, Any], None],
)

SessionLoadedAsPersistent = TypeVar(
    "SessionLoadedAsPersistent", bound=Callable[[Session, Any], None]
)

SessionBeforeCommit = TypeVar("SessionBeforeCommit", bound=Callable[[Session], None])

SessionBeforeFlush = TypeVar(
    "SessionBeforeFlush", bound=Callable[[Session, UOWTransaction, Sequence[Any] | None], None]
)

SessionAfterFlush = TypeVar("SessionAfterFlush", bound=Callable[[Session, UOWTransaction], None])

SessionAfterSoftRollback = TypeVar(
    "SessionAfterSoftRollback", bound=Callable[[Session, SessionTransaction], None]
)

QueryBeforeCompile = TypeVar("QueryBeforeCompile", bound=Callable[[Query[Any]], Any])

QueryBeforeCompileUpdate = TypeVar(
    "QueryBeforeCompileUpdate", bound=Callable[[Query[Any], BulkUD], Any]
)

QueryBeforeCompileDelete = TypeVar(
    "QueryBeforeCompileDelete", bound=Callable[[Query[Any], BulkUD], Any]
)

InstrumentationClassInstrument = TypeVar(
    "InstrumentationClassInstrument", bound=Callable[[type[Any]], None]
)

InstrumentationAttributeInstrument = TypeVar(
    "InstrumentationAttributeInstrument", bound=Callable[[type[Any], str, Any], None]
)

RegistryResolveTypeAnnotation = TypeVar(
    "RegistryResolveTypeAnnotation", bound=Callable[[TypeResolve], Any]
)

RegistryBeforeConfigured = TypeVar("RegistryBeforeConfigured", bound=Callable[[Registry], None])

@overload
def listen(
    target: QueryableAttribute[T],
    name: Literal["init_scalar"],
    fn: Callable[[Any, Any, dict[str, Any]], Any],
    *,
    raw: Literal[False] = ...,
    **options: Unpack[ActiveHistoryRetvalOptions],
) -> None: ...
@overload
def listen(
    target: QueryableAttribute[Any],
    name: Literal["init_scalar"],
    fn: Callable[[InstanceState, Any, dict[str, Any]], Any],
    *,
    raw: Literal[True],
    **options: Unpack[ActiveHistoryRetvalOptions],
) -> None: ...
@overload
def listen(
    target: QueryableAttribute[T],
    name: AttributeInitCollectionName,
    fn: Callable[[Any, Any, CollectionAdapter], None],
    *,
    raw: Literal[False] = ...,
    **options: Unpack[ActiveHistoryRetvalOptions],
) -> None: ...
@overload
def listen(
    target: QueryableAttribute[Any],
    name: AttributeInitCollectionName,
    fn: Callable[[InstanceState, Any, CollectionAdapter], None],
    *,
    raw: Literal[True],
    **options: Unpack[ActiveHistoryRetvalOptions],
) -> None: ...
@overload
def listen(
    target: QueryableAttribute[T],
    name: Literal["set"],
    fn: Callable[[Any, T, Any, AttributeEventToken], Any],
    *,
    raw: Literal[False] = ...,
    **options: Unpack[ActiveHistoryRetvalOptions],
) -> None: ...
@overload
def listen(
    target: QueryableAttribute[Any],
    name: Literal["set"],
    fn: Callable[[InstanceState, Any, Any, AttributeEventToken], Any],
    *,
    raw: Literal[True],
    **options: Unpack[ActiveHistoryRetvalOptions],
) -> None: ...
@overload
def listen(
    target: QueryableAttribute[T],
    name: Literal["bulk_replace"],
    fn: Callable[[Any, list[Any], AttributeEventToken], None],
    *,
    raw: Literal[False] = ...,
    **options: Unpack[ActiveHistoryRetvalOptions],
) -> None: ...
@overload
def listen(
    target: QueryableAttribute[Any],
    name: Literal["bulk_replace"],
    fn: Callable[[InstanceState, list[Any], AttributeEventToken], None],
    *,
    raw: Literal[True],
    **options: Unpack[ActiveHistoryRetvalOptions],
) -> None: ...
@overload
def listen(
    target: QueryableAttribute[T],
    name: AttributeAppendName,
    fn: Callable[[Any, Any, AttributeEventToken], Any],
    *,
    raw: Literal[False] = ...,
    **options: Unpack[ActiveHistoryRetvalOptions],
) -> None: ...
@overload
def listen(
    target: QueryableAttribute[Any],
    name: AttributeAppendName,
    fn: Callable[[InstanceState, Any, AttributeEventToken], Any],
    *,
    raw: Literal[True],
    **options: Unpack[ActiveHistoryRetvalOptions],
) -> None: ...
@overload
def listen(
    target: QueryableAttribute[T],
    name: Literal["remove"],
    fn: Callable[[Any, Any, AttributeEventToken], None],
    *,
    raw: Literal[False] = ...,
    **options: Unpack[ActiveHistoryRetvalOptions],
) -> None: ...
@overload
def listen(
    target: QueryableAttribute[Any],
    name: Literal["remove"],
    fn: Callable[[InstanceState, Any, AttributeEventToken], None],
    *,
    raw: Literal[True],
    **options: Unpack[ActiveHistoryRetvalOptions],
) -> None: ...
@overload
def listen(
    target: QueryableAttribute[T],
    name: Literal["modified"],
    fn: Callable[[Any, AttributeEventToken], None],
    *,
    raw: Literal[False] = ...,
    **options: Unpack[ActiveHistoryRetvalOptions],
) -> None: ...
@overload
def listen(
    target: QueryableAttribute[Any],
    name: Literal["modified"],
    fn: Callable[[InstanceState, AttributeEventToken], None],
    *,
    raw: Literal[True],
    **options: Unpack[ActiveHistoryRetvalOptions],
) -> None: ...
@overload
def listen(
    target: type[Mapper[Any]],
    name: MapperInstrumentClassName,
    fn: Callable[[Mapper[Any], type[Any]], None],
    *,
    raw: bool = ...,
    **options: Unpack[RetvalOptions],
) -> None: ...
@overload
def listen(
    target: type[T] | Mapper[T],
    name: MapperInstrumentClassName,
    fn: Callable[[Mapper[T], type[T]], None],
    *,
    raw: bool = ...,
    **options: Unpack[RetvalOptions],
) -> None: ...
@overload
def listen(
    target: type[Mapper[Any]],
    name: MapperBeforeConfiguredName,
    fn: Callable[[], None],
    *,
    raw: bool = ...,
    **options: Unpack[RetvalOptions],
) -> None: ...
@overload
def listen(
    target: type[Mapper[Any]],
    name: Literal["before_mapper_configured"],
    fn: Callable[[Mapper[Any], type[Any]], Any],
    *,
    raw: bool = ...,
    **options: Unpack[RetvalOptions],
) -> None: ...
@overload
def listen(
    target: type[T] | Mapper[T],
    name: Literal["before_mapper_configured"],
    fn: Callable[[Mapper[T], type[T]], Any],
    *,
    raw: bool = ...,
    **options: Unpack[RetvalOptions],
) -> None: ...
@overload
def listen(
    target: type[Mapper[Any]],
    name: MapperBeforeInsertName,
    fn: Callable[[Mapper[Any], Connection, Any], Any],
    *,
    raw: Literal[False] = ...,
    **options: Unpack[RetvalOptions],
) -> None: ...
@overload
def listen(
    target: type[T] | Mapper[T],
    name: MapperBeforeInsertName,
    fn: Callable[[Mapper[T], Connection, T], Any],
    *,
    raw: Literal[False] = ...,
    **options: Unpack[RetvalOptions],
) -> None: ...
@overload
def listen(
    target: type[Mapper[Any]] | type[Any] | Mapper[Any],
    name: MapperBeforeInsertName,
    fn: Callable[[Mapper[Any], Connection, InstanceState], Any],
    *,
    raw: Literal[True],
    **options: Unpack[RetvalOptions],
) -> None: ...
@overload
def listen(
    target: type[Mapper[Any]],
    name: Literal["first_init"],
    fn: Callable[[ClassManager, type[Any]], None],
    *,
    raw: bool = ...,
    **options: Unpack[RestoreLoadContextOptions],
) -> None: ...
@overload
def listen(
    target: type[T] | Mapper[T],
    name: Literal["first_init"],
    fn: Callable[[ClassManager, type[T]], None],
    *,
    raw: bool = ...,
    **options: Unpack[RestoreLoadContextOptions],
) -> None: ...
@overload
def listen(
    target: type[Mapper[Any]],
    name: InstanceInitName,
    fn: Callable[[Any, tuple[Any, ...], dict[str, Any]], None],
    *,
    raw: Literal[False] = ...,
    **options: Unpack[RestoreLoadContextOptions],
) -> None: ...
@overload
def listen(
    target: type[T] | Mapper[T],
    name: InstanceInitName,
    fn: Callable[[T, tuple[Any, ...], dict[str, Any]], None],
    *,
    raw: Literal[False] = ...,
    **options: Unpack[RestoreLoadContextOptions],
) -> None: ...
@overload
def listen(
    target: type[Mapper[Any]] | type[Any] | Mapper[Any],
    name: InstanceInitName,
    fn: Callable[[InstanceState, tuple[Any, ...], dict[str, Any]], None],
    *,
    raw: Literal[True],
    **options: Unpack[RestoreLoadContextOptions],
) -> None: ...
@overload
def listen(
    target: type[Mapper[Any]],
    name: Literal["load"],
    fn: Callable[[Any, QueryContext], None],
    *,
    raw: Literal[False] = ...,
    **options: Unpack[RestoreLoadContextOptions],
) -> None: ...
@overload
def listen(
    target: type[T] | Mapper[T],
    name: Literal["load"],
    fn: Callable[[T, QueryContext], None],
    *,
    raw: Literal[False] = ...,
    **options: Unpack[RestoreLoadContextOptions],
) -> None: ...
@overload
def listen(
    target: type[Mapper[Any]] | type[Any] | Mapper[Any],
    name: Literal["load"],
    fn: Callable[[InstanceState, QueryContext], None],
    *,
    raw: Literal[True],
    **options: Unpack[RestoreLoadContextOptions],
) -> None: ...
@overload
def listen(
    target: type[Mapper[Any]],
    name: Literal["refresh"],
    fn: Callable[[Any, QueryContext, Sequence[str] | None], None],
    *,
    raw: Literal[False] = ...,
    **options: Unpack[RestoreLoadContextOptions],
) -> None: ...
@overload
def listen(
    target: type[T] | Mapper[T],
    name: Literal["refresh"],
    fn: Callable[[T, QueryContext, Sequence[str] | None], None],
    *,
    raw: Literal[False] = ...,
    **options: Unpack[RestoreLoadContextOptions],
) -> None: ...
@overload
def listen(
    target: type[Mapper[Any]] | type[Any] | Mapper[Any],
    name: Literal["refresh"],
    fn: Callable[[InstanceState, QueryContext, Sequence[str] | None], None],
    *,
    raw: Literal[True],
    **options: Unpack[RestoreLoadContextOptions],
) -> None: ...
@overload
def listen(
    target: type[Mapper[Any]],
    name: Literal["refresh_flush"],
    fn: Callable[[Any, UOWTransaction, Sequence[str] | None], None],
    *,
    raw: Literal[False] = ...,
    **options: Unpack[RestoreLoadContextOptions],
) -> None: ...
@overload
def listen(
    target: type[T] | Mapper[T],
    name: Literal["refresh_flush"],
    fn: Callable[[T, UOWTransaction, Sequence[str] | None], None],
    *,
    raw: Literal[False] = ...,
    **options: Unpack[RestoreLoadContextOptions],
) -> None: ...
@overload
def listen(
    target: type[Mapper[Any]] | type[Any] | Mapper[Any],
    name: Literal["refresh_flush"],
    fn: Callable[[InstanceState, UOWTransaction, Sequence[str] | None], None],
    *,
    raw: Literal[True],
    **options: Unpack[RestoreLoadContextOptions],
) -> None: ...
@overload
def listen(
    target: type[Mapper[Any]],
    name: Literal["expire"],
    fn: Callable[[Any, Sequence[str] | None], None],
    *,
    raw: Literal[False] = ...,
    **options: Unpack[RestoreLoadContextOptions],
) -> None: ...
@overload
def listen(
    target: type[T] | Mapper[T],
    name: Literal["expire"],
    fn: Callable[[T, Sequence[str] | None], None],
    *,
    raw: Literal[False] = ...,
    **options: Unpack[RestoreLoadContextOptions],
) -> None: ...
@overload
def listen(
    target: type[Mapper[Any]] | type[Any] | Mapper[Any],
    name: Literal["expire"],
    fn: Callable[[InstanceState, Sequence[str] | None], None],
    *,
    raw: Literal[True],
    **options: Unpack[RestoreLoadContextOptions],
) -> None: ...
@overload
def listen(
    target: type[Mapper[Any]],
    name: InstancePickleName,
    fn: Callable[[Any, dict[str, Any]], None],
    *,
    raw: Literal[False] = ...,
    **options: Unpack[RestoreLoadContextOptions],
) -> None: ...
@overload
def listen(
    target: type[T] | Mapper[T],
    name: InstancePickleName,
    fn: Callable[[T, dict[str, Any]], None],
    *,
    raw: Literal[False] = ...,
    **options: Unpack[RestoreLoadContextOptions],
) -> None: ...
@overload
def listen(
    target: type[Mapper[Any]] | type[Any] | Mapper[Any],
    name: InstancePickleName,
    fn: Callable[[InstanceState, dict[str, Any]], None],
    *,
    raw: Literal[True],
    **options: Unpack[RestoreLoadContextOptions],
) -> None: ...
@overload
def listen(
    target: type[Session] | Session | sessionmaker[Any] | scoped_session[Any],
    name: SessionAfterTransactionCreateName,
    fn: Callable[[Session, SessionTransaction], None],
    *,
    raw: bool = ...,
    **options: Unpack[RestoreLoadContextOptions],
) -> None: ...
@overload
def listen(
    target: type[Session] | Session | sessionmaker[Any] | scoped_session[Any],
    name: Literal["after_begin"],
    fn: Callable[[Session, SessionTransaction, Connection], None],
    *,
    raw: bool = ...,
    **options: Unpack[RestoreLoadContextOptions],
) -> None: ...
@overload
def listen(
    target: type[Session] | Session | sessionmaker[Any] | scoped_session[Any],
    name: Literal["do_orm_execute"],
    fn: Callable[[ORMExecuteState], Any],
    *,
    raw: bool = ...,
    **options: Unpack[RestoreLoadContextRetvalOptions],
) -> None: ...
@overload
def listen(
    target: type[Session] | Session | sessionmaker[Any] | scoped_session[Any],
    name: Literal["after_bulk_update"],
    fn: Callable[[BulkUD], None] | Callable[[Session, Query[Any], Any, Any], None],
    *,
    raw: bool = ...,
    **options: Unpack[RestoreLoadContextOptions],
) -> None: ...
@overload
def listen(
    target: type[Session] | Session | sessionmaker[Any] | scoped_session[Any],
    name: Literal["after_bulk_delete"],
    fn: Callable[[BulkUD], None] | Callable[[Session, Query[Any], Any, Any], None],
    *,
    raw: bool = ...,
    **options: Unpack[RestoreLoadContextOptions],
) -> None: ...
@overload
def listen(
    target: type[Session] | Session | sessionmaker[Any] | scoped_session[Any],
    name: SessionLoadedAsPersistentName,
    fn: Callable[[Session, Any], None],
    *,
    raw: Literal[False] = ...,
    **options: Unpack[RestoreLoadContextOptions],
) -> None: ...
@overload
def listen(
    target: type[Session] | Session | sessionmaker[Any] | scoped_session[Any],
    name: SessionLoadedAsPersistentName,
    fn: Callable[[Session, InstanceState], None],
    *,
    raw: Literal[True],
    **options: Unpack[RestoreLoadContextOptions],
) -> None: ...
@overload
def listen(
    target: type[Session] | Session | sessionmaker[Any] | scoped_session[Any],
    name: SessionBeforeCommitName,
    fn: Callable[[Session], None],
    *,
    raw: bool = ...,
    **options: Unpack[RestoreLoadContextOptions],
) -> None: ...
@overload
def listen(
    target: type[Session] | Session | sessionmaker[Any] | scoped_session[Any],
    name: Literal["before_flush"],
    fn: Callable[[Session, UOWTransaction, Sequence[Any] | None], None],
    *,
    raw: bool = ...,
    **options: Unpack[RestoreLoadContextOptions],
) -> None: ...
@overload
def listen(
    target: type[Session] | Session | sessionmaker[Any] | scoped_session[Any],
    name: SessionAfterFlushName,
    fn: Callable[[Session, UOWTransaction], None],
    *,
    raw: bool = ...,
    **options: Unpack[RestoreLoadContextOptions],
) -> None: ...
@overload
def listen(
    target: type[Session] | Session | sessionmaker[Any] | scoped_session[Any],
    name: Literal["after_soft_rollback"],
    fn: Callable[[Session, SessionTransaction], None],
    *,
    raw: bool = ...,
    **options: Unpack[RestoreLoadContextOptions],
) -> None: ...
@overload
def listen(
    target: type[Query[Any]],
    name: Literal["before_compile"],
    fn: Callable[[Query[Any]], Any],
    **options: Unpack[BakeOkRetvalOptions],
) -> None: ...
@overload
def listen(
    target: type[Query[Any]],
    name: Literal["before_compile_update"],
    fn: Callable[[Query[Any], BulkUD], Any],
    **options: Unpack[BakeOkRetvalOptions],
) -> None: ...
@overload
def listen(
    target: type[Query[Any]],
    name: Literal["before_compile_delete"],
    fn: Callable[[Query[Any], BulkUD], Any],
    **options: Unpack[BakeOkRetvalOptions],
) -> None: ...
@overload
def listen(
    target: type[T],
    name: InstrumentationClassInstrumentName,
    fn: Callable[[type[T]], None],
    **options: Unpack[Options],
) -> None: ...
@overload
def listen(
    target: type[T],
    name: Literal["attribute_instrument"],
    fn: Callable[[type[T], str, Any], None],
    **options: Unpack[Options],
) -> None: ...
@overload
def listen(
    target: registry | type[registry | DeclarativeBase | DeclarativeBaseNoMeta],
    name: Literal["resolve_type_annotation"],
    fn: Callable[[TypeResolve], Any],
    **options: Unpack[RetvalOptions],
) -> None: ...
@overload
def listen(
    target: registry | type[registry | DeclarativeBase | DeclarativeBaseNoMeta],
    name: RegistryBeforeConfiguredName,
    fn: Callable[[Registry], None],
    **options: Unpack[Options],
) -> None: ...
@overload
def listen(
    target: Any,
    name: AnyEvent,
    fn: Callable[..., Any],
    *,
    named: Literal[True],
    include_key: bool = ...,
    **options: Unpack[FreeOptions],
) -> None: ...
@overload
def listen(
    target: Any,
    name: KeyedEvent,
    fn: Callable[..., Any],
    *,
    include_key: Literal[True],
    **options: Unpack[FreeOptions],
) -> None: ...
@overload
def listen(
    target: CoreTarget, name: CoreEvent, fn: Callable[..., Any], **options: Any
) -> None: ...
@overload
def listens_for(
    target: QueryableAttribute[Any],
    name: Literal["init_scalar"],
    *,
    raw: bool = ...,
    **options: Unpack[ActiveHistoryRetvalOptions],
) -> Callable[[AttributeInitScalar], AttributeInitScalar]: ...
@overload
def listens_for(
    target: QueryableAttribute[Any],
    name: AttributeInitCollectionName,
    *,
    raw: bool = ...,
    **options: Unpack[ActiveHistoryRetvalOptions],
) -> Callable[[AttributeInitCollection], AttributeInitCollection]: ...
@overload
def listens_for(
    target: QueryableAttribute[Any],
    name: Literal["set"],
    *,
    raw: bool = ...,
    **options: Unpack[ActiveHistoryRetvalOptions],
) -> Callable[[AttributeSet], AttributeSet]: ...
@overload
def listens_for(
    target: QueryableAttribute[Any],
    name: Literal["bulk_replace"],
    *,
    raw: bool = ...,
    **options: Unpack[ActiveHistoryRetvalOptions],
) -> Callable[[AttributeBulkReplace], AttributeBulkReplace]: ...
@overload
def listens_for(
    target: QueryableAttribute[Any],
    name: AttributeAppendName,
    *,
    raw: bool = ...,
    **options: Unpack[ActiveHistoryRetvalOptions],
) -> Callable[[AttributeAppend], AttributeAppend]: ...
@overload
def listens_for(
    target: QueryableAttribute[Any],
    name: Literal["remove"],
    *,
    raw: bool = ...,
    **options: Unpack[ActiveHistoryRetvalOptions],
) -> Callable[[AttributeRemove], AttributeRemove]: ...
@overload
def listens_for(
    target: QueryableAttribute[Any],
    name: Literal["modified"],
    *,
    raw: bool = ...,
    **options: Unpack[ActiveHistoryRetvalOptions],
) -> Callable[[AttributeModified], AttributeModified]: ...
@overload
def listens_for(
    target: type[Mapper[Any]] | type[Any] | Mapper[Any],
    name: MapperInstrumentClassName,
    *,
    raw: bool = ...,
    **options: Unpack[RetvalOptions],
) -> Callable[[MapperInstrumentClass], MapperInstrumentClass]: ...
@overload
def listens_for(
    target: type[Mapper[Any]],
    name: MapperBeforeConfiguredName,
    *,
    raw: bool = ...,
    **options: Unpack[RetvalOptions],
) -> Callable[[MapperBeforeConfigured], MapperBeforeConfigured]: ...
@overload
def listens_for(
    target: type[Mapper[Any]] | type[Any] | Mapper[Any],
    name: Literal["before_mapper_configured"],
    *,
    raw: bool = ...,
    **options: Unpack[RetvalOptions],
) -> Callable[[MapperBeforeMapperConfigured], MapperBeforeMapperConfigured]: ...
@overload
def listens_for(
    target: type[Mapper[Any]] | type[Any] | Mapper[Any],
    name: MapperBeforeInsertName,
    *,
    raw: bool = ...,
    **options: Unpack[RetvalOptions],
) -> Callable[[MapperBeforeInsert], MapperBeforeInsert]: ...
@overload
def listens_for(
    target: type[Mapper[Any]] | type[Any] | Mapper[Any],
    name: Literal["first_init"],
    *,
    raw: bool = ...,
    **options: Unpack[RestoreLoadContextOptions],
) -> Callable[[InstanceFirstInit], InstanceFirstInit]: ...
@overload
def listens_for(
    target: type[Mapper[Any]] | type[Any] | Mapper[Any],
    name: InstanceInitName,
    *,
    raw: bool = ...,
    **options: Unpack[RestoreLoadContextOptions],
) -> Callable[[InstanceInit], InstanceInit]: ...
@overload
def listens_for(
    target: type[Mapper[Any]] | type[Any] | Mapper[Any],
    name: Literal["load"],
    *,
    raw: bool = ...,
    **options: Unpack[RestoreLoadContextOptions],
) -> Callable[[InstanceLoad], InstanceLoad]: ...
@overload
def listens_for(
    target: type[Mapper[Any]] | type[Any] | Mapper[Any],
    name: Literal["refresh"],
    *,
    raw: bool = ...,
    **options: Unpack[RestoreLoadContextOptions],
) -> Callable[[InstanceRefresh], InstanceRefresh]: ...
@overload
def listens_for(
    target: type[Mapper[Any]] | type[Any] | Mapper[Any],
    name: Literal["refresh_flush"],
    *,
    raw: bool = ...,
    **options: Unpack[RestoreLoadContextOptions],
) -> Callable[[InstanceRefreshFlush], InstanceRefreshFlush]: ...
@overload
def listens_for(
    target: type[Mapper[Any]] | type[Any] | Mapper[Any],
    name: Literal["expire"],
    *,
    raw: bool = ...,
    **options: Unpack[RestoreLoadContextOptions],
) -> Callable[[InstanceExpire], InstanceExpire]: ...
@overload
def listens_for(
    target: type[Mapper[Any]] | type[Any] | Mapper[Any],
    name: InstancePickleName,
    *,
    raw: bool = ...,
    **options: Unpack[RestoreLoadContextOptions],
) -> Callable[[InstancePickle], InstancePickle]: ...
@overload
def listens_for(
    target: type[Session] | Session | sessionmaker[Any] | scoped_session[Any],
    name: SessionAfterTransactionCreateName,
    *,
    raw: bool = ...,
    **options: Unpack[RestoreLoadContextOptions],
) -> Callable[[SessionAfterTransactionCreate], SessionAfterTransactionCreate]: ...
@overload
def listens_for(
    target: type[Session] | Session | sessionmaker[Any] | scoped_session[Any],
    name: Literal["after_begin"],
    *,
    raw: bool = ...,
    **options: Unpack[RestoreLoadContextOptions],
) -> Callable[[SessionAfterBegin], SessionAfterBegin]: ...
@overload
def listens_for(
    target: type[Session] | Session | sessionmaker[Any] | scoped_session[Any],
    name: Literal["do_orm_execute"],
    *,
    raw: bool = ...,
    **options: Unpack[RestoreLoadContextRetvalOptions],
) -> Callable[[SessionDoOrmExecute], SessionDoOrmExecute]: ...
@overload
def listens_for(
    target: type[Session] | Session | sessionmaker[Any] | scoped_session[Any],
    name: Literal["after_bulk_update"],
    *,
    raw: bool = ...,
    **options: Unpack[RestoreLoadContextOptions],
) -> Callable[[SessionAfterBulkUpdate], SessionAfterBulkUpdate]: ...
@overload
def listens_for(
    target: type[Session] | Session | sessionmaker[Any] | scoped_session[Any],
    name: Literal["after_bulk_delete"],
    *,
    raw: bool = ...,
    **options: Unpack[RestoreLoadContextOptions],
) -> Callable[[SessionAfterBulkDelete], SessionAfterBulkDelete]: ...
@overload
def listens_for(
    target: type[Session] | Session | sessionmaker[Any] | scoped_session[Any],
    name: SessionLoadedAsPersistentName,
    *,
    raw: bool = ...,
    **options: Unpack[RestoreLoadContextOptions],
) -> Callable[[SessionLoadedAsPersistent], SessionLoadedAsPersistent]: ...
@overload
def listens_for(
    target: type[Session] | Session | sessionmaker[Any] | scoped_session[Any],
    name: SessionBeforeCommitName,
    *,
    raw: bool = ...,
    **options: Unpack[RestoreLoadContextOptions],
) -> Callable[[SessionBeforeCommit], SessionBeforeCommit]: ...
@overload
def listens_for(
    target: type[Session] | Session | sessionmaker[Any] | scoped_session[Any],
    name: Literal["before_flush"],
    *,
    raw: bool = ...,
    **options: Unpack[RestoreLoadContextOptions],
) -> Callable[[SessionBeforeFlush], SessionBeforeFlush]: ...
@overload
def listens_for(
    target: type[Session] | Session | sessionmaker[Any] | scoped_session[Any],
    name: SessionAfterFlushName,
    *,
    raw: bool = ...,
    **options: Unpack[RestoreLoadContextOptions],
) -> Callable[[SessionAfterFlush], SessionAfterFlush]: ...
@overload
def listens_for(
    target: type[Session] | Session | sessionmaker[Any] | scoped_session[Any],
    name: Literal["after_soft_rollback"],
    *,
    raw: bool = ...,
    **options: Unpack[RestoreLoadContextOptions],
) -> Callable[[SessionAfterSoftRollback], SessionAfterSoftRollback]: ...
@overload
def listens_for(
    target: type[Query[Any]],
    name: Literal["before_compile"],
    **options: Unpack[BakeOkRetvalOptions],
) -> Callable[[QueryBeforeCompile], QueryBeforeCompile]: ...
@overload
def listens_for(
    target: type[Query[Any]],
    name: Literal["before_compile_update"],
    **options: Unpack[BakeOkRetvalOptions],
) -> Callable[[QueryBeforeCompileUpdate], QueryBeforeCompileUpdate]: ...
@overload
def listens_for(
    target: type[Query[Any]],
    name: Literal["before_compile_delete"],
    **options: Unpack[BakeOkRetvalOptions],
) -> Callable[[QueryBeforeCompileDelete], QueryBeforeCompileDelete]: ...
@overload
def listens_for(
    target: type[Any], name: InstrumentationClassInstrumentName, **options: Unpack[Options]
) -> Callable[[InstrumentationClassInstrument], InstrumentationClassInstrument]: ...
@overload
def listens_for(
    target: type[Any], name: Literal["attribute_instrument"], **options: Unpack[Options]
) -> Callable[[InstrumentationAttributeInstrument], InstrumentationAttributeInstrument]: ...
@overload
def listens_for(
    target: registry | type[registry | DeclarativeBase | DeclarativeBaseNoMeta],
    name: Literal["resolve_type_annotation"],
    **options: Unpack[RetvalOptions],
) -> Callable[[RegistryResolveTypeAnnotation], RegistryResolveTypeAnnotation]: ...
@overload
def listens_for(
    target: registry | type[registry | DeclarativeBase | DeclarativeBaseNoMeta],
    name: RegistryBeforeConfiguredName,
    **options: Unpack[Options],
) -> Callable[[RegistryBeforeConfigured], RegistryBeforeConfigured]: ...
@overload
def listens_for(
    target: Any,
    name: AnyEvent,
    *,
    named: Literal[True],
    include_key: bool = ...,
    **options: Unpack[FreeOptions],
) -> Callable[[Free], Free]: ...
@overload
def listens_for(
    target: Any, name: KeyedEvent, *, include_key: Literal[True], **options: Unpack[FreeOptions]
) -> Callable[[Free], Free]: ...
@overload
def listens_for(target: CoreTarget, name: CoreEvent, **options: Any) -> Callable[[Free], Free]: ...

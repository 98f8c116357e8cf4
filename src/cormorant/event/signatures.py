"""Types for `listen`: which names there are, and what a listener to each must accept."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, TypedDict, TypeVar

if TYPE_CHECKING:
    from sqlalchemy import Column, Engine, MetaData, Table
    from sqlalchemy.engine import Connection, Dialect
    from sqlalchemy.pool import Pool
    from sqlalchemy.schema import SchemaItem

Configuring = Literal["before_configured", "after_configured"]

OnWrite = Literal[
    "before_insert",
    "after_insert",
    "before_update",
    "after_update",
    "before_delete",
    "after_delete",
]

OnBegin = Literal["after_begin"]

OnBulk = Literal["after_bulk_update", "after_bulk_delete"]

OfOne = Literal[
    "do_orm_execute",
    "before_commit",
    "after_commit",
    "after_rollback",
    "before_compile",
    "class_instrument",
    "class_uninstrument",
    "resolve_type_annotation",
]

OfTwo = Literal[
    "modified",
    "instrument_class",
    "after_mapper_constructed",
    "before_mapper_configured",
    "mapper_configured",
    "first_init",
    "load",
    "expire",
    "pickle",
    "unpickle",
    "after_transaction_create",
    "loaded_as_persistent",
    "before_attach",
    "after_attach",
    "transient_to_pending",
    "detached_to_persistent",
    "after_flush",
    "pending_to_persistent",
    "persistent_to_deleted",
    "after_flush_postexec",
    "after_soft_rollback",
    "deleted_to_persistent",
    "pending_to_transient",
    "persistent_to_transient",
    "deleted_to_detached",
    "persistent_to_detached",
    "after_transaction_end",
    "before_compile_update",
    "before_compile_delete",
]

OnCollection = Literal["bulk_replace", "append", "append_wo_mutation", "remove"]

OfThree = Literal[
    "init_scalar",
    "init_collection",
    "bulk_replace",
    "append",
    "append_wo_mutation",
    "remove",
    "dispose_collection",
    "init",
    "init_failure",
    "refresh",
    "refresh_flush",
    "before_flush",
    "attribute_instrument",
]

OnSet = Literal["set"]

AnyName = Configuring | OnWrite | OnBegin | OnBulk | OfOne | OfTwo | OfThree | OnSet

ToWrite = Callable[[Any, "Connection", Any], Any]
ToBegin = Callable[[Any, Any, "Connection"], Any]
ToConfigure = Callable[[], Any] | Callable[[Any], Any]
ToBulk = Callable[[Any], Any] | Callable[[Any, Any, Any, Any], Any]
ToOne = Callable[[Any], Any]
ToTwo = Callable[[Any, Any], Any]
ToThree = Callable[[Any, Any, Any], Any]
ToFour = Callable[[Any, Any, Any, Any], Any]

# A decorator gives back the function it was given, so it takes any that fits.
Write = TypeVar("Write", bound=ToWrite)
Begin = TypeVar("Begin", bound=ToBegin)
Configure = TypeVar("Configure", bound=ToConfigure)
Bulk = TypeVar("Bulk", bound=ToBulk)
One = TypeVar("One", bound=ToOne)
Two = TypeVar("Two", bound=ToTwo)
Three = TypeVar("Three", bound=ToThree)
Four = TypeVar("Four", bound=ToFour)
Free = TypeVar("Free", bound=Callable[..., Any])


OtherListeners = Callable[..., Any] | list[Callable[..., Any]] | tuple[Callable[..., Any], ...]


class Options(TypedDict, total=False):
    """The options that leave the arguments of a listener as they are."""

    active_history: bool
    after: OtherListeners
    bake_ok: bool
    before: OtherListeners
    insert: bool
    once: bool
    priority: int
    propagate: bool
    raw: bool
    restore_load_context: bool
    retval: bool


class AllOptions(Options, total=False):
    """Every option there is."""

    include_key: bool
    named: bool


if TYPE_CHECKING:
    CoreTarget = (
        Engine
        | Connection
        | Dialect
        | Pool
        | MetaData
        | Table
        | Column[Any]
        | SchemaItem
        | type[Engine]
        | type[Connection]
        | type[Dialect]
        | type[Pool]
        | type[MetaData]
        | type[SchemaItem]
    )

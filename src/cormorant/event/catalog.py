"""THE LIST: every event of the ORM with its arguments, in the order in which they fire."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cormorant.event.boards import AttributeBoard
from cormorant.event.constants import EXT_CONTINUE, NO_KEY
from cormorant.event.family import Event, Family, ShortForm, with_key

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from cormorant.flush.context import UOWTransaction
    from cormorant.instrument.collections import CollectionAdapter
    from cormorant.instrument.constants import AttributeEventToken
    from cormorant.instrument.manager import ClassManager
    from cormorant.load.context import QueryContext
    from cormorant.mapping.mapper import Mapper
    from cormorant.mapping.python_types import TypeResolve
    from cormorant.mapping.registry import registry as Registry
    from cormorant.session.bulk import BulkUD
    from cormorant.session.orm_execute import ORMExecuteState
    from cormorant.session.query import Query
    from cormorant.session.session import Session
    from cormorant.session.transaction import SessionTransaction


def _bulk_arguments(context: Any) -> tuple[Any, ...]:
    """Take the arguments that listeners to bulk events had before SQLAlchemy 0.9."""
    return (context.session, context.query, getattr(context, "context", None), context.result)


BULK_FORM = ShortForm(("session", "query", "query_context", "result"), _bulk_arguments)


class AttributeEvents(Family):
    """A mapped attribute of an object changes. Listeners may refuse (raise) or replace a value."""

    board_type = AttributeBoard
    targets = "an attribute of a mapped class (User.email)"
    options = frozenset({"active_history", "include_key", "raw", "retval"})
    object_argument = "target"
    value_arguments = dict.fromkeys(
        ("append", "append_wo_mutation", "set", "init_scalar"), "value"
    )

    def init_scalar(self, target: Any, value: Any, dict_: dict[str, Any]) -> Any: ...
    def init_collection(
        self, target: Any, collection: Any, collection_adapter: CollectionAdapter
    ) -> None: ...
    def set(
        self, target: Any, value: Any, oldvalue: Any, initiator: AttributeEventToken
    ) -> Any: ...
    @with_key("keys", None)
    def bulk_replace(
        self, target: Any, values: list[Any], initiator: AttributeEventToken
    ) -> None: ...
    @with_key("key", NO_KEY)
    def append(self, target: Any, value: Any, initiator: AttributeEventToken) -> Any: ...
    @with_key("key", NO_KEY)
    def append_wo_mutation(
        self, target: Any, value: Any, initiator: AttributeEventToken
    ) -> Any: ...
    @with_key("key", NO_KEY)
    def remove(self, target: Any, value: Any, initiator: AttributeEventToken) -> None: ...
    def dispose_collection(
        self, target: Any, collection: Any, collection_adapter: CollectionAdapter
    ) -> None: ...
    def modified(self, target: Any, initiator: AttributeEventToken) -> None: ...


class MapperEvents(Family):
    """A class is mapped; a flush writes the row of one object: set only columns of `target`."""

    targets = "a mapped class, a base or mixin of mapped classes, a Mapper, or the class Mapper"
    everyone = "Mapper"
    everyone_target = "the class Mapper only"
    options = frozenset({"raw", "retval"})
    object_argument = "target"
    otherwise = EXT_CONTINUE
    everyone_only = frozenset({"before_configured", "after_configured"})

    def instrument_class(self, mapper: Mapper[Any], class_: type[Any]) -> None: ...
    def after_mapper_constructed(self, mapper: Mapper[Any], class_: type[Any]) -> None: ...
    def before_configured(self) -> None: ...
    def before_mapper_configured(self, mapper: Mapper[Any], class_: type[Any]) -> Any: ...
    def mapper_configured(self, mapper: Mapper[Any], class_: type[Any]) -> None: ...
    def after_configured(self) -> None: ...
    def before_insert(self, mapper: Mapper[Any], connection: Connection, target: Any) -> Any: ...
    def after_insert(self, mapper: Mapper[Any], connection: Connection, target: Any) -> Any: ...
    def before_update(self, mapper: Mapper[Any], connection: Connection, target: Any) -> Any: ...
    def after_update(self, mapper: Mapper[Any], connection: Connection, target: Any) -> Any: ...
    def before_delete(self, mapper: Mapper[Any], connection: Connection, target: Any) -> Any: ...
    def after_delete(self, mapper: Mapper[Any], connection: Connection, target: Any) -> Any: ...


class InstanceEvents(Family):
    """An object is made, loaded, refreshed, expired or pickled."""

    targets = MapperEvents.targets
    everyone = MapperEvents.everyone
    options = frozenset({"raw", "restore_load_context"})
    wrapping = {"restore_load_context": frozenset({"load", "refresh", "refresh_flush"})}
    object_argument = "target"

    def first_init(self, manager: ClassManager, cls: type[Any]) -> None: ...
    def init(self, target: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None: ...
    def init_failure(self, target: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None: ...
    def load(self, target: Any, context: QueryContext) -> None: ...
    def refresh(self, target: Any, context: QueryContext, attrs: Sequence[str] | None) -> None: ...
    def refresh_flush(
        self, target: Any, flush_context: UOWTransaction, attrs: Sequence[str] | None
    ) -> None: ...
    def expire(self, target: Any, attrs: Sequence[str] | None) -> None: ...
    def pickle(self, target: Any, state_dict: dict[str, Any]) -> None: ...
    def unpickle(self, target: Any, state_dict: dict[str, Any]) -> None: ...


class SessionEvents(Family):
    """A session begins, flushes, ends its transaction, or moves an object between its states."""

    targets = "the class Session or a subclass, a sessionmaker, a scoped_session, or one Session"
    options = frozenset({"raw", "restore_load_context"})
    event_options = {"do_orm_execute": frozenset({"retval"})}
    wrapping = {"restore_load_context": frozenset({"loaded_as_persistent"})}
    object_argument = "instance"
    inherits = True
    short_forms = dict.fromkeys(("after_bulk_update", "after_bulk_delete"), (BULK_FORM,))

    def after_transaction_create(
        self, session: Session, transaction: SessionTransaction
    ) -> None: ...
    def after_begin(
        self, session: Session, transaction: SessionTransaction, connection: Connection
    ) -> None: ...
    def do_orm_execute(self, orm_execute_state: ORMExecuteState) -> Any: ...
    def after_bulk_update(self, update_context: BulkUD) -> None: ...
    def after_bulk_delete(self, delete_context: BulkUD) -> None: ...
    def loaded_as_persistent(self, session: Session, instance: Any) -> None: ...
    def before_attach(self, session: Session, instance: Any) -> None: ...
    def after_attach(self, session: Session, instance: Any) -> None: ...
    def transient_to_pending(self, session: Session, instance: Any) -> None: ...
    def detached_to_persistent(self, session: Session, instance: Any) -> None: ...
    def before_commit(self, session: Session) -> None: ...
    def before_flush(
        self, session: Session, flush_context: UOWTransaction, instances: Sequence[Any] | None
    ) -> None: ...
    def after_flush(self, session: Session, flush_context: UOWTransaction) -> None: ...
    def pending_to_persistent(self, session: Session, instance: Any) -> None: ...
    def persistent_to_deleted(self, session: Session, instance: Any) -> None: ...
    def after_flush_postexec(self, session: Session, flush_context: UOWTransaction) -> None: ...
    def after_commit(self, session: Session) -> None: ...
    def after_rollback(self, session: Session) -> None: ...
    def after_soft_rollback(
        self, session: Session, previous_transaction: SessionTransaction
    ) -> None: ...
    def deleted_to_persistent(self, session: Session, instance: Any) -> None: ...
    def pending_to_transient(self, session: Session, instance: Any) -> None: ...
    def persistent_to_transient(self, session: Session, instance: Any) -> None: ...
    def deleted_to_detached(self, session: Session, instance: Any) -> None: ...
    def persistent_to_detached(self, session: Session, instance: Any) -> None: ...
    def after_transaction_end(self, session: Session, transaction: SessionTransaction) -> None: ...


class QueryEvents(Family):
    """A `Query` becomes a statement; a listener with retval=True may return another query."""

    targets = "the class Query or a subclass"
    options = frozenset({"retval", "bake_ok"})
    inherits = True
    value_arguments = dict.fromkeys(
        ("before_compile", "before_compile_update", "before_compile_delete"), "query"
    )

    def before_compile(self, query: Query[Any]) -> Any: ...
    def before_compile_update(self, query: Query[Any], update_context: BulkUD) -> Any: ...
    def before_compile_delete(self, query: Query[Any], delete_context: BulkUD) -> Any: ...


class InstrumentationEvents(Family):
    """A class and its attributes get, or lose, what the ORM puts on them."""

    targets = "a class, or `type` for every class"
    everyone = "type"
    propagate_by_default = True

    def class_instrument(self, cls: type[Any]) -> None: ...
    def attribute_instrument(self, cls: type[Any], key: str, inst: Any) -> None: ...
    def class_uninstrument(self, cls: type[Any]) -> None: ...


class RegistryEvents(Family):
    """A registry reads annotations or configures its mappers."""

    targets = "a registry, the class registry, or a declarative base class"
    event_options = {"resolve_type_annotation": frozenset({"retval"})}
    inherits = True

    def resolve_type_annotation(self, resolve_type: TypeResolve) -> Any: ...
    def before_configured(self, registry: Registry) -> None: ...
    def after_configured(self, registry: Registry) -> None: ...


FAMILIES: tuple[type[Family], ...] = (
    AttributeEvents,
    MapperEvents,
    InstanceEvents,
    SessionEvents,
    QueryEvents,
    InstrumentationEvents,
    RegistryEvents,
)

EVENTS: dict[str, list[Event]] = {}
"""By name, in the order of the families; two names exist in two families."""

for _family in FAMILIES:
    for _event in _family.events.values():
        EVENTS.setdefault(_event.name, []).append(_event)

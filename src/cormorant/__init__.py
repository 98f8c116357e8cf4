"""An object-relational mapper whose events you can rely on, at the speed of the driver.

The names of `sqlalchemy.orm` stand here: code written for it needs another import line.
Beside them: `select`, `insert`, `update`, `delete` and their like on the fast road, `event`,
and `inspect`.
"""

from __future__ import annotations

from cormorant import (
    attributes,
    collections,
    context,
    event,
    exc,
    instrumentation,
    interfaces,
    query,
    state,
    unitofwork,
    util,
)
from cormorant import mapper as _mapper_module
from cormorant.event.catalog import (
    AttributeEvents,
    InstanceEvents,
    InstrumentationEvents,
    MapperEvents,
    QueryEvents,
    RegistryEvents,
    SessionEvents,
)
from cormorant.event.constants import EXT_CONTINUE, EXT_SKIP, EXT_STOP, NO_KEY
from cormorant.flush.context import UOWTransaction
from cormorant.instrument._state_cy import InstanceState
from cormorant.instrument.attribute_states import AttributeState
from cormorant.instrument.constants import (
    NO_VALUE,
    AttributeEventToken,
    LoaderCallableStatus,
    PassiveFlag,
)
from cormorant.instrument.identity import IdentityMap
from cormorant.instrument.keyed import (
    KeyFuncDict,
    MappedCollection,
    attribute_keyed_dict,
    attribute_mapped_collection,
    column_keyed_dict,
    column_mapped_collection,
    keyfunc_mapping,
    mapped_collection,
)
from cormorant.instrument.manager import ClassManager
from cormorant.load.context import QueryContext
from cormorant.load.options import (
    Load,
    contains_eager,
    defaultload,
    defer,
    immediateload,
    joinedload,
    lazyload,
    load_only,
    noload,
    raiseload,
    selectin_polymorphic,
    selectinload,
    subqueryload,
    undefer,
    undefer_group,
)
from cormorant.mapping.aliased import aliased, with_polymorphic
from cormorant.mapping.cascades import CascadeOptions
from cormorant.mapping.classes import DeclarativeMeta
from cormorant.mapping.columns import (
    ColumnProperty,
    MappedColumn,
    column_property,
    deferred,
    mapped_column,
)
from cormorant.mapping.comparisons import with_parent
from cormorant.mapping.declarative import (
    DeclarativeBase,
    DeclarativeBaseNoMeta,
    add_mapped_attribute,
    as_declarative,
    declarative_base,
)
from cormorant.mapping.declared import declarative_mixin, declared_attr, has_inherited_table
from cormorant.mapping.mapper import Mapper, class_mapper, mapper, object_mapper
from cormorant.mapping.methods import reconstructor, validates
from cormorant.mapping.properties import MappedClassProtocol, MapperProperty
from cormorant.mapping.python_types import TypeResolve
from cormorant.mapping.registry import clear_mappers, configure_mappers, registry
from cormorant.mapping.relate import backref, relationship
from cormorant.mapping.relationships import (
    MANYTOMANY,
    MANYTOONE,
    ONETOMANY,
    Relationship,
    RelationshipDirection,
    RelationshipProperty,
)
from cormorant.session.factory import scoped_session, sessionmaker
from cormorant.session.frozen import merge_frozen_result
from cormorant.session.functions import (
    close_all_sessions,
    make_transient,
    make_transient_to_detached,
    object_session,
    was_deleted,
)
from cormorant.session.inspecting import inspect
from cormorant.session.orm_execute import ORMExecuteState
from cormorant.session.query import Query, merge_result
from cormorant.session.session import Session
from cormorant.session.transaction import SessionTransaction, SessionTransactionOrigin
from cormorant.sql.attributes import InstrumentedAttribute, Mapped, QueryableAttribute
from cormorant.sql.expression import (
    and_,
    delete,
    exists,
    insert,
    not_,
    or_,
    select,
    union,
    union_all,
    update,
)
from cormorant.sql.inspection import (
    InspectionAttr,
    InspectionAttrExtensionType,
    InspectionAttrInfo,
    NotExtension,
    ORMDescriptor,
    PropComparator,
    SQLORMExpression,
)
from cormorant.sql.marks import foreign, remote

__all__ = [
    "EXT_CONTINUE",
    "EXT_SKIP",
    "EXT_STOP",
    "MANYTOMANY",
    "MANYTOONE",
    "NO_KEY",
    "NO_VALUE",
    "ONETOMANY",
    "AttributeEventToken",
    "AttributeEvents",
    "AttributeState",
    "CascadeOptions",
    "ClassManager",
    "ColumnProperty",
    "DeclarativeBase",
    "DeclarativeBaseNoMeta",
    "DeclarativeMeta",
    "IdentityMap",
    "InspectionAttr",
    "InspectionAttrExtensionType",
    "InspectionAttrInfo",
    "InstanceEvents",
    "InstanceState",
    "InstrumentationEvents",
    "InstrumentedAttribute",
    "KeyFuncDict",
    "Load",
    "LoaderCallableStatus",
    "Mapped",
    "MappedClassProtocol",
    "MappedCollection",
    "MappedColumn",
    "Mapper",
    "MapperEvents",
    "MapperProperty",
    "NotExtension",
    "ORMDescriptor",
    "ORMExecuteState",
    "PassiveFlag",
    "PropComparator",
    "Query",
    "QueryContext",
    "QueryEvents",
    "QueryableAttribute",
    "RegistryEvents",
    "Relationship",
    "RelationshipDirection",
    "RelationshipProperty",
    "SQLORMExpression",
    "Session",
    "SessionEvents",
    "SessionTransaction",
    "SessionTransactionOrigin",
    "TypeResolve",
    "UOWTransaction",
    "add_mapped_attribute",
    "aliased",
    "and_",
    "as_declarative",
    "attribute_keyed_dict",
    "attribute_mapped_collection",
    "attributes",
    "backref",
    "class_mapper",
    "clear_mappers",
    "close_all_sessions",
    "collections",
    "column_keyed_dict",
    "column_mapped_collection",
    "column_property",
    "configure_mappers",
    "contains_eager",
    "declarative_base",
    "declarative_mixin",
    "declared_attr",
    "defaultload",
    "defer",
    "deferred",
    "delete",
    "event",
    "exc",
    "exists",
    "foreign",
    "has_inherited_table",
    "immediateload",
    "insert",
    "inspect",
    "joinedload",
    "keyfunc_mapping",
    "lazyload",
    "load_only",
    "make_transient",
    "make_transient_to_detached",
    "mapped_collection",
    "mapped_column",
    "mapper",
    "merge_frozen_result",
    "merge_result",
    "noload",
    "not_",
    "object_mapper",
    "object_session",
    "or_",
    "raiseload",
    "reconstructor",
    "registry",
    "relationship",
    "remote",
    "scoped_session",
    "select",
    "selectin_polymorphic",
    "selectinload",
    "sessionmaker",
    "subqueryload",
    "undefer",
    "undefer_group",
    "union",
    "union_all",
    "update",
    "validates",
    "was_deleted",
    "with_parent",
    "with_polymorphic",
]

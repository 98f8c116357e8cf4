"""Types of the arguments of `listen` that no catalog knows: all options, and Core's targets."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypedDict

if TYPE_CHECKING:
    from sqlalchemy import Column, Engine, FromClause, MetaData
    from sqlalchemy.engine import Connection, Dialect
    from sqlalchemy.pool import Pool
    from sqlalchemy.schema import SchemaItem

OtherListeners = Callable[..., Any] | list[Callable[..., Any]] | tuple[Callable[..., Any], ...]


class AllOptions(TypedDict, total=False):
    """Every option there is."""

    active_history: bool
    after: OtherListeners
    bake_ok: bool
    before: OtherListeners
    include_key: bool
    insert: bool
    named: bool
    once: bool
    priority: int
    propagate: bool
    raw: bool
    restore_load_context: bool
    retval: bool


if TYPE_CHECKING:
    CoreTarget = (
        Engine
        | Connection
        | Dialect
        | Pool
        | MetaData
        | FromClause
        | Column[Any]
        | SchemaItem
        | type[Engine]
        | type[Connection]
        | type[Dialect]
        | type[Pool]
        | type[MetaData]
        | type[SchemaItem]
    )

"""The families of events under the module name that they have in SQLAlchemy."""

from __future__ import annotations

from cormorant.event.catalog import (
    AttributeEvents,
    InstanceEvents,
    InstrumentationEvents,
    MapperEvents,
    QueryEvents,
    RegistryEvents,
    SessionEvents,
)

__all__ = [
    "AttributeEvents",
    "InstanceEvents",
    "InstrumentationEvents",
    "MapperEvents",
    "QueryEvents",
    "RegistryEvents",
    "SessionEvents",
]

"""Attributes of objects by name: the names of `sqlalchemy.orm.attributes`."""

from __future__ import annotations

from cormorant.event.constants import NO_KEY
from cormorant.instrument.access import (
    del_attribute,
    flag_dirty,
    flag_modified,
    get_attribute,
    get_history,
    init_collection,
    instance_dict,
    instance_state,
    set_attribute,
    set_committed_value,
)
from cormorant.instrument.constants import (
    ATTR_EMPTY,
    ATTR_WAS_SET,
    NEVER_SET,
    NO_CHANGE,
    NO_VALUE,
    OP_APPEND,
    OP_BULK_REPLACE,
    OP_MODIFIED,
    OP_REMOVE,
    OP_REPLACE,
    PASSIVE_NO_FETCH,
    PASSIVE_NO_INITIALIZE,
    PASSIVE_NO_RESULT,
    PASSIVE_OFF,
    AttributeEventToken,
    Event,
)
from cormorant.instrument.history import History
from cormorant.instrument.manager import manager_of_class
from cormorant.sql.attributes import InstrumentedAttribute, QueryableAttribute

__all__ = [
    "ATTR_EMPTY",
    "ATTR_WAS_SET",
    "NEVER_SET",
    "NO_CHANGE",
    "NO_KEY",
    "NO_VALUE",
    "OP_APPEND",
    "OP_BULK_REPLACE",
    "OP_MODIFIED",
    "OP_REMOVE",
    "OP_REPLACE",
    "PASSIVE_NO_FETCH",
    "PASSIVE_NO_INITIALIZE",
    "PASSIVE_NO_RESULT",
    "PASSIVE_OFF",
    "AttributeEventToken",
    "Event",
    "History",
    "InstrumentedAttribute",
    "QueryableAttribute",
    "del_attribute",
    "flag_dirty",
    "flag_modified",
    "get_attribute",
    "get_history",
    "init_collection",
    "instance_dict",
    "instance_state",
    "manager_of_class",
    "set_attribute",
    "set_committed_value",
]

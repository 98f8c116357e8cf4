"""Markers of loading and changing: what an attribute answers when it has no plain value."""

from __future__ import annotations

from enum import Enum, IntFlag
from typing import Any, Final, Literal


class LoaderCallableStatus(Enum):
    """Answers of an attribute in place of a value."""

    PASSIVE_NO_RESULT = 0
    PASSIVE_CLASS_MISMATCH = 1
    ATTR_WAS_SET = 2
    ATTR_EMPTY = 3
    NO_VALUE = 4
    NEVER_SET = 4  # noqa: PIE796 # an alias, as documented

    def __bool__(self) -> bool:
        """No marker counts as a value in a truth test."""
        return self is not LoaderCallableStatus.NO_VALUE


PASSIVE_NO_RESULT: Final = LoaderCallableStatus.PASSIVE_NO_RESULT
PASSIVE_CLASS_MISMATCH: Final = LoaderCallableStatus.PASSIVE_CLASS_MISMATCH
ATTR_WAS_SET: Final = LoaderCallableStatus.ATTR_WAS_SET
ATTR_EMPTY: Final = LoaderCallableStatus.ATTR_EMPTY
NO_VALUE: Final = LoaderCallableStatus.NO_VALUE
NEVER_SET: Final = LoaderCallableStatus.NO_VALUE


class PassiveFlag(IntFlag):
    """How far a read of an attribute may go to find its value."""

    NO_CHANGE = 0
    CALLABLES_OK = 1
    SQL_OK = 2
    RELATED_OBJECT_OK = 4
    INIT_OK = 8
    NON_PERSISTENT_OK = 16
    LOAD_AGAINST_COMMITTED = 32
    NO_AUTOFLUSH = 64
    NO_RAISE = 128
    DEFERRED_HISTORY_LOAD = 256
    INCLUDE_PENDING_MUTATIONS = 512
    PASSIVE_OFF = RELATED_OBJECT_OK | NON_PERSISTENT_OK | INIT_OK | CALLABLES_OK | SQL_OK
    PASSIVE_RETURN_NO_VALUE = PASSIVE_OFF ^ INIT_OK
    PASSIVE_NO_INITIALIZE = PASSIVE_RETURN_NO_VALUE ^ CALLABLES_OK
    PASSIVE_NO_FETCH = PASSIVE_OFF ^ SQL_OK
    PASSIVE_NO_FETCH_RELATED = PASSIVE_OFF ^ RELATED_OBJECT_OK
    PASSIVE_ONLY_PERSISTENT = PASSIVE_OFF ^ NON_PERSISTENT_OK
    PASSIVE_MERGE = PASSIVE_OFF | NO_RAISE


NO_CHANGE: Final = PassiveFlag.NO_CHANGE
PASSIVE_OFF: Final = PassiveFlag.PASSIVE_OFF
PASSIVE_NO_INITIALIZE: Final = PassiveFlag.PASSIVE_NO_INITIALIZE
PASSIVE_NO_FETCH: Final = PassiveFlag.PASSIVE_NO_FETCH
PASSIVE_RETURN_NO_VALUE: Final = PassiveFlag.PASSIVE_RETURN_NO_VALUE


class Operation(Enum):
    """The operation that an initiator token announces."""

    REMOVE = "REMOVE"
    APPEND = "APPEND"
    REPLACE = "REPLACE"
    BULK_REPLACE = "BULK_REPLACE"
    MODIFIED = "MODIFIED"


OP_REMOVE: Final = Operation.REMOVE
OP_APPEND: Final = Operation.APPEND
OP_REPLACE: Final = Operation.REPLACE
OP_BULK_REPLACE: Final = Operation.BULK_REPLACE
OP_MODIFIED: Final = Operation.MODIFIED


class AttributeEventToken:
    """The initiator of an attribute event: the attribute where a chain began, and its operation.

    As the initiator of AttributeEvents: handed on through backrefs, so that each link of
    the chain can see where it started.
    """

    __slots__ = ("impl", "key", "op", "parent_token")

    def __init__(self, impl: Any, op: Operation) -> None:
        self.impl = impl
        self.key: str = impl.key
        self.op = op
        self.parent_token = impl

    @property
    def hasparent(self) -> Literal[False]:
        """Tell that a token keeps no orphan bookkeeping."""
        return False

    def __repr__(self) -> str:
        return f"<AttributeEventToken {self.key} {self.op.name}>"


Event = AttributeEventToken

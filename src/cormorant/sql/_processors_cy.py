# cython: boundscheck=False, wraparound=False, cdivision=True
"""Shorter ways to and from SQLite's texts, for Core's own types in their default formats."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID, SafeUUID

from sqlalchemy.dialects.sqlite import base
from sqlalchemy.types import Uuid

try:
    import cython
except ImportError:
    from cormorant import _cython as cython

if cython.compiled:
    from cython.cimports.cpython import datetime as c_datetime

    c_datetime.import_datetime()

COMPILED: bool = cython.compiled

Processor = Callable[[Any], Any]

PROBES = (datetime(1, 2, 3, 4, 5, 6, 7), datetime(9876, 12, 31, 23, 59, 58, 987654))
"""Dates that only the default format writes as `isoformat` does."""


@cython.cfunc
def written(value: Any) -> Any:
    """Return 'YYYY-MM-DD HH:MM:SS.ffffff', as Core writes a DateTime for SQLite."""
    if cython.compiled:
        text = cython.declare(cython.char[26])
        i: cython.int
        year: cython.int = c_datetime.PyDateTime_GET_YEAR(value)
        month: cython.int = c_datetime.PyDateTime_GET_MONTH(value)
        day: cython.int = c_datetime.PyDateTime_GET_DAY(value)
        hour: cython.int = c_datetime.PyDateTime_DATE_GET_HOUR(value)
        minute: cython.int = c_datetime.PyDateTime_DATE_GET_MINUTE(value)
        second: cython.int = c_datetime.PyDateTime_DATE_GET_SECOND(value)
        micro: cython.int = c_datetime.PyDateTime_DATE_GET_MICROSECOND(value)
        for i in range(3, -1, -1):
            text[i] = 48 + year % 10
            year //= 10
        text[4] = text[7] = 45
        text[5] = 48 + month // 10
        text[6] = 48 + month % 10
        text[8] = 48 + day // 10
        text[9] = 48 + day % 10
        text[10] = 32
        text[11] = 48 + hour // 10
        text[12] = 48 + hour % 10
        text[13] = text[16] = 58
        text[14] = 48 + minute // 10
        text[15] = 48 + minute % 10
        text[17] = 48 + second // 10
        text[18] = 48 + second % 10
        text[19] = 46
        for i in range(25, 19, -1):
            text[i] = 48 + micro % 10
            micro //= 10
        return text[:26].decode("ascii")
    else:
        return value.isoformat(" ", "microseconds")


@cython.cclass
class WriteDateTime:
    """The bind processor of a DateTime in SQLite; unusual values go Core's way."""

    by_core: Any

    def __init__(self, by_core: Any) -> None:
        self.by_core = by_core

    def __call__(self, value: Any) -> Any:
        if type(value) is datetime and value.tzinfo is None:
            return written(value)
        return self.by_core(value)


def quick_bind(impl: Any, dialect: Any, by_core: Any) -> Any:
    """Return a bind processor equal to Core's `by_core`, quicker for the commonest values."""
    if dialect.name != "sqlite" or type(impl) is not base.DATETIME:
        return by_core
    # The user may have given the type a format of its own.
    for probe in PROBES:
        if by_core(probe) != probe.isoformat(" ", "microseconds"):
            return by_core
    return WriteDateTime(by_core)


@cython.cclass
class ReadUuid:
    """The result processor of a Uuid stored as text; other texts go Core's way."""

    by_core: Any

    def __init__(self, by_core: Any) -> None:
        self.by_core = by_core

    def __call__(self, value: Any) -> Any:
        # Core stores 32 hex digits; whatever else stands there goes the long way.
        if type(value) is not str or len(value) != 32 or not value.isalnum():
            return self.by_core(value)
        found = UUID.__new__(UUID)
        object.__setattr__(found, "int", int(value, 16))
        object.__setattr__(found, "is_safe", SafeUUID.unknown)
        return found


def quick_result(impl: Any, dialect: Any, by_core: Any) -> Any:
    """Return a result processor equal to Core's `by_core`, quicker for the commonest values."""
    if dialect.name != "sqlite" or type(impl) is not Uuid or not impl.as_uuid:
        return by_core
    return ReadUuid(by_core)

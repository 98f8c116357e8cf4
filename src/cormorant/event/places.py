"""Where a listener stands: every class, one class, one attribute of a class, or one object."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Everyone:
    """Every class of the family: `Mapper` for mapper events, `type` for instrumentation."""


@dataclass(frozen=True, slots=True, eq=False)
class OfClass:
    """One class; its subclasses too with `propagate=True`, or always where families inherit."""

    cls: type[Any]


@dataclass(frozen=True, slots=True, eq=False)
class OfAttribute:
    """The attribute `key` of one class."""

    cls: type[Any]
    key: str


@dataclass(frozen=True, slots=True, eq=False)
class OfObject:
    """One session, one registry: any object whose attribute `dispatch` can be replaced."""

    obj: Any


Place = Everyone | OfClass | OfAttribute | OfObject

"""Collections of related objects: the names of `sqlalchemy.orm.collections`."""

from __future__ import annotations

from cormorant.instrument._related_cy import InstrumentedList
from cormorant.instrument.collections import CollectionAdapter

__all__ = ["CollectionAdapter", "InstrumentedList"]

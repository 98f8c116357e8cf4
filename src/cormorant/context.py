"""The load context: the names of `sqlalchemy.orm.context`."""

from __future__ import annotations

from cormorant.load.context import QueryContext

__all__ = [
    "QueryContext",
]

"""The flush context: the names of `sqlalchemy.orm.unitofwork`."""

from __future__ import annotations

from cormorant.flush.context import UOWTransaction

__all__ = [
    "UOWTransaction",
]

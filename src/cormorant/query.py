"""Query: the names of `sqlalchemy.orm.query`."""

from __future__ import annotations

from cormorant.session.bulk import BulkDelete, BulkUpdate
from cormorant.session.query import Query

__all__ = [
    "BulkDelete",
    "BulkUpdate",
    "Query",
]

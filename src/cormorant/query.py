"""Query: the names of `sqlalchemy.orm.query`."""

from __future__ import annotations

from cormorant.session.query import Query

__all__ = [
    "Query",
]

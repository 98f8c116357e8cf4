"""The mapper: the names of `sqlalchemy.orm.mapper`."""

from __future__ import annotations

from cormorant.mapping.mapper import Mapper

__all__ = [
    "Mapper",
]

"""The mapper: the names of `sqlalchemy.orm.mapper`."""

from __future__ import annotations

from cormorant.mapping.mapper import Mapper
from cormorant.mapping.methods import reconstructor, validates
from cormorant.mapping.registry import configure_mappers

__all__ = [
    "Mapper",
    "configure_mappers",
    "reconstructor",
    "validates",
]

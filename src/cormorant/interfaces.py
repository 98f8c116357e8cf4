"""Bases and constants of mappings: the names of `sqlalchemy.orm.interfaces`."""

from __future__ import annotations

from cormorant.event.constants import EXT_CONTINUE, EXT_SKIP, EXT_STOP
from cormorant.load.options import UserDefinedOption
from cormorant.mapping.properties import MapperProperty
from cormorant.mapping.relationships import MANYTOMANY, MANYTOONE, ONETOMANY
from cormorant.sql.inspection import PropComparator

__all__ = [
    "EXT_CONTINUE",
    "EXT_SKIP",
    "EXT_STOP",
    "MANYTOMANY",
    "MANYTOONE",
    "ONETOMANY",
    "MapperProperty",
    "PropComparator",
    "UserDefinedOption",
]

"""Warn of objects whose discriminator tells another class than their own."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import SAWarning

from cormorant.instrument._state_cy import values_of

if TYPE_CHECKING:
    from cormorant.mapping.mapper import Mapper


def warn_of_told_class(mapper: Mapper, objects: list[Any]) -> None:
    """Warn of written objects of one class that will be loaded as another one, or as none."""
    key = mapper.discriminator
    if mapper.polymorphic_identity is None or key not in mapper._properties:
        return
    known = _identities(mapper)
    for obj in objects:
        value = values_of(obj).get(key)
        if value is not None and value not in known:
            name = mapper.class_.__name__
            warnings.warn(
                SAWarning(
                    f"Flushing an object of class {name!r} with incompatible polymorphic identity "
                    f"in {name}.{key}; the object may not refresh and/or load correctly. Leave "
                    f"the attribute to the mapper, or add an object of the class that is meant."
                ),
                stacklevel=2,
            )


def _identities(mapper: Mapper) -> list[Any]:
    """Return the identities that rows of a class may have: of those in its table."""
    found: list[Any] | None = mapper.memo.get("identities of rows")
    if found is None:
        found = mapper.memo["identities of rows"] = [
            each.polymorphic_identity
            for each in mapper.self_and_descendants
            if each.local_table is mapper.local_table
        ]
    return found

"""Read expired objects a last time before their rows go, for listeners that meet them after."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from cormorant import exc
from cormorant.instrument._state_cy import state_of, with_expired_values
from cormorant.session.executing import run
from cormorant.sql.statement import LightSelect

if TYPE_CHECKING:
    from cormorant.mapping.mapper import Mapper
    from cormorant.session.session import Session

FEWEST = 4
CHUNK = 500
"""Objects that one statement reads, at least and at most."""


def read_expired(session: Session, mapper: Mapper, objects: list[Any]) -> None:
    """Load those of the objects of one class that are expired.

    A row that is gone is told of by the DELETE; its object stays expired.
    """
    expired = with_expired_values(objects)
    if not expired:
        return
    alone = expired
    if len(expired) >= FEWEST and _nobody_hears(session, mapper) and mapper.single_key:
        # The options that the others were loaded with say what is read along with them.
        together = [obj for obj in expired if state_of(obj).branch is None]
        alone = [obj for obj in expired if state_of(obj).branch is not None]
        for start in range(0, len(together), CHUNK):
            _read_together(session, mapper, together[start : start + CHUNK])
    for obj in alone:
        with suppress(exc.ObjectDeletedError):
            getattr(obj, mapper.pk_keys[0])


def _nobody_hears(session: Session, mapper: Mapper) -> bool:
    """Tell whether no listener is told of each read."""
    return not (
        session.dispatch.do_orm_execute or mapper.dispatch.refresh or session.telling is not None
    )


def _read_together(session: Session, mapper: Mapper, objects: list[Any]) -> None:
    keys = [state_of(obj).pk for obj in objects]
    # Filled up with a repeated key to a power of two, so that few plans serve all.
    keys += keys[-1:] * ((1 << (len(keys) - 1).bit_length()) - len(keys))
    statement = LightSelect((mapper.class_,)).where(mapper.attribute(mapper.pk_keys[0]).in_(keys))
    run(session, statement, None, {"autoflush": False}, None).all()

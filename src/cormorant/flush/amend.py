"""Write what changed in objects after their rows were written: once, without events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cormorant.flush.family import update_changed
from cormorant.instrument._state_cy import state_of
from cormorant.instrument.constants import NO_VALUE

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from cormorant.flush.context import UOWTransaction
    from cormorant.mapping.mapper import Mapper


def amend(
    context: UOWTransaction, root: Mapper, objects: list[Any], connection: Connection
) -> None:
    """Write what changed in the own columns of watched objects."""
    snapshots = context.snapshots
    if not snapshots or not context.link.changed:
        return
    amended = [obj for obj in objects if id(obj) in snapshots and _columns_changed(context, obj)]
    if not amended:
        return
    update_changed(context, root, amended, connection)
    for obj in amended:
        state = state_of(obj)
        taken = snapshots[id(obj)]
        for key in state.old or ():
            if key in state.manager.attributes and not state.manager.attributes[key].uses_objects:
                taken[key] = state.values.get(key, NO_VALUE)


def _columns_changed(context: UOWTransaction, obj: Any) -> bool:
    attributes = state_of(obj).manager.attributes
    return any(not attributes[key].uses_objects for key in context.before(obj))

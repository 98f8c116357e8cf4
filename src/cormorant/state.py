"""The state of objects: the names of `sqlalchemy.orm.state`."""

from __future__ import annotations

from cormorant.instrument._state_cy import InstanceState
from cormorant.instrument.attribute_states import AttributeState

__all__ = [
    "AttributeState",
    "InstanceState",
]

"""The state of objects: the names of `sqlalchemy.orm.state`."""

from __future__ import annotations

from cormorant.instrument._state_cy import InstanceState

__all__ = [
    "InstanceState",
]

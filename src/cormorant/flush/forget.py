"""Forget values that only the database knows after a write; the next access loads them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cormorant.instrument._state_cy import state_of

if TYPE_CHECKING:
    from cormorant.mapping.mapper import Mapper


def forget_values(mapper: Mapper, obj: Any, keys: Sequence[str]) -> None:
    """Drop the values of some attributes and fire expire with their names."""
    if not keys:
        return
    state = state_of(obj)
    for key in keys:
        state.values.pop(key, None)
        state.forget_change(key)
    for listener in mapper.dispatch.expire:
        listener(obj, list(keys))

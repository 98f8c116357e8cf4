"""Criteria whose values are asked for when the statement runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import bindparam


def late_value(column: Any, value: Callable[[], Any]) -> Any:
    """Return a parameter of the type of `column`; `value` is called at each execution."""
    return bindparam(None, callable_=value, type_=column.type, unique=True)


def negated_as(criterion: Any, negation: Any) -> Any:
    """Return `criterion`; its `~` is `negation` and not NOT."""
    criterion.negation_clause = negation
    return criterion

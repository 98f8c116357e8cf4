"""Mark columns of a join condition: which one is the foreign key, which one is on the far side."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy.sql import visitors
from sqlalchemy.sql.annotation import _deep_deannotate


def foreign(expr: Any) -> Any:
    """Mark a column of `primaryjoin` as the foreign key, whatever the tables declare."""
    return _marked(expr, "foreign")


def remote(expr: Any) -> Any:
    """Mark a column of `primaryjoin` as the one on the side of the related class."""
    return _marked(expr, "remote")


def _marked(expr: Any, mark: str) -> Any:
    element = expr.__clause_element__() if hasattr(expr, "__clause_element__") else expr
    return element._annotate({mark: True})


def marked_columns(condition: Any, mark: str) -> tuple[Any, ...]:
    """Return the plain columns of a condition that carry a mark."""
    elements: Iterable[Any] = visitors.iterate(condition)
    return tuple(
        [
            element._deannotate()
            for element in elements
            if getattr(element, "_annotations", {}).get(mark)
        ]
    )


def unmarked(condition: Any) -> Any:
    """Return an equal condition without marks."""
    return _deep_deannotate(condition)

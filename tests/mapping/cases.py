"""Gathers the functions that declare classes under both ORMs, to be compared."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any


class Cases(list[Any]):
    """Functions from an ORM's names to the classes they declared, in their order."""

    def take(self, declare: Any, name: str | None = None) -> Any:
        """Add a function as it is, under its own name or another."""
        declare.__name__ = name or declare.__name__
        self.append(declare)
        return declare

    def based(self, declare: Any, name: str | None = None) -> Any:
        """Add a function that takes a plain base beside the ORM's names."""

        @wraps(declare)
        def with_base(orm: Any) -> Any:
            class Base(orm.DeclarativeBase):
                pass

            return declare(orm, Base)

        self.take(with_base, name)
        return declare

    def refused(self, name: str) -> Callable[[Any], Any]:
        """Compare that a body with one wrong thing is refused with the same kind of error."""
        return lambda declare: self.based(declare, name)

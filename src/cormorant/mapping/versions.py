"""The version column of a class: each UPDATE and DELETE checks and moves it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cormorant.mapping.mapper import Mapper


def next_number(version: int | None) -> int:
    """Return the version number after `version`; 1 for a new row."""
    return (version or 0) + 1


@dataclass(frozen=True, slots=True)
class VersionRule:
    """Which column counts the versions and how; `generator` False: the server counts."""

    column: Any
    key: str
    generator: Callable[[Any], Any] | bool

    @classmethod
    def find(cls, mapper: Mapper, column: Any, generator: Any) -> VersionRule | None:
        """Return the rule that the mapper arguments give, else that of the parent, or None."""
        if column is None:
            return mapper.inherits.version if mapper.inherits is not None else None
        column = getattr(column, "column", column)
        if isinstance(column, str):
            column = mapper.local_table.c[column]
        if column.table is None:
            column = mapper.local_table.c[column.key]
        chosen = next_number if generator is None else generator
        return cls(column, mapper.property_of(column).key, chosen)

    @property
    def counts(self) -> bool:
        """True when the flush itself computes the next version."""
        return self.generator is not False

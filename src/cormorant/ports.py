"""Protocols through which lower floors reach what stands above them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol


class Dispatch(Protocol):
    """What the event system keeps up to date: one tuple of callables per event."""

    def update(self, event: str, listeners: tuple[Any, ...], returning: bool) -> None:
        """Take the flattened listeners of `event`.

        `returning`: all of them return a value that the caller of the event must heed.
        """

    def demand(self, option: str) -> None:
        """Take note that a listener asked for `option` (`active_history`)."""


class Entity(Protocol):
    """What the SQL floor may ask of a mapper."""

    class_: type[Any]
    registry: Any
    is_aliased_class: bool
    layouts: Any
    """What lays its rows out (sql.eager.Layouts); None: its usual columns are all there is."""

    @property
    def mapper(self) -> Any:
        """The mapper; of itself when the entity is one."""

    @property
    def entity(self) -> Any:
        """The mapped or aliased class that the entity stands for."""

    def ready(self) -> None:
        """Configure the mappers of the registry if that has not happened yet."""

    @property
    def local_table(self) -> Any:
        """The table that INSERT, UPDATE and DELETE of the entity write."""

    @property
    def selectable(self) -> Any:
        """The table, or the join of tables, that the rows of this entity come from."""

    @property
    def load_columns(self) -> Sequence[tuple[str, Any]]:
        """(attribute key, Core column) of all that an ordinary load selects, keys first."""

    @property
    def row_columns(self) -> Sequence[tuple[str, Any]]:
        """The same with the columns of subclasses that the rows hold, under names of their own."""

    @property
    def single_rows(self) -> tuple[Any, tuple[Any, ...]] | None:
        """(discriminator, its values) of a class that shares its table; None: every row is its."""

    def attribute(self, key: str) -> Any:
        """The class-level attribute `key`; raises UnmappedColumnError with near names."""


class Unit(Protocol):
    """What an object in memory may ask of the session that it belongs to."""

    def load_missing(self, target: Any, key: str) -> None:
        """Load the unloaded or expired attribute `key` of `target` into its `__dict__`."""

    def touched(self, target: Any) -> None:
        """Take note of the first change of a persistent object."""

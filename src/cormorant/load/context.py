"""What one load carries along: the session, the statement, what it has already refreshed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.util import EMPTY_DICT

LED_BY = "cormorant_led_by"
"""Execution option of a load of the ORM's own: the way that led there, see `led_by`."""


class QueryContext:
    """The context that `load` and `refresh` listeners receive.

    As the reference promises: `session`, `statement`, `params`, `execution_options`,
    `load_options`. `fresh`: objects that populate_existing has overwritten already. `later`:
    what waits to be announced until related objects of the same row are there. `led_by`: the
    mappers and relationships that led to the statement: mapper, relationship, mapper ...
    `reloaded`: objects that listeners of this load had loaded anew while they were told of them.
    `within`: the load whose listener asked for this one.
    `statement` and `params` are None where the ORM reads for itself: `get`, a refresh.
    """

    def __init__(
        self,
        session: Any,
        statement: Any = None,
        params: Any = None,
        execution_options: Mapping[str, Any] | None = None,
        load_options: Mapping[str, Any] | None = None,
    ) -> None:
        self.session = session
        self.statement = statement
        self.params = params
        self.execution_options = execution_options or EMPTY_DICT
        self.load_options = load_options or EMPTY_DICT
        self.led_by: tuple[Any, ...] = self.execution_options.get(LED_BY, ())
        self.loaded_listeners: tuple[Any, ...] = session.dispatch.loaded_as_persistent
        self.fresh: dict[int, Any] = {}
        self.later: list[tuple[Any, bool, Any]] | None = None
        self.reloaded: dict[int, Any] | None = None
        self.within: QueryContext | None = None

    @property
    def query(self) -> Any:
        """The statement, by the name that SQLAlchemy gives it."""
        return self.statement

    @property
    def populate_existing(self) -> bool:
        """Tell whether objects that are there already are overwritten."""
        return bool(self.execution_options.get("populate_existing"))

    @property
    def yield_per(self) -> int | None:
        """How many rows are fetched at a time, None for all."""
        found: int | None = self.execution_options.get("yield_per")
        return found

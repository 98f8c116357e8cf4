"""What a flush may ask of the session that runs it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from cormorant.instrument.identity import IdentityMap
    from cormorant.mapping.mapper import Mapper


class FlushUnit(Protocol):
    """The session, as the flush sees it."""

    identity_map: IdentityMap
    flush_transaction: Any

    def connection_for(self, mapper: Mapper) -> Connection:
        """Return the connection that rows of `mapper` are written on; begins if needed."""

    def key_switched(self, obj: Any, before: Any, after: Any) -> None:
        """Take note that a flush changed the primary key of an object."""

    def meets_deleted(self) -> bool:
        """Tell whether listeners of the session meet objects after they are deleted."""

    def has(self, obj: Any) -> bool:
        """Tell whether an object belongs to this session."""

    def bring_in(self, obj: Any) -> None:
        """Attach an object that is to be deleted, with the events of that."""

    def stored_related(self, obj: Any, key: str) -> Any:
        """Return what a relationship to one refers to in the database, whatever is in memory."""

    def fill_from_memory(self, obj: Any, key: str) -> None:
        """Give an object its related object where that is in memory."""

    def load_together(self, objects: list[Any], prop: Any) -> None:
        """Load one relationship of many objects with few statements."""

    def read_expired(self, mapper: Mapper, objects: list[Any]) -> None:
        """Load those objects of a class that are expired, whose rows are still there."""

"""Rows that were frozen, as from a cache, with the objects of another session."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cormorant.instrument._state_cy import known_state
from cormorant.session.merging import merge_all

if TYPE_CHECKING:
    from sqlalchemy.engine import FrozenResult

    from cormorant.session.session import Session


def merge_frozen_result(
    session: Session, statement: Any, frozen_result: FrozenResult[Any], load: bool = True
) -> FrozenResult[Any]:
    """Merge the objects of a frozen result into a session; return the result with them.

    Call what comes back for a result to read from. `load=False`: nothing is compared with the
    database. As SQLAlchemy: for `do_orm_execute` listeners that keep results.
    """
    rows = [list(row) for row in frozen_result()]
    places = [
        (row, at) for row in rows for at, value in enumerate(row) if known_state(value) is not None
    ]
    with session.no_autoflush:
        merged = merge_all(session, [row[at] for row, at in places], load, None)
    for (row, at), obj in zip(places, merged, strict=True):
        row[at] = obj
    new: list[Any] = [tuple(row) for row in rows]
    return frozen_result.with_new_rows(new)

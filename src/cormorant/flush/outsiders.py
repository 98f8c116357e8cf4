"""Members of other sessions, or of none: a flush goes round them, and says so."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import SAWarning

from cormorant.instrument._state_cy import FLAG_DELETED, state_of

if TYPE_CHECKING:
    from cormorant.flush.context import UOWTransaction


def note_outsider(context: UOWTransaction, prop: Any, member: Any, owner: Any) -> None:
    """Remember that a member came to `owner` which the flush cannot write."""
    _note(context, prop, member, "add", owner)


def leaves_outside(context: UOWTransaction, prop: Any, member: Any, owner: Any) -> bool:
    """Tell whether a member that leaves is not in this session, and not deleted; remember it.

    `owner`: whom it left; None if it stayed, and its owner is what goes.
    """
    if member is None:
        return False
    state = state_of(member)
    outside = state.link is not context.link and not state.flags & FLAG_DELETED
    if outside:
        _note(context, prop, member, "delete", owner)
    return outside


def _note(context: UOWTransaction, prop: Any, member: Any, operation: str, owner: Any) -> None:
    text = (
        f"Object of type <{type(member).__name__}> not in session, {operation} operation "
        f"along '{prop}' will not proceed; add it with session.add()."
    )
    context.strangers.append((owner, text))


def warn_of_strangers(context: UOWTransaction) -> None:
    """Warn of the members that the flush goes round, unless their owner turned out an orphan."""
    strangers, context.strangers = context.strangers, []
    for owner, text in strangers:
        if owner is None or id(owner) not in context.link.deleted:
            warnings.warn(SAWarning(text), stacklevel=2)

"""What changed in an attribute since the last flush or load: added, unchanged, deleted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from cormorant.instrument._state_cy import FLAG_FLUSHING, InstanceState, settle
from cormorant.instrument.constants import NO_VALUE, PASSIVE_NO_RESULT


class History(NamedTuple):
    """Three sequences: what came, what stayed, what went.

    As sqlalchemy.orm.attributes.History. A scalar stands as a sequence of one; `()` means
    that nothing is known to be there, `[None]` that None is.
    """

    added: Sequence[Any]
    unchanged: Sequence[Any]
    deleted: Sequence[Any]

    def __bool__(self) -> bool:
        return self != HISTORY_BLANK

    def empty(self) -> bool:
        """Return True when nothing came and nothing went."""
        return not bool((self.added or self.deleted) and self.added is not None)

    def sum(self) -> Sequence[Any]:
        """Return added + unchanged + deleted."""
        return [*self.added, *self.unchanged, *self.deleted]

    def non_deleted(self) -> Sequence[Any]:
        """Return added + unchanged."""
        return [*self.added, *self.unchanged]

    def non_added(self) -> Sequence[Any]:
        """Return unchanged + deleted."""
        return [*self.unchanged, *self.deleted]

    def has_changes(self) -> bool:
        """Return True when something came or went."""
        return bool(self.added or self.deleted)


HISTORY_BLANK = History((), (), ())


def same(current: Any, before: Any, attribute: Any) -> bool:
    """Tell whether a value equals the one before, in the words of the column's type."""
    if current is before:
        return True
    compare = getattr(attribute.on_class, "compare_values", None)
    if compare is not None:
        return bool(compare(current, before))
    result = current == before
    return result if isinstance(result, bool) else bool(result)


def history_of(state: InstanceState, attribute: Any, pending: bool = True) -> History:
    """Return the history of one attribute from what is in memory; loads nothing.

    `pending`: count what came and went in a collection that is not loaded.
    """
    settle(state)
    if attribute.collection:
        return _collection_history(state, attribute, pending)
    key = attribute.key
    values = state.dict
    current = values.get(key, NO_VALUE)
    if _is_new(state):
        before = _committed(state, key)
        if before is NO_VALUE and attribute.uses_objects and attribute.active_history:
            # The old value was None to who asked for it: to set None is no change.
            before = None if current is None else NO_VALUE
        return _scalar_history(current, before, attribute)
    if state.old is None or key not in state.old:
        return HISTORY_BLANK if current is NO_VALUE else History((), [current], ())
    return _scalar_history(current, state.old[key], attribute)


def _is_new(state: InstanceState) -> bool:
    """Tell whether an object had no row before the flush that is under way, if one is."""
    return state.pk is None or state.flags & FLAG_FLUSHING != 0


def _committed(state: InstanceState, key: str) -> Any:
    """Return what an object without a row was given by `set_committed_value`, or NO_VALUE."""
    committed = None if state.extra is None else state.extra.committed
    return NO_VALUE if committed is None else committed.get(key, NO_VALUE)


def _scalar_history(current: Any, before: Any, attribute: Any) -> History:
    known = before is not NO_VALUE and before is not PASSIVE_NO_RESULT
    if current is NO_VALUE:
        return History((), (), [before]) if known else HISTORY_BLANK
    if not known:
        return History([current], (), ())
    if attribute.uses_objects:
        if current is before:
            return History((), [current], ())
        return History([current], (), [before])
    if same(current, before, attribute):
        return History((), [current], ())
    return History([current], (), [before])


def _collection_history(state: InstanceState, attribute: Any, pending: bool) -> History:
    key = attribute.key
    current = state.dict.get(key)
    if current is None:
        queue = None
        if pending and state.extra is not None and state.extra.queues:
            queue = state.extra.queues.get(key)
        if queue is None:
            return HISTORY_BLANK
        return History(list(queue.added), (), list(queue.removed))
    current = attribute.shape.items(current)
    before = NO_VALUE
    if _is_new(state):
        before = _committed(state, key)
        if before is NO_VALUE and current:
            return History(current, [], [])
    elif state.old is not None:
        before = state.old.get(key, current)
    else:
        before = current
    if before is current:
        return History((), current, ())
    if before is NO_VALUE:
        return History(current, (), ())
    known = {id(item) for item in before}
    there = {id(item) for item in current}
    return History(
        [item for item in current if id(item) not in known],
        [item for item in current if id(item) in known],
        [item for item in before if id(item) not in there],
    )


def has_net_change(state: InstanceState, attribute: Any) -> bool:
    """Tell whether a flush has something to write or relate for the attribute."""
    return history_of(state, attribute).has_changes()

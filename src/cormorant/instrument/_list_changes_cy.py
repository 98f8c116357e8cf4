"""How our own list changes elsewhere than at its end, each change with its events.

`items` is an `InstrumentedList`; its methods come here.
"""

from __future__ import annotations

from typing import Any

from cormorant.event.constants import NO_KEY

try:
    import cython
except ImportError:
    from cormorant import _cython as cython

# Under names of our own: of `list.pop(...)` Cython would make a call of the overriding method.
_insert, _clear = list.insert, list.clear
_get, _set, _delete = list.__getitem__, list.__setitem__, list.__delitem__


def insert(items: Any, index: Any, value: Any) -> None:
    """Insert `value` before `index`; announced as an append."""
    value = items._announce_append(value, None, index)
    _insert(items, index, value)


def clear(items: Any, index: Any) -> None:
    """Remove all items, each announced as the one at `index`."""
    doubles: cython.bint = items._has_doubles()
    for item in list(items):
        items._announce_remove(item, None, index)
        if doubles:
            items._take(item)
    _clear(items)


def empty(items: Any, initiator: Any) -> None:
    """Remove all items for `initiator`; False: without events."""
    # One by one only where somebody may see it: that moves the rest of the list each time.
    if items._step_by_step() and initiator is not False:
        for item in list(items):
            items.remove(item, initiator)
        return
    for item in list(items):
        items._announce_remove(item, initiator, NO_KEY)
    _clear(items)


def set_item(items: Any, index: Any, value: Any) -> None:
    """Put `value`, or several of them, in the place of what is at `index`."""
    if isinstance(index, slice):
        _set_slice(items, index, list(value))
        return
    _check_comers(items, [value])
    items._announce_remove(_get(items, index), None, index)
    _set(items, index, items._announce_append(value, None, index))


def _check_comers(items: Any, comers: Any) -> None:
    """Refuse what cannot be a member, before those in its place are told to go."""
    owner = items._owner
    if owner is not None:
        items._attribute.check_members(owner.obj(), comers)


def _set_slice(items: Any, index: Any, values: Any) -> None:
    places = range(*index.indices(len(items)))
    if places.step == 1:
        _set_range(items, index, places.start, values)
        return
    if len(values) != len(places):
        raise ValueError(
            f"attempt to assign sequence of size {len(values)} to extended slice of size "
            f"{len(places)}"
        )
    for place, item in zip(places, values, strict=True):
        items[place] = item


def _set_range(items: Any, index: Any, start: cython.Py_ssize_t, values: Any) -> None:
    fresh: list[Any] = []
    steps: cython.bint = items._step_by_step()
    _check_comers(items, values)
    for item in _get(items, index):
        items._announce_remove(item, None, start)
        if steps:
            _delete(items, start)
    for item in values:
        item = items._announce_append(item, None, start + len(fresh))
        if steps:
            _insert(items, start + len(fresh), item)
        fresh.append(item)
    if not steps:
        _set(items, index, fresh)


def delete_item(items: Any, index: Any) -> None:
    """Remove what is at `index`, one item or several."""
    doomed = _get(items, index)
    if not isinstance(index, slice):
        items._announce_remove(doomed, None, index)
        _delete(items, index)
    elif items._has_doubles():
        _delete_in_steps(items, index)
    else:
        for item in doomed:
            items._announce_remove(item, None, index)
        _delete(items, index)


def _delete_in_steps(items: Any, index: Any) -> None:
    """Delete a slice so that who goes last of several equal members is known."""
    gone: list[Any] = []
    for place in range(*index.indices(len(items))):
        at = place - sum([each < place for each in gone])
        items._announce_remove(_get(items, at), None, index)
        _delete(items, at)
        gone.append(place)

"""The methods that change lists, sets and dicts, each with the events that tell of it.

A wrapper takes the method of a class and returns one that announces what the method does. All
of them take `_sa_initiator` where the reference does: a token, None, or False for no events.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Set
from typing import Any

from cormorant.event.constants import NO_KEY

Method = Callable[..., Any]
Wrapper = Callable[[Method], Method]

TOLD = "__cormorant_told__"
"""Name of the mark on methods that announce their changes."""


def told(method: Method) -> Method:
    """Mark a method as one that announces its changes."""
    setattr(method, TOLD, True)
    return method


def wrapper(make: Wrapper) -> Wrapper:
    """Let what `make` returns look like the method it wraps."""

    def wrap(method: Method) -> Method:
        return told(functools.wraps(method)(make(method)))

    return wrap


def announce_append(collection: Any, item: Any, initiator: Any, key: Any = NO_KEY) -> Any:
    """Tell that `item` comes; return the item to take instead of it."""
    adapter = collection._sa_adapter
    if adapter is None or initiator is False:
        return item
    return adapter.fire_append_event(item, initiator, key)


def check_comers(collection: Any, items: Any) -> None:
    """Refuse what cannot be a member, before the one in its place is told to go."""
    adapter = collection._sa_adapter
    if adapter is not None:
        adapter.check_comers(items)


def has_doubles(collection: Any) -> bool:
    """Tell whether a member may be there more than once: then each goes before the next."""
    adapter = collection._sa_adapter
    return adapter is not None and adapter.doubles


def announce_again(collection: Any, item: Any, initiator: Any) -> None:
    """Tell that `item` came and was there."""
    adapter = collection._sa_adapter
    if adapter is not None and initiator is not False:
        adapter.fire_append_wo_mutation_event(item, initiator, None)


def announce_remove(collection: Any, item: Any, initiator: Any, key: Any = NO_KEY) -> None:
    """Tell that `item` goes."""
    adapter = collection._sa_adapter
    if adapter is not None and initiator is not False:
        adapter.fire_remove_event(item, initiator, key)


def before_remove(collection: Any) -> None:
    """Take note of the members before one goes that is not known yet."""
    adapter = collection._sa_adapter
    if adapter is not None:
        adapter.fire_pre_remove_event()


def _append(method: Method) -> Method:
    def append(self: Any, item: Any, _sa_initiator: Any = None) -> None:
        method(self, announce_append(self, item, _sa_initiator))

    return append


def _remove(method: Method) -> Method:
    def remove(self: Any, value: Any, _sa_initiator: Any = None) -> None:
        announce_remove(self, value, _sa_initiator)
        method(self, value)

    return remove


def _insert(method: Method) -> Method:
    def insert(self: Any, index: Any, value: Any) -> None:
        method(self, index, announce_append(self, value, None, index))

    return insert


def _list_pop(method: Method) -> Method:
    def pop(self: Any, index: Any = -1) -> Any:
        before_remove(self)
        item = method(self, index)
        announce_remove(self, item, None, index)
        return item

    return pop


def _list_clear(method: Method) -> Method:
    def clear(self: Any, index: Any = -1) -> None:
        for item in list(self):
            announce_remove(self, item, None, index)
        method(self)

    return clear


def _extend(method: Method) -> Method:
    def extend(self: Any, iterable: Any) -> None:
        for item in list(iterable):
            self.append(item)

    return extend


def _list_iadd(method: Method) -> Method:
    def __iadd__(self: Any, iterable: Any) -> Any:
        for item in list(iterable):
            self.append(item)
        return self

    return __iadd__


def _list_set(method: Method) -> Method:
    def __setitem__(self: Any, index: Any, value: Any) -> None:
        if not isinstance(index, slice):
            check_comers(self, [value])
            announce_remove(self, self[index], None, index)
            method(self, index, announce_append(self, value, None, index))
            return
        items, places = list(value), range(*index.indices(len(self)))
        if places.step == 1:
            check_comers(self, items)
            start = places.start
            for item in list(self[index]):
                announce_remove(self, item, None, start)
            fresh = [
                announce_append(self, item, None, start + offset)
                for offset, item in enumerate(items)
            ]
            method(self, index, fresh)
            return
        if len(items) != len(places):
            raise ValueError(
                f"attempt to assign sequence of size {len(items)} to extended slice of size "
                f"{len(places)}"
            )
        for place, item in zip(places, items, strict=True):
            self[place] = item

    return __setitem__


def _list_delete(method: Method) -> Method:
    def __delitem__(self: Any, index: Any) -> None:
        doomed = self[index] if isinstance(index, slice) else [self[index]]
        for item in doomed:
            announce_remove(self, item, None, index)
        method(self, index)

    return __delitem__


def _add(method: Method) -> Method:
    def add(self: Any, value: Any, _sa_initiator: Any = None) -> None:
        if value in self:
            announce_again(self, value, _sa_initiator)
        else:
            value = announce_append(self, value, _sa_initiator)
        method(self, value)

    return add


def _set_remove(method: Method) -> Method:
    def remove(self: Any, value: Any, _sa_initiator: Any = None) -> None:
        if value in self:
            announce_remove(self, value, _sa_initiator)
        method(self, value)

    return remove


def _set_pop(method: Method) -> Method:
    def pop(self: Any) -> Any:
        before_remove(self)
        item = method(self)
        announce_remove(self, item, None)
        return item

    return pop


def _set_clear(method: Method) -> Method:
    def clear(self: Any) -> None:
        for item in list(self):
            self.remove(item)

    return clear


def _update(method: Method) -> Method:
    def update(self: Any, *values: Any) -> None:
        for items in values:
            for item in list(items):
                self.add(item)

    return update


def _difference(method: Method) -> Method:
    def difference_update(self: Any, *values: Any) -> None:
        for items in values:
            for item in list(items):
                self.discard(item)

    return difference_update


def _become(collection: Any, wanted: Any) -> None:
    """Remove what a set is not to have, then add what it lacks."""
    had = set(collection)
    for item in had - wanted:
        collection.remove(item)
    for item in wanted - had:
        collection.add(item)


def _intersection(method: Method) -> Method:
    def intersection_update(self: Any, *values: Any) -> None:
        _become(self, set(self).intersection(*values))

    return intersection_update


def _symmetric(method: Method) -> Method:
    def symmetric_difference_update(self: Any, value: Any) -> None:
        _become(self, set(self).symmetric_difference(value))

    return symmetric_difference_update


def _in_place(name: str) -> Wrapper:
    """Make the operator that does what the method `name` does, with sets only."""

    def make(method: Method) -> Method:
        def operator(self: Any, value: Any) -> Any:
            if not isinstance(value, Set):
                return NotImplemented
            getattr(self, name)(value)
            return self

        return operator

    return make


def _dict_set(method: Method) -> Method:
    def __setitem__(self: Any, key: Any, value: Any, _sa_initiator: Any = None) -> None:
        if key in self:
            check_comers(self, [value])
            announce_remove(self, self[key], _sa_initiator, key)
        method(self, key, announce_append(self, value, _sa_initiator, key))

    return __setitem__


def _dict_delete(method: Method) -> Method:
    def __delitem__(self: Any, key: Any, _sa_initiator: Any = None) -> None:
        if key in self:
            announce_remove(self, self[key], _sa_initiator, key)
        method(self, key)

    return __delitem__


def _dict_clear(method: Method) -> Method:
    def clear(self: Any) -> None:
        for key in list(self):
            announce_remove(self, self[key], None, key)
            if has_doubles(self):
                dict.pop(self, key, None)
        method(self)

    return clear


def _dict_pop(method: Method) -> Method:
    def pop(self: Any, key: Any, *default: Any) -> Any:
        there = key in self
        before_remove(self)
        item = method(self, key, *default)
        if there:
            announce_remove(self, item, None, key)
        return item

    return pop


def _popitem(method: Method) -> Method:
    def popitem(self: Any) -> Any:
        before_remove(self)
        key, item = method(self)
        announce_remove(self, item, None, key)
        return key, item

    return popitem


def _setdefault(method: Method) -> Method:
    def setdefault(self: Any, key: Any, default: Any = None) -> Any:
        if key not in self:
            self[key] = default
            return self[key]
        value = self[key]
        if value is default:
            announce_again(self, value, None)
        return value

    return setdefault


def _dict_update(method: Method) -> Method:
    def update(self: Any, other: Any = (), /, **named: Any) -> None:
        for key, value in dict(other, **named).items():
            if key in self and self[key] is value:
                announce_again(self, value, None)
            else:
                self[key] = value

    return update


def _dict_ior(method: Method) -> Method:
    def __ior__(self: Any, other: Any) -> Any:
        self.update(other)
        return self

    return __ior__


MUTATORS: dict[type, dict[str, Wrapper]] = {
    list: {
        "append": _append,
        "remove": _remove,
        "insert": _insert,
        "pop": _list_pop,
        "clear": _list_clear,
        "extend": _extend,
        "__iadd__": _list_iadd,
        "__setitem__": _list_set,
        "__delitem__": _list_delete,
    },
    set: {
        "add": _add,
        "remove": _set_remove,
        "discard": _set_remove,
        "pop": _set_pop,
        "clear": _set_clear,
        "update": _update,
        "difference_update": _difference,
        "intersection_update": _intersection,
        "symmetric_difference_update": _symmetric,
        "__ior__": _in_place("update"),
        "__isub__": _in_place("difference_update"),
        "__iand__": _in_place("intersection_update"),
        "__ixor__": _in_place("symmetric_difference_update"),
    },
    dict: {
        "__setitem__": _dict_set,
        "__delitem__": _dict_delete,
        "clear": _dict_clear,
        "pop": _dict_pop,
        "popitem": _popitem,
        "setdefault": _setdefault,
        "update": _dict_update,
        "__ior__": _dict_ior,
    },
}
"""The methods that are wrapped, by the built-in class that a collection is like."""


def announcing(kind: type | None, name: str, method: Method) -> Method:
    """Return the method `name` of a collection like `kind`, with its events."""
    return wrapper(MUTATORS[kind][name])(method)  # type: ignore[index] # None has no mutators


def appending(method: Method) -> Method:
    """Return an appender of any name with its events."""
    return wrapper(_append)(method)


def removing(method: Method) -> Method:
    """Return a remover of any name with its events."""
    return wrapper(_remove)(method)

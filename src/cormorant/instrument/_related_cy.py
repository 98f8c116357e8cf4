"""The short way of relationships: lists and references of new objects that nobody listens to.

What is not as simple as that goes to the general road, in `related` and `related_list`.
"""

from __future__ import annotations

from typing import Any

from cormorant.event.constants import NO_KEY
from cormorant.instrument._state_cy import (
    current_values,
    fresh_values,
    known_state,
    refer_fresh,
    state_of,
)
from cormorant.instrument.collections import CollectionAdapter

try:
    import cython
except ImportError:
    from cormorant import _cython as cython

# Under names of our own: of `list.pop(...)` Cython would make a call of the overriding method.
_insert, _extend, _pop, _clear, _index = list.insert, list.extend, list.pop, list.clear, list.index
_get, _set, _delete = list.__getitem__, list.__setitem__, list.__delitem__

if cython.compiled:
    from cython.cimports.cpython.dict import PyDict_GetItem
    from cython.cimports.cpython.list import PyList_Append, PyList_GET_ITEM, PyList_GET_SIZE
    from cython.cimports.cpython.object import PyObject
    from cython.cimports.cpython.weakref import PyWeakref_GetObject


@cython.auto_pickle(False)
@cython.cclass
class Unheld:
    """Collections of a new object that were read while empty: no values of it until they change.

    Most objects have one such collection at most, so that only `others` are in a dict.
    """

    if cython.compiled:
        key = cython.declare(object)
        collection = cython.declare(object)
        others = cython.declare(dict)
    else:
        key: Any = None
        collection: Any = None
        others: Any = None

    def find_empty(self, key: Any) -> Any:
        """Return the collection that was read while it was empty, or None."""
        if self.key == key:
            return self.collection
        return None if self.others is None else self.others.get(key)

    def keep_empty(self, key: Any, collection: Any) -> None:
        """Remember a collection that is read while it is empty."""
        if self.key is None or self.key == key:
            self.key = key
            self.collection = collection
            return
        if self.others is None:
            self.others = {}
        self.others[key] = collection

    def take_empty(self, key: Any) -> Any:
        """Return the collection that was read while it was empty, and forget it."""
        if self.key == key:
            found = self.collection
            self.key = self.collection = None
            return found
        return None if self.others is None else self.others.pop(key, None)

    def forget_empties(self) -> None:
        """Drop all of them."""
        self.key = self.collection = self.others = None


@cython.auto_pickle(False)
@cython.cclass
class RelationSlot:
    """What the short way asks of a relationship attribute.

    `quiet`: nobody listens to its changes. `listed`: it holds a list of our own; `plain`: and
    nobody listens to lists being made. `reverse`: the attribute of the other side. `accepts`:
    the related class, None for any; `strict`: no subclasses of it. What the general road adds
    (`read`, `change`, `assign`, `erase`, `bulk_token`) is no field of C: it is asked of the slot
    as `Any`.
    """

    if cython.compiled:
        key = cython.declare(str, visibility="public")
        class_ = cython.declare(object, visibility="public")
        on_class = cython.declare(object, visibility="public")
        reverse = cython.declare(object, visibility="public")
        accepts = cython.declare(object, visibility="public")
        strict = cython.declare(cython.bint, visibility="public")
        quiet = cython.declare(cython.bint, visibility="public")
        listed = cython.declare(cython.bint, visibility="public")
        plain = cython.declare(cython.bint, visibility="public")
    else:
        key: str
        class_: Any
        on_class: Any
        reverse: Any = None
        accepts: Any = None
        strict: bool = False
        quiet: bool = True
        listed: bool = False
        plain: bool = False


@cython.auto_pickle(False)
@cython.cclass
class ObjectSlot(RelationSlot):
    """The descriptor of a relationship to one object; a subclass has `read`, `change`, `erase`."""

    def __get__(self, obj: Any, cls: Any) -> Any:
        if obj is None:
            return self.on_class
        values = current_values(obj)
        if values is not None:
            if cython.compiled:
                found = PyDict_GetItem(values, self.key)
                if found is not cython.NULL:
                    return cython.cast(object, found)
            elif self.key in values:
                return values[self.key]
        general: Any = self
        return general.read(obj)

    def __set__(self, obj: Any, value: Any) -> None:
        general: Any = self
        if not self.refer(obj, value):
            general.change(obj, value, None)

    def __delete__(self, obj: Any) -> None:
        general: Any = self
        general.erase(obj)

    @cython.cfunc
    def refer(self, obj: Any, value: Any) -> cython.bint:
        """Set the first value of a new object, on both sides; False if that is not so simple."""
        if value is None or not self.quiet or type(obj) is not self.class_:
            return False
        values = fresh_values(obj)
        if values is None or self.key in values:
            return False
        others = fresh_values(value)
        if others is None:
            return False
        if self.reverse is not None:
            reverse: RelationSlot = self.reverse
            if not reverse.quiet or not reverse.listed or type(value) is not reverse.class_:
                return False
            if reverse.strict and type(obj) is not reverse.accepts:
                return False
            found = others.get(reverse.key)
            if found is None:
                found = first_list(reverse, value, others)
            if type(found) is not InstrumentedList:
                return False
            list_append(found, obj)
        elif type(value) is not self.accepts:
            return False
        values[self.key] = value
        return True


@cython.auto_pickle(False)
@cython.cclass
class CollectionSlot(RelationSlot):
    """The descriptor of a relationship to many; a subclass has `read`, `assign`, `erase`."""

    def __get__(self, obj: Any, cls: Any) -> Any:
        if obj is None:
            return self.on_class
        values = current_values(obj)
        if values is not None:
            if cython.compiled:
                found = PyDict_GetItem(values, self.key)
                if found is not cython.NULL and cython.cast(object, found) is not None:
                    return cython.cast(object, found)
            else:
                known = values.get(self.key)
                if known is not None:
                    return known
            if self.plain and fresh_values(obj) is not None:
                return self.empty_list(obj)
        general: Any = self
        return general.read(obj)

    @cython.cfunc
    def empty_list(self, obj: Any) -> Any:
        """Return the empty list of a new object: no value of it until it is changed."""
        state = state_of(obj)
        unheld: Unheld = state.extras()
        found = unheld.find_empty(self.key)
        if found is None:
            fresh: InstrumentedList = InstrumentedList()
            fresh._attribute = self
            fresh._owner_ref = state.ref
            unheld.keep_empty(self.key, fresh)
            return fresh
        return found

    def __set__(self, obj: Any, value: Any) -> None:
        general: Any = self
        if not self.assign_short(obj, value):
            general.assign(obj, value)

    def __delete__(self, obj: Any) -> None:
        general: Any = self
        general.erase(obj)

    @cython.cfunc
    def assign_short(self, obj: Any, value: Any) -> cython.bint:
        """Give a new object its first list; False if that is not so simple."""
        if not self.quiet or type(value) is not list or type(obj) is not self.class_:
            return False
        values = fresh_values(obj)
        if values is None or self.key in values:
            return False
        paired: cython.bint = self.reverse is not None
        for item in value:
            if type(item) is not self.accepts:
                return False
            if (fresh_values(item) if paired else known_state(item)) is None:
                return False
        found = first_list(self, obj, values)
        if found is None:
            return False
        fresh: InstrumentedList = found
        general: Any = self
        for item in value:
            if not fresh.append_short(item):
                fresh.append(item, general.bulk_token)
        return True


@cython.cfunc
def first_list(attribute: RelationSlot, obj: Any, values: Any) -> Any:
    """Return the list of a new object that has none yet, or None where somebody may listen."""
    if not attribute.plain:
        return None
    state = state_of(obj)
    if state.extra is not None:
        return None
    fresh: InstrumentedList = InstrumentedList()
    fresh._attribute = attribute
    fresh._owner_ref = state.ref
    fresh._held = True
    values[attribute.key] = fresh
    return fresh


@cython.cfunc
@cython.inline
def list_append(items: Any, item: Any) -> Any:
    if cython.compiled:
        PyList_Append(items, item)
    else:
        list.append(items, item)


@cython.cfunc
@cython.inline
def living(reference: Any) -> Any:
    if cython.compiled:
        return cython.cast(object, PyWeakref_GetObject(reference))
    else:
        return reference()


@cython.cfunc
@cython.inline
def identical(items: Any, item: Any) -> cython.Py_ssize_t:
    """Return the index of the object `item` itself in a list, or -1."""
    at: cython.Py_ssize_t = 0
    if cython.compiled:
        for at in range(PyList_GET_SIZE(items)):
            if PyList_GET_ITEM(items, at) == cython.cast(cython.pointer(PyObject), item):
                return at
    else:
        for at, candidate in enumerate(list.__iter__(items)):
            if candidate is item:
                return at
    return -1


def contains_identical(items: Any, item: Any) -> Any:
    """Tell whether the object `item` itself is in a list."""
    return identical(items, item) >= 0


def position(items: Any, item: Any) -> Any:
    """Return the index of `item` in a list by identity first, then by equality, else -1."""
    at: cython.Py_ssize_t = identical(items, item)
    if at < 0:
        try:
            at = _index(items, item)
        except ValueError:
            return -1
    return at


@cython.cclass
class InstrumentedList(list):  # type: ignore[type-arg] # a compiled class takes no parameters
    """A list that reports its changes: events, backrefs and cascades follow each of them.

    It is the value of its owner (`_held`) from its first change on: until then it was only read.
    """

    if cython.compiled:
        __weakref__ = cython.declare(object)
        _attribute = cython.declare(RelationSlot, visibility="public")
        _owner_ref = cython.declare(object, visibility="public")
        _adapter = cython.declare(object, visibility="public")
        _held = cython.declare(cython.bint, visibility="public")
    else:
        _attribute: Any = None
        _owner_ref: Any = None
        _adapter: Any = None
        _held: bool = False

    @property
    def _owner(self) -> Any:
        """The state of the object that holds the list, if it is one of an object.

        Through a weak reference: the state holds the values, and these the list.
        """
        if self._owner_ref is None or self._attribute is None:
            return None
        owner = self._owner_ref()
        return self._sa_adapter.owner_state if owner is None else state_of(owner)

    @property
    def _sa_adapter(self) -> Any:
        """The adapter of the list, made on first use; None without an owner."""
        if self._adapter is None and self._attribute is not None:
            self._adapter = CollectionAdapter(
                self._attribute, self._owner_ref, self, self._attribute.shape
            )
        return self._adapter

    def _bind(self, attribute: Any, owner: Any, held: Any) -> None:
        """Let `attribute` hear of changes; `owner`: a weak reference to the object."""
        if self._adapter is not None:
            self._adapter.release()
            self._adapter = None
        self._attribute = attribute
        self._owner_ref = owner
        self._held = held

    @cython.cfunc
    def append_short(self, item: Any) -> cython.bint:
        """Append to the list of a new object, both sides; False if that is not so simple."""
        attribute: RelationSlot = self._attribute
        if attribute is None or not attribute.quiet:
            return False
        owner = living(self._owner_ref)
        if owner is None or not (self._held or self.hold(owner)):
            return False
        if attribute.reverse is None:
            if type(item) is not attribute.accepts or known_state(item) is None:
                return False
            if fresh_values(owner) is None:
                return False
        else:
            reverse: RelationSlot = attribute.reverse
            if not reverse.quiet or reverse.listed or type(item) is not reverse.class_:
                return False
            if not refer_fresh(item, reverse.key, owner):
                return False
        list_append(self, item)
        return True

    @cython.cfunc
    def hold(self, owner: Any) -> cython.bint:
        """Become the value of a new owner, who has only read this list so far."""
        key = self._attribute.key
        if fresh_values(owner) is None:
            return False
        unheld: Unheld = known_state(owner).extra
        if unheld is None or unheld.take_empty(key) is not self:
            return False
        fresh_values(owner)[key] = self
        self._held = True
        return True

    @cython.cfunc
    def announce_append(self, item: Any, initiator: Any, key: Any) -> Any:
        if initiator is False:
            return item
        owner = self._owner
        if owner is None:
            return item
        return self._attribute.appending(owner, self, item, initiator, key)

    @cython.cfunc
    def announce_remove(self, item: Any, initiator: Any, key: Any) -> Any:
        if initiator is False:
            return None
        owner = self._owner
        if owner is not None:
            self._attribute.removing(owner, self, item, initiator, key)

    def append(self, item: Any, _sa_initiator: Any = None) -> None:
        """Append `item`: AttributeEvents.append, then backref and cascade."""
        if _sa_initiator is not None or not self.append_short(item):
            item = self.announce_append(item, _sa_initiator, NO_KEY)
            list_append(self, item)

    def insert(self, index: Any, value: Any) -> None:
        """Insert `value` before `index`; announced as an append."""
        value = self.announce_append(value, None, index)
        _insert(self, index, value)

    def extend(self, iterable: Any) -> None:
        """Append each of `iterable`."""
        for item in list(iterable):
            self.append(item)

    def __iadd__(self, iterable: Any) -> Any:  # type: ignore[misc] # takes any iterable, as list
        self.extend(iterable)
        return self

    def remove(self, value: Any, _sa_initiator: Any = None) -> None:
        """Remove `value`, found by identity, then by equality; ValueError if absent."""
        index = position(self, value)
        if index < 0:
            raise ValueError("list.remove(x): x not in list")
        self.announce_remove(_get(self, index), _sa_initiator, NO_KEY)
        index = position(self, value)
        if index >= 0:
            _delete(self, index)

    def pop(self, index: Any = -1) -> Any:
        """Remove and return the item at `index`."""
        owner = self._owner
        if owner is not None:
            self._attribute.note(owner.obj(), owner, self)
        item = _pop(self, index)
        if owner is not None:
            self._attribute.removing(owner, self, item, None, index, True)
        return item

    def clear(self, index: Any = -1) -> None:
        """Remove all items, each announced."""
        doubles: cython.bint = self.has_doubles()
        for item in list(self):
            self.announce_remove(item, None, index)
            if doubles:
                self._take(item)
        _clear(self)

    def __setitem__(self, index: Any, value: Any) -> None:
        if isinstance(index, slice):
            self.set_slice(index, list(value))
            return
        self.check_comers([value])
        self.announce_remove(_get(self, index), None, index)
        _set(self, index, self.announce_append(value, None, index))

    @cython.cfunc
    def check_comers(self, items: Any) -> Any:
        """Refuse what cannot be a member, before those in its place are told to go."""
        owner = self._owner
        if owner is not None:
            self._attribute.check_members(owner.obj(), items)

    @cython.cfunc
    def set_slice(self, index: Any, items: Any) -> Any:
        places = range(*index.indices(len(self)))
        if places.step == 1:
            start: cython.Py_ssize_t = places.start
            fresh: list[Any] = []
            steps: cython.bint = self.step_by_step()
            self.check_comers(items)
            for item in _get(self, index):
                self.announce_remove(item, None, start)
                if steps:
                    _delete(self, start)
            for item in items:
                item = self.announce_append(item, None, start + len(fresh))
                if steps:
                    _insert(self, start + len(fresh), item)
                fresh.append(item)
            if not steps:
                _set(self, index, fresh)
            return None
        if len(items) != len(places):
            raise ValueError(
                f"attempt to assign sequence of size {len(items)} to extended slice of size "
                f"{len(places)}"
            )
        for place, item in zip(places, items, strict=True):
            self[place] = item

    def __delitem__(self, index: Any) -> None:
        doomed = _get(self, index)
        if not isinstance(index, slice):
            self.announce_remove(doomed, None, index)
            _delete(self, index)
        elif self.has_doubles():
            self.delete_slice_in_steps(index)
        else:
            for item in doomed:
                self.announce_remove(item, None, index)
            _delete(self, index)

    @cython.cfunc
    def delete_slice_in_steps(self, index: Any) -> Any:
        """Delete a slice so that who goes last of several equal members is known."""
        gone: list[Any] = []
        for place in range(*index.indices(len(self))):
            at = place - sum([each < place for each in gone])
            self.announce_remove(_get(self, at), None, index)
            _delete(self, at)
            gone.append(place)

    def _put(self, item: Any) -> None:
        list_append(self, item)

    def _empty(self, initiator: Any) -> None:
        # One by one only where somebody may see it: that moves the rest of the list each time.
        if self.step_by_step() and initiator is not False:
            for item in list(self):
                self.remove(item, initiator)
            return
        for item in list(self):
            self.announce_remove(item, initiator, NO_KEY)
        _clear(self)

    @cython.cfunc
    def step_by_step(self) -> cython.bint:
        """Tell whether somebody looks at the list between the steps of a change."""
        attribute: RelationSlot = self._attribute
        return attribute is not None and (not attribute.quiet or self.has_doubles())

    @cython.cfunc
    def has_doubles(self) -> cython.bint:
        """Tell whether a member may be here more than once."""
        return self._adapter is not None and self._adapter.doubles

    def _take(self, item: Any) -> None:
        at: cython.Py_ssize_t = identical(self, item)
        if at >= 0:
            _delete(self, at)

    def _fill(self, items: Any) -> None:
        _extend(self, items)

    def copy(self) -> Any:
        """Return a plain list of the items."""
        return list(self)

    def __reduce_ex__(self, protocol: Any) -> Any:
        return (type(self), (), list(self))

    def __setstate__(self, items: Any) -> None:
        # Not as arguments: a list may be met again among what its own members refer to.
        _extend(self, items)

"""Relationships of objects in memory: what a change sets off, on both sides and in the session.

Every change has a short way - lists and references of new objects - and the whole one. Loading,
and what is asked rarely, is in `related` and `related_list`.
"""

from __future__ import annotations

from typing import Any

from cormorant.event.constants import NO_KEY
from cormorant.instrument import _list_changes_cy as list_changes
from cormorant.instrument._state_cy import (
    FLAG_DELETED,
    FRESH,
    current_values,
    end_watch,
    fresh_values,
    hold_unheld,
    keep_unheld,
    known_state,
    note_change,
    settle,
    state_of,
)
from cormorant.instrument.collections import CollectionAdapter
from cormorant.instrument.constants import NO_VALUE, PASSIVE_NO_RESULT

try:
    import cython
except ImportError:
    from cormorant import _cython as cython

# Under names of our own: of `list.pop(...)` Cython would make a call of the overriding method.
_extend, _pop, _index = list.extend, list.pop, list.index
_get, _delete = list.__getitem__, list.__delitem__
_EMPTY: tuple[Any, ...] = ()
_Marker = type(NO_VALUE)

if cython.compiled:
    from cython.cimports.cpython.dict import PyDict_GetItemWithError
    from cython.cimports.cpython.list import PyList_Append, PyList_GET_ITEM, PyList_GET_SIZE
    from cython.cimports.cpython.object import PyObject
    from cython.cimports.cpython.weakref import PyWeakref_GetObject


def find_empty(state: Any, key: Any) -> Any:
    """Return the collection of a state that was read while it was empty, or None."""
    empties = state.empties
    if type(empties) is InstrumentedList:
        return empties if key_of(empties) == key else None
    return None if empties is None else empties.get(key)


def keep_empty(state: Any, key: Any, collection: Any) -> None:
    """Remember a collection that is read while it is empty."""
    empties = state.empties
    if empties is None and type(collection) is InstrumentedList:
        state.empties = collection
        return
    if type(empties) is InstrumentedList:
        empties = {key_of(empties): empties}
    state.empties = {key: collection} if empties is None else {**empties, key: collection}


def take_empty(state: Any, key: Any) -> Any:
    """Return the collection that was read while it was empty, and forget it."""
    found = find_empty(state, key)
    if found is not None:
        if found is state.empties:
            state.empties = None
        else:
            del state.empties[key]
    return found


@cython.cfunc
def key_of(items: InstrumentedList) -> Any:
    """Return the name of the attribute that a list belongs to; None if it was let go."""
    return None if items._attribute is None else items._attribute.key


@cython.auto_pickle(False)
@cython.cclass
class RelationSlot:
    """What a change of a relationship asks of its attribute.

    `entering`, `leaving`: who hears of a value that comes or goes, `..._first`: before session and
    other side are told; `..._bare`: the same without adapters, where none of them takes the key.
    `direct`: nobody listens first to comers, or replaces them. `quiet`: nobody listens to changes.
    `plain`: nobody listens to whole collections: made, replaced, let go.
    `listed`: it holds a list of our own; `reverse`: the attribute of the other side. `accepts`:
    the related class, None for any; `strict`: no subclasses of it. What stands in `related` and
    `related_list` is no field of C: it is asked of the slot as `Any`.
    """

    if cython.compiled:
        key = cython.declare(str, visibility="public")
        class_ = cython.declare(object, visibility="public")
        on_class = cython.declare(object, visibility="public")
        reverse = cython.declare(object, visibility="public")
        accepts = cython.declare(object, visibility="public")
        strict = cython.declare(cython.bint, visibility="public")
        quiet = cython.declare(cython.bint, visibility="public")
        plain = cython.declare(cython.bint, visibility="public")
        direct = cython.declare(cython.bint, visibility="public")
        listed = cython.declare(cython.bint, visibility="public")
        cascades = cython.declare(cython.bint, visibility="public")
        owns = cython.declare(cython.bint, visibility="public")
        written = cython.declare(cython.bint, visibility="public")
        active_history = cython.declare(cython.bint, visibility="public")
        making = cython.declare(tuple, visibility="public")
        entering_first = cython.declare(tuple, visibility="public")
        entering = cython.declare(tuple, visibility="public")
        entering_bare = cython.declare(tuple, visibility="public")
        entering_returns = cython.declare(cython.bint, visibility="public")
        leaving_first = cython.declare(tuple, visibility="public")
        leaving = cython.declare(tuple, visibility="public")
        leaving_bare = cython.declare(tuple, visibility="public")
        remove_token = cython.declare(object, visibility="public")
    else:
        key: str
        class_: Any
        on_class: Any
        reverse: Any = None
        accepts: Any = None
        strict: bool = False
        quiet: bool = True
        plain: bool = True
        direct: bool = True
        listed: bool = False
        cascades: bool = True
        owns: bool = False
        written: bool = True
        active_history: bool = False
        making: Any = _EMPTY
        entering_first: Any = _EMPTY
        entering: Any = _EMPTY
        entering_bare: Any = None
        entering_returns: bool = False
        leaving_first: Any = _EMPTY
        leaving: Any = _EMPTY
        leaving_bare: Any = None
        remove_token: Any

    @cython.cfunc
    def own_of(self, obj: Any) -> Any:
        """Return this attribute as the class of `obj` has it: a subclass has its own."""
        if type(obj) is self.class_:
            return self
        return state_of(obj).manager.attributes.get(self.key, self)

    @cython.cfunc
    def suits(self, value: Any) -> cython.bint:
        """Tell at a glance whether an object can be the value, or a member."""
        if type(value) is self.accepts:
            return True
        return not self.strict and self.accepts is not None and isinstance(value, self.accepts)

    @cython.cfunc
    def check(self, obj: Any, value: Any) -> Any:
        """Refuse a value that cannot belong to `obj`, before anything is changed."""
        if self.suits(value) and known_state(value) is not None:
            if self.reverse is None or cython.cast(RelationSlot, self.reverse).suits(obj):
                return
        general: Any = self
        general.check_member(obj, value)

    @cython.cfunc
    def admit(self, owner: Any, value: Any, initiator: Any) -> Any:
        """Refuse a deleted member before anything is changed, where it would follow its owner."""
        if not self.cascades or owner.link is None:
            return
        member = known_state(value)
        if member is None or not member.flags & FLAG_DELETED:
            return
        unit = owner.link.unit()
        if unit is not None and (initiator is None or initiator.impl is self):
            unit.cascade_into(value)

    @cython.cfunc
    def follow(self, owner: Any, value: Any, initiator: Any) -> Any:
        """Bring a new member into the session of its owner (save-update cascade)."""
        if not self.cascades or value is None:
            return
        link = owner.link
        if link is None or (initiator is not None and initiator.impl is not self):
            return
        member = known_state(value)
        if member is not None and member.link is link:
            return
        unit = link.unit()
        if unit is not None:
            unit.cascade_into(value)

    def bring_along(self, owner: Any, members: Any) -> None:
        """Bring members that stay into the session of their owner: some may have left it."""
        for member in members:
            self.admit(owner, member, None)
            self.follow(owner, member, None)

    @cython.cfunc
    def tells_reverse(self, initiator: Any) -> cython.bint:
        """Tell whether the other side is to hear of a change: not if it was the one who told."""
        if self.reverse is None:
            return False
        if initiator is None or initiator.impl is self:
            return True
        if initiator.impl is self.reverse:
            return False
        general: Any = self
        return not general.told_by(initiator)

    @cython.cfunc
    def tell_removed(self, obj: Any, value: Any, token: Any, key: Any) -> Any:
        if self.leaving_bare is not None:
            for listener in self.leaving_bare:
                listener(obj, value, token)
        else:
            for listener in self.leaving:
                listener(obj, value, token, key)


@cython.ccall
def tell_all(
    listeners: Any, returns: cython.bint, obj: Any, value: Any, third: Any, fourth: Any
) -> Any:
    """Call listeners of a comer; return the value to take."""
    heard: tuple[Any, ...] = listeners
    if returns:
        for listener in heard:
            value = listener(obj, value, third, fourth)
    else:
        for listener in heard:
            listener(obj, value, third, fourth)
    return value


@cython.auto_pickle(False)
@cython.cclass
class ObjectSlot(RelationSlot):
    """The descriptor of a relationship to one object; a subclass has `read` and `erase`."""

    # A field of its own: without one Python would take a subclass that has another base as well
    # for a mere RelationSlot, whose methods are fewer.
    if cython.compiled:
        replace_token = cython.declare(object, visibility="public")
    else:
        replace_token: Any

    def __get__(self, obj: Any, cls: Any) -> Any:
        if obj is None:
            return self.on_class
        values = current_values(obj)
        if values is not None:
            if cython.compiled:
                found = PyDict_GetItemWithError(values, self.key)
                if found is not cython.NULL:
                    return cython.cast(object, found)
            elif self.key in values:
                return values[self.key]
        general: Any = self
        return general.read(obj)

    def __set__(self, obj: Any, value: Any) -> None:
        if not self.refer(obj, value):
            self.put(obj, value, None, False)

    def __delete__(self, obj: Any) -> None:
        general: Any = self
        general.erase(obj)

    @cython.cfunc
    def refer(self, obj: Any, value: Any) -> cython.bint:
        """Set the first value of a new object, on both sides; False if that is not so simple."""
        if value is None or not self.direct or type(obj) is not self.class_:
            return False
        if self.active_history:
            return False
        values = fresh_values(obj)
        if values is None or self.key in values:
            return False
        others = fresh_values(value)
        if others is None:
            return False
        if self.reverse is not None:
            reverse: RelationSlot = self.reverse
            if not reverse.listed or type(value) is not reverse.class_:
                return False
            if reverse.entering or not reverse.direct:
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
        if self.entering:
            for listener in self.entering:
                listener(obj, value, NO_VALUE, self.replace_token)
            if fresh_values(obj) is not values:
                self.store(obj, state_of(obj), value, NO_VALUE)
                return True
        values[self.key] = value
        return True

    def change(self, obj: Any, value: Any, initiator: Any, told: Any = False) -> None:
        """Assign `value`, tell listeners, the other side (unless it told us), and the session."""
        self.put(obj, value, initiator, told)

    @cython.cfunc
    def put(self, obj: Any, value: Any, initiator: Any, told: cython.bint) -> Any:
        state: Any = state_of(obj)
        converts: cython.bint = self.entering_returns and len(self.entering_first) > 0
        if value is not None and not converts:
            self.check(obj, value)
        settle(state)
        if value is not None and state.values.get(self.key) is not value:
            self.admit(state, value, initiator)
        previous = self.before(obj, state)
        token = initiator or self.replace_token
        if self.entering_first:
            value = tell_all(
                self.entering_first, self.entering_returns, obj, value, previous, token
            )
            if value is not None and converts:
                self.check(obj, value)
        if value is not previous:
            self.follow(state, value, initiator)
        self.move(obj, value, previous, token, told)
        if self.entering:
            taken = tell_all(self.entering, self.entering_returns, obj, value, previous, token)
            if taken is not value:
                self.follow(state, taken, initiator)
                value = taken
        self.store(obj, state, value, previous)

    @cython.cfunc
    def store(self, obj: Any, state: Any, value: Any, previous: Any) -> Any:
        """Take the value that all have been told of."""
        general: Any = self
        self.note_value(obj, state, previous)
        state.values[self.key] = value
        if self.reverse is None:
            if self.owns and previous is not value:
                general.abandon(previous)
        elif (
            value is None and cython.cast(RelationSlot, self.reverse).owns and is_object(previous)
        ):
            self.reverse.abandon(obj)

    def previous(self, obj: Any, state: Any) -> Any:
        """Return the value before a change without SQL, unless history is wanted."""
        return self.before(obj, state)

    @cython.cfunc
    def before(self, obj: Any, state: Any) -> Any:
        values: dict[Any, Any] = state.values
        if self.key in values:
            return values[self.key]
        if state.pk is None:
            # As SQLAlchemy: who wants the old value gets what reading it would give.
            return None if self.active_history else NO_VALUE
        old = state.old
        if old is not None and self.key in old:
            return NO_VALUE
        unit = None if state.link is None else state.link.unit()
        if unit is None:
            return PASSIVE_NO_RESULT
        if self.active_history:
            general: Any = self
            return general.fetch(obj, state)
        return unit.peek_related(obj, state, self.key)

    def note(self, obj: Any, state: Any, previous: Any) -> None:
        """Remember the first old value of a persistent object."""
        self.note_value(obj, state, previous)

    @cython.cfunc
    def note_value(self, obj: Any, state: Any, previous: Any) -> Any:
        if self.written and state.pk is not None:
            old = NO_VALUE if previous is PASSIVE_NO_RESULT else previous
            note_change(obj, state, self.key, old)

    def tell_reverse(self, obj: Any, value: Any, previous: Any, token: Any, told: Any) -> None:
        """Move `obj` from the other side of the old value to that of the new one."""
        self.move(obj, value, previous, token, told)

    @cython.cfunc
    def move(self, obj: Any, value: Any, previous: Any, token: Any, told: cython.bint) -> Any:
        if self.reverse is None or previous is value:
            return
        # A leaver that the other side told of has left it already. One object that goes over to
        # another owner stays with the first until that one is read anew: as SQLAlchemy.
        if is_object(previous):
            if not told:
                lose_member(self.reverse, previous, obj, token)
            elif value is not None and isinstance(self.reverse, CollectionSlot):
                lose_member(self.reverse, previous, obj, self.replace_token)
        if value is not None and not told:
            gain_member(self.reverse, value, obj, token)

    @cython.cfunc
    def drop(self, obj: Any, value: Any, token: Any) -> Any:
        """Refer to `value` no more because the other side left `obj`."""
        state = state_of(obj)
        settle(state)
        previous = self.before(obj, state)
        if previous is value or previous is PASSIVE_NO_RESULT:
            self.put(obj, None, token, True)


@cython.auto_pickle(False)
@cython.cclass
class CollectionSlot(RelationSlot):
    """The descriptor of a relationship to many; a subclass has `read`, `assign`, `erase`."""

    # A field of its own: see ObjectSlot.
    if cython.compiled:
        append_token = cython.declare(object, visibility="public")
        here = cython.declare(object, visibility="public")
    else:
        append_token: Any
        here: Any

    def __get__(self, obj: Any, cls: Any) -> Any:
        if obj is None:
            return self.on_class
        found = self.here[obj]
        if type(found) is InstrumentedList:
            if cython.cast(InstrumentedList, found)._attribute is self:
                return found
        elif found is not None:
            return found
        elif self.listed and not self.making:
            fresh: InstrumentedList = InstrumentedList.__new__(InstrumentedList)
            fresh._owner_ref = keep_unheld(obj, fresh)
            if fresh._owner_ref is not None:
                fresh._attribute = self
                return fresh
        elif self.listed and fresh_values(obj) is not None:
            state = state_of(obj)
            if state.empties is None:
                fresh = bound_list(self, obj, state)
                keep_empty(state, self.key, fresh)
                return fresh
        general: Any = self
        return general.read(obj)

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
        if not self.direct or not self.plain or type(obj) is not self.class_:
            return False
        if type(value) is not list:
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
            if self.entering or not fresh.append_short(item):
                fresh.append(item, general.bulk_token)
        return True

    def appending(
        self, owner: Any, collection: Any, item: Any, initiator: Any, key: Any = NO_KEY
    ) -> Any:
        """Announce an append before it happens; return the item to append."""
        return self.enter(owner, owner.obj(), collection, item, initiator, key)

    @cython.cfunc
    def enter(
        self, owner: Any, obj: Any, collection: Any, item: Any, initiator: Any, key: Any
    ) -> Any:
        general: Any = self
        converts: cython.bint = self.entering_returns and len(self.entering_first) > 0
        if item is not None and not converts:
            self.check(obj, item)
        settle(owner)
        if item is not None:
            self.admit(owner, item, initiator)
        token = initiator or self.append_token
        if self.entering_first:
            item = tell_all(self.entering_first, self.entering_returns, obj, item, token, key)
            if item is not None and converts:
                self.check(obj, item)
        if owner.empties is not None and owner.values.get(self.key) is not collection:
            general.claim(obj, owner, collection)  # loaded before the member may be flushed
        self.follow(owner, item, initiator)
        if item is not None and self.tells_reverse(initiator):
            reverse: RelationSlot = self.reverse
            member = state_of(item)
            known = member.values.get(reverse.key, NO_VALUE)
            if known is NO_VALUE and member.pk is not None:
                here: cython.bint = general.may_be_here(owner, member)
            else:
                here = known is obj
            if here:
                collection._sa_adapter.doubles = True
            gain_member(reverse, item, obj, token)
        taken = self.tell_entered(obj, item, token, key)
        self.note_members(obj, owner, collection)
        if taken is not item:
            self.follow(owner, taken, initiator)
        return taken

    @cython.cfunc
    def tell_entered(self, obj: Any, item: Any, token: Any, key: Any) -> Any:
        if self.entering_bare is None or self.entering_returns:
            return tell_all(self.entering, self.entering_returns, obj, item, token, key)
        for listener in self.entering_bare:
            listener(obj, item, token)
        return item

    def note(self, obj: Any, state: Any, collection: Any) -> None:
        """Remember the members before the first change of a persistent owner.

        Warns of a collection that its owner does not hold any more: it belongs to nobody.
        """
        self.note_members(obj, state, collection)

    @cython.cfunc
    def note_members(self, obj: Any, state: Any, collection: Any) -> Any:
        general: Any = self
        if state.values.get(self.key) is not collection:
            if not general.owned(obj, state, collection):
                return
        if state.pk is None or not self.written:
            return
        old = state.old
        if state.watched:
            end_watch(obj, state)
        if old is None or self.key not in old:
            note_change(obj, state, self.key, general.shape.items(collection))

    def removing(
        self,
        owner: Any,
        collection: Any,
        item: Any,
        initiator: Any,
        key: Any = NO_KEY,
        gone: Any = False,
    ) -> None:
        """Announce a removal before it happens; `gone`: as it has happened."""
        self.leave(owner, owner.obj(), collection, item, initiator, key, gone)

    @cython.cfunc
    def leave(
        self,
        owner: Any,
        obj: Any,
        collection: Any,
        item: Any,
        initiator: Any,
        key: Any,
        gone: cython.bint,
    ) -> Any:
        general: Any = self
        token = initiator or self.remove_token
        for listener in self.leaving_first:
            listener(obj, item, token, key)
        if item is not None and self.tells_reverse(initiator):
            if not has_doubles(collection) or not general.stays(collection, item, gone):
                lose_member(self.reverse, item, obj, token)
        self.tell_removed(obj, item, token, key)
        self.note_members(obj, owner, collection)
        if self.owns and (self.reverse is None or isinstance(self.reverse, CollectionSlot)):
            general.abandon(item)

    @cython.cfunc
    def take_in(self, owner: Any, member: Any, token: Any) -> Any:
        """Append because the other side was set."""
        general: Any = self
        state = state_of(owner)
        settle(state)
        current = state.values.get(self.key)
        if current is None and state.pk is None:
            current = general.make(owner, state)
        if type(current) is InstrumentedList:
            cython.cast(InstrumentedList, current).append_told(owner, state, member, token)
        else:
            general.gain(owner, member, token)

    @cython.cfunc
    def let_go(self, owner: Any, member: Any, token: Any) -> Any:
        """Remove because the other side was changed."""
        state = state_of(owner)
        settle(state)
        current = state.values.get(self.key)
        if type(current) is InstrumentedList:
            if identical(current, member) >= 0:
                cython.cast(InstrumentedList, current).remove(member, token)
        else:
            general: Any = self
            general.lose(owner, member, token)


@cython.cfunc
@cython.inline
def is_object(value: Any) -> cython.bint:
    """Tell whether the previous value of a reference is an object, not None or a marker."""
    return value is not None and type(value) is not _Marker


@cython.cfunc
def has_doubles(collection: Any) -> cython.bint:
    """Tell whether a member may be in a collection more than once."""
    if type(collection) is InstrumentedList:
        adapter = cython.cast(InstrumentedList, collection)._adapter
    else:
        adapter = collection._sa_adapter
    return adapter is not None and adapter.doubles


@cython.cfunc
def gain_member(attribute: RelationSlot, owner: Any, member: Any, token: Any) -> Any:
    """Take `member` in on the other side, which got `owner`."""
    own = attribute.own_of(owner)
    if isinstance(own, ObjectSlot):
        cython.cast(ObjectSlot, own).put(owner, member, token, True)
    elif own.listed:
        cython.cast(CollectionSlot, own).take_in(owner, member, token)
    else:
        own.gain(owner, member, token)


@cython.cfunc
def lose_member(attribute: RelationSlot, owner: Any, member: Any, token: Any) -> Any:
    """Drop `member` on the other side, which left `owner`."""
    own = attribute.own_of(owner)
    if isinstance(own, ObjectSlot):
        cython.cast(ObjectSlot, own).drop(owner, member, token)
    elif own.listed:
        cython.cast(CollectionSlot, own).let_go(owner, member, token)
    else:
        own.lose(owner, member, token)


@cython.cfunc
def first_list(attribute: RelationSlot, obj: Any, values: Any) -> Any:
    """Return the list of a new object that has none yet, or None if one was read before."""
    state = state_of(obj)
    if state.empties is not None:
        return None
    fresh: InstrumentedList = bound_list(attribute, obj, state)
    fresh._held = True
    values[attribute.key] = fresh
    return fresh


@cython.cfunc
def bound_list(attribute: RelationSlot, obj: Any, state: Any) -> InstrumentedList:
    """Return an empty list of an object; fires init_collection."""
    fresh: InstrumentedList = InstrumentedList.__new__(InstrumentedList)
    fresh._attribute = cython.cast(CollectionSlot, attribute)
    fresh._owner_ref = state.ref
    for listener in attribute.making:
        listener(obj, fresh, fresh._sa_adapter)
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
def refer_first(key: Any, owner: Any, item: Any) -> cython.bint:
    """Let `item` refer to `owner` where both are new and it has no such value; tell if so."""
    if FRESH[owner] is None:
        return False
    values: dict[Any, Any] = FRESH[item]
    if values is None:
        return False
    before: cython.Py_ssize_t = len(values)
    values.setdefault(key, owner)
    return len(values) > before


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


@cython.cfunc
def place_of(items: Any, item: Any) -> cython.Py_ssize_t:
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
        _attribute = cython.declare(CollectionSlot, visibility="public")
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
        attribute: CollectionSlot = self._attribute
        if attribute is None or not attribute.direct:
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
            if reverse.entering or not reverse.direct or type(item) is not reverse.class_:
                return False
            if reverse.listed or not refer_first(reverse.key, owner, item):
                return False
        if attribute.entering:
            self.tell_appended(owner, item)
        list_append(self, item)
        return True

    @cython.cfunc
    def tell_appended(self, owner: Any, item: Any) -> Any:
        """Tell of a comer of a new object, who may be in a session afterwards."""
        attribute: CollectionSlot = self._attribute
        attribute.tell_entered(owner, item, attribute.append_token, NO_KEY)
        values = fresh_values(owner)
        if values is None or values.get(attribute.key) is not self:
            attribute.note_members(owner, state_of(owner), self)

    @cython.cfunc
    def append_told(self, owner: Any, state: Any, item: Any, initiator: Any) -> Any:
        """Append with the initiator of a change that began elsewhere."""
        if self._attribute is not None:
            item = self._attribute.enter(state, owner, self, item, initiator, NO_KEY)
        list_append(self, item)

    @cython.cfunc
    def hold(self, owner: Any) -> cython.bint:
        """Become the value of a new owner, who has only read this list so far."""
        self._held = hold_unheld(owner, self._attribute.key, self)
        return self._held

    def _announce_append(self, item: Any, initiator: Any, key: Any) -> Any:
        """Tell that `item` comes; return the item to take instead of it."""
        return self.announce_append(item, initiator, key)

    def _announce_remove(self, item: Any, initiator: Any, key: Any) -> None:
        """Tell that `item` goes."""
        self.announce_remove(item, initiator, key, False)

    @cython.cfunc
    def announce_append(self, item: Any, initiator: Any, key: Any) -> Any:
        attribute: CollectionSlot = self._attribute
        if attribute is None or self._owner_ref is None or initiator is False:
            return item
        owner: Any = living(self._owner_ref)
        state = self._sa_adapter.owner_state if owner is None else state_of(owner)
        return attribute.enter(state, owner, self, item, initiator, key)

    @cython.cfunc
    def announce_remove(self, item: Any, initiator: Any, key: Any, gone: cython.bint) -> Any:
        attribute: CollectionSlot = self._attribute
        if attribute is None or self._owner_ref is None or initiator is False:
            return
        owner: Any = living(self._owner_ref)
        state = self._sa_adapter.owner_state if owner is None else state_of(owner)
        attribute.leave(state, owner, self, item, initiator, key, gone)

    def append(self, item: Any, _sa_initiator: Any = None) -> None:
        """Append `item`: AttributeEvents.append, then backref and cascade."""
        if _sa_initiator is not None or not self.append_short(item):
            item = self.announce_append(item, _sa_initiator, NO_KEY)
            list_append(self, item)

    def insert(self, index: Any, value: Any) -> None:
        """Insert `value` before `index`; announced as an append."""
        list_changes.insert(self, index, value)

    def extend(self, iterable: Any) -> None:
        """Append each of `iterable`."""
        for item in list(iterable):
            self.append(item)

    def __iadd__(self, iterable: Any) -> Any:  # type: ignore[misc] # takes any iterable, as list
        self.extend(iterable)
        return self

    def remove(self, value: Any, _sa_initiator: Any = None) -> None:
        """Remove `value`, found by identity, then by equality; ValueError if absent."""
        index: cython.Py_ssize_t = place_of(self, value)
        if index < 0:
            raise ValueError("list.remove(x): x not in list")
        item = _get(self, index)
        self.announce_remove(item, _sa_initiator, NO_KEY, False)
        # Listeners may have moved it; to look for it twice would cost a long list as much again.
        if index >= len(self) or _get(self, index) is not item:
            index = place_of(self, value)
        if index >= 0:
            _delete(self, index)

    def pop(self, index: Any = -1) -> Any:
        """Remove and return the item at `index`."""
        attribute: CollectionSlot = self._attribute
        owner = self._owner
        if owner is not None:
            attribute.note_members(owner.obj(), owner, self)
        item = _pop(self, index)
        if owner is not None:
            attribute.leave(owner, owner.obj(), self, item, None, index, True)
        return item

    def clear(self, index: Any = -1) -> None:
        """Remove all items, each announced."""
        list_changes.clear(self, index)

    def __setitem__(self, index: Any, value: Any) -> None:
        list_changes.set_item(self, index, value)

    def __delitem__(self, index: Any) -> None:
        list_changes.delete_item(self, index)

    def _put(self, item: Any) -> None:
        list_append(self, item)

    def _empty(self, initiator: Any) -> None:
        list_changes.empty(self, initiator)

    def _step_by_step(self) -> Any:
        """Tell whether somebody looks at the list between the steps of a change."""
        attribute: CollectionSlot = self._attribute
        if attribute is None:
            return False
        return not attribute.quiet or has_doubles(self)

    def _has_doubles(self) -> Any:
        """Tell whether a member may be here more than once."""
        return has_doubles(self)

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

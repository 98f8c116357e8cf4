# cython: boundscheck=False, wraparound=False
"""An object in memory: its state, its link to a session, its column attributes."""

from __future__ import annotations

import weakref
from typing import Any

from sqlalchemy.util import EMPTY_DICT

from cormorant import exc
from cormorant.instrument.constants import (
    NO_VALUE,
    OP_MODIFIED,
    OP_REMOVE,
    OP_REPLACE,
    AttributeEventToken,
)

try:
    import cython
except ImportError:
    from cormorant import _cython as cython

if cython.compiled:
    from cython.cimports.cpython.dict import (
        PyDict_GetItemWithError,
        PyDict_SetItem,
    )
    from cython.cimports.cpython.object import (
        PyObject,
        PyObject_GenericGetDict,
        PyObject_GenericSetDict,
        PyTypeObject,
    )
    from cython.cimports.cpython.type import PyType_IsSubtype
    from cython.cimports.cpython.weakref import PyWeakref_NewRef

COMPILED: bool = cython.compiled

FLAG_DELETED: cython.int = 1
FLAG_FLUSHING: cython.int = 2
FLAG_DELETING: cython.int = 4
FLAG_MET: cython.int = 8

_EMPTY: tuple[Any, ...] = ()
_dead = weakref.ref(type("_Gone", (), {})())


def no_unit() -> None:
    """Answer for the session of a link that has none any more."""
    return None


@cython.final
@cython.cclass
class Link:
    """What the states of one session share; closing a session leaves them a dead one.

    `epoch` grows when the session expires everything: a state of another epoch is stale.
    `new`, `changed`, `deleted`: objects by id, in the order in which they came. `due`: deleted
    objects whose members of a relationship are to be loaded and deleted as well. `watch`: the
    number of the flush under way; `watcher` hears of each object it watches before that changes.
    """

    if cython.compiled:
        epoch = cython.declare(cython.uint, visibility="public")
        begun = cython.declare(cython.bint, visibility="public")
        watch = cython.declare(cython.ulonglong, visibility="public")
        watcher = cython.declare(object, visibility="public")
        unit = cython.declare(object, visibility="public")
        new = cython.declare(dict, visibility="public")
        changed = cython.declare(dict, visibility="public")
        deleted = cython.declare(dict, visibility="public")
        due = cython.declare(list, visibility="public")
    else:
        new: dict[int, Any]
        changed: dict[int, Any]
        deleted: dict[int, Any]
        due: list[Any]
        watcher: Any

    def __init__(self, unit: Any) -> None:
        self.epoch = 1
        self.begun = False
        self.watch = 0
        self.watcher = None
        self.unit = unit
        self.new = {}
        self.changed = {}
        self.deleted = {}
        self.due = []


@cython.final
@cython.auto_pickle(False)
@cython.cclass
class InstanceState:
    """What is known of one object beside its values; it never refers to the object itself.

    `pk`: None without identity, else the bare key (a tuple for composite keys).
    `old`: values before the changes since the last flush or load, by attribute.
    `values`: the `__dict__` of the object. `branch`: the loader options it was loaded with.
    `noted`: bits of the columns known to be in `old`; a bit that is missing says nothing.
    `watched`: the number of the flush that wants to know of the next change, or 0.
    `empties`: what was read while it was empty and is no value until it changes: one of our own
    lists, or a dict of collections by attribute.
    """

    if cython.compiled:
        # What every read needs stands first, in one cache line.
        link = cython.declare(Link, visibility="public")
        values = cython.declare(dict, visibility="public")
        epoch = cython.declare(cython.uint, visibility="public")
        flags = cython.declare(cython.int, visibility="public")
        pk = cython.declare(object, visibility="public")
        noted = cython.declare(cython.ulonglong)
        watched = cython.declare(cython.ulonglong, visibility="public")
        _old = cython.declare(dict)
        manager = cython.declare(object, visibility="public")
        extra = cython.declare(object, visibility="public")
        empties = cython.declare(object, visibility="public")
        ref = cython.declare(object, visibility="public")
        branch = cython.declare(object, visibility="public")
    else:
        link: Any = None
        values: Any = None
        epoch: int = 0
        flags: int = 0
        pk: Any = None
        noted: int = 0
        watched: int = 0
        _old: Any = None
        manager: Any = None
        extra: Any = None
        empties: Any = None
        ref: Any = None
        branch: Any = None

    is_instance = True
    is_selectable = is_aliased_class = is_mapper = is_bundle = False
    is_property = is_attribute = is_clause_element = False

    @property
    def old(self) -> Any:
        """Values before the changes since the last flush or load, by attribute; or None."""
        return self._old

    @old.setter
    def old(self, values: Any) -> None:
        self._old = values
        self.noted = 0

    def forget_change(self, key: Any) -> None:
        """Let the attribute `key` count as unchanged."""
        if self._old is not None:
            self._old.pop(key, None)
            self.noted = 0

    @property
    def session(self) -> Any:
        """The session this object belongs to, or None."""
        return None if self.link is None else self.link.unit()

    @property
    def object(self) -> Any:
        """The object itself, or None when it is gone."""
        return None if self.ref is None else self.ref()

    def obj(self) -> Any:
        """Return the object itself, or None when it is gone."""
        return None if self.ref is None else self.ref()

    @property
    def dict(self) -> Any:
        """The `__dict__` of the object: what is loaded or set."""
        return {} if self.values is None else self.values

    @property
    def class_(self) -> Any:
        """The mapped class of the object."""
        return self.manager.class_

    @property
    def mapper(self) -> Any:
        """The mapper of the object's class."""
        return self.manager.mapper

    @property
    def transient(self) -> Any:
        """Without identity and outside any session."""
        return self.pk is None and not self._attached

    @property
    def pending(self) -> Any:
        """In a session, without a row yet."""
        return self._attached and (self.pk is None or self.flags & FLAG_FLUSHING != 0)

    @property
    def persistent(self) -> Any:
        """In a session and with a row."""
        return (
            self._attached
            and self.pk is not None
            and self.flags & (FLAG_DELETED | FLAG_FLUSHING) == 0
        )

    @property
    def deleted(self) -> Any:
        """Deleted by a flush whose transaction is not over."""
        return self._attached and self.pk is not None and self.flags & FLAG_DELETED != 0

    @property
    def was_deleted(self) -> Any:
        """Deleted by a flush, now or in a transaction that is over."""
        return self.flags & FLAG_DELETED != 0

    @property
    def detached(self) -> Any:
        """With identity, outside any session."""
        return self.pk is not None and not self._attached

    @property
    def _attached(self) -> Any:
        return self.link is not None and self.link.unit() is not None

    @property
    def has_identity(self) -> Any:
        """True when the object has an identity key."""
        return self.pk is not None and self.flags & FLAG_FLUSHING == 0

    @property
    def identity(self) -> Any:
        """The primary key as a tuple, or None."""
        if self.pk is None or self.flags & FLAG_FLUSHING:
            return None
        return self.manager.mapper.identity_of(self.pk)

    @property
    def identity_key(self) -> Any:
        """(class, primary key tuple, identity token), or None."""
        identity = self.identity
        if identity is None:
            return None
        return (self.manager.mapper.identity_mapper.class_, identity, None)

    @property
    def key(self) -> Any:
        """(class, primary key tuple, identity token), or None."""
        return self.identity_key

    @property
    def identity_token(self) -> Any:
        """The third part of the identity key; None in a session on one database."""
        return None

    @property
    def modified(self) -> Any:
        """True when a flush has something to look at."""
        if self._old is not None:
            return True
        return self.pk is None and bool(self.values)

    @property
    def committed_state(self) -> Any:
        """Values before the changes, by attribute."""
        return {} if self._old is None else self._old

    @property
    def expired(self) -> Any:
        """True when all column values are to be loaded anew on the next access."""
        if self.pk is None:
            return False
        return is_stale(self) or self.manager.mapper.pk_keys[0] not in self.dict

    @property
    def expired_attributes(self) -> Any:
        """Names of the attributes that the next access loads anew."""
        if is_stale(self):
            return set(self.manager.expire_keys)
        return set() if self.extra is None else self.extra.expired_names(self)

    @property
    def attrs(self) -> Any:
        """AttributeState of each attribute, by name."""
        return self.manager.attribute_states(self)

    @property
    def unloaded(self) -> Any:
        """Names of attributes without a value in memory."""
        settle(self)
        values = {} if self.values is None else self.values
        return {key for key in self.manager.expire_keys if key not in values}

    @property
    def unloaded_expirable(self) -> Any:
        """The same as `unloaded`, as in SQLAlchemy 2."""
        return self.unloaded

    @property
    def callables(self) -> Any:
        """An empty mapping: no loader waits in an object itself."""
        return EMPTY_DICT

    @property
    def async_session(self) -> Any:
        """None: the session is not part of an asynchronous one."""
        return None

    @property
    def unmodified(self) -> Any:
        """Names of attributes without uncommitted change."""
        return set(self.manager.expire_keys) - set(self.committed_state)

    def unmodified_intersection(self, keys: Any) -> Any:
        """Return those of `keys` that have no uncommitted change."""
        return self.unmodified.intersection(keys)

    @property
    def info(self) -> Any:
        """A dictionary of the user's own, made on first use."""
        return self.extras().info

    def __reduce__(self) -> Any:
        # A pickled or copied state is that of the pickled or copied object.
        return (state_of, (self.obj(),))

    def extras(self) -> Any:
        """Return the lazily made rest of this state."""
        if self.extra is None:
            self.extra = self.manager.make_extras()
        return self.extra

    def __repr__(self) -> Any:
        return f"<InstanceState of {self.manager.class_.__name__}>"


@cython.auto_pickle(False)
@cython.cclass
class Instrumented:
    """Base of mapped classes: holds the state in a C slot and is the keyword constructor."""

    if cython.compiled:
        _cormorant_state = cython.declare(InstanceState, visibility="private")
    else:
        __slots__ = ("_cormorant_state",)
        _cormorant_state: Any

    def __init__(self, **kwargs: Any) -> None:
        if slot_state(self) is None:
            cls = type(self)
            manager = getattr(cls, "_sa_class_manager", None)
            if manager is None:
                raise exc.UnmappedInstanceError(
                    f"Class {cls.__qualname__!r} is not mapped: it has no columns to construct. "
                    f"Give it a table or construct one of its mapped subclasses."
                )
            state: InstanceState = new_state(self, manager)
            if manager.announces_init:
                if manager.constructs_plainly:
                    announce_construction(self, state, manager.dispatch, kwargs)
                else:
                    manager.construct(self, state, kwargs)
                return
        else:
            state = slot_state(self)
        assign(self, state, kwargs)

    @property
    def _sa_instance_state(self) -> Any:
        return state_of(self)

    def __reduce_ex__(self, protocol: Any) -> Any:
        state: InstanceState = state_of(self)
        return state.manager.reduce(self)

    def __getstate__(self) -> Any:
        state: InstanceState = state_of(self)
        settle(state)
        return state.values.copy()

    def __setstate__(self, pickled: Any) -> None:
        state: InstanceState = state_of(self)
        state.values.update(pickled)


@cython.cfunc
@cython.inline
def slot_state(obj: Any) -> Any:
    if cython.compiled:
        return cython.cast(Instrumented, obj)._cormorant_state
    else:
        try:
            return obj._cormorant_state
        except AttributeError:
            return None


@cython.cfunc
def new_state(obj: Any, manager: Any) -> InstanceState:
    """Make the state of `obj`, whose class is known to have the slot or keeps it in its dict."""
    state: InstanceState = InstanceState.__new__(InstanceState)
    state.manager = manager
    if isinstance(obj, Instrumented):
        if cython.compiled:
            cython.cast(Instrumented, obj)._cormorant_state = state
        else:
            obj._cormorant_state = state
    else:
        obj.__dict__["_sa_instance_state"] = state
    return state


@cython.cfunc
def plain_state_of(obj: Any) -> InstanceState:
    """Find or make the state of an object whose class lacks the slot."""
    try:
        state = obj.__dict__.get("_sa_instance_state")
    except AttributeError:
        state = None
    if isinstance(state, InstanceState):
        return state
    # Another ORM keeps a state and a manager of its own under these names.
    manager = getattr(type(obj), "_sa_class_manager", None)
    if state is not None or not hasattr(manager, "announces_init"):
        raise unmapped(obj)
    return new_state(obj, manager)


def unmapped(obj: Any) -> exc.UnmappedInstanceError:
    """Return the error for an object whose class is not mapped."""
    cls = type(obj)
    text = f"Class {cls.__module__}.{cls.__qualname__} is not mapped"
    if isinstance(obj, type):
        text = f"Class {obj.__module__}.{obj.__qualname__} was given where an object is needed"
    return exc.UnmappedInstanceError(
        f"{text}. Give an object of a class declared with a table, or map the class first."
    )


@cython.cfunc
@cython.inline
def state_in(obj: Any) -> InstanceState:
    if cython.compiled:
        if isinstance(obj, Instrumented):
            if cython.cast(Instrumented, obj)._cormorant_state is not None:
                return cython.cast(Instrumented, obj)._cormorant_state
    elif isinstance(obj, Instrumented):
        try:
            return obj._cormorant_state
        except AttributeError:
            pass
    return plain_or_new(obj)


@cython.cfunc
def plain_or_new(obj: Any) -> InstanceState:
    if isinstance(obj, Instrumented):
        manager = getattr(type(obj), "_sa_class_manager", None)
        if manager is None:
            raise unmapped(obj)
        return new_state(obj, manager)
    return plain_state_of(obj)


@cython.cfunc
@cython.inline
def values_in(obj: Any, state: InstanceState) -> dict[Any, Any]:
    if state.values is None:
        if state.manager.alternate is not None:
            state.values = state.manager.alternate.begin(obj, state)
        elif cython.compiled:
            state.values = PyObject_GenericGetDict(obj, cython.NULL)
        else:
            state.values = obj.__dict__
    return state.values


@cython.cfunc
@cython.inline
def refer_weakly(obj: Any, state: InstanceState) -> Any:
    """Give a state its reference to the object, if it has none yet."""
    if state.ref is None:
        if cython.compiled:
            state.ref = PyWeakref_NewRef(obj, None)
        else:
            state.ref = weakref.ref(obj)


def state_of(obj: Any) -> Any:
    """Return the InstanceState of a mapped object; raises UnmappedInstanceError."""
    state: InstanceState = state_in(obj)
    refer_weakly(obj, state)
    values_in(obj, state)
    return state


def known_state(obj: Any) -> Any:
    """Return the state that `obj` already has, or None; makes nothing."""
    if isinstance(obj, Instrumented):
        return slot_state(obj)
    values = getattr(obj, "__dict__", None)
    return None if values is None else values.get("_sa_instance_state")


def give_state(obj: Any, manager: Any) -> Any:
    """Make the state of `obj` before its own constructor runs."""
    state: InstanceState = new_state(obj, manager)
    refer_weakly(obj, state)
    values_in(obj, state)
    return state


def values_of(obj: Any) -> Any:
    """Return the `__dict__` that holds the attribute values of a mapped object."""
    return values_in(obj, state_in(obj))


@cython.ccall
@cython.inline
def is_stale(state: InstanceState) -> cython.bint:
    """Tell whether the session has expired everything since this state was loaded."""
    link: Link = state.link
    return link is not None and state.pk is not None and state.epoch != link.epoch


@cython.ccall
def settle(state: InstanceState) -> cython.bint:
    """Drop the values of a stale state, so that `values` tells the truth; True if it was."""
    link: Link = state.link
    if link is None or state.epoch == link.epoch:
        return False
    state.epoch = link.epoch
    if state.pk is None or state.flags & FLAG_FLUSHING:
        return False
    drop_values(state)
    return True


@cython.ccall
def drop_values(state: InstanceState) -> Any:
    """Forget all attribute values and changes of an expired state."""
    values: dict[Any, Any] = state.values
    if values is not None:
        for key in state.manager.expire_keys:
            values.pop(key, None)
    state._old = None
    state.noted = 0
    if state.extra is not None:
        state.extra.forget()
    state.manager.after_expire(state)


@cython.cfunc
def assign(obj: Any, state: InstanceState, kwargs: dict[Any, Any]) -> Any:
    """Set constructor keywords; plain column values go straight into the object's dict."""
    manager = state.manager
    blank: Any = manager.blank
    if blank is not None and state.values is None:
        give_dict(obj, state, blank)
        if manager.blank_key not in kwargs:
            values_in(obj, state).pop(manager.blank_key)
    values: dict[Any, Any] = values_in(obj, state)
    attributes: dict[Any, Any] = manager.attributes
    for key, value in kwargs.items():
        attribute = attributes.get(key)
        if type(attribute) is ColumnAttribute and state.pk is None:
            column: ColumnAttribute = attribute
            if not column.on_set and not column.active_history:
                values[key] = value
                continue
        elif attribute is None and not hasattr(type(obj), key):
            raise state.manager.unknown_keyword(key)
        setattr(obj, key, value)


@cython.cfunc
def announce_construction(
    obj: Any, state: InstanceState, heard: Any, kwargs: dict[Any, Any]
) -> Any:
    """Fire init, set constructor keywords, fire init_failure where that raises."""
    for listener in heard.init:
        listener(obj, _EMPTY, kwargs)
    try:
        assign(obj, state, kwargs)
    except BaseException:
        for listener in heard.init_failure:
            listener(obj, _EMPTY, kwargs)
        raise


@cython.cfunc
def give_dict(obj: Any, state: InstanceState, template: dict[Any, Any]) -> Any:
    """Give a new object a dict that shares its key table with the others of its class."""
    state.values = template.copy()
    if cython.compiled:
        PyObject_GenericSetDict(obj, state.values, cython.NULL)
    else:
        obj.__dict__ = state.values


@cython.ccall
def note_change(obj: Any, state: InstanceState, key: Any, previous: Any) -> Any:
    """Remember the value before the first change, and the object as changed."""
    if state.watched:
        end_watch(obj, state)
    if state._old is None:
        start_changes(obj, state)
    if key is not None and key not in state._old:
        state._old[key] = previous


def watch(objects: Any, link: Any) -> None:
    """Have the flush of `link` hear of the next change of each object, before it is made."""
    home: Link = link
    for obj in objects:
        state: InstanceState = state_in(obj)
        state.watched = home.watch
        state.noted = 0  # so that no write takes the short way


@cython.ccall
def end_watch(obj: Any, state: InstanceState) -> Any:
    """Tell the flush that watches an object that it is about to change."""
    link: Link = state.link
    if link is not None and link.watcher is not None and state.watched == link.watch:
        link.watcher(obj)
    state.watched = 0


@cython.cfunc
def start_changes(obj: Any, state: InstanceState) -> Any:
    """Make room for the first change of an object and enter it among the changed ones."""
    state._old = {}
    link: Link = state.link
    if link is None or state.flags & FLAG_DELETED:
        return
    if link.begun:
        link.changed[id_of(obj)] = obj
        return
    unit = link.unit()
    if unit is not None:
        link.changed[id_of(obj)] = obj
        unit.autobegin()


@cython.cfunc
@cython.inline
def id_of(obj: Any) -> Any:
    """Return `id(obj)` without the call."""
    if cython.compiled:
        return cython.cast(cython.size_t, cython.cast(cython.pointer(PyObject), obj))
    else:
        return id(obj)


@cython.cclass
class ColumnAttribute:
    """The descriptor of one column attribute, in the class; values live in the object's dict.

    Implements `ports.Dispatch`: the event system writes its flattened listeners here.
    """

    if cython.compiled:
        key = cython.declare(str, visibility="public")
        on_class = cython.declare(object, visibility="public")
        on_set = cython.declare(tuple, visibility="public")
        set_returns = cython.declare(cython.bint, visibility="public")
        active_history = cython.declare(cython.bint, visibility="public")
        deferred = cython.declare(cython.bint, visibility="public")
        listeners = cython.declare(dict, visibility="public")
        returning = cython.declare(object, visibility="public")
        replace_token = cython.declare(object, visibility="public")
        remove_token = cython.declare(object, visibility="public")
        modified_token = cython.declare(object, visibility="public")
        class_ = cython.declare(object, visibility="public")
        bit = cython.declare(cython.ulonglong)
        slotted = cython.declare(object)
        heard = cython.declare(cython.bint)
    else:
        listeners: dict[str, tuple[Any, ...]]
        returning: frozenset[str]

    collection = False
    uses_objects = False

    def __init__(
        self,
        class_: Any,
        key: Any,
        on_class: Any,
        active_history: Any = False,
        deferred: Any = False,
        position: Any = 0,
    ) -> None:
        self.class_ = class_
        self.bit = 1 << position if position < 64 else 0
        self.slotted = None
        if isinstance(class_, type) and issubclass(class_, Instrumented):
            self.slotted = class_
        self.key = key
        self.on_class = on_class
        self.on_set = _EMPTY
        self.set_returns = False
        self.active_history = active_history
        self.heard = bool(active_history)
        self.deferred = deferred
        self.listeners = {}
        self.returning = frozenset()
        self.replace_token = AttributeEventToken(self, OP_REPLACE)
        self.remove_token = AttributeEventToken(self, OP_REMOVE)
        self.modified_token = AttributeEventToken(self, OP_MODIFIED)

    def update(self, event: Any, listeners: Any, returning: Any) -> Any:
        """Take the flattened listeners of one event."""
        self.listeners[event] = listeners
        self.returning = (self.returning | {event}) if returning else (self.returning - {event})
        if event == "set":
            self.on_set = listeners
            self.set_returns = returning
            self.heard = bool(listeners) or self.active_history

    def demand(self, option: Any) -> Any:
        """Load the old value before each change: a listener needs it."""
        if option == "active_history":
            self.active_history = True
            self.heard = True

    @cython.nonecheck(False)
    def __get__(self, obj: Any, cls: Any) -> Any:
        if obj is None:
            return self.on_class
        if cython.compiled:
            # The commonest case by far: the object is known to have the slot, and a value. No
            # local names here: each would count references up and down.
            if (
                type(obj) is self.slotted
                and cython.cast(Instrumented, obj)._cormorant_state is not None
                and cython.cast(Instrumented, obj)._cormorant_state.values is not None
                and (
                    cython.cast(Instrumented, obj)._cormorant_state.link is None
                    or cython.cast(Instrumented, obj)._cormorant_state.epoch
                    == cython.cast(Instrumented, obj)._cormorant_state.link.epoch
                )
            ):
                found = PyDict_GetItemWithError(
                    cython.cast(Instrumented, obj)._cormorant_state.values, self.key
                )
                if found is not cython.NULL:
                    return cython.cast(object, found)
        return self.read(obj)

    @cython.cfunc
    def read(self, obj: Any) -> Any:
        """Return the value of an object on the general road."""
        state: InstanceState = state_in(obj)
        link: Link = state.link
        if link is not None and state.epoch != link.epoch:
            settle(state)
        values: dict[Any, Any] = values_in(obj, state)
        value = values.get(self.key)
        if value is None and self.key not in values:
            return self.missing(obj, state)
        return value

    @cython.nonecheck(False)
    def __set__(self, obj: Any, value: Any) -> None:
        if cython.compiled:
            # As in __get__: the object has the slot, nobody listens, and the value before the
            # first change is known, or the object has no row yet.
            if (
                type(obj) is self.slotted
                and not self.heard
                and cython.cast(Instrumented, obj)._cormorant_state is not None
                and cython.cast(Instrumented, obj)._cormorant_state.values is not None
                and (
                    cython.cast(Instrumented, obj)._cormorant_state.link is None
                    or cython.cast(Instrumented, obj)._cormorant_state.epoch
                    == cython.cast(Instrumented, obj)._cormorant_state.link.epoch
                )
                and (
                    cython.cast(Instrumented, obj)._cormorant_state.pk is None
                    or cython.cast(Instrumented, obj)._cormorant_state.noted & self.bit
                )
            ):
                PyDict_SetItem(
                    cython.cast(Instrumented, obj)._cormorant_state.values, self.key, value
                )
                return
        self.write(obj, value)

    @cython.cfunc
    def write(self, obj: Any, value: Any) -> Any:
        """Set the value of an object on the general road."""
        state: InstanceState = state_in(obj)
        link: Link = state.link
        if link is not None and state.epoch != link.epoch:
            settle(state)
        values: dict[Any, Any] = values_in(obj, state)
        if state.watched:
            end_watch(obj, state)
        if self.heard:
            value = self.announce(obj, state, value, self.replace_token)
        if state.pk is not None:
            if state._old is None:
                start_changes(obj, state)
            old: dict[Any, Any] = state._old
            if self.key not in old:
                old[self.key] = values.get(self.key, NO_VALUE)
            state.noted |= self.bit
        values[self.key] = value

    def __delete__(self, obj: Any) -> None:
        state: InstanceState = state_in(obj)
        settle(state)
        values: dict[Any, Any] = values_in(obj, state)
        if self.active_history and state.pk is not None and self.key not in values:
            self.missing(obj, state)
        previous = values.get(self.key, NO_VALUE)
        if previous is NO_VALUE and state.pk is None:
            raise AttributeError(
                f"{self.class_.__name__}.{self.key} has no value to delete; "
                f"set it first, or assign None."
            )
        for listener in self.listeners.get("remove", _EMPTY):
            listener(obj, previous, self.remove_token, None)
        if state.pk is not None:
            note_change(obj, state, self.key, previous)
        values.pop(self.key, None)

    @cython.cfunc
    def announce(self, obj: Any, state: InstanceState, value: Any, initiator: Any) -> Any:
        """Tell the `set` listeners; return the value to store."""
        previous = state.values.get(self.key, NO_VALUE)
        if previous is NO_VALUE and self.active_history:
            if state.pk is not None and (state._old is None or self.key not in state._old):
                self.missing(obj, state)
                previous = state.values.get(self.key, NO_VALUE)
        listeners: tuple[Any, ...] = self.on_set
        if self.set_returns:
            for listener in listeners:
                value = listener(obj, value, previous, initiator)
        else:
            for listener in listeners:
                listener(obj, value, previous, initiator)
        return value

    @cython.cfunc
    def missing(self, obj: Any, state: InstanceState) -> Any:
        """Answer for an attribute without a value: load it, or None for a new object."""
        key = self.key
        deleted: cython.bint = (
            state._old is not None and state._old.get(key, NO_VALUE) is not NO_VALUE
        )
        if state.pk is not None and state.flags & FLAG_FLUSHING == 0 and not deleted:
            unit = None if state.link is None else state.link.unit()
            if unit is None:
                if state.manager.loads(key):
                    raise state.manager.detached(key)
                return None
            unit.load_missing(obj, state, key)
            return state.values.get(key)
        if state.extra is not None and key in state.extra.names:
            raise state.manager.detached(key) if state.link is None else state.manager.lost(key)
        value = None
        listeners = self.listeners.get("init_scalar")
        if listeners:
            for listener in listeners:
                answer = listener(obj, value, state.values)
                if "init_scalar" in self.returning:
                    value = answer
        return value

    def set_quietly(self, obj: Any, value: Any, initiator: Any = None) -> Any:
        """Set the value inside the ORM: listeners hear of it, a plain change is tracked."""
        state: InstanceState = state_in(obj)
        settle(state)
        values: dict[Any, Any] = values_in(obj, state)
        if self.on_set:
            value = self.announce(obj, state, value, initiator or self.replace_token)
        if state.pk is not None:
            note_change(obj, state, self.key, values.get(self.key, NO_VALUE))
        values[self.key] = value

    def flag_modified(self, obj: Any) -> Any:
        """Mark the attribute as changed although nobody assigned to it."""
        state: InstanceState = state_in(obj)
        for listener in self.listeners.get("modified", _EMPTY):
            listener(obj, self.modified_token)
        note_change(obj, state, self.key, NO_VALUE)


if not cython.compiled:

    def _get_interpreted(self: Any, obj: Any, cls: Any) -> Any:
        if obj is None:
            return self.on_class
        state = getattr(obj, "_cormorant_state", None)
        if state is not None and state.values is not None:
            link = state.link
            if (link is None or state.epoch == link.epoch) and self.key in state.values:
                return state.values[self.key]
        return self.read(obj)

    # The same as the compiled method, in the way that costs an interpreter least.
    ColumnAttribute.__get__ = _get_interpreted  # type: ignore[method-assign] # see above


def enlist(link: Any, objects: Any, keys_of: Any, relatives: Any, enter: Any) -> Any:
    """Put objects and what they cascade to into a session; for sessions where nobody listens.

    Depth first: what is below a member comes before its neighbours, which are met already.
    `keys_of(obj)`: the relationships of its class along which it cascades, as (key, holds a
    list), or None where only `relatives(obj)` can tell, a list for each relationship;
    `enter(obj)` takes in an object that is not plainly new.
    """
    walk: Walk = Walk(link, keys_of, relatives, None)
    try:
        for root in objects:
            walk.stack.append(root)
            while walk.stack:
                top = walk.stack.pop()
                if type(top) is tuple:
                    walk.go_on(top[0], top[1])
                else:
                    admit(top, walk.home, enter)
                    walk.go_on(top, 0)
    finally:
        walk.forget()


def reach(root: Any, link: Any, keys_of: Any, relatives: Any) -> Any:
    """Return what an object cascades to and is not in the session of `link`, in that order.

    It goes round what is there already, as that brought its own relatives. `keys_of`,
    `relatives`: as in `enlist`.
    """
    walk: Walk = Walk(link, keys_of, relatives, set())
    found: list[Any] = []
    walk.go_on(root, 0)
    while walk.stack:
        top = walk.stack.pop()
        if type(top) is tuple:
            walk.go_on(top[0], top[1])
        else:
            found.append(top)
            walk.go_on(top, 0)
    return found


@cython.final
@cython.cclass
class Walk:
    """A walk along the save-update cascade: whom it meets waits on `stack`, the next one on top.

    There, too, what is left of an object's relationships, as (object or lists, where to go on).
    `seen`: ids of those met; without it a flag of their state tells.
    """

    if cython.compiled:
        home = cython.declare(Link)
        keys_of = cython.declare(object)
        relatives = cython.declare(object)
        kinds = cython.declare(dict)
        stack = cython.declare(list)
        seen = cython.declare(set)
    else:
        home: Link
        keys_of: Any
        relatives: Any
        kinds: dict[Any, Any]
        stack: list[Any]
        seen: set[Any] | None

    def __init__(self, home: Any, keys_of: Any, relatives: Any, seen: Any) -> None:
        self.home = home
        self.keys_of = keys_of
        self.relatives = relatives
        self.kinds = {}
        self.stack = []
        self.seen = seen

    @cython.cfunc
    def forget(self) -> Any:
        """Let go of those who wait: an error has ended the walk."""
        for left in self.stack:
            if type(left) is not tuple:
                state: InstanceState = state_in(left)
                state.flags &= ~FLAG_MET

    @cython.cfunc
    def go_on(self, where: Any, first: cython.Py_ssize_t) -> Any:
        """Meet the members of one relationship of an object, and note what is left of it."""
        if type(where) is list:
            self.meet_groups(where, first)
            return
        if type(where) not in self.kinds:
            self.kinds[type(where)] = self.keys_of(where)
        keys = self.kinds[type(where)]
        state: InstanceState = state_in(where)
        queued: cython.bint = state.extra is not None and bool(state.extra.queues)
        if keys is None or state.pk is not None or queued:
            self.meet_groups(self.relatives(where), 0)
            return
        values: dict[Any, Any] = values_in(where, state)
        at: cython.Py_ssize_t = len(self.stack)
        index: cython.Py_ssize_t
        for index in range(first, len(keys)):
            key, many = keys[index]
            value = values.get(key)
            if value is None:
                continue
            if many:
                self.meet_all(value)
            else:
                self.meet(value)
            if len(self.stack) > at:
                if index + 1 < len(keys):
                    self.stack.insert(at, (where, index + 1))
                return

    @cython.cfunc
    def meet_groups(self, groups: Any, first: cython.Py_ssize_t) -> Any:
        at: cython.Py_ssize_t = len(self.stack)
        index: cython.Py_ssize_t
        for index in range(first, len(groups)):
            self.meet_all(groups[index])
            if len(self.stack) > at:
                if index + 1 < len(groups):
                    self.stack.insert(at, (groups, index + 1))
                return

    @cython.cfunc
    def meet_all(self, members: Any) -> Any:
        """Put those that nobody has met on the stack, the first one on top."""
        at: cython.Py_ssize_t = len(self.stack)
        for member in members:
            if member is not None:
                self.meet(member)
        if len(self.stack) > at + 1:
            self.stack[at:] = self.stack[at:][::-1]

    @cython.cfunc
    def meet(self, obj: Any) -> Any:
        state: InstanceState = state_in(obj)
        if self.seen is None:
            if state.link is not self.home and not state.flags & FLAG_MET:
                state.flags |= FLAG_MET
                self.stack.append(obj)
        elif state.link is not self.home or state.flags & FLAG_DELETED:
            if id_of(obj) not in self.seen:
                self.seen.add(id_of(obj))
                self.stack.append(obj)


@cython.cfunc
def admit(obj: Any, home: Link, enter: Any) -> Any:
    """Take one object in."""
    state: InstanceState = state_in(obj)
    state.flags &= ~FLAG_MET
    if state.link is not None or state.pk is not None:
        enter(obj)
    else:
        values_in(obj, state)
        refer_weakly(obj, state)
        state.link = home
        state.epoch = home.epoch
        home.new[id_of(obj)] = obj


def adopt_row(
    cls: Any,
    manager: Any,
    template: Any,
    link: Link,
    pk: Any,
    known: Any,
    found: Any,
    branch: Any,
) -> Any:
    """Make the object of a row: no constructor, a shared-key dict, a persistent state.

    Puts it into the identity map `known` and at the end of the list `found`; returns its
    `__dict__`, for the values of the row.
    """
    state: InstanceState = InstanceState.__new__(InstanceState)
    state.manager = manager
    state.link = link
    state.epoch = link.epoch
    state.pk = pk
    state.branch = branch
    if cython.compiled and PyType_IsSubtype(cls, Instrumented):
        obj = cython.cast(cython.pointer(PyTypeObject), cls).tp_new(
            cls, cython.cast(cython.pointer(PyObject), _EMPTY), cython.NULL
        )
        if template is not None:
            give_dict(obj, state, template)
        cython.cast(Instrumented, obj)._cormorant_state = state
        state.ref = PyWeakref_NewRef(obj, None)
    else:
        obj = cls.__new__(cls)
        if isinstance(obj, Instrumented):
            if cython.compiled:
                cython.cast(Instrumented, obj)._cormorant_state = state
            else:
                obj._cormorant_state = state
        else:
            obj.__dict__["_sa_instance_state"] = state
        state.ref = weakref.ref(obj)
    known[pk] = state.ref
    found.append(obj)
    return values_in(obj, state)


@cython.ccall
def fresh_values(obj: Any) -> Any:
    """Return the values of an object that is new and in no session; None for any other."""
    if isinstance(obj, Instrumented):
        state: InstanceState = slot_state(obj)
        if state is not None and state.link is None and state.pk is None:
            return state.values
    return None


def current_values(obj: Any) -> Any:
    """Return the values of an object that nothing has expired; None for any other."""
    if isinstance(obj, Instrumented):
        state: InstanceState = slot_state(obj)
        if state is not None and (state.link is None or state.epoch == state.link.epoch):
            return state.values
    return None


@cython.final
@cython.auto_pickle(False)
@cython.cclass
class CollectionsHere:
    """The collections of one attribute by object; None where an object has to be asked itself.

    An item is the value of the object, or what was read of a new one while it was empty: where
    that is a list alone, it may be the one of another attribute. It is a mapping and no function
    because a subscript from another compiled module costs a third of a call.
    """

    if cython.compiled:
        key = cython.declare(object)
    else:
        key: Any

    def __init__(self, key: Any) -> None:
        self.key = key

    def __getitem__(self, obj: Any) -> Any:
        if not isinstance(obj, Instrumented):
            return None
        state: InstanceState = slot_state(obj)
        if state is None or (state.link is not None and state.epoch != state.link.epoch):
            return None
        values: dict[Any, Any] = state.values
        if values is not None:
            if cython.compiled:
                found = PyDict_GetItemWithError(values, self.key)
                if found is not cython.NULL:
                    return cython.cast(object, found)
            elif self.key in values:
                return values[self.key]
        if state.link is not None or state.pk is not None:
            return None  # what stands in the database may have to be loaded
        if type(state.empties) is dict:
            return state.empties.get(self.key)
        return state.empties


@cython.final
@cython.auto_pickle(False)
@cython.cclass
class FreshValues:
    """The values of new objects in no session, by object; None for any other object.

    A mapping for the same reason as CollectionsHere; `fresh_values` is the function.
    """

    def __getitem__(self, obj: Any) -> Any:
        return fresh_values(obj)


FRESH = FreshValues()


def keep_unheld(obj: Any, collection: Any) -> Any:
    """Keep the first list that was read of a new object; return the reference to it, or None."""
    if fresh_values(obj) is None:
        return None
    state: InstanceState = slot_state(obj)
    if state.empties is not None:
        return None
    state.empties = collection
    refer_weakly(obj, state)
    return state.ref


def hold_unheld(obj: Any, key: Any, collection: Any) -> Any:
    """Make a list that was only read so far the value of a new object; tell if it is now."""
    values: dict[Any, Any] = fresh_values(obj)
    if values is None:
        return False
    state: InstanceState = slot_state(obj)
    if state.empties is not collection:
        if type(state.empties) is not dict or state.empties.get(key) is not collection:
            return False
        del state.empties[key]
    else:
        state.empties = None
    values[key] = collection
    return True


def link_of(obj: Any) -> Any:
    """Return what ties an object to its session, or None."""
    state: InstanceState = state_in(obj)
    return state.link


def values_here(obj: Any, link: Any) -> Any:
    """Return the values of an object that is in the session of `link` and not deleted, or None."""
    state: InstanceState = state_in(obj)
    if state.link is not link or state.flags & FLAG_DELETED:
        return None
    return values_in(obj, state)


def values_of_new(obj: Any, link: Any) -> Any:
    """Return the values of an object that is new in the session of `link`, or None."""
    state: InstanceState = state_in(obj)
    if state.link is not link or state.pk is not None:
        return None
    return values_in(obj, state)


def with_extras(objects: Any) -> Any:
    """Return the objects that have to remember more than their values: few do."""
    found: list[Any] = []
    for obj in objects:
        state: InstanceState = state_in(obj)
        if state.extra is not None:
            found.append(obj)
    return found


def with_changes(objects: Any) -> Any:
    """Return the objects that were changed since they were loaded or flushed."""
    found: list[Any] = []
    for obj in objects:
        state: InstanceState = state_in(obj)
        if state._old is not None:
            found.append(obj)
    return found


def with_expired_values(objects: Any) -> Any:
    """Return the objects whose column values the next access loads anew."""
    found: list[Any] = []
    last: Any = None
    key: Any = None
    for obj in objects:
        state: InstanceState = state_in(obj)
        if type(obj) is not last:
            last = type(obj)
            key = state.manager.mapper.pk_keys[0]
        if state.pk is not None and (is_stale(state) or key not in values_in(obj, state)):
            found.append(obj)
    return found


def with_relatives(objects: Any, keys_of: Any, known: Any) -> Any:
    """Return the objects that have a relationship in memory or changed, or are in `known` by id.

    `keys_of(obj)` gives the names of the relationships of an object's class.
    """
    found: list[Any] = []
    last: Any = None
    keys: tuple[Any, ...] = ()
    ids: dict[Any, Any] = known
    for obj in objects:
        if type(obj) is not last:
            last = type(obj)
            keys = keys_of(obj)
        if not keys:
            continue
        if ids and id(obj) in ids:
            found.append(obj)
            continue
        state: InstanceState = state_in(obj)
        values: dict[Any, Any] = values_in(obj, state)
        old: Any = state.old
        for key in keys:
            if key in values or (old is not None and key in old):
                found.append(obj)
                break
    return found


def take_keys(objects: Any, keys: Any, pk_key: Any, known: Any) -> Any:
    """Give each object the single key that the database made, and put it into the map."""
    i: cython.Py_ssize_t
    members: list[Any] = objects
    identifiers: list[Any] = keys
    places: dict[Any, Any] = known
    for i in range(len(identifiers)):
        obj = members[i]
        pk = identifiers[i]
        state: InstanceState = state_in(obj)
        values: dict[Any, Any] = values_in(obj, state)
        values[pk_key] = pk
        state.pk = pk
        state.flags |= FLAG_FLUSHING
        state.epoch = state.link.epoch
        refer_weakly(obj, state)
        places[pk] = state.ref


def end_insert(objects: Any, new: Any) -> Any:
    """Let inserted objects be persistent: no longer in the set of new ones, nothing changed."""
    pending: dict[Any, Any] = new
    for obj in objects:
        state: InstanceState = state_in(obj)
        state.flags &= ~FLAG_FLUSHING
        state._old = None
        state.noted = 0
        pending.pop(id_of(obj), None)


def forget_changes(objects: Any, changed: Any) -> Any:
    """Let objects count as unchanged: drop their earlier values and their place in `changed`."""
    pending: dict[Any, Any] = changed
    for obj in objects:
        state: InstanceState = state_in(obj)
        if not state.flags & FLAG_DELETED:
            state._old = None
            state.noted = 0
        pending.pop(id_of(obj), None)


def mark_deleting(objects: Any) -> Any:
    """Let objects count as being deleted: their rows are gone, the flush goes on."""
    for obj in objects:
        state: InstanceState = state_in(obj)
        state.flags |= FLAG_DELETING


def end_delete(objects: Any, identity_map: Any, link: Any) -> Any:
    """Let deleted objects leave the identity map and the sets of what is to be written."""
    home: Link = link
    maps: dict[Any, Any] = {}
    for obj in objects:
        state: InstanceState = state_in(obj)
        settle(state)
        if type(obj) not in maps:
            maps[type(obj)] = identity_map.of(state.manager.mapper)
        known: dict[Any, Any] = maps[type(obj)]
        reference = known.get(state.pk)
        if reference is not None and (reference is state.ref or reference() is obj):
            del known[state.pk]
        state.flags = (state.flags & ~FLAG_DELETING) | FLAG_DELETED
        state._old = None
        state.noted = 0
        home.deleted.pop(id_of(obj), None)
        if home.changed:
            home.changed.pop(id_of(obj), None)


def detach_deleted(objects: Any, link: Any) -> Any:
    """Let objects whose rows are gone for good leave the session of `link`."""
    for obj in objects:
        state: InstanceState = state_in(obj)
        if state.link is link and state.flags & FLAG_DELETED:
            state.link = None


def earlier_values(obj: Any) -> Any:
    """Return the values before the changes of an object, or None; what expired has none."""
    state: InstanceState = state_in(obj)
    settle(state)
    return state._old


def present(rooms: Any, class_: Any, key: Any) -> Any:
    """Return the object of a plain key that is in memory and not expired, or None.

    `rooms`: by mapper, a dict of weak references by bare key, and the name of the key.
    """
    if not isinstance(class_, type) or (type(key) is not int and type(key) is not str):
        return None
    room = rooms.get(getattr(class_, "__mapper__", None))
    if room is None:
        return None
    reference = room[0].get(key)
    if reference is None:
        return None
    obj = reference()
    if not isinstance(obj, class_):
        return None
    values = current_values(obj)
    return obj if values is not None and room[1] in values else None

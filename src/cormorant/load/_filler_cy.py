# cython: boundscheck=False, wraparound=False
"""The row loop: rows become objects of one class, new ones or those already in memory."""

from __future__ import annotations

from typing import Any

from cormorant import exc
from cormorant.instrument._state_cy import (
    adopt_row,
    drop_values,
    known_state,
    settle,
)
from cormorant.load.reloaded import begin_telling, end_telling, note_reload, warn_of_reloads

try:
    import cython
except ImportError:
    from cormorant import _cython as cython

COMPILED: bool = cython.compiled


def announce(obj: Any, fresh: Any, names: Any, context: Any) -> None:
    """Tell the listeners of a loaded object: `fresh` for the first time, else of a refresh."""
    dispatch = known_state(obj).manager.dispatch
    if not fresh:
        for listener in dispatch.refresh:
            listener(obj, context, names)
    else:
        for listener in dispatch.load:
            listener(obj, context)
        for listener in context.loaded_listeners:
            listener(context.session, obj)


@cython.cclass
class RowFiller:
    """Turns rows into objects of one class: the compiled half of every load.

    `keys` and `processors` stand in the order of the row from `start` on; `pk_at` are
    positions in the row. `full`: the keys are all that the class keeps, so that the shared
    template can be used.
    """

    if cython.compiled:
        manager = cython.declare(object)
        cls = cython.declare(object)
        keys = cython.declare(tuple)
        processors = cython.declare(tuple)
        plain = cython.declare(cython.bint)
        start = cython.declare(cython.Py_ssize_t)
        pk_at = cython.declare(tuple)
        pk_first = cython.declare(cython.Py_ssize_t)
        single = cython.declare(cython.bint)
        template = cython.declare(dict)
        branch = cython.declare(object)
        partial_keys = cython.declare(cython.bint)
        names = cython.declare(object)
    else:
        names: Any

    def __init__(
        self,
        manager: Any,
        keys: Any,
        processors: Any,
        start: Any,
        pk_at: Any,
        template: Any,
        partial_keys: Any = False,
        branch: Any = None,
    ) -> None:
        self.manager = manager
        self.cls = manager.class_
        self.keys = tuple(keys)
        self.processors = tuple(processors) if processors else (None,) * len(self.keys)
        self.plain = not any(p is not None for p in self.processors)
        self.start = start
        self.pk_at = tuple(pk_at)
        self.pk_first = pk_at[0]
        self.single = len(pk_at) == 1
        self.template = template
        self.partial_keys = partial_keys
        self.branch = branch
        self.names = None

    @cython.cfunc
    def identity(self, row: tuple[Any, ...]) -> Any:
        """Return the bare key of a row, None for the missing side of an outer join."""
        if self.single:
            value = row[self.pk_first]
            processor = self.processors[self.pk_first - self.start]
            return value if processor is None or value is None else processor(value)
        parts: list[Any] = []
        missing: cython.int = 0
        for at in self.pk_at:
            value = row[at]
            processor = self.processors[at - self.start]
            if processor is not None and value is not None:
                value = processor(value)
            if value is None:
                missing += 1
            parts.append(value)
        if missing and (not self.partial_keys or missing == len(parts)):
            return None
        return tuple(parts)

    @cython.cfunc
    def fill(self, values: dict[Any, Any], row: tuple[Any, ...]) -> Any:
        keys: tuple[Any, ...] = self.keys
        i: cython.Py_ssize_t
        start: cython.Py_ssize_t = self.start
        if self.plain:
            for i in range(len(keys)):
                values[keys[i]] = row[start + i]
            return
        processors: tuple[Any, ...] = self.processors
        for i in range(len(keys)):
            value = row[start + i]
            if processors[i] is not None:
                value = processors[i](value)
            values[keys[i]] = value

    @cython.cfunc
    def fill_missing(self, state: Any, row: tuple[Any, ...]) -> Any:
        """Fill what is unloaded and unchanged; return the names, or None."""
        keys: tuple[Any, ...] = self.keys
        values: dict[Any, Any] = state.values
        filled: Any = None
        i: cython.Py_ssize_t
        for i in range(len(keys)):
            key = keys[i]
            if key in values or (state.old is not None and key in state.old):
                continue
            value = row[self.start + i]
            if self.processors[i] is not None:
                value = self.processors[i](value)
            values[key] = value
            if filled is None:
                filled = []
            filled.append(key)
        return filled

    def objects(self, rows: Any, link: Any, known: Any, overwrite: Any, context: Any) -> Any:
        """Return one object (or None) per row; `known` is their part of the identity map.

        Fires load, refresh and loaded_as_persistent of the objects as they are filled.
        """
        dispatch = self.manager.dispatch
        if dispatch.load or dispatch.refresh or context.loaded_listeners:
            outer = context.session.telling
            begin_telling(context)
            try:
                found = self.make(rows, link, known, overwrite, context, True)
            finally:
                end_telling(context, outer)
            warn_of_reloads(context, outer)
            return found
        return self.make(rows, link, known, overwrite, context, False)

    @cython.cfunc
    def make(
        self,
        rows: Any,
        link: Any,
        known: Any,
        overwrite: Any,
        context: Any,
        heard: cython.bint,
    ) -> Any:
        found: list[Any] = []
        places: dict[Any, Any] = known
        manager = self.manager
        on_refresh = manager.dispatch.refresh
        later: Any = context.later
        width: cython.Py_ssize_t = self.start + len(self.keys)
        row: tuple[Any, ...]
        for row in rows:
            if len(row) < width:
                raise exc.FlushError(
                    f"A row for {self.cls.__name__} has {len(row)} columns, {width} are needed; "
                    f"does the connection use a row factory of its own?"
                )
            pk = self.identity(row)
            if pk is None:
                found.append(None)
                continue
            reference = places.get(pk)
            obj = None if reference is None else reference()
            if obj is not None:
                found.append(obj)
                self.refill(obj, known_state(obj), row, overwrite, context)
                continue
            branch = self.branch
            self.fill(
                adopt_row(self.cls, manager, self.template, link, pk, places, found, branch), row
            )
            if heard:
                obj = found[len(found) - 1]
                if on_refresh:
                    context.fresh[id(obj)] = obj
                if later is not None:
                    later.append((obj, True, None))
                else:
                    announce(obj, True, None, context)
        return found

    @cython.cfunc
    def refill(
        self, obj: Any, state: Any, row: tuple[Any, ...], overwrite: cython.bint, context: Any
    ) -> Any:
        """Load a row onto an object that is already there: only what it lacks, or all."""
        if self.branch is not None:
            state.branch = self.branch
        if settle(state):
            # Read anew as a whole: options of an earlier statement are over.
            state.branch = self.branch
            self.fill(state.values, row)
            if self.names is None:
                self.names = frozenset(self.keys)  # one for all rows
            names = self.names
        elif overwrite:
            if id(obj) in context.fresh:
                return
            context.fresh[id(obj)] = obj
            state.branch = self.branch
            drop_values(state)
            state.link.changed.pop(id(obj), None)
            self.fill(state.values, row)
            names = None
        else:
            filled = self.fill_missing(state, row)
            # A row that fills nothing refreshes nothing: see docs/differences.md.
            if filled is None or id(obj) in context.fresh:
                return
            context.fresh[id(obj)] = obj
            names = frozenset(filled)
        if context.session.telling is not None:
            note_reload(context, obj)
        if context.later is not None:
            context.later.append((obj, False, names))
        else:
            announce(obj, False, names, context)


@cython.cclass
class Filling:
    """Puts related objects that came in the rows of their parents where they belong.

    Only attributes that are not loaded yet are filled. `live`: the attribute has its value
    after the first row already, for listeners to see; else from `finish` on. `owner`: the class
    whose objects have the attribute; None: all parents have it.
    """

    if cython.compiled:
        key = cython.declare(object)
        many = cython.declare(cython.bint)
        live = cython.declare(cython.bint)
        owner = cython.declare(object)
        places = cython.declare(dict)
        lists = cython.declare(dict)
        owners = cython.declare(list)
        doubled = cython.declare(object, visibility="public")
    else:
        places: dict[int, Any]
        lists: dict[int, Any]
        owners: list[Any]

    def __init__(self, key: Any, many: Any, live: Any = False, owner: Any = None) -> None:
        self.key = key
        self.many = many
        self.live = live
        self.owner = owner
        self.places = {}
        self.lists = {}
        self.owners = []
        self.doubled = False

    def take(self, parents: Any, children: Any) -> None:
        """Take a parent and a child (or None) per row."""
        places: dict[Any, Any] = self.places
        key = self.key
        last: Any = None
        members: Any = None
        i: cython.Py_ssize_t
        for i in range(len(parents)):
            parent = parents[i]
            if parent is None:
                continue
            child = children[i]
            if parent is not last:
                last = parent
                members = places.get(id(parent), places)
                if members is places:
                    members = self.begin(parent, key, child)
                    if not self.many:
                        continue
            if members is None:
                continue
            if not self.many:
                if members[0] is not child:
                    self.doubled = True
            elif child is not None and id(child) not in members:
                members[id(child)] = child
                if self.live:
                    # A listener may have had the parent loaded anew: that list is whole.
                    value = known_state(parent).values.get(key)
                    if value is self.lists[id(parent)]:
                        value._put(child)

    @cython.cfunc
    def begin(self, parent: Any, key: Any, child: Any) -> Any:
        """Return where the children of a parent go, None if they are not wanted."""
        state: Any = known_state(parent)
        values: dict[Any, Any] = state.values
        members: Any = None
        if self.owner is not None and not isinstance(parent, self.owner):
            self.places[id(parent)] = None
            return None
        if key not in values and (state.old is None or key not in state.old):
            if not self.many:
                members = (child,)
                state.manager.attributes[key].set_committed(state, child)
            else:
                members = {}
                if self.live:
                    state.manager.attributes[key].set_committed(state, ())
                    self.lists[id(parent)] = values[key]
                else:
                    self.owners.append((state, members))
        self.places[id(parent)] = members
        return members

    def finish(self) -> None:
        """Give the parents their collections."""
        for state, members in self.owners:
            state.manager.attributes[self.key].set_committed(state, members.values())
        self.owners = []


def lacking(objects: Any, key: Any, owner: Any = None) -> Any:
    """Return the states of the objects, each once, whose attribute `key` is not loaded.

    `owner`: the class whose objects have the attribute; None: all have it.
    """
    found: dict[int, Any] = {}
    for obj in objects:
        if obj is None or id(obj) in found:
            continue
        if owner is not None and not isinstance(obj, owner):
            continue
        state = known_state(obj)
        if key in state.values:
            continue
        found[id(obj)] = state
    return list(found.values())


def owned(states: Any, names: Any) -> Any:
    """Return key -> states, where the key of a state is its values of the attributes `names`.

    A bare value for one name, else a tuple. Those with a NULL in their key are under None.
    """
    found: dict[Any, list[Any]] = {}
    first: Any = names[0]
    single: cython.bint = len(names) == 1
    for state in states:
        own: cython.bint = names == state.manager.mapper.pk_keys
        key: Any = None
        if own:
            key = state.pk
        elif single:
            key = value_in(state, first)
        else:
            key = tuple([value_in(state, name) for name in names])
            if None in key:
                key = None
        if key in found:
            found[key].append(state)
        else:
            found[key] = [state]
    return found


@cython.cfunc
def value_in(state: Any, name: Any) -> Any:
    """Return the value of an attribute, loaded if need be."""
    values: dict[Any, Any] = state.values
    return values[name] if name in values else getattr(state.obj(), name)


def grouped(keys: Any, children: Any) -> Any:
    """Return key -> children, each once, in their order; a row without a child adds none."""
    found: dict[Any, dict[int, Any]] = {}
    members: Any = {}
    last: Any = found
    i: cython.Py_ssize_t
    for i in range(len(keys)):
        child = children[i]
        if child is None:
            continue
        key = keys[i]
        if key is not last:
            last = key
            members = found.get(key)
            if members is None:
                members = found[key] = {}
        members[id(child)] = child
    return found

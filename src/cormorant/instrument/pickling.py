"""Pickles and copies of objects: a graph is one flat list, so that long chains are no limit."""

from __future__ import annotations

import copy
import weakref
from threading import Lock
from typing import Any

from cormorant.instrument._state_cy import (
    FLAG_DELETED,
    InstanceState,
    Instrumented,
    known_state,
    settle,
    state_of,
)
from cormorant.instrument.extras import StateExtras

STATE_KEY = "_sa_instance_state"
"""Where objects without a slot hold their state."""

EXPANDING = Lock()


class Graph:
    """Objects that hang together, each with a number: what their pickles refer to.

    An object pickles as (graph, number); the graph as its classes, then the plain values of
    all objects, then their relations and states. So nothing nests, whatever refers to what.
    """

    __slots__ = ("__weakref__", "expanded", "numbers", "objects", "restored")

    def __init__(self, objects: list[Any], numbers: dict[int, int] | None = None) -> None:
        self.objects = objects
        self.restored = self.expanded = numbers is None
        self.numbers = {} if numbers is None else numbers
        """Numbers by id of the object, of a graph that is being pickled."""

    def expand(self) -> None:
        """Find all that the first object reaches, once: numbers never change."""
        with EXPANDING:
            if self.expanded:
                return
            first = _neighbours(state_of(self.objects[0]))
            ways = [iter(first)] if first else []
            while ways:
                member = next(ways[-1], None)
                if member is None:
                    ways.pop()
                elif self._number(member):
                    ways.append(iter(_neighbours(state_of(member))))
            self.expanded = True

    def _number(self, obj: Any) -> bool:
        """Take in an object that pickles by its graph and is in none yet."""
        if id(obj) in self.numbers or not _is_flat(obj):
            return False
        # What another pickle under way has numbered is referred to there.
        if GRAPHS.setdefault(id(obj), self) is not self:
            return False
        self.numbers[id(obj)] = len(self.objects)
        self.objects.append(obj)
        return True

    def classes(self) -> tuple[type[Any], ...]:
        """Return the class of each object."""
        return tuple([type(obj) for obj in self.objects])

    def values(self) -> list[dict[str, Any] | None]:
        """Return the values of each object but for its relations; None for one's own state."""
        return [None if _packs_itself(obj) else _plain_values(obj) for obj in self.objects]

    def rest(self) -> list[tuple[Any, dict[str, Any]]]:
        """Return (relations, or what the class's own __getstate__ gave; state) of each object."""
        return [(_packed(obj), _told(obj)) for obj in self.objects]

    def __reduce__(self) -> Any:
        self.expand()
        return restore_graph, (self.classes(),), (_Values(self), self.rest())

    def __setstate__(self, pickled: tuple[None, list[tuple[Any, dict[str, Any]]]]) -> None:
        _, rest = pickled  # the values are in place: see _Values
        for obj, (packed, _told) in zip(self.objects, rest, strict=True):
            _unpack(obj, packed)
        heard = False
        for obj, (_packed, told) in zip(self.objects, rest, strict=True):
            state = state_of(obj)
            _take_state(state, told)
            heard = heard or bool(state.manager.dispatch.unpickle)
        for obj, (_packed, told) in zip(self.objects, rest, strict=True) if heard else ():
            told.setdefault("instance", obj)
            for listener in state_of(obj).manager.dispatch.unpickle:
                listener(obj, told)

    def __deepcopy__(self, memo: dict[int, Any]) -> Graph:
        self.expand()
        twin = memo[id(self)] = restore_graph(self.classes())
        for obj, other in zip(self.objects, twin.objects, strict=True):
            memo[id(obj)] = other
        fill_values(twin, copy.deepcopy(self.values(), memo))
        twin.__setstate__((None, copy.deepcopy(self.rest(), memo)))
        return twin


GRAPHS: weakref.WeakValueDictionary[int, Graph] = weakref.WeakValueDictionary()
"""The graph of each object that is being pickled, by id; a pickler keeps its graphs alive."""


class _Values:
    """Stands in a pickle for the plain values: they are in place before relations come.

    A set of objects may ask them for their hash, and they their attributes.
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph

    def __reduce__(self) -> Any:
        return fill_values, (self.graph, self.graph.values())


def reduce(obj: Any, protocol: Any = None) -> Any:
    """Return what a pickle holds of a mapped object: `__reduce_ex__` of all mapped classes."""
    cls: Any = type(obj)
    if cls.__reduce__ is not object.__reduce__:
        return obj.__reduce__()
    graph = GRAPHS.get(id(obj))
    if graph is None:
        graph = GRAPHS[id(obj)] = Graph([obj], {id(obj): 0})
    return pick, (graph, graph.numbers[id(obj)])


def pick(graph: Graph, number: int) -> Any:
    """Return an object of an unpickled graph. Called by copy.copy, return a copy of one."""
    obj = graph.objects[number]
    return obj if graph.restored else _copied(obj)


def restore_graph(classes: tuple[type[Any], ...]) -> Graph:
    """Make the objects of a graph, still without values."""
    return Graph([_manager_of(cls).new_instance() for cls in classes])


def fill_values(graph: Graph, values: list[dict[str, Any] | None]) -> None:
    """Give the objects of a graph their values but for relations."""
    for obj, each in zip(graph.objects, values, strict=True):
        if each is not None:
            state_of(obj).dict.update(each)


def _manager_of(cls: type[Any]) -> Any:
    manager = getattr(cls, "_sa_class_manager", None)
    if manager is None:
        raise TypeError(
            f"Class {cls.__module__}.{cls.__qualname__} is not mapped here, so a pickled object "
            f"of it cannot be restored. Import and map the class before unpickling."
        )
    return manager


def _is_flat(obj: Any) -> bool:
    """Tell whether an object pickles by its graph, and not in a way of its own."""
    cls: Any = type(obj)
    return cls.__reduce__ is object.__reduce__ and cls.__reduce_ex__ in FLAT


def _packs_itself(obj: Any) -> bool:
    """Tell whether the class of an object has __getstate__ or __setstate__ of its own."""
    cls: Any = type(obj)
    return cls.__getstate__ not in USUAL_GETSTATE or (
        getattr(cls, "__setstate__", None) not in USUAL_SETSTATE
    )


def _neighbours(state: InstanceState) -> list[Any]:
    """Return the mapped objects that the relations of an object hold, held, or wait for."""
    settle(state)
    manager, values, old = state.manager, state.dict, state.old
    found: list[Any] = []
    for key in manager.related_keys:
        if old is not None and key in old:
            _meet(found, old[key], manager.attributes[key].collection)
        if key in values:
            _meet(found, values[key], manager.attributes[key].collection)
    queues = None if state.extra is None else state.extra.queues
    for queue in queues.values() if queues else ():
        found += queue.added
        found += queue.removed
    return found


def _meet(found: list[Any], value: Any, many: bool) -> None:
    """Add the mapped objects that one relation holds."""
    if value is not None:
        members = members_of(value) if many else (value,)
        found += [member for member in members if known_state(member) is not None]


def members_of(collection: Any) -> list[Any]:
    """Return the objects in a collection of any kind."""
    adapter = getattr(collection, "_sa_adapter", None)
    if adapter is not None:
        return list(adapter)
    if isinstance(collection, dict):
        return list(collection.values())
    return list(collection) if hasattr(collection, "__iter__") else []


def _plain_values(obj: Any) -> dict[str, Any]:
    state = state_of(obj)
    settle(state)
    left_out = (*state.manager.related_keys, STATE_KEY)
    return {key: value for key, value in state.dict.items() if key not in left_out}


def _packed(obj: Any) -> Any:
    """Return the relations of an object, or what its own __getstate__ returns."""
    state = state_of(obj)
    settle(state)
    if not _packs_itself(obj):
        return {key: state.dict[key] for key in state.manager.related_keys if key in state.dict}
    given = obj.__getstate__()
    if isinstance(given, dict) and STATE_KEY in given:
        given = {key: value for key, value in given.items() if key != STATE_KEY}
    return given


def _unpack(obj: Any, packed: Any) -> None:
    if hasattr(obj, "__setstate__"):
        if packed is not None:
            obj.__setstate__(packed)
    elif packed:
        obj.__dict__.update(packed)


def _told(obj: Any) -> dict[str, Any]:
    """Return the state of an object as a dict; fires pickle, which may add to it."""
    state = state_of(obj)
    told = _state_as_dict(state)
    told["instance"] = obj
    for listener in state.manager.dispatch.pickle:
        listener(obj, told)
    if told.get("instance") is obj:
        del told["instance"]  # it comes back with the graph: a reference less for the pickler
    return told


def _state_as_dict(state: InstanceState) -> dict[str, Any]:
    told: dict[str, Any] = {
        "identity": state.pk,
        "committed_state": None if state.old is None else dict(state.old),
        "was_deleted": state.was_deleted,
    }
    if state.extra is not None:
        told.update(state.extra.to_pickle())
    return told


def _take_state(state: InstanceState, told: dict[str, Any]) -> None:
    manager = state.manager
    manager.mapper.ready()
    state.pk = told["identity"]
    state.old = told["committed_state"]
    state.flags = FLAG_DELETED if told["was_deleted"] else 0
    state.extra = StateExtras.from_pickle(told)
    for key in manager.related_keys:
        manager.attributes[key].adopt(state)


def _copied(obj: Any) -> Any:
    """Return a shallow copy of an object: the same values, a state of its own, no session."""
    state = state_of(obj)
    settle(state)
    twin = state.manager.new_instance()
    if _packs_itself(obj):
        _unpack(twin, _packed(obj))
    else:
        values = {key: value for key, value in state.dict.items() if key != STATE_KEY}
        state_of(twin).dict.update(values)
    _take_state(state_of(twin), _state_as_dict(state))
    return twin


def reduce_with_class(cls: type[Any]) -> bool:
    """Let a class without the common base pickle by graphs, unless it has a way of its own."""
    kind: Any = cls
    if kind.__reduce_ex__ is not object.__reduce_ex__ or kind.__reduce__ is not object.__reduce__:
        return False
    kind.__reduce_ex__ = reduce
    return True


FLAT = (Instrumented.__reduce_ex__, reduce)
USUAL_GETSTATE = (Instrumented.__getstate__, object.__getstate__)
USUAL_SETSTATE = (Instrumented.__setstate__, None)

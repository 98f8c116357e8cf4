"""Classes of collections: what a class must have to hold related objects, and how it is used."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from cormorant import exc
from cormorant.instrument._related_cy import InstrumentedList, contains_identical
from cormorant.instrument.collection_roles import announcing_by_marks, marks_of
from cormorant.instrument.collections import CollectionAdapter
from cormorant.instrument.mutators import MUTATORS, TOLD, announcing, appending, removing

if TYPE_CHECKING:
    from cormorant.instrument._state_cy import InstanceState
    from cormorant.instrument.related_list import RelatedCollection

T = TypeVar("T")
K = TypeVar("K")
V = TypeVar("V")

USUAL_ROLES: dict[type | None, dict[str, str]] = {
    list: {"appender": "append", "remover": "remove", "iterator": "__iter__"},
    set: {"appender": "add", "remover": "remove", "iterator": "__iter__"},
    dict: {"iterator": "values"},
    None: {},
}
"""The methods that have a role without being marked, by what a class is like."""


class InstrumentedSet(set[T], Generic[T]):
    """A set that reports its changes: events, backrefs and cascades follow each of them."""

    _sa_adapter: CollectionAdapter | None = None


class InstrumentedDict(dict[K, V], Generic[K, V]):
    """A dict that reports its changes; a subclass says how a member finds its key."""

    _sa_adapter: CollectionAdapter | None = None


def kind_of(thing: Any) -> type | None:
    """Return list, set or dict: what a class or an object is like; None if it is like none.

    As the reference: `__emulates__` decides, then the built-in base, then what methods it has.
    """
    if hasattr(thing, "__emulates__"):
        found: type | None = thing.__emulates__
        return found
    class_ = thing if isinstance(thing, type) else type(thing)
    for kind in (list, set, dict):
        if issubclass(class_, kind):
            return kind
    for name, kind in (("append", list), ("add", set), ("set", dict)):
        if hasattr(thing, name):
            return kind
    return None


class CollectionShape:
    """How collections of one class are made, read and changed."""

    __slots__ = ("appender", "class_", "iterator", "kind", "make", "remover")

    def __init__(self, class_: type[Any], make: Callable[[], Any]) -> None:
        self.class_ = class_
        self.make = make
        self.kind = kind_of(class_)
        roles = roles_of(class_, self.kind)
        self.appender, self.remover = roles["appender"], roles["remover"]
        self.iterator = roles["iterator"]

    def of(self, items: Iterable[Any]) -> Any:
        """Return a collection of these members that belongs to nobody."""
        made = self.make()
        self.fill(made, items)
        return made

    def items(self, collection: Any) -> list[Any]:
        """Return the members of a collection."""
        return list(getattr(collection, self.iterator)())

    def contains(self, collection: Any, item: Any) -> bool:
        """Tell whether the object `item` itself is a member."""
        if self.kind is set and isinstance(collection, set):
            return item in collection
        under_its_key = getattr(collection, "_has_under_key", None)
        if under_its_key is not None and under_its_key(item):
            return True
        return any(member is item for member in getattr(collection, self.iterator)())

    def add(self, collection: Any, item: Any, initiator: Any) -> None:
        """Take a member in, with events."""
        getattr(collection, self.appender)(item, _sa_initiator=initiator)

    def drop(self, collection: Any, item: Any, initiator: Any) -> None:
        """Drop a member, with events."""
        getattr(collection, self.remover)(item, _sa_initiator=initiator)

    def put(self, collection: Any, item: Any) -> None:
        """Take a member in, without events."""
        self.add(collection, item, False)

    def take(self, collection: Any, item: Any) -> None:
        """Drop a member if it is there, without events."""
        if self.contains(collection, item):
            self.drop(collection, item, False)

    def fill(self, collection: Any, items: Iterable[Any]) -> None:
        """Take members in, without events."""
        append = getattr(collection, self.appender)
        for item in items:
            append(item, _sa_initiator=False)

    def empty(self, collection: Any, initiator: Any) -> None:
        """Drop all members; `initiator` False: without events."""
        remove = getattr(collection, self.remover)
        for item in self.items(collection):
            remove(item, _sa_initiator=initiator)

    def bind(
        self, collection: Any, attribute: RelatedCollection, owner: InstanceState, held: bool
    ) -> None:
        """Let the attribute of an object hear of the changes of a collection."""
        collection._sa_adapter = CollectionAdapter(attribute, owner.ref, collection, self)

    def hold(self, collection: Any) -> None:
        """Take note that the collection is the value of its owner."""

    def free(self, collection: Any) -> None:
        """Let nobody hear of the changes of a collection any more."""
        adapter = collection._sa_adapter
        if adapter is not None:
            adapter.release()
            collection._sa_adapter = None

    def is_bound(self, collection: Any) -> bool:
        """Tell whether a collection belongs to an object."""
        adapter = getattr(collection, "_sa_adapter", None)
        return adapter is not None and adapter.bound


class OwnListShape(CollectionShape):
    """How subclasses of our own list are used: the list itself knows its owner."""

    __slots__ = ()

    def bind(
        self, collection: Any, attribute: RelatedCollection, owner: InstanceState, held: bool
    ) -> None:
        """Let the attribute of an object hear of the changes of a collection."""
        collection._bind(attribute, owner.ref, held)

    def hold(self, collection: Any) -> None:
        """Take note that the collection is the value of its owner."""
        collection._held = True

    def free(self, collection: Any) -> None:
        """Let nobody hear of the changes of a collection any more."""
        collection._bind(None, None, False)

    def is_bound(self, collection: Any) -> bool:
        """Tell whether a collection belongs to an object."""
        return getattr(collection, "_attribute", None) is not None


class ListShape(OwnListShape):
    """How our own lists are used: in compiled code."""

    __slots__ = ()

    def items(self, collection: Any) -> list[Any]:
        """Return the members of a collection."""
        return list(collection)

    def contains(self, collection: Any, item: Any) -> bool:
        """Tell whether the object `item` itself is a member."""
        found: bool = contains_identical(collection, item)
        return found

    def put(self, collection: Any, item: Any) -> None:
        """Take a member in, without events."""
        collection._put(item)

    def take(self, collection: Any, item: Any) -> None:
        """Drop a member if it is there, without events."""
        collection._take(item)

    def fill(self, collection: Any, items: Iterable[Any]) -> None:
        """Take members in, without events."""
        collection._fill(items)

    def empty(self, collection: Any, initiator: Any) -> None:
        """Drop all members; `initiator` False: without events."""
        collection._empty(initiator)


def roles_of(class_: type[Any], kind: type | None) -> dict[str, str]:
    """Return the names of the methods by role; raises ConfigurationError when one lacks."""
    roles = {role: name for role, name in USUAL_ROLES[kind].items() if hasattr(class_, name)}
    for base in reversed(class_.__mro__):
        for name, method in vars(base).items():
            marks = marks_of(method)
            if marks is not None and marks.role is not None:
                roles[marks.role] = name
    for role in ("appender", "remover", "iterator"):
        if role not in roles:
            article = "a" if role == "remover" else "an"
            raise exc.ConfigurationError(
                f"Type {class_.__name__} must elect {article} {role} method to be a collection "
                f"class: mark it with @collection.{role}, or derive from list, set or "
                f"KeyFuncDict."
            )
    return roles


def instrument_collection(class_: type[Any]) -> None:
    """Let the mutating methods of a collection class announce what they do, once."""
    if vars(class_).get(TOLD):
        return
    kind = kind_of(class_)
    roles = roles_of(class_, kind)
    wrapped: dict[str, Any] = {}
    for name in MUTATORS.get(kind, {}) if kind is not None else ():
        method = getattr(class_, name, None)
        if method is not None and not _announces(method):
            wrapped[name] = announcing(kind, name, method)
    for name in {name for base in class_.__mro__ for name in vars(base)}:
        method = getattr(class_, name, None)
        marks = marks_of(method)
        if marks is not None and (marks.adds or marks.removes) and not _announces(method):
            wrapped[name] = announcing_by_marks(method, marks)  # type: ignore[arg-type] # marked
    for role, make in (("appender", appending), ("remover", removing)):
        method = getattr(class_, roles[role])
        if roles[role] not in wrapped and not _announces(method):
            wrapped[roles[role]] = make(method)
    for name, method in wrapped.items():
        setattr(class_, name, method)
    if not hasattr(class_, "_sa_adapter"):
        class_._sa_adapter = None
    setattr(class_, TOLD, True)


_OWN = frozenset(id(method) for method in vars(InstrumentedList).values())


def _announces(method: Any) -> bool:
    """Tell whether a method announces its changes already, or does so itself."""
    marks = marks_of(method)
    silent = marks is not None and marks.silent
    return silent or getattr(method, TOLD, False) or id(method) in _OWN


BUILT_IN: dict[type, type[Any]] = {
    list: InstrumentedList,
    set: InstrumentedSet,
    dict: InstrumentedDict,
}

for _class, _kind in ((InstrumentedSet, set), (InstrumentedDict, dict)):
    for _name in MUTATORS[_kind]:
        setattr(_class, _name, announcing(_kind, _name, getattr(_class, _name)))

LISTS = ListShape(InstrumentedList, InstrumentedList)


def shape_of(collection_class: Any) -> CollectionShape:
    """Return how collections that `collection_class` makes are used; it may be any callable.

    Raises ConfigurationError when what it makes lacks an appender, remover or iterator.
    """
    if collection_class in (None, list, InstrumentedList):
        return LISTS
    class_ = collection_class if isinstance(collection_class, type) else type(collection_class())
    make = collection_class
    if class_ in BUILT_IN:
        class_ = make = BUILT_IN[class_]
    if class_ is InstrumentedList:
        return LISTS
    instrument_collection(class_)
    kind = OwnListShape if issubclass(class_, InstrumentedList) else CollectionShape
    return kind(class_, make)

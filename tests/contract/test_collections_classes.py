"""Collection classes of the user's own: derived, duck-typed, and marked with `collection`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Engine

from .collected import children, family, hear_all, members, play, without_echo
from .heard import Recorder
from .oracle import Orm
from .runner import contract


class Words(list):  # type: ignore[type-arg] # as users write it
    def names(self) -> list[str]:
        return [child.name for child in self]


class Bag:
    """Like a list: it has append."""

    def __init__(self) -> None:
        self.inside: list[Any] = []

    def append(self, child: Any) -> None:
        self.inside.append(child)

    def remove(self, child: Any) -> None:
        self.inside.remove(child)

    def extend(self, given: Any) -> None:
        self.inside.extend(given)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.inside)


class Heap:
    """Like a set: it has add."""

    def __init__(self) -> None:
        self.inside: list[Any] = []

    def add(self, child: Any) -> None:
        self.inside.append(child)

    def remove(self, child: Any) -> None:
        self.inside.remove(child)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.inside)


@contract(in_order=True)
def test_a_subclass_of_list(orm: Orm, heard: Recorder, engine: Engine) -> object:
    class Own(Words):
        pass

    world = family(orm, Own)
    a, b, c, d = children(world, heard, "abcd")
    parent = world.Parent(name="P")
    hear_all(heard, world)
    told = play(
        heard,
        parent,
        {
            "append": lambda: parent.children.append(a),
            "extend": lambda: parent.children.extend([b, c]),
            "iadd": lambda: parent.children.__iadd__([d]),
            "insert": lambda: parent.children.insert(0, d),
            "setitem": lambda: parent.children.__setitem__(0, b),
            "pop": lambda: parent.children.pop(),
            "delitem": lambda: parent.children.__delitem__(0),
            "backref": lambda: setattr(d, "parent", parent),
            "assign": lambda: setattr(parent, "children", [c]),
            "assign its own kind": lambda: setattr(parent, "children", Own([a, c])),
            "remove": lambda: parent.children.remove(a),
            "clear": lambda: parent.children.clear(),
        },
    )
    without_echo(heard)
    plain = Own([1])
    plain.append(2)
    return [*told, type(parent.children) is Own, parent.children.names(), plain]


@contract(in_order=True)
def test_overridden_methods_run_after_the_events(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    class Loud(list):  # type: ignore[type-arg] # as users write it
        def append(self, item: Any) -> None:
            heard.note("own append", item)
            super().append(item)

        def remove(self, item: Any) -> None:
            heard.note("own remove", item)
            super().remove(item)

    world = family(orm, Loud)
    a, b, c = children(world, heard, "abc")
    parent = world.Parent(name="P")
    hear_all(heard, world)
    return play(
        heard,
        parent,
        {
            "append": lambda: parent.children.append(a),
            "backref": lambda: setattr(b, "parent", parent),
            "extend": lambda: parent.children.extend([c]),
            "remove": lambda: parent.children.remove(a),
            "leave": lambda: setattr(b, "parent", None),
        },
    )


@contract(in_order=True)
def test_a_subclass_of_our_own_list(orm: Orm, heard: Recorder, engine: Engine) -> object:
    Own: Any = type("Own", (orm.collections.InstrumentedList,), {})
    OwnSet: Any = type("OwnSet", (orm.collections.InstrumentedSet,), {})
    told: list[Any] = []
    for kind, add in ((Own, "append"), (OwnSet, "add")):
        world = family(orm, kind)
        a, b = children(world, heard, "ab")
        parent = world.Parent(name="P")
        hear_all(heard, world)
        told += play(
            heard,
            parent,
            {
                "add": lambda p=parent, add=add, a=a: getattr(p.children, add)(a),
                "backref": lambda p=parent, b=b: setattr(b, "parent", p),
                "remove": lambda p=parent, a=a: p.children.remove(a),
            },
        )
        told.append(type(parent.children) is kind)
    return [*told, issubclass(orm.collections.InstrumentedDict, dict)]


@contract(in_order=True)
def test_a_class_that_is_like_a_list(orm: Orm, heard: Recorder, engine: Engine) -> object:
    Own = type("Own", (Bag,), dict(vars(Bag)))
    world = family(orm, Own)
    a, b, c = children(world, heard, "abc")
    parent = world.Parent(name="P")
    hear_all(heard, world)
    told = play(
        heard,
        parent,
        {
            "append": lambda: parent.children.append(a),
            "extend": lambda: parent.children.extend([b]),
            "backref": lambda: setattr(c, "parent", parent),
            "assign a list": lambda: setattr(parent, "children", [a]),
            "assign its own kind": lambda: setattr(parent, "children", Own()),
            "assign a set": lambda: setattr(parent, "children", {a}),
        },
    )
    without_echo(heard)
    return told


@contract(in_order=True)
def test_a_class_that_is_like_a_set(orm: Orm, heard: Recorder, engine: Engine) -> object:
    Own = type("Own", (Heap,), dict(vars(Heap)))
    world = family(orm, Own)
    a, b = children(world, heard, "ab")
    parent = world.Parent(name="P")
    hear_all(heard, world)
    return play(
        heard,
        parent,
        {
            "add": lambda: parent.children.add(a),
            "backref": lambda: setattr(b, "parent", parent),
            "remove": lambda: parent.children.remove(a),
            "assign a set": lambda: setattr(parent, "children", {a}),
            "assign a list": lambda: setattr(parent, "children", [a]),
        },
    )


def marked(orm: Orm) -> Any:
    """Make a class like nothing else, with every mark."""
    mark: Any = orm.collections.collection

    class Box:
        __emulates__ = None

        def __init__(self) -> None:
            self.inside: list[Any] = []

        @mark.appender
        def put(self, child: Any) -> None:
            self.inside.append(child)

        @mark.remover
        def take(self, child: Any) -> None:
            self.inside.remove(child)

        @mark.iterator
        def walk(self) -> Iterator[Any]:
            return iter(self.inside)

        def __iter__(self) -> Iterator[Any]:
            return iter(self.inside)

        @mark.adds(1)
        def put_at(self, child: Any, place: int) -> None:
            self.inside.insert(place, child)

        @mark.adds("child")
        def put_named(self, name: str, child: Any = None) -> None:
            self.inside.append(child)

        @mark.removes(1)
        def drop(self, child: Any) -> None:
            self.inside.remove(child)

        @mark.removes_return()
        def take_last(self) -> Any:
            return self.inside.pop()

        @mark.replaces(2)
        def swap(self, place: int, child: Any) -> Any:
            gone, self.inside[place] = self.inside[place], child
            return gone

        @mark.internally_instrumented
        def put_quietly(self, child: Any) -> None:
            self.inside.append(child)

    return Box


@contract(in_order=True)
def test_a_class_with_marked_methods(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = family(orm, marked(orm))
    a, b, c, d = children(world, heard, "abcd")
    parent = world.Parent(name="P")
    hear_all(heard, world)
    box = parent.children
    told = play(
        heard,
        parent,
        {
            "appender": lambda: box.put(a),
            "backref": lambda: setattr(b, "parent", parent),
            "adds": lambda: box.put_at(c, 0),
            "adds by name": lambda: box.put_named("x", child=d),
            "removes": lambda: box.drop(a),
            "removes_return": lambda: box.take_last(),
            "replaces": lambda: box.swap(0, a),
            "internally": lambda: box.put_quietly(d),
            "remover": lambda: box.take(b),
            "assign a list": lambda: setattr(parent, "children", [d]),
        },
    )
    return [*told, [each.parent for each in (a, b, c, d)]]


@contract(in_order=True)
def test_a_class_says_what_it_emulates(orm: Orm, heard: Recorder, engine: Engine) -> object:
    class Like:
        __emulates__ = set

        def __init__(self) -> None:
            self.inside: set[Any] = set()

        @orm.collections.collection.appender
        def append(self, child: Any) -> None:
            self.inside.add(child)

        def remove(self, child: Any) -> None:
            self.inside.remove(child)

        def __iter__(self) -> Iterator[Any]:
            return iter(self.inside)

    world = family(orm, Like)
    a, b = children(world, heard, "ab")
    parent = world.Parent(name="P")
    hear_all(heard, world)
    parent.children.append(a)
    parent.children = {b}
    return [members(orm, parent.children), a.parent, b.parent is parent]


@contract(in_order=True)
def test_what_makes_collections_may_be_a_function(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    told = []
    for make in (list, lambda: set(), lambda: Words()):
        world = family(orm, make)
        (a,) = children(world, heard, "a")
        parent = world.Parent()
        a.parent = parent
        told.append([type(parent.children).__name__, members(orm, parent.children)])
    return told


@contract(in_order=True)
def test_classes_that_cannot_hold_objects_are_refused(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    class NoIterator:
        def append(self, child: Any) -> None: ...
        def remove(self, child: Any) -> None: ...

    class NoRemover:
        def append(self, child: Any) -> None: ...
        def __iter__(self) -> Iterator[Any]:
            return iter(())

    kinds = [dict, int, tuple, frozenset, NoIterator, NoRemover, "list"]
    return [heard.error(lambda kind=kind: family(orm, kind)) for kind in kinds]


@contract(in_order=True)
def test_the_adapter_works_on_any_collection(orm: Orm, heard: Recorder, engine: Engine) -> object:
    told: list[Any] = []
    adapter_of = orm.collections.collection_adapter
    for kind in (list, set, orm.attribute_keyed_dict("name"), marked(orm)):
        world = family(orm, kind)
        a, b, c = children(world, heard, "abc")
        parent = world.Parent(name="P")
        hear_all(heard, world)
        a.parent = parent
        adapter = adapter_of(parent.children)
        assert isinstance(adapter, orm.collections.CollectionAdapter)
        told += play(
            heard,
            parent,
            {
                "append": lambda x=adapter, b=b: x.append_with_event(b),
                "append quietly": lambda x=adapter, c=c: x.append_without_event(c),
                "remove quietly": lambda x=adapter, c=c: x.remove_without_event(c),
                "many quietly": lambda x=adapter, c=c: x.append_multiple_without_event([c]),
                "remove": lambda x=adapter, b=b: x.remove_with_event(b),
                "fire append": lambda x=adapter, b=b: x.fire_append_event(b),
                "fire again": lambda x=adapter, b=b: x.fire_append_wo_mutation_event(b),
                "fire remove": lambda x=adapter, b=b: x.fire_remove_event(b),
                "appender": lambda x=adapter, b=b: x.bulk_appender()(b, _sa_initiator=False),
                "remover": lambda x=adapter, b=b: x.bulk_remover()(b, _sa_initiator=False),
                # One member alone: a set is emptied in no order of its own.
                "one left": lambda x=adapter, c=c: x.remove_without_event(c),
                "clear": lambda x=adapter: x.clear_with_event(),
                "clear quietly": lambda x=adapter: x.clear_without_event(),
            },
        )
        told.append([adapter is adapter_of(parent.children), adapter.data is parent.children])
        told.append([adapter.owner_state is orm.inspect(parent), adapter.attr.key])
        told.append([len(adapter), bool(adapter), list(adapter), adapter.invalidated])
    return told

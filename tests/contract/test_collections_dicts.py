"""Dicts of related objects, keyed by what the objects hold."""

from __future__ import annotations

import warnings
from typing import Any

from sqlalchemy import Column, Engine, ForeignKey, Integer, String

from .collected import children, family, hear_all, members, play, without_echo
from .heard import Recorder
from .oracle import Orm
from .runner import contract


@contract(in_order=True)
def test_what_changes_a_dict_is_told_with_its_key(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = family(orm, orm.attribute_keyed_dict("name"))
    a, b, c, d, e, f = children(world, heard)
    again = world.Child(name="a")
    parent = world.Parent(name="P")
    hear_all(heard, world)
    held = parent.children
    return play(
        heard,
        parent,
        {
            "setitem": lambda: held.__setitem__("a", a),
            "under another key": lambda: held.__setitem__("zz", b),
            "replaced": lambda: held.__setitem__("a", again),
            "replaced by itself": lambda: held.__setitem__("a", again),
            "set": lambda: held.set(c),
            "remove": lambda: held.remove(c),
            "remove the absent": lambda: held.remove(c),
            "remove another of the key": lambda: held.remove(a),
            "delitem": lambda: held.__delitem__("a"),
            "delete the absent": lambda: held.__delitem__("a"),
            "pop": lambda: held.pop("zz"),
            "pop the absent": lambda: held.pop("zz"),
            "pop with default": lambda: held.pop("zz", None),
            "setdefault": lambda: held.setdefault("a", a),
            "setdefault again": lambda: held.setdefault("a", again),
            "setdefault the same": lambda: held.setdefault("a", a),
            "update": lambda: held.update({"b": b, "a": a}),
            "update with pairs": lambda: held.update([("c", c)]),
            "update by name": lambda: held.update(d=d, e=e),
            "update with both": lambda: held.update({"d": d}, f=f),
            "clear": lambda: held.clear(),
            "popitem of the empty dict": lambda: held.popitem(),
        },
    )


@contract(in_order=True)
def test_assigned_dicts(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = family(orm, orm.attribute_keyed_dict("name"))
    a, b, c = children(world, heard, "abc")
    parent = world.Parent(name="P")
    heard.attribute(world.Child.parent)
    bulk: list[Any] = []

    def keys_of(target: Any, values: Any, initiator: Any, keys: Any) -> None:
        heard.note("bulk", target, values, keys, initiator.op.name)

    def keyed(target: Any, value: Any, initiator: Any, key: Any) -> None:
        heard.note("append", value, key, initiator.op.name)

    orm.event.listen(world.Parent.children, "bulk_replace", keys_of, include_key=True)
    orm.event.listen(world.Parent.children, "append", keyed, include_key=True)
    told = play(
        heard,
        parent,
        {
            "first": lambda: setattr(parent, "children", {"a": a, "b": b}),
            "same keys": lambda: setattr(parent, "children", {"b": b, "c": c}),
            "wrong keys": lambda: setattr(parent, "children", {"x": a}),
            "list": lambda: setattr(parent, "children", [a]),
            "set": lambda: setattr(parent, "children", {a}),
            "None": lambda: setattr(parent, "children", None),
            "nothing": lambda: setattr(parent, "children", {}),
        },
    )
    return [*told, bulk, a.parent, b.parent, c.parent]


@contract(in_order=True)
def test_a_listener_may_change_the_values_of_an_assigned_dict(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = family(orm, orm.attribute_keyed_dict("name"))
    a, b, c = children(world, heard, "abc")

    def swap(target: Any, values: Any, initiator: Any) -> None:
        values[:] = [c if each is a else each for each in values]

    orm.event.listen(world.Parent.children, "bulk_replace", swap)
    parent = world.Parent(children={"a": a, "b": b})
    return [list(parent.children), members(orm, parent.children), a.parent, c.parent is parent]


@contract(in_order=True)
def test_the_other_side_changes_a_dict(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = family(orm, orm.attribute_keyed_dict("name"))
    a, b = children(world, heard, "ab")
    parent, other = world.Parent(name="P"), world.Parent(name="Q")
    heard.attribute(world.Parent.children)
    heard.attribute(world.Child.parent)
    a.parent = parent
    b.parent = parent
    a.parent = other
    b.parent = None
    return [list(each.children) for each in (parent, other)]


@contract(in_order=True)
def test_values_without_a_key_are_refused_or_left_out(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    told: list[Any] = []
    for ignoring in (False, True):
        keyed = orm.attribute_keyed_dict("name", ignore_unpopulated_attribute=ignoring)
        world = family(orm, keyed)
        parent = world.Parent(name="P")
        Child = world.Child
        acts = {
            "backref": lambda Child=Child, parent=parent: setattr(Child(), "parent", parent),
            "set": lambda Child=Child, parent=parent: parent.children.set(Child()),
            "setitem": lambda Child=Child, parent=parent: parent.children.update(x=Child()),
            "assign": lambda Child=Child, parent=parent: setattr(
                parent, "children", {"a": Child()}
            ),
        }
        for what, act in acts.items():
            told.append([ignoring, what, heard.error(act), sorted(parent.children)])
    return told


@contract(in_order=True)
def test_a_key_that_is_none_is_warned_of(orm: Orm, heard: Recorder, engine: Engine) -> object:
    told: list[Any] = []
    for ignoring in (False, True):
        keyed = orm.attribute_keyed_dict("name", ignore_unpopulated_attribute=ignoring)
        world = family(orm, keyed)
        parent, child = world.Parent(), world.Child(name=None)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            told.append(heard.error(lambda p=parent, c=child: p.children.set(c)))
        told.append([type(each.message).__name__ for each in caught])
        told.append(list(parent.children))
    return told


def shelves(orm: Orm, engine: Engine) -> Any:
    """Declare a shelf that holds its books in dicts of every kind."""
    Base: Any = orm.declarative_base()

    class Book(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "books"
        id = Column(Integer, primary_key=True)
        title = Column(String(20))
        year = Column("published", Integer)
        shelf_id: Any = Column(ForeignKey("shelves.id"))

    class Shelf(Base):  # type: ignore[misc] # as above
        __tablename__ = "shelves"
        id = Column(Integer, primary_key=True)

        @staticmethod
        def held(kind: Any) -> Any:
            return orm.relationship(Book, collection_class=kind, viewonly=True)

        by_attribute = orm.relationship(Book, collection_class=orm.attribute_keyed_dict("title"))
        by_column = held(orm.column_keyed_dict(Book.__table__.c.published))
        by_columns = held(orm.column_keyed_dict([Book.__table__.c.title, Book.year]))
        by_function = held(orm.keyfunc_mapping(lambda book: book.title.upper()))
        old_attribute = held(orm.attribute_mapped_collection("title"))
        old_column = held(orm.column_mapped_collection(Book.__table__.c.title))
        old_function = held(orm.mapped_collection(lambda book: book.year))

    Base.metadata.create_all(engine)
    Base.classes = (Book, Shelf)
    return Book, Shelf


@contract()
def test_every_kind_of_key(orm: Orm, heard: Recorder, engine: Engine) -> object:
    Book, Shelf = shelves(orm, engine)
    with orm.Session(engine) as session:
        shelf = Shelf(id=1)
        shelf.by_attribute.set(Book(title="a", year=1901))
        shelf.by_attribute["b"] = Book(title="b", year=1902)
        session.add(shelf)
        session.commit()
        told = []
        for name in ("attribute", "column", "columns", "function"):
            told.append([sorted(map(str, getattr(shelf, f"by_{name}")))])
        for name in ("attribute", "column", "function"):
            told.append([sorted(map(str, getattr(shelf, f"old_{name}")))])
        held = shelf.by_attribute
        kinds = [orm.KeyFuncDict, orm.MappedCollection, orm.collections.KeyFuncDict, dict]
        return [*told, [isinstance(held, kind) for kind in kinds], held.keyfunc(held["a"])]


@contract()
def test_dicts_are_loaded_written_and_emptied(orm: Orm, heard: Recorder, engine: Engine) -> object:
    keyed = orm.attribute_keyed_dict("name")
    world = family(orm, keyed, engine, cascade="all, delete-orphan")
    heard.classes(world.Parent, world.Child, attributes=False)
    with orm.Session(engine) as session:
        parent = world.Parent(name="P", children={"a": world.Child(name="a")})
        parent.children["b"] = world.Child(name="b")
        session.add(parent)
        session.commit()
        parent.name  # the oracle reads an expired owner before its collection
        told: list[Any] = [sorted(parent.children)]
        parent.children.set(world.Child(name="c"))
        del parent.children["a"]
        parent.children["b"] = world.Child(name="b")
        history = orm.attributes.get_history(parent, "children")
        told.append([[each.name for each in part] for part in history])
        session.commit()
        parent.name  # as above
        told.append(sorted(parent.children))
        parent.children.clear()
        session.commit()
        parent.name  # as above
        return [*told, sorted(parent.children)]


@contract()
def test_a_dict_takes_what_came_while_it_was_not_loaded(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = family(orm, orm.attribute_keyed_dict("name"), engine)
    with orm.Session(engine) as session:
        session.add(world.Parent(id=1, name="P", children={"a": world.Child(id=1, name="a")}))
        session.commit()
    with orm.Session(engine, autoflush=False) as session:
        heard.attribute(world.Parent.children)
        parent, child = session.get(world.Parent, 1), session.get(world.Child, 1)
        world.Child(name="n", parent=parent)
        child.parent = None
        told: list[Any] = ["children" in vars(parent), sorted(parent.children)]
        history = orm.attributes.get_history(parent, "children")
        return [*told, [[each.name for each in part] for part in history]]


@contract(in_order=True)
def test_subclasses_of_the_keyed_dict(orm: Orm, heard: Recorder, engine: Engine) -> object:
    internally = orm.collections.collection.internally_instrumented

    class Upper(orm.KeyFuncDict):  # type: ignore[misc,name-defined] # known at run time
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(lambda child: child.name.upper(), *args, **options)

        @internally
        def __setitem__(self, key: Any, value: Any, _sa_initiator: Any = None) -> None:
            heard.note("own setitem", key)
            super().__setitem__(key, value, _sa_initiator)

        @internally
        def __delitem__(self, key: Any, _sa_initiator: Any = None) -> None:
            heard.note("own delitem", key)
            super().__delitem__(key, _sa_initiator)

    world = family(orm, Upper)
    a, b, c = children(world, heard, "abc")
    parent = world.Parent(name="P")
    hear_all(heard, world)
    told = play(
        heard,
        parent,
        {
            "set": lambda: parent.children.set(a),
            "backref": lambda: setattr(b, "parent", parent),
            "remove": lambda: parent.children.remove(a),
            "assign": lambda: setattr(parent, "children", {"C": c}),
            "leave": lambda: setattr(c, "parent", None),
        },
    )
    without_echo(heard)
    return [*told, type(parent.children) is Upper]


@contract(in_order=True)
def test_a_plain_dict_class_needs_an_appender(orm: Orm, heard: Recorder, engine: Engine) -> object:
    return heard.error(lambda: family(orm, dict))

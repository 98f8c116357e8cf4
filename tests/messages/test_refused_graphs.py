"""Golden texts: graphs that cannot be declared, kept in memory or written."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Column, Engine, ForeignKey, Integer, String
from sqlalchemy.exc import ArgumentError, InvalidRequestError

from cormorant import (
    Session,
    attribute_keyed_dict,
    configure_mappers,
    declarative_base,
    relationship,
    with_polymorphic,
)
from cormorant.exc import ConfigurationError, FlushError, LoaderStrategyException
from cormorant.sql.errors import IntegrityError

from .conftest import SECRET, told

Body = dict[str, Any]
Kept = list[Any]


def declare(kept: Kept, parent: Body, child: Body | None = None, key: Body | None = None) -> Any:
    """Declare Parent and Child with a foreign key; `kept` holds them for the test."""
    Base: Any = declarative_base()
    own: Body = {"id": Column(Integer, primary_key=True), "name": Column(String(20))}
    far: Body = {"id": Column(Integer, primary_key=True), "name": Column(String(20))}
    far |= key or {"parent_id": Column(ForeignKey("parents.id"))}
    Parent = type("Parent", (Base,), {"__tablename__": "parents", **own, **parent})
    Child = type("Child", (Base,), {"__tablename__": "children", **far, **(child or {})})
    kept.extend([Base, Parent, Child])
    return Base, Parent, Child


def configured(kept: Kept, *bodies: Any, **more: Any) -> None:
    """Declare both classes and configure them."""
    declare(kept, *bodies, **more)
    configure_mappers()


def family(kept: Kept, above: Body, below: Body) -> Any:
    """Declare Person with mapper arguments `above`, and Pilot with the body `below`."""
    Base: Any = declarative_base()
    root: Body = {
        "__tablename__": "persons",
        "id": Column(Integer, primary_key=True),
        "name": Column(String(20)),
        "__mapper_args__": above,
    }
    Person = type("Person", (Base,), root)
    kept.extend([Base, Person])
    Pilot = type("Pilot", (Person,), below)
    kept.append(Pilot)
    configure_mappers()
    return Person, Pilot


def joined(**arguments: Any) -> Body:
    """Return the body of a subclass with a table of its own."""
    return {
        "__tablename__": "pilots",
        "id": Column(ForeignKey("persons.id"), primary_key=True),
        "__mapper_args__": arguments,
    }


class Heap:
    """A collection that nothing can be taken from."""

    def append(self, item: object) -> None:
        """Take nothing."""

    def __iter__(self) -> Any:
        return iter(())


TELLING: Body = {"polymorphic_on": "name", "polymorphic_identity": "person"}
"""Mapper arguments of a root that tells its classes."""

DECLARED: dict[str, Callable[[Kept], Any]] = {
    "an unknown option": lambda kept: relationship("Child", lasy="joined"),
    "an unknown loader": lambda kept: relationship("Child", lazy="often"),
    "a view that is kept in step": lambda kept: relationship(
        "Child", viewonly=True, sync_backref=True
    ),
    "two names for the other side": lambda kept: relationship(
        "Child", backref="parent", back_populates="parent"
    ),
    "a list of the one that is referred to": lambda kept: configured(
        kept, {}, {"parent": relationship("Parent", uselist=True)}
    ),
    "a class that is not mapped": lambda kept: configured(kept, {"children": relationship(Heap)}),
    "another side that is not there": lambda kept: configured(
        kept, {"children": relationship("Child", back_populates="father")}
    ),
    "another side that is a column": lambda kept: configured(
        kept, {"children": relationship("Child", back_populates="parent_id")}
    ),
    "another side that leads elsewhere": lambda kept: configured(
        kept,
        {"children": relationship("Child", back_populates="twin")},
        {
            "twin_id": Column(ForeignKey("children.id")),
            "twin": relationship("Child", remote_side="Child.id"),
        },
    ),
    "a backref under a name that is taken": lambda kept: configured(
        kept, {"children": relationship("Child", backref="parent_id")}
    ),
    "rows left alone and deleted": lambda kept: configured(
        kept, {"children": relationship("Child", passive_deletes="all", cascade="all")}
    ),
    "nothing to relate to": lambda kept: configured(kept, {"children": relationship()}),
    "keys on both sides": lambda kept: configured(
        kept,
        {
            "child_id": Column(ForeignKey("children.id")),
            "children": relationship(
                "Child",
                primaryjoin="and_(Parent.id == foreign(Child.parent_id), "
                "foreign(Parent.child_id) == Child.id)",
            ),
        },
    ),
    "a collection without a remover": lambda kept: configured(
        kept, {"children": relationship("Child", collection_class=Heap)}
    ),
    "a discriminator that is not there": lambda kept: family(
        kept, {"polymorphic_on": "kind"}, joined()
    ),
    "a discriminator that is no column": lambda kept: declare(
        kept,
        {"children": relationship("Child"), "__mapper_args__": {"polymorphic_on": "children"}},
    ),
    "an unknown way to load subclasses": lambda kept: family(
        kept, TELLING, joined(polymorphic_identity="pilot", polymorphic_load="late")
    ),
    "one class where a list is wanted": lambda kept: family(
        kept, {**TELLING, "with_polymorphic": "Pilot"}, joined(polymorphic_identity="pilot")
    ),
    "a condition without the table above": lambda kept: family(
        kept,
        TELLING,
        {**joined(), "__mapper_args__": {"inherit_condition": Column("x", Integer) == 1}},
    ),
    "with_polymorphic of a stranger": lambda kept: with_polymorphic(
        family(kept, TELLING, joined(polymorphic_identity="pilot"))[0], [declare(kept, {})[1]]
    ),
    "an object of an abstract class": lambda kept: family(
        kept, TELLING, {"__mapper_args__": {"polymorphic_abstract": True}}
    )[1](),
}


class Scene:
    """Parents and children in a session: one pair stored, one child to be added."""

    def __init__(self, engine: Engine, kept: Kept, **options: Any) -> None:
        body: Body = {"children": relationship("Child", back_populates="parent", **options)}
        back: Body = {"parent": relationship("Parent", back_populates="children")}
        Base, self.Parent, self.Child = declare(kept, body, back)
        Base.metadata.create_all(engine)
        self.engine = engine
        self.session = Session(engine)
        self.stored = self.Parent(name=SECRET)
        self.session.add(self.stored)
        self.session.commit()
        self.pending = self.Child(name=SECRET)
        self.session.add(self.pending)


def in_two_sessions(scene: Scene) -> None:
    with Session(scene.engine) as other:
        foreign = scene.Child(name=SECRET)
        other.add(foreign)
        scene.stored.children.append(foreign)


AT_WORK: dict[str, tuple[Body, Callable[[Scene], Any]]] = {
    "a list for a dict": (
        {"collection_class": attribute_keyed_dict("name")},
        lambda scene: setattr(scene.stored, "children", [scene.pending]),
    ),
    "a text for a list": ({}, lambda scene: setattr(scene.stored, "children", SECRET)),
    "none for a list": ({}, lambda scene: setattr(scene.stored, "children", None)),
    "a key that changed": (
        {"collection_class": attribute_keyed_dict("name")},
        lambda scene: swap_key(scene),
    ),
    "a member of another session": ({}, in_two_sessions),
    "a reference that is not there": ({}, lambda scene: delattr(scene.pending, "parent")),
}


def swap_key(scene: Scene) -> None:
    for name in "ab":
        scene.stored.children[name] = scene.Child(name=name)
    first = scene.stored.children["a"]
    first.name = "b"
    scene.stored.children.remove(first)


def links(kept: Kept, engine: Engine) -> None:
    """Take the parent away from a row whose key is that of its parent."""
    Base, Parent, Child = declare(
        kept,
        {"children": relationship("Child", back_populates="parent")},
        {"parent": relationship("Parent", back_populates="children")},
        {"parent_id": Column(ForeignKey("parents.id"), primary_key=True)},
    )
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        parent = Parent(name=SECRET, children=[Child(id=1, name=SECRET)])
        session.add(parent)
        session.flush()
        parent.children.clear()
        session.flush()


def without_key(kept: Kept, engine: Engine) -> None:
    """Add an object without the key that the database does not make."""
    Base, Parent, _Child = declare(
        kept, {"id": Column(String(5), primary_key=True)}, {"parent_id": Column(String(5))}
    )
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(Parent(name=SECRET))
        session.flush()


def twice(kept: Kept, engine: Engine) -> None:
    """Add two objects of one key in one flush."""
    Base, Parent, _Child = declare(kept, {})
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([Parent(id=1, name=SECRET), Parent(id=1, name=SECRET)])
        session.flush()


def nobody(kept: Kept, engine: Engine) -> None:
    """Add None to a list."""
    Base, Parent, _Child = declare(kept, {"children": relationship("Child")})
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(Parent(name=SECRET, children=[None]))
        session.flush()


WRITTEN: dict[str, Callable[[Kept, Engine], Any]] = {
    "a key that would be lost": links,
    "no key at all": without_key,
    "one key for two": twice,
    "none among the members": nobody,
}

TEXTS: dict[str, tuple[type[Exception], str]] = {
    "an unknown option": (
        TypeError,
        "relationship() got unexpected keyword argument(s) 'lasy'. Did you mean 'lazy'?",
    ),
    "an unknown loader": (
        LoaderStrategyException,
        "relationship(lazy='often') is not offered; the loaders are select, joined, selectin,"
        " subquery, immediate, raise, raise_on_sql, noload.",
    ),
    "a view that is kept in step": (
        ArgumentError,
        "sync_backref and viewonly cannot both be True: what is only viewed takes no part in "
        "changes. Leave one of them out of relationship().",
    ),
    "two names for the other side": (
        ConfigurationError,
        "relationship() takes back_populates or backref, not both.",
    ),
    "a list of the one that is referred to": (
        ConfigurationError,
        "Relationship Child.parent holds a list, but its foreign key is in table 'children': "
        "this side can refer to one object only. Annotate it as Mapped['Parent'], or set "
        "remote_side for the other direction.",
    ),
    "a class that is not mapped": (
        ConfigurationError,
        "Relationship Parent.children expects a mapped class, got 'Heap'; map that class or "
        "name another one.",
    ),
    "another side that is not there": (
        ConfigurationError,
        "Mapper of class 'Child' has no relationship 'father', which Parent.children names in"
        " back_populates. Declare it, or correct the name.",
    ),
    "another side that is a column": (
        ConfigurationError,
        "Parent.children names Child.parent_id in back_populates, which is no relationship. Name "
        "the relationship of Child that leads back.",
    ),
    "another side that leads elsewhere": (
        ConfigurationError,
        "Parent.children names Child.twin in back_populates, which leads to 'Child', not back to "
        "'Parent'. Name the relationship that leads back.",
    ),
    "a backref under a name that is taken": (
        ConfigurationError,
        "Error creating backref 'parent_id' on relationship Parent.children: class 'Child' has an "
        "attribute of that name. Give the backref another name, or name that attribute in "
        "back_populates if it is the way back.",
    ),
    "rows left alone and deleted": (
        ConfigurationError,
        "On Parent.children, can't set passive_deletes='all' in conjunction with 'delete' or "
        "'delete-orphan' cascade: one leaves the rows alone, the other deletes them. Take "
        "passive_deletes=True to leave what is not loaded to the database.",
    ),
    "nothing to relate to": (
        ArgumentError,
        'Python typing annotation is required for attribute "Parent.children" when primary '
        'argument(s) for "Relationship" construct are None or not present. Write Mapped[...] '
        "for it, or give the argument.",
    ),
    "keys on both sides": (
        ConfigurationError,
        "Can't determine relationship direction for relationship 'Parent.children' - foreign "
        "key columns within the join condition are present in both the parent and the child's"
        " mapped tables. Ensure that only those columns referring to a parent column are "
        "marked as foreign, either via the foreign() annotation or via the foreign_keys "
        "argument.",
    ),
    "a collection without a remover": (
        ConfigurationError,
        "Type Heap must elect a remover method to be a collection class: mark it with "
        "@collection.remover, or derive from list, set or KeyFuncDict.",
    ),
    "a discriminator that is not there": (
        ConfigurationError,
        "Can't determine polymorphic_on value 'kind' of class 'Person': no attribute is "
        "mapped to this name.",
    ),
    "a discriminator that is no column": (
        ConfigurationError,
        "polymorphic_on of class 'Parent' is 'children', which is no column attribute; give a"
        " column, an expression or the name of one.",
    ),
    "an unknown way to load subclasses": (
        ArgumentError,
        "polymorphic_load of class 'Pilot' is 'late'; it can be 'inline', 'selectin' or left out.",
    ),
    "one class where a list is wanted": (
        ArgumentError,
        "with_polymorphic of class 'Person' takes '*' or a list of subclasses, not 'str'.",
    ),
    "a condition without the table above": (
        ConfigurationError,
        "The inherit_condition of class 'Pilot' equates no column of table 'pilots' with one "
        "of the tables of 'Person'. Give an equality of a column with the primary key of the "
        "base class.",
    ),
    "with_polymorphic of a stranger": (
        InvalidRequestError,
        "Parent does not inherit from Person; name mapped subclasses of it.",
    ),
    "an object of an abstract class": (
        InvalidRequestError,
        "Can't instantiate class for Mapper[Pilot(persons)]; mapper is marked "
        "polymorphic_abstract=True. Make an object of one of its subclasses.",
    ),
    "a list for a dict": (
        TypeError,
        "Incompatible collection type: list is not dict-like. Parent.children takes a dict.",
    ),
    "a text for a list": (
        TypeError,
        "Incompatible collection type: str is not list-like. Parent.children takes a list.",
    ),
    "none for a list": (
        TypeError,
        "Incompatible collection type: None is not list-like. Parent.children takes a list.",
    ),
    "a key that changed": (
        InvalidRequestError,
        "Can not remove this 'Child' object: the KeyFuncDict holds another one under its key."
        " Possible cause: is the key function based on mutable properties, or on properties "
        "that only obtain values after flush?",
    ),
    "a member of another session": (
        InvalidRequestError,
        "Object of class 'Child' is already attached to session 'N' (this is 'N'). Expunge it"
        " there first, or use session.merge().",
    ),
    "a reference that is not there": (
        AttributeError,
        "Child.parent has no value to delete; assign None.",
    ),
    "a key that would be lost": (
        FlushError,
        "Dependency rule on relationship Child.parent tried to blank out primary key column "
        "Child.parent_id. Delete the object as well (cascade='all, delete-orphan'), or give "
        "it another parent.",
    ),
    "no key at all": (
        FlushError,
        "Instance of 'Parent' has a NULL identity key: 'id' has no value and the database "
        "makes none. Set it before the flush, or give the column a default, Identity() or a "
        "Sequence.",
    ),
    "none among the members": (
        FlushError,
        "Can't flush None value found in collection Parent.children. Take it out, or put an "
        "object of class 'Child' in its place.",
    ),
    "one key for two": (
        IntegrityError,
        "The INSERT of Parent (table 'parents') failed: a value is there already: unique "
        "constraint, column 'id'. Use another value, or load the row that is there and change"
        " it.",
    ),
}


@pytest.mark.parametrize("case", DECLARED)
def test_what_cannot_be_declared_is_refused_with_the_cure(case: str) -> None:
    kept: Kept = []
    found = told(lambda: DECLARED[case](kept))
    assert (found.kind, found.sentences) == TEXTS[case]


@pytest.mark.parametrize("case", AT_WORK)
def test_what_cannot_be_a_member_is_refused_and_nothing_is_lost(
    case: str, sqlite_file_engine: Engine
) -> None:
    options, act = AT_WORK[case]
    kept: Kept = []
    scene = Scene(sqlite_file_engine, kept, **options)
    found = told(lambda: act(scene))
    text = re.sub("session '[0-9]+'", "session 'N'", found.sentences)
    assert (found.kind, re.sub("this is '[0-9]+'", "this is 'N'", text)) == TEXTS[case]
    scene.session.commit()
    assert (scene.pending.name, scene.pending in scene.session) == (SECRET, True)


@pytest.mark.parametrize("case", WRITTEN)
def test_what_cannot_be_written_is_refused_with_the_cure(
    case: str, sqlite_file_engine: Engine
) -> None:
    kept: Kept = []
    found = told(lambda: WRITTEN[case](kept, sqlite_file_engine))
    assert (found.kind, found.sentences) == TEXTS[case]

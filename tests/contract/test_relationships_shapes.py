"""Shapes of relationships: to itself, to one, along several columns or paths, read only."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import (
    Column,
    Engine,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    String,
    and_,
    func,
)

from .databases import EVERY
from .heard import Recorder
from .oracle import Orm
from .runner import contract
from .shapes import rooms


def described(orm: Orm, *classes: Any) -> list[Any]:
    """Return what the relationships of classes say of themselves."""
    orm.configure_mappers()
    return [
        [
            str(prop),
            prop.direction.name,
            prop.uselist,
            [f"{local} {remote}" for local, remote in prop.local_remote_pairs],
            [f"{source} {foreign}" for source, foreign in prop.synchronize_pairs],
            sorted(map(str, prop.local_columns)),
            sorted(map(str, prop.remote_side)),
        ]
        for class_ in classes
        for prop in orm.inspect(class_).relationships
    ]


def nodes(orm: Orm, engine: Engine) -> Any:
    """Declare a class whose rows stand under each other, and store a small tree."""
    Base: Any = orm.declarative_base()

    class Node(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "nodes"
        id = Column(Integer, primary_key=True)
        name = Column(String(20))
        parent_id: Any = Column(ForeignKey("nodes.id"))
        children = orm.relationship(
            "Node", backref=orm.backref("parent", remote_side=[id]), order_by="Node.id"
        )

    Base.metadata.create_all(engine)
    return Node


def stored(orm: Orm, session: Any, Node: Any) -> list[Any]:
    """Return the name and the parent of each node, in the order of the keys."""
    nodes = session.scalars(orm.select(Node).order_by(Node.id))
    return [[node.name, node.parent_id] for node in nodes]


@contract(*EVERY)
def test_rows_of_one_table_are_written_parents_first(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    Node = nodes(orm, engine)
    with orm.Session(engine) as session:
        heard.classes(Node, attributes=False)
        leaf = Node(name="leaf")
        leaf.parent = Node(name="branch", parent=Node(name="root"))
        lone = Node(name="lone", children=[Node(name="under lone")])
        session.add_all([leaf, lone])
        heard.mark("insert")
        session.flush()
        heard.stop()
        told = [
            [each.name, each.parent_id]
            for each in session.scalars(orm.select(Node).order_by(Node.id))
        ]
        lone.children[0].parent = leaf
        leaf.parent = Node(name="new", parent=lone)
        session.flush()
        told += [
            [each.name, each.parent_id]
            for each in session.scalars(orm.select(Node).order_by(Node.id))
        ]
        for each in session.scalars(orm.select(Node)).all():
            session.delete(each)
        session.commit()
        return told


@contract(*EVERY)
def test_a_deleted_parent_leaves_its_children_behind(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    Node = nodes(orm, engine)
    with orm.Session(engine) as session:
        root = Node(name="root", children=[Node(name="a", children=[Node(name="aa")])])
        session.add(root)
        session.flush()
        branch = root.children[0]
        heard.classes(Node, attributes=False)
        session.delete(branch)
        session.commit()
        return [
            [each.name, each.parent_id]
            for each in session.scalars(orm.select(Node).order_by(Node.id))
        ]


def paired(orm: Orm, engine: Engine, **options: Any) -> Any:
    """Declare User with one Profile; store Ann with a profile and Bob without."""
    Base: Any = orm.declarative_base()

    class User(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "users"
        id = Column(Integer, primary_key=True)
        name = Column(String(20))
        profile = orm.relationship("Profile", uselist=False, back_populates="user", **options)

    class Profile(Base):  # type: ignore[misc] # as above
        __tablename__ = "profiles"
        id = Column(Integer, primary_key=True)
        text = Column(String(20))
        user_id: Any = Column(ForeignKey("users.id"))
        user = orm.relationship("User", back_populates="profile")

    Base.metadata.create_all(engine)
    with engine.begin() as connection:
        for name in ("Ann", "Bob"):
            connection.execute(User.__table__.insert().values(name=name))
        connection.execute(Profile.__table__.insert().values(text="of Ann", user_id=1))
    return SimpleNamespace(User=User, Profile=Profile)


@contract(*EVERY)
def test_the_one_that_is_replaced_loses_its_parent(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = paired(orm, engine)
    with orm.Session(engine) as session:
        heard.classes(world.User, world.Profile, attributes=False)
        heard.attribute(world.User.profile)
        heard.attribute(world.Profile.user)
        ann = session.get(world.User, 1)
        heard.mark("replace what is not loaded")
        ann.profile = world.Profile(text="new")
        session.flush()
        heard.mark("move to Bob")
        session.get(world.User, 2).profile = ann.profile
        session.flush()
        heard.mark("none")
        session.get(world.User, 2).profile = None
        session.commit()
        return None


@contract(*EVERY)
def test_the_one_that_is_replaced_is_deleted_as_an_orphan(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = paired(orm, engine, cascade="all, delete-orphan")
    with orm.Session(engine) as session:
        heard.classes(world.User, world.Profile, attributes=False)
        ann = session.get(world.User, 1)
        ann.profile = world.Profile(text="new")
        session.flush()
        ann.profile = None
        session.commit()
        return session.scalars(orm.select(world.Profile.text)).all()


@contract()
def test_several_rows_for_one_object_warn(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = paired(orm, engine)
    with orm.Session(engine) as session:
        session.add(world.Profile(text="second", user_id=1))
        session.commit()
        ann = session.get(world.User, 1)
        with heard.warned():
            found = ann.profile
        return found is not None


@contract(*EVERY)
def test_composite_keys_are_copied_whole(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = rooms(orm, engine)
    Room, Guest = world.Room, world.Guest
    with orm.Session(engine) as session:
        first, second = Room(house=1, number=2), Room(house=1, number=3, guests=[Guest()])
        session.add_all([first, second, Guest(room=first)])
        session.commit()
        second.house
        guest = second.guests[0]
        guest.room = first
        session.commit()
        first.house
        told = [[each.house, each.number] for each in first.guests]
        heard.mark("delete")
        session.delete(first)
        session.commit()
        return told, described(orm, Room, Guest)


@contract(*EVERY)
def test_a_folder_stands_under_another_of_its_account(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    Base: Any = orm.declarative_base()

    class Folder(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "folders"
        account = Column(Integer, primary_key=True, autoincrement=False)
        id = Column(Integer, primary_key=True, autoincrement=False)
        parent_id = Column(Integer)
        parent = orm.relationship("Folder", back_populates="children", remote_side=[account, id])
        children = orm.relationship("Folder", back_populates="parent")
        __table_args__ = (
            ForeignKeyConstraint(["account", "parent_id"], ["folders.account", "folders.id"]),
        )

    Base.metadata.create_all(engine)
    with orm.Session(engine) as session:
        root = Folder(account=1, id=1)
        child = Folder(account=1, id=2, parent=root)
        session.add_all([child, Folder(account=2, id=1)])
        session.commit()
        child.id, root.id
        return [each.id for each in root.children], child.parent is root, described(orm, Folder)


def addressed(orm: Orm, engine: Engine) -> Any:
    """Declare Customer with two paths to Address, and ways to look at the addresses."""
    Base: Any = orm.declarative_base()

    class Customer(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "customers"
        id = Column(Integer, primary_key=True)
        name = Column(String(20))
        billing_id: Any = Column(ForeignKey("addresses.id"))
        shipping_id: Any = Column(ForeignKey("addresses.id"))
        billing = orm.relationship("Address", foreign_keys=[billing_id])
        shipping = orm.relationship("Address", foreign_keys="Customer.shipping_id")
        named = orm.relationship(
            "Address",
            primaryjoin=lambda: orm.foreign(Customer.name) == orm.remote(Address.street),
            viewonly=True,
            uselist=True,
        )

    class Address(Base):  # type: ignore[misc] # as above
        __tablename__ = "addresses"
        id = Column(Integer, primary_key=True)
        street = Column(String(20))
        city = Column(String(20))
        billed = orm.relationship(
            "Customer", primaryjoin="Customer.billing_id == Address.id", viewonly=True
        )
        near = orm.relationship(
            "Address",
            primaryjoin=lambda: and_(
                Address.city == orm.foreign(orm.remote(Address.city)),
                Address.id != orm.remote(Address.id),
            ),
            viewonly=True,
            order_by=lambda: Address.id,
        )
        alike = orm.relationship(
            "Address",
            primaryjoin=lambda: orm.remote(orm.foreign(Address.street)).like(
                func.substr(Address.street, 1, 3).concat("%")
            ),
            viewonly=True,
            order_by="desc(Address.id)",
        )

    Base.metadata.create_all(engine)
    return SimpleNamespace(Customer=Customer, Address=Address)


@contract(*EVERY)
def test_several_paths_and_conditions_of_every_kind(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = addressed(orm, engine)
    with orm.Session(engine) as session:
        high = world.Address(street="High Street", city="York")
        low = world.Address(street="High Road", city="York")
        far = world.Address(street="Far Away", city="Rome")
        session.add_all([high, low, far])
        session.add(world.Customer(name="Ann", billing=high, shipping=low))
        session.add(world.Customer(name="Far Away", billing=far, shipping=far))
        session.commit()
        customers = session.scalars(orm.select(world.Customer).order_by(world.Customer.id)).all()
        return [
            [[each.billing.street, each.shipping.street] for each in customers],
            [each.name for each in high.billed],
            [each.street for each in high.near],
            [each.street for each in high.alike],
            [each.street for each in far.near],
            [[address.street for address in each.named] for each in customers],
        ]


@contract()
def test_conditions_tell_what_is_near_and_far(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = addressed(orm, engine)
    return described(orm, world.Customer, world.Address)


@contract()
def test_what_is_viewed_only_is_never_written(orm: Orm, heard: Recorder, engine: Engine) -> object:
    Base: Any = orm.declarative_base()

    class User(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "users"
        id = Column(Integer, primary_key=True)
        seen = orm.relationship("Note", viewonly=True)

    class Note(Base):  # type: ignore[misc] # as above
        __tablename__ = "notes"
        id = Column(Integer, primary_key=True)
        user_id: Any = Column(ForeignKey("users.id"))

    Base.metadata.create_all(engine)
    with orm.Session(engine) as session:
        heard.attribute(User.seen)
        user, note = User(), Note(user_id=None)
        session.add_all([user, note])
        session.flush()
        heard.classes(User, Note, attributes=False)
        user.seen.append(note)
        session.commit()
        user.id
        return note.user_id, len(user.seen), [str(each) for each in User.seen.property.cascade]


@pytest.mark.parametrize("viewonly", ["one", "many", "both"])
def test_back_references_to_what_is_viewed_only(viewonly: str) -> None:
    @contract()
    def scenario(orm: Orm, heard: Recorder, engine: Engine) -> object:
        Base: Any = orm.declarative_base()

        class User(Base):  # type: ignore[misc] # the base is made at run time
            __tablename__ = "users"
            id = Column(Integer, primary_key=True)
            notes = orm.relationship(
                "Note", back_populates="user", viewonly=viewonly in ("many", "both")
            )

        class Note(Base):  # type: ignore[misc] # as above
            __tablename__ = "notes"
            id = Column(Integer, primary_key=True)
            user_id: Any = Column(ForeignKey("users.id"))
            user = orm.relationship(
                "User", back_populates="notes", viewonly=viewonly in ("one", "both")
            )

        Base.metadata.create_all(engine)
        error = heard.error(orm.configure_mappers)
        if error != "no error":
            return error
        with orm.Session(engine) as session:
            user, note = User(), Note(user_id=None)
            session.add_all([user, note])
            session.flush()
            heard.classes(User, Note)
            user.notes.append(note)
            heard.mark("one side")
            Note().user = user
            session.commit()
            user.id
            return len(user.notes), note.user_id

    scenario.contract.check("fast")  # type: ignore[attr-defined] # `contract` puts it there

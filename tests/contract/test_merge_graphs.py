"""Merging graphs: what is copied, loaded, made and left alone, with its events in order."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Column, Engine, ForeignKey, Integer, String

from .databases import BOTH
from .heard import Recorder
from .models import blog, names, stored
from .oracle import Orm
from .runner import contract
from .shapes import plated, tree


@contract(*BOTH)
def test_new_objects_are_copied_with_what_they_refer_to(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = blog(orm, engine)
    given = world.User(name="Ann", addresses=[world.Address(email=str(n)) for n in range(2)])
    with heard.at_work(engine) as session:
        heard.classes(world.User, world.Address)
        merged = session.merge(given)
        told = [
            merged is given,
            merged in session,
            given in session,
            [each.user is merged for each in merged.addresses],
            [each in session for each in given.addresses],
        ]
        heard.mark("commit")
        session.commit()
        return told


@contract(*BOTH)
def test_stored_objects_are_loaded_and_overwritten(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = stored(orm, engine, "all")
    given = world.User(id=1, name="Eve")
    given.addresses = [world.Address(id=2, email="two"), world.Address(email="new")]
    with heard.at_work(engine) as session:
        # Not Address: the oracle announces each leaver of a replaced list twice.
        heard.classes(world.User, world.Address, attributes=False)
        for attribute in (world.Address.id, world.Address.email, world.User.name):
            heard.attribute(attribute)
        merged = session.merge(given)
        told = [merged.name, names(merged.addresses)]
        heard.mark("commit")
        session.commit()
        return told


@contract(*BOTH)
def test_what_is_missing_in_the_merged_collection_is_an_orphan(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = stored(orm, engine, "all, delete-orphan")
    with orm.Session(engine) as session:
        given = session.get(world.User, 1)
        given.addresses
        session.expunge_all()
    given.addresses.remove(given.addresses[1])
    with heard.at_work(engine, world.User, world.Address) as session:
        merged = session.merge(given)
        told = names(merged.addresses)
        session.commit()
        return told


@contract(*BOTH)
def test_unloaded_parts_are_left_alone(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = stored(orm, engine, "all, delete-orphan")
    with orm.Session(engine) as session:
        given = session.get(world.User, 1, options=None)
        session.expire(given, ["age"])
        session.expunge_all()
    given.name = "changed"
    with heard.at_work(engine) as session:
        heard.classes(world.User, world.Address)
        merged = session.merge(given)
        told = ["addresses" in orm.inspect(merged).unloaded, merged.name, merged.age]
        session.commit()
        return told


@contract(*BOTH)
def test_a_shared_node_is_merged_once(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = tree(orm, engine, cascade="all")
    Node = world.Node
    top = Node(name="top")
    given = [Node(name=str(n), parent=top) for n in range(3)]
    with heard.at_work(engine) as session:
        first = session.merge(given[0])
        told = [first.parent.name, names(first.parent.children), len(session.new)]
        second = session.merge(given[1])
        told += [second.parent is first.parent, len(session.new)]
        together = session.merge_all(given)
        told += [len(together), len({id(each.parent) for each in together}), len(session.new)]
        return told


@contract(*BOTH)
def test_a_cycle_is_merged(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = tree(orm, engine, cascade="save-update, merge")
    Node = world.Node
    with orm.Session(engine) as session:
        session.add_all([Node(id=1, name="a"), Node(id=2, name="b", parent_id=1)])
        session.commit()
    a, b = Node(id=1, name="a"), Node(id=2, name="b")
    a.children.append(b)
    b.children.append(a)
    with heard.at_work(engine) as session:
        merged = session.merge(a)
        child = merged.children[0]
        with session.no_autoflush:
            told = [child.name, child.children[0] is merged, merged.parent is child]
        session.rollback()
        return told


@contract(*BOTH)
def test_references_move_and_go(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = stored(orm, engine, "save-update, merge")
    heard.classes(world.User, world.Address)
    moved = world.Address(id=1, email="0", user=world.User(id=2, name="Bob"))
    gone = world.Address(id=2, email="1", user=None)
    known = world.Address(id=3, email="2")
    with heard.at_work(engine) as session:
        found = [session.merge(each) for each in (moved, gone, known)]
        told = [each.user and each.user.name for each in found]
        session.commit()
        return told


@contract(*BOTH)
def test_cascades_of_merge_are_obeyed(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = stored(orm, engine, "save-update")
    given = world.User(id=1, name="Ann", addresses=[world.Address(email="new")])
    with heard.at_work(engine) as session:
        merged = session.merge(given)
        told = names(merged.addresses)
        session.commit()
        return [told, len(session.scalars(orm.select(world.Address)).all())]


@contract(*BOTH)
def test_a_deleted_row_is_made_anew(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = stored(orm, engine, "all, delete-orphan")
    with orm.Session(engine) as session:
        user = session.get(world.User, 1)
        user.addresses
        session.expunge_all()
        session.delete(session.get(world.User, 1))
        session.commit()
    with heard.at_work(engine, world.User, world.Address) as session:
        merged = session.merge(user)
        told = [orm.inspect(merged).pending, [each.id for each in merged.addresses]]
        session.commit()
        return told


@contract(*BOTH)
def test_one_to_one_is_merged(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = plated(orm, engine)
    Car, Plate = world.Car, world.Plate
    heard.classes(Car, Plate)
    with heard.at_work(engine) as session:
        session.merge(Car(id=1, plate=Plate(name="1")))
        session.commit()
        heard.mark("replace")
        merged = session.merge(Car(id=1, plate=Plate(name="2")))
        told = [merged.plate.name]
        session.commit()
        heard.mark("remove")
        merged = session.merge(Car(id=1, plate=None))
        told.append(merged.plate)
        session.commit()
        return told


@contract()
def test_a_list_with_doubles_and_none_is_merged(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = stored(orm, engine, "all")
    address = world.Address(id=1, email="0")
    given = world.User(id=2, name="Bob")
    given.addresses.append(address)
    given.addresses.append(address)
    with orm.Session(engine) as session:
        merged = session.merge(given)
        told = names(merged.addresses)
        session.commit()
        return told


@contract()
def test_the_column_of_a_reference_and_the_reference_disagree(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = stored(orm, engine, "all")
    with orm.Session(engine) as session:
        merged = session.merge(world.Address(id=1, email="0", user_id=2))
        told = [merged.user_id, merged.user.id]
        session.commit()
        return [told, merged.user.id]


def two_keys(orm: Orm, engine: Engine) -> Any:
    """Declare seats with a composite key, in rows."""
    Base: Any = orm.declarative_base()

    class Row(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "seat_rows"
        id = Column(Integer, primary_key=True)
        seats = orm.relationship("Seat", cascade="all, delete-orphan", order_by="Seat.number")

    class Seat(Base):  # type: ignore[misc] # as above
        __tablename__ = "seats"
        row_id: Any = Column(ForeignKey("seat_rows.id"), primary_key=True)
        number = Column(Integer, primary_key=True)
        name = Column(String(20))

    Base.metadata.create_all(engine)
    return SimpleNamespace(Base=Base, Row=Row, Seat=Seat)


@contract(*BOTH)
def test_composite_keys_are_found(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = two_keys(orm, engine)
    Row, Seat = world.Row, world.Seat
    with orm.Session(engine) as session:
        session.add(Row(id=1, seats=[Seat(number=n, name="a") for n in range(3)]))
        session.commit()
    with heard.at_work(engine) as session:
        heard.classes(Row, Seat)
        seats = [Seat(row_id=1, number=1, name="b"), Seat(number=9, name="c")]
        merged = session.merge(Row(id=1, seats=seats))
        told = [(each.number, each.name) for each in merged.seats]
        session.commit()
        return told


@contract(*BOTH)
def test_two_sources_of_one_key_have_one_target(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = tree(orm, engine, cascade="all")
    Node = world.Node
    given = Node(name="top", children=[Node(id=5, name="a"), Node(id=5, name="b")])
    with heard.at_work(engine) as session:
        merged = session.merge(given)
        told = [each.name for each in merged.children]
        session.commit()
        return told


def duck(orm: Orm) -> Any:
    """Return a class that is like a set, but none."""

    class Duck:
        def __init__(self) -> None:
            self.members: list[Any] = []

        def add(self, item: Any) -> None:
            self.members.append(item)

        def remove(self, item: Any) -> None:
            self.members.remove(item)

        def __iter__(self) -> Any:
            return iter(self.members)

    return Duck


def emulator(orm: Orm) -> Any:
    """Return a class that says that it is like a set, with methods of its own."""
    collection = orm.module("collections").collection

    class Emulator:
        __emulates__ = set

        def __init__(self) -> None:
            self.members: list[Any] = []

        @collection.appender
        def take(self, item: Any) -> None:
            self.members.append(item)

        @collection.remover
        def drop(self, item: Any) -> None:
            self.members.remove(item)

        @collection.iterator
        def __iter__(self) -> Any:
            return iter(self.members)

    return Emulator


@pytest.mark.parametrize("make", [duck, emulator], ids=["duck", "emulator"])
def test_collections_of_the_users_own_are_merged(make: Any) -> None:
    @contract()
    def scenario(orm: Orm, heard: Recorder, engine: Engine) -> object:
        Base: Any = orm.declarative_base()
        adapter = orm.module("collections").collection_adapter

        class Owner(Base):  # type: ignore[misc] # the base is made at run time
            __tablename__ = "owners"
            id = Column(Integer, primary_key=True)
            things = orm.relationship(
                "Thing",
                collection_class=make(orm),
                cascade="all, delete-orphan",
                back_populates="owner",
            )

        class Thing(Base):  # type: ignore[misc] # as above
            __tablename__ = "things"
            id = Column(Integer, primary_key=True)
            name = Column(String(20))
            owner_id: Any = Column(ForeignKey("owners.id"))
            owner = orm.relationship("Owner", back_populates="things")

        def owner(key: int, **names: str) -> Any:
            made = Owner(id=key)
            for name, number in names.items():
                adapter(made.things).append_with_event(Thing(id=int(number), name=name))
            return made

        Base.metadata.create_all(engine)
        with orm.Session(engine) as session:
            session.add(owner(1, a="1", b="2"))
            session.commit()
            kept = session.get(Owner, 1)
            merged = session.merge(owner(1, a="1", c="3"))
            session.commit()
            told = [merged is kept, sorted(each.name for each in kept.things)]
            fresh = session.merge(owner(2, d="4"))
            session.commit()
            told.append([each.owner is fresh for each in fresh.things])
            session.expunge_all()
            with orm.Session(engine) as other:
                copied = other.merge(fresh, load=False)
                told.append([[each.name, each in other] for each in copied.things])
            return told

    scenario.contract.check("fast")  # type: ignore[attr-defined] # `contract` puts it there

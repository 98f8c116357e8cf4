"""Children that a parent owns (delete-orphan): who is an orphan, and what becomes of it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from sqlalchemy import Column, Engine, ForeignKey, Integer, String

from .databases import BOTH
from .heard import Recorder
from .models import names, stored
from .oracle import Orm
from .runner import contract
from .shapes import plated


@contract(*BOTH)
def test_orphans_of_a_replaced_collection(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = stored(orm, engine, "all, delete-orphan")
    with heard.at_work(engine) as session:
        user = session.get(world.User, 1)
        first, second, third = user.addresses
        user.addresses = [second, world.Address(email="new")]
        heard.classes(world.User, world.Address, attributes=False)
        session.flush()
        told = [orm.inspect(each).deleted for each in (first, second, third)]
        session.commit()
        user.name  # as above
        return [told, names(user.addresses)]


@contract(*BOTH)
def test_a_child_that_moves_is_no_orphan(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = stored(orm, engine, "all, delete-orphan")
    heard.classes(world.User, world.Address, attributes=False)
    with orm.Session(engine) as session:
        ann, bob = session.get(world.User, 1), session.get(world.User, 2)
        first, second, third = ann.addresses
        bob.addresses
        ann.addresses.remove(first)
        bob.addresses.append(first)
        second.user = bob
        bob.addresses.append(third)
        session.commit()
        return [ann.name, bob.name, names(ann.addresses), names(bob.addresses)]


@contract(*BOTH)
def test_pending_children_leave_with_their_parent(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = stored(orm, engine, "all, delete-orphan")
    with heard.at_work(engine) as session:
        user = session.get(world.User, 1)
        by_list, by_reference = world.Address(email="a"), world.Address(email="b")
        replaced, moved = world.Address(email="c"), world.Address(email="d")
        user.addresses.extend([by_list, by_reference, replaced, moved])
        heard.mark("leave")
        user.addresses.remove(by_list)
        by_reference.user = None
        moved.user = session.get(world.User, 2)
        told = [each in session for each in (by_list, by_reference, replaced, moved)]
        heard.mark("replace")
        user.addresses = []
        told += [each in session for each in (by_list, by_reference, replaced, moved)]
        session.commit()
        return told


@contract(*BOTH)
def test_a_pending_child_outside_of_its_session_is_an_orphan_as_well(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = stored(orm, engine, "all, delete-orphan")
    user, address = world.User(name="Cid"), world.Address(email="x")
    user.addresses.append(address)
    user.addresses.remove(address)
    with heard.at_work(engine) as session:
        session.add(address)
        heard.mark("flush")
        session.commit()
        return [address in session, orm.inspect(address).transient]


@contract(*BOTH)
def test_an_object_that_never_had_a_parent_is_written(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = stored(orm, engine, "all, delete-orphan")
    with heard.at_work(engine) as session:
        address = world.Address(email="x")
        session.add(address)
        session.commit()
        address.email  # as above
        address.user = session.get(world.User, 1)
        session.commit()
        address.email, address.user.name  # as above
        address.user = None
        session.commit()
        return orm.inspect(address).detached


@contract(*BOTH)
def test_one_to_one_replaces_and_deletes(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = plated(orm, engine)
    Car, Plate = world.Car, world.Plate
    with heard.at_work(engine) as session:
        car = Car(name="a", plate=Plate(name="1"))
        session.add(car)
        session.commit()
        heard.classes(Car, Plate)
        car.name  # as above
        first = car.plate
        car.plate = Plate(name="2")
        session.commit()
        told = [orm.inspect(first).detached, car.name, car.plate.name]
        pending = Plate(name="3")
        car.plate = pending
        car.plate = None
        told.append(pending in session)
        session.commit()
        car.name, car.plate
        car.plate = Plate(name="4")
        session.commit()
        car.name, car.plate.name
        session.delete(car)
        session.commit()
        return told


def owned_by_reference(orm: Orm, engine: Engine, cascade: str, **options: Any) -> Any:
    """Declare people and their homes: the reference from the person owns the home."""
    Base: Any = orm.declarative_base()

    class Home(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "homes"
        id = Column(Integer, primary_key=True)
        name = Column(String(20))

    class Person(Base):  # type: ignore[misc] # as above
        __tablename__ = "persons"
        id = Column(Integer, primary_key=True)
        name = Column(String(20))
        home_id: Any = Column(ForeignKey("homes.id"))
        home = orm.relationship(Home, cascade=cascade, **options)

    Base.metadata.create_all(engine)
    return SimpleNamespace(Base=Base, Home=Home, Person=Person)


@contract(*BOTH)
def test_a_reference_deletes_what_it_refers_to(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = owned_by_reference(orm, engine, "all")
    with heard.at_work(engine, world.Person, world.Home) as session:
        one = world.Person(name="1", home=world.Home(name="a"))
        two = world.Person(name="2", home=world.Home(name="b"))
        session.add_all([one, two])
        session.commit()
        told = [one.name, two.name, one.home.name, two.home.name]
        session.delete(one)
        kept = two.home
        two.home = None
        session.delete(two)
        told.append(sorted(type(each).__name__ for each in session.deleted))
        session.commit()
        return [told, kept.name]


@contract(*BOTH)
def test_a_single_parent_owns_what_it_refers_to(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = owned_by_reference(orm, engine, "all, delete-orphan", single_parent=True)
    Person, Home = world.Person, world.Home
    with heard.at_work(engine, world.Person, world.Home) as session:
        one = Person(name="1", home=Home(name="a"))
        two = Person(name="2", home=Home(name="b"))
        three = Person(name="3", home=Home(name="c"))
        session.add_all([one, two, three])
        session.commit()
        held = [(each.name, each.home.name) for each in (one, two, three)]
        shared = Home(name="shared")
        four = Person(name="4", home=shared)
        told = [
            heard.error(lambda: Person(home=shared)),
            heard.error(lambda: setattr(one, "home", shared)),
            one.home.name,
            four.home.name,
        ]
        heard.mark("change")
        before, two.home = two.home, None
        one.home = before
        three.home = Home(name="d")
        session.commit()
        held += [(each.name, each.home and each.home.name) for each in (one, two, three)]
        heard.mark("pending")
        first, second = Home(name="x"), Home(name="y")
        two.home = first
        two.home = second
        told += [first in session, second in session]
        two.home = None
        told += [second in session]
        heard.mark("delete")
        session.delete(three)
        session.commit()
        return [told, held]


@contract()
def test_an_owning_reference_wants_a_single_parent(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    def declare(**options: Any) -> None:
        world = owned_by_reference(orm, engine, "all, delete-orphan", **options)
        world.Base.registry.configure()

    return [heard.error(declare), heard.error(lambda: declare(single_parent=True))]


def shared_by_two(orm: Orm, engine: Engine) -> Any:
    """Declare parts that a car and a shop own, each with its orphans; no other side."""
    Base: Any = orm.declarative_base()

    class Car(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "cars"
        id = Column(Integer, primary_key=True)
        parts = orm.relationship("Part", cascade="all, delete-orphan")

    class Shop(Base):  # type: ignore[misc] # as above
        __tablename__ = "shops"
        id = Column(Integer, primary_key=True)
        parts = orm.relationship("Part", cascade="all, delete-orphan")

    class Part(Base):  # type: ignore[misc] # as above
        __tablename__ = "parts"
        id = Column(Integer, primary_key=True)
        name = Column(String(20))
        car_id: Any = Column(ForeignKey("cars.id"))
        shop_id: Any = Column(ForeignKey("shops.id"))

    Base.metadata.create_all(engine)
    return SimpleNamespace(Base=Base, Car=Car, Shop=Shop, Part=Part)


@contract(*BOTH)
def test_one_of_two_owners_is_not_enough(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = shared_by_two(orm, engine)
    with heard.at_work(engine, world.Part) as session:
        car, shop = world.Car(), world.Shop()
        session.add_all([car, shop])
        both, one = world.Part(name="both"), world.Part(name="one")
        car.parts.append(both)
        shop.parts.append(both)
        car.parts.append(one)
        session.flush()
        told = [both in session, one in session]
        heard.mark("leave")
        car.parts.remove(both)
        session.flush()
        told += [both in session, one in session]
        heard.mark("pending")
        third = world.Part(name="third")
        car.parts.append(third)
        shop.parts.append(third)
        shop.parts.remove(third)
        told.append(third in session)
        session.commit()
        return told


@contract(*BOTH)
def test_orphans_without_another_side(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = shared_by_two(orm, engine)
    Part = world.Part
    with heard.at_work(engine, Part) as session:
        one, two = world.Car(id=1), world.Car(id=2)
        one.parts = [Part(name=str(n)) for n in range(4)]
        session.add_all([one, two])
        session.commit()
        one.id, two.id, two.parts
        first, second = one.parts[:2]
        one.parts.remove(first)
        one.parts.remove(second)
        two.parts.append(second)
        one.parts[0] = Part(name="new")
        session.commit()
        one.id, two.id
        told = [names(one.parts), names(two.parts)]
        one.parts, two.parts = [], one.parts
        session.commit()
        one.id, two.id
        return [told, names(one.parts), names(two.parts)]


@contract(*BOTH)
def test_a_pending_child_moves_between_owners(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = shared_by_two(orm, engine)
    with heard.at_work(engine) as session:
        one, two = world.Car(id=1), world.Car(id=2)
        session.add_all([one, two])
        part = world.Part(name="x")
        one.parts.append(part)
        two.parts.append(part)
        one.parts.remove(part)
        told = [part in session]
        session.commit()
        return [told, part.car_id]


@contract(*BOTH)
def test_a_child_comes_back_to_its_parent(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = shared_by_two(orm, engine)
    with heard.at_work(engine) as session:
        car = world.Car(id=1, parts=[world.Part(name="a"), world.Part(name="b")])
        session.add(car)
        session.commit()
        car.id
        part = car.parts[0]
        car.parts.remove(part)
        car.parts.append(part)
        fresh = world.Part(name="c")
        car.parts.append(fresh)
        car.parts.remove(fresh)
        car.parts.append(fresh)
        session.commit()
        car.id
        return names(car.parts)


@contract(*BOTH)
def test_expunging_a_parent_keeps_its_orphans_known(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = stored(orm, engine, "all, delete-orphan")
    with heard.at_work(engine) as session:
        user = session.get(world.User, 1)
        gone = user.addresses.pop(0)
        session.expunge(user)
        told = [gone in session, user in session]
        session.commit()
        return told


@contract(*BOTH)
def test_orphans_of_an_unloaded_collection(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = stored(orm, engine, "all, delete-orphan")
    heard.classes(world.User, world.Address, attributes=False)
    with orm.Session(engine) as session:
        ann = session.get(world.User, 1)
        address = session.get(world.Address, 2)
        address.user
        address.user = None
        fresh = world.Address(email="fresh", user=ann)
        session.flush()
        told = [orm.inspect(address).deleted, fresh in session]
        session.rollback()
        return told


@contract(*BOTH)
def test_adding_brings_in_an_earlier_reference(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = owned_by_reference(orm, engine, "save-update")
    with orm.Session(engine) as session:
        person = world.Person(name="1", home=world.Home(name="a"))
        session.add(person)
        session.commit()
        before = person.home
        person.name, before.name
        session.expunge_all()
    person.home = world.Home(name="b")
    with heard.at_work(engine) as session:
        session.add(person)
        return [before in session, person.home in session]


@contract(*BOTH)
def test_who_left_no_known_parent_is_no_orphan(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = stored(orm, engine, "all, delete-orphan")
    heard.classes(world.Address)
    told = []
    for number in (1, 2):
        with orm.Session(engine) as session:
            heard.session(session)
            alone = world.Address(email=f"alone {number}")
            session.add(alone)
            session.commit()
            child = session.get(world.Address, number)
            assert alone.id
            if number == 2:
                assert alone.user is None
            alone.user = child.user = None
            session.commit()
            told.append([orm.inspect(each).was_deleted for each in (alone, child)])
    return told

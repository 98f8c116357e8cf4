"""Cascades of relationships to many and to one: what follows an object, and what is told of it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from sqlalchemy import Column, Engine, ForeignKey, Integer, String

from .heard import Recorder
from .models import blog
from .oracle import Orm
from .runner import contract

BOTH = ("sqlite", "postgresql")


def stored(orm: Orm, engine: Engine, cascade: str, children: int = 3) -> Any:
    """Declare users with addresses and store Ann with some addresses, and Bob with none."""
    world = blog(orm, engine, cascade)
    with orm.Session(engine) as session:
        ann = world.User(name="Ann")
        ann.addresses = [world.Address(email=str(n)) for n in range(children)]
        session.add(ann)
        session.flush()
        session.add(world.User(name="Bob"))
        session.commit()
    return world


def tree(orm: Orm, engine: Engine, **options: Any) -> Any:
    """Declare nodes with children; `options` are those of `Node.children`."""
    Base: Any = orm.declarative_base()

    class Node(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "nodes"
        id = Column(Integer, primary_key=True)
        name = Column(String(20))
        parent_id: Any = Column(ForeignKey("nodes.id"))
        children = orm.relationship("Node", back_populates="parent", order_by=id, **options)
        parent = orm.relationship("Node", back_populates="children", remote_side=id)

    Base.metadata.create_all(engine)
    return SimpleNamespace(Base=Base, Node=Node)


def names(objects: Any) -> list[str]:
    """Return the names of objects, sorted."""
    return sorted(getattr(each, "name", None) or each.email for each in objects)


@contract(*BOTH)
def test_without_save_update_a_child_stays_outside(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = blog(orm, engine, cascade="merge")
    with orm.Session(engine) as session:
        heard.session(session)
        user, address = world.User(name="Ann"), world.Address(email="1")
        session.add(user)
        user.addresses.append(address)
        told = [address in session, user in session]
        session.add(address)
        session.commit()
        return [*told, address.user.name]


@contract(*BOTH)
def test_adding_brings_in_what_was_removed_meanwhile(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = stored(orm, engine, "all, delete-orphan")
    with orm.Session(engine) as session:
        user = session.get(world.User, 1)
        first, second, third = user.addresses
        session.expunge_all()
    user.addresses.remove(first)
    with orm.Session(engine) as session:
        heard.session(session)
        session.add(user)
        told = [each in session for each in (first, second, third)]
        heard.mark("commit")
        session.commit()
        return told


@contract(*BOTH)
def test_expunge_takes_along_what_its_cascade_reaches(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = stored(orm, engine, "all")
    with orm.Session(engine) as session:
        heard.session(session)
        user = session.get(world.User, 1)
        members = list(user.addresses)
        fresh = world.Address(email="new")
        user.addresses.append(fresh)
        told = [fresh in session]
        session.expunge(user)
        told += [each in session for each in (user, fresh, *members)]
        session.commit()
        return told


@contract(*BOTH)
def test_expunge_without_its_cascade_leaves_the_children(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = stored(orm, engine, "save-update, merge")
    with orm.Session(engine) as session:
        heard.session(session)
        user = session.get(world.User, 1)
        members = list(user.addresses)
        session.expunge(user)
        return [each in session for each in (user, *members)]


@contract(*BOTH)
def test_expunge_does_not_reach_what_is_not_loaded(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = stored(orm, engine, "all")
    with orm.Session(engine) as session:
        user = session.get(world.User, 1)
        address = session.get(world.Address, 1)
        heard.session(session)
        session.expunge(user)
        return [user in session, address in session]


@contract(*BOTH)
def test_expire_and_refresh_reach_the_children(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = stored(orm, engine, "all")
    with orm.Session(engine) as session:
        user = session.get(world.User, 1)
        first, second, third = user.addresses
        heard.classes(world.User, world.Address, attributes=False)
        first.email = "changed"
        session.expire(user)
        told = [orm.inspect(each).expired for each in (user, first, second, third)]
        first.email, second.email
        told.append(first.email)
        heard.mark("some attributes")
        user.name, user.addresses
        session.expire(user, ["age"])
        session.refresh(user, ["name"])
        told += [orm.inspect(each).expired for each in (user, first, second, third)]
        heard.mark("refresh")
        third.email, user.name
        user.addresses
        session.refresh(user)
        told += [orm.inspect(each).expired for each in (user, first, second, third)]
        return told


@contract(*BOTH)
def test_delete_loads_the_children_it_takes_along(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = stored(orm, engine, "all, delete-orphan")
    heard.classes(world.User, world.Address, attributes=False)
    with orm.Session(engine) as session:
        heard.session(session)
        user = session.get(world.User, 1)
        session.delete(user)
        told = len(session.deleted)
        session.flush()
        heard.mark("rollback")
        session.rollback()
        user.name  # the oracle reads an expired owner before its collection
        return [told, user in session, len(user.addresses)]


@contract()  # the new child refers to a row that is gone: where keys are checked, an error
def test_delete_takes_removed_and_added_children_too(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = stored(orm, engine, "all, delete-orphan")
    heard.classes(world.User, world.Address, attributes=False)
    with orm.Session(engine) as session:
        user = session.get(world.User, 1)
        gone = user.addresses.pop(1)
        fresh = world.Address(email="new")
        user.addresses.append(fresh)
        session.delete(user)
        told = [gone in session.deleted, fresh in session.deleted, fresh in session.new]
        session.commit()
        return told


@contract(*BOTH)
def test_orphans_of_a_replaced_collection(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = stored(orm, engine, "all, delete-orphan")
    with orm.Session(engine) as session:
        heard.session(session)
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
def test_a_child_that_moves_away_from_a_deleted_parent_stays(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = stored(orm, engine, "all, delete-orphan")
    heard.classes(world.User, world.Address, attributes=False)
    with orm.Session(engine) as session:
        ann, bob = session.get(world.User, 1), session.get(world.User, 2)
        first = ann.addresses[0]
        first.user = bob
        session.delete(ann)
        session.commit()
        return [bob.name, names(bob.addresses)]


@contract(*BOTH)
def test_a_child_that_was_marked_deleted_comes_back_with_add(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = stored(orm, engine, "all")
    with orm.Session(engine) as session:
        user = session.get(world.User, 1)
        first = user.addresses[0]
        session.delete(user)
        session.add(user)
        told = [first in session.deleted, user in session.deleted]
        session.commit()
        return told


@contract(*BOTH)
def test_pending_children_leave_with_their_parent(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = stored(orm, engine, "all, delete-orphan")
    with orm.Session(engine) as session:
        heard.session(session)
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
    with orm.Session(engine) as session:
        heard.session(session)
        session.add(address)
        heard.mark("flush")
        session.commit()
        return [address in session, orm.inspect(address).transient]


@contract(*BOTH)
def test_an_object_that_never_had_a_parent_is_written(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = stored(orm, engine, "all, delete-orphan")
    with orm.Session(engine) as session:
        heard.session(session)
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
def test_a_tree_is_deleted_from_its_leaves(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = tree(orm, engine, cascade="all, delete-orphan")
    Node = world.Node
    with orm.Session(engine) as session:
        root = Node(name="1")
        for n in range(2):
            child = Node(name=f"1.{n}", parent=root)
            child.children.append(Node(name=f"1.{n}.0"))
        session.add(root)
        session.commit()
        held: list[Any] = [[child.name, *child.children] for child in root.children]
        # Without this, the oracle alone would have read the root: to load its children.
        held.append(root.name)
        heard.classes(Node, attributes=False)
        heard.session(session)
        middle = root.children[0]
        root.children.remove(middle)
        heard.mark("flush")
        session.flush()
        told = [orm.inspect(middle).deleted, len(root.children)]
        heard.mark("delete the rest")
        session.delete(root)
        session.commit()
        return [told, len(held)]


@contract(*BOTH)
def test_one_to_one_replaces_and_deletes(orm: Orm, heard: Recorder, engine: Engine) -> object:
    Base: Any = orm.declarative_base()

    class Car(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "cars"
        id = Column(Integer, primary_key=True)
        name = Column(String(20))
        plate = orm.relationship(
            "Plate", uselist=False, back_populates="car", cascade="all, delete-orphan"
        )

    class Plate(Base):  # type: ignore[misc] # as above
        __tablename__ = "plates"
        id = Column(Integer, primary_key=True)
        name = Column(String(20))
        car_id: Any = Column(ForeignKey("cars.id"))
        car = orm.relationship(Car, back_populates="plate")

    Base.metadata.create_all(engine)
    with orm.Session(engine) as session:
        heard.session(session)
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


@contract(*BOTH)
def test_passive_deletes_leave_unloaded_children_to_the_database(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    if engine.dialect.name == "sqlite":
        enforce_foreign_keys(engine)
    Base: Any = orm.declarative_base()

    class Box(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "boxes"
        id = Column(Integer, primary_key=True)
        items = orm.relationship("Item", cascade="all, delete", passive_deletes=True)

    class Item(Base):  # type: ignore[misc] # as above
        __tablename__ = "items"
        id = Column(Integer, primary_key=True)
        box_id: Any = Column(ForeignKey("boxes.id", ondelete="CASCADE"))

    Base.metadata.create_all(engine)
    with orm.Session(engine) as session:
        session.add_all([Box(id=n, items=[Item(), Item()]) for n in (1, 2)])
        session.commit()
        heard.classes(Box, Item, attributes=False)
        heard.mark("unloaded")
        session.delete(session.get(Box, 1))
        told = [len(session.deleted)]
        session.commit()
        heard.mark("loaded")
        box = session.get(Box, 2)
        box.items
        session.delete(box)
        told.append(len(session.deleted))
        session.commit()
        return told


@contract(*BOTH)
def test_passive_deletes_all_touches_no_child(orm: Orm, heard: Recorder, engine: Engine) -> object:
    if engine.dialect.name == "sqlite":
        enforce_foreign_keys(engine)
    Base: Any = orm.declarative_base()

    class Box(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "boxes"
        id = Column(Integer, primary_key=True)
        items = orm.relationship("Item", passive_deletes="all")

    class Item(Base):  # type: ignore[misc] # as above
        __tablename__ = "items"
        id = Column(Integer, primary_key=True)
        box_id: Any = Column(ForeignKey("boxes.id", ondelete="CASCADE"))

    Base.metadata.create_all(engine)
    with orm.Session(engine) as session:
        box = Box(id=1, items=[Item(), Item()])
        session.add(box)
        session.commit()
        heard.classes(Box, Item, attributes=False)
        box.id, box.items
        session.delete(box)
        session.commit()
        return session.scalars(orm.select(Item)).all()


def enforce_foreign_keys(engine: Engine) -> None:
    """Have SQLite act on foreign keys."""
    from sqlalchemy import event

    event.listen(engine, "connect", lambda raw, _record: raw.execute("PRAGMA foreign_keys=ON"))


@contract()
def test_what_is_wrong_with_a_cascade_is_refused(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = stored(orm, engine, "all, delete-orphan")
    told = [
        heard.error(lambda: orm.relationship("X", cascade="everything")),
        sorted(orm.relationship("X", cascade="all, delete-orphan").cascade),
        sorted(orm.relationship("X", cascade="none").cascade),
        sorted(orm.relationship("X", viewonly=True).cascade),
        heard.error(lambda: orm.relationship("X", viewonly=True, cascade="all")),
        heard.error(lambda: orm.relationship("X", viewonly=True, cascade="merge")),
    ]
    return [*told, repr(sorted(world.User.addresses.property.cascade))]


@contract()
def test_an_object_of_two_sessions_is_refused(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = stored(orm, engine, "all")
    here, there = orm.Session(engine), orm.Session(engine)
    user = here.get(world.User, 1)
    address = user.addresses[0]
    fresh = world.Address(email="x")
    here.add(fresh)
    other = world.User(name="Cid")
    other.addresses.append(fresh)
    twin = there.get(world.User, 1)
    told = [
        heard.error(lambda: there.add(user)),
        heard.error(lambda: there.add(address)),
        heard.error(lambda: there.add(fresh)),
        heard.error(lambda: there.add(other)),
        other in there,
        heard.error(lambda: there.delete(user)),
        heard.error(lambda: there.expunge(user)),
        heard.error(lambda: there.refresh(user)),
        heard.error(lambda: there.expire(user)),
        heard.error(lambda: there.merge(user)),
        heard.error(lambda: here.delete(world.User(name="x"))),
        heard.error(lambda: here.expunge(world.User(name="x"))),
        heard.error(lambda: twin.addresses.append(address)),
    ]
    here.close()
    there.close()
    return told


@contract(*BOTH)
def test_delete_without_orphans_leaves_what_was_removed_before(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = stored(orm, engine, "all")
    heard.classes(world.User, world.Address, attributes=False)
    with orm.Session(engine) as session:
        user = session.get(world.User, 1)
        gone = user.addresses.pop(1)
        session.delete(user)
        told = [gone in session.deleted]
        session.commit()
        return [*told, gone in session]


@contract()  # as above
def test_what_joins_a_doomed_parent_stays(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = stored(orm, engine, "all")
    with orm.Session(engine) as session:
        stranger = world.Address(email="stranger")
        session.add(stranger)
        session.commit()
    heard.classes(world.User, world.Address, attributes=False)
    with orm.Session(engine) as session:
        user, stranger = session.get(world.User, 1), session.get(world.Address, 4)
        session.delete(user)
        user.addresses.append(stranger)
        told = [stranger in session.deleted]
        session.commit()
        return told


@contract(*BOTH)
def test_what_leaves_a_doomed_parent_is_deleted_all_the_same(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = stored(orm, engine, "all")
    with orm.Session(engine) as session:
        ann, bob = session.get(world.User, 1), session.get(world.User, 2)
        bob.addresses
        first = ann.addresses[0]
        session.delete(ann)
        first.user = bob
        told = [first in session.deleted]
        session.commit()
        return [*told, bob.name, names(bob.addresses)]


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
    with orm.Session(engine) as session:
        heard.session(session)
        heard.classes(world.Person, world.Home, attributes=False)
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
    with orm.Session(engine) as session:
        heard.session(session)
        heard.classes(world.Person, world.Home, attributes=False)
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
    with orm.Session(engine) as session:
        heard.session(session)
        session.add(person)
        return [before in session, person.home in session]


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
    with orm.Session(engine) as session:
        heard.session(session)
        heard.classes(world.Part, attributes=False)
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
    with orm.Session(engine) as session:
        heard.session(session)
        heard.classes(Part, attributes=False)
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
    with orm.Session(engine) as session:
        heard.session(session)
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
    with orm.Session(engine) as session:
        heard.session(session)
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
    with orm.Session(engine) as session:
        heard.session(session)
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
def test_the_cascade_iterator_of_a_mapper(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = stored(orm, engine, "all, delete-orphan")
    with orm.Session(engine) as session:
        user = session.get(world.User, 1)
        gone = user.addresses.pop(0)
        user.addresses.append(world.Address(email="new"))
        told = [orm.inspect(gone).mapper.class_]
        for kind in (*orm.relationship("X", cascade="all, delete-orphan").cascade,):
            found = orm.inspect(world.User).cascade_iterator(kind, orm.inspect(user))
            told.append([kind, names(obj for obj, *_rest in found)])
        return sorted(map(str, told))

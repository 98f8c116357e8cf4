"""Pickles and copies: what travels, what is told of it, and what comes back into a session."""

from __future__ import annotations

import copy
import pickle
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Column, Engine, ForeignKey, Integer, String, Table

from . import catalog
from .databases import BOTH
from .heard import Recorder
from .models import names, stored
from .oracle import Orm
from .runner import contract
from .shapes import tree

TOLD = {name: catalog.INSTANCE[name] for name in ("pickle", "unpickle", "load")}


def findable(*classes: Any) -> None:
    """Let pickle find classes of a scenario in this module."""
    for cls in classes:
        cls.__module__, cls.__qualname__ = __name__, cls.__name__
        globals()[cls.__name__] = cls


def travelled(given: Any, protocol: int = pickle.HIGHEST_PROTOCOL) -> Any:
    """Return what comes out of a pickle."""
    return pickle.loads(pickle.dumps(given, protocol))


def stored_graph(orm: Orm, heard: Recorder, engine: Engine, *told: str) -> Any:
    """Store users and addresses, and hear what is told of their pickles."""
    world = stored(orm, engine, "all, delete-orphan")
    findable(world.User, world.Address)
    for cls in (world.User, world.Address):
        heard.listen(cls, {name: TOLD[name] for name in told or TOLD})
    return world


def looks(orm: Orm, obj: Any) -> list[Any]:
    """Return what inspection tells of an object outside any session."""
    state = orm.inspect(obj)
    told = [state.identity, state.transient, state.detached, sorted(state.unloaded)]
    if state.has_identity:
        told += [state.modified, sorted(state.committed_state)]
    return told


@contract(*BOTH)
def test_a_loaded_graph_travels_with_its_unloaded_parts(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = stored_graph(orm, heard, engine)
    with orm.Session(engine) as session:
        user = session.get(world.User, 1)
        user.addresses[0].user
        session.expire(user.addresses[1], ["email"])
        user.addresses[2].user
        session.expire(user.addresses[2])
        heard.mark("pickle")
        twin = travelled(user)
        told = [looks(orm, each) for each in (twin, *twin.addresses)]
        told.append([twin is user, twin.addresses[0].user is twin, twin in session])
        told.append(heard.error(lambda: twin.addresses[1].email))
    return told


@contract(*BOTH)
def test_every_protocol_brings_the_same(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = stored_graph(orm, heard, engine)
    with orm.Session(engine) as session:
        user = session.get(world.User, 1)
        user.addresses[0].user
        twins = [travelled(user, protocol) for protocol in range(pickle.HIGHEST_PROTOCOL + 1)]
        return [[looks(orm, each), names(each.addresses)] for each in twins]


@contract(*BOTH)
def test_changes_travel_and_are_written_after_add(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = stored_graph(orm, heard, engine, "pickle")
    with orm.Session(engine) as session:
        user = session.get(world.User, 1)
        user.addresses[0].email = "changed"
        user.name = "Eve"
        user.addresses.pop()
        user.addresses.append(world.Address(email="new"))
        with session.no_autoflush:
            twin = travelled(user)
        session.rollback()
    told = [looks(orm, each) for each in (twin, *twin.addresses)]
    with heard.at_work(engine) as session:
        session.add(twin)
        told.append([len(session.dirty), len(session.new), len(list(session))])
        session.commit()
        twin.name
        return [told, names(twin.addresses)]


@contract(*BOTH)
def test_new_objects_travel(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = stored_graph(orm, heard, engine)
    user = world.User(name="Cid", addresses=[world.Address(email="c")])
    twin = travelled(user)
    with heard.at_work(engine) as session:
        session.add(twin)
        told = [looks(orm, twin), twin.addresses[0] in session, twin.addresses[0].user is twin]
        session.commit()
        return told


@contract(*BOTH)
def test_a_graph_comes_back_by_merge(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = stored_graph(orm, heard, engine)
    with orm.Session(engine) as session:
        user = session.get(world.User, 1)
        names(user.addresses)
        pickled = pickle.dumps(user)
    with heard.at_work(engine) as session:
        first = session.merge(pickle.loads(pickled), load=False)
        told = [first in session, first in session.dirty, names(first.addresses)]
        changed = pickle.loads(pickled)
        changed.addresses[0].email = "changed"
        del changed.addresses[1]
        second = session.merge(changed)
        told += [second is first, names(second.addresses)]
        session.commit()
        return told


@contract(*BOTH)
def test_objects_of_one_pickle_keep_their_ties(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = tree(orm, engine, cascade="all")
    Node = world.Node
    findable(Node)
    heard.listen(Node, TOLD)
    with orm.Session(engine) as session:
        session.add(Node(id=1, name="1", children=[Node(id=2, name="2"), Node(id=3, name="3")]))
        session.commit()
    with orm.Session(engine) as session:
        one, two, three = (session.get(Node, n) for n in (1, 2, 3))
        three.parent
        children = one.children
        one.note = two  # no attribute of the mapper
        given = {"three": three, "again": [three, one], "two": two, "children": children}
        found = travelled(given)
        root = found["again"][1]
        told = [
            found["three"] is found["again"][0],
            found["three"].parent is root,
            root.note is found["two"],
            [each is root.children[n] for n, each in enumerate(found["children"])],
            found["children"] is root.children,
        ]
        root.children.append(Node(name="4"))
        return [told, root.children[2].parent is root]


@contract()
def test_the_own_ways_of_a_class_are_kept(orm: Orm, heard: Recorder, engine: Engine) -> object:
    Base: Any = orm.declarative_base()

    class Packs(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "packs"
        id = Column(Integer, primary_key=True)
        name = Column(String(20))
        owner_id: Any = Column(ForeignKey("packs.id"))
        owner = orm.relationship("Packs", remote_side=id)

        def __getstate__(self) -> dict[str, Any]:
            return {**self.__dict__, "packed": True}

        def __setstate__(self, state: dict[str, Any]) -> None:
            self.__dict__.update(state)
            self.unpacked = self.name

    class Reduces(Base):  # type: ignore[misc] # as above
        __tablename__ = "reduces"
        id = Column(Integer, primary_key=True)
        name = Column(String(20))

        def __reduce__(self) -> Any:
            return Reduces, (), {"name": self.name}

    findable(Packs, Reduces)
    Base.metadata.create_all(engine)
    with orm.Session(engine) as session:
        given = [Packs(name="a", owner=Packs(name="b")), Reduces(name="c")]
        session.add_all(given)
        session.commit()
        told = [[each.name for each in given], given[0].owner.name]
        packs, reduces = travelled(given)
        told.append([packs.packed, packs.unpacked, packs.owner.unpacked, reduces.name])
        told.append([looks(orm, each) for each in (packs, packs.owner, reduces)])
    with orm.Session(engine) as session:
        session.add_all([packs, reduces])
        session.commit()
        return [told, packs.owner.name]


@contract()
def test_a_deep_copy_is_a_detached_twin(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = stored_graph(orm, heard, engine, "load")
    with orm.Session(engine) as session:
        user = session.get(world.User, 1)
        user.addresses[0].user
        twin = copy.deepcopy(user)
        fresh = copy.deepcopy(world.User(name="x", addresses=[world.Address(email="y")]))
        state = orm.inspect(twin)
        told = [
            twin is user,
            state.identity,
            state.detached,
            twin.addresses is user.addresses,
            names(twin.addresses),
            twin.addresses[0].user is twin,
            twin in session,
            user in session.dirty,
            fresh.addresses[0].user is fresh,
        ]
    with orm.Session(engine) as session:
        session.add(fresh)
        session.commit()
        return told


@contract()
def test_copies_of_containers_and_parts(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = stored_graph(orm, heard, engine, "load")
    with orm.Session(engine) as session:
        user = session.get(world.User, 1)
        shallow = copy.copy(user.addresses)
        told = [names(shallow), shallow[0] is user.addresses[0]]
        kept = travelled([user.addresses, user.addresses[0]])
        return [*told, kept[0][0] is kept[1], names(kept[0])]


@contract()
def test_an_imperatively_mapped_class_travels(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = plain(orm, engine)
    heard.listen(world.Thing, TOLD)
    with orm.Session(engine) as session:
        thing = world.Thing()
        thing.name = "a"
        thing.parts = [world.Thing(), world.Thing()]
        session.add(thing)
        session.commit()
        thing.name, [(part.name, part.whole) for part in thing.parts]
        thing.parts[0].extra = [1]
        twin = travelled(thing)
        told = [looks(orm, each) for each in (twin, *twin.parts)]
        told.append([twin.name, twin.parts[0].extra, twin.parts[0].whole is twin])
    with orm.Session(engine) as session:
        session.add(twin)
        twin.name = "b"
        session.commit()
        return told


def plain(orm: Orm, engine: Engine) -> Any:
    """Map a class of nobody's base, with parts of its own kind."""
    registry = orm.registry()

    class Thing:
        """A thing with parts."""

    table = Table(
        "things",
        registry.metadata,
        Column("id", Integer, primary_key=True),
        Column("name", String(20)),
        Column("whole_id", ForeignKey("things.id")),
    )
    parts = orm.relationship(Thing, back_populates="whole", order_by=table.c.id)
    whole = orm.relationship(Thing, back_populates="parts", remote_side=table.c.id)
    registry.map_imperatively(Thing, table, properties={"parts": parts, "whole": whole})
    findable(Thing)
    registry.metadata.create_all(engine)
    return SimpleNamespace(Thing=Thing, registry=registry)


@contract(*BOTH)
def test_sets_and_dicts_travel_and_are_merged(orm: Orm, heard: Recorder, engine: Engine) -> object:
    Base: Any = orm.declarative_base()

    class Coin(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "coins"
        id = Column(Integer, primary_key=True)
        name = Column(String(20))
        bag_id: Any = Column(ForeignKey("bags.id"))
        slot_id: Any = Column(ForeignKey("bags.id"))

        def __hash__(self) -> int:
            return hash(self.name)

        def __eq__(self, other: object) -> bool:
            return isinstance(other, Coin) and bool(other.name == self.name)

    class Bag(Base):  # type: ignore[misc] # as above
        __tablename__ = "bags"
        id = Column(Integer, primary_key=True)
        loose = orm.relationship(
            Coin,
            foreign_keys=Coin.bag_id,
            collection_class=set,
            cascade="all, delete-orphan",
        )
        sorted_ = orm.relationship(
            Coin,
            foreign_keys=Coin.slot_id,
            collection_class=orm.attribute_keyed_dict("name"),
            cascade="all, delete-orphan",
        )

    findable(Coin, Bag)
    Base.metadata.create_all(engine)

    def holds(bag: Any) -> list[Any]:
        return [bag.id, names(bag.loose), {key: coin.name for key, coin in bag.sorted_.items()}]

    loose = {Coin(name=name) for name in "ab"}
    bag = Bag(id=1, loose=loose, sorted_={name: Coin(name=name) for name in "xy"})
    with orm.Session(engine) as session:
        merged = session.merge(bag)
        session.commit()
        told = [holds(merged)]
        twin = travelled(merged)
        told += [holds(twin), Coin(name="a") in twin.loose]
        twin.loose.discard(Coin(name="a"))
        twin.loose.add(Coin(name="c"))
        del twin.sorted_["x"]
        twin.sorted_["z"] = Coin(name="z")
        told += [holds(session.merge(twin)), merged in session.dirty]
        session.commit()
        told.append(holds(merged))
        session.expunge_all()
        adopted = session.merge(merged, load=False)
        told += [holds(adopted), adopted in session.dirty, holds(copy.deepcopy(adopted))]
        session.delete(adopted)
        session.commit()
        return told

"""Mapper events: around each row of a flush, and while classes are mapped and configured."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, Engine, ForeignKey, Integer, String

from . import catalog
from .databases import EVERY
from .heard import Recorder
from .models import blog, people
from .oracle import Orm
from .runner import contract


@contract(*EVERY)
def test_parents_are_inserted_before_children_in_the_order_added(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = blog(orm, engine)
    heard.classes(world.User, world.Address, attributes=False)
    with orm.Session(engine) as session:
        heard.session(session, only=["before_flush", "after_flush"])
        users = [world.User(name=name) for name in ("Cid", "Ann", "Bob")]
        addresses = [world.Address(email=str(n), user=users[n % 3]) for n in range(5)]
        session.add_all(reversed(addresses))
        session.commit()
        return [[user.id, user.name] for user in users]


@contract(*EVERY)
def test_updates_and_deletes_go_by_primary_key(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = people(orm, engine)
    heard.classes(world.User, world.Address, attributes=False)
    with orm.Session(engine) as session:
        heard.session(session, only=["before_flush", "after_flush"])
        users = session.scalars(orm.select(world.User)).all()
        users[2].name, users[0].name, users[1].age = "Z", "A", None
        session.flush()
        heard.mark("delete")
        for user in (users[2], users[0]):
            for address in list(user.addresses):
                session.delete(address)
            session.delete(user)
        session.add(world.User(name="Dan"))
        users[1].name = "B"
        session.commit()
        return [user.name for user in session.scalars(orm.select(world.User))]


@contract()
def test_children_are_deleted_before_parents(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = blog(orm, engine, cascade="all, delete-orphan")
    heard.classes(world.User, world.Address, attributes=False)
    with orm.Session(engine) as session:
        user = world.User(name="Ann", addresses=[world.Address(email=str(n)) for n in range(3)])
        session.add(user)
        session.commit()
        # The oracle reads an expired owner before its collection; the subject knows its key.
        user.name
        heard.mark("delete")
        session.delete(user)
        session.commit()
    return heard.names.count("after_delete")


@contract(in_order=True)
def test_before_listeners_change_the_row(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = blog(orm, engine)

    def lower(mapper: object, connection: object, target: Any) -> None:
        heard.note("before", target)
        target.name = target.name.lower()

    orm.event.listen(world.User, "before_insert", lower)
    orm.event.listen(world.User, "before_update", lower)
    with orm.Session(engine) as session:
        user = world.User(name="ANN")
        session.add(user)
        session.flush()
        names = [user.name]
        user.name = "BEA"
        session.flush()
        names.append(user.name)
        session.commit()
        return [*names, user.name]


@contract(in_order=True)
def test_after_insert_sees_keys_and_defaults_of_all_rows(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = blog(orm, engine)
    users = [world.User(name=name) for name in ("Ann", "Bob")]

    def inserted(mapper: object, connection: object, target: Any) -> None:
        heard.note("after", target.id, target.age, [user.id for user in users])

    orm.event.listen(world.User, "after_insert", inserted)
    with orm.Session(engine) as session:
        session.add_all(users)
        session.commit()
    return heard.names


@contract(in_order=True)
def test_the_connection_of_a_listener_writes_in_the_same_transaction(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = blog(orm, engine)
    addresses = world.Address.__table__

    def audit(mapper: object, connection: Any, target: Any) -> None:
        connection.execute(addresses.insert().values(email=f"audit of {target.name}"))

    orm.event.listen(world.User, "after_insert", audit)
    with orm.Session(engine) as session:
        session.add(world.User(name="Ann"))
        session.commit()
        session.add(world.User(name="Bob"))
        session.flush()
        session.rollback()
        return session.scalars(orm.select(world.Address.email)).all()


@contract(in_order=True)
def test_before_update_fires_without_a_net_change_and_sends_nothing(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = people(orm, engine)
    heard.classes(world.User, attributes=False)
    with orm.Session(engine) as session:
        user = session.get(world.User, 1)
        user.name = "Bea"
        user.name = "Ann"
        told = [session.is_modified(user), user in session.dirty]
        session.commit()
        return told


@contract(in_order=True)
def test_a_failing_before_listener_stops_the_flush_and_leaves_nothing_written(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = blog(orm, engine)

    def refuse(mapper: object, connection: object, target: Any) -> None:
        heard.note("refuse", target)
        if target.name == "Bob":
            raise ValueError("no Bob")

    orm.event.listen(world.User, "before_insert", refuse)
    with orm.Session(engine) as session:
        heard.session(session, only=["after_rollback", "after_soft_rollback", "after_flush"])
        session.add_all([world.User(name="Ann"), world.User(name="Bob")])
        error = heard.error(session.commit)
        session.rollback()
        session.add(world.User(name="Cid"))
        session.commit()
        return [error, session.scalars(orm.select(world.User.name)).all()]


@contract(in_order=True)
def test_self_referential_rows_are_written_parent_first(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    Base = orm.declarative_base()

    class Node(Base):
        __tablename__ = "nodes"
        id = Column(Integer, primary_key=True)
        name = Column(String(20))
        parent_id = Column(ForeignKey("nodes.id"))
        children = orm.relationship("Node", back_populates="parent")
        parent = orm.relationship("Node", back_populates="children", remote_side=[id])

    Base.metadata.create_all(engine)
    heard.listen(Node, catalog.MAPPER_FLUSH)
    with orm.Session(engine) as session:
        leaf = Node(name="leaf", parent=Node(name="branch", parent=Node(name="root")))
        session.add(leaf)
        session.commit()
        nodes = [leaf, leaf.parent, leaf.parent.parent]
        heard.mark("delete")
        for node in nodes:
            session.delete(node)
        session.commit()
    return heard.names


@contract(in_order=True)
def test_mapping_a_class_is_told_in_order(orm: Orm, heard: Recorder, engine: Engine) -> object:
    orm.configure_mappers()
    Base = orm.declarative_base()
    heard.listen(Base, catalog.MAPPER_CONFIGURATION, propagate=True)

    class User(Base):
        __tablename__ = "users"
        id = Column(Integer, primary_key=True)

    heard.mark("configure")
    orm.configure_mappers()
    heard.mark("again")
    orm.configure_mappers()
    return User.__name__


@contract(in_order=True)
def test_configuring_is_told_once_for_all_mappers(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    orm.configure_mappers()
    heard.listen(orm.Mapper, catalog.MAPPER_WIDE)
    world = blog(orm)
    heard.listen(world.User, {"mapper_configured": ("mapper", "class_")})
    heard.mark("configure")
    orm.configure_mappers()
    heard.mark("again")
    orm.configure_mappers()
    return heard.names


@contract(in_order=True)
def test_the_first_use_configures(orm: Orm, heard: Recorder, engine: Engine) -> object:
    orm.configure_mappers()
    world = blog(orm)
    heard.listen(world.User, {"mapper_configured": ("mapper", "class_")})
    heard.mark("first object")
    world.User(name="Ann")
    heard.mark("second object")
    world.User(name="Bob")
    return heard.names


@contract(in_order=True)
def test_before_mapper_configured_may_skip_a_mapper(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    orm.configure_mappers()
    Base = orm.declarative_base()
    skipping = [True]

    class Ready(Base):
        __tablename__ = "ready"
        id = Column(Integer, primary_key=True)

    class Waiting(Base):
        __tablename__ = "waiting"
        id = Column(Integer, primary_key=True)
        others = orm.relationship("Ready", primaryjoin="foreign(Waiting.id) == Ready.id")

    def skip(mapper: object, class_: type) -> object:
        heard.note("asked", class_)
        return orm.interfaces.EXT_SKIP if skipping else None

    orm.event.listen(Waiting, "before_mapper_configured", skip, retval=True)
    for class_ in (Ready, Waiting):
        heard.listen(class_, {"mapper_configured": ("mapper", "class_")})
    orm.configure_mappers()
    skipping.clear()
    heard.mark("allowed")
    Base.registry.configure()
    orm.inspect(Waiting).attrs.keys()
    return heard.names


@contract(in_order=True)
def test_mapper_wide_listeners_hear_every_class_become_mapped(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    orm.configure_mappers()
    heard.listen(orm.Mapper, catalog.MAPPER_CONFIGURATION)
    heard.listen(orm.Mapper, catalog.MAPPER_WIDE)
    world = blog(orm)
    heard.mark("configure")
    orm.configure_mappers()
    return [orm.inspect(world.User).configured, orm.inspect(world.Address).configured]

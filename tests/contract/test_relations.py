"""One-to-many and many-to-one: cascades, lazy loads, and rows that follow their objects."""

from __future__ import annotations

import pytest
from sqlalchemy import Column, Engine, ForeignKey, Integer, String

from .databases import EVERY
from .heard import Recorder
from .models import blog, people
from .oracle import Orm
from .runner import contract
from .shapes import tree


@contract(*EVERY)
def test_save_update_reaches_both_sides(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = blog(orm, engine)
    with heard.at_work(engine) as session:
        ann = world.User(name="Ann", addresses=[world.Address(email="1")])
        session.add(ann)
        heard.mark("from the many side")
        address = world.Address(email="2", user=world.User(name="Bob"))
        session.add(address)
        heard.mark("append to one in the session")
        ann.addresses.append(world.Address(email="3"))
        heard.mark("commit")
        session.commit()
        # The oracle reads an expired owner before its collection; the subject knows its key.
        ann.name
        return [[item.email for item in ann.addresses], address.user.name, address.user_id]


@contract(*EVERY)
def test_keys_follow_the_relation(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = people(orm, engine)
    with orm.Session(engine) as session:
        ann, bob = session.get(world.User, 1), session.get(world.User, 2)
        first, second = ann.addresses
        ann.addresses.remove(first)
        second.user = bob
        session.flush()
        told = [first.user_id, second.user_id, first.user, second.user.name]
        first.user_id = 2
        session.commit()
        return [*told, first.user.name, sorted(item.id for item in bob.addresses), ann.addresses]


@contract(*EVERY)
def test_deleting_a_parent_without_delete_cascade_sets_the_keys_to_null(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = people(orm, engine)
    heard.classes(world.User, world.Address, attributes=False)
    with orm.Session(engine) as session:
        session.delete(session.get(world.User, 1))
        session.commit()
        return [
            (item.id, item.user_id)
            for item in session.scalars(orm.select(world.Address).order_by(world.Address.id))
        ]


@contract(*EVERY)
def test_delete_cascade_takes_the_children(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = blog(orm, engine, cascade="all")
    with heard.at_work(engine, world.User, world.Address) as session:
        user = world.User(name="Ann", addresses=[world.Address(email=str(n)) for n in range(2)])
        session.add_all([user, world.User(name="Bob")])
        session.commit()
        user.name  # as above
        heard.mark("delete")
        session.delete(user)
        told = sorted(type(item).__name__ for item in session.deleted)
        heard.mark("commit")
        session.commit()
        return told


@contract(*EVERY)
def test_orphans_are_deleted(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = blog(orm, engine, cascade="all, delete-orphan")
    with orm.Session(engine) as session:
        heard.classes(world.User, world.Address, attributes=False)
        user = world.User(name="Ann", addresses=[world.Address(email=str(n)) for n in range(3)])
        session.add(user)
        session.commit()
        user.name  # as above
        removed = user.addresses.pop(0)
        user.addresses[0].user = None
        heard.mark("flush")
        session.flush()
        told = [orm.inspect(removed).deleted, len(user.addresses)]
        session.commit()
        return told


@contract()
def test_a_pending_orphan_is_expunged(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = blog(orm, engine, cascade="all, delete-orphan")
    with heard.at_work(engine) as session:
        user, address = world.User(name="Ann"), world.Address(email="1")
        session.add(user)
        user.addresses.append(address)
        user.addresses.remove(address)
        told = [address in session]
        session.commit()
        return [*told, orm.inspect(address).transient]


@contract(*EVERY)
def test_lazy_loads_happen_once(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = people(orm, engine)
    heard.classes(world.User, world.Address)
    with orm.Session(engine) as session:
        heard.session(session, only=["do_orm_execute", "loaded_as_persistent"])
        address = session.get(world.Address, 1)
        heard.mark("many to one")
        user = address.user
        heard.mark("again")
        address.user
        heard.mark("from the identity map")
        other = session.get(world.Address, 2)
        same = other.user is user
        heard.mark("one to many")
        mine = user.addresses
        heard.mark("without a key")
        # With its key: the oracle would not know that the row has NULL there.
        lone = world.Address(email="lone", user_id=None)
        session.add(lone)
        session.flush()
        return [same, len(mine), lone.user, address in mine]


@contract()
def test_lazy_load_of_a_detached_object_is_refused(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = people(orm, engine)
    with orm.Session(engine) as session:
        user, address = session.get(world.User, 1), session.get(world.Address, 3)
        address.user
    return [
        heard.error(lambda: user.addresses),
        address.user.name,
        heard.error(lambda: address.user.addresses),
    ]


@pytest.mark.parametrize("act", ["set", "set to none", "append", "replace", "remove", "twice"])
def test_a_reference_that_a_detached_object_cannot_load_is_replaced(act: str) -> None:
    @contract()
    def scenario(orm: Orm, heard: Recorder, engine: Engine) -> object:
        world = people(orm, engine)
        with orm.Session(engine) as session:
            ann, bob = session.get(world.User, 1), session.get(world.User, 2)
            address = ann.addresses[0]
            assert bob.addresses is not None
            session.expire(address)
            session.expunge(address)
            heard.classes(world.User, world.Address)
            if act == "append":
                bob.addresses.append(address)
            elif act == "replace":
                ann.addresses = []
            elif act == "remove":
                ann.addresses.remove(address)
            if act in {"set to none", "twice"}:
                address.user = None
            if act in {"set", "twice"}:
                address.user = bob
            return address.user, orm.inspect(address).attrs.user.history

    scenario.contract.check("fast")  # type: ignore[attr-defined] # the test has its contract


@contract()
def test_reference_without_other_side_and_relation_conditions(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    Base = orm.declarative_base()

    class Team(Base):
        __tablename__ = "teams"
        id = Column(Integer, primary_key=True)
        name = Column(String(20))

    class Player(Base):
        __tablename__ = "players"
        id = Column(Integer, primary_key=True)
        name = Column(String(20))
        team_id = Column(ForeignKey("teams.id"), nullable=False)
        team = orm.relationship(Team)

    Base.metadata.create_all(engine)
    with orm.Session(engine) as session:
        red = Team(name="red")
        session.add_all([Player(name="a", team=red), Player(name="b", team=red)])
        session.add(Player(name="c", team=Team(name="blue")))
        session.commit()
        statement = orm.select(Player.name).order_by(Player.name)
        return [
            session.scalars(statement.where(Player.team == red)).all(),
            session.scalars(statement.where(Player.team != red)).all(),
            session.scalars(statement.where(Player.team == None)).all(),  # noqa: E711 - IS NULL
            session.scalars(statement.where(Player.team.has(Team.name == "blue"))).all(),
        ]


@contract()
def test_a_declared_backref_and_order_by(orm: Orm, heard: Recorder, engine: Engine) -> object:
    Base = orm.declarative_base()

    class Page(Base):
        __tablename__ = "pages"
        id = Column(Integer, primary_key=True)
        number = Column(Integer)
        book_id = Column(ForeignKey("books.id"))

    class Book(Base):
        __tablename__ = "books"
        id = Column(Integer, primary_key=True)
        pages = orm.relationship(
            Page, order_by=Page.number.desc(), backref=orm.backref("book"), cascade="all"
        )

    Base.metadata.create_all(engine)
    heard.classes(Book, Page)
    with heard.at_work(engine) as session:
        book = Book(pages=[Page(number=number) for number in (2, 3, 1)])
        session.add(book)
        session.commit()
        book.id  # as above
        return [[page.number for page in book.pages], book.pages[0].book is book]


@contract(*EVERY)
def test_a_tree_is_stored_and_deleted_whole(orm: Orm, heard: Recorder, engine: Engine) -> object:
    Node = tree(orm, engine, cascade="all").Node
    with orm.Session(engine) as session:
        root = Node(name="root")
        for branch in "ab":
            child = Node(name=branch, parent=root)
            child.children = [Node(name=f"{branch}{number}") for number in range(2)]
        session.add(root)
        session.commit()
        rows = session.execute(orm.select(Node.name, Node.parent_id).order_by(Node.name)).all()
        told = [[name, parent is None] for name, parent in rows]
        session.delete(root.children[0])
        session.commit()
        return [*told, sorted(session.scalars(orm.select(Node.name)).all())]


@contract("sqlite")
def test_adding_in_place_is_told_as_appends_and_one_bulk_replace(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = blog(orm, engine)
    heard.attribute(world.User.addresses)
    ann = world.User(name="Ann", addresses=[world.Address(email="1")])
    before = ann.addresses
    ann.addresses += [world.Address(email="2")]
    heard.mark("the same list")
    ann.addresses = ann.addresses
    return ann.addresses is before, [item.email for item in ann.addresses]

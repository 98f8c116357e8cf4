"""Deletions that have to load what they reach, on databases that refuse a wrong order."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Column, Engine, ForeignKey, Integer, String

from .databases import EVERY, strict
from .graph_models import forum
from .heard import Recorder
from .oracle import Orm
from .runner import contract, marked


def houses(orm: Orm, engine: Engine, **lazy: str) -> Any:
    """Declare House, Room and Chair, each below the one before; store two houses."""
    strict(engine)
    Base: Any = orm.declarative_base()
    whole = "all, delete-orphan"

    class House(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "houses"
        id = Column(Integer, primary_key=True)
        rooms = orm.relationship("Room", cascade=whole, back_populates="house", **lazy)
        guests = orm.relationship("Guest", **lazy)

    class Room(Base):  # type: ignore[misc] # as above
        __tablename__ = "rooms"
        id = Column(Integer, primary_key=True)
        house_id: Any = Column(ForeignKey("houses.id"), nullable=False)
        house = orm.relationship("House", back_populates="rooms", **lazy)
        chair = orm.relationship("Chair", cascade=whole, uselist=False, **lazy)

    class Chair(Base):  # type: ignore[misc] # as above
        __tablename__ = "chairs"
        id = Column(Integer, primary_key=True)
        room_id: Any = Column(ForeignKey("rooms.id"), nullable=False)

    class Guest(Base):  # type: ignore[misc] # as above
        __tablename__ = "guests"
        id = Column(Integer, primary_key=True)
        name = Column(String(20))
        house_id: Any = Column(ForeignKey("houses.id"))

    Base.metadata.create_all(engine)
    Base.classes = (House, Room, Chair, Guest)
    with orm.Session(engine) as session:
        for name in ("Ann", "Bob"):
            rooms = [Room(chair=Chair()), Room(chair=Chair()), Room()]
            session.add(House(rooms=rooms, guests=[Guest(name=name)]))
        session.commit()
    return Base.classes


def left(orm: Orm, session: Any, classes: Any) -> list[int]:
    """Return how many rows of each class there are."""
    return [len(session.scalars(orm.select(each.id)).all()) for each in classes]


@contract(*EVERY)
def test_expired_graphs_are_deleted_from_below(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    classes = houses(orm, engine)
    with orm.Session(engine) as session:
        first, second = session.scalars(orm.select(classes[0])).all()
        assert len(first.rooms) == len(second.rooms) == 3
        assert first.rooms[0].chair is not None
        session.commit()
        first.id, second.id
        session.delete(first)
        session.delete(second)
        session.commit()
        return left(orm, session, classes)


@contract(*EVERY)
def test_half_expired_graphs_are_deleted_from_below(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    classes = houses(orm, engine)
    with orm.Session(engine) as session:
        first, second = session.scalars(orm.select(classes[0])).all()
        rooms = [*first.rooms, *second.rooms]
        session.expire(rooms[0])
        session.expire(rooms[3], ["chair"])
        rooms[4].chair
        session.delete(rooms[4])
        session.flush()
        session.delete(second)
        session.delete(first)
        session.commit()
        return left(orm, session, classes)


@pytest.mark.parametrize("lazy", ["raise", "raise_on_sql", "joined", "selectin", "immediate"])
@pytest.mark.parametrize("database", list(map(marked, EVERY)))
def test_what_may_not_be_read_is_deleted_all_the_same(
    lazy: str, database: str, request: pytest.FixtureRequest
) -> None:
    @contract(*EVERY)
    def scenario(orm: Orm, heard: Recorder, engine: Engine) -> object:
        classes = houses(orm, engine, lazy=lazy)
        with orm.Session(engine) as session:
            first = session.scalars(orm.select(classes[0])).unique().first()
            session.delete(first)
            session.commit()
            guests = session.scalars(orm.select(classes[3].house_id)).all()
            return left(orm, session, classes), sorted(guests, key=str)

    scenario(database, "fast", request)


@pytest.mark.parametrize("loader", ["raiseload", "joinedload", "selectinload", "subqueryload"])
def test_options_of_a_statement_do_not_keep_a_deletion_off(loader: str) -> None:
    @contract()
    def scenario(orm: Orm, heard: Recorder, engine: Engine) -> object:
        classes = houses(orm, engine)
        House, Room = classes[:2]
        load = getattr(orm, loader)
        options = (load(House.rooms), orm.defaultload(House.rooms).options(load(Room.chair)))
        with orm.Session(engine) as session:
            found = session.scalars(orm.select(House).options(*options)).unique().all()
            for each in found:
                session.delete(each)
            session.commit()
            return left(orm, session, classes)

    scenario.contract.check("fast")  # type: ignore[attr-defined] # `contract` puts it there


@pytest.mark.parametrize("legacy", [True, False])
def test_a_pending_object_that_leaves_one_of_two_owners(legacy: bool) -> None:
    @contract()
    def scenario(orm: Orm, heard: Recorder, engine: Engine) -> object:
        Base: Any = orm.declarative_base()
        whole = "all, delete-orphan"

        class Person(Base):  # type: ignore[misc] # the base is made at run time
            __tablename__ = "persons"
            id = Column(Integer, primary_key=True)
            tools = orm.relationship("Tool", cascade=whole)

        class Shop(Base):  # type: ignore[misc] # as above
            __tablename__ = "shops"
            id = Column(Integer, primary_key=True)
            tools = orm.relationship("Tool", cascade=whole)

        class Tool(Base):  # type: ignore[misc] # as above
            __tablename__ = "tools"
            id = Column(Integer, primary_key=True)
            person_id: Any = Column(ForeignKey("persons.id"))
            shop_id: Any = Column(ForeignKey("shops.id"))
            __mapper_args__ = {"legacy_is_orphan": legacy}

        Base.metadata.create_all(engine)
        with orm.Session(engine) as session:
            tool, stored = Tool(), Tool()
            person, shop = Person(tools=[tool, stored]), Shop(tools=[tool, stored])
            session.add_all([person, shop])
            person.tools.remove(tool)
            told = [tool in session]
            session.add(tool)
            shop.tools.remove(tool)
            told.append(tool in session)
            session.commit()
            person.tools.remove(stored)
            session.commit()
            return told, len(shop.tools), len(session.scalars(orm.select(Tool)).all())

    scenario.contract.check("fast")  # type: ignore[attr-defined] # as above


def thread(world: Any) -> Any:
    """Return a new post with six comments; some of them answer others of them."""
    post = world.Post(title="post")
    found = {text: world.Comment(id=number, text=text) for number, text in enumerate("abcdef", 1)}
    for above, below in ("ac", "ad", "be", "cf"):
        found[below].parent = found[above]
    post.comments = [found[text] for text in "abdef"]
    return post


@contract()
def test_a_deletion_loads_what_is_below_a_member_before_its_neighbours(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = forum(orm, engine)
    with orm.Session(engine) as session:
        post = thread(world)
        session.add(post)
        session.commit()
        comments = session.scalars(orm.select(world.Comment)).all()
        assert post.id > 0
        heard.classes(world.Comment, world.Post)
        heard.session(session)
        session.delete(post)
        return len(comments)


@contract()
def test_a_cascade_goes_below_a_member_before_its_neighbours(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = forum(orm)
    state = orm.inspect(thread(world))
    return [
        [getattr(obj, "text", "") for obj, *_rest in state.mapper.cascade_iterator(kind, state)]
        for kind in ("save-update", "merge", "expunge", "delete")
    ]


@contract()
def test_an_orphan_takes_nobody_along_whose_row_is_deleted_already(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = forum(orm, engine)
    with orm.Session(engine) as session:
        post = world.Post(title="post")
        comment = world.Comment(text="comment", post=post)
        reply = world.Comment(text="reply", post=post, parent=comment)
        session.add(post)
        session.flush()
        session.delete(reply)
        session.flush()
        heard.classes(world.Comment)
        post.comments.remove(comment)
        session.commit()
        return len(post.comments)


@contract("sqlite", "postgresql")
def test_an_expiry_reaches_new_members_that_are_owned_and_lets_them_go(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = forum(orm, engine)
    told = []
    heard.classes(world.Comment, attributes=False)
    for act in ("expire", "refresh"):
        with orm.Session(engine, autoflush=False) as session:
            stored = world.Comment(text="stored", replies=[])
            post = world.Post(title=act, comments=[stored])
            session.add(post)
            session.commit()
            assert [each.replies for each in post.comments] == [[]]
            owned = world.Comment(text="owned", replies=[world.Comment(text="below")])
            post.comments.append(owned)
            stored.replies.append(world.Comment(text="reply"))
            heard.session(session)
            state = orm.inspect(post)
            reached = state.mapper.cascade_iterator("refresh-expire", state)
            told.append([obj.text for obj, *_rest in reached])
            getattr(session, act)(post)
            told.append([sorted(obj.text for obj in session.new), owned.post is post])
            assert post.id and stored.id
            session.commit()
    return told


@contract("sqlite", "postgresql")
def test_an_expiry_does_not_reach_what_waits_for_a_list(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = forum(orm, engine)
    heard.classes(world.Comment, attributes=False)
    with orm.Session(engine, autoflush=False) as session:
        post, stored = world.Post(title="post"), world.Comment(text="stored")
        session.add_all([post, stored])
        session.commit()
        assert [post.id, stored.text]
        stored.post = post
        new = world.Comment(text="new", post=post)
        session.add(new)
        session.expire(post)
        session.commit()
        return [comment.text for comment in post.comments]

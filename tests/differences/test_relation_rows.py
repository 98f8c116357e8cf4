"""Wanted differences of the rows that relationships write: more of them are right."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    String,
    create_engine,
    select,
)

from tests.contract.graph_models import forum
from tests.contract.oracle import Orm
from tests.contract.playing import memory_engine

from .sides import both, problem


def engine_of(Base: Any) -> Any:
    """Return an engine with the tables of a base."""
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    return engine


def test_rows_follow_a_key_through_several_tables() -> None:
    def scenario(orm: Orm) -> list[str]:
        Base: Any = orm.declarative_base()

        class Town(Base):  # type: ignore[misc] # the base is made at run time
            __tablename__ = "towns"
            name = Column(String(9), primary_key=True)
            streets = orm.relationship("Street", passive_updates=False)

        class Street(Base):  # type: ignore[misc] # as above
            __tablename__ = "streets"
            town: Any = Column(ForeignKey("towns.name"), primary_key=True)
            number = Column(Integer, primary_key=True)
            houses = orm.relationship("House", passive_updates=False)

        class House(Base):  # type: ignore[misc] # as above
            __tablename__ = "houses"
            id = Column(Integer, primary_key=True)
            town = Column(String(9))
            number = Column(Integer)
            __table_args__ = (
                ForeignKeyConstraint(["town", "number"], ["streets.town", "streets.number"]),
            )

        engine = engine_of(Base)
        with orm.Session(engine) as session:
            town = Town(name="Rome", streets=[Street(number=1, houses=[House()])])
            session.add(town)
            session.commit()
            town.name = "Roma"
            session.commit()
            rows = session.execute(select(House.__table__.c.town, Street.__table__.c.town))
            return list(rows.one())

    assert both(scenario) == (["Rome", "Roma"], ["Roma", "Roma"])


def test_a_member_that_leaves_under_post_update_is_written() -> None:
    def scenario(orm: Orm) -> list[Any]:
        Base: Any = orm.declarative_base()

        class Part(Base):  # type: ignore[misc] # the base is made at run time
            __tablename__ = "parts"
            id = Column(Integer, primary_key=True)
            whole_id: Any = Column(ForeignKey("wholes.id"))

        class Whole(Base):  # type: ignore[misc] # as above
            __tablename__ = "wholes"
            id = Column(Integer, primary_key=True)
            parts = orm.relationship(Part, post_update=True)

        engine = engine_of(Base)
        with orm.Session(engine) as session:
            whole = Whole(parts=[Part(), Part()])
            session.add(whole)
            session.commit()
            whole.parts.pop()
            session.commit()
            return list(session.scalars(select(Part.__table__.c.whole_id)))

    assert both(scenario) == ([1, 1], [1, None])


def test_a_deleted_owner_takes_the_pairs_of_members_outside_along() -> None:
    def scenario(orm: Orm) -> Any:
        engine = memory_engine()
        world = forum(orm, engine)
        with orm.Session(engine) as session:
            post, tag = world.Post(title="one"), world.Tag(name="red")
            post.tags = [tag]
            session.add(post)
            session.commit()
            assert post.tags == [tag]
            session.expunge(tag)
            session.delete(post)
            told = problem(session.commit)
            session.rollback()
        with engine.connect() as connection:
            pairs = connection.execute(world.Base.metadata.tables["post_tags"].select()).all()
        return told, len(pairs)

    assert both(scenario) == (("IntegrityError", 1), ("no error", 0))


def test_a_member_outside_the_session_is_deleted_with_what_it_owns() -> None:
    def scenario(orm: Orm) -> Any:
        engine = memory_engine()
        world = forum(orm, engine)
        with orm.Session(engine) as session:
            reply = world.Comment(text="reply", replies=[world.Comment(text="and so on")])
            first = world.Comment(text="first", replies=[reply])
            session.add(first)
            session.commit()
            assert first.replies == [reply]
            session.expunge(reply)
            session.delete(first)
            return problem(session.commit)

    assert both(scenario) == ("IntegrityError", "no error")


def test_a_pending_reply_to_an_orphan_is_no_row_to_delete() -> None:
    def scenario(orm: Orm) -> Any:
        world = forum(orm, engine := memory_engine())
        with orm.Session(engine) as session:
            post = world.Post(title="post", comments=[world.Comment(text="comment")])
            session.add(post)
            session.commit()
            comment = post.comments[0]
            comment.replies.append(world.Comment(text="reply"))
            post.comments.remove(comment)
            return problem(session.commit)

    # As both do where the comment is deleted by delete(): the reply is there to be written.
    assert both(scenario) == ("ProgrammingError", "IntegrityError")


def test_a_deleted_object_refers_to_what_was_read_before() -> None:
    def scenario(orm: Orm) -> Any:
        world = forum(orm, engine := memory_engine())
        with orm.Session(engine) as session:
            session.add(world.Comment(text="comment", post=world.Post(title="post")))
            session.commit()
            comment = session.scalars(orm.select(world.Comment)).one()
            post = session.get(world.Post, comment.post_id)
            session.delete(comment)
            session.commit()
            return problem(lambda: comment.post), len(post.comments)

    assert both(scenario) == (("no error", 0), ("DetachedInstanceError", 0))


def test_a_subclass_is_not_merged_onto_its_base() -> None:
    def scenario(orm: Orm) -> Any:
        world = forum(orm, engine := memory_engine())
        with orm.Session(engine) as session:
            member = world.Member(id=1, name="Ann")
            session.add(member)
            session.commit()
            premium = world.Premium(id=1, name="Bob", level=3)
            told = problem(lambda: session.merge(premium))
            return told, member.name

    assert both(scenario) == (("KeyError", "Bob"), ("InvalidRequestError", "Ann"))


def test_members_that_a_new_object_was_given_as_loaded_get_its_key() -> None:
    def scenario(orm: Orm) -> list[str]:
        engine = memory_engine()
        world = forum(orm, engine)
        post, member = world.Post(title="one"), world.Member(name="Ann")
        orm.attributes.set_committed_value(member, "posts", [world.Post(title="given")])
        orm.attributes.set_committed_value(post, "author", member)
        with orm.Session(engine) as session:
            session.add(post)
            session.commit()
            found = session.scalars(select(world.Post)).all()
            return sorted([each.title for each in found if each.author is member])

    sqlalchemy, cormorant = both(scenario)
    assert sqlalchemy == []
    assert cormorant == ["given", "one"]

"""Cascades and merges along many-to-many relationships, and orphans without the delete cascade."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from sqlalchemy import Column, Engine, ForeignKey, Integer, String, Table

from .databases import BOTH
from .heard import Recorder
from .models import blog, names
from .oracle import Orm
from .runner import contract


def tagged(orm: Orm, engine: Engine, cascade: str = "save-update, merge", **options: Any) -> Any:
    """Declare posts and tags; store two posts with three tags, the second tag on both."""
    Base: Any = orm.declarative_base()
    pairs = Table(
        "post_tags",
        Base.metadata,
        Column("post_id", ForeignKey("posts.id"), primary_key=True),
        Column("tag_id", ForeignKey("tags.id"), primary_key=True),
    )

    class Tag(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "tags"
        id = Column(Integer, primary_key=True)
        name = Column(String(20))
        posts = orm.relationship("Post", secondary=pairs, back_populates="tags")

    class Post(Base):  # type: ignore[misc] # as above
        __tablename__ = "posts"
        id = Column(Integer, primary_key=True)
        name = Column(String(20))
        tags = orm.relationship(
            Tag,
            secondary=pairs,
            back_populates="posts",
            cascade=cascade,
            order_by=Tag.id,
            **options,
        )

    Base.metadata.create_all(engine)
    with orm.Session(engine) as session:
        shared = Tag(id=2, name="b")
        session.add(shared)
        session.add(Post(id=1, name="one", tags=[Tag(id=1, name="a")]))
        session.add(Post(id=2, name="two", tags=[Tag(id=3, name="c")]))
        session.commit()
    return SimpleNamespace(Base=Base, Post=Post, Tag=Tag)


@contract(*BOTH)
def test_deleting_along_pairs(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = tagged(orm, engine, "all")
    with heard.at_work(engine, world.Post, world.Tag) as session:
        post = session.get(world.Post, 1)
        post.tags.append(session.get(world.Tag, 2))
        session.flush()
        session.delete(post)
        told = sorted(type(each).__name__ for each in session.deleted)
        session.commit()
        return told


@contract(*BOTH)
def test_orphans_of_pairs_with_a_single_parent(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = tagged(orm, engine, "all, delete-orphan", single_parent=True)
    with heard.at_work(engine, world.Post, world.Tag) as session:
        one, two = session.get(world.Post, 1), session.get(world.Post, 2)
        first, third = one.tags[0], two.tags[0]
        one.tags.remove(first)
        fresh = world.Tag(id=9, name="new")
        two.tags.append(fresh)
        told = [heard.error(lambda: one.tags.append(fresh)), names(one.tags)]
        session.flush()
        told += [orm.inspect(first).deleted, orm.inspect(third).deleted]
        heard.mark("move")
        two.tags.remove(fresh)
        one.tags.append(fresh)
        session.commit()
        told += [one.name, two.name, names(one.tags), names(two.tags)]
        heard.mark("pending")
        pending = world.Tag(id=10, name="x")
        one.tags.append(pending)
        told.append(pending in session)
        one.tags.remove(pending)
        told.append(pending in session)
        session.commit()
        return told


@contract()
def test_orphans_of_pairs_want_a_single_parent(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    return heard.error(lambda: tagged(orm, engine, "all, delete-orphan"))


@contract(*BOTH)
def test_graphs_with_pairs_are_merged(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = tagged(orm, engine)
    Post, Tag = world.Post, world.Tag
    shared = Tag(id=2, name="shared")
    given = [Post(id=1, name="one", tags=[shared, Tag(id=7, name="new")])]
    given.append(Post(id=3, name="three", tags=[shared]))
    with heard.at_work(engine, Post, Tag) as session:
        found = session.merge_all(given)
        told = [names(each.tags) for each in found]
        told.append(found[0].tags[0] is found[1].tags[0])
        session.commit()
        return told


@contract(*BOTH)
def test_merging_pairs_without_load(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = tagged(orm, engine)
    with orm.Session(engine) as session:
        post = session.get(world.Post, 1)
        post.tags[0].posts
    with heard.at_work(engine) as session:
        merged = session.merge(post, load=False)
        told = [merged in session.dirty, names(merged.tags), merged.tags[0] in session]
        session.commit()
        return told


@contract(*BOTH)
def test_expunge_and_expire_along_pairs(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = tagged(orm, engine, "all")
    with heard.at_work(engine, world.Post, world.Tag) as session:
        post = session.get(world.Post, 1)
        tag = post.tags[0]
        session.expire(post)
        told = [orm.inspect(tag).expired, post.name, names(post.tags)]
        post.tags.remove(tag)
        session.expunge(post)
        return [*told, post in session, tag in session]


@contract(*BOTH)
def test_orphans_without_the_delete_cascade(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = blog(orm, engine, "save-update, merge, delete-orphan")
    with heard.at_work(engine, world.User, world.Address) as session:
        user = world.User(name="Ann", addresses=[world.Address(email=str(n)) for n in range(3)])
        session.add(user)
        session.commit()
        told = [user.name, names(user.addresses)]
        user.addresses.pop()
        session.commit()
        told += [user.name, names(user.addresses)]
        session.delete(user)
        session.commit()
        return told

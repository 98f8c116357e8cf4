"""Join conditions with a subquery that looks back at the parent: the latest of each."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import Column, Engine, ForeignKey, Integer

from .heard import Recorder
from .oracle import ROADS, Orm
from .runner import contract

LOADERS = ("lazyload", "joinedload", "selectinload", "subqueryload", "immediateload")


def latest(orm: Orm, entity: Any, attribute: Any, engine: Engine) -> list[Any]:
    """Return the key of what each object is related to, by each loader, with and without LIMIT."""
    told: list[Any] = []
    for name in LOADERS:
        for most in (None, 2):
            with orm.Session(engine) as session:
                option = getattr(orm, name)(attribute)
                found = orm.select(entity).options(option).order_by(entity.id)
                if most is not None:
                    found = found.limit(most)
                there = [getattr(each, attribute.key) for each in session.scalars(found).unique()]
                told.append([name, most, [each and each.id for each in there]])
    return told


@contract("sqlite", "postgresql", roads=ROADS)
def test_the_latest_of_each_parent_is_found_by_every_loader(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    Base: Any = orm.declarative_base()

    class Post(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "posts"
        id = Column(Integer, primary_key=True)

    class Comment(Base):  # type: ignore[misc] # as above
        __tablename__ = "comments"
        id: Any = Column(Integer, primary_key=True)
        post_id: Any = Column(ForeignKey("posts.id"))

    other = Comment.__table__.alias()
    newest = sa.select(sa.func.max(other.c.id)).where(other.c.post_id == Post.id)
    for key, found in (("told", newest.correlate(Post.__table__)), ("untold", newest)):
        condition = sa.and_(Post.id == Comment.post_id, Comment.id == found.scalar_subquery())
        link = orm.relationship(Comment, primaryjoin=condition, viewonly=True, uselist=False)
        setattr(Post, key, link)
    Base.metadata.create_all(engine)
    with orm.Session(engine) as session:
        session.add_all([Post(id=1), Post(id=2), Post(id=3)])
        session.flush()
        session.add_all([Comment(id=n, post_id=1 + n % 2) for n in (1, 2, 3, 4)])
        session.commit()
    near = orm.aliased(Post)
    told: list[Any] = []
    with orm.Session(engine) as session:
        for statement in (
            orm.select(Post.id, Comment.id).join(Post.told),
            orm.select(near.id, Comment.id).join(near.told),
            orm.select(near.id, Comment.id).join(near.untold),
        ):
            told.append([list(row) for row in session.execute(statement.order_by(Comment.id))])
        for attribute in (Post.told, Post.untold):
            found = orm.select(Post.id).where(attribute.has()).order_by(Post.id)
            told.append(list(session.scalars(found)))
    return [told, latest(orm, Post, Post.told, engine), latest(orm, Post, Post.untold, engine)]


@contract("sqlite", "postgresql", roads=ROADS)
def test_the_latest_of_each_node_of_a_tree_is_found_by_every_loader(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    Base: Any = orm.declarative_base()

    class Node(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "nodes"
        id: Any = Column(Integer, primary_key=True)
        above_id: Any = Column(ForeignKey("nodes.id"))

    other = Node.__table__.alias()
    newest = sa.select(sa.func.max(other.c.id)).where(other.c.above_id == Node.id)
    remote = orm.remote
    Node.last = orm.relationship(
        Node,
        primaryjoin=sa.and_(
            Node.id == remote(orm.foreign(Node.above_id)),
            remote(Node.id) == newest.scalar_subquery(),
        ),
        viewonly=True,
        uselist=False,
    )
    Base.metadata.create_all(engine)
    with orm.Session(engine) as session:
        for key, above in ((1, None), (2, 1), (3, 1), (4, 2), (5, 2), (6, 3)):
            session.add(Node(id=key, above_id=above))
            session.flush()
        session.commit()
    near = orm.aliased(Node)
    with orm.Session(engine) as session:
        back = orm.select(near.id, Node.id).join(near.last).order_by(near.id)
        told = [list(row) for row in session.execute(back)]
    return [told, latest(orm, Node, Node.last, engine)]

"""Joins along relationships: which tables meet on which condition, and what is refused."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from sqlalchemy import Column, Engine, ForeignKey, Integer, String, Table, func

from .databases import EVERY
from .heard import Recorder
from .models import people
from .oracle import ROADS, Orm
from .runner import contract


def sql(statement: Any) -> str:
    """Return what a statement selects from, on one line."""
    return " ".join(str(statement).split()).partition(" FROM ")[2]


def shop(orm: Orm, engine: Engine) -> Any:
    """Store nodes under each other and posts with tags; `vip` has a condition of its own."""
    Base: Any = orm.declarative_base()
    links = Table(
        "post_tags",
        Base.metadata,
        Column("post_id", ForeignKey("posts.id"), primary_key=True),
        Column("tag_id", ForeignKey("tags.id"), primary_key=True),
        Column("kind", String(20), default="plain"),
    )

    class Node(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "nodes"
        id = Column(Integer, primary_key=True)
        name = Column(String(20))
        kind = Column(String(20))
        parent_id: Any = Column(ForeignKey("nodes.id"))
        children = orm.relationship("Node", back_populates="parent", order_by=name)
        parent = orm.relationship("Node", back_populates="children", remote_side=[id])

    class Post(Base):  # type: ignore[misc] # as above
        __tablename__ = "posts"
        id = Column(Integer, primary_key=True)
        title = Column(String(20))
        tags = orm.relationship("Tag", secondary=links, back_populates="posts")
        new_tags = orm.relationship(
            "Tag",
            secondary=links,
            primaryjoin=lambda: orm.and_(Post.id == links.c.post_id, links.c.kind == "new"),
            viewonly=True,
        )

    class Tag(Base):  # type: ignore[misc] # as above
        __tablename__ = "tags"
        id = Column(Integer, primary_key=True)
        name = Column(String(20))
        posts = orm.relationship("Post", secondary=links, back_populates="tags")

    Node.twigs = orm.relationship(
        Node,
        primaryjoin=lambda: orm.and_(
            Node.id == orm.remote(Node.parent_id), orm.remote(Node.kind) == "twig"
        ),
        viewonly=True,
    )
    Base.classes = (Node, Post, Tag)
    Base.metadata.create_all(engine)
    with orm.Session(engine) as session:
        root = Node(name="root", kind="root")
        for name, kind in (("a", "twig"), ("b", "leaf"), ("c", "twig")):
            child = Node(name=name, kind=kind, parent=root)
            Node(name=f"{name}1", kind="leaf", parent=child)
        red, blue = Tag(name="red"), Tag(name="blue")
        session.add_all([root, Post(title="p", tags=[red, blue]), Post(title="q", tags=[red])])
        session.add(Post(title="r"))
        session.flush()
        session.execute(links.update().where(links.c.tag_id == red.id).values(kind="new"))
        session.commit()
    return SimpleNamespace(Node=Node, Post=Post, Tag=Tag, links=links)


@contract(*EVERY, roads=ROADS)
def test_joins_along_a_relationship(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = people(orm, engine)
    User, Address = world.User, world.Address
    other, alias = orm.aliased(Address), orm.aliased(User)
    joins = [
        orm.select(User.name, Address.email).join(User.addresses),
        orm.select(User.name, Address.email).join(Address),
        orm.select(User.name, Address.email).join(Address, User.addresses),
        orm.select(User.name, Address.email).outerjoin(User.addresses),
        orm.select(User.name, other.email).join(other, User.addresses),
        orm.select(User.name, other.email).join(User.addresses.of_type(other)),
        orm.select(User.name, other.email).outerjoin(other),
        orm.select(alias.name, Address.email).join(alias.addresses),
        orm.select(alias.name, other.email).join(alias.addresses.of_type(other)),
        orm.select(alias.name, Address.email).join(Address),
        orm.select(alias.name, other.email).outerjoin(other, alias.addresses),
        orm.select(Address.email, User.name).join(Address.user),
        orm.select(Address.email, alias.name).join(Address.user.of_type(alias)),
        orm.select(User.name, Address.email).join_from(User, Address),
        orm.select(User.name, Address.email).join_from(User, Address, User.addresses),
        orm.select(User.name, Address.email).join_from(User, User.addresses),
        orm.select(User.name, Address.email).outerjoin_from(User, Address),
        orm.select(User.name, Address.email).select_from(User).join(User.addresses),
        orm.select(User.name, Address.email).join(User.addresses).join(User.addresses),
        orm.select(User.name, alias.name).join(User.addresses).join(Address.user.of_type(alias)),
        orm.select(User.name, other.email).join(User.addresses).join(other, User.addresses),
    ]
    with orm.Session(engine) as session:
        return [(sql(one), sorted(map(str, session.execute(one).all()))) for one in joins]


@contract(*EVERY, roads=ROADS)
def test_criteria_of_a_joined_relationship(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = people(orm, engine)
    User, Address = world.User, world.Address
    other = orm.aliased(Address)
    ann = Address.email.like("%@a.org")
    joins = [
        orm.select(User.name, Address.email).outerjoin(User.addresses.and_(ann)),
        orm.select(User.name, other.email).outerjoin(
            User.addresses.of_type(other).and_(other.email.like("%@b.org"))
        ),
        orm.select(User.name, other.email).outerjoin(User.addresses.of_type(other).and_(ann)),
        orm.select(User.name, other.email).outerjoin(User.addresses.and_(ann).of_type(other)),
        orm.select(User.name).join(User.addresses.and_(Address.id > 1, Address.id < 3)),
        orm.select(User.name).join(User.addresses).filter_by(email="ann@b.org"),
        orm.select(User.name).join(User.addresses).where(Address.email == "bob@a.org"),
        orm.select(User.name, func.count(Address.id))
        .outerjoin(User.addresses)
        .group_by(User.name),
    ]
    with orm.Session(engine) as session:
        return [(sql(one), sorted(map(str, session.execute(one).all()))) for one in joins]


@contract(*EVERY, roads=ROADS)
def test_joins_of_a_class_with_itself(orm: Orm, heard: Recorder, engine: Engine) -> object:
    Node = shop(orm, engine).Node
    one, two = orm.aliased(Node), orm.aliased(Node)
    joins = [
        orm.select(Node.name, one.name).join(Node.children.of_type(one)),
        orm.select(Node.name, one.name).join(one, Node.children),
        orm.select(Node.name, one.name).join(one, Node.parent),
        orm.select(one.name, Node.name).join(one.children),
        orm.select(Node.name, two.name)
        .join(Node.parent.of_type(one))
        .outerjoin(one.parent.of_type(two)),
        orm.select(Node.name, one.name).join(one, Node.twigs),
        orm.select(one.name, two.name).join(two, one.twigs),
        orm.select(Node.name).join(one, one.id == Node.parent_id).where(one.name == "root"),
    ]
    with orm.Session(engine) as session:
        return [(sql(one), sorted(map(str, session.execute(one).all()))) for one in joins]


@contract(*EVERY, roads=ROADS)
def test_joins_through_an_association_table(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = shop(orm, engine)
    Post, Tag = world.Post, world.Tag
    tag, post = orm.aliased(Tag), orm.aliased(Post)
    joins = [
        orm.select(Post.title, Tag.name).join(Post.tags),
        orm.select(Post.title, Tag.name).outerjoin(Post.tags),
        orm.select(Post.title, tag.name).join(Post.tags.of_type(tag)),
        orm.select(Post.title, tag.name).outerjoin(tag, Post.tags),
        orm.select(post.title, Post.title).join(post.tags).join(Tag.posts),
        orm.select(Post.title, Tag.name).join(Post.new_tags),
        orm.select(Post.title, Tag.name).outerjoin(Post.new_tags.and_(Tag.name == "red")),
        orm.select(Post.title).join(world.links).join(Tag),
        orm.select(Post.title, tag.name).join(Post.tags).join(tag, Post.new_tags),
    ]
    with orm.Session(engine) as session:
        return [(sql(one), sorted(map(str, session.execute(one).all()))) for one in joins]


@contract(*EVERY)
def test_joins_of_a_query(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = people(orm, engine)
    User, Address = world.User, world.Address
    other = orm.aliased(Address)
    with orm.Session(engine) as session:
        query = session.query(User).order_by(User.id)
        return [
            [user.name for user in found]
            for found in (
                query.join(User.addresses),
                query.join(Address).filter_by(email="bob@a.org"),
                query.outerjoin(other, User.addresses).filter(other.id.is_(None)),
                query.join(User.addresses.of_type(other)).filter(other.id == 2),
                query.join(Address, User.id == Address.user_id).reset_joinpoint(),
                session.query(User).select_from(Address).join(Address.user).order_by(User.id),
                query.join(User.addresses.and_(Address.id == 3)),
            )
        ] + [
            session.query(Address.email, User.name).join(Address.user).count(),
            session.query(func.count(User.id)).join(User.addresses).scalar(),
        ]


@contract(roads=ROADS)
def test_joins_that_cannot_be_made(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = people(orm, engine)
    User, Address = world.User, world.Address
    other = shop(orm, engine)
    alias = orm.aliased(User)
    refused: list[Any] = [
        lambda: orm.select(other.Node).join(other.Node.children),
        lambda: orm.select(User).join_from(alias, User.addresses),
        lambda: orm.select(User).join(other.Tag),
        lambda: orm.select(User).join(other.Tag, User.addresses),
        lambda: orm.select(User).join(User.addresses.of_type(other.Tag)),
        lambda: orm.select(User).join(User.name),
        lambda: orm.select(User).join("addresses"),
        lambda: orm.select(User).join(5),
        lambda: orm.select(func.count()).join(Address),
        lambda: orm.select(User).join(User.addresses, User.id == Address.user_id),
        lambda: orm.select(User, alias).join(Address),
        lambda: orm.select(User).join(User.addresses.name),
    ]
    with orm.Session(engine) as session:
        return [heard.error(lambda make=make: session.execute(make()).all()) for make in refused]

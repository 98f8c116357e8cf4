"""Relationships in criteria: compared with objects and None, any, has, contains, with_parent."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Column, Engine, ForeignKeyConstraint, Integer, String

from .databases import EVERY
from .heard import Recorder
from .models import people
from .oracle import ROADS, Orm
from .runner import contract
from .test_joins import shop

# Users compare with None itself; a name keeps the linter from taking it for a slip.
NOTHING = None


def where(statement: Any) -> str:
    """Return the FROM and WHERE of a statement on one line, parameters without their names."""
    text = " ".join(str(statement).split()).partition(" FROM ")[2]
    return re.sub(r":\w+", ":value", text)


def found(session: Any, column: Any, orm: Orm, criteria: list[Any]) -> list[Any]:
    """Return for each criterion the values of `column` that it finds."""
    return [sorted(session.scalars(orm.select(column).where(each)).all()) for each in criteria]


@contract(*EVERY, roads=ROADS)
def test_many_to_one_compared(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = people(orm, engine)
    User, Address = world.User, world.Address
    alias = orm.aliased(Address)
    with orm.Session(engine) as session:
        session.add(Address(email="lone"))
        session.commit()
        ann, bob = session.get(User, 1), session.get(User, 2)
        criteria = [
            Address.user == ann,
            Address.user != ann,
            ~(Address.user == ann),
            Address.user == NOTHING,
            Address.user != NOTHING,
            Address.user.has(),
            Address.user.has(User.name == "Bob"),
            Address.user.has(name="Bob", age=25),
            ~Address.user.has(name="Bob"),
            orm.not_(Address.user.has(name="Ann")),
            orm.and_(Address.user == ann, Address.id > 1),
            orm.or_(Address.user == bob, Address.user == NOTHING),
            orm.or_(Address.user.has(User.age > 28), Address.email == "lone"),
        ]
        of_alias = [
            alias.user == ann,
            alias.user != ann,
            alias.user == NOTHING,
            alias.user.has(name="Bob"),
        ]
        shapes = (0, 3, 4, 5, 6, 8)
        return [
            found(session, Address.id, orm, criteria),
            found(session, alias.id, orm, of_alias),
            [where(orm.select(Address.id).where(criteria[n])) for n in shapes],
            [where(orm.select(alias.id).where(each)) for each in (of_alias[0], of_alias[3])],
            [item.id for item in session.query(Address).filter(Address.user == bob)],
        ]


@contract(*EVERY, roads=ROADS)
def test_collections_compared(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = people(orm, engine)
    User, Address = world.User, world.Address
    alias, other = orm.aliased(User), orm.aliased(Address)
    with orm.Session(engine) as session:
        first = session.get(Address, 1)
        criteria = [
            User.addresses.any(),
            ~User.addresses.any(),
            User.addresses.any(Address.email.like("%b.org")),
            User.addresses.any(email="bob@a.org"),
            User.addresses.any(orm.or_(Address.email == "x", User.name == "Ann")),
            User.addresses.contains(first),
            ~User.addresses.contains(first),
            User.addresses == NOTHING,
            User.addresses != NOTHING,
            User.addresses.of_type(other).any(other.email == "ann@b.org"),
            orm.and_(User.addresses.any(), ~User.addresses.any(email="bob@a.org")),
        ]
        of_alias = [
            alias.addresses.any(Address.id == 3),
            alias.addresses.contains(first),
            alias.addresses == NOTHING,
        ]
        return [
            found(session, User.name, orm, criteria),
            found(session, alias.name, orm, of_alias),
            [where(orm.select(User.id).where(each)) for each in criteria[:8]],
            [where(orm.select(alias.id).where(each)) for each in of_alias],
            [user.name for user in session.query(User).filter(User.addresses.any(id=3))],
        ]


@contract(*EVERY, roads=ROADS)
def test_a_class_related_to_itself(orm: Orm, heard: Recorder, engine: Engine) -> object:
    Node = shop(orm, engine).Node
    alias = orm.aliased(Node)
    with orm.Session(engine) as session:
        root = session.scalars(orm.select(Node).where(Node.name == "root")).one()
        leaf = session.scalars(orm.select(Node).where(Node.name == "a1")).one()
        criteria = [
            Node.children.any(),
            Node.children.any(Node.name == "a1"),
            Node.children.any(name="b"),
            ~Node.children.any(Node.kind == "twig"),
            Node.parent.has(Node.name == "root"),
            Node.parent.has(kind="twig"),
            Node.parent.has(Node.parent.has(Node.name == "root")),
            Node.parent == root,
            Node.parent != root,
            Node.parent == NOTHING,
            Node.children.contains(leaf),
            Node.children.of_type(alias).any(alias.name == "c"),
            Node.twigs.any(),
            Node.twigs.any(Node.name == "c"),
        ]
        of_alias = [
            alias.children.any(Node.name == "a1"),
            alias.parent.has(Node.name == "root"),
            alias.parent == root,
        ]
        shapes = [where(orm.select(Node.id).where(each)) for each in criteria[:10]]
        return [
            found(session, Node.name, orm, criteria),
            found(session, alias.name, orm, of_alias),
            shapes,
            [where(orm.select(alias.id).where(each)) for each in of_alias],
        ]


@contract(*EVERY, roads=ROADS)
def test_many_to_many_compared(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = shop(orm, engine)
    Post, Tag = world.Post, world.Tag
    post, tag = orm.aliased(Post), orm.aliased(Tag)
    with orm.Session(engine) as session:
        red = session.scalars(orm.select(Tag).where(Tag.name == "red")).one()
        blue = session.scalars(orm.select(Tag).where(Tag.name == "blue")).one()
        criteria = [
            Post.tags.any(),
            ~Post.tags.any(),
            Post.tags.any(Tag.name == "blue"),
            Post.tags.any(name="red"),
            Post.tags.contains(red),
            ~Post.tags.contains(blue),
            Post.tags.contains(red) & Post.tags.contains(blue),
            Post.tags == NOTHING,
            Post.tags != NOTHING,
            Post.tags.of_type(tag).any(tag.name == "blue"),
            Post.new_tags.any(),
            Post.new_tags.contains(red),
            Post.new_tags.contains(blue),
        ]
        of_alias = [post.tags.any(Tag.name == "blue"), post.tags.contains(blue)]
        return [
            found(session, Post.title, orm, criteria),
            found(session, post.title, orm, of_alias),
            [where(orm.select(Post.id).where(each)) for each in criteria[:5]],
            [where(orm.select(post.id).where(each)) for each in of_alias],
        ]


def pairs(orm: Orm, engine: Engine) -> Any:
    """Declare two classes that are tied by a key of two columns."""
    Base: Any = orm.declarative_base()

    class Spot(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "spots"
        x = Column(Integer, primary_key=True, autoincrement=False)
        y = Column(Integer, primary_key=True, autoincrement=False)
        ships = orm.relationship("Ship", back_populates="spot")

    class Ship(Base):  # type: ignore[misc] # as above
        __tablename__ = "ships"
        name = Column(String(20), primary_key=True)
        at_x = Column(Integer)
        at_y = Column(Integer)
        spot = orm.relationship("Spot", back_populates="ships")
        __table_args__ = (ForeignKeyConstraint(["at_x", "at_y"], ["spots.x", "spots.y"]),)

    Base.classes = (Spot, Ship)
    Base.metadata.create_all(engine)
    with orm.Session(engine) as session:
        here = Spot(x=1, y=1)
        session.add_all([Ship(name="Argo", spot=here), Ship(name="Fram", spot=Spot(x=2, y=2))])
        session.add(Ship(name="Lost"))
        session.commit()
    return SimpleNamespace(Spot=Spot, Ship=Ship)


@contract(*EVERY, roads=ROADS)
def test_keys_of_two_columns_compared(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = pairs(orm, engine)
    Spot, Ship = world.Spot, world.Ship
    with orm.Session(engine) as session:
        here, argo = session.get(Spot, (1, 1)), session.get(Ship, "Argo")
        criteria = [
            Ship.spot == here,
            Ship.spot != here,
            Ship.spot == NOTHING,
            Ship.spot != NOTHING,
            Ship.spot.has(Spot.x == 2),
        ]
        return [
            found(session, Ship.name, orm, criteria),
            found(session, Spot.x, orm, [Spot.ships.contains(argo), Spot.ships.any(name="Fram")]),
            [where(orm.select(Ship.name).where(each)) for each in (criteria[0], criteria[3])],
        ]


@contract(*EVERY, roads=ROADS)
def test_rows_of_a_parent(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world, tree = people(orm, engine), shop(orm, engine)
    User, Address, Node, Post, Tag = world.User, world.Address, tree.Node, tree.Post, tree.Tag
    address, tag = orm.aliased(Address), orm.aliased(Tag)
    with orm.Session(engine) as session:
        ann, first = session.get(User, 1), session.get(Address, 1)
        root = session.scalars(orm.select(Node).where(Node.name == "root")).one()
        post = session.scalars(orm.select(Post).where(Post.title == "p")).one()
        of = orm.with_parent
        return [
            found(session, Address.id, orm, [of(ann, User.addresses)]),
            found(session, address.id, orm, [of(ann, User.addresses, from_entity=address)]),
            found(session, address.id, orm, [of(ann, User.addresses.of_type(address))]),
            found(session, User.name, orm, [of(first, Address.user)]),
            found(session, Node.name, orm, [of(root, Node.children), of(root, Node.twigs)]),
            found(session, Tag.name, orm, [of(post, Post.tags), of(post, Post.new_tags)]),
            found(session, tag.name, orm, [of(post, Post.tags, from_entity=tag)]),
            heard.error(lambda: of(ann, "addresses")),
        ]


@contract("sqlite", roads=ROADS)
def test_values_are_those_at_execution(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = people(orm, engine)
    User, Address = world.User, world.Address
    with orm.Session(engine) as session:
        late = User(name="late")
        statement = orm.select(Address.email).where(Address.user == late)
        told = [heard.error(lambda: session.scalars(statement).all())]
        session.add(late)
        session.add(Address(email="its", user=late))
        told.append(session.scalars(statement).all())
        session.commit()
        told.append(session.scalars(statement).all())
        moving = session.get(Address, 1)
        owners = orm.select(User.name).where(User.addresses.contains(moving))
        told.append(session.scalars(owners).all())
        moving.user = late
        told.append(session.scalars(owners).all())
        session.expunge_all()
        told.append(session.scalars(statement).all())
    absent = orm.select(Address.id).where(Address.user == User(id=1))
    with orm.Session(engine) as session:
        return [*told, session.scalars(absent).all()]


@contract(roads=ROADS)
def test_objects_without_a_value(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world, tree = people(orm, engine), shop(orm, engine)
    User, Address = world.User, world.Address
    refused = [
        orm.select(Address.id).where(Address.user == User()),
        orm.select(Address.id).where(Address.user != User()),
        orm.select(User.id).where(User.addresses.contains(Address())),
        orm.select(Address.id).where(orm.with_parent(User(), User.addresses)),
        orm.select(tree.Post.id).where(tree.Post.tags.contains(tree.Tag())),
    ]
    with orm.Session(engine) as session:
        return [heard.error(lambda one=one: session.scalars(one).all()) for one in refused]


@contract(roads=ROADS)
def test_what_a_relationship_cannot_do(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = people(orm, engine)
    User, Address = world.User, world.Address
    with orm.Session(engine) as session:
        ann, first = session.get(User, 1), session.get(Address, 1)

        def unsupported(act: Any) -> bool:
            try:
                act()
            except NotImplementedError:
                return True
            return False

        return [
            heard.error(lambda: User.addresses == first),
            heard.error(lambda: User.addresses != first),
            heard.error(lambda: User.addresses.has()),
            heard.error(lambda: Address.user.any()),
            heard.error(lambda: Address.user.contains(ann)),
            heard.error(lambda: Address.user == 5),
            heard.error(lambda: Address.user == User),
            heard.error(lambda: Address.user.has(nme="x")),
            unsupported(lambda: Address.user.in_([ann])),
            unsupported(lambda: Address.user.not_in([ann])),
            unsupported(lambda: Address.user > ann),
            unsupported(lambda: Address.user.like("x")),
            unsupported(lambda: Address.user.is_distinct_from(ann)),
        ]


@contract(*EVERY, roads=ROADS)
def test_conditions_beyond_the_foreign_key(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = people(orm, engine)
    User, Address = world.User, world.Address
    User.at_a = orm.relationship(
        Address,
        primaryjoin=lambda: orm.and_(
            User.id == Address.user_id, Address.email.like("%@a.org"), User.age > 26
        ),
        order_by=Address.email.desc(),
        viewonly=True,
    )
    Address.grown = orm.relationship(
        User,
        primaryjoin=lambda: orm.and_(User.id == orm.foreign(Address.user_id), User.age > 26),
        viewonly=True,
    )
    alias, other = orm.aliased(User), orm.aliased(Address)
    with orm.Session(engine) as session:
        ann, bob = session.get(User, 1), session.get(User, 2)
        first, second = session.get(Address, 1), session.get(Address, 2)
        users = [
            User.at_a.any(),
            User.at_a.any(Address.id == 2),
            User.at_a.contains(first),
            User.at_a.contains(second),
        ]
        addresses = [
            Address.grown == ann,
            Address.grown == bob,
            Address.grown != ann,
            Address.grown.has(),
            ~Address.grown.has(User.name == "Ann"),
            orm.with_parent(ann, User.at_a),
            orm.with_parent(bob, User.at_a),
        ]
        joined = orm.select(alias.name, other.email).outerjoin(other, alias.at_a)
        return [
            [item.email for item in ann.at_a],
            list(bob.at_a),
            first.grown is ann,
            session.get(Address, 3).grown,
            found(session, User.name, orm, users),
            found(session, Address.id, orm, addresses),
            sorted(map(str, session.execute(joined).all())),
            where(joined),
        ]


@contract(*EVERY, roads=ROADS)
def test_criteria_of_writes(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = people(orm, engine)
    User, Address = world.User, world.Address
    with orm.Session(engine) as session:
        ann = session.get(User, 1)
        emails = orm.update(Address).where(Address.user == ann).values(email=Address.email + "!")
        ages = orm.update(User).where(User.addresses.any(Address.id == 3)).values(age=1)
        told = [
            session.execute(emails).rowcount,
            session.execute(ages).rowcount,
            session.execute(orm.delete(User).where(~User.addresses.any())).rowcount,
            session.query(Address).filter(Address.user.has(name="Bob")).update({"email": "new"}),
            session.query(Address).filter(Address.user == ann, Address.id == 2).delete(),
        ]
        session.commit()
        rows = session.execute(orm.select(Address.id, Address.email).order_by(Address.id)).all()
        return [*told, rows, session.execute(orm.select(User.id, User.age)).all()]

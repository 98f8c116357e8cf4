"""Relationships as applications combine them, each on every database."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    Column,
    Engine,
    ForeignKey,
    Integer,
    String,
    Table,
    func,
    select,
)

from .databases import EVERY, strict
from .heard import Recorder
from .oracle import Orm
from .runner import contract
from .shapes import coded_staff, rooms, tree

WHOLE = "all, delete-orphan"


@contract(*EVERY)
def test_an_association_object_and_a_view_through_its_table(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    strict(engine)
    Base: Any = orm.declarative_base()

    class User(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "users"
        id = Column(Integer, primary_key=True)
        links = orm.relationship("Link", back_populates="user", cascade=WHOLE)
        tags = orm.relationship("Tag", secondary="links", viewonly=True, order_by="Tag.name")

    class Link(Base):  # type: ignore[misc] # as above
        __tablename__ = "links"
        user_id: Any = Column(ForeignKey("users.id"), primary_key=True)
        tag_id: Any = Column(ForeignKey("tags.id"), primary_key=True)
        note = Column(String(20))
        user = orm.relationship("User", back_populates="links")
        tag = orm.relationship("Tag", back_populates="links")

    class Tag(Base):  # type: ignore[misc] # as above
        __tablename__ = "tags"
        id = Column(Integer, primary_key=True)
        name = Column(String(20))
        links = orm.relationship("Link", back_populates="tag")

    Base.metadata.create_all(engine)
    with orm.Session(engine) as session:
        user = User(links=[Link(tag=Tag(name=name), note=name) for name in "xyz"])
        session.add(user)
        session.commit()
        told = [[each.name for each in user.tags]]
        user.links.remove(next(each for each in user.links if each.note == "x"))
        session.commit()
        told.append([each.name for each in user.tags])
        taken = next(each for each in user.links if each.note == "y")
        user.links[user.links.index(taken)] = Link(tag=taken.tag, note="new")
        session.commit()
        told.append(sorted(each.note for each in user.links))
        session.delete(user)
        session.commit()
        return told, len(session.scalars(orm.select(Link.note)).all())


@contract(*EVERY)
def test_a_tree_of_limited_depth_is_moved_and_pruned(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    strict(engine)
    Node = tree(orm, engine, cascade=WHOLE, lazy="joined", join_depth=2).Node
    with orm.Session(engine) as session:
        root = last = Node(name="root")
        for number in range(5):
            last.children.append(Node(name=str(number)))
            last = last.children[0]
        session.add(root)
        session.commit()
        session.expunge_all()
        root = session.scalars(orm.select(Node).filter_by(name="root")).unique().one()
        moved = root.children[0].children[0]
        moved.parent = root
        session.commit()
        told = [[each.name for each in root.children], len(moved.children)]
        moved.parent = None
        session.commit()
        told.append(sorted(session.scalars(orm.select(Node.name))))
        session.delete(root)
        session.commit()
        return told, len(session.scalars(orm.select(Node.id)).all())


@contract(*EVERY)
def test_the_one_that_is_replaced_shares_its_key_with_its_owner(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    strict(engine)
    Base: Any = orm.declarative_base()

    class User(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "users"
        id = Column(Integer, primary_key=True)
        card = orm.relationship("Card", uselist=False, back_populates="user", cascade=WHOLE)

    class Card(Base):  # type: ignore[misc] # as above
        __tablename__ = "cards"
        id: Any = Column(ForeignKey("users.id"), primary_key=True)
        text = Column(String(20))
        user = orm.relationship("User", back_populates="card")

    Base.metadata.create_all(engine)
    with orm.Session(engine) as session:
        user = User(card=Card(text="first"))
        session.add(user)
        session.commit()
        user.card = Card(text="second")
        session.commit()
        told = [user.card.text, len(session.scalars(orm.select(Card.id)).all())]
        user.card = None
        session.commit()
        told.append(len(session.scalars(orm.select(Card.id)).all()))
        user.card = Card(text="third")
        session.commit()
        session.delete(user)
        session.commit()
        return told, len(session.scalars(orm.select(Card.id)).all())


@contract(*EVERY)
def test_a_family_told_by_an_expression_is_joined_and_loaded_by_class(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = coded_staff(orm, engine)
    Firm, Person, Manager, Engineer = world.Firm, world.Person, world.Manager, world.Engineer
    with orm.Session(engine) as session:
        staff = [Manager(code="m", title="x"), Engineer(code="e", skill="y"), Person(code="q")]
        session.add(Firm(staff=staff))
        session.commit()
        session.expunge_all()
        found = session.scalars(orm.select(Firm)).one()
        told: list[Any] = [[type(each).__name__ for each in found.staff]]
        joined = orm.select(Firm).join(Firm.staff.of_type(Manager)).where(Manager.title == "x")
        told.append(len(session.scalars(joined).all()))
        skilled = Firm.staff.of_type(Engineer).any(Engineer.skill == "y")
        told.append(len(session.scalars(orm.select(Firm).where(skilled)).all()))
        session.expunge_all()
        eager = orm.select(Firm).options(orm.selectinload(Firm.staff.of_type(Manager)))
        told.append([type(each).__name__ for each in session.scalars(eager).one().staff])
        return told


@contract(*EVERY)
def test_a_key_of_two_columns_that_is_half_null_refers_to_nothing(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = rooms(orm, engine)
    Room, Guest = world.Room, world.Guest
    with orm.Session(engine) as session:
        room, half, whole = Room(house=1, number=2), Guest(house=1), Guest()
        whole.room = room
        session.add_all([room, half, whole])
        session.commit()
        told: list[Any] = [half.room, half.house]
        half.number = 2
        session.commit()
        told.append(half.room is room)
        half.room = None
        whole.number = None
        session.commit()
        told += [half.house, half.number, whole.house, whole.room, len(room.guests)]
        for criterion in (Guest.room == None, Guest.room != None):  # noqa: E711 # as SQL
            told.append(len(session.scalars(orm.select(Guest).where(criterion)).all()))
        lonely = orm.select(Room.number).where(~Room.guests.any())
        return told, session.scalars(lonely).all()


@contract(*EVERY)
def test_a_backref_to_one_that_owns(orm: Orm, heard: Recorder, engine: Engine) -> object:
    strict(engine)
    Base: Any = orm.declarative_base()

    class Motor(Base):  # type: ignore[misc] # as above
        __tablename__ = "engines"
        id = Column(Integer, primary_key=True)
        car_id: Any = Column(ForeignKey("cars.id"))
        car = orm.relationship("Car", backref=orm.backref("engine", uselist=False, cascade=WHOLE))

    class Car(Base):  # type: ignore[misc] # as above
        __tablename__ = "cars"
        id = Column(Integer, primary_key=True)

    Base.metadata.create_all(engine)
    orm.configure_mappers()
    with orm.Session(engine) as session:
        heard.attribute(Car.engine)
        heard.attribute(Motor.car)
        car = Car(engine=Motor())
        session.add(car)
        session.commit()
        car.engine = Motor()
        session.commit()
        Motor(car=car)
        session.commit()
        told = session.scalars(orm.select(Motor.id)).all()
        session.delete(car)
        session.commit()
        return told, session.scalars(orm.select(Motor.id)).all()


@contract(*EVERY)
def test_a_join_with_a_constant_and_one_with_a_subquery(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    Base: Any = orm.declarative_base()

    class User(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "users"
        id = Column(Integer, primary_key=True)
        homes = orm.relationship(
            "Home", back_populates="user", cascade=WHOLE, overlaps="in_rome", order_by="Home.id"
        )
        in_rome = orm.relationship(
            "Home",
            primaryjoin="and_(User.id == Home.user_id, Home.city == 'Rome')",
            overlaps="homes, user",
        )
        last = orm.relationship(
            "Home",
            primaryjoin=lambda: (
                (User.id == Home.user_id)
                & (
                    Home.id
                    == select(func.max(Home.id))
                    .where(Home.user_id == User.id)
                    .correlate(User)
                    .scalar_subquery()
                )
            ),
            viewonly=True,
            uselist=False,
        )

    class Home(Base):  # type: ignore[misc] # as above
        __tablename__ = "homes"
        id = Column(Integer, primary_key=True)
        city = Column(String(20))
        user_id: Any = Column(ForeignKey("users.id"))
        user = orm.relationship("User", back_populates="homes", overlaps="in_rome")

    Base.metadata.create_all(engine)
    with orm.Session(engine) as session:
        session.add_all([User(homes=[Home(city="Rome"), Home(city="York")]), User()])
        session.commit()
        told = []
        for load in (orm.lazyload, orm.joinedload, orm.selectinload, orm.subqueryload):
            session.expunge_all()
            wanted = orm.select(User).options(load(User.in_rome)).order_by(User.id)
            found = session.scalars(wanted).unique().all()
            told.append([len(each.in_rome) for each in found])
        user = session.get(User, 1)
        told.append([user.last.city])
        user.in_rome.append(Home(city="Pisa"))
        session.commit()
        told.append([len(user.in_rome), len(user.homes), user.last.city])
        some = orm.select(User.id).where(User.in_rome.any())
        return told, session.scalars(some).all()


@contract(*EVERY)
def test_friends_of_one_class_come_and_go(orm: Orm, heard: Recorder, engine: Engine) -> object:
    strict(engine)
    Base: Any = orm.declarative_base()
    pairs = Table(
        "friends",
        Base.metadata,
        Column("one", ForeignKey("users.id"), primary_key=True),
        Column("other", ForeignKey("users.id"), primary_key=True),
    )

    class User(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "users"
        id = Column(Integer, primary_key=True)
        name = Column(String(20))
        friends = orm.relationship(
            "User",
            secondary=pairs,
            primaryjoin=id == pairs.c.one,
            secondaryjoin=id == pairs.c.other,
            back_populates="friend_of",
        )
        friend_of = orm.relationship(
            "User",
            secondary=pairs,
            primaryjoin=id == pairs.c.other,
            secondaryjoin=id == pairs.c.one,
            back_populates="friends",
        )

    Base.metadata.create_all(engine)
    with orm.Session(engine) as session:
        ann, bob, cid = (User(name=name) for name in ("Ann", "Bob", "Cid"))
        ann.friends, bob.friends = [bob, cid], [ann]
        session.add(ann)
        session.commit()
        ann.friend_of.remove(bob)
        ann.friends.append(ann)
        session.commit()
        told = [sorted(each.name for each in user.friend_of) for user in (ann, bob, cid)]
        session.delete(ann)
        session.commit()
        return told, [[each.name for each in user.friends] for user in (bob, cid)]


@contract(*EVERY)
def test_a_dict_of_objects_of_several_classes(orm: Orm, heard: Recorder, engine: Engine) -> object:
    strict(engine)
    Base: Any = orm.declarative_base()

    class Page(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "pages"
        id = Column(Integer, primary_key=True)
        parts = orm.relationship(
            "Part",
            collection_class=orm.attribute_keyed_dict("name"),
            cascade=WHOLE,
            back_populates="page",
        )

    class Part(Base):  # type: ignore[misc] # as above
        __tablename__ = "parts"
        id = Column(Integer, primary_key=True)
        kind = Column(String(20))
        name = Column(String(20))
        page_id: Any = Column(ForeignKey("pages.id"))
        page = orm.relationship("Page", back_populates="parts")
        __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "part"}

    class Image(Part):
        __tablename__ = "images"
        id: Any = Column(ForeignKey("parts.id"), primary_key=True)
        width = Column(Integer)
        __mapper_args__ = {"polymorphic_identity": "image"}

    Base.metadata.create_all(engine)
    with orm.Session(engine) as session:
        page = Page(parts={"a": Part(name="a"), "b": Image(name="b", width=4)})
        session.add(page)
        session.commit()
        told: list[Any] = [sorted((k, type(v).__name__) for k, v in page.parts.items())]
        page.parts["b"] = Image(name="b", width=5)
        del page.parts["a"]
        Image(name="c", page=page)
        session.commit()
        told.append(sorted((k, v.width) for k, v in page.parts.items()))
        page.parts["b"].name = "renamed"
        session.commit()
        told.append(sorted(page.parts))
        session.delete(page)
        session.commit()
        return told, session.scalars(orm.select(Part.id)).all()


@contract(*EVERY)
def test_the_favorite_among_the_children_of_a_deleted_parent(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    strict(engine)
    Base: Any = orm.declarative_base()

    class Shelf(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "shelves"
        id = Column(Integer, primary_key=True)
        best_id: Any = Column(ForeignKey("books.id", name="best_book"))
        books = orm.relationship(
            "Book", foreign_keys="Book.shelf_id", back_populates="shelf", cascade=WHOLE
        )
        best = orm.relationship("Book", foreign_keys=[best_id], post_update=True)

    class Book(Base):  # type: ignore[misc] # as above
        __tablename__ = "books"
        id = Column(Integer, primary_key=True)
        shelf_id: Any = Column(ForeignKey("shelves.id"), nullable=False)
        shelf = orm.relationship("Shelf", foreign_keys=[shelf_id], back_populates="books")

    Base.metadata.create_all(engine)
    with orm.Session(engine) as session:
        for _number in range(2):
            shelf = Shelf(books=[Book(), Book()])
            shelf.best = shelf.books[1]
            session.add(shelf)
        session.commit()
        session.expunge_all()
        first, second = session.scalars(orm.select(Shelf).order_by(Shelf.id)).all()
        session.delete(first)
        session.commit()
        second.best = Book(shelf=second)
        session.commit()
        told = [second.best_id is not None, len(second.books)]
        session.delete(second)
        session.commit()
        return told, session.scalars(orm.select(Book.id)).all()

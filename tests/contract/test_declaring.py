"""Declaring: both styles, keys, defaults, versions, names and special columns."""

from __future__ import annotations

import datetime
import decimal
import enum
import uuid
from typing import Annotated, Any, Optional

from sqlalchemy import (
    JSON,
    Column,
    Computed,
    Engine,
    ForeignKey,
    Identity,
    Integer,
    MetaData,
    Numeric,
    Sequence,
    String,
    Table,
    TypeDecorator,
    UniqueConstraint,
    func,
    select,
    text,
)

from .databases import EVERY
from .heard import Recorder
from .oracle import Orm
from .runner import contract


class Color(enum.Enum):
    """What a ship may be painted."""

    RED = "r"
    BLUE = "b"


class Lower(TypeDecorator[str]):
    """Stores text in lower case and gives it back in capitals."""

    impl = String(30)
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: object) -> str | None:
        return None if value is None else value.lower()

    def process_result_value(self, value: str | None, dialect: object) -> str | None:
        return None if value is None else value.upper()


def mapped(base: Any, name: str, annotations: dict[str, Any], **body: Any) -> Any:
    """Declare a class from annotations that only exist at run time."""
    namespace = {"__tablename__": name.lower(), "__annotations__": annotations, **body}
    return type(name, (base,), namespace)


@contract(*EVERY)
def test_annotations_give_columns(orm: Orm, heard: Recorder, engine: Engine) -> object:
    Mapped, column = orm.Mapped, orm.mapped_column
    Short = Annotated[str, 20]
    Key = Annotated[int, column(primary_key=True)]

    class Base(orm.DeclarativeBase):
        type_annotation_map = {Short: String(20), str: String(50), dict[str, Any]: JSON}

    annotations = {
        "id": Mapped[Key],
        "name": Mapped[str],
        "nick": Mapped[Optional[Short]],  # noqa: UP045 - the older spelling must work too
        "code": Mapped[Short | None],
        "color": Mapped[Color],
        "built": Mapped[datetime.datetime],
        "price": Mapped[decimal.Decimal],
        "token": Mapped[uuid.UUID],
        "extra": Mapped[dict[str, Any]],
        "good": Mapped[bool],
    }
    price = column(Numeric(10, 2))
    Ship = mapped(Base, "Ship", annotations, price=price)
    Base.metadata.create_all(engine)
    moment = datetime.datetime(2024, 2, 29, 12, 30)
    with orm.Session(engine) as session:
        ship = Ship(name="Argo", color=Color.BLUE, built=moment, price=decimal.Decimal("1.50"))
        ship.token, ship.extra, ship.good = uuid.UUID(int=7), {"a": [1, None]}, True
        session.add(ship)
        session.commit()
        columns = Ship.__table__.c
        return [
            [getattr(ship, key) if key != "color" else ship.color.name for key in annotations],
            [(column.name, column.nullable, column.primary_key) for column in columns],
        ]


@contract(*EVERY)
def test_mixins_declared_attr_and_abstract_bases(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    Base = orm.declarative_base()

    class Named:
        name = Column(String(30), nullable=False)

        @orm.declared_attr.directive
        def __tablename__(cls) -> str:
            return cls.__name__.lower() + "s"

        @orm.declared_attr
        def label(cls):  # type: ignore[no-untyped-def] # an annotation would declare the column
            return Column(String(30), default=cls.__name__)

    class Keyed(Base):
        __abstract__ = True
        id = Column(Integer, primary_key=True)

    class Dog(Named, Keyed):
        __table_args__ = (UniqueConstraint("name"), {"comment": "good dogs"})

    class Cat(Named, Keyed):
        pass

    Base.metadata.create_all(engine)
    with orm.Session(engine) as session:
        session.add_all([Dog(name="Rex"), Cat(name="Tom")])
        session.commit()
        labels = [session.get(class_, 1).label for class_ in (Dog, Cat)]
    return [labels, [column.name for column in Dog.__table__.c], Dog.__table__.comment]


@contract(*EVERY)
def test_composite_and_natural_keys(orm: Orm, heard: Recorder, engine: Engine) -> object:
    Base = orm.declarative_base()

    class Seat(Base):
        __tablename__ = "seats"
        line = Column(String(5), primary_key=True)
        number = Column(Integer, primary_key=True, autoincrement=False)
        guest = Column(String(20))

    class Guest(Base):
        __tablename__ = "guests"
        name = Column(String(20), primary_key=True)
        line = Column(String(5))

    Base.metadata.create_all(engine)
    heard.classes(Seat, Guest, attributes=False)
    with orm.Session(engine) as session:
        session.add_all([Seat(line=line, number=n) for line in "BA" for n in (2, 1)])
        session.add(Guest(name="Ann"))
        session.commit()
        seat = session.get(Seat, ("A", 2))
        seat.guest = "Ann"
        session.flush()
        same = session.get(Seat, {"number": 2, "line": "A"}) is seat
        guest = session.get(Guest, "Ann")
        guest.name = "Bea"
        session.commit()
        moved = orm.inspect(guest).identity
        missing = Seat(line="C")
        session.add(missing)
        # The oracle leaves the column out, the subject writes NULL: MariaDB tells them apart.
        refused = heard.error(session.flush) in ("IntegrityError", "OperationalError")
        session.rollback()
        return [same, orm.inspect(seat).identity, moved, session.get(Guest, "Ann"), refused]


@contract(*EVERY)
def test_defaults_of_python_and_server(orm: Orm, heard: Recorder, engine: Engine) -> object:
    Base = orm.declarative_base()
    counter = iter(range(100, 200))

    class Job(Base):
        __tablename__ = "jobs"
        id = Column(Integer, primary_key=True)
        name = Column(String(20), default="no name")
        ticket = Column(Integer, default=lambda: next(counter))
        length = Column(Integer, default=lambda context: context.get_current_parameters()["id"])
        state = Column(String(20), server_default="new")
        level = Column(Integer, server_default=text("5"))
        shout = Column(String(20), default=func.upper("quiet"))
        changed = Column(Integer, onupdate=lambda: next(counter))
        again = Column(String(20), onupdate=func.lower("AGAIN"))

    Base.metadata.create_all(engine)
    heard.classes(Job, attributes=False)
    keys = ("name", "ticket", "length", "state", "level", "shout", "changed", "again")
    with orm.Session(engine) as session:
        jobs = [Job(id=1), Job(id=2, name=None, state="old", level=None)]
        session.add_all(jobs)
        session.flush()
        told = [[getattr(job, key) for key in keys] for job in jobs]
        jobs[0].name = "changed"
        session.flush()
        told.append([getattr(jobs[0], key) for key in keys])
        session.commit()
        return told


@contract("postgresql", "sqlite")
def test_eager_defaults_computed_and_identity(orm: Orm, heard: Recorder, engine: Engine) -> object:
    Base = orm.declarative_base()

    class Item(Base):
        __tablename__ = "items"
        id = Column(Integer, Identity(start=1), primary_key=True)
        price = Column(Integer)
        double = Column(Integer, Computed("price * 2"))
        state = Column(String(20), server_default="new")
        __mapper_args__ = {"eager_defaults": True}

    Base.metadata.create_all(engine)
    heard.classes(Item, attributes=False)
    with orm.Session(engine) as session:
        items = [Item(price=price) for price in (3, 4)]
        session.add_all(items)
        session.flush()
        heard.mark("read")
        told = [[item.id, item.double, item.state] for item in items]
        items[0].price = 10
        session.commit()
        return [*told, items[0].double]


@contract(*EVERY)
def test_a_sequence_numbers_rows_where_the_database_has_sequences(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    Base = orm.declarative_base()

    class Item(Base):
        __tablename__ = "items"
        id = Column(Integer, primary_key=True)
        number = Column(Integer, Sequence("numbers", start=40), nullable=True)

    Base.metadata.create_all(engine)
    with orm.Session(engine) as session:
        items = [Item() for _ in range(2)]
        session.add_all(items)
        session.flush()
        return [item.number for item in items]


@contract(*EVERY)
def test_versions_count_up(orm: Orm, heard: Recorder, engine: Engine) -> object:
    Base = orm.declarative_base()
    names = iter("abcdefgh")

    class Counted(Base):
        __tablename__ = "counted"
        id = Column(Integer, primary_key=True)
        text = Column(String(20))
        version = Column(Integer, nullable=False)
        __mapper_args__ = {"version_id_col": version}

    class Named(Base):
        __tablename__ = "named"
        id = Column(Integer, primary_key=True)
        text = Column(String(20))
        version = Column(String(20), nullable=False)
        __mapper_args__ = {
            "version_id_col": version,
            "version_id_generator": lambda version: f"{version} {next(names)}",
        }

    Base.metadata.create_all(engine)
    told = []
    with orm.Session(engine) as session:
        for class_ in (Counted, Named):
            row = class_(text="a")
            session.add(row)
            session.flush()
            told.append(row.version)
            row.text = "b"
            session.flush()
            told.append(row.version)
            session.commit()
            session.delete(row)
            session.commit()
    return told


@contract(*EVERY)
def test_attribute_names_differ_from_column_names(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    Base = orm.declarative_base()

    class User(Base):
        __tablename__ = "users"
        key = Column("user_id", Integer, primary_key=True)
        name = Column("user name", String(20), default="nobody")
        boss_key = Column("boss", ForeignKey("users.user_id"))

    Base.metadata.create_all(engine)
    heard.classes(User)
    with orm.Session(engine) as session:
        boss = User(name="Ann")
        session.add(boss)
        session.flush()
        session.add(User(boss_key=boss.key))
        session.commit()
        statement = orm.select(User).where(User.boss_key == 1, User.name == "nobody")
        user = session.scalars(statement).one()
        row = session.execute(orm.select(User.key, User.name).order_by(User.key)).first()
        user.name = "Bob"
        session.commit()
        return [user.key, user.name, row._asdict(), session.get(User, {"key": 2}) is user]


@contract(*EVERY)
def test_deferred_columns_and_column_property(orm: Orm, heard: Recorder, engine: Engine) -> object:
    Base = orm.declarative_base()

    class Book(Base):
        __tablename__ = "books"
        id = Column(Integer, primary_key=True)
        title = Column(String(20))
        body = orm.deferred(Column(String(200)))
        notes = orm.deferred(Column(String(200)), group="long")
        index = orm.deferred(Column(String(200)), group="long")
        loud = orm.column_property(func.upper(title))

    Book.shouted = orm.column_property(Book.title + "!")
    Base.metadata.create_all(engine)
    with orm.Session(engine) as session:
        session.add(Book(title="abc", body="long", notes="n", index="i"))
        session.commit()
    heard.classes(Book, attributes=False)
    with orm.Session(engine) as session:
        book = session.scalars(orm.select(Book).where(Book.shouted == "abc!")).one()
        told = [sorted(orm.inspect(book).unloaded), book.loud, book.shouted, book.body]
        told += [book.notes, sorted(orm.inspect(book).unloaded)]
        book.title = "xyz"
        session.commit()
        return [*told, book.loud, sorted(orm.inspect(book).unloaded)]


@contract(*EVERY)
def test_types_of_our_own_and_json_nulls(orm: Orm, heard: Recorder, engine: Engine) -> object:
    Base = orm.declarative_base()

    class Box(Base):
        __tablename__ = "boxes"
        id = Column(Integer, primary_key=True)
        name = Column(Lower())
        value = Column(JSON)
        none = Column(JSON(none_as_null=True))

    Base.metadata.create_all(engine)
    table = Box.__table__
    with orm.Session(engine) as session:
        boxes = [
            Box(name="MiXeD", value={"a": 1}, none=[1]),
            Box(value=None, none=None),
            Box(value=JSON.NULL, none=JSON.NULL),
            Box(),
        ]
        session.add_all(boxes)
        session.commit()
        nulls = select(table.c.value.is_(None), table.c.none.is_(None)).order_by(table.c.id)
        told = [tuple(map(bool, row)) for row in session.execute(nulls)]
        found = session.scalars(orm.select(Box).where(Box.name == "mixed")).all()
        return [told, [(box.name, box.value, box.none) for box in boxes], len(found)]


@contract()
def test_tables_given_whole_and_mapped_imperatively(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    metadata = MetaData()
    registry = orm.registry(metadata=metadata)
    parents = Table("parents", metadata, Column("id", Integer, primary_key=True))
    children = Table(
        "children",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("parent_id", ForeignKey("parents.id")),
    )

    class Parent(registry.generate_base()):
        __table__ = parents

    class Child:
        def __init__(self, **values: Any) -> None:
            vars(self).update({})
            for key, value in values.items():
                setattr(self, key, value)

    registry.map_imperatively(
        Child, children, properties={"parent": orm.relationship(Parent, backref="children")}
    )
    metadata.create_all(engine)
    heard.classes(Parent, Child)
    with orm.Session(engine) as session:
        heard.session(session)
        session.add(Child(parent=Parent()))
        session.commit()
        child = session.get(Child, 1)
        # The oracle reads an expired owner before its collection; the subject knows its key.
        child.parent.id
        return [child.parent.children == [child], child.parent_id]


@contract()
def test_classes_with_equality_and_no_hash_and_their_own_metaclass(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    class Base(orm.DeclarativeBase):
        pass

    class Point(Base):
        __tablename__ = "points"
        id = Column(Integer, primary_key=True)
        x = Column(Integer)

        def __eq__(self, other: object) -> bool:
            return isinstance(other, Point) and other.x == self.x

    class Meta(type):
        made: list[str] = []

        def __init__(cls, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> None:
            Meta.made.append(name)
            super().__init__(name, bases, body)

    class PlainBase(orm.DeclarativeBaseNoMeta, metaclass=Meta):
        pass

    class Thing(PlainBase):
        __tablename__ = "things"
        id = Column(Integer, primary_key=True)

    Base.metadata.create_all(engine)
    PlainBase.metadata.create_all(engine)
    with orm.Session(engine) as session:
        points = [Point(x=1), Point(x=1)]
        session.add_all([*points, Thing()])
        told = [len(session.new), points[0] in session, Point(x=1) in session]
        session.commit()
        session.delete(points[0])
        session.commit()
        return [*told, session.get(Point, 2) is points[1], session.get(Thing, 1).id, Meta.made]


@contract()
def test_attributes_added_after_mapping(orm: Orm, heard: Recorder, engine: Engine) -> object:
    Base = orm.declarative_base()

    class User(Base):
        __tablename__ = "users"
        id = Column(Integer, primary_key=True)

    User.name = Column(String(20))
    orm.add_mapped_attribute(User, "age", Column(Integer))
    Base.metadata.create_all(engine)
    with orm.Session(engine) as session:
        session.add(User(name="Ann", age=3))
        session.commit()
        return [session.get(User, 1).name, orm.inspect(User).attrs.keys()]

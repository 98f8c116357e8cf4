"""Keys that change, and the rows that refer to them: passive_updates, children that move."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Column, Engine, ForeignKey, Integer, String, Table, func

from .databases import BOTH, strict
from .heard import Recorder
from .oracle import Orm
from .runner import contract, marked


def named(orm: Orm, engine: Engine, **options: Any) -> Any:
    """Declare User and Note, which refers to its user by name; store Ann with two notes."""
    Base: Any = orm.declarative_base()
    far = options.pop("far", {})

    class User(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "users"
        name = Column(String(20), primary_key=True)
        notes = orm.relationship("Note", back_populates="user", order_by="Note.id", **options)

    class Note(Base):  # type: ignore[misc] # as above
        __tablename__ = "notes"
        id = Column(Integer, primary_key=True)
        user_name: Any = Column(ForeignKey("users.name", onupdate="CASCADE"))
        user = orm.relationship("User", back_populates="notes", **far)

    Base.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(User.__table__.insert().values(name="Ann"))
        for _ in range(2):
            connection.execute(Note.__table__.insert().values(user_name="Ann"))
    return User, Note


@contract(*BOTH)
def test_unloaded_children_follow_a_key(orm: Orm, heard: Recorder, engine: Engine) -> object:
    User, Note = named(orm, engine, passive_updates=False)
    with orm.Session(engine) as session:
        heard.classes(User, Note, attributes=False)
        ann = session.get(User, "Ann")
        ann.name = "Anna"
        session.flush()
        told = [note.user_name for note in ann.notes]
        session.commit()
        return told, orm.inspect(ann).identity


@contract(*BOTH)
def test_children_that_come_and_go_follow_or_leave(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    User, Note = named(orm, engine, passive_updates=False)
    with orm.Session(engine) as session:
        ann = session.get(User, "Ann")
        first = ann.notes[0]
        heard.classes(User, Note, attributes=False)
        ann.notes.remove(first)
        ann.notes.append(Note())
        ann.name = "Anna"
        session.commit()
        ann.name  # the oracle reads an expired owner before its collection
        return first.user_name, [note.user_name for note in ann.notes]


@contract()
def test_the_database_moves_the_children_under_passive_updates(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    User, Note = named(orm, engine)
    with orm.Session(engine) as session:
        heard.classes(User, Note, attributes=False)
        ann = session.get(User, "Ann")
        len(ann.notes)
        ann.name = "Anna"
        session.commit()
        return orm.inspect(ann).identity


@contract(*BOTH)
def test_children_in_the_session_follow_along_their_own_side(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    User, Note = named(orm, engine, far={"passive_updates": False})
    with orm.Session(engine) as session:
        ann, note = session.get(User, "Ann"), session.get(Note, 1)
        heard.classes(User, Note, attributes=False)
        note.user, note.id
        ann.name = "Anna"
        session.flush()
        return note.user_name


@contract()
def test_pairs_follow_a_key(orm: Orm, heard: Recorder, engine: Engine) -> object:
    Base: Any = orm.declarative_base()
    Table(
        "links",
        Base.metadata,
        Column("user", ForeignKey("users.name"), primary_key=True),
        Column("tag", ForeignKey("tags.name"), primary_key=True),
    )

    class User(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "users"
        name = Column(String(20), primary_key=True)
        tags = orm.relationship(
            "Tag", secondary="links", passive_updates=False, order_by="Tag.name"
        )

    class Tag(Base):  # type: ignore[misc] # as above
        __tablename__ = "tags"
        name = Column(String(20), primary_key=True)

    Base.metadata.create_all(engine)
    heard.classes(User, Tag, attributes=False)
    with orm.Session(engine) as session:
        red, blue = Tag(name="red"), Tag(name="blue")
        session.add_all([User(name="Ann", tags=[red, blue]), User(name="Bob", tags=[red])])
        session.commit()
        ann = session.get(User, "Ann")
        ann.name  # as above
        len(ann.tags)
        ann.name = "Anna"
        session.flush()
        ann.name = "Annika"
        ann.tags.append(Tag(name="green"))
        session.commit()
        ann.name  # as above
        return [tag.name for tag in ann.tags]


@contract(*BOTH)
def test_children_move_between_parents_with_a_key_that_changes(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    User, Note = named(orm, engine, passive_updates=False)
    with orm.Session(engine) as session:
        ann, bob = session.get(User, "Ann"), User(name="Bob")
        session.add(bob)
        session.flush()
        heard.classes(User, Note, attributes=False)
        bob.notes.append(ann.notes[0])
        ann.name, bob.name = "Anna", "Rob"
        session.commit()
        ann.name, bob.name  # as above
        return [[note.id for note in each.notes] for each in (ann, bob)]


@contract(*BOTH)
def test_a_row_is_taken_over_with_its_children(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    User, Note = named(orm, engine, cascade="all, delete-orphan")
    with orm.Session(engine) as session:
        heard.classes(User, Note, attributes=False)
        session.delete(session.get(User, "Ann"))
        session.add(User(name="Ann", notes=[Note(), Note()]))
        session.commit()
        return [note.id for note in session.get(User, "Ann").notes]


@pytest.mark.parametrize("passive", [True, False])
@pytest.mark.parametrize("database", list(map(marked, ("sqlite", "postgresql"))))
def test_rows_of_all_tables_of_an_object_follow_its_key(
    passive: bool, database: str, request: pytest.FixtureRequest
) -> None:
    @contract(*BOTH)
    def scenario(orm: Orm, heard: Recorder, engine: Engine) -> object:
        if passive:
            strict(engine)
        moved = (
            {"onupdate": "CASCADE"} if passive else {"deferrable": True, "initially": "DEFERRED"}
        )
        told: dict[str, Any] = {"passive_updates": passive}
        Base: Any = orm.declarative_base()

        class Place(Base):  # type: ignore[misc] # the base is made at run time
            __tablename__ = "places"
            name = Column(String(20), primary_key=True)
            kind = Column(String(20))
            __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "place", **told}

        class Town(Place):
            __tablename__ = "towns"
            town = Column(ForeignKey("places.name", **moved), primary_key=True)
            people = Column(Integer)
            __mapper_args__ = {"polymorphic_identity": "town", **told}

        class Port(Town):
            __tablename__ = "ports"
            town = Column(ForeignKey("towns.town", **moved), primary_key=True)
            ships = Column(Integer)
            __mapper_args__ = {"polymorphic_identity": "port", **told}

        Base.metadata.create_all(engine)
        with orm.Session(engine) as session:
            session.add_all([Town(name="a", people=1), Port(name="b", people=2, ships=3)])
            session.commit()
            town, port = session.get(Place, "a"), session.get(Place, "b")
            town.people, port.ships
            town.name, port.name, port.ships = "aa", "bb", 4
            session.flush()
            seen = [town.name, town.town, port.name, port.town]
            session.commit()
            port.name, port.people = "bbb", func.abs(-5)
            session.commit()
            return seen, [port.name, port.town, port.people, port.ships, town.people]

    scenario(database, "fast", request)


@contract(*BOTH)
def test_children_in_memory_have_the_key_that_the_database_gave_their_rows(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    Base: Any = orm.declarative_base()

    class User(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "users"
        name: Any = Column(String(20), primary_key=True)
        notes = orm.relationship("Note", back_populates="user", order_by="Note.id")
        books = orm.relationship("Book", back_populates="user", order_by="Book.number")

    class Note(Base):  # type: ignore[misc] # as above
        __tablename__ = "notes"
        id: Any = Column(Integer, primary_key=True)
        text = Column(String(20))
        user_name: Any = Column(ForeignKey("users.name", onupdate="CASCADE"))
        user = orm.relationship("User", back_populates="notes")

    class Book(Base):  # type: ignore[misc] # as above
        __tablename__ = "books"
        user_name: Any = Column(ForeignKey("users.name", onupdate="CASCADE"), primary_key=True)
        number: Any = Column(Integer, primary_key=True, autoincrement=False)
        user = orm.relationship("User", back_populates="books")

    strict(engine)
    Base.metadata.create_all(engine)
    told: list[Any] = []
    with orm.Session(engine) as session:
        ann = User(
            name="Ann", notes=[Note(id=1), Note(id=2)], books=[Book(number=n) for n in (1, 2)]
        )
        session.add(ann)
        session.commit()
        notes, books = list(ann.notes), list(ann.books)
        notes[0].text = "new"

        def look() -> None:
            told.append([[note.user_name, note.user is ann] for note in notes])
            told.append([[orm.inspect(b).identity, b.user is ann] for b in books])
            told.append(session.get(Book, (ann.name, 2)) is books[1])
            told.append([each in session.dirty for each in (*notes, *books)])

        ann.name = "Bea"
        session.flush()
        look()
        with session.begin_nested() as inner:
            ann.name = "Cleo"
            session.flush()
            look()
            inner.rollback()
        look()
        session.commit()
        look()
        ann.name = "Dora"
        session.flush()
        session.rollback()
        look()
    return told

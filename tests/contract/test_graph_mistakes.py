"""What goes wrong with graphs is refused, and what was there before is kept."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
from sqlalchemy import Column, Engine, ForeignKey, Integer, String, Table

from .databases import EVERY, strict
from .heard import Recorder
from .library import library
from .oracle import Orm
from .runner import contract, marked


def shelves(orm: Orm, engine: Engine, **options: Any) -> Any:
    """Declare Shelf with books, one way or the other."""
    Base: Any = orm.declarative_base()

    class Shelf(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "shelves"
        id = Column(Integer, primary_key=True)
        name = Column(String(20))
        books = orm.relationship("Book", back_populates="shelf", order_by="Book.id", **options)

    class Book(Base):  # type: ignore[misc] # as above
        __tablename__ = "books"
        id = Column(Integer, primary_key=True)
        shelf_id: Any = Column(ForeignKey("shelves.id"), nullable=False)
        shelf = orm.relationship("Shelf", back_populates="books")

    Base.metadata.create_all(engine)
    return Shelf, Book


@pytest.mark.parametrize("lazy", ["select", "selectin", "subquery", "immediate"])
def test_a_collection_is_changed_while_it_is_loading(lazy: str) -> None:
    @contract()
    def scenario(orm: Orm, heard: Recorder, engine: Engine) -> object:
        Shelf, Book = shelves(orm, engine, lazy=lazy)
        with orm.Session(engine) as session:
            session.add(Shelf(books=[Book(), Book(), Book()]))
            session.commit()
        with orm.Session(engine) as session, session.no_autoflush:
            seen = []

            def add_one(target: Any, _context: Any) -> None:
                if target.id == 2:
                    seen.append(heard.error(lambda: shelf.books.append(Book())))

            shelf = session.get(Shelf, 1)
            session.expire(shelf)
            orm.event.listen(Book, "load", add_one)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                counted = len(shelf.books)
                orm.event.remove(Book, "load", add_one)
                session.commit()
            return seen, counted, len(shelf.books)

    scenario.contract.check("fast")  # type: ignore[attr-defined] # `contract` puts it there


@contract(*EVERY)
def test_an_object_of_two_sessions_is_refused_on_every_way(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    Shelf, Book = shelves(orm, engine, cascade="all, delete-orphan")
    told: list[Any] = []
    with orm.Session(engine) as session, orm.Session(engine) as other:
        shelf, book = Shelf(name="a"), Book()
        session.add(shelf)
        other.add(book)
        for act in (
            lambda: shelf.books.append(book),
            lambda: setattr(book, "shelf", shelf),
            lambda: other.add(shelf),
            lambda: session.delete(book),
            lambda: session.add(book),
        ):
            told.append(heard.error(act))
            told.append([shelf in session, book in other, book in session, shelf in other])
            shelf.books[:] = []
        other.expunge(book)
        shelf.books.append(book)
        session.commit()
        return told, [each.shelf is shelf for each in shelf.books]


@pytest.mark.parametrize("database", list(map(marked, EVERY)))
def test_an_orphan_without_a_parent_does_not_take_others_along(
    database: str, request: pytest.FixtureRequest
) -> None:
    @contract(*EVERY)
    def scenario(orm: Orm, heard: Recorder, engine: Engine) -> object:
        Shelf, Book = shelves(orm, engine, cascade="all, delete-orphan")
        with orm.Session(engine) as session:
            kept, orphan = Shelf(name="kept"), Book()
            session.add_all([kept, orphan])
            told: list[Any] = [heard.error(session.flush) != "no error"]
            session.rollback()
            told.append([kept in session, orphan in session, kept.name])
            kept.books.append(orphan)
            session.add(kept)
            session.commit()
            kept.books.remove(orphan)
            told.append(orphan in session)
            kept.books.append(orphan)
            session.commit()
            told.append(len(kept.books))
            kept.books.remove(orphan)
            session.flush()
            session.rollback()
            return told, len(kept.books), orphan in session

    scenario(database, "fast", request)


@contract(*EVERY)
def test_children_are_swapped_between_parents(orm: Orm, heard: Recorder, engine: Engine) -> object:
    Shelf, Book = shelves(orm, engine, cascade="all, delete-orphan")
    with orm.Session(engine) as session:
        one, other = Shelf(books=[Book(), Book()]), Shelf(books=[Book()])
        session.add_all([one, other])
        session.commit()
        one.books, other.books = list(other.books), list(one.books)
        session.commit()
        told = [len(one.books), len(other.books)]
        moved = other.books[0]
        other.books.remove(moved)
        one.books.append(moved)
        session.commit()
        told += [len(one.books), len(other.books)]
        session.delete(moved)
        one.books.remove(moved)
        session.commit()
        told.append(len(session.scalars(orm.select(Book.id)).all()))
        for book in list(one.books):
            book.shelf = other
        session.delete(one)
        session.commit()
        return told, len(other.books)


@contract("sqlite", "postgresql")
def test_keys_on_both_sides_of_pairs_change(orm: Orm, heard: Recorder, engine: Engine) -> object:
    Base: Any = orm.declarative_base()
    pairs = Table(
        "pairs",
        Base.metadata,
        Column("post", ForeignKey("posts.name", onupdate="CASCADE"), primary_key=True),
        Column("tag", ForeignKey("tags.name", onupdate="CASCADE"), primary_key=True),
    )

    class Post(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "posts"
        name = Column(String(20), primary_key=True)
        tags = orm.relationship(
            "Tag", secondary=pairs, back_populates="posts", collection_class=set
        )

    class Tag(Base):  # type: ignore[misc] # as above
        __tablename__ = "tags"
        name = Column(String(20), primary_key=True)
        posts = orm.relationship(
            "Post",
            secondary=pairs,
            back_populates="tags",
            collection_class=orm.attribute_keyed_dict("name"),
        )

    Base.metadata.create_all(engine)
    strict(engine)
    with orm.Session(engine) as session:
        tag = Tag(name="t")
        session.add_all([Post(name="a", tags={tag}), Post(name="b", tags={tag})])
        session.commit()
        tag.name = "tt"
        session.commit()
        told = [sorted(tag.posts)]
        tag.posts["a"].name = "aa"
        session.commit()
        told.append(sorted(tag.posts))
        del tag.posts["aa"]
        session.commit()
        return told, [tuple(row) for row in session.execute(pairs.select())]


@contract()
def test_none_in_a_list_is_named_by_the_flush(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = library(orm, engine)
    told = []
    with orm.Session(engine) as session:
        new = world.Author(books=[None])
        session.add(new)
        told.append(heard.error(session.flush))
        session.rollback()
        ann = session.get(world.Author, 1)
        ann.books.append(None)
        told.append(heard.error(session.flush))
        session.rollback()
        ann.books = [None, world.Book(title="Oak")]
        told.append(heard.error(session.flush))
        session.rollback()
        told.append([book.title for book in ann.books])
    return told

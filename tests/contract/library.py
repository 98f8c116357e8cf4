"""Authors, their books and the pages of these: the classes of the loading scenarios."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Column, Engine, ForeignKey, Integer, String, event

from .oracle import Orm


def library(orm: Orm, engine: Engine, **lazy: Any) -> Any:
    """Declare the classes, store some rows, and return a namespace with Author, Book, Page.

    `lazy`: relationship name -> loader of the mapping; "select" where it says nothing.
    """
    Base: Any = orm.declarative_base()

    class Author(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "authors"
        id = Column(Integer, primary_key=True)
        name = Column(String(20))
        born = Column(Integer)
        bio = orm.deferred(Column(String(20)), group="about")
        photo = orm.deferred(Column(String(20)), group="about")
        teacher_id: Any = Column(ForeignKey("authors.id"))
        books = orm.relationship(
            "Book",
            back_populates="author",
            order_by="Book.title",
            lazy=lazy.get("books", "select"),
        )
        teacher = orm.relationship(
            "Author", remote_side=[id], back_populates="pupils", lazy=lazy.get("teacher", "select")
        )
        pupils = orm.relationship(
            "Author",
            back_populates="teacher",
            order_by="Author.id",
            lazy=lazy.get("pupils", "select"),
            join_depth=lazy.get("join_depth"),
        )

    class Book(Base):  # type: ignore[misc] # as above
        __tablename__ = "books"
        id = Column(Integer, primary_key=True)
        title = Column(String(20))
        year = Column(Integer)
        author_id: Any = Column(ForeignKey("authors.id"))
        author = orm.relationship(
            "Author", back_populates="books", lazy=lazy.get("author", "select")
        )
        pages = orm.relationship(
            "Page", back_populates="book", order_by="Page.number", lazy=lazy.get("pages", "select")
        )

    class Page(Base):  # type: ignore[misc] # as above
        __tablename__ = "pages"
        id = Column(Integer, primary_key=True)
        number = Column(Integer)
        text = orm.deferred(Column(String(20)))
        book_id: Any = Column(ForeignKey("books.id"))
        book = orm.relationship("Book", back_populates="pages", lazy=lazy.get("book", "select"))

    # A registry holds its classes weakly: one class must keep the others alive.
    Base.classes = (Author, Book, Page)
    Base.metadata.create_all(engine)
    with engine.begin() as connection:
        for row in AUTHORS:
            connection.execute(Author.__table__.insert().values(**row))
        for row in BOOKS:
            connection.execute(Book.__table__.insert().values(**row))
        for row in PAGES:
            connection.execute(Page.__table__.insert().values(**row))
    return SimpleNamespace(Base=Base, Author=Author, Book=Book, Page=Page)


AUTHORS: list[dict[str, Any]] = [
    {"name": "Ann", "born": 1900, "bio": "a bio", "photo": "a photo", "teacher_id": None},
    {"name": "Bob", "born": 1930, "bio": "b bio", "photo": "b photo", "teacher_id": 1},
    {"name": "Cid", "born": 1960, "bio": "c bio", "photo": "c photo", "teacher_id": 2},
    {"name": "Dot", "born": 1961, "bio": None, "photo": None, "teacher_id": 2},
]
BOOKS: list[dict[str, Any]] = [
    {"title": "Sea", "year": 1930, "author_id": 1},
    {"title": "Air", "year": 1931, "author_id": 1},
    {"title": "Ice", "year": 1950, "author_id": 2},
    {"title": "Ash", "year": None, "author_id": None},
]
PAGES: list[dict[str, Any]] = [
    {"number": 2, "text": "Sea 2", "book_id": 1},
    {"number": 1, "text": "Sea 1", "book_id": 1},
    {"number": 1, "text": "Ice 1", "book_id": 3},
]


@contextmanager
def counted(engine: Engine) -> Iterator[list[str]]:
    """Gather the statements that run on an engine: the first word of each, in order."""
    seen: list[str] = []

    def take(connection: Any, cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement.split()[0])

    event.listen(engine, "before_cursor_execute", take)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", take)


def loaded(obj: Any) -> list[str]:
    """Return the names of the attributes that an object has in memory."""
    return sorted(key for key in vars(obj) if not key.startswith("_"))


def titles(authors: Any) -> list[Any]:
    """Return the name of each author with the titles of the books, as they come."""
    return [[author.name, [book.title for book in author.books]] for author in authors]

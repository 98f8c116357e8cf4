"""Wanted differences of loading: options that take effect, errors that say what is wrong."""

from __future__ import annotations

from typing import Any

from sqlalchemy import create_engine

from tests.contract.library import counted, library
from tests.contract.oracle import Orm

from .sides import both, problem


def test_criteria_of_an_option_hold_for_immediate_loads() -> None:
    def scenario(orm: Orm) -> list[str]:
        world = library(orm, engine := create_engine("sqlite://"))
        Author, Book = world.Author, world.Book
        with orm.Session(engine) as session:
            option = orm.immediateload(Author.books.and_(Book.title == "Sea"))
            ann = session.get(Author, 1, options=[option])
            return [book.title for book in ann.books]

    assert both(scenario) == (["Air", "Sea"], ["Sea"])


def test_populate_existing_loads_immediate_collections_anew() -> None:
    def scenario(orm: Orm) -> list[str]:
        world = library(orm, engine := create_engine("sqlite://"))
        Author = world.Author
        with orm.Session(engine, autoflush=False) as session:
            option = orm.immediateload(Author.books)
            ann = session.get(Author, 1, options=[option])
            del ann.books[0]
            session.get(Author, 1, options=[option], populate_existing=True)
            return [book.title for book in ann.books]

    assert both(scenario) == (["Sea"], ["Air", "Sea"])


def test_a_refresh_of_a_relationship_costs_one_statement() -> None:
    def scenario(orm: Orm) -> int:
        world = library(orm, engine := create_engine("sqlite://"))
        with orm.Session(engine) as session:
            ann = session.get(world.Author, 1)
            with counted(engine) as seen:
                session.refresh(ann, ["books"])
            return len(seen)

    assert both(scenario) == (2, 1)


def test_what_is_no_option_is_refused_alike_everywhere() -> None:
    def scenario(orm: Orm) -> list[str]:
        world = library(orm, engine := create_engine("sqlite://"))
        wrong: Any = 5
        with orm.Session(engine) as session:
            return [
                problem(lambda: session.query(world.Author).options(wrong).all()),
                problem(lambda: orm.joinedload()),
            ]

    assert both(scenario) == (["AttributeError", "AssertionError"], ["ArgumentError"] * 2)


def test_innerjoin_is_checked_when_the_option_is_written() -> None:
    def scenario(orm: Orm) -> str:
        world = library(orm, create_engine("sqlite://"))
        return problem(lambda: orm.joinedload(world.Author.books, innerjoin="sideways"))

    assert both(scenario) == ("no error", "ArgumentError")

"""Options that meet: two loaders of one attribute, wildcards and what they leave alone."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine

from .family import staffed
from .heard import Recorder
from .library import counted, library, loaded
from .oracle import ROADS, Orm
from .runner import contract


@contract("sqlite", roads=ROADS)
def test_two_loaders_of_one_attribute_are_refused(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = library(orm, engine)
    Author, Book = world.Author, world.Book
    books, pages = Author.books, Book.pages
    names = (
        "lazyload",
        "joinedload",
        "selectinload",
        "subqueryload",
        "immediateload",
        "raiseload",
    )
    loaders = [getattr(orm, name) for name in (*names, "defaultload")]
    pairs = [(one(books), other(books)) for one in loaders for other in loaders]
    pairs += [
        (orm.joinedload(books), orm.joinedload(books, innerjoin=True)),
        (orm.joinedload(books).joinedload(pages), orm.joinedload(books).selectinload(pages)),
        (orm.joinedload(books).joinedload(pages), orm.defaultload(books).raiseload(Book.author)),
        (orm.joinedload(books), orm.selectinload("*")),
        (orm.selectinload(books), orm.selectinload(books.and_(Book.year > 1))),
        (orm.defer(Author.name), orm.undefer(Author.name)),
        (orm.defer(Author.name), orm.defer(Author.name, raiseload=True)),
        (orm.load_only(Author.name), orm.undefer(Author.born)),
        (orm.load_only(Author.name), orm.load_only(Author.born)),
        (orm.load_only(Author.name), orm.defer(Author.name)),
    ]
    told = []
    for both in pairs:
        with orm.Session(engine) as session:
            statement = orm.select(Author).options(*both).order_by(Author.id)
            error = heard.error(lambda found=statement: session.scalars(found).unique().all())
            told.append(error.split(" is in conflict ")[0])
    return told


@contract("sqlite", roads=ROADS)
def test_a_wildcard_of_columns_ends_where_a_load_on_access_begins(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = library(orm, engine)
    Author = world.Author
    one = orm.select(Author).where(Author.id == 1)
    told: list[Any] = []
    for options in (
        [orm.defer("*")],
        [orm.undefer("*")],
        [orm.defer("*"), orm.undefer(Author.name)],
        [orm.defer("*"), orm.selectinload(Author.books)],
        [orm.defaultload(Author.books).defer("*")],
    ):
        with orm.Session(engine) as session, counted(engine) as seen:
            ann = session.scalars(one.options(*options)).unique().one()
            books = ann.books
            told.append([loaded(books[0]), sorted(seen)])
            told.append([book.title for book in books])
            told.append([page.number for page in books[0].pages])
            told.append(loaded(books[0].author))
    refused = orm.defer("*", raiseload=True)
    with orm.Session(engine) as session:
        ann = session.scalars(one.options(refused)).one()
        told.append([book.title for book in ann.books])
        told.append(heard.error(lambda: ann.name).split(" is ")[0])
    return told


@contract("sqlite", roads=ROADS)
def test_columns_of_subclasses_are_chosen_by_options_of_theirs(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    inline = {name: {"polymorphic_load": "inline"} for name in ("Engineer", "Manager")}
    world = staffed(orm, engine, inline)
    Person = world.Person
    below = orm.with_polymorphic(Person, [world.Engineer, world.Lead])
    told: list[Any] = []
    for entity, options in (
        (below, [orm.load_only(below.name)]),
        (below, [orm.load_only(below.Engineer.skill)]),
        (below, [orm.defer(below.Lead.team), orm.undefer(below.name)]),
        (Person, [orm.load_only(Person.name)]),
        (Person, [orm.load_only(world.Engineer.skill)]),
        (Person, [orm.defer("*")]),
        (world.Engineer, [orm.load_only(world.Engineer.skill)]),
    ):
        with orm.Session(engine) as session:
            found = session.scalars(orm.select(entity).options(*options).order_by(entity.id))
            told.append([sorted(set(vars(each)) & OWN) for each in found])
    return told


OWN = {"name", "kind", "version", "skill", "level", "title", "team"}
"""Columns of the family."""

"""LIMIT, DISTINCT and joins that loading adds: what they refer to inside the counted rows."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine

from .databases import EVERY
from .heard import Recorder
from .library import library
from .oracle import ROADS, Orm
from .runner import contract
from .workshop import workshop


def told_of(found: Any) -> list[Any]:
    """Return title, author and pages of books as they stand in memory."""
    return [
        [
            book.__dict__.get("title"),
            book.author and book.author.name,
            [page.number for page in book.__dict__.get("pages", ())],
        ]
        for book in found
    ]


@contract(*EVERY, roads=ROADS)
def test_what_the_statement_joins_itself_stays_beside_its_parent_under_a_limit(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = library(orm, engine)
    Author, Book, Page = world.Author, world.Book, world.Page
    told: list[Any] = []
    other = orm.aliased(Author)
    statements = [
        orm.select(Book)
        .join(Book.author)
        .options(orm.contains_eager(Book.author), orm.joinedload(Book.pages)),
        orm.select(Book)
        .join(Book.author.of_type(other))
        .options(orm.contains_eager(Book.author.of_type(other)), orm.joinedload(Book.pages)),
        orm.select(Book)
        .join(Book.author)
        .options(
            orm.contains_eager(Book.author).joinedload(Author.books).joinedload(Book.pages),
            orm.joinedload(Book.pages),
        ),
    ]
    for statement in statements:
        with orm.Session(engine) as session:
            found = session.scalars(statement.order_by(Book.id).limit(2)).unique().all()
            told.append(told_of(found))
            told.append([sorted(book.author.__dict__.keys() & {"books"}) for book in found])
    with orm.Session(engine) as session:
        pages = (
            orm.select(Page)
            .join(Page.book)
            .join(Book.author)
            .options(orm.contains_eager(Page.book).contains_eager(Book.author))
            .options(orm.contains_eager(Page.book).joinedload(Book.pages))
        )
        found = session.scalars(pages.order_by(Page.id.desc()).limit(2).offset(1)).unique().all()
        told.append(told_of([page.book for page in found]))
    return told


@contract(*EVERY, roads=ROADS)
def test_a_key_that_is_not_loaded_still_ties_what_is_joined_under_a_limit(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = library(orm, engine)
    Book = world.Book
    with orm.Session(engine) as session:
        statement = (
            orm.select(Book)
            .options(orm.load_only(Book.title))
            .options(orm.joinedload(Book.author), orm.joinedload(Book.pages))
            .order_by(Book.id)
            .limit(3)
        )
        found = session.scalars(statement).unique().all()
        return ["author_id" in found[0].__dict__, told_of(found)]


@contract(*EVERY, roads=ROADS)
def test_a_subclass_with_its_own_table_is_loaded_with_its_relations_under_a_limit(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = workshop(orm, engine)
    Person, Engineer = world.Person, world.Engineer
    told: list[Any] = []
    entities = [
        (Engineer, Engineer),
        *[
            (given, given.Engineer)
            for given in (
                orm.with_polymorphic(Person, [Engineer]),
                orm.with_polymorphic(Person, [Engineer], innerjoin=True),
                orm.with_polymorphic(Person, [Engineer], flat=True),
                orm.with_polymorphic(Person, [Engineer], aliased=True),
            )
        ],
    ]
    for entity, part in entities:
        with orm.Session(engine) as session:
            statement = (
                orm.select(entity)
                .options(orm.joinedload(part.machines), orm.joinedload(entity.skills))
                .order_by(entity.id)
                .limit(2)
            )
            for each in session.scalars(statement).unique():
                machines = each.__dict__.get("machines", ())
                skills = [skill.name for skill in each.__dict__["skills"]]
                told.append([each.name, sorted(machine.name for machine in machines), skills])
    return told

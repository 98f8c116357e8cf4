"""The events of eager and lazy loads, and what do_orm_execute listeners are told of them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine

from .heard import Recorder
from .library import library
from .oracle import ROADS, Orm
from .runner import contract


@contract(roads=ROADS)
def test_objects_in_the_same_row_are_announced_inside_out(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = library(orm, engine)
    Author, Book = world.Author, world.Book
    heard.classes(Author, Book, world.Page, attributes=False)
    with orm.Session(engine) as session:
        option = orm.joinedload(Author.books).joinedload(Book.pages)
        statement = orm.select(Author).options(option).order_by(Author.id)
        heard.mark("joined")
        authors = session.scalars(statement).unique().all()
        heard.mark("populate existing")
        session.scalars(statement.execution_options(populate_existing=True)).unique().all()
        return [author.name for author in authors]


@contract(roads=ROADS)
def test_objects_read_afterwards_are_announced_afterwards(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = library(orm, engine)
    Author, Book = world.Author, world.Book
    heard.classes(Author, Book, world.Page, attributes=False)
    kept = []
    for load in (orm.selectinload, orm.subqueryload, orm.immediateload):
        with orm.Session(engine) as session:
            heard.mark(load.__name__)
            statement = orm.select(Author).options(load(Author.books)).order_by(Author.id)
            kept += session.scalars(statement).all()
    return [author.name for author in kept]


@contract(roads=ROADS)
def test_what_a_load_listener_sees_of_the_collection(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = library(orm, engine)
    Author = world.Author

    def look(target: Any, context: Any) -> None:
        books = vars(target).get("books")
        told = None if books is None else [book.title for book in books]
        heard.note("seen", target.name, str(told))

    orm.event.listen(Author, "load", look)
    kept = []
    for load in (orm.joinedload, orm.selectinload, orm.immediateload):
        with orm.Session(engine) as session:
            statement = orm.select(Author).options(load(Author.books)).order_by(Author.id)
            kept += session.scalars(statement).unique().all()
    return len(kept)


@contract(roads=ROADS)
def test_loads_are_told_as_statements(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = library(orm, engine)
    Author, Book = world.Author, world.Book
    kept: list[Any] = []
    for option in (
        orm.joinedload(Author.books),
        orm.selectinload(Author.books).selectinload(Book.pages),
        orm.subqueryload(Author.books),
        orm.immediateload(Author.books),
        orm.lazyload(Author.books).joinedload(Book.pages),
        orm.load_only(Author.name),
    ):
        with orm.Session(engine) as session:
            heard.session(session, only=["do_orm_execute"])
            statement = orm.select(Author).options(option).order_by(Author.id)
            authors = session.scalars(statement).unique().all()
            heard.mark("touched")
            kept += [[book.title for book in author.books] for author in authors]
            heard.mark("columns")
            kept += [author.born for author in authors]
            kept += [len(book.pages) for author in authors for book in author.books]
    return kept


@contract(roads=ROADS)
def test_options_of_the_users_own_reach_later_loads(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = library(orm, engine)
    Author = world.Author
    interfaces: Any = orm.module("interfaces")

    class Carried(interfaces.UserDefinedOption):  # type: ignore[misc] # known at run time only
        propagate_to_loaders = True

    class Kept(interfaces.UserDefinedOption):  # type: ignore[misc] # as above
        propagate_to_loaders = False

    def tell(state: Any) -> None:
        kind = [k for k in ("column", "relationship") if getattr(state, f"is_{k}_load")]
        told = sorted(option.payload for option in state.user_defined_options)
        heard.note("execute", str(kind), str(told))

    kept: list[Any] = []
    for payload in ("first", "second"):
        with orm.Session(engine) as session:
            orm.event.listen(session, "do_orm_execute", tell)
            options = [Carried(f"{payload} carried"), Kept(f"{payload} kept")]
            statement = orm.select(Author).options(*options).where(Author.id == 1)
            ann = session.scalars(statement).one()
            kept.append([book.title for book in ann.books])
    return kept


@contract(roads=ROADS)
def test_a_listener_may_narrow_a_relationship_load(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = library(orm, engine)
    Author, Book = world.Author, world.Book

    def narrow(state: Any) -> None:
        if state.is_relationship_load:
            state.statement = state.statement.where(Book.title != "Air")

    told = []
    for load in (orm.selectinload, orm.subqueryload, orm.immediateload, orm.lazyload):
        with orm.Session(engine) as session:
            orm.event.listen(session, "do_orm_execute", narrow)
            statement = orm.select(Author).options(load(Author.books)).order_by(Author.id)
            authors = session.scalars(statement).all()
            told.append([[book.title for book in author.books] for author in authors])
    return told

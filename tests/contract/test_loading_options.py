"""Loader options: how a relationship comes, how many statements it takes, what is refused."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from sqlalchemy import Engine, text

from .databases import EVERY
from .heard import Recorder
from .library import counted, library, loaded, titles
from .oracle import ROADS, Orm
from .runner import contract


def ways(orm: Orm, attribute: Any) -> list[tuple[str, Any]]:
    """Return an option of each loader for one relationship, by its name."""
    return [
        ("joined", orm.joinedload(attribute)),
        ("selectin", orm.selectinload(attribute)),
        ("subquery", orm.subqueryload(attribute)),
        ("immediate", orm.immediateload(attribute)),
        ("lazy", orm.lazyload(attribute)),
        ("default", orm.defaultload(attribute)),
    ]


@contract(*EVERY, roads=ROADS)
def test_each_loader_finds_the_same_collections(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = library(orm, engine)
    told = []
    for name, option in ways(orm, world.Author.books):
        with orm.Session(engine) as session:
            statement = orm.select(world.Author).options(option).order_by(world.Author.id)
            authors = session.scalars(statement).unique().all()
            told.append([name, loaded(authors[0]), titles(authors)])
    return told


@contract(*EVERY, roads=ROADS)
def test_each_loader_finds_the_same_single_objects(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = library(orm, engine)
    told = []
    for name, option in ways(orm, world.Book.author):
        with orm.Session(engine) as session:
            statement = orm.select(world.Book).options(option).order_by(world.Book.id)
            books = session.scalars(statement).all()
            known = [loaded(book) for book in books]
            told.append([name, known, [book.author and book.author.name for book in books]])
    return told


@contract("sqlite", "postgresql", roads=ROADS)
def test_each_loader_takes_so_many_statements(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = library(orm, engine)
    told = []
    for attribute, entity in ((world.Author.books, world.Author), (world.Book.author, world.Book)):
        for name, option in ways(orm, attribute):
            with orm.Session(engine) as session, counted(engine) as seen:
                statement = orm.select(entity).options(option).order_by(entity.id)
                found = session.scalars(statement).unique().all()
                at_first = seen.count("SELECT")
                for each in found:
                    getattr(each, attribute.key)
                told.append([name, at_first, seen.count("SELECT")])
    return told


@contract(*EVERY, roads=ROADS)
def test_chained_loaders_follow_the_path(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = library(orm, engine)
    Author, Book = world.Author, world.Book
    told = []
    for first in (orm.joinedload, orm.selectinload, orm.subqueryload, orm.immediateload):
        for second in ("joinedload", "selectinload", "subqueryload", "immediateload"):
            with orm.Session(engine) as session, counted(engine) as seen:
                option = getattr(first(Author.books), second)(Book.pages)
                statement = orm.select(Author).options(option).order_by(Author.id)
                authors = session.scalars(statement).unique().all()
                count = seen.count("SELECT")
                told.append(
                    [
                        count,
                        [
                            [book.title, [page.number for page in book.pages]]
                            for author in authors
                            for book in author.books
                        ],
                        seen.count("SELECT") - count,
                    ]
                )
    return told


@contract(roads=ROADS)
def test_options_of_one_class_stand_side_by_side(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = library(orm, engine)
    Author, Book, Page = world.Author, world.Book, world.Page
    with orm.Session(engine) as session, counted(engine) as seen:
        option = orm.joinedload(Author.books).options(
            orm.load_only(Book.title), orm.selectinload(Book.pages).undefer(Page.text)
        )
        statement = orm.select(Author).options(option, orm.selectinload(Author.teacher))
        authors = session.scalars(statement.order_by(Author.id)).unique().all()
        book = authors[0].books[0]
        return [
            [loaded(author) for author in authors],
            [loaded(book), [loaded(page) for page in authors[0].books[1].pages]],
            len(seen),
        ]


@contract(roads=ROADS)
def test_a_column_is_deferred_until_its_access(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = library(orm, engine)
    Author = world.Author
    told: list[Any] = []
    for options in (
        (orm.load_only(Author.name),),
        (orm.defer(Author.name), orm.defer(Author.born)),
        (orm.undefer(Author.bio),),
        (orm.undefer_group("about"),),
        (orm.Load(Author).undefer_group("about").defer(Author.name),),
        (orm.load_only(Author.name, Author.photo),),
        (orm.defer(Author.id),),
    ):
        with orm.Session(engine) as session, counted(engine) as seen:
            statement = orm.select(Author).options(*options).order_by(Author.id)
            author = session.scalars(statement).first()
            told.append(loaded(author))
            author.born
            told.append([loaded(author), len(seen)])
            author.bio
            told.append([loaded(author), len(seen)])
            session.expire(author)
            author.name
            told.append([loaded(author), len(seen)])
    return told


@contract(roads=ROADS)
def test_what_raises_on_access(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = library(orm, engine)
    Author, Book = world.Author, world.Book
    told = []
    with orm.Session(engine) as session:
        ann = session.get(Author, 1)
        for options in (
            (orm.raiseload(Book.author),),
            (orm.raiseload(Book.author, sql_only=True),),
            (orm.raiseload("*"),),
            (orm.lazyload("*"),),
            (orm.Load(Book).raiseload("*"),),
            (orm.raiseload("*"), orm.joinedload(Book.author)),
            (orm.defer(Book.year, raiseload=True),),
            (orm.load_only(Book.title, raiseload=True),),
        ):
            session.expunge_all()
            session.add(ann)
            statement = orm.select(Book).options(*options).order_by(Book.id)
            sea, *_rest, ash = session.scalars(statement).all()
            told.append(
                [
                    heard.error(lambda sea=sea: sea.author),
                    heard.error(lambda sea=sea: sea.pages),
                    heard.error(lambda sea=sea: sea.year),
                    heard.error(lambda ash=ash: ash.author),
                ]
            )
    return told


@contract(roads=ROADS)
def test_noload_leaves_nothing_and_warns(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = library(orm, engine)
    with warnings.catch_warnings(record=True) as caught, orm.Session(engine) as session:
        warnings.simplefilter("always")
        statement = orm.select(world.Author).options(orm.noload(world.Author.books))
        authors = session.scalars(statement).all()
        return [
            [loaded(author) for author in authors],
            [len(author.books) for author in authors],
            [each.category.__name__ for each in caught],
        ]


@contract(roads=ROADS)
def test_an_option_that_does_not_fit_is_refused(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = library(orm, engine)
    Author, Book = world.Author, world.Book
    options: list[Callable[[], Any]] = [
        lambda: orm.joinedload(Book.pages),
        lambda: orm.joinedload(Author.name),
        lambda: orm.joinedload(Author.books).joinedload(Author.teacher),
        lambda: orm.joinedload("books"),
        lambda: orm.joinedload(Author),
        lambda: orm.joinedload(Author.books, sideways=True),
        lambda: orm.defer(Author.books),
        lambda: orm.load_only(Author.books),
        lambda: orm.load_only(Book.title),
        lambda: orm.load_only("name"),
        lambda: orm.Load(Author).joinedload(Book.pages),
        lambda: orm.Load(Book).joinedload(Book.pages),
        lambda: orm.Load("Author"),
        lambda: orm.joinedload(Author.books).options(5),
        lambda: orm.joinedload(Author.books).options(orm.joinedload(Author.teacher)),
        lambda: orm.selectinload(Author.books, recursion_depth=2),
        lambda: 5,
        lambda: "books",
    ]

    def run(option: Callable[[], Any]) -> Any:
        with orm.Session(engine) as session:
            return session.scalars(orm.select(Author).options(option())).unique().all()

    return [heard.error(lambda option=option: run(option)) for option in options]


@contract(roads=ROADS)
def test_an_option_needs_its_class_in_the_statement(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = library(orm, engine)
    statement = orm.select(world.Author.name).options(orm.joinedload(world.Author.books))
    with orm.Session(engine) as session:
        return heard.error(lambda: session.execute(statement).all())


@contract(roads=ROADS)
def test_collections_in_the_rows_need_unique(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = library(orm, engine)
    statement = orm.select(world.Author).options(orm.joinedload(world.Author.books))
    with orm.Session(engine) as session:
        told = [
            heard.error(lambda: session.scalars(statement).all()),
            heard.error(lambda: session.execute(statement).all()),
            heard.error(lambda: session.scalars(statement).one()),
            heard.error(lambda: next(session.scalars(statement))),
            heard.error(lambda: list(session.scalars(statement))),
            heard.error(lambda: session.scalars(statement).fetchmany(1)),
            heard.error(
                lambda: session.scalars(statement.execution_options(yield_per=1)).unique().all()
            ),
        ]
        told.append(session.scalars(statement.order_by(world.Author.id)).first().name)
        told.append(len(session.execute(statement).unique().all()))
        told.append(len(session.query(world.Author).options(orm.joinedload("*")).all()))
        return told


@contract(*EVERY, roads=ROADS)
def test_limit_counts_parents(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = library(orm, engine)
    Author, Book = world.Author, world.Book
    with orm.Session(engine) as session:
        plain = orm.select(Author).options(orm.joinedload(Author.books))
        told = [
            titles(session.scalars(plain.order_by(Author.name.desc()).limit(3)).unique()),
            titles(session.scalars(plain.order_by(Author.id).limit(1).offset(1)).unique()),
            titles(session.scalars(plain.order_by(Author.born).distinct()).unique()),
        ]
        statement = orm.select(Book, Author.name).outerjoin(Book.author)
        statement = statement.options(orm.joinedload(Book.pages)).order_by(Book.year, Book.id)
        for book, name in session.execute(statement.where(Book.id < 4).limit(2)).unique():
            told.append([book.title, name, [page.number for page in book.pages]])
        return told


@contract(*EVERY, roads=ROADS)
def test_inner_joins_leave_parents_without_children_out(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = library(orm, engine)
    Author, Book = world.Author, world.Book
    told = []
    for option in (
        orm.joinedload(Author.books, innerjoin=True),
        orm.joinedload(Author.books).joinedload(Book.pages, innerjoin=True),
        orm.joinedload(Author.books).joinedload(Book.pages, innerjoin="unnested"),
        orm.joinedload(Author.books, innerjoin=True).joinedload(Book.pages, innerjoin=True),
        orm.joinedload(Author.books, innerjoin=True).joinedload(Book.pages),
    ):
        with orm.Session(engine) as session:
            statement = orm.select(Author).options(option).order_by(Author.id)
            told.append(titles(session.scalars(statement).unique()))
    return told


@contract(*EVERY, roads=ROADS)
def test_the_users_own_joins_do_not_limit_the_collection(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = library(orm, engine)
    Author, Book = world.Author, world.Book
    told = []
    for load in (orm.joinedload, orm.selectinload, orm.subqueryload, orm.contains_eager):
        with orm.Session(engine) as session:
            statement = orm.select(Author).join(Author.books).where(Book.title == "Sea")
            found = session.scalars(statement.options(load(Author.books))).unique().all()
            told.append(titles(found))
    return told


@contract(*EVERY, roads=ROADS)
def test_selectin_recursion_goes_as_deep_as_told(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = library(orm, engine)
    Author = world.Author
    told = []
    for depth in (None, 1, 2, 3, -1):
        for load in (orm.selectinload, orm.immediateload):
            with orm.Session(engine) as session, counted(engine) as seen:
                option = load(Author.pupils, recursion_depth=depth)
                statement = orm.select(Author).options(option).where(Author.id == 1)
                level = session.scalars(statement).all()
                count, shown = len(seen), []
                while level:
                    shown.append([[author.name, "pupils" in vars(author)] for author in level])
                    level = [pupil for author in level for pupil in author.pupils]
                told.append([depth, count, shown])
    return told


@contract(*EVERY)
def test_options_tell_what_the_objects_of_a_text_load_along(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = library(orm, engine)
    Author, Book = world.Author, world.Book
    written = text("select id, title, author_id from books order by id")
    options = (orm.selectinload(Book.pages), orm.raiseload(Book.author))
    told: list[Any] = []
    with orm.Session(engine) as session:
        books = orm.select(Book)
        query = session.query(Book)
        for find in (
            lambda: session.scalars(books.from_statement(written).options(*options)),
            lambda: session.scalars(books.options(*options).from_statement(written)),
            lambda: query.from_statement(written).options(*options),
            lambda: query.options(*options).from_statement(written),
        ):
            all_found = find().all()
            told.append([loaded(each) for each in all_found])
            told.append(heard.error(lambda books=all_found: books[0].author).split(" is ")[0])
            session.expunge_all()
        wrong = books.from_statement(written).options(orm.joinedload(Author.books))
        told.append(heard.error(lambda: session.scalars(wrong).all()).split(" in option ")[0])
    return told


@contract(*EVERY, roads=ROADS)
def test_options_end_where_an_expired_object_is_read_without_them(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = library(orm, engine)
    Author, Book = world.Author, world.Book
    told: list[Any] = []
    for option in (
        orm.selectinload(Author.books.and_(Book.title == "Sea")),
        orm.raiseload(Author.books),
    ):
        for again in ("expire_all", "commit", "populate_existing"):
            with orm.Session(engine) as session:
                statement = orm.select(Author).where(Author.id == 1)
                ann = session.scalars(statement.options(option)).one()
                if again != "populate_existing":
                    getattr(session, again)()
                statement = statement.execution_options(populate_existing=True)
                session.scalars(statement).one()
                told.append([again, [book.title for book in ann.books]])
    return told

"""Loaders of the mapping, reads by key, refreshes, and what objects remember of their options."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, Engine, ForeignKey, Integer, String, Table

from .databases import EVERY
from .heard import Recorder
from .library import counted, library, loaded, titles
from .oracle import ROADS, Orm
from .runner import contract

LOADERS = ("select", "joined", "selectin", "subquery", "immediate", True, False)


@contract(*EVERY, roads=ROADS)
def test_relationships_have_loaders_of_their_own(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    told = []
    for lazy in LOADERS:
        world = library(orm, engine, books=lazy, teacher=lazy, pages=lazy)
        with orm.Session(engine) as session, counted(engine) as seen:
            statement = orm.select(world.Author).order_by(world.Author.id)
            authors = session.scalars(statement).unique().all()
            told.append([str(lazy), len(seen), [loaded(author) for author in authors]])
            told.append([titles(authors), [len(b.pages) for a in authors for b in a.books]])
            told.append(len(seen))
        with orm.Session(engine) as session, counted(engine) as seen:
            bob = session.get(world.Author, 2)
            told.append([len(seen), loaded(bob), bob.teacher.name, len(seen)])
        world.Base.metadata.drop_all(engine)
    return told


@contract(roads=ROADS)
def test_a_lazy_load_does_not_come_back_by_its_other_side(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    told = []
    for lazy in ("joined", "selectin", "subquery", "immediate"):
        world = library(orm, engine, author=lazy, book=lazy, pages=lazy)
        with orm.Session(engine) as session, counted(engine) as seen:
            ann = session.get(world.Author, 1)
            told.append([lazy, len(seen), loaded(ann)])
            told.append([[loaded(book) for book in ann.books], len(seen)])
        with orm.Session(engine) as session, counted(engine) as seen:
            sea = session.get(world.Book, 1)
            told.append([len(seen), loaded(sea), loaded(sea.author), len(seen)])
            told.append([[loaded(page) for page in sea.pages], len(seen)])
        world.Base.metadata.drop_all(engine)
    return told


@contract(roads=ROADS)
def test_relationships_that_raise_or_stay_empty(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    told: list[Any] = []
    for lazy in ("raise", "raise_on_sql"):
        world = library(orm, engine, books=lazy, teacher=lazy)
        with orm.Session(engine) as session:
            bob = session.get(world.Author, 2)
            told.append(heard.error(lambda bob=bob: bob.books))
            told.append(heard.error(lambda bob=bob: bob.teacher))
            ann = session.get(world.Author, 1)
            told.append(heard.error(lambda bob=bob: bob.teacher.name))
            told.append([heard.error(lambda ann=ann: ann.teacher), loaded(bob), loaded(ann)])
            option = orm.selectinload(world.Author.books)
            statement = orm.select(world.Author).options(option).where(world.Author.id == 1)
            told.append(titles(session.scalars(statement)))
        world.Base.metadata.drop_all(engine)
    return told


@contract(roads=ROADS)
def test_joined_references_to_the_own_class_end_at_their_depth(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    told: list[Any] = []
    for depth in (None, 1, 2, 3):
        for lazy in ("joined", "selectin"):
            world = library(orm, engine, pupils=lazy, join_depth=depth)
            with orm.Session(engine) as session, counted(engine) as seen:
                statement = orm.select(world.Author).where(world.Author.id == 1)
                level = session.scalars(statement).unique().all()
                told.append([depth, lazy, len(seen)])
                while level:
                    told.append([[author.name, "pupils" in vars(author)] for author in level])
                    known = [author for author in level if "pupils" in vars(author)]
                    level = [pupil for author in known for pupil in author.pupils]
            world.Base.metadata.drop_all(engine)
    return told


@contract(*EVERY, roads=ROADS)
def test_get_takes_options(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = library(orm, engine)
    Author, Book = world.Author, world.Book
    told: list[Any] = []
    for options in (
        [orm.joinedload(Author.books)],
        [orm.selectinload(Author.books).joinedload(Book.pages), orm.joinedload(Author.teacher)],
        [orm.subqueryload(Author.books)],
        [orm.load_only(Author.name), orm.selectinload(Author.books)],
        [orm.undefer_group("about")],
        [orm.raiseload(Author.books)],
    ):
        with orm.Session(engine) as session, counted(engine) as seen:
            ann = session.get(Author, 1, options=options)
            told.append([len(seen), loaded(ann)])
            again = session.get(Author, 1, options=[orm.joinedload(Author.pupils)])
            told.append([len(seen), again is ann, loaded(ann)])
            session.get(Author, 1, options=options, populate_existing=True)
            told.append([len(seen), loaded(ann)])
            one = session.get_one(Author, 2, options=options)
            told.append([len(seen), loaded(one), heard.error(lambda one=one: one.books)])
    with orm.Session(engine) as session:
        told.append(heard.error(lambda: session.get(Author, 1, options=[5])))
        wrong = [orm.joinedload(Book.pages)]
        told.append(heard.error(lambda: session.get(Author, 1, options=wrong)))
    return told


@contract(roads=ROADS)
def test_a_refresh_loads_what_was_loaded_along(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = library(orm, engine)
    Author = world.Author
    told: list[Any] = []
    for load in (orm.joinedload, orm.selectinload, orm.immediateload, orm.lazyload):
        with orm.Session(engine) as session, counted(engine) as seen:
            statement = orm.select(Author).options(load(Author.books)).where(Author.id == 1)
            ann = session.scalars(statement).unique().one()
            session.refresh(ann)
            told.append([len(seen), loaded(ann)])
            session.refresh(ann, ["name"])
            told.append([len(seen), loaded(ann)])
            session.refresh(ann, ["books"])
            # The oracle reads the key as well: see docs/differences.md.
            seen.clear()
            told.append(loaded(ann))
            session.expire(ann)
            ann.name
            told.append([len(seen), loaded(ann)])
            told.append([[book.title for book in ann.books], len(seen)])
            session.commit()
            ann.name
            told.append([len(seen), loaded(ann)])
    return told


@contract(roads=ROADS)
def test_populate_existing_loads_collections_anew(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = library(orm, engine)
    Author = world.Author
    told: list[Any] = []
    for load in (orm.joinedload, orm.selectinload, orm.subqueryload):
        with orm.Session(engine, autoflush=False) as session:
            statement = orm.select(Author).options(load(Author.books)).order_by(Author.id)
            ann, bob, *_rest = session.scalars(statement).unique().all()
            ann.books[0].author = bob
            ann.name = "other"
            session.scalars(statement).unique().all()
            told.append([ann.name, titles([ann, bob])])
            again = statement.execution_options(populate_existing=True)
            session.scalars(again).unique().all()
            told.append([ann.name, titles([ann, bob])])
    return told


@contract(roads=ROADS)
def test_objects_in_memory_get_what_they_lack(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = library(orm, engine)
    Author, Book = world.Author, world.Book
    told: list[Any] = []
    for load in (orm.joinedload, orm.selectinload, orm.subqueryload, orm.immediateload):
        with orm.Session(engine, autoflush=False) as session, counted(engine) as seen:
            ann = session.get(Author, 1)
            new = Book(title="New")
            new.author = ann
            session.scalars(orm.select(Author).options(load(Author.books))).unique().all()
            told.append([len(seen), loaded(ann)])
            told.append([len(seen), [book.title for book in ann.books]])
    return told


@contract(roads=ROADS)
def test_a_lazy_load_follows_the_options_of_its_path(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = library(orm, engine)
    Author, Book = world.Author, world.Book
    told: list[Any] = []
    for option in (
        orm.defaultload(Author.books).joinedload(Book.pages),
        orm.lazyload(Author.books).selectinload(Book.pages),
        orm.defaultload(Author.books).load_only(Book.title),
        orm.defaultload(Author.books).raiseload(Book.pages),
        orm.defaultload(Author.books).lazyload("*"),
        orm.selectinload(Author.books).defaultload(Book.pages).load_only(world.Page.number),
        orm.selectinload("*"),
    ):
        with orm.Session(engine) as session, counted(engine) as seen:
            statement = orm.select(Author).options(option).order_by(Author.id)
            ann = session.scalars(statement).first()
            books = ann.books
            told.append([len(seen), loaded(ann), [loaded(book) for book in books]])
            told.append(heard.error(lambda books=books: books[1].pages))
            told.append([len(seen), [loaded(book) for book in books]])
    return told


@contract(roads=ROADS)
def test_query_takes_options(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = library(orm, engine)
    Author, Book = world.Author, world.Book
    with orm.Session(engine) as session, counted(engine) as seen:
        query = session.query(Author).order_by(Author.id)
        told: list[Any] = [
            titles(query.options(orm.joinedload(Author.books)).all()),
            titles(query.options(orm.joinedload(Author.books)).limit(2).all()),
            titles([query.options(orm.joinedload(Author.books)).first()]),
            titles([query.options(orm.joinedload(Author.books)).filter(Author.id == 2).one()]),
            len(seen),
        ]
        session.expunge_all()
        ann = session.query(Author).options(orm.selectinload(Author.books)).get(1)
        told.append([len(seen), loaded(ann)])
        pairs = session.query(Author, Book).join(Author.books).order_by(Author.id, Book.id)
        found = pairs.options(orm.joinedload(Book.pages), orm.joinedload(Author.books)).all()
        told.append([[author.name, book.title, len(book.pages)] for author, book in found])
        return told


@contract(roads=ROADS)
def test_options_about_an_alias(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = library(orm, engine)
    Author, Book = world.Author, world.Book
    told: list[Any] = []
    for load in (orm.joinedload, orm.selectinload, orm.subqueryload, orm.immediateload):
        with orm.Session(engine) as session:
            writer = orm.aliased(Author)
            statement = orm.select(writer).options(load(writer.books), orm.defer(writer.born))
            authors = session.scalars(statement.order_by(writer.id)).unique().all()
            told.append([[loaded(author) for author in authors], titles(authors)])
    with orm.Session(engine) as session:
        writer, text = orm.aliased(Author), orm.aliased(Book)
        told.append(
            heard.error(
                lambda: session.scalars(
                    orm.select(writer).options(orm.joinedload(Author.books))
                ).all()
            )
        )
        for option in (
            orm.contains_eager(Author.books.of_type(text)),
            orm.contains_eager(Author.books, alias=text),
        ):
            session.expunge_all()
            statement = orm.select(Author).join(Author.books.of_type(text)).options(option)
            found = session.scalars(statement.where(text.title != "Air")).unique().all()
            told.append(sorted(titles(found)))
    return told


@contract(roads=ROADS)
def test_criteria_of_an_option_narrow_the_collection(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = library(orm, engine)
    Author, Book = world.Author, world.Book
    told: list[Any] = []
    for title in ("Sea", "Air"):
        for load in (orm.joinedload, orm.selectinload, orm.subqueryload):
            with orm.Session(engine) as session:
                option = load(Author.books.and_(Book.title == title))
                statement = orm.select(Author).options(option).order_by(Author.id)
                told.append(titles(session.scalars(statement).unique()))
        with orm.Session(engine) as session:
            option = orm.lazyload(Author.books.and_(Book.title == title))
            statement = orm.select(Author).options(option).order_by(Author.id)
            told.append(titles(session.scalars(statement)))
    return told


@contract(*EVERY, roads=ROADS)
def test_many_to_many_in_every_way(orm: Orm, heard: Recorder, engine: Engine) -> object:
    Base: Any = orm.declarative_base()
    links = Table(
        "links",
        Base.metadata,
        Column("post_id", ForeignKey("posts.id"), primary_key=True),
        Column("tag_id", ForeignKey("tags.id"), primary_key=True),
    )

    class Tag(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "tags"
        id = Column(Integer, primary_key=True)
        name = Column(String(20))

    class Post(Base):  # type: ignore[misc] # as above
        __tablename__ = "posts"
        id = Column(Integer, primary_key=True)
        name = Column(String(20))
        after_id: Any = Column(ForeignKey("posts.id"))
        tags = orm.relationship(Tag, secondary=links, order_by=Tag.name, backref="posts")
        followers = orm.relationship("Post", order_by="Post.id")

    Base.metadata.create_all(engine)
    with orm.Session(engine) as session:
        red, blue, idle = (Tag(name=name) for name in ("red", "blue", "idle"))
        first = Post(name="1", tags=[red, blue])
        session.add_all([first, idle])
        session.flush()
        first.followers = [Post(name="2", tags=[blue]), Post(name="3")]
        session.commit()
    told: list[Any] = []
    for load in (
        orm.joinedload,
        orm.selectinload,
        orm.subqueryload,
        orm.immediateload,
        orm.lazyload,
    ):
        with orm.Session(engine) as session, counted(engine) as seen:
            option = load(Post.followers), load(Post.tags)
            statement = orm.select(Post).options(*option).order_by(Post.id)
            posts = session.scalars(statement).unique().all()
            told.append([post.name for post in posts])
            told.append([[tag.name for tag in post.tags] for post in posts])
            told.append([[each.name for each in post.followers] for post in posts])
            told.append(len(seen))
        with orm.Session(engine) as session:
            statement = orm.select(Tag).options(load(Tag.posts)).order_by(Tag.id).limit(2)
            tags = session.scalars(statement).unique().all()
            told.append([sorted(post.name for post in tag.posts) for tag in tags])
    return told

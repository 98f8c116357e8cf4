"""`do_orm_execute`: what `ORMExecuteState` tells of each statement, and what it can do."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, bindparam, func, text

from .heard import Recorder
from .library import library
from .oracle import ROADS, Orm
from .runner import contract

KINDS = (
    "select",
    "insert",
    "update",
    "delete",
    "from_statement",
    "executemany",
    "orm_statement",
    "column_load",
    "relationship_load",
)


def described(orm: Orm, state: Any) -> list[Any]:
    """Return what a state tells of its statement, but for the statement itself."""
    owner = state.lazy_loaded_from if state.is_select else None
    path = state.loader_strategy_path
    return [
        [kind for kind in KINDS if getattr(state, f"is_{kind}")],
        state.bind_mapper,
        sorted(mapper.class_.__name__ for mapper in state.all_mappers),
        None if owner is None else owner.object,
        [getattr(step, "key", None) or step.class_ for step in path.path] if path else None,
        state.bind_arguments.get("mapper"),
        [option.payload for option in state.user_defined_options],
    ]


@contract(roads=ROADS, in_order=True)
def test_what_it_tells_of_each_statement(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = library(orm, engine)
    Author, Book = world.Author, world.Book
    other = orm.aliased(Author)
    told: list[Any] = []
    table = Author.__table__
    row = {"name": "Eve", "born": 1}
    with orm.Session(engine) as session:

        def tell(state: Any) -> None:
            told.append(described(orm, state))

        orm.event.listen(session, "do_orm_execute", tell)
        for statement, parameters in (
            (orm.select(Author), None),
            (orm.select(Author.name), None),
            (orm.select(Author, Book).join(Author.books), None),
            (orm.select(Author.id, Book), None),
            (orm.select(func.count(Author.id)), None),
            (orm.select(func.count()).select_from(Author), None),
            (orm.select(other), None),
            (orm.select(Author).where(Author.name == bindparam("name")), {"name": "Ann"}),
            (orm.select(table), None),
            (text("select 1"), None),
            (orm.select(Author).from_statement(text("select * from authors")), None),
            (orm.insert(Author), row),
            (orm.insert(Author), [row, row]),
            (orm.insert(Author).values(**row), None),
            (orm.update(Author).where(Author.id == 77).values(born=1), None),
            (orm.update(Author), [{"id": 1, "born": 2}]),
            (orm.delete(Book).where(Book.id == 77), None),
            (table.insert(), row),
            (table.update().where(table.c.id == 77), {"born": 3}),
            (table.delete().where(table.c.id == 77), None),
        ):
            told.append("next")
            session.execute(statement, parameters)
        return told


@contract(roads=ROADS, in_order=True)
def test_what_it_tells_of_loads_of_objects(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = library(orm, engine)
    Author, Book = world.Author, world.Book
    told: list[Any] = []
    with orm.Session(engine) as session:

        def tell(state: Any) -> None:
            told.append(described(orm, state))

        orm.event.listen(session, "do_orm_execute", tell)
        ann = session.get(Author, 1)
        sea = session.get(Book, 1, populate_existing=True)
        for step in (
            lambda: ann.books,
            lambda: ann.bio,
            lambda: sea.author,
            lambda: session.expire(ann),
            lambda: ann.name,
            lambda: session.expire(sea, ["title"]),
            lambda: sea.title,
            lambda: session.refresh(ann),
            lambda: session.refresh(sea, ["year"]),
            lambda: session.query(Author).filter_by(id=2).all(),
            lambda: session.query(Author).count(),
            lambda: session.query(Author.name).first(),
            lambda: session.query(Author).filter_by(id=77).update({"born": 1}),
            lambda: session.query(Book).filter_by(id=77).delete(),
        ):
            told.append("next")
            step()
        return told


@contract(roads=ROADS)
def test_what_it_tells_of_eager_loads(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = library(orm, engine)
    Author, Book = world.Author, world.Book
    told: list[Any] = []

    class Remark(orm.interfaces.UserDefinedOption):
        propagate_to_loaders = True

    for loader in (orm.selectinload, orm.subqueryload, orm.immediateload, orm.joinedload):
        with orm.Session(engine) as session:

            def tell(state: Any) -> None:
                told.append(described(orm, state))

            orm.event.listen(session, "do_orm_execute", tell)
            told.append(loader.__name__)
            options = loader(Author.books), loader(Author.books).selectinload(Book.pages)
            statement = (
                orm.select(Author).order_by(Author.id).limit(1).options(*options, Remark("x"))
            )
            session.scalars(statement).unique().all()
    return told


@contract(roads=ROADS, in_order=True)
def test_options_of_the_session_the_statement_and_the_call(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    Author = library(orm, engine).Author
    told: list[Any] = []
    names = ("session", "own", "call", "all", "both", "added", "populate_existing")

    def tell(state: Any) -> None:
        state.update_execution_options(added=state.is_select)
        for options in (state.execution_options, state.local_execution_options):
            told.append([[name, options[name]] for name in names if name in options])

    with orm.Session(
        engine, execution_options={"session": 1, "all": "session", "both": "session"}
    ) as session:
        orm.event.listen(session, "do_orm_execute", tell)
        statement = orm.select(Author).execution_options(own=1, all="own", both="own")
        books = statement.options(orm.selectinload(Author.books))
        call = {"call": 1, "all": "call", "populate_existing": True}
        session.scalars(statement).all()
        session.get(Author, 77, execution_options=call)
        session.query(Author).execution_options(own=1).filter_by(id=77).delete()
    with orm.Session(engine) as session:
        orm.event.listen(session, "do_orm_execute", tell)
        session.scalars(books, execution_options=call).all()
    return told


@contract(roads=ROADS)
def test_questions_that_a_statement_has_no_answer_to(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    Author = library(orm, engine).Author
    told: list[Any] = []
    asked = ("load_options", "lazy_loaded_from", "update_delete_options", "nothing")

    def tell(state: Any) -> None:
        for name in asked:
            told.append([name, heard.error(lambda: getattr(state, name))])  # noqa: B023 # at once

    with orm.Session(engine) as session:
        orm.event.listen(session, "do_orm_execute", tell)
        session.execute(orm.select(Author))
        session.execute(orm.update(Author).values(born=1))
        session.execute(orm.delete(Author).where(Author.id == 77))
        session.execute(orm.insert(Author), {"name": "x"})
        session.execute(text("select 1"))
        session.execute(orm.select(Author).from_statement(text("select * from authors")))
    return told


@contract(roads=ROADS, in_order=True)
def test_listeners_may_change_the_statement(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = library(orm, engine)
    Author, Book = world.Author, world.Book

    def first(state: Any) -> None:
        heard.mark("first")
        if state.is_select and state.bind_mapper is orm.inspect(Author):
            state.statement = state.statement.where(Author.born > bindparam("born"))
            state.parameters = {**(state.parameters or {}), "born": 1930}
        elif state.is_update:
            state.statement = state.statement.values(born=7)

    def second(state: Any) -> None:
        heard.mark("second")
        heard.note("parameters", state.parameters)

    with orm.Session(engine) as session:
        orm.event.listen(session, "do_orm_execute", first)
        orm.event.listen(session, "do_orm_execute", second)
        names = session.scalars(orm.select(Author.name).order_by(Author.id)).all()
        authors = session.scalars(orm.select(Author).order_by(Author.id)).all()
        session.execute(orm.update(Author).where(Author.id == 1).values(name="x"))
        titles = session.scalars(orm.select(Book.title).order_by(Book.id)).all()
        return [names, authors, titles, session.query(Author).all()]


@contract(roads=ROADS, in_order=True)
def test_invoking_a_statement_asks_the_listeners_that_are_left(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    Author = library(orm, engine).Author

    def first(state: Any) -> Any:
        heard.mark("first")
        if state.is_select:
            name = state.parameters["name"]
            result = state.invoke_statement(
                statement=state.statement.where(Author.id > 0),
                params={"name": {"Ann": "Bob"}.get(name, name)},
                execution_options={"told": "invoked"},
                bind_arguments={"note": "bound"},
            )
            heard.mark("invoked")
            return result
        return None

    def second(state: Any) -> Any:
        heard.note("second", state.parameters, state.execution_options.get("told"))
        heard.note("bound", state.bind_arguments.get("note"))

    def third(state: Any) -> Any:
        heard.mark("third")
        return state.invoke_statement() if state.is_select else None

    statement = orm.select(Author).where(Author.name == bindparam("name"))

    class Routed(orm.Session):
        def get_bind(self, *args: Any, note: Any = None, **options: Any) -> Any:
            return super().get_bind(*args, **options)

    with Routed(engine) as session:
        for listener in (first, second, third):
            orm.event.listen(session, "do_orm_execute", listener)
        return [
            session.scalars(statement, {"name": "Ann"}).all(),
            session.execute(statement, {"name": "Cid"}).all(),
            session.execute(orm.insert(Author), [{"name": "Eve"}]) is not None,
        ]


@contract(roads=ROADS)
def test_a_listener_may_answer_with_a_result_of_its_own(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    Author = library(orm, engine).Author

    def answer(state: Any) -> Any:
        frozen = state.invoke_statement().freeze()
        return frozen() if state.is_select else None

    with orm.Session(engine) as session:
        orm.event.listen(session, "do_orm_execute", answer)
        ann = session.get(Author, 1)
        told: list[Any] = [
            session.scalars(orm.select(Author).order_by(Author.id)).all(),
            session.execute(orm.select(Author.id, Author).order_by(Author.id)).all(),
            session.scalar(orm.select(func.count(Author.id))),
            [book.title for book in ann.books],
            ann.bio,
            session.query(Author).filter_by(id=2).one(),
            session.query(Author.name).filter_by(id=2).scalar(),
            session.query(Author).count(),
        ]
        session.expire_all()
        session.refresh(ann)
        options = orm.selectinload(Author.books)
        authors = session.scalars(orm.select(Author).options(options)).all()
        return [*told, ann.name, [len(author.books) for author in authors]]


def key_of(state: Any) -> Any:
    """Return what tells statements apart that may share their rows, as a cache does."""
    statement = state.statement
    compiled = statement.compile()
    values = {**compiled.params, **(state.parameters or {})}
    return str(compiled), tuple(sorted((key, repr(value)) for key, value in values.items()))


@contract(roads=ROADS, in_order=True)
def test_a_cache(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = library(orm, engine)
    Author, Book = world.Author, world.Book
    region: dict[Any, Any] = {}

    def cached(state: Any) -> Any:
        if not state.is_select or not state.execution_options.get("cached"):
            return None
        key = key_of(state)
        if key not in region:
            heard.mark("read")
            region[key] = state.invoke_statement().freeze()
        else:
            heard.mark("from the cache")
        found = orm.merge_frozen_result(state.session, state.statement, region[key], load=False)
        return found()

    maker = orm.sessionmaker(engine)
    orm.event.listen(maker, "do_orm_execute", cached)
    told: list[Any] = []
    statement = orm.select(Author).where(Author.born > 1900).order_by(Author.id)
    by_name = orm.select(Author).where(Author.name == bindparam("name"))
    with_books = statement.options(orm.selectinload(Author.books), orm.joinedload(Author.teacher))
    pairs = orm.select(Author.name, Book, Author).join(Author.books).order_by(Book.id)
    for _round in range(2):
        with maker() as session:
            use = {"cached": True}
            authors = session.scalars(statement, execution_options=use).all()
            told.append([[each in session, each.name, each.born] for each in authors])
            for name in ("Ann", "Bob"):
                found = session.scalars(by_name, {"name": name}, execution_options=use).one()
                told.append([found.name, found is session.get(Author, found.id)])
            # Not cached: the option of the call is missing.
            told.append(len(session.scalars(statement).all()))
        with maker() as session:
            authors = session.scalars(with_books, execution_options=use).all()
            told.append([[title.title for title in each.books] for each in authors])
            told.append([each.teacher and each.teacher.name for each in authors])
        with maker() as session:
            rows = session.execute(pairs, execution_options=use).all()
            told.append([[row.name, row.Book.title, row.Author in session] for row in rows])
            told.append(rows[0].Book.author is rows[0].Author)
            names = session.scalars(orm.select(Author.name), execution_options=use).all()
            told.append(sorted(names))
    return told


@contract(roads=ROADS)
def test_a_frozen_result_with_newer_rows(orm: Orm, heard: Recorder, engine: Engine) -> object:
    Author = library(orm, engine).Author
    statement = orm.select(Author.id, Author).order_by(Author.id)
    with orm.Session(engine) as session:
        frozen = session.execute(statement).freeze()
        one = session.execute(orm.select(Author).order_by(Author.id)).freeze()
    with engine.begin() as connection:
        connection.execute(Author.__table__.update().values(name="new"))
    told: list[Any] = []
    for load in (True, False):
        with orm.Session(engine) as session:
            loaded = orm.merge_frozen_result(session, statement, frozen, load=load)()
            rows = loaded.all()
            told.append([[row.id, row.Author.name, row.Author in session] for row in rows])
            alone = orm.merge_frozen_result(session, orm.select(Author), one, load=load)()
            pairs = zip(alone.scalars(), rows, strict=True)
            told.append([each is row.Author for each, row in pairs])
    return told


@contract(roads=ROADS)
def test_a_soft_delete(orm: Orm, heard: Recorder, engine: Engine) -> object:
    """Authors born in 1930 and books of 1931 count as deleted."""
    world = library(orm, engine)
    Author, Book = world.Author, world.Book
    gone = {Author: Author.born == 1930, Book: Book.year == 1931}

    def leave_out(state: Any) -> None:
        if not state.is_select or state.is_column_load:
            return
        if state.execution_options.get("with deleted"):
            return
        for mapper in state.all_mappers:
            if mapper.class_ in gone:
                left = orm.or_(gone[mapper.class_].is_(None), orm.not_(gone[mapper.class_]))
                state.statement = state.statement.where(left)

    maker = orm.sessionmaker(engine)
    orm.event.listen(maker, "do_orm_execute", leave_out)
    told: list[Any] = []
    everything = {"with deleted": True}
    with maker() as session:
        ann = session.get(Author, 1)
        told += [
            [each.name for each in session.scalars(orm.select(Author).order_by(Author.id))],
            session.scalars(orm.select(Author.name).order_by(Author.id)).all(),
            [book.title for book in ann.books],
            session.get(Author, 2),
            session.get(Author, 2, execution_options=everything).name,
            session.query(Author).count(),
            session.scalar(orm.select(func.count(Author.id))),
            session.scalar(orm.select(func.count(Author.id)), execution_options=everything),
        ]
        session.expire(ann)
        told.append(ann.name)
    for loader in (orm.selectinload, orm.subqueryload, orm.immediateload):
        with maker() as session:
            options = loader(Author.books), loader(Author.teacher)
            authors = session.scalars(
                orm.select(Author).options(*options).order_by(Author.id)
            ).all()
            told.append([[book.title for book in author.books] for author in authors])
            told.append([author.teacher and author.teacher.name for author in authors])
    with maker() as session:
        cid = session.scalars(orm.select(Author).where(Author.name == "Cid")).one()
        told.append(cid.teacher)
    return told

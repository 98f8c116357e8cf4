"""Where the event reference promises more than sqlalchemy.orm 2.1 keeps; cormorant keeps it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, Integer, String, create_engine
from sqlalchemy.pool import StaticPool

from tests.contract import catalog
from tests.contract.library import library
from tests.contract.oracle import Orm, cormorant_orm

from .sides import FINE, blog_in, both, problem, stored, warned


def test_a_collection_stays_whole_when_a_load_listener_loads_its_owner_anew() -> None:
    def scenario(orm: Orm) -> Any:
        engine = create_engine("sqlite://", poolclass=StaticPool)
        Author = library(orm, engine).Author
        told: list[Any] = []
        acts: list[Any] = [
            lambda session, author: author.bio,
            lambda session, author: session.refresh(author),
            lambda session, author: session.refresh(author, ["name"]),
        ]
        for restore in (False, True):
            for act in acts:
                with orm.Session(engine) as session:

                    def loaded(session: Any, instance: Any, act: Any = act) -> None:
                        if isinstance(instance, Author):
                            act(session, instance)

                    orm.event.listen(
                        session, "loaded_as_persistent", loaded, restore_load_context=restore
                    )
                    statement = orm.select(Author).options(orm.joinedload(Author.books))

                    def read(session: Any = session, statement: Any = statement) -> None:
                        first = session.scalars(statement.order_by(Author.id)).unique().first()
                        told.append([book.title for book in first.books])

                    error = problem(read)
                    if error != FINE:
                        told.append(error)
        return told

    whole = ["Air", "Sea"]
    theirs, ours = both(scenario)
    assert theirs == [["Air"], whole, ["Air"], whole, "AttributeError", whole]
    assert ours == [whole] * 6


def test_refresh_flush_never_names_a_primary_key() -> None:
    def scenario(orm: Orm) -> Any:
        Base: Any = orm.declarative_base()

        class Job(Base):  # type: ignore[misc] # the base is made at run time
            __tablename__ = "jobs"
            id = Column(Integer, primary_key=True, default=lambda: 70)
            tries = Column(Integer, default=3)
            name = Column(String(20))

        engine = create_engine("sqlite://", poolclass=StaticPool)
        Base.metadata.create_all(engine)
        log: list[Any] = []
        orm.event.listen(Job, "refresh_flush", lambda t, c, attrs: log.append(sorted(attrs)))
        with orm.Session(engine) as session:
            session.add(Job())
            session.flush()
        return log

    assert both(scenario) == ([["id", "tries"]], [["tries"]])


def test_expunge_all_detaches_what_the_transaction_deleted() -> None:
    def scenario(orm: Orm) -> Any:
        world = blog_in(orm)
        user = stored(world)
        world.session.delete(user)
        world.session.flush()
        log: list[str] = []
        for name in [name for name in catalog.SESSION if "_to_" in name]:
            orm.event.listen(world.session, name, lambda s, i, name=name: log.append(name))
        world.session.expunge_all()
        return log, orm.inspect(user).detached

    assert both(scenario) == (([], False), (["deleted_to_detached"], True))


def test_everything_of_a_new_object_counts_as_added_until_the_flush_is_over() -> None:
    def scenario(orm: Orm) -> Any:
        world = blog_in(orm)
        user = world.User(name="Ann")
        log: list[Any] = []

        def after(session: Any, flush_context: Any) -> None:
            for key in ("name", "id"):
                history = orm.attributes.get_history(user, key)
                log.append([list(history.added), list(history.unchanged)])

        orm.event.listen(world.session, "after_flush", after)
        world.session.add(user)
        world.session.flush()
        return log

    assert both(scenario) == ([[["Ann"], []], [[], [1]]], [[["Ann"], []], [[1], []]])


def test_objects_may_be_given_to_flush_without_a_warning() -> None:
    def scenario(orm: Orm) -> Any:
        world = blog_in(orm)
        users = [world.User(name="Ann"), world.User(name="Bob")]
        world.session.add_all(users)
        given = warned(lambda: world.session.flush(users[:1]))
        return len(given), [user.id for user in users]

    assert both(scenario) == ((1, [1, None]), (0, [1, None]))


def test_a_session_shows_its_transaction() -> None:
    def scenario(orm: Orm) -> Any:
        session = blog_in(orm).session
        log: list[Any] = []

        def ended(session: Any, previous_transaction: Any) -> None:
            log.append(session.transaction is previous_transaction)

        orm.event.listen(session, "after_soft_rollback", ended)
        before = problem(lambda: session.transaction)
        session.begin()
        current = getattr(session, "transaction", "none") is session.get_transaction()
        with session.begin_nested() as savepoint:
            inner = getattr(session, "transaction", "none") is savepoint
        return before, current, inner, problem(session.rollback), log

    theirs, ours = both(scenario)
    assert theirs == ("AttributeError", False, False, "AttributeError", [])
    assert ours == (FINE, True, True, FINE, [False])


def test_listeners_of_four_arguments_hear_bulk_updates_and_deletes() -> None:
    orm = cormorant_orm()
    world = blog_in(orm)
    stored(world)
    log: list[Any] = []

    def heard(session: Any, query: Any, query_context: Any, result: Any) -> None:
        known = isinstance(query_context, orm.context.QueryContext)
        told = query_context.session is session, str(query_context.statement).split()[0]
        log.append((session is world.session, query is renamed, known, told, result.rowcount))

    for name in ("after_bulk_update", "after_bulk_delete"):
        orm.event.listen(world.session, name, heard)
    renamed = world.session.query(world.User)
    renamed.update({"name": "Bob"})
    renamed.delete()
    assert log == [
        (True, True, True, (True, "UPDATE"), 1),
        (True, True, True, (True, "DELETE"), 1),
    ]


def test_the_context_of_a_load_has_its_statement() -> None:
    def scenario(orm: Orm) -> Any:
        world = blog_in(orm)
        stored(world)
        log: list[Any] = []

        def loaded(target: Any, context: Any) -> None:
            log.append(problem(lambda: context.statement))
            log.append(getattr(context, "statement", "none") is statement)

        orm.event.listen(world.User, "load", loaded)
        statement = orm.select(world.User)
        world.session.expunge_all()
        kept = world.session.scalars(statement).one()
        return log, kept.name

    theirs, ours = both(scenario)
    assert theirs == (["AttributeError", False], "Ann")
    assert ours == ([FINE, True], "Ann")


def test_a_load_in_after_flush_finds_the_object_that_was_flushed() -> None:
    def scenario(orm: Orm) -> Any:
        world = blog_in(orm)
        user = world.User(name="Ann")
        found: list[Any] = []

        def after(session: Any, flush_context: Any) -> None:
            found.append(session.scalars(orm.select(world.User)).one())

        orm.event.listen(world.session, "after_flush", after)
        world.session.add(user)
        given = warned(world.session.flush)
        return found[0] is user, len(given)

    assert both(scenario) == ((False, 1), (True, 0))


def test_the_flush_context_has_its_transaction() -> None:
    def scenario(orm: Orm) -> Any:
        world = blog_in(orm)
        log: list[Any] = []

        def told(session: Any, flush_context: Any) -> None:
            transaction = getattr(flush_context, "transaction", None)
            log.append((transaction is not None, flush_context.session is session))
            log.append(transaction is session.get_transaction())

        for name in ("after_flush", "after_flush_postexec"):
            orm.event.listen(world.session, name, told)
        world.session.add(world.User(name="Ann"))
        world.session.flush()
        return log

    theirs, ours = both(scenario)
    assert theirs == [(True, True), False] * 2
    assert ours == [(True, True), True] * 2

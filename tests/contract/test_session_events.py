"""Session events: transactions, flushes, attachment and executed statements."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, text

from .databases import EVERY
from .heard import Recorder
from .models import blog, people
from .oracle import ROADS, Orm
from .runner import contract


@contract(*EVERY, in_order=True)
def test_a_commit_without_work_tells_its_transaction(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    session = orm.Session(engine)
    heard.session(session)
    session.commit()
    heard.mark("again")
    session.commit()
    heard.mark("rollback")
    session.rollback()
    heard.mark("close")
    session.close()
    return session.in_transaction()


@contract(*EVERY, in_order=True)
def test_begin_is_told_when_a_connection_is_taken(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    with orm.Session(engine) as session:
        heard.session(session)
        heard.mark("begin")
        session.begin()
        told = [session.in_transaction()]
        heard.mark("connection")
        session.connection()
        heard.mark("text")
        told.append(session.scalar(text("SELECT 1")))
        heard.mark("rollback")
        session.rollback()
        return [*told, session.in_transaction()]


@contract(*EVERY, in_order=True)
def test_savepoints_are_told_with_their_parents(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = blog(orm, engine)
    with orm.Session(engine) as session:
        heard.session(session)
        session.add(world.User(name="Ann"))
        heard.mark("savepoint")
        first = session.begin_nested()
        session.add(world.User(name="Bob"))
        heard.mark("release")
        first.commit()
        heard.mark("second savepoint")
        second = session.begin_nested()
        session.add(world.User(name="Cid"))
        session.flush()
        heard.mark("roll back to the second")
        second.rollback()
        heard.mark("commit")
        session.commit()
        return [first.is_active, second.is_active, session.in_nested_transaction()]


@contract(*EVERY, in_order=True)
def test_rollback_tells_and_undoes(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = people(orm, engine)
    with orm.Session(engine) as session:
        heard.session(session)
        user = session.get(world.User, 1)
        user.name = "Bea"
        session.flush()
        heard.mark("rollback")
        session.rollback()
        heard.mark("read")
        return user.name


@contract(*EVERY, in_order=True)
def test_a_context_manager_commits_or_rolls_back(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = blog(orm, engine)
    maker = orm.sessionmaker(engine)
    heard.session(maker)
    with maker.begin() as session:
        session.add(world.User(name="Ann"))
    heard.mark("an error inside")

    def failing() -> None:
        with maker() as session, session.begin():
            session.add(world.User(name="Bob"))
            session.flush()
            raise LookupError("stop")

    return heard.error(failing)


@contract(in_order=True)
def test_a_failed_flush_rolls_back_and_tells_both_rollbacks(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = people(orm, engine)
    with orm.Session(engine) as session:
        heard.session(session)
        session.add(world.Address(email="ann@a.org"))
        error = heard.error(session.flush)
        inactive = session.is_active
        later = heard.error(lambda: session.get(world.User, 1))
        heard.mark("rollback")
        session.rollback()
        return [error, inactive, later, session.is_active, session.get(world.User, 1).name]


@contract(in_order=True)
def test_an_empty_flush_tells_nothing(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = people(orm, engine)
    with orm.Session(engine) as session:
        heard.session(session)
        session.flush()
        session.get(world.User, 1)
        heard.mark("flush")
        session.flush()
    return heard.names


@contract(in_order=True)
def test_new_dirty_deleted_during_the_flush_events(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = people(orm, engine)

    def contents(event: str) -> Any:
        def listener(session: Any, *others: object) -> None:
            heard.note(event, *(list(part) for part in (session.new, session.dirty)))
            heard.note(event, list(session.deleted))

        return listener

    with orm.Session(engine) as session:
        before, after, end = map(contents, ("before", "after", "postexec"))
        orm.event.listen(session, "before_flush", lambda s, c, i: before(s))
        orm.event.listen(session, "after_flush", lambda s, c: after(s))
        orm.event.listen(session, "after_flush_postexec", lambda s, c: end(s))
        changed, gone = session.get(world.User, 1), session.get(world.Address, 3)
        changed.name = "Bea"
        session.delete(gone)
        session.add(world.User(name="Dan"))
        session.flush()
    return heard.names


@contract()
def test_before_flush_may_add_change_and_delete(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = people(orm, engine)
    heard.classes(world.User, world.Address, attributes=False)
    with orm.Session(engine) as session:
        heard.session(session)
        bob, gone = session.get(world.User, 2), session.get(world.Address, 1)

        def before_flush(session: Any, flush_context: object, instances: object) -> None:
            for user in list(session.new):
                session.add(world.Address(email=f"{user.name}@new.org", user=user))
                bob.age = 99
                session.delete(gone)

        orm.event.listen(session, "before_flush", before_flush)
        session.add(world.User(name="Dan"))
        heard.mark("commit")
        session.commit()
        return [bob.age, orm.inspect(gone).detached]


@contract(in_order=True)
def test_what_after_flush_postexec_changes_is_flushed_by_commit(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = blog(orm, engine)
    with orm.Session(engine) as session:
        heard.session(session, only=["before_flush", "after_flush_postexec", "after_commit"])
        user = world.User(name="Ann", age=0)

        def again(session: object, flush_context: object) -> None:
            if user.age < 3:
                user.age += 1

        orm.event.listen(session, "after_flush_postexec", again)
        session.add(user)
        session.commit()
        return user.age


@contract(*EVERY, in_order=True, roads=ROADS)
def test_do_orm_execute_tells_what_kind_of_statement_runs(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = people(orm, engine)
    with orm.Session(engine) as session:
        heard.session(session, only=["do_orm_execute"])
        heard.mark("get")
        user = session.get(world.User, 1)
        heard.mark("get again")
        session.get(world.User, 1)
        heard.mark("select")
        session.scalars(orm.select(world.User)).all()
        heard.mark("columns")
        session.execute(orm.select(world.User.id, world.User.name)).all()
        heard.mark("lazy load")
        len(user.addresses)
        heard.mark("refresh")
        session.refresh(user)
        heard.mark("expired attribute")
        session.expire(user)
        name = user.name
        heard.mark("text")
        session.execute(text("SELECT 1"))
        heard.mark("table")
        session.execute(world.User.__table__.select()).all()
        heard.mark("query")
        session.query(world.User).filter_by(name="Ann").one()
        return name


@contract(in_order=True, roads=ROADS)
def test_do_orm_execute_may_change_the_statement(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = people(orm, engine)
    with orm.Session(engine) as session:

        def only_bob(orm_execute_state: Any) -> None:
            if orm_execute_state.is_select and not orm_execute_state.is_column_load:
                statement = orm_execute_state.statement
                orm_execute_state.statement = statement.where(world.User.name == "Bob")

        orm.event.listen(session, "do_orm_execute", only_bob)
        return session.scalars(orm.select(world.User)).all()


@contract(in_order=True)
def test_autoflush_flushes_before_a_select_and_not_inside_no_autoflush(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = blog(orm, engine)
    with orm.Session(engine) as session:
        heard.session(session, only=["before_flush"])
        session.add(world.User(name="Ann"))
        with session.no_autoflush:
            counts = [len(session.scalars(orm.select(world.User)).all())]
        heard.mark("with autoflush")
        counts.append(len(session.scalars(orm.select(world.User)).all()))
    with orm.Session(engine, autoflush=False) as session:
        session.add(world.User(name="Bob"))
        counts.append(len(session.scalars(orm.select(world.User)).all()))
    return counts


@contract(in_order=True)
def test_a_session_joins_the_transaction_of_a_connection(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = blog(orm, engine)
    with engine.connect() as connection:
        outer = connection.begin()
        with orm.Session(connection, join_transaction_mode="create_savepoint") as session:
            heard.session(session)
            session.add(world.User(name="Ann"))
            session.commit()
            session.add(world.User(name="Bob"))
            session.flush()
            session.rollback()
            names = session.scalars(orm.select(world.User.name)).all()
        outer.rollback()
    return names


@contract(in_order=True)
def test_attach_events_name_session_and_object(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = blog(orm, engine)
    session, other = orm.Session(engine), orm.Session(engine)
    heard.session(session)
    heard.session(other)
    user = world.User(name="Ann")
    session.add(user)
    heard.mark("again")
    session.add(user)
    heard.mark("into another session")
    error = heard.error(lambda: other.add(user))
    session.expunge(user)
    heard.mark("after expunge")
    other.add(user)
    return [error, user in other, user in session]


@contract(in_order=True)
def test_a_member_is_attached_before_the_other_side_hears_of_it(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = blog(orm, engine)
    User, Address = world.User, world.Address
    told: list[tuple[str, str]] = []

    def listen(when: str) -> None:
        for attribute, event in ((User.addresses, "append"), (Address.user, "set")):

            def tell(target: Any, value: Any, *_rest: Any, event: str = event) -> None:
                told.append((f"{when} {event}", type(target).__name__))

            orm.event.listen(attribute, event, tell)

    listen("early")
    world.Base.registry.configure()
    listen("late")
    with orm.Session(engine) as session:
        heard.session(session)
        orm.event.listen(
            session, "before_attach", lambda session, it: told.append(("attach", str(it.name)))
        )
        Address.name = "address"
        old, new, address = User(name="old"), User(name="new"), Address(email="1")
        session.add(new)
        old.addresses.append(address)
        told.append(("then", "append to a user in the session"))
        new.addresses.append(address)
        told.append(("then", "refer to a user outside"))
        address.user = User(name="last")
        told.append(("then", "replace the list"))
        address.user.addresses = [Address(email="2")]
        return told, old in session, new.addresses == [], len(session.new)

"""What runs after a commit: callbacks and listeners, once, and what becomes of their errors."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy import event as core_event
from sqlalchemy.exc import InvalidRequestError, ResourceClosedError, SQLAlchemyError

from cormorant import Session, event, select
from cormorant.exc import AfterCommitErrors
from tests.people import People

from .conftest import failing

COMMITTED = (
    "The transaction is committed, but {} listener(s) or callback(s) after the commit failed. "
    "The data is durable: do not repeat the transaction, repeat the failed work."
)


def test_callbacks_run_once_in_their_order_after_the_listeners(
    engine: Engine, people: People
) -> None:
    log: list[str] = []
    with Session(engine) as session:
        event.listen(session, "after_commit", lambda session: log.append("after_commit"))
        session.on_commit(lambda: log.append("first"))
        session.on_commit(lambda: log.append("second"))
        session.add(people.User(name="Ann"))
        session.flush()
        log.append("flushed")
        session.commit()
        log.append("committed")
        session.add(people.User(name="Bob"))
        session.commit()
    assert log == ["flushed", "after_commit", "first", "second", "committed", "after_commit"]


def test_a_callback_finds_the_rows_committed_and_no_transaction_begun(
    engine: Engine, people: People
) -> None:
    seen: list[Any] = []
    with Session(engine) as session:
        session.add(people.User(name="Ann"))
        session.on_commit(lambda: seen.append((session.in_transaction(), people.rows(engine)[0])))
        session.commit()
    assert seen == [(False, [(1, "Ann", None)])]


def test_a_callback_registered_before_any_work_begins_the_transaction_it_waits_for(
    engine: Engine, people: People
) -> None:
    log: list[str] = []
    with Session(engine) as session:
        session.on_commit(lambda: log.append("run"))
        assert session.in_transaction()
        session.commit()
    assert log == ["run"]


def test_a_released_savepoint_hands_its_callbacks_to_the_transaction_around_it(
    engine: Engine, people: People
) -> None:
    log: list[str] = []
    with Session(engine) as session:
        session.on_commit(lambda: log.append("outer"))
        with session.begin_nested():
            session.on_commit(lambda: log.append("middle"))
            with session.begin_nested():
                session.on_commit(lambda: log.append("inner"))
        session.on_commit(lambda: log.append("last"))
        log.append("released")
        session.commit()
    assert log == ["released", "outer", "middle", "inner", "last"]


def test_a_savepoint_that_is_rolled_back_drops_its_callbacks(
    engine: Engine, people: People
) -> None:
    log: list[str] = []
    with Session(engine) as session:
        session.on_commit(lambda: log.append("outer"))
        middle = session.begin_nested()
        session.on_commit(lambda: log.append("middle"))
        with session.begin_nested():
            session.on_commit(lambda: log.append("inner, released into what is rolled back"))
        middle.rollback()
        session.on_commit(lambda: log.append("last"))
        session.commit()
    assert log == ["outer", "last"]


@pytest.mark.parametrize("end", ["rollback", "close", "reset", "invalidate"])
def test_no_callback_runs_when_the_commit_does_not_come(
    engine: Engine, people: People, end: str
) -> None:
    log: list[str] = []
    with Session(engine) as session:
        session.add(people.User(name="Ann"))
        session.flush()
        session.on_commit(lambda: log.append("committed"))
        session.on_rollback(lambda: log.append("rolled back"))
        getattr(session, end)()
        session.add(people.User(name="Bob"))
        session.commit()
    assert (log, people.rows(engine)[0]) == (["rolled back"], [(1, "Bob", None)])


def test_no_callback_runs_when_the_database_refuses_the_commit(
    engine: Engine, people: People
) -> None:
    log: list[str] = []
    with Session(engine) as session:
        session.add(people.User(name="Ann"))
        session.on_commit(lambda: log.append("committed"))
        session.on_rollback(lambda: log.append("rolled back"))
        core_event.listen(engine, "commit", failing(RuntimeError("refused")), once=True)
        with pytest.raises(RuntimeError, match="refused"):
            session.commit()
        assert (log, session.in_transaction()) == (["rolled back"], False)
        session.add(people.User(name="Bob"))
        session.commit()
    assert people.rows(engine)[0] == [(1, "Bob", None)]


def test_every_callback_runs_and_all_errors_come_as_one_group(
    engine: Engine, people: People
) -> None:
    log: list[str] = []
    first, second = ValueError("first"), KeyError("second")
    with Session(engine) as session:
        session.on_commit(failing(first))
        session.on_commit(lambda: log.append("between"))
        session.on_commit(failing(second))
        session.on_commit(lambda: log.append("at the end"))
        session.add(people.User(name="Ann"))
        with pytest.raises(AfterCommitErrors) as caught:
            session.commit()
    error = caught.value
    assert error.exceptions == (first, second)
    assert (error.message, error.committed) == (COMMITTED.format(2), True)
    assert log == ["between", "at the end"]
    assert people.rows(engine)[0] == [(1, "Ann", None)]


def test_one_error_comes_as_a_group_too_and_except_star_takes_it_apart(
    engine: Engine, people: People
) -> None:
    taken: list[Any] = []
    problem = ValueError("only one")
    with Session(engine) as session:
        session.on_commit(failing(problem))
        try:
            session.commit()
        except* ValueError as group:
            taken.append((type(group), group.exceptions))
    assert taken == [(AfterCommitErrors, (problem,))]
    assert issubclass(AfterCommitErrors, (SQLAlchemyError, ExceptionGroup))
    assert problem.__notes__ == ["Raised by failing.<locals>.fail at the end of a transaction."]


@pytest.mark.parametrize("name", ["after_commit", "after_transaction_end", "deleted_to_detached"])
def test_a_listener_that_fails_after_the_commit_stops_no_other_and_comes_in_the_group(
    engine: Engine, people: People, name: str
) -> None:
    log: list[str] = []
    problem = ValueError("of a listener")
    with Session(engine) as session:
        session.add(people.User(name="Ann"))
        session.commit()
        session.delete(session.get_one(people.User, 1))
        session.flush()
        event.listen(session, name, failing(problem), once=True)
        event.listen(session, name, lambda *arguments: log.append(name))
        session.on_commit(lambda: log.append("callback"))
        with pytest.raises(AfterCommitErrors) as caught:
            session.commit()
        assert (caught.value.exceptions, log) == ((problem,), [name, "callback"])
        assert not session.in_transaction()
    assert people.rows(engine)[0] == []


def test_an_expire_listener_that_fails_after_the_commit_comes_in_the_group(
    engine: Engine, people: People
) -> None:
    problem = ValueError("of a listener")
    with Session(engine) as session:
        ann, bob = people.User(name="Ann"), people.User(name="Bob")
        session.add_all([ann, bob])
        event.listen(people.User, "expire", failing(problem), once=True)
        with pytest.raises(AfterCommitErrors) as caught:
            session.commit()
        assert caught.value.exceptions == (problem,)
        assert (ann.name, bob.name) == ("Ann", "Bob")


def test_the_session_and_the_pool_are_whole_after_failed_callbacks(people: People) -> None:
    engine = create_engine("sqlite://")
    people.Base.metadata.create_all(engine)
    with Session(engine) as session:
        ann = people.User(name="Ann")
        session.add(ann)
        session.on_commit(failing(ValueError("failed")))
        with pytest.raises(AfterCommitErrors):
            session.commit()
        assert (session.is_active, session.in_transaction()) == (True, False)
        ann.name = "Anna"
        session.commit()
        assert session.scalars(select(people.User.name)).all() == ["Anna"]
    engine.dispose()


def test_a_block_of_begin_raises_the_group_and_does_not_roll_back(
    engine: Engine, people: People
) -> None:
    log: list[str] = []
    with Session(engine) as session:
        with pytest.raises(AfterCommitErrors), session.begin():
            session.add(people.User(name="Ann"))
            session.on_rollback(lambda: log.append("rolled back"))
            session.on_commit(failing(ValueError("failed")))
        assert (log, session.in_transaction()) == ([], False)
    assert people.rows(engine)[0] == [(1, "Ann", None)]


def test_a_callback_may_use_the_session_in_a_new_transaction(
    engine: Engine, people: People
) -> None:
    log: list[str] = []
    with Session(engine) as session:

        def follow_up() -> None:
            log.append(session.scalars(select(people.User.name)).one())
            session.add(people.User(name="follow-up"))
            session.on_commit(lambda: log.append("of the follow-up"))
            session.commit()
            log.append("follow-up committed")

        session.add(people.User(name="Ann"))
        session.on_commit(follow_up)
        session.on_commit(lambda: log.append("next"))
        session.commit()
    assert log == ["Ann", "of the follow-up", "follow-up committed", "next"]
    assert people.rows(engine)[0] == [(1, "Ann", None), (2, "follow-up", None)]


def test_what_a_callback_begins_and_leaves_open_waits_for_the_next_commit(
    engine: Engine, people: People
) -> None:
    with Session(engine) as session:
        session.add(people.User(name="Ann"))
        session.on_commit(lambda: session.add(people.User(name="later")))
        session.commit()
        assert ([obj.name for obj in session.new], session.in_transaction()) == (["later"], True)
        assert people.rows(engine)[0] == [(1, "Ann", None)]
        session.commit()
    assert people.rows(engine)[0] == [(1, "Ann", None), (2, "later", None)]


def test_an_after_commit_listener_may_register_a_callback_of_the_same_commit(
    engine: Engine, people: People
) -> None:
    log: list[str] = []
    with Session(engine) as session:
        session.add(people.User(name="Ann"))

        @event.listens_for(session, "after_commit")
        def register(session: Session) -> None:
            session.on_commit(lambda: log.append("run"))

        session.commit()
    assert log == ["run"]


def test_a_statement_in_an_after_commit_listener_is_refused_and_names_the_way(
    engine: Engine, people: People
) -> None:
    with Session(engine) as session:
        session.add(people.User(name="Ann"))
        event.listen(session, "after_commit", lambda session: session.get(people.User, 5))
        with pytest.raises(AfterCommitErrors) as caught:
            session.commit()
    (error,) = caught.value.exceptions
    assert (type(error), str(error)) == (
        InvalidRequestError,
        "This session is in 'committed' state; a statement is not possible until the listeners "
        "of after_commit are done. Use session.on_commit(): its callbacks may use the session.",
    )


def test_an_after_commit_listener_that_fails_at_a_release_leaves_the_savepoint_released(
    engine: Engine, people: People
) -> None:
    first, second = ValueError("first"), KeyError("second")
    with Session(engine) as session:
        event.listen(session, "after_commit", failing(first), once=True)
        event.listen(session, "after_commit", failing(second), once=True)
        with pytest.raises(ValueError, match="first") as caught, session.begin_nested():
            session.add(people.User(name="Ann"))
        assert caught.value is first
        assert first.__notes__ == [
            "Raised by failing.<locals>.fail at the end of a transaction.",
            "KeyError was raised as well by another listener.",
        ]
        session.commit()
    assert people.rows(engine)[0] == [(1, "Ann", None)]


@pytest.mark.parametrize("doing", ["commit", "rollback", "close"])
@pytest.mark.parametrize("name", ["before_insert", "after_insert"])
def test_a_listener_of_a_flush_cannot_end_its_transaction(
    engine: Engine, people: People, name: str, doing: str
) -> None:
    with Session(engine) as session:
        event.listen(people.User, name, lambda *arguments: getattr(session, doing)())
        session.add(people.User(name="Ann"))
        with pytest.raises(ResourceClosedError) as caught:
            session.commit()
        assert str(caught.value) == (
            f"{doing}() was called from a listener of a flush, whose transaction has to stay "
            f"open until the flush is over. Use session.on_commit() or on_rollback() for what "
            f"comes afterwards."
        )
        session.rollback()
    assert people.rows(engine)[0] == []

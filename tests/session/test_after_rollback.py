"""What runs after a rollback or close: it is done all the same, and errors hide nothing."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy import event as core_event
from sqlalchemy.exc import IntegrityError

from cormorant import Session, event, inspect
from cormorant.exc import RollbackListenerWarning
from tests.people import People

from .conftest import failing

REPORTED = (
    "A listener or callback of a rollback raised ValueError; the rollback is done all the same."
)
WITH_LOG = f"{REPORTED} Its traceback is in the log 'cormorant.session'."


@pytest.fixture
def reported(caplog: pytest.LogCaptureFixture) -> Callable[[], list[Any]]:
    """Return the errors in the log of the session so far, with their messages."""
    return lambda: [
        (record.name, record.message, record.exc_info[1] if record.exc_info else None)
        for record in caplog.records
    ]


def busy_session(engine: Engine, people: People) -> tuple[Session, Any]:
    """Return a session with a pending, a flushed, a deleted and a changed object; the last."""
    with Session(engine) as before:
        before.add_all([people.User(name="stays"), people.User(name="goes")])
        before.commit()
    session = Session(engine)
    stays, goes = session.get_one(people.User, 1), session.get_one(people.User, 2)
    session.delete(goes)
    stays.name = "changed"
    session.add(people.User(name="flushed"))
    session.flush()
    session.add(people.User(name="pending"))
    return session, stays


def test_rollback_callbacks_run_once_in_their_order(engine: Engine, people: People) -> None:
    log: list[str] = []
    with Session(engine) as session:
        event.listen(session, "after_rollback", lambda session: log.append("after_rollback"))
        session.on_rollback(lambda: log.append("first"))
        session.on_rollback(lambda: log.append("second"))
        session.add(people.User(name="Ann"))
        session.flush()
        session.rollback()
        session.rollback()
        session.add(people.User(name="Bob"))
        session.commit()
    assert log == ["after_rollback", "first", "second"]


def test_rollback_callbacks_of_a_savepoint_run_when_it_is_rolled_back(
    engine: Engine, people: People
) -> None:
    log: list[str] = []
    with Session(engine) as session:
        session.on_rollback(lambda: log.append("outer"))
        savepoint = session.begin_nested()
        session.on_rollback(lambda: log.append("savepoint"))
        savepoint.rollback()
        log.append("savepoint rolled back")
        session.rollback()
    assert log == ["savepoint", "savepoint rolled back", "outer"]


def test_a_released_savepoint_hands_its_rollback_callbacks_up(
    engine: Engine, people: People
) -> None:
    log: list[str] = []
    with Session(engine) as session:
        session.on_rollback(lambda: log.append("outer"))
        with session.begin_nested():
            session.on_rollback(lambda: log.append("savepoint"))
        session.rollback()
    assert log == ["outer", "savepoint"]


def test_a_commit_drops_rollback_callbacks(engine: Engine, people: People) -> None:
    log: list[str] = []
    with Session(engine) as session:
        session.on_rollback(lambda: log.append("rolled back"))
        session.add(people.User(name="Ann"))
        session.commit()
        session.add(people.User(name="Bob"))
        session.rollback()
    assert log == []


def test_a_failed_flush_runs_rollback_callbacks_when_the_user_rolls_back(
    engine: Engine, people: People
) -> None:
    log: list[str] = []
    with Session(engine) as session:
        session.on_rollback(lambda: log.append("rolled back"))
        session.on_commit(lambda: log.append("committed"))
        session.add(people.User(name=None))
        with pytest.raises(IntegrityError):
            session.commit()
        log.append("failed")
        session.rollback()
    assert log == ["failed", "rolled back"]


def test_a_rollback_callback_may_use_the_session_in_a_new_transaction(
    engine: Engine, people: People
) -> None:
    with Session(engine) as session:

        def note_it() -> None:
            session.add(people.User(name="after the rollback"))
            session.commit()

        session.add(people.User(name="Ann"))
        session.on_rollback(note_it)
        session.rollback()
    assert people.rows(engine)[0] == [(1, "after the rollback", None)]


@pytest.mark.parametrize(
    "name",
    [
        "after_rollback",
        "after_soft_rollback",
        "after_transaction_end",
        "pending_to_transient",
        "persistent_to_transient",
        "deleted_to_persistent",
    ],
)
def test_rollback_raises_no_listeners_error_and_is_done_whole(
    engine: Engine, people: People, name: str, reported: Callable[[], list[Any]]
) -> None:
    log: list[str] = []
    problem = ValueError("of a listener")
    session, stays = busy_session(engine, people)
    event.listen(session, name, failing(problem), once=True)
    event.listen(session, name, lambda *arguments: log.append("next listener"), once=True)
    session.on_rollback(lambda: log.append("callback"))
    with pytest.warns(RollbackListenerWarning) as warned:
        session.rollback()
    assert [str(warning.message) for warning in warned] == [WITH_LOG]
    assert reported() == [("cormorant.session", REPORTED, problem)]
    assert log == ["next listener", "callback"]
    assert (list(session.new), list(session.deleted), session.in_transaction()) == ([], [], False)
    assert stays.name == "stays"
    session.commit()
    assert people.rows(engine)[0] == [(1, "stays", None), (2, "goes", None)]


def test_rollback_raises_no_error_of_an_expire_listener(
    engine: Engine, people: People, reported: Callable[[], list[Any]]
) -> None:
    problem = ValueError("of a listener")
    session, stays = busy_session(engine, people)
    event.listen(people.User, "expire", failing(problem), once=True)
    with pytest.warns(RollbackListenerWarning):
        session.rollback()
    assert (reported(), stays.name) == ([("cormorant.session", REPORTED, problem)], "stays")
    session.close()


def test_rollback_raises_no_callbacks_error(
    engine: Engine, people: People, reported: Callable[[], list[Any]]
) -> None:
    log: list[str] = []
    problem = ValueError("of a callback")
    session, _stays = busy_session(engine, people)
    session.on_rollback(failing(problem))
    session.on_rollback(lambda: log.append("next callback"))
    with pytest.warns(RollbackListenerWarning):
        session.rollback()
    assert log == ["next callback"]
    assert reported() == [("cormorant.session", REPORTED, problem)]
    assert problem.__notes__ == ["Raised by failing.<locals>.fail at the end of a transaction."]
    session.close()


@pytest.mark.parametrize(
    "name",
    [
        "after_transaction_end",
        "pending_to_transient",
        "persistent_to_detached",
        "deleted_to_detached",
    ],
)
def test_close_raises_no_listeners_error_and_gives_the_connection_back(
    engine: Engine, people: People, name: str, reported: Callable[[], list[Any]]
) -> None:
    log: list[str] = []
    problem = ValueError("of a listener")
    session, stays = busy_session(engine, people)
    event.listen(session, name, failing(problem), once=True)
    session.on_rollback(lambda: log.append("callback"))
    with pytest.warns(RollbackListenerWarning):
        session.close()
    assert reported() == [("cormorant.session", REPORTED, problem)]
    assert (log, session.in_transaction(), engine.pool.checkedout()) == (["callback"], False, 0)  # type: ignore[attr-defined] # a QueuePool
    assert inspect(stays).detached
    assert people.rows(engine)[0] == [(1, "stays", None), (2, "goes", None)]


def test_where_warnings_are_errors_the_rollback_is_done_all_the_same(
    engine: Engine, people: People, reported: Callable[[], list[Any]]
) -> None:
    problem = ValueError("of a listener")
    session, _stays = busy_session(engine, people)
    event.listen(session, "after_rollback", failing(problem), once=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        session.rollback()
    assert reported() == [("cormorant.session", REPORTED, problem)]
    assert (list(session.new), session.in_transaction()) == ([], False)
    session.close()


def test_a_failing_listener_is_a_note_of_the_error_that_a_block_rolls_back_for(
    engine: Engine, people: People
) -> None:
    under_way = KeyError("under way")
    with Session(engine) as session:
        event.listen(session, "after_rollback", failing(ValueError("of a listener")), once=True)
        with (
            pytest.warns(RollbackListenerWarning),
            pytest.raises(KeyError) as caught,
            session.begin(),
        ):
            session.add(people.User(name="Ann"))
            session.flush()
            raise under_way
        assert caught.value is under_way
    assert under_way.__notes__ == [WITH_LOG]


def test_a_failing_listener_is_a_note_of_the_error_that_a_flush_rolls_back_for(
    engine: Engine, people: People
) -> None:
    with Session(engine) as session:
        event.listen(session, "after_rollback", failing(ValueError("of a listener")), once=True)
        session.add(people.User(name=None))
        with pytest.warns(RollbackListenerWarning), pytest.raises(IntegrityError) as caught:
            session.flush()
        assert caught.value.__notes__ == [WITH_LOG]
        session.rollback()
        session.add(people.User(name="Ann"))
        session.commit()
    assert people.rows(engine)[0] == [(1, "Ann", None)]


def test_a_rollback_that_the_database_refuses_throws_the_connection_away(
    engine: Engine, people: People, reported: Callable[[], list[Any]]
) -> None:
    problem = RuntimeError("refused")
    session, _stays = busy_session(engine, people)
    core_event.listen(engine, "rollback", failing(problem), once=True)
    with pytest.warns(RollbackListenerWarning):
        session.rollback()
    told = "The database raised RuntimeError; the rollback is done all the same."
    assert reported() == [("cormorant.session", told, problem)]
    session.add(people.User(name="next"))
    session.commit()
    session.close()
    assert engine.pool.checkedout() == 0  # type: ignore[attr-defined] # a QueuePool
    assert people.rows(engine)[0] == [(1, "stays", None), (2, "goes", None), (3, "next", None)]


def test_a_savepoint_that_cannot_be_rolled_back_takes_the_whole_transaction_with_it(
    engine: Engine, people: People
) -> None:
    log: list[str] = []
    with Session(engine) as session:
        session.add(people.User(name="before"))
        session.on_commit(lambda: log.append("committed"))
        savepoint = session.begin_nested()
        session.add(people.User(name="inside"))
        session.flush()
        core_event.listen(engine, "rollback_savepoint", failing(RuntimeError("no")), once=True)
        with pytest.warns(RollbackListenerWarning):
            savepoint.rollback()
        assert session.is_active is False
        session.rollback()
        session.add(people.User(name="after"))
        session.commit()
    assert (log, people.rows(engine)[0]) == ([], [(1, "after", None)])


def test_a_savepoint_that_cannot_be_released_takes_the_whole_transaction_with_it(
    engine: Engine, people: People
) -> None:
    log: list[str] = []
    with Session(engine) as session:
        session.add(people.User(name="before"))
        savepoint = session.begin_nested()
        session.on_commit(lambda: log.append("committed"))
        session.add(people.User(name="inside"))
        session.flush()
        core_event.listen(engine, "release_savepoint", failing(RuntimeError("no")), once=True)
        with pytest.raises(RuntimeError, match="no"):
            savepoint.commit()
        assert session.is_active is False
        session.rollback()
        session.add(people.User(name="after"))
        session.commit()
    assert (log, people.rows(engine)[0]) == ([], [(1, "after", None)])

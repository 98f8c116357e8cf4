"""Where the end of a transaction differs from sqlalchemy.orm, on purpose."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text

from tests.contract.oracle import Orm

from .sides import FINE, blog_in, both, message, problem, stored


def failing(*arguments: Any) -> None:
    """Raise, whatever the event."""
    raise ValueError("of a listener")


def test_work_can_wait_for_the_outermost_commit() -> None:
    def scenario(orm: Orm) -> Any:
        session = blog_in(orm).session
        return [hasattr(session, name) for name in ("on_commit", "on_rollback", "transaction")]

    assert both(scenario) == ([False, False, False], [True, True, True])


def test_a_listener_that_fails_after_the_commit_stops_nobody() -> None:
    def scenario(orm: Orm) -> Any:
        world = blog_in(orm)
        log: list[str] = []
        orm.event.listen(world.session, "after_commit", failing)
        orm.event.listen(world.session, "after_commit", lambda session: log.append("second"))
        caught = problem(lambda: stored(world))
        orm.event.remove(world.session, "after_commit", failing)
        usable = problem(lambda: world.session.execute(text("SELECT 1")))
        return caught, log, usable

    theirs, ours = both(scenario)
    assert theirs == ("ValueError", [], "InvalidRequestError")
    assert ours == ("AfterCommitErrors", ["second"], FINE)


def test_a_rollback_raises_no_error_of_a_listener() -> None:
    def scenario(orm: Orm) -> Any:
        world = blog_in(orm)
        log: list[str] = []
        orm.event.listen(world.session, "after_rollback", failing)
        orm.event.listen(world.session, "after_rollback", lambda session: log.append("second"))
        world.session.add(world.User(name="Ann"))
        world.session.flush()
        return problem(world.session.rollback), log

    assert both(scenario) == (("ValueError", []), (FINE, ["second"]))


def test_a_failing_rollback_listener_does_not_hide_the_error_under_way() -> None:
    def scenario(orm: Orm) -> Any:
        world = blog_in(orm)
        orm.event.listen(world.session, "after_rollback", failing)

        def work() -> None:
            with world.session.begin():
                world.session.add(world.User(name="Ann"))
                world.session.flush()
                raise KeyError("the cause")

        return problem(work)

    assert both(scenario) == ("ValueError", "KeyError")


def test_a_savepoint_on_sqlite_is_inside_the_transaction(tmp_path: Path) -> None:
    def scenario(orm: Orm) -> Any:
        world = blog_in(orm, f"sqlite:///{tmp_path / orm.name}.db")
        with world.session.begin_nested():
            world.session.add(world.User(name="Ann"))
        world.session.rollback()
        with world.engine.connect() as connection:
            return connection.exec_driver_sql("SELECT count(*) FROM users").scalar()

    # pysqlite begins for DML only, so the first RELEASE commits what should be rolled back.
    assert both(scenario) == (1, 0)


def test_close_tells_of_objects_whose_rows_the_transaction_deleted() -> None:
    def scenario(orm: Orm) -> Any:
        world = blog_in(orm)
        user = stored(world)
        log: list[str] = []
        orm.event.listen(
            world.session, "deleted_to_detached", lambda session, user: log.append("told")
        )
        world.session.delete(user)
        world.session.flush()
        world.session.close()
        return log

    assert both(scenario) == ([], ["told"])


def test_ending_the_transaction_of_a_flush_says_what_to_do_instead() -> None:
    def scenario(orm: Orm) -> Any:
        world = blog_in(orm)
        orm.event.listen(world.session, "after_flush", lambda session, context: session.commit())
        return message(lambda: stored(world))

    theirs, ours = both(scenario)
    assert theirs == "This transaction is closed"
    assert ours == (
        "commit() was called from a listener of a flush, whose transaction has to stay open until "
        "the flush is over. Use session.on_commit() or on_rollback() for what comes afterwards."
    )


def test_a_commit_that_expires_nothing_detaches_what_was_deleted() -> None:
    def scenario(orm: Orm) -> Any:
        world = blog_in(orm)
        world.session.expire_on_commit = False
        user = stored(world)
        world.session.delete(user)
        world.session.commit()
        return orm.inspect(user).detached

    assert both(scenario) == (False, True)


def test_deleting_what_is_deleted_leaves_the_session_in_order() -> None:
    def scenario(orm: Orm) -> Any:
        world = blog_in(orm)
        user = world.User(name="Ann")
        world.session.add(user)
        world.session.flush()
        world.session.delete(user)
        world.session.flush()
        world.session.delete(user)
        return problem(world.session.rollback)

    assert both(scenario) == ("InvalidRequestError", FINE)


def test_what_needs_several_databases_in_a_session_is_refused() -> None:
    def scenario(orm: Orm) -> Any:
        session = orm.Session(create_engine("sqlite://"))

        def set_it() -> None:
            session.connection_callable = lambda mapper, instance: session.connection()

        return problem(set_it), problem(lambda: orm.Session(twophase=True))

    assert both(scenario) == (
        ("no error", "no error"),
        ("InvalidRequestError", "ArgumentError"),
    )

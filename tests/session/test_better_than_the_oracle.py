"""Where a session does better than sqlalchemy.orm: the wanted differences of its contract."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.exc import IntegrityError

import cormorant
from tests.contract.models import people
from tests.contract.oracle import cormorant_orm
from tests.contract.playing import memory_engine


@pytest.fixture
def world() -> Iterator[Any]:
    """Give Ann, Bob and Cid on a database in memory, with the SQL that was run."""
    engine = memory_engine()
    found = people(cormorant_orm(), engine)
    statements: list[str] = []
    event.listen(engine, "before_cursor_execute", heard_by(statements))
    yield SimpleNamespace(engine=engine, sql=statements, **vars(found))
    engine.dispose()


def heard_by(statements: list[str]) -> Any:
    """Return a listener of Core that writes statements down."""

    def listener(connection: Any, cursor: Any, statement: str, *_rest: Any) -> None:
        statements.append(statement)

    return listener


def told(session: cormorant.Session, name: Any) -> list[object]:
    """Return the list of the objects for which an event of the session fires from now on."""
    found: list[object] = []
    cormorant.event.listen(session, name, lambda _session, obj: found.append(obj))
    return found


def test_what_was_deleted_is_detached_by_a_commit_that_expires_nothing(world: Any) -> None:
    with cormorant.Session(world.engine, expire_on_commit=False) as session:
        user = session.get(world.User, 3)
        detached = told(session, "deleted_to_detached")
        session.delete(user)
        session.commit()
        assert detached == [user]
        assert cormorant.inspect(user).detached


def test_what_was_deleted_is_detached_by_close(world: Any) -> None:
    session = cormorant.Session(world.engine)
    user = session.get(world.User, 3)
    detached = told(session, "deleted_to_detached")
    session.delete(user)
    session.flush()
    session.close()
    assert detached == [user]


def test_deleting_twice_is_deleting_once(world: Any) -> None:
    with cormorant.Session(world.engine) as session:
        user = session.get(world.User, 3)
        deleted = told(session, "persistent_to_deleted")
        session.delete(user)
        session.flush()
        session.delete(user)
        session.commit()
        session.delete(user)
        session.commit()
        assert deleted == [user]


def test_an_object_that_is_moved_and_deleted_in_one_flush_is_deleted(world: Any) -> None:
    with cormorant.Session(world.engine) as session:
        address, bob = session.get_one(world.Address, 1), session.get_one(world.User, 2)
        address.user = bob
        session.delete(address)
        session.commit()
        assert session.get(world.Address, 1) is None


def test_a_column_that_insert_wrote_as_null_is_known(world: Any) -> None:
    with cormorant.Session(world.engine) as session:
        address = world.Address(email="new")
        session.add(address)
        session.flush()
        assert vars(address)["user_id"] is None


def test_rows_that_fill_nothing_refresh_nothing(world: Any) -> None:
    refreshed: list[object] = []
    cormorant.event.listen(world.User, "refresh", lambda user, *rest: refreshed.append(user))
    with cormorant.Session(world.engine) as session:
        held = session.scalars(cormorant.select(world.User)).all()
        assert session.scalars(cormorant.select(world.User)).all() == held != []
    assert refreshed == []


def test_an_expired_object_is_not_read_to_learn_its_key(world: Any) -> None:
    with cormorant.Session(world.engine) as session:
        user = session.get_one(world.User, 1)
        session.commit()
        session.connection()
        world.sql.clear()
        assert len(user.addresses) == 2
        user.name = "Bea"
        session.flush()
        assert [statement.split()[0] for statement in world.sql] == ["SELECT", "UPDATE"]


def test_a_member_that_is_no_mapped_object_is_refused_by_name(world: Any) -> None:
    dan = world.User(name="Dan")
    with pytest.raises(cormorant.exc.UnmappedInstanceError, match=r"User\.addresses takes mapped"):
        dan.addresses.append("no address")


def test_what_came_after_a_failed_flush_becomes_transient_once(world: Any) -> None:
    with cormorant.Session(world.engine) as session:
        transient = told(session, "pending_to_transient")
        bad = world.User(name=None)
        session.add(bad)
        with pytest.raises(IntegrityError):
            session.flush()
        late = world.User(name="late")
        session.add(late)
        with pytest.warns(Warning, match="state has been changed on a non-active transaction"):
            session.rollback()
        assert transient == [bad, late]


def test_a_collection_read_before_the_flush_is_the_one_that_is_loaded_after_it(
    world: Any,
) -> None:
    with cormorant.Session(world.engine) as session:
        user = world.User(name="Dan")
        session.add(user)
        before = user.addresses
        session.flush()
        session.add(world.Address(email="by key", user_id=user.id))
        session.flush()
        before.append(world.Address(email="by list"))
        assert [item.email for item in user.addresses] == ["by key", "by list"]
        assert user.addresses is before

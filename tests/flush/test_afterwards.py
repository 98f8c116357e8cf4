"""What is done after a flush is kept, endless work ends by name, failures roll back whole."""

from __future__ import annotations

from typing import Any

import pytest

from cormorant import Session, event, select
from cormorant.exc import FlushError, ListenerLoopError

from .conftest import MAPPER_EVENTS, Written, hear, hear_session, store

# -- after the flush ----------------------------------------------------------------------


@pytest.mark.parametrize("name", ["after_flush", "after_flush_postexec"])
def test_what_is_done_after_the_flush_stays_visible_and_commit_flushes_it(
    written: Written, name: str
) -> None:
    User = written.people.User
    log: list[str] = []
    with Session(written.engine) as session:
        ann, bob = User(name="Ann"), User(name="Bob")
        store(written, session, ann, bob)

        @event.listens_for(session, name, once=True)
        def work(session: Session, flush_context: Any) -> None:
            session.add(User(name="Dan"))
            ann.age = 1
            session.delete(bob)

        hear(log, User)
        hear_session(log, session, "before_flush", "after_flush")
        session.add(User(name="Cid"))
        session.flush()
        assert written.take() == ["INSERT INTO users (name, age) VALUES ('Cid', NULL)"]
        assert [user.name for user in session.new] == ["Dan"]
        assert list(session.dirty) == [ann]
        assert list(session.deleted) == [bob]
        assert log == ["before_flush", "before_insert User", "after_insert User", "after_flush"]
        log.clear()
        session.commit()
        assert written.take() == [
            "UPDATE users SET age=1 WHERE users.id = 1",
            "INSERT INTO users (name, age) VALUES ('Dan', NULL)",
            "DELETE FROM users WHERE users.id = 2",
        ]
        assert log == [
            "before_flush",
            "before_insert User",
            "before_update User",
            "after_insert User",
            "after_update User",
            "before_delete User",
            "after_delete User",
            "after_flush",
        ]
    assert [row[1:] for row in written.people.rows(written.engine)[0]] == [
        ("Ann", 1),
        ("Cid", None),
        ("Dan", None),
    ]


@pytest.mark.parametrize("name", ["after_flush", "after_flush_postexec"])
def test_the_object_just_written_may_be_changed_after_the_flush(
    written: Written, name: str
) -> None:
    User = written.people.User
    with Session(written.engine) as session:
        ann = User(name="Ann")

        @event.listens_for(session, name, once=True)
        def change(session: Session, flush_context: Any) -> None:
            ann.age = 9

        session.add(ann)
        session.flush()
        assert written.take() == ["INSERT INTO users (name, age) VALUES ('Ann', NULL)"]
        assert (list(session.new), list(session.dirty)) == ([], [ann])
        session.commit()
        assert written.take() == ["UPDATE users SET age=9 WHERE users.id = 1"]


def test_commit_runs_as_many_whole_flushes_as_the_listeners_need(written: Written) -> None:
    User = written.people.User
    log: list[str] = []
    with Session(written.engine) as session:

        @event.listens_for(session, "after_flush")
        def add_next(session: Session, flush_context: Any) -> None:
            number = len(log)
            log.append(f"flush {number}")
            if number < 9:
                session.add(User(name=f"after {number}"))

        session.add(User(name="first"))
        session.commit()
    assert log == [f"flush {number}" for number in range(10)]
    assert [row[1] for row in written.people.rows(written.engine)[0]] == [
        "first",
        *(f"after {number}" for number in range(9)),
    ]


# -- endless work -------------------------------------------------------------------------


def test_an_endless_after_flush_listener_ends_the_commit_by_name(written: Written) -> None:
    User = written.people.User
    log: list[str] = []
    with Session(written.engine) as session:

        def add_more(session: Session, flush_context: Any) -> None:
            log.append("after_flush")
            session.add(User(name="more"))

        event.listen(session, "after_flush", add_more)
        session.add(User(name="Ann"))
        with pytest.raises(ListenerLoopError) as caught:
            session.commit()
        assert str(caught.value) == (
            "Over 100 subsequent flushes have occurred within session.commit() - is an "
            "after_flush() hook creating new objects each time?"
        )
        assert (len(log), isinstance(caught.value, FlushError)) == (100, True)
        session.rollback()
        event.remove(session, "after_flush", add_more)
        session.add(User(name="Bob"))
        session.commit()
    assert written.people.rows(written.engine)[0] == [(1, "Bob", None)]


@pytest.mark.parametrize("other", [False, True])
def test_an_endless_mapper_listener_ends_the_flush_by_name(written: Written, other: bool) -> None:
    User, Address = written.people.User, written.people.Address
    log: list[str] = []

    def add_more(mapper: Any, connection: Any, target: Any) -> None:
        log.append("after_insert")
        session.add(Address() if other and isinstance(target, User) else User(name="more"))

    event.listen(User, "after_insert", add_more)
    event.listen(Address, "after_insert", add_more)
    with Session(written.engine) as session:
        session.add(User(name="Ann"))
        with pytest.raises(ListenerLoopError) as caught:
            session.flush()
        assert str(caught.value) == (
            "Over 100 rounds of one flush: a mapper listener adds or changes objects each time. "
            "Let it test whether its work is done, or do it in before_flush."
        )
        assert len(log) == 100
        session.rollback()
        assert (list(session.new), list(session.dirty)) == ([], [])
        event.remove(User, "after_insert", add_more)
        event.remove(Address, "after_insert", add_more)
        session.add(User(name="Bob"))
        session.commit()
        assert session.scalars(select(User.name)).all() == ["Bob"]


def test_two_objects_that_change_each_other_for_ever_end_the_flush_by_name(
    written: Written,
) -> None:
    User = written.people.User
    with Session(written.engine) as session:
        ann, bob = User(name="Ann", age=0), User(name="Bob", age=0)
        session.add_all([ann, bob])
        session.commit()

        def change_the_other(mapper: Any, connection: Any, target: Any) -> None:
            other = bob if target is ann else ann
            other.age += 1

        event.listen(User, "after_update", change_the_other)
        ann.age = 1
        with pytest.raises(ListenerLoopError):
            session.flush()
        session.rollback()
        event.remove(User, "after_update", change_the_other)
        assert (ann.age, bob.age) == (0, 0)


# -- listeners that fail ------------------------------------------------------------------


@pytest.mark.parametrize("name", MAPPER_EVENTS)
def test_a_failing_mapper_listener_rolls_the_flush_back_whole(written: Written, name: str) -> None:
    User = written.people.User
    problem = ValueError("of a listener")
    with Session(written.engine) as session:
        ann, bob = User(name="Ann"), User(name="Bob")
        session.add_all([ann, bob])
        session.commit()
        assert (ann.name, bob.name) == ("Ann", "Bob")

        def fail(mapper: Any, connection: Any, target: Any) -> None:
            raise problem

        event.listen(User, name, fail, once=True)
        cid = User(name="Cid")
        session.add(cid)
        ann.name = "Anna"
        session.delete(bob)
        with pytest.raises(ValueError, match="of a listener") as caught:
            session.flush()
        assert (caught.value is problem, session.is_active) == (True, False)
        session.rollback()
        assert (ann.name, bob.name, bob in session, cid in session) == ("Ann", "Bob", True, False)
        session.commit()
        assert written.people.rows(written.engine)[0] == [(1, "Ann", None), (2, "Bob", None)]
        session.add(cid)
        ann.name = "Anna"
        session.delete(bob)
        session.commit()
    assert [row[1] for row in written.people.rows(written.engine)[0]] == ["Anna", "Cid"]

"""What mapper listeners do to other objects is written by the same flush."""

from __future__ import annotations

from typing import Any

import pytest

from cormorant import Session, event

from .conftest import Written, hear, hear_session, log_of, store


@pytest.mark.parametrize("when", ["before", "after"])
def test_objects_added_by_mapper_listeners_are_inserted_in_the_same_flush(
    written: Written, when: str
) -> None:
    User, Address = written.people.User, written.people.Address
    log = log_of(User, Address)

    @event.listens_for(User, f"{when}_insert")
    def add_address(mapper: Any, connection: Any, target: Any) -> None:
        session.add(Address(email=f"{target.name}@example.org"))

    with Session(written.engine) as session:
        hear_session(log, session, "before_flush", "after_flush", "after_flush_postexec")
        session.add(User(name="Ann"))
        session.flush()
        assert log == [
            "before_flush",
            "before_insert User",
            "after_insert User",
            "before_insert Address",
            "after_insert Address",
            "after_flush",
            "after_flush_postexec",
        ]
        assert written.take() == [
            "INSERT INTO users (name, age) VALUES ('Ann', NULL)",
            "INSERT INTO addresses (email, user_id) VALUES ('Ann@example.org', NULL)",
        ]
        assert (list(session.new), list(session.dirty)) == ([], [])


def test_objects_of_the_same_class_added_by_a_listener_are_inserted_in_the_same_flush(
    written: Written,
) -> None:
    User = written.people.User
    log = log_of(User)

    @event.listens_for(User, "after_insert")
    def add_next(mapper: Any, connection: Any, target: Any) -> None:
        if target.id < 3:
            session.add(User(name=f"after {target.id}"))

    with Session(written.engine) as session:
        session.add(User(name="first"))
        session.flush()
        assert written.take() == [
            f"INSERT INTO users (name, age) VALUES ('{name}', NULL)"
            for name in ("first", "after 1", "after 2")
        ]
        assert log == ["before_insert User", "after_insert User"] * 3


def test_an_object_appended_to_a_relation_by_a_listener_is_inserted_with_its_key(
    written: Written,
) -> None:
    User, Address = written.people.User, written.people.Address
    log = log_of(User, Address)

    @event.listens_for(User, "after_insert")
    def append(mapper: Any, connection: Any, target: Any) -> None:
        target.addresses.append(Address(email="new"))

    with Session(written.engine) as session:
        ann = User(name="Ann")
        session.add(ann)
        session.flush()
        assert written.take() == [
            "INSERT INTO users (name, age) VALUES ('Ann', NULL)",
            "INSERT INTO addresses (email, user_id) VALUES ('new', 1)",
        ]
        assert log[:2] == ["before_insert User", "after_insert User"]
        assert [text for text in log if "Address" in text] == [
            "before_insert Address",
            "after_insert Address",
        ]
        session.commit()
        assert [address.email for address in ann.addresses] == ["new"]


@pytest.mark.parametrize("name", ["before_insert", "after_insert"])
def test_persistent_objects_changed_by_mapper_listeners_are_updated_in_the_same_flush(
    written: Written, name: str
) -> None:
    User, Address = written.people.User, written.people.Address
    log: list[str] = []
    with Session(written.engine) as session:
        ann = User(name="Ann", age=1)
        store(written, session, ann)
        hear(log, User, Address)
        hear_session(log, session, "after_flush")

        @event.listens_for(Address, name)
        def count(mapper: Any, connection: Any, target: Any) -> None:
            ann.age += 1

        session.add_all([Address(email="a"), Address(email="b")])
        session.flush()
        assert written.take() == [
            "INSERT INTO addresses (email, user_id) VALUES ('a', NULL)",
            "INSERT INTO addresses (email, user_id) VALUES ('b', NULL)",
            "UPDATE users SET age=3 WHERE users.id = 1",
        ]
        assert log == [
            *["before_insert Address"] * 2,
            *["after_insert Address"] * 2,
            "before_update User",
            "after_update User",
            "after_flush",
        ]
        assert list(session.dirty) == []


def test_an_object_written_before_is_updated_when_a_later_listener_changes_it(
    written: Written,
) -> None:
    User, Address = written.people.User, written.people.Address
    log = log_of(User, Address)

    @event.listens_for(Address, "before_insert")
    def name_the_user(mapper: Any, connection: Any, target: Any) -> None:
        target.user.name = f"owner of {target.email}"

    with Session(written.engine) as session:
        session.add(User(name="Ann", addresses=[Address(email="a")]))
        session.flush()
        assert written.take() == [
            "INSERT INTO users (name, age) VALUES ('Ann', NULL)",
            "INSERT INTO addresses (email, user_id) VALUES ('a', 1)",
            "UPDATE users SET name='owner of a' WHERE users.id = 1",
        ]
        assert log == [
            "before_insert User",
            "after_insert User",
            "before_insert Address",
            "after_insert Address",
            "before_update User",
            "after_update User",
        ]
        assert list(session.dirty) == []


@pytest.mark.parametrize("name", ["before_insert", "after_insert", "before_update"])
def test_objects_deleted_by_mapper_listeners_are_deleted_in_the_same_flush(
    written: Written, name: str
) -> None:
    User, Address = written.people.User, written.people.Address
    log: list[str] = []
    with Session(written.engine) as session:
        address, ann = Address(email="old"), User(name="Ann")
        store(written, session, address, ann)
        hear(log, Address)
        hear_session(log, session, "after_flush")
        event.listen(User, name, lambda *arguments: session.delete(address))
        if name == "before_update":
            ann.age = 5
        else:
            session.add(User(name="Bob"))
        session.flush()
        assert written.take()[1:] == ["DELETE FROM addresses WHERE addresses.id = 1"]
        assert log == ["before_delete Address", "after_delete Address", "after_flush"]
        assert list(session.deleted) == []
        session.commit()
    assert written.people.rows(written.engine)[1] == []


def test_what_delete_listeners_add_and_change_is_written_in_the_same_flush(
    written: Written,
) -> None:
    User, Address = written.people.User, written.people.Address
    log: list[str] = []
    with Session(written.engine) as session:
        ann, address = User(name="Ann"), Address(email="a")
        store(written, session, ann, address)
        hear(log, User, Address)

        @event.listens_for(User, "after_delete")
        def leave_a_trace(mapper: Any, connection: Any, target: Any) -> None:
            session.add(Address(email="trace"))
            address.email = "changed"

        session.delete(ann)
        session.flush()
        assert written.take() == [
            "DELETE FROM users WHERE users.id = 1",
            "UPDATE addresses SET email='changed' WHERE addresses.id = 1",
            "INSERT INTO addresses (email, user_id) VALUES ('trace', NULL)",
        ]
        assert log == [
            "before_delete User",
            "after_delete User",
            "before_insert Address",
            "before_update Address",
            "after_insert Address",
            "after_update Address",
        ]


def test_an_object_that_deletes_itself_in_after_insert_is_gone_after_the_flush(
    written: Written,
) -> None:
    User = written.people.User
    log = log_of(User)
    event.listen(User, "after_insert", lambda mapper, connection, u: session.delete(u))
    with Session(written.engine) as session:
        session.add(User(name="Ann"))
        session.flush()
        assert written.take() == [
            "INSERT INTO users (name, age) VALUES ('Ann', NULL)",
            "DELETE FROM users WHERE users.id = 1",
        ]
        assert log == [
            "before_insert User",
            "after_insert User",
            "before_delete User",
            "after_delete User",
        ]
        session.commit()
    assert written.people.rows(written.engine) == ([], [])


def test_everything_before_flush_listeners_do_is_part_of_the_flush(written: Written) -> None:
    User, Address = written.people.User, written.people.Address
    with Session(written.engine) as session:
        ann, bob = User(name="Ann"), User(name="Bob")
        store(written, session, ann, bob)

        @event.listens_for(session, "before_flush", once=True)
        def work(session: Session, flush_context: Any, instances: Any) -> None:
            session.add(User(name="Cid"))
            ann.age = 1
            session.delete(bob)

        session.add(Address(email="a"))
        session.flush()
        assert sorted(written.take()) == [
            "DELETE FROM users WHERE users.id = 2",
            "INSERT INTO addresses (email, user_id) VALUES ('a', NULL)",
            "INSERT INTO users (name, age) VALUES ('Cid', NULL)",
            "UPDATE users SET age=1 WHERE users.id = 1",
        ]

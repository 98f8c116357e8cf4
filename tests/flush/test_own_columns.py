"""What mapper listeners set in the columns of their own object is written, and once."""

from __future__ import annotations

from typing import Any

from cormorant import Session, event, inspect

from .conftest import Written, log_of, store


def test_own_columns_set_before_insert_go_into_the_insert(written: Written) -> None:
    User = written.people.User

    @event.listens_for(User, "before_insert")
    def set_age(mapper: Any, connection: Any, target: Any) -> None:
        target.age = 30

    with Session(written.engine) as session:
        session.add_all([User(name="Ann"), User(name="Bob")])
        session.flush()
        assert written.take() == [
            "INSERT INTO users (name, age) VALUES ('Ann', 30)",
            "INSERT INTO users (name, age) VALUES ('Bob', 30)",
        ]
        assert (list(session.new), list(session.dirty)) == ([], [])


def test_own_columns_set_before_update_go_into_the_update(written: Written) -> None:
    User = written.people.User

    @event.listens_for(User, "before_update")
    def set_age(mapper: Any, connection: Any, target: Any) -> None:
        target.age = 31

    with Session(written.engine) as session:
        ann = User(name="Ann", age=30)
        session.add(ann)
        session.commit()
        written.take()
        ann.name = "Anna"
        session.commit()
        assert written.take() == ["UPDATE users SET name='Anna', age=31 WHERE users.id = 1"]
        assert (ann.name, ann.age) == ("Anna", 31)


def test_own_columns_set_back_before_update_leave_nothing_to_write(written: Written) -> None:
    User = written.people.User
    log = log_of(User)

    @event.listens_for(User, "before_update")
    def set_back(mapper: Any, connection: Any, target: Any) -> None:
        target.name = "Ann"

    with Session(written.engine) as session:
        ann = User(name="Ann")
        store(written, session, ann)
        log.clear()
        ann.name = "Anna"
        session.commit()
        assert (written.take(), log) == ([], ["before_update User", "after_update User"])


def test_own_columns_set_after_insert_go_into_one_update_without_further_events(
    written: Written,
) -> None:
    User = written.people.User
    log = log_of(User)

    @event.listens_for(User, "after_insert")
    def set_both(mapper: Any, connection: Any, target: Any) -> None:
        target.name = f"{target.name} no. {target.id}"
        target.age = 40 + target.id

    with Session(written.engine) as session:
        ann = User(name="Ann")
        session.add(ann)
        session.flush()
        assert written.take() == [
            "INSERT INTO users (name, age) VALUES ('Ann', NULL)",
            "UPDATE users SET name='Ann no. 1', age=41 WHERE users.id = 1",
        ]
        assert log == ["before_insert User", "after_insert User"]
        assert (list(session.new), list(session.dirty)) == ([], [])
        assert (ann.name, ann.age) == ("Ann no. 1", 41)
        session.commit()
        assert (written.take(), log) == ([], ["before_insert User", "after_insert User"])


def test_amended_rows_of_a_batch_are_updated_after_all_after_insert(written: Written) -> None:
    User = written.people.User
    log = log_of(User)

    @event.listens_for(User, "after_insert")
    def set_age_of_even_ones(mapper: Any, connection: Any, target: Any) -> None:
        if target.id % 2 == 0:
            target.age = target.id

    with Session(written.engine) as session:
        session.add_all([User(name=name) for name in "abcd"])
        session.flush()
        assert written.take() == [
            *(f"INSERT INTO users (name, age) VALUES ('{name}', NULL)" for name in "abcd"),
            "UPDATE users SET age=2 WHERE users.id = 2",
            "UPDATE users SET age=4 WHERE users.id = 4",
        ]
        assert log == ["before_insert User"] * 4 + ["after_insert User"] * 4


def test_own_columns_set_after_update_go_into_one_update_without_further_events(
    written: Written,
) -> None:
    User = written.people.User
    log = log_of(User)

    @event.listens_for(User, "after_update")
    def set_age(mapper: Any, connection: Any, target: Any) -> None:
        target.age = (target.age or 0) + 1

    with Session(written.engine) as session:
        ann = User(name="Ann")
        session.add(ann)
        session.commit()
        log.clear()
        written.take()
        ann.name = "Anna"
        session.commit()
        assert written.take() == [
            "UPDATE users SET name='Anna' WHERE users.id = 1",
            "UPDATE users SET age=1 WHERE users.id = 1",
        ]
        assert log == ["before_update User", "after_update User"]
        assert ann.age == 1


def test_own_columns_set_after_an_update_without_net_change_are_written_too(
    written: Written,
) -> None:
    User = written.people.User
    with Session(written.engine) as session:
        ann = User(name="Ann")
        session.add(ann)
        session.commit()
        event.listen(User, "after_update", lambda mapper, connection, u: setattr(u, "age", 5))
        assert ann.name == "Ann"
        written.take()
        ann.name = "x"
        ann.name = "Ann"
        session.commit()
        assert written.take() == ["UPDATE users SET age=5 WHERE users.id = 1"]


def test_what_after_update_listeners_only_read_is_not_written(written: Written) -> None:
    User, Address = written.people.User, written.people.Address
    log: list[Any] = []
    with Session(written.engine) as session:
        ann = User(name="Ann", age=30, addresses=[Address(email="a")])
        session.add(ann)
        session.commit()

        @event.listens_for(User, "after_update")
        def read_all(mapper: Any, connection: Any, target: Any) -> None:
            log.append((target.id, target.age, [each.email for each in target.addresses]))

        ann.name = "Anna"
        written.take()
        session.commit()
        assert written.take() == ["UPDATE users SET name='Anna' WHERE users.id = 1"]
        assert log == [(1, 30, ["a"])]


def test_a_value_computed_by_the_update_may_be_read_and_changed_after_it(
    written: Written,
) -> None:
    User = written.people.User
    log: list[Any] = []
    with Session(written.engine) as session:
        ann = User(name="Ann", age=30)
        session.add(ann)
        session.commit()

        @event.listens_for(User, "after_update")
        def double(mapper: Any, connection: Any, target: Any) -> None:
            log.append(target.age)
            target.age *= 2

        ann.age = User.age + 1
        written.take()
        session.commit()
        assert written.take() == [
            "UPDATE users SET age=(users.age + 1) WHERE users.id = 1",
            "UPDATE users SET age=62 WHERE users.id = 1",
        ]
        assert (log, ann.age) == ([31], 62)


def test_the_history_of_an_update_is_still_there_in_after_update(written: Written) -> None:
    User = written.people.User
    log: list[Any] = []
    with Session(written.engine) as session:
        ann = User(name="Ann", age=1)
        session.add(ann)
        session.commit()
        assert ann.name == "Ann"

        @event.listens_for(User, "after_update")
        def look(mapper: Any, connection: Any, target: Any) -> None:
            target.age = 2
            log.append(tuple(inspect(target).attrs.name.history))

        ann.name = "Anna"
        session.commit()
        assert log == [(["Anna"], (), ["Ann"])]


def test_a_set_listener_on_a_copied_key_may_change_the_parent_already_written(
    written: Written,
) -> None:
    User, Address = written.people.User, written.people.Address

    @event.listens_for(Address.user_id, "set")
    def count(target: Any, value: Any, oldvalue: Any, initiator: Any) -> None:
        target.user.age = (target.user.age or 0) + 1

    with Session(written.engine) as session:
        session.add(User(name="Ann", addresses=[Address(email="a"), Address(email="b")]))
        session.flush()
        assert written.take() == [
            "INSERT INTO users (name, age) VALUES ('Ann', NULL)",
            "INSERT INTO addresses (email, user_id) VALUES ('a', 1)",
            "INSERT INTO addresses (email, user_id) VALUES ('b', 1)",
            "UPDATE users SET age=2 WHERE users.id = 1",
        ]

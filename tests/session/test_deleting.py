"""Deletions whose members are not loaded: what they reach is found in batches, when asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import event as core_event
from sqlalchemy import text
from sqlalchemy.exc import SAWarning

from tests.contract.oracle import Orm, cormorant_orm
from tests.differences.sides import blog_in, both, rows

FAMILIES = 3
"""Users with two addresses each."""


def families(orm: Orm, cascade: str = "all", count: int = FAMILIES) -> tuple[Any, list[Any]]:
    """Return a world with stored users, their addresses not loaded."""
    world = blog_in(orm, cascade=cascade)
    for number in range(count):
        user = world.User(name=f"user {number}")
        for part in "ab":
            user.addresses.append(world.Address(email=f"{number}{part}@x"))
        world.session.add(user)
    world.session.commit()
    world.session.close()
    found = world.session.scalars(orm.select(world.User).order_by(world.User.id)).all()
    return world, list(found)


def left(world: Any) -> tuple[Any, Any]:
    """Return the users and addresses that are stored."""
    return (
        rows(world, "select name from users order by id"),
        rows(world, "select email, user_id from addresses order by id"),
    )


def emails(objects: Any) -> list[str]:
    """Return the addresses among objects, sorted."""
    return sorted(each.email for each in objects if hasattr(each, "email"))


def look_at_deleted(orm: Orm, world: Any, users: list[Any]) -> Any:
    world.session.delete(users[0])
    return emails(world.session.deleted)


def read_the_members(orm: Orm, world: Any, users: list[Any]) -> Any:
    world.session.delete(users[0])
    return emails(users[0].addresses)


def add_again(orm: Orm, world: Any, users: list[Any]) -> Any:
    world.session.delete(users[0])
    world.session.add(users[0])
    return emails(world.session.deleted)


def roll_back(orm: Orm, world: Any, users: list[Any]) -> Any:
    world.session.delete(users[0])
    world.session.rollback()
    world.session.flush()
    return emails(users[0].addresses)


def expunge(orm: Orm, world: Any, users: list[Any]) -> Any:
    world.session.delete(users[0])
    world.session.expunge(users[0])
    return emails(world.session.deleted), emails(world.session)


def expire(orm: Orm, world: Any, users: list[Any]) -> Any:
    world.session.delete(users[0])
    world.session.expire(users[0])
    return len(world.session.deleted)


def take_another_member_in(orm: Orm, world: Any, users: list[Any]) -> Any:
    other = users[1].addresses[0]
    world.session.delete(users[0])
    other.user = users[0]
    return emails(world.session.deleted)


def in_a_savepoint(orm: Orm, world: Any, users: list[Any]) -> Any:
    inner = world.session.begin_nested()
    world.session.delete(users[0])
    inner.rollback()
    return emails(world.session.deleted), emails(users[0].addresses)


def with_a_change_before(orm: Orm, world: Any, users: list[Any]) -> Any:
    world.session.add(world.Address(email="new@x", user=users[0]))
    world.session.delete(users[0])
    return emails(world.session.deleted)


@pytest.mark.parametrize(
    "act",
    [
        look_at_deleted,
        read_the_members,
        add_again,
        roll_back,
        expunge,
        expire,
        take_another_member_in,
        in_a_savepoint,
        with_a_change_before,
    ],
)
@pytest.mark.parametrize("cascade", ["all", "save-update, merge"])
def test_nobody_sees_that_members_are_loaded_late(
    act: Callable[[Orm, Any, list[Any]], Any], cascade: str
) -> None:
    def scenario(orm: Orm) -> Any:
        world, users = families(orm, cascade)
        seen = act(orm, world, users)
        world.session.flush()
        stored = left(world)
        world.session.commit()
        return seen, stored

    theirs, ours = both(scenario)
    assert ours == theirs


@pytest.mark.parametrize("cascade", ["all", "save-update, merge"])
def test_the_number_of_statements_hardly_grows_with_the_deletions(cascade: str) -> None:
    counts = []
    for size in (5, 50, 400):
        world, users = families(cormorant_orm(), cascade, size)
        statements: list[str] = []

        def note(_conn: Any, _cursor: Any, text: str, *_rest: Any, to: Any = statements) -> None:
            to.append(text)

        core_event.listen(world.engine, "before_cursor_execute", note)
        for user in users:
            world.session.delete(user)
        world.session.flush()
        counts.append(len([text for text in statements if "address" in text]))
        assert left(world)[0] == []
    assert counts[0] == counts[1] == counts[2] <= 2


def nothing(orm: Orm, world: Any, users: list[Any]) -> Any:
    return []


def hold_a_member(orm: Orm, world: Any, users: list[Any]) -> Any:
    return [world.session.get(world.Address, 1)]


def hold_an_expired_member(orm: Orm, world: Any, users: list[Any]) -> Any:
    held = world.session.get(world.Address, 1)
    world.session.expire(held)
    return [held]


def hold_a_member_of_another(orm: Orm, world: Any, users: list[Any]) -> Any:
    return [world.session.get(world.Address, 5)]


def listen_to_members(orm: Orm, world: Any, users: list[Any]) -> Any:
    told: list[str] = []
    orm.event.listen(
        world.Address, "after_delete", lambda _mapper, _conn, target: told.append(target.email)
    )
    return [told]


def listen_to_owners(orm: Orm, world: Any, users: list[Any]) -> Any:
    told: list[Any] = []
    orm.event.listen(
        world.User,
        "before_delete",
        lambda _mapper, _conn, target: told.append(emails(target.addresses)),
    )
    return [told]


def listen_after_the_flush(orm: Orm, world: Any, users: list[Any]) -> Any:
    told: list[Any] = []
    orm.event.listen(
        world.session,
        "after_flush",
        lambda session, _context: told.extend(emails(session.deleted)),
    )
    return [told]


@pytest.mark.parametrize(
    "prepare",
    [
        nothing,
        hold_a_member,
        hold_an_expired_member,
        hold_a_member_of_another,
        listen_to_members,
        listen_to_owners,
        listen_after_the_flush,
    ],
)
@pytest.mark.parametrize("end", ["commit", "rollback"])
def test_members_that_nobody_looks_at_are_deleted_all_the_same(
    prepare: Callable[[Orm, Any, list[Any]], list[Any]], end: str
) -> None:
    def scenario(orm: Orm) -> Any:
        world, users = families(orm, "all")
        kept = prepare(orm, world, users)
        for user in users[:2]:
            world.session.delete(user)
        world.session.flush()
        stored = left(world)
        getattr(world.session, end)()
        states = [orm.inspect(each).persistent for each in [*users, *kept] if hasattr(each, "id")]
        told = [each for each in kept if isinstance(each, list)]
        return stored, left(world), states, told

    theirs, ours = both(scenario)
    assert ours == theirs


def test_members_that_nobody_looks_at_are_not_loaded() -> None:
    world, users = families(cormorant_orm(), "all")
    statements: list[str] = []
    core_event.listen(
        world.engine, "before_cursor_execute", lambda *args: statements.append(args[2])
    )
    for user in users:
        world.session.delete(user)
    world.session.flush()
    assert left(world) == ([], [])
    assert [text.split()[0] for text in statements[:2]] == ["DELETE", "DELETE"]


@pytest.mark.parametrize("name", ["after_delete", "persistent_to_deleted", "deleted_to_detached"])
def test_listeners_can_read_an_expired_object_after_its_row_is_gone(name: str) -> None:
    def scenario(orm: Orm) -> Any:
        world, users = families(orm, "all")
        told: list[str] = []
        target = world.User if name == "after_delete" else world.session

        def read(*args: Any) -> None:
            if isinstance(args[-1], world.User):
                told.append(args[-1].name)

        orm.event.listen(target, name, read)
        world.session.commit()
        world.session.delete(users[0])
        world.session.commit()
        return told

    theirs, ours = both(scenario)
    assert ours == theirs == ["user 0"]


@pytest.mark.parametrize("name", ["after_delete", "persistent_to_deleted", "deleted_to_detached"])
def test_expired_objects_are_read_with_few_statements_before_their_rows_go(name: str) -> None:
    counts = []
    for size in (5, 50, 400):
        world, users = families(cormorant_orm(), "save-update, merge", size)
        told: list[str] = []
        target = world.User if name == "after_delete" else world.session

        def read(*args: Any, to: Any = told) -> None:
            to.append(args[-1].name)

        cormorant_orm().event.listen(target, name, read)
        statements: list[str] = []

        def note(_conn: Any, _cursor: Any, text: str, *_rest: Any, to: Any = statements) -> None:
            to.append(text)

        world.session.commit()
        for user in users:
            world.session.delete(user)
        core_event.listen(world.engine, "before_cursor_execute", note)
        world.session.commit()
        assert told == [f"user {number}" for number in range(size)]
        counts.append(len([text for text in statements if text.startswith("SELECT users")]))
    assert counts == [1, 1, 1]


@pytest.mark.parametrize("count", [1, 5])
def test_an_expired_object_whose_row_is_gone_is_told_of_by_the_delete(count: int) -> None:
    world, users = families(cormorant_orm(), "save-update, merge", count)
    told: list[Any] = []
    cormorant_orm().event.listen(
        world.session, "persistent_to_deleted", lambda _s, obj: told.append(obj)
    )
    world.session.commit()
    for user in users:
        world.session.delete(user)
    world.session.connection().execute(text("delete from users where id = 1"))
    with pytest.warns(SAWarning, match="expected to delete"):
        world.session.flush()
    assert [each in told for each in users] == [True] * count
    assert left(world)[0] == []

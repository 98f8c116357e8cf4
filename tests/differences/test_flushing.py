"""Where a flush differs from sqlalchemy.orm, on purpose."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, ForeignKey, Integer
from sqlalchemy import event as core_event

from tests.contract.oracle import Orm

from .sides import FINE, blog_in, both, problem, rows, stored, warned


def test_own_columns_set_in_after_insert_are_written() -> None:
    def scenario(orm: Orm) -> Any:
        world = blog_in(orm)

        def rename(mapper: Any, connection: Any, target: Any) -> None:
            target.name = f"user {target.id}"

        orm.event.listen(world.User, "after_insert", rename)
        user = stored(world)
        return user.name, rows(world, "SELECT name FROM users")

    theirs, ours = both(scenario)
    assert theirs == ("Ann", [("Ann",)])
    assert ours == ("user 1", [("user 1",)])


def test_own_columns_set_in_after_update_are_written() -> None:
    def scenario(orm: Orm) -> Any:
        world = blog_in(orm)
        user = stored(world)
        log = []

        def rename(mapper: Any, connection: Any, target: Any) -> None:
            log.append("after_update")
            target.name = "changed"

        orm.event.listen(world.User, "after_update", rename)
        user.age = 8
        world.session.commit()
        return log, user.name, rows(world, "SELECT name, age FROM users")

    theirs, ours = both(scenario)
    assert theirs == (["after_update"], "Ann", [("Ann", 8)])
    assert ours == (["after_update"], "changed", [("changed", 8)])


def test_what_mapper_listeners_do_to_other_objects_is_part_of_the_flush() -> None:
    def scenario(orm: Orm) -> Any:
        world = blog_in(orm)
        session, bob, cid = world.session, stored(world, name="Bob"), stored(world, name="Cid")
        bob.age, cid.age

        def spread(mapper: Any, connection: Any, target: Any) -> None:
            bob.age = 99
            session.add(world.Address(email="new"))
            session.delete(cid)

        session.add(world.User(name="Ann"))
        orm.event.listen(world.User, "after_insert", spread)
        given = warned(session.flush)
        left = len(session.new), len(session.dirty), len(session.deleted)
        users = rows(world, "SELECT name, age FROM users ORDER BY id")
        return len(given), left, users, rows(world, "SELECT email FROM addresses")

    theirs, ours = both(scenario)
    assert theirs == (3, (1, 0, 1), [("Bob", 7), ("Cid", 7), ("Ann", 7)], [])
    assert ours == (0, (0, 0, 0), [("Bob", 99), ("Ann", 7)], [("new",)])


def test_a_reference_set_in_before_insert_is_written() -> None:
    def scenario(orm: Orm) -> Any:
        world = blog_in(orm)
        ann = stored(world, name="Ann")

        def give(mapper: Any, connection: Any, target: Any) -> None:
            target.user = ann

        orm.event.listen(world.Address, "before_insert", give)
        world.session.add(world.Address(email="ann@example.org"))
        warned(world.session.commit)
        return rows(world, "SELECT email, user_id IS NULL FROM addresses")

    theirs, ours = both(scenario)
    assert theirs == [("ann@example.org", 1)]
    assert ours == [("ann@example.org", 0)]


def test_what_after_flush_changes_stays_visible_and_is_committed() -> None:
    def scenario(orm: Orm) -> Any:
        world = blog_in(orm)
        user = world.User(name="Ann")

        def rename(session: Any, flush_context: Any) -> None:
            if user.name == "Ann":
                user.name = "later"

        orm.event.listen(world.session, "after_flush", rename)
        world.session.add(user)
        world.session.flush()
        visible = user in world.session.dirty
        world.session.commit()
        return visible, rows(world, "SELECT name FROM users")

    theirs, ours = both(scenario)
    assert theirs == (False, [("Ann",)])
    assert ours == (True, [("later",)])


def test_a_foreign_key_copied_by_a_flush_fires_set_once_and_only_on_a_change() -> None:
    def scenario(orm: Orm) -> Any:
        world = blog_in(orm)
        session, log = world.session, []
        session.expire_on_commit = False
        ann = world.User(name="Ann")
        address = world.Address(email="a", user=ann)
        orm.event.listen(world.Address.user_id, "set", lambda t, v, o, i: log.append(v))
        session.add(ann)
        session.commit()
        log.append("moved")
        address.user = world.User(name="Bob")
        session.commit()
        log.append("the key is there")
        session.add(world.Address(email="b", user=ann, user_id=ann.id))
        session.commit()
        return log

    theirs, ours = both(scenario)
    assert theirs == [1, 1, "moved", 2, 2, "the key is there", 1, 1, 1]
    assert ours == [1, "moved", 2, "the key is there", 1]  # the last one is the constructor's


def test_a_new_object_is_in_the_identity_map_in_after_insert() -> None:
    def scenario(orm: Orm) -> Any:
        world = blog_in(orm)
        log = []

        def look(mapper: Any, connection: Any, target: Any) -> None:
            known = world.session.identity_map.values()
            log.append((target in world.session.new, target in known))

        orm.event.listen(world.User, "after_insert", look)
        stored(world)
        return log

    theirs, ours = both(scenario)
    assert theirs == [(True, False)]
    assert ours == [(True, True)]


def test_no_statement_reads_a_key_that_the_session_knows() -> None:
    def scenario(orm: Orm) -> Any:
        world = blog_in(orm)
        user = stored(world)
        sent: list[str] = []

        def heard(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
            sent.append(statement.split()[0])

        core_event.listen(world.engine, "before_cursor_execute", heard)
        user.name = "Bob"
        world.session.flush()
        return sent

    theirs, ours = both(scenario)
    assert theirs == ["SELECT", "UPDATE"]
    assert ours == ["UPDATE"]


def test_life_cycle_events_come_in_the_order_in_which_objects_entered() -> None:
    def scenario(orm: Orm) -> Any:
        world = blog_in(orm)
        log: list[int] = []
        orm.event.listen(
            world.session, "pending_to_persistent", lambda session, user: log.append(user.age)
        )
        world.session.add_all([world.User(name="Ann", age=age) for age in range(200)])
        world.session.flush()
        return sorted(log) == list(range(200)), log == list(range(200))

    theirs, ours = both(scenario)
    assert theirs == (True, False)  # the order of a set of addresses in memory
    assert ours == (True, True)


def test_replacing_a_collection_announces_each_leaver_once() -> None:
    def scenario(orm: Orm) -> Any:
        world = blog_in(orm)
        ann, bob = world.Address(email="a"), world.Address(email="b")
        user = world.User(name="Ann", addresses=[ann, bob])
        log: list[str] = []
        orm.event.listen(world.User.addresses, "remove", lambda t, v, i: log.append(v.email))
        user.addresses = [bob]
        return log

    theirs, ours = both(scenario)
    assert theirs == ["a", "a"]
    assert ours == ["a"]


def test_a_deleted_scalar_is_written_as_null() -> None:
    def scenario(orm: Orm) -> Any:
        world = blog_in(orm)
        user = stored(world, age=30)
        user.age
        del user.age
        refused = problem(world.session.commit)
        world.session.rollback()
        return refused, rows(world, "SELECT age FROM users")

    theirs, ours = both(scenario)
    assert theirs == ("KeyError", [(30,)])
    assert ours == (FINE, [(None,)])


def test_an_endless_listener_is_named_by_a_class_of_its_own() -> None:
    def scenario(orm: Orm) -> Any:
        world = blog_in(orm)

        def more(session: Any, flush_context: Any) -> None:
            session.add(world.User(name="one more"))

        orm.event.listen(world.session, "after_flush", more)
        caught = problem(lambda: stored(world))
        return caught, issubclass(getattr(orm.exc, caught), orm.exc.FlushError)

    assert both(scenario) == (("FlushError", True), ("ListenerLoopError", True))


def test_keys_are_copied_in_one_order_where_the_oracle_has_many() -> None:
    def scenario(orm: Orm) -> Any:
        orders = set()
        for _run in range(30):
            world = blog_in(orm)
            log: list[Any] = []
            told = lambda t, value, *rest, log=log: log.append((t.email, value))  # noqa: E731
            orm.event.listen(world.Address.user_id, "set", told)
            users = [world.User(name=str(number)) for number in range(3)]
            for number in range(6):
                users[number % 3].addresses.append(world.Address(email=str(number)))
            world.session.add_all(users)
            world.session.commit()
            orders.add(tuple(dict.fromkeys(log)))
            world.session.close()
        return orders

    theirs, ours = both(scenario)
    assert len(theirs) > 1
    assert len(ours) == 1


def test_a_deletion_does_not_flush_the_ones_before_it() -> None:
    def scenario(orm: Orm) -> Any:
        world = blog_in(orm, cascade="all")
        for name in ("Ann", "Bob", "Cem"):
            user = stored(world, name=name)
            world.session.add(world.Address(email=f"{name}@x", user=user))
        world.session.commit()
        users = world.session.scalars(orm.select(world.User)).all()
        flushes: list[int] = []
        orm.event.listen(
            world.session,
            "before_flush",
            lambda session, _context, _objects: flushes.append(len(session.deleted)),
        )
        for user in users:
            world.session.delete(user)
        world.session.flush()
        return flushes

    assert both(scenario) == ([2, 2, 2], [6])


def test_a_deletion_loads_no_members_that_nobody_can_meet() -> None:
    def scenario(orm: Orm) -> Any:
        world = blog_in(orm, cascade="all")
        user = stored(world)
        world.session.add(world.Address(email="a@x", user=user))
        world.session.commit()
        world.session.delete(user)
        world.session.commit()
        return problem(lambda: [each.email for each in user.addresses])

    assert both(scenario) == (FINE, "DetachedInstanceError")


def test_an_expired_object_is_not_read_before_it_is_deleted() -> None:
    def scenario(orm: Orm) -> Any:
        world = blog_in(orm)
        user = stored(world)
        world.session.delete(user)
        world.session.commit()
        return problem(lambda: user.name)

    assert both(scenario) == (FINE, "DetachedInstanceError")


def test_all_objects_of_a_flush_have_moved_when_the_first_is_told_of() -> None:
    def scenario(orm: Orm) -> Any:
        world = blog_in(orm)
        User, session = world.User, world.session
        users = [User(name="Ann"), User(name="Bob")]
        log: list[Any] = []

        def arrived(session: Any, instance: Any) -> None:
            assert orm.inspect(instance).persistent
            log.append([each in session.new for each in users])

        def left(session: Any, instance: Any) -> None:
            gone = [each for each in users if orm.inspect(each).deleted]
            log.append([len(gone), len(session.deleted), instance in session.deleted])

        orm.event.listen(session, "pending_to_persistent", arrived)
        orm.event.listen(session, "persistent_to_deleted", left)
        session.add_all(users)
        session.flush()
        for user in users:
            session.delete(user)
        session.flush()
        return log

    theirs, ours = both(scenario)
    assert theirs == [[True, True], [True, True], [1, 1, False], [2, 0, False]]
    assert ours == [[False, False], [False, False], [2, 0, False], [2, 0, False]]


def test_a_reference_that_is_deleted_is_not_set_to_none_once_more() -> None:
    def scenario(orm: Orm) -> Any:
        Base: Any = orm.declarative_base()

        class Ship(Base):  # type: ignore[misc] # the base is made at run time
            __tablename__ = "ships"
            id = Column(Integer, primary_key=True)
            flag = orm.relationship("Flag", uselist=False, back_populates="ship")

        class Flag(Base):  # type: ignore[misc] # as above
            __tablename__ = "flags"
            id = Column(Integer, primary_key=True)
            ship_id: Any = Column(ForeignKey("ships.id"))
            ship = orm.relationship(Ship, back_populates="flag")

        flag = Flag(ship=Ship())
        log: list[str] = []
        orm.event.listen(Flag.ship, "remove", lambda t, v, i: log.append("remove"))
        orm.event.listen(Flag.ship, "set", lambda t, v, o, i: log.append("set"))
        orm.event.listen(Ship.flag, "set", lambda t, v, o, i: log.append("other side"))
        del flag.ship
        return log

    assert both(scenario) == (["set", "other side", "remove"], ["other side", "remove"])

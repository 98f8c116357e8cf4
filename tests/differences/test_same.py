"""Where the two documents mislead and both mappers agree: no differences, but worth knowing."""

from __future__ import annotations

from typing import Any

import sqlalchemy.orm.interfaces

from tests.contract.oracle import Orm

from .sides import blog_in, both, problem, stored


def test_propagate_is_off_unless_asked_for() -> None:
    def scenario(orm: Orm) -> Any:
        world = blog_in(orm)
        log: list[str] = []
        orm.event.listen(world.User, "init", lambda t, a, k: log.append(type(t).__name__))

        class Premium(world.User):  # type: ignore[misc,name-defined] # the base is made at run time
            pass

        Premium(), world.User()
        return log

    assert both(scenario) == (["User"], ["User"])


def test_after_insert_comes_in_the_flush_and_does_not_wait_for_the_commit() -> None:
    def scenario(orm: Orm) -> Any:
        world = blog_in(orm)
        log: list[str] = []
        orm.event.listen(world.User, "after_insert", lambda m, c, t: log.append("after_insert"))
        world.session.add(world.User(name="Ann"))
        world.session.flush()
        log.append("flushed")
        world.session.rollback()
        return log

    assert both(scenario) == (["after_insert", "flushed"],) * 2


def test_ext_stop_stops_nobody() -> None:
    def scenario(orm: Orm) -> Any:
        world = blog_in(orm)
        log: list[str] = []

        def first(mapper: Any, connection: Any, target: Any) -> Any:
            log.append("first")
            return sqlalchemy.orm.interfaces.EXT_STOP if "sqlalchemy" in orm.name else orm.EXT_STOP

        orm.event.listen(world.User, "before_insert", first, retval=True)
        orm.event.listen(world.User, "before_insert", lambda m, c, t: log.append("second"))
        stored(world)
        return log

    assert both(scenario) == (["first", "second"],) * 2


def test_listeners_of_session_classes_fire_in_the_order_of_registration() -> None:
    def scenario(orm: Orm) -> Any:
        log: list[str] = []

        class Own(orm.Session):  # type: ignore[name-defined,misc] # chosen at run time
            pass

        def everyone(session: Any) -> None:
            log.append("Session")

        orm.event.listen(Own, "before_commit", lambda session: log.append("Own"))
        orm.event.listen(orm.Session, "before_commit", everyone)
        try:
            Own(blog_in(orm).engine).commit()
        finally:
            orm.event.remove(orm.Session, "before_commit", everyone)
        return log

    assert both(scenario) == (["Own", "Session"],) * 2


def test_the_listing_of_init_scalar_names_its_arguments_in_the_wrong_order() -> None:
    def scenario(orm: Orm) -> Any:
        world = blog_in(orm)

        # As printed; the event gives (target, value, dict_).
        def init_age(target: Any, dict_: Any, value: Any) -> Any:
            dict_["age"] = 42
            return 42

        orm.event.listen(world.User.age, "init_scalar", init_age, retval=True, propagate=True)
        return problem(lambda: world.User().age)

    assert both(scenario) == ("TypeError", "TypeError")


def test_the_listing_of_after_soft_rollback_executes_a_plain_string() -> None:
    def scenario(orm: Orm) -> Any:
        return problem(lambda: blog_in(orm).session.execute("select * from users"))

    assert both(scenario) == ("ArgumentError", "ArgumentError")


def test_a_rollback_tells_of_objects_that_were_only_marked_as_deleted() -> None:
    def scenario(orm: Orm) -> Any:
        world = blog_in(orm)
        user = stored(world)
        log: list[bool] = []

        def restored(session: Any, instance: Any) -> None:
            log.append(instance is user)

        orm.event.listen(world.session, "deleted_to_persistent", restored)
        world.session.delete(user)
        world.session.rollback()
        return log

    assert both(scenario) == ([True], [True])


def test_configuring_again_tells_nobody_where_nothing_is_new() -> None:
    def scenario(orm: Orm) -> Any:
        log: list[str] = []

        def configured() -> None:
            log.append("configured")

        world = blog_in(orm)
        orm.configure_mappers()
        orm.event.listen(orm.Mapper, "after_configured", configured)
        try:
            orm.configure_mappers()
        finally:
            orm.event.remove(orm.Mapper, "after_configured", configured)
        return log, world.User.__name__

    assert both(scenario) == (([], "User"),) * 2


def test_an_object_whose_insert_is_rolled_back_becomes_transient_not_detached() -> None:
    def scenario(orm: Orm) -> Any:
        world = blog_in(orm)
        log: list[str] = []
        for name in ("persistent_to_detached", "persistent_to_transient"):
            orm.event.listen(world.session, name, lambda s, i, name=name: log.append(name))
        user = world.User(name="Ann")
        world.session.add(user)
        world.session.flush()
        world.session.rollback()
        return log, orm.inspect(user).transient

    assert both(scenario) == ((["persistent_to_transient"], True),) * 2


def test_bake_ok_changes_nothing_for_a_query() -> None:
    def scenario(orm: Orm) -> Any:
        world = blog_in(orm)
        Own: Any = type("Own", (orm.Query,), {})
        log: list[str] = []

        def compiled(query: Any) -> Any:
            log.append("compiled")
            return query

        orm.event.listen(Own, "before_compile", compiled, retval=True, bake_ok=True)
        query = Own(world.User, world.session)
        return [query.all(), query.all()], log

    assert both(scenario) == (([[], []], ["compiled"] * 2),) * 2

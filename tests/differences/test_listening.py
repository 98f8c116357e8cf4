"""Where registering and firing differ from sqlalchemy.orm, on purpose."""

from __future__ import annotations

import gc
from typing import Any

import pytest

from tests.contract import catalog
from tests.contract.databases import fresh_database
from tests.contract.heard import Recorder
from tests.contract.occasions import occasion_of
from tests.contract.oracle import Orm, cormorant_orm
from tests.contract.stage import staged

from .sides import FINE, blog_in, both, message, problem, stored, warned


def test_wrong_arguments_are_refused_at_registration() -> None:
    def scenario(orm: Orm) -> Any:
        world = blog_in(orm)
        refused = problem(
            lambda: orm.event.listen(world.User, "before_insert", lambda target: None)
        )
        return refused, problem(lambda: stored(world))

    theirs, ours = both(scenario)
    assert theirs == (FINE, "TypeError")
    assert ours == ("ListenError", FINE)


def test_what_is_wrong_with_a_registration_is_named() -> None:
    def scenario(orm: Orm) -> Any:
        User = blog_in(orm).User
        listen = orm.event.listen
        return [
            message(lambda: listen(User, "before_insert", lambda m, c, t: None, rwa=True)),
            message(lambda: listen(User, "set", lambda t, v, o, i: None)),
            message(lambda: listen(User, "before_insert", 3)),
        ]

    theirs, ours = both(scenario)
    assert theirs == [
        "_EventKey.base_listen() got an unexpected keyword argument 'rwa'",
        "type object 'User' has no attribute 'dispatch'",
        FINE,
    ]
    assert ours == [
        "MapperEvents.before_insert has no option 'rwa'; its options are 'after', 'before', "
        "'insert', 'named', 'once', 'priority', 'propagate', 'raw' and 'retval'.",
        "No 'set' for the class 'User': AttributeEvents.set takes an attribute of a mapped class "
        "(User.email).",
        "A listener to before_insert(mapper, connection, target) must be callable; an object of "
        "the class 'int' is not. Give a function that takes these arguments.",
    ]


def test_async_def_is_refused() -> None:
    def scenario(orm: Orm) -> Any:
        world = blog_in(orm)
        ran = []

        async def stamp(mapper: Any, connection: Any, target: Any) -> None:
            ran.append(target)

        def registered_and_fired() -> None:
            orm.event.listen(world.User, "before_insert", stamp)
            stored(world)
            gc.collect()

        given: list[str] = []
        refused = problem(lambda: given.extend(warned(registered_and_fired)))
        return refused, [text.split()[0] for text in given], ran

    theirs, ours = both(scenario)
    assert theirs == (FINE, ["coroutine"], [])  # never awaited: the listener never ran
    assert ours == ("ListenError", [], [])


def test_retval_is_refused_where_a_returned_value_means_nothing() -> None:
    def scenario(orm: Orm) -> Any:
        world = blog_in(orm)
        places = [
            (world.User, "load", lambda target, context: None),
            (world.User, "init", lambda target, args, kwargs: None),
            (world.session, "before_flush", lambda session, context, instances: None),
            (world.session, "after_commit", lambda session: None),
        ]
        return [
            problem(lambda place=place: orm.event.listen(*place, retval=True))  # type: ignore[misc]
            for place in places
        ]

    theirs, ours = both(scenario)
    assert theirs == [FINE] * 4
    assert ours == ["ListenError"] * 4


def test_a_listener_may_remove_itself_while_it_runs() -> None:
    def scenario(orm: Orm) -> Any:
        world = blog_in(orm)
        log = []

        def first(mapper: Any, connection: Any, target: Any) -> None:
            log.append("first")
            orm.event.remove(world.User, "before_insert", first)

        orm.event.listen(world.User, "before_insert", first)
        orm.event.listen(world.User, "before_insert", lambda m, c, t: log.append("second"))
        return problem(lambda: stored(world)), log

    theirs, ours = both(scenario)
    assert theirs == ("RuntimeError", ["first"])
    assert ours == (FINE, ["first", "second"])


def test_a_once_listener_is_forgotten_after_its_run() -> None:
    def scenario(orm: Orm) -> Any:
        world = blog_in(orm)
        log = []

        def stamp(mapper: Any, connection: Any, target: Any) -> None:
            log.append(target.name)

        orm.event.listen(world.User, "before_insert", stamp, once=True)
        stored(world, name="Ann")
        known = orm.event.contains(world.User, "before_insert", stamp)
        orm.event.listen(world.User, "before_insert", stamp)
        stored(world, name="Bob")
        return known, log

    theirs, ours = both(scenario)
    assert theirs == (True, ["Ann"])
    assert ours == (False, ["Ann", "Bob"])


def test_listening_again_with_other_options_warns() -> None:
    def scenario(orm: Orm) -> Any:
        world = blog_in(orm)
        log = []

        def stamp(mapper: Any, connection: Any, target: Any) -> None:
            log.append(type(target).__name__)

        orm.event.listen(world.User, "before_insert", stamp)
        given = warned(lambda: orm.event.listen(world.User, "before_insert", stamp, raw=True))
        stored(world)
        return given, log

    theirs, ours = both(scenario)
    assert theirs == ([], ["User"])
    assert ours == (["stamp listens to 'before_insert'"], ["User"])


def test_first_init_fires_as_the_reference_says() -> None:
    def scenario(orm: Orm) -> Any:
        world = blog_in(orm)
        log: list[str] = []

        def first(manager: Any, cls: type) -> None:
            log.append(cls.__name__)

        refused = problem(lambda: orm.event.listen(world.User, "first_init", first))
        world.User(), world.User()
        return refused, log

    theirs, ours = both(scenario)
    assert theirs == ("InvalidRequestError", [])
    assert ours == (FINE, ["User"])


def test_bulk_listeners_may_take_the_arguments_that_the_reference_lists() -> None:
    def scenario(orm: Orm) -> Any:
        world = blog_in(orm)
        stored(world)
        log = []

        def heard(session: Any, query: Any, query_context: Any, result: Any) -> None:
            log.append(session is world.session)

        orm.event.listen(world.session, "after_bulk_update", heard)
        renamed = world.session.query(world.User)
        return problem(lambda: renamed.update({"name": "Bob"})), log

    theirs, ours = both(scenario)
    assert theirs == ("TypeError", [])
    assert ours == (FINE, [True])


def test_the_function_mapper_is_a_target_without_a_warning() -> None:
    def scenario(orm: Orm) -> Any:
        log: list[str] = []

        def configured(mapper: Any, cls: type) -> None:
            log.append(cls.__name__)

        given = warned(lambda: orm.event.listen(orm.mapper, "mapper_configured", configured))
        stored(blog_in(orm))
        orm.event.remove(orm.mapper, "mapper_configured", configured)
        return given, sorted(log)

    theirs, ours = both(scenario)
    assert theirs == (["The `sqlalchemy.orm.mapper()` symbol is"], ["Address", "User"])
    assert ours == ([], ["Address", "User"])


def test_the_garbage_collector_rests_during_a_flush() -> None:
    def scenario(orm: Orm) -> Any:
        world = blog_in(orm)
        log = []
        orm.event.listen(world.User, "before_insert", lambda m, c, t: log.append(gc.isenabled()))
        stored(world)
        return log, gc.isenabled()

    theirs, ours = both(scenario)
    assert theirs == ([True], True)
    assert ours == ([False], True)


def heard_at(orm: Orm, label: str, target: Any) -> bool:
    """Tell whether an event is heard at `target(stage)`; both the target and the event exist."""
    occasion, arguments = occasion_of(label)
    name = label.partition(".")[2]
    heard = Recorder(orm)
    with fresh_database(None) as engine, staged(orm, engine) as stage:
        occasion.quiet(stage)
        refused = problem(lambda: heard.listen(target(stage), {name: arguments}))
        heard.error(lambda: occasion.loud(stage))
        heard.stop()
    return refused == FINE and name in heard.names


@pytest.mark.parametrize("name", catalog.INSTRUMENTATION)
def test_the_builtin_type_hears_of_every_class(name: str) -> None:
    label = f"InstrumentationEvents.{name}"
    assert both(lambda orm: heard_at(orm, label, lambda stage: type)) == (False, True)


@pytest.mark.parametrize("name", catalog.REGISTRY)
def test_the_class_registry_hears_every_registry(name: str) -> None:
    label = f"RegistryEvents.{name}"
    assert both(lambda orm: heard_at(orm, label, lambda stage: orm.registry)) == (False, True)


@pytest.mark.parametrize("name", [*catalog.MAPPER_FLUSH, *catalog.INSTANCE])
@pytest.mark.filterwarnings("ignore::cormorant.exc.SkippedSubclassWarning")
def test_the_function_mapper_hears_objects_of_all_classes(name: str) -> None:
    family = "MapperEvents" if name in catalog.MAPPER_FLUSH else "InstanceEvents"
    orm = cormorant_orm()
    assert heard_at(orm, f"{family}.{name}", lambda stage: orm.mapper)


def test_a_listener_of_class_uninstrument_finds_the_manager() -> None:
    def scenario(orm: Orm) -> Any:
        world = blog_in(orm)
        log: list[Any] = []

        def gone(cls: type) -> None:
            manager = problem(lambda: orm.instrumentation.manager_of_class(cls))
            log.append((cls.__name__, manager, hasattr(cls, "name")))

        orm.event.listen(world.User, "class_uninstrument", gone)
        world.Base.registry.dispose()
        return log

    theirs, ours = both(scenario)
    assert theirs == [("User", "UnmappedClassError", False)]
    assert ours == [("User", FINE, True)]

"""listen, listens_for, remove and contains: keys, doubles, threads, Core's own targets."""

from __future__ import annotations

import functools
import threading
import warnings
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, create_engine
from sqlalchemy.exc import InvalidRequestError, SAWarning

from cormorant import event
from cormorant.event.catalog import AttributeEvents, InstanceEvents, MapperEvents, SessionEvents
from cormorant.event.places import OfClass
from cormorant.exc import ListenError

from .fakes import (
    Attribute,
    Mapper,
    Model,
    Registry,
    Session,
    fire,
    fire_value,
    map_attribute,
    map_class,
    speaker,
)

THREADS = 16


class User(Model):
    """The class under test; the boards are new in every test."""


class Listener:
    """An object whose bound method listens."""

    def __init__(self) -> None:
        self.heard: list[object] = []

    def hear(self, mapper: object, connection: object, target: object) -> None:
        """Note the target."""
        self.heard.append(target)


def in_threads(work: Callable[[], None]) -> None:
    """Run `work` in all threads at once; raise what one of them raised."""
    barrier = threading.Barrier(THREADS)
    problems: list[BaseException] = []

    def run() -> None:
        try:
            barrier.wait()
            work()
        except BaseException as problem:
            problems.append(problem)

    threads = [threading.Thread(target=run) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if problems:
        raise problems[0]


def test_listens_for_gives_the_function_back(log: list[str]) -> None:
    dispatch = map_class(User)

    @event.listens_for(User, "before_insert")
    @event.listens_for(User, "after_insert")
    def listener(mapper: object, connection: object, target: object) -> None: ...

    assert dispatch.before_insert == dispatch.after_insert == (listener,)


def test_listening_twice_fires_once_and_says_nothing(log: list[str]) -> None:
    dispatch = map_class(User)
    listener = speaker(log, "user")
    event.listen(User, "before_insert", listener, once=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        event.listen(User, "before_insert", listener)
    fire(dispatch, "before_insert", "m", "c", "t")
    assert log == ["user"]


@pytest.mark.parametrize("how", ["listen", "listens_for"])
def test_listening_twice_with_other_options_fires_once_and_warns(how: str) -> None:
    def listener(mapper: object, connection: object, target: object) -> None: ...

    dispatch = map_class(User)
    event.listen(User, "before_insert", listener)
    with pytest.warns(SAWarning) as caught:
        if how == "listen":
            event.listen(User, "before_insert", listener, raw=True)
        else:
            event.listens_for(User, "before_insert", raw=True)(listener)
    assert [(str(each.message), each.filename) for each in caught] == [
        (
            "listener listens to 'before_insert' of the class 'User' already, with other "
            "options: they stay as they are. Call remove() first to change them.",
            __file__,
        )
    ]
    assert dispatch.before_insert == (listener,)


def test_one_function_at_two_places_fires_twice(log: list[str]) -> None:
    dispatch = map_class(User)
    listener = speaker(log, "heard")
    event.listen(User, "before_insert", listener)
    event.listen(Model, "before_insert", listener, propagate=True)
    event.listen(Mapper, "before_insert", listener)
    event.remove(Model, "before_insert", listener)
    fire(dispatch, "before_insert", "m", "c", "t")
    assert log == ["heard", "heard"]


def test_bound_methods_are_known_again() -> None:
    dispatch, one, other = map_class(User), Listener(), Listener()
    for each in (one, one, other):
        event.listen(User, "before_insert", each.hear)
    fire(dispatch, "before_insert", "m", "c", "t")
    event.remove(User, "before_insert", one.hear)
    fire(dispatch, "before_insert", "m", "c", "u")
    assert (one.heard, other.heard) == (["t"], ["t", "u"])
    assert event.contains(User, "before_insert", one.hear) is False
    assert event.contains(User, "before_insert", other.hear) is True


def test_methods_of_c_types_and_partials_are_known_again() -> None:
    session, heard = Session(), list[Any]()
    noted = functools.partial(heard.append)
    event.listen(session, "before_commit", heard.append)
    event.listen(session, "before_commit", heard.append)
    event.listen(session, "before_commit", noted)
    fire(session.dispatch, "before_commit", "session")
    event.remove(session, "before_commit", heard.append)
    event.remove(session, "before_commit", noted)
    fire(session.dispatch, "before_commit", "session")
    assert heard == ["session", "session"]


@pytest.mark.parametrize("options", [{"named": True}, {"raw": True}, {"once": True}])
def test_wrapped_listeners_are_found_and_removed(options: dict[str, bool]) -> None:
    def listener(mapper: object, connection: object, target: object) -> None: ...

    dispatch = map_class(User)
    event.listen(User, "before_insert", listener, **options)
    found = event.contains(User, "before_insert", listener)
    event.remove(User, "before_insert", listener)
    assert (found, dispatch.before_insert) == (True, ())


def test_contains_asks_for_exactly_that_target_and_event() -> None:
    def listener(mapper: object, connection: object, target: object) -> None: ...

    class Admin(User): ...

    map_class(Admin)
    event.listen(User, "before_insert", listener, propagate=True)
    asked = [(User, "before_insert"), (User, "after_insert"), (Admin, "before_insert")]
    assert [event.contains(*each, listener) for each in asked] == [True, False, False]


def test_removing_what_does_not_listen_is_refused() -> None:
    def listener(mapper: object, connection: object, target: object) -> None: ...

    with pytest.raises(InvalidRequestError) as caught:
        event.remove(User, "before_insert", listener)
    assert str(caught.value) == (
        "listener does not listen to 'before_insert' of the class 'User', so it cannot be "
        "removed. Give the target, name and function that listen() was given; contains() tells."
    )


def test_a_refused_listener_is_not_stored() -> None:
    dispatch = map_class(User)
    with pytest.raises(ListenError):
        event.listen(User, "before_insert", lambda target: None)
    assert dispatch.before_insert == ()


def test_the_first_family_that_accepts_the_target_has_it(log: list[str]) -> None:
    registry = Registry()
    event.listen(Mapper, "before_configured", speaker(log, "all mappers"))
    event.listen(registry, "before_configured", speaker(log, "one registry"))
    fire(MapperEvents.board.class_wide, "before_configured")
    fire(registry.dispatch, "before_configured", registry)
    assert log == ["all mappers", "one registry"]


def test_the_first_resolver_that_knows_a_target_wins() -> None:
    InstanceEvents.add_resolver(lambda target: OfClass(User) if target == "user" else None)
    InstanceEvents.add_resolver(lambda target: OfClass(Model) if target == "user" else None)
    dispatch = map_class(User)
    event.listen("user", "load", print)
    assert dispatch.load == (print,)


def test_changes_under_way_do_not_touch_a_dispatch_that_began(log: list[str]) -> None:
    dispatch = map_class(User)
    late, gone = speaker(log, "late"), speaker(log, "gone")

    def change(mapper: object, connection: object, target: object) -> None:
        log.append("change")
        if len(log) == 1:
            event.listen(User, "before_insert", late)
            event.remove(User, "before_insert", gone)

    event.listen(User, "before_insert", change)
    event.listen(User, "before_insert", gone)
    fire(dispatch, "before_insert", "m", "c", "t")
    fire(dispatch, "before_insert", "m", "c", "t")
    assert log == ["change", "gone", "change", "late"]


def test_once_runs_once_under_threads(log: list[str]) -> None:
    dispatch = map_class(User)
    for round_ in range(50):
        event.listen(User, "before_insert", speaker(log, str(round_)), once=True)
        in_threads(lambda: fire(dispatch, "before_insert", "m", "c", "t"))
    assert log == [str(round_) for round_ in range(50)]


def test_listeners_come_and_go_while_threads_fire() -> None:
    dispatch = map_class(User)
    steady, passing = list[str](), list[str]()
    event.listen(User, "before_insert", speaker(steady, "heard"))
    done = threading.Event()

    def change() -> None:
        while not done.is_set():
            listener = speaker(passing, "heard")
            event.listen(User, "before_insert", listener, insert=True)
            event.remove(User, "before_insert", listener)

    changing = threading.Thread(target=change)
    changing.start()

    def work() -> None:
        for _ in range(500):
            fire(dispatch, "before_insert", "m", "c", "t")

    in_threads(work)
    done.set()
    changing.join()
    passing.clear()
    fire(dispatch, "before_insert", "m", "c", "t")
    assert (len(steady), passing) == (THREADS * 500 + 1, [])


def test_no_value_is_lost_while_listeners_with_values_come_and_go() -> None:
    dispatch = map_attribute(User, "email")
    email = Attribute(User, "email")
    event.listen(email, "set", lambda target, value, oldvalue, initiator: None)
    done = threading.Event()

    def change() -> None:
        while not done.is_set():
            listener = lambda t, value, o, i: value  # noqa: E731  # a new one each time
            event.listen(email, "set", listener, retval=True)
            event.remove(email, "set", listener)
            AttributeEvents.board.attach(User, "email", dispatch)

    changing = threading.Thread(target=change)
    changing.start()
    values = set[Any]()
    in_threads(
        lambda: values.update(fire_value(dispatch, "set", "t", "v", "o", "i") for _ in range(500))
    )
    done.set()
    changing.join()
    assert values == {"v"}


def test_the_dispatch_of_a_class_is_made_once_under_threads() -> None:
    class Sub(Session): ...

    found = []
    in_threads(lambda: found.append(Sub().dispatch))
    assert [each is found[0] for each in found] == [True] * THREADS
    assert SessionEvents.board.dispatch_of(Sub) is found[0]


class TestCore:
    """Targets of Core go to Core's own event system."""

    def test_an_engine_is_heard(self, log: list[str]) -> None:
        engine = create_engine("sqlite://")

        @event.listens_for(engine, "begin")
        def begun(connection: object) -> None:
            log.append("begin")

        found = event.contains(engine, "begin", begun)
        with engine.begin():
            pass
        event.remove(engine, "begin", begun)
        with engine.begin():
            pass
        assert (log, found, event.contains(engine, "begin", begun)) == (["begin"], True, False)

    def test_a_table_and_its_options_pass_through(self, log: list[str]) -> None:
        engine, metadata = create_engine("sqlite://"), MetaData()
        table = Table("ships", metadata, Column("id", Integer))
        event.listen(table, "before_create", lambda *a, **k: log.append("created"), once=True)
        metadata.create_all(engine)
        metadata.drop_all(engine)
        metadata.create_all(engine)
        assert log == ["created"]

    def test_what_core_refuses_for_its_own_reasons_stays_its_error(self) -> None:
        engine = create_engine("sqlite://")
        with pytest.raises(InvalidRequestError) as caught:
            event.remove(engine, "begin", print)
        assert not isinstance(caught.value, ListenError)
        assert str(caught.value).startswith("No listeners found for event")

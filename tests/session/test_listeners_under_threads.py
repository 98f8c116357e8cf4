"""Listeners come and go while sixteen threads flush and load: none is lost, none runs twice."""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import create_engine

import cormorant
from cormorant import event
from tests.registries import mapped_for_this_test_only

THREADS = 16
ROUNDS = 25


@pytest.fixture
def ship_class() -> Iterator[type[Any]]:
    """Give a mapped class."""
    with mapped_for_this_test_only():

        class Base(cormorant.DeclarativeBase): ...

        class Ship(Base):
            __tablename__ = "ships"
            id: cormorant.Mapped[int] = cormorant.mapped_column(primary_key=True)
            name: cormorant.Mapped[str]

        cormorant.configure_mappers()
        yield Ship


def work(ship_class: type[Any], thread: int) -> None:
    """Insert and load ROUNDS objects, one by one, in a database of the thread's own."""
    engine = create_engine("sqlite://")
    ship_class.metadata.create_all(engine)
    with cormorant.Session(engine) as session:
        for number in range(ROUNDS):
            session.add(ship_class(name=f"{thread}/{number}"))
            session.commit()
            session.expunge_all()
            session.scalars(
                cormorant.select(ship_class).where(ship_class.name == f"{thread}/{number}")
            ).one()
    engine.dispose()


def in_threads(act: Callable[[int], None]) -> None:
    """Run `act` in all threads; raise what one of them raised."""
    problems: list[BaseException] = []

    def run(thread: int) -> None:
        try:
            act(thread)
        except BaseException as problem:
            problems.append(problem)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(THREADS)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert problems == []


@contextmanager
def meanwhile(change: Callable[[], None]) -> Iterator[None]:
    """Repeat `change` in a thread of its own until the block ends."""
    done = threading.Event()
    problems: list[BaseException] = []

    def repeat() -> None:
        try:
            while not done.is_set():
                change()
        except BaseException as problem:
            problems.append(problem)

    thread = threading.Thread(target=repeat)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
    assert problems == []


def passing(ship_class: type[Any]) -> Callable[[], None]:
    """Return what adds listeners around the steady ones and removes them again."""

    def nothing(*_arguments: Any) -> None: ...

    def change() -> None:
        first, last, wide = (lambda *a: nothing(*a) for _ in range(3))
        event.listen(ship_class, "before_insert", first, insert=True)
        event.listen(ship_class, "load", last, priority=-1)
        event.listen(cormorant.Mapper, "before_insert", wide)
        event.listen(ship_class.name, "set", first)
        event.listen(cormorant.Session, "before_commit", last)
        event.remove(ship_class, "before_insert", first)
        event.remove(cormorant.Mapper, "before_insert", wide)
        event.remove(ship_class, "load", last)
        event.remove(ship_class.name, "set", first)
        event.remove(cormorant.Session, "before_commit", last)

    return change


def test_steady_listeners_hear_every_event_exactly_once(ship_class: type[Any]) -> None:
    heard: list[tuple[str, str]] = []  # append() is one step that threads cannot tear

    def inserted(mapper: Any, connection: Any, target: Any) -> None:
        heard.append(("insert", target.name))

    def loaded(target: Any, context: Any) -> None:
        heard.append(("load", target.name))

    def changed(target: Any, value: Any, oldvalue: Any, initiator: Any) -> None:
        heard.append(("set", value))

    event.listen(ship_class, "before_insert", inserted)
    event.listen(ship_class, "load", loaded)
    event.listen(ship_class.name, "set", changed)
    with meanwhile(passing(ship_class)):
        in_threads(lambda thread: work(ship_class, thread))
    names = [f"{thread}/{number}" for thread in range(THREADS) for number in range(ROUNDS)]
    assert Counter(heard) == Counter(itertools.product(("insert", "load", "set"), names))


def test_no_dispatch_that_begins_after_remove_returns_calls_the_listener(
    ship_class: type[Any],
) -> None:
    """Each flush notes when it began; a listener must not hear of one that began too late."""
    clock = itertools.count()
    began = threading.local()
    late: list[int] = []

    def begins(mapper: Any, connection: Any, target: Any) -> None:
        began.at = next(clock)

    def change() -> None:
        removed: list[int] = []

        def passing(mapper: Any, connection: Any, target: Any) -> None:
            late.extend(at for at in removed if began.at > at)

        event.listen(ship_class, "after_insert", passing)
        event.remove(ship_class, "after_insert", passing)
        removed.append(next(clock))

    event.listen(ship_class, "before_insert", begins)
    with meanwhile(change):
        in_threads(lambda thread: work(ship_class, thread))
    assert next(clock) > THREADS * ROUNDS
    assert late == []


def test_once_is_claimed_by_one_flush_of_all_threads(ship_class: type[Any]) -> None:
    heard: list[int] = []
    for number in range(50):
        event.listen(
            ship_class, "before_insert", lambda m, c, t, number=number: heard.append(number),
            once=True,
        )  # fmt: skip
    in_threads(lambda thread: work(ship_class, thread))
    assert sorted(heard) == list(range(50))
    assert event.listeners(ship_class, "before_insert") == []

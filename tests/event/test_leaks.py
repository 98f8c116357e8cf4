"""Listeners come and go ten thousand times, and nothing of them stays."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Engine

import cormorant
from cormorant import event

ROUNDS = 10_000


@pytest.fixture
def own_event_system() -> None:
    """Leave the boards of the ORM in place: these tests use it whole."""


class Base(cormorant.DeclarativeBase):
    """The base of the class below."""


class Ship(Base):
    """A mapped class whose listeners come and go."""

    __tablename__ = "ships"

    id: cormorant.Mapped[int] = cormorant.mapped_column(primary_key=True)


@pytest.fixture
def without_collector() -> Iterator[None]:
    """Let only reference counts free anything."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def growth(work: Callable[[], None], rounds: int, collect: bool = False) -> int:
    """Return by how many objects the process has grown after `rounds` of `work`."""
    for _ in range(20):
        work()
    gc.collect()
    before = len(gc.get_objects())
    for _ in range(rounds):
        work()
    if collect:
        gc.collect()
    return len(gc.get_objects()) - before


def listener() -> Callable[..., None]:
    """Return a function of its own."""

    def hear(*_arguments: Any) -> None: ...

    return hear


def fire_load() -> None:
    """Fire one instance event of Ship."""
    for call in cormorant.class_mapper(Ship).class_manager.dispatch.load:
        call(None, None)


@pytest.mark.usefixtures("without_collector")
class TestWithoutCollector:
    """No cycle holds a listener: reference counts free it at once."""

    def test_once_forgets_its_listener(self) -> None:
        def work() -> None:
            event.listen(Ship, "load", listener(), once=True)
            fire_load()

        assert growth(work, ROUNDS) < 100
        assert event.listeners(Ship, "load") == []

    def test_a_once_listener_is_free_when_its_call_returns(self) -> None:
        hear = listener()
        gone = weakref.ref(hear)
        event.listen(Ship, "load", hear, once=True)
        del hear
        alive = gone() is not None
        fire_load()
        assert (alive, gone()) == (True, None)

    def test_removed_listeners_are_forgotten(self) -> None:
        def work() -> None:
            hear = listener()
            event.listen(Ship, "load", hear, raw=True, propagate=True)
            event.remove(Ship, "load", hear)

        assert growth(work, ROUNDS) < 100

    def test_listeners_of_attributes_are_forgotten(self) -> None:
        def work() -> None:
            hear = listener()
            event.listen(Ship.id, "set", hear, retval=False, include_key=False)
            event.remove(Ship.id, "set", hear)

        assert growth(work, ROUNDS) < 100

    def test_listeners_of_one_session_die_with_it(self, sqlite_engine: Engine) -> None:
        def work() -> None:
            session = cormorant.Session(sqlite_engine)
            event.listen(session, "before_commit", lambda s: session_is(s), once=True)
            event.listen(session, "after_commit", listener())
            session.close()

        def session_is(_session: Any) -> None: ...

        assert growth(work, ROUNDS) < 100

    def test_a_session_dies_at_once_with_listeners_left(self, sqlite_engine: Engine) -> None:
        session = cormorant.Session(sqlite_engine)
        hear = listener()
        gone = [weakref.ref(session), weakref.ref(hear)]
        event.listen(session, "after_commit", hear)
        session.close()
        del session, hear
        assert [each() for each in gone] == [None, None]


def test_classes_that_go_away_take_their_listeners_along() -> None:
    def work() -> None:
        class Passing:
            """A class that no registry keeps."""

        def hear(mapper: Any, connection: Any, target: Passing) -> None:
            assert isinstance(target, Passing)

        event.listen(Passing, "before_insert", hear, propagate=True)
        event.listen(Passing, "load", listener(), once=True)

    assert growth(work, ROUNDS, collect=True) < 100


@pytest.mark.parametrize("rounds", [1_000, pytest.param(ROUNDS, marks=pytest.mark.soak)])
def test_mapped_classes_that_go_away_take_their_listeners_along(rounds: int) -> None:
    def work() -> None:
        class Own(cormorant.DeclarativeBase): ...

        class Passing(Own):
            __tablename__ = "passing"
            id: cormorant.Mapped[int] = cormorant.mapped_column(primary_key=True)

        class Below(Passing): ...

        def heard(*arguments: Any) -> bool:
            return isinstance(arguments, Passing)

        event.listen(Own, "class_instrument", heard)
        event.listen(Own.registry, "before_configured", heard)
        event.listen(Own, "init", heard, propagate=True)
        event.listen(Passing, "before_insert", heard, propagate=True)
        event.listen(cormorant.inspect(Below), "load", heard, raw=True)
        event.listen(Passing.id, "set", heard, propagate=True, named=False)
        Below(id=1), Passing(id=2)

    assert growth(work, rounds, collect=True) < 100


def test_sessionmakers_that_go_away_take_their_listeners_along(sqlite_engine: Engine) -> None:
    def work() -> None:
        factory = cormorant.sessionmaker(sqlite_engine)
        event.listen(factory, "before_commit", lambda session: factory is None)
        with factory() as session:
            session.commit()

    assert growth(work, ROUNDS // 4, collect=True) < 100


def test_listener_objects_that_are_detached_are_forgotten() -> None:
    class Audit(cormorant.MapperEvents):
        def before_insert(self, mapper: Any, connection: Any, target: Any) -> None: ...

        def after_insert(self, mapper: Any, connection: Any, target: Any) -> None: ...

    def work() -> None:
        audit = Audit()
        event.attach(audit, Ship)
        event.detach(audit, Ship)

    gc.disable()
    try:
        assert growth(work, 1000) < 100
    finally:
        gc.enable()

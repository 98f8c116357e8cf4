"""Mappers are configured once, in order, with their events, from any thread."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm.interfaces import EXT_SKIP as PEER_SKIP

from cormorant.event.constants import EXT_SKIP
from tests.registries import mapped_for_this_test_only

from .orms import OURS, PEER

CLASS_EVENTS = (
    "instrument_class",
    "after_mapper_constructed",
    "before_mapper_configured",
    "mapper_configured",
)


@pytest.fixture(autouse=True)
def no_mappers_left() -> Any:
    """Leave neither mappers nor failed ones to other tests, but theirs as they are."""
    with mapped_for_this_test_only():
        yield
    PEER.clear_mappers()


def story(orm: SimpleNamespace, skip: Any) -> list[str]:
    """Return all that is announced while three classes are declared and configured."""
    heard: list[str] = []
    listening: list[tuple[Any, str, Any]] = []

    def listen(target: Any, name: str, listener: Any, **options: Any) -> None:
        orm.event.listen(target, name, listener, **options)
        listening.append((target, name, listener))

    class Base(orm.DeclarativeBase):  # type: ignore[name-defined] # either ORM
        pass

    for name in ("before_configured", "after_configured"):
        listen(orm.Mapper, name, lambda name=name: heard.append(name))
        listen(Base.registry, name, lambda _registry, name=name: heard.append(f"own {name}"))
    for name in CLASS_EVENTS:
        listen(
            orm.Mapper,
            name,
            # Other tests may have left classes that nobody has configured yet.
            lambda _mapper, cls, name=name: (
                heard.append(f"{name} {cls.__name__}") if cls.__module__ == __name__ else None
            ),
        )

    class A(Base):
        __tablename__ = "a"
        id = sa.Column(sa.Integer, primary_key=True)

        @classmethod
        def __declare_first__(cls) -> None:
            heard.append(f"first {cls.__name__}")

        @classmethod
        def __declare_last__(cls) -> None:
            heard.append(f"last {cls.__name__}")

    class B(A):
        pass

    class C(Base):
        __tablename__ = "c"
        id = sa.Column(sa.Integer, primary_key=True)

    listen(C, "before_mapper_configured", lambda _mapper, _cls: skip, retval=True)
    orm.configure_mappers()
    heard.append("again")
    orm.configure_mappers()
    for target, name, listener in listening:
        orm.event.remove(target, name, listener)
    return heard


def test_configuring_is_announced_as_by_the_peer() -> None:
    ours = story(OURS, EXT_SKIP)
    assert ours[:12] == [
        "instrument_class A",
        "after_mapper_constructed A",
        "instrument_class B",
        "after_mapper_constructed B",
        "instrument_class C",
        "after_mapper_constructed C",
        "before_configured",
        "first A",
        "own before_configured",
        "before_mapper_configured A",
        "mapper_configured A",
        "before_mapper_configured B",
    ]
    assert ours == story(PEER, PEER_SKIP)


def test_sixteen_threads_configure_once() -> None:
    heard: list[str] = []

    class Base(OURS.DeclarativeBase):  # type: ignore[name-defined] # typed in its own tests
        pass

    classes = []
    for number in range(20):
        body: dict[str, Any] = {
            "__tablename__": f"t{number}",
            "id": sa.Column(sa.Integer, primary_key=True),
            "parent_id": sa.Column(sa.ForeignKey("t0.id")),
            "parent": OURS.relationship("T0", viewonly=True, remote_side="T0.id"),
        }
        classes.append(type(Base)(f"T{number}", (Base,), body))

    def count(_mapper: Any, cls: type[Any]) -> None:
        heard.append(cls.__name__)

    def count_all(_registry: Any) -> None:
        heard.append("all")

    OURS.event.listen(Base, "mapper_configured", count, propagate=True)
    OURS.event.listen(Base.registry, "after_configured", count_all)
    start, failures = threading.Barrier(16), []

    def configure() -> None:
        start.wait()
        try:
            Base.registry.configure()
            assert all(cls.__mapper__.configured for cls in classes)
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=configure) for _each in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert heard == [*(f"T{number}" for number in range(20)), "all"]


def test_a_mapper_that_failed_reports_its_first_error_ever_after() -> None:
    class Base(OURS.DeclarativeBase):  # type: ignore[name-defined] # typed in its own tests
        pass

    class Person(Base):
        __tablename__ = "person"
        id = sa.Column(sa.Integer, primary_key=True)
        friend = OURS.relationship("Preson")

    with pytest.raises(InvalidRequestError) as first:
        Base.registry.configure()
    assert str(first.value) == (
        "When initializing mapper Mapper[Person(person)], expression 'Preson' failed to locate a "
        "name ('Preson'). Did you mean 'Person'? If this is a class name, make sure that its "
        "module is imported before the mappers are configured, or add this relationship() to "
        "class 'Person' after both classes have been declared."
    )
    for _again in range(2):
        with pytest.raises(InvalidRequestError) as later:
            Base.registry.configure()
        assert later.value.__cause__ is first.value
        assert str(later.value) == (
            "One or more mappers failed to initialize - can't proceed with initialization of "
            "other mappers. Triggering mapper: 'Mapper[Person(person)]'. Original exception was: "
            f"{first.value} Correct that class and declare it anew, or call clear_mappers()."
        )


def test_a_failed_registry_leaves_others_alone() -> None:
    class Bad(OURS.DeclarativeBase):  # type: ignore[name-defined] # typed in its own tests
        pass

    class Good(OURS.DeclarativeBase):  # type: ignore[name-defined] # typed in its own tests
        pass

    class A(Bad):
        __tablename__ = "a"
        id = sa.Column(sa.Integer, primary_key=True)
        other = OURS.relationship("Nope")

    class B(Good):
        __tablename__ = "b"
        id = sa.Column(sa.Integer, primary_key=True)

    with pytest.raises(InvalidRequestError):
        Bad.registry.configure()
    Good.registry.configure()
    assert B.__mapper__.configured


def test_classes_declared_by_listeners_are_configured_too() -> None:
    class Base(OURS.DeclarativeBase):  # type: ignore[name-defined] # typed in its own tests
        pass

    made = []

    def declare_another(_registry: Any) -> None:
        class B(Base):
            __tablename__ = "b"
            id = sa.Column(sa.Integer, primary_key=True)

        made.append(B)

    class A(Base):
        __tablename__ = "a"
        id = sa.Column(sa.Integer, primary_key=True)

    OURS.event.listen(Base.registry, "before_configured", declare_another, once=True)
    Base.registry.configure()
    assert made[0].__mapper__.configured

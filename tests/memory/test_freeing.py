"""What is dropped is freed: objects and sessions at once, classes with their listeners."""

from __future__ import annotations

import gc
import weakref
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy.pool import StaticPool

from cormorant import Session, event, inspect, select, sessionmaker
from tests.people import People, declare

ROUNDS = 10_000
SLACK = 300
"""Dead references that an identity map has not swept out yet; a leak is one per round."""


@pytest.fixture
def engine() -> Iterator[Engine]:
    """Give a database in memory on one connection."""
    engine = create_engine("sqlite://", poolclass=StaticPool)
    yield engine
    engine.dispose()


@pytest.fixture
def people(engine: Engine) -> People:
    """Declare the classes and make their tables."""
    return declare(engine)


@contextmanager
def collector_off() -> Iterator[None]:
    """Collect once, then leave freeing to the reference counts alone."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def kinds() -> Counter[str]:
    """Count all objects that the collector knows of, by type."""
    return Counter(
        f"{type(each).__module__}.{type(each).__qualname__}" for each in gc.get_objects()
    )


def listen(*arguments: Any) -> None:
    """Do nothing, as a listener of any event."""


def part(user: Any) -> None:
    """Undo what the user's own graph holds in a circle: no ORM could free that at once."""
    for address in user.addresses:
        vars(address).pop("user", None)


def create_and_drop(people: People, session: Session) -> None:
    """Make objects that never come into a session."""
    user = people.User(name="Ann", age=5)
    user.addresses.append(people.Address(email="a"))
    user.age = 6
    part(user)


def create_flush_and_roll_back(people: People, session: Session) -> None:
    """Write objects and take that back."""
    user = people.User(name="Ann", addresses=[people.Address(email="a")])
    session.add(user)
    session.flush()
    session.rollback()
    part(user)


def create_load_and_drop(people: People, session: Session) -> None:
    """Write, forget, load with relations both ways, change, and take all back."""
    user = people.User(name="Ann", age=5, addresses=[people.Address(email="a")])
    session.add(user)
    session.flush()
    key = user.id
    session.expunge_all()
    part(user)
    loaded = session.get_one(people.User, key)
    assert [address.email for address in loaded.addresses] == ["a"]
    loaded.age = 6
    session.flush()
    session.rollback()


def commit_and_delete(people: People, session: Session) -> None:
    """Commit an object, load it expired, delete it."""
    user = people.User(name="Ann")
    session.add(user)
    session.on_commit(lambda: None)
    session.commit()
    assert user.name == "Ann"
    session.delete(user)
    session.commit()


def select_and_drop(people: People, session: Session) -> None:
    """Load objects by statements."""
    session.scalars(select(people.User).where(people.User.age > 3)).all()
    session.query(people.User).filter_by(age=5).first()
    session.execute(select(people.User.id, people.User)).all()
    session.expunge_all()


def open_and_close(people: People, session: Session) -> None:
    """Use a session of its own."""
    with Session(session.bind) as own:
        own.add(people.User(name="Ann"))
        own.flush()
        own.info["key"] = 1


def fail_and_roll_back(people: People, session: Session) -> None:
    """Have a flush fail."""
    session.add(people.User(name=None))
    try:
        session.flush()
    except Exception:
        session.rollback()


WORKS = [
    create_and_drop,
    create_flush_and_roll_back,
    create_load_and_drop,
    commit_and_delete,
    select_and_drop,
    open_and_close,
    fail_and_roll_back,
]


def grown(
    work: Callable[[People, Session], None], people: People, engine: Engine, rounds: int
) -> Any:
    """Return by how much the number of objects of each type has grown in so many rounds."""
    with Session(engine) as session:
        for _round in range(100):  # plans and caches are made
            work(people, session)
        with collector_off():
            before = kinds()
            for _round in range(rounds):
                work(people, session)
            after = kinds()
    return {
        name: count - before[name] for name, count in after.items() if count - before[name] > SLACK
    }


def test_ten_thousand_rounds_leave_the_object_count_where_it_was(
    people: People, engine: Engine
) -> None:
    assert grown(create_load_and_drop, people, engine, ROUNDS) == {}


@pytest.mark.parametrize("heard", [False, True], ids=["unheard", "heard"])
@pytest.mark.parametrize("work", WORKS)
def test_a_thousand_rounds_of_any_work_leave_the_object_count_where_it_was(
    people: People, engine: Engine, work: Callable[[People, Session], None], heard: bool
) -> None:
    with Session(engine) as session:
        session.add_all([people.User(name="Ann", age=5), people.User(name="Bob", age=5)])
        session.commit()
    if heard:
        for name in ("before_insert", "after_insert", "after_update", "load", "refresh", "expire"):
            event.listen(people.User, name, listen)
        event.listen(people.User.age, "set", listen)
        event.listen(people.User.addresses, "append", listen)
    assert grown(work, people, engine, 1000) == {}


def test_objects_die_with_their_last_reference(people: People, engine: Engine) -> None:
    with Session(engine) as session:
        session.add_all([people.User(name="Ann"), people.User(name="Bob")])
        session.commit()
        with collector_off():
            loaded = session.scalars(select(people.User)).all()
            references = [weakref.ref(user) for user in loaded]
            del loaded
            assert [reference() for reference in references] == [None, None]
            assert len(session.identity_map.values()) == 0


def test_changed_objects_live_until_they_are_flushed(people: People, engine: Engine) -> None:
    with Session(engine) as session:
        session.add(people.User(name="Ann"))
        session.commit()
        with collector_off():
            ann = session.get_one(people.User, 1)
            reference = weakref.ref(ann)
            ann.age = 7
            del ann
            assert reference() is not None
            session.commit()
            assert reference() is None
    assert people.rows(engine)[0] == [(1, "Ann", 7)]


@pytest.mark.parametrize("end", ["close", "commit", "nothing"])
def test_a_session_dies_with_its_last_reference(people: People, engine: Engine, end: str) -> None:
    kept = people.User(name="kept")
    with collector_off():
        session = Session(engine)
        reference = weakref.ref(session)
        session.add(kept)
        session.flush()
        session.info["key"] = "value"
        if end != "nothing":
            getattr(session, end)()
        del session
        if end != "nothing":
            assert reference() is None
    gc.collect()
    assert (reference(), inspect(kept).session) == (None, None)


def test_the_listeners_of_a_session_die_with_it(people: People, engine: Engine) -> None:
    def heard(*arguments: Any) -> None:
        log.append("heard")

    log: list[str] = []
    reference = weakref.ref(heard)
    with collector_off():
        session = Session(engine)
        for name in ("before_flush", "after_commit", "after_attach", "do_orm_execute"):
            event.listen(session, name, heard)
        del heard
        session.add(people.User(name="Ann"))
        session.commit()
        session.close()
        assert log == ["heard", "heard", "heard"]
        del session
        assert reference() is None


def test_the_listeners_of_a_sessionmaker_die_with_it(people: People, engine: Engine) -> None:
    def heard(*arguments: Any) -> None:
        pass

    reference = weakref.ref(heard)
    maker = sessionmaker(engine)
    event.listen(maker, "before_flush", heard)
    del heard
    with maker() as session:
        session.add(people.User(name="Ann"))
        session.commit()
    del session, maker
    gc.collect()
    assert reference() is None


def test_classes_that_go_away_take_their_listeners_along() -> None:
    def heard(*arguments: Any) -> None:
        pass

    engine = create_engine("sqlite://", poolclass=StaticPool)
    people: Any = declare(engine)
    for name in ("before_insert", "load", "expire"):
        event.listen(people.User, name, heard)
    event.listen(people.Base, "after_insert", heard, propagate=True)
    event.listen(people.User.name, "set", heard)
    event.listen(people.User.addresses, "append", heard)
    with Session(engine) as session:
        session.add(people.User(name="Ann", addresses=[people.Address(email="a")]))
        session.commit()
        assert session.scalars(select(people.User)).one().name == "Ann"
    references = [weakref.ref(heard), weakref.ref(people.User), weakref.ref(people.Base)]
    engine.dispose()
    del people, heard, session, engine
    gc.collect()
    assert [reference() for reference in references] == [None, None, None]


def test_fifty_declarations_leave_no_class_behind() -> None:
    references = []
    for _round in range(50):
        people = declare()
        event.listen(people.User, "before_insert", listen)
        people.User(name="x", addresses=[people.Address(email="a")])
        references.append(weakref.ref(people.User))
    del people
    gc.collect()
    assert sum(reference() is not None for reference in references) == 0

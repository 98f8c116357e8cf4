"""A session is for one thread at a time: a second one is refused by name."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, text

from cormorant import Session, event, select
from cormorant.exc import SessionError, ThreadError
from tests.people import People, declare

REFUSED = (
    "This Session is at work in another thread, so {} was refused here. A Session is for one "
    "thread at a time: give each thread its own, for example with scoped_session."
)

ACTS: dict[str, Callable[[People, Session, Any], Any]] = {
    "add()": lambda people, session, ann: session.add(people.User(name="x")),
    "add_all()": lambda people, session, ann: session.add_all([people.User(name="x")]),
    "delete()": lambda people, session, ann: session.delete(ann),
    "expunge()": lambda people, session, ann: session.expunge(ann),
    "expunge_all()": lambda people, session, ann: session.expunge_all(),
    "expire()": lambda people, session, ann: session.expire(ann),
    "expire_all()": lambda people, session, ann: session.expire_all(),
    "refresh()": lambda people, session, ann: session.refresh(ann),
    "merge()": lambda people, session, ann: session.merge(people.User(id=1, name="x")),
    "get()": lambda people, session, ann: session.get(people.User, 7),
    "execute()": lambda people, session, ann: session.execute(text("SELECT 1")),
    "scalars()": lambda people, session, ann: session.scalars(select(people.User)),
    "flush()": lambda people, session, ann: session.flush(),
    "begin()": lambda people, session, ann: session.begin(),
    "begin_nested()": lambda people, session, ann: session.begin_nested(),
    "commit()": lambda people, session, ann: session.commit(),
    "rollback()": lambda people, session, ann: session.rollback(),
    "close()": lambda people, session, ann: session.close(),
    "connection()": lambda people, session, ann: session.connection(),
    "the load of an attribute": lambda people, session, ann: ann.addresses,
}


class Gate:
    """A listener that holds its thread until the test lets it go on."""

    def __init__(self) -> None:
        self.reached, self.open = threading.Event(), threading.Event()

    def __call__(self, *arguments: Any) -> None:
        self.reached.set()
        assert self.open.wait(30)

    @contextmanager
    def holding(self, work: Callable[[], Any]) -> Iterator[Any]:
        """Run `work` in a thread of its own; the block runs while it is held."""
        with ThreadPoolExecutor(1) as threads:
            running = threads.submit(work)
            try:
                assert self.reached.wait(30)
                yield running
            finally:
                self.open.set()


@pytest.fixture
def people(engine: Engine) -> People:
    """Make the tables, with one user."""
    people = declare(engine)
    with Session(engine) as session:
        session.add(people.User(name="Ann"))
        session.commit()
    return people


@pytest.mark.parametrize("doing", ACTS)
def test_a_session_that_flushes_in_one_thread_refuses_another(
    engine: Engine, people: People, doing: str
) -> None:
    gate = Gate()
    session = Session(engine)
    ann = session.get_one(people.User, 1)
    session.add(people.User(name="Bob"))
    event.listen(people.User, "before_insert", gate, once=True)
    with gate.holding(session.commit) as running:
        with pytest.raises(ThreadError) as caught:
            ACTS[doing](people, session, ann)
        assert str(caught.value) == REFUSED.format(doing)
    running.result(30)
    session.close()
    assert people.rows(engine)[0] == [(1, "Ann", None), (2, "Bob", None)]


@pytest.mark.parametrize(
    "work",
    [
        pytest.param(lambda people, session, ann: session.get(people.User, 7), id="get"),
        pytest.param(lambda people, session, ann: ann.addresses, id="lazy load"),
        pytest.param(lambda people, session, ann: session.query(people.User).all(), id="query"),
        pytest.param(lambda people, session, ann: session.refresh(ann), id="refresh"),
    ],
)
def test_a_session_that_reads_in_one_thread_refuses_another(
    engine: Engine, people: People, work: Callable[[People, Session, Any], Any]
) -> None:
    gate = Gate()
    session = Session(engine)
    ann = session.get_one(people.User, 1)
    event.listen(session, "do_orm_execute", gate, once=True)
    with gate.holding(lambda: work(people, session, ann)) as running:
        with pytest.raises(SessionError) as caught:
            session.add(people.User(name="x"))
        assert (type(caught.value), str(caught.value)) == (ThreadError, REFUSED.format("add()"))
    running.result(30)
    session.add(people.User(name="Bob"))
    session.commit()
    assert people.rows(engine)[0] == [(1, "Ann", None), (2, "Bob", None)]
    session.close()


def test_a_session_may_go_from_thread_to_thread(engine: Engine, people: People) -> None:
    with Session(engine) as session, ThreadPoolExecutor(1) as threads:
        session.add(people.User(name="Bob"))
        threads.submit(session.flush).result(30)
        session.add(people.User(name="Cid"))
        threads.submit(session.commit).result(30)
    assert [row[1] for row in people.rows(engine)[0]] == ["Ann", "Bob", "Cid"]


def test_listeners_and_callbacks_use_the_session_of_their_own_thread(
    engine: Engine, people: People
) -> None:
    with Session(engine) as session:

        @event.listens_for(session, "before_flush", once=True)
        def add_one_more(session: Session, flush_context: Any, instances: Any) -> None:
            session.add(people.User(name=f"beside {session.get_one(people.User, 1).name}"))

        session.add(people.User(name="Bob"))
        session.commit()
    assert {row[1] for row in people.rows(engine)[0]} == {"Ann", "Bob", "beside Ann"}

"""What many objects cost: calls are counted, no clock is read."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Column, Engine, ForeignKey, Integer, create_engine

import cormorant
from cormorant import event


def world() -> tuple[Any, Any, Engine]:
    base: Any = cormorant.declarative_base()

    class Owner(base):
        __tablename__ = "owners"
        id = Column(Integer, primary_key=True)
        parts = cormorant.relationship(
            "Part", back_populates="owner", cascade="all, delete-orphan"
        )

    class Part(base):
        __tablename__ = "parts"
        id = Column(Integer, primary_key=True)
        owner_id = Column(ForeignKey("owners.id"))
        owner = cormorant.relationship("Owner", back_populates="parts")

    engine = create_engine("sqlite://")
    base.metadata.create_all(engine)
    return Owner, Part, engine


def calls_of(work: Callable[[], Any]) -> int:
    """Count the Python functions that `work` calls."""
    count = 0

    def profile(frame: Any, what: str, argument: Any) -> None:
        nonlocal count
        count += what == "call"

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


def append_to_loaded(session: Any, owner: Any, part: Any, size: int) -> None:
    for _ in range(size):
        owner.parts.append(part())


def set_owner(session: Any, owner: Any, part: Any, size: int) -> None:
    session.expire(owner)
    for _ in range(size):
        part(owner=owner)


def add_parts_one_by_one(session: Any, owner: Any, part: Any, size: int) -> None:
    session.expunge(owner)
    parts = [part() for _ in range(size)]
    owner.parts = parts
    for each in parts:
        session.add(each)


def replace_all(session: Any, owner: Any, part: Any, size: int) -> None:
    owner.parts = [part() for _ in range(size)]
    session.flush()
    owner.parts = []
    session.flush()


@pytest.mark.parametrize("work", [append_to_loaded, set_owner, add_parts_one_by_one, replace_all])
def test_four_times_the_children_cost_about_four_times_as_much(work: Callable[..., None]) -> None:
    counts = []
    for size in (100, 400):
        Owner, Part, engine = world()  # classes
        event.listen(Part, "before_insert", lambda mapper, connection, target: None)
        with cormorant.Session(engine) as session:
            owner = Owner()
            session.add(owner)
            session.flush()
            assert owner.parts == []
            counts.append(calls_of(lambda s=session, o=owner, p=Part, n=size: work(s, o, p, n)))
        engine.dispose()
    assert counts[1] < 5 * counts[0]

"""Chains of ten thousand objects: every operation goes along them without recursion."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import pytest
from sqlalchemy import create_engine

from cormorant import Session, inspect
from tests.instrument.fleet import Base, channel, convoy, length_of

LENGTH = 10_000


@pytest.fixture
def session() -> Any:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as found:
        yield found
    engine.dispose()


CHAINS = pytest.mark.parametrize(("make", "along"), [(convoy, "followers"), (channel, "next")])


@CHAINS
def test_a_chain_comes_and_goes(session: Any, make: Any, along: str) -> None:
    first = make(LENGTH)
    session.add(first)
    assert len(session.new) == LENGTH
    session.commit()
    assert length_of(first, along) == LENGTH
    session.expire(first)
    assert inspect(first).expired
    session.refresh(first)
    assert length_of(first, along) == LENGTH
    session.delete(first)
    assert len(session.deleted) == LENGTH
    session.commit()
    assert session.get(type(first), 1) is None


@CHAINS
def test_a_chain_is_merged_and_expunged(session: Any, make: Any, along: str) -> None:
    first = make(LENGTH)
    merged = session.merge(first)
    assert len(session.new) == LENGTH
    session.commit()
    assert length_of(merged, along) == LENGTH
    session.expunge(merged)
    assert len(list(session)) == 0
    again = session.merge(merged, load=False)
    assert length_of(again, along) == LENGTH
    session.expunge(again)
    session.add(merged)
    assert len(list(session)) == LENGTH


@CHAINS
def test_a_chain_is_freed(make: Any, along: str) -> None:
    first = make(LENGTH)
    last = weakref.ref(getattr(first, along)[0] if along == "followers" else first.next)
    del first
    gc.collect()
    assert last() is None

"""The compiled modules treat odd values as the interpreted ones do: one file, both builds."""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import DateTime, create_engine
from sqlalchemy.dialects import sqlite

from cormorant import DeclarativeBase, Mapped, Session, event, inspect, mapped_column, select
from cormorant.flush._rows_cy import is_expression
from cormorant.instrument.constants import NO_VALUE
from cormorant.sql.plans import bind_processor


class Text(str):
    """A str of the user's own."""


class Count(int):
    """An int of the user's own."""


class Base(DeclarativeBase):
    pass


class Thing(Base):
    __tablename__ = "things"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None]
    count: Mapped[int | None]
    share: Mapped[float | None]


class Late(datetime):
    """A datetime of the user's own."""


@pytest.fixture
def session() -> Any:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as found:
        yield found
    engine.dispose()


@pytest.mark.parametrize(
    "value",
    [Text("x"), "x", True, 1.5, Decimal("1.5"), Count(3), 2**70, b"x", [1], {"a": 1}, None],
)
def test_any_value_can_be_assigned_and_read_back_as_it_is(value: Any) -> None:
    thing = Thing(name=value)
    assert thing.name is value
    thing.count = value
    assert thing.count is value


def test_keywords_may_come_from_any_mapping() -> None:
    thing = Thing(**OrderedDict(name="x", count=Count(2)))
    assert (thing.name, thing.count, thing.share) == ("x", 2, None)


def test_ints_bools_and_floats_stay_apart_in_memory_and_come_back_as_the_column_has_them(
    session: Session,
) -> None:
    things = [
        Thing(count=True, share=1),
        Thing(count=Count(7), share=2.5),
        Thing(name=Text("y"), share=True),
    ]
    session.add_all(things)
    session.commit()
    rows = [
        (thing.name, thing.count, thing.share)
        for thing in session.scalars(select(Thing).order_by(Thing.id))
    ]
    assert rows == [(None, 1, 1.0), (None, 7, 2.5), ("y", None, 1.0)]


def test_equal_values_of_other_types_are_no_change(session: Session) -> None:
    thing = Thing(count=1, share=1.0, name="x")
    session.add(thing)
    session.commit()
    session.refresh(thing)
    thing.count = True
    thing.share = Decimal("1.0")
    thing.name = Text("x")
    assert session.is_modified(thing) is False


def test_add_all_takes_any_iterable_and_refuses_what_is_not_mapped(session: Session) -> None:
    session.add_all(Thing(name=str(n)) for n in range(3))
    session.add_all((Thing(name="t"),))
    session.add_all({Thing(name="s")})
    assert len(session.new) == 5
    with pytest.raises(Exception, match="not mapped") as caught:
        session.add_all([object()])
    assert type(caught.value).__name__ == "UnmappedInstanceError"


def test_listeners_may_replace_values_by_any_type() -> None:
    class OwnBase(DeclarativeBase):
        pass

    class Own(OwnBase):
        __tablename__ = "own"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str | None]

    event.listen(Own.name, "set", lambda target, value, old, initiator: [value], retval=True)
    own = Own(name="x")
    own.name = 3  # type: ignore[assignment] # odd on purpose
    assert own.name == [3]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (datetime(2020, 1, 2, 3, 4, 5, 6), "2020-01-02 03:04:05.000006"),
        (datetime(1, 1, 1), "0001-01-01 00:00:00.000000"),
        (datetime(9999, 12, 31, 23, 59, 59, 999999), "9999-12-31 23:59:59.999999"),
        (Late(2020, 1, 2), "2020-01-02 00:00:00.000000"),
        (
            datetime(2020, 1, 2, tzinfo=timezone(timedelta(hours=2))),
            "2020-01-02 00:00:00.000000",
        ),
        (None, None),
    ],
)
def test_dates_are_written_for_sqlite_as_core_does(value: Any, text: str | None) -> None:
    dialect = sqlite.dialect()
    ours = bind_processor(DateTime(), dialect)
    assert ours is not None
    assert ours(value) == text == DateTime().dialect_impl(dialect).bind_processor(dialect)(value)


@pytest.mark.parametrize("value", [1, "x", None, 1.5, Text("x"), object(), type, Thing])
def test_only_sql_counts_as_an_expression(value: Any) -> None:
    assert is_expression(value) is False
    assert is_expression(Thing.count + 1) is True


def test_an_unset_attribute_has_no_value_in_its_history() -> None:
    state = inspect(Thing())
    assert state.attrs.name.loaded_value is NO_VALUE
    assert state.attrs.name.history == ((), (), ())

"""Reading on both roads gives the same rows, names and spans."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection, Engine, event

from cormorant.sql.expression import (
    and_,
    exists,
    insert,
    not_,
    or_,
    select,
    union,
    update,
)
from cormorant.sql.reading import plan_for, read
from tests.sql.fakes import Address, User, fill, processed, users, values_of


@pytest.fixture
def connection(database: Engine) -> Iterator[Connection]:
    with database.connect() as connection, connection.begin():
        fill(connection)
        yield connection


LIGHT: dict[str, Callable[[], Any]] = {
    "all": lambda: select(User),
    "equal": lambda: select(User).where(User.name == "bob"),
    "two criteria": lambda: select(User).where(User.age > 10, User.age <= 40),
    "order, limit, offset": lambda: select(User).order_by(User.age.desc()).limit(2).offset(1),
    "a limit replaced": lambda: select(User).limit(4).limit(2).order_by(User.id),
    "attributes": lambda: select(User.name, User.balance),
    "class and attribute": lambda: select(User, User.name),
    "in": lambda: select(User).where(User.id.in_([1, 2, 3])),
    "not in": lambda: select(User).where(User.name.not_in(("ann", "bob"))),
    "like": lambda: select(User).where(User.name.like("%e%")),
    "between": lambda: select(User).where(User.age.between(20, 30)),
    "or": lambda: select(User).where((User.name == "ann") | (User.age == 30)),
    "nested": lambda: select(User).where(
        and_(User.age > 10, or_(User.name == "cid", not_(User.name == "dee")))
    ),
    "null": lambda: select(User).where(User.name.is_not(None)),
    "true": lambda: select(User).where(User.active == True),  # noqa: E712 # it makes SQL
    "datetime": lambda: select(User).where(User.born >= datetime.datetime(2020, 1, 4)),
    "decimal": lambda: select(User).where(User.balance == Decimal("2.50")),
    "uuid": lambda: select(User).where(User.token == uuid.UUID(int=3)),
    "join": lambda: select(User, Address).join(User.addresses).where(Address.email == "ann@x"),
    "join to a class": lambda: select(User).join(Address, User.addresses),
    "outer join": lambda: select(User.name, Address.email).outerjoin(User.addresses),
    "filter_by": lambda: select(User).filter_by(name="bob", age=20),
    "distinct": lambda: select(User.rank).distinct(),
    "group": lambda: select(User.rank).group_by(User.rank).having(User.rank > "a"),
    "other columns": lambda: select(User).with_only_columns(User.name, User.id),
    "order by name": lambda: select(User).order_by("age"),
}


@pytest.mark.parametrize("shape", LIGHT)
def test_both_roads_give_the_same(connection: Connection, shape: str) -> None:
    fast = read(connection, LIGHT[shape](), road="fast")
    again = read(connection, LIGHT[shape](), road="fast")
    core = read(connection, LIGHT[shape](), road="core")
    by_core = connection.execute(LIGHT[shape]().__clause_element__()).fetchall()
    found = sorted(map(repr, values_of(core)))
    assert found == sorted(repr(tuple(row)) for row in by_core)
    assert sorted(map(repr, values_of(fast))) == found
    assert sorted(map(repr, values_of(again))) == found
    assert found
    assert fast.names == core.names
    assert [(s.entity, s.start, s.stop, s.keys) for s in fast.spans] == [
        (s.entity, s.start, s.stop, s.keys) for s in core.spans
    ]


HEAVY: dict[str, tuple[Callable[[], Any], list[tuple[Any, ...]]]] = {
    "count": (lambda: select(sa.func.count(User.id)), [(5,)]),
    "count of a class": (lambda: select(sa.func.count()).select_from(User), [(5,)]),
    "label": (lambda: select(User.name.label("n")).where(User.id == 1), [("ann",)]),
    "function": (lambda: select(User.id).where(sa.func.lower(User.name) == "ann"), [(1,)]),
    "two columns": (lambda: select(User.id).where(User.id * 10 > User.age), []),
    "subquery": (
        lambda: select(User.name).where(User.id.in_(select(Address.user_id))).order_by(User.id),
        [("ann",), ("bob",)],
    ),
    "exists": (
        lambda: select(User.id).where(
            exists(select(Address).where(Address.user_id == User.id, Address.email == "bob@y"))
        ),
        [(2,)],
    ),
    "union": (
        lambda: union(select(User.name).where(User.id == 1), select(Address.email)).order_by(
            sa.literal_column("1")
        ),
        [("ann",), ("ann@x",), ("bob@y",)],
    ),
    "from a subquery": (
        lambda: select(select(User).where(User.id == 2).subquery().c.name),
        [("bob",)],
    ),
    "core's own select": (lambda: sa.select(User.name).where(User.id == 3), [("cid",)]),
    "core's join along": (
        lambda: (
            sa.select(Address.email).select_from(User).join(User.addresses).filter_by(name="bob")
        ),
        [("bob@y",)],
    ),
    "text": (lambda: sa.text("SELECT 1"), [(1,)]),
    "a method that only core has": (
        lambda: select(User.name).where(User.id == 1).add_columns(User.age),
        [("ann", 10)],
    ),
}


@pytest.mark.parametrize("shape", HEAVY)
def test_what_is_not_light_still_works(connection: Connection, shape: str) -> None:
    make, expected = HEAVY[shape]
    result = read(connection, make())
    assert result.cursor_result is not None
    assert values_of(result) == expected


def test_values_reach_the_plan_of_their_shape(connection: Connection) -> None:
    def ask(name: str) -> Any:
        return select(User.id).where(User.name == name)

    assert plan_for(ask("ann"), connection.dialect) is plan_for(ask("eve"), connection.dialect)
    assert [values_of(read(connection, ask(n), road="fast")) for n in ("ann", "eve")] == [
        [(1,)],
        [(5,)],
    ]


def test_a_plan_holds_no_value(connection: Connection) -> None:
    statement: Any = select(User).where(User.name == "a secret name")
    plan = plan_for(statement, connection.dialect)
    assert "secret" not in repr([getattr(plan, name) for name in plan.__slots__])


def test_spans_of_a_class_name_its_attributes(connection: Connection) -> None:
    result = read(connection, select(User, User.name), road="fast")
    assert result.names == ("User", "name")
    first, second = result.spans
    assert first.entity is User.__mapper__
    assert first.keys[:3] == ("id", "name", "age")
    assert (second.entity, second.start, second.stop) == (None, len(users.c), len(users.c) + 1)


def test_a_listener_sees_statements_and_closes_the_fast_road(connection: Connection) -> None:
    seen: list[str] = []

    def listen(conn: Any, cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    event.listen(connection, "before_cursor_execute", listen)
    rows = values_of(read(connection, select(User.id).where(User.id == 1)))
    with pytest.raises(sa.exc.InvalidRequestError, match="something listens"):
        read(connection, select(User.id), road="fast")
    event.remove(connection, "before_cursor_execute", listen)
    read(connection, select(User.id), road="fast")
    assert rows == [(1,)]
    assert len(seen) == 1


def test_yield_per_gives_chunks(connection: Connection) -> None:
    result = read(connection, select(User.id), execution_options={"yield_per": 2})
    assert result.streamed
    assert [len(chunk) for chunk in result.rows] == [2, 2, 1]


def test_writes_take_attribute_names(connection: Connection) -> None:
    # The filled rows brought their own keys, which a sequence does not know of.
    connection.execute(sa.delete(Address))
    connection.execute(sa.delete(User))
    made = read(connection, insert(User), [{"name": "fay", "age": 1}, {"name": "gus", "age": 2}])
    assert made.spans == ()
    changed = update(User).where(User.name == "fay").values(name="faye", age=User.age + 1)
    read(connection, changed)
    read(connection, insert(User).values({User.name: "hal", "age": 3}))
    read(connection, insert(User).values([{"name": "ida", "age": 4}]))
    copied = select(User.age).where(User.name == "hal")
    read(connection, insert(User).from_select(["age"], copied))
    query = select(User.name, User.age).where(User.age < 5).order_by(User.age, User.id)
    assert sorted(values_of(read(connection, query)), key=repr) == [
        ("faye", 2),
        ("gus", 2),
        ("hal", 3),
        ("ida", 4),
        (None, 3),
    ]


def test_returning_a_class_gives_its_span(connection: Connection) -> None:
    if not connection.dialect.update_returning:
        result = read(connection, insert(User).values(name="fay").returning(User, User.name))
    else:
        renamed = update(User).where(User.id == 1).values(name="fay")
        result = read(connection, renamed.returning(User, User.name))
    assert result.names == ("User", "name")
    assert values_of(result)[0][-1] == "fay"
    assert values_of(result)[0][1] == "fay"


def test_filter_by_refuses_unknown_and_ambiguous_names(connection: Connection) -> None:
    with pytest.raises(sa.exc.InvalidRequestError, match="no mapped attribute 'nme'"):
        select(User).filter_by(nme=1)
    with pytest.raises(sa.exc.InvalidRequestError, match="is ambiguous"):
        select(User).join(User.addresses).filter_by(id=1)


def test_column_descriptions_name_the_class() -> None:
    first, second = sa.select(User, User.name).column_descriptions
    assert (first["name"], first["type"], first["entity"]) == ("User", User, User)
    assert (second["name"], second["expr"], second["entity"]) == ("name", User.name, User)


def test_statements_are_values() -> None:
    base: Any = select(User)
    narrow = base.where(User.id == 1)
    assert base.shape != narrow.shape
    assert base.values == ()
    assert "WHERE" not in str(base)
    assert processed([], None) == []

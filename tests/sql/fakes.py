"""A small mapper: class attributes over a Core table, nothing more."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    DateTime,
    Float,
    ForeignKey,
    Integer,
    MetaData,
    Numeric,
    String,
    Table,
    Uuid,
)

from cormorant.sql.attributes import InstrumentedAttribute
from cormorant.sql.plugin import entity_clause
from cormorant.sql.reading import Rows

metadata = MetaData()
users = Table(
    "users",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("user_name", String(30), unique=True),
    Column("age", Integer),
    Column("balance", Numeric(10, 2)),
    Column("born", DateTime),
    Column("token", Uuid),
    Column("ratio", Float),
    Column("active", Boolean),
    Column("extra", JSON),
    Column("rank", String(10), server_default="sailor"),
)
addresses = Table(
    "addresses",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("uid", ForeignKey("users.id"), nullable=False),
    Column("email", String(40)),
)


class Mapped(type):
    """A metaclass whose classes stand for their table in Core."""

    __mapper__: Mapper

    def __clause_element__(cls) -> Any:
        return cls.__mapper__.element

    if TYPE_CHECKING:

        def __getattr__(cls, name: str) -> Any: ...


class Mapper:
    """What the SQL floor may ask of a mapper."""

    is_mapper = True
    is_aliased_class = False
    configured = True

    def __init__(self, class_: Any, table: Table, names: dict[str, str]) -> None:
        self.class_: type[Any] = class_
        self.registry: Any = None
        self.layouts: Any = None
        self.mapper = self
        self.entity = class_
        self.selectable: Any = table
        self.local_table: Any = table
        self.load_columns: Sequence[tuple[str, Any]] = [
            (names.get(column.key, column.key), column) for column in table.c
        ]
        for key, column in self.load_columns:
            setattr(class_, key, InstrumentedAttribute(class_, key, self, None, column))
        self.row_columns = self.load_columns
        self.tables: tuple[Any, ...] = (table,)
        self.single_rows = None
        class_.__mapper__ = self
        self.element = entity_clause(self)

    def attribute(self, key: str) -> Any:
        """Return the class-level attribute."""
        return getattr(self.class_, key)

    def ready(self) -> None:
        """Do nothing: all is known."""

    def isa(self, other: Any) -> bool:
        """Tell whether this is the other mapper."""
        return self is other


class Relation:
    """A relationship: a target and an ON clause."""

    def __init__(self, mapper: Mapper, condition: Any) -> None:
        self.mapper = self.entity = mapper
        self.condition = condition
        self.secondary = None

    def between(self, near: Any, far: Any, middle: Any) -> tuple[Any, Any]:
        """Return the ON clause."""
        return self.condition, None

    def condition_of(self, path: Any) -> Any:
        """Return the ON clause."""
        return self.condition

    def operate(self, attribute: Any, op: Any, *other: Any, **kwargs: Any) -> Any:
        """Answer with what was asked, so that a test can see it."""
        return ("operated", attribute.key, op, other, kwargs)


class User(metaclass=Mapped):
    """A class with one attribute that is not called as its column."""


class Address(metaclass=Mapped):
    """The other side."""


user_mapper = Mapper(User, users, {"user_name": "name"})
address_mapper = Mapper(Address, addresses, {"uid": "user_id"})
addresses_of_user: Any = InstrumentedAttribute(
    User, "addresses", user_mapper, Relation(address_mapper, users.c.id == addresses.c.uid)
)
setattr(User, "addresses", addresses_of_user)  # noqa: B010 # a type checker knows no such name

NAMES = ("ann", "bob", "cid", "dee", "eve")
USER_COLUMNS = [column for column in users.c if column.name not in ("id", "rank")]


def user_row(number: int, name: str) -> tuple[Any, ...]:
    """Return the values of `USER_COLUMNS` for one user."""
    return (
        name,
        number * 10,
        Decimal("1.25") * number,
        datetime.datetime(2020, 1, 1 + number, 12, 30),
        uuid.UUID(int=number),
        number / 2,
        number % 2 == 0,
        {"n": number},
    )


def fill(connection: Connection) -> None:
    """Make the tables; five users, the first two with an address."""
    metadata.create_all(connection)
    keys = [column.key for column in USER_COLUMNS]
    rows = [
        {"id": n, **dict(zip(keys, user_row(n, name), strict=True))}
        for n, name in enumerate(NAMES, 1)
    ]
    connection.execute(users.insert(), rows)
    connection.execute(
        addresses.insert(),
        [{"id": 1, "uid": 1, "email": "ann@x"}, {"id": 2, "uid": 2, "email": "bob@y"}],
    )


def processed(rows: Sequence[tuple[Any, ...]], processors: Any) -> list[tuple[Any, ...]]:
    """Put raw rows through their processors."""
    if processors is None:
        return list(rows)
    return [
        tuple(
            value if processor is None else processor(value)
            for processor, value in zip(processors, row, strict=True)
        )
        for row in rows
    ]


def values_of(result: Rows) -> list[tuple[Any, ...]]:
    """Return the rows of a read with every span's processors applied."""
    assert isinstance(result.rows, list)
    done: list[tuple[Any, ...]] = [() for _ in result.rows]
    for span in result.spans:
        part = processed([row[span.start : span.stop] for row in result.rows], span.processors)
        done = [whole + piece for whole, piece in zip(done, part, strict=True)]
    return done

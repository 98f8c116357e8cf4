"""Types of annotations and arguments of columns, each in a class of one such column."""

# Every way to write a type is under test here, the old ones and wrong ones too.
# ruff: noqa: UP007, UP042, UP045

import datetime
import decimal
import enum
import uuid
from typing import Annotated, Any, Literal, NewType, Optional, Union

import sqlalchemy as sa
from typing_extensions import TypeAliasType

from .cases import Cases

CASES = Cases()


class Color(enum.Enum):
    red = 1
    green = 2


class Level(enum.IntEnum):
    low = 1


class Kind(str, enum.Enum):
    a = "x"


class MyStr(str):
    pass


UserId = NewType("UserId", int)
OptionalAlias = TypeAliasType("OptionalAlias", int | None)
StringAlias = TypeAliasType("StringAlias", str)
LiteralAlias = TypeAliasType("LiteralAlias", Literal["a", "b"])


def one(orm: Any, body: dict[str, Any], types: dict[Any, Any] | None = None, **annotations: Any):
    """Declare one class with an id and the annotated attributes."""
    base_body = {} if types is None else {"type_annotation_map": types}
    base = type(orm.DeclarativeBase)("Base", (orm.DeclarativeBase,), base_body)
    names = {
        "__tablename__": "t",
        "__module__": __name__,
        "id": orm.mapped_column(sa.Integer, primary_key=True),
        "__annotations__": {key: orm.Mapped[value] for key, value in annotations.items()},
    }
    return [type(base)("T", (base,), names | body)]


def types_case(python_type: Any, types: dict[Any, Any] | None = None) -> None:
    """Compare the column that one annotation makes."""

    def declare(orm: Any) -> Any:
        return one(orm, {}, types, x=python_type)

    CASES.take(declare, f"type {python_type} {types or ''}")


def column_case(python_type: Any, *args: Any, **options: Any) -> None:
    """Compare the column of one annotation with one mapped_column()."""

    def declare(orm: Any) -> Any:
        copies = [each._copy() if hasattr(each, "_copy") else each for each in args]
        return one(orm, {"x": orm.mapped_column(*copies, **options)}, x=python_type)

    CASES.take(declare, f"column {python_type} {args} {options}")


for _type in (
    *(int, str, float, bool, bytes, complex, object, None, dict, list, memoryview, Any),
    *(decimal.Decimal, uuid.UUID, datetime.date, datetime.datetime, datetime.time),
    *(datetime.timedelta, Color, Level, Kind, MyStr, UserId),
    *(Optional[int], int | None, Union[int, str], Union[None, str], Optional[Color]),
    *(OptionalAlias, StringAlias, LiteralAlias, Optional[StringAlias]),
    *(Literal["a", "bb"], Optional[Literal["a"]], Literal[1, 2], Literal["a", 1]),
    *(Annotated[str, 5], Optional[Annotated[str, 5]], Annotated[str | None, 5]),
    *(Annotated[str, sa.String(8)], Annotated[str, sa.Column(sa.String(3))], sa.String),
    *(list[int], dict[str, Any], tuple[int, str], "int", "Optional[str]", "str | None"),
    *("Nowhere", Optional["int"]),
):
    types_case(_type)

for _type, _types in (
    (int, {int: sa.BigInteger}),
    (int, {int: sa.BigInteger()}),
    (int, {Optional[int]: sa.BigInteger}),
    (Optional[int], {Optional[int]: sa.BigInteger}),
    (bool, {bool | None: sa.SmallInteger}),
    (UserId, {UserId: sa.BigInteger}),
    (UserId, {int: sa.BigInteger}),
    (MyStr, {str: sa.String(9)}),
    (dict, {dict: sa.JSON}),
    (dict[str, Any], {dict[str, Any]: sa.JSON(none_as_null=True)}),
    (dict[str, int], {dict: sa.JSON}),
    (Optional[dict[str, Any]], {dict[str, Any]: sa.JSON}),
    (Color, {Color: sa.String}),
    (Color, {enum.Enum: sa.Enum(enum.Enum, native_enum=False)}),
    (Color, {enum.Enum: sa.Enum(enum.Enum, length=50, name="zz")}),
    (Color, {enum.Enum: sa.String}),
    (Color, {Color: sa.Enum(Color, name="cc")}),
    (Color, {enum.Enum: sa.Enum}),
    (Kind, {str: sa.String(7)}),
    (Literal["a"], {Literal: sa.Enum(enum.Enum, native_enum=False, length=20)}),
    (Literal["a"], {Literal["a"]: sa.String(3)}),
    (Union[int, str], {Union[str, int]: sa.JSON}),
    (int | str, {Union[str, int]: sa.JSON}),
    (Union[int, str, None], {Union[int, str]: sa.JSON}),
    (Union[int, str], {Union[int, str, None]: sa.JSON}),
    (Optional[Annotated[str, 5]], {Annotated[str, 5]: sa.String(5)}),
    (Annotated[str | None, 5], {Annotated[str | None, 5]: sa.String(6)}),
    (Annotated[str | None, 5], {str: sa.String(6)}),
    (OptionalAlias, {OptionalAlias: sa.BigInteger}),
    (Optional[StringAlias], {StringAlias: sa.String(9)}),
    (datetime.datetime, {datetime.datetime: sa.DateTime(timezone=True)}),
    (decimal.Decimal, {decimal.Decimal: sa.Numeric(10, 2)}),
    (tuple[int, str], {tuple[int, str]: sa.JSON}),
    (int, {int: None}),
):
    types_case(_type, _types)

for _type, _args, _options in (
    (Optional[int], (), {"nullable": False}),
    (int, (), {"nullable": True}),
    (Optional[int], (), {"primary_key": True}),
    (int, (), {"primary_key": True, "autoincrement": False}),
    (str, (sa.Text,), {}),
    (complex, (sa.String(5),), {}),
    (list[int], (sa.JSON,), {}),
    (str, ("nm",), {}),
    (str, ("nm", sa.Integer), {}),
    (str, (None, sa.Integer), {}),
    (str, (), {"type_": sa.Integer, "name": "nm"}),
    (str, ("nm",), {"name": "other"}),
    (str, (5,), {}),
    (str, (), {"foo": 1}),
    (str, (), {"mysql_foo": 1}),
    (str, (), {"postgresql_storage": "EXTERNAL"}),
    (Color, (sa.Enum,), {}),
    (Color, (sa.Enum("q", "w"),), {}),
    (Color, (sa.Enum(Color, native_enum=False, length=33),), {}),
    (Optional[Color], (sa.String,), {}),
    (int, (sa.ForeignKey("a.b"),), {}),
    (int, (sa.BigInteger, sa.ForeignKey("t.id")), {}),
    (int, (sa.BigInteger, sa.Identity(start=5)), {}),
    (int, (sa.Sequence("sq"),), {}),
    (int, (sa.Computed("id + 1"),), {}),
    (int, (sa.CheckConstraint("x > 1"),), {}),
    (int, (), {"default": 7}),
    (int, (), {"default": None}),
    (int, (), {"insert_default": 7}),
    (int, (), {"insert_default": 7, "default": 5}),
    (int, (), {"default": len, "onupdate": 5}),
    (str, (), {"server_default": "x", "server_onupdate": sa.FetchedValue()}),
    (str, (), {"server_default": sa.text("now()")}),
    (str, (), {"index": True, "unique": True, "comment": "c", "doc": "d", "info": {1: 2}}),
    (str, (), {"index": True}),
    (str, (), {"unique": True}),
    (str, (), {"key": "xkey"}),
    (str, ("q",), {"key": "xkey", "quote": True, "system": True}),
    (str, (), {"quote": True}),
    (str, (), {"deferred": True, "deferred_group": "g", "deferred_raiseload": True}),
    (str, (), {"deferred_group": "g"}),
    (str, (), {"deferred_raiseload": True}),
    (str, (), {"deferred": False, "deferred_group": "g"}),
    (str, (), {"active_history": True}),
    (str, (), {"sort_order": -1}),
    (str, (), {"init": False}),
    (str, (), {"default_factory": list}),
    (object, (sa.PickleType,), {}),
    (datetime.datetime, (sa.TIMESTAMP,), {}),
):
    column_case(_type, *_args, **_options)

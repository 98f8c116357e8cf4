"""Class bodies that are declared under both ORMs and compared."""

# Every way to write a type is under test here, the old ones and wrong ones too.
# ruff: noqa: F722, UP007, UP042, UP045

import datetime
import decimal
import enum
import uuid
from typing import Annotated, Any, ClassVar, Literal, NewType, Optional, Union

import sqlalchemy as sa
from typing_extensions import TypeAliasType

CASES: list[Any] = []
"""Functions from an ORM's names to the classes they declared."""


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


def case(declare: Any) -> Any:
    CASES.append(declare)
    return declare


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

    declare.__name__ = f"type {python_type} {types or ''}"
    CASES.append(declare)


def column_case(python_type: Any, *args: Any, **options: Any) -> None:
    """Compare the column of one annotation with one mapped_column()."""

    def declare(orm: Any) -> Any:
        copies = [each._copy() if hasattr(each, "_copy") else each for each in args]
        return one(orm, {"x": orm.mapped_column(*copies, **options)}, x=python_type)

    declare.__name__ = f"column {python_type} {args} {options}"
    CASES.append(declare)


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


@case
def annotated_columns_are_merged(orm):
    key = Annotated[int, orm.mapped_column(primary_key=True)]
    short = Annotated[
        str,
        orm.mapped_column(
            sa.String(30), nullable=True, index=True, comment="c", default="x", info={1: 2}
        ),
    ]
    stamp = Annotated[
        datetime.datetime, orm.mapped_column(server_default=sa.func.now(), nullable=False)
    ]
    link = Annotated[int, orm.mapped_column(sa.ForeignKey("x.id"))]
    late = Annotated[str, orm.mapped_column(deferred=True, sort_order=5, doc="dd")]
    inner = Annotated[str | None, orm.mapped_column(sa.String(9))]
    double = Annotated[
        Annotated[str, orm.mapped_column(sa.String(3))], orm.mapped_column(sa.String(4))
    ]
    named = Annotated[str, orm.mapped_column("name_in_db")]

    class Base(orm.DeclarativeBase):
        pass

    class X(Base):
        __tablename__ = "x"
        id: orm.Mapped[key]
        a: orm.Mapped[short]
        b: orm.Mapped[short] = orm.mapped_column(sa.Unicode(7), nullable=False, default="y")
        c: orm.Mapped[short | None]
        d: orm.Mapped[short] = orm.mapped_column("dd", index=False, comment="own")
        e: orm.Mapped[stamp]
        f: orm.Mapped[stamp | None]
        g: orm.Mapped[link | None]
        h: orm.Mapped[link] = orm.mapped_column(sa.ForeignKey("x.a"))
        i: orm.Mapped[inner]
        j: orm.Mapped[double]
        k: orm.Mapped[late]
        n: orm.Mapped[named]
        o: orm.Mapped[named] = orm.mapped_column("own_name")

    return [X]


@case
def columns_come_in_the_order_of_the_body(orm):
    class Base(orm.DeclarativeBase):
        pass

    class First:
        m1 = sa.Column(sa.Integer)
        m2: orm.Mapped[int]

        @orm.declared_attr
        def m3(cls) -> orm.Mapped[int]:
            return orm.mapped_column()

        @orm.declared_attr
        def m4(cls):
            return sa.Column(sa.Integer)

    class Second:
        z0: orm.Mapped[int]
        z1 = orm.mapped_column(sa.Integer)
        z2: orm.Mapped[str]

    class A(First, Second, Base):
        __tablename__ = "a"
        name: orm.Mapped[str]
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
        x = orm.mapped_column(sa.Integer)
        y: orm.Mapped[int]
        w = sa.Column(sa.Integer)
        v: orm.Mapped[int] = orm.mapped_column()
        u: orm.Mapped[int]

    class B(Base):
        __tablename__ = "b"
        x = orm.mapped_column(sa.Integer)
        y: orm.Mapped[int]
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
        w = sa.Column(sa.Integer)
        v: orm.Mapped[int] = orm.mapped_column(sort_order=-1)
        u: orm.Mapped[int]
        t = orm.mapped_column(sa.Integer)

    return [A, B]


@case
def declared_attributes_of_mixins_come_after_their_columns(orm):
    class Base(orm.DeclarativeBase):
        pass

    class Mixin:
        @orm.declared_attr
        def p(cls):
            return sa.Column(sa.Integer)

        q = sa.Column(sa.Integer)
        r: orm.Mapped[int]

        @orm.declared_attr
        def s(cls) -> orm.Mapped[int | None]:
            return orm.mapped_column()

        t = orm.mapped_column(sa.Integer)

    class A(Mixin, Base):
        __tablename__ = "a"

        @orm.declared_attr
        def own(cls) -> orm.Mapped[int]:
            return orm.mapped_column(sa.Integer)

        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
        n: orm.Mapped[int]

    return [A]


@case
def mixins_of_mixins_and_abstract_classes_add_columns(orm):
    class Base(orm.DeclarativeBase):
        created: orm.Mapped[int | None]

    class Low:
        a2: orm.Mapped[int]
        b2: orm.Mapped[int] = orm.mapped_column(sort_order=5)

    class High(Low):
        a3: orm.Mapped[int]
        a2: orm.Mapped[str]

    class Mid(High, Base):
        __abstract__ = True
        mid: orm.Mapped[int]
        __table_args__ = {"comment": "abs"}

    class C(Mid):
        __tablename__ = "c"
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)

    class D(Mid):
        __tablename__ = "d"
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
        mid: orm.Mapped[str] = orm.mapped_column()

    return [C, D]


@case
def mixin_columns_are_copied(orm):
    class Base(orm.DeclarativeBase):
        pass

    class Mixin:
        x: orm.Mapped[int] = orm.mapped_column("xx", index=True, sort_order=-5)
        y = sa.Column(sa.String(5), sa.ForeignKey("a.xx"), unique=True, default="q")

    class A(Mixin, Base):
        __tablename__ = "a"
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)

    class B(Mixin, Base):
        __tablename__ = "b"
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)

    return [A, B]


@case
def names_of_the_class_hide_those_of_its_mixins(orm):
    class Base(orm.DeclarativeBase):
        pass

    class Mixin:
        q = sa.Column(sa.Integer)
        r = sa.Column(sa.Integer)
        s: orm.Mapped[int]
        t: orm.Mapped[int]

    class A(Mixin, Base):
        __tablename__ = "a"
        r = None
        id = sa.Column(sa.Integer, primary_key=True)
        q = sa.Column(sa.String)
        s = orm.column_property(sa.literal(1))

        @property
        def t(self):
            return 4

    return [A]


@case
def table_arguments_and_names_come_from_mixins(orm):
    class Base(orm.DeclarativeBase):
        @orm.declared_attr.directive
        def __tablename__(cls):
            return cls.__name__.lower()

    class Mixin:
        __table_args__ = (sa.UniqueConstraint("mq"), {"comment": "hi"})
        __mapper_args__ = {"eager_defaults": True}
        mq: orm.Mapped[int]

    class A(Mixin, Base):
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)

    class B(Mixin, Base):
        __table_args__ = {"schema": "s"}
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)

    class C(Base):
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
        a: orm.Mapped[str]

        @orm.declared_attr.directive
        def __table_args__(cls):
            return (sa.Index("ix_" + cls.__tablename__, "a"), sa.CheckConstraint("a > 'b'"))

    return [A, B, C]


@case
def old_style_columns(orm):
    Base = orm.declarative_base()

    class A(Base):
        __tablename__ = "a"
        id = sa.Column(sa.Integer, primary_key=True)
        name = sa.Column("user_name", sa.String(30), nullable=False)
        late = orm.deferred(sa.Column("ll", sa.Text), group="g")
        plus = orm.column_property(sa.Column("pp", sa.Integer), active_history=True)
        both = orm.column_property(name + "x")
        link = sa.Column(sa.ForeignKey("a.id"))

    return [A]


@case
def unannotated_mapped_columns(orm):
    class Base(orm.DeclarativeBase):
        pass

    class A(Base):
        __tablename__ = "a"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        x = orm.mapped_column(sa.String(5))
        y: orm.Mapped[str] = sa.Column(sa.String(9))
        z: orm.Mapped[int | None] = sa.Column(sa.Integer, nullable=False)
        e: orm.Mapped[int | None] = orm.deferred(sa.Column("ee", sa.Integer))

    return [A]


@case
def attributes_set_later_are_mapped(orm):
    Base = orm.declarative_base()

    class A(Base):
        __tablename__ = "a"
        id = sa.Column(sa.Integer, primary_key=True)

    A.x = sa.Column(sa.Integer)
    A.y = orm.column_property(A.__table__.c.x + 1)
    A.z = orm.mapped_column("zz", sa.String, deferred=True)
    A.plain = 5
    orm.add_mapped_attribute(A, "w", sa.Column("ww", sa.Integer))
    return [A]


@case
def bases_without_a_metaclass(orm):
    class Base(orm.DeclarativeBaseNoMeta):
        pass

    class A(Base):
        __tablename__ = "a"
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)

    orm.add_mapped_attribute(A, "x", sa.Column(sa.Integer))
    return [A]


@case
def decorated_classes(orm):
    registry = orm.registry()

    @registry.mapped
    class A:
        __tablename__ = "a"
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
        name: orm.Mapped[str | None]

    @orm.as_declarative(metadata=registry.metadata)
    class Base:
        @orm.declared_attr
        def __tablename__(cls):
            return cls.__name__.lower()

    class B(Base):
        id = sa.Column(sa.Integer, primary_key=True)

    return [A, B]


@case
def imperative_classes(orm):
    registry = orm.registry()
    table = sa.Table(
        "t",
        registry.metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("x", sa.Text),
    )

    class A:
        pass

    registry.map_imperatively(
        A, table, properties={"xx": table.c.x, "late": orm.deferred(table.c.x + "y")}
    )
    return [A]


@case
def a_given_table_has_its_columns(orm):
    class Base(orm.DeclarativeBase):
        pass

    class A(Base):
        __table__ = sa.Table(
            "t",
            Base.metadata,
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("x_y", sa.Integer),
            sa.Column("q", sa.Integer, key="qq"),
        )
        xy = __table__.c.x_y
        q: orm.Mapped[int]
        z: orm.Mapped[int] = orm.column_property(__table__.c.id + 1)

    class Mixin:
        x: orm.Mapped[int] = orm.mapped_column(sa.Integer)

    class B(Mixin, Base):
        __tablename__ = "ignored"
        __table__ = sa.Table(
            "u",
            Base.metadata,
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("x", sa.Text),
        )

    class Declared:
        @orm.declared_attr
        def __table__(cls):
            key = sa.Column("id", sa.Integer, primary_key=True)
            return sa.Table("v", cls.metadata, key)

    class C(Declared, Base):
        pass

    return [A, B, C]


@case
def a_given_table_takes_no_columns_of_mixins(orm):
    class Base(orm.DeclarativeBase):
        pass

    class Mixin:
        x = sa.Column(sa.Integer)

    class A(Mixin, Base):
        __table__ = sa.Table(
            "t", Base.metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("x")
        )

    return [A]


@case
def a_given_table_takes_no_more_columns(orm):
    class Base(orm.DeclarativeBase):
        pass

    class A(Base):
        __table__ = sa.Table("t", Base.metadata, sa.Column("id", sa.Integer, primary_key=True))
        q = sa.Column(sa.Integer)

    return [A]


@case
def metadata_of_an_abstract_base(orm):
    class Base(orm.DeclarativeBase):
        metadata = sa.MetaData(naming_convention={"ix": "ix_%(column_0_label)s_x"})

    class Other(Base):
        __abstract__ = True
        metadata = sa.MetaData(schema="q")

    class A(Base):
        __tablename__ = "a"
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True, index=True)

    class B(Other):
        __tablename__ = "b"
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
        metadata = sa.Column(sa.Integer)
        registry: orm.Mapped[int]

    return [A, B]


@case
def registries_are_shared_between_bases(orm):
    registry = orm.registry(
        type_annotation_map={int: sa.BigInteger}, metadata=sa.MetaData(schema="z")
    )
    registry.update_type_annotation_map({str: sa.String(77)})

    class Base(orm.DeclarativeBase):
        pass

    Base2 = registry.generate_base(name="Other")

    Base3 = type(orm.DeclarativeBase)("Base3", (orm.DeclarativeBase,), {"registry": registry})

    class A(Base2):
        __tablename__ = "a"
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)

    class B(Base3):
        __tablename__ = "b"
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
        s: orm.Mapped[str]

    return [A, B]


@case
def private_names_and_other_attributes(orm):
    class Base(orm.DeclarativeBase):
        pass

    class A(Base):
        __tablename__ = "a"
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
        _p: orm.Mapped[int] = orm.mapped_column("p")
        __q: orm.Mapped[int]
        __dd__ = orm.mapped_column(sa.Integer)
        name: ClassVar[str] = "x"
        other: ClassVar[orm.Mapped[int]]
        typed: int = 5
        nothing = None
        mapped_none: orm.Mapped[int] = None
        mapped_value: orm.Mapped[int] = 5

        def method(self):
            return 1

    return [A]


@case
def unmapped_annotations_are_allowed_on_request(orm):
    class Base(orm.DeclarativeBase):
        __allow_unmapped__ = True

    class A(Base):
        __tablename__ = "a"
        id: int = orm.mapped_column(sa.Integer, primary_key=True)
        y: int | None = orm.mapped_column()
        z: str = sa.Column(sa.Integer)
        bare: int

    return [A]


@case
def annotations_of_mixins_without_mapped_are_ignored(orm):
    class Base(orm.DeclarativeBase):
        y: int

    class Mixin:
        x: int
        z: "anything at all"

    class A(Mixin, Base):
        __tablename__ = "a"
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)

    return [A]


@case
def single_table_inheritance(orm):
    class Base(orm.DeclarativeBase):
        pass

    class A(Base):
        __tablename__ = "a"
        __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "a"}
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
        kind: orm.Mapped[str]

    class B(A):
        __mapper_args__ = {"polymorphic_identity": "b"}
        x: orm.Mapped[int | None] = orm.mapped_column(use_existing_column=True)

    class C(A):
        __mapper_args__ = {"polymorphic_identity": "c"}
        x: orm.Mapped[int | None] = orm.mapped_column(use_existing_column=True)
        y: orm.Mapped[int | None]

    return [A, B, C]


def refused(name: str):
    """Compare that a body with one wrong thing is refused with the same kind of error."""

    def decorate(change: Any) -> Any:
        def declare(orm: Any) -> Any:
            class Base(orm.DeclarativeBase):
                pass

            return change(orm, Base)

        declare.__name__ = name
        CASES.append(declare)
        return change

    return decorate


@refused("no primary key")
def _(orm, Base):
    class A(Base):
        __tablename__ = "a"
        x: orm.Mapped[int]


@refused("no table")
def _(orm, Base):
    class A(Base):
        x: orm.Mapped[int] = orm.mapped_column(primary_key=True)


@refused("annotation without Mapped")
def _(orm, Base):
    class A(Base):
        __tablename__ = "a"
        id: int = orm.mapped_column(primary_key=True)


@refused("bare annotation without Mapped")
def _(orm, Base):
    class A(Base):
        __tablename__ = "a"
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
        q: int


@refused("Mapped without a type")
def _(orm, Base):
    class A(Base):
        __tablename__ = "a"
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
        q: orm.Mapped


@refused("column_property annotated without Mapped")
def _(orm, Base):
    class A(Base):
        __tablename__ = "a"
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
        q: int = orm.column_property(sa.literal(1))


@refused("mapped_column without any type")
def _(orm, Base):
    class A(Base):
        __tablename__ = "a"
        id = orm.mapped_column(primary_key=True)


@refused("table arguments that are no tuple")
def _(orm, Base):
    class A(Base):
        __tablename__ = "a"
        __table_args__ = sa.UniqueConstraint("id")
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)


@refused("table arguments as a list")
def _(orm, Base):
    class A(Base):
        __tablename__ = "a"
        __table_args__ = [sa.UniqueConstraint("id")]
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)


@refused("two columns of one name")
def _(orm, Base):
    class A(Base):
        __tablename__ = "a"
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
        x = sa.Column("q", sa.Integer)
        y = sa.Column("q", sa.String)


@refused("a relationship in a mixin")
def _(orm, Base):
    class Mixin:
        x = orm.relationship("Y")

    class A(Mixin, Base):
        __tablename__ = "a"
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)


@refused("a column property in a mixin")
def _(orm, Base):
    class Mixin:
        x = orm.column_property(sa.Column(sa.Integer))

    class A(Mixin, Base):
        __tablename__ = "a"
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)


@refused("one table twice")
def _(orm, Base):
    for _each in range(2):

        class A(Base):
            __tablename__ = "a"
            id: orm.Mapped[int] = orm.mapped_column(primary_key=True)


@refused("unknown mapper argument")
def _(orm, Base):
    class A(Base):
        __tablename__ = "a"
        __mapper_args__ = {"nope": 1}
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)


@refused("two mapped bases")
def _(orm, Base):
    class A(Base):
        __tablename__ = "a"
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)

    class B(Base):
        __tablename__ = "b"
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)

    class C(A, B):
        pass


@refused("table arguments for an inherited table")
def _(orm, Base):
    class A(Base):
        __tablename__ = "a"
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)

    class B(A):
        __table_args__ = {"comment": "x"}


@refused("one column name in two subclasses of one table")
def _(orm, Base):
    class A(Base):
        __tablename__ = "a"
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)

    class B(A):
        x: orm.Mapped[int]

    class C(A):
        x: orm.Mapped[int]


@refused("a primary key in a subclass of one table")
def _(orm, Base):
    class A(Base):
        __tablename__ = "a"
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)

    class B(A):
        x: orm.Mapped[int] = orm.mapped_column(primary_key=True)


@refused("a base with a wrong registry")
def _(orm, Base):
    class Other(orm.DeclarativeBase):
        registry = 5


@refused("a base with a registry and a type map")
def _(orm, Base):
    class Other(orm.DeclarativeBase):
        registry = orm.registry()
        type_annotation_map = {}


@refused("an imperative mapping of an instance")
def _(orm, Base):
    Base.registry.map_imperatively(5, sa.Table("t", sa.MetaData()))


@refused("an imperative mapping to a string")
def _(orm, Base):
    class X:
        pass

    Base.registry.map_imperatively(X, "t")


@refused("an imperative mapping without a primary key")
def _(orm, Base):
    class X:
        pass

    table = sa.Table("t", sa.MetaData(), sa.Column("x", sa.Integer))
    Base.registry.map_imperatively(X, table)


@refused("a class mapped twice")
def _(orm, Base):
    class X:
        pass

    table = sa.Table("t", sa.MetaData(), sa.Column("x", sa.Integer, primary_key=True))
    Base.registry.map_imperatively(X, table)
    Base.registry.map_imperatively(X, table)

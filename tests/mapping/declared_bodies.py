"""Class bodies with columns of their own and of mixins: their order, copies, arguments."""

# Every way to write a type is under test here, the old ones and wrong ones too.

import datetime
from typing import Annotated

import sqlalchemy as sa

from .cases import Cases

CASES = Cases()


@CASES.based
def annotated_columns_are_merged(orm, Base):
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


@CASES.based
def columns_come_in_the_order_of_the_body(orm, Base):
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


@CASES.based
def declared_attributes_of_mixins_come_after_their_columns(orm, Base):
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


@CASES.take
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


@CASES.based
def mixin_columns_are_copied(orm, Base):
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


@CASES.based
def names_of_the_class_hide_those_of_its_mixins(orm, Base):
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


@CASES.take
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

"""Class bodies with one wrong thing each."""

import sqlalchemy as sa

from .cases import Cases

CASES = Cases()


@CASES.refused("no primary key")
def _(orm, Base):
    class A(Base):
        __tablename__ = "a"
        x: orm.Mapped[int]


@CASES.refused("no table")
def _(orm, Base):
    class A(Base):
        x: orm.Mapped[int] = orm.mapped_column(primary_key=True)


@CASES.refused("annotation without Mapped")
def _(orm, Base):
    class A(Base):
        __tablename__ = "a"
        id: int = orm.mapped_column(primary_key=True)


@CASES.refused("bare annotation without Mapped")
def _(orm, Base):
    class A(Base):
        __tablename__ = "a"
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
        q: int


@CASES.refused("Mapped without a type")
def _(orm, Base):
    class A(Base):
        __tablename__ = "a"
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
        q: orm.Mapped


@CASES.refused("column_property annotated without Mapped")
def _(orm, Base):
    class A(Base):
        __tablename__ = "a"
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
        q: int = orm.column_property(sa.literal(1))


@CASES.refused("mapped_column without any type")
def _(orm, Base):
    class A(Base):
        __tablename__ = "a"
        id = orm.mapped_column(primary_key=True)


@CASES.refused("table arguments that are no tuple")
def _(orm, Base):
    class A(Base):
        __tablename__ = "a"
        __table_args__ = sa.UniqueConstraint("id")
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)


@CASES.refused("table arguments as a list")
def _(orm, Base):
    class A(Base):
        __tablename__ = "a"
        __table_args__ = [sa.UniqueConstraint("id")]
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)


@CASES.refused("two columns of one name")
def _(orm, Base):
    class A(Base):
        __tablename__ = "a"
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
        x = sa.Column("q", sa.Integer)
        y = sa.Column("q", sa.String)


@CASES.refused("a relationship in a mixin")
def _(orm, Base):
    class Mixin:
        x = orm.relationship("Y")

    class A(Mixin, Base):
        __tablename__ = "a"
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)


@CASES.refused("a column property in a mixin")
def _(orm, Base):
    class Mixin:
        x = orm.column_property(sa.Column(sa.Integer))

    class A(Mixin, Base):
        __tablename__ = "a"
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)


@CASES.refused("one table twice")
def _(orm, Base):
    for _each in range(2):

        class A(Base):
            __tablename__ = "a"
            id: orm.Mapped[int] = orm.mapped_column(primary_key=True)


@CASES.refused("unknown mapper argument")
def _(orm, Base):
    class A(Base):
        __tablename__ = "a"
        __mapper_args__ = {"nope": 1}
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)


@CASES.refused("two mapped bases")
def _(orm, Base):
    class A(Base):
        __tablename__ = "a"
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)

    class B(Base):
        __tablename__ = "b"
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)

    class C(A, B):
        pass


@CASES.refused("table arguments for an inherited table")
def _(orm, Base):
    class A(Base):
        __tablename__ = "a"
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)

    class B(A):
        __table_args__ = {"comment": "x"}


@CASES.refused("one column name in two subclasses of one table")
def _(orm, Base):
    class A(Base):
        __tablename__ = "a"
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)

    class B(A):
        x: orm.Mapped[int]

    class C(A):
        x: orm.Mapped[int]


@CASES.refused("a primary key in a subclass of one table")
def _(orm, Base):
    class A(Base):
        __tablename__ = "a"
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)

    class B(A):
        x: orm.Mapped[int] = orm.mapped_column(primary_key=True)


@CASES.refused("a base with a wrong registry")
def _(orm, Base):
    class Other(orm.DeclarativeBase):
        registry = 5


@CASES.refused("a base with a registry and a type map")
def _(orm, Base):
    class Other(orm.DeclarativeBase):
        registry = orm.registry()
        type_annotation_map = {}


@CASES.refused("an imperative mapping of an instance")
def _(orm, Base):
    Base.registry.map_imperatively(5, sa.Table("t", sa.MetaData()))


@CASES.refused("an imperative mapping to a string")
def _(orm, Base):
    class X:
        pass

    Base.registry.map_imperatively(X, "t")


@CASES.refused("an imperative mapping without a primary key")
def _(orm, Base):
    class X:
        pass

    table = sa.Table("t", sa.MetaData(), sa.Column("x", sa.Integer))
    Base.registry.map_imperatively(X, table)


@CASES.refused("a class mapped twice")
def _(orm, Base):
    class X:
        pass

    table = sa.Table("t", sa.MetaData(), sa.Column("x", sa.Integer, primary_key=True))
    Base.registry.map_imperatively(X, table)
    Base.registry.map_imperatively(X, table)

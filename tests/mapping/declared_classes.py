"""Classes in every style: old, imperative, on given tables and shared bases, inherited."""

# Every way to write a type is under test here, the old ones and wrong ones too.
# ruff: noqa: F722

from typing import ClassVar

import sqlalchemy as sa

from .cases import Cases

CASES = Cases()


@CASES.take
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


@CASES.based
def unannotated_mapped_columns(orm, Base):
    class A(Base):
        __tablename__ = "a"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        x = orm.mapped_column(sa.String(5))
        y: orm.Mapped[str] = sa.Column(sa.String(9))
        z: orm.Mapped[int | None] = sa.Column(sa.Integer, nullable=False)
        e: orm.Mapped[int | None] = orm.deferred(sa.Column("ee", sa.Integer))

    return [A]


@CASES.take
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


@CASES.take
def bases_without_a_metaclass(orm):
    class Base(orm.DeclarativeBaseNoMeta):
        pass

    class A(Base):
        __tablename__ = "a"
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)

    orm.add_mapped_attribute(A, "x", sa.Column(sa.Integer))
    return [A]


@CASES.take
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


@CASES.take
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


@CASES.based
def a_given_table_has_its_columns(orm, Base):
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


@CASES.based
def a_given_table_takes_no_columns_of_mixins(orm, Base):
    class Mixin:
        x = sa.Column(sa.Integer)

    class A(Mixin, Base):
        __table__ = sa.Table(
            "t", Base.metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("x")
        )

    return [A]


@CASES.based
def a_given_table_takes_no_more_columns(orm, Base):
    class A(Base):
        __table__ = sa.Table("t", Base.metadata, sa.Column("id", sa.Integer, primary_key=True))
        q = sa.Column(sa.Integer)

    return [A]


@CASES.take
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


@CASES.take
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


@CASES.based
def private_names_and_other_attributes(orm, Base):
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


@CASES.take
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


@CASES.take
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


@CASES.based
def single_table_inheritance(orm, Base):
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

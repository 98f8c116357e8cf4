"""Declared attributes are made once for each class that they are for."""

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import SAWarning

from cormorant.exc import UnmappedClassError
from cormorant.sql.attributes import Mapped

from .orms import OURS as orm


@pytest.fixture
def base() -> Any:
    class Base(orm.DeclarativeBase):
        pass

    return Base


def test_a_declared_attribute_is_called_once_per_class_and_sees_its_columns(base: Any) -> None:
    calls = []

    class Mixin:
        number: Mapped[int]

        @orm.declared_attr
        def base_value(cls) -> Mapped[int]:
            calls.append(cls.__name__)
            return orm.mapped_column("based")

        @orm.declared_attr
        def double(cls) -> Any:
            return orm.column_property(cls.number + cls.base_value)

        @orm.declared_attr.directive
        def __mapper_args__(cls) -> Any:
            return {"version_id_col": cls.base_value}

    class A(Mixin, base):
        __tablename__ = "a"
        id: Mapped[int] = orm.mapped_column(primary_key=True)

    class B(Mixin, base):
        __tablename__ = "b"
        id: Mapped[int] = orm.mapped_column(primary_key=True)

    assert calls == ["A", "B"]
    assert A.__mapper__.version_id_col is A.__table__.c.based
    assert str(A.double.prop.columns[0].element) == "a.number + a.based"
    assert str(B.double.prop.columns[0].element) == "b.number + b.based"


def test_a_declared_value_that_is_no_column_becomes_a_plain_attribute(base: Any) -> None:
    class Mixin:
        @orm.declared_attr
        def label(cls) -> str:
            return f"label of {cls.__name__}"

        @orm.declared_attr.directive
        def other(cls) -> Any:
            return 7

    class A(Mixin, base):
        __tablename__ = "a"
        id: Mapped[int] = orm.mapped_column(primary_key=True)

    assert (vars(A)["label"], vars(A)["other"]) == ("label of A", 7)


def test_class_methods_are_taken_as_declared_attributes(base: Any) -> None:
    class Mixin:
        @orm.declared_attr
        @classmethod
        def sized(cls) -> Mapped[str]:
            return orm.mapped_column(sa.String(cls.size))

    class A(Mixin, base):
        size = 8
        __tablename__ = "a"
        id: Mapped[int] = orm.mapped_column(primary_key=True)

    assert A.__table__.c.sized.type.length == 8


def test_the_columns_of_a_mixin_stay_those_of_the_mixin(base: Any) -> None:
    class Mixin:
        x = sa.Column(sa.Integer)
        y: Mapped[int] = orm.mapped_column()

    class A(Mixin, base):
        __tablename__ = "a"
        id: Mapped[int] = orm.mapped_column(primary_key=True)

    assert Mixin.x.table is None
    assert Mixin.y.column.table is None
    assert isinstance(A.__table__.c.y.type, sa.Integer)


def test_mapper_arguments_name_the_columns_of_the_class_itself(base: Any) -> None:
    class Mixin:
        version = sa.Column(sa.Integer, nullable=False)
        __mapper_args__ = {"version_id_col": version}

    class A(Mixin, base):
        __tablename__ = "a"
        id: Mapped[int] = orm.mapped_column(primary_key=True)

    class B(base):
        __tablename__ = "b"
        one: Mapped[int]
        two: Mapped[int] = orm.mapped_column()
        __mapper_args__ = {"primary_key": [two]}

    assert A.__mapper__.version_id_col is A.__table__.c.version
    assert B.__mapper__.primary_key == (B.__table__.c.two,)


def test_subclasses_of_mapped_classes_get_cascading_attributes_only(base: Any) -> None:
    calls = []

    class Mixin:
        @orm.declared_attr.cascading
        def each(cls) -> Any:
            calls.append(("each", cls.__name__, orm.has_inherited_table(cls)))
            return sa.Column("a_each" if cls.__name__ == "A" else "b_each", sa.Integer)

        @orm.declared_attr
        def once(cls) -> Any:
            calls.append(("once", cls.__name__, orm.has_inherited_table(cls)))
            return sa.Column(sa.Integer)

    class A(Mixin, base):
        __tablename__ = "a"
        id: Mapped[int] = orm.mapped_column(primary_key=True)

    class B(A):
        pass

    assert calls == [("each", "A", False), ("once", "A", False), ("each", "B", True)]


def test_a_comma_after_a_column_is_warned_about(base: Any) -> None:
    with pytest.warns(SAWarning, match="attribute 'x' of class 'A': take away the comma") as seen:

        class A(base):
            __tablename__ = "a"
            id: Mapped[int] = orm.mapped_column(primary_key=True)
            x = (sa.Column(sa.Integer),)

    assert seen[0].filename == __file__
    assert A.__table__.c.keys() == ["id"]


def test_the_annotation_of_a_class_wins_over_that_of_its_mixin(base: Any) -> None:
    """Unlike SQLAlchemy 2.1, which takes the type of the mixin."""

    class Mixin:
        x: Mapped[int]
        y: Mapped[int]

    class A(Mixin, base):
        __tablename__ = "a"
        id: Mapped[int] = orm.mapped_column(primary_key=True)
        x: Mapped[str]
        y = None

    assert [(c.name, repr(c.type)) for c in A.__table__.columns] == [
        ("id", "Integer()"),
        ("x", "String()"),
    ]


def test_late_attributes_need_a_mapped_class(base: Any) -> None:
    with pytest.raises(UnmappedClassError) as caught:
        orm.add_mapped_attribute(base, "x", sa.Column(sa.Integer))
    assert str(caught.value) == (
        "Class 'base.<locals>.Base' is not mapped, so attribute 'x' cannot be mapped on it. "
        "Declare the class first."
    )


def test_a_marked_mixin_is_the_class_itself() -> None:
    class Mixin:
        pass

    assert orm.declarative_mixin(Mixin) is Mixin

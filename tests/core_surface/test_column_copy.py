"""Core still has the private means by which columns are copied, merged and typed."""

from __future__ import annotations

import enum

import sqlalchemy as sa

from cormorant.sql import column_copy


class Color(enum.Enum):
    red = 1


def test_a_copy_has_all_of_the_column_and_no_table() -> None:
    column: sa.Column[int] = sa.Column(
        "x", sa.Integer, sa.ForeignKey("t.id"), default=5, nullable=False, comment="c", index=True
    )
    copy = column_copy.copy_column(column)
    assert (copy.table, copy.name, copy.nullable, copy.comment) == (None, "x", False, "c")
    assert [key.target_fullname for key in copy.foreign_keys] == ["t.id"]
    assert copy.default is not column.default and copy.default.arg == 5
    assert copy.index is True
    sa.Table("u", sa.MetaData(), column)
    assert copy.table is None


def test_a_merge_fills_only_what_is_left_open() -> None:
    template: sa.Column[str] = sa.Column(sa.String(5), comment="template", unique=True, default=1)
    column: sa.Column[str] = sa.Column(comment="own")
    column_copy.merge_column(template, column, keep_defaults=True)
    assert (column.type.length, column.comment, column.unique) == (5, "own", True)
    assert column.default is None
    column_copy.merge_column(template, column, keep_defaults=False)
    assert column.default.arg == 1


def test_nullable_given_is_told_from_nullable_left_open() -> None:
    column: sa.Column[str] = sa.Column(sa.String)
    assert not column_copy.says_nullable(column)
    column_copy.set_nullable(column, False)
    assert column_copy.says_nullable(column)
    assert column.nullable is False
    assert column_copy.copy_column(column).nullable is False


def test_a_type_given_later_reaches_the_table_of_its_column() -> None:
    column: sa.Column[str] = sa.Column("x")
    assert not column_copy.has_type(column)
    column_copy.set_type(column, sa.Enum(Color, name="color"))
    assert column_copy.has_type(column)
    metadata = sa.MetaData()
    sa.Table("t", metadata, column)
    assert isinstance(column.type, sa.Enum)


def test_an_enum_takes_the_members_of_the_python_type() -> None:
    general = sa.Enum(enum.Enum, native_enum=False)
    fitted = column_copy.fit_type(general, Color, enum.Enum)
    assert isinstance(fitted, sa.Enum)
    assert (fitted.enums, fitted.native_enum, fitted.name) == (["red"], False, "color")


def test_other_types_fit_their_own_python_type_only() -> None:
    text = sa.String(5)
    assert column_copy.fit_type(text, str, str) is text
    assert column_copy.fit_type(text, Color, str) is None

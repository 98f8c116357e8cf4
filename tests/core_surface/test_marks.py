"""Annotations of Core, in which the marks of join conditions are kept."""

from __future__ import annotations

import sqlalchemy as sa

from cormorant.sql.marks import foreign, marked_columns, remote, unmarked

table = sa.Table("t", sa.MetaData(), sa.Column("id", sa.Integer), sa.Column("a", sa.Integer))


def test_marks_are_found_and_taken_off_again() -> None:
    condition = foreign(table.c.a) == remote(table.c.id)
    assert marked_columns(condition, "foreign") == (table.c.a,)
    assert marked_columns(condition, "remote") == (table.c.id,)
    plain = unmarked(condition)
    assert (marked_columns(plain, "foreign"), marked_columns(plain, "remote")) == ((), ())
    assert (plain.left, plain.right) == (table.c.a, table.c.id)


def test_marks_do_not_change_the_sql() -> None:
    assert str(foreign(table.c.a) == remote(table.c.id)) == "t.a = t.id"

"""Expressions computed in Python give what SQLite gives, or say that they cannot."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from cormorant.sql.evaluate import UNKNOWN, Evaluation, NotEvaluable

table = sa.Table(
    "t",
    sa.MetaData(),
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("a", sa.Integer),
    sa.Column("b", sa.String),
)
a, b = table.c.a, table.c.b
ROWS = [(1, 1, "x"), (2, 2, "y"), (3, None, "x"), (4, 3, None), (5, None, None)]
NOTHING = None
CRITERIA = [
    a == 1,
    a != 1,
    a < 2,
    a >= 2,
    a == NOTHING,
    a.is_not(None),
    b == "x",
    a.in_([1, 3]),
    a.not_in([1, 3]),
    a.in_([]),
    a.not_in([]),
    a.between(1, 2),
    ~a.between(1, 2),
    sa.and_(a > 1, b == "y"),
    sa.or_(a == 1, b == "x"),
    sa.not_(sa.and_(a == 1, b == "x")),
    sa.not_(sa.or_(a == 1, b == "x")),
    a + 1 == 2,
    a + 1 + 1 == 3,
    a * 2 - 1 > 1,
    b + "z" == "xz",
    sa.true(),
    sa.false(),
]


def key_of(column: Any) -> str | None:
    """Return the name of a column of the table."""
    return column.key if column.table is table else None


def values(row: tuple[Any, ...]) -> Callable[[str], Any]:
    """Return what tells the values of a row."""
    return dict(zip(("id", "a", "b"), row, strict=True)).__getitem__


@pytest.mark.parametrize("criterion", CRITERIA, ids=str)
def test_python_finds_the_rows_that_the_database_finds(criterion: Any) -> None:
    engine = sa.create_engine("sqlite://")
    table.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(
            table.insert(), [dict(zip(("id", "a", "b"), row, strict=True)) for row in ROWS]
        )
        found = set(connection.scalars(sa.select(table.c.id).where(criterion)))
    evaluate = Evaluation(key_of, {}).of(criterion)
    assert {row[0] for row in ROWS if evaluate(values(row))} == found


@pytest.mark.parametrize(
    "expression",
    [sa.func.lower(b) == "x", b.like("x%"), a / 2 == 1, sa.cast(a, sa.String), -a, sa.column("z")],
    ids=str,
)
def test_what_python_computes_otherwise_is_refused(expression: Any) -> None:
    with pytest.raises(NotEvaluable):
        Evaluation(key_of, {}).of(expression)


def test_strings_are_left_to_databases_with_collations() -> None:
    with pytest.raises(NotEvaluable):
        Evaluation(key_of, {}, exact_text=False).of(b == "x")
    assert Evaluation(key_of, {}, exact_text=False).of(a == 1)(values(ROWS[0])) is True


@pytest.mark.parametrize(
    ("criterion", "expected"),
    [
        (a == 1, UNKNOWN),
        (sa.and_(a == 1, b == "y"), False),
        (sa.or_(a == 1, b == "x"), True),
        (sa.and_(a == 1, b == "x"), UNKNOWN),
        (a.in_([1]), UNKNOWN),
        (~a.in_([1]), UNKNOWN),
        (a.between(1, 2), UNKNOWN),
    ],
    ids=str,
)
def test_an_unknown_value_decides_only_where_it_must(criterion: Any, expected: Any) -> None:
    known = {"id": 1, "a": UNKNOWN, "b": "x"}.__getitem__
    assert Evaluation(key_of, {}).of(criterion)(known) is expected


def test_named_parameters_take_the_values_of_the_execution() -> None:
    criterion = a == sa.bindparam("wanted")
    assert Evaluation(key_of, {"wanted": 2}).of(criterion)(values(ROWS[1])) is True


def test_values_that_python_cannot_compare_are_unknown() -> None:
    assert Evaluation(key_of, {}).of(a < sa.literal("x"))(values(ROWS[0])) is UNKNOWN

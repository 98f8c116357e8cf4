"""Class-level attributes: light where they can be, Core's where they must."""

from __future__ import annotations

import copy
import operator
import pickle
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.sql import operators

from cormorant.sql.attributes import InstrumentedAttribute, PropComparator
from cormorant.sql.nodes import Node
from tests.sql.fakes import Address, User, user_mapper, users


class Shouting(sa.types.UserDefinedType[str]):
    """A type whose comparator looks at the value."""

    cache_ok = True

    class Comparator(sa.types.UserDefinedType.Comparator[str]):
        def __eq__(self, other: Any) -> Any:
            return sa.func.upper(self.expr) == other.upper()

    comparator_factory = Comparator


CRITERIA = [
    (User.id == 5, "users.id = 5"),
    (User.id != 5, "users.id != 5"),
    (User.id < 5, "users.id < 5"),
    (User.id <= 5, "users.id <= 5"),
    (User.id > 5, "users.id > 5"),
    (User.id >= 5, "users.id >= 5"),
    (User.name == None, "users.user_name IS NULL"),  # noqa: E711 # it makes SQL
    (User.name.is_not(None), "users.user_name IS NOT NULL"),
    (User.name.like("a%"), "users.user_name LIKE 'a%'"),
    (User.name.not_like("a%", escape="/"), "users.user_name NOT LIKE 'a%' ESCAPE '/'"),
    (User.name.ilike("A%"), "lower(users.user_name) LIKE lower('A%')"),
    (User.age.between(1, 2), "users.age BETWEEN 1 AND 2"),
    (User.age.in_([1, 2, 3]), "users.age IN (1, 2, 3)"),
    (User.age.not_in((1, 2)), "(users.age NOT IN (1, 2))"),
    ((User.id == 1) & (User.id == 2), "users.id = 1 AND users.id = 2"),
    ((User.id == 1) | (User.id == 2), "users.id = 1 OR users.id = 2"),
    (~(User.id == 1), "users.id != 1"),
    (
        (User.id == 1) & ((User.id == 2) | (User.id == 3)),
        "users.id = 1 AND (users.id = 2 OR users.id = 3)",
    ),
]


@pytest.mark.parametrize(("node", "sql"), CRITERIA, ids=[sql for _node, sql in CRITERIA])
def test_a_criterion_with_plain_values_is_light_and_writes_the_sql_of_core(
    node: Any, sql: str
) -> None:
    assert isinstance(node, Node)
    compiled = node.__clause_element__().compile(compile_kwargs={"literal_binds": True})
    assert str(compiled) == sql


@pytest.mark.parametrize(
    ("expression", "sql"),
    [
        (User.id + 1, "users.id + 1"),
        (1 + User.id, "1 + users.id"),
        (User.id == User.age, "users.id = users.age"),
        (User.name.startswith("a"), "users.user_name LIKE 'a' || '%'"),
        (User.age.in_([]), "users.age IN (NULL) AND (1 != 1)"),
        (User.age.in_([1, None]), "users.age IN (1, NULL)"),
        (User.extra["n"].as_integer(), "users.extra['n']"),
        (User.name.label("x"), "users.user_name"),
        (sa.func.max(User.age), "max(users.age)"),
        (sa.and_(User.id == 1, User.age == 2), "users.id = 1 AND users.age = 2"),
        ((User.id == 1) & (User.id == User.age), "users.id = 1 AND users.id = users.age"),
        ((User.id == 1).op("XOR")(sa.true()), "users.id = 1 XOR true"),
    ],
)
def test_everything_else_becomes_an_expression_of_core(expression: Any, sql: str) -> None:
    assert isinstance(expression, sa.ColumnElement)
    assert str(expression.compile(compile_kwargs={"literal_binds": True})) == sql


def test_orderings_stay_light() -> None:
    ordering = User.name.desc().nulls_last()
    assert isinstance(ordering, Node)
    assert str(ordering) == "users.user_name DESC NULLS LAST"


def test_shapes_keep_true_apart_from_one_and_int_apart_from_float() -> None:
    shapes = {(User.age == value).shape for value in (1, 1.0, True, None, "1")}
    assert len(shapes) == 5


def test_shapes_do_not_know_values() -> None:
    assert (User.age == 1).shape == (User.age == 2).shape
    assert (User.age == 1).values == (1,)
    assert User.age.in_([1, 2, 3]).shape == User.age.in_([4, 5, 6, 7]).shape
    assert User.age.in_([1, 2, 3]).values == (1, 2, 3, 3)


def test_truth_is_that_of_core() -> None:
    assert bool(User.id == 5) is False
    assert bool(User.id != 5) is True
    assert User.id in [User.name, User.id]
    assert User.id not in [User.name, User.age]
    with pytest.raises(TypeError, match="Boolean value of this clause is not defined"):
        bool(User.id > 5)


def test_a_comparator_of_the_user_decides_itself() -> None:
    column = sa.Column("word", Shouting())
    attribute: Any = InstrumentedAttribute(User, "word", user_mapper, None, column)
    assert str(attribute == "hey") == "upper(word) = :upper_1"


def test_a_relationship_answers_through_its_property() -> None:
    key, verb, other = "addresses", operator.eq, ("x",)
    assert (User.addresses == "x") == ("operated", key, verb, other, {})
    assert User.addresses.contains("x")[2] is operators.contains_op
    assert User.addresses.any(email="e") == (
        "operated",
        key,
        PropComparator.any_op,
        (None,),
        {"email": "e"},
    )


def test_a_missing_attribute_names_the_class() -> None:
    with pytest.raises(AttributeError, match=r"User\.name has no attribute 'nope'"):
        User.name.nope


def test_an_attribute_tells_what_it_is() -> None:
    assert User.name.key == "name"
    assert User.name.class_ is User
    assert User.name.parent is user_mapper
    assert User.name.type is users.c.user_name.type
    assert User.name.info is users.c.user_name.info
    assert str(User.name) == "User.name"
    assert User.name.is_attribute
    assert not User.name.is_clause_element
    assert sa.select(User.name).selected_columns.keys() == ["name"]


def test_attributes_are_pickled_and_copied_as_themselves() -> None:
    assert pickle.loads(pickle.dumps(Address.email)) is Address.email
    assert copy.deepcopy(Address.email) is Address.email

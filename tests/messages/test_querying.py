"""Golden texts: statements along relationships that cannot be what was meant."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Engine, func
from sqlalchemy.exc import ArgumentError, InvalidRequestError, NoInspectionAvailable

from cormorant import Session, aliased, delete, insert, select, update, with_parent
from cormorant.exc import UnsupportedOperatorError
from cormorant.sql.errors import StatementError
from tests.people import People

from .conftest import SECRET, Told, told


class Plain:
    """A class that is not mapped."""


def rows(engine: Engine, statement: Any) -> Any:
    """Run a statement."""
    with Session(engine) as session:
        return session.execute(statement).all()


NOT_WRITTEN = (
    "Class tests.messages.test_querying.Plain is not mapped, so it cannot be written to. Declare "
    "it with a table, or map it imperatively."
)
NO_VALUE = (
    "Can't resolve value for column users.id on an object of class 'User'; no value has been set "
    "for this column: flush the object, or set it."
)
Case = tuple[Callable[[People, Engine], Any], type[Exception], str]
CASES: dict[str, Case] = {
    "insert an unmapped class": (lambda _p, _e: insert(Plain), ArgumentError, NOT_WRITTEN),
    "update an unmapped class": (lambda _p, _e: update(Plain), ArgumentError, NOT_WRITTEN),
    "delete an unmapped class": (lambda _p, _e: delete(Plain), ArgumentError, NOT_WRITTEN),
    "alias what is not mapped": (
        lambda _p, _e: aliased(SECRET),  # type: ignore[call-overload] # refused
        NoInspectionAvailable,
        "aliased() takes a mapped class, its mapper, an aliased class or a table, not an object "
        "of type 'str'.",
    ),
    "alias over a statement": (
        lambda p, _e: aliased(p.User, select(p.User)),  # type: ignore[arg-type] # refused
        ArgumentError,
        "aliased(alias=...) takes a FROM element such as a subquery or an alias of a table, not "
        "'LightSelect'; call subquery() on a SELECT.",
    ),
    "join to a column": (
        lambda p, e: rows(e, select(p.User).join(p.User.name)),
        ArgumentError,
        "Join target User.name does not refer to a mapped entity: name a relationship, a class "
        "or a table.",
    ),
    "join a relationship with an ON clause": (
        lambda p, e: rows(e, select(p.User).join(p.User.addresses, p.User.id == p.Address.id)),
        InvalidRequestError,
        "No 'on clause' argument may be passed when joining to a relationship path as a target: "
        "User.addresses has its own. Add to it with User.addresses.and_(...), or join to the "
        "class.",
    ),
    "join from another alias": (
        lambda p, e: rows(e, select(p.User).join_from(aliased(p.User), p.User.addresses)),
        InvalidRequestError,
        "The explicit FROM clause aliased(User) does not match the left side of relationship "
        "attribute User.addresses: join from Mapper[User(users)], or along an attribute of "
        "aliased(User).",
    ),
    "join to what nothing leads to": (
        lambda p, e: rows(e, select(func.count()).join(p.User)),
        InvalidRequestError,
        "Don't know how to join to Mapper[User(users)]: no foreign key ties it to what the "
        "statement selects from. Give an ON clause or a relationship, or name the left side with "
        "select_from().",
    ),
    "narrow to another class": (
        lambda p, _e: p.User.addresses.of_type(p.User),
        InvalidRequestError,
        "User.addresses.of_type() takes 'Address', a subclass or an alias of it, not 'User'.",
    ),
    "an operator without a meaning": (
        lambda p, _e: p.Address.user.in_([SECRET]),
        UnsupportedOperatorError,
        "Operator 'in_op' is not defined on relationship Address.user; use ==, !=, any(), has() "
        "or contains(), or compare its foreign key columns.",
    ),
    "any of one": (
        lambda p, _e: p.Address.user.any(),
        InvalidRequestError,
        "'any()' not implemented for scalar attributes: use Address.user.has().",
    ),
    "has of many": (
        lambda p, _e: p.User.addresses.has(),
        InvalidRequestError,
        "'has()' not implemented for collections: use User.addresses.any().",
    ),
    "a collection compared": (
        lambda p, _e: p.User.addresses == p.Address(email=SECRET),
        InvalidRequestError,
        "Can't compare a collection to an object or collection; use User.addresses.contains() to "
        "test for membership.",
    ),
    "compared with a value": (
        lambda p, _e: p.Address.user == SECRET,
        ArgumentError,
        "Mapped instance expected for relationship comparison to object. Classes, queries and "
        "other SQL elements are not accepted in this context; for comparison with a subquery, "
        "use Address.user.has(**criteria).",
    ),
    "compared with another class": (
        lambda p, _e: p.Address.user == p.Address(email=SECRET),
        ArgumentError,
        "Relationship Address.user is compared with objects of class 'User', not 'Address'.",
    ),
    "a parent of another class": (
        lambda p, _e: with_parent(p.Address(email=SECRET), p.User.addresses),
        ArgumentError,
        "with_parent(User.addresses) takes an object of class 'User', not 'Address'.",
    ),
    "a parent without a relationship": (
        lambda p, _e: with_parent(p.User(name=SECRET), SECRET),
        ArgumentError,
        "with_parent() takes the attribute of a relationship such as User.addresses, not 'str'.",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_an_error_says_what_where_and_what_to_do(
    people: People, engine: Engine, name: str
) -> None:
    act, kind, text = CASES[name]
    assert told(lambda: act(people, engine)) == Told(kind, text)


def test_an_object_without_a_key_is_named(people: People, engine: Engine) -> None:
    new = people.User(name=SECRET)
    found = told(lambda: rows(engine, select(people.Address).where(people.Address.user == new)))
    assert (found.kind, found.sentences) == (StatementError, NO_VALUE)

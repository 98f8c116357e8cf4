"""Golden texts: loader options that do not fit, and loads that options refuse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import ArgumentError, InvalidRequestError

from cormorant import (
    Load,
    Session,
    defer,
    joinedload,
    load_only,
    raiseload,
    select,
    selectinload,
)
from cormorant.exc import LoaderStrategyException
from tests.people import People

from .conftest import SECRET, Told, told


def stored(people: People, engine: Engine) -> Session:
    """Store a user whose name is the secret; return a session."""
    with Session(engine) as session:
        session.add(people.User(name=SECRET, age=5))
        session.commit()
    return Session(engine)


def run(people: People, engine: Engine, *options: Any) -> Any:
    """Load the user with options."""
    return stored(people, engine).scalars(select(people.User).options(*options)).all()


Case = tuple[Callable[[People, Engine], Any], type[Exception], str]

CASES: dict[str, Case] = {
    "collections in the rows": (
        lambda people, engine: run(people, engine, joinedload(people.User.addresses)),
        InvalidRequestError,
        "The unique() method must be invoked on this Result, as it contains results that include "
        "joined eager loads against collections: write .unique() before .all(), or load the "
        "collections with selectinload().",
    ),
    "a column as a relationship": (
        lambda people, _engine: joinedload(people.User.name),
        LoaderStrategyException,
        'Can\'t apply "joined loader" strategy to property "User.name", which is a "column '
        'property"; this loader strategy is intended to be used with a "relationship".',
    ),
    "a relationship as a column": (
        lambda people, _engine: defer(people.User.addresses),
        LoaderStrategyException,
        'Can\'t apply "deferred column loader" strategy to property "User.addresses", which is a '
        '"relationship"; this loader strategy is intended to be used with a "column property".',
    ),
    "a text": (
        lambda _people, _engine: joinedload("addresses"),
        ArgumentError,
        "Strings are not accepted for attribute names in loader options; please use class-bound "
        "attributes directly.",
    ),
    "another class": (
        lambda people, engine: run(people, engine, load_only(people.Address.email)),
        ArgumentError,
        "Mapped class Address referenced in option defer(*) does not apply to any of the root "
        "entities in this query, e.g. User. Please specify the full path from one of the root "
        "entities to the target attribute.",
    ),
    "a path that breaks": (
        lambda people, _engine: joinedload(people.User.addresses).joinedload(
            people.User.addresses
        ),
        ArgumentError,
        'ORM mapped entity or attribute "User.addresses" does not link from relationship '
        '"User.addresses", which leads to Address; name an attribute of that class.',
    ),
    "a class that Load() is not about": (
        lambda people, _engine: Load(people.User).joinedload(people.Address.user),
        ArgumentError,
        'ORM mapped attribute "Address.user" does not link mapped class "User"; name an attribute '
        "of that class.",
    ),
    "no option": (
        lambda people, engine: run(people, engine, SECRET),
        ArgumentError,
        "ExecutionOption Core or ORM object expected, got 'str': options take loader options such "
        "as joinedload(User.addresses), or a UserDefinedOption.",
    ),
    "a refused relationship": (
        lambda people, engine: run(people, engine, raiseload("*"))[0].addresses,
        InvalidRequestError,
        "'User.addresses' is not available due to lazy='raise': load it with the object, or query "
        "it.",
    ),
    "a refused column": (
        lambda people, engine: run(people, engine, defer(people.User.age, raiseload=True))[0].age,
        InvalidRequestError,
        "'User.age' is not available due to raiseload=True: undefer() it in the statement that "
        "loads the object.",
    ),
    "recursion without a way back": (
        lambda people, _engine: selectinload(people.User.addresses, recursion_depth=2),
        InvalidRequestError,
        "recursion_depth option on relationship User.addresses not valid for non-self-referential "
        "relationship",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_an_error_of_loading_says_what_where_and_what_to_do(
    people: People, engine: Engine, name: str
) -> None:
    act, kind, text = CASES[name]
    assert told(lambda: act(people, engine)) == Told(kind, text)

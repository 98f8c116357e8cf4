"""Golden texts: classes, attributes and objects that are not what was thought."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import ArgumentError, InvalidRequestError, NoInspectionAvailable

from cormorant import Session, inspect, select
from cormorant.exc import (
    DetachedInstanceError,
    NoResultFound,
    ObjectDereferencedError,
    UnmappedInstanceError,
)
from tests.people import People

from .conftest import SECRET, Told, told


class Plain:
    """A class that is not mapped."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What a case works on: `user` is stored and loaded."""

    people: People
    session: Session
    user: Any


@pytest.fixture
def scene(people: People, engine: Engine) -> Scene:
    """Store a user whose name is the secret, and load it in a session."""
    with Session(engine) as session:
        session.add(people.User(name=SECRET, age=5))
        session.commit()
    session = Session(engine)
    return Scene(people, session, session.get_one(people.User, 1))


def detached(scene: Scene) -> Any:
    """Return the user after its session has expired and left it."""
    scene.session.commit()
    scene.session.close()
    return scene.user


def ended(scene: Scene) -> Session:
    """Return a session that close() ended for good."""
    session = Session(scene.session.bind, close_resets_only=False)
    session.close()
    return session


def with_another(scene: Scene) -> Session:
    """Return another session on the same database."""
    return Session(scene.session.bind)


NOT_LOADED = (
    "User.{0} is not loaded and its object belongs to no session. Add the object to a session "
    "(session.add), or load '{0}' before the session closes; expire_on_commit=False keeps loaded "
    "values after a commit. (Background on this error at: https://sqlalche.me/e/21/bhk3)"
)
CLOSED = (
    "This Session has been permanently closed and is unable to handle any more transaction "
    "requests. Make a new Session; end it with reset() to use it again."
)
UNMAPPED = (
    "Class tests.messages.test_objects.Plain is not mapped. Give an object of a class declared "
    "with a table, or map the class first."
)
NOT_SELECTED = (
    "Class tests.messages.test_objects.Plain is not mapped, so it cannot be selected. Declare it "
    "with a table, or map it imperatively."
)
NOT_PERSISTENT = (
    "Instance of class 'User' is not persistent within this Session. Add and flush it first, or "
    "load it with this session."
)

Case = tuple[Callable[[Scene], Any], type[Exception], str]
CASES: dict[str, Case] = {
    "add an object of an unmapped class": (
        lambda scene: scene.session.add(Plain()),
        UnmappedInstanceError,
        UNMAPPED,
    ),
    "delete an object of an unmapped class": (
        lambda scene: scene.session.delete(Plain()),
        UnmappedInstanceError,
        UNMAPPED,
    ),
    "add a class": (
        lambda scene: scene.session.add(scene.people.User),
        UnmappedInstanceError,
        "Class tests.people.declare.<locals>.User was given where an object is needed. Give an "
        "object of a class declared with a table, or map the class first.",
    ),
    "get an unmapped class": (
        lambda scene: scene.session.get(Plain, 1),
        NoInspectionAvailable,
        "Class tests.messages.test_objects.Plain is not mapped. Declare it with a table, or map "
        "it imperatively.",
    ),
    "query an unmapped class": (
        lambda scene: scene.session.query(Plain),
        ArgumentError,
        NOT_SELECTED,
    ),
    "select an unmapped class": (
        lambda scene: select(scene.people.User, Plain),
        ArgumentError,
        NOT_SELECTED,
    ),
    "inspect an unmapped class": (
        lambda scene: inspect(Plain),
        NoInspectionAvailable,
        "No inspection system is available for object of type <class 'type'>: it is no mapped "
        "class, no object of one, and nothing that Core inspects.",
    ),
    "unknown keyword": (
        lambda scene: scene.people.User(nmae=SECRET),
        TypeError,
        "'nmae' is an invalid keyword argument for User; did you mean 'name'? Its attributes "
        "are: addresses, id, name, age.",
    ),
    "keyword like no attribute": (
        lambda scene: scene.people.User(xyzzy=SECRET),
        TypeError,
        "'xyzzy' is an invalid keyword argument for User. Its attributes are: addresses, id, "
        "name, age.",
    ),
    "unknown attribute of the class": (
        lambda scene: scene.people.User.nmae,
        AttributeError,
        "type object 'User' has no attribute 'nmae'",
    ),
    "unknown attribute of an object": (
        lambda scene: scene.user.nmae,
        AttributeError,
        "'User' object has no attribute 'nmae'",
    ),
    "unknown attribute in filter_by": (
        lambda scene: scene.session.query(scene.people.User).filter_by(nmae=SECRET),
        InvalidRequestError,
        "The class 'User' has no mapped attribute 'nmae' for filter_by(); name an attribute of "
        "the class, or use where().",
    ),
    "expire an unknown attribute": (
        lambda scene: scene.session.expire(scene.user, ["nmae"]),
        InvalidRequestError,
        "Entity 'User' has no mapped attribute 'nmae'; its attributes are addresses, id, name, "
        "age.",
    ),
    "get by too many values": (
        lambda scene: scene.session.get(scene.people.User, (1, SECRET)),
        InvalidRequestError,
        "Incorrect number of values in identifier to formulate primary key for class 'User'; "
        "the primary key is id: give 1 value.",
    ),
    "get by unknown names": (
        lambda scene: scene.session.get(scene.people.User, {"nmae": SECRET}),
        InvalidRequestError,
        "Incorrect names of values in identifier for class 'User'; the primary key is id: give "
        "a value under each of these names.",
    ),
    "get_one without a row": (
        lambda scene: scene.session.get_one(scene.people.User, 77),
        NoResultFound,
        "No row was found when one was required: no 'User' has this primary key.",
    ),
    "read an expired column of a detached object": (
        lambda scene: detached(scene).name,
        DetachedInstanceError,
        NOT_LOADED.format("name"),
    ),
    "read an unloaded relation of a detached object": (
        lambda scene: detached(scene).addresses,
        DetachedInstanceError,
        NOT_LOADED.format("addresses"),
    ),
    "refresh a detached object": (
        lambda scene: scene.session.refresh(detached(scene)),
        InvalidRequestError,
        NOT_PERSISTENT,
    ),
    "expire a new object": (
        lambda scene: scene.session.expire(scene.people.User(name=SECRET)),
        InvalidRequestError,
        NOT_PERSISTENT,
    ),
    "delete a new object": (
        lambda scene: scene.session.delete(scene.people.User(name=SECRET)),
        InvalidRequestError,
        "Instance of class 'User' is not persisted: only an object with a row can be deleted. "
        "Expunge a pending object instead.",
    ),
    "expunge what is elsewhere": (
        lambda scene: scene.session.expunge(scene.people.User(name=SECRET)),
        InvalidRequestError,
        "Instance of class 'User' is not present in this Session. Only an object of this "
        "session can be expunged from it.",
    ),
    "add to a closed session": (
        lambda scene: ended(scene).add(scene.people.User(name=SECRET)),
        InvalidRequestError,
        CLOSED,
    ),
    "get from a closed session": (
        lambda scene: ended(scene).get(scene.people.User, 1),
        InvalidRequestError,
        CLOSED,
    ),
    "begin a closed session": (lambda scene: ended(scene).begin(), InvalidRequestError, CLOSED),
    "a text that is no statement": (
        lambda scene: scene.session.execute("SELECT 1"),  # type: ignore[call-overload] # wrong on purpose
        ArgumentError,
        "Executable SQL or text() construct expected, got 'str'; wrap a text with text().",
    ),
    "a member that is no object": (
        lambda scene: scene.user.addresses.append(SECRET),
        UnmappedInstanceError,
        "User.addresses takes mapped objects, not 'str'; give an object of the related class.",
    ),
    "a list whose owner is gone": (
        lambda scene: scene.people.User(name=SECRET).addresses.append(scene.people.Address()),
        ObjectDereferencedError,
        "This list was User.addresses of an object that has been garbage collected, so nobody "
        "could hear of its change. Keep a reference to the object while you change it.",
    ),
    "a parent that is no object": (
        lambda scene: scene.people.Address(user=SECRET),
        UnmappedInstanceError,
        "Address.user takes mapped objects, not 'str'; give an object of the related class.",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_an_error_says_what_where_and_what_to_do(scene: Scene, name: str) -> None:
    act, kind, text = CASES[name]
    assert told(lambda: act(scene)) == Told(kind, text)
    with with_another(scene) as session:
        assert session.get_one(scene.people.User, 1).age == 5


def test_an_object_of_another_session_is_refused_with_both_numbers(scene: Scene) -> None:
    other = with_another(scene)
    found = told(lambda: other.add(scene.user))
    assert found == Told(
        InvalidRequestError,
        f"Object of class 'User' is already attached to session '{scene.session.hash_key}' "
        f"(this is '{other.hash_key}'). Expunge it there first, or use session.merge().",
    )

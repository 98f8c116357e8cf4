"""Golden texts: objects in the wrong session, refused merges, members with another parent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import Column, Engine, ForeignKey, Integer, String
from sqlalchemy.exc import InvalidRequestError

from cormorant import Session, declarative_base, make_transient_to_detached, relationship
from cormorant.exc import ConfigurationError, StaleDataError

from .conftest import SECRET, Told, told


@dataclass(frozen=True, slots=True)
class Scene:
    """Homes that persons own, and a stored person in a session."""

    Person: Any
    Home: Any
    session: Session
    person: Any


def declare(**options: Any) -> tuple[Any, Any, Any]:
    """Declare a person whose reference owns a home; return (Base, Person, Home)."""
    Base: Any = declarative_base()

    class Home(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "homes"
        id = Column(Integer, primary_key=True)
        name = Column(String(20))

    class Person(Base):  # type: ignore[misc] # as above
        __tablename__ = "persons"
        id = Column(Integer, primary_key=True)
        name = Column(String(20))
        version = Column(Integer, nullable=False)
        home_id: Any = Column(ForeignKey("homes.id"))
        home = relationship(Home, cascade="all, delete-orphan", **options)
        __mapper_args__ = {"version_id_col": version}

    return Base, Person, Home


@pytest.fixture
def scene(sqlite_file_engine: Engine) -> Scene:
    """Store a person whose name is the secret."""
    Base, Person, Home = declare(single_parent=True)
    Base.metadata.create_all(sqlite_file_engine)
    session = Session(sqlite_file_engine, expire_on_commit=False)
    person = Person(name=SECRET, home=Home(name=SECRET))
    session.add(person)
    session.commit()
    return Scene(Person, Home, session, person)


def twin(scene: Scene) -> Any:
    """Return a detached object with the key of the stored person."""
    made = scene.Person(id=1, name=SECRET)
    make_transient_to_detached(made)
    return made


def deleted(scene: Scene) -> Any:
    """Return the person after its row was deleted."""
    scene.session.delete(scene.person)
    scene.session.flush()
    return scene.person


def changed(scene: Scene) -> Any:
    """Return the person, detached and with a change."""
    scene.session.expunge_all()
    scene.person.name = SECRET + "!"
    return scene.person


DELETED = (
    "Instance of class 'Person' has been deleted. Use the make_transient() function to send this "
    "object back to the transient state."
)
DOUBLE = (
    "Can't attach this object of class 'Person': another instance with the same key is already "
    "present in this session. Use session.merge() to copy its values onto that one, or expunge "
    "it first."
)
NO_LOAD = (
    "merge() with load=False option does not support {}; this one is of class 'Person'. flush() "
    "all changes on mapped instances before merging with load=False."
)

Case = tuple[Callable[[Scene], Any], type[Exception], str]
CASES: dict[str, Case] = {
    "add what has a twin here": (
        lambda scene: scene.session.add(twin(scene)),
        InvalidRequestError,
        DOUBLE,
    ),
    "delete what has a twin here": (
        lambda scene: scene.session.delete(twin(scene)),
        InvalidRequestError,
        DOUBLE,
    ),
    "add what is deleted": (
        lambda scene: scene.session.add(deleted(scene)),
        InvalidRequestError,
        DELETED,
    ),
    "merge a new object without load": (
        lambda scene: scene.session.merge(scene.Person(name=SECRET), load=False),
        InvalidRequestError,
        NO_LOAD.format("transient (i.e. unpersisted) objects"),
    ),
    "merge a changed object without load": (
        lambda scene: scene.session.merge(changed(scene), load=False),
        InvalidRequestError,
        NO_LOAD.format("objects marked as 'dirty'"),
    ),
    "merge an old version": (
        lambda scene: scene.session.merge(scene.Person(id=1, name=SECRET, version=77)),
        StaleDataError,
        "The version of the merged object of class 'Person' does not match the one in the "
        "database. Load the current row and merge again; leave the version attribute out of the "
        "merged object to overwrite.",
    ),
    "a second parent": (
        lambda scene: scene.Person(name=SECRET, home=scene.person.home),
        InvalidRequestError,
        "An instance of 'Home' is already associated with an instance of 'Person' via its "
        "Person.home attribute, and is only allowed a single parent. Take it from that one "
        "first, or leave out single_parent=True.",
    ),
    "orphans that could have other parents": (
        lambda _scene: declare()[0].registry.configure(),
        ConfigurationError,
        "For many-to-one relationship Person.home, delete-orphan cascade is normally configured "
        "only on the \"one\" side of a one-to-many relationship: several 'Person' objects could "
        "refer to one 'Home'. Set single_parent=True to allow one only.",
    ),
    "an unknown cascade": (
        lambda _scene: relationship("Home", cascade="everything"),
        ConfigurationError,
        "Invalid cascade option(s): 'everything'; the legal ones are all, delete, delete-orphan, "
        "expunge, merge, none, refresh-expire, save-update.",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_an_error_says_what_where_and_what_to_do(scene: Scene, name: str) -> None:
    act, kind, text = CASES[name]
    assert told(lambda: act(scene)) == Told(kind, text)


@pytest.mark.parametrize("act", ["add", "delete"])
def test_what_belongs_to_another_session_is_refused_with_both_numbers(
    scene: Scene, act: str
) -> None:
    with Session(scene.session.bind) as other:
        text = (
            f"is already attached to session '{scene.session.hash_key}' (this is "
            f"'{other.hash_key}'). Expunge it there first, or use session.merge()."
        )
        found = told(lambda: getattr(other, act)(scene.person))
        assert found == Told(InvalidRequestError, f"Object of class 'Person' {text}")
        scene.session.expunge(scene.person)
        scene.session.add(scene.person.home)
        reached = told(lambda: getattr(other, act)(scene.person))
        assert reached == Told(InvalidRequestError, f"Object of class 'Home' {text}")

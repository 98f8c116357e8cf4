"""Golden texts: classes that inherit from mapped classes, and rows that are of none of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Column, Engine, ForeignKey, Integer, String, exc

from cormorant import Session, declarative_base, inspect, select
from cormorant.exc import ConfigurationError, StaleDataError, UnknownIdentityError
from tests.contract.family import family
from tests.contract.oracle import cormorant_orm

from .conftest import SECRET, Told, told


def person() -> Any:
    """Declare the root of a family on a base of its own."""
    Base: Any = declarative_base()

    class Person(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "persons"
        id = Column(Integer, primary_key=True)
        kind = Column(String(20))
        __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "person"}

    return Person


def without_key() -> Any:
    """Declare a joined subclass without a foreign key."""

    class Engineer(person()):  # type: ignore[misc] # as above
        __tablename__ = "engineers"
        id = Column(Integer, primary_key=True)

    return Engineer


def with_two_keys() -> Any:
    """Declare a joined subclass with two foreign keys to its base."""

    class Engineer(person()):  # type: ignore[misc] # as above
        __tablename__ = "engineers"
        id = Column(ForeignKey("persons.id"), primary_key=True)
        boss_id = Column(ForeignKey("persons.id"))

    return Engineer


def concrete() -> Any:
    """Declare a subclass with a table of its own that is not joined."""

    class Engineer(person()):  # type: ignore[misc] # as above
        __tablename__ = "engineers"
        id = Column(Integer, primary_key=True)
        __mapper_args__ = {"concrete": True}

    return Engineer


def same_identity() -> Any:
    """Declare a subclass with the identity of its base."""

    class Engineer(person()):  # type: ignore[misc] # as above
        __mapper_args__ = {"polymorphic_identity": "person"}

    return Engineer


JOINED = (
    "Can't determine the inherit condition between inherited table 'persons' and inheriting table "
    "'engineers' of class "
)
DECLARATIONS = {
    without_key: Told(
        exc.NoForeignKeysError,
        f"{JOINED}'without_key.<locals>.Engineer'; tables have no foreign key relationships "
        "established. Add ForeignKey('persons.id') to the primary key ('id') of 'engineers', or "
        "give the mapper argument inherit_condition.",
    ),
    with_two_keys: Told(
        exc.AmbiguousForeignKeysError,
        f"{JOINED}'with_two_keys.<locals>.Engineer'; tables have more than one foreign key "
        "relationship established. Please specify the 'on clause' using the 'inherit_condition' "
        "mapper argument.",
    ),
    concrete: Told(
        ConfigurationError,
        "Class 'concrete.<locals>.Engineer' asks for concrete=True: inheritance from a mapped "
        "class with a table that repeats all columns is not offered. Leave it out for joined "
        "inheritance, or inherit from a class with __abstract__ = True.",
    ),
    same_identity: Told(
        ConfigurationError,
        "Classes 'Person' and 'Engineer' have the same polymorphic identity; give each class its "
        "own.",
    ),
}


@pytest.mark.parametrize("declare", DECLARATIONS, ids=lambda declare: declare.__name__)
def test_a_subclass_that_cannot_be_mapped_is_refused(declare: Callable[[], Any]) -> None:
    found = told(declare)
    assert (found.kind, found.sentences) == (
        DECLARATIONS[declare].kind,
        DECLARATIONS[declare].text,
    )


ROWS: dict[Any, Told] = {
    SECRET: Told(
        UnknownIdentityError,
        "A row for class 'Person' has a value in the discriminator column 'persons.kind' that is "
        "no polymorphic identity of a mapped class. Import the module that maps the class, or "
        "give one polymorphic_identity; the identities known are those of Person, Engineer, "
        "Manager, Lead, Intern.",
    ),
    None: Told(
        exc.InvalidRequestError,
        "A row can't be loaded into an object of class 'Person'; the polymorphic discriminator "
        "column 'persons.kind' is NULL. Set it to the polymorphic identity of a class.",
    ),
}


@pytest.mark.parametrize("kind", ROWS, ids=["unknown", "null"])
def test_a_row_of_no_class_is_refused_without_its_value(
    kind: Any, sqlite_file_engine: Engine
) -> None:
    world = family(cormorant_orm(), sqlite_file_engine)
    with sqlite_file_engine.begin() as connection:
        connection.execute(world.Person.__table__.insert().values(id=1, kind=kind))
    with Session(sqlite_file_engine) as session:
        by_key = told(lambda: session.get(world.Person, 1))
        by_select = told(lambda: session.scalars(select(world.Person)).all())
    assert by_key == by_select == ROWS[kind]


def test_a_row_of_another_class_is_refused(sqlite_file_engine: Engine) -> None:
    world = family(cormorant_orm(), sqlite_file_engine)
    with Session(sqlite_file_engine) as session:
        session.add(world.Engineer(id=1))
        session.commit()
        session.connection().exec_driver_sql("UPDATE persons SET kind = 'manager'")
        session.expunge_all()
        found = told(lambda: session.get(world.Engineer, 1))
    assert found == Told(
        exc.InvalidRequestError,
        "A row can't be loaded into an object of class 'Engineer'; the polymorphic discriminator "
        "column 'persons.kind' refers to Mapper[Manager(managers)], which is not a sub-mapper of "
        "the requested Mapper[Engineer(engineers)]. Correct the discriminator of the row.",
    )


def test_a_stale_row_names_the_table_and_the_class(sqlite_file_engine: Engine) -> None:
    world = family(cormorant_orm(), sqlite_file_engine)
    with Session(sqlite_file_engine) as session:
        lead = world.Lead(id=1, team="a")
        session.add(lead)
        session.commit()
        lead.team = SECRET
        session.connection().exec_driver_sql("DELETE FROM leads")
        found = told(session.flush)
    assert found == Told(
        StaleDataError,
        "UPDATE statement on table 'leads' expected to update 1 row(s) of class 'Lead'; 0 were "
        "matched: a row is gone. Roll back, refresh the objects, and make the change again.",
    )


def test_the_tables_of_a_class_stand_with_that_of_the_root_first(
    sqlite_file_engine: Engine,
) -> None:
    world = family(cormorant_orm(), sqlite_file_engine)
    tables = [table.name for table in inspect(world.Lead).tables]
    assert tables == ["persons", "engineers", "leads"]


def test_an_object_is_not_merged_onto_one_of_a_lesser_class(sqlite_file_engine: Engine) -> None:
    world = family(cormorant_orm(), sqlite_file_engine)
    with Session(sqlite_file_engine) as session:
        engineer = world.Engineer(id=1, name=SECRET)
        session.add(engineer)
        session.commit()
        found = told(lambda: session.merge(world.Lead(id=1, team=SECRET)))
    assert found == Told(
        exc.InvalidRequestError,
        "merge() cannot copy an object of class 'Lead' onto the one of class 'Engineer' that has "
        "its primary key: 'Engineer' lacks attributes of 'Lead'. Give the object a key of its "
        "own, or delete the other one and flush first.",
    )

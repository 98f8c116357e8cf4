"""A family of classes over several tables, and the firms that its people work for."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from sqlalchemy import Column, Engine, ForeignKey, Integer, String

from .oracle import Orm


def family(orm: Orm, engine: Engine, below: dict[str, Any] | None = None, **arguments: Any) -> Any:
    """Declare Person (root), Engineer and Manager (joined), Lead (joined to Engineer), Intern.

    Intern shares the tables of Engineer. `arguments` go to the mapper of Person, those in
    `below`, by class name, to the mappers of subclasses.
    """
    more = below or {}
    Base: Any = orm.declarative_base()

    class Firm(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "firms"
        id = Column(Integer, primary_key=True)
        name = Column(String(20))
        staff = orm.relationship("Person", back_populates="firm", order_by="Person.id")

    class Person(Base):  # type: ignore[misc] # as above
        __tablename__ = "persons"
        id = Column(Integer, primary_key=True)
        kind = Column(String(20))
        name = Column(String(20), default="nobody")
        version = Column(Integer)
        firm_id: Any = Column(ForeignKey("firms.id"))
        firm = orm.relationship("Firm", back_populates="staff")
        __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "person", **arguments}

    class Engineer(Person):
        __tablename__ = "engineers"
        id: Any = Column(ForeignKey("persons.id"), primary_key=True)
        skill = Column(String(20), default="none")
        level = Column(Integer, server_default="1")
        __mapper_args__ = {"polymorphic_identity": "engineer", **more.get("Engineer", {})}

    class Manager(Person):
        __tablename__ = "managers"
        person_id: Any = Column(ForeignKey("persons.id"), primary_key=True)
        title = Column(String(20))
        __mapper_args__ = {"polymorphic_identity": "manager", **more.get("Manager", {})}

    class Lead(Engineer):
        __tablename__ = "leads"
        id: Any = Column(ForeignKey("engineers.id"), primary_key=True)
        team = Column(String(20))
        __mapper_args__ = {"polymorphic_identity": "lead", **more.get("Lead", {})}

    class Intern(Engineer):
        school = Column(String(20))
        __mapper_args__ = {"polymorphic_identity": "intern", **more.get("Intern", {})}

    Base.metadata.create_all(engine)
    return SimpleNamespace(
        Base=Base,
        Firm=Firm,
        Person=Person,
        Engineer=Engineer,
        Manager=Manager,
        Lead=Lead,
        Intern=Intern,
    )


def staffed(
    orm: Orm, engine: Engine, below: dict[str, Any] | None = None, **arguments: Any
) -> Any:
    """Declare the family and store two firms and one person of each class."""
    world = family(orm, engine, below, **arguments)
    with orm.Session(engine) as session:
        red, blue = world.Firm(id=1, name="red"), world.Firm(id=2, name="blue")
        session.add_all(
            [
                world.Person(id=1, name="Pia", firm=red),
                world.Engineer(id=2, name="Eve", skill="c", firm=red),
                world.Manager(id=3, name="Max", title="boss", firm=blue),
                world.Lead(id=4, name="Lea", skill="sql", team="core", firm=blue),
                world.Intern(id=5, name="Ian", skill="c", school="MIT", firm=red),
            ]
        )
        session.commit()
    return world


def kinds(objects: Any) -> list[tuple[str, int]]:
    """Return class name and key of each object."""
    return [(type(each).__name__, each.id) for each in objects]

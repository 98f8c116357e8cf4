"""Firms, their people and machines: every kind of relationship, in both kinds of family."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from sqlalchemy import Column, Engine, ForeignKey, Integer, String, Table

from .oracle import Orm


def workshop(orm: Orm, engine: Engine, single: bool = False, **arguments: Any) -> Any:
    """Declare the classes, store some rows, and return a namespace with the classes.

    Engineer and Manager have tables of their own, or with `single` share that of Person.
    `arguments` go to relationships: `team__lazy` to that of the name `team`.
    """
    Base: Any = orm.declarative_base()

    def related(key: str, *target: Any, **options: Any) -> Any:
        for name, value in arguments.items():
            place, _, option = name.partition("__")
            if place == key:
                options[option] = value
        return orm.relationship(*target, **options)

    links = Table(
        "people_skills",
        Base.metadata,
        Column("person_id", ForeignKey("people.id"), primary_key=True),
        Column("skill_id", ForeignKey("skills.id"), primary_key=True),
    )

    class Firm(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "firms"
        id = Column(Integer, primary_key=True)
        name = Column(String(20))
        staff = related("staff", "Person", back_populates="firm", order_by="Person.id")

    class Skill(Base):  # type: ignore[misc] # as above
        __tablename__ = "skills"
        id = Column(Integer, primary_key=True)
        name = Column(String(20))
        people = related("people", "Person", secondary=links, back_populates="skills")

    class Person(Base):  # type: ignore[misc] # as above
        __tablename__ = "people"
        id = Column(Integer, primary_key=True)
        kind = Column(String(20))
        name = Column(String(20))
        firm_id: Any = Column(ForeignKey("firms.id"))
        boss_id: Any = Column(ForeignKey("people.id"))
        firm = related("firm", "Firm", back_populates="staff")
        boss = related("boss", "Person", remote_side=[id], back_populates="team")
        team = related("team", "Person", back_populates="boss", order_by=id)
        skills = related(
            "skills", Skill, secondary=links, back_populates="people", order_by=Skill.id
        )
        __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "person"}

    def below(table: str, **columns: Any) -> dict[str, Any]:
        if single:
            return columns
        key = Column(ForeignKey("people.id"), primary_key=True)
        return {"__tablename__": table, "id": key, **columns}

    Engineer: Any = type(
        "Engineer",
        (Person,),
        {
            **below("engineers", tool=Column(String(20))),
            "machines": related("machines", "Machine", back_populates="owner"),
            "__mapper_args__": {"polymorphic_identity": "engineer"},
        },
    )
    Manager: Any = type(
        "Manager",
        (Person,),
        {
            **below("managers", title=Column(String(20)), car_id=Column(ForeignKey("cars.id"))),
            "car": related("car", "Car"),
            "__mapper_args__": {"polymorphic_identity": "manager"},
        },
    )

    class Machine(Base):  # type: ignore[misc] # as above
        __tablename__ = "machines"
        id = Column(Integer, primary_key=True)
        name = Column(String(20))
        owner_id: Any = Column(ForeignKey("people.id" if single else "engineers.id"))
        owner = related("owner", Engineer, back_populates="machines")
        parts = related("parts", "Part")

    class Part(Base):  # type: ignore[misc] # as above
        __tablename__ = "parts"
        id = Column(Integer, primary_key=True)
        name = Column(String(20))
        machine_id: Any = Column(ForeignKey("machines.id"))

    class Car(Base):  # type: ignore[misc] # as above
        __tablename__ = "cars"
        id = Column(Integer, primary_key=True)
        name = Column(String(20))

    classes = (Firm, Skill, Person, Engineer, Manager, Machine, Part, Car)
    # A registry holds its classes weakly: one class must keep the others alive.
    Base.classes = classes
    Base.metadata.create_all(engine)
    world = SimpleNamespace(Base=Base, **{each.__name__: each for each in classes})
    furnish(orm, engine, world)
    return world


def furnish(orm: Orm, engine: Engine, world: Any) -> None:
    """Store two firms with a chain of four people, their skills and things."""
    with orm.Session(engine) as session:
        session.add_all([world.Firm(id=1, name="red"), world.Firm(id=2, name="blue")])
        session.add_all([world.Skill(id=1, name="sew"), world.Skill(id=2, name="cook")])
        session.add(world.Car(id=1, name="van"))
        session.flush()
        people = [
            world.Manager(id=1, name="Max", firm_id=1, title="chief", car_id=1),
            world.Engineer(id=2, name="Eve", firm_id=1, boss_id=1, tool="saw"),
            world.Engineer(id=3, name="Ian", firm_id=2, boss_id=2, tool="axe"),
            world.Person(id=4, name="Pia", firm_id=2, boss_id=3),
            world.Manager(id=5, name="Mia", boss_id=1, title="vice"),
        ]
        for person in people:
            session.add(person)
            session.flush()
        # Not through the relationships: they may refuse to be loaded.
        links = world.Base.metadata.tables["people_skills"]
        for person, skill in ((1, 1), (1, 2), (2, 1), (4, 2)):
            session.execute(links.insert().values(person_id=person, skill_id=skill))
        session.add_all(
            [
                world.Machine(id=1, name="drill", owner_id=2),
                world.Machine(id=2, name="lathe", owner_id=2),
                world.Machine(id=3, name="press", owner_id=3),
            ]
        )
        session.flush()
        session.add_all(
            [
                world.Part(id=1, name="bit", machine_id=1),
                world.Part(id=2, name="belt", machine_id=2),
                world.Part(id=3, name="bolt", machine_id=1),
            ]
        )
        session.commit()

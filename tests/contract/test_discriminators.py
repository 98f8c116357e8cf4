"""What tells the class of a row: columns, expressions, names; roots without an identity."""

from __future__ import annotations

import warnings
from typing import Any

from sqlalchemy import Column, Engine, ForeignKey, Integer, String, case

from .databases import EVERY
from .family import staffed
from .heard import Recorder
from .library import loaded
from .oracle import ROADS, Orm
from .runner import contract
from .shapes import coded_staff


def coded(orm: Orm, engine: Engine, style: str) -> Any:
    """Declare Part, Engine (joined) and Bolt (single) told apart by an expression of a code."""
    Base: Any = orm.declarative_base()
    told = {"expression": None, "property": None, "name": "kind"}

    class Part(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "parts"
        id = Column(Integer, primary_key=True)
        code = Column(String(5))
        name = Column(String(20))
        choice = case((code == "E", "engine"), (code == "B", "bolt"), else_="part")
        if style != "expression":
            kind = orm.column_property(choice)
        __mapper_args__ = {
            "polymorphic_on": told[style] or (choice if style == "expression" else kind),
            "polymorphic_identity": "part",
        }
        del choice

    class Motor(Part):
        __tablename__ = "motors"
        id: Any = Column(ForeignKey("parts.id"), primary_key=True)
        power = Column(Integer)
        __mapper_args__ = {"polymorphic_identity": "engine"}

    class Bolt(Part):
        __mapper_args__ = {"polymorphic_identity": "bolt"}

    Base.classes = (Part, Motor, Bolt)
    Base.metadata.create_all(engine)
    return Base.classes


def read(orm: Orm, engine: Engine, style: str) -> list[Any]:
    """Store a part of each class and read them on every way."""
    Part, Motor, Bolt = coded(orm, engine, style)
    with orm.Session(engine) as session:
        session.add_all(
            [
                Part(id=1, name="a"),
                Motor(id=2, name="b", code="E", power=9),
                Bolt(id=3, name="c", code="B"),
            ]
        )
        session.commit()
        told: list[Any] = []
        for one in (Part, Motor, Bolt):
            found = session.scalars(orm.select(one).order_by(one.id)).all()
            told.append([(type(each).__name__, each.name) for each in found])
            session.expunge_all()
        motor = session.get(Part, 2)
        told += [type(motor).__name__, motor.power, session.get(Motor, 2) is motor]
        told += [session.get(Bolt, 2), session.get(Motor, 1)]
        told.append(session.query(Bolt).count())
        session.expire(motor)
        told.append(motor.name)
        motor.power = 10
        session.commit()
        session.delete(motor)
        session.commit()
        told.append(sorted(type(each).__name__ for each in session.query(Part)))
        return told


@contract(*EVERY, roads=ROADS)
def test_an_expression_tells_the_class(orm: Orm, heard: Recorder, engine: Engine) -> object:
    return read(orm, engine, "expression")


@contract(*EVERY, roads=ROADS)
def test_a_column_property_tells_the_class(orm: Orm, heard: Recorder, engine: Engine) -> object:
    return read(orm, engine, "property")


@contract("sqlite", roads=ROADS)
def test_the_name_of_a_property_tells_the_class(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    return read(orm, engine, "name")


@contract("sqlite")
def test_abstract_classes_are_read_and_never_made(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    Base: Any = orm.declarative_base()

    class Person(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "persons"
        id = Column(Integer, primary_key=True)
        kind = Column(String(20))
        __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_abstract": True}

    class Worker(Person):
        skill = Column(String(20))
        __mapper_args__ = {"polymorphic_abstract": True}

    class Engineer(Worker):
        __tablename__ = "engineers"
        id: Any = Column(ForeignKey("persons.id"), primary_key=True)
        __mapper_args__ = {"polymorphic_identity": "engineer"}

    class Clerk(Worker):
        __mapper_args__ = {"polymorphic_identity": "clerk"}

    Base.metadata.create_all(engine)
    with orm.Session(engine) as session:
        session.add_all([Engineer(id=1, skill="c"), Clerk(id=2, skill="ink")])
        session.commit()
        told: list[Any] = [heard.error(Person), heard.error(Worker)]
        for one in (Person, Worker, Engineer, Clerk):
            found = session.scalars(orm.select(one).order_by(one.id)).all()
            told.append([(type(each).__name__, each.skill) for each in found])
        told += [orm.inspect(each).polymorphic_abstract for each in (Worker, Clerk)]
        return told


@contract("sqlite")
def test_a_class_without_an_identity_is_warned_of(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    Base: Any = orm.declarative_base()

    class Person(Base):  # type: ignore[misc] # as above
        __tablename__ = "persons"
        id = Column(Integer, primary_key=True)
        kind = Column(String(20))
        __mapper_args__ = {"polymorphic_on": "kind"}

    with heard.warned():

        class Engineer(Person):
            __tablename__ = "engineers"
            id: Any = Column(ForeignKey("persons.id"), primary_key=True)

    with heard.warned():

        class Clerk(Person):
            __tablename__ = "clerks"
            id: Any = Column(ForeignKey("persons.id"), primary_key=True)
            kind = Column(String(20))
            __mapper_args__ = {"polymorphic_identity": "clerk"}

    return [str(each) for each in heard.log]


@contract("sqlite")
def test_mappers_of_a_family_know_each_other(orm: Orm, heard: Recorder, engine: Engine) -> object:
    Base: Any = orm.declarative_base()

    class Person(Base):  # type: ignore[misc] # as above
        __tablename__ = "persons"
        id = Column(Integer, primary_key=True)
        kind = Column(String(20))
        name = Column(String(20))
        __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "person"}

    class Engineer(Person):
        __tablename__ = "engineers"
        person_id: Any = Column("id", ForeignKey("persons.id"), primary_key=True)
        notes = orm.deferred(Column(String(20)))
        skill = Column("its_skill", String(20))
        loud = orm.column_property(name_of(Person) + "!")
        __mapper_args__ = {"polymorphic_identity": "engineer"}

    class Intern(Engineer):
        school = Column(String(20))
        __mapper_args__ = {"polymorphic_identity": "intern"}

    class Lead(Engineer):
        __tablename__ = "leads"
        lead_id: Any = Column(ForeignKey("engineers.id"), primary_key=True)
        boss_id: Any = Column(ForeignKey("persons.id"))
        __mapper_args__ = {
            "polymorphic_identity": "lead",
            "inherit_condition": lead_id == Engineer.__table__.c.id,
        }

    orm.configure_mappers()
    told = []
    for class_ in (Person, Engineer, Intern, Lead):
        mapper = orm.inspect(class_)
        told.append(
            [
                mapper.attrs.keys(),
                sorted(table.name for table in mapper.tables),
                [str(column) for column in mapper.primary_key],
                mapper.local_table.name,
                mapper.single,
                str(mapper.inherit_condition),
                str(mapper.selectable),
                [each.class_.__name__ for each in mapper.self_and_descendants],
                sorted(mapper.polymorphic_map),
                str(mapper.base_mapper),
                mapper.polymorphic_identity,
                str(mapper.polymorphic_on),
                str(mapper),
            ]
        )
    Base.metadata.create_all(engine)
    with orm.Session(engine) as session:
        lead = Lead(name="Lea", skill="c", notes="n")
        session.add_all([lead, Intern(name="Ian", school="MIT")])
        session.commit()
        told.append([lead.id, lead.person_id, lead.lead_id, lead.loud, lead.notes])
        session.expunge_all()
        lead = session.get(Person, 1)
        told.append([sorted(orm.inspect(lead).unloaded), lead.loud, lead.notes, lead.lead_id])
    return told


def name_of(class_: Any) -> Any:
    """Return the column of the name."""
    return class_.__table__.c.name


@contract(*EVERY, roads=ROADS)
def test_rows_under_another_name_are_told_by_an_expression(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = coded_staff(orm, engine)
    Person, Manager, Engineer = world.Person, world.Manager, world.Engineer
    entities = [
        lambda: orm.aliased(Person),
        lambda: orm.with_polymorphic(Person, "*"),
        lambda: orm.with_polymorphic(Person, [Manager], flat=True),
        lambda: orm.with_polymorphic(Person, [Engineer], aliased=True),
        lambda: orm.aliased(Person),
    ]
    told = []
    with orm.Session(engine) as session:
        people = [Manager(code="m", title="a"), Engineer(code="e", skill="b"), Person(code="x")]
        session.add_all(people)
        session.commit()
        for entity in entities:
            session.expunge_all()
            chosen = entity()
            for each in session.scalars(orm.select(chosen).order_by(chosen.id)):
                told.append([type(each).__name__, *loaded(each)])
        return told


@contract()
def test_an_object_that_tells_another_class_than_its_own_is_warned_of(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = staffed(orm, engine)
    Person, Engineer, Intern = world.Person, world.Engineer, world.Intern
    told: list[Any] = []
    with orm.Session(engine) as session:

        def flushed(*objects: Any) -> None:
            session.add_all(objects)
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                session.flush()
            told.append([str(each.message).startswith("Flushing") for each in caught])

        flushed(Engineer(kind="manager"))
        flushed(Engineer(kind="intern"), Intern(kind="intern"), Intern())
        flushed(Person(kind="engineer"), Person(kind="nothing"))
        pat = Engineer()
        flushed(pat)
        pat.kind = "manager"
        flushed()
        pat.name = "Pat"
        flushed()
    return told

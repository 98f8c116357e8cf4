"""Relationships of classes over several tables: inherited, declared below, to each other."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from sqlalchemy import Column, Engine, ForeignKey, Integer, String

from .databases import EVERY
from .heard import Recorder
from .oracle import ROADS, Orm
from .runner import contract


def works(orm: Orm, engine: Engine) -> Any:
    """Declare Firm, Person, Engineer (with tools, a house and a mentor), Manager and Lead."""
    Base: Any = orm.declarative_base()

    class Firm(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "firms"
        id = Column(Integer, primary_key=True)
        staff = orm.relationship("Person", back_populates="firm", order_by="Person.id")
        housed = orm.relationship(
            "Engineer",
            back_populates="house",
            order_by="Engineer.id",
            foreign_keys="Engineer.house_id",
        )

    class Person(Base):  # type: ignore[misc] # as above
        __tablename__ = "persons"
        id = Column(Integer, primary_key=True)
        kind = Column(String(20))
        name = Column(String(20))
        firm_id: Any = Column(ForeignKey("firms.id"))
        boss_id: Any = Column(ForeignKey("persons.id"))
        firm = orm.relationship("Firm", back_populates="staff")
        boss = orm.relationship("Person", remote_side=id, backref="team")
        __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "person"}

    class Manager(Person):
        __tablename__ = "managers"
        id: Any = Column(ForeignKey("persons.id"), primary_key=True)
        title = Column(String(20))
        __mapper_args__ = {"polymorphic_identity": "manager"}

    class Engineer(Person):
        __tablename__ = "engineers"
        id: Any = Column(ForeignKey("persons.id"), primary_key=True)
        skill = Column(String(20))
        secret = orm.deferred(Column(String(20)))
        house_id: Any = Column(ForeignKey("firms.id"))
        mentor_id: Any = Column(ForeignKey("managers.id"))
        house = orm.relationship("Firm", back_populates="housed", foreign_keys=house_id)
        mentor = orm.relationship("Manager", foreign_keys=mentor_id)
        tools = orm.relationship(
            "Tool", back_populates="owner", order_by="Tool.id", cascade="all, delete-orphan"
        )
        __mapper_args__ = {
            "polymorphic_identity": "engineer",
            "inherit_condition": id == Person.id,
        }

    class Tool(Base):  # type: ignore[misc] # as above
        __tablename__ = "tools"
        id = Column(Integer, primary_key=True)
        name = Column(String(20))
        owner_id: Any = Column(ForeignKey("engineers.id"))
        owner = orm.relationship("Engineer", back_populates="tools")

    class Lead(Engineer):
        __tablename__ = "leads"
        id: Any = Column(ForeignKey("engineers.id"), primary_key=True)
        group = Column("its_group", String(20))
        __mapper_args__ = {"polymorphic_identity": "lead"}

    Base.metadata.create_all(engine)
    return SimpleNamespace(
        Base=Base,
        Firm=Firm,
        Person=Person,
        Manager=Manager,
        Engineer=Engineer,
        Tool=Tool,
        Lead=Lead,
    )


def manned(orm: Orm, engine: Engine) -> Any:
    """Declare the classes and store one firm, its manager, a lead with tools and an engineer."""
    world = works(orm, engine)
    with orm.Session(engine) as session:
        firm = world.Firm(id=1)
        boss = world.Manager(id=1, name="Max", title="boss")
        tools = [world.Tool(id=1, name="saw"), world.Tool(id=2, name="axe")]
        lead = world.Lead(id=2, name="Lea", skill="c", group="g", mentor=boss, tools=tools)
        lead.house = lead.firm = firm
        session.add(lead)
        session.flush()
        session.add(world.Engineer(id=3, name="Eve", skill="q", secret="s", boss=lead, firm=firm))
        session.commit()
    return world


@contract(*EVERY)
def test_relationships_are_written_from_every_table(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = manned(orm, engine)
    with orm.Session(engine) as session:
        lead, eve = session.get(world.Person, 2), session.get(world.Person, 3)
        told: list[Any] = [lead.mentor_id, lead.house_id, eve.boss_id, type(eve.boss).__name__]
        eve.tools.append(lead.tools.pop())
        eve.mentor = session.get(world.Manager, 1)
        eve.house, lead.house = lead.house, None
        session.commit()
        told += [[tool.name for tool in each.tools] for each in (lead, eve)]
        told += [eve.mentor_id, eve.house_id, lead.house_id]
        eve.boss = None
        session.delete(lead)
        session.commit()
        return [*told, session.scalars(orm.select(world.Tool.id)).all()]


@contract(*EVERY)
def test_lazy_loads_give_objects_of_the_right_class(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = manned(orm, engine)
    with orm.Session(engine) as session:
        firm = session.get(world.Firm, 1)
        told: list[Any] = [[type(each).__name__ for each in firm.staff]]
        told.append([type(each).__name__ for each in firm.housed])
        lead = firm.housed[0]
        told += [type(lead.mentor).__name__, [tool.name for tool in lead.tools]]
        told += [[type(each).__name__ for each in lead.team], lead.team[0].boss is lead]
        told += [lead.tools[0].owner is lead, lead.team[0].secret, lead.group]
        lead.skill = "new"
        told += [orm.attributes.get_history(lead, "skill"), session.is_modified(lead)]
        return [*told, sorted(orm.inspect(world.Lead).relationships.keys())]


@contract(*EVERY, roads=ROADS)
def test_joins_and_criteria_along_relationships_of_subclasses(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = manned(orm, engine)
    Firm, Person, Engineer, Tool = world.Firm, world.Person, world.Engineer, world.Tool
    people = orm.with_polymorphic(Person, [Engineer, world.Manager], flat=True)
    other = orm.aliased(Engineer, flat=True)
    whole = orm.aliased(Engineer)
    inner = orm.aliased(Engineer, orm.select(Engineer).where(Engineer.skill == "q").subquery())
    statements = [
        orm.select(Firm.id).join(Firm.housed).where(Engineer.skill == "c"),
        orm.select(Firm.id).join(Firm.staff.of_type(Engineer)).where(Engineer.skill == "q"),
        orm.select(Firm.id).where(Firm.staff.of_type(Engineer).any(Engineer.skill == "q")),
        orm.select(Engineer.id).join(Engineer.tools).where(Tool.name == "saw"),
        orm.select(Engineer.id).where(Engineer.tools.any(Tool.name == "saw")),
        orm.select(Tool.id).where(Tool.owner.has(Engineer.name == "Lea")),
        orm.select(Tool.id).join(Tool.owner).where(Engineer.name == "Lea"),
        orm.select(Firm.id, people.name)
        .join(Firm.staff.of_type(people))
        .where(people.Engineer.skill == "q"),
        orm.select(Person.id, other.id).join(other, Person.boss_id == other.id),
        orm.select(Person.id, other.skill).join(Person.boss.of_type(other)),
        orm.select(Person.id, whole.name, whole.skill).join(Person.boss.of_type(whole)),
        orm.select(inner.name, inner.skill),
        orm.select(Person.id).where(Person.team.any(Person.name == "Eve")),
        orm.select(Engineer.id).where(Engineer.team.any(Person.name == "Eve")),
        orm.select(Engineer.id).where(Engineer.boss.has(Person.name == "Lea")),
    ]
    with orm.Session(engine) as session:
        told = [sorted(map(str, session.execute(one))) for one in statements]
        lead = session.get(Engineer, 2)
        told.append(session.scalars(orm.select(Tool.id).where(Tool.owner == lead)).all())
        return told


@contract("sqlite")
def test_listeners_of_each_level_hear_their_classes(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = works(orm, engine)
    Person, Engineer = world.Person, world.Engineer
    log: list[Any] = []

    def listen(target: Any, event: str, name: str, **options: Any) -> None:
        if event == "set":
            orm.event.listen(
                target, event, lambda t, v, o, i: log.append([name, type(t).__name__]), **options
            )
        else:
            orm.event.listen(
                target,
                event,
                lambda m, c, t: log.append([name, event, m.class_.__name__]),
                **options,
            )

    for event in ("before_insert", "after_insert", "before_update", "after_delete"):
        listen(Person, event, "root")
        listen(Person, event, "root and below", propagate=True)
        listen(Engineer, event, "engineer")
        listen(Engineer, event, "engineer and below", propagate=True)
    listen(Person.name, "set", "name")
    listen(Person.name, "set", "name below", propagate=True)
    listen(Engineer.skill, "set", "skill below", propagate=True)
    listen(Engineer.name, "set", "engineer's name")

    class Chief(world.Lead):  # type: ignore[name-defined,misc] # made at run time
        rank = Column(Integer)
        __mapper_args__ = {"polymorphic_identity": "chief"}

    world.Base.metadata.drop_all(engine)
    world.Base.metadata.create_all(engine)
    with orm.Session(engine) as session:
        for one in (Person, world.Manager, Engineer, world.Lead, Chief):
            log.append(one.__name__)
            obj = one(name="x")
            if one not in (Person, world.Manager):
                obj.skill = "y"
            session.add(obj)
            session.flush()
            obj.name = "z"
            session.flush()
            session.delete(obj)
            session.flush()
    return log


@contract("sqlite")
def test_attributes_added_to_a_base_reach_its_subclasses(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = works(orm, engine)
    world.Base.metadata.drop_all(engine)
    world.Person.nick = Column(String(20))
    world.Engineer.badge = Column("its_badge", Integer)
    world.Base.metadata.create_all(engine)
    with orm.Session(engine) as session:
        session.add_all([world.Lead(nick="l", badge=1), world.Manager(nick="m")])
        session.commit()
        found = session.scalars(orm.select(world.Person).order_by(world.Person.nick)).all()
        return [[each.nick, getattr(each, "badge", None)] for each in found]

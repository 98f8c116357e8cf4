"""Loading what subclasses add along with their base: with_polymorphic, polymorphic_load."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, func, or_

from .databases import EVERY
from .family import kinds, staffed
from .heard import Recorder
from .oracle import ROADS, Orm
from .runner import contract

BELOW = ("Engineer", "Manager", "Lead", "Intern")
SELECTIN = {name: {"polymorphic_load": "selectin"} for name in BELOW}
INLINE = {name: {"polymorphic_load": "inline"} for name in ("Engineer", "Lead")}


def lacking(orm: Orm, objects: Any) -> list[Any]:
    """Return class name and unloaded columns of each object.

    Without `person_id`: the oracle takes it from `id` where the entity is an alias.
    """
    left_out = {"firm", "person_id"}
    return [
        (type(each).__name__, sorted(orm.inspect(each).unloaded - left_out)) for each in objects
    ]


def read_all_ways(orm: Orm, heard: Recorder, engine: Engine, world: Any) -> object:
    """Read the family by select, by key and by relationship."""
    Person, Engineer = world.Person, world.Engineer
    heard.classes(Person, attributes=False, propagate=True)
    with orm.Session(engine) as session:
        told: list[Any] = []
        for one in (Person, Engineer, world.Lead):
            heard.mark(one.__name__)
            found = session.scalars(orm.select(one).order_by(one.id)).all()
            told.append(lacking(orm, found))
            session.expunge_all()
        heard.mark("get")
        told.append(lacking(orm, [session.get(Person, 4), session.get(Person, 3)]))
        session.expunge_all()
        told.append(lacking(orm, [session.get(Engineer, 4), session.get(Engineer, 5)]))
        session.expunge_all()
        heard.mark("relationship")
        told.append(lacking(orm, session.get(world.Firm, 2).staff))
        heard.mark("columns")
        told.append(session.scalars(orm.select(Person.name).order_by(Person.name)).all())
        told.append(session.scalar(orm.select(func.count(Person.id))))
        told.append(session.query(Person).count())
        heard.mark("expired")
        lead = session.get(Person, 4)
        session.expire(lead)
        told += [lead.team, lead.name]
        session.refresh(lead)
        return told


@contract(*EVERY, roads=ROADS)
def test_a_mapper_with_polymorphic_reads_all_subclasses(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = staffed(orm, engine, with_polymorphic="*")
    return read_all_ways(orm, heard, engine, world)


@contract(*EVERY, roads=ROADS)
def test_inline_subclasses_are_read_with_their_parents(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    return read_all_ways(orm, heard, engine, staffed(orm, engine, INLINE))


@contract(*EVERY, roads=ROADS)
def test_selectin_subclasses_are_read_right_after(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    return read_all_ways(orm, heard, engine, staffed(orm, engine, SELECTIN))


@contract(*EVERY, roads=ROADS)
def test_with_polymorphic_reads_the_named_subclasses(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = staffed(orm, engine)
    Person, Engineer, Manager = world.Person, world.Engineer, world.Manager
    entities = [
        orm.with_polymorphic(Person, "*"),
        orm.with_polymorphic(Person, [Engineer, Manager]),
        orm.with_polymorphic(Person, [world.Lead], flat=True),
        orm.with_polymorphic(Person, [Engineer], aliased=True),
        orm.with_polymorphic(Person, [Engineer], innerjoin=True),
        orm.with_polymorphic(Engineer, "*", flat=True),
        orm.with_polymorphic(Person, [world.Intern]),
        orm.with_polymorphic(Person, []),
    ]
    told = []
    with orm.Session(engine) as session:
        for one in entities:
            found = session.scalars(orm.select(one).order_by(one.id)).all()
            mappers = [each.class_.__name__ for each in orm.inspect(one).with_polymorphic_mappers]
            told.append([lacking(orm, found), mappers])
            session.expunge_all()
    return told


@contract(*EVERY, roads=ROADS)
def test_attributes_of_the_parts_stand_in_criteria_and_columns(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = staffed(orm, engine)
    Person, Engineer, Manager = world.Person, world.Engineer, world.Manager
    told: list[Any] = []
    with orm.Session(engine) as session:
        for flat in (False, True):
            people = orm.with_polymorphic(Person, [Engineer, Manager], flat=flat)
            match = or_(people.Engineer.skill == "c", people.Manager.title == "boss")
            statement = orm.select(people).where(match).order_by(people.id)
            told.append(kinds(session.scalars(statement)))
            pairs = orm.select(people.name, people.Engineer.skill, people.Manager.title)
            told.append(session.execute(pairs.order_by(people.id)).all())
            only = orm.select(people.Engineer.id).where(people.Engineer.level == 1)
            told.append(sorted(session.scalars(only)))
            joined = orm.select(world.Firm.name, people.name).join(
                people, people.firm_id == world.Firm.id
            )
            told.append(sorted(session.execute(joined).all()))
    return told


@contract(*EVERY, roads=ROADS)
def test_the_option_reads_subclasses_of_one_statement(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = staffed(orm, engine)
    Person = world.Person
    below = [world.Manager, world.Lead, world.Intern]
    option = orm.selectin_polymorphic(Person, below)
    told = []
    with orm.Session(engine) as session:
        found = session.scalars(orm.select(Person).options(option).order_by(Person.id)).all()
        told.append(lacking(orm, found))
        session.expunge_all()
        found = session.query(Person).options(option).order_by(Person.id).all()
        told.append(lacking(orm, found))
        session.expunge_all()
        found = session.scalars(orm.select(Person).order_by(Person.id)).all()
        told.append(lacking(orm, found))
        session.expunge_all()
        some = orm.selectin_polymorphic(Person, [world.Engineer])
        found = session.scalars(orm.select(Person).options(some).order_by(Person.id)).all()
        told.append(lacking(orm, found))
    return told


@contract()
def test_what_is_no_subclass_is_refused(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = staffed(orm, engine)
    return [
        heard.error(lambda: orm.with_polymorphic(world.Engineer, [world.Manager])),
        heard.error(lambda: orm.with_polymorphic(world.Person, [world.Firm])),
    ]


@contract("sqlite", roads=ROADS)
def test_an_expired_object_takes_no_columns_of_a_subclass(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = staffed(orm, engine, INLINE)
    Engineer = world.Engineer
    with orm.Session(engine) as session:
        option = orm.joinedload(Engineer.firm)
        people = session.scalars(orm.select(Engineer).options(option).order_by(Engineer.id)).all()
        session.expire_all()
        told = []
        for each in people:
            name = each.name
            known = set(vars(each)) - {"_sa_instance_state", "person_id", "firm"}
            told.append([name, type(each).__name__, sorted(known)])
        return told

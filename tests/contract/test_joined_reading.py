"""Classes with a table each: which rows are objects of which class, and what they lack."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, func

from .databases import EVERY
from .family import kinds, staffed
from .heard import Recorder
from .oracle import ROADS, Orm
from .runner import contract


@contract(*EVERY, roads=ROADS)
def test_a_select_of_any_class_makes_objects_of_the_right_ones(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = staffed(orm, engine)
    classes = (world.Person, world.Engineer, world.Manager, world.Lead, world.Intern)
    with orm.Session(engine) as session:
        return [kinds(session.scalars(orm.select(one).order_by(one.id))) for one in classes]


@contract(*EVERY, roads=ROADS)
def test_columns_of_a_class_come_from_all_its_tables(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = staffed(orm, engine)
    Engineer, Lead, Manager = world.Engineer, world.Lead, world.Manager
    statements = [
        orm.select(Engineer.name),
        orm.select(Engineer.id, Engineer.name, Engineer.skill),
        orm.select(func.count(Engineer.id)),
        orm.select(func.max(Engineer.name)),
        orm.select(func.count()).select_from(Engineer),
        orm.select(func.count()).select_from(world.Intern),
        orm.select(world.Intern.name, world.Intern.school),
        orm.select(Lead.name, Lead.skill, Lead.team).where(Lead.name == "Lea"),
        orm.select(Engineer.id).where(Engineer.name == "Eve"),
        orm.select(Engineer.id).where(Engineer.skill.in_(["c", "sql"])),
        orm.select(Manager.person_id, Manager.id).where(Manager.title.like("b%")),
        orm.select(Engineer.skill, func.count(Engineer.id)).group_by(Engineer.skill),
        orm.select(Engineer.skill).distinct(),
    ]
    with orm.Session(engine) as session:
        return [sorted(session.execute(one).all(), key=str) for one in statements]


@contract(*EVERY, roads=ROADS)
def test_classes_of_several_tables_are_joined_whole(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = staffed(orm, engine)
    Firm, Engineer = world.Firm, world.Engineer
    counted = orm.select(func.count(Engineer.id)).where(Engineer.firm_id == Firm.id)
    statements = [
        orm.select(Firm.id, Engineer.id).join(Engineer, Engineer.firm_id == Firm.id),
        orm.select(Firm.id, Engineer.id).outerjoin(Engineer, Engineer.firm_id == Firm.id),
        orm.select(Firm.id, world.Intern.id).join(world.Intern, world.Intern.firm_id == Firm.id),
        orm.select(Firm.id).join(Engineer),
        orm.select(Firm.id, world.Person.id).join(Firm.staff),
        orm.select(Engineer.id, Firm.name).join(Engineer.firm),
        orm.select(Engineer.id, Firm.id).join(Firm),
        orm.select(Firm.id, counted.scalar_subquery()),
        orm.select(Firm.id).where(Firm.id.in_(orm.select(Engineer.firm_id))),
        orm.select(Firm.id).where(Firm.staff.any(world.Person.name == "Eve")),
        orm.select(Engineer.id).where(Engineer.firm.has(Firm.name == "red")),
    ]
    with orm.Session(engine) as session:
        told = [sorted(session.execute(one).all(), key=str) for one in statements]
        pairs = orm.select(Firm, Engineer).join(Engineer, Engineer.firm_id == Firm.id)
        told.append(sorted((a.id, b.name) for a, b in session.execute(pairs)))
        return told


@contract(*EVERY, roads=ROADS)
def test_criteria_on_inherited_attributes(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = staffed(orm, engine)
    Engineer, Lead = world.Engineer, world.Lead
    with orm.Session(engine) as session:
        find = session.scalars
        return [
            kinds(find(orm.select(Engineer).where(Engineer.name == "Eve"))),
            kinds(find(orm.select(Engineer).where(Engineer.skill == "c").order_by(Engineer.name))),
            kinds(find(orm.select(Lead).order_by(Lead.name.desc()).limit(1))),
            kinds(find(orm.select(Engineer).filter_by(name="Ian"))),
            kinds(find(orm.select(Engineer).filter_by(skill="sql"))),
            kinds(session.query(Engineer).filter(Engineer.id > 2).order_by(Engineer.id)),
            session.query(Engineer).count(),
            session.query(world.Intern).filter_by(school="MIT").one().name,
            session.query(Lead.team, Lead.name).all(),
        ]


@contract(*EVERY)
def test_columns_of_subclasses_load_at_their_first_use(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = staffed(orm, engine)
    heard.classes(world.Person, attributes=False, propagate=True)
    with orm.Session(engine) as session:
        heard.session(session, only=["do_orm_execute", "loaded_as_persistent"])
        people = session.scalars(orm.select(world.Person).order_by(world.Person.id)).all()
        told: list[Any] = [sorted(orm.inspect(each).unloaded) for each in people]
        heard.mark("one table")
        told += [people[1].skill, people[1].level, people[2].title]
        heard.mark("two tables")
        told += [people[3].team, people[3].skill, people[4].school]
        heard.mark("nothing")
        told += [people[2].person_id, people[4].skill]
        return told


@contract(*EVERY)
def test_get_refresh_and_expire_at_each_level(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = staffed(orm, engine)
    heard.classes(world.Person, attributes=False, propagate=True)
    with orm.Session(engine) as session:
        get = session.get
        lead = get(world.Person, 4)
        told: list[Any] = [type(lead).__name__, get(world.Engineer, 4) is lead]
        told += [get(world.Manager, 4), get(world.Manager, 2), get(world.Lead, 2)]
        session.expunge_all()
        lead = get(world.Lead, 4)
        told += [lead.team, lead.skill]
        heard.mark("expire")
        session.expire(lead)
        told += [lead.team]
        session.expire(lead, ["team", "name"])
        told += [lead.name, lead.team]
        heard.mark("refresh")
        session.refresh(lead)
        session.refresh(lead, ["skill"])
        session.refresh(lead, ["skill", "name"])
        heard.mark("populate")
        options = {"populate_existing": True}
        session.scalars(orm.select(world.Person), execution_options=options).all()
        told += [lead.team, orm.inspect(lead).identity]
        return told


@contract(*EVERY)
def test_changed_and_expired_parts_of_subclasses_survive_loads_of_the_root(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = staffed(orm, engine)
    with orm.Session(engine) as session:
        lead = session.get(world.Lead, 4)
        lead.team = "mine"
        lead.name = "also mine"
        session.expire(lead, ["skill"])
        with session.no_autoflush:
            session.scalars(orm.select(world.Person)).all()
        told = [lead.team, lead.name, "skill" in lead.__dict__]
        return [*told, orm.attributes.get_history(lead, "team")]


@contract("sqlite", roads=ROADS)
def test_rows_whose_class_cannot_be_told_are_refused(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = staffed(orm, engine)
    Person, Engineer = world.Person, world.Engineer
    table = Person.__table__
    with engine.begin() as connection:
        connection.execute(table.update().where(table.c.id == 2).values(kind="manager"))
        connection.execute(table.update().where(table.c.id == 3).values(kind=None))
        connection.execute(table.update().where(table.c.id == 4).values(kind="robot"))
    with orm.Session(engine) as session:

        def refused(read: Any) -> str:
            try:
                read()
            except (AssertionError, Exception) as error:
                return next(
                    one.__name__
                    for one in (AssertionError, LookupError, *type(error).__mro__)
                    if isinstance(error, one)
                )
            return "read"

        return [
            refused(lambda: session.scalars(orm.select(Engineer).where(Engineer.id == 2)).all()),
            refused(lambda: session.get(Engineer, 2)),
            refused(lambda: session.get(Person, 3)),
            refused(lambda: session.scalars(orm.select(Person).where(Person.id == 3)).all()),
            refused(lambda: session.get(Person, 4)),
            refused(lambda: session.scalars(orm.select(Person).where(Person.id == 4)).all()),
        ]

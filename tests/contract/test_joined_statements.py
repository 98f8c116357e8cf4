"""INSERT, UPDATE and DELETE statements on classes with a table each."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine

from .databases import EVERY
from .family import family, staffed
from .heard import Recorder
from .oracle import ROADS, Orm
from .runner import contract


@contract(*EVERY, roads=ROADS)
def test_rows_given_as_dicts_go_to_all_tables(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = staffed(orm, engine)
    Engineer, Lead = world.Engineer, world.Lead
    with orm.Session(engine) as session:
        session.execute(
            orm.insert(Engineer),
            [{"id": 11, "name": "a", "skill": "x"}, {"id": 12, "name": "b", "skill": "y"}],
        )
        session.execute(orm.insert(Lead), [{"id": 13, "name": "c", "team": "t"}])
        session.execute(orm.insert(Lead), {"id": 14, "name": "d", "skill": "z", "team": "u"})
        found = session.scalars(orm.select(Engineer).where(Engineer.id > 10).order_by(Engineer.id))
        told = [(type(each).__name__, each.name, each.skill) for each in found]
        session.commit()
        return told


@contract(*EVERY)
def test_keys_that_the_root_makes_go_down(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = family(orm, engine)
    with orm.Session(engine) as session:
        session.execute(
            orm.insert(world.Lead),
            [{"name": name, "skill": name, "team": name} for name in "abc"],
        )
        session.commit()
        found = session.scalars(orm.select(world.Lead).order_by(world.Lead.id)).all()
        return [(each.name, each.skill, each.team, each.kind) for each in found]


@contract(*EVERY, roads=ROADS)
def test_rows_are_updated_by_key_in_the_tables_they_name(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = staffed(orm, engine)
    with orm.Session(engine) as session:
        lead = session.get(world.Lead, 4)
        session.execute(
            orm.update(world.Lead), [{"id": 4, "name": "New", "skill": "go", "team": "x"}]
        )
        told = [lead.name, lead.skill, lead.team]
        session.execute(
            orm.update(world.Engineer), [{"id": 2, "skill": "a"}, {"id": 5, "name": "b"}]
        )
        session.commit()
        return told


@contract(*EVERY, roads=ROADS)
def test_criteria_on_the_own_table(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = staffed(orm, engine)
    Engineer, Person = world.Engineer, world.Person
    with orm.Session(engine) as session:
        people = session.scalars(orm.select(Engineer).order_by(Engineer.id)).all()
        told: list[Any] = []
        written = session.execute(
            orm.update(Engineer).where(Engineer.skill == "c").values(skill="d")
        )
        told += [written.rowcount, [each.skill for each in people]]
        written = session.execute(
            orm.update(Engineer).where(Engineer.skill == "d").values(level=5),
            execution_options={"synchronize_session": "fetch"},
        )
        told += [written.rowcount, [each.level for each in people]]
        written = session.execute(orm.update(Person).where(Person.id == 2).values(name="z"))
        told += [written.rowcount, people[0].name]
        told.append(session.query(Person).filter(Person.name == "z").update({"name": "y"}))
        deleted = session.execute(orm.delete(world.Lead).where(world.Lead.team == "core"))
        told.append(deleted.rowcount)
        session.commit()
        return told


@contract("sqlite")
def test_what_one_statement_cannot_write_is_refused(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = staffed(orm, engine)
    Engineer = world.Engineer
    with orm.Session(engine) as session:
        return [
            heard.error(lambda: session.execute(orm.update(Engineer).values(name="x"))),
            heard.error(
                lambda: session.execute(orm.delete(Engineer).where(Engineer.name == "Eve"))
            ),
            heard.error(lambda: session.execute(orm.insert(Engineer).values(name="x"))),
        ]


@contract(*EVERY)
def test_inserted_rows_of_all_tables_are_returned_in_their_order(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = family(orm, engine)
    Lead = world.Lead
    rows = [{"name": name, "skill": name * 2, "team": name * 3} for name in "cab"]
    with orm.Session(engine) as session:
        made = session.scalars(
            orm.insert(Lead).returning(Lead, sort_by_parameter_order=True), rows
        ).all()
        told = [[type(each).__name__, each.name, each.skill, each.team] for each in made]
        told.append([made[0] in session, session.get(world.Person, made[0].id) is made[0]])
        return told


@contract()
def test_columns_of_inserted_rows_are_returned(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    Lead = family(orm, engine).Lead
    rows = [{"name": name, "skill": name * 2, "team": name * 3} for name in "cab"]
    wanted = orm.insert(Lead).returning(Lead.team, Lead.name, Lead.id)
    with orm.Session(engine) as session:
        return sorted([tuple(row) for row in session.execute(wanted, rows)])

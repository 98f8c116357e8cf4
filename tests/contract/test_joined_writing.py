"""Classes with a table each: what a flush writes where, and which events it fires."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, Engine, ForeignKey, Integer, String, func

from .databases import EVERY
from .family import family, staffed
from .heard import Recorder
from .oracle import Orm
from .runner import contract


@contract(*EVERY)
def test_new_objects_of_all_classes_are_announced_once_each(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = family(orm, engine)
    with heard.at_work(engine, world.Person, propagate=True) as session:
        people = [
            world.Engineer(name="Eve", skill="c"),
            world.Manager(name="Max", title="boss"),
            world.Person(name="Pia"),
            world.Lead(team="core"),
            world.Engineer(name="Emil"),
            world.Intern(school="MIT"),
        ]
        session.add_all(people)
        session.flush()
        keys = [each.id for each in people]
        told = [people[1].person_id, people[0].level, people[3].skill, people[5].kind]
        session.commit()
        return [keys, told]


@contract(*EVERY)
def test_only_the_tables_that_a_change_touches_are_written(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = staffed(orm, engine)
    with heard.at_work(engine, world.Person, propagate=True) as session:
        people = session.scalars(orm.select(world.Person).order_by(world.Person.id)).all()
        people[2].title  # the oracle reads the key of the manager's row before its UPDATE
        heard.mark("root")
        people[1].name = "Eva"
        session.flush()
        heard.mark("own table")
        people[1].skill = "rust"
        session.flush()
        heard.mark("three tables, three classes")
        people[3].name, people[3].skill, people[3].team = "L", "go", "infra"
        people[2].title = "chief"
        people[4].school = "ETH"
        session.flush()
        heard.mark("set back")
        people[2].title = "x"
        people[2].title = "chief"
        session.commit()
        return [each.name for each in people]


@contract(*EVERY)
def test_rows_are_deleted_from_all_their_tables(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = staffed(orm, engine)
    with heard.at_work(engine, world.Person, propagate=True) as session:
        for each in session.scalars(orm.select(world.Person).where(world.Person.id > 1)):
            if isinstance(each, world.Manager):
                each.title  # the oracle reads the key of the manager's row before its DELETE
            session.delete(each)
        heard.mark("flush")
        session.commit()
        return session.scalars(orm.select(world.Person.id)).all()


@contract(*EVERY)
def test_the_version_at_the_root_moves_with_every_table(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    Base = orm.declarative_base()

    class Person(Base):
        __tablename__ = "persons"
        id = Column(Integer, primary_key=True)
        kind = Column(String(20))
        name = Column(String(20))
        version = Column(Integer, nullable=False)
        __mapper_args__ = {
            "polymorphic_on": kind,
            "polymorphic_identity": "person",
            "version_id_col": version,
        }

    class Engineer(Person):
        __tablename__ = "engineers"
        id: Any = Column(ForeignKey("persons.id"), primary_key=True)
        skill = Column(String(20))
        __mapper_args__ = {"polymorphic_identity": "engineer"}

    Base.metadata.create_all(engine)
    with orm.Session(engine) as session:
        eve, emil = Engineer(name="Eve"), Engineer(name="Emil")
        session.add_all([eve, emil])
        session.flush()
        eve.skill = "c"
        session.flush()
        eve.name = "Eva"
        emil.skill = "go"
        session.commit()
        told = [eve.version, emil.version]
        with engine.begin() as connection:
            connection.execute(Person.__table__.update().values(version=9))
        eve.skill = "rust"
        error = heard.error(session.flush)
        session.rollback()
        session.delete(eve)
        session.commit()
        return [told, error, orm.inspect(Engineer).version_id_col.name]


@contract(*EVERY)
def test_a_row_that_is_gone_from_one_table_is_noticed(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = staffed(orm, engine)
    with orm.Session(engine) as session:
        lead = session.get(world.Person, 4)
        with engine.begin() as connection:
            connection.execute(world.Lead.__table__.delete())
            connection.execute(world.Engineer.__table__.delete())
        lead.team = "new"
        first = heard.error(session.flush)
        session.rollback()
        session.expunge_all()
        engineer = session.get(world.Person, 2)
        engineer.skill = "new"
        second = heard.error(session.flush)
        session.rollback()
        return [first, second]


@contract(*EVERY)
def test_defaults_of_every_table_come_back_at_once_where_asked(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = family(orm, engine, eager_defaults=True)
    with heard.at_work(engine, world.Person, propagate=True) as session:
        eve, lea = world.Engineer(name="Eve"), world.Lead(name="Lea")
        session.add_all([eve, lea])
        session.flush()
        return [eve.__dict__["level"], lea.__dict__["level"]]


@contract(*EVERY)
def test_sql_expressions_are_written_to_the_table_of_their_column(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = family(orm, engine)
    with orm.Session(engine) as session:
        eve = world.Engineer(name=func.upper("eve"), skill=func.lower("SQL"))
        session.add_all([eve, world.Engineer(name="Emil", skill=func.lower("C"))])
        session.commit()
        told = [eve.name, eve.skill]
        eve.skill = func.upper(world.Engineer.skill)
        session.commit()
        return [*told, eve.skill]


@contract(*EVERY)
def test_a_deleted_row_is_taken_over_by_a_new_object_of_its_class(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = staffed(orm, engine)
    with heard.at_work(engine, world.Person, propagate=True) as session:
        session.delete(session.get(world.Engineer, 2))
        new = world.Engineer(id=2, name="Ede", skill="go")
        session.add(new)
        session.commit()
        return [new.name, new.skill, new.firm_id]


@contract(*EVERY)
def test_objects_written_one_by_one_keep_their_order(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = family(orm, engine, batch=False)
    with heard.at_work(engine, world.Person, propagate=True) as session:
        people = [world.Engineer(name="Eve"), world.Manager(name="Max"), world.Person()]
        session.add_all(people)
        session.commit()
        return [each.id for each in people]


@contract(*EVERY)
def test_an_object_belongs_to_a_relationship_of_its_root(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = family(orm, engine)
    with orm.Session(engine) as session:
        firm = world.Firm(name="red", staff=[world.Engineer(name="Eve"), world.Lead(name="Lea")])
        session.add(firm)
        session.commit()
        told = [type(each).__name__ for each in firm.staff]
        firm.staff.pop()
        session.commit()
        return [told, [each.name for each in firm.staff]]

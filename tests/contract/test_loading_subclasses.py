"""Loading along relationships to a family: of_type with several classes, selectin_polymorphic."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
from sqlalchemy import Engine

from .databases import EVERY
from .heard import Recorder
from .library import counted, loaded
from .oracle import ROADS, Orm
from .runner import Contract, contract
from .workshop import workshop

EAGER = ("joinedload", "selectinload", "subqueryload")
LATE = ("immediateload", "lazyload")
FAMILIES = (False, True)


def seen(orm: Orm, engine: Engine, world: Any, entity: Any, *options: Any) -> list[Any]:
    """Run a SELECT with options; tell statements, what is loaded of each object, statements.

    The first number is that of the SELECT, the second that of reading all there is.
    """
    with orm.Session(engine) as session, counted(engine) as statements:
        root = getattr(entity, "id", None)
        statement = orm.select(entity).options(*options).order_by(root)
        found = session.scalars(statement).unique().all()
        at_first = len(statements)
        there = sorted((type(each).__name__, loaded(each)) for each in session)
        told = [describe(each) for each in found]
        return [at_first, there, told, len(statements) - at_first]


def describe(obj: Any) -> list[Any]:
    """Read what an object has, and what it leads to."""
    told: list[Any] = [type(obj).__name__, obj.name]
    told += [describe(each) for each in getattr(obj, "staff", ())]
    told += [getattr(obj, key, None) for key in ("tool", "title")]
    for machine in getattr(obj, "machines", ()):
        told.append([machine.name, [part.name for part in machine.parts]])
    car = getattr(obj, "car", None)
    return [*told, car and car.name]


def both_families(scenario: Any) -> Any:
    """Make a contract test of a scenario, for tables of their own and for one table."""

    @pytest.mark.parametrize("road", ROADS)
    @pytest.mark.parametrize("single", FAMILIES)
    def test(single: bool, road: str) -> None:
        def run(orm: Orm, heard: Recorder, engine: Engine) -> object:
            return scenario(orm, engine, workshop(orm, engine, single))

        Contract(run, ("sqlite",), (road,), False).check(road)

    made: Any = test
    made.__name__, made.__doc__ = scenario.__name__, scenario.__doc__
    made.__qualname__, made.__module__ = scenario.__qualname__, scenario.__module__
    return test


def people(orm: Orm, world: Any) -> Any:
    """Return all classes of people as one entity, under another name."""
    return orm.with_polymorphic(world.Person, "*", flat=True)


@both_families
def test_of_type_reads_the_columns_of_subclasses(orm: Orm, engine: Engine, world: Any) -> Any:
    Firm, Engineer = world.Firm, world.Engineer
    told = []
    for name in (*EAGER, *LATE):
        load = getattr(orm, name)
        for target in (Engineer, people(orm, world), orm.aliased(Engineer, flat=True)):
            told.append([name, seen(orm, engine, world, Firm, load(Firm.staff.of_type(target)))])
    some = orm.with_polymorphic(world.Person, [Engineer])
    for name in ("selectinload", "subqueryload"):
        option = getattr(orm, name)(Firm.staff.of_type(some))
        told.append(seen(orm, engine, world, Firm, option))
    return told


@both_families
def test_loaders_go_on_from_a_subclass(orm: Orm, engine: Engine, world: Any) -> Any:
    Firm, Engineer = world.Firm, world.Engineer
    told = []
    for first in EAGER:
        for second in ("joinedload", "selectinload", "immediateload"):
            along = getattr(orm, first)(Firm.staff.of_type(Engineer))
            option = getattr(along, second)(Engineer.machines)
            told.append([first, second, seen(orm, engine, world, Firm, option)])
    along = orm.joinedload(Firm.staff.of_type(Engineer)).subqueryload(Engineer.machines)
    told.append(seen(orm, engine, world, Firm, along))
    for late in LATE:
        along = getattr(orm, late)(Firm.staff.of_type(Engineer)).joinedload(Engineer.machines)
        told.append([late, seen(orm, engine, world, Firm, along)])
    return told


@both_families
def test_loaders_go_on_from_parts_of_several_classes(orm: Orm, engine: Engine, world: Any) -> Any:
    Firm, Machine = world.Firm, world.Machine
    told = []
    for first in EAGER:
        for second in EAGER:
            staff = people(orm, world)
            along = getattr(orm, first)(Firm.staff.of_type(staff))
            option = getattr(along, second)(staff.Engineer.machines)
            told.append([first, second, seen(orm, engine, world, Firm, option)])
        staff = people(orm, world)
        option = getattr(orm, first)(Firm.staff.of_type(staff)).options(
            orm.joinedload(staff.Engineer.machines).joinedload(Machine.parts),
            orm.joinedload(staff.Manager.car),
        )
        told.append(seen(orm, engine, world, Firm, option))
        coder = orm.aliased(world.Engineer, flat=True)
        option = getattr(orm, first)(Firm.staff.of_type(coder)).joinedload(coder.machines)
        told.append(seen(orm, engine, world, Firm, option))
    return told


@both_families
def test_the_other_relations_lead_to_several_classes_as_well(
    orm: Orm, engine: Engine, world: Any
) -> Any:
    Person, Skill = world.Person, world.Skill
    told = []
    for name in EAGER:
        load, staff = getattr(orm, name), people(orm, world)
        coder = orm.aliased(world.Engineer, flat=True)
        for entity, option in (
            (Skill, load(Skill.people.of_type(staff))),
            (Skill, load(Skill.people.of_type(staff)).joinedload(staff.Manager.car)),
            (Skill, load(Skill.people.of_type(coder))),
            (Person, load(Person.boss.of_type(world.Engineer))),
            (Person, load(Person.boss.of_type(staff)).joinedload(staff.Engineer.machines)),
            (Person, load(Person.boss.of_type(coder))),
            (Person, load(Person.team.of_type(staff)).joinedload(staff.Engineer.machines)),
            (Person, load(Person.team.of_type(staff)).selectinload(staff.boss.of_type(coder))),
        ):
            told.append([name, seen(orm, engine, world, entity, option)])
    return told


@both_families
def test_criteria_speak_of_what_of_type_names(orm: Orm, engine: Engine, world: Any) -> Any:
    Firm, Engineer = world.Firm, world.Engineer
    told = []
    for name in EAGER:
        load, staff = getattr(orm, name), people(orm, world)
        for path in (
            Firm.staff.of_type(staff).and_(staff.Engineer.tool == "saw"),
            Firm.staff.of_type(Engineer).and_(Engineer.tool == "saw"),
            Firm.staff.and_(world.Person.name == "Eve"),
        ):
            with orm.Session(engine) as session:
                statement = orm.select(Firm).options(load(path)).order_by(Firm.id)
                firms = session.scalars(statement).unique().all()
                told.append([[each.name for each in firm.staff] for firm in firms])
    return told


@both_families
def test_options_about_the_parts_of_an_entity(orm: Orm, engine: Engine, world: Any) -> Any:
    Machine = world.Machine
    told = []
    staff = people(orm, world)
    for options in (
        (orm.joinedload(staff.Engineer.machines),),
        (orm.selectinload(staff.Engineer.machines).joinedload(Machine.parts),),
        (orm.subqueryload(staff.Engineer.machines),),
        (orm.joinedload(staff.boss), orm.joinedload(staff.Manager.car)),
        (orm.defer(staff.Engineer.tool),),
        (orm.load_only(staff.name, staff.Engineer.tool),),
        (orm.load_only(staff.name),),
    ):
        told.append(seen(orm, engine, world, staff, *options)[:2])
    Firm = world.Firm
    for option in (
        orm.joinedload(Firm.staff.of_type(staff)).defer(staff.Engineer.tool),
        orm.selectinload(Firm.staff.of_type(staff)).load_only(staff.name, staff.Engineer.tool),
    ):
        told.append(seen(orm, engine, world, Firm, option)[:2])
    return told


@both_families
def test_a_join_of_the_statement_fills_what_of_type_names(
    orm: Orm, engine: Engine, world: Any
) -> Any:
    Firm, Engineer = world.Firm, world.Engineer
    staff, coder = people(orm, world), orm.aliased(Engineer, flat=True)
    told = []
    for path in (Firm.staff.of_type(staff), Firm.staff.of_type(coder)):
        with orm.Session(engine) as session, counted(engine) as statements:
            statement = orm.select(Firm).join(path).options(orm.contains_eager(path))
            firms = session.scalars(statement.order_by(Firm.id)).unique().all()
            told.append(sorted((type(each).__name__, loaded(each)) for each in session))
            told.append([[each.name for each in firm.staff] for firm in firms])
            told.append(len(statements))
    return told


@both_families
def test_selectin_polymorphic_follows_a_path(orm: Orm, engine: Engine, world: Any) -> Any:
    Firm, Person = world.Firm, world.Person
    below = [world.Engineer, world.Manager]
    told = []
    for name in (*EAGER, *LATE):
        along = getattr(orm, name)(Firm.staff)
        for option in (
            along.selectin_polymorphic(below),
            along.options(orm.selectin_polymorphic(Person, below)),
            along.options(
                orm.selectin_polymorphic(Person, below),
                orm.load_only(world.Engineer.tool),
                orm.joinedload(world.Manager.car),
            ),
        ):
            told.append([name, seen(orm, engine, world, Firm, option)])
    for option in (
        orm.joinedload(Person.boss).selectin_polymorphic(below),
        orm.selectinload(Person.team).selectin_polymorphic(below[:1]),
    ):
        told.append(seen(orm, engine, world, Person, option))
    skills = orm.subqueryload(world.Skill.people).selectin_polymorphic(below)
    return [*told, seen(orm, engine, world, world.Skill, skills)]


@both_families
def test_selectin_polymorphic_heeds_the_options_of_its_subclasses(
    orm: Orm, engine: Engine, world: Any
) -> Any:
    Person, Engineer, Manager = world.Person, world.Engineer, world.Manager
    below = [Engineer, Manager]
    both = orm.selectin_polymorphic(Person, below)
    told = []
    for options in (
        (orm.Load(Person).selectin_polymorphic([Engineer]),),
        (orm.Load(Person).options(both),),
        (both.joinedload(Person.firm),),
        (both, orm.selectinload(Engineer.machines)),
        (both, orm.joinedload(Engineer.machines).joinedload(world.Machine.parts)),
        (both, orm.joinedload(Manager.car)),
        (both, orm.load_only(Person.name)),
        (both, orm.load_only(Person.name), orm.load_only(Manager.title)),
        (both, orm.load_only(Manager.title)),
        (both, orm.defer(Manager.title)),
        (orm.selectin_polymorphic(Person, []),),
        (orm.selectin_polymorphic(world.Firm, []),),
    ):
        told.append(seen(orm, engine, world, Person, *options))
    return told


@contract(*EVERY, roads=ROADS)
def test_what_is_read_of_subclasses_is_announced(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = workshop(orm, engine)
    Firm, Person = world.Firm, world.Person
    heard.classes(Person, attributes=False, propagate=True)
    staff = people(orm, world)
    told = []
    for option in (
        orm.selectinload(Firm.staff.of_type(staff)),
        orm.selectinload(Firm.staff).selectin_polymorphic([world.Engineer]),
    ):
        told.append(seen(orm, engine, world, Firm, option)[:2])
    return told


@contract()
def test_what_does_not_follow_from_of_type_is_refused(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = workshop(orm, engine)
    Firm, Engineer, Person = world.Firm, world.Engineer, world.Person
    staff, coder = people(orm, world), orm.aliased(Engineer, flat=True)
    both = orm.selectin_polymorphic(Person, [world.Manager])
    return [
        heard.error(act)
        for act in (
            lambda: orm.joinedload(Firm.staff.of_type(staff)).joinedload(Engineer.machines),
            lambda: orm.joinedload(Firm.staff.of_type(staff)).joinedload(Person.boss),
            lambda: orm.joinedload(Firm.staff.of_type(Engineer)).joinedload(coder.machines),
            lambda: orm.joinedload(Firm.staff).joinedload(Engineer.machines),
            lambda: orm.joinedload(Firm.staff).options(orm.load_only(Engineer.tool)),
            lambda: orm.joinedload(Firm.staff).options(both, orm.joinedload(Engineer.machines)),
            lambda: orm.joinedload(Firm.staff).options(orm.joinedload(staff.Engineer.machines)),
        )
    ]


@contract()
def test_no_statement_warns_of_a_product(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = workshop(orm, engine)
    staff = people(orm, world)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        path = orm.subqueryload(world.Firm.staff.of_type(staff))
        return seen(orm, engine, world, world.Firm, path.subqueryload(staff.Engineer.machines))

"""Loads that come again build no statement: neither lazy ones nor those of loader options."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.selectable import Select

import cormorant as orm
from tests.contract.oracle import cormorant_orm
from tests.contract.workshop import workshop

Work = Callable[[Any, Any], object]


@pytest.fixture
def engine() -> Iterator[Engine]:
    engine = create_engine("sqlite://")
    yield engine
    engine.dispose()


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Gather what Core makes: each new or copied SELECT, each compilation."""
    seen: list[str] = []

    def count(cls: type[Any], name: str) -> None:
        original = getattr(cls, name)

        def counted(self: Any, *args: Any, **kwargs: Any) -> Any:
            seen.append(f"{cls.__name__}.{name}")
            return original(self, *args, **kwargs)

        monkeypatch.setattr(cls, name, counted)

    count(Select, "__init__")
    count(Select, "_generate")
    count(Select, "_clone")
    count(SQLCompiler, "__init__")
    return seen


def lazy(session: orm.Session, world: Any) -> None:
    for person in session.scalars(orm.select(world.Person)).all():
        person.firm, person.team, person.skills, person.boss  # reads load
        person.machines if hasattr(person, "machines") else None


def expired(session: orm.Session, world: Any) -> None:
    person = session.get(world.Person, 2)
    assert person is not None
    session.expire(person)
    person.name  # a read loads
    session.refresh(person)


def eager(load: Any) -> Work:
    def work(session: orm.Session, world: Any) -> None:
        options = (load(world.Person.firm), load(world.Person.skills), load(world.Person.team))
        session.scalars(orm.select(world.Person).options(*options)).unique().all()

    return work


def nested(session: orm.Session, world: Any) -> None:
    option = orm.joinedload(world.Firm.staff).selectinload(world.Person.skills)
    session.scalars(orm.select(world.Firm).options(option)).unique().all()


def recursive(session: orm.Session, world: Any) -> None:
    option = orm.selectinload(world.Person.team, recursion_depth=-1)
    session.scalars(orm.select(world.Person).options(option)).all()


def of_a_subclass(load: Any) -> Work:
    def work(session: orm.Session, world: Any) -> None:
        option = load(world.Firm.staff.of_type(world.Engineer))
        chained = option.selectinload(world.Engineer.machines)
        session.scalars(orm.select(world.Firm).options(chained)).unique().all()

    return work


def of_several_classes(load: Any) -> Work:
    def work(session: orm.Session, world: Any) -> None:
        # A new entity each time, as users write it.
        staff = orm.with_polymorphic(world.Person, "*", flat=True)
        option = load(world.Firm.staff.of_type(staff)).joinedload(staff.Engineer.machines)
        session.scalars(orm.select(world.Firm).options(option)).unique().all()

    return work


def in_full(session: orm.Session, world: Any) -> None:
    below = [world.Engineer, world.Manager]
    option = orm.selectinload(world.Firm.staff).selectin_polymorphic(below)
    session.scalars(orm.select(world.Firm).options(option)).all()


WORKS: dict[str, Work] = {
    "lazy": lazy,
    "expired": expired,
    "joined": eager(orm.joinedload),
    "selectin": eager(orm.selectinload),
    "immediate": eager(orm.immediateload),
    "subquery": eager(orm.subqueryload),
    "nested": nested,
    "recursive": recursive,
    "joined, of a subclass": of_a_subclass(orm.joinedload),
    "selectin, of a subclass": of_a_subclass(orm.selectinload),
    "joined, of several classes": of_several_classes(orm.joinedload),
    "selectin, of several classes": of_several_classes(orm.selectinload),
    "selectin_polymorphic": in_full,
}


@pytest.mark.parametrize("name", WORKS)
def test_a_load_that_comes_again_builds_no_statement(
    name: str, engine: Engine, built: list[str]
) -> None:
    world = workshop(cormorant_orm(), engine)
    work = WORKS[name]
    with orm.Session(engine) as session:
        work(session, world)
    assert built, "the first time has to build its statements"
    built.clear()
    for _ in range(3):
        with orm.Session(engine) as session:
            work(session, world)
    assert built == []


@pytest.mark.parametrize("kind", ["class", "alias", "subclass"])
def test_equal_criteria_of_options_are_built_once(
    kind: str, engine: Engine, built: list[str]
) -> None:
    world = workshop(cormorant_orm(), engine)
    Firm, Person = world.Firm, world.Person
    entity = {"class": Person, "alias": orm.aliased(Person), "subclass": world.Engineer}[kind]
    relation = Firm.staff if kind == "class" else Firm.staff.of_type(entity)

    def names(wanted: str) -> list[str]:
        option = orm.selectinload(relation.and_(entity.name == wanted))
        with orm.Session(engine) as session:
            firms = session.scalars(orm.select(Firm).options(option)).all()
            return [each.name for firm in firms for each in firm.staff]

    expected = {name: names(name) for name in ("Eve", "Ian")}
    assert any(expected.values())
    built.clear()
    assert {name: names(name) for name in ("Eve", "Ian")} == expected
    assert "SQLCompiler.__init__" not in built


def test_criteria_of_two_aliases_are_told_apart(engine: Engine) -> None:
    world = workshop(cormorant_orm(), engine)
    Firm, Person = world.Firm, world.Person
    one, other = orm.aliased(Person, name="one"), orm.aliased(Person, name="other")
    for entity, further in ((one, "one"), (other, "other")):
        option = orm.joinedload(Firm.staff.of_type(entity).and_(entity.name != "nobody"))
        with orm.Session(engine) as session:
            statement = orm.select(Firm).options(option).where(entity.name == "Eve")
            text = str(statement.compile(engine))
            assert f"AS {further}" in text
            assert session.scalars(statement).unique().all()

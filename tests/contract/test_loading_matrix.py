"""Every loader along every kind of relationship, in both kinds of family.

Compared are the rows, what is loaded of each object, and the number of statements.
"""

from __future__ import annotations

import warnings
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import InvalidRequestError

from .library import counted, loaded
from .oracle import ROADS, Orm, sqlalchemy_orm, subject_orm
from .playing import memory_engine
from .workshop import workshop

LOADERS = ("select", "joined", "selectin", "subquery", "immediate", "raise", "raise_on_sql")
OPTIONS = {
    "select": "lazyload",
    "joined": "joinedload",
    "selectin": "selectinload",
    "subquery": "subqueryload",
    "immediate": "immediateload",
    "raise": "raiseload",
    "noload": "noload",
}
RELATIONS = {
    "one to many": ("Firm", "staff"),
    "many to one": ("Person", "firm"),
    "many to one, of a subclass": ("Manager", "car"),
    "one to many, of a subclass": ("Engineer", "machines"),
    "many to one, to a subclass": ("Machine", "owner"),
    "many to many": ("Person", "skills"),
    "many to many, from a subclass": ("Engineer", "skills"),
    "many to many, to a family": ("Skill", "people"),
    "self-referential list": ("Person", "team"),
    "self-referential reference": ("Person", "boss"),
    "self-referential list, of a subclass": ("Engineer", "team"),
    "self-referential reference, of a subclass": ("Manager", "boss"),
}
BELOW = ("Engineer", "Manager")


def read(orm: Orm, engine: Engine, world: Any, owner: str, key: str, *options: Any) -> list[Any]:
    """Load all owners, then touch the relationship and what it leads to; tell each step.

    `options`: of the statement.
    """
    entity = getattr(world, owner)
    told: list[Any] = []
    with orm.Session(engine) as session, counted(engine) as statements:
        statement = orm.select(entity).options(*options).order_by(entity.id)
        found = session.scalars(statement).unique().all()
        told += [len(statements), state_of_all(session)]
        told.append([touched(each, key) for each in found])
        told += [len(statements), state_of_all(session)]
        told.append([[touched(one, key) for one in members(each, key)] for each in found])
        told += [len(statements), state_of_all(session)]
    return told


def state_of_all(session: Any) -> list[Any]:
    """Return class, name and loaded attributes of each object in the session."""
    return sorted((type(each).__name__, vars(each).get("name"), loaded(each)) for each in session)


def touched(obj: Any, key: str) -> Any:
    """Return the names of what a relationship of an object holds, or the error it raises."""
    if not hasattr(type(obj), key):
        return "no such attribute"
    try:
        getattr(obj, key)
    except InvalidRequestError as error:
        return type(error).__name__
    return [each.name for each in members(obj, key)]


def members(obj: Any, key: str) -> list[Any]:
    """Return what a relationship of an object holds in memory, as a list."""
    value = vars(obj).get(key)
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]


def option_of(orm: Orm, loader: str, attribute: Any) -> Any:
    """Return the option that asks for a loader."""
    if loader == "raise_on_sql":
        return orm.raiseload(attribute, sql_only=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # noload() is deprecated
        return getattr(orm, OPTIONS[loader])(attribute)


def check(scenario: Any, road: str = "fast") -> None:
    """Compare both mappers, each on a database in memory: nothing is written here."""
    told = []
    for orm in (sqlalchemy_orm(road), subject_orm(road)):
        engine = memory_engine()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                told.append(scenario(orm, engine))
        finally:
            orm.close_all_sessions()
            engine.dispose()
    oracle, subject = told
    assert subject == oracle


def cells(kinds: tuple[str, ...], loaders: tuple[str, ...]) -> list[Any]:
    """Return each loader with each kind of relationship and of family that makes a difference."""
    found = []
    for kind in kinds:
        for single in (False, True) if "subclass" in kind or "family" in kind else (False,):
            for loader in loaders:
                if (kind, loader) not in WANTED:
                    table = "one table" if single else "tables of their own"
                    found.append(
                        pytest.param(kind, loader, single, id=f"{loader}, {kind}, {table}")
                    )
    return found


WANTED = {("many to one", "immediate")}
"""test_a_reference_is_loaded_at_once_for_a_class_with_subclasses tells of these."""
EAGER = ("joined", "selectin", "subquery", "immediate")
OF_A_SUBCLASS = tuple(kind for kind, (owner, _) in RELATIONS.items() if owner in BELOW)


@pytest.mark.parametrize("single", [False, True])
@pytest.mark.parametrize("kind", RELATIONS)
def test_a_loader_that_an_option_asks_for(kind: str, single: bool) -> None:
    owner, key = RELATIONS[kind]

    def scenario(orm: Orm, engine: Engine) -> Any:
        world = workshop(orm, engine, single)
        told = []
        for loader in (*LOADERS, "noload"):
            if (kind, loader) not in WANTED:
                option = option_of(orm, loader, getattr(getattr(world, owner), key))
                told.append([loader, read(orm, engine, world, owner, key, option)])
        return told

    check(scenario)


@pytest.mark.parametrize(("kind", "loader", "single"), cells((*RELATIONS,), (*LOADERS, "noload")))
def test_a_loader_of_the_mapping(kind: str, loader: str, single: bool) -> None:
    owner, key = RELATIONS[kind]

    def scenario(orm: Orm, engine: Engine) -> Any:
        world = workshop(orm, engine, single, **{f"{key}__lazy": loader})
        return read(orm, engine, world, owner, key)

    check(scenario)


@pytest.mark.parametrize(("kind", "loader", "single"), cells(OF_A_SUBCLASS, EAGER))
def test_a_loader_of_a_subclass_in_rows_of_its_base(kind: str, loader: str, single: bool) -> None:
    _owner, key = RELATIONS[kind]

    def scenario(orm: Orm, engine: Engine) -> Any:
        world = workshop(orm, engine, single, **{f"{key}__lazy": loader})
        staff = orm.with_polymorphic(world.Person, "*")
        whole = SimpleNamespace(Person=staff)
        return read(orm, engine, whole, "Person", key)

    check(scenario)


@pytest.mark.parametrize("single", [False, True])
@pytest.mark.parametrize("loader", ["selectin", "immediate"])
def test_a_recursion_goes_as_deep_as_told(loader: str, single: bool) -> None:
    def scenario(orm: Orm, engine: Engine) -> Any:
        world = workshop(orm, engine, single)
        load = getattr(orm, OPTIONS[loader])
        return [
            read(
                orm,
                engine,
                world,
                owner,
                key,
                load(getattr(world.Person, key), recursion_depth=depth),
            )
            for owner in ("Person", "Engineer")
            for key in ("team", "boss")
            for depth in (1, 2, -1)
        ]

    check(scenario)


@pytest.mark.parametrize("single", [False, True])
@pytest.mark.parametrize("depth", [1, 2, 3])
@pytest.mark.parametrize("loader", ["joined", "selectin", "subquery", "immediate"])
def test_a_mapping_ends_at_its_depth(loader: str, depth: int, single: bool) -> None:
    def scenario(orm: Orm, engine: Engine) -> Any:
        told = []
        for key in ("team", "boss"):
            options = {f"{key}__lazy": loader, f"{key}__join_depth": depth}
            world = workshop(orm, engine, single, **options)
            told += [read(orm, engine, world, owner, key) for owner in ("Person", "Engineer")]
            world.Base.metadata.drop_all(engine)
        return told

    check(scenario)


@pytest.mark.parametrize("road", ROADS)
def test_both_sides_are_loaded_at_once(road: str) -> None:
    def scenario(orm: Orm, engine: Engine) -> Any:
        both = {"people__lazy": "immediate", "skills__lazy": "immediate"}
        world = workshop(orm, engine, **both)
        return [
            read(orm, engine, world, "Skill", "people"),
            read(orm, engine, world, "Person", "skills"),
        ]

    check(scenario, road)

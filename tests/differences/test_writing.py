"""Statements that write: where cormorant differs from sqlalchemy.orm on purpose."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, create_engine

from tests.contract.family import staffed
from tests.contract.oracle import Orm

from .sides import FINE, blog_in, both, problem, stored


def test_named_parameters_of_the_criteria_are_heeded_in_memory() -> None:
    def scenario(orm: Orm) -> Any:
        world = blog_in(orm)
        User, session = world.User, world.session
        user = stored(world, name="Ann", age=40)
        assert user.age == 40
        statement = orm.update(User).where(User.name == bindparam("who")).values(age=41)
        session.execute(statement, {"who": "Ann"})
        return user.age, session.scalar(orm.select(User.age))

    assert both(scenario) == ((40, 41), (41, 41))


def test_an_update_by_primary_key_says_that_it_returns_no_rows() -> None:
    def scenario(orm: Orm) -> Any:
        world = blog_in(orm)
        stored(world)
        statement = orm.update(world.User).returning(world.User)
        return problem(lambda: world.session.execute(statement, [{"id": 1, "age": 1}]))

    assert both(scenario) == ("StaleDataError", "InvalidRequestError")


def test_criteria_of_an_update_by_primary_key_over_several_tables_are_refused() -> None:
    def scenario(orm: Orm) -> Any:
        world = staffed(orm, engine := create_engine("sqlite://"))
        Lead = world.Lead
        with orm.Session(engine) as session:
            statement = orm.update(Lead).where(Lead.team == "core")
            rows = [{"id": 4, "name": "New", "team": "x"}]
            plain = {"synchronize_session": None}
            told = problem(lambda: session.execute(statement, rows, execution_options=plain))
            return told, session.execute(orm.select(Lead.name, Lead.team)).one().team

    # The first table is written, and then the criteria find the second one as it was before.
    assert both(scenario) == ((FINE, "x"), ("InvalidRequestError", "core"))


def test_python_computes_between_for_evaluate() -> None:
    def scenario(orm: Orm) -> Any:
        world = blog_in(orm)
        User, session = world.User, world.session
        user = stored(world, name="Ann", age=40)
        assert user.age == 40
        statement = orm.update(User).where(User.age.between(30, 50)).values(name="Zoe")
        strict = {"synchronize_session": "evaluate"}
        return problem(lambda: session.execute(statement, execution_options=strict)), user.name

    assert both(scenario) == (("InvalidRequestError", "Ann"), (FINE, "Zoe"))

"""Where classes that inherit differ from sqlalchemy.orm, on purpose."""

from __future__ import annotations

from typing import Any

from sqlalchemy import create_engine

from tests.contract.family import staffed
from tests.contract.oracle import Orm

from .sides import both


def test_a_new_object_of_another_class_takes_over_a_deleted_row_whole() -> None:
    def scenario(orm: Orm) -> Any:
        engine = create_engine("sqlite://")
        world = staffed(orm, engine)
        with orm.Session(engine) as session:
            session.delete(session.get(world.Engineer, 2))
            session.add(world.Manager(id=2, name="Mia"))
            session.commit()
            session.expunge_all()
            found = session.get(world.Person, 2)
            engineers = session.connection().exec_driver_sql("SELECT id FROM engineers").all()
            try:
                title = found.title
            except Exception as error:
                title = type(error).__name__
            return type(found).__name__, found.name, title, engineers

    theirs, ours = both(scenario)
    # The row of the engineer stays, that of the manager is never made.
    assert theirs == ("Manager", "Mia", "KeyError", [(2,), (4,), (5,)])
    assert ours == ("Manager", "Mia", None, [(4,), (5,)])


def test_a_missing_row_of_a_subclass_is_told_like_any_missing_row() -> None:
    def scenario(orm: Orm) -> Any:
        engine = create_engine("sqlite://")
        world = staffed(orm, engine)
        with orm.Session(engine) as session:
            session.connection().exec_driver_sql("DELETE FROM managers")
            try:
                return session.get(world.Person, 3).title
            except Exception as error:
                return type(error).__name__

    theirs, ours = both(scenario)
    assert (theirs, ours) == ("KeyError", "ObjectDeletedError")


def test_a_bulk_update_by_a_column_of_the_base_meets_the_rows_of_the_subclass_only() -> None:
    def scenario(orm: Orm) -> Any:
        engine = create_engine("sqlite://")
        world = staffed(orm, engine)
        Engineer = world.Engineer
        with orm.Session(engine) as session:
            session.execute(orm.update(Engineer).where(Engineer.name == "Eve").values(skill="new"))
            return sorted(session.execute(orm.select(Engineer.name, Engineer.skill)))

    theirs, ours = both(scenario)
    # Without a condition between the tables, each engineer meets the name of each person.
    assert theirs == [("Eve", "new"), ("Ian", "new"), ("Lea", "new")]
    assert ours == [("Eve", "new"), ("Ian", "c"), ("Lea", "sql")]

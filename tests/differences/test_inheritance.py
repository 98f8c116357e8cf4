"""Where classes that inherit differ from sqlalchemy.orm, on purpose."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, ForeignKey, create_engine, event
from sqlalchemy.exc import InvalidRequestError

from tests.contract.family import family, staffed
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


def test_a_join_that_brings_in_a_table_once_more_asks_for_another_name() -> None:
    def scenario(orm: Orm) -> Any:
        engine = create_engine("sqlite://")
        world = staffed(orm, engine)
        Person, Lead = world.Person, world.Lead
        with orm.Session(engine) as session:
            try:
                joined = orm.select(Person.id).join(Lead, Person.id == Lead.id)
                found: Any = session.scalars(joined).all()
            except InvalidRequestError:
                found = "refused"
            other = orm.aliased(Lead, flat=True)
            named = orm.select(Person.id).join(other, Person.id == other.id)
            return found, session.scalars(named).all()

    theirs, ours = both(scenario)
    # It makes an alias of its own, with a warning, and here the condition misses it.
    assert theirs == ([4, 4, 4, 4, 4], [4])
    assert ours == ("refused", [4])


def test_a_propagated_instance_listener_hears_each_object_once() -> None:
    def scenario(orm: Orm) -> Any:
        engine = create_engine("sqlite://")
        world = family(orm, engine)
        heard: list[str] = []
        orm.event.listen(
            world.Person, "load", lambda target, _c: heard.append(target.name), propagate=True
        )

        class Chief(world.Lead):  # type: ignore[name-defined,misc] # made at run time
            __tablename__ = "chiefs"
            id: Any = Column(ForeignKey("leads.id"), primary_key=True)
            __mapper_args__ = {"polymorphic_identity": "chief"}

        class Boss(Chief):
            __mapper_args__ = {"polymorphic_identity": "boss"}

        world.Base.metadata.create_all(engine)
        with orm.Session(engine) as session:
            session.add_all([Chief(name="chief"), Boss(name="boss")])
            session.commit()
            session.expunge_all()
            session.scalars(orm.select(world.Person).order_by(world.Person.id)).all()
        return heard

    theirs, ours = both(scenario)
    # Each class that is mapped later registers the listeners of the class above once more.
    assert len(theirs) > 2
    assert ours == ["chief", "boss"]


def test_new_objects_of_several_classes_are_one_statement_per_table() -> None:
    def scenario(orm: Orm) -> Any:
        engine = create_engine("sqlite://")
        world = family(orm, engine)
        told: list[str] = []

        @event.listens_for(engine, "before_cursor_execute")
        def note(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            told.append(statement.split("(")[0].strip())

        with orm.Session(engine) as session:
            for number in range(200):
                for class_ in (world.Engineer, world.Manager, world.Lead):
                    session.add(class_(id=3 * number + len(session.new), name="x"))
            session.flush()
        return told

    theirs, ours = both(scenario)
    assert sorted(set(theirs)) == sorted(set(ours))
    assert ours == [
        "INSERT INTO persons",
        "INSERT INTO engineers",
        "INSERT INTO managers",
        "INSERT INTO leads",
    ]

"""Where objects, loads and errors differ from sqlalchemy.orm, on purpose."""

from __future__ import annotations

import copy
import importlib
import threading
import traceback
from typing import Any

from sqlalchemy import Column, ColumnElement, Integer, Select, String, create_engine, exc, text
from sqlalchemy.pool import StaticPool

from tests.contract.models import blog
from tests.contract.oracle import Orm

from .sides import FINE, blog_in, both, problem, rows, stored

STATE = "_sa_instance_state"


def test_vars_of_an_object_shows_its_columns_only() -> None:
    def scenario(orm: Orm) -> Any:
        user = blog_in(orm).User(name="Ann")
        return sorted(vars(user)), getattr(user, STATE) is orm.inspect(user)

    theirs, ours = both(scenario)
    assert theirs == ([STATE, "name"], True)
    assert ours == (["name"], True)


def test_vars_keeps_the_values_of_before_a_commit_until_the_first_access() -> None:
    def scenario(orm: Orm) -> Any:
        world = blog_in(orm)
        user = stored(world)
        world.session.connection().exec_driver_sql("UPDATE users SET name = 'Bob'")
        before, expired = vars(user).get("name"), "name" in orm.inspect(user).unloaded
        return before, expired, user.name, vars(user)["name"]

    theirs, ours = both(scenario)
    assert theirs == (None, True, "Bob", "Bob")
    assert ours == ("Ann", True, "Bob", "Bob")


def test_refresh_names_what_the_row_filled() -> None:
    def scenario(orm: Orm) -> Any:
        world = blog_in(orm)
        user = stored(world)
        log: list[Any] = []
        orm.event.listen(world.User, "refresh", lambda t, c, attrs: log.append(sorted(attrs)))
        user.name
        return log

    theirs, ours = both(scenario)
    assert theirs == [["addresses", "age", "id", "name"]]
    assert ours == [["age", "id", "name"]]


def test_the_old_value_of_a_reference_without_a_key_is_none() -> None:
    def scenario(orm: Orm) -> Any:
        world = blog_in(orm)
        address = world.Address(email="a")
        world.session.add(address)
        world.session.flush()
        log: list[Any] = []
        orm.event.listen(world.Address.user, "set", lambda t, v, old, i: log.append(old))
        address.user = world.User(name="Ann")
        return [old is None for old in log]

    assert both(scenario) == ([False], [True])  # NO_VALUE, though the flush wrote NULL


def test_an_error_of_the_database_shows_no_value() -> None:
    def scenario(orm: Orm) -> Any:
        world = blog_in(orm)
        session = world.session
        session.add_all([world.Address(email="secret"), world.Address(email="secret")])
        try:
            session.flush()
        except exc.IntegrityError as error:
            shown = "".join(traceback.format_exception(error))
            return "secret" in shown, error.params is None, type(error.orig).__name__
        return FINE

    theirs, ours = both(scenario)
    assert theirs == (True, False, "IntegrityError")
    assert ours == (False, True, "IntegrityError")


def test_an_error_of_the_database_names_class_table_and_column() -> None:
    def scenario(orm: Orm) -> Any:
        world = blog_in(orm)
        world.session.add(world.User())
        try:
            world.session.flush()
        except exc.IntegrityError as error:
            return str(error).splitlines()[0]
        return FINE

    theirs, ours = both(scenario)
    assert theirs == "(sqlite3.IntegrityError) NOT NULL constraint failed: users.name"
    assert ours == (
        "The INSERT of User (table 'users') failed: a value is missing: NOT NULL constraint, "
        "column 'name'. Give the attribute a value, or make the column nullable or give it a "
        "default."
    )


def test_a_session_refuses_a_second_thread_while_it_works() -> None:
    def scenario(orm: Orm) -> Any:
        engine = create_engine(
            "sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False}
        )
        world = blog(orm, engine)
        session = orm.Session(engine)
        caught = []

        def meddle() -> None:
            caught.append(problem(lambda: session.execute(text("SELECT 1"))))

        def during_the_flush(mapper: Any, connection: Any, target: Any) -> None:
            other = threading.Thread(target=meddle)
            other.start()
            other.join()

        orm.event.listen(world.User, "before_insert", during_the_flush)
        session.add(world.User(name="Ann"))
        session.flush()
        session.close()
        return caught

    assert both(scenario) == ([FINE], ["ThreadError"])


def test_criteria_and_statements_of_ours_are_no_elements_of_core_until_needed() -> None:
    def scenario(orm: Orm) -> Any:
        User = blog_in(orm).User
        criterion, statement = User.name == "Ann", orm.select(User)
        kinds = isinstance(criterion, ColumnElement), isinstance(statement, Select)
        return kinds, str(criterion), str(statement).splitlines()[1]

    theirs, ours = both(scenario)
    assert theirs == ((True, True), "users.name = :name_1", "FROM users")
    assert ours == ((False, False), "users.name = :name_1", "FROM users")


def test_a_member_that_is_no_mapped_object_is_refused_by_name() -> None:
    def scenario(orm: Orm) -> Any:
        ann = blog_in(orm).User(name="Ann")
        return problem(lambda: ann.addresses.append("no address"))

    assert both(scenario) == ("AttributeError", "UnmappedInstanceError")


def test_a_copy_has_a_state_of_its_own() -> None:
    def scenario(orm: Orm) -> Any:
        world = blog_in(orm)
        user = stored(world)
        world.session.refresh(user)
        twin = copy.copy(user)
        return orm.inspect(twin) is orm.inspect(user), twin.name == user.name

    assert both(scenario) == ((True, True), (False, True))


def test_a_row_that_changes_its_object_keeps_the_columns_that_the_new_one_was_not_given() -> None:
    def scenario(orm: Orm) -> Any:
        world = blog_in(orm)
        user = stored(world, age=30)
        key = user.id
        world.session.delete(user)
        again = world.User(id=key, name="Bea")
        world.session.add(again)
        world.session.flush()
        return rows(world, "SELECT name, age FROM users"), again.age

    assert both(scenario) == (([("Bea", 30)], None), ([("Bea", 30)], 30))


def managed(orm: Orm, calls: list[str]) -> Any:
    """Declare a class whose InstrumentationManager notes what it is asked."""
    name = "sqlalchemy" if orm.is_oracle else "cormorant"
    extension: Any = importlib.import_module(f"{name}.ext.instrumentation")

    class Noting(extension.InstrumentationManager):  # type: ignore[misc] # known at run time
        def get_instance_dict(self, class_: type, instance: Any) -> Any:
            calls.append("get_instance_dict")
            return super().get_instance_dict(class_, instance)

        def uninstall_descriptor(self, class_: type, key: str) -> None:
            calls.append(f"uninstall {key}")
            super().uninstall_descriptor(class_, key)

    Base: Any = orm.declarative_base(
        cls=type("Own", (), {extension.INSTRUMENTATION_MANAGER: Noting})
    )

    class Ship(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "ships"
        id = Column(Integer, primary_key=True)
        name = Column(String(20))

    return Ship


def test_an_instrumentation_manager_is_asked_once_for_each_object() -> None:
    def scenario(orm: Orm) -> Any:
        calls: list[str] = []
        ship = managed(orm, calls)(name="Argo")
        ship.name, ship.name
        return len(calls)

    theirs, ours = both(scenario)
    assert theirs > 2
    assert ours == 1


def test_descriptors_are_uninstalled() -> None:
    def scenario(orm: Orm) -> Any:
        calls: list[str] = []
        managed(orm, calls).registry.dispose()
        return sorted(calls)

    assert both(scenario) == ([], ["uninstall id", "uninstall name"])

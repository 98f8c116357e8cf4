"""Where reading and bulk statements differ from sqlalchemy.orm, on purpose."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, Integer, String, create_engine
from sqlalchemy.exc import ArgumentError

from tests.contract.oracle import Orm

from .sides import blog_in, both, stored


def test_a_bulk_update_compares_with_the_row_not_with_a_pending_change() -> None:
    def scenario(orm: Orm) -> Any:
        world = blog_in(orm)
        User, session = world.User, world.session
        user = stored(world, name="Ann", age=20)
        assert user.age == 20
        user.age = 40
        with session.no_autoflush:
            session.execute(orm.update(User).where(User.age < 30).values(name="Zoe"))
        return user.name, user.age, session.scalar(orm.select(User.name))

    assert both(scenario) == (("Ann", 40, "Zoe"), ("Zoe", 40, "Zoe"))


def test_an_object_that_lacks_what_the_criterion_asks_for_is_loaded_anew() -> None:
    def scenario(orm: Orm) -> Any:
        world = blog_in(orm)
        User, session = world.User, world.session
        user = stored(world, name="Ann", age=40)
        assert user.name == "Ann"
        session.expire(user, ["age"])
        session.execute(orm.update(User).where(User.age < 30).values(name="Zoe"))
        return user.name

    assert both(scenario) == ("Zoe", "Ann")


def test_keys_that_come_with_returning_are_no_select_to_listeners() -> None:
    def scenario(orm: Orm) -> Any:
        world = blog_in(orm)
        User, session = world.User, world.session
        stored(world, age=20)
        kinds: list[str] = []

        def heard(state: Any) -> None:
            kinds.append("select" if state.is_select else "update")

        orm.event.listen(session, "do_orm_execute", heard)
        fetched = {"synchronize_session": "fetch"}
        users = session.scalars(orm.select(User)).all()
        kinds.clear()
        session.execute(orm.update(User).values(name="Zoe"), execution_options=fetched)
        return kinds, [user.name for user in users]

    assert both(scenario) == ((["update", "select"], ["Zoe"]), (["update"], ["Zoe"]))


def test_statements_find_rows_of_a_subclass_that_is_mapped_later() -> None:
    def scenario(orm: Orm) -> Any:
        Base: Any = orm.declarative_base()

        class Person(Base):  # type: ignore[misc] # the base is made at run time
            __tablename__ = "persons"
            __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "person"}
            id = Column(Integer, primary_key=True)
            kind = Column(String(20))

        class Boss(Person):
            __mapper_args__ = {"polymorphic_identity": "boss"}

        engine = create_engine("sqlite://")
        Base.metadata.create_all(engine)
        session = orm.Session(engine)
        assert session.scalars(orm.select(Boss)).all() == []

        class Chief(Boss):
            __mapper_args__ = {"polymorphic_identity": "chief"}

        session.add(Chief(id=1))
        session.flush()
        return len(session.scalars(orm.select(Boss)).all())

    assert both(scenario) == (0, 1)


def test_values_without_a_name_have_the_name_that_core_gives_them() -> None:
    def scenario(orm: Orm) -> Any:
        world = blog_in(orm)
        User = world.User
        return list(world.session.execute(orm.select(User.age + 5, User.id)).keys())

    assert both(scenario) == (["_no_label", "id"], ["anon_1", "id"])


def test_from_statement_refuses_a_plain_string_with_a_reason() -> None:
    def scenario(orm: Orm) -> Any:
        world = blog_in(orm)
        try:
            world.session.scalars(orm.select(world.User).from_statement("SELECT 1")).all()
        except ArgumentError as error:
            return str(error)
        except NotImplementedError as error:
            return str(error)
        return None

    assert both(scenario) == (
        "",
        "A full statement is needed, got 'str'; Textual SQL should be explicitly declared as "
        "text().",
    )


def test_a_row_knows_the_alias_it_was_asked_for() -> None:
    def scenario(orm: Orm) -> Any:
        world = blog_in(orm)
        stored(world, name="Ann", age=20)
        found = []
        for _again in range(2):
            alias, other = orm.aliased(world.User), orm.aliased(world.User)
            statement = orm.select(alias, other.name).where(alias.id == other.id)
            found.append(alias in world.session.execute(statement).one()._mapping)
        return found

    assert both(scenario) == ([True, False], [True, True])


def test_a_descriptor_of_the_class_sees_its_alias() -> None:
    def scenario(orm: Orm) -> Any:
        class IsAnn:
            def __get__(self, obj: Any, owner: Any) -> Any:
                return owner.name == "Ann"

        Base: Any = orm.declarative_base()

        class User(Base):  # type: ignore[misc] # the base is made at run time
            __tablename__ = "users"
            id = Column(Integer, primary_key=True)
            name = Column(String(50))
            is_ann = IsAnn()

        return str(orm.aliased(User, name="u").is_ann)

    assert both(scenario) == ("users.name = :name_1", "u.name = :name_1")


def test_an_update_of_an_alias_reaches_the_objects() -> None:
    def scenario(orm: Orm) -> Any:
        world = blog_in(orm)
        user, alias = stored(world, name="Ann", age=20), orm.aliased(world.User)
        assert user.age == 20
        world.session.execute(orm.update(alias).where(alias.id == 1).values(age=21))
        return user.age

    assert both(scenario) == (20, 21)


def test_values_of_loads_of_the_session_stand_in_their_statements() -> None:
    def scenario(orm: Orm) -> Any:
        world = blog_in(orm)
        User, session = world.User, world.session
        stored(world)
        told: list[Any] = []

        def heard(state: Any) -> None:
            values = {**state.statement.compile().params, **(state.parameters or {})}
            told.append((state.parameters is None, values))

        session.expunge_all()
        orm.event.listen(session, "do_orm_execute", heard)
        session.get(User, 1)
        return told

    assert both(scenario) == ([(False, {"pk_1": 1})], [(True, {"id_1": 1})])


def test_options_of_the_call_win_in_eager_loads_too() -> None:
    def scenario(orm: Orm) -> Any:
        world = blog_in(orm)
        User = world.User
        stored(world)
        told: list[Any] = []
        with orm.Session(world.engine, execution_options={"place": "session"}) as session:
            orm.event.listen(
                session,
                "do_orm_execute",
                lambda state: told.append(state.execution_options["place"]),
            )
            statement = orm.select(User).options(orm.selectinload(User.addresses))
            session.scalars(statement, execution_options={"place": "call"}).all()
        return told

    assert both(scenario) == (["call", "session"], ["call", "call"])

"""Wanted differences of relations: what is told, and what is not asked of the database."""

from __future__ import annotations

import pickle
from typing import Any

from sqlalchemy import Column, ForeignKey, Integer, create_engine
from sqlalchemy import event as core_event

from tests.contract.models import blog, people
from tests.contract.oracle import Orm
from tests.contract.test_of_type import firm
from tests.contract.test_relationship_criteria import pairs

from .sides import blog_in, both, problem, stored


def test_a_lazy_load_of_an_expired_owner_costs_one_statement() -> None:
    def scenario(orm: Orm) -> tuple[int, int]:
        world = blog_in(orm)
        user = stored(world, addresses=[world.Address(email="1")])
        statements: list[str] = []

        def ran(*arguments: Any) -> None:
            statements.append(arguments[2])

        core_event.listen(world.engine, "before_cursor_execute", ran)
        return len(user.addresses), len(statements)

    assert both(scenario) == ((1, 2), (1, 1))


def test_unpickle_finds_a_complete_object() -> None:
    def scenario(orm: Orm) -> list[str | None]:
        world = blog(orm)
        world.User.__module__, world.User.__qualname__ = __name__, "Unpickled"
        globals()["Unpickled"] = world.User
        told: list[str | None] = []

        def unpickled(target: Any, state_dict: dict[str, Any]) -> None:
            told.append(vars(target).get("name"))

        orm.event.listen(world.User, "unpickle", unpickled)
        pickle.loads(pickle.dumps(world.User(name="Ann")))
        return told

    assert both(scenario) == ([None], ["Ann"])


def test_a_column_that_was_inserted_as_null_is_known_to_be_none() -> None:
    def scenario(orm: Orm) -> bool:
        world = blog_in(orm)
        address = world.Address(email="1")
        world.session.add(address)
        world.session.flush()
        return "user_id" in vars(address)

    assert both(scenario) == (False, True)


def test_a_target_of_no_family_is_refused_with_a_reason() -> None:
    def scenario(orm: Orm) -> str:
        return problem(lambda: orm.event.listen(7, "before_insert", lambda *arguments: None))

    assert both(scenario) == ("AttributeError", "ListenError")


def test_a_child_that_moves_to_another_owner_is_no_orphan() -> None:
    def scenario(orm: Orm) -> list[Any]:
        world = blog_in(orm, cascade="all, delete-orphan")
        user = stored(world, addresses=[world.Address(email=str(n)) for n in range(2)])
        other = stored(world, name="Bob")
        first, second = user.addresses
        user.addresses.remove(first)
        other.addresses.append(second)
        world.session.flush()
        return [orm.inspect(first).deleted, second.user_id == other.id, len(user.addresses)]

    # No difference, although the subject has not read the first owner again.
    assert both(scenario) == ([True, True, 0],) * 2


def test_rows_that_differ_in_one_column_of_a_key_are_found() -> None:
    def scenario(orm: Orm) -> Any:
        engine = create_engine("sqlite://")
        world = pairs(orm, engine)
        with orm.Session(engine) as session:
            session.add(world.Ship(name="Near", spot=world.Spot(x=1, y=2)))
            here = session.get(world.Spot, (1, 1))
            others = orm.select(world.Ship.name).where(world.Ship.spot != here)
            return sorted(session.scalars(others))

    assert both(scenario) == (["Fram", "Lost"], ["Fram", "Lost", "Near"])


def test_none_means_no_related_row_under_the_whole_condition() -> None:
    def scenario(orm: Orm) -> Any:
        engine = create_engine("sqlite://")
        world = people(orm, engine)
        User, Address = world.User, world.Address
        Address.grown = orm.relationship(
            User,
            primaryjoin=lambda: orm.and_(User.id == orm.foreign(Address.user_id), User.age > 26),
            viewonly=True,
        )
        with orm.Session(engine) as session:
            nobody = orm.select(Address.id).where(Address.grown == None)  # noqa: E711 - IS NULL
            found = session.scalars(nobody).all()
            orphans = problem(lambda: orm.select(Address.id).where(Address.user.is_(None)))
            return found, orphans

    assert both(scenario) == (([], "NotImplementedError"), ([3], "no error"))


def test_any_heeds_the_criteria_of_and() -> None:
    def scenario(orm: Orm) -> Any:
        engine = create_engine("sqlite://")
        world = people(orm, engine)
        some = world.User.addresses.and_(world.Address.email == "bob@a.org")
        with orm.Session(engine) as session:
            return session.scalars(orm.select(world.User.name).where(some.any())).all()

    assert both(scenario) == (["Ann", "Bob"], ["Bob"])


def test_an_object_of_the_wrong_class_is_refused_in_a_comparison() -> None:
    def scenario(orm: Orm) -> Any:
        engine = create_engine("sqlite://")
        world = people(orm, engine)
        with orm.Session(engine) as session:
            first = session.get(world.Address, 1)
            return [
                problem(lambda: world.Address.user == first),
                problem(lambda: orm.with_parent(first, world.User.addresses)),
            ]

    assert both(scenario) == (["no error", "no error"], ["ArgumentError", "ArgumentError"])


def test_has_of_a_subclass_in_the_same_table_finds_its_rows() -> None:
    def scenario(orm: Orm) -> Any:
        engine = create_engine("sqlite://")
        world = firm(orm, engine)
        led = world.Engineer.boss.of_type(world.Manager).has(world.Manager.title == "chief")
        with orm.Session(engine) as session:
            return session.scalars(orm.select(world.Engineer.name).where(led)).all()

    assert both(scenario) == ([], ["Eve"])


def test_what_a_listener_puts_in_place_of_a_member_follows_into_the_session() -> None:
    def scenario(orm: Orm) -> tuple[bool, bool]:
        world = blog_in(orm)
        user = stored(world)
        other = world.Address(email="other")
        orm.event.listen(
            world.User.addresses, "append", lambda target, value, token: other, retval=True
        )
        user.addresses.append(world.Address(email="given"))
        return other in user.addresses, other in world.session

    assert both(scenario) == ((True, False), (True, True))


def test_a_flush_that_would_blank_out_a_key_is_refused_by_name() -> None:
    def scenario(orm: Orm) -> str:
        Base: Any = orm.declarative_base()

        class User(Base):  # type: ignore[misc] # the base is made at run time
            __tablename__ = "users"
            id = Column(Integer, primary_key=True)
            card = orm.relationship("Card", uselist=False, back_populates="user")

        class Card(Base):  # type: ignore[misc] # as above
            __tablename__ = "cards"
            id: Any = Column(ForeignKey("users.id"), primary_key=True)
            user = orm.relationship("User", back_populates="card")

        engine = create_engine("sqlite://")
        Base.metadata.create_all(engine)
        with orm.Session(engine) as session:
            user = User(card=Card())
            session.add(user)
            session.flush()
            user.card = None
            return problem(session.flush)

    assert both(scenario) == ("AssertionError", "FlushError")

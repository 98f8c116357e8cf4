"""Events that few other scenarios hear, each alone, so that its silence is always noticed."""

from __future__ import annotations

import pickle
from typing import Any

from sqlalchemy import Column, Engine, Integer, String

from . import catalog
from .heard import Recorder
from .models import blog, people
from .oracle import Orm, cormorant_orm
from .runner import contract


def hear_only(heard: Recorder, attribute: object, name: str) -> None:
    """Hear one event of one attribute."""
    heard.listen(attribute, {name: catalog.ATTRIBUTE[name]})


def pickled_class(orm: Orm, name: str) -> Any:
    """Declare a class that pickle finds in this module."""
    body = {
        "__tablename__": "users",
        "__module__": __name__,
        "id": Column(Integer, primary_key=True),
        "name": Column(String(20)),
    }
    globals()[name] = made = type(name, (orm.declarative_base(),), body)
    return made


@contract(in_order=True)
def test_append_is_told_by_the_collection_and_by_its_other_side(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = blog(orm)
    hear_only(heard, world.User.addresses, "append")
    user = world.User(name="Ann")
    user.addresses.append(world.Address(email="1"))
    world.Address(email="2").user = user
    return [address.email for address in user.addresses]


@contract(in_order=True)
def test_a_failing_append_listener_keeps_the_item_out(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = blog(orm)

    def refuse(target: Any, value: Any, initiator: object) -> None:
        if value.email == "bad":
            raise ValueError("no")

    orm.event.listen(world.User.addresses, "append", refuse)
    user, bad = world.User(name="Ann"), world.Address(email="bad")
    user.addresses.append(world.Address(email="good"))
    error = heard.error(lambda: user.addresses.append(bad))
    return [error, [address.email for address in user.addresses], bad.user]


@contract(in_order=True)
def test_bulk_replace_is_told_for_each_list_that_is_given(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = blog(orm)

    def counted(target: object, values: Any, initiator: Any) -> None:
        heard.note("counted", target, len(list(values)), initiator.key)

    orm.event.listen(world.User.addresses, "bulk_replace", counted)
    first, second = world.Address(email="1"), world.Address(email="2")
    user = world.User(name="Ann")
    user.addresses = [first]
    user.addresses = [second, first]
    user.addresses = []
    return user.addresses


@contract(in_order=True)
def test_a_failing_bulk_replace_listener_leaves_the_list_as_it_was(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = blog(orm)
    user = world.User(name="Ann")
    user.addresses.append(world.Address(email="1"))

    def refuse(target: object, values: object, initiator: object) -> None:
        raise ValueError("no")

    orm.event.listen(world.User.addresses, "bulk_replace", refuse)
    error = heard.error(lambda: setattr(user, "addresses", [world.Address(email="2")]))
    return [error, [address.email for address in user.addresses]]


@contract(in_order=True)
def test_items_that_stay_in_a_replaced_list_are_told_apart_from_new_ones(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = blog(orm)
    stays, comes = world.Address(email="stays"), world.Address(email="comes")
    user = world.User(name="Ann")
    user.addresses.append(stays)

    def kept(target: object, value: Any, initiator: object) -> None:
        heard.note("kept", target, value.email)

    orm.event.listen(world.User.addresses, "append_wo_mutation", kept)
    user.addresses = [comes, stays]
    return [address.email for address in user.addresses]


@contract(in_order=True)
def test_append_wo_mutation_is_not_told_of_a_first_list(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = people(orm, engine)
    hear_only(heard, world.User.addresses, "append_wo_mutation")
    with orm.Session(engine) as session:
        user = session.get(world.User, 1)
        heard.mark("one of two stays")
        user.addresses = user.addresses[:1]
        heard.mark("a first list")
        other = world.User(name="Dan", addresses=[world.Address(email="dan@a.org")])
        return [len(user.addresses), len(other.addresses)]


@contract(in_order=True)
def test_the_list_that_is_replaced_is_disposed_of(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = blog(orm)
    user = world.User(name="Ann")
    user.addresses.append(world.Address(email="1"))
    old = user.addresses

    def disposed(target: object, collection: Any, collection_adapter: Any) -> None:
        heard.note("disposed", target, collection is old, collection_adapter is not None)

    orm.event.listen(world.User.addresses, "dispose_collection", disposed)
    user.addresses = []
    return user.addresses is old


@contract(in_order=True)
def test_each_collection_of_an_object_is_initialized_once(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = people(orm, engine)

    def initialized(target: object, collection: Any, collection_adapter: Any) -> None:
        heard.note("initialized", target, type(collection).__name__)

    orm.event.listen(world.User.addresses, "init_collection", initialized)
    user = world.User(name="Dan")
    user.addresses.append(world.Address(email="1"))
    user.addresses.append(world.Address(email="2"))
    with orm.Session(engine) as session:
        loaded = session.get(world.User, 1)
        return [len(user.addresses), len(loaded.addresses), len(loaded.addresses)]


@contract(in_order=True)
def test_pickle_listeners_may_add_what_unpickle_listeners_find(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    User = pickled_class(orm, "TravellingUser")

    def packed(target: Any, state_dict: dict[str, Any]) -> None:
        heard.note("packed", target.name)
        state_dict["stamp"] = "sealed"

    def unpacked(target: Any, state_dict: dict[str, Any]) -> None:
        heard.note("unpacked", state_dict.get("stamp"))

    orm.event.listen(User, "pickle", packed)
    orm.event.listen(User, "unpickle", unpacked)
    return pickle.loads(pickle.dumps(User(name="Ann"))).name


@contract(in_order=True)
def test_unpickle_listeners_may_set_what_a_pickle_does_not_hold(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    User = pickled_class(orm, "ReturningUser")

    def count(target: Any, state_dict: dict[str, Any]) -> None:
        heard.note("leaves", target.name)

    def greet(target: Any, state_dict: dict[str, Any]) -> None:
        target.greeting = "hello again"

    orm.event.listen(User, "pickle", count)
    orm.event.listen(User, "unpickle", greet)
    copy = pickle.loads(pickle.dumps(User(name="Ann")))
    return getattr(copy, "greeting", "no greeting")


def test_first_init_comes_once_per_class_before_the_first_init() -> None:
    # No contract: sqlalchemy.orm documents the event but refuses to listen to it.
    orm = cormorant_orm()
    User = blog(orm).User
    log: list[str] = []

    def first(manager: Any, cls: type) -> None:
        log.append(f"first_init of {cls.__name__}, managed as {manager.class_.__name__}")

    def started(target: object, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        log.append(f"init of {type(target).__name__}")

    orm.event.listen(User, "first_init", first)
    orm.event.listen(User, "init", started)
    User(), User()
    assert log == ["first_init of User, managed as User", "init of User", "init of User"]


def test_first_init_is_heard_for_subclasses_of_a_base() -> None:
    # As above.
    orm = cormorant_orm()
    Base: Any = orm.declarative_base()
    log: list[str] = []
    orm.event.listen(
        Base, "first_init", lambda manager, cls: log.append(cls.__name__), propagate=True
    )

    class Ship(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "ships"
        id = Column(Integer, primary_key=True)

    class Harbour(Base):  # type: ignore[misc] # as above
        __tablename__ = "harbours"
        id = Column(Integer, primary_key=True)

    Harbour(), Ship(), Harbour()
    assert log == ["Harbour", "Ship"]

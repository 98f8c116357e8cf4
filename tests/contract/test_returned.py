"""What listeners return: heeded with retval=True and handed on to the next one, else ignored."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, Engine, ForeignKey, String

from .heard import Recorder
from .models import blog
from .oracle import Orm
from .runner import contract


@contract(in_order=True)
def test_each_listener_to_set_receives_what_the_one_before_returned(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    User = blog(orm).User

    def adding(text: str, **options: Any) -> None:
        def listener(target: object, value: str, oldvalue: object, initiator: object) -> str:
            heard.note(text, value)
            return value + text

        orm.event.listen(User.name, "set", listener, **options)

    adding("first", retval=True)
    adding("not heeded")
    adding("second", retval=True)
    user = User(name="Ann ")
    user.name = "Bea "
    return user.name


@contract(in_order=True)
def test_items_that_listeners_return_take_the_place_of_those_given(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = blog(orm)
    swap = {name: world.Address(email=f"in place of {name}") for name in ("one", "two", "kept")}

    def appended(target: object, value: Any, initiator: object) -> object:
        heard.note("append", value.email)
        return swap.get(value.email, value)

    def stays(target: object, value: Any, initiator: object) -> object:
        heard.note("stays", value.email)
        return world.Address(email="stands for what stays")

    orm.event.listen(world.User.addresses, "append", appended, retval=True)
    orm.event.listen(world.User.addresses, "append_wo_mutation", stays, retval=True)
    user = world.User(name="Ann")
    user.addresses.append(world.Address(email="one"))
    user.addresses += [world.Address(email="two")]
    kept = user.addresses[0]
    user.addresses = [kept, world.Address(email="kept")]
    return [[address.email for address in user.addresses], kept.user is user]


@contract(in_order=True)
def test_what_stays_may_be_replaced_by_what_a_listener_returns(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = blog(orm)
    other = world.Address(email="other")

    def stays(target: object, value: Any, initiator: object) -> object:
        return other

    orm.event.listen(world.User.addresses, "append_wo_mutation", stays, retval=True)
    user = world.User(name="Ann", addresses=[world.Address(email="one")])
    user.addresses = [*user.addresses, world.Address(email="two")]
    return [address.email for address in user.addresses]


@contract(in_order=True)
def test_first_values_go_from_one_listener_to_the_next(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    User = blog(orm).User

    def counting(target: object, value: Any, dict_: dict[str, Any]) -> int:
        heard.note("received", target, value)
        dict_["age"] = (value or 0) + 1
        return int(dict_["age"])

    def looking(target: object, value: Any, dict_: dict[str, Any]) -> int:
        heard.note("looks", target, value)
        return 99

    orm.event.listen(User.age, "init_scalar", counting, retval=True)
    orm.event.listen(User.age, "init_scalar", looking)
    user = User()
    return [user.age, user.age, vars(user)["age"]]


@contract(in_order=True)
def test_a_member_of_a_set_added_again_may_be_replaced(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    Base = orm.declarative_base()

    class Boat(Base):
        __tablename__ = "boats"
        name = Column(String, primary_key=True)
        ship_name: Any = Column(ForeignKey("ships.name"))

    class Ship(Base):
        __tablename__ = "ships"
        name = Column(String, primary_key=True)
        boats = orm.relationship(Boat, collection_class=set)

    gig, yawl = Boat(name="gig"), Boat(name="yawl")

    def again(target: object, value: Any, initiator: object) -> object:
        heard.note("again", value.name)
        return yawl

    orm.event.listen(Ship.boats, "append_wo_mutation", again, retval=True)
    ship = Ship(name="Argo", boats={gig})
    ship.boats.add(gig)
    return sorted(boat.name for boat in ship.boats)

"""What listeners return: heeded with retval=True and handed on to the next one, else ignored."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, Engine, ForeignKey, String

from .heard import Recorder
from .models import blog, people
from .oracle import ROADS, Orm
from .runner import contract


def boats(orm: Orm) -> tuple[Any, Any]:
    """Declare Ship with a set of boats, and Boat."""
    Base = orm.declarative_base()

    class Boat(Base):
        __tablename__ = "boats"
        name = Column(String, primary_key=True)
        ship_name: Any = Column(ForeignKey("ships.name"))

    class Ship(Base):
        __tablename__ = "ships"
        name = Column(String, primary_key=True)
        boats = orm.relationship(Boat, collection_class=set)

    return Ship, Boat


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
    Ship, Boat = boats(orm)
    gig, yawl = Boat(name="gig"), Boat(name="yawl")

    def again(target: object, value: Any, initiator: object) -> object:
        heard.note("again", value.name)
        return yawl

    orm.event.listen(Ship.boats, "append_wo_mutation", again, retval=True)
    ship = Ship(name="Argo", boats={gig})
    ship.boats.add(gig)
    return sorted(boat.name for boat in ship.boats)


@contract(in_order=True)
def test_each_listener_to_what_stays_receives_what_the_one_before_returned(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    Ship, Boat = boats(orm)
    other = Boat(name="other")

    def first(target: object, value: Any, initiator: object) -> object:
        heard.note("first", value.name)
        return other

    def second(target: object, value: Any, initiator: object) -> object:
        heard.note("second", value.name)
        return value

    for listener in (first, second):
        orm.event.listen(Ship.boats, "append_wo_mutation", listener, retval=True)
    gig = Boat(name="gig")
    ship = Ship(name="Argo", boats={gig})
    ship.boats.add(gig)
    ship.boats.update([gig, Boat(name="yawl")])
    return sorted(boat.name for boat in ship.boats)


@contract(roads=ROADS)
def test_a_query_that_deletes_may_be_replaced_by_another(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = people(orm, engine)

    def spare_the_old(query: Any, delete_context: Any) -> object:
        heard.note("deletes", delete_context.session)
        return query.filter(world.User.age < 28)

    orm.event.listen(orm.Query, "before_compile_delete", spare_the_old, retval=True)
    try:
        with orm.Session(engine) as session:
            gone = session.query(world.User).filter(world.User.age > 0).delete()
            session.commit()
            left = session.scalars(orm.select(world.User.name).order_by(world.User.id)).all()
            return gone, left
    finally:
        orm.event.remove(orm.Query, "before_compile_delete", spare_the_old)

"""Events of attributes: scalars, collections, references, and their modifiers."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Column, Engine, Integer, String

from .databases import EVERY
from .heard import Recorder
from .models import blog, people
from .oracle import Orm
from .runner import contract

# The oracle has no such warning; tests/event/test_inheritance.py is about ours.
pytestmark = pytest.mark.filterwarnings("ignore::cormorant.exc.SkippedSubclassWarning")


@contract(in_order=True)
def test_set_tells_new_and_old_value(orm: Orm, heard: Recorder, engine: Engine) -> object:
    User = blog(orm).User
    heard.attribute(User.name)
    user = User()
    user.name = "Ann"
    user.name = "Bea"
    user.name = "Bea"
    user.name = None
    del user.name
    user.name = "Cid"
    return user.name


@contract(in_order=True)
def test_the_constructor_sets_attributes_in_the_order_of_its_keywords(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    User = blog(orm).User
    heard.classes(User)
    return User(age=3, name="Ann", id=9).age


@contract(in_order=True)
def test_reading_an_unset_scalar_fires_init_scalar_and_stores_nothing(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    User = blog(orm).User
    heard.attribute(User.age)
    user = User()
    return [user.age, user.age, "age" in vars(user)]


@contract(in_order=True)
def test_init_scalar_with_retval_makes_a_default(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    User = blog(orm).User

    def start(target: object, value: object, dict_: dict[str, Any]) -> int:
        dict_["age"] = 18
        heard.note("default", target, value)
        return 18

    orm.event.listen(User.age, "init_scalar", start, retval=True, propagate=True)
    user = User()
    return [user.age, user.age, vars(user)["age"]]


@contract(*EVERY, in_order=True)
def test_the_old_value_of_an_expired_attribute_is_no_value_unless_asked_for(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    User = people(orm, engine).User
    heard.attribute(User.name)
    heard.attribute(User.age, active_history=True)
    with orm.Session(engine) as session:
        user = session.get(User, 1)
        session.expire(user)
        user.name = "Bea"
        session.expire(user)
        user.age = 31
        session.commit()
        return user.age


@contract(in_order=True)
def test_retval_replaces_the_value_that_is_set(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    User = blog(orm).User

    def upper(target: object, value: str, oldvalue: object, initiator: object) -> str:
        return value.upper()

    def doubled(target: object, value: str, oldvalue: object, initiator: object) -> str:
        heard.note("second", value)
        return value * 2

    orm.event.listen(User.name, "set", upper, retval=True)
    orm.event.listen(User.name, "set", doubled, retval=True)
    heard.attribute(User.name)
    return User(name="ab").name


@contract(in_order=True)
def test_a_failing_set_listener_leaves_the_old_value(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    User = blog(orm).User
    user = User(name="Ann")

    def refuse(target: object, value: object, oldvalue: object, initiator: object) -> None:
        raise ValueError("no")

    orm.event.listen(User.name, "set", refuse)
    heard.attribute(User.name)
    error = heard.error(lambda: setattr(user, "name", "Bea"))
    return [error, user.name, orm.attributes.get_history(user, "name")]


@contract(in_order=True)
def test_append_and_remove_tell_the_item_and_both_sides(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = blog(orm)
    heard.classes(world.User, world.Address)
    user = world.User(name="Ann")
    first, second = world.Address(email="1"), world.Address(email="2")
    user.addresses.append(first)
    user.addresses.insert(0, second)
    user.addresses.remove(first)
    popped = user.addresses.pop()
    return [user.addresses, popped, first.user, second.user]


@contract(in_order=True)
def test_setting_a_reference_appends_to_the_collection_on_the_other_side(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = blog(orm)
    heard.classes(world.User, world.Address)
    ann, bob = world.User(name="Ann"), world.User(name="Bob")
    address = world.Address(email="1")
    heard.mark("to Ann")
    address.user = ann
    heard.mark("to Bob")
    address.user = bob
    heard.mark("to Bob again")
    address.user = bob
    heard.mark("to nobody")
    address.user = None
    return [ann.addresses, bob.addresses]


@contract(in_order=True)
def test_replacing_a_collection_fires_bulk_replace_then_appends_and_removes(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = blog(orm)
    heard.classes(world.User, world.Address)
    user = world.User(name="Ann")
    items = [world.Address(email=str(number)) for number in range(4)]
    heard.mark("first")
    user.addresses = items[:3]
    heard.mark("second")
    user.addresses = [items[1], items[3], items[0]]
    heard.mark("emptied")
    user.addresses = []
    return [user.addresses, [item.user for item in items]]


@contract(in_order=True)
def test_every_way_to_change_a_list_is_told(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = blog(orm)
    heard.attribute(world.User.addresses)
    user = world.User(name="Ann")
    items = [world.Address(email=str(number)) for number in range(7)]
    acts = {
        "extend": lambda: user.addresses.extend(items[:3]),
        "setitem": lambda: user.addresses.__setitem__(0, items[3]),
        "set slice": lambda: user.addresses.__setitem__(slice(1, 3), items[4:6]),
        "iadd": lambda: user.addresses.__iadd__([items[6]]),
        "delitem": lambda: user.addresses.__delitem__(0),
        "delete slice": lambda: user.addresses.__delitem__(slice(0, 1)),
        "reverse": lambda: user.addresses.reverse(),
        "clear": lambda: user.addresses.clear(),
    }
    contents = []
    for name, act in acts.items():
        heard.mark(name)
        act()
        contents.append(list(user.addresses))
    return contents


@contract(in_order=True)
def test_retval_replaces_the_item_that_is_appended(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = blog(orm)
    other = world.Address(email="other")

    def swap(target: object, value: object, initiator: object) -> object:
        heard.note("swap", target, value)
        return other

    orm.event.listen(world.User.addresses, "append", swap, retval=True)
    user = world.User(name="Ann")
    user.addresses.append(world.Address(email="1"))
    return [user.addresses == [other], user.addresses[0].email]


@contract(in_order=True)
def test_bulk_replace_may_change_the_values_in_place(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = blog(orm)
    kept, dropped = world.Address(email="kept"), world.Address(email="dropped")

    def keep_one(target: object, values: list[object], initiator: object) -> None:
        values.remove(dropped)

    orm.event.listen(world.User.addresses, "bulk_replace", keep_one)
    heard.attribute(world.User.addresses)
    user = world.User(name="Ann", addresses=[kept, dropped])
    return [[item.email for item in user.addresses], dropped.user]


@contract(in_order=True)
def test_include_key_adds_the_place_in_the_list(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = blog(orm)
    heard.labels.name(orm.attributes.NO_KEY, "NO_KEY")

    def placed(target: object, value: object, initiator: object, key: object) -> None:
        heard.note("placed", target, value, key)

    for name in ("append", "remove"):
        orm.event.listen(world.User.addresses, name, placed, include_key=True)
    user = world.User(name="Ann")
    user.addresses.append(world.Address(email="1"))
    user.addresses.insert(0, world.Address(email="2"))
    user.addresses[1] = world.Address(email="3")
    del user.addresses[0]
    return [item.email for item in user.addresses]


@contract(in_order=True)
def test_raw_listeners_receive_the_state(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = blog(orm)
    heard.attribute(world.User.name, raw=True)
    heard.attribute(world.User.addresses, raw=True)
    user = world.User(name="Ann", addresses=[world.Address(email="1")])
    return user.name


@contract(in_order=True)
def test_propagate_reaches_the_attributes_of_subclasses(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    Base = orm.declarative_base()

    class Ship(Base):
        __tablename__ = "ships"
        id = Column(Integer, primary_key=True)
        name = Column(String)
        kind = Column(String)
        __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "ship"}

    heard.attribute(Ship.name, propagate=True)

    class Steamer(Ship):
        __mapper_args__ = {"polymorphic_identity": "steamer"}

    def only_base(target: object, value: object, oldvalue: object, initiator: object) -> None:
        heard.note("only base", target, value)

    orm.event.listen(Ship.name, "set", only_base)
    return [Ship(name="Argo").kind, Steamer(name="Nautilus").kind]


@contract()
def test_backref_events_do_not_load_the_collection_of_the_other_side(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = people(orm, engine)
    heard.classes(world.User, world.Address)
    with orm.Session(engine) as session:
        heard.session(session, only=["do_orm_execute", "before_flush"])
        user = session.get(world.User, 1)
        address = world.Address(email="new@a.org", user=user)
        session.add(address)
        heard.mark("read")
        emails = sorted(item.email for item in user.addresses)
        session.commit()
        # The oracle reads an expired owner before its collection; the subject knows its key.
        user.name
        return [emails, address.user_id, address in user.addresses]


@contract()
def test_moving_an_item_between_loaded_collections_tells_all_four_sides(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = people(orm, engine)
    heard.classes(world.User, world.Address)
    with orm.Session(engine) as session:
        heard.session(session, only=["before_flush"])
        ann, bob = session.get(world.User, 1), session.get(world.User, 2)
        moved = ann.addresses[0]
        bob.addresses[0].user
        heard.mark("move")
        bob.addresses.append(moved)
        heard.mark("moved")
        session.commit()
        # As above: the owners are read before their collections.
        ann.name, bob.name
        return [[item.email for item in ann.addresses], [item.email for item in bob.addresses]]


@contract(in_order=True)
def test_loading_fires_init_collection_and_expiring_dispose_collection(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = people(orm, engine)
    heard.attribute(world.User.addresses)
    heard.attribute(world.User.name)
    with orm.Session(engine) as session:
        user = session.get(world.User, 1)
        first = user.addresses
        heard.mark("expire")
        session.expire(user, ["addresses"])
        heard.mark("again")
        second = user.addresses
        heard.mark("replace")
        user.addresses = []
        return [first is second, first == second]


@contract(in_order=True)
def test_flag_modified_and_set_attribute_fire_modified_and_set(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    User = people(orm, engine).User
    heard.attribute(User.name)
    with orm.Session(engine) as session:
        user = session.get(User, 1)
        orm.attributes.flag_modified(user, "name")
        flagged = user in session.dirty
        orm.attributes.set_attribute(user, "name", "Bea")
        orm.attributes.set_committed_value(user, "name", "Cid")
        orm.attributes.del_attribute(user, "name")
        return [flagged, orm.attributes.get_attribute(user, "name")]


@contract(in_order=True)
def test_validates_checks_scalars_and_items(orm: Orm, heard: Recorder, engine: Engine) -> object:
    Base = orm.declarative_base()

    class User(Base):
        __tablename__ = "users"
        id = Column(Integer, primary_key=True)
        email = Column(String)
        nick = Column(String)

        @orm.validates("email", "nick")
        def check(self, key: str, value: str) -> str:
            heard.note("validates", key, value)
            if "@" not in value:
                raise ValueError(key)
            return value.lower()

    user = User(email="ANN@A.ORG")
    return [user.email, heard.error(lambda: setattr(user, "nick", "x")), user.nick]


@contract(in_order=True)
def test_a_collection_replaced_by_its_own_items_tells_that_nothing_moved(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = people(orm, engine)
    heard.attribute(world.User.addresses)
    with orm.Session(engine) as session:
        user = session.get(world.User, 1)
        user.addresses = list(user.addresses)
        return [session.is_modified(user), [item.email for item in user.addresses]]


@contract(in_order=True)
def test_modified_listeners_may_count_flags(orm: Orm, heard: Recorder, engine: Engine) -> object:
    User = people(orm, engine).User

    def flagged(target: object, initiator: Any) -> None:
        heard.note("flagged", target, initiator.key)

    orm.event.listen(User.age, "modified", flagged)
    with orm.Session(engine) as session:
        user = session.get(User, 1)
        user.age = 1
        orm.attributes.flag_modified(user, "age")
        session.commit()
        return user.age

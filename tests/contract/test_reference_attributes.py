"""What the event reference says of attribute events, its listings included."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import Column, Engine, ForeignKey, Integer, Numeric, String

from .heard import Recorder
from .models import blog, people
from .oracle import Orm
from .runner import contract


@contract(in_order=True)
def test_the_listing_of_a_validator_strips_and_may_refuse(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    User = blog(orm).User

    def validate_phone(target: Any, value: str, oldvalue: object, initiator: object) -> str:
        if not value:
            raise ValueError("empty")
        return re.sub(r"\D", "", value)

    orm.event.listen(User.name, "set", validate_phone, retval=True)
    heard.attribute(User.name)
    user = User(name="12-34")
    refused = [
        heard.error(lambda: setattr(user, "name", "")),
        heard.error(lambda: User(name="")),
    ]
    return [user.name, *refused]


@contract(in_order=True)
def test_the_listing_of_bulk_replace_makes_values_before_append_does(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = blog(orm)
    replacing = orm.attributes.OP_BULK_REPLACE

    def made(value: Any) -> Any:
        heard.note("made of", value)
        return world.Address(email=value)

    @orm.event.listens_for(world.User.addresses, "bulk_replace")
    def process_all(target: object, values: list[Any], initiator: Any) -> None:
        heard.note("all", target, len(values), initiator.op is replacing)
        values[:] = [made(value) for value in values]

    @orm.event.listens_for(world.User.addresses, "append", retval=True)
    def process(target: object, value: Any, initiator: Any) -> Any:
        if initiator is None or initiator.op is not replacing:
            return made(value)
        heard.note("made already", value)
        return value

    user = world.User(name="Ann")
    user.addresses = ["1", "2"]
    return [address.email for address in user.addresses]


@contract(in_order=True)
def test_a_new_collection_is_empty_and_the_one_disposed_of_keeps_its_contents(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    Base = orm.declarative_base()
    adapter_of = orm.collections.collection_adapter

    class Ship(Base):
        __tablename__ = "ships"
        id = Column(Integer, primary_key=True)
        sailors = orm.relationship("Sailor", collection_class=set)
        boats = orm.relationship("Boat")

    class Sailor(Base):
        __tablename__ = "sailors"
        id = Column(Integer, primary_key=True)
        ship_id = Column(ForeignKey("ships.id"))

    class Boat(Base):
        __tablename__ = "boats"
        id = Column(Integer, primary_key=True)
        ship_id = Column(ForeignKey("ships.id"))

    def telling(name: str) -> Any:
        def tell(target: object, collection: Any, collection_adapter: Any) -> None:
            mediates = adapter_of(collection) is collection_adapter
            heard.note(name, target, collection, isinstance(collection, set), mediates)

        return tell

    for key in ("sailors", "boats"):
        for name in ("init_collection", "dispose_collection"):
            orm.event.listen(getattr(Ship, key), name, telling(name))
    ship = Ship()
    heard.mark("first members")
    ship.sailors.add(Sailor())
    ship.boats.append(Boat())
    heard.mark("replaced")
    ship.sailors = {Sailor(), Sailor()}
    ship.boats = [Boat()]
    heard.mark("loaded")
    Base.metadata.create_all(engine)
    with orm.Session(engine) as session:
        session.add(ship)
        session.commit()
        return [len(ship.sailors), len(ship.boats)]


@contract(in_order=True)
def test_an_adapter_tells_its_collection_its_owner_and_takes_members(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = blog(orm)
    kept: list[Any] = []

    def keep(target: object, collection: Any, collection_adapter: Any) -> None:
        kept.append((target, collection, collection_adapter))

    orm.event.listen(world.User.addresses, "init_collection", keep)
    user = world.User(name="Ann")
    user.addresses.append(world.Address(email="1"))
    [(target, collection, adapter)] = kept
    return [
        target is user,
        collection is user.addresses,
        adapter.owner_state is orm.inspect(user),
        [each.email for each in adapter],
        len(adapter),
    ]


SOME_CONSTANT = 3.5


def measured(orm: Orm) -> tuple[Any, Any]:
    """Declare the class of the listings of init_scalar, and a subclass of it."""
    Base = orm.declarative_base()

    class MyClass(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "measured"
        id = Column(Integer, primary_key=True)
        kind = Column(String(20))
        some_attribute = Column(Numeric(asdecimal=False), default=9.25)
        __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "my"}

    class Below(MyClass):
        __mapper_args__ = {"polymorphic_identity": "below"}

    return MyClass, Below


@contract(in_order=True)
def test_the_listing_of_init_scalar_puts_the_value_into_the_insert(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    MyClass, Below = measured(orm)
    MyClass.metadata.create_all(engine)
    heard.listen(
        MyClass.some_attribute,
        {"set": ("target", "value", "oldvalue", "initiator")},
        propagate=True,
    )

    @orm.event.listens_for(MyClass.some_attribute, "init_scalar", retval=True, propagate=True)
    def _init(target: object, value: object, dict_: dict[str, Any]) -> float:
        heard.note("init", target, value, dict_ is orm.inspect(target).dict)
        dict_["some_attribute"] = SOME_CONSTANT
        return SOME_CONSTANT

    with orm.Session(engine) as session:
        read, unread, below = MyClass(), MyClass(), Below()
        told = [read.some_attribute, below.some_attribute]
        session.add_all([read, unread, below])
        session.commit()
        return [*told, read.some_attribute, unread.some_attribute, below.some_attribute]


@contract(in_order=True)
def test_the_second_listing_of_init_scalar_fires_set(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    MyClass, _ = measured(orm)
    MyClass.metadata.create_all(engine)
    heard.labels.name(orm.attributes.NO_VALUE, "NO_VALUE")
    heard.listen(
        MyClass.some_attribute,
        {"set": ("target", "value", "oldvalue", "initiator")},
        propagate=False,
    )

    @orm.event.listens_for(MyClass.some_attribute, "init_scalar", retval=True, propagate=True)
    def _init(target: Any, value: object, dict_: dict[str, Any]) -> float:
        target.some_attribute = SOME_CONSTANT
        return SOME_CONSTANT

    with orm.Session(engine) as session:
        made = MyClass()
        told = [made.some_attribute]
        session.add(made)
        session.commit()
        return [*told, made.some_attribute]


@contract(in_order=True)
def test_an_init_scalar_listener_without_retval_only_looks(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    MyClass, Below = measured(orm)

    def looks(target: object, value: object, dict_: dict[str, Any]) -> float:
        heard.note("looks", target, value)
        return SOME_CONSTANT

    orm.event.listen(MyClass.some_attribute, "init_scalar", looks, propagate=False)
    made = MyClass()
    return [made.some_attribute, "some_attribute" in vars(made), Below().some_attribute]


@contract(in_order=True)
def test_the_old_value_is_no_value_or_never_set_until_there_is_one(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    User = people(orm, engine).User
    attributes = orm.attributes

    def told(target: object, value: object, oldvalue: Any, initiator: object) -> None:
        unknown = oldvalue in (attributes.NO_VALUE, attributes.NEVER_SET)
        heard.note("set", value, "unknown" if unknown else oldvalue)

    orm.event.listen(User.name, "set", told)
    user = User()
    user.name = "Ann"
    user.name = "Bea"
    with orm.Session(engine) as session:
        stored = session.get(User, 1)
        stored.name = "Cid"
        session.flush()
        session.expire(stored)
        stored.name = "Dan"
        return stored.name


@contract(in_order=True)
def test_active_history_may_be_said_by_the_mapping(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    Base = orm.declarative_base()

    class Port(Base):
        __tablename__ = "ports"
        id = Column(Integer, primary_key=True)

    class Ship(Base):
        __tablename__ = "ships"
        id = Column(Integer, primary_key=True)
        name = orm.column_property(Column(String(20)), active_history=True)
        port_id: Any = Column(ForeignKey("ports.id"))
        port = orm.relationship(Port, active_history=True)

    Base.metadata.create_all(engine)
    with orm.Session(engine) as session:
        ship = Ship(name="Argo", port=Port())
        session.add(ship)
        session.commit()
        heard.listen(Ship.name, {"set": ("target", "value", "oldvalue", "initiator")})
        heard.listen(Ship.port, {"set": ("target", "value", "oldvalue", "initiator")})
        ship.name = "Fram"
        ship.port = Port()
        session.commit()
        return ship.name


@contract(in_order=True)
def test_the_old_reference_of_a_new_object_is_none_to_who_asks_for_it(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    Base = orm.declarative_base()

    class Port(Base):
        __tablename__ = "ports"
        id = Column(Integer, primary_key=True)
        flag = orm.relationship("Ship", uselist=False, active_history=True, back_populates="port")

    class Ship(Base):
        __tablename__ = "ships"
        id = Column(Integer, primary_key=True)
        port_id: Any = Column(ForeignKey("ports.id"))
        port = orm.relationship(Port, active_history=True, back_populates="flag")

    Base.metadata.create_all(engine)
    arguments = {"set": ("target", "value", "oldvalue", "initiator")}
    heard.listen(Ship.port, arguments)
    heard.listen(Port.flag, arguments)
    told: list[Any] = []

    def note(obj: Any, key: str) -> None:
        told.append(orm.inspect(obj).attrs[key].history)

    with orm.Session(engine) as session:
        for made, key, other in ((Ship, "port", Port), (Port, "flag", Ship)):
            for pending in (False, True):
                first, second = made(), made()
                if pending:
                    session.add_all([first, second])
                heard.mark("given")
                setattr(first, key, other())
                note(first, key)
                setattr(first, key, None)
                note(first, key)
                heard.mark("none")
                setattr(second, key, None)
                note(second, key)
                setattr(second, key, other())
                note(second, key)
                told.append(first in session)
            heard.mark("made")
            note(made(**{key: other()}), key)
            note(made(**{key: None}), key)
    return told


@contract(in_order=True)
def test_propagate_reaches_the_attributes_of_present_and_future_subclasses(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    MyClass, Below = measured(orm)

    @orm.event.listens_for(MyClass.some_attribute, "set", propagate=True)
    def receive_set(target: object, value: object, oldvalue: object, initiator: object) -> None:
        heard.note("set", type(target), value)

    class Later(Below):  # type: ignore[misc,valid-type] # made at run time
        __mapper_args__ = {"polymorphic_identity": "later"}

    for number, made in enumerate((MyClass, Below, Later)):
        made(some_attribute=number)
    return heard.names


@contract(in_order=True)
def test_the_initiator_tells_where_a_change_began(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = blog(orm)
    operations = {
        getattr(orm.attributes, f"OP_{name}"): name
        for name in ("APPEND", "REMOVE", "REPLACE", "BULK_REPLACE", "MODIFIED")
    }
    began: dict[str, Any] = {"addresses": world.User.addresses, "user": world.Address.user}

    def told(name: str) -> Any:
        def tell(target: object, value: object, *rest: Any) -> None:
            initiator = rest[-1]
            token = [key for key, place in began.items() if initiator.impl is place.impl]
            heard.note(name, target, operations[initiator.op], initiator.key, token)

        return tell

    for name in ("append", "remove"):
        orm.event.listen(world.User.addresses, name, told(name))
    set_: Any = told("set")

    def take_set(target: object, value: object, oldvalue: object, initiator: object) -> None:
        set_(target, value, initiator)

    orm.event.listen(world.Address.user, "set", take_set)
    user, address = world.User(name="Ann"), world.Address(email="1")
    user.addresses.append(address)
    address.user = None
    address.user = user
    user.addresses.remove(address)
    user.addresses = [address]
    return heard.names


@contract(in_order=True)
def test_modified_is_told_of_flags_alone_and_makes_the_object_dirty(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    User = people(orm, engine).User
    heard.attribute(User.name)
    with orm.Session(engine) as session:
        user = session.get(User, 1)
        orm.attributes.flag_modified(user, "name")
        told = [user in session.dirty, session.is_modified(user)]
        session.flush()
        orm.attributes.flag_dirty(user)
        return [*told, user in session.dirty, heard.names]

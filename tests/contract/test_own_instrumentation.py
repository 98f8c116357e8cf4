"""Class instrumentation of a user's own: `__sa_instrumentation_manager__` and finders."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Column, Engine, ForeignKey, Integer, MetaData, String, Table

from .heard import Recorder
from .oracle import Orm
from .runner import contract

CLASS_HOOKS = (
    "manage",
    "unregister",
    "install_descriptor",
    "instrument_attribute",
    "post_configure_attribute",
    "instrument_collection_class",
)
OBJECT_HOOKS = ("initialize_instance_dict", "install_state")


def extension(orm: Orm) -> Any:
    """Return the module of either mapper."""
    package = "sqlalchemy" if orm.is_oracle else "cormorant"
    return importlib.import_module(f"{package}.ext.instrumentation")


def ports(orm: Orm, engine: Engine, custom: Any) -> Any:
    """Declare Port with its Ships, both instrumented by `custom`, and make their tables."""
    Base: Any = orm.declarative_base(
        cls=type("Own", (), {extension(orm).INSTRUMENTATION_MANAGER: custom})
    )

    class Port(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "ports"
        id = Column(Integer, primary_key=True)
        name = Column(String(20))
        ships = orm.relationship("Ship", back_populates="port", order_by="Ship.id")

    class Ship(Base):  # type: ignore[misc] # as above
        __tablename__ = "ships"
        id = Column(Integer, primary_key=True)
        port_id: Any = Column(ForeignKey("ports.id"))
        port = orm.relationship("Port", back_populates="ships")

    Base.metadata.create_all(engine)
    Base.classes = (Port, Ship)
    return SimpleNamespace(Base=Base, Port=Port, Ship=Ship)


def drawers(orm: Orm) -> Any:
    """Return a manager that keeps state and values in a drawer of the object."""

    class Drawers(extension(orm).InstrumentationManager):  # type: ignore[misc] # known at run time
        def initialize_instance_dict(self, class_: type, instance: Any) -> None:
            instance.__dict__["drawer"] = {}
            instance.__dict__["label"] = class_.__name__

        def get_instance_dict(self, class_: type, instance: Any) -> dict[str, Any]:
            return instance.__dict__["drawer"]

        def install_state(self, class_: type, instance: Any, state: Any) -> None:
            instance.__dict__["state"] = state

        def state_getter(self, class_: type) -> Callable[[Any], Any]:
            return lambda instance: instance.__dict__["state"]

    return Drawers


def telling(orm: Orm, heard: Recorder, names: tuple[str, ...]) -> Any:
    """Return a manager that writes down when its methods are called."""
    base = extension(orm).InstrumentationManager

    def told(name: str) -> Any:
        def method(self: Any, class_: type, *rest: Any) -> Any:
            heard.note(name, class_, [each for each in rest if isinstance(each, str)])
            return getattr(base, name)(self, class_, *rest)

        return method

    return type("Telling", (base,), {name: told(name) for name in names})


@contract(in_order=True)
def test_values_and_states_are_kept_where_the_class_wants_them(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = ports(orm, engine, drawers(orm))
    port = world.Port(name="Iolkos")
    port.ships.append(world.Ship())
    ours = {key for key in port.__dict__ if not key.startswith("_")}
    told: list[Any] = [
        sorted(ours),
        sorted(port.__dict__["drawer"]),
        port.__dict__["state"] is orm.inspect(port),
        orm.attributes.instance_dict(port) is port.__dict__["drawer"],
    ]
    with orm.Session(engine) as session:
        session.add(port)
        session.commit()
        told += [port.name, len(port.ships), port.__dict__["drawer"]["name"]]
        port.name = "Volos"
        told.append(orm.attributes.get_history(port, "name"))
        session.commit()
        session.expunge_all()
        loaded = session.scalars(
            orm.select(world.Port).options(orm.selectinload(world.Port.ships))
        )
        found = loaded.one()
        told += [sorted(found.__dict__["drawer"]), found.__dict__["label"], found.name]
        session.expire(found, ["name"])
        told += ["name" in found.__dict__["drawer"], found.name, len(found.ships)]
        session.delete(found.ships[0])
        session.commit()
        return [*told, found.ships, session.is_modified(found)]


@contract(in_order=True)
def test_each_object_is_begun_once_before_its_constructor_or_its_row(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = ports(orm, engine, telling(orm, heard, OBJECT_HOOKS))
    heard.mark("new")
    port = world.Port(name="Iolkos")
    port.name, port.ships
    with orm.Session(engine) as session:
        session.add(port)
        session.commit()
        session.expunge_all()
        heard.mark("loaded")
        found = session.get(world.Port, 1)
        session.refresh(found)
        return [found.name, found._default_state is orm.inspect(found)]


@contract(in_order=True)
def test_the_hooks_of_a_class(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = ports(orm, engine, telling(orm, heard, CLASS_HOOKS))
    orm.configure_mappers()
    world.Base.registry.dispose()
    # In which order attributes and classes come is the oracle's own.
    heard.log.sort(key=str)
    first = [name for name in heard.names if name in ("manage", "unregister")]
    return first


@contract(in_order=True)
def test_descriptors_may_be_left_to_the_user(orm: Orm, heard: Recorder, engine: Engine) -> object:
    class Field:
        """A descriptor of the user's own."""

        def __init__(self, key: str) -> None:
            self.key = key

        def __get__(self, obj: Any, owner: type) -> Any:
            return self if obj is None else orm.attributes.get_attribute(obj, self.key)

        def __set__(self, obj: Any, value: Any) -> None:
            heard.note("set", self.key)
            orm.attributes.set_attribute(obj, self.key, value)

        def __delete__(self, obj: Any) -> None:
            orm.attributes.del_attribute(obj, self.key)

    class Fields(extension(orm).InstrumentationManager):  # type: ignore[misc] # as above
        def install_descriptor(self, class_: type, key: str, inst: Any) -> None:
            setattr(class_, key, Field(key))

    Base: Any = orm.registry()

    class Port:
        """Mapped imperatively: nothing but the hooks touches the class."""

    setattr(Port, extension(orm).INSTRUMENTATION_MANAGER, Fields)
    table = Table(
        "ports", MetaData(), Column("id", Integer, primary_key=True), Column("name", String(20))
    )
    Base.map_imperatively(Port, table)
    table.create(engine)
    port: Any = Port()
    port.name = "Iolkos"
    with orm.Session(engine) as session:
        session.add(port)
        session.commit()
        port.name += "!"
        session.commit()
        told = [port.name, isinstance(Port.__dict__["name"], Field)]
        told.append(orm.instrumentation.is_instrumented(port, "name"))
        session.expunge_all()
        return [*told, session.get(Port, 1).name]


@contract(in_order=True)
def test_collections_may_be_of_a_class_that_the_hook_names(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    class Own(list):  # type: ignore[type-arg] # plain
        """What collections shall be."""

    class Lists(extension(orm).InstrumentationManager):  # type: ignore[misc] # as above
        def instrument_collection_class(self, class_: type, key: str, kind: Any) -> Any:
            heard.note("collection of", class_, key, kind)
            return super().instrument_collection_class(class_, key, kind)

    world = ports(orm, engine, Lists)
    port = world.Port()
    port.ships.append(world.Ship())
    return len(port.ships)


@contract(in_order=True)
def test_finders_are_asked_in_order_and_managers_may_be_their_answer(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    finders = extension(orm).instrumentation_finders

    class Manager(orm.ClassManager):  # type: ignore[misc,name-defined] # chosen at run time
        """A manager of the user's own."""

    def finder(cls: type) -> Any:
        if cls.__name__ not in ("Chosen", "Plain"):
            return None
        heard.note("asked for", cls)
        return Manager if cls.__name__ == "Chosen" else None

    def declared(name: str) -> Any:
        body = {"__tablename__": name, "id": Column(Integer, primary_key=True)}
        return type(name, (orm.declarative_base(),), body)

    finders.insert(0, finder)
    try:
        made = [declared(name) for name in ("Chosen", "Plain")]
    finally:
        finders.remove(finder)
    told = [isinstance(orm.attributes.manager_of_class(each), Manager) for each in made]
    heard.log[:] = list(dict.fromkeys(heard.log))
    return [*told, made[0](id=3).id]


@contract(in_order=True)
def test_the_registry_finds_managers_states_and_values(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = ports(orm, engine, drawers(orm))
    registry = extension(orm).ExtendedInstrumentationRegistry()
    port = world.Port(name="Iolkos")
    return [
        registry.manager_of_class(world.Port) is orm.attributes.manager_of_class(world.Port),
        registry.opt_manager_of_class(int),
        heard.error(lambda: registry.manager_of_class(int)),
        registry.state_of(port) is orm.inspect(port),
        registry.dict_of(port) is port.__dict__["drawer"],
    ]


@contract(in_order=True)
def test_a_subclass_is_instrumented_as_its_mapped_base(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    first, second = drawers(orm), drawers(orm)
    world = ports(orm, engine, first)

    def below(name: str, **body: Any) -> Any:
        return type(name, (world.Port,), body)

    marked = extension(orm).INSTRUMENTATION_MANAGER
    fine: Any = below("Fine")
    refused = heard.error(lambda: below("Other", **{marked: second}))
    return [refused, sorted(fine(name="x").__dict__["drawer"])]

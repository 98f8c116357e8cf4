"""Instrumentation events: classes and attributes as they become mapped."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, Engine, Integer, String

from . import catalog
from .heard import Recorder
from .models import blog
from .oracle import Orm
from .runner import contract


@contract(in_order=True)
def test_instrumenting_a_class_names_the_class_and_its_attributes(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    Base = orm.declarative_base()
    heard.listen(Base, catalog.INSTRUMENTATION, propagate=True)

    class User(Base):
        __tablename__ = "users"
        id = Column(Integer, primary_key=True)
        name = Column(String)

    heard.mark("an attribute later")
    User.nick = Column(String)
    return sorted(orm.inspect(User).attrs.keys())


@contract(in_order=True)
def test_relations_are_instrumented_when_mappers_are_configured(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = blog(orm)
    told: list[tuple[str, str]] = []

    def instrumented(cls: type, key: str, inst: Any) -> None:
        told.append((cls.__name__, key))

    orm.event.listen(world.Base, "attribute_instrument", instrumented, propagate=True)

    class Later(world.Base):
        __tablename__ = "laters"
        id = Column(Integer, primary_key=True)

    orm.configure_mappers()
    return [sorted(told), Later.__name__]


@contract(in_order=True)
def test_uninstrumenting_is_told(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = blog(orm)
    orm.configure_mappers()
    for class_ in (world.User, world.Address):
        listener = {"class_uninstrument": ("class_",)}
        heard.listen(class_, listener)
    world.Base.registry.dispose()
    heard.log.sort(key=str)
    return heard.error(lambda: orm.class_mapper(world.User))


@contract(in_order=True)
def test_managers_of_classes(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = blog(orm)
    user = world.User(name="Ann")
    manager = orm.attributes.manager_of_class(world.User)
    return [
        manager.class_,
        manager.mapper,
        orm.attributes.instance_state(user) is orm.inspect(user),
        orm.attributes.instance_dict(user) is vars(user),
        orm.instrumentation.is_instrumented(user, "name"),
        orm.instrumentation.is_instrumented(user, "surname"),
    ]


@contract(in_order=True)
def test_listeners_on_a_base_hear_all_that_is_below_it(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    class Base(orm.DeclarativeBase):
        pass

    def below(cls: type) -> None:
        heard.note("instrumented", cls)

    def gone(cls: type) -> None:
        heard.note("uninstrumented", cls)

    def attribute(cls: type, key: str, inst: Any) -> None:
        heard.note("attribute", cls, key, inst.key)

    orm.event.listen(Base, "class_instrument", below)
    orm.event.listen(Base, "class_uninstrument", gone)
    orm.event.listen(Base, "attribute_instrument", attribute)

    class Ship(Base):
        __tablename__ = "ships"
        id = Column(Integer, primary_key=True)

    Base.registry.configure()
    Base.registry.dispose()
    return Ship.__name__

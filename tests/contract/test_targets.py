"""What may be listened to, for every event: each kind of target hears what happens below it."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from sqlalchemy import Column, Engine, Integer, String

from . import catalog
from .databases import SQLITE
from .heard import Recorder
from .occasions import OCCASIONS, occasion_of
from .oracle import Orm
from .runner import Contract, contract
from .stage import Stage, staged

# The oracle has no such warning; tests/event/test_inheritance.py is about ours.
pytestmark = pytest.mark.filterwarnings("ignore::cormorant.exc.SkippedSubclassWarning")

OBJECTS = [
    *(f"MapperEvents.{name}" for name in catalog.MAPPER_FLUSH),
    *(f"InstanceEvents.{name}" for name in catalog.INSTANCE),
]
BELOW = {"propagate": True}
CLASS_TARGETS: dict[str, Any] = {
    "the mapper of a class": (lambda stage: stage.orm.inspect(stage.world.Ship), {}),
    "the class Mapper": (lambda stage: stage.orm.Mapper, {}),
    "the declarative base": (lambda stage: stage.Base, BELOW),
}
SESSION_TARGETS: dict[str, Any] = {
    "the class Session": lambda stage: stage.orm.Session,
    "a subclass": lambda stage: stage.Session,
    "a sessionmaker": lambda stage: stage.maker,
    "a scoped_session": lambda stage: stage.scoped,
}
REGISTRY_TARGETS: dict[str, Any] = {
    "a declarative base": lambda stage: stage.Base,
}


def heard_at(
    label: str, target: Any, options: dict[str, Any], orm: Orm, heard: Recorder, engine: Engine
) -> object:
    """Listen to an event at `target`, and do what fires it."""
    occasion, arguments = occasion_of(label)
    name = label.partition(".")[2]
    with staged(orm, engine) as stage:
        occasion.quiet(stage)
        heard.listen(target(stage), {name: arguments}, **options)
        heard.error(lambda: occasion.loud(stage))
        heard.stop()
    assert name in heard.names
    return len(heard.names)


def check(label: str, target: Any, options: dict[str, Any] | None = None) -> None:
    """Compare what is heard at `target` under both mappers."""
    Contract(partial(heard_at, label, target, options or {}), SQLITE, ("fast",), False).check(
        "fast"
    )


@pytest.mark.parametrize("what", CLASS_TARGETS)
@pytest.mark.parametrize("label", OBJECTS)
def test_each_target_of_a_class_hears_its_objects(label: str, what: str) -> None:
    check(label, *CLASS_TARGETS[what])


def heard_of_a_mixin(label: str, early: bool, orm: Orm, heard: Recorder, engine: Engine) -> object:
    """Listen to an event at a mixin of a class, before the class is mapped or afterwards."""
    occasion, arguments = occasion_of(label)
    name = label.partition(".")[2]
    mixin = type("Mixin", (), {})
    if early:
        heard.listen(mixin, {name: arguments}, propagate=True)
    with staged(orm, engine, mixin) as stage:
        if not early:
            heard.listen(mixin, {name: arguments}, propagate=True)
        occasion.quiet(stage)
        heard.mark("loud")
        heard.error(lambda: occasion.loud(stage))
        heard.stop()
    assert name in heard.names[heard.names.index("mark") :]
    return len(heard.names)


@pytest.mark.parametrize("early", [True, False])
@pytest.mark.parametrize("label", OBJECTS)
def test_an_unmapped_mixin_hears_objects_of_what_is_mapped_below(label: str, early: bool) -> None:
    Contract(partial(heard_of_a_mixin, label, early), SQLITE, ("fast",), False).check("fast")


@pytest.mark.parametrize("what", SESSION_TARGETS)
@pytest.mark.parametrize("name", OCCASIONS["SessionEvents"])
def test_each_target_of_a_session_hears_it(name: str, what: str) -> None:
    check(f"SessionEvents.{name}", SESSION_TARGETS[what])


@pytest.mark.parametrize("name", OCCASIONS["QueryEvents"])
def test_the_class_query_hears_queries_of_subclasses(name: str) -> None:
    check(f"QueryEvents.{name}", lambda stage: stage.orm.Query)


@pytest.mark.parametrize("what", REGISTRY_TARGETS)
@pytest.mark.parametrize("name", OCCASIONS["RegistryEvents"])
def test_each_target_of_a_registry_hears_it(name: str, what: str) -> None:
    check(f"RegistryEvents.{name}", REGISTRY_TARGETS[what])


@contract(in_order=True)
def test_instrumentation_listeners_reach_subclasses_unless_they_say_not(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    Base = orm.declarative_base()

    class Plain:
        """What is mapped below."""

    for text, options in (("usual", {}), ("asked", BELOW), ("alone", {"propagate": False})):

        def tell(cls: type, text: str = text) -> None:
            heard.note(text, cls)

        orm.event.listen(Plain, "class_instrument", tell, **options)

    class Ship(Plain, Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "ships"
        id = Column(Integer, primary_key=True)

    return Ship.__name__


@contract(in_order=True)
def test_instrumentation_listeners_find_the_manager_of_the_class(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    Base = orm.declarative_base()
    manager_of_class = orm.instrumentation.manager_of_class

    def managed(text: str) -> Any:
        def tell(cls: type, *rest: Any) -> None:
            manager = manager_of_class(cls)
            keys = [each for each in rest if isinstance(each, str)]
            heard.note(text, cls, manager.class_ is cls, keys)

        return tell

    told: Any = managed("attribute")
    orm.event.listen(Base, "class_instrument", lambda cls: managed("class")(cls))
    orm.event.listen(Base, "attribute_instrument", lambda cls, key, inst: told(cls, key))

    class Ship(Base):  # type: ignore[misc] # as above
        __tablename__ = "ships"
        id = Column(Integer, primary_key=True)
        name = Column(String(20))

    orm.configure_mappers()
    return Ship.__name__


@contract(in_order=True)
def test_listeners_of_every_kind_are_called(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = Stage(orm, engine)
    Ship = world.world.Ship
    seen: dict[Any, Any] = {}

    class Listener:
        def method(self, mapper: object, connection: object, target: object) -> None:
            heard.note("method", target)

        @classmethod
        def of_class(cls, mapper: object, connection: object, target: object) -> None:
            heard.note("class method", target)

        @staticmethod
        def static(mapper: object, connection: object, target: object = None) -> None:
            heard.note("static method", target)

        def __call__(self, *arguments: object) -> None:
            heard.note("object", arguments[2])

    def with_more(text: str, mapper: object, connection: object, target: object) -> None:
        heard.note(text, target)

    def with_default(mapper: object, connection: object, target: object, more: str = "") -> None:
        heard.note("default", target, more)

    kept = Listener()
    for listener in (
        kept.method,
        kept.of_class,
        kept.static,
        kept,
        partial(with_more, "partial"),
        with_default,
        lambda *arguments: heard.note("star", arguments[2]),
        lambda mapper, *others: heard.note("half a star", others[1]),
    ):
        orm.event.listen(Ship, "before_insert", listener)
    # A method of a C type.
    orm.event.listen(Ship, "load", seen.__setitem__)
    world.flushed()
    loaded = world.first()
    world.session.close()
    world.Base.registry.dispose()
    return [list(seen) == [loaded], heard.names]

"""Registry events: resolving annotations and configuring one registry."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, Integer, String

from . import catalog
from .heard import Recorder
from .oracle import Orm
from .runner import contract

CONFIGURING = {name: catalog.REGISTRY[name] for name in ("before_configured", "after_configured")}


class Email(str):
    """A type that no map knows."""


def declared(orm: Orm, base: Any) -> Any:
    """Declare a class with an annotation that only a listener can resolve."""
    namespace = {
        "__tablename__": "users",
        "__annotations__": {"id": orm.Mapped[int], "email": orm.Mapped[Email]},
        "id": orm.mapped_column(primary_key=True),
    }
    return type("User", (base,), namespace)


@contract(in_order=True)
def test_resolve_type_annotation_gives_the_type_of_a_column(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    Base = type("Base", (orm.DeclarativeBase,), {})

    def resolve(resolve_type: Any) -> Any:
        heard.note("resolve", resolve_type.raw_type)
        return String(77) if resolve_type.raw_type is Email else None

    orm.event.listen(Base, "resolve_type_annotation", resolve)
    User = declared(orm, Base)
    columns = User.__table__.c
    return [isinstance(columns.id.type, Integer), columns.email.type.length]


@contract(in_order=True)
def test_an_annotation_that_nobody_resolves_is_refused(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    Base = type("Base", (orm.DeclarativeBase,), {})
    heard.listen(Base.registry, {"resolve_type_annotation": ("resolve_type",)})
    return heard.error(lambda: declared(orm, Base))


@contract(in_order=True)
def test_configuring_a_registry_is_told(orm: Orm, heard: Recorder, engine: Engine) -> object:
    orm.configure_mappers()
    Base = type("Base", (orm.DeclarativeBase,), {})
    heard.listen(Base.registry, CONFIGURING)

    class User(Base):
        __tablename__ = "users"
        id = orm.mapped_column(Integer, primary_key=True)

    heard.listen(User, {"mapper_configured": ("mapper", "class_")})
    heard.mark("configure")
    Base.registry.configure()
    heard.mark("again")
    Base.registry.configure()
    return heard.names


@contract(in_order=True)
def test_the_first_listener_that_resolves_an_annotation_wins(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    Base = type("Base", (orm.DeclarativeBase,), {})

    def resolving(length: int | None) -> Any:
        def resolve(resolve_type: Any) -> Any:
            if resolve_type.raw_type is not Email:
                return None
            heard.note("asked", length)
            return None if length is None else String(length)

        return resolve

    for length in (None, 30, 40):
        orm.event.listen(Base.registry, "resolve_type_annotation", resolving(length))
    return declared(orm, Base).__table__.c.email.type.length


@contract(in_order=True)
def test_each_registry_tells_of_its_own_configuration(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    orm.configure_mappers()
    bases = [type(f"Base{number}", (orm.DeclarativeBase,), {}) for number in range(2)]
    for number, base in enumerate(bases):
        body = {"__tablename__": "ships", "id": orm.mapped_column(Integer, primary_key=True)}
        base.ship = type("Ship", (base,), body)
        for name in CONFIGURING:

            def tell(registry: Any, name: str = name, number: int = number) -> None:
                heard.note(name, number, registry is bases[number].registry)

            orm.event.listen(base.registry, name, tell)
    for base in reversed(bases):
        base.registry.configure()
    return heard.names

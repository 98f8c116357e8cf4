"""Every event of the catalog is fired by the ORM: none is only declared."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Column, Engine, ForeignKey, Integer, String

import cormorant as orm
from cormorant.event.catalog import (
    FAMILIES,
    AttributeEvents,
    InstanceEvents,
    InstrumentationEvents,
    MapperEvents,
    QueryEvents,
    RegistryEvents,
    SessionEvents,
)
from cormorant.event.family import Event

Log = dict[str, None]
ALL = {f"{family.__name__}.{name}" for family in FAMILIES for name in family.events}


@pytest.fixture
def own_event_system() -> None:
    """Leave the boards of the ORM in place: here it fires itself."""


class Fleet:
    """Two classes, a session and a query that tell of every event."""

    def __init__(self, fired: Log) -> None:
        """Listen wherever an event can be heard; `stop` ends what would outlive this."""
        self.fired = fired
        self._listening: list[tuple[Any, str, Callable[..., None]]] = []
        self.Base: Any = orm.declarative_base()
        self.hear(self.Base.registry, RegistryEvents)
        self.hear(self.Base, InstrumentationEvents)
        self.hear(self.Base, MapperEvents, propagate=True)
        self.hear(self.Base, InstanceEvents, propagate=True)
        self.hear(orm.Mapper, MapperEvents, MapperEvents.everyone_only)
        self.Ship, self.Sailor = self.classes()
        for attribute in (self.Ship.name, self.Ship.crew, self.Sailor.ship):
            self.hear(attribute, AttributeEvents)
        self.Session = type("Session", (orm.Session,), {})
        self.Query = type("Query", (orm.Query,), {})
        self.hear(self.Session, SessionEvents)
        self.hear(self.Query, QueryEvents)

    def classes(self) -> tuple[Any, Any]:
        """Map Ship with a list of Sailor; pickle finds both in this module."""

        class Ship(self.Base):  # type: ignore[misc,name-defined] # a base made at run time
            __tablename__ = "ships"
            id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
            name: orm.Mapped[str | None] = orm.mapped_column(String(20))
            tons = Column(Integer, default=9)
            crew = orm.relationship("Sailor", back_populates="ship")

        class Sailor(self.Base):  # type: ignore[misc,name-defined] # as above
            __tablename__ = "sailors"
            id = Column(Integer, primary_key=True)
            ship_id = Column(ForeignKey("ships.id"))
            ship = orm.relationship("Ship", back_populates="crew")

        for cls in (Ship, Sailor):
            cls.__qualname__ = cls.__name__
            globals()[cls.__name__] = cls
        return Ship, Sailor

    def hear(
        self, target: Any, family: Any, names: frozenset[str] | None = None, **options: Any
    ) -> None:
        """Listen to `names`, or to all events of `family` that single targets have."""
        for name, event in family.events.items():
            if (name in names) if names is not None else not event.everyone_only:
                listener = self.listener(event)
                orm.event.listen(target, name, listener, named=True, **options)
                self._listening.append((target, name, listener))

    def listener(self, event: Event) -> Callable[..., None]:
        """Return a listener that notes `event`, whatever its arguments."""
        label = f"{event.family.__name__}.{event.name}"

        def note(**arguments: Any) -> None:
            self.fired[label] = None

        return note

    def stop(self) -> None:
        """Hear nothing any more."""
        for target, name, listener in self._listening:
            if orm.event.contains(target, name, listener):
                orm.event.remove(target, name, listener)


@pytest.fixture
def fleet(sqlite_engine: Engine) -> Iterator[Fleet]:
    """Give the classes with their tables and one stored ship with its sailor."""
    fleet = Fleet({})
    fleet.Base.metadata.create_all(sqlite_engine)
    yield fleet
    fleet.stop()
    orm.close_all_sessions()


def objects_alone(fleet: Fleet) -> None:
    """Make, change and pickle objects without a session."""
    ship = fleet.Ship(name="Argo")
    ship.tons, ship.name
    del ship.name
    fleet.Ship().name
    sailor = fleet.Sailor()
    ship.crew.append(sailor)
    ship.crew = [sailor, fleet.Sailor()]
    ship.crew.remove(sailor)
    with pytest.raises(TypeError):
        fleet.Ship(sails=3)
    pickle.loads(pickle.dumps(fleet.Sailor()))


def stored_objects(fleet: Fleet, session: Any) -> None:
    """Insert, update, refresh, expire, delete, detach and attach objects."""
    ship, lost = fleet.Ship(name="Argo"), fleet.Ship(name="Pinta")
    session.add_all([ship, lost])
    session.commit()
    ship.name = "Argo II"
    orm.attributes.flag_modified(ship, "name")
    session.flush()
    session.refresh(ship)
    session.expunge(ship)
    session.add(ship)
    session.delete(lost)
    session.commit()
    session.expunge_all()
    session.scalars(orm.select(fleet.Ship)).all()


def rolled_back_objects(fleet: Fleet, session: Any) -> None:
    """Take back an insert, a delete and an object never written."""
    ship = session.scalars(orm.select(fleet.Ship)).first()
    session.add(fleet.Ship(name="Nina"))
    session.delete(ship)
    session.flush()
    session.add(fleet.Ship(name="Santa Maria"))
    session.rollback()
    with session.begin_nested() as savepoint:
        savepoint.rollback()


def queries(fleet: Fleet, session: Any) -> None:
    """Read, update and delete through Query."""
    session.query(fleet.Ship).all()
    session.query(fleet.Ship).update({"name": "Vasa"})
    session.query(fleet.Ship).delete()
    session.commit()


def test_every_event_of_the_catalog_fires(fleet: Fleet, sqlite_engine: Engine) -> None:
    objects_alone(fleet)
    with fleet.Session(sqlite_engine, query_cls=fleet.Query) as session:
        for scene in (stored_objects, rolled_back_objects, queries):
            scene(fleet, session)
    fleet.Base.registry.dispose()
    assert sorted(fleet.fired) == sorted(ALL)

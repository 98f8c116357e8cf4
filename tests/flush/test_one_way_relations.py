"""Relationships without another side that mapper listeners change in the object they hear of."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Column, Engine, ForeignKey, Integer, String, Table, select

from cormorant import Session, declarative_base, event, relationship

Change = Callable[[Any, Any], object]


def fleet(engine: Engine) -> SimpleNamespace:
    """Declare ships that know their port, boats and flags, which know nothing of ships."""
    Base: Any = declarative_base()
    ship_flags = Table(
        "ship_flags",
        Base.metadata,
        Column("ship_id", ForeignKey("ships.id"), primary_key=True),
        Column("flag_id", ForeignKey("flags.id"), primary_key=True),
    )

    class Port(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "ports"
        id = Column(Integer, primary_key=True)
        name = Column(String(20))

    class Boat(Base):  # type: ignore[misc] # as above
        __tablename__ = "boats"
        id = Column(Integer, primary_key=True)
        name = Column(String(20))
        ship_id: Any = Column(ForeignKey("ships.id"))

    class Flag(Base):  # type: ignore[misc] # as above
        __tablename__ = "flags"
        id = Column(Integer, primary_key=True)
        name = Column(String(20))

    class Ship(Base):  # type: ignore[misc] # as above
        __tablename__ = "ships"
        id = Column(Integer, primary_key=True)
        kind = Column(String(20))
        name = Column(String(20))
        port_id: Any = Column(ForeignKey("ports.id"))
        port = relationship(Port)
        boats = relationship(Boat, order_by=Boat.id)
        flags = relationship(Flag, secondary=ship_flags, order_by=Flag.id)
        __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "ship"}

    class Steamer(Ship):
        __tablename__ = "steamers"
        id: Any = Column(ForeignKey("ships.id"), primary_key=True)
        __mapper_args__ = {"polymorphic_identity": "steamer"}

    Base.metadata.create_all(engine)
    with engine.begin() as connection:
        for cls, names in ((Port, ("old", "there")), (Boat, ("old", "there"))):
            connection.execute(cls.__table__.insert(), [{"name": name} for name in names])
        connection.execute(Flag.__table__.insert(), [{"name": name} for name in ("old", "there")])
    return SimpleNamespace(
        Base=Base, Port=Port, Boat=Boat, Flag=Flag, Ship=Ship, Steamer=Steamer, pairs=ship_flags
    )


def rows_of(world: SimpleNamespace, engine: Engine) -> Any:
    """Return port, boats and flags of the one ship, as another connection sees them."""
    with engine.connect() as connection:
        key, port_id = connection.execute(select(world.Ship.id, world.Ship.port_id)).one()
        boats, flags = world.Boat.__table__, world.Flag.__table__
        port = connection.scalar(select(world.Port.name).where(world.Port.id == port_id))
        here = select(boats.c.name).where(boats.c.ship_id == key).order_by(boats.c.name)
        paired = select(flags.c.name).join(world.pairs).order_by(flags.c.name)
        return port, [*connection.scalars(here)], [*connection.scalars(paired)]


def there(story: Any, cls: Any) -> Any:
    """Return the object that has a row, and stands in no relationship."""
    return story.session.query(cls).filter(cls.name == "there").one()


CHANGES: dict[str, Change] = {
    "port": lambda ship, story: setattr(ship, "port", there(story, story.Port)),
    "new port": lambda ship, story: setattr(ship, "port", story.Port(name="new")),
    "no port": lambda ship, story: setattr(ship, "port", None),
    "boat": lambda ship, story: ship.boats.append(there(story, story.Boat)),
    "new boat": lambda ship, story: ship.boats.append(story.Boat(name="new")),
    "other boats": lambda ship, story: setattr(ship, "boats", [there(story, story.Boat)]),
    "no boats": lambda ship, story: ship.boats.clear(),
    "flag": lambda ship, story: ship.flags.append(there(story, story.Flag)),
    "new flag": lambda ship, story: ship.flags.append(story.Flag(name="new")),
    "other flags": lambda ship, story: setattr(ship, "flags", [there(story, story.Flag)]),
    "no flags": lambda ship, story: ship.flags.clear(),
    "nothing": lambda ship, story: len([ship.port, ship.boats, ship.flags]),
}
WRITTEN: dict[str, Any] = {
    "port": ("there", ["old"], ["old"]),
    "new port": ("new", ["old"], ["old"]),
    "no port": (None, ["old"], ["old"]),
    "boat": ("old", ["old", "there"], ["old"]),
    "new boat": ("old", ["new", "old"], ["old"]),
    "other boats": ("old", ["there"], ["old"]),
    "no boats": ("old", [], ["old"]),
    "flag": ("old", ["old"], ["old", "there"]),
    "new flag": ("old", ["old"], ["new", "old"]),
    "other flags": ("old", ["old"], ["there"]),
    "no flags": ("old", ["old"], []),
    "nothing": ("old", ["old"], ["old"]),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("kind", ["Ship", "Steamer"])
@pytest.mark.parametrize(
    "name", ["before_insert", "after_insert", "before_update", "after_update"]
)
@pytest.mark.parametrize("loaded", [True, False], ids=["loaded", "unloaded"])
def test_relationships_that_a_listener_changes_in_its_object_are_written(
    sqlite_file_engine: Engine, change: str, kind: str, name: str, loaded: bool
) -> None:
    world = fleet(sqlite_file_engine)
    cls = getattr(world, kind)
    with Session(sqlite_file_engine) as session:
        world.session = session
        old = [session.query(each).order_by(each.id).first() for each in (world.Port, world.Boat)]
        ship = cls(port=old[0], boats=[old[1]], flags=[session.query(world.Flag).first()])
        session.add(ship)
        if name.endswith("update"):
            session.commit()
            if loaded:
                assert len([ship.port, *ship.boats, *ship.flags]) == 3
            ship.name = "other"

        @event.listens_for(cls, name, once=True, propagate=True)
        def listen(mapper: Any, connection: Any, target: Any) -> None:
            CHANGES[change](target, world)

        session.commit()
        assert rows_of(world, sqlite_file_engine) == WRITTEN[change]
        session.expire_all()
        seen = (ship.port, ship.boats, ship.flags)
        names = seen[0] and seen[0].name, *(sorted(e.name for e in each) for each in seen[1:])
        assert names == WRITTEN[change]

"""Relationships that a subclass inherits: one relation, whichever class an object is of."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Column, Engine, ForeignKey, Integer, String, Table

from .databases import SQLITE
from .heard import Recorder
from .oracle import Orm
from .runner import Contract, contract


def fleet(orm: Orm, engine: Engine, **owning: Any) -> SimpleNamespace:
    """Declare Ship and Steamer in one table, Port and Boats; `owning`: of Ship.boats."""
    Base = orm.declarative_base()

    class Port(Base):
        __tablename__ = "ports"
        id = Column(Integer, primary_key=True)
        ships = orm.relationship("Ship", back_populates="port", order_by="Ship.id")

    class Ship(Base):
        __tablename__ = "ships"
        id = Column(Integer, primary_key=True)
        kind = Column(String(20))
        port_id: Any = Column(ForeignKey("ports.id"))
        port = orm.relationship("Port", back_populates="ships")
        boats = orm.relationship("Boat", order_by="Boat.id", **owning)
        __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "ship"}

    class Steamer(Ship):
        __mapper_args__ = {"polymorphic_identity": "steamer"}

    class Boat(Base):
        __tablename__ = "boats"
        id = Column(Integer, primary_key=True)
        ship_id: Any = Column(ForeignKey("ships.id"))
        ship = orm.relationship("Ship", viewonly=True)

    Base.metadata.create_all(engine)
    return SimpleNamespace(Base=Base, Port=Port, Ship=Ship, Steamer=Steamer, Boat=Boat)


@contract(in_order=True)
def test_a_propagating_listener_hears_a_set_of_a_subclass_once(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = fleet(orm, engine)
    heard.attribute(world.Ship.port, propagate=True)
    heard.attribute(world.Port.ships)
    steamer, port = world.Steamer(), world.Port()
    steamer.port = port
    world.Port().ships.append(steamer)
    port.ships = [steamer, world.Ship()]
    steamer.port = None
    return [len(port.ships), steamer.port]


def moved_to(kind: str, orm: Orm, heard: Recorder, engine: Engine) -> object:
    """Move a boat from a ship to one of class `kind`, in one flush."""
    world = fleet(orm, engine, cascade="all, delete-orphan")
    with orm.Session(engine) as session:
        session.add_all([world.Ship(boats=[world.Boat()]), getattr(world, kind)()])
        session.commit()
        first, second = session.scalars(orm.select(world.Ship).order_by(world.Ship.id)).all()
        boat, _none = first.boats[0], second.boats
        heard.classes(world.Boat, attributes=False)
        first.boats.remove(boat)
        second.boats.append(boat)
        session.commit()
        return [[len(ship.boats) for ship in (first, second)], boat.ship_id]


@pytest.mark.parametrize("kind", ["Ship", "Steamer"])
def test_a_member_that_moves_to_an_owner_of_a_subclass_is_no_orphan(kind: str) -> None:
    def story(orm: Orm, heard: Recorder, engine: Engine) -> object:
        return moved_to(kind, orm, heard, engine)

    Contract(story, SQLITE, ("fast",), False).check("fast")


@contract()
def test_merging_an_object_of_a_subclass_with_both_sides_loaded(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = fleet(orm, engine)
    with orm.Session(engine) as session:
        session.add(world.Port(ships=[world.Steamer(), world.Ship()]))
        session.commit()
    with orm.Session(engine) as session:
        port = session.scalars(orm.select(world.Port)).one()
        assert [ship.port for ship in port.ships] == [port, port]
        session.expunge_all()
    heard.attribute(world.Ship.port, propagate=True)
    heard.attribute(world.Port.ships)
    with heard.at_work(engine) as session:
        merged = session.merge(port.ships[0])
        return [type(merged).__name__, [type(ship).__name__ for ship in merged.port.ships]]


@contract()
def test_pairs_of_a_class_and_its_subclass_are_written_once(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = fleet(orm, engine)
    flag_rows = Table(
        "ship_flags",
        world.Base.metadata,
        Column("ship_id", ForeignKey("ships.id"), primary_key=True),
        Column("flag_id", ForeignKey("flags.id"), primary_key=True),
    )

    class Flag(world.Base):  # type: ignore[misc, name-defined] # the base is made at run time
        __tablename__ = "flags"
        id = Column(Integer, primary_key=True)
        ships = orm.relationship("Ship", secondary=flag_rows, back_populates="flags")

    world.Ship.flags = orm.relationship(Flag, secondary=flag_rows, back_populates="ships")
    world.Base.metadata.create_all(engine)
    with heard.at_work(engine) as session:
        flag = Flag()
        session.add_all([world.Ship(flags=[flag]), world.Steamer(flags=[flag]), Flag()])
        session.commit()
        first, second = session.scalars(orm.select(Flag).order_by(Flag.id)).all()
        second.ships, first.ships = first.ships, []
        session.commit()
    with engine.connect() as connection:
        return sorted(tuple(row) for row in connection.execute(flag_rows.select()))

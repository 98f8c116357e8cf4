"""Whole lives of objects, in which every event that names an object happens at least once."""

from __future__ import annotations

import pickle
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Column, Engine, ForeignKey, Integer, String

from . import catalog
from .heard import Recorder
from .oracle import Orm

MODULE = __name__


def harbour(orm: Orm, *mixins: type) -> SimpleNamespace:
    """Declare Ship with its Steamers in one table, and Port; pickle finds them in this module.

    `mixins`: further bases of Ship.
    """
    Base = orm.declarative_base()

    class Port(Base):
        __tablename__ = "ports"
        id = Column(Integer, primary_key=True)
        name = Column(String(20))
        ships = orm.relationship("Ship", back_populates="port")

    class Ship(*mixins, Base):  # type: ignore[misc] # known at run time
        __tablename__ = "ships"
        id = Column(Integer, primary_key=True)
        name = Column(String(20))
        crew = Column(Integer, default=7)
        kind = Column(String(20))
        port_id: Any = Column(ForeignKey("ports.id"))
        port = orm.relationship("Port", back_populates="ships")
        boats = orm.relationship("Boat", back_populates="ship", order_by="Boat.id")
        __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "ship"}

    class Steamer(Ship):
        __mapper_args__ = {"polymorphic_identity": "steamer"}

    class Boat(Base):
        __tablename__ = "boats"
        id = Column(Integer, primary_key=True)
        ship_id: Any = Column(ForeignKey("ships.id"))
        ship = orm.relationship("Ship", back_populates="boats")

    made = {"Port": Port, "Ship": Ship, "Steamer": Steamer, "Boat": Boat}
    for name, class_ in made.items():
        class_.__module__, class_.__qualname__ = MODULE, name
    globals().update(made)
    return SimpleNamespace(Base=Base, **made)


def hear(heard: Recorder, world: Any, session: Any, event: str, **options: Any) -> None:
    """Hear one event: of Ship, its attributes, or the session."""
    if event in catalog.ATTRIBUTE:
        for key in ("name", "crew", "port", "boats"):
            attribute = getattr(world.Ship, key)
            heard.listen(attribute, {event: catalog.ATTRIBUTE[event]}, **options)
    elif event in catalog.SESSION:
        heard.listen(session, {event: catalog.SESSION[event]}, **options)
    else:
        arguments = (catalog.MAPPER_FLUSH | catalog.INSTANCE)[event]
        heard.listen(world.Ship, {event: arguments}, **options)


def life(orm: Orm, heard: Recorder, engine: Engine, event: str, kind: str, **options: Any) -> None:
    """Let a ship of class `kind` live through everything; hear `event` of it with `options`."""
    world = harbour(orm)
    made = getattr(world, kind)
    world.Base.metadata.create_all(engine)
    with orm.Session(engine) as session:
        hear(heard, world, session, event, **options)
        heard.mark("new")
        ship = made(name="Argo")
        heard.error(lambda: made(masts=3))
        assert ship.crew is None
        boats = [world.Boat(), world.Boat()]
        ship.boats.append(boats[0])
        ship.boats = boats
        ship.boats.remove(boats[1])
        ship.port = world.Port(name="Iolkos")
        session.add(ship)
        session.expunge(ship)
        session.add(ship)
        session.flush()
        heard.mark("stored")
        ship.name = "Argo II"
        orm.attributes.flag_modified(ship, "name")
        session.commit()
        left = made(name="left behind")
        session.add(left)
        session.flush()
        session.rollback()
        heard.mark("read")
        ship.id, ship.name
        session.refresh(ship)
        session.expire(ship, ["name"])
        assert ship.name == "Argo II"
        session.expunge_all()
        heard.labels.name(pickle.loads(pickle.dumps(ship)), "the copy")
        loaded = session.scalars(orm.select(made)).one()
        session.expunge(loaded)
        session.add(loaded)
        heard.mark("deleted")
        for wanted in (session.rollback, session.commit):
            dying = session.get(made, 1)
            session.delete(dying)
            session.flush()
            wanted()

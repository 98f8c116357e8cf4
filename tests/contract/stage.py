"""What the acts of occasions.py work on: ships, boats and a session."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

from sqlalchemy import Column, Engine, Integer

from .lives import harbour
from .oracle import Orm

Act = Callable[["Stage"], object]


class Stage:
    """Two ships in the database, the first with two boats and a port, and an open session."""

    def __init__(self, orm: Orm, engine: Engine, *mixins: type) -> None:
        """Declare the classes, store the objects, open the session."""
        self.orm = orm
        self.numbers = count()
        self.kept: list[Any] = []
        """Everything that was met: when an object dies is not left to chance."""
        self.world: Any = harbour(orm, *mixins)
        self.Base: Any = self.world.Base
        orm.configure_mappers()
        self.Base.metadata.create_all(engine)
        with orm.Session(engine) as session:
            session.add(self.ship(id=1, name="Argo", crew=50, port=self.world.Port(name="Iolkos")))
            session.add_all([self.world.Boat(id=1, ship_id=1), self.world.Boat(id=2, ship_id=1)])
            session.add(self.ship(id=2, name="Fram", crew=None))
            session.commit()
        self.Query: Any = type("Query", (orm.Query,), {})
        self.engine = engine
        self.Session: Any = type("Session", (orm.Session,), {})
        self.maker = orm.sessionmaker(engine, class_=self.Session, query_cls=self.Query)
        self.scoped = orm.scoped_session(self.maker)
        self.session = self.scoped()

    def keep(self, made: Any) -> Any:
        """Keep what was met until the end, and return it."""
        self.kept.append(made)
        return made

    def ship(self, **values: Any) -> Any:
        """Return a new ship."""
        return self.keep(self.world.Ship(**values))

    def boat(self) -> Any:
        """Return a new boat."""
        return self.keep(self.world.Boat())

    def first(self) -> Any:
        """Return the first ship, loaded."""
        return self.keep(self.session.get(self.world.Ship, 1))

    def second(self) -> Any:
        """Return the second ship, loaded."""
        return self.keep(self.session.get(self.world.Ship, 2))

    def all(self) -> Any:
        """Return all ships, by a statement."""
        return self.keep(self.session.scalars(self.orm.select(self.world.Ship)).all())

    def added(self) -> Any:
        """Return a ship that is new in the session."""
        ship = self.ship(name="Vasa")
        self.session.add(ship)
        return ship

    def flushed(self) -> Any:
        """Return a ship whose row the open transaction has inserted."""
        ship = self.added()
        self.session.flush()
        return ship

    def changed(self) -> Any:
        """Return the first ship, with a change that is not written."""
        ship = self.first()
        ship.name = "Argo II"
        return ship

    def doomed(self) -> Any:
        """Return the second ship, marked to be deleted."""
        ship = self.second()
        self.session.delete(ship)
        return ship

    def deleted(self) -> Any:
        """Return the second ship, its row deleted by the open transaction."""
        ship = self.doomed()
        self.session.flush()
        return ship

    def detached(self) -> Any:
        """Return the first ship, which has left the session."""
        ship = self.first()
        ship.name
        self.session.expunge(ship)
        return ship

    def declare(self) -> Any:
        """Declare another class."""
        name = f"Other{next(self.numbers)}"
        body = {"__tablename__": name.lower(), "id": Column(Integer, primary_key=True)}
        return self.keep(type(name, (self.Base,), body))

    def annotated(self) -> Any:
        """Declare a class whose column has its type from an annotation."""
        number = next(self.numbers)
        body = {
            "__tablename__": f"annotated{number}",
            "__annotations__": {"id": self.orm.Mapped[int]},
            "id": self.orm.mapped_column(primary_key=True),
        }
        return self.keep(type(f"Annotated{number}", (self.Base,), body))

    def configure(self) -> None:
        """Configure what is declared."""
        self.orm.configure_mappers()

    def query(self) -> Any:
        """Return a query of ships."""
        return self.session.query(self.world.Ship)


@contextmanager
def staged(orm: Orm, engine: Engine, *mixins: type) -> Iterator[Stage]:
    """Set the stage, and leave no class behind; `mixins`: further bases of Ship."""
    stage = Stage(orm, engine, *mixins)
    try:
        yield stage
    finally:
        stage.scoped.remove()
        stage.Base.registry.dispose()

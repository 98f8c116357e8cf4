"""The classes that most scenarios declare: users with addresses."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from sqlalchemy import Column, Engine, ForeignKey, Integer, String, text

from .oracle import Orm


def blog(orm: Orm, engine: Engine | None = None, cascade: str = "save-update, merge") -> Any:
    """Declare User and Address, tied by a relation, and make their tables on `engine`.

    `cascade` is that of `User.addresses`. Returns a namespace with Base, User, Address.
    """
    Base: Any = orm.declarative_base()

    class User(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "users"
        id = Column(Integer, primary_key=True)
        name = Column(String(50), nullable=False)
        age = Column(Integer, default=7)
        addresses = orm.relationship("Address", back_populates="user", cascade=cascade)

    class Address(Base):  # type: ignore[misc] # as above
        __tablename__ = "addresses"
        id = Column(Integer, primary_key=True)
        email = Column(String(50), unique=True)
        user_id: Any = Column(ForeignKey("users.id"))
        user = orm.relationship("User", back_populates="addresses")

    # A registry holds its classes weakly: one class must keep the other alive.
    Base.classes = (User, Address)
    if engine is not None:
        Base.metadata.create_all(engine)
    return SimpleNamespace(Base=Base, User=User, Address=Address)


def people(orm: Orm, engine: Engine) -> Any:
    """Declare the two classes and store Ann (two addresses), Bob (one) and Cid (none)."""
    world = blog(orm, engine)
    User, Address = world.User, world.Address
    with engine.begin() as connection:
        # One by one and without keys, so that the server's own counters go on from here.
        for name, age in (("Ann", 30), ("Bob", 25), ("Cid", None)):
            connection.execute(User.__table__.insert().values(name=name, age=age))
        for email, user_id in (("ann@a.org", 1), ("ann@b.org", 1), ("bob@a.org", 2)):
            connection.execute(Address.__table__.insert().values(email=email, user_id=user_id))
    return world


def own_query(orm: Orm) -> Any:
    """Make a class of queries for one scenario: its listeners hear no other query."""
    return type("MyQuery", (orm.Query,), {})


def jobs(orm: Orm, engine: Engine, **arguments: Any) -> Any:
    """Declare Job, with defaults of Python and of the database; `arguments` go to its mapper."""
    Base: Any = orm.declarative_base()

    class Job(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "jobs"
        id = Column(Integer, primary_key=True)
        name = Column(String(20))
        tries = Column(Integer, default=lambda: 3)
        state = Column(String(20), server_default=text("'new'"))
        changes = Column(Integer, default=0, onupdate=lambda: 5)
        stamp = Column(Integer, onupdate=lambda: 5)
        __mapper_args__ = arguments

    Base.metadata.create_all(engine)
    return Job


def stored(orm: Orm, engine: Engine, cascade: str, children: int = 3) -> Any:
    """Declare users with addresses and store Ann with some addresses, and Bob with none."""
    world = blog(orm, engine, cascade)
    with orm.Session(engine) as session:
        ann = world.User(name="Ann")
        ann.addresses = [world.Address(email=str(n)) for n in range(children)]
        session.add(ann)
        session.flush()
        session.add(world.User(name="Bob"))
        session.commit()
    return world


def names(objects: Any) -> list[str]:
    """Return the names of objects, sorted."""
    return sorted(getattr(each, "name", None) or each.email for each in objects)

"""Users with addresses, as the tests of sessions, flushes and faults declare them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Engine, ForeignKey, Integer, String, select

from cormorant import declarative_base, relationship


@dataclass(frozen=True, slots=True)
class People:
    """Two classes of one test: its listeners reach no other test."""

    Base: Any
    User: Any
    Address: Any

    def rows(self, engine: Engine) -> tuple[list[Any], list[Any]]:
        """Return (users, addresses) as another connection sees them, by key."""
        users, addresses = self.User.__table__, self.Address.__table__
        with engine.connect() as connection:
            return (
                _rows(connection, users, ("id", "name", "age")),
                _rows(connection, addresses, ("id", "email", "user_id")),
            )


def _rows(connection: Any, table: Any, names: Sequence[str]) -> list[Any]:
    wanted = select(*(table.c[name] for name in names)).order_by(table.c.id)
    return [tuple(row) for row in connection.execute(wanted)]


def declare(engine: Engine | None = None) -> People:
    """Declare User and Address; make their tables where an engine is given."""
    Base: Any = declarative_base()

    class User(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "users"
        id = Column(Integer, primary_key=True)
        name = Column(String(50), nullable=False)
        age = Column(Integer)
        addresses = relationship("Address", back_populates="user", order_by="Address.id")

    class Address(Base):  # type: ignore[misc] # as above
        __tablename__ = "addresses"
        id = Column(Integer, primary_key=True)
        email: Any = Column(String(50), unique=True)
        user_id: Any = Column(ForeignKey("users.id"))
        user = relationship("User", back_populates="addresses")

    if engine is not None:
        Base.metadata.create_all(engine)
    return People(Base, User, Address)

"""Mapped classes that pickles of two builds know: ships with crews, and their captains' chain."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, ForeignKey, Integer, String, Table

from cormorant import DeclarativeBase, Mapped, mapped_column, registry, relationship


class Base(DeclarativeBase):
    pass


class Ship(Base):
    __tablename__ = "fleet_ships"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None]
    leader_id: Mapped[int | None] = mapped_column(ForeignKey("fleet_ships.id"), index=True)
    leader: Mapped[Ship | None] = relationship(
        back_populates="followers", remote_side=id, cascade="save-update, merge"
    )
    followers: Mapped[list[Ship]] = relationship(
        back_populates="leader", cascade="all, delete-orphan"
    )
    sailors: Mapped[list[Sailor]] = relationship(back_populates="ship", cascade="all")


class Sailor(Base):
    __tablename__ = "fleet_sailors"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None]
    ship_id: Mapped[int | None] = mapped_column(ForeignKey("fleet_ships.id"))
    ship: Mapped[Ship | None] = relationship(back_populates="sailors")

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "packed": True}


class Buoy:
    """A class of nobody's base."""

    name: Any
    next: Any


plain = registry(metadata=Base.metadata)


def chart() -> None:
    """Map the plain class."""
    table = Table(
        "fleet_buoys",
        Base.metadata,
        Column("id", Integer, primary_key=True),
        Column("name", String(20)),
        Column("next_id", ForeignKey("fleet_buoys.id")),
    )
    along = relationship(Buoy, remote_side=table.c.id, cascade="all")
    plain.map_imperatively(Buoy, table, properties={"next": along})


chart()


def convoy(length: int) -> Ship:
    """Return the first of a chain of new ships, each the leader of the next."""
    first = last = Ship(name="0")
    for number in range(1, length):
        last.followers.append(Ship(name=str(number)))
        last = last.followers[0]
    return first


def channel(length: int) -> Buoy:
    """Return the first of a chain of new buoys."""
    first = last = Buoy()
    first.name = "0"
    for number in range(1, length):
        last.next = Buoy()
        last = last.next
        last.name = str(number)
    return first


def length_of(first: Any, along: str) -> int:
    """Return how many objects hang in a chain."""
    found = 0
    while first is not None:
        found += 1
        following = getattr(first, along)
        if isinstance(following, list):
            following = following[0] if following else None
        first = following
    return found

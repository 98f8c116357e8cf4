"""Small graphs of one shape each: a tree, one with one, an owner, long keys, told by a code."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from sqlalchemy import Column, Engine, ForeignKey, ForeignKeyConstraint, Integer, String, case

from .oracle import Orm


def tree(orm: Orm, engine: Engine, **options: Any) -> Any:
    """Declare nodes with children; `options` are those of `Node.children`."""
    Base: Any = orm.declarative_base()

    class Node(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "nodes"
        id = Column(Integer, primary_key=True)
        name = Column(String(20))
        parent_id: Any = Column(ForeignKey("nodes.id"))
        children = orm.relationship("Node", back_populates="parent", order_by=id, **options)
        parent = orm.relationship("Node", back_populates="children", remote_side=id)

    Base.metadata.create_all(engine)
    return SimpleNamespace(Base=Base, Node=Node)


def plated(orm: Orm, engine: Engine) -> Any:
    """Declare cars that own one plate each."""
    Base: Any = orm.declarative_base()

    class Car(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "cars"
        id = Column(Integer, primary_key=True)
        name = Column(String(20))
        plate = orm.relationship(
            "Plate", uselist=False, back_populates="car", cascade="all, delete-orphan"
        )

    class Plate(Base):  # type: ignore[misc] # as above
        __tablename__ = "plates"
        id = Column(Integer, primary_key=True)
        name = Column(String(20))
        car_id: Any = Column(ForeignKey("cars.id"))
        car = orm.relationship(Car, back_populates="plate")

    Base.metadata.create_all(engine)
    return SimpleNamespace(Base=Base, Car=Car, Plate=Plate)


def boxes(orm: Orm, engine: Engine, **options: Any) -> Any:
    """Declare boxes whose items the database deletes; `options` are those of `Box.items`."""
    Base: Any = orm.declarative_base()

    class Box(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "boxes"
        id = Column(Integer, primary_key=True)
        items = orm.relationship("Item", **options)

    class Item(Base):  # type: ignore[misc] # as above
        __tablename__ = "items"
        id = Column(Integer, primary_key=True)
        box_id: Any = Column(ForeignKey("boxes.id", ondelete="CASCADE"))

    Base.metadata.create_all(engine)
    return SimpleNamespace(Base=Base, Box=Box, Item=Item)


def rooms(orm: Orm, engine: Engine) -> Any:
    """Declare rooms, each with a key of two columns, and their guests."""
    Base: Any = orm.declarative_base()

    class Room(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "rooms"
        house = Column(Integer, primary_key=True, autoincrement=False)
        number = Column(Integer, primary_key=True, autoincrement=False)
        guests = orm.relationship("Guest", back_populates="room", order_by="Guest.id")

    class Guest(Base):  # type: ignore[misc] # as above
        __tablename__ = "guests"
        id = Column(Integer, primary_key=True)
        house = Column(Integer)
        number = Column(Integer)
        room = orm.relationship("Room", back_populates="guests")
        __table_args__ = (
            ForeignKeyConstraint(["house", "number"], ["rooms.house", "rooms.number"]),
        )

    Base.metadata.create_all(engine)
    return SimpleNamespace(Base=Base, Room=Room, Guest=Guest)


def coded_staff(orm: Orm, engine: Engine) -> Any:
    """Declare Firm and its staff, whom an expression of a code tells apart.

    Manager has a table of its own, Engineer shares that of Person.
    """
    Base: Any = orm.declarative_base()

    class Firm(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "firms"
        id = Column(Integer, primary_key=True)
        staff = orm.relationship("Person", back_populates="firm", order_by="Person.id")

    class Person(Base):  # type: ignore[misc] # as above
        __tablename__ = "persons"
        id = Column(Integer, primary_key=True)
        code = Column(String(20))
        firm_id: Any = Column(ForeignKey("firms.id"))
        firm = orm.relationship("Firm", back_populates="staff")
        __mapper_args__ = {
            "polymorphic_on": case((code == "m", "manager"), (code == "e", "eng"), else_="any"),
            "polymorphic_identity": "any",
        }

    class Manager(Person):
        __tablename__ = "managers"
        id: Any = Column(ForeignKey("persons.id"), primary_key=True)
        title = Column(String(20))
        __mapper_args__ = {"polymorphic_identity": "manager"}

    class Engineer(Person):
        skill = Column(String(20))
        __mapper_args__ = {"polymorphic_identity": "eng"}

    Base.metadata.create_all(engine)
    return SimpleNamespace(Base=Base, Firm=Firm, Person=Person, Manager=Manager, Engineer=Engineer)

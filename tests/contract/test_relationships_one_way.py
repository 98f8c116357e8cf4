"""Relationships that only one side declares, beside others of the same object."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Column, Engine, ForeignKey, Integer, String

from .heard import Recorder
from .oracle import Orm
from .runner import contract


def shop(orm: Orm, engine: Engine, joined: bool, back: bool) -> Any:
    """Declare orders whose items do not know them, and products with or without a list of items.

    `joined`: some items have a table of their own below that of all, with their key to a box.
    """
    Base: Any = orm.declarative_base()

    class Order(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "orders"
        id = Column(Integer, primary_key=True)
        items = orm.relationship("Item", order_by="Item.id")

    class Product(Base):  # type: ignore[misc] # as above
        __tablename__ = "products"
        id = Column(Integer, primary_key=True)
        if back:
            items = orm.relationship("Item", back_populates="product", order_by="Item.id")

    class Box(Base):  # type: ignore[misc] # as above
        __tablename__ = "boxes"
        id = Column(Integer, primary_key=True)

    class Item(Base):  # type: ignore[misc] # as above
        __tablename__ = "items"
        id = Column(Integer, primary_key=True)
        kind = Column(String(10))
        order_id: Any = Column(ForeignKey("orders.id"))
        product_id: Any = Column(ForeignKey("products.id"))
        product = orm.relationship(Product, back_populates="items" if back else None)
        __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "item"}

    class Packed(Item):
        if joined:
            __tablename__ = "packed"
            id: Any = Column(ForeignKey("items.id"), primary_key=True)
        box_id: Any = Column(ForeignKey("boxes.id"))
        box = orm.relationship(Box)
        __mapper_args__ = {"polymorphic_identity": "packed"}

    Base.metadata.create_all(engine)
    return SimpleNamespace(
        Base=Base, Order=Order, Product=Product, Box=Box, Item=Item, Packed=Packed
    )


@pytest.mark.parametrize("back", [True, False])
@pytest.mark.parametrize("joined", [True, False])
def test_an_item_keeps_its_product_whatever_order_it_comes_with(joined: bool, back: bool) -> None:
    @contract()
    def scenario(orm: Orm, heard: Recorder, engine: Engine) -> object:
        world = shop(orm, engine, joined, back)
        Order, Product, Item, Packed = world.Order, world.Product, world.Item, world.Packed
        with orm.Session(engine) as session:
            old = Product(id=7)
            session.add(old)
            session.commit()
            new, box = Product(id=8), world.Box(id=9)
            first = [Item(id=1, product=new), Item(id=2, product=old), Item(id=3)]
            session.add(Order(id=1, items=first))
            session.commit()
            more = [Packed(id=4, product=new, box=box), Packed(id=5, product=None, box=box)]
            second = Order(id=2, items=more)
            session.add(second)
            session.commit()
            session.add(third := Order(id=3))
            session.commit()
            with session.no_autoflush:
                third.items = [second.items[0], Item(id=6, product=old)]
            session.commit()
            found = session.scalars(orm.select(Item).order_by(Item.id))
            return [[i.id, i.order_id, i.product_id, getattr(i, "box_id", 0)] for i in found]

    scenario.contract.check("fast")  # type: ignore[attr-defined] # `contract` puts it there

"""Items of a shop, with a column of each kind that a bulk statement may have to fill in."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from sqlalchemy import Column, Engine, ForeignKey, Integer, String, func

from .oracle import Orm


def shop(orm: Orm, engine: Engine) -> Any:
    """Declare Shop and Item, make their tables, and store two shops with three items.

    Of an Item `label` has another name in its table, `state` and `serial` have defaults in
    Python, `rank` one of the server, `changes` counts updates, `shout` is computed by SQL.
    """
    Base: Any = orm.declarative_base()
    serials = iter(range(100, 1000))

    class Shop(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "shops"
        id = Column(Integer, primary_key=True)
        name = Column(String(20))
        items = orm.relationship("Item", back_populates="shop", order_by="Item.id")

    class Item(Base):  # type: ignore[misc] # as above
        __tablename__ = "items"
        id = Column(Integer, primary_key=True)
        label = Column("item_label", String(20), unique=True)
        price = Column(Integer)
        state = Column(String(20), default="new")
        serial = Column(Integer, default=lambda: next(serials))
        rank = Column(Integer, server_default="1")
        changes = Column(Integer, default=0, onupdate=7)
        shop_id: Any = Column(ForeignKey("shops.id"))
        shop = orm.relationship("Shop", back_populates="items")
        shout = orm.column_property(func.upper(label))

    # A registry holds its classes weakly: one class must keep the others alive.
    Base.classes = (Shop, Item)
    Base.metadata.create_all(engine)
    with engine.begin() as connection:
        for name in ("red", "blue"):
            connection.execute(Shop.__table__.insert().values(name=name))
        for label, price, shop_id in (("pen", 3, 1), ("ink", 5, 1), ("pad", None, 2)):
            row = {"item_label": label, "price": price, "shop_id": shop_id}
            connection.execute(Item.__table__.insert().values(row))
    return SimpleNamespace(Base=Base, Shop=Shop, Item=Item)


def items_of(orm: Orm, session: Any, Item: Any) -> list[list[Any]]:
    """Return the items as rows in the order of their keys, past the objects in memory."""
    columns = [Item.id, Item.label, Item.price, Item.state, Item.rank, Item.changes, Item.shop_id]
    rows = session.execute(orm.select(*columns).order_by(Item.id))
    return [list(row) for row in rows]

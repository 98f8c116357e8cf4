"""Keys that change in a flush, and pairs that follow them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, ForeignKey, String, Table, create_engine, select

from cormorant import Session, backref, declarative_base, relationship


def test_pairs_follow_both_of_their_keys() -> None:
    Base: Any = declarative_base()
    links = Table(
        "links",
        Base.metadata,
        Column("user", ForeignKey("users.name")),
        Column("tag", ForeignKey("tags.name")),
    )

    class User(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "users"
        name = Column(String(9), primary_key=True)
        tags = relationship(
            "Tag",
            secondary=links,
            passive_updates=False,
            backref=backref("users", passive_updates=False),
        )

    class Tag(Base):  # type: ignore[misc] # as above
        __tablename__ = "tags"
        name = Column(String(9), primary_key=True)

    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        red, blue = Tag(name="red"), Tag(name="blue")
        ann, bob = User(name="Ann", tags=[red, blue]), User(name="Bob", tags=[red])
        session.add_all([ann, bob])
        session.commit()
        ann.name, red.name = "Anna", "rot"
        session.commit()
        rows = sorted(tuple(row) for row in session.execute(select(links)))
    assert rows == [("Anna", "blue"), ("Anna", "rot"), ("Bob", "rot")]

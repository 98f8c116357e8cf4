"""Batches stay whole: how many statements a flush of many related objects needs."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, Engine, ForeignKey, Integer, Table, create_engine, event

from cormorant import Session, declarative_base, relationship, select

PARENTS = 5000


def counted(engine: Engine) -> list[str]:
    """Return the list that the statements of an engine are noted in: verb, table, rows."""
    ran: list[str] = []

    def note(_conn: Any, _cursor: Any, sql: str, rows: Any, _context: Any, many: bool) -> None:
        words = sql.split()
        table = words[1] if words[0] == "UPDATE" else words[2]
        ran.append(f"{words[0]} {table} {len(rows) if many else 1}")

    event.listen(engine, "before_cursor_execute", note)
    return ran


def with_links() -> Any:
    """Return a base with the table that links parents and tags."""
    Base: Any = declarative_base()
    Table(
        "links",
        Base.metadata,
        Column("parent_id", ForeignKey("parents.id"), primary_key=True),
        Column("tag_id", ForeignKey("tags.id"), primary_key=True),
    )
    return Base


def test_parents_with_children_are_two_batches() -> None:
    Base: Any = declarative_base()

    class Parent(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "parents"
        id = Column(Integer, primary_key=True)
        children = relationship("Child")

    class Child(Base):  # type: ignore[misc] # as above
        __tablename__ = "children"
        id = Column(Integer, primary_key=True)
        parent_id: Any = Column(ForeignKey("parents.id"))

    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    ran = counted(engine)
    with Session(engine) as session:
        for number in range(PARENTS):
            children = [Child(id=5 * number + n) for n in range(5)]
            session.add(Parent(id=number, children=children))
        session.commit()
    assert ran == [f"INSERT parents {PARENTS}", f"INSERT children {5 * PARENTS}"]


def test_parents_with_pairs_are_three_batches_there_and_one_back() -> None:
    Base = with_links()

    class Parent(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "parents"
        id = Column(Integer, primary_key=True)
        tags = relationship("Tag", secondary="links", back_populates="parents")

    class Tag(Base):  # type: ignore[misc] # as above
        __tablename__ = "tags"
        id = Column(Integer, primary_key=True)
        parents = relationship("Parent", secondary="links", back_populates="tags")

    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    ran = counted(engine)
    with Session(engine) as session:
        tags = [Tag(id=number) for number in range(10)]
        parents = [Parent(id=n, tags=tags[n % 5 : n % 5 + 5]) for n in range(PARENTS)]
        session.add_all(parents)
        session.flush()
        for parent in parents:
            parent.tags.pop()
        session.flush()
        assert ran == [
            f"INSERT parents {PARENTS}",
            "INSERT tags 9",
            f"INSERT links {5 * PARENTS}",
            f"DELETE links {PARENTS}",
        ]


def test_deleted_parents_let_go_of_all_their_pairs_at_once() -> None:
    Base = with_links()

    class Parent(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "parents"
        id = Column(Integer, primary_key=True)
        tags = relationship("Tag", secondary="links", lazy="raise")
        notes = relationship("Note")

    class Tag(Base):  # type: ignore[misc] # as above
        __tablename__ = "tags"
        id = Column(Integer, primary_key=True)

    class Note(Base):  # type: ignore[misc] # as above
        __tablename__ = "notes"
        id = Column(Integer, primary_key=True)
        parent_id: Any = Column(ForeignKey("parents.id"))

    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        tags = [Tag(id=number) for number in range(10)]
        for n in range(400):
            session.add(Parent(id=n, tags=tags[n % 5 : n % 5 + 5], notes=[Note(id=n)]))
        session.commit()
    ran = counted(engine)
    with Session(engine) as session:
        for parent in session.scalars(select(Parent)).all():
            session.delete(parent)
        session.commit()
    assert [step for step in ran if not step.startswith("SELECT")] == [
        "UPDATE notes 400",
        "DELETE links 2000",
        "DELETE parents 400",
    ]
    assert len(ran) == 6


def test_favorites_written_late_are_one_update() -> None:
    Base: Any = declarative_base()

    class Owner(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "owners"
        id = Column(Integer, primary_key=True)
        best_id: Any = Column(ForeignKey("things.id"))
        things = relationship("Thing", primaryjoin="Owner.id == Thing.owner_id")
        best = relationship("Thing", foreign_keys=best_id, post_update=True)

    class Thing(Base):  # type: ignore[misc] # as above
        __tablename__ = "things"
        id = Column(Integer, primary_key=True)
        owner_id: Any = Column(ForeignKey("owners.id"))

    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    ran = counted(engine)
    with Session(engine) as session:
        for number in range(1000):
            things = [Thing(id=2 * number + n) for n in range(2)]
            session.add(Owner(id=number, things=things, best=things[0]))
        session.commit()
    assert ran == ["INSERT owners 1000", "INSERT things 2000", "UPDATE owners 1000"]

"""Orphans that were changed in the flush that deletes them, or whose members are not here."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Column, Engine, ForeignKey, Integer, Table

from .databases import strict
from .heard import Recorder
from .oracle import Orm
from .runner import contract

WHOLE = "all, delete-orphan"


def boxes(orm: Orm, engine: Engine) -> Any:
    """Declare Shelf, which owns boxes, and Box, which owns bits but neither parts nor tags."""
    strict(engine)
    Base: Any = orm.declarative_base()
    pairs = Table(
        "pairs",
        Base.metadata,
        Column("box_id", ForeignKey("boxes.id"), primary_key=True),
        Column("tag_id", ForeignKey("tags.id"), primary_key=True),
    )

    class Shelf(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "shelves"
        id = Column(Integer, primary_key=True)
        boxes = orm.relationship("Box", back_populates="shelf", cascade=WHOLE)

    class Box(Base):  # type: ignore[misc] # as above
        __tablename__ = "boxes"
        id = Column(Integer, primary_key=True)
        shelf_id: Any = Column(ForeignKey("shelves.id"))
        room_id: Any = Column(ForeignKey("rooms.id"))
        shelf = orm.relationship("Shelf", back_populates="boxes")
        room = orm.relationship("Room", back_populates="boxes")
        parts = orm.relationship("Part", back_populates="box")
        bits = orm.relationship("Bit", cascade=WHOLE)
        tags = orm.relationship("Tag", secondary=pairs, back_populates="boxes")

    class Room(Base):  # type: ignore[misc] # as above
        __tablename__ = "rooms"
        id = Column(Integer, primary_key=True)
        boxes = orm.relationship("Box", back_populates="room")

    class Part(Base):  # type: ignore[misc] # as above
        __tablename__ = "parts"
        id = Column(Integer, primary_key=True)
        box_id: Any = Column(ForeignKey("boxes.id"))
        box = orm.relationship("Box", back_populates="parts")

    class Bit(Base):  # type: ignore[misc] # as above
        __tablename__ = "bits"
        id = Column(Integer, primary_key=True)
        box_id: Any = Column(ForeignKey("boxes.id"))

    class Tag(Base):  # type: ignore[misc] # as above
        __tablename__ = "tags"
        id = Column(Integer, primary_key=True)
        boxes = orm.relationship("Box", secondary=pairs, back_populates="tags")

    Base.classes = (Shelf, Box, Room, Part, Bit, Tag)
    Base.metadata.create_all(engine)
    return SimpleNamespace(
        Base=Base, **{class_.__name__: class_ for class_ in Base.classes}, engine=engine
    )


def one_box(orm: Orm, world: Any) -> Any:
    """Open a session on a shelf with one box that has a part, a bit and a tag, all loaded."""
    session = orm.Session(world.engine)
    shelf, part, bit, tag = world.Shelf(), world.Part(), world.Bit(), world.Tag()
    box = world.Box(shelf=shelf, parts=[part], bits=[bit], tags=[tag], room=world.Room())
    spare = {"part2": world.Part(), "tag2": world.Tag(), "room2": world.Room()}
    session.add_all([box, *spare.values()])
    session.commit()
    held = {"shelf": shelf, "box": box, "part": part, "bit": bit, "tag": tag, **spare}
    for obj in (*held.values(), box.room):
        for prop in orm.inspect(obj).mapper.relationships:
            getattr(obj, prop.key)
    assert all(obj.id for obj in held.values())
    return SimpleNamespace(session=session, world=world, held=held, **held)


def orphan(it: Any) -> None:
    """Take the box from its shelf."""
    it.shelf.boxes.remove(it.box)


def delete(it: Any) -> None:
    """Delete the box."""
    it.session.delete(it.box)


def changed(orm: Orm, heard: Recorder, world: Any, change: Any, leave: Any) -> list[str]:
    """Change the box, let it go, and commit; return the names of the errors."""
    it = one_box(orm, world)
    for name, obj in it.held.items():
        heard.labels.name(obj, name)
    heard.classes(*world.Base.classes, propagate=False)
    heard.session(it.session)
    with heard.warned():
        change(it)
        leave(it)
        told = [heard.error(it.session.commit)]
    heard.stop()
    it.session.close()
    return told


def part_comes_and_leaves(it: Any) -> None:
    """Give the box a part that is taken out of the session."""
    it.box.parts.append(it.part2)
    it.session.expunge(it.part2)


def new_part_comes_and_leaves(it: Any) -> None:
    """Give the box a new part that is taken out of the session."""
    it.box.parts.append(it.world.Part())
    it.session.expunge(it.box.parts[-1])


def tag_comes_and_leaves(it: Any) -> None:
    """Give the box a tag that is taken out of the session."""
    it.box.tags.append(it.tag2)
    it.session.expunge(it.tag2)


def part_is_let_go(it: Any) -> None:
    """Take a part from the box and out of the session."""
    it.box.parts.remove(it.part)
    it.session.expunge(it.part)


def part_is_given(it: Any) -> None:
    """Give the box another part."""
    it.box.parts.append(it.part2)


def room_is_left(it: Any) -> None:
    """Take the box out of its room."""
    it.box.room = None


def part_is_expunged(it: Any) -> None:
    """Take a part out of the session that stays in the box: its row stands in the way."""
    it.session.expunge(it.part)


CHANGES: tuple[Callable[[Any], None], ...] = (
    part_comes_and_leaves,
    new_part_comes_and_leaves,
    tag_comes_and_leaves,
    part_is_let_go,
    part_is_given,
    room_is_left,
    part_is_expunged,
)


@contract("sqlite", "postgresql")
def test_an_orphan_that_was_changed_leaves_like_any_other(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = boxes(orm, engine)
    return [changed(orm, heard, world, change, orphan) for change in CHANGES]


@contract("sqlite", "postgresql")
def test_who_is_deleted_after_changes_leaves_like_any_other(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = boxes(orm, engine)
    return [changed(orm, heard, world, change, delete) for change in CHANGES]

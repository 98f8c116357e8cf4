"""Rows that refer to each other: ordered where they can be, else written by post_update."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from sqlalchemy import Column, Engine, ForeignKey, Integer, String, Table
from sqlalchemy import event as core_event

from .databases import EVERY
from .heard import Recorder
from .oracle import Orm
from .runner import contract


def widgets(orm: Orm, engine: Engine, late: bool = True, **entries: Any) -> Any:
    """Declare Widget with entries, one of which is its favorite; `late`: by post_update."""
    Base: Any = orm.declarative_base()

    class Entry(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "entries"
        id = Column(Integer, primary_key=True)
        name = Column(String(20))
        widget_id: Any = Column(ForeignKey("widgets.id"))

    class Widget(Base):  # type: ignore[misc] # as above
        __tablename__ = "widgets"
        id = Column(Integer, primary_key=True)
        name = Column(String(20))
        favorite_id: Any = Column(ForeignKey("entries.id", name="fk_favorite", use_alter=True))
        entries_ = orm.relationship(
            Entry, primaryjoin=id == Entry.widget_id, order_by=Entry.id, **entries
        )
        favorite = orm.relationship(Entry, primaryjoin=favorite_id == Entry.id, post_update=late)

    Base.metadata.create_all(engine)
    return SimpleNamespace(Base=Base, Entry=Entry, Widget=Widget)


@contract(*EVERY)
def test_a_favorite_among_its_own_entries_is_written_late(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = widgets(orm, engine)
    heard.classes(world.Entry, world.Widget, attributes=False)
    with orm.Session(engine) as session:
        first, second = world.Entry(name="1"), world.Entry(name="2")
        widget = world.Widget(name="w", entries_=[first, second], favorite=first)
        session.add(widget)
        session.flush()
        told = [widget.favorite_id == first.id]
        heard.mark("another favorite")
        widget.favorite, widget.name = second, "x"
        session.flush()
        heard.mark("none")
        widget.favorite = None
        session.flush()
        heard.mark("a new one")
        widget.favorite = world.Entry(name="3")
        session.commit()
        return told, widget.favorite.name


@contract(*EVERY)
def test_a_widget_and_its_favorite_are_deleted_together(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = widgets(orm, engine, cascade="all")
    with orm.Session(engine) as session:
        entries = [world.Entry(name=str(number)) for number in range(3)]
        widget = world.Widget(name="w", entries_=entries, favorite=entries[1])
        lone = world.Entry(name="e")
        other = world.Widget(name="other", favorite=lone)
        session.add_all([widget, other])
        session.flush()
        heard.classes(world.Entry, world.Widget, attributes=False)
        session.delete(widget)
        session.commit()
        return session.scalars(orm.select(world.Entry.name)).all(), other.favorite.name, lone.name


@contract(*EVERY)
def test_objects_of_tables_in_a_circle_are_ordered_one_by_one(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = widgets(orm, engine, late=False)
    with orm.Session(engine) as session:
        heard.classes(world.Entry, world.Widget, attributes=False)
        entries = [world.Entry(name=str(number)) for number in range(2)]
        lone = world.Entry(name="lone")
        session.add(world.Widget(name="w", entries_=entries, favorite=lone))
        session.flush()
        heard.mark("delete")
        for each in [*session.scalars(orm.select(world.Widget)), lone, entries[0]]:
            session.delete(each)
        session.commit()
        return session.scalars(orm.select(world.Entry.name)).all()


@contract()
def test_rows_in_a_circle_are_refused_without_post_update(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = widgets(orm, engine, late=False)
    with orm.Session(engine) as session:
        entry = world.Entry(name="1")
        session.add(world.Widget(name="w", entries_=[entry], favorite=entry))
        return heard.error(session.flush)


def people(orm: Orm, engine: Engine, late: bool) -> Any:
    """Declare Person, who may have a partner."""
    Base: Any = orm.declarative_base()

    class Person(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "people"
        id = Column(Integer, primary_key=True)
        name = Column(String(20))
        partner_id: Any = Column(ForeignKey("people.id"))
        partner = orm.relationship("Person", remote_side=[id], post_update=late)

    Base.metadata.create_all(engine)
    return Person


@contract(*EVERY)
def test_partners_refer_to_each_other(orm: Orm, heard: Recorder, engine: Engine) -> object:
    Person = people(orm, engine, late=True)
    heard.classes(Person, attributes=False)
    with orm.Session(engine) as session:
        ann, bob, cid = Person(name="Ann"), Person(name="Bob"), Person(name="Cid")
        ann.partner, bob.partner, cid.partner = bob, ann, cid
        session.add_all([ann, bob, cid])
        session.flush()
        told = [[each.name, each.partner_id] for each in (ann, bob, cid)]
        heard.mark("delete")
        for each in (ann, bob, cid):
            session.delete(each)
        session.commit()
        return told


@contract()
def test_partners_and_hermits_are_refused_without_post_update(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    Person = people(orm, engine, late=False)
    told = []
    with orm.Session(engine) as session:
        ann, bob = Person(name="Ann"), Person(name="Bob")
        ann.partner, bob.partner = bob, ann
        session.add_all([ann, bob])
        told.append(heard.error(session.flush))
        session.rollback()
        hermit = Person(name="Cid")
        hermit.partner = hermit
        session.add(hermit)
        told.append(heard.error(session.flush))
        session.rollback()
        ann, bob = Person(name="Ann"), Person(name="Bob")
        ann.partner = bob
        session.add(ann)
        session.flush()
        bob.partner = ann
        session.flush()
        session.delete(ann)
        session.delete(bob)
        told.append(heard.error(session.flush))
    return told


@contract()
def test_batches_stay_whole_in_a_circle_of_tables(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = widgets(orm, engine)
    ran: list[str] = []

    def note(*arguments: Any) -> None:
        verb, _, rest = arguments[2].partition(" ")
        ran.append(f"{verb} {rest.split()[0]}" + (" many" if arguments[5] else ""))

    with orm.Session(engine) as session:
        for _ in range(50):
            entries = [world.Entry(id=len(session.new) + n + 1) for n in range(5)]
            session.add(
                world.Widget(id=len(session.new) + 1, entries_=entries, favorite=entries[0])
            )
        core_event.listen(engine, "before_cursor_execute", note)
        session.commit()
    return [step for step in ran if not step.startswith("UPDATE")]


@contract(*EVERY)
def test_who_is_mapped_after_a_flush_counts_in_the_next(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    Base: Any = orm.declarative_base()

    class Leaf(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "leaves"
        id = Column(Integer, primary_key=True)
        box_id: Any = Column(ForeignKey("boxes.id", name="fk_box", use_alter=True))

    favorite: Any = Column("favorite_id", ForeignKey("leaves.id"))
    boxes = Table("boxes", Base.metadata, Column("id", Integer, primary_key=True), favorite)
    Base.metadata.create_all(engine)
    with orm.Session(engine) as session:
        session.add(leaf := Leaf())
        session.commit()
        assert leaf.id
        session.delete(leaf)
        session.commit()

    class Box(Base):  # type: ignore[misc] # as above
        __table__ = boxes
        leaves = orm.relationship(Leaf, foreign_keys=[Leaf.box_id], post_update=True)
        favorite = orm.relationship(Leaf, foreign_keys=[boxes.c.favorite_id])

    heard.classes(Leaf, Box, attributes=False)
    with orm.Session(engine) as session:
        leaf = Leaf()
        session.add(box := Box(leaves=[leaf], favorite=leaf))
        session.commit()
        told = [leaf.box_id == box.id, box.favorite_id == leaf.id]
        session.delete(box)
        session.delete(leaf)
        session.commit()
        return told, session.scalars(orm.select(Leaf)).all()

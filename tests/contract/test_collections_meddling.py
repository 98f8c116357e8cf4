"""Listeners that meddle with objects while a collection or a reference of them changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Column, Engine, ForeignKey, Integer, String

from .heard import Recorder
from .oracle import Orm
from .runner import contract

Meddle = Callable[[Any, Any, Any], object]


def family(orm: Orm, engine: Engine) -> tuple[Any, Any, Any]:
    """Declare parents with children, and a subclass of the children in their table."""
    Base: Any = orm.declarative_base()

    class Parent(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "parents"
        id = Column(Integer, primary_key=True)
        name = Column(String(20))
        children = orm.relationship("Child", back_populates="parent")

    class Child(Base):  # type: ignore[misc] # as above
        __tablename__ = "children"
        id = Column(Integer, primary_key=True)
        kind = Column(String(10))
        parent_id: Any = Column(ForeignKey("parents.id"))
        parent = orm.relationship("Parent", back_populates="children")
        __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "child"}

    class Pupil(Child):  # type: ignore[misc] # as above
        __mapper_args__ = {"polymorphic_identity": "pupil"}

    Base.metadata.create_all(engine)
    return Parent, Child, Pupil


MEDDLES: dict[str, Meddle] = {
    "nothing": lambda session, owner, other: None,
    "adds the owner": lambda session, owner, other: session.add(owner),
    "adds the member": lambda session, owner, other: session.add(other),
    "flushes the owner": lambda session, owner, other: (session.add(owner), session.flush()),
    "commits the owner": lambda session, owner, other: (session.add(owner), session.commit()),
    "takes the owner out": lambda session, owner, other: session.expunge_all(),
}


def start(session: Any, Parent: Any, Member: Any, how: str) -> tuple[Any, Any]:
    """Return an owner and a member to be, new, pending or stored."""
    parent, child = Parent(name="ann"), Member()
    if "pending" in how or "stored" in how:
        session.add(parent)
    if "both" in how:
        session.add(child)
    if "stored" in how:
        session.flush()
    return parent, child


STARTS = ("new", "pending", "pending both", "stored", "stored both")


def shown(session: Any, heard: Recorder, parent: Any, child: Any) -> object:
    """Return what is left of a step: both sides, and where the objects are."""
    places = (parent in session, child in session, parent in session.dirty, child in session.dirty)
    return [len(parent.children), child in parent.children, child.parent is parent, places]


def play(
    orm: Orm,
    heard: Recorder,
    engine: Engine,
    listen: Callable[[Any, Any, Callable[..., Any]], None],
    act: Callable[[Any, Any], object],
) -> object:
    """Do `act` from every start, with every meddling listener, on members of both classes."""
    told: list[Any] = []
    for meddle in MEDDLES.values():
        Parent, Child, Pupil = family(orm, engine)
        now: list[Any] = []

        def meddling(
            target: Any, value: Any, *rest: Any, meddle: Any = meddle, now: Any = now
        ) -> None:
            """Write down the event, then meddle, but with the act itself only."""
            heard.write("mark", repr("heard"), repr(type(target).__name__))
            if now:
                meddle(now[0], target, value)

        listen(Parent.children, Child.parent, meddling)
        for how in STARTS:
            for Member in (Child, Pupil):
                with orm.Session(engine, expire_on_commit=False) as session:
                    parent, child = start(session, Parent, Member, how)
                    now[:] = [session]
                    with heard.catching(f"{how} {Member.__name__}"):
                        act(parent, child)
                        now.clear()
                        told.append(shown(session, heard, parent, child))
                    now.clear()
                    session.rollback()
    return told


@contract()
def test_a_listener_meddles_with_an_append(orm: Orm, heard: Recorder, engine: Engine) -> object:
    def listen(children: Any, parent: Any, meddling: Callable[..., Any]) -> None:
        orm.event.listen(children, "append", meddling)

    return play(orm, heard, engine, listen, lambda owner, child: owner.children.append(child))


@contract()
def test_a_listener_of_the_other_side_meddles_with_an_append(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    def listen(children: Any, parent: Any, meddling: Callable[..., Any]) -> None:
        orm.event.listen(parent, "set", meddling, propagate=True)

    return play(orm, heard, engine, listen, lambda owner, child: owner.children.append(child))


@contract()
def test_a_listener_meddles_with_a_reference(orm: Orm, heard: Recorder, engine: Engine) -> object:
    def listen(children: Any, parent: Any, meddling: Callable[..., Any]) -> None:
        orm.event.listen(parent, "set", meddling, propagate=True)

    return play(orm, heard, engine, listen, lambda owner, c: setattr(c, "parent", owner))


@contract()
def test_a_listener_of_the_list_meddles_with_a_reference(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    def listen(children: Any, parent: Any, meddling: Callable[..., Any]) -> None:
        orm.event.listen(children, "append", meddling)

    return play(orm, heard, engine, listen, lambda owner, c: setattr(c, "parent", owner))


@contract()
def test_a_listener_meddles_with_a_removal(orm: Orm, heard: Recorder, engine: Engine) -> object:
    def listen(children: Any, parent: Any, meddling: Callable[..., Any]) -> None:
        orm.event.listen(children, "remove", meddling)

    def act(owner: Any, child: Any) -> None:
        owner.children.append(child)
        owner.children.remove(child)

    return play(orm, heard, engine, listen, act)

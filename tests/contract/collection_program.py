"""Random programs on one collection: every operator of lists, sets and dicts.

What the programs leave out, and why (the differences are wanted: docs/differences.md):

- Nobody comes twice into a list or dict: the oracle forgets the parent of who is still there, or
  remembers that of who is gone
  (test_a_member_that_is_there_twice_keeps_its_parent_until_it_is_gone).
- Only what is in a list is removed (test_removing_the_absent_is_not_told).
- Slices lie within the list (test_a_slice_beyond_the_end_is_told_with_real_places).
- Nobody takes the key of another child in a dict by `child.parent = parent`: who is displaced is
  out of the dict and keeps its parent, under both; which of the two counts is not said.
- Of dicts no `popitem` and `|=`
  (test_popitem_tells_its_key, test_updating_a_dict_in_place_is_told).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from sqlalchemy import Column, ForeignKey, Integer, String

from .allowed import leavers_told_once
from .collected import KEYED
from .heard import Recorder
from .oracle import Orm, sqlalchemy_orm, subject_orm
from .playing import Step, memory_engine
from .words import Heard

STARTS = ("new", "loaded", "expired")
Act = Callable[["Holding", int, int], Any]


class Holding:
    """A parent that holds three of six children, and what a program does to them."""

    def __init__(self, kind: Kind, world: Any, session: Any, heard: Recorder) -> None:
        """Make the objects, each with a label of its own."""
        self.kind = kind
        self.session = session
        self.children = [
            world.Child(id=number, name=name) for number, name in enumerate("abcdef", 1)
        ]
        self.parent = world.Parent(name="p", children=kind.made_of(self.children[:3]))
        heard.labels.name(self.parent, "parent")
        for child in self.children:
            heard.labels.name(child, child.name)

    def begin(self, start: str) -> None:
        """Let the parent be new, or stored and loaded, or stored and expired with its key read."""
        if start == "new":
            return
        self.session.add_all([self.parent, *self.children])
        self.session.commit()
        assert self.parent.id and all(child.id for child in self.children)
        if start == "loaded":
            assert len(self.held) == 3

    @property
    def held(self) -> Any:
        """The collection."""
        return self.parent.children

    def child(self, number: int) -> Any:
        """Return one of the children."""
        return self.children[number % 6]

    def some(self, number: int) -> list[Any]:
        """Return up to two different children."""
        return [self.child(number + step * 2) for step in range(number % 3)]

    def outside(self, children: list[Any]) -> list[Any]:
        """Return those of some children that are not in the collection."""
        there = list(self.kind.members(self.held))
        return [child for child in children if not any(child is each for each in there)]

    def inside(self, number: int) -> Any:
        """Return one of the children in the collection; IndexError where it is empty."""
        there = list(self.kind.members(self.held))
        return there[number % max(len(there), 1)]

    def comer(self, number: int) -> Any:
        """Return a child that is not in the collection; IndexError where all are."""
        return self.outside([self.child(number + step) for step in range(6)])[0]

    def place(self, number: int) -> int:
        """Return a place in a list, counted from either end; now and then one too many."""
        return number % 6 - 2

    def part(self, first: int, second: int) -> slice:
        """Return a part of a list, with a step now and then."""
        start = min(first % 4, len(self.held))
        stop = min(start + second % 3, len(self.held))
        return slice(start, stop, 2 if second == 7 and stop > start else None)

    def assign(self, first: int, second: int) -> None:
        """Replace the whole collection."""
        self.parent.children = self.kind.made_of(self.some(first))

    def set_parent(self, child: Any) -> None:
        """Come in from the other side; not where another child stands under that key."""
        held = vars(self.parent).get("children")
        if not isinstance(held, dict) or held.get(child.name, child) is child:
            child.parent = self.parent

    def expire(self) -> None:
        """Expire the collection, where the parent is stored."""
        if self.parent in self.session:
            self.session.expire(self.parent, ["children"])

    def contents(self) -> list[Any]:
        """Return who is in the collection and whose parent is known, without loading."""
        held = vars(self.parent).get("children")
        told = [] if held is None else [name_of(each) for each in self.kind.members(held)]
        others = [name_of(vars(child).get("parent")) for child in self.children]
        return [told if self.kind.ordered else sorted(told), others]


def name_of(obj: Any) -> str:
    """Return the name of an object, or "none"."""
    return "none" if obj is None else str(obj.name)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of collection: its class, how one is made, and its operators."""

    collection_class: Callable[[Orm], Any]
    made_of: Callable[[list[Any]], Any]
    members: Callable[[Any], Any]
    acts: Mapping[str, Act]
    ordered: bool = True


def by_name(children: list[Any]) -> dict[str, Any]:
    """Return children as a dict by name."""
    return {child.name: child for child in children}


def put_again(held: Any, child: Any) -> None:
    """Put a member of a dict where it is already."""
    held[next(key for key, each in held.items() if each is child)] = child


def assign_back(change: Callable[[Any, Any], Any]) -> Act:
    """Return an act as `parent.children += [...]`: change in place, then assign the same."""

    def act(play: Holding, first: int, second: int) -> None:
        more = play.some(first) if play.kind.made_of is set else play.outside(play.some(first))
        play.parent.children = change(play.held, play.kind.made_of(more))

    return act


LIST_ACTS: dict[str, Act] = {
    "append": lambda play, a, b: play.held.append(play.comer(a)),
    "insert": lambda play, a, b: play.held.insert(play.place(b), play.comer(a)),
    "pop": lambda play, a, b: play.held.pop(),
    "pop at": lambda play, a, b: play.held.pop(play.place(a)),
    "remove": lambda play, a, b: play.held.remove(play.inside(a)),
    "extend": lambda play, a, b: play.held.extend(play.outside(play.some(a))),
    "+=": assign_back(lambda held, more: held.__iadd__(more)),
    "iadd": lambda play, a, b: play.held.__iadd__(play.outside(play.some(a))) and None,
    "set item": lambda play, a, b: play.held.__setitem__(play.place(b), play.comer(a)),
    "set slice": lambda play, a, b: play.held.__setitem__(
        play.part(a, b), play.outside(play.some(b))
    ),
    "del item": lambda play, a, b: play.held.__delitem__(play.place(a)),
    "del slice": lambda play, a, b: play.held.__delitem__(play.part(a, b)),
    "sort": lambda play, a, b: play.held.sort(key=attrgetter("name"), reverse=b % 2 == 1),
    "reverse": lambda play, a, b: play.held.reverse(),
    "clear": lambda play, a, b: play.held.clear(),
}
SET_ACTS: dict[str, Act] = {
    "add": lambda play, a, b: play.held.add(play.child(a)),
    "discard": lambda play, a, b: play.held.discard(play.child(a)),
    "remove": lambda play, a, b: play.held.remove(play.child(a)),
    "clear": lambda play, a, b: play.held.clear(),
    "update": lambda play, a, b: play.held.update(play.some(a)),
    "difference_update": lambda play, a, b: play.held.difference_update(play.some(a)),
    "intersection_update": lambda play, a, b: play.held.intersection_update(play.some(a)),
    "symmetric_difference_update": lambda play, a, b: play.held.symmetric_difference_update(
        play.some(a)
    ),
    "|=": assign_back(lambda held, more: held.__ior__(more)),
    "-=": assign_back(lambda held, more: held.__isub__(more)),
    "&=": assign_back(lambda held, more: held.__iand__(more)),
    "^=": assign_back(lambda held, more: held.__ixor__(more)),
}
DICT_ACTS: dict[str, Act] = {
    "set item": lambda play, a, b: play.held.__setitem__(play.child(b).name, play.comer(a)),
    "set item again": lambda play, a, b: put_again(play.held, play.inside(a)),
    "set": lambda play, a, b: play.held.set(play.comer(a)),
    "del item": lambda play, a, b: play.held.__delitem__(play.child(a).name),
    "remove": lambda play, a, b: play.held.remove(play.child(a)),
    "pop": lambda play, a, b: play.held.pop(play.child(a).name),
    "pop or": lambda play, a, b: play.held.pop(play.child(a).name, None),
    "setdefault": lambda play, a, b: play.held.setdefault(play.child(b).name, play.comer(a)),
    "update": lambda play, a, b: play.held.update(by_name(play.outside(play.some(a)))),
    "clear": lambda play, a, b: play.held.clear(),
}
COMMON: dict[str, Act] = {
    "assign": Holding.assign,
    "read": lambda play, a, b: len(play.held),
    "flush": lambda play, a, b: play.session.flush(),
    "expire": lambda play, a, b: play.expire(),
    "set parent": lambda play, a, b: play.set_parent(play.child(a)),
    "forget parent": lambda play, a, b: setattr(play.child(a), "parent", None),
}

KINDS: dict[str, Kind] = {
    "list": Kind(lambda orm: list, list, list, LIST_ACTS | COMMON),
    "set": Kind(lambda orm: set, set, list, SET_ACTS | COMMON, ordered=False),
    "dict": Kind(
        lambda orm: orm.attribute_keyed_dict("name"),
        by_name,
        lambda held: held.values(),
        DICT_ACTS | COMMON,
    ),
}


def teller(heard: Recorder, name: str, ordered: bool) -> Callable[..., None]:
    """Return a listener that writes an event down with the key of the member, or its keys."""
    no_key = heard.orm.attributes.NO_KEY

    def key_of(told: Any) -> str:
        return str(told) if isinstance(told, slice) else heard.labels.of(told)

    def write(target: Any, value: Any, initiator: Any, told: Any) -> None:
        of = heard.labels.of
        by = f"{initiator.op.name} by {initiator.key}"
        heard.write(name, of(target), of(value), by, "no key" if told is no_key else key_of(told))

    def hear_one(target: Any, value: Any, initiator: Any, key: Any) -> None:
        write(target, value, initiator, key)

    def hear_many(target: Any, values: Any, initiator: Any, keys: Any) -> None:
        write(target, values if ordered else set(values), initiator, keys)

    return hear_one if name in KEYED else hear_many


class CollectionMachine:
    """Runs programs on a collection of one kind under one mapper, with or without a backref."""

    def __init__(self, orm: Orm, kind: Kind, backref: bool) -> None:
        """Declare the classes and make the tables."""
        self.orm = orm
        self.kind = kind
        self.engine = memory_engine()
        self.told: dict[str, Callable[..., None]] = {}
        self.declare(backref)

    def declare(self, backref: bool) -> None:
        """Declare Parent and Child; without `backref` the two sides know nothing of each other."""
        Base: Any = self.orm.declarative_base()
        one = {"back_populates": "parent"} if backref else {"overlaps": "parent"}
        other = {"back_populates": "children"} if backref else {"viewonly": True}

        class Parent(Base):  # type: ignore[misc] # the base is made at run time
            __tablename__ = "parents"
            id = Column(Integer, primary_key=True)
            name = Column(String(20))
            children = self.orm.relationship(
                "Child", collection_class=self.kind.collection_class(self.orm), **one
            )

        class Child(Base):  # type: ignore[misc] # as above
            __tablename__ = "children"
            id = Column(Integer, primary_key=True)
            name = Column(String(20))
            parent_id: Any = Column(ForeignKey("parents.id"))
            parent = self.orm.relationship("Parent", **other)

        # A registry holds its classes weakly: they must keep each other alive.
        Base.classes = (Parent, Child)
        Base.metadata.create_all(self.engine)
        self.Base, self.Parent, self.Child = Base, Parent, Child

    def run(self, start: str, steps: list[Step]) -> tuple[list[Heard], list[str]]:
        """Run a program on empty tables; return what was heard and the rows it left."""
        heard = Recorder(self.orm)
        session = self.orm.Session(self.engine)
        try:
            play = Holding(self.kind, self, session, heard)
            play.begin(start)
            self.listen(heard)
            for step in steps:
                with heard.catching(str(step)):
                    self.kind.acts[step.act](play, step.first, step.second)
                heard.note("contents", play.contents())
            with heard.catching("commit"):
                session.add(play.parent)
                session.commit()
        finally:
            self.stop(heard)
            session.close()
        return heard.log, self.rows()

    def listen(self, heard: Recorder) -> None:
        """Hear both sides, the collection with the keys of its members."""
        children = self.Parent.children
        for name in (*KEYED, "bulk_replace"):
            self.told[name] = teller(heard, name, self.kind.ordered)
            self.orm.event.listen(children, name, self.told[name], include_key=True)
        for name in ("init_collection", "dispose_collection"):
            heard.listen(children, {name: ("target", "collection", "collection_adapter")})
        heard.listen(children, {"modified": ("target", "initiator")})
        heard.listen(self.Child.parent, {"set": ("target", "value", "oldvalue", "initiator")})

    def stop(self, heard: Recorder) -> None:
        """Hear nothing any more."""
        heard.stop()
        for name, listener in self.told.items():
            self.orm.event.remove(self.Parent.children, name, listener)
        self.told.clear()

    def rows(self) -> list[str]:
        """Return the rows of the children, and empty the tables."""
        with self.engine.begin() as connection:
            table = self.Child.__table__
            found = sorted(map(repr, connection.execute(table.select()).all()))
            for each in reversed(self.Base.metadata.sorted_tables):
                connection.execute(each.delete())
        return found


def told_by(machine: CollectionMachine, start: str, steps: list[Step]) -> list[str]:
    """Return what one mapper makes of a program, line by line, in a form that can be compared.

    What is told of one act on a set is sorted: sets have no order.
    """
    log, rows = machine.run(start, steps)
    lines: list[str] = []
    part: list[str] = []
    for heard in leavers_told_once(log) if machine.orm.is_oracle else log:
        part.append(str(heard))
        if heard.name == "mark":
            lines += part if machine.kind.ordered else sorted(part)
            part.clear()
    return [*lines, *part, *rows]


@contextmanager
def collection_machines(
    kind: str, backref: bool
) -> Iterator[tuple[CollectionMachine, CollectionMachine]]:
    """Yield the machine of the oracle and that of the subject."""
    pair = [
        CollectionMachine(orm, KINDS[kind], backref) for orm in (sqlalchemy_orm(), subject_orm())
    ]
    yield pair[0], pair[1]
    for machine in pair:
        machine.Base.registry.dispose()
        machine.engine.dispose()

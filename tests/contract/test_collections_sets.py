"""Sets of related objects: each way to change one, and what is told of it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine

from .collected import children, family, hear_all, members, play
from .heard import Recorder
from .oracle import Orm
from .runner import contract


@contract(in_order=True)
def test_what_changes_a_set_is_told(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = family(orm, set)
    a, b, c = children(world, heard, "abc")
    parent = world.Parent(name="P")
    hear_all(heard, world)
    return play(
        heard,
        parent,
        {
            "add": lambda: parent.children.add(a),
            "add again": lambda: parent.children.add(a),
            "update": lambda: parent.children.update([b]),
            "remove": lambda: parent.children.remove(b),
            "remove the absent": lambda: parent.children.remove(b),
            "discard": lambda: parent.children.discard(a),
            "discard the absent": lambda: parent.children.discard(a),
            "pop": lambda: (parent.children.add(c), parent.children.pop()),
            "clear": lambda: (parent.children.add(c), parent.children.clear()),
            "pop from the empty set": lambda: parent.children.pop(),
            "None": lambda: (parent.children.add(None), parent.children.remove(None)),
        },
    )


@contract(in_order=True)
def test_set_operators_are_told(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = family(orm, set)
    a, b, c = children(world, heard, "abc")
    parent = world.Parent(name="P")
    hear_all(heard, world)

    def ior() -> None:
        parent.children |= {a}

    def iand() -> None:
        parent.children &= {b}

    def ixor() -> None:
        parent.children ^= {b}

    def isub() -> None:
        parent.children -= {b}

    return play(
        heard,
        parent,
        {
            "|=": ior,
            "&=": iand,
            "^=": ixor,
            "-=": isub,
            "|= a list": lambda: parent.children.__ior__([c]),
            "-= a list": lambda: parent.children.__isub__([c]),
            "&= a list": lambda: parent.children.__iand__([c]),
            "^= a list": lambda: parent.children.__ixor__([c]),
            "difference": lambda: (
                parent.children.add(c),
                parent.children.difference_update([c, a]),
            ),
            "intersection": lambda: (
                parent.children.add(c),
                parent.children.intersection_update([a]),
            ),
            "symmetric difference": lambda: parent.children.symmetric_difference_update([c]),
        },
    )


@contract(in_order=True)
def test_new_sets_made_of_one_are_plain(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = family(orm, set)
    a, b = children(world, heard, "ab")
    held = world.Parent(children={a}).children
    made: list[Any] = [held.copy(), held | {b}, held.union([b]), held & {b}, held - {b}]
    return [type(held).__name__, [[type(each).__name__, members(orm, set(each))] for each in made]]


@contract(in_order=True)
def test_assigned_sets(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = family(orm, set)
    a, b = children(world, heard, "ab")
    parent = world.Parent(name="P")
    hear_all(heard, world)
    told = play(
        heard,
        parent,
        {
            "first": lambda: setattr(parent, "children", {a}),
            "moved": lambda: setattr(parent, "children", {b}),
            "itself": lambda: setattr(parent, "children", parent.children),
            "list": lambda: setattr(parent, "children", [a]),
            "frozenset": lambda: setattr(parent, "children", frozenset([a])),
            "dict": lambda: setattr(parent, "children", {"a": a}),
            "None": lambda: setattr(parent, "children", None),
            "nothing": lambda: setattr(parent, "children", set()),
        },
    )
    return [*told, a.parent, b.parent]


@contract(in_order=True)
def test_the_other_side_changes_a_set(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = family(orm, set)
    a, b = children(world, heard, "ab")
    parent, other = world.Parent(name="P"), world.Parent(name="Q")
    heard.attribute(world.Parent.children)
    heard.attribute(world.Child.parent)
    a.parent = parent
    b.parent = parent
    a.parent = other
    b.parent = None
    return [members(orm, each.children) for each in (parent, other)]


@contract()
def test_sets_are_loaded_written_and_emptied(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = family(orm, set, engine, cascade="all, delete-orphan")
    # The members of a set are written in no order of its own.
    heard.classes(world.Parent, attributes=False)
    with orm.Session(engine) as session:
        parent = world.Parent(name="P")
        parent.children = {world.Child(name="a")}
        parent.children.add(world.Child(name="b"))
        session.add(parent)
        session.commit()
        parent.name  # the oracle reads an expired owner before its collection
        told: list[Any] = [type(parent.children).__name__, members(orm, parent.children)]
        parent.children |= {world.Child(name="c")}
        parent.children -= {each for each in parent.children if each.name == "a"}
        history = orm.attributes.get_history(parent, "children")
        told.append([[each.name for each in part] for part in history])
        session.commit()
        parent.name  # as above
        told.append(members(orm, parent.children))
        parent.children.clear()
        session.commit()
        parent.name  # as above
        return [*told, members(orm, parent.children)]


@contract()
def test_a_set_takes_what_came_while_it_was_not_loaded(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = family(orm, set, engine)
    with orm.Session(engine) as session:
        session.add(world.Parent(id=1, name="P", children={world.Child(id=1, name="a")}))
        session.commit()
    with orm.Session(engine, autoflush=False) as session:
        heard.attribute(world.Parent.children)
        parent, child = session.get(world.Parent, 1), session.get(world.Child, 1)
        new = world.Child(name="n", parent=parent)
        child.parent = None
        told: list[Any] = ["children" in vars(parent), members(orm, parent.children)]
        history = orm.attributes.get_history(parent, "children")
        return [*told, new in parent.children, [[e.name for e in part] for part in history]]

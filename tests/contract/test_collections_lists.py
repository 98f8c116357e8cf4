"""Lists of related objects: each way to change one, and what is told of it."""

from __future__ import annotations

from sqlalchemy import Engine

from .collected import children, family, hear_all, members, play, without_echo
from .heard import Recorder
from .oracle import Orm
from .runner import contract


@contract(in_order=True)
def test_what_changes_a_list_is_told_with_its_place(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = family(orm)
    a, b, c, d, e, f = children(world, heard)
    parent = world.Parent(name="P")
    hear_all(heard, world)
    return play(
        heard,
        parent,
        {
            "append": lambda: parent.children.append(a),
            "insert": lambda: parent.children.insert(0, b),
            "extend": lambda: parent.children.extend([c, d]),
            "iadd": lambda: parent.children.__iadd__([e]),
            "setitem": lambda: parent.children.__setitem__(0, f),
            "setitem from the end": lambda: parent.children.__setitem__(-1, b),
            "pop": lambda: parent.children.pop(),
            "pop at": lambda: parent.children.pop(0),
            "remove": lambda: parent.children.remove(c),
            "delitem": lambda: parent.children.__delitem__(0),
            "sort": lambda: parent.children.sort(key=lambda child: child.name),
            "reverse": lambda: parent.children.reverse(),
            "clear": lambda: parent.children.clear(),
            "pop from the empty list": lambda: parent.children.pop(),
        },
    )


@contract(in_order=True)
def test_slices_are_told_member_by_member(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = family(orm)
    a, b, c, d, e, f = children(world, heard)
    parent = world.Parent(name="P", children=[a, b, c])
    hear_all(heard, world)
    told = parent.children
    return play(
        heard,
        parent,
        {
            "as many": lambda: told.__setitem__(slice(0, 2), [d, e]),
            "more": lambda: told.__setitem__(slice(0, 1), [a, b]),
            "with a step": lambda: told.__setitem__(slice(0, 4, 2), [f, d]),
            "too few for the step": lambda: told.__setitem__(slice(0, 4, 2), [f]),
            "the same": lambda: told.__setitem__(slice(None), list(told)),
            "deleted with a step": lambda: told.__delitem__(slice(0, 4, 2)),
            "deleted": lambda: told.__delitem__(slice(0, 2)),
        },
    )


@contract(in_order=True)
def test_a_member_that_is_there_twice_keeps_its_parent_until_it_has_left_twice(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = family(orm)
    a, b = children(world, heard, "ab")
    parent = world.Parent(name="P", children=[a, b])
    hear_all(heard, world)
    told = play(
        heard,
        parent,
        {
            "append again": lambda: parent.children.append(a),
            "remove": lambda: parent.children.remove(a),
            "remove again": lambda: parent.children.remove(a),
        },
    )
    return [*told, a.parent, b.parent]


@contract(in_order=True)
def test_assigned_lists(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = family(orm)
    a, b, c, d = children(world, heard, "abcd")
    parent = world.Parent(name="P")
    hear_all(heard, world)
    told = play(
        heard,
        parent,
        {
            "first": lambda: setattr(parent, "children", [a, b]),
            "moved": lambda: setattr(parent, "children", [c, b]),
            "itself": lambda: setattr(parent, "children", parent.children),
            "doubles": lambda: setattr(parent, "children", [d, d, b]),
            "tuple": lambda: setattr(parent, "children", (a,)),
            "set": lambda: setattr(parent, "children", {a}),
            "dict": lambda: setattr(parent, "children", {"a": a}),
            "generator": lambda: setattr(parent, "children", (each for each in [a])),
            "None": lambda: setattr(parent, "children", None),
            "one child": lambda: setattr(parent, "children", a),
            "text": lambda: setattr(parent, "children", "ab"),
            "nothing": lambda: setattr(parent, "children", []),
        },
    )
    without_echo(heard)
    return [*told, a.parent, b.parent, c.parent, d.parent]


@contract(in_order=True)
def test_the_list_of_another_object_is_copied_not_shared(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = family(orm)
    a, b = children(world, heard, "ab")
    parent = world.Parent(name="P", children=[a, b])
    other = world.Parent(name="Q")
    hear_all(heard, world)
    other.children = parent.children
    without_echo(heard)
    return [members(orm, other.children), members(orm, parent.children), a.parent is other]


@contract(in_order=True)
def test_a_replaced_list_is_told_of_no_more(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = family(orm)
    a, b, c = children(world, heard, "abc")
    parent = world.Parent(name="P", children=[a])
    hear_all(heard, world)
    stale = parent.children
    parent.children = [b]
    without_echo(heard)
    heard.mark("stale")
    stale.append(c)
    stale.append(a)
    stale.remove(c)
    return [members(orm, parent.children), c.parent, orm.collections.collection_adapter(stale)]


@contract(in_order=True)
def test_a_deleted_list_lets_its_members_go(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = family(orm)
    a, b = children(world, heard, "ab")
    parent = world.Parent(name="P", children=[a, b])
    hear_all(heard, world)
    del parent.children
    return [a.parent, b.parent, "children" in vars(parent), members(orm, parent.children)]


@contract(in_order=True)
def test_a_list_that_was_only_read_is_no_value(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = family(orm)
    heard.attribute(world.Parent.children)
    (a,) = children(world, heard, "a")
    parent = world.Parent(name="P")
    first = parent.children
    told = ["children" in vars(parent), first is parent.children]
    told.append(orm.attributes.get_history(parent, "children"))
    a.parent = parent
    told.append(orm.attributes.get_history(parent, "children"))
    return [*told, "children" in vars(parent), first is parent.children]


@contract(in_order=True)
def test_retval_listeners_choose_what_enters_the_list(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = family(orm)
    a, b, c, d = children(world, heard, "abcd")
    parent = world.Parent(name="P")

    def other(target: object, value: object, initiator: object) -> object:
        return d if value in (a, c) else value

    orm.event.listen(world.Parent.children, "append", other, retval=True)
    heard.attribute(world.Parent.children)
    return play(
        heard,
        parent,
        {
            "append": lambda: parent.children.append(a),
            "insert": lambda: parent.children.insert(0, b),
            "setitem": lambda: parent.children.__setitem__(0, c),
            "backref": lambda: setattr(b, "parent", parent),
        },
    )


@contract(in_order=True)
def test_a_listener_that_fails_leaves_the_list_as_it_is(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = family(orm)
    a, b = children(world, heard, "ab")
    parent = world.Parent(name="P", children=[a])

    def refuse(target: object, value: object, initiator: object) -> None:
        raise ValueError("no")

    orm.event.listen(world.Parent.children, "append", refuse)
    orm.event.listen(world.Parent.children, "remove", refuse)
    return play(
        heard,
        parent,
        {
            "append": lambda: parent.children.append(b),
            "remove": lambda: parent.children.remove(a),
            "clear": lambda: parent.children.clear(),
            "delitem": lambda: parent.children.__delitem__(0),
        },
    )

"""Relationships of new objects behave alike on the short way and on the general road."""

from __future__ import annotations

import gc
import sys
import weakref
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Column, ForeignKey, Integer
from sqlalchemy.exc import InvalidRequestError

from cormorant import (
    attribute_keyed_dict,
    declarative_base,
    event,
    exc,
    inspect,
    relationship,
)
from cormorant.collections import InstrumentedList, collection_adapter


def family(heard: bool = False, kind: Any = None) -> Any:
    """Declare parents and children; `heard`: somebody listens, so that nothing is short."""
    Base: Any = declarative_base()

    class Parent(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "parents"
        id = Column(Integer, primary_key=True)
        children = relationship("Child", back_populates="parent", collection_class=kind)
        pets = relationship("Pet")

    class Child(Base):  # type: ignore[misc] # as above
        __tablename__ = "children"
        id = Column(Integer, primary_key=True)
        parent_id = Column(ForeignKey("parents.id"))
        parent = relationship("Parent", back_populates="children")

    class Pet(Base):  # type: ignore[misc] # as above
        __tablename__ = "pets"
        id = Column(Integer, primary_key=True)
        parent_id = Column(ForeignKey("parents.id"))

    Base.registry.configure()
    if heard:
        for attribute in (Parent.children, Parent.pets, Child.parent):
            for name in ("append", "remove", "set", "init_collection"):
                event.listen(attribute, name, lambda *_: None)
    return SimpleNamespace(Parent=Parent, Child=Child, Pet=Pet)


@pytest.fixture(params=[False, True], ids=["short", "general"])
def world(request: pytest.FixtureRequest) -> Any:
    return family(request.param)


def test_a_list_that_was_only_read_is_no_value(world: Any) -> None:
    parent = world.Parent()
    children, pets = parent.children, parent.pets
    assert (children, pets) == ([], [])
    assert set(vars(parent)) - {"_sa_instance_state"} == set()
    assert (parent.children is children, parent.pets is pets) == (True, True)
    pets.append(pet := world.Pet())
    children.append(child := world.Child())
    assert vars(parent)["children"] is children
    assert vars(parent)["pets"] is pets
    assert (children, pets, child.parent) == ([child], [pet], parent)


def test_both_sides_follow_whichever_is_set(world: Any) -> None:
    parent, other = world.Parent(), world.Parent()
    children = [world.Child() for _ in range(4)]
    parent.children.append(children[0])
    children[1].parent = parent
    parent.children = [*parent.children, children[2]]
    other.children = [children[3]]
    children[0].parent = other
    other.children.append(children[1])
    assert (parent.children, other.children) == (
        [children[2]],
        [children[3], children[0], children[1]],
    )
    assert [child.parent for child in children] == [other, other, parent, other]


def test_what_is_no_mapped_object_is_refused_and_changes_nothing(world: Any) -> None:
    parent, child = world.Parent(), world.Child()
    for act in (
        lambda: parent.children.append(3),
        lambda: parent.children.append("x"),
        lambda: parent.children.append(world.Child),
        lambda: setattr(child, "parent", 3),
        lambda: setattr(parent, "children", [child, object()]),
    ):
        with pytest.raises(exc.UnmappedInstanceError):
            act()
    assert (parent.children, child.parent) == ([], None)


def test_the_list_of_a_dead_owner_refuses_to_change(world: Any) -> None:
    children = world.Parent().children
    with pytest.raises(exc.ObjectDereferencedError):
        children.append(world.Child())
    assert children == []


def test_lists_take_odd_arguments_as_lists_do(world: Any) -> None:
    parent = world.Parent(children=[world.Child() for _ in range(4)])
    first, second, third, fourth = parent.children
    assert parent.children.pop(True) is second
    assert parent.children[-1] is fourth
    del parent.children[-1]
    parent.children[0:0] = (fourth,)
    parent.children += (child for child in [second])
    parent.children.insert(-100, extra := world.Child())
    assert parent.children == [extra, fourth, first, third, second]
    with pytest.raises(ValueError):
        parent.children.remove(world.Child())
    with pytest.raises(IndexError):
        parent.children.pop(10)


def test_lists_take_weak_references_and_are_lists(world: Any) -> None:
    children = world.Parent().children
    assert weakref.ref(children)() is children
    assert isinstance(children, list)
    assert type(children) is InstrumentedList


def test_a_list_does_not_keep_its_owner_alive(world: Any) -> None:
    parent = world.Parent()
    parent.children.append(world.Child())
    parent.pets.append(world.Pet())
    reference, pets = weakref.ref(parent), parent.pets
    parent.children.clear()
    del parent
    assert reference() is None
    assert len(pets) == 1


def test_a_first_list_has_no_history_until_it_is_changed(world: Any) -> None:
    parent = world.Parent()
    parent.pets
    assert inspect(parent).attrs.pets.history.has_changes() is False
    parent.pets.append(pet := world.Pet())
    assert inspect(parent).attrs.pets.history == ([pet], [], [])


@pytest.mark.parametrize("kind", [set, attribute_keyed_dict("id")], ids=["set", "dict"])
def test_sets_and_dicts_of_many_are_filled_replaced_and_emptied_in_linear_time(
    kind: Any,
) -> None:
    def work(count: int) -> int:
        world = family(kind=kind)
        parent = world.Parent()
        children = [world.Child(id=number) for number in range(count)]
        return steps(lambda: fill_and_empty(parent, children))

    def fill_and_empty(parent: Any, children: list[Any]) -> None:
        adapter = collection_adapter(parent.children)
        assert adapter is not None
        for child in children:
            adapter.append_with_event(child)
        parent.children = kind() if kind is set else {}
        for child in children:
            child.parent = parent
        adapter = collection_adapter(parent.children)
        assert adapter is not None
        assert len(adapter) == len(children)
        adapter.clear_with_event()

    assert work(4_000) <= 12 * max(work(400), 20)


def test_the_last_of_many_leave_a_keyed_dict_without_a_search_through_it() -> None:
    world = family(kind=attribute_keyed_dict("id"))

    def work(count: int) -> int:
        parent = world.Parent()
        children = [world.Child(id=number) for number in range(count)]
        for child in children:
            child.parent = parent
        taken = steps(lambda: [setattr(child, "parent", None) for child in reversed(children)])
        assert parent.children == {}
        return taken

    assert work(1_000) <= 12 * work(100)


def steps(act: Callable[[], object]) -> int:
    """Count the calls, of Python and of C functions, that an act makes."""
    count = 0

    def note(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    gc.disable()  # what it frees of earlier tests has calls of its own
    sys.setprofile(note)
    try:
        act()
    finally:
        sys.setprofile(None)
        gc.enable()
    return count


@pytest.mark.parametrize("way", ["append", "refer", "assign", "replace", "clear", "pop"])
def test_work_grows_with_the_number_of_children_and_not_with_its_square(way: str) -> None:
    world = family()

    def work(count: int) -> int:
        parent = world.Parent()
        children = [world.Child() for _ in range(count)]
        if way == "append":
            return steps(lambda: [parent.children.append(child) for child in children])
        if way == "refer":
            return steps(lambda: [setattr(child, "parent", parent) for child in children])
        if way == "assign":
            return steps(lambda: setattr(parent, "children", children))
        parent.children = children
        if way == "replace":
            return steps(lambda: setattr(parent, "children", []))
        if way == "clear":
            return steps(parent.children.clear)
        return steps(lambda: [parent.children.pop() for _ in range(count)])

    assert work(4_000) <= 12 * max(work(400), 20)


def test_a_stranger_is_refused_on_either_way(world: Any) -> None:
    parent, child = world.Parent(), world.Child()
    for act in (
        lambda: parent.children.append(world.Pet()),
        lambda: parent.pets.append(world.Child()),
        lambda: setattr(parent, "pets", [world.Pet(), world.Child()]),
        lambda: setattr(child, "parent", world.Pet()),
        lambda: world.Parent(pets=[world.Parent()]),
    ):
        with pytest.raises(InvalidRequestError):
            act()
    assert (list(parent.children), list(parent.pets), child.parent) == ([], [], None)

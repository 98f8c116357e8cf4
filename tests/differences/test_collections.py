"""Collections of related objects where we differ from SQLAlchemy on purpose."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Column, ForeignKey, Integer, String, create_engine

from tests.contract.oracle import Orm

from .sides import FINE, both, problem


def family(orm: Orm, collection_class: Any, heard: list[Any]) -> Any:
    """Declare two classes; note the events of their collection."""
    Base: Any = orm.declarative_base()

    class Parent(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "parents"
        id = Column(Integer, primary_key=True)
        children = orm.relationship(
            "Child", back_populates="parent", collection_class=collection_class
        )

    class Child(Base):  # type: ignore[misc] # as above
        __tablename__ = "children"
        id = Column(Integer, primary_key=True)
        name = Column(String(20))
        parent_id: Any = Column(ForeignKey("parents.id"))
        parent = orm.relationship("Parent", back_populates="children")

    Base.classes = (Parent, Child)
    Base.registry.configure()

    def hear(name: str) -> Any:
        def note(target: Any, value: Any, initiator: Any, key: Any) -> None:
            shown = key if isinstance(key, (int, str)) else None
            heard.append((name, getattr(value, "name", None), shown))

        return note

    for name in ("append", "remove"):
        orm.event.listen(Parent.children, name, hear(name), include_key=True)
    return Base


def test_what_cannot_belong_is_refused_before_anything_is_told() -> None:
    def scenario(orm: Orm) -> Any:
        heard: list[Any] = []
        Parent, Child = family(orm, list, heard).classes
        child = Child(name="a")
        parent = Parent(children=[child])
        heard.clear()
        told = [
            problem(lambda: parent.children.append("x")),
            problem(lambda: parent.children.append(Parent())),
            problem(lambda: setattr(child, "parent", "x")),
            problem(lambda: setattr(child, "parent", Child())),
        ]
        return [told, heard, len(parent.children), child.parent is parent]

    theirs, ours = both(scenario)
    left = [("remove", "a", None)] * 2
    assert theirs == [["AttributeError", "KeyError", "AttributeError", "KeyError"], left, 0, True]
    refused = ["UnmappedInstanceError", "InvalidRequestError"]
    assert ours == [refused * 2, [], 1, True]


class Kin:
    """Owners of plants; animals, which are none, and cats, whose rows are loaded as plants."""

    def __init__(self, orm: Orm, back: bool) -> None:
        Base: Any = orm.declarative_base()
        sides = {"back_populates": "owner"} if back else {}

        class Owner(Base):  # type: ignore[misc] # the base is made at run time
            __tablename__ = "owners"
            id = Column(Integer, primary_key=True)
            plants = orm.relationship("Plant", **sides)
            best_id: Any = Column(ForeignKey("animals.id"))
            best = orm.relationship("Animal")

        class Plant(Base):  # type: ignore[misc] # as above
            __tablename__ = "plants"
            id = Column(Integer, primary_key=True)
            owner_id: Any = Column(ForeignKey("owners.id"))
            if back:
                owner = orm.relationship("Owner", back_populates="plants")

        class Animal(Base):  # type: ignore[misc] # as above
            __tablename__ = "animals"
            id = Column(Integer, primary_key=True)
            owner = None if not back else orm.relationship("Owner", viewonly=True)

        class Cat(Plant):
            pass

        engine = create_engine("sqlite://")
        Base.metadata.create_all(engine)
        self.Owner, self.Plant, self.Animal, self.Cat = Owner, Plant, Animal, Cat
        self.session = orm.Session(engine)


GIVEN: dict[str, Any] = {
    "appended": lambda kin, owner: owner.plants.append(kin.Animal()),
    "of a subclass": lambda kin, owner: owner.plants.append(kin.Cat()),
    "assigned": lambda kin, owner: setattr(owner, "plants", [kin.Plant(), kin.Animal()]),
    "put in the place of another": lambda kin, owner: owner.plants.__setitem__(0, kin.Animal()),
    "put in a slice": lambda kin, owner: owner.plants.__setitem__(slice(0, 1), [kin.Animal()]),
    "as the only one": lambda kin, owner: setattr(owner, "best", kin.Plant()),
    "to a constructor": lambda kin, owner: kin.session.add(kin.Owner(best=kin.Plant())),
}


@pytest.mark.parametrize("back", [True, False], ids=["two sides", "one side"])
@pytest.mark.parametrize("how", GIVEN)
def test_objects_of_a_wrong_class_are_refused_where_they_are_given(how: str, back: bool) -> None:
    def scenario(orm: Orm) -> Any:
        kin = Kin(orm, back)
        owner = kin.Owner(plants=[kin.Plant()])
        kin.session.add(owner)
        at_once = problem(lambda: GIVEN[how](kin, owner))
        late = problem(kin.session.commit)
        rows = [] if late != FINE else kin.session.execute(orm.select(kin.Plant.owner_id)).all()
        return [at_once, late, [tuple(row) for row in rows]]

    theirs, ours = both(scenario)
    assert {"FlushError", "KeyError", "AssertionError"} & set(theirs[:2])
    assert ours == ["InvalidRequestError", FINE, [(1,)]]


def test_updating_a_dict_in_place_is_told() -> None:
    def scenario(orm: Orm) -> Any:
        heard: list[Any] = []
        Parent, Child = family(orm, orm.attribute_keyed_dict("name"), heard).classes
        parent, child = Parent(), Child(name="a")
        children = parent.children
        children |= {"a": child}
        return [heard, child.parent is parent, list(children)]

    told = [("append", "a", "a")]
    assert both(scenario) == ([[], False, ["a"]], [told, True, ["a"]])


def test_popitem_tells_its_key() -> None:
    def scenario(orm: Orm) -> Any:
        heard: list[Any] = []
        Parent, Child = family(orm, orm.attribute_keyed_dict("name"), heard).classes
        parent = Parent(children={"a": Child(name="a")})
        parent.children.popitem()
        return heard[1:]

    assert both(scenario) == ([("remove", "a", 1)], [("remove", "a", "a")])


def test_a_member_that_is_there_twice_keeps_its_parent_until_it_is_gone() -> None:
    def scenario(orm: Orm) -> Any:
        Parent, Child = family(orm, list, []).classes
        one, other = Child(name="a"), Child(name="b")
        popped, cleared = Parent(children=[one]), Parent(children=[other])
        popped.children.append(one)
        popped.children.pop()
        cleared.children.append(other)
        cleared.children.clear()
        Parent, Child = family(orm, orm.attribute_keyed_dict("name"), []).classes
        keyed = Child(name="a")
        deleted = Parent(children={"a": keyed})
        deleted.children["b"] = keyed
        del deleted.children["b"]
        return one.parent is popped, other.parent is cleared, keyed.parent is deleted

    assert both(scenario) == ((False, True, False), (True, False, True))


def test_a_slice_beyond_the_end_is_told_with_real_places() -> None:
    def scenario(orm: Orm) -> Any:
        heard: list[Any] = []
        Parent, Child = family(orm, list, heard).classes
        parent = Parent()
        parent.children[2:4] = [Child(name="a"), Child(name="b")]
        return [key for _name, _child, key in heard]

    assert both(scenario) == ([2, 3], [0, 1])


def test_sets_are_updated_with_several_iterables() -> None:
    def scenario(orm: Orm) -> Any:
        heard: list[Any] = []
        Parent, Child = family(orm, set, heard).classes
        parent = Parent()
        error = problem(lambda: parent.children.update([Child(name="a")], [Child(name="b")]))
        return [error, [name for _, name, _ in heard]]

    assert both(scenario) == (["TypeError", []], ["no error", ["a", "b"]])


def test_removing_the_absent_is_not_told() -> None:
    def scenario(orm: Orm) -> Any:
        heard: list[Any] = []
        Parent, Child = family(orm, list, heard).classes
        parent = Parent(children=[Child(name="a")])
        error = problem(lambda: parent.children.remove(Child(name="b")))
        return [error, heard[1:]]

    assert both(scenario) == (["ValueError", [("remove", "b", None)]], ["ValueError", []])


def test_the_list_of_a_new_object_stays_its_list_when_it_is_loaded() -> None:
    def scenario(orm: Orm) -> Any:
        told = []
        for act in ("flush", "commit"):
            Base = family(orm, list, [])
            Parent, Child = Base.classes
            engine = create_engine("sqlite://")
            Base.metadata.create_all(engine)
            with orm.Session(engine) as session:
                parent, child = Parent(), Child()
                session.add_all([parent, child])
                children = parent.children
                getattr(session, act)()
                child.parent_id = parent.id
                session.commit()
                told.append((parent.children == [child], children is parent.children))
                children.append(Child())
                told.append((len(parent.children), children is parent.children))
        return told

    assert both(scenario) == (
        [(True, False), (1, True)] * 2,
        [(True, True), (2, True)] * 2,
    )

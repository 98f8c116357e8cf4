"""Collections of related objects where we differ from SQLAlchemy on purpose."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, ForeignKey, Integer, String

from tests.contract.oracle import Orm

from .sides import both, problem


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

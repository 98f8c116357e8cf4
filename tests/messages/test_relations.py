"""Golden texts: relationships that cannot be, and rows that cannot be written."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Column, Engine, ForeignKey, Integer, String, Table

from cormorant import Session, configure_mappers, declarative_base, relationship

from .conftest import told

Body = dict[str, Any]


def pair(parent: Body, child: Body | None = None, key: bool = True) -> tuple[Any, Any, Any]:
    """Declare Parent and Child, with a foreign key from the one to the other."""
    Base: Any = declarative_base()
    mark: Body = {"__tablename__": "parents", "id": Column(Integer, primary_key=True)}
    other: Body = {"__tablename__": "children", "id": Column(Integer, primary_key=True)}
    if key:
        other["parent_id"] = Column(ForeignKey("parents.id"))
    Table("links", Base.metadata, Column("left", Integer), Column("right", Integer))
    Parent = type("Parent", (Base,), {**mark, **parent})
    return Base, Parent, type("Child", (Base,), {**other, **(child or {})})


def two_keys() -> Body:
    """Return a second foreign key."""
    return {"other_id": Column(ForeignKey("parents.id"))}


REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "no foreign key": (
        lambda: pair({"children": relationship("Child")}, key=False),
        "Could not determine join condition between parent/child tables on relationship "
        "Parent.children - there are no foreign keys linking these tables 'parents' and "
        "'children'. Add a ForeignKey to one of their columns, or specify a 'primaryjoin' "
        "expression.",
    ),
    "two foreign keys": (
        lambda: pair({"children": relationship("Child")}, two_keys()),
        "Could not determine join condition between parent/child tables on relationship "
        "Parent.children - there are multiple foreign key paths linking the tables. Specify the "
        "'foreign_keys' argument, providing a list of those columns which should be counted as "
        "containing a foreign key reference to the parent table.",
    ),
    "a table between without keys": (
        lambda: pair({"children": relationship("Child", secondary="links")}),
        "Could not determine join condition between parent/child tables on relationship "
        "Parent.children - there are no foreign keys linking these tables 'children' and "
        "'links'. Add a ForeignKey to one of their columns, or specify 'primaryjoin' and "
        "'secondaryjoin' expressions.",
    ),
    "a class between": (
        lambda: pair({"children": relationship("Child", secondary="Child")}),
        "The secondary of relationship Parent.children must be a Table object or another FROM "
        "clause, not Child. A mapped class cannot be sent: its rows are written for objects of "
        "that class. Give its table for viewonly=True, or relate to the class itself.",
    ),
    "secondaryjoin alone": (
        lambda: pair({"children": relationship("Child", secondaryjoin="Parent.id == Child.id")}),
        "Relationship Parent.children has a secondaryjoin but no secondary: name the association "
        "table with secondary=, or leave secondaryjoin out.",
    ),
    "an unknown class": (
        lambda: pair({"children": relationship("Chidl")}),
        "When initializing mapper Mapper[Parent(parents)], expression 'Chidl' failed to locate a "
        "name ('Chidl'). Did you mean 'Child'? If this is a class name, make sure that its "
        "module is imported before the mappers are configured, or add this relationship() to "
        "class 'Parent' after both classes have been declared.",
    ),
    "a condition without a foreign side": (
        lambda: pair({"children": relationship("Child", primaryjoin="Parent.id == Child.id")}),
        "Could not locate any relevant foreign key columns for primary join condition "
        "'parents.id = children.id' on relationship Parent.children. Ensure that referencing "
        "columns are associated with a ForeignKey or ForeignKeyConstraint, or are annotated in "
        "the join condition with the foreign() annotation.",
    ),
    "a condition that nothing can be copied along": (
        lambda: pair(
            {"children": relationship("Child", primaryjoin="foreign(Child.id) > Parent.id")}
        ),
        "Could not locate any simple equality expressions involving locally mapped foreign key "
        "columns for primary join condition 'children.id > parents.id' on relationship "
        "Parent.children. Ensure that referencing columns are associated with a ForeignKey or "
        "ForeignKeyConstraint, or are annotated in the join condition with the foreign() "
        "annotation. To allow comparison operators other than '==', the relationship can be "
        "marked as viewonly=True.",
    ),
    "both sides in one direction": (
        lambda: pair(
            {"up": relationship("Parent", back_populates="down"), "p": two_parents()["p"]}
            | {"down": relationship("Parent", back_populates="up")}
        ),
        "Parent.down and back-reference Parent.up are both of the same direction ONETOMANY. Did "
        "you mean to set remote_side on the many-to-one side?",
    ),
}


def two_parents() -> Body:
    """Return a foreign key of a class to itself."""
    return {"p": Column(ForeignKey("parents.id"))}


@pytest.mark.parametrize("case", REFUSED)
def test_a_relationship_that_cannot_be_is_refused_with_a_cure(case: str) -> None:
    declare, text = REFUSED[case]
    kept: list[Any] = []

    def act() -> None:
        kept.append(declare())
        configure_mappers()

    assert told(act).sentences == text


TAKES = "Relationship Parent.children takes objects of class 'Child', not "
STRANGERS: dict[str, str] = {
    "Parent": TAKES + "'Parent'. Give an object of that class or of a subclass that is loaded as "
    "such.",
    "Foster": TAKES + "'Foster'. Give the base class polymorphic_on, so that rows are loaded as "
    "objects of the subclass, or set enable_typechecks=False on the relationship.",
}


@pytest.mark.parametrize("stranger", STRANGERS)
def test_an_object_of_a_wrong_class_is_told_with_both_classes(stranger: str) -> None:
    Base, Parent, Child = pair({"children": relationship("Child")})
    classes = {"Parent": Parent, "Foster": type("Foster", (Child,), {})}
    parent = Parent()
    assert told(lambda: parent.children.append(classes[stranger]())).text == STRANGERS[stranger]
    assert (Base, list(parent.children)) == (Base, [])


def test_two_relationships_that_write_one_column_warn_with_the_cure() -> None:
    kept = pair({"children": relationship("Child")}, {"parent": relationship("Parent")})
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        configure_mappers()
    assert [str(each.message) for each in caught] == [
        "relationship 'Child.parent' will copy column parents.id to column children.parent_id, "
        "which conflicts with relationship(s): 'Parent.children' (copies parents.id to "
        "children.parent_id). If this is not the intention, consider if these relationships "
        "should be linked with back_populates, or if viewonly=True should be applied to one or "
        "more if they are read-only. For the less common case that foreign key constraints are "
        "partially overlapping, the foreign() annotation can be used to isolate the columns that "
        "should be written towards. To silence this warning, add the parameter "
        "'overlaps=\"children\"' to the 'Child.parent' relationship."
    ]
    assert kept


def test_rows_in_a_circle_are_refused_with_the_relationships_and_the_cure(
    sqlite_file_engine: Engine,
) -> None:
    Base: Any = declarative_base()

    class Person(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "people"
        id = Column(Integer, primary_key=True)
        name = Column(String(9))
        partner_id: Any = Column(ForeignKey("people.id"))
        partner = relationship("Person", remote_side=[id])

    Base.metadata.create_all(sqlite_file_engine)
    with Session(sqlite_file_engine) as session:
        ann, bob = Person(), Person()
        ann.partner, bob.partner = bob, ann
        session.add(ann)
        assert told(session.flush).text == (
            "Circular dependency detected. 2 rows refer to each other (class Person, along "
            "Person.partner) and cannot be inserted one after the other. Set post_update=True on "
            "one of these relationships, so that its key is written by an UPDATE of its own."
        )


def test_a_pair_whose_row_is_gone_is_told_with_its_table(sqlite_file_engine: Engine) -> None:
    Base: Any = declarative_base()
    links = Table(
        "links",
        Base.metadata,
        Column("left", ForeignKey("nodes.id")),
        Column("right", ForeignKey("nodes.id")),
    )

    class Node(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "nodes"
        id = Column(Integer, primary_key=True)
        friends = relationship(
            "Node",
            secondary=links,
            primaryjoin=id == links.c.left,
            secondaryjoin=id == links.c.right,
        )

    Base.metadata.create_all(sqlite_file_engine)
    with Session(sqlite_file_engine) as session:
        node = Node(friends=[Node()])
        session.add(node)
        session.flush()
        session.execute(links.delete())
        node.friends.pop()
        assert told(session.flush).text == (
            "DELETE statement on table 'links' expected to delete 1 row(s) of relationship "
            "Node.friends; 0 were matched: a row is gone, or stands twice. Roll back, expire the "
            "collections, and make the change again."
        )

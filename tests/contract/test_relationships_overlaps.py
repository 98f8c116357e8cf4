"""Two relationships that write one column without knowing of each other: a warning tells."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Column, Engine, ForeignKey, ForeignKeyConstraint, Integer, String, Table

from .heard import Recorder
from .oracle import Orm
from .runner import contract

Build = Callable[[Orm, Any], list[Any]]
BUILDS: dict[str, Build] = {}


def told(build: Build) -> Build:
    """Have the warnings of a declaration compared."""
    BUILDS[build.__name__] = build
    return build


def mapped(Base: Any, name: str, table: str | None = None, **body: Any) -> Any:
    """Map a class with an integer key, or a subclass in the table of its base."""
    if table is not None:
        body = {"__tablename__": table, "id": Column(Integer, primary_key=True), **body}
    return type(name, (Base,), body)


def child_key() -> Any:
    """Return a foreign key column to table `a`."""
    return Column(ForeignKey("a.id"))


@told
def both_sides_without_back_populates(orm: Orm, Base: Any) -> list[Any]:
    return [
        mapped(Base, "A", "a", bs=orm.relationship("B")),
        mapped(Base, "B", "b", a=orm.relationship("A"), a_id=child_key()),
    ]


@told
def two_lists_of_one_class(orm: Orm, Base: Any) -> list[Any]:
    return [
        mapped(Base, "A", "a", bs=orm.relationship("B"), others=orm.relationship("B")),
        mapped(Base, "B", "b", a_id=child_key()),
    ]


@told
def an_association_table_and_a_class_of_it(orm: Orm, Base: Any) -> list[Any]:
    a, b = (Column(ForeignKey(f"{name}.id"), primary_key=True) for name in "ab")
    body = {"a_id": a, "b_id": b, "a": orm.relationship("A"), "b": orm.relationship("B")}
    return [
        mapped(
            Base,
            "A",
            "a",
            bs=orm.relationship("B", secondary="ab"),
            links=orm.relationship("Link"),
        ),
        mapped(Base, "B", "b"),
        type("Link", (Base,), {"__tablename__": "ab", **body}),
    ]


@told
def both_sides_of_an_association_table(orm: Orm, Base: Any) -> list[Any]:
    Table("ab", Base.metadata, *(Column(name, ForeignKey(f"{name}.id")) for name in "ab"))
    return [
        mapped(Base, "A", "a", bs=orm.relationship("B", secondary="ab")),
        mapped(Base, "B", "b", all_a=orm.relationship("A", secondary="ab")),
    ]


@told
def one_column_for_two_parents(orm: Orm, Base: Any) -> list[Any]:
    return [
        mapped(Base, "A", "a", bs=orm.relationship("B", primaryjoin="A.id == foreign(B.ref)")),
        mapped(Base, "C", "c", bs=orm.relationship("B", primaryjoin="C.id == foreign(B.ref)")),
        mapped(Base, "B", "b", ref=Column(Integer)),
    ]


def family(orm: Orm, Base: Any, **body: Any) -> Any:
    """Map the root of a single-table hierarchy that refers to `a`."""
    kind = Column(String(9))
    args = {"polymorphic_on": "kind"}
    return mapped(Base, "P", "p", kind=kind, a_id=child_key(), __mapper_args__=args, **body)


def member(root: Any, name: str, **body: Any) -> Any:
    """Map a subclass of `root` in its table."""
    return mapped(root, name, __mapper_args__={"polymorphic_identity": name}, **body)


@told
def siblings_of_one_table(orm: Orm, Base: Any) -> list[Any]:
    root = family(orm, Base)
    parts = {"X": "a", "Y": "a", "Z": "other"}
    found = [member(root, name, **{key: orm.relationship("A")}) for name, key in parts.items()]
    return [mapped(Base, "A", "a"), root, *found]


@told
def a_base_and_its_subclass(orm: Orm, Base: Any) -> list[Any]:
    root = family(orm, Base, a=orm.relationship("A"))
    found = [member(root, "X", other=orm.relationship("A")), member(root, "Y")]
    return [mapped(Base, "A", "a"), root, *found]


@told
def lists_of_a_base_and_of_its_subclasses(orm: Orm, Base: Any) -> list[Any]:
    lists = {
        name: orm.relationship(target) for name, target in (("x", "X"), ("y", "Y"), ("p", "P"))
    }
    root = family(orm, Base)
    return [mapped(Base, "A", "a", **lists), root, member(root, "X"), member(root, "Y")]


@told
def overlaps_on_the_first(orm: Orm, Base: Any) -> list[Any]:
    return [
        mapped(Base, "A", "a", bs=orm.relationship("B", overlaps="other, a")),
        mapped(Base, "B", "b", a=orm.relationship("A"), a_id=child_key()),
    ]


@told
def overlaps_on_the_second(orm: Orm, Base: Any) -> list[Any]:
    return [
        mapped(Base, "A", "a", bs=orm.relationship("B")),
        mapped(Base, "B", "b", a=orm.relationship("A", overlaps="bs"), a_id=child_key()),
    ]


@told
def composite_keys_that_overlap_in_part(orm: Orm, Base: Any) -> list[Any]:
    body = {
        "a_id": child_key(),
        "n": Column(Integer),
        "__table_args__": (ForeignKeyConstraint(["a_id", "n"], ["c.a_id", "c.n"]),),
    }
    owner = {
        "__tablename__": "c",
        "a_id": Column(ForeignKey("a.id"), primary_key=True),
        "n": Column(Integer, primary_key=True),
    }
    return [
        mapped(Base, "A", "a"),
        type("C", (Base,), owner),
        mapped(Base, "D", "d", a=orm.relationship("A"), c=orm.relationship("C"), **body),
    ]


@told
def what_is_viewed_only(orm: Orm, Base: Any) -> list[Any]:
    return [
        mapped(Base, "A", "a", bs=orm.relationship("B", viewonly=True)),
        mapped(Base, "B", "b", a=orm.relationship("A"), a_id=child_key()),
    ]


@told
def both_directions_of_a_tree(orm: Orm, Base: Any) -> list[Any]:
    up = orm.relationship("A", remote_side="A.id")
    return [mapped(Base, "A", "a", down=orm.relationship("A"), up=up, a_id=child_key())]


@told
def a_third_one_beside_a_backref(orm: Orm, Base: Any) -> list[Any]:
    return [
        mapped(Base, "A", "a", bs=orm.relationship("B", backref="a")),
        mapped(Base, "B", "b", other=orm.relationship("A"), a_id=child_key()),
    ]


@told
def sides_that_are_not_kept_in_step(orm: Orm, Base: Any) -> list[Any]:
    many = orm.relationship("B", back_populates="a", sync_backref=False)
    one = orm.relationship("A", back_populates="bs")
    return [mapped(Base, "A", "a", bs=many), mapped(Base, "B", "b", a=one, a_id=child_key())]


@pytest.mark.parametrize("name", BUILDS)
def test_relationships_that_write_one_column_warn(name: str) -> None:
    @contract()
    def scenario(orm: Orm, heard: Recorder, engine: Engine) -> object:
        Base: Any = orm.declarative_base()
        kept = BUILDS[name](orm, Base)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            orm.configure_mappers()
        said = [
            str(each.message).partition(". If this is not the intention")[0] for each in caught
        ]
        return [each.__name__ for each in kept], sorted(said)

    scenario.contract.check("fast")  # type: ignore[attr-defined] # `contract` puts it there


@contract()
def test_what_is_viewed_only_is_not_kept_in_step(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    return heard.error(lambda: orm.relationship("B", viewonly=True, sync_backref=True))

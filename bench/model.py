"""The mapped classes, written once and declared by any ORM with this API."""

import importlib
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, DateTime, Float, ForeignKey, Integer, String, Table


class AdapterUnavailable(Exception):
    """The package of an adapter cannot be imported."""


@dataclass(frozen=True, slots=True)
class Orm:
    """The names that the benchmark takes from an ORM."""

    package: str
    event: Any
    select: Any
    Session: Any
    DeclarativeBase: Any
    mapped_column: Any
    relationship: Any
    joinedload: Any
    selectinload: Any


@dataclass(frozen=True, slots=True)
class Model:
    """One declaration of the three classes; each has listeners of its own."""

    Person: Any
    Parent: Any
    Child: Any
    Post: Any
    Tag: Any


# package of the ORM's own names, package of `event` and `select`
PACKAGES = {
    "sqlalchemy": ("sqlalchemy.orm", "sqlalchemy"),
    "cormorant": ("cormorant", "cormorant"),
}


def load_orm(name: str) -> Orm:
    """Return the names of one ORM; raise AdapterUnavailable if its package lacks one."""
    package, core = PACKAGES[name]
    try:
        own, shared = importlib.import_module(package), importlib.import_module(core)
        return Orm(
            name,
            shared.event,
            shared.select,
            own.Session,
            own.DeclarativeBase,
            own.mapped_column,
            own.relationship,
            own.joinedload,
            own.selectinload,
        )
    except (ImportError, AttributeError) as problem:
        raise AdapterUnavailable(
            f"The adapter {name!r} cannot run: {problem}. Install the package (or set "
            f"PYTHONPATH=src:. in a source tree), or leave it out with --adapters."
        ) from problem


def declare(orm: Orm) -> Model:
    """Declare the classes on a new base of `orm`."""
    column, relationship = orm.mapped_column, orm.relationship
    Root: Any = orm.DeclarativeBase

    class Base(Root):  # type: ignore[misc]  # the root is known at run time only
        pass

    class Person(Base):
        __tablename__ = "person"
        id = column(Integer, primary_key=True)
        name = column(String(60), nullable=False)
        email = column(String(80), nullable=False)
        age = column(Integer, nullable=False)
        score = column(Float, nullable=False)
        joined = column(DateTime, nullable=False)

    class Parent(Base):
        __tablename__ = "parent"
        id = column(Integer, primary_key=True)
        name = column(String(60), nullable=False)
        children = relationship("Child", back_populates="parent", cascade="all")

    class Child(Base):
        __tablename__ = "child"
        id = column(Integer, primary_key=True)
        parent_id = column(ForeignKey("parent.id"), nullable=False)
        name = column(String(60), nullable=False)
        rank = column(Integer, nullable=False)
        parent = relationship("Parent", back_populates="children")

    links = Table(
        "post_tag",
        Base.metadata,
        Column("post_id", ForeignKey("post.id"), primary_key=True),
        Column("tag_id", ForeignKey("tag.id"), primary_key=True),
    )

    class Tag(Base):
        __tablename__ = "tag"
        id = column(Integer, primary_key=True)
        name = column(String(60), nullable=False)

    class Post(Base):
        __tablename__ = "post"
        id = column(Integer, primary_key=True)
        name = column(String(60), nullable=False)
        tags = relationship(Tag, secondary=links)

    return Model(Person, Parent, Child, Post, Tag)

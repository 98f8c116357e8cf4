"""Options of a relationship that cannot be meant: when they are refused, and what warns."""

from __future__ import annotations

import warnings
from typing import Any

from sqlalchemy import Column, Engine, ForeignKey, Integer
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from .heard import Recorder
from .oracle import Orm
from .runner import contract


def declare(orm: Orm, options: dict[str, Any], back: dict[str, Any] | None) -> Any:
    """Declare parents with `options` for their children, who relate to each other as well."""
    Base: Any = orm.declarative_base()

    class Parent(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "parents"
        id = Column(Integer, primary_key=True)
        children = orm.relationship("Child", **options)

    class Child(Base):  # type: ignore[misc] # as above
        __tablename__ = "children"
        id = Column(Integer, primary_key=True)
        parent_id: Any = Column(ForeignKey("parents.id"))
        other_id: Any = Column(ForeignKey("children.id"))
        other = orm.relationship("Child", remote_side=id)
        if back is not None:
            parent = orm.relationship("Parent", **back)

    orm.configure_mappers()
    return Parent, Child


def configured(orm: Orm, options: dict[str, Any], back: dict[str, Any] | None = None) -> str:
    """Return the kind of the error and the warnings of such classes; `back`: of Child.parent."""
    told = "fine"
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        try:
            declare(orm, options, back)
        except SQLAlchemyError as error:
            told = "ArgumentError" if isinstance(error, ArgumentError) else "another"
    orm.clear_mappers()
    return (
        f"{told}, {sorted(str(each.message).split(' on relationship')[0][:30] for each in seen)}"
    )


@contract()
def test_options_that_contradict_each_other_are_refused_when_mappers_are_configured(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    return [
        configured(orm, {"back_populates": "other"}),
        configured(orm, {"back_populates": "parent"}, {}),
        configured(orm, {}, {"back_populates": "children"}),
        configured(orm, {"back_populates": "parent"}, {"back_populates": "children"}),
        configured(orm, {"backref": "parent_id"}),
        configured(orm, {"backref": "parent"}, {}),
        configured(orm, {"passive_deletes": "all", "cascade": "all"}),
        configured(orm, {"passive_deletes": "all", "cascade": "all, delete-orphan"}),
        configured(orm, {"passive_deletes": "all"}),
        configured(orm, {"order_by": "nothing"}),
        configured(orm, {"order_by": "Nobody.id"}),
        configured(orm, {"order_by": "Child.id"}),
    ]


@contract()
def test_options_that_say_nothing_warn(orm: Orm, heard: Recorder, engine: Engine) -> object:
    return [
        *[
            configured(orm, {"viewonly": True, **each})
            for each in (
                {"passive_deletes": True},
                {"passive_updates": False},
                {"enable_typechecks": False},
                {"active_history": True},
            )
        ],
        configured(orm, {"remote_side": "Parent.id"}),
        configured(orm, {}, {"remote_side": "Child.parent_id", "viewonly": True}),
        configured(orm, {}, {"remote_side": "Parent.id", "viewonly": True}),
    ]

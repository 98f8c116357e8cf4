"""What the options of a relationship cannot mean: refused, or warned of, when it is configured."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from sqlalchemy import exc as core_exc

from cormorant import exc

if TYPE_CHECKING:
    from cormorant.mapping.relationships import RelationshipProperty

ONLY_WRITTEN = {
    "passive_deletes": False,
    "passive_updates": True,
    "enable_typechecks": True,
    "active_history": False,
}
"""Options that mean nothing to what is only viewed, with their usual values."""


def check_options(prop: RelationshipProperty[Any]) -> None:
    """Refuse options of a configured relationship that contradict each other; warn of idle ones.

    Raises ArgumentError, also for an `order_by` that names nothing.
    """
    prop.order_columns()  # a wrong name is told now, not by the first load
    if prop.inherited:
        return
    if prop.passive_deletes == "all" and (prop.cascade.delete or prop.cascade.delete_orphan):
        raise exc.ConfigurationError(
            f"On {prop}, can't set passive_deletes='all' in conjunction with 'delete' or "
            f"'delete-orphan' cascade: one leaves the rows alone, the other deletes them. Take "
            f"passive_deletes=True to leave what is not loaded to the database."
        )
    for name, usual in ONLY_WRITTEN.items():
        if prop.viewonly and prop.options.get(name, usual) != usual:
            _warn(
                f"Setting {name} on relationship {prop} while also setting viewonly=True does "
                f"not make sense, as a viewonly=True relationship does not perform persistence "
                f"operations. Leave it out."
            )
    _check_remote(prop)


def _check_remote(prop: RelationshipProperty[Any]) -> None:
    """Warn of columns that were called remote and stand on this side alone."""
    here, there = prop.parent.persist_selectable.c, prop.mapper.persist_selectable.c
    for column in prop.join.remote:
        if here.contains_column(column) and not there.contains_column(column):
            _warn(
                f"Expression {column} is marked as 'remote' in relationship {prop}, but these "
                f"column(s) are local to the local side. The remote() annotation is needed only "
                f"for a self-referential relationship where both sides of the relationship refer "
                f"to the same tables."
            )


def _warn(text: str) -> None:
    warnings.warn(core_exc.SAWarning(text), stacklevel=3)


def other_side(prop: RelationshipProperty[Any], kind: type[Any]) -> Any:
    """Return the relationship that `back_populates` names; refuse what is none."""
    name = prop.back_populates
    other = prop.mapper._properties.get(str(name))
    if isinstance(other, kind):
        return other
    owner = prop.mapper.class_.__name__
    if other is not None:
        raise exc.ConfigurationError(
            f"{prop} names {owner}.{name} in back_populates, which is no relationship. Name the "
            f"relationship of {owner} that leads back."
        )
    raise exc.ConfigurationError(
        f"Mapper of class {owner!r} has no relationship {name!r}, which {prop} names in "
        f"back_populates. Declare it, or correct the name."
    )


def check_pair(prop: RelationshipProperty[Any], other: RelationshipProperty[Any]) -> None:
    """Refuse two sides that do not lead to each other."""
    if not other.mapper.common_parent(prop.parent):
        raise exc.ConfigurationError(
            f"{prop} names {other} in back_populates, which leads to "
            f"{other.mapper.class_.__name__!r}, not back to {prop.parent.class_.__name__!r}. "
            f"Name the relationship that leads back."
        )
    if other.direction is prop.direction and prop.join.secondary is None:
        raise exc.ConfigurationError(
            f"{prop} and back-reference {other} are both of the same direction "
            f"{prop.direction.name}. Did you mean to set remote_side on the many-to-one side?"
        )


def check_backref(prop: RelationshipProperty[Any], name: str, kind: type[Any]) -> None:
    """Refuse a backref whose name an attribute of another meaning has already."""
    there: Any = prop.mapper._properties[name]
    if prop.inherited or (isinstance(there, kind) and there.back_populates == prop.key):
        return
    raise exc.ConfigurationError(
        f"Error creating backref {name!r} on relationship {prop}: class "
        f"{prop.mapper.class_.__name__!r} has an attribute of that name. Give the backref another "
        f"name, or name that attribute in back_populates if it is the way back."
    )

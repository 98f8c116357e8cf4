"""The condition of a relationship between two entities: classes, aliases, objects."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import exc as core_exc
from sqlalchemy.sql import visitors

from cormorant import exc
from cormorant.instrument._state_cy import settle, state_of
from cormorant.mapping.join_marks import bare, is_marked
from cormorant.sql.aliases import mover, other_name
from cormorant.sql.criteria import late_value

if TYPE_CHECKING:
    from cormorant.mapping.mapper import Mapper
    from cormorant.ports import Entity

Put = Callable[[Any], Any]
"""What stands for a plain column in a condition."""


class RowsOf:
    """Rows of a mapped class in a selectable that is no entity of the user's."""

    is_aliased_class = True

    def __init__(self, mapper: Mapper, selectable: Any) -> None:
        self.mapper = mapper
        self.class_ = mapper.class_
        self.entity = mapper.class_
        self.registry = mapper.registry
        self.selectable = self.persist_selectable = self.local_table = selectable
        self.adapter = mover(selectable)

    @classmethod
    def under_another_name(cls, entity: Entity) -> RowsOf:
        """Return the rows of an entity once more, for a statement that has them already."""
        return cls(entity.mapper, other_name(entity.selectable, None, flat=True))

    @property
    def load_columns(self) -> list[tuple[str, Any]]:
        """(attribute key, column of the selectable) of an ordinary load."""
        return [(key, self.adapt(column)) for key, column in self.mapper.load_columns]

    @property
    def single_rows(self) -> tuple[Any, tuple[Any, ...]] | None:
        """(discriminator, its values) of a class that shares its table; None: every row is its."""
        told = self.mapper.single_rows
        return None if told is None else (self.adapt(told[0]), told[1])

    def attribute(self, key: str) -> Any:
        """Return the expression of an attribute on the selectable."""
        return self.adapt(self.mapper.attribute(key))

    def adapt(self, element: Any) -> Any:
        """Return an expression on the class as one on the selectable."""
        return adapted(self, element)


def adapted(entity: Any, element: Any) -> Any:
    """Return an expression on a class as one on an entity of it."""
    if hasattr(element, "__clause_element__"):
        element = element.__clause_element__()
    return entity.adapter.traverse(element) if entity.is_aliased_class else element


def between(prop: Any, near: Entity, far: Entity, middle: Any = None) -> tuple[Any, Any]:
    """Return the conditions of a relationship from `near` to `far`.

    The second one is None, or that between the association table `middle` and `far`.
    """
    first, second = placed(prop, partial(adapted, near), partial(adapted, far), middle)
    return _with_tables(prop, first, near, far), _with_tables(prop, second, near, far)


def _with_tables(prop: Any, condition: Any, near: Entity, far: Entity) -> Any:
    """Return a condition whose subqueries name the selectables of the two entities.

    Their columns stand there already; `correlate()` names tables.
    """
    if condition is None or not (near.is_aliased_class or far.is_aliased_class):
        return condition
    # Of one table on both sides a column without a mark is that of `near`.
    sides = ((prop.mapper, far), (prop.parent, near))
    moved = {table: adapted(entity, table) for mapper, entity in sides for table in mapper.tables}

    def put(element: Any, **_options: Any) -> Any:
        # What has another name already stays, with the table that it is a name of.
        return element if element.__visit_name__ == "alias" else moved.get(element)

    return visitors.replacement_traverse(condition, {}, put)


def placed(prop: Any, near: Put, far: Put, middle: Any = None) -> tuple[Any, Any]:
    """Return the conditions with columns as `near`, `far` and the table `middle` have them."""
    join = prop.join
    if join.secondary is None:
        own = prop.parent.persist_selectable.c

        def choose(element: Any, column: Any) -> Any:
            remote = is_marked(element, "remote") or not own.contains_column(column)
            return far(column) if remote else near(column)

        return _with_columns(join.marked, choose), None
    table = join.secondary if middle is None else middle
    between_columns = join.secondary.c

    def first(_element: Any, column: Any) -> Any:
        known = between_columns.contains_column(column)
        return table.c[column.key] if known else near(column)

    def second(_element: Any, column: Any) -> Any:
        known = between_columns.contains_column(column)
        return table.c[column.key] if known else far(column)

    return _with_columns(join.marked, first), _with_columns(join.secondary_marked, second)


def _with_columns(condition: Any, choose: Callable[[Any, Any], Any]) -> Any:
    def put(element: Any, **_options: Any) -> Any:
        column = bare(element)
        if column is None:
            return None
        found = choose(element, column)
        # Core leaves alone from then on what it was given: not the plain column of both sides.
        return element if found is column else found

    return visitors.replacement_traverse(condition, {}, put)


def late(obj: Any, column: Any) -> Any:
    """Return a parameter that has the value of a column on `obj` when the statement runs."""
    return late_value(column, partial(_value_of, obj, column))


def _value_of(obj: Any, column: Any) -> Any:
    state = state_of(obj)
    mapper = state.manager.mapper
    key = mapper.property_of(column).key
    settle(state)
    if key in state.values:
        value = state.values[key]
    elif state.pk is not None and key in mapper.pk_keys:
        value = mapper.identity_of(state.pk)[mapper.pk_keys.index(key)]
    elif state.pk is not None and state.session is not None:
        value = getattr(obj, key)
    else:
        missing = "no value has been set for this column: flush the object, or set it"
        if state.pk is not None:
            missing = "the object is detached and the value was expired: add it to a session"
        raise exc.UnresolvedValueError(
            f"Can't resolve value for column {column} on an object of class "
            f"{mapper.class_.__name__!r}; {missing}."
        )
    if value is None:
        text = (
            f"Got None for value of column {column}; this is unsupported for a relationship "
            f"comparison and will not currently produce an IS comparison (but may in a future "
            f"release)"
        )
        warnings.warn(core_exc.SAWarning(text), stacklevel=2)
    return value

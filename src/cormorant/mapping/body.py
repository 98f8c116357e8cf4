"""Collect what a class body, its mixins and its abstract bases declare."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from types import FrameType
from typing import TYPE_CHECKING, Any, Generic

from sqlalchemy import Column
from sqlalchemy.exc import ArgumentError, InvalidRequestError, SAWarning

from cormorant.exc import MappedAnnotationError
from cormorant.mapping.annotations import (
    analyse,
    evaluate,
    is_class_variable,
    mapped_argument,
    own_annotations,
    relation_target,
)
from cormorant.mapping.columns import ColumnProperty, MappedColumn
from cormorant.mapping.declared import VALUES, declared_attr
from cormorant.mapping.properties import MapperProperty
from cormorant.mapping.python_types import sql_type_for
from cormorant.mapping.relationships import RelationshipProperty
from cormorant.sql.column_copy import copy_column, says_nullable, set_nullable, set_type

if TYPE_CHECKING:
    from cormorant.mapping.registry import registry as Registry

NOTHING = object()
"""Stands for the value of a name that is annotated only."""

MAPPABLE = (Column, MappedColumn, MapperProperty)


@dataclass(slots=True)
class Item:
    """One name that a class of the hierarchy declares."""

    key: str
    value: Any
    annotation: Any
    owner: type[Any]
    place: tuple[int, int, int]

    @property
    def is_declared(self) -> bool:
        """Return True if a function makes the value for each class."""
        return isinstance(self.value, declared_attr)


class ClassBody:
    """The attributes of one class that is about to be mapped, in the order of its columns.

    `attributes`: name -> Column, MappedColumn or MapperProperty, complete with their types.
    `copies`: column of a mixin -> the column that this class has instead.
    """

    def __init__(self, cls: type[Any], registry: Registry) -> None:
        self.cls = cls
        self.registry = registry
        self.mapped_bases = [base for base in cls.__mro__[1:] if "__mapper__" in vars(base)]
        # What a mapped base has taken already is inherited, not declared once more.
        self._taken = {part for base in self.mapped_bases for part in base.__mro__}
        self._allow_unmapped = bool(getattr(cls, "__allow_unmapped__", False))
        self.attributes: dict[str, Any] = {}
        self.copies: dict[Any, Any] = {}

    def collect(self) -> None:
        """Fill `attributes`: first all columns, then what functions declare with them."""
        items = list(self._items())
        made = [(item, self._take(item)) for item in items if not item.is_declared]
        made += [(item, self._take_declared(item)) for item in items if item.is_declared]
        made.sort(key=lambda pair: pair[0].place)
        self.attributes = {item.key: value for item, value in made if value is not None}

    def directive(self, name: str) -> Any:
        """Return the nearest value of `__tablename__` and its like; None if there is none.

        A plain value of a mapped class holds for that class alone.
        """
        for base in self.cls.__mro__:
            value = vars(base).get(name, NOTHING)
            if value is NOTHING:
                continue
            if isinstance(value, declared_attr):
                return value.value_for(self.cls)
            if base is self.cls or "__mapper__" not in vars(base):
                return value
        return None

    def _items(self) -> Iterator[Item]:
        seen: set[str] = set()
        inherited: set[str] = set()
        for depth, base in enumerate(self.cls.__mro__):
            if base in (object, Generic):
                continue
            taken = base in self._taken
            for item in self._items_of(base, depth):
                if item.key in seen:
                    continue
                cascades = item.is_declared and item.value.is_cascading
                # What a cascading function made for the mapped base does not hide it.
                if cascades or not (taken or item.key in inherited):
                    yield item
            (inherited if taken else seen).update(_names_in_order(base))

    def _items_of(self, base: type[Any], depth: int) -> Iterator[Item]:
        body, annotations = vars(base), own_annotations(base)
        for index, name in enumerate(_names_in_order(base)):
            if name.startswith("__") and name.endswith("__"):
                continue
            value = body.get(name, NOTHING)
            # The declared attributes of a mixin come after its columns, those of the class
            # itself where they stand.
            phase = int(base is not self.cls and isinstance(value, declared_attr))
            yield Item(name, value, annotations.get(name), base, (depth, phase, index))

    def _take(self, item: Item) -> Any:
        """Return the complete declaration of an item, or None for what is not mapped."""
        value = item.value
        if isinstance(value, MAPPABLE):
            inner = self._inner(item)
            if item.owner is not self.cls:
                if self._is_given(item.key, value):
                    return None
                value = self._own_copy(item)
        elif value is NOTHING or value is None:
            inner = self._inner(item)
            # A given table has its columns; an annotation only tells type checkers of them.
            if not inner or self.given_table is not None:
                return None
            value = MappedColumn(Column())
        else:
            self._warn_of_comma(item)
            return None
        return self._completed(item.key, value, inner)

    @property
    def given_table(self) -> Any:
        """Return the `__table__` that the class was given, or None."""
        return self.directive("__table__")

    def _inner(self, item: Item) -> tuple[Any, ...]:
        """Return `(X,)` for an item annotated as Mapped[X], `()` where Mapped is not needed."""
        if item.annotation is None:
            return ()
        evaluated = evaluate(item.annotation, item.owner)
        inner = mapped_argument(evaluated)
        if inner or isinstance(item.value, Column) or is_class_variable(evaluated):
            return inner
        is_bare = item.value is NOTHING or item.value is None
        if self._allow_unmapped:
            return () if is_bare else (evaluated,)
        if is_bare and item.owner is not self.cls:
            return ()
        raise MappedAnnotationError(
            f'Type annotation for "{self.cls.__name__}.{item.key}" does not use Mapped[], so '
            f"it says nothing about a column or relationship. Write Mapped[...] around the "
            f"type, ClassVar[...] for a name that is not to be mapped, or set "
            f"__allow_unmapped__ = True on the class or a base."
        )

    def _is_given(self, key: str, value: Any) -> bool:
        """Return True if the given table has the column that a mixin declares."""
        table = self.given_table
        column = value.column if isinstance(value, MappedColumn) else value
        return table is not None and (getattr(column, "key", None) or key) in table.c

    def _warn_of_comma(self, item: Item) -> None:
        value = item.value
        if isinstance(value, tuple) and len(value) == 1 and isinstance(value[0], MAPPABLE):
            warnings.warn(
                f"Ignoring declarative-like tuple value of attribute {item.key!r} of class "
                f"{item.owner.__name__!r}: take away the comma at the end of the line.",
                SAWarning,
                stacklevel=_outside_frames(),
            )

    def _own_copy(self, item: Item) -> Any:
        """Give the class a column of its own for one of a mixin."""
        value = item.value
        if isinstance(value, MapperProperty):
            raise InvalidRequestError(
                f"Mapper properties (deferred(), column_property(), relationship()) must be "
                f"declared as @declared_attr functions on mixin and abstract classes; "
                f"{item.owner.__name__}.{item.key} is not."
            )
        if isinstance(value, MappedColumn):
            own = value.copy()
            self.copies[value] = self.copies[value.column] = own.column
            return own
        column = self.copies[value] = copy_column(value)
        return column

    def _take_declared(self, item: Item) -> Any:
        """Return what a declared_attr makes for the class; plain values become attributes."""
        declared: declared_attr[Any] = item.value
        value = declared.value_for(self.cls)
        if declared.is_directive or not isinstance(value, MAPPABLE):
            type.__setattr__(self.cls, item.key, value)
            return None
        inner: tuple[Any, ...] = ()
        # As SQLAlchemy: within the mapped class itself the annotation gives no column type.
        if item.owner is not self.cls or isinstance(value, RelationshipProperty):
            returned = declared.return_annotation
            if returned is not None:
                inner = mapped_argument(evaluate(returned, item.owner))
        completed = self._completed(item.key, value, inner)
        vars(self.cls)[VALUES][declared] = completed
        return completed

    def _completed(self, key: str, value: Any, inner: tuple[Any, ...]) -> Any:
        """Add to a declaration what its name and its annotation say."""
        where = f"{self.cls.__name__}.{key}"
        if isinstance(value, MappedColumn):
            value = self._completed_column(key, value, inner)
        elif isinstance(value, RelationshipProperty):
            if inner:
                found = relation_target(inner[0], where)
                value.take_annotation(found.target, found.collection_class, found.optional)
            elif value.argument is None:
                raise _annotation_needed(where, "Relationship")
        for column in columns_of(value):
            _name_column(column, key)
        # Functions of mixins that are still to be called find the columns on the class.
        if isinstance(value, (Column, MappedColumn)) and vars(self.cls).get(key) is not value:
            type.__setattr__(self.cls, key, value)
        return value

    def _completed_column(
        self, key: str, value: MappedColumn[Any], inner: tuple[Any, ...]
    ) -> MappedColumn[Any]:
        where = f"{self.cls.__name__}.{key}"
        if value.dataclass_options:
            raise ArgumentError(
                f"Attribute {key!r} on class {self.cls.__name__!r} has the dataclass option "
                f"{value.dataclass_options[0]!r}, but the class is not mapped as a dataclass. "
                f"Leave the option out."
            )
        if not inner:
            if value.needs_type:
                raise _annotation_needed(where, "MappedColumn")
            return value
        python_type = analyse(inner[0])
        templates = [note for note in python_type.notes if isinstance(note, MappedColumn)]
        if templates:
            value = value.merged_with(templates[0].copy())
        if value.needs_type:
            set_type(value.column, sql_type_for(self.registry, self.cls, key, python_type))
        if not says_nullable(value.column):
            set_nullable(value.column, python_type.nullable)
        return value


def columns_of(value: Any) -> Iterable[Column[Any]]:
    """Return the columns without a table that an attribute brings along."""
    if isinstance(value, Column):
        return (value,)
    if isinstance(value, MappedColumn):
        return (value.column,)
    if isinstance(value, ColumnProperty):
        return [each for each in value.columns if isinstance(each, Column)]
    return ()


def _name_column(column: Column[Any], key: str) -> None:
    if column.table is None:
        if not column.name:
            column.name = key
        if not column.key:
            column.key = column.name


def _annotation_needed(where: str, construct: str) -> ArgumentError:
    return ArgumentError(
        f'Python typing annotation is required for attribute "{where}" when primary '
        f'argument(s) for "{construct}" construct are None or not present. Write Mapped[...] '
        f"for it, or give the argument."
    )


def _outside_frames() -> int:
    """Return the stack level of the user's class statement, for a warning."""
    frame: FrameType | None = sys._getframe(1)
    level = 1
    while frame is not None and frame.f_globals.get("__name__", "").startswith("cormorant."):
        frame, level = frame.f_back, level + 1
    return level


def _names_in_order(cls: type[Any]) -> list[str]:
    """Merge the names of a class body, which come as values and as annotations apart.

    A name in both lists leads over to the other list; as SQLAlchemy orders the columns.
    """
    values, annotations = list(vars(cls)), list(own_annotations(cls))
    shared = set(values).intersection(annotations)
    lists, current, merged = (iter(values), iter(annotations)), 0, dict[str, None]()
    while True:
        for name in lists[current]:
            if name in shared and name not in merged:
                current = 1 - current
                for other in lists[current]:
                    merged[other] = None
                    if other == name:
                        break
                break
            merged[name] = None
        else:
            merged.update(dict.fromkeys(lists[1 - current]))
            return list(merged)

"""A full statement, often a text, whose rows become the elements of a SELECT."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.sql import roles
from sqlalchemy.sql.base import Executable
from sqlalchemy.util import immutabledict

from cormorant.sql.plans import Span

Row = tuple[Any, ...]


class FromStatement(Executable):
    """What `select(User).from_statement(...)` gives: run it with a session.

    `elements`: what the SELECT asked for. `element`: the statement that gives the rows.
    `_with_options`: loader options, under the name that all statements have them.
    """

    is_select = True

    def __init__(
        self, elements: Sequence[Any], entity: Any, element: Any, options: Sequence[Any] = ()
    ) -> None:
        self.elements = tuple(elements)
        self.entity = entity
        self.element = element
        self._with_options = tuple(options)
        self.options_given: Mapping[str, Any] = sa.util.EMPTY_DICT

    def get_execution_options(self) -> immutabledict[str, Any]:
        """Return the options of the statement."""
        return immutabledict({**self.element.get_execution_options(), **self.options_given})

    def execution_options(self, **options: Any) -> FromStatement:
        """Return the same with further execution options."""
        made = FromStatement(self.elements, self.entity, self.element, self._with_options)
        made.options_given = {**self.options_given, **options}
        return made

    def options(self, *options: Any) -> FromStatement:
        """Return the same with further loader options."""
        given = sa.select().options(*options)._with_options
        return self.with_loaders((*self._with_options, *given))

    def with_loaders(self, options: Sequence[Any]) -> FromStatement:
        """Return the same with these loader options in the place of its own."""
        made = FromStatement(self.elements, self.entity, self.element, options)
        made.options_given = self.options_given
        return made

    def typed(self) -> Any:
        """Return the statement; the columns of a plain text get the types of the mapping."""
        if not isinstance(self.element, sa.TextClause):
            return self.element
        kinds: dict[str, Any] = {}
        for element in self.elements:
            for name, column in _columns_of(element).items():
                kinds.setdefault(name, column.type)
        return self.element.columns(**kinds)


def described(statement: Any, names: Sequence[str]) -> tuple[list[str], list[Any]]:
    """Return the names of the columns of a statement, and the entities they were given for."""
    columns = getattr(statement, "column_args", None)
    if columns is None or len(columns) != len(names):
        return list(names), [None] * len(names)
    found, owners = [], []
    for column, name in zip(columns, names, strict=True):
        notes = column._annotations
        owners.append(notes.get("parententity"))
        found.append(notes.get("proxy_key", name))
    return found, owners


def from_statement(
    elements: Sequence[Any], entity: Any, statement: Any, options: Sequence[Any] = ()
) -> FromStatement:
    """Return what loads `elements`, about `entity` (a mapper), from the rows of `statement`."""
    if hasattr(statement, "__clause_element__"):
        statement = statement.__clause_element__()
    if isinstance(statement, str) or not isinstance(statement, roles.ReturnsRowsRole):
        raise exc.ArgumentError(
            f"A full statement is needed, got {type(statement).__name__!r}; Textual SQL should "
            f"be explicitly declared as text()."
        )
    return FromStatement(elements, entity, statement, options)


def _entity_in(element: Any) -> Any:
    if not getattr(element, "_is_from_clause", False):
        return None
    return element._annotations.get("parententity")


def _columns_of(element: Any) -> dict[str, Any]:
    """Return the columns that an element can be made of, by name; attributes by key as well."""
    entity = _entity_in(element)
    if entity is None:
        name = getattr(element, "name", None) or getattr(element, "_proxy_key", None)
        return {str(name): element} if name else {}
    found: dict[str, Any] = {}
    for prop in entity.column_attrs:
        column = prop.columns[0]
        found.setdefault(getattr(column, "name", prop.key), column)
    return found


def arranged(
    rows: Any,
    names: Sequence[str],
    owners: Sequence[Any],
    elements: Sequence[Any],
    streamed: bool,
) -> tuple[Any, tuple[Span, ...]]:
    """Put the columns of raw rows, known by name, into the order of the elements.

    `rows`: a list, or an iterator of lists when `streamed`. `owners`: the entity whose
    attribute a column was given as, None where the name alone is known. Raises
    NoSuchColumnError for an element, or a primary key, that the statement has no column for.
    """
    order: list[int] = []
    spans: list[Span] = []
    for element in elements:
        entity = _entity_in(element)
        start = len(order)
        if entity is None:
            name = next(iter(_columns_of(element)), "")
            order.append(_position(names, name))
            shown = str(getattr(element, "_proxy_key", None) or name)
            spans.append(Span(None, start, start + 1, (shown,), None, shown))
        else:
            keys, places = _matched(entity.mapper, names, owners)
            order.extend(places)
            shown = getattr(entity, "name", None) or entity.class_.__name__
            spans.append(Span(entity, start, len(order), keys, None, shown))
    if streamed:
        return _chunks(rows, order), tuple(spans)
    return _picked(rows, order), tuple(spans)


def _picked(rows: list[Row], order: list[int]) -> list[Row]:
    return [tuple([row[at] for at in order]) for row in rows]


def _chunks(chunks: Iterator[list[Row]], order: list[int]) -> Iterator[list[Row]]:
    for chunk in chunks:
        yield _picked(chunk, order)


def _position(names: Sequence[str], name: str) -> int:
    if name not in names:
        raise exc.NoSuchColumnError(
            f"The statement gives no column {name!r}; its columns are "
            f"{', '.join(map(repr, names))}."
        )
    return list(names).index(name)


def _matched(
    mapper: Any, names: Sequence[str], owners: Sequence[Any]
) -> tuple[tuple[str, ...], list[int]]:
    """Match the columns of a result by name with attributes; the key must be among them."""
    by_name: dict[str, str] = {}
    for prop in mapper.column_attrs:
        by_name[getattr(prop.columns[0], "name", prop.key)] = prop.key
    for prop in mapper.column_attrs:
        by_name.setdefault(prop.key, prop.key)
    keys: list[str] = []
    order: list[int] = []
    for position, (name, owner) in enumerate(zip(names, owners, strict=True)):
        key = by_name.get(name) if owner is None or owner.mapper.isa(mapper) else None
        if key is not None and key not in keys:
            keys.append(key)
            order.append(position)
    missing = [key for key in mapper.pk_keys if key not in keys]
    if missing:
        raise exc.NoSuchColumnError(
            f"The statement for class {mapper.class_.__name__!r} gives no column for the "
            f"primary key attribute(s) {', '.join(map(repr, missing))}; select them too."
        )
    return tuple(keys), order

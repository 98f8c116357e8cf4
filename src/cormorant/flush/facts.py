"""What writing rows of one mapper needs to know of its columns; computed once per mapper."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cormorant.mapping.mapper import Mapper


@dataclass(frozen=True, slots=True)
class WriteFacts:
    """The columns of a mapper as an INSERT and an UPDATE see them.

    `keys` and `columns` are in the order of the table. `omittable`: 1 where None leaves the
    column out, 2 where only a missing value does, else 0. `defaults` and `updates`: Python-side
    defaults by key. `server_keys`: what the server fills on INSERT; `server_update_keys`: on
    UPDATE.
    """

    keys: tuple[str, ...]
    columns: tuple[Any, ...]
    column_of: dict[str, Any]
    omittable: tuple[int, ...]
    defaults: dict[str, Any]
    updates: dict[str, Any]
    sql_defaults: dict[str, Any]
    sql_updates: dict[str, Any]
    server_keys: frozenset[str]
    server_update_keys: tuple[str, ...]
    comparisons: dict[str, Callable[[Any, Any], bool] | None]
    generated_pk: str | None

    @classmethod
    def of(cls, mapper: Mapper) -> WriteFacts:
        """Return the facts of a mapper."""
        found: WriteFacts | None = mapper.memo.get("write_facts")
        if found is None:
            found = mapper.memo["write_facts"] = _collect(mapper)
        return found


def _collect(mapper: Mapper) -> WriteFacts:
    props = {}
    for prop in mapper.column_attrs:
        for column in prop.columns:
            if getattr(column, "table", None) is mapper.local_table:
                props[column] = prop
    keys, columns, omittable, server = [], [], [], set()
    defaults, updates, sql_defaults, sql_updates, server_updates = {}, {}, {}, {}, []
    generated = _generated_key(mapper, props)
    for column in mapper.local_table.c:
        if column not in props:
            continue
        prop = props[column]
        if column.computed is not None:
            server.add(prop.key)
            server_updates.append(prop.key)
            continue
        key = prop.key
        keys.append(key)
        columns.append(column)
        by_server = column.server_default is not None or column.identity is not None
        omittable.append(_omittable(column, by_server or key == generated))
        if by_server:
            server.add(key)
        if _is_sql(column.default):
            sql_defaults[key] = column.default
        elif column.default is not None:
            defaults[key] = column.default
        if _is_sql(column.onupdate):
            sql_updates[key] = column.onupdate
        elif column.onupdate is not None:
            updates[key] = column.onupdate
        if column.server_onupdate is not None:
            server_updates.append(key)
    return WriteFacts(
        tuple(keys),
        tuple(columns),
        dict(zip(keys, columns, strict=True)),
        tuple(omittable),
        defaults,
        updates,
        sql_defaults,
        sql_updates,
        frozenset(server),
        tuple(server_updates),
        {key: _comparison(column) for key, column in zip(keys, columns, strict=True)},
        generated,
    )


def _is_sql(default: Any) -> bool:
    return default is not None and bool(default.is_sequence or default.is_clause_element)


def _omittable(column: Any, generated: bool) -> int:
    if generated or _is_sql(column.default):
        return 1
    return 2 if column.type.should_evaluate_none else 0


def _generated_key(mapper: Mapper, props: dict[Any, Any]) -> str | None:
    """Return the key of the column whose value the database makes when none is given."""
    column = mapper.local_table.autoincrement_column
    if column is None or column not in props:
        return None
    key: str = props[column].key
    return key


def _comparison(column: Any) -> Callable[[Any, Any], bool] | None:
    """Return the type's own comparison of values, None where it is plain equality."""
    kind = column.type
    function = type(kind).compare_values
    if function.__module__ == "sqlalchemy.sql.type_api" and "TypeDecorator" not in str(
        function.__qualname__
    ):
        return None
    comparison: Callable[[Any, Any], bool] = kind.compare_values
    return comparison

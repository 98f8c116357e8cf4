"""What writing rows needs to know of the columns of a table; computed once per mapper."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cormorant.mapping.inherit import key_columns

if TYPE_CHECKING:
    from cormorant.mapping.mapper import Mapper


@dataclass(frozen=True, slots=True)
class WriteFacts:
    """The columns of one table of a mapper as an INSERT and an UPDATE see them.

    `is_root`: the table makes the key of the object; a table below takes it over along
    `copies`, pairs of attribute keys. `where`: the columns that hold the key, in its order;
    `pk_keys`: the attributes of the table's own primary key. `keys` and `columns` are in the
    order of the table. `omittable`: 1 where None leaves the column out, 2 where only a missing
    value does, else 0. `defaults` and `updates`: Python-side defaults by key. `server_keys`:
    what the server fills on INSERT; `server_update_keys`: on UPDATE. `computed`: the columns
    that only the server writes. `passive_deletes`: rows go with those of the table above;
    `follows`: and their keys follow (passive_updates).
    """

    table: Any
    is_root: bool
    where: tuple[Any, ...]
    pk_keys: tuple[str, ...]
    copies: tuple[tuple[str, str], ...]
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
    computed: dict[str, Any]
    passive_deletes: bool
    follows: bool

    @classmethod
    def of(cls, mapper: Mapper) -> WriteFacts:
        """Return the facts of the only table of a mapper, or else of that of its root."""
        found: WriteFacts | None = mapper.memo.get("write_facts")
        if found is None:
            found = mapper.memo["write_facts"] = _collect(mapper, mapper.base_mapper.local_table)
        return found

    @classmethod
    def of_all(cls, mapper: Mapper) -> tuple[WriteFacts, ...]:
        """Return the facts of each table of a mapper, that of the root first."""
        found: tuple[WriteFacts, ...] | None = mapper.memo.get("write_facts_of_all")
        if found is None:
            rest = [_collect(mapper, table) for table in mapper.tables[1:]]
            found = mapper.memo["write_facts_of_all"] = (cls.of(mapper), *rest)
        return found

    def column(self, key: str) -> Any:
        """Return the column of this table that an attribute stands for."""
        found = self.column_of.get(key)
        return self.computed[key] if found is None else found

    @property
    def shape(self) -> tuple[Any, ...]:
        """What classes have in common whose rows of this table are written alike."""
        return self.table, self.keys, self.columns, self.copies


def _collect(mapper: Mapper, table: Any) -> WriteFacts:
    props = {
        column: prop
        for prop in mapper.column_attrs
        for column in prop.columns
        if getattr(column, "table", None) is table
    }
    generated = _generated_key(table, props)
    mapped = [(props[column].key, column) for column in table.c if column in props]
    written = [(key, column) for key, column in mapped if column.computed is None]
    computed = {key: column for key, column in mapped if column.computed is not None}
    is_root = table is mapper.base_mapper.local_table
    follows = is_root or _owner(mapper, table).passive_updates
    where = key_columns(mapper, table)
    return WriteFacts(
        table=table,
        is_root=is_root,
        where=where,
        pk_keys=mapper.pk_keys if is_root else tuple([props[c].key for c in table.primary_key]),
        copies=() if is_root else _copies(mapper, table),
        keys=tuple([key for key, _ in written]),
        columns=tuple([column for _, column in written]),
        column_of=dict(written),
        omittable=tuple([_omittable(c, _by_server(c) or key == generated) for key, c in written]),
        defaults={key: c.default for key, c in written if _is_python(c.default)},
        updates={key: c.onupdate for key, c in written if _is_python(c.onupdate)},
        sql_defaults={key: c.default for key, c in written if _is_sql(c.default)},
        sql_updates={key: c.onupdate for key, c in written if _is_sql(c.onupdate)},
        server_keys=frozenset([*computed, *[key for key, c in written if _by_server(c)]]),
        server_update_keys=tuple(
            [key for key, c in mapped if c.server_onupdate is not None or key in computed]
        ),
        comparisons={
            key: _comparison(column)
            for key, column in written
            # The database carries a new key of the root's row on to the tables below.
            if is_root or not follows or column not in where
        },
        generated_pk=generated,
        computed=computed,
        passive_deletes=not is_root and _owner(mapper, table).passive_deletes,
        follows=follows,
    )


def _by_server(column: Any) -> bool:
    return column.server_default is not None or column.identity is not None


def _is_python(default: Any) -> bool:
    return default is not None and not _is_sql(default)


def _is_sql(default: Any) -> bool:
    return default is not None and bool(default.is_sequence or default.is_clause_element)


def _omittable(column: Any, generated: bool) -> int:
    if generated or _is_sql(column.default):
        return 1
    return 2 if column.type.should_evaluate_none else 0


def _owner(mapper: Mapper, table: Any) -> Mapper:
    """Return the mapper of the line above that brought in a table."""
    return next(
        each for each in mapper.line if each.local_table is table and each.inheritance.pairs
    )


def _copies(mapper: Mapper, table: Any) -> tuple[tuple[str, str], ...]:
    """Return (attribute above, attribute of the table) of the keys that a row takes over."""
    found = []
    for above, own in _owner(mapper, table).inheritance.pairs:
        source, target = mapper.property_of(above).key, mapper.property_of(own).key
        if source != target:
            found.append((source, target))
    return tuple(found)


def _generated_key(table: Any, props: dict[Any, Any]) -> str | None:
    """Return the key of the column whose value the database makes when none is given."""
    column = table.autoincrement_column
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

"""Reads that the ORM makes for itself: one object by key, what an object lacks, related rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cormorant.load.branches import Branch, usual_branch
from cormorant.load.objects import Target, filler_for, objects_of
from cormorant.load.related import entity_select, lazy_read
from cormorant.load.shapes import objects_along, take_along
from cormorant.mapping.inherit import key_columns
from cormorant.mapping.polymorphic import parts_for
from cormorant.sql.prepared import PreparedSelect, prepare_read, prepare_select

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from cormorant.mapping.mapper import Mapper

MOST_SHAPES = 200
"""Sets of columns per mapper whose reads are kept; more are built anew each time."""


def _remembered(mapper: Mapper, name: Any, make: Any) -> PreparedSelect:
    kept: dict[Any, PreparedSelect] = mapper.memo.setdefault("prepared", {})
    found = kept.get(name)
    if found is None:
        found = make()
        if len(kept) < MOST_SHAPES:
            kept[name] = found
    return found


def select_by_key(mapper: Mapper, keys: tuple[str, ...], lock: Any = None) -> PreparedSelect:
    """Return the read of the attributes `keys` by primary key."""
    if lock is None:
        known: PreparedSelect | None = mapper.memo.get(("by key", keys))
        if known is not None:
            return known
    columns = [_column(mapper, key) for key in keys]
    frozen = tuple(sorted(lock.items())) if isinstance(lock, Mapping) else lock

    def prepare() -> PreparedSelect:
        return prepare_select(mapper, columns, mapper.primary_key, for_update=lock)

    try:
        hash(frozen)
    except TypeError:
        return prepare()
    made = _remembered(mapper, ("by key", keys, frozen), prepare)
    if lock is None and keys in (load_keys(mapper), row_keys(mapper)):
        mapper.memo["by key", keys] = made
    return made


def _column(mapper: Mapper, key: str) -> Any:
    prop: Any = mapper._properties.get(key)
    return dict(mapper.row_columns)[key] if prop is None else mapper.loaded_column(prop)


def load_by_key(
    mapper: Mapper,
    pk: Any,
    connection: Connection,
    target: Target,
    options: Mapping[str, Any] | None = None,
    lock: Any = None,
    branch: Branch | None = None,
) -> Any:
    """Return the object of a bare key from the database, or None."""
    memo = mapper.memo
    if branch is None and lock is None:
        kept = memo.get("plain by key")
        if kept is not None:
            # The commonest read of all: what it needs is at hand.
            prepared, known_processors, filler = kept
            values = (pk,) if mapper.single_key else tuple(pk)
            rows, processors = prepared.fetch(connection, values, options)
            if not rows:
                return None
            if processors is not known_processors:
                return objects_of(mapper, rows, row_keys(mapper), 0, processors, target)[0]
            known = target.identity_map.of(mapper)
            overwrite = target.overwrite or mapper.always_refresh
            return filler.objects(rows, target.link, known, overwrite, target.context)[0]
    if branch is None:
        branch = usual_branch(mapper)
    if not branch.plain:
        return _load_along(branch, pk, connection, target, options, lock)
    return _load_plain(mapper, pk, connection, target, options, lock)


def _load_plain(
    mapper: Mapper,
    pk: Any,
    connection: Connection,
    target: Target,
    options: Mapping[str, Any] | None,
    lock: Any,
) -> Any:
    """Return the object of a key with its usual columns; keep what the next read needs."""
    memo = mapper.memo
    keys = row_keys(mapper)
    prepared = select_by_key(mapper, keys, lock)
    rows, processors = prepared.fetch(connection, mapper.identity_of(pk), options)
    if rows and lock is None and mapper.polymorphic_on is None:
        memo["plain by key"] = (prepared, processors, filler_for(mapper, keys, 0, processors))
    return objects_of(mapper, rows, keys, 0, processors, target)[0] if rows else None


def _load_along(
    branch: Branch,
    pk: Any,
    connection: Connection,
    target: Target,
    options: Mapping[str, Any] | None,
    lock: Any,
) -> Any:
    """Return the object of a key with what its branch loads along with it."""
    prepared = read_by_key(branch, lock)
    rows, processors = prepared.fetch(connection, branch.mapper.identity_of(pk), options)
    found = objects_along(rows, prepared.spans(processors)[0], target)
    return found[0] if found else None


def reload_by_key(
    branch: Branch, obj: Any, state: Any, connection: Connection, target: Target, lock: Any
) -> bool:
    """Load the columns of an object anew with what stands in the same row; False: no row.

    Columns of subclasses that stand there as well are none of the object's.
    """
    mapper = branch.mapper
    prepared = read_by_key(branch, lock)
    rows, processors = prepared.fetch(connection, mapper.identity_of(state.pk))
    if not rows:
        return False
    span = prepared.spans(processors)[0]
    own: Any = span.processors or [None] * len(span.keys)
    for place, key in parts_for(mapper, span.keys):
        value, process = rows[0][place], own[place]
        state.values[key] = value if process is None else process(value)
    take_along([obj] * len(rows), rows, span, target)
    extra = state.extras()
    extra.names.difference_update(span.keys)
    extra.expired = False
    return True


def read_by_key(branch: Branch, lock: Any = None) -> PreparedSelect:
    """Return the read of what a branch loads by the primary key."""
    name = ("by key", tuple(sorted(lock.items())) if isinstance(lock, Mapping) else lock)
    found: PreparedSelect | None = branch.memo.get(name)
    if found is None:
        statement = entity_select(branch)
        if lock:
            statement = statement.with_for_update(**(lock if isinstance(lock, Mapping) else {}))
        found = prepare_read(branch.mapper, statement, branch.mapper.primary_key)
        branch.memo[name] = found
    return found


def load_keys(mapper: Mapper) -> tuple[str, ...]:
    """Return the attribute keys of an ordinary load, in the order of its columns."""
    found: tuple[str, ...] | None = mapper.memo.get("load_keys")
    if found is None:
        found = mapper.memo["load_keys"] = tuple([key for key, _ in mapper.load_columns])
    return found


def row_keys(mapper: Mapper) -> tuple[str, ...]:
    """Return the names in a row of an ordinary load: with those of with_polymorphic."""
    found: tuple[str, ...] | None = mapper.memo.get("row_keys")
    if found is None:
        found = mapper.memo["row_keys"] = tuple([key for key, _ in mapper.row_columns])
    return found


def values_by_key(
    mapper: Mapper,
    pk: Any,
    keys: Sequence[str],
    connection: Connection,
    lock: Any = None,
) -> dict[str, Any] | None:
    """Return the values of some attributes of one row, or None when the row is gone."""
    names = tuple(keys)
    prepared = None if lock or not mapper.inheritance.is_joined else _of_one_table(mapper, names)
    if prepared is None:
        prepared = select_by_key(mapper, names, lock)
    rows, processors = prepared.fetch(connection, mapper.identity_of(pk))
    if not rows:
        return None
    row = rows[0]
    if processors is not None:
        row = tuple([v if p is None else p(v) for v, p in zip(row, processors, strict=True)])
    return dict(zip(keys, row, strict=True))


def _of_one_table(mapper: Mapper, keys: tuple[str, ...]) -> PreparedSelect | None:
    """Return the read of attributes that all stand in one table below the root's, or None."""
    columns = [mapper._properties[key].columns[0] for key in keys]  # type: ignore[attr-defined] # as above
    tables = {getattr(column, "table", None) for column in columns}
    table = tables.pop()
    if tables or table is None or table is mapper.base_mapper.local_table:
        return None

    def prepare() -> PreparedSelect:
        return prepare_select(None, columns, key_columns(mapper, table))

    return _remembered(mapper, ("of one table", keys), prepare)


def load_related(
    prop: Any, branch: Branch, values: tuple[Any, ...], connection: Connection, target: Target
) -> list[Any]:
    """Return the objects that a relationship finds for values of columns of its parent."""
    prepared: PreparedSelect = branch.memo.get(prop) or lazy_read(prop, branch)
    rows, processors = prepared.fetch(connection, values)
    span = prepared.spans(processors)[0]
    if branch.plain:
        return objects_of(prop.mapper, rows, span.keys, 0, span.processors, target)
    return objects_along(rows, span, target)

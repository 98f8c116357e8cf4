# cython: boundscheck=False, wraparound=False
"""Collect the column values of many objects as rows, and hand keys back to the objects."""

from __future__ import annotations

import datetime
import decimal
import uuid
from typing import Any

from cormorant.instrument._state_cy import (
    FLAG_DELETED,
    earlier_values,
    known_state,
    settle,
    state_of,
    values_of,
)
from cormorant.instrument.constants import NO_VALUE

try:
    import cython
except ImportError:
    from cormorant import _cython as cython

COMPILED: bool = cython.compiled

PLAIN_TYPES: set[Any] = {
    str,
    int,
    float,
    bool,
    bytes,
    type(None),
    datetime.date,
    datetime.datetime,
    decimal.Decimal,
    uuid.UUID,
}
_expressions: dict[Any, Any] = {}


def is_expression(value: Any) -> bool:
    """Tell whether a value is SQL rather than data; remembered by type."""
    kind = type(value)
    answer = _expressions.get(kind)
    if answer is None:
        answer = hasattr(kind, "__clause_element__") or hasattr(kind, "__visit_name__")
        if len(_expressions) > 1000:
            _expressions.clear()
        _expressions[kind] = answer
    return answer


def runs_of(objects: Any, keys: Any, omittable: Any) -> Any:
    """Split new objects into runs of neighbours whose rows have values for the same columns.

    A run is (objects, mask, gaps, expressive): the bits of the columns that are left out,
    whether values are missing that are written as NULL, whether the objects have SQL
    expressions among their values. `omittable`, per key: 0 = a missing value becomes NULL, 1 =
    None leaves the column out, 2 = only a missing value does (None is a value of the type).
    """
    runs: list[Any] = []
    members: list[Any] = objects
    names: tuple[Any, ...] = keys
    optional: tuple[Any, ...] = omittable
    i: cython.Py_ssize_t
    at: cython.Py_ssize_t
    start: cython.Py_ssize_t = 0
    common: Any = 0
    gaps: cython.bint = False
    expressive: cython.bint = False
    for at in range(len(members)):
        values: dict[Any, Any] = values_of(members[at])
        mask: Any = 0
        lacks: cython.bint = False
        has_sql: cython.bint = False
        for i in range(len(names)):
            value = values.get(names[i])
            kind = type(value)
            if kind is str or kind is int:
                continue
            if value is None:
                if optional[i] == 1 or (optional[i] == 2 and names[i] not in values):
                    mask |= 1 << i
                elif names[i] not in values:
                    lacks = True
            elif is_sql(value):
                has_sql = True
        if at > start and (has_sql != expressive or mask != common):
            runs.append((members[start:at], common, gaps, expressive))
            start = at
            gaps = False
        common = mask
        expressive = has_sql
        gaps = gaps or lacks
    runs.append((members[start:] if start else members, common, gaps, expressive))
    return runs


def rows_of(objects: Any, keys: Any, processors: Any) -> Any:
    """Return one tuple of values per object, in the order of `keys`, bind processors applied."""
    rows: list[Any] = []
    names: tuple[Any, ...] = keys
    width: cython.Py_ssize_t = len(names)
    i: cython.Py_ssize_t
    plain: cython.bint = processors is None
    for obj in objects:
        values: dict[Any, Any] = values_of(obj)
        row: list[Any] = []
        if plain:
            for i in range(width):
                row.append(values.get(names[i]))
        else:
            for i in range(width):
                value = values.get(names[i])
                processor = processors[i]
                if processor is not None:
                    value = processor(value)
                row.append(value)
        rows.append(tuple(row))
    return rows


def fill_nulls(objects: Any, keys: Any) -> Any:
    """Store None under the columns that a row was written with NULL for."""
    for obj in objects:
        values: dict[Any, Any] = values_of(obj)
        for key in keys:
            if key not in values:
                values[key] = None


def net_changes(obj: Any, before: Any, comparisons: Any) -> Any:
    """Return the column keys whose value differs from the one in `before`, in column order.

    `comparisons`: column key -> function of two values, or None for `==`.
    """
    settle(state_of(obj))
    return differing(values_of(obj), before, comparisons)


@cython.cfunc
def differing(
    values: dict[Any, Any], before: dict[Any, Any], comparisons: dict[Any, Any]
) -> list[Any]:
    found: list[Any] = []
    for key, old in before.items():
        if key not in comparisons:
            continue
        new = values.get(key)
        if old is new:
            continue
        if old is not NO_VALUE and not (new is not None and is_sql(new)):
            compare = comparisons[key]
            if compare is not None:
                if compare(new, old):
                    continue
            elif old is not None and new is not None and new == old:
                continue
        found.append(key)
    return found


@cython.cfunc
@cython.inline
def is_sql(value: Any) -> cython.bint:
    kind = type(value)
    if kind is str or kind is int:
        return False
    return kind not in PLAIN_TYPES and is_expression(value)


def pk_of(obj: Any) -> Any:
    """Return the bare primary key of an object."""
    return state_of(obj).pk


def by_root(objects: Any, groups: Any) -> Any:
    """Put objects into `groups`, root mapper -> list; a class is looked at once."""
    kinds: dict[Any, Any] = {}
    last: Any = None
    group: list[Any] = []
    for obj in objects:
        kind = type(obj)
        if kind is not last:
            last = kind
            if kind not in kinds:
                root = state_of(obj).manager.mapper.base_mapper
                if root not in groups:
                    groups[root] = []
                kinds[kind] = groups[root]
            group = kinds[kind]
        group.append(obj)


def by_type(objects: Any) -> Any:
    """Return type -> the first object of it."""
    found: dict[Any, Any] = {}
    last: Any = None
    for obj in objects:
        if type(obj) is not last:
            last = type(obj)
            if last not in found:
                found[last] = obj
    return found


def one_class(objects: Any) -> Any:
    """Tell whether all objects are of one class."""
    first = None
    for obj in objects:
        if first is None:
            first = type(obj)
        elif type(obj) is not first:
            return False
    return True


def group_changes(objects: Any, before: Any, comparisons: Any, groups: Any) -> Any:
    """Put objects with a net change into `groups`: tuple of column keys -> list.

    `before(obj)` gives the earlier values; None where they are those of the states. Return
    (objects with a change, in order; True when some new value is an SQL expression).
    """
    written: list[Any] = []
    expressive: cython.bint = False
    last: list[Any] = []
    group: list[Any] = []
    for obj in objects:
        earlier = earlier_values(obj) if before is None else before(obj)
        if not earlier:
            continue
        values: dict[Any, Any] = values_of(obj)
        keys: list[Any] = differing(values, earlier, comparisons)
        if not keys:
            continue
        written.append(obj)
        for key in keys:
            if is_sql(values.get(key)):
                expressive = True
        if keys != last:
            last = keys
            name = tuple(keys)
            if name not in groups:
                groups[name] = []
            group = groups[name]
        group.append(obj)
    return written, expressive


def update_rows_of(objects: Any, keys: Any, single: Any, processors: Any) -> Any:
    """Return the rows of an UPDATE: the values of `keys`, then the primary key."""
    rows: list[Any] = []
    names: tuple[Any, ...] = keys
    width: cython.Py_ssize_t = len(names)
    i: cython.Py_ssize_t
    plain: cython.bint = processors is None
    alone: cython.bint = single
    for obj in objects:
        state = state_of(obj)
        values: dict[Any, Any] = state.values
        row: list[Any] = []
        for i in range(width):
            row.append(values.get(names[i]))
        if alone:
            row.append(state.pk)
        else:
            row.extend(state.pk)
        if not plain:
            for i in range(len(row)):
                if processors[i] is not None:
                    row[i] = processors[i](row[i])
        rows.append(tuple(row))
    return rows


def keys_of(objects: Any, processor: Any) -> Any:
    """Return the bare keys of persistent objects, ready for the driver."""
    keys: list[Any] = []
    for obj in objects:
        pk = known_state(obj).pk
        keys.append(pk if processor is None else processor(pk))
    return keys


def mark_deleted(members: Any, link: Any, is_leaf: Any) -> Any:
    """Mark members for deletion; return those of which more has to be known.

    `is_leaf(obj)`: deletions of its class do not go on.
    """
    odd: list[Any] = []
    doomed: dict[Any, Any] = link.deleted
    last: Any = None
    leaf: cython.bint = False
    for obj in members:
        state = known_state(obj)
        if type(obj) is not last:
            last = type(obj)
            leaf = is_leaf(obj)
        if not leaf or state.link is not link or state.pk is None or state.flags & FLAG_DELETED:
            odd.append(obj)
        else:
            doomed[id(obj)] = obj
    return odd

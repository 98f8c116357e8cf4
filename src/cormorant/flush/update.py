"""Write changed rows: only columns with a net change, checked against rows that went away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from cormorant import exc
from cormorant.flush._rows_cy import group_changes, is_expression, net_changes, update_rows_of
from cormorant.flush.defaults import apply_defaults
from cormorant.flush.facts import WriteFacts
from cormorant.flush.forget import forget_values
from cormorant.flush.key_switches import move_key
from cormorant.instrument._state_cy import state_of, values_of
from cormorant.instrument.constants import NO_VALUE
from cormorant.sql import wire
from cormorant.sql.errors import Facts
from cormorant.sql.writes import update_plan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine import Connection

    from cormorant.flush.context import UOWTransaction
    from cormorant.mapping.mapper import Mapper


def update_rows(
    context: UOWTransaction, mapper: Mapper, objects: list[Any], connection: Connection
) -> list[Any]:
    """Update the rows of changed objects of one class with one table.

    Return those that had a net change.
    """
    return update_in(context, mapper, WriteFacts.of(mapper), objects, connection)


def update_in(
    context: UOWTransaction,
    mapper: Mapper,
    facts: WriteFacts,
    objects: list[Any],
    connection: Connection,
) -> list[Any]:
    """Update the rows that objects have in one table; return those that had a net change."""
    groups: dict[tuple[str, ...], list[Any]] = {}
    before = context.before if context.has_watched else None
    written, expressive = group_changes(objects, before, facts.comparisons, groups)
    if not written:
        return []
    told = facts.is_root and mapper.version is not None and bool(mapper.dispatch.refresh_flush)
    if expressive or facts.sql_updates or facts.updates or told or _eager_keys(mapper, facts):
        groups = _regrouped(context, mapper, facts, groups, connection)
    for keys, group in groups.items():
        ordered = keys if len(keys) == 1 else tuple([k for k in facts.keys if k in keys])
        _update_batch(context, mapper, facts, group, ordered, connection)
    _forget_computed(context, mapper, facts, written)
    found: list[Any] = written
    return found


def raise_versions(
    context: UOWTransaction,
    mapper: Mapper,
    facts: WriteFacts,
    objects: list[Any],
    connection: Connection,
) -> None:
    """Check and move the versions of objects that change in other tables only."""
    if objects:
        _update_batch(context, mapper, facts, objects, (), connection)


def update_rows_of_switched(
    context: UOWTransaction,
    mapper: Mapper,
    facts: WriteFacts,
    obj: Any,
    keys: list[str],
    expressive: bool,
    connection: Connection,
) -> None:
    """Update the row that a new object took over from a deleted one; `keys`: what it was given."""
    wanted = _with_updates(context, mapper, facts, obj, keys, connection)
    if expressive or facts.sql_updates or _eager_keys(mapper, facts):
        _update_expressions(context, mapper, facts, obj, wanted, connection)
    else:
        _update_batch(context, mapper, facts, [obj], tuple(wanted), connection)
    _forget_computed(context, mapper, facts, [obj])


def _regrouped(
    context: UOWTransaction,
    mapper: Mapper,
    facts: WriteFacts,
    groups: dict[tuple[str, ...], list[Any]],
    connection: Connection,
) -> dict[tuple[str, ...], list[Any]]:
    """Add what every UPDATE sets; write at once what has SQL expressions as values."""
    found: dict[tuple[str, ...], list[Any]] = {}
    for keys, group in groups.items():
        for obj in group:
            wanted = _with_updates(context, mapper, facts, obj, list(keys), connection)
            values = values_of(obj)
            if (
                facts.sql_updates
                or _eager_keys(mapper, facts)
                or any(is_expression(values.get(key)) for key in wanted)
            ):
                _update_expressions(context, mapper, facts, obj, wanted, connection)
            else:
                found.setdefault(tuple(wanted), []).append(obj)
    return found


def _with_updates(
    context: UOWTransaction,
    mapper: Mapper,
    facts: WriteFacts,
    obj: Any,
    keys: list[str],
    connection: Connection,
) -> list[str]:
    """Add the columns that every UPDATE sets; return the keys in the order of the table."""
    if facts.updates:
        values = values_of(obj)
        pending = {key: d for key, d in facts.updates.items() if key not in keys}
        kept = {key: values.pop(key) for key in pending if key in values}
        given = apply_defaults(values, pending, facts.column_of, connection, False)
        for key, value in kept.items():
            if key in given:
                state = state_of(obj)
                if state.old is not None:
                    state.old.setdefault(key, value)
            else:
                values[key] = value
        keys = [*keys, *given]
        brought = list(given)
    else:
        brought = []
    if mapper.dispatch.refresh_flush:
        if facts.is_root and mapper.version is not None and mapper.version.counts:
            brought.append(_next_version(context, mapper, obj))
        if brought:
            _tell_brought(context, mapper, obj, brought)
            # What these listeners set goes into the same statement.
            changed = net_changes(obj, context.before(obj), facts.comparisons)
            keys = [*keys, *[key for key in changed if key not in brought]]
    return [key for key in facts.keys if key in keys]


def _next_version(context: UOWTransaction, mapper: Mapper, obj: Any) -> str:
    """Give an object the version that its row will have; return the name of the attribute."""
    rule = mapper.version
    assert rule is not None
    versions = _version_of(context, mapper, obj, context.before(obj))
    context.versions[id(obj)] = versions
    values_of(obj)[rule.key] = versions[1]
    return rule.key


def _tell_brought(context: UOWTransaction, mapper: Mapper, obj: Any, names: Sequence[str]) -> None:
    if not names:
        return
    for listener in mapper.dispatch.refresh_flush:
        listener(obj, context, list(names))


def _version_of(
    context: UOWTransaction, mapper: Mapper, obj: Any, before: dict[str, Any]
) -> tuple[Any, Any]:
    """Return the version a row must have, and the one it gets."""
    rule = mapper.version
    assert rule is not None
    known = context.versions.pop(id(obj), None)
    if known is not None:
        return known
    values = values_of(obj)
    current = before.get(rule.key, NO_VALUE)
    if current is NO_VALUE:
        # An expired object does not know its version: reading the attribute loads it.
        current = values[rule.key] if rule.key in values else getattr(obj, rule.key)
    earlier = before.get(rule.key, NO_VALUE)
    chosen = rule.key in before and values.get(rule.key) != earlier
    following = (
        values.get(rule.key)
        if chosen or not callable(rule.generator)
        else (rule.generator(current))
    )
    return current, following


def _where(
    context: UOWTransaction, mapper: Mapper, facts: WriteFacts, obj: Any
) -> tuple[Any, ...]:
    """Return the key that the row has in the database, whatever the object says now.

    A row of a table below keeps the old key until it is written, unless the database moves it.
    """
    pk = state_of(obj).pk
    if not facts.follows:
        pk = context.old_keys.get(id(obj), pk)
    return mapper.identity_of(pk)


def _update_batch(
    context: UOWTransaction,
    mapper: Mapper,
    facts: WriteFacts,
    objects: list[Any],
    keys: tuple[str, ...],
    connection: Connection,
) -> None:
    """Write the columns `keys` of objects of one class in one table."""
    rule = mapper.version if facts.is_root else None
    set_keys, where = keys, list(facts.where)
    if rule is not None:
        where.append(rule.column)
        if callable(rule.generator) and rule.key not in keys:
            set_keys = (*keys, rule.key)
    plan = update_plan(
        facts.table,
        [facts.column_of[key] for key in set_keys],
        where,
        connection.dialect,
        owner=mapper.class_.__name__,
    )
    road = wire.road(connection, plan)
    active = road == "fast" and any(p is not None for p in plan.processors)
    processors = plan.processors if active else None
    versions: list[Any] = []
    if rule is None and (facts.follows or not context.old_keys):
        rows = _plain_rows(mapper, objects, set_keys, plan, processors)
    else:
        rows = _rows_with_where(context, mapper, facts, objects, set_keys, versions)
        if processors is not None:
            rows = _processed(rows, plan)
    count = wire.run_many(connection, plan, rows, road)
    _check_count(mapper, facts, objects, count, "UPDATE", connection)
    if rule is not None:
        for obj, version in zip(objects, versions, strict=False):
            values_of(obj)[rule.key] = version
    _move_keys(context, mapper, facts, objects, keys)


def _plain_rows(
    mapper: Mapper, objects: list[Any], keys: tuple[str, ...], plan: Any, processors: Any
) -> Any:
    """Return the parameters of objects whose rows have the keys that the objects have."""
    try:
        return update_rows_of(objects, keys, mapper.single_key, processors)
    except Exception as error:
        rows = update_rows_of(objects, keys, mapper.single_key, None)
        raise plan.refused(error, rows) from None


def _rows_with_where(
    context: UOWTransaction,
    mapper: Mapper,
    facts: WriteFacts,
    objects: list[Any],
    keys: tuple[str, ...],
    versions: list[Any],
) -> list[tuple[Any, ...]]:
    """Return the parameters where old keys or versions find the rows.

    New versions made here are noted in `versions`; the objects get them once the rows are written.
    """
    rule = mapper.version if facts.is_root else None
    rows: list[tuple[Any, ...]] = []
    for obj in objects:
        values = values_of(obj)
        before = context.before(obj)
        tail = _where(context, mapper, facts, obj)
        row = [values.get(key) for key in keys]
        if rule is not None:
            current, following = _version_of(context, mapper, obj, before)
            tail = (*tail, current)
            if callable(rule.generator):
                row[keys.index(rule.key)] = following
                versions.append(following)
        rows.append((*row, *tail))
    return rows


def _processed(rows: list[tuple[Any, ...]], plan: Any) -> list[tuple[Any, ...]]:
    """Return rows with their values as the driver takes them."""
    try:
        return [
            tuple([v if p is None else p(v) for v, p in zip(row, plan.processors, strict=True)])
            for row in rows
        ]
    except Exception as error:
        raise plan.refused(error, rows) from None


def _check_count(
    mapper: Mapper,
    facts: WriteFacts,
    objects: list[Any],
    count: int,
    step: str,
    connection: Connection,
) -> None:
    if count < 0 or count == len(objects):
        return
    table = facts.table.description
    version = "" if mapper.version is None or not facts.is_root else " or has another version"
    raise exc.StaleDataError(
        f"{step} statement on table {table!r} expected to {step.lower()} {len(objects)} row(s) "
        f"of class {mapper.class_.__name__!r}; {count} were matched: a row is gone{version}. "
        f"Roll back, refresh the objects, and make the change again."
    )


def _move_keys(
    context: UOWTransaction,
    mapper: Mapper,
    facts: WriteFacts,
    objects: list[Any],
    keys: tuple[str, ...],
) -> None:
    """Move objects whose primary key was changed to their new place in the identity map."""
    if not facts.is_root or not any(key in mapper.pk_keys for key in keys):
        return
    for obj in objects:
        old = move_key(context, mapper, obj)
        if old is not None:
            context.old_keys.setdefault(id(obj), old)
            _hand_down(mapper, obj)


def _hand_down(mapper: Mapper, obj: Any) -> None:
    """Give a new key to the attributes of the tables below that have it under other names."""
    values, old = values_of(obj), state_of(obj).old
    for facts in WriteFacts.of_all(mapper)[1:]:
        for source, target in facts.copies:
            if not facts.follows and old is not None:
                old.setdefault(target, values.get(target, NO_VALUE))
            values[target] = values[source]


def _update_expressions(
    context: UOWTransaction,
    mapper: Mapper,
    facts: WriteFacts,
    obj: Any,
    keys: list[str],
    connection: Connection,
) -> None:
    """Update one row whose values are computed by the server, at least some of them.

    They are loaded on access, or at once under eager_defaults=True.
    """
    values = values_of(obj)
    before = context.before(obj)
    identity = _where(context, mapper, facts, obj)
    criteria = [c == v for c, v in zip(facts.where, identity, strict=True)]
    given = {facts.column_of[key]: values.get(key) for key in keys}
    rule = mapper.version if facts.is_root else None
    if rule is not None:
        current, following = _version_of(context, mapper, obj, before)
        criteria.append(rule.column == current)
        if callable(rule.generator):
            given[rule.column] = following
    statement = update(facts.table).where(*criteria).values(given)
    eager = _eager_keys(mapper, facts)
    _run_one(mapper, facts, obj, statement, eager, connection)
    _tell_brought(context, mapper, obj, eager)
    if rule is not None and callable(rule.generator):
        values[rule.key] = following
    computed = [key for key in keys if is_expression(values.get(key))]
    computed += [key for key in facts.sql_updates if key not in computed and key not in eager]
    forget_values(mapper, obj, computed)
    _move_keys(context, mapper, facts, [obj], tuple(keys))


def _run_one(
    mapper: Mapper,
    facts: WriteFacts,
    obj: Any,
    statement: Any,
    eager: tuple[str, ...],
    connection: Connection,
) -> None:
    """Run the UPDATE of one row; store what it, or else a SELECT, brings back."""
    problem = Facts(mapper.class_.__name__, facts.table.name, (), "UPDATE")
    columns = [facts.column(key) for key in eager]
    if columns and connection.dialect.update_returning:
        row = wire.execute(connection, statement.returning(*columns), {}, problem).first()
        _check_count(mapper, facts, [obj], int(row is not None), "UPDATE", connection)
    else:
        result = wire.execute(connection, statement, {}, problem)
        if connection.dialect.supports_sane_rowcount:
            _check_count(mapper, facts, [obj], result.rowcount, "UPDATE", connection)
        if not columns:
            return
        # By key alone: the UPDATE has moved the version that its own criteria named.
        values = values_of(obj)
        identity = mapper.identity_of(state_of(obj).pk)
        moved = [
            column == values.get(key, part)
            for column, key, part in zip(facts.where, mapper.pk_keys, identity, strict=True)
        ]
        row = wire.execute(connection, select(*columns).where(*moved), {}, problem).first()
    if row is not None:
        values_of(obj).update(zip(eager, row, strict=True))


def _eager_keys(mapper: Mapper, facts: WriteFacts) -> tuple[str, ...]:
    """Return what an UPDATE brings back at once: nothing but under eager_defaults=True."""
    if mapper.base_mapper.eager_defaults is not True:
        return ()
    return (*facts.server_update_keys, *facts.sql_updates)


def _expression_keys(mapper: Mapper) -> tuple[str, ...]:
    """Return the attributes that hold SQL expressions and may change with any column."""
    found: tuple[str, ...] | None = mapper.memo.get("expression_keys")
    if found is None:
        found = mapper.memo["expression_keys"] = tuple(
            [
                prop.key
                for prop in mapper.column_attrs
                if prop.expire_on_flush and getattr(prop.columns[0], "table", None) is None
            ]
        )
    return found


def _forget_computed(
    context: UOWTransaction, mapper: Mapper, facts: WriteFacts, objects: list[Any]
) -> None:
    """Drop the values that the server computed anew; the next access loads them."""
    eager = mapper.base_mapper.eager_defaults is True
    keys = () if eager else facts.server_update_keys
    rule = mapper.version if facts.is_root else None
    if rule is not None and not callable(rule.generator):
        keys = (*keys, rule.key)
    computed = _expression_keys(mapper)
    if not keys and not computed:
        return
    for obj in objects:
        before, values = context.before(obj), values_of(obj)
        forget_values(mapper, obj, [key for key in keys if key not in before])
        forget_values(mapper, obj, [key for key in computed if key in values])

"""Write new rows: defaults, batches, keys that the database makes."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from sqlalchemy import exc as core_exc
from sqlalchemy import insert
from sqlalchemy.exc import SAWarning

from cormorant import exc
from cormorant.event._firing_cy import fire_flushed
from cormorant.flush._rows_cy import (
    fill_nulls,
    is_expression,
    rows_of,
    runs_of,
)
from cormorant.flush.defaults import apply_defaults
from cormorant.flush.facts import WriteFacts
from cormorant.flush.forget import forget_values
from cormorant.flush.told_classes import warn_of_told_class
from cormorant.instrument._state_cy import (
    FLAG_FLUSHING,
    state_of,
    take_keys,
    values_of,
    with_extras,
)
from cormorant.sql import wire
from cormorant.sql.errors import Facts
from cormorant.sql.writes import insert_plan

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from cormorant.flush.context import UOWTransaction
    from cormorant.mapping.mapper import Mapper


def insert_rows(
    context: UOWTransaction, mapper: Mapper, objects: list[Any], connection: Connection
) -> None:
    """Insert the rows of new objects of one class with one table; each object gets its key."""
    prepare(mapper, objects)
    insert_into(context, mapper, WriteFacts.of(mapper), objects, connection)


def prepare(mapper: Mapper, objects: list[Any]) -> None:
    """Give new objects what tells their class and the version of their rows."""
    _set_discriminator(mapper, objects)
    warn_of_told_class(mapper, objects)
    _set_versions(mapper, objects)


def first_without_key(objects: list[Any]) -> Any:
    """Return the first object that was expired when a rollback took its row, or None."""
    for obj in with_extras(objects):
        state = state_of(obj)
        lost = state.expired_attributes if state.extra.lacks else ()
        if lost and not lost.isdisjoint(state.manager.mapper.pk_keys):
            return obj
    return None


def refuse_lost_key(obj: Any) -> None:
    """Raise the error of an object whose values are gone."""
    mapper = state_of(obj).manager.mapper
    raise core_exc.InvalidRequestError(
        f"Instance of class {mapper.class_.__name__!r} cannot be written: it was expired when a "
        f"rollback took its row, so that {', '.join(map(repr, mapper.pk_keys))} and other values "
        f"are gone. Assign them anew, or add a new object instead."
    )


def insert_into(
    context: UOWTransaction,
    mapper: Mapper,
    facts: WriteFacts,
    objects: list[Any],
    connection: Connection,
) -> None:
    """Insert the rows that new objects have in one table."""
    for source, target in facts.copies:
        for obj in objects:
            values = values_of(obj)
            values[target] = values.get(source)
    if facts.defaults:
        told = bool(mapper.dispatch.refresh_flush)
        for obj in objects:
            given = apply_defaults(
                values_of(obj), facts.defaults, facts.column_of, connection, True
            )
            if given:
                context.defaulted.append((obj, given))
                if told:
                    context.latest[id(obj)] = given
    for part, mask, gaps, expressive in runs_of(objects, facts.keys, facts.omittable):
        if not expressive:
            _insert_batch(context, mapper, facts, part, mask, gaps, connection)
            continue
        for obj in part:
            _insert_expressions(context, mapper, facts, obj, connection)


def _insert_batch(
    context: UOWTransaction,
    mapper: Mapper,
    facts: WriteFacts,
    objects: list[Any],
    mask: int,
    gaps: bool,
    connection: Connection,
) -> None:
    """Insert objects that leave out the same columns; `gaps`: others may lack a value, too."""
    dialect = connection.dialect
    present = [i for i in range(len(facts.keys)) if not mask >> i & 1]
    keys = tuple([facts.keys[i] for i in present])
    columns = tuple([facts.columns[i] for i in present])
    missing_pk = [key for key in facts.pk_keys if key not in keys]
    fetched = _fetched_keys(mapper, facts, keys, missing_pk, dialect)
    owner = mapper.class_.__name__
    returning = tuple([facts.column(key) for key in fetched])
    plan = insert_plan(facts.table, columns, dialect, returning, owner=owner)
    road = wire.road(connection, plan)
    try:
        rows = rows_of(objects, keys, plan.processors if road == "fast" else None)
    except Exception as error:
        raise plan.refused(error, rows_of(objects, keys, None)) from None
    if facts.is_root:
        _require_keys(mapper, objects, missing_pk, facts)
        if not missing_pk:
            _warn_of_doubles(context, mapper, objects)
    if fetched:
        answers = wire.run_returning(connection, plan, rows, road)
        _take_answers(context, mapper, facts, objects, fetched, answers)
    elif missing_pk:
        made = wire.run_each(connection, plan, rows, road)
        _take_made_keys(context, mapper, facts, objects, missing_pk[0], made)
    else:
        wire.run_many(connection, plan, rows, road)
        if facts.is_root:
            take_given_keys(context, mapper, objects)
    nulls = (*(keys if gaps else ()), *_without_sequence(facts, dialect))
    if nulls:
        fill_nulls(objects, nulls)
    _after_batch(context, mapper, facts, objects, keys, fetched)


def _take_made_keys(
    context: UOWTransaction,
    mapper: Mapper,
    facts: WriteFacts,
    objects: list[Any],
    key: str,
    made: list[Any],
) -> None:
    """Give objects the values that the database made for the one column of their key."""
    if facts.is_root:
        take_keys(objects, made, key, context.session.identity_map.of(mapper))
        return
    for obj, value in zip(objects, made, strict=True):
        values_of(obj)[key] = value


def _fetched_keys(
    mapper: Mapper, facts: WriteFacts, keys: tuple[str, ...], missing_pk: list[str], dialect: Any
) -> tuple[str, ...]:
    """Return the keys whose values come back with the INSERT."""
    wanted = [
        key
        for key in (*facts.server_keys, *_sql_defaults(facts, dialect))
        if key not in keys and key not in missing_pk
    ]
    eager = mapper.base_mapper.eager_defaults
    # As SQLAlchemy: "auto" brings back what comes with the key, which the root table makes.
    auto = eager == "auto" and facts.is_root and dialect.insert_returning
    fetch = bool(wanted) and (eager is True or auto)
    if mapper.version is not None and not mapper.version.counts and mapper.version.key in wanted:
        fetch = True
    if fetch:
        return (*missing_pk, *sorted(wanted))
    if missing_pk and (dialect.insert_returning and dialect.name != "sqlite"):
        return tuple(missing_pk)
    if len(missing_pk) > 1:
        return tuple(missing_pk)
    return ()


def _sql_defaults(facts: WriteFacts, dialect: Any) -> list[str]:
    """Return the keys with an SQL default that this database knows: not all have sequences."""
    return [
        key
        for key, default in facts.sql_defaults.items()
        if dialect.supports_sequences or not default.is_sequence
    ]


def _without_sequence(facts: WriteFacts, dialect: Any) -> list[str]:
    """Return the keys that a sequence would fill, on a database that has none: they are NULL."""
    if dialect.supports_sequences or not facts.sql_defaults:
        return []
    return [
        key
        for key, default in facts.sql_defaults.items()
        if default.is_sequence and key not in facts.server_keys and key != facts.generated_pk
    ]


def _require_keys(
    mapper: Mapper, objects: list[Any], missing_pk: list[str], facts: WriteFacts
) -> None:
    """Refuse rows whose key neither the object nor the database provides."""
    lacking = [key for key in facts.pk_keys if key not in missing_pk and key != facts.generated_pk]
    if not lacking:
        return
    for obj in objects:
        values = values_of(obj)
        empty = [key for key in lacking if values.get(key) is None]
        if empty and (len(empty) == len(mapper.pk_keys) or not mapper.allow_partial_pks):
            raise exc.FlushError(
                f"Instance of {mapper.class_.__name__!r} has a NULL identity key: "
                f"{', '.join(map(repr, empty))} has no value and the database makes none. Set it "
                f"before the flush, or give the column a default, Identity() or a Sequence."
            )


def _warn_of_doubles(context: UOWTransaction, mapper: Mapper, objects: list[Any]) -> None:
    """Warn of new objects with the key of an object that is here: the database refuses them."""
    known = context.session.identity_map.of(mapper)
    if not known:
        return
    for obj in objects:
        reference = known.get(mapper.pk_from_values(values_of(obj)))
        other = None if reference is None else reference()
        if other is not None and other is not obj and id(other) not in context.link.deleted:
            warnings.warn(
                SAWarning(
                    f"New instance of {mapper.class_.__name__!r} conflicts with a persistent "
                    f"instance of the same identity key in this session. Change that one "
                    f"instead, or use session.merge()."
                ),
                stacklevel=2,
            )


def _take_answers(
    context: UOWTransaction,
    mapper: Mapper,
    facts: WriteFacts,
    objects: list[Any],
    fetched: tuple[str, ...],
    answers: list[Any],
) -> None:
    for obj, answer in zip(objects, answers, strict=True):
        values_of(obj).update(zip(fetched, answer, strict=True))
    if facts.is_root:
        take_given_keys(context, mapper, objects)


def take_given_keys(context: UOWTransaction, mapper: Mapper, objects: list[Any]) -> None:
    """Enter written objects into the identity map under the keys that they were given."""
    known = context.session.identity_map.of(mapper)
    for obj in objects:
        state = state_of(obj)
        pk = mapper.pk_from_values(state.values)
        reference = known.get(pk)
        other = None if reference is None else reference()
        if other is not None and other is not obj and id(other) not in context.link.deleted:
            raise exc.FlushError(
                f"New instance of {mapper.class_.__name__!r} conflicts with another object of "
                f"the same identity in this session. Change the persistent object instead, or "
                f"expunge it first."
            )
        state.pk = pk
        state.flags |= FLAG_FLUSHING
        state.epoch = state.link.epoch
        known[pk] = state.ref


def _after_batch(
    context: UOWTransaction,
    mapper: Mapper,
    facts: WriteFacts,
    objects: list[Any],
    keys: tuple[str, ...],
    fetched: tuple[str, ...],
) -> None:
    """Tell refresh_flush listeners which values the flush brought, keys left out."""
    if not facts.is_root and facts.server_keys:
        _forget_unfetched(facts, objects, {*keys, *fetched})
    listeners = mapper.dispatch.refresh_flush
    if not listeners:
        return
    brought = [key for key in fetched if key not in facts.pk_keys]
    if facts.is_root and mapper.version is not None and mapper.version.counts:
        brought.append(mapper.version.key)

    def names_of(given: tuple[str, ...]) -> list[str]:
        own = [key for key in given if key in facts.column_of and key not in facts.pk_keys]
        return [*own, *brought]

    fire_flushed(listeners, context, objects, context.latest, names_of)


def _forget_unfetched(facts: WriteFacts, objects: list[Any], known: set[str]) -> None:
    """Let values that the server made be loaded on access."""
    names = [key for key in facts.server_keys if key not in known and key not in facts.pk_keys]
    for obj in objects:
        forget_values(state_of(obj).manager.mapper, obj, sorted(names))


def _set_discriminator(mapper: Mapper, objects: list[Any]) -> None:
    key = mapper.discriminator
    if mapper.polymorphic_identity is None or key not in mapper._properties:
        return
    for obj in objects:
        values = values_of(obj)
        if values.get(key) is None:
            values[key] = mapper.polymorphic_identity


def _set_versions(mapper: Mapper, objects: list[Any]) -> None:
    rule = mapper.version
    if rule is None or not callable(rule.generator):
        return
    for obj in objects:
        values = values_of(obj)
        if values.get(rule.key) is None:
            values[rule.key] = rule.generator(None)


def _insert_expressions(
    context: UOWTransaction, mapper: Mapper, facts: WriteFacts, obj: Any, connection: Connection
) -> None:
    """Insert one object with SQL expressions among its values; they are loaded on access."""
    values = values_of(obj)
    given = {}
    sql_keys = []
    for key in facts.keys:
        value = values.get(key)
        if value is None:
            continue
        if is_expression(value):
            sql_keys.append(key)
        given[facts.column_of[key]] = value
    statement = insert(facts.table).values(given)
    problem = Facts(mapper.class_.__name__, facts.table.name, (), "INSERT")
    result = wire.execute(connection, statement, {}, problem)
    for key, value in zip(facts.pk_keys, result.inserted_primary_key, strict=True):
        values[key] = value
        if key in sql_keys:
            sql_keys.remove(key)
    forget_values(state_of(obj).manager.mapper, obj, sql_keys)
    if facts.is_root:
        take_given_keys(context, mapper, [obj])
    absent = [key for key in facts.keys if facts.column_of[key] not in given]
    fill_nulls([obj], [key for key in absent if key not in facts.server_keys])

"""Rows and objects written past the unit of work: `bulk_insert_mappings` and its like."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from cormorant.instrument._state_cy import InstanceState, state_of
from cormorant.session.failing import plainly, quietly
from cormorant.session.flushing import announced_subtransaction, end_subtransaction
from cormorant.session.given_rows import Names
from cormorant.session.insert_rows import TableInserts, insert_given
from cormorant.session.update_rows import KeyedUpdate

if TYPE_CHECKING:
    from cormorant.mapping.mapper import Mapper
    from cormorant.session.session import Session


@contextmanager
def written(session: Session) -> Iterator[None]:
    """Write within the transaction; an error ends that as one of a flush does."""
    node = session.begin_if_needed()
    node.require_active("a bulk operation")
    inner = announced_subtransaction(session, node)
    try:
        yield
        end_subtransaction(session, node, inner, plainly)
    except BaseException as error:
        with session.keeping_error():
            node.deactivate(error)
        end_subtransaction(session, node, inner, quietly)
        if inner is not None:
            quietly(session.dispatch.after_soft_rollback, session, inner)
        raise


def insert_mappings(
    session: Session,
    mapper: Mapper,
    mappings: Iterable[dict[str, Any]],
    return_defaults: bool,
    render_nulls: bool,
) -> None:
    """Insert rows given as dicts; `return_defaults`: the keys that are made go into these."""
    given = list(mappings)
    mapper.ready()
    with written(session):
        made = _insert(session, mapper, given, return_defaults, render_nulls)
    for row, key in zip(given, made, strict=False):
        row.update(key)


def update_mappings(session: Session, mapper: Mapper, mappings: Iterable[Any]) -> None:
    """Update rows given as dicts, each with its primary key."""
    mapper.ready()
    with written(session):
        _update(session, mapper, list(mappings))


def save_objects(
    session: Session,
    objects: Iterable[object],
    return_defaults: bool,
    changed_only: bool,
    preserve_order: bool,
) -> None:
    """Insert the rows of new objects and update those of others; no object joins the session."""
    states = [state_of(obj) for obj in objects]
    if not preserve_order:
        places: dict[Any, int] = {}
        states.sort(key=lambda state: places.setdefault(_kind(state), len(places)))
    with written(session):
        for (mapper, stored), group in groupby(states, _kind):
            members = list(group)
            mapper.ready()
            if stored:
                _update(session, mapper, [_new_values(each, changed_only) for each in members])
                continue
            rows = [dict(each.values) for each in members]
            made = _insert(session, mapper, rows, return_defaults, False)
            for state, key in zip(members, made, strict=False):
                state.values.update(key)
                state.pk = mapper.pk_from_values(state.values)


def _kind(state: InstanceState) -> tuple[Mapper, bool]:
    return state.manager.mapper, state.pk is not None


def _new_values(state: InstanceState, changed_only: bool) -> dict[str, Any]:
    mapper = state.manager.mapper
    names = (state.old or ()) if changed_only else state.values
    found = {name: state.values[name] for name in names if name in state.values}
    return {**found, **dict(zip(mapper.pk_keys, mapper.identity_of(state.pk), strict=True))}


def _insert(
    session: Session, mapper: Mapper, given: Sequence[Any], keys_wanted: bool, nulls: bool
) -> list[dict[str, Any]]:
    """Insert rows; return their primary keys by attribute, if they are wanted."""
    if not given:
        return []
    connection = session.connection_for(mapper)
    names = Names(mapper)
    rows = names.of_insert(given, nulls)
    statement = sa.insert(mapper.class_)
    if not keys_wanted:
        insert_given(connection, statement, names, rows, {})
        return []
    insert = TableInserts(connection, statement, names, rows, {})
    insert.run()
    return [
        {key: row[column] for key, column in zip(mapper.pk_keys, mapper.primary_key, strict=True)}
        for row in insert.rows
    ]


def _update(session: Session, mapper: Mapper, rows: Sequence[Any]) -> None:
    statement = sa.update(mapper.class_)
    KeyedUpdate(session.connection_for(mapper), mapper, statement, rows, {}).run()

"""Give the row of a deleted object to a new object that has the same primary key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cormorant.flush._rows_cy import is_expression
from cormorant.flush.delete import delete_from
from cormorant.flush.facts import WriteFacts
from cormorant.flush.insert import insert_into, take_given_keys
from cormorant.flush.update import update_rows_of_switched
from cormorant.instrument._state_cy import FLAG_DELETING, state_of, values_of

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from cormorant.flush.context import UOWTransaction
    from cormorant.mapping.mapper import Mapper


def find_heirs(context: UOWTransaction, new: list[Any]) -> tuple[list[Any], list[Any]]:
    """Split new objects into (those to insert, heirs of a row that this flush would delete)."""
    if not context.link.deleted:
        return new, []
    others: list[Any] = []
    heirs: list[Any] = []
    for obj in new:
        (others if _predecessor(context, obj) is None else heirs).append(obj)
    return others, heirs


def _predecessor(context: UOWTransaction, obj: Any) -> Any:
    """Return the deleted object whose row has the key that `obj` was given, or None."""
    state = state_of(obj)
    mapper = state.manager.mapper
    if any(state.values.get(key) is None for key in mapper.pk_keys):
        return None
    other = context.session.identity_map.find(mapper, mapper.pk_from_values(state.values))
    if other is None or other is obj or id(other) not in context.link.deleted:
        return None
    gone = state_of(other)
    if gone.flags & FLAG_DELETING or not gone.manager.mapper.common_parent(mapper):
        return None
    return other


def switch_rows(context: UOWTransaction, heirs: list[Any], connection: Connection) -> None:
    """Update the rows of deleted objects with what their heirs were given; no DELETE follows.

    As SQLAlchemy: columns that the heir says nothing of keep their values, and rows that refer
    to this one stay. An heir of another class of the family has its rows in other tables made,
    and those of the deleted object's alone go.
    """
    for obj in heirs:
        old = _predecessor(context, obj)
        mapper, before = state_of(obj).manager.mapper, state_of(old).manager.mapper
        values = values_of(obj)
        rule = mapper.version
        if rule is not None and rule.key not in values:
            values[rule.key] = getattr(old, rule.key)
        for facts in reversed(WriteFacts.of_all(before)):
            if facts.table not in mapper.tables:
                delete_from(context, before, facts, [old], connection)
        context.inherited[id(old)] = old
        context.inserted.append(obj)
        take_given_keys(context, mapper, [obj])
        for facts in WriteFacts.of_all(mapper):
            if facts.table in before.tables:
                _update(context, mapper, facts, obj, connection)
            else:
                insert_into(context, mapper, facts, [obj], connection)


def _update(
    context: UOWTransaction, mapper: Mapper, facts: WriteFacts, obj: Any, connection: Connection
) -> None:
    """Write what an heir was given into its row of one table."""
    values = values_of(obj)
    rule = mapper.version
    skipped = {*mapper.pk_keys, rule.key if rule is not None else None}
    keys = [key for key in facts.keys if key in values and key not in skipped]
    if keys:
        expressive = any(is_expression(values[key]) for key in keys)
        update_rows_of_switched(context, mapper, facts, obj, keys, expressive, connection)

"""Rows of many-to-many relationships: pairs that came and went, written once per round."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cormorant import exc
from cormorant.flush.sync import source_value, stored_before
from cormorant.instrument._state_cy import FLAG_DELETED, state_of
from cormorant.instrument.constants import NO_VALUE
from cormorant.sql import wire
from cormorant.sql.writes import WritePlan, delete_plan, insert_plan, update_plan

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from cormorant.flush.context import UOWTransaction
    from cormorant.instrument._state_cy import InstanceState

Pair = tuple[Any, Any]


@dataclass(slots=True)
class Pairs:
    """What one round writes for one relationship, as (owner, member).

    `doubtful`: pairs of deleted owners with members that are in no session: whether they were
    ever written is not known. `moved`: pairs whose rows follow a key that changed. `seen`: the
    ids of each pair, shared with the other side of the relationship, which knows of the same
    pairs; None where there is no other side.
    """

    added: list[Pair] = field(default_factory=list)
    removed: list[Pair] = field(default_factory=list)
    doubtful: list[Pair] = field(default_factory=list)
    moved: list[Pair] = field(default_factory=list)
    seen: set[tuple[int, int]] | None = None
    turned: bool = False

    def note(self, to: list[Pair], owner: Any, members: Iterable[Any]) -> None:
        """Put pairs into `added` or `removed`, each once for both sides."""
        seen = self.seen
        if seen is None:
            to.extend([(owner, member) for member in members])
            return
        for member in members:
            here = (id(member), id(owner)) if self.turned else (id(owner), id(member))
            if here not in seen:
                seen.add(here)
                to.append((owner, member))

    def let_go(self, owner: Any, members: Iterable[Any]) -> None:
        """Note that members left; those without a row are in no pair that stands in the table."""
        written = [m for m in members if m is not None and has_row(state_of(m))]
        self.note(self.removed, owner, written)


def has_row(state: InstanceState) -> bool:
    """Tell whether an object has a row, and so may have pairs: they go with its row."""
    return state.pk is not None and not state.flags & FLAG_DELETED


def pairs_of(context: UOWTransaction, prop: Any) -> Pairs:
    """Return the pairs of a relationship in this round."""
    found = context.pairs.get(prop)
    if found is None:
        found = Pairs()
        if prop.other_sides:
            found.turned, found.seen = _shared(context, prop)
        context.pairs[prop] = found
    return found


def _shared(context: UOWTransaction, prop: Any) -> tuple[bool, set[tuple[int, int]] | None]:
    """Return what both sides of a relationship, and subclasses that inherit it, have in common."""
    far = {side.origin for side in prop.other_sides}
    for each, pairs in context.pairs.items():
        if each.origin is prop.origin:
            return pairs.turned, pairs.seen
        if each.origin in far:
            return not pairs.turned, pairs.seen
    return False, set()


def let_pairs_go(context: UOWTransaction, prop: Any, owner: Any) -> None:
    """Remove the pairs of an owner that is deleted: those that have a row."""
    state = state_of(owner)
    if context.before(owner).get(prop.key, NO_VALUE) is NO_VALUE and not prop.passive_deletes:
        prop.members(owner, state, load=True)
    before = context.before(owner)
    then = before.get(prop.key, NO_VALUE)
    if then is not NO_VALUE:
        gone = list(then or ()) if prop.uselist else [then]
    elif prop.key not in before:
        gone = prop.members(owner, state)
    else:
        queues = None if state.extra is None else state.extra.queues
        gone = queues[prop.key].removed if queues and prop.key in queues else []
    pairs, link = pairs_of(context, prop), context.link
    pairs.let_go(owner, [m for m in gone if m is None or state_of(m).link is link])
    outside = [m for m in gone if m is not None and state_of(m).link is not link]
    pairs.note(pairs.doubtful, owner, [m for m in outside if has_row(state_of(m))])


def write_pairs(context: UOWTransaction) -> None:
    """Delete the rows of pairs that went, then insert those of pairs that came."""
    pairs = context.pairs
    if not pairs:
        return
    context.pairs = {}
    for table, props in _by_table(pairs).items():
        for step, write in STEPS:
            batches: dict[tuple[Any, ...], list[tuple[Any, ...]]] = {}
            for prop in props:
                chosen = getattr(pairs[prop], step)
                if chosen:
                    rows = _rows(context, prop, step, chosen)
                    batches.setdefault(columns_of_row(prop), []).extend(rows)
            for columns, rows in batches.items():
                connection = context.connection_of(props[0].parent)
                write(table, columns, rows, connection, str(props[0]))


def _by_table(pairs: dict[Any, Pairs]) -> dict[Any, list[Any]]:
    found: dict[Any, list[Any]] = {}
    for prop in pairs:
        found.setdefault(prop.join.secondary, []).append(prop)
    return found


def columns_of_row(prop: Any) -> tuple[Any, ...]:
    """Return the columns of the association table that a pair gives values for."""
    foreign = {column for _, column in (*prop.join.pairs, *prop.join.secondary_pairs)}
    return tuple([column for column in prop.join.secondary.c if column in foreign])


def rows_of_pairs(prop: Any, pairs: list[Pair]) -> list[tuple[Any, ...]]:
    """Return the row of each pair, in the order of `columns_of_row`."""
    columns = columns_of_row(prop)
    near = {foreign: source for source, foreign in prop.join.pairs}
    far = {foreign: source for source, foreign in prop.join.secondary_pairs}
    if len(columns) == 2 and len(near) == len(far) == 1:
        (here,), (there,) = near.values(), far.values()
        if _is_whole_key(prop.parent, here) and _is_whole_key(prop.mapper, there):
            if columns[0] in near:
                return [(state_of(owner).pk, state_of(member).pk) for owner, member in pairs]
            return [(state_of(member).pk, state_of(owner).pk) for owner, member in pairs]
    return [_row_of(prop, pair, columns, source_value) for pair in pairs]


def _rows(context: UOWTransaction, prop: Any, step: str, pairs: list[Pair]) -> list[Any]:
    """Return the rows of one step: what to insert, to delete, or to set and to find."""
    goes = step in ("removed", "doubtful")
    if step == "added" or (goes and not _by_old_keys(context, prop)):
        return rows_of_pairs(prop, pairs)
    columns = columns_of_row(prop)

    def before(_prop: Any, obj: Any, column: Any) -> Any:
        return stored_before(context, obj, column)

    old = [_row_of(prop, pair, columns, before) for pair in pairs]
    if goes:
        return old
    new = [_row_of(prop, pair, columns, source_value) for pair in pairs]
    return [(*row, *was) for row, was in zip(new, old, strict=True)]


def _by_old_keys(context: UOWTransaction, prop: Any) -> bool:
    """Tell whether rows still hold keys that this flush changed: the database moved none."""
    return bool(context.old_keys) and not prop.passive_updates


def _row_of(
    prop: Any, pair: Pair, columns: tuple[Any, ...], value: Callable[[Any, Any, Any], Any]
) -> tuple[Any, ...]:
    near = {foreign: source for source, foreign in prop.join.pairs}
    far = {foreign: source for source, foreign in prop.join.secondary_pairs}
    owner, member = pair
    return tuple(
        [
            value(prop, owner, near[each]) if each in near else value(prop, member, far[each])
            for each in columns
        ]
    )


def _is_whole_key(mapper: Any, column: Any) -> bool:
    return bool(mapper.base_mapper.primary_key == (column,))


def _insert(
    table: Any,
    columns: tuple[Any, ...],
    rows: list[tuple[Any, ...]],
    connection: Connection,
    owner: str,
) -> None:
    plan = insert_plan(table, columns, connection.dialect, owner=owner)
    run_rows(plan, rows, connection)


def _update(
    table: Any,
    columns: tuple[Any, ...],
    rows: list[tuple[Any, ...]],
    connection: Connection,
    owner: str,
) -> None:
    plan = update_plan(table, columns, columns, connection.dialect, owner=owner)
    _check(table, "UPDATE", owner, len(rows), run_rows(plan, rows, connection))


def _delete(
    table: Any,
    columns: tuple[Any, ...],
    rows: list[tuple[Any, ...]],
    connection: Connection,
    owner: str,
) -> None:
    plan = delete_plan(table, columns, connection.dialect, owner=owner)
    _check(table, "DELETE", owner, len(rows), run_rows(plan, rows, connection))


def _delete_if_there(
    table: Any,
    columns: tuple[Any, ...],
    rows: list[tuple[Any, ...]],
    connection: Connection,
    owner: str,
) -> None:
    run_rows(delete_plan(table, columns, connection.dialect, owner=owner), rows, connection)


STEPS = (
    ("removed", _delete),
    ("doubtful", _delete_if_there),
    ("moved", _update),
    ("added", _insert),
)
"""The lists of `Pairs` in the order in which they are written."""


def _check(table: Any, step: str, owner: str, expected: int, count: int) -> None:
    if count >= 0 and count != expected:
        raise exc.StaleDataError(
            f"{step} statement on table {table.description!r} expected to {step.lower()} "
            f"{expected} row(s) of relationship {owner}; {count} were matched: a row is gone, or "
            f"stands twice. Roll back, expire the collections, and make the change again."
        )


def run_rows(plan: WritePlan, rows: list[tuple[Any, ...]], connection: Connection) -> int:
    """Write rows by a plan; return how many were written or found, -1 if unknown."""
    road = wire.road(connection, plan)
    if road == "fast" and any(p is not None for p in plan.processors):
        given = rows
        try:
            rows = [
                tuple(
                    [v if p is None else p(v) for v, p in zip(row, plan.processors, strict=True)]
                )
                for row in given
            ]
        except Exception as error:
            raise plan.refused(error, given) from None
    return wire.run_many(connection, plan, rows, road)

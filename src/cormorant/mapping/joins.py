"""Find the columns along which two tables are joined by a relationship."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import exc as core_exc
from sqlalchemy.sql import operators, visitors
from sqlalchemy.sql.util import join_condition

from cormorant import exc
from cormorant.sql.marks import marked_columns, unmarked

if TYPE_CHECKING:
    from cormorant.mapping.mapper import Mapper


@dataclass(frozen=True, slots=True)
class JoinColumns:
    """A join: its condition and the (source, foreign key) columns it copies along.

    `simple`: the condition is nothing but those pairs. `foreign_is_local`: the foreign key
    stands on the side that declares the relationship.
    """

    condition: Any
    pairs: tuple[tuple[Any, Any], ...]
    foreign_is_local: bool
    simple: bool


def find_join(prop: Any, parent: Mapper, target: Mapper, given: dict[str, Any]) -> JoinColumns:
    """Return the join of a relationship; raises where it is missing or ambiguous."""
    foreign = _columns(given["foreign_keys"])
    remote = _columns(given["remote_side"])
    condition = given["primaryjoin"]
    if condition is None:
        condition = _condition(prop, parent, target, foreign)
    else:
        condition = condition.__clause_element__()
        foreign += marked_columns(condition, "foreign")
        remote += marked_columns(condition, "remote")
        condition = unmarked(condition)
    pairs, simple = _pairs(condition, foreign, remote)
    if not pairs:
        raise exc.ConfigurationError(
            f"Could not locate any relevant foreign key columns for the join condition of "
            f"relationship {prop}. Ensure that a column has a ForeignKey, or name the columns "
            f"with foreign_keys=[...]."
        )
    local = _foreign_is_local(prop, parent, target, pairs, remote)
    return JoinColumns(condition, tuple(pairs), local, simple)


def _columns(given: Any) -> tuple[Any, ...]:
    if given is None:
        return ()
    items = given if isinstance(given, (list, tuple, set, frozenset)) else [given]
    return tuple([_bare(item) for item in items])


def _bare(item: Any) -> Any:
    column = getattr(item, "column", None)
    element = item if column is None else column
    if hasattr(element, "__clause_element__"):
        element = element.__clause_element__()
    return element._deannotate() if hasattr(element, "_deannotate") else element


def _condition(prop: Any, parent: Mapper, target: Mapper, foreign: tuple[Any, ...]) -> Any:
    try:
        return join_condition(
            parent.local_table, target.local_table, consider_as_foreign_keys=set(foreign) or None
        )
    except core_exc.AmbiguousForeignKeysError as problem:
        raise core_exc.AmbiguousForeignKeysError(
            f"Could not determine join condition between parent/child tables on relationship "
            f"{prop} - there are multiple foreign key paths linking the tables. Specify the "
            f"'foreign_keys' argument, providing a list of those columns which should be counted "
            f"as containing a foreign key reference to the parent table."
        ) from problem
    except core_exc.NoForeignKeysError as problem:
        raise core_exc.NoForeignKeysError(
            f"Could not determine join condition between parent/child tables on relationship "
            f"{prop} - there are no foreign keys linking these tables "
            f"{parent.local_table.description!r} and {target.local_table.description!r}. Add a "
            f"ForeignKey to one of their columns, or specify a 'primaryjoin' expression."
        ) from problem


def _pairs(
    condition: Any, foreign: tuple[Any, ...], remote: tuple[Any, ...]
) -> tuple[list[tuple[Any, Any]], bool]:
    pairs: list[tuple[Any, Any]] = []
    others = 0

    def visit(binary: Any) -> None:
        nonlocal others
        left, right = _plain(binary.left), _plain(binary.right)
        found = None
        if binary.operator is operators.eq and left is not None and right is not None:
            found = _direct(left, right, foreign, remote)
        if found is None:
            others += 1
        elif found not in pairs:
            pairs.append(found)

    visitors.traverse(condition, {}, {"binary": visit})
    return pairs, others == 0


def _plain(element: Any) -> Any:
    bare = element._deannotate() if hasattr(element, "_deannotate") else element
    return (
        bare
        if hasattr(bare, "foreign_keys") and getattr(bare, "table", None) is not None
        else None
    )


def _direct(left: Any, right: Any, foreign: tuple[Any, ...], remote: tuple[Any, ...]) -> Any:
    """Return (source, foreign key) of one equality, or None."""
    if foreign:
        if right in foreign and left not in foreign:
            return left, right
        if left in foreign and right not in foreign:
            return right, left
    if left.references(right) and not (right.references(left) and left in remote):
        return right, left
    if right.references(left):
        return left, right
    return None


def _foreign_is_local(
    prop: Any, parent: Mapper, target: Mapper, pairs: list[tuple[Any, Any]], remote: Any
) -> bool:
    if parent.local_table is not target.local_table:
        tables = {foreign.table for _, foreign in pairs}
        return parent.local_table in tables
    if remote:
        sources = {source for source, _ in pairs}
        return sources <= set(remote)
    return False

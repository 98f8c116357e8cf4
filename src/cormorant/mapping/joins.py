"""Find the columns along which two tables are joined by a relationship."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_
from sqlalchemy import exc as core_exc
from sqlalchemy.sql import operators, visitors
from sqlalchemy.sql.util import join_condition

from cormorant import exc
from cormorant.mapping.join_marks import (
    bare,
    columns_of,
    equalities,
    is_marked,
    marked,
    remote_where_foreign,
    turned,
    without_remote,
)
from cormorant.sql.marks import unmarked

if TYPE_CHECKING:
    from cormorant.mapping.mapper import Mapper

Pair = tuple[Any, Any]


@dataclass(frozen=True, slots=True)
class JoinColumns:
    """A join: its condition and the (source, foreign key) columns it copies along.

    `simple`: the condition is nothing but those pairs. `foreign_is_local`: the foreign key
    stands on the side that declares the relationship. `marked`: the condition with its columns
    marked "remote" and "foreign". `lookup`: the columns on this side whose values find the
    related rows. `secondary`: the table between the two, with the condition and the pairs that
    tie it to the related class.
    """

    condition: Any
    pairs: tuple[Pair, ...]
    foreign_is_local: bool
    simple: bool
    local_remote: tuple[Pair, ...]
    marked: Any
    lookup: tuple[Any, ...]
    remote: frozenset[Any]
    foreign: frozenset[Any]
    secondary: Any = None
    secondary_condition: Any = None
    secondary_pairs: tuple[Pair, ...] = ()
    secondary_marked: Any = None

    @property
    def foreign_is_remote(self) -> bool:
        """Tell whether the related rows hold the foreign key."""
        return not self.foreign_is_local and self.secondary is None

    @property
    def simple_remote(self) -> tuple[Any, ...]:
        """The columns that equal those of `lookup`, where the condition is simple."""
        far = dict(self.local_remote[: len(self.lookup)])
        return tuple([far[local] for local in self.lookup])

    def criterion(self, values: Sequence[Any]) -> Any:
        """Return the WHERE of related rows; `values` stand for the columns of `lookup`."""
        given = dict(zip(self.lookup, values, strict=True))

        def put(element: Any, **_options: Any) -> Any:
            # What is returned is not looked at again: a column may stand on both sides.
            return None if is_marked(element, "remote") else given.get(bare(element))

        found = unmarked(visitors.replacement_traverse(self.marked, {}, put))
        return found if self.secondary is None else and_(found, self.secondary_condition)


def find_join(prop: Any, parent: Mapper, target: Mapper, given: dict[str, Any]) -> JoinColumns:
    """Return the join of a relationship; raises where it is missing or ambiguous.

    `given`: primaryjoin, secondaryjoin, secondary, foreign_keys and remote_side.
    """
    return _Search(prop, parent, target, given).run()


class _Search:
    """One search for the columns of a join."""

    def __init__(self, prop: Any, parent: Mapper, target: Mapper, given: dict[str, Any]) -> None:
        self.prop = prop
        self.parent = parent
        self.target = target
        self.secondary = given["secondary"]
        self.foreign = columns_of(given["foreign_keys"])
        self.remote = columns_of(given["remote_side"])
        self.primary, self.second = given["primaryjoin"], given["secondaryjoin"]

    def run(self) -> JoinColumns:
        """Complete the conditions, mark their columns, and read the pairs off them."""
        self._find_conditions()
        primary = self._mark(self.primary)
        second = None if self.second is None else self._mark(self.second)
        pairs, far_pairs = self._pairs(primary), self._pairs(second)
        elements = [*_columns(primary), *_columns(second)]
        own = [each for each in _columns(primary) if not is_marked(each, "remote")]
        lookup = tuple(dict.fromkeys([bare(e) for e in own if _has(self.parent, bare(e))]))
        near = tuple(_local_remote(primary))
        join = JoinColumns(
            unmarked(primary),
            tuple(pairs),
            self._foreign_is_local([e for e in elements if is_marked(e, "foreign")]),
            _is_simple(primary, pairs, near),
            (*near, *_local_remote(second)),
            primary,
            lookup,
            frozenset([bare(e) for e in elements if is_marked(e, "remote")]),
            frozenset([bare(e) for e in elements if is_marked(e, "foreign")]),
            self.secondary,
            None if second is None else unmarked(second),
            tuple(far_pairs),
            second,
        )
        self._check(join, elements)
        return join

    def _find_conditions(self) -> None:
        if self.secondary is None:
            if self.second is not None:
                raise core_exc.ArgumentError(
                    f"Relationship {self.prop} has a secondaryjoin but no secondary: name the "
                    f"association table with secondary=, or leave secondaryjoin out."
                )
            self.primary = self._condition(self.primary, self.parent, self.target)
            return
        self.second = self._condition(self.second, self.target, None)
        self.primary = self._condition(self.primary, self.parent, None)

    def _condition(self, given: Any, near: Mapper, far: Mapper | None) -> Any:
        """Return a given condition as a Core element, or the one that the foreign keys tell."""
        if given is not None:
            return given.__clause_element__() if hasattr(given, "__clause_element__") else given
        other = self.secondary if far is None else far.persist_selectable
        try:
            return join_condition(
                near.persist_selectable,
                other,
                a_subset=near.local_table,
                consider_as_foreign_keys=set(self.foreign) or None,
            )
        except core_exc.AmbiguousForeignKeysError as problem:
            raise core_exc.AmbiguousForeignKeysError(self._ambiguous()) from problem
        except core_exc.NoForeignKeysError as problem:
            raise core_exc.NoForeignKeysError(self._no_keys(near, other)) from problem

    def _ambiguous(self) -> str:
        if self.secondary is not None:
            return (
                f"Could not determine join condition between parent/child tables on relationship "
                f"{self.prop} - there are multiple foreign key paths linking the tables via "
                f"secondary table {self.secondary.description!r}. Specify the 'foreign_keys' "
                f"argument, providing a list of those columns which should be counted as "
                f"containing a foreign key reference from the secondary table to each of the "
                f"parent and child tables."
            )
        return (
            f"Could not determine join condition between parent/child tables on relationship "
            f"{self.prop} - there are multiple foreign key paths linking the tables. Specify the "
            f"'foreign_keys' argument, providing a list of those columns which should be counted "
            f"as containing a foreign key reference to the parent table."
        )

    def _no_keys(self, near: Mapper, other: Any) -> str:
        cure = "a 'primaryjoin' expression"
        if self.secondary is not None:
            cure = "'primaryjoin' and 'secondaryjoin' expressions"
        return (
            f"Could not determine join condition between parent/child tables on relationship "
            f"{self.prop} - there are no foreign keys linking these tables "
            f"{near.local_table.description!r} and {other.description!r}. Add a "
            f"ForeignKey to one of their columns, or specify {cure}."
        )

    def _mark(self, condition: Any) -> Any:
        """Return the condition with every column marked that is foreign or remote."""
        names = {mark for e in _columns(condition) for mark in e._annotations}
        one_table = self.secondary is None and self._overlaps()
        foreign: Callable[[Any], bool] | None = None
        remote: Callable[[Any], bool] | None = None
        if "foreign" not in names:
            foreign = self.foreign.__contains__ if self.foreign else None
        if "remote" not in names:
            remote = self._remote_rule(one_table)
        found = marked(condition, foreign, remote)
        if "foreign" not in names and not self.foreign:
            found = equalities(found, self._mark_foreign)
        if "remote" not in names and remote is None:
            found = equalities(found, self._mark_remote)
            found = remote_where_foreign(found)
        return equalities(found, self._part_twins)

    def _remote_rule(self, one_table: bool) -> Callable[[Any], bool] | None:
        """Return what tells a remote column from a local one; None: the foreign one is."""
        if self.secondary is not None:
            return lambda column: bool(self.secondary.c.contains_column(column))
        if self.remote:
            return self.remote.__contains__
        if one_table:
            return None
        return lambda column: _has(self.target, column) and not _has(self.parent, column)

    def _overlaps(self) -> bool:
        """Tell whether the tables of both sides share columns."""
        return any(_has(self.parent, column) for column in self.target.local_table.c)

    def _mark_foreign(self, left: Any, right: Any) -> Pair:
        """Mark the side of an equality that refers to the other one."""
        here, there = bare(left), bare(right)
        if is_marked(left, "foreign") or is_marked(right, "foreign"):
            return left, right
        if here.references(there) and not (
            there.references(here) and here in self.remote and here is not there
        ):
            return left._annotate({"foreign": True}), right
        if there.references(here):
            return left, right._annotate({"foreign": True})
        if self.secondary is not None:
            if self.secondary.c.contains_column(here):
                return left._annotate({"foreign": True}), right
            if self.secondary.c.contains_column(there):
                return left, right._annotate({"foreign": True})
        return left, right

    def _mark_remote(self, left: Any, right: Any) -> Pair:
        """Mark the other side of a foreign key that only the parent has as the remote one."""
        for near, far, swapped in ((left, right, False), (right, left, True)):
            if is_marked(near, "foreign") and not _has(self.target, bare(near)):
                far = far._annotate({"remote": True})
                return (far, near) if swapped else (near, far)
        return left, right

    def _part_twins(self, left: Any, right: Any) -> Pair:
        """Let a column that refers to itself in other rows stand once on each side."""
        if bare(left) is not bare(right):
            return left, right
        if is_marked(left, "remote") != is_marked(right, "remote"):
            return left, right
        plain = bare(left)
        if self.remote:
            return plain._annotate({"foreign": True}), plain._annotate({"remote": True})
        return plain, plain._annotate({"foreign": True, "remote": True})

    def _pairs(self, condition: Any) -> list[Pair]:
        """Return the (source, foreign key) columns of the equalities that a flush copies along."""
        found: list[Pair] = []
        for binary, left, right in _compared(condition):
            if binary.operator is not operators.eq:
                continue
            if is_marked(left, "remote") != is_marked(right, "remote"):
                if is_marked(right, "foreign") and not is_marked(left, "foreign"):
                    found.append((bare(left), bare(right)))
                elif is_marked(left, "foreign") and not is_marked(right, "foreign"):
                    found.append((bare(right), bare(left)))
        return list(dict.fromkeys(found))

    def _foreign_is_local(self, foreign: list[Any]) -> bool:
        """Tell whether the side that declares the relationship holds the foreign key."""
        if self.secondary is not None:
            return False
        here = [each for each in foreign if _has(self.parent, bare(each))]
        there = [each for each in foreign if _has(self.target, bare(each))]
        if here and there:
            near = [each for each in foreign if not is_marked(each, "remote")]
            if near and len(near) < len(foreign):
                raise exc.ConfigurationError(
                    f"Can't determine relationship direction for relationship '{self.prop}' - "
                    f"foreign key columns within the join condition are present in both the "
                    f"parent and the child's mapped tables. Ensure that only those columns "
                    f"referring to a parent column are marked as foreign, either via the "
                    f"foreign() annotation or via the foreign_keys argument."
                )
            return bool(near)
        return bool(here)

    def _check(self, join: JoinColumns, elements: list[Any]) -> None:
        """Refuse a condition that does not tell what belongs together."""
        pairs = join.pairs and (join.secondary is None or join.secondary_pairs)
        which = "primary" if not join.pairs or join.secondary is None else "secondary"
        condition = join.condition if which == "primary" else join.secondary_condition
        if not join.foreign:
            raise core_exc.ArgumentError(
                f"Could not locate any relevant foreign key columns for {which} join condition "
                f"'{condition}' on relationship {self.prop}. Ensure that referencing columns are "
                f"associated with a ForeignKey or ForeignKeyConstraint, or are annotated in the "
                f"join condition with the foreign() annotation."
            )
        if not join.local_remote:
            raise core_exc.ArgumentError(
                f"Relationship {self.prop} could not determine any unambiguous local/remote "
                f"column pairs based on join condition and remote_side arguments. Consider using "
                f"the remote() annotation to accurately mark those elements of the join condition "
                f"that are on the remote side of the relationship."
            )
        if not pairs and not self.prop.viewonly:
            raise core_exc.ArgumentError(
                f"Could not locate any simple equality expressions involving locally mapped "
                f"foreign key columns for {which} join condition '{condition}' on relationship "
                f"{self.prop}. Ensure that referencing columns are associated with a ForeignKey "
                f"or ForeignKeyConstraint, or are annotated in the join condition with the "
                f"foreign() annotation. To allow comparison operators other than '==', the "
                f"relationship can be marked as viewonly=True."
            )


def _has(mapper: Mapper, column: Any) -> bool:
    return bool(mapper.persist_selectable.c.contains_column(column))


def _columns(condition: Any) -> list[Any]:
    if condition is None:
        return []
    return [each for each in visitors.iterate(condition) if bare(each) is not None]


def _local_remote(condition: Any) -> list[Pair]:
    """Return the (local, remote) columns that the condition compares with each other."""
    found: list[Pair] = []
    for _binary, left, right in _compared(condition):
        if is_marked(right, "remote") and not is_marked(left, "remote"):
            found.append((bare(left), bare(right)))
        elif is_marked(left, "remote") and not is_marked(right, "remote"):
            found.append((bare(right), bare(left)))
    return list(dict.fromkeys(found))


def _compared(condition: Any) -> Iterator[tuple[Any, Any, Any]]:
    """Yield (operation, column on its left, column on its right), however deep they stand."""
    elements: Iterable[Any] = () if condition is None else visitors.iterate(condition)
    for each in elements:
        if each.__visit_name__ == "binary":
            for left in _columns(each.left):
                for right in _columns(each.right):
                    yield each, left, right


def _is_simple(condition: Any, pairs: list[Pair], near: tuple[Pair, ...]) -> bool:
    """Tell whether a condition says nothing but that the columns of the pairs are equal."""
    parts = [condition]
    if hasattr(condition, "clauses") and condition.operator is operators.and_:
        parts = list(condition.clauses)
    equal = all(
        part.__visit_name__ == "binary"
        and part.operator is operators.eq
        and bare(part.left) is not None
        and bare(part.right) is not None
        for part in parts
    )
    return equal and len(parts) == len(pairs) == len(near) == len({local for local, _ in near})


def find_secondary(prop: Any, given: Any) -> Any:
    """Return the association table that was given as a table, its name, or a function."""
    metadata = prop.parent.registry.metadata
    if isinstance(given, str) and given in metadata.tables:
        return metadata.tables[given]
    found = prop._resolve(given)
    if found is None or getattr(found, "__visit_name__", None) in FROM_CLAUSES:
        return found
    name = getattr(found, "__name__", repr(type(found).__name__))
    raise core_exc.ArgumentError(
        f"The secondary of relationship {prop} must be a Table object or another FROM clause, "
        f"not {name}. A mapped class cannot be sent: its rows are written for objects of that "
        f"class. Give its table for viewonly=True, or relate to the class itself."
    )


FROM_CLAUSES = frozenset(
    {"table", "join", "alias", "subquery", "cte", "lateral", "table_valued_alias", "values"}
)
"""What can stand between two tables."""


def backref_options(join: JoinColumns, given: Any) -> dict[str, Any]:
    """Return the options of a backref, with the join seen from the other side."""
    options = dict(given)
    if "primaryjoin" in options or "secondaryjoin" in options:
        return options
    if join.secondary is not None:
        options.setdefault("secondary", join.secondary)
        options["primaryjoin"], options["secondaryjoin"] = join.secondary_marked, join.marked
        return options
    other_side = turned(join.marked)
    options["primaryjoin"] = without_remote(other_side) if "remote_side" in options else other_side
    return options

"""Light expressions: what a user wrote, kept as plain values until Core is needed."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, not_, or_
from sqlalchemy.sql import operators
from sqlalchemy.sql.operators import ColumnOperators

PLAIN = frozenset((int, str, float, bytes, Decimal, date, datetime, time, timedelta, UUID))
"""Types of values that always become one bound parameter in Core."""

COMPARISONS = frozenset(
    (operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge)
)
LIKES = frozenset(
    (
        operators.like_op,
        operators.not_like_op,
        operators.ilike_op,
        operators.not_ilike_op,
    )
)
MEMBERSHIPS = frozenset((operators.in_op, operators.not_in_op))
NULL_TESTS = frozenset((operator.eq, operator.ne, operators.is_, operators.is_not))
ORDERINGS = frozenset(
    (
        operators.asc_op,
        operators.desc_op,
        operators.nulls_first_op,
        operators.nulls_last_op,
    )
)
LONGEST_LIST = 512
"""More members than this in an IN list: Core expands the list itself."""

Bind = Callable[[Any, Any, Any], Any]
"""(column, operator, value) -> what stands in the Core expression: the value or a bind."""


def itself(_column: Any, _operator: Any, value: Any) -> Any:
    """Return the value: Core makes its own bound parameter of it."""
    return value


class Node(ColumnOperators):
    """An expression that Core has not seen yet.

    `shape` holds everything but the values; `values` are in the order of their binds.
    """

    __slots__ = ("shape", "values")
    is_clause_element = False
    shape: tuple[Any, ...]
    values: tuple[Any, ...]

    def build(self, bind: Bind) -> ColumnElement[Any]:
        """Make the Core expression; called for its values in the order of `values`."""
        raise TypeError(f"{type(self).__name__} has no Core expression of its own.")

    def __clause_element__(self) -> ColumnElement[Any]:
        return self.build(itself)

    def operate(self, op: Any, *other: Any, **kwargs: Any) -> Any:
        """Combine with other light nodes, else become a Core expression."""
        if op is operator.inv:
            return Negation(self)
        if (op is operator.and_ or op is operator.or_) and isinstance(other[0], Node):
            return Junction(op, (self, other[0]))
        return op(self.build(itself), *other, **kwargs)

    def reverse_operate(self, op: Any, other: Any, **kwargs: Any) -> Any:
        """Apply `op` with this expression on the right side."""
        return op(other, self.build(itself), **kwargs)

    def __bool__(self) -> bool:
        return bool(self.build(itself))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return getattr(self.build(itself), name)

    def __str__(self) -> str:
        return str(self.build(itself))

    __repr__ = object.__repr__
    __hash__ = object.__hash__

    def __reduce__(self) -> Any:
        raise TypeError(
            f"A {type(self).__name__} of a statement cannot be pickled; "
            f"pickle the values and write the statement again."
        )


class Comparison(Node):
    """A column compared with one plain value."""

    __slots__ = ("attribute", "verb")

    def __init__(self, attribute: Any, op: Any, value: Any) -> None:
        self.attribute = attribute
        self.verb = op
        self.shape = (attribute.number, op, value.__class__)
        self.values = (value,)

    def build(self, bind: Bind) -> ColumnElement[Any]:
        """Make the Core comparison."""
        column = self.attribute.__clause_element__()
        result: ColumnElement[Any] = self.verb(column, bind(column, self.verb, self.values[0]))
        return result


class Constant(Node):
    """A column compared with None, True or False: a keyword of SQL, no parameter."""

    __slots__ = ("attribute", "constant", "verb")

    def __init__(self, attribute: Any, op: Any, constant: bool | None) -> None:
        self.attribute = attribute
        self.verb = op
        self.constant = constant
        # The class keeps True apart from 1, which are equal and hash alike.
        self.shape = (attribute.number, op, constant, constant.__class__)
        self.values = ()

    def build(self, bind: Bind) -> ColumnElement[Any]:
        """Make the Core comparison."""
        result: ColumnElement[Any] = self.verb(self.attribute.__clause_element__(), self.constant)
        return result


class Likeness(Node):
    """A column compared with a LIKE pattern."""

    __slots__ = ("attribute", "escape", "verb")

    def __init__(self, attribute: Any, op: Any, pattern: str, escape: str | None) -> None:
        self.attribute = attribute
        self.verb = op
        self.escape = escape
        self.shape = (attribute.number, op, escape)
        self.values = (pattern,)

    def build(self, bind: Bind) -> ColumnElement[Any]:
        """Make the Core LIKE."""
        column = self.attribute.__clause_element__()
        pattern = bind(column, self.verb, self.values[0])
        result: ColumnElement[Any] = self.verb(column, pattern, escape=self.escape)
        return result


class Between(Node):
    """A column between two plain values."""

    __slots__ = ("attribute", "symmetric", "verb")

    def __init__(self, attribute: Any, op: Any, low: Any, high: Any, symmetric: bool) -> None:
        self.attribute = attribute
        self.verb = op
        self.symmetric = symmetric
        self.shape = (attribute.number, op, low.__class__, high.__class__, symmetric)
        self.values = (low, high)

    def build(self, bind: Bind) -> ColumnElement[Any]:
        """Make the Core BETWEEN."""
        column = self.attribute.__clause_element__()
        low, high = (bind(column, self.verb, value) for value in self.values)
        result: ColumnElement[Any] = self.verb(column, low, high, symmetric=self.symmetric)
        return result


class Membership(Node):
    """A column in a list of plain values of one type.

    The list is filled up with its last member to the next power of two, so that few plans
    serve lists of all lengths; a repeated member changes neither IN nor NOT IN.
    """

    __slots__ = ("attribute", "members", "verb")

    def __init__(self, attribute: Any, op: Any, members: Sequence[Any]) -> None:
        self.attribute = attribute
        self.verb = op
        self.members = tuple(members)
        count = len(self.members)
        room = 1 << (count - 1).bit_length()
        self.values = self.members + self.members[-1:] * (room - count)
        self.shape = (attribute.number, op, members[0].__class__, room)

    def build(self, bind: Bind) -> ColumnElement[Any]:
        """Make the Core IN; its own expanding parameter when values are bound by Core."""
        column = self.attribute.__clause_element__()
        members: Any = self.members
        if bind is not itself:
            members = [bind(column, self.verb, value) for value in self.values]
        result: ColumnElement[Any] = self.verb(column, members)
        return result


class Ordering(Node):
    """A column, or the ordering of one, with a direction for ORDER BY."""

    __slots__ = ("subject", "verb")

    def __init__(self, subject: Any, op: Any) -> None:
        self.subject = subject
        self.verb = op
        inner = subject.shape if isinstance(subject, Node) else subject.number
        self.shape = (op, inner)
        self.values = ()

    def operate(self, op: Any, *other: Any, **kwargs: Any) -> Any:
        """Stay light for NULLS FIRST and NULLS LAST."""
        if op in ORDERINGS:
            return Ordering(self, op)
        return Node.operate(self, op, *other, **kwargs)

    def build(self, bind: Bind) -> ColumnElement[Any]:
        """Make the Core ordering."""
        result: ColumnElement[Any] = self.verb(self.subject.__clause_element__())
        return result


class Junction(Node):
    """Several light expressions joined by AND or OR."""

    __slots__ = ("nodes", "verb")

    def __init__(self, op: Any, nodes: tuple[Node, ...]) -> None:
        self.verb = op
        self.nodes = nodes
        self.shape = (op, *(node.shape for node in nodes))
        self.values = tuple(value for node in nodes for value in node.values)

    def build(self, bind: Bind) -> ColumnElement[Any]:
        """Make the Core AND or OR."""
        join = and_ if self.verb is operator.and_ else or_
        return join(*(node.build(bind) for node in self.nodes))

    def self_group(self, against: Any = None) -> Any:
        """Return the Core expression, in parentheses where the operators need them."""
        return self.build(itself).self_group(against=against)


class Negation(Node):
    """A light expression turned round by NOT."""

    __slots__ = ("node",)

    def __init__(self, node: Node) -> None:
        self.node = node
        self.shape = (operator.inv, node.shape)
        self.values = node.values

    def build(self, bind: Bind) -> ColumnElement[Any]:
        """Make the Core NOT."""
        return not_(self.node.build(bind))


def light(attribute: Any, op: Any, other: tuple[Any, ...], kwargs: dict[str, Any]) -> Node | None:
    """Return the light node of a column and an operator, None if there is none."""
    if not other:
        return Ordering(attribute, op) if op in ORDERINGS else None
    value = other[0]
    kind = value.__class__
    if op in COMPARISONS and not kwargs and kind in PLAIN:
        return Comparison(attribute, op, value)
    if value is None or kind is bool:
        plain = op in NULL_TESTS and not kwargs
        return Constant(attribute, op, value) if plain else None
    if op in MEMBERSHIPS and not kwargs:
        return Membership(attribute, op, list(value)) if _plain_list(value) else None
    if op in LIKES and kind is str:
        return Likeness(attribute, op, value, kwargs.get("escape"))
    if op is operators.between_op and kind in PLAIN and other[1].__class__ in PLAIN:
        return Between(attribute, op, value, other[1], bool(kwargs.get("symmetric")))
    return None


def _plain_list(members: Any) -> bool:
    if members.__class__ not in (list, tuple, set, frozenset):
        return False
    if not 0 < len(members) <= LONGEST_LIST:
        return False
    kinds = {member.__class__ for member in members}
    return len(kinds) == 1 and kinds <= PLAIN


def flat(nodes: Sequence[Any]) -> Iterator[Any]:
    """Go through the values of light nodes in the order of their binds."""
    for node in nodes:
        yield from node.values

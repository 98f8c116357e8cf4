"""Compute a SQL expression in Python, on the values of an object in memory."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy import String
from sqlalchemy.sql import operators


class _Unknown:
    """Stands for a value that is not in memory, or that only the database can tell."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN = _Unknown()
Lookup = Callable[[str], Any]
"""Attribute key -> value in the row as far as it is known, None for NULL, else UNKNOWN."""
Evaluator = Callable[[Lookup], Any]

COMPARISONS = frozenset(
    (operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge)
)
ARITHMETIC = frozenset((operator.add, operator.sub, operator.mul))
NUMBERS = (int, float, Decimal)


class NotEvaluable(Exception):
    """The expression holds something that Python cannot compute as the database does."""


class Evaluation:
    """Turns Core expressions on the columns of one entity into Python functions.

    `key_of`: column -> attribute key, or None for a foreign column. `parameters`: values of
    named parameters. `exact_text`: strings are equal in the database only if they are in
    Python; where that is not certain, comparing them is left to the database. `asked`: the
    user wants Python's answer, also where that of a database may be another.
    """

    def __init__(
        self,
        key_of: Callable[[Any], str | None],
        parameters: Mapping[str, Any],
        exact_text: bool = True,
        asked: bool = False,
    ) -> None:
        self._key_of = key_of
        self._parameters = parameters
        self._exact_text = exact_text
        self._loose = LOOSE if asked else {}
        self._builders: dict[str, Callable[[Any], Evaluator]] = {
            "column": self._column,
            "bindparam": self._parameter,
            "grouping": lambda element: self.of(element.element),
            "null": lambda _element: lambda _lookup: None,
            "true": lambda _element: lambda _lookup: True,
            "false": lambda _element: lambda _lookup: False,
            "expression_clauselist": self._junction,
            "unary": self._unary,
            "binary": self._binary,
            "tuple": self._tuple,
        }

    def of(self, element: Any) -> Evaluator:
        """Return the function of an expression; raises NotEvaluable."""
        kind = getattr(element, "__visit_name__", type(element).__name__)
        build = self._builders.get(kind)
        if build is None:
            raise NotEvaluable(f"a {kind}")
        return build(element)

    def _column(self, column: Any) -> Evaluator:
        key = self._key_of(column)
        if key is None:
            raise NotEvaluable("a column that the class does not map")
        name: str = key
        return lambda lookup: lookup(name)

    def _parameter(self, parameter: Any) -> Evaluator:
        given = self._parameters
        value = given.get(parameter.key, parameter.effective_value)
        return lambda _lookup: value

    def _junction(self, junction: Any) -> Evaluator:
        deciding = JUNCTIONS.get(junction.operator)
        if deciding is None:
            return self._chain(junction)
        parts = [self.of(part) for part in junction.clauses]

        def decide(lookup: Lookup) -> Any:
            found = [part(lookup) for part in parts]
            if any(value is deciding for value in found):
                return deciding
            if any(value is UNKNOWN for value in found):
                return UNKNOWN
            return None if any(value is None for value in found) else not deciding

        return decide

    def _chain(self, chain: Any) -> Evaluator:
        """Evaluate `a + b + c`, which Core keeps as one flat list."""
        first, *rest = chain.clauses
        made = self.of(first)
        for part in rest:
            made = self._calculation(chain.operator, made, self.of(part))
        return made

    def _tuple(self, element: Any) -> Evaluator:
        for part in element.clauses:
            self._refuse_text(part)
        parts = [self.of(part) for part in element.clauses]

        def together(lookup: Lookup) -> Any:
            found = tuple([part(lookup) for part in parts])
            return UNKNOWN if UNKNOWN in found or None in found else found

        return together

    def _unary(self, unary: Any) -> Evaluator:
        if unary.operator is operators.is_true:
            return self.of(unary.element)
        if unary.operator is not operator.inv:
            raise NotEvaluable(f"operator {_name(unary.operator)}")
        inner = self.of(unary.element)

        def negated(lookup: Lookup) -> Any:
            value = inner(lookup)
            return value if value is UNKNOWN or value is None else not value

        return negated

    def _binary(self, binary: Any) -> Evaluator:
        verb = binary.operator
        if verb in MEMBERSHIPS:
            return self._membership(binary)
        if verb is operators.between_op or verb is operators.not_between_op:
            return self._between(binary)
        left, right = self.of(binary.left), self.of(binary.right)
        if verb is operators.is_:
            return _sure(left, right, lambda a, b: a is b)
        if verb is operators.is_not:
            return _sure(left, right, lambda a, b: a is not b)
        if verb in COMPARISONS:
            self._refuse_text(binary.left)
            return _known(left, right, verb)
        loose = self._loose.get(verb)
        if loose is not None:
            return _known(left, right, loose)
        return self._calculation(verb, left, right)

    def _refuse_text(self, element: Any) -> None:
        if not self._exact_text and isinstance(element.type, String):
            raise NotEvaluable("a comparison of strings, which depends on their collation")

    def _calculation(self, verb: Any, left: Evaluator, right: Evaluator) -> Evaluator:
        if verb is operators.concat_op:
            return _known(left, right, lambda a, b: a + b if _are(str, a, b) else UNKNOWN)
        if verb not in ARITHMETIC:
            raise NotEvaluable(f"operator {_name(verb)}")
        return _known(left, right, lambda a, b: verb(a, b) if _are(NUMBERS, a, b) else UNKNOWN)

    def _membership(self, binary: Any) -> Evaluator:
        if getattr(binary.right, "__visit_name__", "") == "bindparam":
            members = self.of(binary.right)
        else:
            inner = getattr(binary.right, "element", binary.right)
            parts = [self.of(part) for part in getattr(inner, "clauses", (inner,))]

            def members(lookup: Lookup) -> Any:
                return [part(lookup) for part in parts]

        self._refuse_text(binary.left)
        left, wanted = self.of(binary.left), MEMBERSHIPS[binary.operator]

        def found(lookup: Lookup) -> Any:
            value, among = left(lookup), list(members(lookup))
            if not among:
                return not wanted
            if value is UNKNOWN or any(member is UNKNOWN for member in among):
                return UNKNOWN
            if value is None:
                return None
            if value in among:
                return wanted
            return None if None in among else not wanted

        return found

    def _between(self, binary: Any) -> Evaluator:
        if binary.modifiers.get("symmetric"):
            raise NotEvaluable("BETWEEN SYMMETRIC")
        self._refuse_text(binary.left)
        left = self.of(binary.left)
        low, high = [self.of(part) for part in binary.right.clauses]
        wanted = binary.operator is operators.between_op
        above, below = _known(left, low, operator.ge), _known(left, high, operator.le)

        def between(lookup: Lookup) -> Any:
            sides = (above(lookup), below(lookup))
            if False in sides:
                return not wanted
            if any(side is UNKNOWN for side in sides):
                return UNKNOWN
            return None if None in sides else wanted

        return between


JUNCTIONS: dict[Any, bool] = {operators.and_: False, operators.or_: True}
"""The value that decides a junction at once, whatever the other parts are."""
MEMBERSHIPS: dict[Any, bool] = {operators.in_op: True, operators.not_in_op: False}


def _remainder(left: Any, right: Any) -> Any:
    """Return a % b where all databases agree with Python: of numbers that are not negative."""
    sure = _are(NUMBERS, left, right) and left >= 0 and right > 0
    return left % right if sure else UNKNOWN


def _ratio(left: Any, right: Any) -> Any:
    return left / right if _are(NUMBERS, left, right) and right else UNKNOWN


LOOSE: dict[Any, Callable[[Any, Any], Any]] = {
    operators.startswith_op: lambda a, b: a.startswith(b) if _are(str, a, b) else UNKNOWN,
    operators.endswith_op: lambda a, b: a.endswith(b) if _are(str, a, b) else UNKNOWN,
    operators.mod: _remainder,
    operators.truediv: _ratio,
}
"""What Python computes on request only: databases disagree on case, sign and precision."""


def _name(verb: Any) -> str:
    return str(getattr(verb, "__name__", verb))


def _are(kinds: Any, left: Any, right: Any) -> bool:
    return isinstance(left, kinds) and isinstance(right, kinds)


def _sure(left: Evaluator, right: Evaluator, decide: Callable[[Any, Any], Any]) -> Evaluator:
    """Apply `decide` unless a side is unknown; NULL is a value like others."""

    def evaluate(lookup: Lookup) -> Any:
        a, b = left(lookup), right(lookup)
        return UNKNOWN if a is UNKNOWN or b is UNKNOWN else decide(a, b)

    return evaluate


def _known(left: Evaluator, right: Evaluator, decide: Callable[[Any, Any], Any]) -> Evaluator:
    """Apply `decide` to two values; NULL with anything is NULL, as in SQL."""

    def evaluate(lookup: Lookup) -> Any:
        a, b = left(lookup), right(lookup)
        if a is UNKNOWN or b is UNKNOWN:
            return UNKNOWN
        if a is None or b is None:
            return None
        try:
            return decide(a, b)
        except TypeError:
            return UNKNOWN  # values that Python cannot compare; the database may

    return evaluate

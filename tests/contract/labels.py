"""Stable names for the objects of one run, so that two runs can be compared as text."""

from __future__ import annotations

import builtins
import datetime
import decimal
import enum
import uuid
from collections.abc import Mapping, Sequence, Set
from typing import Any

import sqlalchemy.exc
import sqlalchemy.orm.exc
from sqlalchemy import Connection, Row
from sqlalchemy.sql import ClauseElement

from .oracle import Orm

PLAIN = (
    bool,
    int,
    float,
    str,
    bytes,
    decimal.Decimal,
    datetime.date,
    datetime.time,
    datetime.timedelta,
    uuid.UUID,
)
PUBLIC_ERRORS = {
    name
    for module in (builtins, sqlalchemy.exc, sqlalchemy.orm.exc)
    for name, member in vars(module).items()
    if isinstance(member, type) and issubclass(member, BaseException)
}


def error_name(error: BaseException) -> str:
    """Return the nearest public class of `error`: what an `except` clause of a user names."""
    return next(base.__name__ for base in type(error).__mro__ if base.__name__ in PUBLIC_ERRORS)


class Labels:
    """Names objects by the order in which they were first seen, or by their primary key.

    A labelled object lives as long as the run: when objects die is the collector's choice, and
    the oracle even tells of the expiry of dead ones. A loaded object is named by its key.
    """

    def __init__(self, orm: Orm) -> None:
        """Start numbering for one run under `orm`."""
        self._orm = orm
        self._known: dict[int, tuple[object, str]] = {}
        self._seen: dict[str, int] = {}

    def name(self, target: object, label: str) -> None:
        """Call `target` `label` from now on."""
        self._known[id(target)] = (target, label)

    def numbered(self, target: object, kind: str) -> str:
        """Return the label of `target`, a new `kind` with the next number when it has none."""
        if id(target) in self._known:
            return self._known[id(target)][1]
        self._seen[kind] = self._seen.get(kind, 0) + 1
        self.name(target, f"{kind} {self._seen[kind]}")
        return f"{kind} {self._seen[kind]}"

    def instance(self, state: Any, target: object) -> str:
        """Return the label of a mapped object."""
        if id(target) in self._known:
            return self._known[id(target)][1]
        if state.key is None:
            return self.numbered(target, f"new {type(target).__name__}")
        label = f"{state.key[0].__name__}{state.key[1]!r}"
        self.name(target, label)
        return label

    def of(self, value: Any) -> str:
        """Return `value` as text, equal under both mappers; raise TypeError for the rest."""
        if value is None or isinstance(value, PLAIN):
            return repr(value)
        if isinstance(value, enum.Enum):
            return value.name
        if isinstance(value, BaseException):
            return error_name(value)
        if isinstance(value, type):
            return f"class {value.__name__}"
        return self._mapped(value) or self._container(value)

    def _mapped(self, value: Any) -> str | None:
        """Return the label of an object that the mapper knows, or None."""
        orm = self._orm
        if isinstance(value, orm.InstanceState):
            return f"state of {self.of(value.object)}"
        if isinstance(value, orm.Mapper):
            return f"mapper {value.class_.__name__}"
        if isinstance(value, orm.Session | orm.scoped_session):
            return self.numbered(value, "session")
        if isinstance(value, Connection):
            return "connection"
        if isinstance(value, orm.attributes.History):
            return f"History{tuple(self.of(part) for part in value)}"
        if isinstance(value, orm.QueryableAttribute):
            return f"attribute {value.class_.__name__}.{value.key}"
        if isinstance(value, ClauseElement) or hasattr(value, "__clause_element__"):
            return "expression"
        if isinstance(value, Sequence | Mapping | Set):
            return None
        state = orm.inspect(value, raiseerr=False)
        return self.instance(state, value) if getattr(state, "is_instance", False) else None

    def _container(self, value: Any) -> str:
        """Return the text of a row, sequence, mapping or set; sets are sorted."""
        if isinstance(value, Row | tuple):
            return "(" + ", ".join(map(self.of, value)) + ")"
        if isinstance(value, Mapping):
            items = (f"{self.of(key)}: {self.of(item)}" for key, item in value.items())
            return "{" + ", ".join(sorted(items)) + "}"
        if isinstance(value, Sequence):
            return "[" + ", ".join(map(self.of, value)) + "]"
        if isinstance(value, Set) or hasattr(value, "symmetric_difference"):
            return "{" + ", ".join(sorted(map(self.of, value))) + "}"
        raise TypeError(
            f"a {type(value).__module__}.{type(value).__qualname__} has no canonical form; "
            "return plain values, mapped objects or containers of them from the scenario."
        )

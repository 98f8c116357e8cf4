"""Compute Python-side column defaults for the rows of a flush."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection


class DefaultContext:
    """What a default function with an argument receives: the row so far, and the connection.

    As Core's DefaultExecutionContext: `current_parameters` by column key.
    """

    __slots__ = ("connection", "current_parameters", "dialect", "isinsert", "isupdate")

    def __init__(self, connection: Connection, parameters: dict[str, Any], insert: bool) -> None:
        self.connection = connection
        self.dialect = connection.dialect
        self.current_parameters = parameters
        self.isinsert = insert
        self.isupdate = not insert

    def get_current_parameters(self, isolate_multiinsert_groups: bool = True) -> dict[str, Any]:
        """Return the values of the row so far, by column key."""
        return dict(self.current_parameters)


def apply_defaults(
    values: dict[str, Any],
    defaults: dict[str, Any],
    column_of: dict[str, Any],
    connection: Connection,
    insert: bool,
) -> tuple[str, ...]:
    """Set each missing default into `values`; return the keys that were set."""
    given: list[str] = []
    context: DefaultContext | None = None
    for key, default in defaults.items():
        if values.get(key) is not None or (key in values and _takes_none(column_of[key])):
            continue
        if default.is_callable:
            if context is None:
                parameters = {c.key: values.get(k) for k, c in column_of.items()}
                context = DefaultContext(connection, parameters, insert)
            values[key] = context.current_parameters[column_of[key].key] = default.arg(context)
        else:
            values[key] = default.arg
        given.append(key)
    return tuple(given)


def _takes_none(column: Any) -> bool:
    """Tell whether None is a value of the type itself (JSON null) and no missing one."""
    return bool(column.type.should_evaluate_none)

"""Rows that users give as dicts: what their keys mean, and which go into one statement."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column
from sqlalchemy import exc as core_exc

if TYPE_CHECKING:
    from cormorant.mapping.mapper import Mapper

Given = Mapping[str, Any]
Batch = list[dict[str, Any]]
OWN = frozenset(("dml_strategy", "render_nulls", "synchronize_session"))
"""Execution options of INSERT, UPDATE and DELETE that Core knows nothing of."""


class Names:
    """What the keys of given rows mean for a class: attribute names, else names of columns.

    As SQLAlchemy, keys that mean no column are passed over.
    """

    def __init__(self, mapper: Mapper) -> None:
        self.mapper = mapper
        self.known: dict[str, str] = {}
        self.explicit: set[str] = set()
        """Attributes whose type makes something of None, as JSON does: it is a value there."""
        columns: dict[str, str] = {}
        for prop in mapper.column_attrs:
            for column in prop.columns:
                if isinstance(column, Column):
                    self.known[prop.key] = prop.key
                    columns.setdefault(column.key, prop.key)
                    if column.type.should_evaluate_none:
                        self.explicit.add(prop.key)
        self.known = columns | self.known

    def of_insert(self, rows: Iterable[Given], nulls: bool) -> list[dict[str, Any]]:
        """Return the rows by attribute name; None is left to the defaults unless `nulls`.

        Rows of a class in an inheritance family get its discriminator.
        """
        known, told = self.known, self._identity()
        found = []
        for row in rows:
            made = {known[key]: value for key, value in row.items() if key in known}
            if not nulls:
                explicit = self.explicit
                made = {k: v for k, v in made.items() if v is not None or k in explicit}
            found.append({**told, **made} if told else made)
        return found

    def of_update(self, rows: Iterable[Given]) -> list[dict[str, Any]]:
        """Return the rows by attribute name; each has to name its primary key."""
        known, keys = self.known, self.mapper.pk_keys
        found = []
        for row in rows:
            made = {known[key]: value for key, value in row.items() if key in known}
            missing = [key for key in keys if made.get(key) is None]
            if missing:
                raise core_exc.InvalidRequestError(
                    f"No primary key value supplied for attribute(s) "
                    f"{', '.join(map(repr, missing))} of class {self.mapper.class_.__name__!r}; "
                    f"per-row ORM Bulk UPDATE by Primary Key requires that records contain "
                    f"primary key values. Use session.connection().execute() to run an UPDATE "
                    f"with several sets of parameters as it stands."
                )
            found.append(made)
        return found

    def _identity(self) -> dict[str, Any]:
        mapper = self.mapper
        if mapper.polymorphic_on is None or mapper.polymorphic_identity is None:
            return {}
        key = mapper.discriminator
        return {key: mapper.polymorphic_identity} if key in self.known else {}

    def by_column(self, row: Given) -> dict[Any, Any]:
        """Return a row by column; one that stands for others of the same name gives to them."""
        properties: Any = self.mapper._properties
        return {column: value for key, value in row.items() for column in properties[key].columns}


def batches(rows: Iterable[dict[str, Any]]) -> list[Batch]:
    """Split rows into neighbours that name the same columns."""
    found: list[Batch] = []
    for row in rows:
        if found and found[-1][0].keys() == row.keys():
            found[-1].append(row)
        else:
            found.append([row])
    return found


def part_of(table: Any, row: Mapping[Any, Any]) -> dict[str, Any]:
    """Return what a row by column has for a table, by the names of its columns."""
    return {
        column.key: value
        for column, value in row.items()
        if column.table is table and not (column.primary_key and value is None)
    }


def passed_on(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the execution options that Core knows."""
    return {key: value for key, value in options.items() if key not in OWN}


def chosen_strategy(options: Mapping[str, Any], legal: Collection[str], step: str) -> str:
    """Return the option `dml_strategy`; raises ArgumentError for an unknown one."""
    strategy: str = options.get("dml_strategy", "auto")
    if strategy not in legal:
        names = ", ".join(map(repr, legal))
        raise core_exc.ArgumentError(f"Valid strategies for ORM {step} strategy are {names}")
    return strategy


def refuse_bulk(mapper: Mapper, step: str) -> core_exc.InvalidRequestError:
    """Return the error for rows that are not given as parameters."""
    return core_exc.InvalidRequestError(
        f"The {step} of class {mapper.class_.__name__!r} cannot go by rows: "
        f"dml_strategy='bulk' wants them as parameters of execute(), not in values()."
    )

"""The two mappers behind one set of names, so that a scenario runs under both."""

from __future__ import annotations

import importlib
import os
from types import ModuleType
from typing import Any

import sqlalchemy
import sqlalchemy.orm

STATEMENTS = (
    "select",
    "insert",
    "update",
    "delete",
    "and_",
    "or_",
    "not_",
    "exists",
    "union",
    "union_all",
)
ORACLE = "sqlalchemy.orm"
ROADS = ("core", "fast")


class Orm:
    """The public names of one mapper, plus its events, inspection and statements.

    `road` "core" takes the statements from `sqlalchemy`, "fast" from the mapper itself.
    """

    def __init__(self, package: ModuleType, toolkit: ModuleType, road: str) -> None:
        """Offer `package`, with `event` and `inspect` of `toolkit`."""
        self.name = package.__name__
        self.road = road
        self.event = toolkit.event
        self.inspect = toolkit.inspect
        source = toolkit if road == "fast" else sqlalchemy
        for name in STATEMENTS:
            setattr(self, name, getattr(source, name))
        self._package = package

    @property
    def is_oracle(self) -> bool:
        """Tell whether this is sqlalchemy.orm, which the subject is compared with."""
        return self.name == ORACLE

    def __getattr__(self, name: str) -> Any:
        """Return the mapper's own public name."""
        return getattr(self._package, name)

    def module(self, name: str) -> Any:
        """Return a module of the mapper, also where a function hides it under the same name."""
        return importlib.import_module(f"{self.name}.{name}")


def sqlalchemy_orm(road: str = "fast") -> Orm:
    """Return the oracle."""
    return Orm(sqlalchemy.orm, sqlalchemy, road)


def cormorant_orm(road: str = "fast") -> Orm:
    """Return cormorant; raise ImportError when it cannot be imported."""
    package = importlib.import_module("cormorant")
    return Orm(package, package, road)


def subject_name() -> str:
    """Return the import name of the mapper under test.

    CORMORANT_CONTRACT_SUBJECT=sqlalchemy puts the oracle on both sides: it proves the scenarios,
    never cormorant, so CI refuses it.
    """
    chosen = os.environ.get("CORMORANT_CONTRACT_SUBJECT", "cormorant")
    if chosen not in ("cormorant", "sqlalchemy"):
        raise ValueError(
            f"CORMORANT_CONTRACT_SUBJECT is {chosen!r}; set it to 'cormorant' or 'sqlalchemy'."
        )
    if chosen == "sqlalchemy" and os.environ.get("CI") == "true":
        raise ValueError("CORMORANT_CONTRACT_SUBJECT=sqlalchemy proves nothing in CI; unset it.")
    return "sqlalchemy.orm" if chosen == "sqlalchemy" else "cormorant"


def subject_orm(road: str = "fast") -> Orm:
    """Return the mapper under test."""
    return sqlalchemy_orm(road) if subject_name() == "sqlalchemy.orm" else cormorant_orm(road)

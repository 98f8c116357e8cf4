"""A name is offered only when a contract test uses it, under both mappers."""

from __future__ import annotations

import ast
import importlib
from types import ModuleType

import pytest
import sqlalchemy
import sqlalchemy.orm

from .test_names import table
from .uses import used_names, uses_in


def public(module: ModuleType) -> list[str]:
    """Return the names that a module offers: `__all__`, or what it defines itself."""
    listed = getattr(module, "__all__", None)
    if listed is not None:
        return list(listed)
    return [
        name
        for name, thing in vars(module).items()
        if not name.startswith("_") and getattr(thing, "__module__", None) == module.__name__
    ]


def offered() -> set[str]:
    """Return the dotted names that cormorant offers beside a namesake of SQLAlchemy.

    A name without a namesake belongs to a wanted difference: tests/differences uses it.
    """
    found = {str(row) for row in table()}
    for module in {"cormorant", "cormorant.event"} | {row.module for row in table()}:
        inside = module.removeprefix("cormorant").lstrip(".")
        theirs = (
            f"sqlalchemy.orm.{inside}".rstrip(".") if inside != "event" else "sqlalchemy.event"
        )
        namesake = importlib.import_module(theirs)
        found |= {
            f"{module}.{name}"
            for name in public(importlib.import_module(module))
            if hasattr(namesake, name) or (not inside and hasattr(sqlalchemy, name))
        }
    return found


def test_every_offered_name_is_used_by_a_contract_test() -> None:
    idle = sorted(offered() - used_names())
    assert not idle, "\n".join(["names that no contract scenario uses:", *idle])


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("orm.exc.FlushError", {"cormorant.exc", "cormorant.exc.FlushError"}),
        ("orm.module('mapper').Mapper", {"cormorant.mapper.Mapper"}),
        ("names = orm.attributes\n    names.History", {"cormorant.attributes.History"}),
        ("orm.Session().add(1)", {"cormorant.Session", "cormorant.Session.add"}),
        ("with orm.sessionmaker()() as s:\n        s.get", {"cormorant.sessionmaker"}),
        ("maker = orm.sessionmaker()\n    maker().add", {"cormorant.Session.add"}),
        ("with orm.Session() as s:\n        s.query(1).all()", {"cormorant.Query.all"}),
        ("first, s = 1, orm.Session()\n    s.reset()", {"cormorant.Session.reset"}),
        ("a.session.add(1)\n    'orm.backref'\n    # orm.backref", set()),
    ],
)
def test_uses_are_read_from_the_code(line: str, found: set[str]) -> None:
    function = ast.parse(f"def scenario(orm):\n    {line}").body[0]
    assert isinstance(function, ast.FunctionDef)
    used = set(uses_in(function))
    assert found <= used
    assert found or not used

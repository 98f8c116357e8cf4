"""A full statement, often a text, whose rows become objects of a class."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.sql import roles
from sqlalchemy.sql.base import Executable
from sqlalchemy.util import immutabledict


class FromStatement(Executable):
    """What `select(User).from_statement(...)` gives: run it with a session."""

    is_select = True
    _cormorant_entity: Any

    def __init__(self, entity: Any, element: Any) -> None:
        self._cormorant_entity = entity
        self.element = element
        self.options_given: Mapping[str, Any] = sa.util.EMPTY_DICT

    def get_execution_options(self) -> immutabledict[str, Any]:
        """Return the options of the statement."""
        return immutabledict({**self.element.get_execution_options(), **self.options_given})

    def execution_options(self, **options: Any) -> FromStatement:
        """Return the same with further execution options."""
        made = FromStatement(self._cormorant_entity, self.element)
        made.options_given = {**self.options_given, **options}
        return made


def from_statement(entity: Any, statement: Any) -> FromStatement:
    """Return what loads objects of `entity` (a mapper) from the rows of `statement`."""
    if isinstance(statement, str) or not isinstance(statement, roles.ReturnsRowsRole):
        raise exc.ArgumentError(
            f"A full statement is needed, got {type(statement).__name__!r}; Textual SQL should "
            f"be explicitly declared as text()."
        )
    return FromStatement(entity, statement)

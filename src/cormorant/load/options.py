"""Options that travel with a statement to the listeners of its execution."""

from __future__ import annotations

from typing import Any

from sqlalchemy.sql.base import ExecutableOption


class UserDefinedOption(ExecutableOption):
    """An option of the user's own; `ORMExecuteState.user_defined_options` finds it."""

    is_user_defined = True
    inherit_cache = True

    def __init__(self, payload: Any = None) -> None:
        self.payload = payload

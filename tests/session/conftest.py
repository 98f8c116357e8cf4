"""A database on file, classes of people for it, and listeners that fail."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Engine

from tests.people import People, declare


@pytest.fixture
def engine(sqlite_file_engine: Engine) -> Engine:
    """Give a file: a second connection can look into it, and threads can share its connections."""
    return sqlite_file_engine


@pytest.fixture
def people(engine: Engine) -> People:
    """Declare the classes and make their tables."""
    return declare(engine)


def failing(problem: Exception) -> Callable[..., None]:
    """Make a function that raises, whatever it is given."""

    def fail(*arguments: Any) -> None:
        raise problem

    return fail

"""A secret value that no error may show, and the classes that errors are about."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import Engine

from tests.people import People, declare
from tests.registries import mapped_for_this_test_only

# In two parts: a traceback shows lines of source, and this one must not give it away.
SECRET = "".join(("hunter", "2"))


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    """Forget the classes of a test: those that failed would fail all later ones."""
    with mapped_for_this_test_only():
        yield


@dataclass(frozen=True, slots=True)
class Told:
    """What an error tells its user."""

    kind: type[BaseException]
    text: str

    @property
    def sentences(self) -> str:
        """The first line: without the statement and the link that Core appends."""
        return self.text.partition("\n")[0]


def told(act: Callable[[], Any]) -> Told:
    """Return what `act` raises; fail when it raises nothing, or shows the secret anywhere."""
    try:
        act()
    except Exception as error:
        assert SECRET not in traceback.format_exc()
        assert SECRET not in repr(error)
        return Told(type(error), str(error))
    raise AssertionError("There was no error.")


@pytest.fixture
def people() -> People:
    """Declare the classes."""
    return declare()


@pytest.fixture
def engine(sqlite_file_engine: Engine, people: People) -> Engine:
    """Give a SQLite file with the tables made."""
    people.Base.metadata.create_all(sqlite_file_engine)
    return sqlite_file_engine

"""Both ORMs in turn."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest
import sqlalchemy
import sqlalchemy.orm

import cormorant
from tests.registries import mapped_for_this_test_only


@pytest.fixture(params=[sqlalchemy.orm, cormorant], ids=["sqlalchemy", "cormorant"])
def orm(request: pytest.FixtureRequest) -> Any:
    """Give the module of an ORM; its mapped classes are forgotten afterwards."""
    module: ModuleType = request.param
    with mapped_for_this_test_only():
        yield module
    sqlalchemy.orm.clear_mappers()


@pytest.fixture
def event(orm: Any) -> Any:
    """Give the event system of the ORM under test."""
    return cormorant.event if orm is cormorant else sqlalchemy.event

"""Give every test its own boards and the fake targets; what the ORM registered stays aside."""

from __future__ import annotations

import pytest

from cormorant.event.catalog import FAMILIES
from cormorant.event.family import Family

from . import fakes


@pytest.fixture(autouse=True)
def own_event_system(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replace boards, resolvers, wrappers and `to_state` of all families for one test."""
    for family in FAMILIES:
        monkeypatch.setattr(family, "board", family.board_type(family))
        monkeypatch.setattr(family, "resolvers", [fakes.RESOLVERS[family]])
        monkeypatch.setattr(family, "wrappers", {})
    monkeypatch.setattr(Family, "to_state", fakes.State)


@pytest.fixture
def log() -> list[str]:
    """What the listeners of the test said, in order."""
    return []

"""Runs one scenario under the oracle and under the subject, and compares what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import Engine

from tests.databases import Place

from .canonical import Outcome, canonical, differences, exact, of_the_oracle
from .databases import SQLITE, fresh_database, place_of, rows_seen
from .heard import Recorder
from .oracle import Orm, sqlalchemy_orm, subject_orm

Scenario = Callable[[Orm, Recorder, Engine], object]


@dataclass(frozen=True, slots=True)
class Contract:
    """A scenario with the databases and roads it runs on.

    `in_order` compares the whole log as one list, where the oracle is free to choose nothing.
    """

    scenario: Scenario
    databases: tuple[str, ...]
    roads: tuple[str, ...]
    in_order: bool

    def run(self, orm: Orm, place: Place | None = None) -> Outcome:
        """Run the scenario on `place`, or on a new SQLite file; return what it came to."""
        heard = Recorder(orm)
        with fresh_database(place) as engine:
            try:
                value = heard.labels.of(self.scenario(orm, heard, engine))
                rows = rows_seen(engine)
            finally:
                heard.stop()
                orm.close_all_sessions()
        told = of_the_oracle(heard.log) if orm.is_oracle else heard.log
        log = exact(told) if self.in_order else canonical(told)
        return Outcome(log, value, rows)

    def check(self, road: str, place: Place | None = None) -> None:
        """Fail unless the subject does what the oracle does, and both do something."""
        oracle = self.run(sqlalchemy_orm(road), place)
        assert oracle.log or oracle.value != "None", "the scenario shows nothing to compare"
        subject = self.run(subject_orm(road), place)
        different = differences(oracle, subject)
        assert not different, "\n".join(["outcomes differ", *different])


def marked(database: str) -> Any:
    """Return `database` as a parameter with the mark of its server."""
    marks = () if database == "sqlite" else getattr(pytest.mark, database)
    return pytest.param(database, marks=marks)


def contract(
    *databases: str, roads: tuple[str, ...] = ("fast",), in_order: bool = False
) -> Callable[[Scenario], Callable[..., None]]:
    """Make a test of a scenario; see `Contract` for the options. SQLite is the default."""

    def make(scenario: Scenario) -> Callable[..., None]:
        agreed = Contract(scenario, databases or SQLITE, roads, in_order)

        @pytest.mark.parametrize("road", agreed.roads)
        @pytest.mark.parametrize("database", list(map(marked, agreed.databases)))
        def test(database: str, road: str, request: pytest.FixtureRequest) -> None:
            agreed.check(road, place_of(database, request))

        made: Any = test
        made.__name__, made.__doc__ = scenario.__name__, scenario.__doc__
        made.__qualname__, made.__module__ = scenario.__qualname__, scenario.__module__
        made.contract = agreed
        return test

    return make

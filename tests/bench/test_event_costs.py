"""The benchmark of events measures each event of the catalog under both mappers."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import pytest

from bench import builds, events
from bench.builds import HERE, BuildUnavailable, Place, Timer, other_place, place_of
from bench.event_acts import ACTS, ONCE, Act, World, world_of
from bench.event_timing import COUNTS
from bench.events import Cost
from cormorant.event.catalog import FAMILIES

MEASURED = [label for act in ACTS for label in act.events]
SET = [event for event in events.EVENTS if event[1] == "AttributeEvents.set"]
QUICK = ["--units", "5", "--rounds", "1", "--only", "set"]


def test_every_event_is_measured_or_named_as_left_out() -> None:
    catalog = {f"{family.__name__}.{name}" for family in FAMILIES for name in family.events}
    left_out = {label for label in catalog if label.split(".")[1] in ONCE}
    assert sorted(MEASURED) == sorted(catalog - left_out)


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.title)
def test_each_act_fires_its_events_once_per_unit(act: Act) -> None:
    for world in (world_of("cormorant"), world_of("sqlalchemy")):
        heard: dict[str, int] = {}
        with world.session() as session:
            things = act.prepare(world, session, 3)
            listeners = [listen(world, label, heard) for label in act.events]
            act.run(world, session, things)
            session.rollback()
        for target, name, listener in listeners:
            world.event.remove(target, name, listener)
        assert {label for label in act.events if heard.get(label, 0) >= 3} == set(act.events)


def listen(world: World, label: str, heard: dict[str, int]) -> tuple[Any, str, Any]:
    """Count one event; return what takes the listener back."""
    family, name = label.split(".")
    target = world.target_of(family, name)

    def count(*_arguments: Any) -> None:
        heard[label] = heard.get(label, 0) + 1

    world.event.listen(target, name, count)
    return target, name, count


class Clock:
    """A timer whose figures are known; it notes who is asked when."""

    def __init__(
        self, asked: list[Any], mapper: str, build: str, place: Place, costs: list[list[float]]
    ) -> None:
        self.asked = asked
        self.mapper, self.build, self.place = mapper, build, place
        self.python, self.plain_call = "3.11.7", 40.0
        self.costs = iter(costs)

    def time_event(self, number: int, label: str, units: int) -> list[float]:
        self.asked.append((self.build, label, units))
        return next(self.costs)


def two_clocks(asked: list[Any]) -> list[Any]:
    """Return a compiled and an interpreted build, with two rounds of figures each."""
    other = Place("other/python")
    compiled = [[100.0, 290.0, 400.0, 2160.0], [110.0, 201.0, 440.0, 2200.0]]
    pure = [[1000.0, 1300.0, 1400.0, 9000.0], [1000.0, 1100.0, 1500.0, 8440.0]]
    return [
        Clock(asked, "cormorant", "compiled", HERE, compiled),
        Clock(asked, "cormorant", "pure", other, pure),
    ]


def test_builds_take_turns_and_the_best_of_all_rounds_counts() -> None:
    asked: list[Any] = []
    costs = events.measure(two_clocks(asked), SET, units=7, rounds=2)
    assert costs == [[Cost(100, 201, 400, 40), Cost(1000, 1100, 1400, 160)]]
    assert asked == [
        (build, "AttributeEvents.set", 7) for build in ("compiled", "pure", "pure", "compiled")
    ]


def test_table_has_a_block_for_each_build() -> None:
    costs = [[Cost(100, 201, 400, 40), Cost(1000, 1100, 1400, 160)]]
    assert events.table(events.titles(two_clocks([])), SET, costs) == [
        "             ----- compiled ----   ------ interpreted ------",
        "act, event     0    1    4  each       0      1      4  each",
        "set an attribute",
        "  set        100  201  400    40   1,000  1,100  1,400   160",
    ]


def test_first_listener_above_the_limit_is_named_for_compiled_builds() -> None:
    costs = [[Cost(100, 203, 400, 40), Cost(1000, 1900, 2000, 50)]]
    assert events.above_limit(two_clocks([]), SET, costs) == [
        "compiled, first listener over the plain call + 60 ns: set +63"
    ]


def test_excess_within_the_noise_of_a_long_act_is_not_named() -> None:
    assert Cost(10_000, 10_290, 0, 0).excess(40) == 0
    assert Cost(10_000, 10_310, 0, 0).excess(40) == 270


def test_builds_that_are_alike_are_named_by_their_place() -> None:
    clocks = two_clocks([])
    clocks[1].build = "compiled"
    peer = Clock([], "sqlalchemy", "compiled", HERE, [])
    assert events.titles([*clocks, peer]) == ["compiled here", "compiled other", "sqlalchemy.orm"]


def test_process_times_an_event_with_each_number_of_listeners() -> None:
    with Timer("cormorant", HERE) as timer:
        costs = timer.time_event(*SET[0], 20)
        assert len(costs) == len(COUNTS)
        assert 0 < timer.plain_call < costs[0] < costs[-1]


def test_command_measures_both_builds_and_sqlalchemy(capsys: pytest.CaptureFixture[str]) -> None:
    assert events.main([*QUICK, "--other", sys.executable]) == 0
    lines = capsys.readouterr().out.splitlines()
    (heads,) = [line for line in lines if "---" in line]
    names = re.findall(r"-+ ([a-z. ]+) -+", heads)
    assert [name.split()[-1] for name in names] == ["here", "other", "sqlalchemy.orm"]
    (row,) = [line for line in lines if line.startswith("  set ")]
    assert len(row.split()) == 1 + 4 * 3


def test_missing_build_is_told_with_the_cure_and_the_rest_is_measured(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(builds, "COMPILED_AND_PURE", (tmp_path / "one", tmp_path / "two"))
    assert events.main([*QUICK, "--ours"]) == 0
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("Only ")]
    assert line.endswith(
        f" build: {tmp_path / 'two'} is not there: `make bench` makes it, "
        "or name a build with --other."
    )


def test_the_makefiles_other_environment_is_found(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pythons = [tmp_path / name / "bin" / "python" for name in ("one", "two")]
    for python in pythons:
        python.parent.mkdir(parents=True)
        python.touch()
    monkeypatch.setattr(builds, "COMPILED_AND_PURE", (tmp_path / "one", tmp_path / "two"))
    found = [other_place(str(tmp_path / name)) for name in ("one", "two", "three")]
    assert found == [Place(str(pythons[place])) for place in (1, 0, 1)]


def test_directory_with_cormorant_is_a_build(tmp_path: Path) -> None:
    (tmp_path / "cormorant").mkdir()
    assert place_of(str(tmp_path)) == Place(sys.executable, str(tmp_path))
    assert place_of(str(tmp_path)).environment()["PYTHONPATH"] == str(tmp_path)
    with pytest.raises(BuildUnavailable, match="neither an interpreter nor a directory"):
        place_of(str(tmp_path / "cormorant"))


def test_build_that_stops_makes_the_command_fail(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stopping = tmp_path / "python"
    stopping.write_text("#!/bin/sh\nexit 3\n")
    stopping.chmod(0o755)
    assert events.main([*QUICK, "--other", str(stopping)]) == 2
    assert capsys.readouterr().err == (
        f"bench.events: {stopping} stopped with exit code 3; see above.\n"
    )


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [(["--only", "sets"], "no 'sets' here; use set, "), (["--rounds", "0"], "must be at least 1")],
)
def test_wrong_argument_is_refused(
    arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        events.main(arguments)
    assert complaint in capsys.readouterr().err

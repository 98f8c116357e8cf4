"""The benchmark still runs, checks what it times, and reports it right; nothing here is timed."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from types import ModuleType

import pytest

from bench import growth, model, report
from bench.__main__ import main
from bench.adapter import Adapter
from bench.databases import Database, open_database
from bench.raw import RawAdapter
from bench.rounds import ADAPTERS, Results, open_adapters, run_rounds
from bench.trial import CheckFailed, Trial
from bench.workloads import BY_NAME, WORKLOADS, Workload
from tests import databases

ROWS = 50
EVERYWHERE = [workload.name for workload in WORKLOADS if not workload.sqlite_only]
RUN = report.Run("sqlite", "SQLite", 10_000, 3, ADAPTERS)


def adapter_on(database: Database, name: str) -> Iterator[Adapter]:
    """Give one adapter with empty tables."""
    try:
        (adapter,) = open_adapters([name], database)
        yield adapter
        adapter.close()
    finally:
        database.close()


@pytest.fixture(scope="module", params=ADAPTERS)
def on_sqlite(request: pytest.FixtureRequest) -> Iterator[Adapter]:
    """Give each adapter on SQLite in memory."""
    yield from adapter_on(open_database("sqlite"), request.param)


@pytest.fixture(scope="module", params=ADAPTERS)
def on_postgresql(
    request: pytest.FixtureRequest, postgresql_place: databases.Place
) -> Iterator[Adapter]:
    """Give each adapter on PostgreSQL."""
    url = postgresql_place.url.render_as_string(hide_password=False)
    yield from adapter_on(open_database(url), request.param)


@pytest.mark.parametrize("workload", BY_NAME)
def test_workload_does_its_work_on_sqlite(on_sqlite: Adapter, workload: str) -> None:
    assert math.isfinite(on_sqlite.run(workload, ROWS))


@pytest.mark.postgresql
@pytest.mark.parametrize("workload", EVERYWHERE)
def test_workload_does_its_work_on_postgresql(on_postgresql: Adapter, workload: str) -> None:
    assert math.isfinite(on_postgresql.run(workload, ROWS))


@pytest.mark.parametrize(
    ("loss", "complaint"),
    [
        ("DELETE FROM person WHERE id = 7", "stored people: expected 50, got 49."),
        ("UPDATE person SET age = 0 WHERE id = 7", "stored person: expected (7, 'Person 6', "),
    ],
)
def test_lost_or_wrong_row_fails_the_check(on_sqlite: Adapter, loss: str, complaint: str) -> None:
    on_sqlite.run("load", ROWS)
    with on_sqlite.cursor() as cursor:
        cursor.execute(loss)
    with pytest.raises(CheckFailed) as caught:
        on_sqlite.check_stored_people(Trial(ROWS))
    assert str(caught.value).startswith(complaint)


def test_trial_without_a_check_fails() -> None:
    trial = Trial(ROWS)
    with trial.timed(ROWS):
        pass
    with pytest.raises(CheckFailed, match="checked nothing"):
        trial.cost()


def test_trial_without_a_lap_fails() -> None:
    trial = Trial(ROWS)
    trial.check("rows", 1, 1)
    with pytest.raises(CheckFailed, match="measured nothing"):
        trial.cost()


def test_cost_is_the_clock_in_microseconds_per_unit() -> None:
    ticks = iter([1_000, 61_000])
    trial = Trial(ROWS, lambda: next(ticks))
    with trial.timed(20):
        trial.check("rows", 1, 1)
    assert trial.cost() == 3.0


def test_failed_workload_has_no_figure_and_does_not_hide_the_others() -> None:
    database = open_database("sqlite")
    (adapter,) = open_adapters(["raw"], database)
    with adapter.cursor() as cursor:
        cursor.execute("DROP TABLE child")
        cursor.execute("CREATE TABLE child (id INTEGER)")
    wanted = [BY_NAME["insert"], BY_NAME["insert_children"]]
    results = run_rounds([adapter], wanted, ROWS, 2)
    adapter.close()
    assert len(results.costs["insert", "raw"]) == 2
    assert results.median("insert_children", "raw") is None
    assert results.faults["insert_children", "raw"].startswith("OperationalError: ")


@pytest.mark.parametrize(
    ("workload", "raw", "cost", "verdict"),
    [
        ("insert", 2.0, 3.0, "final"),
        ("insert", 2.0, 4.4, "reached"),
        ("insert", 2.0, 4.5, "missed"),
        ("query", 2.0, 6.0, "final"),
        ("query", 2.0, 6.1, "missed"),
        ("delete", 2.0, 9.0, "-"),
        ("insert", 2.0, None, "-"),
        ("insert", None, 2.0, "-"),
        ("event_fire", 50.0, 60.0, "reached"),
        ("event_fire", 50.0, 61.0, "missed"),
        ("session", 0.2, 1.0, "final"),
    ],
)
def test_verdict_compares_with_both_limits(
    workload: str, raw: float | None, cost: float | None, verdict: str
) -> None:
    assert report.judge(BY_NAME[workload], "sqlite", raw, cost) == verdict


def filled_results() -> Results:
    """Return known figures of three workloads."""
    return Results(
        costs={
            ("insert", "raw"): [2.0, 9.0, 1.0],
            ("insert", "sqlalchemy"): [40.0, 44.0, 41.0],
            ("insert", "cormorant"): [4.0, 4.1, 3.9],
            ("event_fire", "raw"): [50.0],
            ("event_fire", "sqlalchemy"): [700.0],
            ("event_fire", "cormorant"): [35.0],
            ("load", "raw"): [1.0],
            ("load", "sqlalchemy"): [6.0],
        },
        faults={("load", "cormorant"): "CheckFailed: people: expected 50, got 49."},
    )


def three_workloads() -> list[Workload]:
    """Return the workloads of `filled_results`."""
    return [BY_NAME[name] for name in ("insert", "event_fire", "load")]


def test_table_shows_ratios_limits_verdict_and_times_faster() -> None:
    assert report.table(RUN, three_workloads(), filled_results()) == [
        ["insert", "row", "2.00", "20.50", "2.00", "2.2", "1.5", "reached", "10.2"],
        ["event_fire", "event", "50.0 ns", "700 ns", "35.0 ns", "60 ns", "-", "reached", "20.0"],
        ["load", "row", "1.00", "6.00", "FAILED", "1.8", "1.3", "-", "-"],
    ]


def test_markdown_has_one_line_per_workload_and_a_legend() -> None:
    text = report.markdown(RUN, three_workloads(), filled_results())
    assert "\n| insert | row | 2.00 | 20.50 | 2.00 | 2.2 | 1.5 | reached | 10.2 |\n" in text
    assert "\n- `load`: select all, as objects\n" in text


def test_growth_exponent_is_the_slope_of_the_logarithms() -> None:
    sizes = (1_000, 10_000, 100_000)
    assert growth.exponent(sizes, (3.0, 3.0, 3.0)) == pytest.approx(1.0)
    assert growth.exponent(sizes, (3.0, 30.0, 300.0)) == pytest.approx(2.0)


def test_growth_table_shows_costs_by_size_and_exponent() -> None:
    by_size = {size: Results(costs={("load", "raw"): [2.0]}) for size in (1_000, 10_000, 100_000)}
    assert growth.growth_table([BY_NAME["load"]], ["raw"], by_size) == [
        ["load", "row", "2.00/2.00/2.00  1.00"]
    ]


def test_scale_prints_an_exponent_for_each_adapter(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(growth, "SIZES", (50, 100, 200))
    arguments = ["--scale", "--rounds", "1", "--adapters", "raw,sqlalchemy", "--quiet"]
    assert main(arguments) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[-4:]] == list(growth.NAMES)
    assert len(lines[-1].split()) == 6


@pytest.mark.parametrize(
    ("files", "mode"),
    [
        (["one_cy.py", "two_cy.py"], "pure"),
        ([f"one_cy{EXTENSION_SUFFIXES[0]}", f"two_cy{EXTENSION_SUFFIXES[0]}"], "compiled"),
        (["one_cy.py", f"two_cy{EXTENSION_SUFFIXES[0]}"], "mixed"),
    ],
)
def test_build_is_told_from_the_loaded_modules(
    monkeypatch: pytest.MonkeyPatch, files: list[str], mode: str
) -> None:
    for file in files:
        module = ModuleType(f"bird.{file.split('.')[0]}")
        module.__file__ = file
        monkeypatch.setitem(sys.modules, module.__name__, module)
    assert report.build_mode("bird") == mode


def test_command_prints_the_table_and_writes_both_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table, samples = tmp_path / "table.md", tmp_path / "samples.json"
    arguments = ["--rows", "50", "--rounds", "1", "--only", "load", "--quiet"]
    assert main([*arguments, "--markdown", str(table), "--json", str(samples)]) == 0
    last = capsys.readouterr().out.splitlines()[-1].split()
    assert last[:2] == ["load", "row"]
    assert table.read_text().splitlines()[4].startswith("| workload | unit | raw |")
    (figures,) = json.loads(samples.read_text())["workloads"]
    assert {name: len(costs) for name, costs in figures["samples"].items()} == dict.fromkeys(
        ADAPTERS, 1
    )


def test_missing_package_is_named_with_the_cure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(model.PACKAGES, "cormorant", ("no_such_orm", "no_such_orm"))
    assert main(["--rows", "50", "--adapters", "cormorant", "--quiet"]) == 2
    assert capsys.readouterr().err == (
        "bench: The adapter 'cormorant' cannot run: No module named 'no_such_orm'. Install the "
        "package (or set PYTHONPATH=src:. in a source tree), or leave it out with --adapters.\n"
    )


def test_failed_check_makes_the_command_fail(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(RawAdapter, "load", lambda self, trial: trial.check("rows", 1, 2))
    arguments = ["--rows", "50", "--rounds", "1", "--adapters", "raw", "--only", "load"]
    assert main([*arguments, "--quiet"]) == 1
    assert "FAILED load, raw: CheckFailed: rows: expected 2, got 1." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--only", "nothing"], "no 'nothing' here; use insert, "),
        (["--rows", "5"], "must be at least 40"),
        (["--rounds", "0"], "must be at least 1"),
    ],
)
def test_wrong_argument_is_refused(
    arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(arguments)
    assert complaint in capsys.readouterr().err


def test_unknown_database_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--database", "oracle"]) == 2
    assert "No database 'oracle' here" in capsys.readouterr().err

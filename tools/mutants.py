"""Silence each event in turn and count the tests that notice: at least two, or exit with 1.

Usage: mutants.py [Family.event ...] (all when none is named). A first run notes which events
every test hears; each mutant then runs only the tests that hear its event, on SQLite, until two
fail. Tests that fail with every event in place do not count, nor do random programs: a mutant
must be found always. A run over all events writes docs/events/mutants.md.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cormorant.event.catalog import FAMILIES

TOP = Path(__file__).parent.parent
FOLDERS = ("contract", "demo", "differences", "faults", "flush", "mapping", "session")
TABLE = TOP / "docs" / "events" / "mutants.md"
WORKERS = 2
ENOUGH = 2
QUICK_SECONDS = 5.0
"""A test that takes longer runs in no mutant."""
LIMIT_SECONDS = 300

NO_SERVER = {
    "CORMORANT_TEST_POSTGRESQL": "postgresql://127.0.0.1:1/none",
    "CORMORANT_TEST_MARIADB": "mysql://127.0.0.1:1/none",
}
"""SQLite only: nobody listens there, so no server is looked for or started, run by run."""

PYTEST = [sys.executable, "-m", "pytest", "-p", "tests.mutants.plugin", "-p", "no:cacheprovider"]
PYTEST += ["-q", "--tb=no", "--continue-on-collection-errors"]
PYTEST += ["-m", "not soak and not postgresql and not mariadb"]

Notes = dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Mutant:
    """One silenced event: how many tests hear it, and which of them failed."""

    event: str
    hearers: int
    failed: tuple[str, ...]

    @property
    def survives(self) -> bool:
        """Tell whether too few tests notice."""
        return len(self.failed) < ENOUGH


def pytest_run(arguments: Iterable[str], silenced: str | None = None) -> Notes:
    """Run pytest in a process of its own and return its notes."""
    with tempfile.TemporaryDirectory() as folder:
        notes, wanted = Path(folder, "notes.json"), Path(folder, "tests")
        wanted.write_text("\n".join(arguments))
        command = [*PYTEST, f"--notes={notes}"]
        if silenced is not None:
            command += [f"--silence={silenced}", f"--maxfail={ENOUGH}"]
        done = subprocess.run(
            [*command, f"@{wanted}"],
            cwd=TOP,
            env=os.environ | NO_SERVER,
            capture_output=True,
            text=True,
            timeout=LIMIT_SECONDS,
        )
        if not notes.exists():
            raise RuntimeError(f"pytest ended without notes:\n{done.stdout}{done.stderr}")
        loaded: Notes = json.loads(notes.read_text())
        return loaded


def test_files() -> list[str]:
    """Return the test files that may notice, without those that throw dice."""
    found = [
        path for name in FOLDERS for path in sorted((TOP / "tests" / name).rglob("test_*.py"))
    ]
    return [str(path.relative_to(TOP)) for path in found if "hypothesis" not in path.read_text()]


def baseline(pool: ThreadPoolExecutor) -> Notes:
    """Run every test with every event in place."""
    files = test_files()
    notes: Notes = {}
    for part in pool.map(pytest_run, [files[start::WORKERS] for start in range(WORKERS)]):
        notes |= part
    return notes


def hearers(event: str, notes: Notes) -> list[str]:
    """Return the tests that hear `event` and can tell, those that hear least first."""
    able = {
        name: note
        for name, note in notes.items()
        if event in note["heard"]
        and note["passed"]
        and not note["failed"]
        and note["seconds"] < QUICK_SECONDS
    }
    return sorted(able, key=lambda name: (len(able[name]["heard"]), name))


def silence(event: str, tests: Sequence[str]) -> Mutant:
    """Run `tests` while nobody hears `event`."""
    notes = pytest_run(tests, event) if tests else {}
    failed = tuple(name for name, note in notes.items() if note["failed"])
    mutant = Mutant(event, len(tests), failed)
    print(f"{event:45} {len(failed)} of {len(tests)}", flush=True)
    return mutant


def table(mutants: Iterable[Mutant]) -> str:
    """Return the page of all mutants."""
    lines = [
        "# Silenced events",
        "",
        "`make mutants` wrote this page: it silences one event after the other and runs the",
        f"tests that hear it, those that hear least first, until {ENOUGH} fail. An event whose",
        f"silence fewer than {ENOUGH} tests notice fails the run. The ORM fires every event",
        "of the catalog (`tests/event/test_wired.py`).",
        "",
        "| event | tests that notice |",
        "| --- | --- |",
    ]
    for mutant in mutants:
        tests = "<br>".join(f"`{short(name)}`" for name in mutant.failed) or "none"
        lines.append(f"| `{mutant.event}` | {tests} |")
    return "\n".join([*lines, ""])


def short(name: str) -> str:
    """Return the test's name without the folder and without what is the same in all."""
    return name.removeprefix("tests/").removesuffix("[sqlite-fast]").replace("|", "\\|")


def chosen(named: Sequence[str]) -> list[str]:
    """Return the labels of the events to silence."""
    labels = [f"{family.__name__}.{name}" for family in FAMILIES for name in family.events]
    unknown = [name for name in named if name not in labels]
    if unknown:
        sys.exit(f"{', '.join(unknown)}: no such event; name them like {labels[0]}.")
    return list(named) or labels


def tell_baseline(notes: Mapping[str, Mapping[str, Any]]) -> None:
    """Say what the first run came to, and which tests can notice nothing."""
    failing = sorted(name for name, note in notes.items() if note["failed"])
    print(f"{len(notes)} tests with every event in place, {len(failing)} of them fail")
    for name in failing:
        print(f"    {name}")


def main(named: Sequence[str]) -> int:
    """Run the mutants; return the exit status."""
    events = chosen(named)
    with ThreadPoolExecutor(WORKERS) as pool:
        notes = baseline(pool)
        tell_baseline(notes)
        mutants = list(pool.map(silence, events, [hearers(event, notes) for event in events]))
    if not named:
        TABLE.parent.mkdir(parents=True, exist_ok=True)
        TABLE.write_text(table(mutants))
    survivors = [mutant for mutant in mutants if mutant.survives]
    for mutant in survivors:
        noticed = f"{mutant.hearers} tests hear it, {len(mutant.failed)} notice its silence"
        print(f"SURVIVES: {mutant.event}: {noticed}")
    print(f"{len(mutants)} events, {len(survivors)} whose silence too few tests notice")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Put one fault after the other into the events: at least two tests must notice each.

Usage: python -m tests.mutants [Family.event or Family.event:kind ...] (all when none is named).
A first run notes what every test hears; each mutant then runs the tests that can notice it, on
SQLite, those that hear least first, until two fail. Tests that fail without any fault do not
count, nor do random programs: a mutant must be found always. A run over all of them writes
docs/events/mutants.md.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import kinds
from .kinds import Mutation
from .page import written

TOP = Path(__file__).parent.parent.parent
FOLDERS = ("contract", "demo", "differences", "event", "faults", "flush", "mapping", "session")
TABLE = TOP / "docs" / "events" / "mutants.md"
WORKERS = 2
ENOUGH = 2
QUICK_SECONDS = 5.0
"""A test that takes longer runs in no mutant."""
PORTIONS = (12, 60, 300)
"""So many tests a mutant tries at once, before all the others."""
LIMIT_SECONDS = 1200

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
    """One mutation: how many tests could notice it, and which of them failed."""

    mutation: Mutation
    able: int
    failed: tuple[str, ...]

    @property
    def survives(self) -> bool:
        """Tell whether too few tests notice."""
        return len(self.failed) < ENOUGH


def pytest_run(arguments: Iterable[str], mutation: Mutation | None = None) -> Notes:
    """Run pytest in a process of its own and return its notes."""
    with tempfile.TemporaryDirectory() as folder:
        notes, wanted = Path(folder, "notes.json"), Path(folder, "tests")
        wanted.write_text("\n".join(arguments))
        command = [*PYTEST, f"--notes={notes}"]
        if mutation is not None:
            command += [f"--mutation={mutation}", f"--maxfail={ENOUGH}"]
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
    """Run every test without a fault."""
    files = test_files()
    notes: Notes = {}
    for part in pool.map(pytest_run, [files[start::WORKERS] for start in range(WORKERS)]):
        notes |= part
    return notes


def able_tests(mutation: Mutation, notes: Notes) -> list[str]:
    """Return the tests that can notice `mutation`, those that hear least first."""
    needs = mutation.needs()
    able = {
        name: note
        for name, note in notes.items()
        if needs in note["heard"]
        and note["passed"]
        and not note["failed"]
        and note["seconds"] < QUICK_SECONDS
    }
    return sorted(able, key=lambda name: (len(able[name]["heard"]), name))


def portions(tests: Sequence[str]) -> Iterator[Sequence[str]]:
    """Divide `tests`: most mutants fail among the first few."""
    for size in PORTIONS:
        yield tests[:size]
        tests = tests[size:]
    yield tests


def try_out(mutation: Mutation, tests: Sequence[str]) -> Mutant:
    """Run `tests` with the fault until enough of them fail."""
    failed: list[str] = []
    for portion in portions(tests):
        if portion and len(failed) < ENOUGH:
            notes = pytest_run(portion, mutation)
            failed += [name for name, note in notes.items() if note["failed"]]
    mutant = Mutant(mutation, len(tests), tuple(failed[:ENOUGH]))
    print(f"{mutation!s:60} {len(mutant.failed)} of {len(tests)}", flush=True)
    return mutant


def chosen(named: Sequence[str]) -> list[Mutation]:
    """Return the mutations to try."""
    every = kinds.mutations()
    known = {str(each) for each in every} | {each.event for each in every}
    unknown = [name for name in named if name not in known]
    if unknown:
        sys.exit(f"{', '.join(unknown)}: no such mutation; name them like {every[0]}.")
    return [each for each in every if not named or {str(each), each.event} & set(named)]


def tell_baseline(notes: Mapping[str, Mapping[str, Any]]) -> None:
    """Say what the first run came to, and which tests can notice nothing."""
    failing = sorted(name for name, note in notes.items() if note["failed"])
    print(f"{len(notes)} tests without a fault, {len(failing)} of them fail")
    for name in failing:
        print(f"    {name}")


def main(named: Sequence[str]) -> int:
    """Try the mutations out; return the exit status."""
    mutations = chosen(named)
    with ThreadPoolExecutor(WORKERS) as pool:
        notes = baseline(pool)
        tell_baseline(notes)
        able = [able_tests(each, notes) for each in mutations]
        mutants = list(pool.map(try_out, mutations, able))
    if not named:
        TABLE.write_text(written([(each.mutation, each.failed) for each in mutants], ENOUGH))
    survivors = [mutant for mutant in mutants if mutant.survives]
    for mutant in survivors:
        noticed = f"{mutant.able} tests could notice, {len(mutant.failed)} do"
        print(f"SURVIVES: {mutant.mutation}: {noticed}")
    print(f"{len(mutants)} mutations, {len(survivors)} that too few tests notice")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

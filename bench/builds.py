"""The processes that time events: one for each build of cormorant, one for sqlalchemy.orm."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

TOP = Path(__file__).parents[1]
COMPILED_AND_PURE = (TOP / ".venv", TOP / ".venv-pure")
"""Where the Makefile installs the two builds."""


class BuildUnavailable(Exception):
    """A build cannot be measured; the text says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a build is: an interpreter, and a directory to import from before all others."""

    python: str
    site: str | None = None

    def __str__(self) -> str:
        """Return what the user named."""
        return self.site or self.python

    def environment(self) -> dict[str, str]:
        """Return the environment of its process: that of this one, but for PYTHONPATH."""
        environment = dict(os.environ)
        if self != HERE:
            environment.pop("PYTHONPATH", None)
        if self.site:
            environment["PYTHONPATH"] = self.site
        return environment


HERE = Place(sys.executable)


def place_of(name: str) -> Place:
    """Return the place that a user names: an interpreter, an environment or a directory."""
    path = Path(name).absolute()
    if path.is_file():
        return Place(str(path))
    if (path / "bin" / "python").is_file():
        return Place(str(path / "bin" / "python"))
    if (path / "cormorant").is_dir():
        return Place(sys.executable, str(path))
    raise BuildUnavailable(f"{name} is neither an interpreter nor a directory with cormorant.")


def other_place(prefix: str = sys.prefix) -> Place:
    """Return the Makefile's environment that this process does not run in."""
    compiled, pure = COMPILED_AND_PURE
    other = compiled if Path(prefix).resolve() == pure.resolve() else pure
    if not (other / "bin" / "python").is_file():
        raise BuildUnavailable(
            f"{other} is not there: `make bench` makes it, or name a build with --other."
        )
    return place_of(str(other))


@dataclass(slots=True)
class Timer:
    """A process that times events under one mapper of one build."""

    mapper: str
    place: Place
    build: str = ""
    python: str = ""
    plain_call: float = 0.0
    """Nanoseconds that Python itself takes to call a listener."""
    _process: subprocess.Popen[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Start the process; raise BuildUnavailable if it cannot run there."""
        self._process = subprocess.Popen(
            [self.place.python, "-m", "bench.event_timing", self.mapper],
            cwd=TOP,
            env=self.place.environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        facts = self._read()
        self.build, self.python, self.plain_call = (
            facts[name] for name in ("build", "python", "plain_call")
        )

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the process."""
        self._process.communicate()

    def time_event(self, number: int, label: str, units: int) -> list[float]:
        """Return nanoseconds per unit of one event of an act, by number of listeners."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([number, label, units]) + "\n")
        self._process.stdin.flush()
        return list(self._read())

    def _read(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            code = self._process.wait()
            raise BuildUnavailable(f"{self.place} stopped with exit code {code}; see above.")
        return json.loads(line)

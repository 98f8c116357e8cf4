"""A pytest plugin for `make mutants`: silence one event, or note which events each test hears."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from cormorant.event.adapt import Registration
from cormorant.event.boards import Target


def label_of(registration: Registration) -> str:
    """Return "Family.event": two events have the same name in two families."""
    return f"{registration.event.family.__name__}.{registration.event.name}"


def listens(registration: Registration) -> bool:
    """Tell listeners from the marks of the ORM, which hold a place in their order."""
    return callable(registration.call)


@dataclass
class Note:
    """What one test came to."""

    failed: bool = False
    passed: bool = False
    seconds: float = 0.0
    heard: list[str] = field(default_factory=list)


class Notes:
    """Hears all events in the place of their listeners and notes tests, seconds and failures."""

    def __init__(self, path: Path) -> None:
        """Begin with no test."""
        self.path = path
        self.tests: dict[str, Note] = {}
        self.heard: dict[str, None] = {}

    def noting(self, label: str, call: Callable[..., Any]) -> Callable[..., Any]:
        """Return `call` as a listener that notes its event first."""

        def noted(*arguments: Any, **named: Any) -> Any:
            self.heard[label] = None
            return call(*arguments, **named)

        return noted

    def around(self, registration: Registration) -> Registration:
        """Put a noting listener around that of `registration`."""
        if not listens(registration):
            return registration
        label = label_of(registration)
        return replace(
            registration,
            call=self.noting(label, registration.call),
            returning_call=self.noting(label, registration.returning_call),
        )

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Begin the note of a test."""
        self.tests[nodeid] = Note()
        self.heard.clear()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take down one phase of a test."""
        note = self.tests[report.nodeid]
        note.failed |= report.failed
        note.passed |= report.passed and report.when == "call"
        note.seconds += report.duration
        note.heard = list(self.heard)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A file that cannot even be imported has failed."""
        if report.failed:
            self.tests[report.nodeid] = Note(failed=True)

    def pytest_sessionfinish(self) -> None:
        """Write the notes."""
        text = json.dumps({name: asdict(note) for name, note in self.tests.items()})
        self.path.write_text(text)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take the file of the notes, and the event of a mutant."""
    group = parser.getgroup("mutants")
    group.addoption("--notes", type=Path, required=True, help="file for the notes, as JSON")
    group.addoption("--silence", metavar="FAMILY.EVENT", help="event that nobody hears")


def pytest_configure(config: pytest.Config) -> None:
    """Stand between the boards and what the ORM fires from."""
    notes = Notes(config.option.notes)
    config.pluginmanager.register(notes, "mutant notes")
    silenced = config.option.silence
    take = Target.take

    def take_noting(self: Target, event: str, registrations: list[Registration]) -> None:
        take(self, event, [notes.around(each) for each in registrations])

    def take_silencing(self: Target, event: str, registrations: list[Registration]) -> None:
        heard = [
            each for each in registrations if not (listens(each) and label_of(each) == silenced)
        ]
        take(self, event, heard)
        # What a listener asks for besides being called (old values) is not what is silenced.
        for each in registrations:
            for option in each.demands:
                self.dispatch.demand(option)

    changed = take_noting if silenced is None else take_silencing
    Target.take = changed  # type: ignore[method-assign] # a mutant is a changed method

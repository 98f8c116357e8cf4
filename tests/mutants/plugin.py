"""A pytest plugin for `make mutants`: put a fault into an event, or note what tests hear."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from cormorant.event import register as registering
from cormorant.event.adapt import Registration
from cormorant.event.boards import Target
from cormorant.event.family import Event

from . import kinds
from .kinds import Mutation, label_of

Around = Callable[[Registration], Registration | None]


@dataclass
class Note:
    """What one test came to."""

    failed: bool = False
    passed: bool = False
    seconds: float = 0.0
    heard: list[str] = field(default_factory=list)
    """Labels of events; behind a colon, the options of those who heard them."""


class Notes:
    """Notes tests, seconds, failures, and which events were heard with which options."""

    def __init__(self, path: Path) -> None:
        """Begin with no test."""
        self.path = path
        self.tests: dict[str, Note] = {}
        self.heard: dict[str, None] = {}

    def around(self, registration: Registration) -> Registration:
        """Put a noting listener around that of `registration`."""
        label = label_of(registration.event)
        options = [each for each in kinds.OPTIONS if kinds.heeds(registration, each)]
        always = dict.fromkeys([label, *(f"{label}:{each}" for each in options)])
        unasked = kinds.answers(registration.event) and not registration.event.returns

        def noting(call: Callable[..., Any]) -> Callable[..., Any]:
            def noted(*arguments: Any) -> Any:
                self.heard.update(always)
                result = call(*arguments)
                if unasked and result is not None:
                    self.heard[f"{label}:retval"] = None
                return result

            return noted

        return adapted(registration, noting)

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


def adapted(
    registration: Registration, change: Callable[[Callable[..., Any]], Callable[..., Any]]
) -> Registration:
    """Return `registration` with both its callables changed."""
    return replace(
        registration,
        call=change(registration.call),
        returning_call=change(registration.returning_call),
    )


def fault(mutation: Mutation) -> Around:
    """Return what the mutation makes of one of its registrations: None takes it away."""
    place = mutation.swapped - 1

    def swapping(call: Callable[..., Any]) -> Callable[..., Any]:
        def swapped(*arguments: Any) -> Any:
            first, second = arguments[place : place + 2]
            return call(*arguments[:place], second, first, *arguments[place + 2 :])

        return swapped

    def forgetting(call: Callable[..., Any]) -> Callable[..., Any]:
        def forgetful(*arguments: Any) -> None:
            call(*arguments)

        return forgetful

    match mutation.kind:
        case kinds.SILENCED:
            return lambda registration: None
        case kinds.SWAPPED:
            return lambda registration: adapted(registration, swapping)
        case "retval" if not kinds.events()[mutation.event].returns:
            return lambda registration: adapted(registration, forgetting)
    return lambda registration: registration


def change_listeners(around: Around, only: str | None = None) -> None:
    """Stand between the boards and what the ORM fires from."""
    take = Target.take

    def changed(each: Registration) -> Registration | None:
        # Marks of the ORM hold a place in the order; they are no listeners.
        ours = callable(each.call) and only in (None, label_of(each.event))
        return around(each) if ours else each

    def take_changed(self: Target, event: str, registrations: list[Registration]) -> None:
        heard = [each for each in map(changed, registrations) if each is not None]
        take(self, event, heard)
        # What a listener asks for besides being called (old values) is no part of the fault.
        for each in registrations:
            for option in each.demands:
                self.dispatch.demand(option)

    Target.take = take_changed  # type: ignore[method-assign] # a mutant is a changed method


def ignore_option(mutation: Mutation) -> None:
    """Register the listeners of one event as if an option had not been given."""
    register = registering.register

    def register_without(
        event: Event, target: str, listener: Any, options: Mapping[str, Any], forget: Any
    ) -> Registration:
        if label_of(event) != mutation.event:
            return register(event, target, listener, options, forget)
        given = {name: value for name, value in options.items() if name != mutation.kind}
        made = register(event, target, listener, given, forget)
        return replace(made, propagate=False) if mutation.kind == "propagate" else made

    registering.register = register_without


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take the file of the notes, and the mutation."""
    group = parser.getgroup("mutants")
    group.addoption("--notes", type=Path, required=True, help="file for the notes, as JSON")
    group.addoption("--mutation", metavar="FAMILY.EVENT:KIND", help="the fault to put in")


def pytest_configure(config: pytest.Config) -> None:
    """Note, or put the fault in."""
    notes = Notes(config.option.notes)
    config.pluginmanager.register(notes, "mutant notes")
    named = config.option.mutation
    if named is None:
        change_listeners(notes.around)
        return
    mutation = next(each for each in kinds.mutations() if str(each) == named)
    change_listeners(fault(mutation), mutation.event)
    if mutation.kind in kinds.OPTIONS:
        ignore_option(mutation)

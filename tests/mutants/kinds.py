"""What can be wrong with an event: nobody hears it, its arguments or an option are ignored."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cormorant.event.adapt import Registration
from cormorant.event.catalog import FAMILIES
from cormorant.event.family import Event

SILENCED = "silenced"
SWAPPED = "swapped"
"""Followed by a number: that argument and the next one have changed their places."""
ANSWERED = frozenset(
    {
        "MapperEvents.before_mapper_configured",
        "SessionEvents.do_orm_execute",
        "RegistryEvents.resolve_type_annotation",
    }
)
"""Events with an answer that takes no place of an argument."""
OPTIONS = ("propagate", "raw", "retval")


@dataclass(frozen=True, slots=True)
class Mutation:
    """One fault of one event; `str()` of it is its name on the command line and in notes."""

    event: str
    """Family.event: two events have the same name in two families."""
    kind: str
    swapped: int = 0
    """Which argument changes its place with the next one, from 1."""

    def __str__(self) -> str:
        number = f"-{self.swapped}" if self.swapped else ""
        return f"{self.event}:{self.kind}{number}"

    @property
    def said(self) -> str:
        """The fault in words."""
        if self.kind == SWAPPED:
            first, second = events()[self.event].arguments[self.swapped - 1 :][:2]
            return f"`{first}` and `{second}` swapped"
        return SILENCED if self.kind == SILENCED else f"`{self.kind}` not heeded"

    def needs(self) -> str:
        """Return what a test has to hear, as notes write it, to be able to notice."""
        return f"{self.event}:{self.kind}" if self.kind in OPTIONS else self.event


def label_of(event: Event) -> str:
    """Return Family.event."""
    return f"{event.family.__name__}.{event.name}"


def events() -> dict[str, Event]:
    """Return every event of the catalog by its label."""
    return {label_of(event): event for family in FAMILIES for event in family.events.values()}


def mutations() -> list[Mutation]:
    """List every mutation that means something, in the order of the catalog."""
    return [mutation for event in events().values() for mutation in _of(event)]


def _of(event: Event) -> Iterator[Mutation]:
    label = label_of(event)
    yield Mutation(label, SILENCED)
    for number in range(1, len(event.plain_arguments)):
        yield Mutation(label, SWAPPED, number)
    inherited = event.family.inherits or event.everyone_only
    if not inherited and "propagate" in event.options:
        yield Mutation(label, "propagate")
    if event.object_position is not None and "raw" in event.options:
        yield Mutation(label, "raw")
    if "retval" in event.options and answers(event):
        yield Mutation(label, "retval")


def answers(event: Event) -> bool:
    """Tell whether what a `retval=True` listener returns means something.

    Flush events of mappers take the option too, but SQLAlchemy 2.1 heeds no answer there
    (test_mapper_listeners_with_retval_may_answer).
    """
    return event.value_position is not None or label_of(event) in ANSWERED


def heeds(registration: Registration, option: str) -> bool:
    """Tell whether a listener was registered with what `option` stands for."""
    if option == "propagate":
        return registration.propagate and not registration.event.family.inherits
    return option in registration.options

"""Draw listeners and the catalog of events as tables for a terminal."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cormorant.event import ListenerRow
from cormorant.event.catalog import FAMILIES
from cormorant.event.check import name_of
from cormorant.event.family import COMMON_OPTIONS, Event, Family


def of_listeners(rows: Sequence[ListenerRow]) -> RenderableType:
    """Draw one table; an event that repeats the one above it is left blank."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    table.add_column("event", style="bold cyan", no_wrap=True)
    table.add_column("target", no_wrap=True)
    table.add_column("listener", style="green", overflow="fold")
    table.add_column("where", style="dim", overflow="fold")
    table.add_column("options", style="yellow", overflow="fold")
    for _family, events in groupby(rows, attrgetter("family")):
        for event, same in groupby(events, attrgetter("event")):
            for place, row in enumerate(same):
                first = event if place == 0 else ""
                table.add_row(first, row.target, row.name, where(row), options_of(row.options))
        table.add_section()
    return table


def of_catalog() -> RenderableType:
    """Draw every event with its arguments, family by family."""
    return Group(*(_of_family(family) for family in FAMILIES))


def where(row: ListenerRow) -> str:
    """Return `file:line`, the file as seen from the current folder if it lies below."""
    if row.file is None:
        return "-"
    path = Path(row.file)
    here = Path.cwd()
    shown = path.relative_to(here) if path.is_relative_to(here) else path
    return f"{os.fspath(shown)}:{row.line}"


def options_of(options: Mapping[str, Any]) -> str:
    """Return the options as they were given, listeners by name."""
    return ", ".join(_option(name, value) for name, value in sorted(options.items()))


def _option(name: str, value: Any) -> str:
    if value is True:
        return name
    if name in ("before", "after"):
        others = value if isinstance(value, tuple | list) else (value,)
        return f"{name}={', '.join(map(name_of, others))}"
    return f"{name}={value}"


def _of_family(family: type[Family]) -> RenderableType:
    shared = frozenset.intersection(*(event.options for event in family.events.values()))
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    for event in family.events.values():
        own = sorted(event.options - shared)
        table.add_row(_signature(event), Text(", ".join(own), style="yellow"))
    title = Text.assemble((family.__name__, "bold"), f"  {len(family.events)} events")
    about = Text((family.__doc__ or "").split("\n")[0])
    targets = Text.assemble(("targets: ", "dim"), family.targets)
    options = sorted(shared - COMMON_OPTIONS)
    lines = [title, about, targets]
    if options:
        lines.append(Text.assemble(("options: ", "dim"), (", ".join(options), "yellow")))
    return Group(*lines, Padding(table, (1, 0, 1, 2)))


def _signature(event: Event) -> Text:
    arguments = ", ".join(_arguments(event))
    return Text.assemble((event.name, "bold cyan"), f"({arguments})")


def _arguments(event: Event) -> Iterator[str]:
    yield from event.plain_arguments
    if event.keyword:
        yield f"[{event.keyword}]"

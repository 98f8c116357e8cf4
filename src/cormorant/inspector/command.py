"""The command `cormorant events`: the listeners of an application, or the catalog."""

from __future__ import annotations

import difflib
import sys
import traceback
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import click
from rich.console import Console
from rich.text import Text

from cormorant import event
from cormorant.event.family import COMMON_OPTIONS
from cormorant.exc import ListenError
from cormorant.inspector import tables

OURS = Path(event.__file__).parents[1]
"""Where cormorant itself lies: an error is shown at the last line outside."""


@click.command()
@click.argument("module", required=False)
@click.argument("target", required=False)
@click.option("--event", "name", metavar="NAME", help="Show the listeners of one event only.")
@click.option("--catalog", is_flag=True, help="Show all events with their arguments instead.")
def events(module: str | None, target: str | None, name: str | None, catalog: bool) -> None:
    """List the listeners that importing MODULE registers, in firing order.

    With TARGET, a name in the module such as User or User.email: what is called for
    it, inherited and class-wide listeners too.
    """
    console = Console()
    if catalog:
        show_catalog(console)
        return
    if module is None:
        raise click.UsageError("Give the module that registers the listeners, or --catalog.")
    loaded = imported(module)
    try:
        rows = event.listeners(None if target is None else found(loaded, target), name)
    except ListenError as problem:
        raise click.ClickException(str(problem)) from None
    subject = module if target is None else f"{module} {target}"
    if not rows:
        only = "" if name is None else f" to {name!r}"
        console.print(f"{subject}: no listener{only}.", highlight=False)
        return
    console.print(tables.of_listeners(rows))
    number = "1 listener" if len(rows) == 1 else f"{len(rows)} listeners"
    console.print(Text(f"{subject}: {number}, in firing order", style="dim"))


def show_catalog(console: Console) -> None:
    """Print all events, and the options that each of them takes."""
    console.print(tables.of_catalog())
    common = ", ".join(sorted(COMMON_OPTIONS))
    console.print(Text(f"Every event also takes: {common}.", style="dim"))


def imported(name: str) -> ModuleType:
    """Import the user's module, as seen from the current folder."""
    if name.endswith(".py") or "/" in name:
        dotted = name.removesuffix(".py").replace("/", ".").strip(".")
        raise click.ClickException(f"{name!r} is a file; give its module: {dotted}")
    sys.path.insert(0, "")
    try:
        return import_module(name)
    except ModuleNotFoundError as problem:
        missing = problem.name or ""
        if name == missing or name.startswith(f"{missing}."):
            raise click.ClickException(
                f"There is no module {missing!r}. Run the command in the folder from which "
                f"'import {name}' works, or name that folder in PYTHONPATH."
            ) from None
        raise click.ClickException(failed(name, problem)) from None
    except Exception as problem:
        raise click.ClickException(failed(name, problem)) from None


def failed(name: str, problem: Exception) -> str:
    """Say why a module does not import, and at which line of the user's code."""
    frames = traceback.extract_tb(problem.__traceback__)
    theirs = [frame for frame in frames if not Path(frame.filename).is_relative_to(OURS)]
    place = f"{theirs[-1].filename}:{theirs[-1].lineno}"
    if isinstance(problem, SyntaxError):
        place = f"{problem.filename}:{problem.lineno}"
    text = "".join(traceback.format_exception_only(problem)).strip()
    return f"Importing {name!r} failed at {place}\n{text}"


def found(module: ModuleType, path: str) -> Any:
    """Find `User` or `User.email` in a module."""
    owner: Any = module
    for part in path.split("."):
        if not hasattr(owner, part):
            here = getattr(owner, "__name__", path)
            near = difflib.get_close_matches(part, dir(owner), n=3)
            hint = f"; did you mean {' or '.join(near)}?" if near else "."
            raise click.ClickException(f"{here} has no {part!r}{hint}")
        owner = getattr(owner, part)
    return owner

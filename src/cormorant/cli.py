"""The command `cormorant`: finds the module of a subcommand, or says what to install for it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import cast


@dataclass(frozen=True, slots=True)
class Subcommand:
    """Where a subcommand lives and what it needs beyond cormorant's own dependencies."""

    module: str
    function: str  # takes `args` and `prog_name`, as click's commands do
    extra: str
    needs: tuple[str, ...]
    does: str


SUBCOMMANDS = {
    "demo": Subcommand(
        "cormorant.demo.command",
        "demo",
        "demo",
        ("aiosmtpd", "argon2", "click", "rich"),
        "Tell the CodeCrafters story: sign-ups, listeners, mail and a timeline.",
    ),
    "events": Subcommand(
        "cormorant.inspector.command",
        "events",
        "cli",
        ("click", "rich"),
        "List the listeners of a module in firing order, or all events with --catalog.",
    ),
}

HELP = ("-h", "--help", "help")


def usage() -> str:
    """Return the help text: one line for each subcommand."""
    lines = (f"  {name:<8}{command.does}" for name, command in SUBCOMMANDS.items())
    return "\n".join(
        ("Usage: cormorant COMMAND [OPTIONS]", "", "Commands:", *lines, "",
         "Run 'cormorant COMMAND --help' for a command's options.")
    )  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the subcommand that the first argument names; return the exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if not words or words[0] in HELP:
        print(usage())
        return 0 if words else 2
    command = SUBCOMMANDS.get(words[0])
    if command is None:
        return _complain(f"no command {words[0]!r}; there is {', '.join(SUBCOMMANDS)}.")
    missing = [name for name in command.needs if find_spec(name) is None]
    if missing:
        return _complain(
            f"{words[0]!r} needs {', '.join(missing)}, not installed here: "
            f'pip install "cormorant[{command.extra}]"'
        )
    # Imported only now, so that cormorant itself needs none of a subcommand's packages.
    run = getattr(import_module(command.module), command.function)
    return cast(int, run(args=words[1:], prog_name=f"cormorant {words[0]}") or 0)


def _complain(text: str) -> int:
    """Tell what is wrong; return the exit code for it."""
    print(f"cormorant: {text}", file=sys.stderr)
    return 2

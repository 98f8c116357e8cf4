"""What keeps the demo from running: told to the user in one line."""

from __future__ import annotations


class CannotRun(Exception):
    """The demo cannot start or go on; the text says what is wrong and what to do."""


def first_line(error: BaseException) -> str:
    """Return the first line of an error's text; what follows may show values."""
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__

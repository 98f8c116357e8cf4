"""What happens when listeners and callbacks around the end of a transaction fail."""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Callable, Iterable
from typing import Any

from cormorant import exc
from cormorant.event._adapters_cy import Once

log = logging.getLogger("cormorant.session")

Tell = Callable[..., None]
"""Calls functions with arguments: `plainly`, `quietly`, or `gather` bound to a list."""


def plainly(functions: Iterable[Callable[..., Any]], *args: Any) -> None:
    """Call every function; the first error stops it and goes up."""
    for function in functions:
        function(*args)


def gather(errors: list[Exception], functions: Iterable[Callable[..., Any]], *args: Any) -> None:
    """Call every function, whatever the others do; collect what they raise."""
    for function in functions:
        try:
            function(*args)
        except Exception as error:
            _note(error, function)
            errors.append(error)


def _note(error: Exception, function: Callable[..., Any]) -> None:
    error.add_note(f"Raised by {name_of(function)} at the end of a transaction.")


def quietly(functions: Iterable[Callable[..., Any]], *args: Any) -> None:
    """Call every function of a rollback; what they raise is reported, never raised."""
    if not functions:
        return
    # Not by `gather`: a rollback tells of each of its objects.
    errors: list[Exception] = []
    for function in functions:
        try:
            function(*args)
        except Exception as raised:
            _note(raised, function)
            errors.append(raised)
    for error in errors:
        report(error, "A listener or callback of a rollback")


def report(error: BaseException, what: str) -> None:
    """Log an error of a rollback, warn about it, and note it on the error under way."""
    text = f"{what} raised {type(error).__name__}; the rollback is done all the same."
    under_way = sys.exception()
    if under_way is not None and under_way is not error:
        under_way.add_note(f"{text} Its traceback is in the log 'cormorant.session'.")
    log.error(text, exc_info=error)
    try:
        warnings.warn(
            exc.RollbackListenerWarning(
                f"{text} Its traceback is in the log 'cormorant.session'."
            ),
            stacklevel=4,
        )
    except exc.RollbackListenerWarning:
        # Where warnings are errors: a rollback stopped half-way would be worse. The log has it.
        return


def name_of(function: Callable[..., Any]) -> str:
    """Return the name of a listener or callback, as far as it has one."""
    while type(function).__module__ == Once.__module__:
        function = function.listener  # type: ignore[attr-defined] # every adapter has it
    name = getattr(function, "__qualname__", None)
    if name is not None:
        return str(name)
    return type(function).__qualname__

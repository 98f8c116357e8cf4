"""What happens when listeners and callbacks around the end of a transaction fail."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterable
from typing import Any

from cormorant import exc

log = logging.getLogger("cormorant.session")


def gather(errors: list[Exception], functions: Iterable[Callable[..., Any]], *args: Any) -> None:
    """Call every function, whatever the others do; collect what they raise."""
    for function in functions:
        try:
            function(*args)
        except Exception as error:
            name = getattr(function, "__qualname__", type(function).__name__)
            error.add_note(f"Raised by {name} after the end of a transaction.")
            errors.append(error)


def quietly(functions: Iterable[Callable[..., Any]], *args: Any) -> None:
    """Call every function of a rollback; what they raise is logged and warned about."""
    errors: list[Exception] = []
    gather(errors, functions, *args)
    for error in errors:
        log.error("A listener or callback of a rollback failed.", exc_info=error)
        warnings.warn(
            exc.RollbackListenerWarning(
                f"A listener or callback of a rollback raised {type(error).__name__}; the "
                f"rollback is done all the same. Its traceback is in the log "
                f"'cormorant.session'."
            ),
            stacklevel=3,
        )

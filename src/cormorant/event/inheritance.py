"""Tell of listeners that mapped subclasses skip because nobody said whether they should."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from types import FrameType
from typing import TYPE_CHECKING, Any

from cormorant.event.check import name_of
from cormorant.exc import ListenError, SkippedSubclassWarning

if TYPE_CHECKING:
    from cormorant.event.adapt import Registration

_strict = [False]


def strict(on: bool = True) -> None:
    """Refuse, instead of warning, a listener that mapped subclasses would silently skip.

    For the whole process, from now on. `listen()` then raises ListenError; so does
    mapping a subclass of a class that has such a listener. The cure is to say `propagate=True` or
    `propagate=False`.
    """
    _strict[0] = on


@dataclass(frozen=True, slots=True)
class Skipped:
    """A listener of `base` (or of its attribute `key`) which the mapped class `sub` skips."""

    registration: Registration
    base: type[Any]
    sub: type[Any]
    key: str | None

    def __str__(self) -> str:
        listener, event = name_of(self.registration.listener), self.registration.event.name
        end = "" if self.key is None else f".{self.key}"
        base, sub = f"{self.base.__name__}{end}", f"{self.sub.__name__}{end}"
        return (
            f"{listener} listens to {event!r} of {base!r} and skips the mapped subclass "
            f"{sub!r}. Say propagate=True to hear subclasses too, or propagate=False if "
            f"{base!r} alone is meant."
        )


def refuse(skipped: Iterable[Skipped]) -> None:
    """Raise ListenError for the first one in strict mode."""
    if _strict[0]:
        for each in skipped:
            raise ListenError(str(each))


def warn(skipped: Iterable[Skipped]) -> None:
    """Warn of each one, at the line of the user's code; call it without holding locks."""
    for each in skipped:
        warnings.warn(str(each), SkippedSubclassWarning, stacklevel=_outside_frames())


def _outside_frames() -> int:
    """Return the stack level of the code that called cormorant, for a warning."""
    frame: FrameType | None = sys._getframe(1)
    level = 1
    while frame is not None and frame.f_globals.get("__name__", "").startswith("cormorant."):
        frame, level = frame.f_back, level + 1
    return level

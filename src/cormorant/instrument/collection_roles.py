"""Decorators for the methods of user-made collection classes: `collection`."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from cormorant.instrument.mutators import announce_append, announce_remove, told

F = TypeVar("F", bound=Callable[..., Any])

MARKS = "__cormorant_collection__"


@dataclass(slots=True)
class Marks:
    """What was said of one method.

    `role`: "appender", "remover" or "iterator". `adds`: name or place of the argument that comes;
    `removes`: of the one that goes, or True for the result. `silent`: the method announces itself.
    """

    role: str | None = None
    adds: int | str | None = None
    removes: int | str | bool | None = None
    silent: bool = False


def marks_of(method: Any) -> Marks | None:
    """Return what was said of a method, or None."""
    found: Marks | None = getattr(method, MARKS, None)
    return found


def _mark(method: F, **said: Any) -> F:
    marks = marks_of(method) or Marks()
    for name, value in said.items():
        setattr(marks, name, value)
    setattr(method, MARKS, marks)
    return method


class collection:
    """Decorators for collection classes: which method appends, removes, iterates.

    As sqlalchemy.orm.collections.collection. A place counts the arguments after `self`, from 1.
    """

    @staticmethod
    def appender(fn: F) -> F:
        """Mark the method that takes one member in."""
        return _mark(fn, role="appender")

    @staticmethod
    def remover(fn: F) -> F:
        """Mark the method that drops one member."""
        return _mark(fn, role="remover")

    @staticmethod
    def iterator(fn: F) -> F:
        """Mark the method that returns an iterator of all members."""
        return _mark(fn, role="iterator")

    @staticmethod
    def internally_instrumented(fn: F) -> F:
        """Mark a method that announces its changes itself, through `collection_adapter(self)`."""
        return _mark(fn, silent=True)

    @staticmethod
    def adds(arg: int | str) -> Callable[[F], F]:
        """Mark a method that takes its argument `arg` in."""
        return lambda fn: _mark(fn, adds=arg)

    @staticmethod
    def replaces(arg: int | str) -> Callable[[F], F]:
        """Mark a method that takes its argument `arg` in and returns the member that goes."""
        return lambda fn: _mark(fn, adds=arg, removes=True)

    @staticmethod
    def removes(arg: int | str) -> Callable[[F], F]:
        """Mark a method that drops its argument `arg`."""
        return lambda fn: _mark(fn, removes=arg)

    @staticmethod
    def removes_return() -> Callable[[F], F]:
        """Mark a method that drops the member that it returns."""
        return lambda fn: _mark(fn, removes=True)


def announcing_by_marks(method: Callable[..., Any], marks: Marks) -> Callable[..., Any]:
    """Return a method with the events that its marks tell of."""
    signature = inspect.signature(method)
    names = list(signature.parameters)

    def name_of(place: int | str) -> str:
        return names[place] if isinstance(place, int) else place

    @functools.wraps(method)
    def announce(self: Any, *args: Any, _sa_initiator: Any = None, **named: Any) -> Any:
        bound = signature.bind(self, *args, **named)
        bound.apply_defaults()
        if marks.adds is not None:
            key = name_of(marks.adds)
            bound.arguments[key] = announce_append(self, bound.arguments[key], _sa_initiator)
        if marks.removes is not None and marks.removes is not True:
            announce_remove(self, bound.arguments[name_of(marks.removes)], _sa_initiator)
        result = method(*bound.args, **bound.kwargs)
        if marks.removes is True and result is not None:
            announce_remove(self, result, _sa_initiator)
        return result

    return told(announce)

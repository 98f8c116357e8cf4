"""Golden texts: listeners that are refused when they are registered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cormorant import Session, event
from cormorant.exc import ListenError
from tests.people import People

from .conftest import Told, told


class Plain:
    """No mapped class, and no base of one that any test declares."""


def three(mapper: Any, connection: Any, target: Any) -> None:
    """Take the arguments of a mapper event."""


def one(target: Any) -> None:
    """Take one argument."""


CASES: dict[str, tuple[Callable[[People], Any], str]] = {
    "unknown event of a class": (
        lambda people: event.listen(people.User, "before_inserts", three),
        "There is no event 'before_inserts' for the class 'User'; did you mean 'before_insert' "
        "(MapperEvents)?",
    ),
    "unknown event of the session": (
        lambda people: event.listen(Session, "before_comit", three),
        "There is no event 'before_comit' for the class 'Session'; did you mean 'before_commit' "
        "(SessionEvents) or 'before_compile' (QueryEvents)?",
    ),
    "unknown event of an attribute": (
        lambda people: event.listen(people.User.name, "sett", three),
        "There is no event 'sett' for the attribute 'User.name'; did you mean 'set' "
        "(AttributeEvents)?",
    ),
    "too few arguments": (
        lambda people: event.listen(people.User, "before_insert", one),
        "one(target) cannot listen to before_insert(mapper, connection, target): too many "
        "positional arguments. Take these arguments, or pass named=True to receive them by name.",
    ),
    "unknown option": (
        lambda people: event.listen(people.User, "before_insert", three, propagat=True),
        "MapperEvents.before_insert has no option 'propagat'; did you mean 'propagate'? Its "
        "options are 'after', 'before', 'insert', 'named', 'once', 'priority', 'propagate', "
        "'raw' and 'retval'.",
    ),
    "no function": (
        lambda people: event.listen(people.User, "before_insert", 5),
        "A listener to before_insert(mapper, connection, target) must be callable; an object of "
        "the class 'int' is not. Give a function that takes these arguments.",
    ),
    "no target": (
        lambda people: event.listen(Plain(), "before_insert", three),
        "No 'before_insert' for an object of the class 'Plain': MapperEvents.before_insert takes "
        "a mapped class, a base or mixin of mapped classes, a Mapper, or the class Mapper.",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_listener_is_refused_with_the_legal_choices(people: People, name: str) -> None:
    act, text = CASES[name]
    assert told(lambda: act(people)) == Told(ListenError, text)

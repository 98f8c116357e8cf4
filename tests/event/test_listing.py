"""listeners() lists what is called, in that order, with its place in the code."""

from __future__ import annotations

import functools
from typing import Any

import pytest

from cormorant import event
from cormorant.event.listing import ListenerRow, source_of
from cormorant.exc import ListenError

from .fakes import Attribute, Mapper, Model, Session, map_attribute, map_class


class Base(Model):
    """A base that is not mapped."""


class User(Base):
    """The class under test."""


class Other(Model):
    """Another class."""


def stamp(mapper: Any, connection: Any, target: Any) -> None:
    """Listen to a mapper event."""


def check(mapper: Any, connection: Any, target: Any) -> None:
    """Listen to a mapper event."""


def loaded(target: Any, context: Any) -> None:
    """Listen to an instance event."""


def changed(target: Any, initiator: Any) -> None:
    """Listen to an attribute event."""


def committed(session: Any) -> None:
    """Listen to a session event."""


def short(rows: list[ListenerRow]) -> list[str]:
    """Return event, place and listener of each row."""
    return [f"{row.event} of {row.target}: {row.name}" for row in rows]


def line_of(function: Any) -> int:
    """Return the line where a function of this file begins."""
    line: int = function.__code__.co_firstlineno
    return line


@pytest.fixture
def world() -> None:
    """Let several listeners listen at several places."""
    map_class(User)
    map_class(Other)
    map_attribute(User, "email")
    event.listen(User, "load", loaded)
    event.listen(User, "before_insert", stamp, priority=1, once=True, insert=False)
    event.listen(Base, "before_insert", check, propagate=True)
    event.listen(Mapper, "before_insert", print)
    event.listen(Attribute(User, "email"), "modified", changed)
    event.listen(Other, "after_insert", stamp)
    event.listen(Session, "before_commit", committed)


@pytest.mark.usefixtures("world")
class TestOfOneTarget:
    """What is called for a target, inherited and class-wide listeners included."""

    def test_a_class_lists_its_attributes_and_events_in_firing_order(self) -> None:
        assert short(event.listeners(User)) == [
            "modified of User.email: changed",
            "before_insert of Mapper (every class): print",
            "before_insert of User: stamp",
            "before_insert of Base: check",
            "load of User: loaded",
        ]

    def test_a_row_tells_all_there_is_to_know(self) -> None:
        (row,) = [row for row in event.listeners(User, "before_insert") if row.name == "stamp"]
        assert row == ListenerRow(
            family="MapperEvents",
            event="before_insert",
            target="User",
            listener=stamp,
            file=__file__,
            line=line_of(stamp),
            options={"priority": 1, "once": True},
        )

    def test_an_unmapped_base_lists_what_waits_there(self) -> None:
        assert short(event.listeners(Base)) == ["before_insert of Base: check"]

    def test_an_attribute_lists_its_own(self) -> None:
        assert short(event.listeners(Attribute(User, "email"))) == [
            "modified of User.email: changed"
        ]

    def test_every_class_lists_class_wide_listeners(self) -> None:
        assert short(event.listeners(Mapper)) == ["before_insert of Mapper (every class): print"]

    def test_a_session_lists_those_of_its_class_first(self) -> None:
        session = Session()
        event.listen(session, "before_commit", print)
        assert short(event.listeners(session)) == [
            "before_commit of Session: committed",
            "before_commit of one Session: print",
        ]

    def test_what_is_listed_is_what_the_dispatch_has(self) -> None:
        dispatch = map_class(User)
        rows = event.listeners(User, "after_insert") + event.listeners(User, "load")
        calls = (*dispatch.after_insert, *dispatch.load)
        assert [row.listener for row in rows] == list(calls)

    def test_removed_listeners_are_gone_from_the_list(self) -> None:
        event.remove(Base, "before_insert", check)
        assert "check" not in [row.name for row in event.listeners(User)]


@pytest.mark.usefixtures("world")
def test_without_a_target_every_listener_stands_once_at_its_place() -> None:
    session = Session()
    event.listen(session, "before_commit", print)
    assert short(event.listeners()) == [
        "modified of User.email: changed",
        "before_insert of Mapper (every class): print",
        "before_insert of User: stamp",
        "before_insert of Base: check",
        "after_insert of Other: stamp",
        "load of User: loaded",
        "before_commit of Session: committed",
        "before_commit of one Session: print",
    ]


def test_classes_whose_orders_contradict_are_listed_one_by_one() -> None:
    event.listen(Other, "before_insert", stamp, before=check)
    event.listen(Other, "before_insert", check)
    event.listen(User, "before_insert", check, before=stamp)
    event.listen(User, "before_insert", stamp)
    assert short(event.listeners()) == [
        "before_insert of Other: stamp",
        "before_insert of Other: check",
        "before_insert of User: check",
        "before_insert of User: stamp",
    ]


def test_only_one_event_may_be_asked_for() -> None:
    event.listen(User, "before_insert", stamp)
    event.listen(User, "load", loaded)
    assert short(event.listeners(name="load")) == ["load of User: loaded"]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((User, "before_insrt"), "There is no event 'before_insrt' for the class 'User'; did you"),
        ((None, "lod"), "There is no event 'lod'; did you mean 'load' (InstanceEvents)?"),
        ((7,), "There are no events of the ORM for an object of the class 'int'. Its targets are"),
    ],
)
def test_what_there_is_not_is_refused(arguments: tuple[Any, ...], text: str) -> None:
    with pytest.raises(ListenError) as caught:
        event.listeners(*arguments)
    assert str(caught.value).startswith(text)


class Callables:
    """Kinds of listeners with a place in this file."""

    def __call__(self) -> None:
        """Listen."""

    def method(self) -> None:
        """Listen."""

    @functools.wraps(stamp)
    def wrapped(self) -> None:
        """Listen for another."""


@pytest.mark.parametrize(
    ("listener", "written"),
    [
        (functools.partial(functools.partial(stamp)), stamp),
        (Callables(), Callables.__call__),
        (Callables().method, Callables.method),
        (Callables().wrapped, stamp),
    ],
)
def test_the_code_behind_a_listener_is_found(listener: Any, written: Any) -> None:
    assert source_of(listener) == (__file__, line_of(written))


@pytest.mark.parametrize("listener", [print, dict.setdefault, slice, functools.partial(max)])
def test_what_has_no_python_source_has_no_line(listener: Any) -> None:
    assert source_of(listener) == (None, None)

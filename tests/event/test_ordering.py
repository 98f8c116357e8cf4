"""Listeners stand where priority, before, after and insert put them, within their band."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cormorant import event
from cormorant.event.catalog import MapperEvents
from cormorant.exc import ListenError

from .fakes import Mapper, Model, Session, fire, map_class

Listener = Callable[[Any, Any, Any], None]


class User(Model):
    """The class under test; the boards are new in every test."""


def named(name: str) -> Listener:
    """Return a listener of its own with this name."""

    def listener(mapper: Any, connection: Any, target: Any) -> None: ...

    listener.__qualname__ = name
    return listener


def order(dispatch: Any) -> list[str]:
    """Return the names of the listeners as they would be called."""
    return [call.__qualname__ for call in dispatch.before_insert]


def test_higher_priority_is_called_first_and_equal_ones_as_registered() -> None:
    dispatch = map_class(User)
    for name, priority in [("a", 0), ("b", -1), ("c", 5), ("d", 5), ("e", 0)]:
        event.listen(User, "before_insert", named(name), priority=priority)
    assert order(dispatch) == ["c", "d", "a", "e", "b"]


def test_insert_goes_first_whatever_the_priority() -> None:
    dispatch = map_class(User)
    event.listen(User, "before_insert", named("high"), priority=9)
    event.listen(User, "before_insert", named("first"), insert=True)
    event.listen(User, "before_insert", named("firster"), insert=True)
    event.listen(User, "before_insert", named("first and high"), insert=True, priority=1)
    assert order(dispatch) == ["first and high", "firster", "first", "high"]


def test_priority_leaves_the_bands_in_place() -> None:
    dispatch = map_class(User)
    event.listen(User, "before_insert", named("class"), priority=100)
    event.listen(Mapper, "before_insert", named("everyone"), priority=-100)
    assert order(dispatch) == ["everyone", "class"]


def test_own_and_inherited_listeners_share_their_priorities() -> None:
    dispatch = map_class(User)
    event.listen(User, "before_insert", named("own"))
    event.listen(Model, "before_insert", named("inherited"), propagate=True, priority=1)
    assert order(dispatch) == ["inherited", "own"]


def test_before_moves_a_listener_up_to_the_one_it_names() -> None:
    dispatch = map_class(User)
    a, b, c = named("a"), named("b"), named("c")
    event.listen(User, "before_insert", a)
    event.listen(User, "before_insert", b)
    event.listen(User, "before_insert", c, before=a)
    assert order(dispatch) == ["c", "a", "b"]


def test_after_moves_a_listener_down_behind_the_ones_it_names() -> None:
    dispatch = map_class(User)
    a, b, c, d = map(named, "abcd")
    event.listen(User, "before_insert", a, after=[b, c])
    for each in (b, c, d):
        event.listen(User, "before_insert", each)
    assert order(dispatch) == ["b", "c", "a", "d"]


def test_before_and_after_win_over_priority() -> None:
    dispatch = map_class(User)
    a, b = named("a"), named("b")
    event.listen(User, "before_insert", a, priority=5, after=b)
    event.listen(User, "before_insert", b, priority=-5)
    assert order(dispatch) == ["b", "a"]


def test_a_named_listener_may_come_later_go_and_come_again() -> None:
    dispatch = map_class(User)
    a, b = named("a"), named("b")
    event.listen(User, "before_insert", a, after=(b,))
    seen = [order(dispatch)]
    event.listen(User, "before_insert", b)
    seen.append(order(dispatch))
    event.remove(User, "before_insert", b)
    seen.append(order(dispatch))
    assert seen == [["a"], ["b", "a"], ["a"]]


def test_bound_methods_can_be_named() -> None:
    class Stamps:
        def first(self, mapper: Any, connection: Any, target: Any) -> None: ...

        def second(self, mapper: Any, connection: Any, target: Any) -> None: ...

    stamps = Stamps()
    dispatch = map_class(User)
    event.listen(User, "before_insert", stamps.first)
    event.listen(User, "before_insert", stamps.second, before=stamps.first)
    assert list(dispatch.before_insert) == [stamps.second, stamps.first]


def test_a_cycle_is_refused_and_leaves_all_as_it_was() -> None:
    dispatch = map_class(User)
    a, b, c = named("a"), named("b"), named("c")
    event.listen(User, "before_insert", a, before=b)
    event.listen(User, "before_insert", b, before=c)
    with pytest.raises(ListenError) as caught:
        event.listen(User, "before_insert", c, before=a)
    assert str(caught.value) == (
        "Listeners to 'before_insert' cannot be put into order: a before b before c before a. "
        "Take one `before` or `after` away."
    )
    assert order(dispatch) == ["a", "b"]
    assert event.contains(User, "before_insert", c) is False


def test_a_cycle_among_inherited_listeners_is_refused_when_the_class_is_mapped() -> None:
    class Left(Model): ...

    class Right(Model): ...

    class Both(Left, Right): ...

    a, b = named("a"), named("b")
    event.listen(Left, "before_insert", a, before=b, propagate=True)
    event.listen(Right, "before_insert", b, before=a, propagate=True)
    with pytest.raises(ListenError, match="cannot be put into order"):
        map_class(Both)


@pytest.mark.parametrize("late", [True, False])
def test_before_a_listener_of_an_earlier_band_is_refused(late: bool) -> None:
    dispatch = map_class(User)
    wide, own = named("wide"), named("own")
    steps: list[Callable[[], None]] = [
        lambda: event.listen(Mapper, "before_insert", wide),
        lambda: event.listen(User, "before_insert", own, before=wide),
    ]
    first, second = reversed(steps) if late else steps
    first()
    before = order(dispatch)
    with pytest.raises(ListenError) as caught:
        second()
    assert str(caught.value) == (
        "own cannot listen to 'before_insert' before wide: class-wide listeners always come "
        "before listeners of the class and its bases. Leave 'before' out, or listen to the same "
        "target as wide does."
    )
    assert order(dispatch) == before


def test_after_a_listener_of_a_later_band_is_refused() -> None:
    session = Session()

    def own(session: Any) -> None: ...

    def shared(session: Any) -> None: ...

    event.listen(session, "before_commit", own)
    with pytest.raises(ListenError) as caught:
        event.listen(Session, "before_commit", shared, after=own)
    assert str(caught.value).endswith(
        "shared cannot listen to 'before_commit' after own: listeners of the class and its bases "
        "always come before listeners of one object. Leave 'after' out, or listen to the same "
        "target as own does."
    )
    assert session.dispatch.before_commit == (own,)


def test_what_the_bands_grant_anyway_may_be_asked_for() -> None:
    dispatch = map_class(User)
    wide, own = named("wide"), named("own")
    event.listen(Mapper, "before_insert", wide, before=own)
    event.listen(User, "before_insert", own, after=wide)
    assert order(dispatch) == ["wide", "own"]


def test_values_go_from_listener_to_listener_in_that_order() -> None:
    heard: list[str] = []
    dispatch = map_class(User)
    event.listen(User, "before_insert", lambda m, c, t: heard.append("late"), priority=-1)
    event.listen(User, "before_insert", lambda m, c, t: heard.append("usual"))
    fire(dispatch, "before_insert", 1, 2, 3)
    assert heard == ["usual", "late"]


RULES = st.lists(
    st.tuples(
        st.integers(-1, 1), st.booleans(), st.sets(st.integers(0, 7)), st.sets(st.integers(0, 7))
    ),
    max_size=8,
)


@given(rules=RULES)
def test_any_rules_hold_or_are_refused(
    rules: list[tuple[int, bool, set[int], set[int]]],
) -> None:
    MapperEvents.board = MapperEvents.board_type(MapperEvents)  # the fixture restores it
    dispatch = map_class(User)
    all_of_them = [named(str(number)) for number in range(8)]
    kept = []
    for number, (priority, insert, before, after) in enumerate(rules):
        try:
            event.listen(
                User,
                "before_insert",
                all_of_them[number],
                priority=priority,
                insert=insert,
                before=[all_of_them[other] for other in before - {number}],
                after=[all_of_them[other] for other in after - {number}],
            )
        except ListenError:
            continue
        kept.append(number)
    found = [int(name) for name in order(dispatch)]
    assert sorted(found) == kept
    for number in kept:
        _priority, _insert, before, after = rules[number]
        place = found.index(number)
        assert all(place < found.index(o) for o in before & set(kept) - {number})
        assert all(place > found.index(o) for o in after & set(kept) - {number})

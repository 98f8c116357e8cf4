"""A dispatch has one tuple per event of its families."""

from __future__ import annotations

from typing import Any

import pytest

from cormorant import event
from cormorant.event.catalog import AttributeEvents, InstanceEvents, MapperEvents, SessionEvents
from cormorant.event.dispatch import Dispatch

from .fakes import Attribute, fire_value, map_attribute


def test_every_event_of_the_families_is_an_empty_tuple_at_first() -> None:
    dispatch = Dispatch(MapperEvents, InstanceEvents)
    names = [*MapperEvents.events, *InstanceEvents.events]
    assert {name: getattr(dispatch, name) for name in names} == dict.fromkeys(names, ())
    assert dispatch.returning == frozenset()


def test_an_event_of_another_family_is_no_attribute() -> None:
    with pytest.raises(AttributeError):
        Dispatch(SessionEvents).before_insert  # reading is the act


def test_update_replaces_one_tuple_and_marks_events_that_return() -> None:
    dispatch = Dispatch(MapperEvents)
    dispatch.update("before_insert", (print,), True)
    dispatch.update("after_insert", (len,), False)
    assert (dispatch.before_insert, dispatch.after_insert) == ((print,), (len,))
    assert dispatch.returning == {"before_insert"}


def test_demands_are_kept() -> None:
    dispatch = Dispatch(MapperEvents)
    dispatch.demand("active_history")
    assert dispatch.demanded == {"active_history"}


def test_a_dispatch_that_is_attached_anew_heeds_values_anew() -> None:
    class User:
        """A mapped class."""

    def trim(target: Any, value: Any, oldvalue: Any, initiator: Any) -> Any:
        return value.strip()

    dispatch = map_attribute(User, "email")
    email = Attribute(User, "email")
    event.listen(email, "set", trim, retval=True)
    event.remove(email, "set", trim)
    AttributeEvents.board.detach(User, "email")
    event.listen(email, "set", lambda target, value, oldvalue, initiator: None)
    AttributeEvents.board.attach(User, "email", dispatch)
    assert fire_value(dispatch, "set", "target", "kept", "old", "initiator") == "kept"
    assert dispatch.returning == frozenset()

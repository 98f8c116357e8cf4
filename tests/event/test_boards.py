"""Listeners reach the right targets, in order, also those that come later."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import pytest

from cormorant import event
from cormorant.event.catalog import (
    AttributeEvents,
    InstrumentationEvents,
    MapperEvents,
    SessionEvents,
)
from cormorant.event.dispatch import Dispatch

from .fakes import (
    Attribute,
    Mapper,
    Model,
    Session,
    fire,
    map_attribute,
    map_class,
    speaker,
)


def insert(dispatch: Any) -> None:
    """Fire one mapper event."""
    fire(dispatch, "before_insert", "mapper", "connection", "target")


def test_class_wide_listeners_come_before_those_of_the_class(log: list[str]) -> None:
    class User(Model): ...

    dispatch = map_class(User)
    event.listen(User, "before_insert", speaker(log, "class"))
    event.listen(Mapper, "before_insert", speaker(log, "everyone"))
    insert(dispatch)
    assert log == ["everyone", "class"]


def test_own_and_inherited_listeners_stand_in_the_order_of_registration(log: list[str]) -> None:
    class Mixin: ...

    class User(Model): ...

    class Admin(Mixin, User): ...

    dispatch = map_class(Admin)
    event.listen(User, "before_insert", speaker(log, "user 1"), propagate=True)
    event.listen(Admin, "before_insert", speaker(log, "admin"))
    event.listen(Mixin, "before_insert", speaker(log, "mixin"), propagate=True)
    event.listen(User, "before_insert", speaker(log, "user 2"), propagate=True)
    insert(dispatch)
    assert log == ["user 1", "admin", "mixin", "user 2"]


def test_insert_goes_first_in_its_band_and_the_last_insert_before_others(log: list[str]) -> None:
    class User(Model): ...

    dispatch = map_class(User)
    event.listen(Mapper, "before_insert", speaker(log, "everyone"))
    event.listen(User, "before_insert", speaker(log, "plain"))
    event.listen(User, "before_insert", speaker(log, "first"), insert=True)
    event.listen(User, "before_insert", speaker(log, "firster"), insert=True)
    insert(dispatch)
    assert log == ["everyone", "firster", "first", "plain"]


def test_without_propagate_a_subclass_does_not_hear(log: list[str]) -> None:
    class User(Model): ...

    class Admin(User): ...

    dispatch = map_class(Admin)
    event.listen(User, "before_insert", speaker(log, "user"), propagate=False)
    insert(dispatch)
    assert (log, dispatch.before_insert) == ([], ())


def test_listeners_wait_on_classes_that_are_not_mapped_yet(log: list[str]) -> None:
    class Mixin: ...

    event.listen(Mixin, "before_insert", speaker(log, "mixin"), propagate=True)

    class User(Mixin, Model): ...

    event.listen(User, "before_insert", speaker(log, "user"))
    insert(map_class(User))
    assert log == ["mixin", "user"]


def test_object_as_a_base_reaches_every_class(log: list[str]) -> None:
    class User(Model): ...

    dispatch = map_class(User)
    listener = speaker(log, "object")
    event.listen(object, "before_insert", listener, propagate=True)
    insert(dispatch)
    event.remove(object, "before_insert", listener)
    insert(dispatch)
    assert log == ["object"]


def test_detached_classes_fire_nothing_and_attached_again_they_do(log: list[str]) -> None:
    class User(Model): ...

    dispatch = map_class(User)
    event.listen(User, "before_insert", speaker(log, "user"))
    MapperEvents.board.detach(User)
    insert(dispatch)
    assert log == []
    insert(map_class(User))
    assert log == ["user"]


def test_a_detached_class_hears_of_no_change(log: list[str]) -> None:
    class User(Model): ...

    dispatch = map_class(User)
    MapperEvents.board.detach(User)
    event.listen(User, "before_insert", speaker(log, "user"))
    event.listen(Mapper, "before_insert", speaker(log, "everyone"))
    assert dispatch.before_insert == ()


def test_class_wide_events_fire_from_the_board_itself(log: list[str]) -> None:
    event.listen(Mapper, "before_configured", speaker(log, "configure"))
    fire(MapperEvents.board.class_wide, "before_configured")
    assert log == ["configure"]


def test_a_metaclass_with_its_own_setattr_and_equality_does_not_interfere(log: list[str]) -> None:
    class Meta(type):
        __hash__ = None  # type: ignore[assignment]  # such classes exist

        def __eq__(cls, other: object) -> bool:
            return False

        def __setattr__(cls, name: str, value: object) -> None:
            raise AssertionError(name)

    class User(metaclass=Meta): ...

    dispatch = map_class(User)
    event.listen(User, "before_insert", speaker(log, "user"))
    insert(dispatch)
    assert log == ["user"]


def refs_to_a_class_and_its_listener(mapped: bool) -> list[weakref.ref[Any]]:
    """Make a class with a listener that refers to it; return weak references to both."""

    class User(Model): ...

    def listener(mapper: object, connection: object, target: object) -> None:
        assert isinstance(target, User)

    event.listen(User, "before_insert", listener, once=True)
    if mapped:
        map_class(User)
    return [weakref.ref(User), weakref.ref(listener)]


@pytest.mark.parametrize("mapped", [True, False])
def test_a_class_goes_away_with_its_listeners_though_they_refer_to_it(mapped: bool) -> None:
    gone = refs_to_a_class_and_its_listener(mapped)
    gc.collect()
    assert [ref() for ref in gone] == [None, None]


class TestAttributes:
    """Places are (class, key)."""

    def test_only_the_attribute_of_that_key_hears(self, log: list[str]) -> None:
        class User(Model): ...

        email, name = map_attribute(User, "email"), map_attribute(User, "name")
        event.listen(Attribute(User, "email"), "modified", speaker(log, "email"))
        fire(email, "modified", "target", "initiator")
        fire(name, "modified", "target", "initiator")
        assert log == ["email"]

    def test_propagate_reaches_subclasses_of_now_and_later(self, log: list[str]) -> None:
        class User(Model): ...

        class Admin(User): ...

        own, now = map_attribute(User, "email"), map_attribute(Admin, "email")
        email = Attribute(User, "email")
        event.listen(email, "modified", speaker(log, "own"), propagate=False)
        event.listen(email, "modified", speaker(log, "all"), propagate=True)

        class Root(Admin): ...

        later = map_attribute(Root, "email")
        heard = []
        for dispatch in (own, now, later):
            log.clear()
            fire(dispatch, "modified", "target", "initiator")
            heard.append(list(log))
        assert heard == [["own", "all"], ["all"], ["all"]]

    def test_active_history_is_demanded_of_every_attribute_reached(self) -> None:
        class User(Model): ...

        class Admin(User): ...

        now = map_attribute(User, "email")
        event.listen(
            Attribute(User, "email"),
            "set",
            lambda target, value, oldvalue, initiator: None,
            active_history=True,
            propagate=True,
        )
        later = map_attribute(Admin, "email")
        other = map_attribute(User, "name")
        demanded = [each.demanded for each in (now, later, other)]
        assert demanded == [{"active_history"}, {"active_history"}, frozenset()]

    def test_detach_empties_one_attribute(self, log: list[str]) -> None:
        class User(Model): ...

        email = map_attribute(User, "email")
        event.listen(Attribute(User, "email"), "modified", speaker(log, "email"))
        AttributeEvents.board.detach(User, "email")
        assert email.modified == ()


class TestObjects:
    """Sessions: classes inherit always, one object may have listeners of its own."""

    def test_subclasses_inherit_without_propagate_in_order_of_registration(
        self, log: list[str]
    ) -> None:
        class Sub(Session): ...

        session = Sub()
        event.listen(session, "before_commit", speaker(log, "object"))
        event.listen(Sub, "before_commit", speaker(log, "sub"))
        event.listen(Session, "before_commit", speaker(log, "base"))
        fire(session.dispatch, "before_commit", session)
        assert log == ["sub", "base", "object"]

    def test_objects_of_one_class_share_a_dispatch_until_one_has_its_own(
        self, log: list[str]
    ) -> None:
        first, second = Session(), Session()
        assert first.dispatch is second.dispatch is SessionEvents.board.dispatch_of(Session)
        event.listen(first, "before_commit", speaker(log, "first"))
        fire(second.dispatch, "before_commit", second)
        assert (log, first.dispatch is second.dispatch) == ([], False)

    def test_an_own_dispatch_follows_its_class(self, log: list[str]) -> None:
        session = Session()
        listener = speaker(log, "class")
        event.listen(Session, "before_commit", listener)
        event.listen(session, "before_commit", speaker(log, "object"))
        event.listen(Session, "before_commit", speaker(log, "class, later"))
        event.remove(Session, "before_commit", listener)
        fire(session.dispatch, "before_commit", session)
        assert log == ["class, later", "object"]

    def test_insert_on_an_object_stays_behind_the_class(self, log: list[str]) -> None:
        session = Session()
        event.listen(Session, "before_commit", speaker(log, "class"))
        event.listen(session, "before_commit", speaker(log, "object"))
        event.listen(session, "before_commit", speaker(log, "object first"), insert=True)
        fire(session.dispatch, "before_commit", session)
        assert log == ["class", "object first", "object"]

    def test_looking_for_a_listener_gives_no_object_a_dispatch(self) -> None:
        session = Session()
        shared = session.dispatch
        assert event.contains(session, "before_commit", print) is False
        assert session.dispatch is shared

    @pytest.mark.parametrize("once", [True, False])
    def test_an_object_goes_away_with_its_listeners(self, once: bool) -> None:
        session = Session()
        event.listen(session, "before_commit", lambda session: None, once=once)
        gone = weakref.ref(session)
        gc.disable()
        try:
            del session
            assert gone() is None  # without the collector: no cycle keeps it
        finally:
            gc.enable()
        event.listen(Session, "before_commit", lambda session: None)

    def test_an_outlived_once_listener_runs_and_forgets_nothing(self, log: list[str]) -> None:
        session = Session()
        event.listen(session, "before_commit", speaker(log, "once"), once=True)
        calls = session.dispatch.before_commit
        del session
        for call in calls:
            call("session")
        assert log == ["once"]


class TestInstrumentation:
    """Propagates by default; `type` is every class."""

    def test_subclasses_hear_unless_told_otherwise(self, log: list[str]) -> None:
        class Base: ...

        class Sub(Base): ...

        dispatch = Dispatch(InstrumentationEvents)
        InstrumentationEvents.board.attach(Sub, dispatch)
        event.listen(Base, "class_instrument", speaker(log, "base"))
        event.listen(Base, "class_instrument", speaker(log, "base only"), propagate=False)
        event.listen(type, "class_instrument", speaker(log, "type"))
        fire(dispatch, "class_instrument", Sub)
        assert log == ["type", "base"]

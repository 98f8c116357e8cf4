"""Listener classes: each event method of a family's subclass is one listener."""

from __future__ import annotations

from typing import Any

import pytest

from cormorant import event
from cormorant.events import (
    AttributeEvents,
    InstanceEvents,
    MapperEvents,
    SessionEvents,
)
from cormorant.exc import ListenError

from .fakes import (
    Attribute,
    Mapper,
    Model,
    Session,
    fire,
    fire_value,
    map_attribute,
    map_class,
)


class User(Model):
    """The class under test."""


class Admin(User):
    """Its subclass."""


class Audit(MapperEvents, propagate=True):
    """Notes what it hears."""

    def __init__(self) -> None:
        self.log: list[str] = []

    def before_insert(self, mapper: Any, connection: Any, target: Any) -> None:
        self.log.append(f"before {target}")

    @event.options(once=True)
    def after_insert(self, mapper: Any, connection: Any, target: Any) -> None:
        self._note(f"after {target}")

    def _note(self, text: str) -> None:
        self.log.append(text)


def insert(dispatch: Any, target: str) -> None:
    """Fire the two events of an insert."""
    fire(dispatch, "before_insert", "m", "c", target)
    fire(dispatch, "after_insert", "m", "c", target)


def test_methods_listen_with_the_options_of_class_and_method() -> None:
    dispatch, audit = map_class(Admin), Audit()
    event.attach(audit, User)
    insert(dispatch, "one")
    insert(dispatch, "two")
    assert audit.log == ["before one", "after one", "before two"]


def test_options_of_the_call_win_over_those_of_the_class() -> None:
    dispatch, audit = map_class(Admin), Audit()
    event.attach(audit, User, propagate=False)
    insert(dispatch, "one")
    assert audit.log == []


def test_several_targets_and_several_objects() -> None:
    class Ship(Model): ...

    dispatches, audits = [map_class(User), map_class(Ship)], [Audit(), Audit()]
    event.attach(audits[0], User, Ship)
    event.attach(audits[1], User)
    for dispatch, name in zip(dispatches, ("user", "ship"), strict=True):
        fire(dispatch, "before_insert", "m", "c", name)
    assert [audit.log for audit in audits] == [["before user", "before ship"], ["before user"]]


def test_detached_methods_hear_nothing() -> None:
    dispatch, audit = map_class(User), Audit()
    event.attach(audit, User)
    event.detach(audit, User)
    insert(dispatch, "one")
    assert (audit.log, dispatch.before_insert) == ([], ())


def test_a_class_with_a_target_listens_from_its_definition_on() -> None:
    heard: list[str] = []
    dispatch = map_class(User)

    class Stamps(MapperEvents, target=User, priority=5, propagate=False):
        def before_insert(self, mapper: Any, connection: Any, target: Any) -> None:
            heard.append(target)

    event.listen(User, "before_insert", lambda m, c, t: heard.append("plain"), insert=False)
    insert(dispatch, "one")
    event.detach(Stamps)
    insert(dispatch, "two")
    assert heard == ["one", "plain", "plain"]


def test_a_class_may_name_several_targets() -> None:
    heard: list[str] = []
    dispatches = [map_class(User), map_class(Admin)]

    class Stamps(MapperEvents, target=[User, Admin], propagate=False):
        def before_insert(self, mapper: Any, connection: Any, target: Any) -> None:
            heard.append(target)

    for dispatch in dispatches:
        insert(dispatch, "x")
    event.detach(Stamps, User)
    for dispatch in dispatches:
        insert(dispatch, "y")
    assert heard == ["x", "x", "y"]


def test_subclasses_of_a_listener_class_inherit_methods_and_options() -> None:
    class Loud(Audit):
        def before_insert(self, mapper: Any, connection: Any, target: Any) -> None:
            self._note(f"BEFORE {target}")

    dispatch, loud = map_class(Admin), Loud()
    event.attach(loud, User)
    insert(dispatch, "one")
    assert loud.log == ["BEFORE one", "after one"]


def test_two_families_may_share_a_class() -> None:
    class Both(MapperEvents, InstanceEvents, raw=True, propagate=True):
        def __init__(self) -> None:
            self.log: list[str] = []

        def before_insert(self, mapper: Any, connection: Any, target: Any) -> None:
            self.log.append(f"insert {type(target).__name__}")

        @event.options(raw=False)
        def load(self, target: Any, context: Any) -> None:
            self.log.append(f"load {target}")

    dispatch, both = map_class(User), Both()
    event.attach(both, User)
    fire(dispatch, "before_insert", "m", "c", "one")
    fire(dispatch, "load", "one", "context")
    assert both.log == ["insert State", "load one"]


def test_an_option_of_some_events_holds_for_those() -> None:
    class Cache(SessionEvents, retval=True):
        def do_orm_execute(self, orm_execute_state: Any) -> Any: ...

        def before_commit(self, session: Any) -> None: ...

    event.attach(Cache(), Session)
    rows = event.listeners(Session)
    assert {row.event: dict(row.options) for row in rows} == {
        "do_orm_execute": {"retval": True},
        "before_commit": {},
    }


def test_attribute_methods_take_the_key_or_leave_it() -> None:
    log: list[Any] = []

    class Watch(AttributeEvents, propagate=True):
        @event.options(include_key=True)
        def append(self, target: Any, value: Any, initiator: Any, *, key: Any = None) -> None:
            log.append((value, key))

        def remove(self, target: Any, value: Any, initiator: Any) -> None:
            log.append(value)

        @event.options(retval=True)
        def set(self, target: Any, value: Any, oldvalue: Any, initiator: Any) -> Any:
            return value.upper()

    dispatch = map_attribute(User, "names")
    event.attach(Watch(), Attribute(User, "names"))
    fire(dispatch, "append", "t", "a", "i", 0)
    fire(dispatch, "remove", "t", "a", "i", 0)
    assert fire_value(dispatch, "set", "t", "v", "o", "i") == "V"
    assert log == [("a", 0), "a"]


def test_static_and_class_methods_listen_too() -> None:
    log: list[str] = []

    class Stamps(MapperEvents):
        @staticmethod
        def before_insert(mapper: Any, connection: Any, target: Any) -> None:  # type: ignore[override]
            log.append("static")

        @classmethod
        def after_insert(cls, mapper: Any, connection: Any, target: Any) -> None:  # type: ignore[override]
            log.append(cls.__name__)

    stamps = Stamps()
    dispatch = map_class(User)
    event.attach(stamps, User)
    insert(dispatch, "one")
    event.detach(stamps, User)
    insert(dispatch, "two")
    assert log == ["static", "Stamps"]


def test_events_of_all_mappers_are_heard_by_all_mappers_only() -> None:
    class Ready(MapperEvents):
        def after_configured(self) -> None: ...

    ready = Ready()
    event.attach(ready, Mapper)
    assert [row.event for row in event.listeners(Mapper)] == ["after_configured"]
    with pytest.raises(ListenError, match="takes the class Mapper only"):
        event.attach(ready, User)


def test_the_family_itself_is_no_listener_and_stays_a_catalog() -> None:
    assert "before_insert" in MapperEvents.events
    event.listen(User, "before_insert", Audit().before_insert)
    assert Audit.events is MapperEvents.events


class TestRefused:
    """What would never be called, or fails when it is."""

    def test_a_misspelt_method(self) -> None:
        with pytest.raises(ListenError) as caught:

            class Stamps(MapperEvents):
                def before_isnert(self, mapper: Any, connection: Any, target: Any) -> None: ...

        assert str(caught.value) == (
            "Stamps.before_isnert listens to nothing: MapperEvents has no event "
            "'before_isnert'; did you mean 'before_insert'? A method that is no listener "
            "begins with '_'."
        )

    def test_a_method_that_is_like_no_event(self) -> None:
        with pytest.raises(ListenError) as caught:

            class Queries(SessionEvents, InstanceEvents):
                def zzz(self) -> None: ...

        text = str(caught.value)
        assert text.startswith(
            "Queries.zzz listens to nothing: SessionEvents or InstanceEvents has no event 'zzz'; "
            "its events are 'after_attach', "
        )
        assert text.endswith(" and 'unpickle'. A method that is no listener begins with '_'.")

    def test_wrong_arguments_of_a_method(self) -> None:
        class Stamps(MapperEvents):
            def before_insert(self, target: Any) -> None: ...  # type: ignore[override]

        with pytest.raises(ListenError) as caught:
            event.attach(Stamps(), User)
        assert str(caught.value).startswith(
            "Stamps.before_insert(target) cannot listen to before_insert(mapper, connection, "
            "target): too many positional arguments."
        )

    def test_an_async_method(self) -> None:
        with pytest.raises(ListenError, match="before_insert is 'async def' and cannot listen"):

            class Stamps(MapperEvents, target=User):
                async def before_insert(
                    self, mapper: Any, connection: Any, target: Any
                ) -> None: ...

    def test_an_option_of_no_event(self) -> None:
        with pytest.raises(ListenError, match="no option 'propagat'; did you mean 'propagate'"):

            class Stamps(MapperEvents, propagat=True): ...

    def test_an_option_that_the_event_of_a_method_does_not_have(self) -> None:
        class Stamps(SessionEvents):
            @event.options(retval=True)
            def before_commit(self, session: Any) -> None: ...

        with pytest.raises(ListenError, match="before_commit has no option 'retval'"):
            event.attach(Stamps(), Session)

    def test_a_wrong_target(self) -> None:
        with pytest.raises(ListenError, match="No 'before_insert' for an object of the class"):
            event.attach(Audit(), 7)

    def test_no_target(self) -> None:
        with pytest.raises(ListenError, match="Audit needs a target"):
            event.attach(Audit())

    @pytest.mark.parametrize("what", [Audit, print, 7])
    def test_what_is_no_listener_object(self, what: Any) -> None:
        with pytest.raises(ListenError, match="is no object of a listener class"):
            event.attach(what, User)

    def test_a_class_with_target_that_needs_arguments(self) -> None:
        with pytest.raises(ListenError) as caught:

            class Stamps(MapperEvents, target=User):
                def __init__(self, clock: Any) -> None: ...

        assert str(caught.value) == (
            "An object of Stamps cannot be made without arguments "
            "(TestRefused.test_a_class_with_target_that_needs_arguments.<locals>.Stamps.__init__()"
            " missing 1 required positional argument: 'clock'); leave target= out and attach one "
            "yourself: event.attach(Stamps(...), target)."
        )

    def test_detaching_what_does_not_listen(self) -> None:
        with pytest.raises(ListenError, match="Audit does not listen there"):
            event.detach(Audit(), User)
        with pytest.raises(ListenError, match="'Audit' was not attached by target="):
            event.detach(Audit)

    def test_when_one_method_is_refused_no_other_listens(self) -> None:
        def first(mapper: Any, connection: Any, target: Any) -> None: ...

        class Stamps(MapperEvents):
            def before_insert(self, mapper: Any, connection: Any, target: Any) -> None: ...

            @event.options(before=first)
            def before_update(self, mapper: Any, connection: Any, target: Any) -> None: ...

        dispatch = map_class(User)
        event.listen(Mapper, "before_update", first)
        with pytest.raises(ListenError, match="always come before"):
            event.attach(Stamps(), User)
        assert (dispatch.before_insert, dispatch.before_update) == ((), (first,))

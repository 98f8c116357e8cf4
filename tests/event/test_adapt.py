"""Options change what a listener is given and what becomes of its value."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from cormorant import event
from cormorant.event.catalog import (
    AttributeEvents,
    InstanceEvents,
    MapperEvents,
    QueryEvents,
    SessionEvents,
)
from cormorant.event.constants import EXT_CONTINUE, EXT_SKIP, NO_KEY

from .fakes import (
    Attribute,
    Model,
    Query,
    Session,
    State,
    fire,
    fire_value,
    map_attribute,
    map_class,
)


class User(Model):
    """The class under test; the boards are new in every test."""


EMAIL = Attribute(User, "email")
Heard = list[Any]


@pytest.fixture
def heard() -> Heard:
    """What listeners were given."""
    return []


def test_a_plain_listener_stands_in_the_tuple_itself() -> None:
    def listener(mapper: object, connection: object, target: object) -> None: ...

    dispatch = map_class(User)
    event.listen(User, "before_insert", listener)
    assert dispatch.before_insert == (listener,)


def test_raw_hands_over_the_state_of_the_object(heard: Heard) -> None:
    dispatch = map_class(User)
    event.listen(User, "before_insert", lambda m, c, target: heard.append(target), raw=True)
    event.listen(User, "load", lambda target, context: heard.append(target), raw=True)
    fire(dispatch, "before_insert", "mapper", "connection", "object")
    fire(dispatch, "load", "object", "context")
    assert [(type(each), each.obj) for each in heard] == [(State, "object")] * 2


def test_raw_changes_nothing_where_no_object_is_given(heard: Heard) -> None:
    session = Session()
    event.listen(session, "before_commit", heard.append, raw=True)
    event.listen(session, "after_attach", lambda s, instance: heard.append(instance.obj), raw=True)
    fire(session.dispatch, "before_commit", "session")
    fire(session.dispatch, "after_attach", "session", "object")
    assert heard == ["session", "object"]


def test_named_gives_the_arguments_by_name_in_any_order(heard: Heard) -> None:
    dispatch = map_attribute(User, "email")
    event.listen(EMAIL, "set", lambda **named: heard.append(named), named=True)
    event.listen(
        EMAIL,
        "set",
        lambda initiator, oldvalue, value, target: heard.append((value, oldvalue)),
        named=True,
    )
    fire(dispatch, "set", "target", "new", "old", "initiator")
    names = {"target": "target", "value": "new", "oldvalue": "old", "initiator": "initiator"}
    assert heard == [names, ("new", "old")]


def test_named_with_raw_names_the_state(heard: Heard) -> None:
    dispatch = map_class(User)
    event.listen(User, "expire", lambda **n: heard.append(n), named=True, raw=True)
    fire(dispatch, "expire", "object", None)
    assert [(each["target"].obj, each["attrs"]) for each in heard] == [("object", None)]


@pytest.mark.parametrize("name", ["append", "append_wo_mutation", "remove", "bulk_replace"])
def test_the_key_of_a_collection_reaches_only_who_asks(name: str, heard: Heard) -> None:
    dispatch = map_attribute(User, "email")
    word = "keys" if name == "bulk_replace" else "key"
    event.listen(EMAIL, name, lambda *a, **k: heard.append((a, k)))
    event.listen(EMAIL, name, lambda *a, **k: heard.append((a, k)), include_key=True)
    event.listen(EMAIL, name, lambda **k: heard.append(k), named=True)
    event.listen(EMAIL, name, lambda **k: heard.append(k), named=True, include_key=True)
    fire(dispatch, name, "t", "v", "i", NO_KEY)
    event_names = AttributeEvents.events[name].plain_arguments
    plain = dict(zip(event_names, "tvi", strict=True))
    assert heard == [
        (("t", "v", "i"), {}),
        (("t", "v", "i"), {word: NO_KEY}),
        plain,
        plain | {word: NO_KEY},
    ]


def test_values_go_from_one_retval_listener_to_the_next(heard: Heard) -> None:
    dispatch = map_attribute(User, "email")
    event.listen(EMAIL, "set", lambda t, value, old, i: heard.append(value))
    event.listen(EMAIL, "set", lambda t, value, old, i: value.strip(), retval=True)
    event.listen(EMAIL, "set", lambda t, value, old, i: heard.append(value))
    event.listen(EMAIL, "set", lambda t, value, old, i: value.lower(), retval=True)
    assert fire_value(dispatch, "set", "target", " A@B ", "old", "initiator") == "a@b"
    assert heard == [" A@B ", "A@B"]


def test_values_are_kept_while_no_listener_returns_any() -> None:
    dispatch = map_attribute(User, "email")
    event.listen(EMAIL, "set", lambda t, value, old, i: "ignored")
    assert fire_value(dispatch, "set", "target", "kept", "old", "initiator") == "kept"
    assert dispatch.returning == frozenset()


@pytest.mark.parametrize("name", ["append", "append_wo_mutation"])
def test_appended_values_are_replaced_with_key_and_state(name: str) -> None:
    dispatch = map_attribute(User, "email")
    event.listen(EMAIL, name, lambda t, v, i: (t.obj, v), retval=True, raw=True)
    event.listen(EMAIL, name, lambda t, v, i: None)
    event.listen(EMAIL, name, lambda t, v, i, key: (v, key), retval=True, include_key=True)
    assert fire_value(dispatch, name, "t", "v", "i", 7) == (("t", "v"), 7)


def test_a_returned_value_is_heeded_only_where_it_means_something() -> None:
    dispatch = map_attribute(User, "email")
    event.listen(EMAIL, "bulk_replace", lambda t, v, i: "other", retval=True)
    event.listen(EMAIL, "modified", lambda t, i: "other", retval=True)
    assert dispatch.returning == frozenset()


def test_mapper_listeners_without_a_value_say_continue() -> None:
    dispatch = map_class(User)
    event.listen(User, "before_mapper_configured", lambda m, c: "ignored")
    event.listen(User, "before_mapper_configured", lambda m, c: EXT_SKIP, retval=True)
    answers = [call("mapper", "class") for call in dispatch.before_mapper_configured]
    assert answers == [EXT_CONTINUE, EXT_SKIP]
    assert dispatch.returning == {"before_mapper_configured"}


def test_an_event_that_returned_values_stays_one_that_does(heard: Heard) -> None:
    def trim(target: Any, value: Any, oldvalue: Any, initiator: Any) -> Any:
        return value.strip()

    dispatch = map_attribute(User, "email")
    event.listen(EMAIL, "set", trim, retval=True)
    event.listen(EMAIL, "set", lambda t, value, old, i: heard.append(value))
    event.remove(EMAIL, "set", trim)
    assert fire_value(dispatch, "set", "target", " kept ", "old", "initiator") == " kept "
    assert heard == [" kept "]


def test_a_query_is_replaced_and_kept_by_others() -> None:
    dispatch = QueryEvents.board.dispatch_of(Query)
    event.listen(Query, "before_compile", lambda query: query + 1, retval=True, bake_ok=True)
    event.listen(Query, "before_compile", lambda query: None)
    answers = [call(1) for call in dispatch.before_compile]
    assert answers == [2, 1]


@pytest.mark.parametrize("name", ["after_bulk_update", "after_bulk_delete"])
def test_bulk_listeners_may_have_the_four_arguments_of_old(name: str, heard: Heard) -> None:
    session = Session()

    def old(session: Any, query: Any, query_context: Any, result: Any) -> None:
        heard.append((session, query, query_context, result))

    event.listen(session, name, old)
    event.listen(session, name, lambda context: heard.append(context.session))
    context = SimpleNamespace(session="s", query="q", context="c", result="r")
    fire(session.dispatch, name, context)
    fire(session.dispatch, name, SimpleNamespace(session="s", query="q", result="r"))
    assert heard == [("s", "q", "c", "r"), "s", ("s", "q", None, "r"), "s"]


def test_a_listener_that_fits_the_present_arguments_gets_those(heard: Heard) -> None:
    session = Session()
    event.listen(session, "after_bulk_update", lambda *arguments: heard.append(arguments))
    fire(session.dispatch, "after_bulk_update", "context")
    assert heard == [("context",)]


def test_the_wrapper_of_an_option_sees_what_is_fired(
    heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrap(listener: Any) -> Any:
        def restoring(*fired: Any) -> Any:
            heard.append(("before", *fired))
            listener(*fired)
            heard.append("after")

        return restoring

    for family in (InstanceEvents, SessionEvents):
        monkeypatch.setitem(family.wrappers, "restore_load_context", wrap)
    dispatch, session = map_class(User), Session()
    event.listen(
        User, "load", lambda t, c: heard.append(t.obj), raw=True, restore_load_context=True
    )
    event.listen(User, "expire", lambda t, a: heard.append(t), restore_load_context=True)
    event.listen(
        session, "loaded_as_persistent", lambda s, i: heard.append(i), restore_load_context=True
    )
    fire(dispatch, "load", "object", "context")
    fire(dispatch, "expire", "expired", None)
    fire(session.dispatch, "loaded_as_persistent", "session", "instance")
    assert heard == [
        ("before", "object", "context"),
        "object",
        "after",
        "expired",
        ("before", "session", "instance"),
        "instance",
        "after",
    ]


def test_once_runs_once_and_is_forgotten(heard: Heard) -> None:
    def once(mapper: object, connection: object, target: object) -> None:
        heard.append(target)

    dispatch = map_class(User)
    event.listen(User, "before_insert", once, once=True)
    tuple_at_start = dispatch.before_insert
    fire(dispatch, "before_insert", "m", "c", "first")
    fire(dispatch, "before_insert", "m", "c", "second")
    for call in tuple_at_start:
        call("m", "c", "third")
    assert (heard, dispatch.before_insert) == (["first"], ())
    assert event.contains(User, "before_insert", once) is False


def test_once_with_a_value_lets_later_values_pass() -> None:
    dispatch = map_attribute(User, "email")
    event.listen(EMAIL, "set", lambda t, v, o, i: v.upper(), retval=True, once=True)
    (call,) = dispatch.set
    assert [call("t", v, "o", "i") for v in ("first", "second")] == ["FIRST", "second"]


def test_once_that_recurses_does_not_run_again(heard: Heard) -> None:
    session = Session()

    def once(session: Any) -> None:
        heard.append("once")
        fire(session.dispatch, "after_commit", session)

    event.listen(session, "after_commit", once, once=True)
    fire(session.dispatch, "after_commit", session)
    assert heard == ["once"]


def test_once_for_all_classes_is_claimed_by_the_first(heard: Heard) -> None:
    class Other(Model): ...

    first, second = map_class(User), map_class(Other)
    event.listen(Model, "load", lambda t, c: heard.append(t), once=True, propagate=True)
    fire(second, "load", "other", None)
    fire(first, "load", "user", None)
    assert (heard, first.load) == (["other"], ())


def test_options_that_are_off_change_nothing() -> None:
    def listener(mapper: object, connection: object, target: object) -> None: ...

    dispatch = map_class(User)
    event.listen(User, "before_insert", listener, raw=False, once=False, named=False, retval=False)
    assert dispatch.before_insert == (listener,)
    assert MapperEvents.events["before_insert"].object_position == 2

"""What is wrong is refused at registration, in these words."""

from __future__ import annotations

import functools
from typing import Any

import pytest
from sqlalchemy import create_engine

from cormorant import event
from cormorant.exc import ListenError

from .fakes import Attribute, Model, Query, Session, fire, map_class


class User(Model):
    """The class under test."""


class Secret:
    """A target whose text must not be printed."""

    def __repr__(self) -> str:
        return "s3cret"


def stamp(target: Any) -> None:
    """Listen with too few arguments."""


def stamp_with(target: Any, *, by: str = "s3cret", **rest: Any) -> None:
    """Listen with too few arguments and a default."""


async def send(mapper: Any, connection: Any, target: Any) -> None:
    """Listen asynchronously."""


async def stream(mapper: Any, connection: Any, target: Any) -> Any:
    """Listen as an asynchronous generator."""
    yield


class Mailer:
    """An object with an asynchronous call."""

    async def __call__(self, mapper: Any, connection: Any, target: Any) -> None:
        """Listen asynchronously."""


MAPPER_TARGETS = "a mapped class, a base or mixin of mapped classes, a Mapper, or the class Mapper"
FAMILIES = (
    "'AttributeEvents', 'InstanceEvents', 'InstrumentationEvents', 'MapperEvents', "
    "'QueryEvents', 'RegistryEvents' and 'SessionEvents'"
)
EVENTS_OF_A_CLASS = (
    "it has 'after_configured', 'after_delete', 'after_insert', 'after_mapper_constructed', "
    "'after_update', 'before_configured', 'before_delete', 'before_insert', "
    "'before_mapper_configured', 'before_update', 'instrument_class' and 'mapper_configured' "
    "(MapperEvents); 'expire', 'first_init', 'init', 'init_failure', 'load', 'pickle', 'refresh', "
    "'refresh_flush' and 'unpickle' (InstanceEvents); 'attribute_instrument', 'class_instrument' "
    "and 'class_uninstrument' (InstrumentationEvents)"
)
ASYNC = (
    "is 'async def' and cannot listen to before_insert(mapper, connection, target): the event is "
    "fired by synchronous code that would never await it. Write it as 'def', or start a task "
    "from a synchronous listener."
)
TAKE = "Take these arguments, or pass named=True to receive them by name."
EMAIL = Attribute(User, "email")

REFUSED = [
    pytest.param(
        (User, "before_insrt", stamp),
        {},
        "There is no event 'before_insrt' for the class 'User'; did you mean 'before_insert' "
        "(MapperEvents)?",
        id="unknown name",
    ),
    pytest.param(
        (User, "befor_configured", stamp),
        {},
        "There is no event 'befor_configured' for the class 'User'; did you mean "
        "'before_configured' (MapperEvents, RegistryEvents) or 'after_configured' (MapperEvents, "
        "RegistryEvents) or 'before_mapper_configured' (MapperEvents)?",
        id="unknown name with two owners",
    ),
    pytest.param(
        (User, "zzz", stamp),
        {},
        f"There is no event 'zzz' for the class 'User'; {EVENTS_OF_A_CLASS}.",
        id="unknown name with nothing near",
    ),
    pytest.param(
        (User, "connect", stamp),
        {},
        f"There is no event 'connect' for the class 'User'; {EVENTS_OF_A_CLASS}.",
        id="name of Core on a class of ours",
    ),
    pytest.param(
        (create_engine("sqlite://"), "befor_cursor_execute", stamp),
        {},
        "There is no event 'befor_cursor_execute' for an object of the class 'Engine'; did you "
        "mean 'before_cursor_execute' (ConnectionEvents) or 'after_cursor_execute' "
        "(ConnectionEvents)?",
        id="unknown name on a target of Core",
    ),
    pytest.param(
        (Secret(), "zzz", stamp),
        {},
        f"There is no event 'zzz' for an object of the class 'Secret'; the families are "
        f"{FAMILIES}.",
        id="unknown name on no target at all",
    ),
    pytest.param(
        (User, "before_insert", stamp),
        {"propagat": True},
        "MapperEvents.before_insert has no option 'propagat'; did you mean 'propagate'? Its "
        "options are 'after', 'before', 'insert', 'named', 'once', 'priority', 'propagate', "
        "'raw' and 'retval'.",
        id="misspelt option",
    ),
    pytest.param(
        (User, "before_insert", print),
        {"priority": "s3cret"},
        "The option 'priority' of a listener to 'before_insert' is an object of the class 'str'; "
        "give an int: higher ones are called first, 0 is usual.",
        id="priority is no number",
    ),
    pytest.param(
        (User, "before_insert", print),
        {"before": "stamp"},
        "'before' takes another listener, or a list of listeners; an object of the class 'str' "
        "is none.",
        id="before a name",
    ),
    pytest.param(
        (User, "before_insert", print),
        {"after": [max, print]},
        "print cannot be called after itself.",
        id="after itself",
    ),
    pytest.param(
        (Secret(), "before_insert", stamp),
        {},
        "No 'before_insert' for an object of the class 'Secret': MapperEvents.before_insert "
        f"takes {MAPPER_TARGETS}.",
        id="wrong target",
    ),
    pytest.param(
        (EMAIL, "before_insert", stamp),
        {},
        "No 'before_insert' for the attribute 'User.email': MapperEvents.before_insert takes "
        f"{MAPPER_TARGETS}.",
        id="an attribute as a mapper target",
    ),
    pytest.param(
        (User, "set", stamp),
        {},
        "No 'set' for the class 'User': AttributeEvents.set takes an attribute of a mapped "
        "class (User.email).",
        id="a class as an attribute target",
    ),
    pytest.param(
        (User, "before_configured", stamp),
        {},
        "No 'before_configured' for the class 'User': MapperEvents.before_configured takes the "
        "class Mapper only; RegistryEvents.before_configured takes a registry, the class "
        "registry, or a declarative base class.",
        id="a class as target of an event of all mappers",
    ),
    pytest.param(
        (User, "before_insert", stamp),
        {},
        "stamp(target) cannot listen to before_insert(mapper, connection, target): too many "
        f"positional arguments. {TAKE}",
        id="too few parameters",
    ),
    pytest.param(
        (User, "before_insert", stamp_with),
        {},
        "stamp_with(target, *, by=..., **rest) cannot listen to before_insert(mapper, connection, "
        f"target): too many positional arguments. {TAKE}",
        id="a default is not printed",
    ),
    pytest.param(
        (User, "before_insert", functools.partial(stamp_with, by="s3cret")),
        {},
        "partial of stamp_with(target, *, by=..., **rest) cannot listen to before_insert(mapper, "
        f"connection, target): too many positional arguments. {TAKE}",
        id="a partial",
    ),
    pytest.param(
        (EMAIL, "append", lambda target, value, initiator: None),
        {"include_key": True},
        "<lambda>(target, value, initiator) cannot listen to append(target, value, initiator, "
        f"key): got an unexpected keyword argument 'key'. {TAKE}",
        id="include_key without a parameter for it",
    ),
    pytest.param(
        (Session, "after_bulk_update", lambda session, query: None),
        {},
        "<lambda>(session, query) cannot listen to after_bulk_update(update_context): missing a "
        f"required argument: 'query'. {TAKE}",
        id="neither the present nor the old arguments",
    ),
    pytest.param(
        (User, "before_insert", stamp),
        {"named": True},
        "stamp(target) cannot listen to before_insert(mapper, connection, target) with "
        "named=True: got an unexpected keyword argument 'mapper'. Give its parameters these "
        "names, or let it take **arguments.",
        id="named without the names",
    ),
    pytest.param(
        (User, "before_insert", print),
        {"active_history": True},
        "MapperEvents.before_insert has no option 'active_history'; its options are 'after', "
        "'before', 'insert', 'named', 'once', 'priority', 'propagate', 'raw' and 'retval'.",
        id="wrong option",
    ),
    pytest.param(
        (Session, "before_commit", print),
        {"retval": True},
        "SessionEvents.before_commit has no option 'retval'; its options are 'after', 'before', "
        "'insert', 'named', 'once', 'priority', 'propagate', 'raw' and 'restore_load_context'.",
        id="an option of another event of the family",
    ),
    pytest.param(
        (User, "before_insert", Secret()),
        {},
        "A listener to before_insert(mapper, connection, target) must be callable; an object of "
        "the class 'Secret' is not. Give a function that takes these arguments.",
        id="not callable",
    ),
    pytest.param((User, "before_insert", send), {}, f"send {ASYNC}", id="async def"),
    pytest.param(
        (User, "before_insert", functools.partial(send)),
        {},
        f"partial of send {ASYNC}",
        id="partial of an async def",
    ),
    pytest.param((User, "before_insert", stream), {}, f"stream {ASYNC}", id="async generator"),
    pytest.param((User, "before_insert", Mailer()), {}, f"Mailer {ASYNC}", id="async __call__"),
    pytest.param(
        (User, "before_insert", Mailer().__call__),
        {},
        f"Mailer.__call__ {ASYNC}",
        id="bound async method",
    ),
]


@pytest.mark.parametrize(("arguments", "options", "message"), REFUSED)
def test_refused_in_these_words(
    arguments: tuple[Any, str, Any], options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ListenError) as caught:
        event.listen(*arguments, **options)
    assert str(caught.value) == message
    assert caught.value.__cause__ is None


class Takes:
    """Callables of all kinds that can be called with the three arguments."""

    def method(self, mapper: Any, connection: Any, target: Any) -> None:
        """Listen."""

    @classmethod
    def of_class(cls, mapper: Any, connection: Any, target: Any) -> None:
        """Listen."""

    @staticmethod
    def static(mapper: Any, connection: Any, target: Any = None) -> None:
        """Listen."""

    def __call__(self, *arguments: Any) -> None:
        """Listen."""


ACCEPTED = [
    print,
    max,
    slice,
    dict.setdefault,
    functools.partial(lambda extra, m, c, t: None, "extra"),
    Takes().method,
    Takes.of_class,
    Takes.static,
    Takes(),
    lambda *arguments: None,
    lambda m, c, t, more=None: None,
]


@pytest.mark.parametrize("listener", ACCEPTED, ids=[str(n) for n in range(len(ACCEPTED))])
def test_whatever_can_be_called_so_is_accepted(listener: Any) -> None:
    dispatch = map_class(User)
    event.listen(User, "before_insert", listener)
    assert event.contains(User, "before_insert", listener)
    fire(dispatch, "after_insert", 1, 2, 3)


@pytest.mark.parametrize("verb", [event.remove, event.contains])
def test_removing_and_asking_check_name_and_target(verb: Any) -> None:
    texts = []
    for target, name in [(User, "before_insrt"), (Secret(), "load")]:
        with pytest.raises(ListenError) as caught:
            verb(target, name, stamp)
        texts.append(str(caught.value))
    assert texts == [
        "There is no event 'before_insrt' for the class 'User'; did you mean 'before_insert' "
        "(MapperEvents)?",
        "No 'load' for an object of the class 'Secret': InstanceEvents.load takes "
        f"{MAPPER_TARGETS}.",
    ]


def test_propagate_is_legal_where_classes_inherit_anyway() -> None:
    event.listen(Session, "before_commit", print, propagate=True)
    event.listen(Query, "before_compile", print, propagate=True)
    assert event.contains(Session, "before_commit", print)

"""Every call of a listener fails in turn: rows are before or after, and the session works."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Engine

from cormorant import Session, event
from cormorant.exc import AfterCommitErrors
from tests.people import People, declare

from .program import AFTER, BEFORE, Work, prepare, rows_of

pytestmark = pytest.mark.filterwarnings("ignore::cormorant.exc.RollbackListenerWarning")

SESSION = (
    "after_transaction_create",
    "after_begin",
    "before_attach",
    "after_attach",
    "transient_to_pending",
    "pending_to_transient",
    "persistent_to_transient",
    "loaded_as_persistent",
    "before_flush",
    "pending_to_persistent",
    "persistent_to_deleted",
    "deleted_to_persistent",
    "deleted_to_detached",
    "persistent_to_detached",
    "after_flush",
    "after_flush_postexec",
    "before_commit",
    "after_commit",
    "after_rollback",
    "after_soft_rollback",
    "after_transaction_end",
    "do_orm_execute",
)
MAPPER = tuple(
    f"{w}_{what}" for what in ("insert", "update", "delete") for w in ("before", "after")
)
INSTANCE = ("init", "load", "refresh", "refresh_flush", "expire")
COLUMN = ("set",)
COLLECTION = ("append", "remove", "bulk_replace", "init_collection", "dispose_collection")


class ListenerFailedError(Exception):
    """What a listener of this test raises."""


class Listeners:
    """Listeners of everything that count their calls; call number `at` raises.

    `for_good`: all calls from there on raise.
    """

    def __init__(self, at: int = 0, for_good: bool = False) -> None:
        self.at, self.for_good = at, for_good
        self.called: list[str] = []
        self.armed = True

    def listener(self, name: str) -> Callable[..., None]:
        """Return the listener of one event."""

        def listen(*arguments: Any) -> None:
            if not self.armed:
                return
            self.called.append(name)
            number = len(self.called)
            if number == self.at or (self.for_good and 0 < self.at <= number):
                raise ListenerFailedError(name)

        return listen

    def attach(self, people: People, session: Session) -> None:
        """Listen to everything that the classes and the session announce."""
        targets: list[tuple[Any, tuple[str, ...]]] = [(session, SESSION)]
        for cls in (people.User, people.Address):
            targets.append((cls, MAPPER + INSTANCE))
        targets += [
            (people.User.name, COLUMN),
            (people.User.age, COLUMN),
            (people.Address.user, COLUMN),
            (people.Address.user_id, COLUMN),
            (people.User.addresses, COLLECTION),
        ]
        for target, names in targets:
            for name in names:
                event.listen(target, name, self.listener(name))


def disturbed(sound: Engine, at: int, for_good: bool) -> tuple[list[str], list[str]]:
    """Run the work while a listener fails; return the calls, and what is wrong afterwards."""
    people = declare()
    prepare(people, sound)
    session, listeners = Session(sound), Listeners(at, for_good)
    work = Work(people, session)
    listeners.attach(people, session)
    error: Any = None
    try:
        work.run()
    except (ListenerFailedError, AfterCommitErrors) as caught:
        error = caught
    session.rollback()
    listeners.armed = False
    rows, wrong = rows_of(people, sound), []
    committed = error is None or isinstance(error, AfterCommitErrors)
    if rows != (AFTER if committed else BEFORE):
        wrong.append(f"{error!r} but rows {rows}")
    rolled_back = [] if at == 1 else ["rolled back"]  # call 1 is that of the first begin
    if work.said != (["committed", "savepoint committed"] if committed else rolled_back):
        wrong.append(f"{error!r} but callbacks {work.said}")
    if committed and at and not isinstance(error, AfterCommitErrors):
        wrong.append("the failure of a listener was lost")
    if (shown := work.seen()) != rows:
        wrong.append(f"the session shows {shown}")
    if rows == BEFORE:
        session.rollback()
        work.said.clear()
        work.run()
        if (rows_of(people, sound), work.said) != (AFTER, ["committed", "savepoint committed"]):
            wrong.append(f"second try: {rows_of(people, sound)} {work.said}")
    session.close()
    if sound.pool.checkedout() != 0:  # type: ignore[attr-defined] # a QueuePool
        wrong.append("a connection is not back in the pool")
    return listeners.called, wrong


@pytest.mark.parametrize("for_good", [False, True], ids=["once", "from then on"])
def test_a_listener_that_fails_at_any_call_leaves_the_rows_before_or_after(
    sound: Engine, for_good: bool
) -> None:
    declare(sound)
    names, wrong = disturbed(sound, 0, False)
    assert wrong == []
    assert set(MAPPER) | {"set", "append", "remove", "after_flush", "after_commit"} <= set(names)
    found = {}
    for at in range(1, len(names) + 1):
        _called, wrong = disturbed(sound, at, for_good)
        if wrong:
            found[f"{at} of {len(names)}, {names[at - 1]}"] = wrong
    assert found == {}

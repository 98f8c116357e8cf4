"""One disturbed run of the work, and everything that must be true afterwards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from cormorant import Session
from cormorant.exc import AfterCommitErrors
from cormorant.sql.errors import NamedError
from tests.music import Music, Rows, prepare, rows_of

from .program import SAID_AFTER, Work

Ending = Literal["rollback", "close"]
"""How the user leaves a session whose work failed."""


@dataclass(slots=True)
class Trial:
    """The work on `engine`, whose faults `arm` switches on and `disarm` off.

    `sound`: another engine on the same database. `expected`: what the work may raise. `before`,
    `after`: the rows without a fault. `error`: what the last run raised.
    """

    music: Music
    sound: Engine
    engine: Engine
    arm: Callable[[Session], Callable[[str], None]]
    disarm: Callable[[], None]
    expected: type[BaseException] | tuple[type[BaseException], ...]
    before: Any = None
    after: Any = None
    error: BaseException | None = None

    def undisturbed(self) -> None:
        """Run the work without a fault, and learn the rows before and after it."""
        prepare(self.music, self.sound)
        self.before = rows_of(self.music, self.sound).content
        with self._session() as session:
            work = Work(self.music, session, self.arm(session))
            work.run()
            self.disarm()
            rows = rows_of(self.music, self.sound)
            self.after = rows.content
            assert self.after != self.before
            assert work.said == SAID_AFTER
            assert (work.seen(), work.strangers(rows.keys)) == (rows.content, [])

    def disturbed(self, ending: Ending = "rollback") -> list[str]:
        """Run the work with a fault; return what is wrong afterwards, [] when all is well."""
        prepare(self.music, self.sound)
        session = self._session()
        work = Work(self.music, session, self.arm(session))
        error = self.error = self._error_of(work)
        if error is not None:
            getattr(session, ending)()
        self.disarm()
        rows = rows_of(self.music, self.sound)
        wrong = [
            *self._wrong_rows(rows.content, error),
            *self._wrong_callbacks(work, error),
            *self._wrong_objects(work, rows, ending),
        ]
        session.close()
        wrong += self._wrong_second_try(session)
        session.close()
        if self.engine.pool.checkedout() != 0:  # type: ignore[attr-defined] # a QueuePool
            wrong.append("a connection is not back in the pool")
        return wrong

    def _error_of(self, work: Work) -> BaseException | None:
        try:
            work.run()
        except self.expected as caught:
            return caught
        return None

    def _session(self) -> Session:
        self.engine.connect().close()
        return Session(self.engine)

    def _wrong_rows(self, content: Any, error: BaseException | None) -> list[str]:
        if content not in (self.before, self.after):
            return [f"rows between: {content}"]
        committed = error is None or isinstance(error, AfterCommitErrors)
        if committed and content != self.after:
            return [f"the commit raised {error!r}, and the rows are those of before"]
        if isinstance(error, DBAPIError) and not isinstance(error, NamedError):
            return [f"{error!r} does not say where it happened"]
        return []

    def _wrong_callbacks(self, work: Work, error: BaseException | None) -> list[str]:
        """Each callback ran once: those of a commit that is durable, else those of a rollback."""
        expected = SAID_AFTER
        if error is not None and not isinstance(error, AfterCommitErrors):
            expected = work.waiting
        if sorted(work.said) == sorted(expected):
            return []
        return [f"after {error!r} the callbacks said {work.said}"]

    def _wrong_objects(self, work: Work, rows: Rows, ending: Ending) -> list[str]:
        """Compare the session with the rows; a COMMIT that is done may say that it failed.

        Then the session believes in a rollback, and still has the objects that were deleted.
        """
        unknown = work.said != SAID_AFTER and rows.content == self.after
        wrong = [] if unknown else work.strangers(rows.keys)
        if rows.content == self.before and ending == "rollback":
            wrong += [f"{name} is not transient" for name in work.survivors()]
        if (seen := work.seen()) != rows.content:
            wrong.append(f"the session shows {seen}")
        return wrong if unknown else wrong + work.strangers(rows.keys)

    def _wrong_second_try(self, session: Session) -> list[str]:
        """Run the same work once more, on the same session and without a fault."""
        prepare(self.music, self.sound)
        work = Work(self.music, session)
        work.run()
        rows = rows_of(self.music, self.sound)
        if rows.content == self.after and work.said == SAID_AFTER:
            return work.strangers(rows.keys)
        return [f"second try: {rows.content}, callbacks {work.said}"]

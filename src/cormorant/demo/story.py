"""The story itself: sign-ups, then edits, batch by batch, each line in its own savepoint."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from time import perf_counter

from sqlalchemy.exc import IntegrityError

from cormorant import Session, sessionmaker
from cormorant.demo import refused
from cormorant.demo.listeners import Desk
from cormorant.demo.refused import Refused, reason_of
from cormorant.demo.sheets import Line
from cormorant.demo.timeline import Timeline

BATCH = 50
# A batch is taken back whole when it has this many bad lines and they are the greater part.
MANY = 10


class TakenBack(Exception):
    """Raised inside a transaction to roll it back on purpose."""


@dataclass(slots=True)
class Chapter:
    """One file of input and what became of it."""

    title: str
    lines: Sequence[Line]
    write: Callable[[Session, Line], None]
    who: int  # place of the address among a line's values
    refused: dict[int, str] = field(default_factory=dict)  # line number -> reason
    batches: int = 0
    taken_back: int = 0  # batches
    seconds: float = 0.0

    @property
    def accepted(self) -> int:
        """Count the lines that are in the database."""
        return len(self.lines) - len(self.refused)


@dataclass(slots=True)
class Story:
    """Runs chapters; `progress(chapter, lines, members)` is called after each batch."""

    sessions: sessionmaker[Session]
    desk: Desk
    timeline: Timeline
    progress: Callable[[Chapter, int, int], None]

    def run(self, chapter: Chapter) -> None:
        """Write all lines of a chapter, a transaction for each batch of them."""
        started = perf_counter()
        for batch in _batches(chapter.lines):
            chapter.batches += 1
            self.timeline.start_batch(chapter.title, chapter.batches)
            self._run_batch(chapter, batch)
            with self.sessions() as session:
                members = self.desk.members.ask(session)
            self.progress(chapter, len(batch), members)
        chapter.seconds = perf_counter() - started

    def _run_batch(self, chapter: Chapter, batch: Sequence[Line]) -> None:
        """Write the lines of one batch and commit them, or none of them if most are bad."""
        bad: dict[int, str] = {}
        try:
            with self.sessions.begin() as session:
                for line in batch:
                    reason = self._write(session, chapter, line)
                    if reason is not None:
                        bad[line.number] = reason
                self.timeline.end_lines()
                if len(bad) >= MANY and 2 * len(bad) > len(batch):
                    raise TakenBack
        except TakenBack:
            chapter.taken_back += 1
            bad = {line.number: bad.get(line.number, refused.BATCH) for line in batch}
        chapter.refused |= bad

    def _write(self, session: Session, chapter: Chapter, line: Line) -> str | None:
        """Write one line in a savepoint; return the reason if it is refused."""
        self.timeline.start_line(line.number, line.key(chapter.who))
        try:
            with session.begin_nested():
                chapter.write(session, line)
        except (Refused, IntegrityError) as error:
            reason = reason_of(error)
            self.timeline.note_refusal(reason)
            return reason
        return None


def _batches(lines: Sequence[Line]) -> Iterator[Sequence[Line]]:
    """Cut the lines into batches; the last may be shorter."""
    for start in range(0, len(lines), BATCH):
        yield lines[start : start + BATCH]

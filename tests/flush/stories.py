"""Sessions on rows of music in which a listener makes changes, and what makes its event fire."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy import event as core_event

from cormorant import Session
from tests.music import COLD, ROOT, Music, declare, prepare, rows_of

ICE, RIVER, COME, SUN, CALM, LOUD = 1025, 1024, 1021, 1022, 1031, 1032


@dataclass(slots=True)
class Story:
    """A session on the rows of the test; `log`: the mapper events of its flushes."""

    music: Music
    session: Session
    log: list[str] = field(default_factory=list)
    kept: list[Any] = field(default_factory=list)

    def get(self, kind: str, key: int) -> Any:
        """Return the object of a row, and keep it."""
        self.kept.append(self.session.get_one(getattr(self.music, kind), key))
        return self.kept[-1]

    def look(self) -> None:
        """Load what the changes touch, so that no listener has to."""
        for kind in ("Folder", "Album", "Track", "Tag"):
            self.kept += self.session.query(getattr(self.music, kind)).all()
        for obj in self.kept:
            for name in ("albums", "folder", "tracks", "album", "tags"):
                getattr(obj, name, None)


# -- what makes the event fire -----------------------------------------------------------


def insert(story: Story, kind: str) -> None:
    """Bring about the events of an INSERT."""
    story.session.add(getattr(story.music, kind)(title="trigger", album_id=COLD))


def update(story: Story, kind: str) -> None:
    """Bring about the events of an UPDATE."""
    story.get(kind, KEYS[kind]).title = "trigger"


def delete(story: Story, kind: str) -> None:
    """Bring about the events of a DELETE."""
    story.session.delete(story.get(kind, KEYS[kind]))


def insert_an_owner(story: Story, kind: str) -> None:
    """Bring about keys that are copied, and values that the server makes."""
    track = getattr(story.music, kind)(title="trigger")
    story.session.add(story.music.Album(title="trigger", tracks=[track]))


def read(story: Story, kind: str) -> None:
    """Bring about a statement of the user's."""
    story.kept += story.session.query(getattr(story.music, kind)).all()


def load(story: Story, kind: str) -> None:
    """Bring about the load of an object that no change is about."""
    root = story.get("Folder", ROOT)
    story.session.expunge(root)
    story.get("Folder", ROOT)


def begin(story: Story, kind: str) -> None:
    """Bring about a transaction that begins with a flush."""
    story.session.commit()
    insert(story, kind)


def append(story: Story, kind: str) -> None:
    """Bring about a member that comes."""
    story.get("Album", COLD).tracks.append(getattr(story.music, kind)(title="trigger"))


def remove(story: Story, kind: str) -> None:
    """Bring about a member that goes, and is deleted as an orphan."""
    album, track = story.get("Album", COLD), getattr(story.music, kind)(title="trigger")
    album.tracks.append(track)
    story.session.flush()
    album.tracks.remove(track)


KEYS = {"Track": ICE, "LiveTrack": RIVER}
TRIGGERS: dict[str, Callable[[Story, str], None]] = {
    "before_insert": insert,
    "after_insert": insert,
    "before_update": update,
    "after_update": update,
    "before_delete": delete,
    "after_delete": delete,
    "before_flush": update,
    "after_flush": update,
    "after_flush_postexec": update,
    "before_commit": update,
    "before_attach": insert,
    "after_attach": insert,
    "transient_to_pending": insert,
    "pending_to_persistent": insert,
    "persistent_to_deleted": delete,
    "refresh_flush": insert_an_owner,
    "set": insert_an_owner,
    "do_orm_execute": read,
    "load": load,
    "after_begin": begin,
    "append": append,
    "remove": remove,
}
MAPPER = tuple(TRIGGERS)[:6]


def target_of(name: str, kind: str, story: Story) -> Any:
    """Return what a listener to the event has to listen to."""
    if name in MAPPER:
        return getattr(story.music, kind)
    if name == "refresh_flush":
        return story.music.Album
    if name == "load":
        return story.music.Folder
    if name in ("append", "remove"):
        return story.music.Album.tracks
    return getattr(story.music, kind).album_id if name == "set" else story.session


@dataclass(slots=True)
class Stage:
    """Tables on a file, and the mapper events of all that is written to them."""

    music: Music
    engine: Engine
    log: list[str] = field(default_factory=list)

    @contextmanager
    def story(self) -> Iterator[Story]:
        """Give a session on fresh rows, and an empty log."""
        prepare(self.music, self.engine)
        self.log.clear()
        with Session(self.engine) as session:
            yield Story(self.music, session)

    def outcome(self) -> tuple[Any, Counter[str]]:
        """Return rows as another connection sees them, and events.

        Without versions: how often an album was written is not the question here.
        """
        folders, albums, *others = rows_of(self.music, self.engine).content
        without = [(*row[:3], row[4]) for row in albums]
        return (folders, without, *others), Counter(self.log)

    def by_hand(self, looked: bool, *steps: Callable[[Story], None]) -> tuple[Any, Counter[str]]:
        """Do one step after the other, each with a flush of its own."""
        with self.story() as story:
            for step in steps:
                if looked:
                    story.look()
                step(story)
                story.session.commit()
        return self.outcome()


PLACES = {
    "sqlite": "sqlite_file_engine",
    "core": "sqlite_file_engine",
    "postgresql": "postgresql_engine",
    "mariadb": "mariadb_engine",
}
"""Fixtures of the engines; "core" is SQLite by the general road, as where somebody listens."""


def marks_of(place: str, in_ci: bool) -> list[Any]:
    """Return the marks of a place; outside of soak all but the first do a part of the work."""
    marks = [getattr(pytest.mark, place)] if place in ("postgresql", "mariadb") else []
    if place != "sqlite" and not in_ci:
        marks.append(pytest.mark.soak)
    return marks


def stage_at(place: str, engine: Engine) -> Stage:
    """Make the tables at a place."""
    if engine.dialect.name == "sqlite":
        unsynced = "PRAGMA synchronous=OFF"
        core_event.listen(engine, "connect", lambda made, record: made.execute(unsynced))
    if place == "core":
        core_event.listen(engine, "before_cursor_execute", lambda *arguments: None)
    return Stage(declare(engine), engine)

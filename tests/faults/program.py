"""The work that is disturbed at every step: one transaction with two savepoints."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from cormorant import Session, inspect, joinedload, select, selectinload
from tests.music import ABBEY, BLUE, COLD, LONE, OLD, ROOT, SHELF, Music

SAID_AFTER = ["taken back undone", "whole committed", "kept committed", "last committed"]
"""What the callbacks of a commit without any fault have said, in order."""


def nothing(name: str) -> None:
    """Watch no callback."""


@dataclass(slots=True)
class Work:
    """The work on one session, what its callbacks said, and the objects that it made.

    `watch` is called with the name of each callback as it runs, and may raise.
    """

    music: Music
    session: Session
    watch: Callable[[str], None] = nothing
    said: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    made: list[Any] = field(default_factory=list)

    def run(self) -> None:
        """Insert, update, move, change pairs and delete, with two savepoints, and commit."""
        session, Album, Folder = self.session, self.music.Album, self.music.Folder
        self._wait("whole")
        loaded = session.scalars(
            select(Album).options(selectinload(Album.tracks)).order_by(Album.id)
        ).all()
        abbey, blue, cold = loaded
        assert [abbey.id, blue.id, cold.id] == [ABBEY, BLUE, COLD]
        abbey.title, abbey.rating = "Abbey Road", 5
        self._make(abbey, session.get_one(Folder, ROOT))
        with session.begin_nested():
            self._wait("kept")
            self._move(abbey, blue)
        self._take_back(abbey, cold)
        self._wait("last")
        self._delete(blue, cold)
        session.commit()

    def _wait(self, name: str) -> None:
        """Register both callbacks on the innermost transaction."""
        self.session.on_commit(lambda: self._say(f"{name} committed", "on_commit"))
        self.session.on_rollback(lambda: self._say(f"{name} undone", "on_rollback"))
        self.waiting.append(f"{name} undone")

    def _say(self, text: str, name: str) -> None:
        self.said.append(text)
        self.watch(name)

    def _new(self, cls: Any, **values: Any) -> Any:
        made = cls(**values)
        self.made.append(made)
        return made

    def _make(self, abbey: Any, root: Any) -> None:
        """Insert folders in folders, an album with both kinds of tracks, and tags."""
        music, new = self.music, self._new
        fresh = new(music.Tag, name="fresh")
        folder = new(music.Folder, name="new", parent=root)
        inner = new(music.Folder, name="inner", parent=folder)
        first = new(music.Track, title="Dune", tags=[fresh])
        album = new(music.Album, title="Dust", folder=inner)
        album.tracks = [first, new(music.LiveTrack, title="Dawn", city="Rome", tags=[fresh])]
        self.session.add(album)
        abbey.tracks[0].tags.append(fresh)

    def _move(self, abbey: Any, blue: Any) -> None:
        """Move a track, leave one as an orphan, change pairs, a key and columns of a subclass."""
        moved, orphan = blue.tracks
        abbey.tracks.append(moved)
        blue.tracks.remove(orphan)
        come, sun = abbey.tracks[:2]
        loud = next(tag for tag in come.tags if tag.name == "loud")
        come.tags.remove(loud)
        sun.tags = [loud, self._new(self.music.Tag, name="kept")]
        sun.city = "Leeds"
        abbey.rating = 6
        self.session.get_one(self.music.Tag, LONE).id = LONE - 100

    def _take_back(self, abbey: Any, cold: Any) -> None:
        """Do a little of everything in a savepoint, and roll it back."""
        session = self.session
        savepoint = session.begin_nested()
        self._wait("taken back")
        abbey.rating = 9
        abbey.tracks[0].tags.clear()
        abbey.tracks.append(self._new(self.music.LiveTrack, title="Gone", city="Oslo"))
        session.delete(cold)
        session.flush()
        savepoint.rollback()

    def _delete(self, blue: Any, cold: Any) -> None:
        """Let objects go and come, move an album, delete one with its tracks, and a folder."""
        session, Folder = self.session, self.music.Folder
        old, shelf = session.get_one(Folder, OLD), session.get_one(Folder, SHELF)
        stray = self._new(self.music.Tag, name="stray")
        session.add(stray)
        for obj in (stray, shelf):
            session.expunge(obj)
        session.add(shelf)
        shelf.parent = None
        cold.folder = shelf
        session.delete(blue)
        session.flush()
        session.delete(old)
        cold.tracks = [self._new(self.music.Track, title="Snow")]

    def seen(self) -> Any:
        """Return the rows as the objects of the session show them."""
        session, music = self.session, self.music
        folders = session.scalars(select(music.Folder)).all()
        albums = session.scalars(select(music.Album).options(joinedload(music.Album.folder))).all()
        tracks = session.scalars(select(music.Track)).all()
        return (
            sorted((each.name, str(each.parent and each.parent.name)) for each in folders),
            sorted(
                (
                    each.title,
                    str(each.rating),
                    each.state,
                    each.version,
                    str(each.folder and each.folder.name),
                )
                for each in albums
            ),
            sorted(
                (each.title, each.kind, str(getattr(each, "city", None)), each.album.title)
                for each in tracks
            ),
            sorted(session.scalars(select(music.Tag.name)).all()),
            sorted((each.title, tag.name) for each in tracks for tag in each.tags),
        )

    def strangers(self, keys: dict[str, set[int]]) -> list[str]:
        """Return the objects of the session that have no row, or are not yet written."""
        session = self.session
        wrong = [
            f"{name} {type(obj).__name__}"
            for name in ("new", "dirty", "deleted")
            for obj in getattr(session, name)
        ]
        for obj in session.identity_map.values():
            key = inspect(obj).identity
            if key is None or key[0] not in keys[type(obj).__name__]:
                wrong.append(f"{type(obj).__name__} {key} has no row")
        return wrong

    def survivors(self) -> list[str]:
        """Return the made objects that are not transient, as they are after a rollback."""
        return [
            type(obj).__name__
            for obj in self.made
            if not inspect(obj).transient or inspect(obj).identity is not None
        ]

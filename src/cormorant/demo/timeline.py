"""What happened to a few watched users, event by event, with the time their listeners took."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from time import perf_counter
from types import TracebackType
from typing import Any
from weakref import WeakKeyDictionary

from cormorant import Session, event, sessionmaker
from cormorant.demo.models import User

MAIL = "mail"
REFUSED = "refused"

# Events of the user's class: name -> place of the user among the arguments.
OF_THE_CLASS = {
    "init": 0,
    "load": 0,
    "before_insert": 2,
    "after_insert": 2,
    "before_update": 2,
    "after_update": 2,
}
# Events of the session that name one object: it is the second argument.
OF_ONE_OBJECT = (
    "before_attach",
    "after_attach",
    "transient_to_pending",
    "pending_to_persistent",
)
# Events of the session as a whole; they belong to whoever is being written just then.
OF_THE_SESSION = ("before_flush", "after_flush", "before_commit", "after_commit", "after_rollback")
# Session events that a savepoint fires like a whole transaction does.
OF_SAVEPOINTS = ("before_commit", "after_commit", "after_rollback")


@dataclass(frozen=True, slots=True)
class Happening:
    """One event of one user; times are seconds, `at` by the process's clock."""

    at: float
    took: float
    event: str
    attribute: str = ""
    savepoint: bool = False  # of a savepoint, not of the whole transaction
    text: str = ""


@dataclass(slots=True)
class Scene:
    """What happened because of one line of input."""

    chapter: str
    batch: int
    line: int
    happenings: list[Happening] = field(default_factory=list)


@dataclass(slots=True)
class Track:
    """The scenes of one user."""

    email: str
    scenes: list[Scene] = field(default_factory=list)

    def has(self, name: str, attribute: str = "", chapter: str = "") -> bool:
        """Tell whether this event happened, perhaps of an attribute or in a chapter."""
        return any(
            happening.event == name and attribute in ("", happening.attribute)
            for scene in self.scenes
            if chapter in ("", scene.chapter)
            for happening in scene.happenings
        )

    def worth(self) -> tuple[bool, ...]:
        """Rank a story by what it shows: welcomed, address changed, edited, never refused."""
        return (
            self.has(MAIL),
            self.has("after_update", chapter="edits") and self.has("set", "email", "edits"),
            self.has("load"),
            not self.has(REFUSED),
        )


class Timeline:
    """Listens beside the demo's own listeners, first and last, so it knows what they took.

    Use it as a context: its listeners are removed at the end.
    """

    def __init__(self, sessions: sessionmaker[Session], emails: Iterable[str]) -> None:
        self._sessions = sessions
        self._tracks = {email: Track(email) for email in emails}
        self._of: WeakKeyDictionary[User, Track] = WeakKeyDictionary()
        self._scenes: list[tuple[Track, Scene]] = []  # of this batch, the refused ones left out
        self._started: dict[tuple[str, str], float] = {}
        self._place = ("", 0, 0)
        self._listening: list[tuple[Any, str, Callable[..., None]]] = []

    def __enter__(self) -> Timeline:
        """Start listening."""
        for name, place in OF_THE_CLASS.items():
            self._listen(User, name, place)
        for attribute in (User.name, User.email):
            self._listen(attribute, "set", 0, attribute.key)
        self._listen(User.projects, "append", 0, "projects")
        for name in OF_ONE_OBJECT:
            self._listen(self._sessions, name, 1)
        for name in OF_THE_SESSION:
            self._listen(self._sessions, name, None)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop listening."""
        while self._listening:
            event.remove(*self._listening.pop())

    def start_batch(self, chapter: str, batch: int) -> None:
        """Note that a batch begins; what is told next belongs to it."""
        self._place = (chapter, batch, 0)
        self._scenes.clear()

    def start_line(self, line: int) -> None:
        """Note which line is written now."""
        self._place = (*self._place[:2], line)

    def note_refusal(self, reason: str) -> None:
        """Note that the line being written was refused: its scene ends here."""
        ended = self._of_line()
        for scene in ended:
            scene.happenings.append(Happening(perf_counter(), 0.0, REFUSED, text=reason))
        self._scenes = [pair for pair in self._scenes if pair[1] not in ended]

    def note_mail(self, email: str, seconds: float) -> None:
        """Note that a mail to this address was taken by the server."""
        for track, scene in self._scenes:
            if track.email == email:
                scene.happenings.append(Happening(perf_counter() - seconds, seconds, MAIL))
                return

    def chosen(self) -> Track | None:
        """Return the track that shows most, the first among equals; None if nobody came."""
        seen = [track for track in self._tracks.values() if track.scenes]
        return max(seen, key=Track.worth, default=None)

    def _listen(self, target: Any, name: Any, place: int | None, attribute: str = "") -> None:
        """Listen first and last to an event; `place` is where its user stands, if it has one.

        `name` is of any family: as a plain `str`, type checkers would refuse it to `listen`.
        """
        started: float | None = None

        def first(*arguments: Any) -> None:
            nonlocal started
            started = perf_counter()

        def last(*arguments: Any) -> None:
            ended = perf_counter()
            at = ended if started is None else started
            nested = name in OF_SAVEPOINTS and arguments[0].in_nested_transaction()
            if place is not None:
                scenes = self._of_object(name, arguments[place], arguments)
            elif name in OF_SAVEPOINTS and not nested:
                scenes = [scene for _, scene in self._scenes]
            else:
                scenes = self._of_line()
            text = str(arguments[1]) if name == "set" else ""
            for scene in scenes:
                scene.happenings.append(Happening(at, ended - at, name, attribute, nested, text))

        if not attribute:  # attribute events take no insert=True
            event.listen(target, name, first, insert=True)
            self._listening.append((target, name, first))
        event.listen(target, name, last)
        self._listening.append((target, name, last))

    def _of_line(self) -> list[Scene]:
        """Return the scenes of the line that is being written."""
        return [scene for _, scene in self._scenes if scene.line == self._place[2]]

    def _of_object(self, name: str, target: object, arguments: tuple[Any, ...]) -> list[Scene]:
        """Return the scene that an event of one object belongs to: none if it is not watched."""
        if not isinstance(target, User):
            return []
        if name == "init":
            self._recognise(target, str(arguments[2].get("email", "")).strip().lower())
        elif name == "load":
            self._recognise(target, target.email)
        track = self._of.get(target)
        if track is None:
            return []
        if name == "after_update":
            # A later batch will load this user under the new address.
            known = self._tracks.get(target.email)
            if known is None or not known.scenes:
                self._tracks[target.email] = track
        return [self._scene(track)]

    def _recognise(self, target: User, email: str) -> None:
        """Remember whose story a new or loaded object belongs to, if it is watched."""
        track = self._tracks.get(email)
        if track is not None:
            self._of[target] = track

    def _scene(self, track: Track) -> Scene:
        """Return the track's scene of the running line, begun if this is its first event."""
        for other, scene in self._scenes:
            if other is track and scene.line == self._place[2]:
                return scene
        chapter, batch, line = self._place
        scene = Scene(chapter, batch, line)
        track.scenes.append(scene)
        self._scenes.append((track, scene))
        return scene

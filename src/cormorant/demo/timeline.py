"""What happened to a few watched users, event by event, with the time their listeners took."""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from time import perf_counter
from types import TracebackType
from typing import Any
from weakref import WeakKeyDictionary

from cormorant import Session, event, inspect, sessionmaker
from cormorant.demo.letters import Letter
from cormorant.demo.models import Comment, PremiumUser, Project, Tag, User

MAIL = "mail"
REFUSED = "refused"

# Events of the user's classes: name -> place of the user among the arguments.
OF_THE_CLASS = {
    "init": 0,
    "load": 0,
    "before_insert": 2,
    "after_insert": 2,
    "before_update": 2,
    "after_update": 2,
    "before_delete": 2,
    "after_delete": 2,
}
# Attribute events of users; the others belong to whoever is being written just then.
OF_USERS: tuple[tuple[Any, str], ...] = (
    (User.name, "set"),
    (User.email, "set"),
    (User.projects, "append"),
)
OF_OTHERS: tuple[tuple[Any, str], ...] = (
    (PremiumUser.plan, "set"),
    (Project.tags, "bulk_replace"),
    (Project.tags, "append"),
    (Project.tags, "remove"),
    (Project.comments, "append"),
    (Comment.replies, "append"),
)
# Rows that go with a user who leaves.
OF_OWNED = (Comment, Project)
# Events of the session that name one object: it is the second argument.
OF_ONE_OBJECT = (
    "before_attach",
    "after_attach",
    "transient_to_pending",
    "pending_to_persistent",
    "persistent_to_deleted",
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

    def add(self, happening: Happening) -> None:
        """Put an event where its beginning belongs: what its listeners caused comes after it."""
        insort(self.happenings, happening, key=lambda each: each.at)


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

    def worth(self) -> tuple[int, ...]:
        """Rank a story by what it shows, what is rarest first; then by its being short."""
        return (
            self.has(MAIL),
            self.has("after_delete"),
            self.has("append", "comments"),
            self.has("after_update", chapter="edits") and self.has("set", "email", "edits"),
            self.has("bulk_replace", "tags"),
            self.has("append", "tags"),
            self.has("load"),
            not self.has(REFUSED),
            -len(self.scenes),
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
        self._about: Track | None = None  # of the running line
        self._listening: list[tuple[Any, str, Callable[..., None]]] = []

    def __enter__(self) -> Timeline:
        """Start listening."""
        for name, place in OF_THE_CLASS.items():
            self._listen(User, name, place)
        for attribute, name in OF_USERS:
            self._listen(attribute, name, 0, attribute.key)
        for attribute, name in OF_OTHERS:
            self._listen(attribute, name, None, attribute.key)
        for owned in OF_OWNED:
            self._listen(owned, "after_delete", None, owned.__name__)
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
        self._about = None
        self._scenes.clear()

    def start_line(self, line: int, email: str) -> None:
        """Note which line is written now, and the address that it names."""
        self._place = (*self._place[:2], line)
        self._about = self._tracks.get(email)

    def end_lines(self) -> None:
        """Note that all lines of the batch are written: what comes belongs to all of them."""
        self._place = (*self._place[:2], 0)
        self._about = None

    def note_refusal(self, reason: str) -> None:
        """Note that the line being written was refused: its scene ends here."""
        ended = self._of_line()
        for scene in ended:
            scene.add(Happening(perf_counter(), 0.0, REFUSED, text=reason))
        self._scenes = [pair for pair in self._scenes if pair[1] not in ended]

    def note_mail(self, letter: Letter, seconds: float) -> None:
        """Note that a letter was taken by the server: the last deed of its user's last scene."""
        wanted = self._tracks.get(letter.address)
        for track, scene in reversed(self._scenes):
            if track is wanted:
                at = perf_counter() - seconds
                scene.add(Happening(at, seconds, MAIL, text=letter.kind))
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
            text = _told(name, arguments) if scenes else ""
            for scene in scenes:
                scene.add(Happening(at, ended - at, name, attribute, nested, text))

        inherited = {} if target is self._sessions else {"propagate": True}
        if not attribute:  # attribute events take no insert=True
            event.listen(target, name, first, insert=True, **inherited)
            self._listening.append((target, name, first))
        event.listen(target, name, last, **inherited)
        self._listening.append((target, name, last))

    def _of_line(self) -> list[Scene]:
        """Return the scenes of the line that is being written."""
        # A user whom an earlier line of the batch loaded is not announced again.
        if self._about is not None and self._about.scenes:
            self._scene(self._about)
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


def _told(name: str, arguments: tuple[Any, ...]) -> str:
    """Return what an event's timeline entry says of its value; nothing for most events."""
    if name == "set":
        return str(arguments[1])
    if name == "bulk_replace":
        return " ".join(sorted(map(_title, arguments[1])))
    if name in ("append", "remove"):
        return _title(arguments[1])
    if name == "after_insert":
        return "premium" if isinstance(arguments[2], PremiumUser) else ""
    return ""


def _title(member: object) -> str:
    """Name a member of a collection."""
    if isinstance(member, Tag):
        return f"#{member.name}" + (", the stored one" if inspect(member).persistent else "")
    if isinstance(member, Project):
        return member.title
    return str(member.number) if isinstance(member, Comment) else ""

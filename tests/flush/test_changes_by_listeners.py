"""Each change that a listener makes, in each event around a flush, becomes rows, told as usual."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy import event as core_event

from cormorant import Session, event
from tests.music import ABBEY, BLUE, COLD, LONE, OLD, SHELF, Music, declare, prepare, rows_of

from .conftest import hear

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


# -- what a listener may do --------------------------------------------------------------


def change_a_column(story: Story) -> None:
    """UPDATE of another class."""
    story.get("Folder", SHELF).name = "changed"


def change_a_versioned_column(story: Story) -> None:
    """UPDATE with a version."""
    story.get("Album", ABBEY).rating = 9


def change_a_sibling(story: Story) -> None:
    """UPDATE of an object of the class that the flush writes."""
    story.get("Track", COME).title = "changed"


def change_both_tables_of_a_subclass(story: Story) -> None:
    """UPDATE of two tables."""
    sun = story.get("LiveTrack", SUN)
    sun.title, sun.city = "changed", "changed"


def change_the_table_of_a_subclass(story: Story) -> None:
    """UPDATE of the table of the subclass alone."""
    story.get("LiveTrack", SUN).city = "changed"


def add_an_object(story: Story) -> None:
    """INSERT of another class."""
    story.session.add(story.music.Tag(name="added"))


def add_an_object_of_a_subclass(story: Story) -> None:
    """INSERT into two tables, with a key of its own."""
    story.session.add(story.music.LiveTrack(title="added", city="added", album_id=ABBEY))


def add_a_graph(story: Story) -> None:
    """INSERTs of objects that refer to each other, and pairs."""
    music = story.music
    tracks = [music.Track(title="one", tags=[music.Tag(name="added")]), music.LiveTrack(title="2")]
    story.session.add(music.Album(title="added", folder_id=SHELF, tracks=tracks))


def delete_an_object(story: Story) -> None:
    """DELETE of another class."""
    story.session.delete(story.get("Tag", LONE))


def delete_an_object_of_a_subclass(story: Story) -> None:
    """DELETE from two tables, with its pairs."""
    story.session.delete(story.get("LiveTrack", SUN))


def delete_with_a_cascade(story: Story) -> None:
    """DELETE of an owner, its members and their pairs."""
    story.session.delete(story.get("Album", ABBEY))


def append_a_member(story: Story) -> None:
    """INSERT of a new member with the key of its owner."""
    story.get("Album", ABBEY).tracks.append(story.music.LiveTrack(title="new", city="new"))


def move_a_member(story: Story) -> None:
    """UPDATE of the foreign key, by the lists of both owners."""
    come = story.get("Track", COME)
    story.get("Album", BLUE).tracks.append(come)


def remove_a_member(story: Story) -> None:
    """DELETE of an orphan."""
    story.get("Album", ABBEY).tracks.remove(story.get("LiveTrack", SUN))


def remove_a_member_of_others(story: Story) -> None:
    """UPDATE of a foreign key to NULL."""
    story.get("Folder", OLD).albums.remove(story.get("Album", BLUE))


def set_a_reference(story: Story) -> None:
    """UPDATE of a foreign key, by the reference."""
    story.get("Track", COME).album = story.get("Album", BLUE)


def set_a_reference_to_a_new_object(story: Story) -> None:
    """INSERT, then UPDATE of the foreign key."""
    story.get("Album", ABBEY).folder = story.music.Folder(name="new")


def forget_a_reference(story: Story) -> None:
    """UPDATE of a foreign key to NULL, by the reference."""
    story.get("Album", ABBEY).folder = None


def append_a_pair(story: Story) -> None:
    """INSERT of a pair between rows."""
    story.get("LiveTrack", SUN).tags.append(story.get("Tag", LOUD))


def append_a_new_object_to_pairs(story: Story) -> None:
    """INSERT of an object and of its pair."""
    story.get("LiveTrack", SUN).tags.append(story.music.Tag(name="new"))


def remove_a_pair(story: Story) -> None:
    """DELETE of a pair, from the other side."""
    story.get("Tag", CALM).tracks.remove(story.get("LiveTrack", SUN))


def replace_pairs(story: Story) -> None:
    """DELETE and INSERT of pairs."""
    story.get("Track", COME).tags = [story.get("Tag", LONE)]


CHANGES: tuple[Callable[[Story], None], ...] = (
    change_a_column,
    change_a_versioned_column,
    change_a_sibling,
    change_both_tables_of_a_subclass,
    change_the_table_of_a_subclass,
    add_an_object,
    add_an_object_of_a_subclass,
    add_a_graph,
    delete_an_object,
    delete_an_object_of_a_subclass,
    delete_with_a_cascade,
    append_a_member,
    move_a_member,
    remove_a_member,
    remove_a_member_of_others,
    set_a_reference,
    set_a_reference_to_a_new_object,
    forget_a_reference,
    append_a_pair,
    append_a_new_object_to_pairs,
    remove_a_pair,
    replace_pairs,
)


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
}
MAPPER = tuple(TRIGGERS)[:6]


def target_of(name: str, kind: str, story: Story) -> Any:
    """Return what a listener to the event has to listen to."""
    if name in MAPPER:
        return getattr(story.music, kind)
    if name == "refresh_flush":
        return story.music.Album
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


@pytest.fixture
def stage(sqlite_file_engine: Engine) -> Stage:
    """Make the tables."""
    unsynced = "PRAGMA synchronous=OFF"
    core_event.listen(sqlite_file_engine, "connect", lambda made, record: made.execute(unsynced))
    found = Stage(declare(sqlite_file_engine), sqlite_file_engine)
    hear(found.log, *found.music.classes)
    return found


def lost(
    stage: Stage, name: str, change: Callable[[Story], None], kind: str, looked: bool
) -> str | None:
    """Make a change in a listener and by hand; return how the outcomes differ, None if not."""

    def trigger(story: Story) -> None:
        TRIGGERS[name](story, kind)

    expected = stage.by_hand(looked, trigger, change)
    with stage.story() as story:
        calls: list[str] = []

        def listen(*arguments: Any) -> None:
            calls.append(name)
            if len(calls) == 1:
                change(story)

        if looked:
            story.look()
        target: Any = target_of(name, kind, story)
        event.listen(target, name, listen)
        trigger(story)
        story.session.commit()
        event.remove(target, name, listen)
        left = [*story.session.new, *story.session.dirty]
    found = stage.outcome()
    if calls and not left and found == expected:
        return None
    return f"{len(calls)} calls, {len(left)} not written, {found} instead of {expected}"


@pytest.mark.parametrize("looked", [False, True], ids=["unloaded", "loaded"])
@pytest.mark.parametrize("kind", ["Track", "LiveTrack"])
@pytest.mark.parametrize("name", TRIGGERS)
def test_what_a_listener_does_to_other_objects_is_written_and_told_as_usual(
    stage: Stage, name: str, kind: str, looked: bool
) -> None:
    found = {each.__name__: lost(stage, name, each, kind, looked) for each in CHANGES}
    assert {change: problem for change, problem in found.items() if problem} == {}


# -- the object itself -------------------------------------------------------------------


def set_a_column(track: Any, story: Story) -> None:
    """A column of the first table."""
    track.title = "own"


def set_a_column_of_the_subclass(track: Any, story: Story) -> None:
    """A column of the second table."""
    track.city = "own"


def set_columns_of_both(track: Any, story: Story) -> None:
    """Columns of both tables."""
    track.title = track.city = "own"


def set_the_foreign_key(track: Any, story: Story) -> None:
    """A foreign key by its value."""
    track.album_id = BLUE


def set_the_reference(track: Any, story: Story) -> None:
    """A foreign key by the object that it refers to."""
    track.album = story.get("Album", BLUE)


def set_the_reference_to_a_new_object(track: Any, story: Story) -> None:
    """A foreign key whose value is not known yet."""
    track.album = story.music.Album(title="own", folder_id=SHELF)


def append_to_pairs(track: Any, story: Story) -> None:
    """A pair with an object that has a row."""
    track.tags.append(story.get("Tag", CALM))


def append_a_new_one_to_pairs(track: Any, story: Story) -> None:
    """A pair with an object that has none."""
    track.tags.append(story.music.Tag(name="own"))


def clear_pairs(track: Any, story: Story) -> None:
    """Pairs that went."""
    track.tags = []


def delete_itself(track: Any, story: Story) -> None:
    """The row, and its pairs."""
    story.session.delete(track)


OWN: tuple[Callable[[Any, Story], None], ...] = (
    set_a_column,
    set_a_column_of_the_subclass,
    set_columns_of_both,
    set_the_foreign_key,
    set_the_reference,
    set_the_reference_to_a_new_object,
    append_to_pairs,
    append_a_new_one_to_pairs,
    clear_pairs,
    delete_itself,
)
COLUMNS_ONLY = OWN[:4]
OWN_EVENTS = (
    *MAPPER[:4],
    "before_flush",
    "after_flush",
    "after_flush_postexec",
    "pending_to_persistent",
)
OWN_TRIGGERS = {**dict.fromkeys(OWN_EVENTS, update), "pending_to_persistent": insert}
OWN_TRIGGERS |= {"before_insert": insert, "after_insert": insert}


CASES = [
    pytest.param(name, change, id=f"{change.__name__}-{name}")
    for change in OWN
    for name in OWN_EVENTS
    if (change, name) != (delete_itself, "before_insert")  # no row yet: refused by name
]


@pytest.mark.parametrize("kind", ["Track", "LiveTrack"])
@pytest.mark.parametrize(("name", "change"), CASES)
def test_what_a_listener_does_to_the_object_itself_is_written(
    stage: Stage, name: str, change: Callable[[Any, Story], None], kind: str
) -> None:
    def found(story: Story) -> Any:
        return next(each for each in story.kept if each.title == "trigger")

    def trigger(story: Story) -> None:
        OWN_TRIGGERS[name](story, kind)
        story.kept.extend(story.session.new)

    rows, _events = stage.by_hand(False, trigger, lambda story: change(found(story), story))
    if change in COLUMNS_ONLY and name in MAPPER:
        _rows, events = stage.by_hand(False, trigger)
    with stage.story() as story:
        calls: list[str] = []

        def listen(*arguments: Any) -> None:
            calls.append(name)
            if len(calls) == 1:
                change(found(story), story)

        trigger(story)
        event.listen(target_of(name, kind, story), name, listen)
        story.session.commit()
        assert (list(story.session.new), list(story.session.dirty)) == ([], [])
    assert (stage.outcome()[0], calls != []) == (rows, True)
    if change in COLUMNS_ONLY and name in MAPPER:
        assert stage.outcome()[1] == events

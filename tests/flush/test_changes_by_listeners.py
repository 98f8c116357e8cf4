"""Each change that a listener makes, in each event around a flush, becomes rows, told as usual."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import pytest

from cormorant import event
from tests.music import ABBEY, BLUE, LONE, OLD, SHELF

from .stories import (
    CALM,
    COME,
    LOUD,
    PLACES,
    SUN,
    TRIGGERS,
    Stage,
    Story,
    marks_of,
    target_of,
)


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
                # Else what the listener loads would flush a member that is still on its way.
                with story.session.no_autoflush if name == "append" else nullcontext():
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


MATRIX = [
    pytest.param(
        place,
        name,
        kind,
        looked,
        marks=marks_of(place, kind == "LiveTrack" and not looked),
        id=f"{place}-{name}-{kind}-{'loaded' if looked else 'unloaded'}",
    )
    for place in PLACES
    for name in TRIGGERS
    for kind in ("Track", "LiveTrack")
    for looked in (False, True)
    if (name, looked) != ("after_begin", True)  # the commit before it expires what was loaded
]


@pytest.mark.parametrize(("stage", "name", "kind", "looked"), MATRIX, indirect=["stage"])
def test_what_a_listener_does_to_other_objects_is_written_and_told_as_usual(
    stage: Stage, name: str, kind: str, looked: bool
) -> None:
    found = {each.__name__: lost(stage, name, each, kind, looked) for each in CHANGES}
    assert {change: problem for change, problem in found.items() if problem} == {}

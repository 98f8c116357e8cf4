"""What a listener changes in the object that it is told of becomes rows, in each event."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cormorant import event
from tests.music import BLUE, SHELF

from .stories import (
    CALM,
    MAPPER,
    PLACES,
    Stage,
    Story,
    insert,
    marks_of,
    target_of,
    update,
)


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


OWN_PLACES = [pytest.param(each, marks=marks_of(each, each == "core")) for each in PLACES]


@pytest.mark.parametrize("stage", OWN_PLACES, indirect=True)
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

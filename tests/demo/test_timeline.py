"""The timeline: exact order of one user's events, their times, and whom it chooses."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Engine

from cormorant import event
from cormorant.demo.models import User
from cormorant.demo.timeline import Scene, Track
from tests.demo.conftest import EDITS, SIGNUPS, Run, run_story

SIGNED_UP = [
    "init", "set name", "set email",
    "append tags", "append tags", "append projects", "append tags", "append projects",
    "before_attach", "after_attach", "transient_to_pending",
    "savepoint before_commit", "before_flush", "remove tags", "append tags",
    "before_insert", "after_insert", "after_flush",
    "pending_to_persistent", "savepoint after_commit",
    "before_commit", "after_commit", "mail",
]  # fmt: skip
MOVED = [
    "load", "set email",
    "savepoint before_commit", "before_flush", "before_update", "after_update", "after_flush",
    "savepoint after_commit",
    "before_commit", "after_commit",
]  # fmt: skip
ANSWERED = [
    "append comments", "append replies",
    "savepoint before_commit", "before_flush", "before_update", "after_update", "after_flush",
    "savepoint after_commit",
    "before_commit", "after_commit",
]  # fmt: skip
TAGGED = [
    "bulk_replace tags", "append tags", "append tags", "remove tags", "remove tags",
    "savepoint before_commit", "before_flush", "remove tags", "append tags", "after_flush",
    "savepoint after_commit",
    "before_commit", "after_commit",
]  # fmt: skip
LEFT = [
    "savepoint before_commit", "before_flush",
    *["after_delete Comment"] * 5, "after_delete Project", "before_delete", "after_delete",
    "after_flush", "persistent_to_deleted", "savepoint after_commit",
    "before_commit", "after_commit", "mail",
]  # fmt: skip


def names(scene: Scene) -> list[str]:
    """Return the events of a scene as words."""
    return [
        " ".join(filter(None, ("savepoint" if each.savepoint else "", each.event, each.attribute)))
        for each in scene.happenings
    ]


def track_of(run: Run) -> Track:
    """Return the track that the run chose."""
    assert run.told.track is not None
    return run.told.track


def test_a_sign_up_and_an_edit_are_told_event_by_event(small: Run) -> None:
    track = track_of(small)
    assert track.email == "ada@example.com"
    signed_up, moved = track.scenes[0], track.scenes[2]
    assert (signed_up.chapter, signed_up.batch, signed_up.line) == ("sign-ups", 1, 2)
    assert names(signed_up) == SIGNED_UP
    assert (moved.chapter, moved.batch, moved.line) == ("edits", 1, 2)
    assert names(moved) == MOVED


def test_a_duplicate_ends_in_its_refusal_and_leaves_the_first_alone(small: Run) -> None:
    duplicate = track_of(small).scenes[1]
    assert (duplicate.line, names(duplicate)[-3:]) == (
        5,
        ["before_insert", "savepoint after_rollback", "refused"],
    )


def test_an_edit_under_the_new_address_belongs_to_the_same_user(small: Run) -> None:
    assert [scene.line for scene in track_of(small).scenes] == [2, 5, 2, 10, 12, 14, 26]


def test_an_answer_and_a_replacement_of_tags_are_told_event_by_event(small: Run) -> None:
    answered, tagged = track_of(small).scenes[4:6]
    assert names(answered) == ANSWERED
    assert names(tagged) == TAGGED
    texts = [happening.text for happening in tagged.happenings]
    assert (texts[0], set(texts[3:5]), texts[7:9]) == (
        "#math #poetry",
        {"#math, the stored one", "#history, the stored one"},
        ["#math", "#math, the stored one"],
    )


def test_a_premium_user_who_leaves_is_told_to_the_last_letter(
    place: Engine, write: Callable[[str, str], Path]
) -> None:
    run = run_story(place, signups=write("signups.csv", SIGNUPS), edits=write("edits.csv", EDITS))
    track = track_of(run)
    assert track.email == "eve@example.com"
    signed_up, left = track.scenes[0], track.scenes[5]
    kinds = [each.text for each in signed_up.happenings if each.event in ("after_insert", "mail")]
    assert kinds == ["premium", "premium welcome"]
    assert names(left) == LEFT
    assert left.happenings[-1].text == "goodbye"


def test_times_never_go_back_within_a_scene(small: Run) -> None:
    for scene in track_of(small).scenes:
        times = [happening.at for happening in scene.happenings]
        assert times == sorted(times)
        assert min(happening.took for happening in scene.happenings) >= 0


def test_hashing_is_the_work_of_before_insert(small: Run) -> None:
    took = {happening.event: happening.took for happening in track_of(small).scenes[0].happenings}
    assert took["before_insert"] > took["before_attach"]


def test_a_named_user_is_shown_even_when_refused(
    sqlite_file_engine: Engine, write: Callable[[str, str], Path]
) -> None:
    run = run_story(
        sqlite_file_engine,
        signups=write("signups.csv", SIGNUPS),
        edits=write("edits.csv", EDITS),
        user=" Kim@example.COM",
    )
    (scene,) = track_of(run).scenes
    assert (names(scene)[-1], scene.happenings[-1].text) == ("refused", "password is too short")


def test_nobody_is_shown_when_the_named_user_never_came(
    sqlite_file_engine: Engine, write: Callable[[str, str], Path]
) -> None:
    run = run_story(
        sqlite_file_engine, signups=write("signups.csv", SIGNUPS), user="who@example.com"
    )
    assert run.told.track is None


def test_without_edits_somebody_welcomed_is_shown(
    sqlite_file_engine: Engine, write: Callable[[str, str], Path]
) -> None:
    run = run_story(sqlite_file_engine, signups=write("signups.csv", SIGNUPS))
    assert names(track_of(run).scenes[0])[-1] == "mail"


def test_the_chosen_user_of_the_shipped_story_came_answered_moved_and_left(whole: Run) -> None:
    track = track_of(whole)
    assert [scene.chapter for scene in track.scenes] == ["sign-ups", *["edits"] * 3]
    assert names(track.scenes[1]) == ["load", *ANSWERED]
    assert names(track.scenes[2]) == MOVED
    assert names(track.scenes[3])[-1] == "mail"
    assert not track.has("refused")


def test_a_run_leaves_no_listener_of_the_timeline_behind(
    sqlite_file_engine: Engine, write: Callable[[str, str], Path]
) -> None:
    heard: list[str] = []

    def before(target: User, args: object, kwargs: object) -> None:
        heard.append("init")

    run = run_story(
        sqlite_file_engine, signups=write("signups.csv", SIGNUPS), user="ada@example.com"
    )
    known = [len(scene.happenings) for scene in track_of(run).scenes]
    event.listen(User, "init", before, propagate=False)
    try:
        User(name="Ada Lovelace", email="ada@example.com")
    finally:
        event.remove(User, "init", before)
    assert heard == ["init"]
    assert [len(scene.happenings) for scene in track_of(run).scenes] == known

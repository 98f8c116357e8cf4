"""What the comparer of random programs forgives, and what it must not hide."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from .canonical import Outcome, differences
from .wanted import in_one_order, moves_told_once, with_known_none
from .words import Heard

KIN = {
    "Tag": frozenset({"Tag"}),
    "Post": frozenset({"Post", "Comment"}),
    "Comment": frozenset({"Comment", "Post"}),
}
CIRCULAR = frozenset({"Comment"})
BEGIN = Heard("before_flush", ("session 1", "flush_context", "None"))
END = Heard("after_flush", ("session 1", "flush_context"))
FAILED = Heard("after_rollback", ("session 1",))


def write(name: str, target: str) -> Heard:
    """Return a mapper event."""
    return Heard(name, (f"mapper {target.split()[0]}", "connection", f"new {target}"))


def copy(target: str, key: str) -> Heard:
    """Return the copy of a key in a flush."""
    return Heard("set", (f"new {target}", "1", "NO_VALUE", f"REPLACE by {key}"), True)


def saved(target: str) -> list[Heard]:
    """Return the events of an INSERT."""
    return [write("before_insert", target), write("after_insert", target)]


def deleted(target: str) -> list[Heard]:
    """Return the events of a DELETE."""
    return [write("before_delete", target), write("after_delete", target)]


def same(oracle: Sequence[Heard], subject: Sequence[Heard]) -> bool:
    """Tell whether the comparer finds no difference."""
    one, other = (Outcome(in_one_order(log, KIN, CIRCULAR), "", {}) for log in (oracle, subject))
    return differences(one, other) == []


COMMENT, POST, TAG = saved("Comment 1"), saved("Post 1"), saved("Tag 1")
OTHER_TAG, GONE_TAG = saved("Tag 2"), deleted("Tag 3")


@pytest.mark.parametrize(
    "oracle, subject",
    [
        ([*TAG, *POST, *COMMENT], [*POST, *TAG, *COMMENT]),
        ([*TAG, *POST, *COMMENT], [*POST, *COMMENT, *TAG]),
        ([*GONE_TAG, *POST, *COMMENT], [*POST, *COMMENT, *GONE_TAG]),
    ],
    ids=["between", "behind", "a deletion"],
)
def test_unrelated_classes_come_in_any_order_beside_a_table_that_refers_to_itself(
    oracle: list[Heard], subject: list[Heard]
) -> None:
    assert same([BEGIN, *oracle, END], [BEGIN, *subject, END])


@pytest.mark.parametrize(
    "oracle, subject",
    [
        ([*TAG, *POST], [*POST, *TAG]),
        ([*GONE_TAG, *POST], [*POST, *GONE_TAG]),
        ([*POST, *COMMENT], [*COMMENT, *POST]),
        ([*COMMENT, *TAG, *OTHER_TAG], [*COMMENT, *OTHER_TAG, *TAG]),
        ([*COMMENT, *TAG, *GONE_TAG], [*COMMENT, *GONE_TAG, *TAG]),
        ([*COMMENT, *TAG], [*COMMENT, *TAG[::-1]]),
        ([*COMMENT, *TAG], COMMENT),
        ([*COMMENT, *TAG], [*COMMENT, *TAG, TAG[1]]),
        ([*COMMENT, *TAG], [*COMMENT, TAG[0], write("after_update", "Tag 1")]),
        ([*COMMENT, END, BEGIN, *TAG], [*COMMENT, *TAG, END, BEGIN]),
        ([*TAG, Heard("mark", ("'x'",)), *COMMENT], [Heard("mark", ("'x'",)), *TAG, *COMMENT]),
    ],
    ids=[
        "no such table",
        "a deletion and no such table",
        "related classes",
        "one class",
        "a deletion before an insert of one class",
        "after and before",
        "missing",
        "doubled",
        "another event",
        "another flush",
        "past a mark",
    ],
)
def test_other_changes_of_the_order_differ(oracle: list[Heard], subject: list[Heard]) -> None:
    assert not same([BEGIN, *oracle, END], [BEGIN, *subject, END])


FIRST = write("before_insert", "Comment 1")


@pytest.mark.parametrize(
    "oracle, subject",
    [
        ([*TAG, FIRST], [FIRST]),
        ([copy("Post 1", "author_id"), TAG[0]], [TAG[0]]),
        ([copy("Comment 1", "parent_id"), *POST, *TAG, POST[0]], [*POST, POST[0]]),
    ],
    ids=["another family", "a copy to who was not reached", "both"],
)
def test_what_a_failed_flush_told_by_chance_is_left_out(
    oracle: list[Heard], subject: list[Heard]
) -> None:
    assert same([BEGIN, *oracle, FAILED], [BEGIN, *subject, FAILED])
    assert not same([BEGIN, *oracle, END], [BEGIN, *subject, END])


@pytest.mark.parametrize(
    "oracle, subject",
    [
        ([*TAG, POST[0]], [POST[0]]),
        ([*POST, FIRST], [FIRST]),
        ([*POST, FIRST], [*POST]),
        ([*POST, FIRST], [*POST, POST[1], FIRST]),
        ([copy("Comment 1", "post_id"), FIRST], [FIRST]),
        ([*POST, FIRST], [FIRST, *POST]),
    ],
    ids=[
        "no such table",
        "the same family",
        "what failed",
        "doubled",
        "a copy to who was reached",
        "swapped",
    ],
)
def test_other_faults_of_a_failed_flush_differ(oracle: list[Heard], subject: list[Heard]) -> None:
    assert not same([BEGIN, *oracle, FAILED], [BEGIN, *subject, FAILED])


def test_a_move_is_left_out_only_where_it_is_told_again() -> None:
    out = Heard("persistent_to_transient", ("session 1", "User 1"))
    again = Heard("pending_to_transient", ("session 1", "User 1"))
    back = Heard("transient_to_pending", ("session 1", "User 1"))
    other = Heard("pending_to_transient", ("session 1", "User 2"))
    assert list(moves_told_once([out, again, other])) == [out, other]
    assert list(moves_told_once([out, back, again])) == [out, back, again]


def test_none_is_known_of_what_was_inserted_alone() -> None:
    inserted = write("after_insert", "Post 1")
    change = Heard("set", ("new Post 1", "2", "NO_VALUE", "REPLACE by author_id"))
    name = Heard("set", ("new Post 1", "2", "NO_VALUE", "REPLACE by title"))
    told = list(with_known_none([change, inserted, change, name], frozenset({"author_id"})))
    assert [heard.arguments[2] for heard in told if heard.name == "set"] == [
        "NO_VALUE",
        "None",
        "NO_VALUE",
    ]


def test_a_look_makes_a_none_only_of_what_is_not_known() -> None:
    inserted, look = write("after_insert", "Post 1"), Heard("init_scalar", ("new Post 1", "None"))
    again = Heard("persistent_to_transient", ("session 1", "new Post 1"))
    told = list(with_known_none([look, inserted, look, again, look], frozenset()))
    assert told == [look, inserted, again, look]


def test_who_was_brought_back_is_forgiven_once_per_rollback() -> None:
    back = Heard("deleted_to_persistent", ("session 1", "new Post 1"))
    assert list(moves_told_once([FAILED, back, back])) == [FAILED, back]
    assert list(moves_told_once([FAILED, back, FAILED, back])) == [FAILED, back, FAILED, back]


def test_who_is_loaded_again_may_leave_again() -> None:
    out = Heard("persistent_to_detached", ("session 1", "Tag(1,)"))
    loaded = Heard("loaded_as_persistent", ("session 1", "Tag(1,)"))
    assert list(moves_told_once([out, out, loaded, out])) == [out, loaded, out]

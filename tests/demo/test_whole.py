"""The shipped 2,000 sign-ups and 300 edits, whole."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from sqlalchemy import Engine, select

from cormorant.demo import listeners, refused, sheets
from cormorant.demo.data import people
from cormorant.demo.letters import GOODBYE, PREMIUM, WELCOME
from cormorant.demo.models import (
    TABLES,
    Comment,
    EmailChange,
    PremiumUser,
    Project,
    Tag,
    User,
)
from cormorant.demo.sheets import Line
from tests.demo.conftest import Run, run_story

REASONS = {
    "sign-ups": {
        refused.BAD_EMAIL: 77,
        refused.TAKEN: 66,
        refused.SHORT_PASSWORD: 21,
        refused.TWICE: 17,
        refused.NO_NAME: 13,
        refused.BATCH: 13,
        refused.PLAN: 12,
    },
    "edits": {
        refused.BAD_EMAIL: 18,
        refused.TAKEN: 16,
        refused.MANY_TAGS: 8,
        refused.NOBODY: 5,
        refused.NO_PROJECT: 5,
        refused.NOT_PREMIUM: 4,
    },
}
ROWS = {
    "users": 1_765,
    "premium_users": 175,
    "projects": 1_914,
    "tags": 16,
    "project_tags": 2_788,
    "comments": 61,
    "email_changes": 52,
}


def shipped_signups() -> list[Line]:
    """Read the sign-ups, with their plans."""
    file = sheets.shipped("signups.csv")
    return sheets.read(file, sheets.SIGNUP_COLUMNS, sheets.PREMIUM_COLUMNS)


def reasons_of(run: Run) -> dict[str, dict[str, int]]:
    """Count the refused lines by reason, for each chapter."""
    return {title: dict(Counter(lines.values())) for title, lines in run.refused.items()}


def test_rows_and_reasons_of_the_shipped_story(whole: Run) -> None:
    assert whole.told.totals.rows == ROWS
    assert reasons_of(whole) == REASONS
    assert [(chapter.batches, chapter.taken_back) for chapter in whole.told.chapters] == [
        (40, 1),
        (6, 0),
    ]


def test_mails_are_those_of_the_accepted_lines_and_no_others(whole: Run) -> None:
    signups = shipped_signups()
    bad = whole.refused["sign-ups"]
    accepted = {line.key(1): 1 for line in signups if line.number not in bad}
    sent = whole.told.totals.post.sent
    assert sent[WELCOME] + sent[PREMIUM] == len(accepted)
    assert sent[GOODBYE] == len(accepted) - whole.told.totals.rows["users"]
    goodbyes = Counter(whole.letters) - Counter(accepted)
    assert goodbyes.total() == sent[GOODBYE]
    assert not goodbyes.keys() & {row.email for row in whole.rows(User, "email")}


def test_refused_after_the_insert_means_promised_and_dropped(whole: Run) -> None:
    late = REASONS["sign-ups"][refused.TWICE] + REASONS["sign-ups"][refused.BATCH]
    assert whole.told.totals.promised - whole.told.totals.post.sent.total() == late


def test_the_present_addresses_follow_from_first_addresses_and_audit(whole: Run) -> None:
    now = {row.id: row.email for row in whole.rows(User, "id", "email")}
    for user, old, new in reversed(whole.rows(EmailChange, "user_id", "old_email", "new_email")):
        if user in now:  # the audit outlives the users
            assert now[user] == new
            now[user] = old
    assert now.keys() == {row.id for row in whole.rows(User, "id")}
    assert set(now.values()) <= set(whole.letters)


def test_no_password_of_the_input_is_in_the_file(whole: Run) -> None:
    signups = shipped_signups()
    passwords = {line.values()[2] for line in signups if "-" in line.values()[2]}
    assert len(passwords) > 1_900
    stored = Path(str(whole.engine.url.database)).read_bytes()
    assert [plain for plain in passwords if plain.encode() in stored] == []


def test_passwords_verify_only_as_they_were_chosen(whole: Run) -> None:
    bad = whole.refused["sign-ups"]
    chosen = {
        line.key(1): line.values()[2] for line in shipped_signups() if line.number not in bad
    }
    stored = {row.email: row.password_hash for row in whole.rows(User, "email", "password_hash")}
    stayed = sorted(chosen.keys() & stored.keys())
    assert len(stayed) > 1_600
    for email in stayed[::50]:
        assert PasswordHasher().verify(stored[email], chosen[email])
        with pytest.raises(VerifyMismatchError):
            PasswordHasher().verify(stored[email], chosen[email] + "!")
    assert len(set(stored.values())) == len(stored)


def test_the_hash_has_the_cost_that_is_stated(whole: Run) -> None:
    parameters = {row.password_hash.split("$")[3] for row in whole.rows(User, "password_hash")}
    assert (parameters, listeners.COST) == ({"m=1024,t=1,p=1"}, "1 pass over 1 MiB")


def test_the_cache_is_dropped_once_for_each_committed_batch(whole: Run) -> None:
    assert whole.told.totals.caches_dropped == 40 + 6 - 1


def test_slugs_are_unique_and_follow_the_names(whole: Run) -> None:
    slugs = [row.slug for row in whole.rows(User, "slug")]
    assert len(set(slugs)) == len(slugs)
    assert {
        "zoe-angstrom",
        "soren-kjaer",
        "jurgen-gross",
        "γιώργος-παπαδόπουλος",
        "山田-太郎",
    } <= set(slugs)


def test_no_project_is_without_its_user(whole: Run) -> None:
    users = {row.id for row in whole.rows(User, "id")}
    assert {row.owner_id for row in whole.rows(Project, "owner_id")} <= users


def test_no_comment_and_no_pair_is_without_its_rows(whole: Run) -> None:
    keys = [
        (key.parent, key.column)
        for table in TABLES
        for key in sorted(table.foreign_keys, key=lambda key: key.parent.name)
    ]
    assert len(keys) == 7
    with whole.engine.connect() as connection:
        for parent, column in keys:
            wanted = select(parent).where(parent.is_not(None)).distinct()
            assert set(connection.scalars(wanted)) <= set(connection.scalars(select(column)))


def test_tags_are_unique_and_used_by_many(whole: Run) -> None:
    names = sorted(row.name for row in whole.rows(Tag, "name"))
    assert names == sorted(word.lower().replace(" ", "-") for word in people.TAGS)


def test_numbers_of_comments_count_within_their_project(whole: Run) -> None:
    last = {row.id: row.comments_made for row in whole.rows(Project, "id", "comments_made")}
    rows = whole.rows(Comment, "project_id", "number")
    assert len(set(rows)) == len(rows)
    assert [row for row in rows if not 1 <= row.number <= last[row.project_id]] == []


def test_premium_users_are_those_with_a_plan(whole: Run) -> None:
    kinds = {row.id: row.kind for row in whole.rows(User, "id", "kind")}
    premium = whole.rows(PremiumUser, "id", "plan")
    assert {user for user, kind in kinds.items() if kind == "premium"} == {
        row.id for row in premium
    }
    assert {row.plan for row in premium} == {"monthly", "yearly"}


@pytest.mark.parametrize(
    "server",
    [
        pytest.param("postgresql_engine", marks=pytest.mark.postgresql),
        pytest.param("mariadb_engine", marks=pytest.mark.mariadb),
    ],
    ids=["postgresql", "mariadb"],
)
def test_a_server_ends_with_the_same_story(
    server: str, whole: Run, request: pytest.FixtureRequest
) -> None:
    engine: Engine = request.getfixturevalue(server)
    run = run_story(engine)
    assert run.refused == whole.refused
    assert run.letters == whole.letters
    columns = ("name", "slug", "email")
    assert run.rows(User, *columns) == whole.rows(User, *columns)
    assert run.told.totals.rows == whole.told.totals.rows
    columns = ("number", "body")
    assert run.rows(Comment, *columns) == whole.rows(Comment, *columns)
    assert run.rows(EmailChange, "old_email", "new_email") == whole.rows(
        EmailChange, "old_email", "new_email"
    )

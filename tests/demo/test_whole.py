"""The shipped 2,000 sign-ups and 240 edits, whole."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from sqlalchemy import Engine

from cormorant.demo import listeners, refused, sheets
from cormorant.demo.models import EmailChange, Project, User
from tests.demo.conftest import Run, run_story

REASONS = {
    "sign-ups": {
        refused.BAD_EMAIL: 90,
        refused.TAKEN: 81,
        refused.SHORT_PASSWORD: 31,
        refused.NO_NAME: 24,
        refused.TWICE: 22,
        refused.BATCH: 16,
    },
    "edits": {refused.TAKEN: 21, refused.BAD_EMAIL: 15, refused.NOBODY: 14},
}
ROWS = {"users": 1_736, "projects": 1_976, "email_changes": 80}


def reasons_of(run: Run) -> dict[str, dict[str, int]]:
    """Count the refused lines by reason, for each chapter."""
    return {title: dict(Counter(lines.values())) for title, lines in run.refused.items()}


def test_rows_and_reasons_of_the_shipped_story(whole: Run) -> None:
    assert whole.told.totals.rows == ROWS
    assert reasons_of(whole) == REASONS
    assert [(chapter.batches, chapter.taken_back) for chapter in whole.told.chapters] == [
        (40, 1),
        (5, 0),
    ]


def test_mails_are_those_of_the_accepted_lines_and_no_others(whole: Run) -> None:
    signups = sheets.read(sheets.shipped("signups.csv"), sheets.SIGNUP_COLUMNS)
    bad = whole.refused["sign-ups"]
    accepted = {line.key(1): 1 for line in signups if line.number not in bad}
    assert whole.letters == accepted
    assert len(whole.letters) == whole.told.totals.rows["users"]


def test_refused_after_the_insert_means_promised_and_dropped(whole: Run) -> None:
    late = REASONS["sign-ups"][refused.TWICE] + REASONS["sign-ups"][refused.BATCH]
    assert whole.told.totals.promised - whole.told.totals.post.sent == late


def test_the_present_addresses_follow_from_first_addresses_and_audit(whole: Run) -> None:
    now = {row.id: row.email for row in whole.rows(User, "id", "email")}
    for user, old, new in reversed(whole.rows(EmailChange, "user_id", "old_email", "new_email")):
        assert now[user] == new
        now[user] = old
    assert sorted(now.values()) == sorted(whole.letters)


def test_no_password_of_the_input_is_in_the_file(whole: Run) -> None:
    signups = sheets.read(sheets.shipped("signups.csv"), sheets.SIGNUP_COLUMNS)
    passwords = {line.values()[2] for line in signups if "-" in line.values()[2]}
    assert len(passwords) > 1_900
    stored = Path(str(whole.engine.url.database)).read_bytes()
    assert [plain for plain in passwords if plain.encode() in stored] == []


def test_passwords_verify_only_as_they_were_chosen(whole: Run) -> None:
    bad = whole.refused["sign-ups"]
    signups = sheets.read(sheets.shipped("signups.csv"), sheets.SIGNUP_COLUMNS)
    chosen = [line.values()[2] for line in signups if line.number not in bad]
    hashes = [row.password_hash for row in whole.rows(User, "password_hash")]
    some = slice(None, None, 50)
    for plain, stored in zip(chosen[some], hashes[some], strict=True):
        assert PasswordHasher().verify(stored, plain)
        with pytest.raises(VerifyMismatchError):
            PasswordHasher().verify(stored, plain + "!")
    assert len(set(hashes)) == len(hashes) == len(chosen)


def test_the_hash_has_the_cost_that_is_stated(whole: Run) -> None:
    parameters = {row.password_hash.split("$")[3] for row in whole.rows(User, "password_hash")}
    assert (parameters, listeners.COST) == ({"m=1024,t=1,p=1"}, "1 pass over 1 MiB")


def test_the_cache_is_dropped_once_for_each_committed_batch(whole: Run) -> None:
    assert whole.told.totals.caches_dropped == 40 + 5 - 1


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
    assert run.rows(EmailChange, "old_email", "new_email") == whole.rows(
        EmailChange, "old_email", "new_email"
    )

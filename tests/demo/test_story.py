"""The small story, line by line, on every database; and batches that are taken back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from sqlalchemy import Engine, text

from cormorant.demo import refused
from cormorant.demo.models import Base, EmailChange, Project, User
from cormorant.demo.trouble import CannotRun
from tests.demo.conftest import ROBOTS, SIGNUPS, Run, run_story


def test_every_refused_line_has_its_number_and_reason(small: Run) -> None:
    assert small.refused == {
        "sign-ups": {
            5: refused.TAKEN,
            6: refused.BAD_EMAIL,
            7: refused.NO_NAME,
            8: refused.SHORT_PASSWORD,
            9: refused.TWICE,
            10: refused.CELLS,
        },
        "edits": {
            5: refused.TAKEN,
            6: refused.BAD_EMAIL,
            7: refused.NOBODY,
            8: refused.FIELD,
            9: refused.TWICE,
        },
    }


def test_users_are_tidy_slugged_and_edited(small: Run) -> None:
    assert small.rows(User, "name", "slug", "email") == [
        ("Ada Lovelace", "ada-lovelace", "countess@example.org"),
        ("Rear Admiral Hopper", "grace-hopper", "grace@example.com"),
        ("Ada Lovelace", "ada-lovelace-2", "ada.two@example.com"),
        ("山田 太郎", "山田-太郎", "taro@example.com"),
    ]


def test_projects_belong_to_their_users(small: Run) -> None:
    names = {row.id: row.slug for row in small.rows(User, "id", "slug")}
    rows = small.rows(Project, "owner_id", "title")
    assert [(names[row.owner_id], row.title) for row in rows] == [
        ("ada-lovelace", "Engine"),
        ("ada-lovelace", "Notes"),
        ("grace-hopper", "Compiler"),
        ("山田-太郎", "地図"),
        ("ada-lovelace-2", "Loom"),
        ("ada-lovelace", "Poems"),
    ]


def test_only_the_change_that_was_committed_is_audited(small: Run) -> None:
    ada = small.rows(User, "id")[0].id
    assert small.rows(EmailChange, "user_id", "old_email", "new_email") == [
        (ada, "ada@example.com", "countess@example.org")
    ]


def test_each_committed_user_got_one_letter_at_the_first_address(small: Run) -> None:
    assert small.letters == {
        "ada@example.com": 1,
        "grace@example.com": 1,
        "ada.two@example.com": 1,
        "taro@example.com": 1,
    }
    assert small.told.totals.post.sent == 4


def test_the_mail_of_a_refused_line_was_promised_and_dropped(small: Run) -> None:
    # Lin's user was inserted before the second project broke the savepoint.
    assert small.told.totals.promised == 5


def test_passwords_verify_and_are_nowhere_plain(small: Run) -> None:
    plain = ["correct-horse-1", "compiler-1906", "another-ada-2", "taros-password-7"]
    hashes = [row.password_hash for row in small.rows(User, "password_hash")]
    assert [PasswordHasher().verify(*pair) for pair in zip(hashes, plain, strict=True)] == [
        True
    ] * 4
    assert [word for word in plain if any(word in stored for stored in hashes)] == []


def test_edited_users_and_only_they_are_stamped_anew(small: Run) -> None:
    rows = small.rows(User, "slug", "created_at", "updated_at")
    assert {row.slug: row.updated_at > row.created_at for row in rows} == {
        "ada-lovelace": True,
        "grace-hopper": True,
        "ada-lovelace-2": True,  # by a project: the collection is part of the user
        "山田-太郎": False,  # every edit of this user was refused
    }


def test_projects_have_both_stamps(small: Run) -> None:
    rows = small.rows(Project, "created_at", "updated_at")
    assert [row.created_at == row.updated_at for row in rows] == [True] * 6


def test_a_mostly_bad_batch_leaves_nothing_and_mails_nobody(
    place: Engine, write: Callable[[str, str], Path]
) -> None:
    run = run_story(place, signups=write("robots.csv", ROBOTS))
    assert run.told.totals.rows == {"users": 0, "projects": 0, "email_changes": 0}
    assert run.letters == {}
    assert run.told.totals.promised == 1
    assert run.refused == {
        "sign-ups": {**dict.fromkeys(range(2, 13), refused.BAD_EMAIL), 13: refused.BATCH}
    }
    assert [chapter.taken_back for chapter in run.told.chapters] == [1]


def test_own_sign_ups_are_not_followed_by_the_shipped_edits(
    sqlite_file_engine: Engine, write: Callable[[str, str], Path]
) -> None:
    signups = write("own.csv", "name,email,password,projects\nAda,ada@example.com,12345678,\n")
    run = run_story(sqlite_file_engine, signups=signups)
    assert [(chapter.title, chapter.accepted) for chapter in run.told.chapters] == [
        ("sign-ups", 1)
    ]


def test_two_runs_in_one_process_do_not_hear_each_other(
    tmp_path: Path, sqlite_file_engine: Engine, sqlite_engine_of: Callable[[Path], Engine]
) -> None:
    path = tmp_path / "signups.csv"
    path.write_text(
        "name,email,password,projects\nAda,ada@example.com,12345678,\n", encoding="utf-8"
    )
    first = run_story(sqlite_file_engine, signups=path)
    second = run_story(sqlite_engine_of(tmp_path / "second.db"), signups=path)
    assert (first.letters, second.letters) == ({"ada@example.com": 1}, {"ada@example.com": 1})
    assert first.told.totals.promised == second.told.totals.promised == 1


def add_trigger(engine: Engine, body: str) -> None:
    """Create the demo's tables, empty, with a trigger that meets projects named Compiler."""
    Base.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(
            text(
                "CREATE TRIGGER meets BEFORE INSERT ON codecrafters_projects "
                f"WHEN NEW.title = 'Compiler' BEGIN {body}; END"
            )
        )


def test_a_refusal_of_the_database_that_nobody_foresaw_is_one_refused_line(
    sqlite_file_engine: Engine, write: Callable[[str, str], Path]
) -> None:
    add_trigger(sqlite_file_engine, "SELECT RAISE(ABORT, 'no compilers')")
    run = run_story(sqlite_file_engine, signups=write("signups.csv", SIGNUPS))
    assert run.refused["sign-ups"][3] == refused.OTHER
    assert run.told.totals.rows == {"users": 3, "projects": 3, "email_changes": 0}


def test_a_failure_of_the_database_ends_the_run_with_nothing_half_written(
    sqlite_file_engine: Engine, write: Callable[[str, str], Path]
) -> None:
    add_trigger(sqlite_file_engine, "INSERT INTO missing VALUES (NEW.id)")
    with pytest.raises(CannotRun) as caught:
        run_story(sqlite_file_engine, signups=write("signups.csv", SIGNUPS))
    assert str(caught.value) == (
        "The database failed during the story: OperationalError; batches committed before "
        f"are kept in {sqlite_file_engine.url.database}."
    )
    with sqlite_file_engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM codecrafters_users")) == 0

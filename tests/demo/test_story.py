"""The small story, line by line, on every database; and batches that are taken back."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from sqlalchemy import Engine, select, text

from cormorant.demo import refused
from cormorant.demo.letters import GOODBYE, PREMIUM, WELCOME
from cormorant.demo.models import Base, Comment, EmailChange, Project, Tag, User, project_tags
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
            13: refused.PLAN,
            14: refused.MANY_TAGS,
        },
        "edits": {
            5: refused.TAKEN,
            6: refused.BAD_EMAIL,
            7: refused.NOBODY,
            8: refused.FIELD,
            9: refused.TWICE,
            16: refused.NOT_PREMIUM,
            17: refused.PLAN,
            18: refused.NO_PROJECT,
            19: refused.NO_COMMENT,
            20: refused.COMMENT,
            21: refused.MANY_TAGS,
            27: refused.NOBODY,
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


def test_tags_are_tidy_and_shared(small: Run) -> None:
    assert sorted(row.name for row in small.rows(Tag, "name")) == [
        "history",
        "math",
        "open-data",
        "poetry",
        "地図",
    ]
    wanted = select(Project.__table__.c.title, Tag.__table__.c.name).join_from(
        Project.__table__.join(project_tags), Tag.__table__
    )
    with small.engine.connect() as connection:
        pairs = sorted((title, tag) for title, tag in connection.execute(wanted))
    assert pairs == [
        ("Engine", "math"),
        ("Engine", "poetry"),
        ("Loom", "history"),
        ("Notes", "math"),
        ("地図", "history"),
        ("地図", "地図"),
    ]


def test_a_number_of_a_comment_that_is_gone_is_not_given_again(small: Run) -> None:
    titles = {row.id: row.title for row in small.rows(Project, "id", "title")}
    rows = small.rows(Comment, "project_id", "number", "body", "parent_id")
    assert [(titles[project], *rest) for project, *rest in rows] == [
        ("地図", 1, "Nice", None),
        ("Engine", 4, "Gone", None),
    ]


def test_who_leaves_takes_projects_comments_and_answers_along(small: Run) -> None:
    assert small.told.totals.rows == {
        "users": 4,
        "premium_users": 0,
        "projects": 6,
        "tags": 5,
        "project_tags": 6,
        "comments": 2,
        "email_changes": 1,
    }


def test_only_the_change_that_was_committed_is_audited(small: Run) -> None:
    ada = small.rows(User, "id")[0].id
    assert small.rows(EmailChange, "user_id", "old_email", "new_email") == [
        (ada, "ada@example.com", "countess@example.org")
    ]


def test_each_committed_user_got_one_welcome_and_the_leaver_a_goodbye(small: Run) -> None:
    assert small.letters == {
        "ada@example.com": 1,
        "grace@example.com": 1,
        "ada.two@example.com": 1,
        "taro@example.com": 1,
        "eve@example.com": 2,
    }
    assert small.told.totals.post.sent == {WELCOME: 4, PREMIUM: 1, GOODBYE: 1}


def test_the_mail_of_a_refused_line_was_promised_and_dropped(small: Run) -> None:
    # Lin's user was inserted before the second project broke the savepoint.
    assert small.told.totals.promised == 7


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
    assert [row.created_at == row.updated_at for row in rows] == [
        False,  # Engine was commented on
        True,
        True,
        False,  # so was 地図
        True,
        True,
    ]


def test_a_mostly_bad_batch_leaves_nothing_and_mails_nobody(
    place: Engine, write: Callable[[str, str], Path]
) -> None:
    run = run_story(place, signups=write("robots.csv", ROBOTS))
    assert set(run.told.totals.rows.values()) == {0}
    assert run.letters == {}
    assert run.told.totals.promised == 1
    assert run.refused == {
        "sign-ups": {**dict.fromkeys(range(2, 13), refused.BAD_EMAIL), 13: refused.BATCH}
    }
    assert [chapter.taken_back for chapter in run.told.chapters] == [1]


def test_the_files_of_the_manual_are_accepted_whole(
    sqlite_file_engine: Engine, write: Callable[[str, str], Path]
) -> None:
    page = Path(__file__).parents[2] / "docs" / "demo.md"
    signups, edits = re.findall(r"```csv\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    run = run_story(
        sqlite_file_engine, signups=write("signups.csv", signups), edits=write("edits.csv", edits)
    )
    assert run.refused == {"sign-ups": {}, "edits": {}}
    assert run.told.totals.rows["users"] == 1


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
    rows = run.told.totals.rows
    assert (rows["users"], rows["projects"], rows["tags"]) == (4, 4, 4)


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

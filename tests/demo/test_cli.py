"""The command as a user starts it: output, exit codes, and one clear line for each error."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from cormorant import cli
from cormorant.demo.mail import Mailroom
from tests.demo.conftest import EDITS, ROBOTS, SIGNUPS

Writer = Callable[[str, str], Path]


def start(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run `python -m cormorant` with these words, its output not being a terminal."""
    return subprocess.run(
        [sys.executable, "-m", "cormorant", *words],
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8", "COLUMNS": "80", **variables},
        timeout=120,
        check=False,
    )


def refusal(*words: str) -> str:
    """Run the demo, which must fail with code 2 and print one line; return that line."""
    done = start("demo", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("cormorant demo: ")
    assert done.stderr.count("\n") == 1
    return done.stderr.removeprefix("cormorant demo: ").rstrip("\n")


def sqlite_url(folder: Path) -> str:
    """Return the URL of a SQLite file in a folder."""
    return f"sqlite:///{folder / 'demo.db'}"


def test_the_small_story_is_told_plainly_outside_a_terminal(write: Writer, tmp_path: Path) -> None:
    signups, edits = write("signups.csv", SIGNUPS), write("edits.csv", EDITS)
    done = start(
        "demo",
        "--database",
        sqlite_url(tmp_path),
        "--signups",
        str(signups),
        "--edits",
        str(edits),
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "\x1b" not in done.stdout
    # A path is printed whole, however long.
    printed = [line for line in done.stdout.splitlines() if str(tmp_path) not in line]
    assert max(map(len, printed)) <= 80
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert lines[0] == "CodeCrafters: 13 sign-ups, 26 edits"
    for line in (
        "users 4 welcome, after a commit 4",
        "premium users 0 premium welcome, after a commit 1",
        "projects 6 goodbye, after a commit 1",
        "tags 5 received by the server 6",
        "project tags 6 dropped by a rollback 1",
        "comments 2",
        "email changes 1",
        "One welcome for each committed user, one goodbye for each leaver, no other.",
        "sign-ups e-mail is already taken 1 line 5",
        "Timeline of eve@example.com 70 events, times in ms",
        "edits, line 25, batch 1",
    ):
        assert line in lines


def test_refused_lines_show_no_private_value(write: Writer, tmp_path: Path) -> None:
    signups = write("signups.csv", SIGNUPS)
    done = start(
        "demo", "--database", sqlite_url(tmp_path), "--signups", str(signups),
        "--user", "taro@example.com",
    )  # fmt: skip
    private = re.findall(r"[\w.]+@example\w*|\w+-password-\d|Bob|Kim|Lin\b", SIGNUPS)
    told = done.stdout.replace("taro@example.com", "")
    assert [value for value in private if value != "taro@example" and value in told] == []


def test_the_default_database_is_a_new_file_that_is_named_and_stays(write: Writer) -> None:
    signups = str(write("signups.csv", SIGNUPS))
    outputs = [start("demo", "--signups", signups).stdout for _ in range(2)]
    files = [re.findall(r"^Rows are in (.*)$", output, re.MULTILINE)[0] for output in outputs]
    assert len(set(files)) == 2
    assert [Path(file).stat().st_size > 0 for file in files] == [True, True]


def test_a_batch_taken_back_is_told(write: Writer, tmp_path: Path) -> None:
    signups = write("robots.csv", ROBOTS)
    done = start("demo", "--database", sqlite_url(tmp_path), "--signups", str(signups))
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert "good, but its batch was bad 1 line 13" in lines
    assert "users 0 welcome, after a commit 0" in lines


def test_another_mail_server_gets_the_letters(write: Writer, tmp_path: Path) -> None:
    signups = write("signups.csv", SIGNUPS)
    with Mailroom() as mailroom:
        done = start(
            "demo", "--database", sqlite_url(tmp_path), "--signups", str(signups),
            "--smtp", f"{mailroom.host}:{mailroom.port}",
        )  # fmt: skip
    assert done.returncode == 0
    assert sorted(mailroom.received) == [
        "ada.two@example.com",
        "ada@example.com",
        "eve@example.com",
        "grace@example.com",
        "taro@example.com",
    ]
    assert re.search(r"received by the server +other server", done.stdout)


def test_a_user_who_never_came_is_said(write: Writer, tmp_path: Path) -> None:
    signups = write("signups.csv", SIGNUPS)
    done = start(
        "demo", "--database", sqlite_url(tmp_path), "--signups", str(signups), "--user", "x@y.nl"
    )
    assert done.stdout.count("\nNo line of the input was about x@y.nl.\n") == 1


def test_an_output_that_knows_only_ascii_still_gets_the_story(
    write: Writer, tmp_path: Path
) -> None:
    signups = write("signups.csv", SIGNUPS)
    done = start(
        "demo", "--database", sqlite_url(tmp_path), "--signups", str(signups),
        "--user", "taro@example.com", PYTHONIOENCODING="ascii",
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert "tidied: ?? ??" in done.stdout


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--signups", "none.csv"], "Cannot read 'none.csv': No such file or directory."),
        (["--edits", "/"], "Cannot read '/': Is a directory."),
        (["--smtp", "localhost"], "--smtp must be a host and a port, such as 'localhost:25'"),
        (["--smtp", "localhost:99999"], "--smtp must be a host and a port"),
        (["--smtp", "127.0.0.1:1"], "Cannot reach the mail server '127.0.0.1:1': "),
        (["--database", "nonsense"], "--database must be a URL such as "),
        (["--database", "oracle+none://x"], "There is no dialect or driver for 'oracle+none'."),
        (["--database", "sqlite:////no/such/folder/x.db"], "Cannot reach the database "),
        (["--database", "postgresql://me:hush@127.0.0.1:1/x"], "Cannot reach the database "),
        (["--database", "mariadb://me:hush@127.0.0.1:1/x"], "Cannot reach the database "),
    ],
)
def test_what_is_wrong_is_one_line_and_code_2(words: list[str], told: str) -> None:
    line = refusal(*words)
    assert line.startswith(told)
    assert "hush" not in line


def test_wrong_columns_are_one_line_and_code_2(write: Writer) -> None:
    line = refusal("--signups", str(write("people.csv", "name,mail\nAda,a@example.com\n")))
    assert line == (
        "The first line of 'people.csv' must name the columns name, email, password, projects "
        "once each; wrong or missing: email, password, projects."
    )


def test_a_driver_that_is_not_installed_is_named(tmp_path: Path) -> None:
    (tmp_path / "psycopg.py").write_text("raise ModuleNotFoundError(name='psycopg')\n")
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    done = start("demo", "--database", "postgresql://127.0.0.1/x", PYTHONPATH=path)
    assert (done.returncode, done.stderr) == (
        2,
        "cormorant demo: The driver 'psycopg' is not installed: "
        'pip install "cormorant[postgresql]"\n',
    )


def test_an_unknown_option_is_code_2() -> None:
    done = start("demo", "--databse", "x")
    assert done.returncode == 2
    assert "--database" in done.stderr


def test_tables_with_rows_are_refused_and_dropped_on_request(write: Writer, place: Engine) -> None:
    url = place.url.render_as_string(hide_password=False)
    words = ["--database", url, "--signups", str(write("signups.csv", SIGNUPS))]
    assert start("demo", *words).returncode == 0
    assert refusal(*words) == (
        "Table 'codecrafters_users' exists and holds 5 rows. "
        "Use another database, or --drop to drop the demo's tables first."
    )
    again = start("demo", *words, "--drop")
    assert (again.returncode, again.stderr) == (0, "")
    with place.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM codecrafters_users")) == 5


def test_a_table_of_somebody_else_is_refused_and_left_alone(place: Engine) -> None:
    with place.begin() as connection:
        connection.execute(text("CREATE TABLE codecrafters_projects (id INTEGER, budget INTEGER)"))
        connection.execute(text("INSERT INTO codecrafters_projects VALUES (1, 2)"))
    assert refusal("--database", place.url.render_as_string(hide_password=False)) == (
        "Table 'codecrafters_projects' exists and is not the demo's. "
        "Use another database, or --drop to drop the demo's tables first."
    )
    with place.connect() as connection:
        assert connection.scalar(text("SELECT budget FROM codecrafters_projects")) == 2


def test_an_unreachable_mail_server_leaves_the_tables_alone(write: Writer, place: Engine) -> None:
    url = place.url.render_as_string(hide_password=False)
    words = ["--database", url, "--signups", str(write("signups.csv", SIGNUPS))]
    assert start("demo", *words).returncode == 0
    refusal(*words, "--drop", "--smtp", "127.0.0.1:1")
    with place.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM codecrafters_users")) == 5


@pytest.mark.parametrize(
    ("words", "code", "output", "errors"),
    [
        (["--help"], 0, cli.usage() + "\n", ""),
        ([], 2, cli.usage() + "\n", ""),
        (["dmeo"], 2, "", "cormorant: no command 'dmeo'; there is demo, events.\n"),
    ],
)
def test_the_command_knows_its_subcommands(
    words: list[str], code: int, output: str, errors: str
) -> None:
    done = start(*words)
    assert (done.returncode, done.stdout, done.stderr) == (code, output, errors)


def test_help_of_the_demo_names_every_option() -> None:
    done = start("demo", "--help")
    assert set(re.findall(r"--[a-z]+", done.stdout)) == {
        "--database", "--smtp", "--signups", "--edits", "--user", "--drop", "--help",
    }  # fmt: skip


def test_a_missing_extra_is_named_with_its_cure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hidden = ("rich", "argon2")
    find = importlib.util.find_spec
    monkeypatch.setattr(cli, "find_spec", lambda name: None if name in hidden else find(name))
    assert cli.main(["demo"]) == 2
    assert capsys.readouterr().err == (
        "cormorant: 'demo' needs argon2, rich, not installed here: "
        'pip install "cormorant[demo]"\n'
    )


def test_the_command_itself_needs_no_extra() -> None:
    script = (
        "import sys; from cormorant import cli; cli.main(['--help']);"
        "print(sorted({'click', 'rich', 'argon2', 'aiosmtpd'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"

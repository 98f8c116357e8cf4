"""What is shown: on terminals of 80 and 120 columns, and where there is none."""

from __future__ import annotations

import io
from collections import Counter

import pytest
from rich.cells import cell_len
from rich.console import Console, RenderableType

from cormorant.demo import screen, strip
from cormorant.demo.letters import GOODBYE, PREMIUM, WELCOME
from cormorant.demo.lines import sign_up
from cormorant.demo.mail import Post
from cormorant.demo.sheets import Line
from cormorant.demo.story import Chapter
from cormorant.demo.timeline import Happening, Scene, Track
from tests.demo.conftest import Run


def shown(renderable: RenderableType, console: Console) -> list[str]:
    """Return the printed lines without the blanks at their ends."""
    console.print(renderable)
    assert isinstance(console.file, io.StringIO)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def console_of(width: int, terminal: bool) -> Console:
    """Return a console of this width, without colours, that prints into a string."""
    return Console(
        file=io.StringIO(), width=width, force_terminal=terminal, no_color=True,
        color_system=None, highlight=False,
    )  # fmt: skip


def chapter_of(lines: int, reasons: dict[int, str]) -> Chapter:
    """Return a chapter of sign-ups with so many lines, some of them refused."""
    made = [Line(number, (), (), 0) for number in range(2, lines + 2)]
    return Chapter("sign-ups", made, sign_up, 1, reasons, batches=1, seconds=2.0)


def totals_of(
    sent: int, received: int | None, failed: int = 0, users: int = 5, goodbyes: int = 0
) -> screen.Totals:
    """Return totals with so many welcomes, one of them to a premium user, and goodbyes."""
    post = Post("localhost", 25)
    post.sent = Counter({WELCOME: sent - 1, PREMIUM: 1, GOODBYE: goodbyes})
    post.failed = Counter({"SMTPDataError": failed} if failed else {})
    rows = {"users": users, "projects": 2, "email_changes": 1}
    return screen.Totals(rows, sent + goodbyes + failed + 1, post, received, "little", 1, 2)


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("terminal", [True, False])
def test_nothing_is_wider_than_the_screen(whole: Run, width: int, terminal: bool) -> None:
    track = whole.told.track
    assert track is not None
    console = console_of(width, terminal)
    lines = shown(screen.summary(console, whole.told.chapters, whole.told.totals), console)
    lines += shown(strip.timeline(console, track), console)
    assert max(cell_len(line) for line in lines) <= width


def test_the_summary_outside_a_terminal_is_this_text() -> None:
    console = console_of(80, terminal=False)
    chapters = [chapter_of(5, {3: "no name", 4: "too good", 5: "no name"})]
    assert shown(
        screen.summary(console, chapters, totals_of(sent=2, received=2, users=2)), console
    ) == [
        "",
        "Summary  5 lines in 2.0 s, 2 lines/s",
        "------------------------------------",
        "Chapter    lines  accepted  refused  batches  rolled back  seconds",
        "sign-ups       5         2        3        1            0     2.00",
        "",
        "Rows                     Mail",
        "users           2        welcome, after a commit          1",
        "projects        2        premium welcome, after a commit  1",
        "email changes   1        goodbye, after a commit          0",
        "                         received by the server           2",
        "                         dropped by a rollback            1",
        "",
        "One welcome for each committed user, none for anybody else.",
        "",
        "Refused lines",
        "-------------",
        "Chapter    reason    lines  for example",
        "sign-ups   no name       2  line 3, 5",
        "           too good      1  line 4",
        "",
        "after_commit dropped the cache 1 times, after_rollback cleaned up 2 times.",
        "Passwords: argon2id at a low cost, little: for the demo only.",
    ]


@pytest.mark.parametrize(
    ("totals", "told"),
    [
        (totals_of(5, 5), "One welcome for each committed user, none for anybody else."),
        (totals_of(5, None), "One welcome for each committed user, none for anybody else."),
        (
            totals_of(5, 7, users=3, goodbyes=2),
            "One welcome for each committed user, one goodbye for each leaver, no other.",
        ),
        (totals_of(4, 4, failed=1), "5 users were committed, but 4 welcomes were sent."),
        (totals_of(5, 5, users=3, goodbyes=1), "2 users left, but 1 goodbyes were sent."),
        (totals_of(5, 6, users=4), "1 users left, but 0 goodbyes were sent."),
        (totals_of(5, 3), "5 mails were sent, but 3 received."),
    ],
)
def test_the_verdict_compares_users_and_mails(totals: screen.Totals, told: str) -> None:
    console = console_of(80, terminal=False)
    assert told in shown(screen.summary(console, [chapter_of(5, {})], totals), console)


def test_failed_mails_are_counted_by_kind() -> None:
    console = console_of(80, terminal=False)
    lines = shown(screen.summary(console, [chapter_of(5, {})], totals_of(4, 4, failed=1)), console)
    assert [line.split() for line in lines if "SMTPDataError" in line] == [
        ["failed:", "SMTPDataError", "1"]
    ]


def test_nothing_refused_leaves_that_part_out() -> None:
    console = console_of(80, terminal=False)
    lines = shown(screen.summary(console, [chapter_of(5, {})], totals_of(5, 5)), console)
    assert "Refused lines" not in lines


TRACK = Track(
    "ada@example.com",
    [
        Scene(
            "sign-ups",
            1,
            7,
            [
                Happening(10.0, 0.0, "init"),
                Happening(10.001, 0.0, "set", "name", text="Ada"),
                Happening(10.002, 0.004, "before_insert"),
                Happening(10.007, 0.0, "after_commit", savepoint=True),
                Happening(10.047, 0.00001, "after_commit"),
                Happening(10.050, 0.002, "mail", text="premium welcome"),
            ],
        )
    ],
)


def test_the_timeline_outside_a_terminal_is_this_text() -> None:
    console = console_of(100, terminal=False)
    assert shown(strip.timeline(console, TRACK), console) == [
        "",
        "Timeline of ada@example.com  6 events, times in ms",
        "--------------------------------------------------",
        "sign-ups, line 7, batch 1",
        "     0.00  init",
        "     1.00  set name               tidied: Ada",
        "     2.00  before_insert          password hashed, slug made"
        "                  4.00  ################",
        "     7.00  after_commit           (of the savepoint)",
        "           :                      40 ms: the database commits",
        "    47.00  after_commit           cache dropped",
        "    50.00  mail                   premium welcome mail accepted"
        "               2.00  ########",
    ]


def test_bars_have_eighths_on_a_terminal() -> None:
    console = console_of(120, terminal=True)
    lines = shown(strip.timeline(console, TRACK), console)
    bars = [line.split()[-1] for line in lines if "█" in line]
    assert bars == ["█" * 24, "█" * 12]


def test_a_very_wide_terminal_is_not_filled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    assert screen.make_console().width == screen.WIDEST

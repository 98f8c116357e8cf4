"""What the demo shows: a progress bar, the summary, and the timeline of one user."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console, Group, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from cormorant.demo.letters import GOODBYE, PREMIUM, WELCOME
from cormorant.demo.mail import Post
from cormorant.demo.story import Chapter

WIDEST = 120
EXAMPLES = 4
KINDS = (WELCOME, PREMIUM, GOODBYE)
HEADING = "bold cyan"
QUIET = "dim"


@dataclass(frozen=True, slots=True)
class Totals:
    """What the summary tells beside the chapters."""

    rows: dict[str, int]  # table -> rows
    promised: int
    post: Post
    received: int | None  # letters at the embedded server; None when another one was used
    cost: str
    caches_dropped: int
    cleaned_up: int


def make_console() -> Console:
    """Return a console for standard output, no wider than is easy to read."""
    console = Console(highlight=False, soft_wrap=False)
    if console.width > WIDEST:
        console.width = WIDEST
    return console


class Bar:
    """A progress bar over all chapters; nothing at all when the output is not a terminal."""

    def __init__(self, console: Console, chapters: Sequence[Chapter]) -> None:
        self.progress = Progress(
            TextColumn("[bold]{task.description:<8}"),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            TextColumn("[dim]{task.fields[note]:<26}"),
            console=console,
            disable=not console.is_terminal,
            expand=True,
        )
        self._tasks: dict[str, TaskID] = {
            chapter.title: self.progress.add_task(chapter.title, total=len(chapter.lines), note="")
            for chapter in chapters
        }

    def advance(self, chapter: Chapter, lines: int, members: int) -> None:
        """Move on by a batch; `members` is the cached count of users."""
        note = f"{members:,} members, {len(chapter.refused):,} refused"
        self.progress.update(self._tasks[chapter.title], advance=lines, note=note)


def heading(console: Console, left: str, right: str = "") -> RenderableType:
    """Return a section's heading: a rule on a terminal, underlined words elsewhere."""
    if not console.is_terminal:
        words = f"{left}  {right}".rstrip()
        return Text(f"\n{words}\n{'-' * min(len(words), console.width)}")
    line = Table.grid(expand=True, padding=(0, 1))
    line.add_column(no_wrap=True)
    line.add_column(ratio=1)
    cells: list[RenderableType] = [Text(left, HEADING), Rule(style=QUIET)]
    if right:
        line.add_column(no_wrap=True, justify="right")
        cells.append(Text(right, QUIET))
    line.add_row(*cells)
    return Group(Text(), line)


def summary(console: Console, chapters: Sequence[Chapter], totals: Totals) -> RenderableType:
    """Return the summary: lines, rows, mails, and what was refused."""
    lines = sum(len(chapter.lines) for chapter in chapters)
    seconds = sum(chapter.seconds for chapter in chapters)
    rate = f"{lines:,} lines in {seconds:.1f} s, {lines / max(seconds, 1e-9):,.0f} lines/s"
    pair = Table.grid(padding=(0, 8, 0, 0))
    pair.add_row(_pairs("Rows", _rows(totals)), _pairs("Mail", _mails(totals)))
    parts: list[RenderableType] = [
        heading(console, "Summary", rate), _chapters(chapters), Text(), pair,
        Text(), _verdict(console, chapters[0], totals),
    ]  # fmt: skip
    if any(chapter.refused for chapter in chapters):
        parts += [heading(console, "Refused lines"), _refusals(chapters)]
    parts += [Text(), Text(_small_print(totals), QUIET)]
    return Group(*parts)


def _verdict(console: Console, signups: Chapter, totals: Totals) -> Text:
    """Say whether the mails are exactly those of the users who came and who left."""
    sent, received = totals.post.sent, totals.received
    users, welcomed = signups.accepted, sent[WELCOME] + sent[PREMIUM]
    left = users - totals.rows["users"]
    good, bad = ("✓ ", "✗ ") if console.is_terminal else ("", "")
    if welcomed != users:
        words = f"{users:,} users were committed, but {welcomed:,} welcomes were sent."
    elif sent[GOODBYE] != left:
        words = f"{left:,} users left, but {sent[GOODBYE]:,} goodbyes were sent."
    elif received not in (None, sent.total()):
        words = f"{sent.total():,} mails were sent, but {received:,} received."
    else:
        others = "one goodbye for each leaver, no other" if left else "none for anybody else"
        words = f"One welcome for each committed user, {others}."
        return Text(f"{good}{words}", "green")
    return Text(f"{bad}{words}", "bold red")


def _chapters(chapters: Sequence[Chapter]) -> Table:
    """Return one row for each chapter: how its lines and batches fared."""
    table = _table()
    table.add_column("Chapter", min_width=9)
    for title in ("lines", "accepted", "refused", "batches", "rolled back", "seconds"):
        table.add_column(title, justify="right")
    for chapter in chapters:
        table.add_row(
            chapter.title,
            f"{len(chapter.lines):,}",
            Text(f"{chapter.accepted:,}", "green"),
            Text(f"{len(chapter.refused):,}", "yellow" if chapter.refused else ""),
            f"{chapter.batches:,}",
            Text(f"{chapter.taken_back:,}", "yellow" if chapter.taken_back else ""),
            f"{chapter.seconds:.2f}",
        )
    return table


def _rows(totals: Totals) -> list[tuple[str, str]]:
    """Return the tables and their numbers of rows."""
    return [(name.replace("_", " "), f"{count:,}") for name, count in totals.rows.items()]


def _mails(totals: Totals) -> list[tuple[str, str]]:
    """Return what became of the letters."""
    post = totals.post
    done = post.sent.total() + post.failed.total()
    received = "other server" if totals.received is None else f"{totals.received:,}"
    mails = [(f"{kind}, after a commit", f"{post.sent[kind]:,}") for kind in KINDS]
    mails += [
        ("received by the server", received),
        ("dropped by a rollback", f"{totals.promised - done:,}"),
    ]
    return mails + [(f"failed: {kind}", f"{count:,}") for kind, count in post.failed.items()]


def _pairs(title: str, pairs: Sequence[tuple[str, str]]) -> Table:
    """Return names and numbers under a title."""
    table = _table()
    table.add_column(title, min_width=14)
    table.add_column("", justify="right")
    for name, number in pairs:
        table.add_row(name, Text(number, "bold"))
    return table


def _refusals(chapters: Sequence[Chapter]) -> Table:
    """Return the reasons, the commonest first, with the numbers of a few lines."""
    table = _table()
    table.add_column("Chapter", min_width=9)
    table.add_column("reason")
    table.add_column("lines", justify="right")
    table.add_column("for example", no_wrap=True)
    for chapter in chapters:
        reasons: dict[str, list[int]] = {}
        for number, reason in chapter.refused.items():
            reasons.setdefault(reason, []).append(number)
        title = chapter.title
        for reason, numbers in sorted(reasons.items(), key=lambda pair: -len(pair[1])):
            table.add_row(title, reason, Text(f"{len(numbers):,}", "yellow"), _some(numbers))
            title = ""
    return table


def _some(numbers: Sequence[int]) -> Text:
    """Return the numbers of the first lines."""
    shown = ", ".join(str(number) for number in numbers[:EXAMPLES])
    return Text(f"line {shown}" + (" ..." if len(numbers) > EXAMPLES else ""), QUIET)


def _small_print(totals: Totals) -> str:
    """Return what the listeners of transactions did, and how weak the hash is."""
    return (
        f"after_commit dropped the cache {totals.caches_dropped:,} times, "
        f"after_rollback cleaned up {totals.cleaned_up:,} times.\n"
        f"Passwords: argon2id at a low cost, {totals.cost}: for the demo only."
    )


def _table() -> Table:
    """Return an empty table without borders: the same on a terminal and in a file."""
    return Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")

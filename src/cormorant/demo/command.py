"""The command `cormorant demo`: its options, and the order in which the story is told."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import click
from rich.console import Console
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from cormorant import sessionmaker
from cormorant.demo import database, listeners, screen, sheets, strip
from cormorant.demo.lines import edit, sign_up
from cormorant.demo.listeners import Desk
from cormorant.demo.mail import Mailroom, Post
from cormorant.demo.story import Chapter, Story
from cormorant.demo.timeline import Timeline, Track
from cormorant.demo.trouble import CannotRun

# Whom the timeline watches when nobody was named and nobody is edited.
FIRST_LINES = 20


@dataclass(frozen=True, slots=True)
class Wish:
    """What the user asked for."""

    database: str | None
    smtp: str | None
    signups: Path | None
    edits: Path | None
    user: str | None
    drop: bool


@dataclass(frozen=True, slots=True)
class Told:
    """What a run left behind."""

    chapters: list[Chapter]
    totals: screen.Totals
    track: Track | None
    place: str  # where the rows are


@click.command()
@click.option("--database", "address", metavar="URL", help="Database; a new SQLite file if none.")
@click.option("--smtp", metavar="HOST:PORT", help="Mail server; an embedded one if none.")
@click.option(
    "--signups",
    type=click.Path(path_type=Path),
    metavar="CSV",
    help="Sign-ups: name, email, password, projects ('Parser #python; Wiki'), perhaps plan.",
)
@click.option(
    "--edits",
    type=click.Path(path_type=Path),
    metavar="CSV",
    help="Edits: email, field (name, email, plan, project, tags, comment, reply, leave), value.",
)
@click.option("--user", metavar="EMAIL", help="Whose timeline to show; somebody edited if none.")
@click.option("--drop", is_flag=True, help="Drop tables of the demo's names (codecrafters_*).")
def demo(
    address: str | None,
    smtp: str | None,
    signups: Path | None,
    edits: Path | None,
    user: str | None,
    drop: bool,
) -> None:
    """Tell the CodeCrafters story: sign-ups become users, and listeners do all the work."""
    if hasattr(sys.stdout, "reconfigure"):
        # A terminal that cannot write a name must not end the run.
        sys.stdout.reconfigure(errors="replace")
    console = screen.make_console()
    try:
        told = tell(Wish(address, smtp, signups, edits, user, drop), console)
    except CannotRun as trouble:
        click.echo(f"cormorant demo: {trouble}", err=True)
        sys.exit(2)
    console.print(screen.summary(console, told.chapters, told.totals))
    if told.track is not None:
        console.print(strip.timeline(console, told.track))
    elif user is not None:
        console.print(f"\nNo line of the input was about {user}.", markup=False)
    # Last, so that it is in sight; whole, so that it can be copied.
    console.print(f"\nRows are in {told.place}", markup=False, soft_wrap=True)


def tell(wish: Wish, console: Console) -> Told:
    """Run the whole story; raises CannotRun before anything is written, or when all is lost."""
    chapters = _chapters(wish)
    engine = database.connect(wish.database)
    try:
        with _mail(wish.smtp) as (post, mailroom):
            database.prepare(engine, wish.drop)
            return _tell(wish, console, chapters, engine, post, mailroom)
    except SQLAlchemyError as error:
        # Only its kind: a driver's text may show values.
        raise CannotRun(
            f"The database failed during the story: {type(error).__name__}; "
            f"batches committed before are kept in {database.place(engine.url)}."
        ) from None
    finally:
        engine.dispose()


def _tell(
    wish: Wish,
    console: Console,
    chapters: list[Chapter],
    engine: Engine,
    post: Post,
    mailroom: Mailroom | None,
) -> Told:
    """Run the chapters on an engine whose tables are ready."""
    console.print(_opening(chapters, engine, mailroom, wish.smtp), markup=False, soft_wrap=True)
    sessions = sessionmaker(engine)
    desk = Desk(send=post.send)
    listeners.attach(sessions, desk)
    bar = screen.Bar(console, chapters)
    # After the demo's own listeners, so that it is first and last at every event.
    with Timeline(sessions, _watched(wish, chapters)) as timeline, bar.progress:
        post.told = timeline.note_mail
        story = Story(sessions, desk, timeline, bar.advance)
        for chapter in chapters:
            story.run(chapter)
    totals = screen.Totals(
        rows=database.count_rows(engine),
        promised=desk.promised,
        post=post,
        received=mailroom.received.total() if mailroom else None,
        cost=listeners.COST,
        caches_dropped=desk.members.dropped,
        cleaned_up=desk.slugs.forgotten,
    )
    return Told(chapters, totals, timeline.chosen(), database.place(engine.url))


def _chapters(wish: Wish) -> list[Chapter]:
    """Read the files: the shipped ones unless others were named."""
    signups = sheets.read(
        wish.signups or sheets.shipped("signups.csv"),
        sheets.SIGNUP_COLUMNS,
        sheets.PREMIUM_COLUMNS,
    )
    chapters = [Chapter("sign-ups", signups, sign_up, who=1)]
    # The shipped edits are about the shipped people only.
    if wish.edits is not None or wish.signups is None:
        edits = sheets.read(wish.edits or sheets.shipped("edits.csv"), sheets.EDIT_COLUMNS)
        chapters.append(Chapter("edits", edits, edit, who=0))
    return chapters


def _watched(wish: Wish, chapters: list[Chapter]) -> list[str]:
    """Return the addresses whose events are noted, each once."""
    if wish.user is not None:
        return [wish.user.strip().lower()]
    chapter, most = chapters[0], FIRST_LINES
    if len(chapters) > 1 and chapters[1].lines:
        chapter, most = chapters[1], len(chapters[1].lines)
    addresses = (line.key(chapter.who) for line in chapter.lines[:most])
    return list(dict.fromkeys(filter(None, addresses)))


def _opening(
    chapters: list[Chapter], engine: Engine, mailroom: Mailroom | None, smtp: str | None
) -> str:
    """Say what is read, and where rows and mails go."""
    read = ", ".join(f"{len(chapter.lines):,} {chapter.title}" for chapter in chapters)
    server = (
        smtp if mailroom is None else f"an embedded SMTP server, {mailroom.host}:{mailroom.port}"
    )
    base = f"{database.title(engine)}, {database.place(engine.url)}"
    return f"CodeCrafters: {read}\n  rows to {base}\n  mail to {server}"


@contextmanager
def _mail(smtp: str | None) -> Iterator[tuple[Post, Mailroom | None]]:
    """Open a connection to the wished mail server, or to an embedded one."""
    with ExitStack() as stack:
        if smtp is None:
            mailroom = stack.enter_context(Mailroom())
            post = Post(mailroom.host, mailroom.port)
        else:
            mailroom = None
            post = Post(*_host_and_port(smtp))
        try:
            post.open()
        except OSError as error:
            raise CannotRun(f"Cannot reach the mail server {smtp!r}: {error}.") from None
        stack.callback(post.close)
        yield post, mailroom


def _host_and_port(smtp: str) -> tuple[str, int]:
    """Take a mail server's address apart."""
    host, _, port = smtp.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65_536:
        raise CannotRun(f"--smtp must be a host and a port, such as 'localhost:25'; got {smtp!r}.")
    return host.strip("[]"), int(port)

"""The timeline of one user as a picture: when each event came and what its listeners took."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from cormorant.demo.screen import HEADING, QUIET, heading
from cormorant.demo.timeline import MAIL, REFUSED, Happening, Scene, Track

# What the demo's listeners do at an event, or what it tells: (event, attribute) -> words.
DEEDS = {
    ("set", "name"): "tidied",
    ("set", "email"): "tidied",
    ("append", "projects"): "a project joins",
    ("set", "plan"): "tidied",
    ("append", "tags"): "joins",
    ("remove", "tags"): "leaves",
    ("bulk_replace", "tags"): "all others than",
    ("append", "comments"): "a comment joins and gets the number",
    ("append", "replies"): "an answer joins the project",
    ("before_insert", ""): "password hashed, slug made",
    ("after_insert", ""): "welcome mail waits: on_commit",
    ("before_delete", ""): "goodbye mail waits: on_commit",
    ("after_delete", "Project"): "gone, with its pairs of tags",
    ("after_delete", "Comment"): "gone, with the answers",
    (MAIL, ""): "mail accepted",
}
# Events whose text says which kind of mail.
KINDS_FIRST = ("after_insert", MAIL)
# What one waits for before an event, when it is long in coming.
WAITS = {"after_commit": "the database commits", MAIL: "mail to others of the batch"}
OTHERS = "the other lines of the batch"
WORK = 0.00005  # seconds: less than this is the price of looking, not of a deed
WAIT = 0.005  # seconds without an event of this user that are worth a word
NARROW = 84  # columns that a timeline without bars fills well
WIDE = 96
LONGEST_BAR = 24
STEPS = " ▏▎▍▌▋▊▉█"


def timeline(console: Console, track: Track) -> RenderableType:
    """Return the user's story: a table for each line of input that concerned it."""
    count = sum(len(scene.happenings) for scene in track.scenes)
    parts: list[RenderableType] = [
        heading(console, f"Timeline of {track.email}", f"{count} events, times in ms")
    ]
    longest = max(
        (happening.took for scene in track.scenes for happening in scene.happenings), default=0.0
    )
    for scene in track.scenes:
        where = f"{scene.chapter}, line {scene.line}, batch {scene.batch}"
        between = [Text()] if scene is not track.scenes[0] else []
        parts += [*between, Text(where, "bold"), _scene(console, scene, longest)]
    return Group(*parts)


def _scene(console: Console, scene: Scene, longest: float) -> Table:
    """Return the events of one line: time since the first one, name, deed, time taken."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False, expand=True)
    table.add_column(justify="right", width=9)
    table.add_column(no_wrap=True, width=21)
    table.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
    table.add_column(justify="right", width=6)
    length = min(console.width - NARROW, LONGEST_BAR) if console.width >= WIDE else 0
    if length:
        table.add_column(width=length)
    begun, gap = scene.happenings[0].at, "┊" if console.is_terminal else ":"
    for happening, waited in _with_waits(scene):
        if waited >= WAIT:
            words = f"{waited * 1e3:,.0f} ms: {WAITS.get(happening.event, OTHERS)}"
            table.add_row("", gap, words, style=QUIET)
        deed = _deed(scene, happening)
        cells = [
            Text(f"{(happening.at - begun) * 1e3:,.2f}", QUIET),
            Text(_name(happening), _style(happening, deed)),
            Text(deed),
            Text(f"{happening.took * 1e3:.2f}" if happening.took >= WORK else ""),
        ]
        if length:
            share = happening.took / longest if happening.took >= WORK else 0.0
            cells.append(Text(_bar(console, share, length), "cyan"))
        table.add_row(*cells)
    return table


def _with_waits(scene: Scene) -> Iterator[tuple[Happening, float]]:
    """Yield each event with the seconds since the one before it ended."""
    ended = scene.happenings[0].at
    for happening in scene.happenings:
        yield happening, happening.at - ended
        ended = happening.at + happening.took


def _name(happening: Happening) -> str:
    """Return the event's name, with its attribute."""
    return f"{happening.event} {happening.attribute}".rstrip()


def _deed(scene: Scene, happening: Happening) -> str:
    """Say what the demo's listeners did at this event; nothing if none was there."""
    key = (happening.event, happening.attribute)
    if happening.event == REFUSED:
        return happening.text
    if happening.savepoint:
        return "(of the savepoint)"
    if happening.event == "after_commit":
        return "cache dropped"
    if happening.event == "after_rollback":
        return "slugs given back"
    if happening.event == "before_flush":
        return _work_before_flush(scene)
    deed = DEEDS.get(key, "")
    if scene.chapter != "sign-ups" and key == ("set", "email"):
        deed = "tidied, audited"
    if happening.event in KINDS_FIRST:
        return f"{happening.text} {deed}".lstrip()
    return f"{deed}: {happening.text}" if happening.text else deed


def _work_before_flush(scene: Scene) -> str:
    """Say what the listeners of before_flush found to do for a line."""
    seen = {(happening.event, happening.attribute) for happening in scene.happenings}
    works = []
    if ("append", "tags") in seen:
        works.append("tags shared")
    if ("before_insert", "") in seen:
        works.append("both times stamped")
    elif ("before_update", "") in seen:
        works.append("updated_at stamped")
    return ", ".join(works)


def _style(happening: Happening, deed: str) -> str:
    """Choose how an event's name looks: bad, of mail, with a deed, or quiet."""
    if happening.event == REFUSED:
        return "bold red"
    if happening.event == MAIL:
        return "bold green"
    return HEADING if deed and not happening.savepoint else QUIET


def _bar(console: Console, share: float, length: int) -> str:
    """Return a bar of `share` of the length, in eighths of a cell on a terminal."""
    if not console.is_terminal:
        return "#" * round(share * length)
    eighths = round(share * length * 8)
    return (STEPS[8] * (eighths // 8) + STEPS[eighths % 8]).rstrip()

"""Draw docs/events/commit.svg: every event of one commit, as a recorded run fired them.

The script maps two classes, listens to every event of the catalog, runs a few lines and draws
what was heard between the SQL statements. Nothing in the picture is written by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine
from sqlalchemy import event as core_event

import cormorant
from cormorant import event
from cormorant.event.catalog import (
    FAMILIES,
    AttributeEvents,
    InstanceEvents,
    MapperEvents,
    SessionEvents,
)
from cormorant.event.family import Event, Family

PICTURE = Path(__file__).parent.parent / "docs" / "events" / "commit.svg"

COLOURS: dict[type[Family], str] = {
    SessionEvents: "#2563eb",
    MapperEvents: "#c2410c",
    InstanceEvents: "#15803d",
    AttributeEvents: "#7e22ce",
}
LANES = tuple(COLOURS)

REGIONS = (
    ("flush", "before_flush", "after_flush_postexec"),
    ("save", "before_insert", "after_update"),
    ("delete", "before_delete", "after_delete"),
)
"""Label, first and last event of what lies in one frame; outer ones first."""

ROW, TOP, LEFT, LANE, PILL = 32, 132, 150, 186, 170
WIDTH = LEFT + LANE * len(LANES) + 40
SANS = "font-family='Inter, Segoe UI, Helvetica, Arial, sans-serif'"
MONO = "font-family='JetBrains Mono, DejaVu Sans Mono, Menlo, monospace'"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the picture: code of the user, a statement, or an event and its object."""

    kind: str
    text: str
    family: type[Family] | None = None
    about: str = ""


def recorded() -> list[Line]:
    """Run a unit of work and return what happened, in order."""
    lines: list[Line] = []
    user, session_class = mapped()
    engine = create_engine("sqlite://")
    user.metadata.create_all(engine)
    with session_class(engine) as first:
        first.add_all([user(name="Bob"), user(name="Dan")])
        first.commit()
    names = {1: "bob", 2: "dan", 3: "ann", None: "ann"}
    listen(user, session_class, lambda *noted: lines.append(Line("event", *noted)), names)
    listen_to_sql(engine, lines)
    session = session_class(engine)
    del lines[:]  # what making a session tells is no part of the picture
    lines.append(Line("code", "bob, dan = session.scalars(select(User))"))
    bob, dan = session.scalars(cormorant.select(user).order_by(user.id))
    lines.append(Line("code", "session.add(ann)"))
    ann = quietly(lines, lambda: user(name="Ann"))
    session.add(ann)
    lines.append(Line("code", 'bob.name = "Rob"'))
    bob.name = "Rob"
    lines.append(Line("code", "session.delete(dan)"))
    session.delete(dan)
    lines.append(Line("code", "session.commit()"))
    session.commit()
    done = list(lines)
    session.close()
    engine.dispose()
    user.registry.dispose()
    return done


def mapped() -> tuple[Any, Any]:
    """Return a mapped class and a session class of their own."""

    class Base(cormorant.DeclarativeBase):
        """The base of the class below."""

    class User(Base):
        """A user."""

        __tablename__ = "user"
        id: cormorant.Mapped[int] = cormorant.mapped_column(primary_key=True)
        name: cormorant.Mapped[str]

    class Session(cormorant.Session):
        """A session class of its own, so that no other session is heard."""

    return User, Session


def quietly(lines: list[Line], make: Callable[[], Any]) -> Any:
    """Make an object without its events in the picture: they are no part of the commit."""
    before = len(lines)
    made = make()
    del lines[before:]
    return made


def listen(
    user: Any,
    session_class: Any,
    note: Callable[[str, type[Family], str], None],
    names: dict[int | None, str],
) -> None:
    """Listen to every event that a unit of work may fire."""
    targets = {
        SessionEvents: session_class,
        MapperEvents: user,
        InstanceEvents: user,
        AttributeEvents: user.name,
    }
    for family, target in targets.items():
        for each in family.events.values():
            if not each.everyone_only:
                name: Any = each.name  # of any family: no literal
                event.listen(target, name, noting(each, note, names), named=True)


def noting(
    each: Event, note: Callable[[str, type[Family], str], None], names: dict[int | None, str]
) -> Callable[..., None]:
    """Return a listener that notes the event with the name of its object."""
    argument = each.family.object_argument

    def listener(**arguments: Any) -> None:
        about = ""
        if argument in arguments:
            about = names[who(arguments[argument])]
        note(each.name, each.family, about)

    return listener


def who(user: Any) -> int | None:
    """Return the key by which an object is known: ann has none before her INSERT, then 3."""
    identity = cormorant.inspect(user).identity
    number: int | None = identity[0] if identity else vars(user).get("id")
    return number


def listen_to_sql(engine: Any, lines: list[Line]) -> None:
    """Note statements by their first words, and the end of the transaction."""

    def executed(conn: Any, cursor: Any, statement: str, *_rest: Any) -> None:
        words = statement.split()
        table = words.index("user") if "user" in words else words.index('"user"')
        start = words[0] if words[0] != "SELECT" else "SELECT ... FROM"
        between = words[1:table] if words[0] != "SELECT" else []
        lines.append(Line("sql", " ".join([start, *between, "user"])))

    core_event.listen(engine, "before_cursor_execute", executed)
    core_event.listen(engine, "commit", lambda conn: lines.append(Line("sql", "COMMIT")))


def drawn(lines: list[Line]) -> str:
    """Return the picture."""
    height = TOP + ROW * len(lines) + 34
    parts = [
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {height}' "
        f"width='{WIDTH}' height='{height}' role='img' aria-label='The events of one commit'>",
        "<!-- Written by tools/draw_commit.py from the catalog and a recorded run. -->",
        f"<rect width='{WIDTH}' height='{height}' rx='14' fill='#ffffff'/>",
        f"<text x='28' y='44' font-size='22' font-weight='700' fill='#0f172a' {SANS}>"
        f"The events of one commit</text>",
        f"<text x='28' y='68' font-size='13' fill='#64748b' {SANS}>A new object, a changed one "
        f"and a deleted one; time runs down.</text>",
        *frames(lines),
        *lanes(height),
    ]
    for place, line in enumerate(lines):
        parts += drawn_line(line, TOP + ROW * place)
    return "\n".join([*parts, "</svg>", ""])


def lanes(height: int) -> Iterator[str]:
    """Draw one lane for each family, under its name."""
    for number, family in enumerate(LANES):
        x, colour = LEFT + LANE * number, COLOURS[family]
        middle = x + PILL / 2
        yield (
            f"<text x='{middle:g}' y='{TOP - 22}' font-size='13' font-weight='600' "
            f"text-anchor='middle' fill='{colour}' {SANS}>{family.__name__}</text>"
        )
        yield (
            f"<line x1='{middle:g}' y1='{TOP - 10}' x2='{middle:g}' y2='{height - 24}' "
            f"stroke='{colour}' stroke-opacity='0.18' stroke-width='2'/>"
        )


def frames(lines: list[Line]) -> Iterator[str]:
    """Draw what belongs together: each line of code with what it causes, and the flush."""
    starts = [place for place, line in enumerate(lines) if line.kind == "code"]
    for first, last in zip(starts, [*starts[1:], len(lines)], strict=True):
        yield frame(first, last - 1, 12, "#f8fafc", "#e2e8f0", "")
    for depth, (label, opening, closing) in enumerate(REGIONS):
        places = [n for n, line in enumerate(lines) if line.text in (opening, closing)]
        if places:
            inset = 76 if depth == 0 else 86
            fill = "#eef2ff" if depth == 0 else "#fff7ed"
            edge = "#c7d2fe" if depth == 0 else "#fed7aa"
            yield frame(places[0], places[-1], inset, fill, edge, label)


def frame(first: int, last: int, inset: int, fill: str, edge: str, label: str) -> str:
    """Draw a rounded box around some lines, its label upright at the left."""
    y, height = TOP + ROW * first + 1, ROW * (last - first + 1) - 2
    right = 12 if inset < 20 else 18 if inset < 80 else 24
    box = (
        f"<rect x='{inset}' y='{y}' width='{WIDTH - inset - right}' height='{height}' rx='8' "
        f"fill='{fill}' stroke='{edge}'/>"
    )
    if not label:
        return box
    x, middle = inset + (-8 if label == "flush" else 16), y + height / 2
    return (
        f"{box}<text x='{x}' y='{middle:g}' font-size='12' font-weight='600' fill='#475569' "
        f"text-anchor='middle' transform='rotate(-90 {x} {middle:g})' {SANS}>{label}</text>"
    )


def drawn_line(line: Line, y: int) -> Iterator[str]:
    """Draw one line of the run."""
    base = y + ROW / 2 + 4.5
    if line.kind == "code":
        yield (
            f"<text x='28' y='{base:g}' font-size='14' font-weight='700' fill='#0f172a' {MONO}>"
            f"{escape(line.text)}</text>"
        )
    elif line.kind == "sql":
        yield (
            f"<rect x='{LEFT}' y='{y + 4}' width='{LANE * 3 + PILL}' height='{ROW - 8}' rx='6' "
            f"fill='#1e293b'/><text x='{LEFT + 14}' y='{base:g}' font-size='13' fill='#f1f5f9' "
            f"{MONO}>{escape(line.text)}</text>"
        )
    elif line.family is not None:
        yield from pill(line, LANES.index(line.family), y, base)


def pill(line: Line, lane: int, y: int, base: float) -> Iterator[str]:
    """Draw an event in the lane of its family, and the object it is about beside it."""
    x, colour = LEFT + LANE * lane, COLOURS[LANES[lane]]
    yield (
        f"<rect x='{x}' y='{y + 4}' width='{PILL}' height='{ROW - 8}' rx='12' fill='{colour}'/>"
        f"<text x='{x + PILL / 2:g}' y='{base:g}' font-size='12.5' text-anchor='middle' "
        f"fill='#ffffff' {SANS}>{line.text}</text>"
    )
    if line.about:
        at = x + PILL + 8
        yield (
            f"<text x='{at}' y='{base:g}' font-size='12' font-style='italic' fill='#475569' "
            f"{SANS}>{line.about}</text>"
        )


def main() -> None:
    """Write the picture."""
    assert set(LANES) <= set(FAMILIES)
    PICTURE.write_text(drawn(recorded()))


if __name__ == "__main__":
    main()

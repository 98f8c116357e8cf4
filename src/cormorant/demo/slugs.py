"""The name of a user in an address bar: made from the full name, unique in the table."""

from __future__ import annotations

import unicodedata

from sqlalchemy import Connection, FromClause, select

# Letters that Unicode does not take apart, written as their speakers do without them.
WITHOUT_MARKS = str.maketrans(
    {
        "ß": "ss",
        "æ": "ae",
        "œ": "oe",
        "ø": "o",
        "ł": "l",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "\u0131": "i",
    }
)
# Letters, marks (Hindi vowels are marks) and digits of every script stay; the rest separates.
KEPT = ("L", "M", "N")
ACCENTS = (220, 230)  # marks below and above that no composed letter has taken in
NAMELESS = "member"


def slug_of(name: str) -> str:
    """Turn a name into lower-case words joined by hyphens; Latin letters lose their accents."""
    folded = unicodedata.normalize("NFC", name.lower()).translate(WITHOUT_MARKS)
    letters = "".join(_letter(character) for character in folded)
    return "-".join(letters.split()) or NAMELESS


def _letter(character: str) -> str:
    """Return the plain Latin letter, the character itself in other scripts, or a space."""
    plain = unicodedata.normalize("NFKD", character)[0]
    if plain.isascii() and plain.isalnum():
        return plain
    if character in "'\u2019" or unicodedata.combining(character) in ACCENTS:
        return ""
    return character if unicodedata.category(character)[0] in KEPT else " "


class Slugs:
    """Hands out free slugs; remembers what the table holds until a rollback makes it doubtful."""

    def __init__(self) -> None:
        self._stored: dict[str, set[str]] = {}  # base -> slugs of rows that begin with it
        self._given: set[str] = set()  # a slug of "Eve 2" may be the second one of "Eve"
        self.forgotten = 0  # how often a rollback emptied the memory

    def free(self, connection: Connection, table: FromClause, name: str) -> str:
        """Return the first of `ada`, `ada-2`, `ada-3` ... that no row has, and reserve it."""
        base = slug_of(name)
        if base not in self._stored:
            mine = select(table.c.slug).where(table.c.slug.startswith(base, autoescape=True))
            self._stored[base] = set(connection.scalars(mine))
        stored = self._stored[base]
        slug, number = base, 1
        while slug in stored or slug in self._given:
            number += 1
            slug = f"{base}-{number}"
        self._given.add(slug)
        return slug

    def forget(self) -> None:
        """Drop every reservation: rows of a rolled back transaction are gone."""
        self._stored.clear()
        self._given.clear()
        self.forgotten += 1

"""Make signups.csv and edits.csv: invented people, messy as life, the same at every run."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Callable, Iterable
from pathlib import Path

from cormorant.demo.data import people

SEED = 20_260_314
SIGNUPS = 2_000
EDITS = 240
BATCH = 50
# The lines of this batch come from a robot: most of its addresses are no addresses.
ROBOT_BATCH = 22

SIGNUP_COLUMNS = ("name", "email", "password", "projects")
EDIT_COLUMNS = ("email", "field", "value")

Line = tuple[str, ...]


class Maker:
    """Makes lines one after the other; every choice comes from one seeded generator."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.addresses: list[str] = []
        self._seen: set[str] = set()

    def name(self) -> str:
        """Choose a full name: one in eight is not plain ASCII."""
        if self.random.random() < 0.125:
            return self.random.choice(people.UNICODE_NAMES)
        first, last = self.random.choice(people.FIRST), self.random.choice(people.LAST)
        return f"{first} {last}"

    def address(self, name: str) -> str:
        """Make an address nobody has yet, in a domain that RFC 2606 reserves."""
        letters = "".join(c for c in name.lower() if (c.isascii() and c.isalpha()) or c == " ")
        stem = ".".join(letters.split()) or "member"
        domain = self.random.choice(people.DOMAINS)
        address = f"{stem}@{domain}"
        while address in self._seen:
            address = f"{stem}{self.random.randrange(2, 9_999)}@{domain}"
        self._seen.add(address)
        return address

    def password(self) -> str:
        """Make a pass phrase of three words and a number."""
        words = self.random.sample(people.WORDS, 3)
        return "-".join([*words, str(self.random.randrange(10, 99))])

    def projects(self) -> str:
        """Choose none to three titles, separated by semicolons."""
        count = self.random.choices((0, 1, 2, 3), weights=(3, 4, 2, 1))[0]
        titles = [
            f"{self.random.choice(people.ADJECTIVES)} {self.random.choice(people.THINGS)}"
            for _ in range(count)
        ]
        return "; ".join(dict.fromkeys(titles))

    def untidy(self, address: str) -> str:
        """Write an address as people type it: shouting, capitalised, with spaces around."""
        write = self.random.choices(WRITINGS, weights=(70, 8, 8, 6, 4, 4))[0]
        return write(address)

    def signup(self, number: int) -> Line:
        """Make the sign-up with this number, counted from 0."""
        name = self.name()
        robot = number // BATCH == ROBOT_BATCH
        chance = self.random.random()
        if chance < (0.7 if robot else 0.025):
            wrong = self.random.choice(people.BAD_ADDRESSES)
            return (name, wrong, self.password(), self.projects())
        if chance < 0.06 and len(self.addresses) > BATCH and not robot:
            taken = self.untidy(self.random.choice(self.addresses))
            return (name, taken, self.password(), self.projects())
        address = self.address(name)
        if chance < 0.068:
            return ("  ", self.untidy(address), self.password(), "")
        if chance < 0.08:
            return (name, self.untidy(address), self.random.choice(people.SHORT), "")
        if chance < 0.09:
            title = self.random.choice(people.THINGS)
            return (name, self.untidy(address), self.password(), f"{title}; {title}")
        if not robot:
            self.addresses.append(address)
        written = f"  {name} " if chance > 0.94 else name
        return (written, self.untidy(address), self.password(), self.projects())

    def edit(self) -> Line:
        """Make one later edit of somebody who signed up, or of nobody."""
        address = self.random.choice(self.addresses)
        kind = self.random.choices(EDIT_KINDS, weights=(36, 24, 24, 6, 5, 5))[0]
        who = self.untidy(address)
        if kind == "move":
            self.addresses.remove(address)
            return (who, "email", self.untidy(self.address(self.name())))
        if kind == "rename":
            return (who, "name", self.name())
        if kind == "project":
            thing = self.random.choice(people.THINGS)
            return (who, "project", f"{self.random.choice(people.ADJECTIVES)} {thing}")
        if kind == "taken":
            return (who, "email", self.random.choice(self.addresses))
        if kind == "bad":
            return (who, "email", self.random.choice(people.BAD_ADDRESSES))
        return (f"nobody{self.random.randrange(999)}@example.net", "name", self.name())


EDIT_KINDS = ("move", "rename", "project", "taken", "bad", "nobody")

WRITINGS: tuple[Callable[[str], str], ...] = (
    str,
    str.upper,
    lambda address: address.replace(".", " ").title().replace(" ", "."),
    lambda address: f"  {address}",
    lambda address: f"{address.capitalize()}  ",
    lambda address: f"\t{address.upper()} ",
)


def lines() -> tuple[list[Line], list[Line]]:
    """Make all sign-ups and all edits, without their headers."""
    maker = Maker(SEED)
    signups = [maker.signup(number) for number in range(SIGNUPS)]
    return signups, [maker.edit() for _ in range(EDITS)]


def as_csv(columns: Line, rows: Iterable[Line]) -> str:
    """Write the header and the rows as CSV text, lines ended by a newline."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue()


def write(folder: Path) -> None:
    """Write both files into `folder`, as UTF-8."""
    signups, edits = lines()
    for file, columns, rows in (
        ("signups.csv", SIGNUP_COLUMNS, signups),
        ("edits.csv", EDIT_COLUMNS, edits),
    ):
        (folder / file).write_text(as_csv(columns, rows), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    write(Path(__file__).parent)

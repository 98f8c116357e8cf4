"""Make signups.csv and edits.csv: invented people, messy as life, the same at every run."""

from __future__ import annotations

import csv
import io
import random
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

from cormorant.demo.data import people
from cormorant.demo.slugs import slug_of

SEED = 20_260_314
SIGNUPS = 2_000
EDITS = 300
BATCH = 50
# The lines of this batch come from a robot: most of its addresses are no addresses.
ROBOT_BATCH = 22

# So many people write and edit more than others do.
REGULARS = 30

SIGNUP_COLUMNS = ("name", "email", "password", "projects", "plan")
EDIT_COLUMNS = ("email", "field", "value")

Line = tuple[str, ...]


class Maker:
    """Makes lines one after the other; every choice comes from one seeded generator."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.addresses: list[str] = []
        self.slugs: Counter[str] = Counter()  # how many names ask for a slug
        self.owners: dict[str, str] = {}  # slug -> present address
        self.titles: dict[str, list[str]] = {}  # slug -> titles of the projects
        self.comments: Counter[str] = Counter()  # slug/title -> comments made
        self.regulars: list[str] = []
        self.premium: list[str] = []
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
        """Choose none to three titles with their tags, separated by semicolons."""
        count = self.random.choices((0, 1, 2, 3), weights=(3, 4, 2, 1))[0]
        titles = dict.fromkeys(self.title() for _ in range(count))
        return "; ".join(title + self.tags() for title in titles)

    def title(self) -> str:
        """Choose the title of a project."""
        return f"{self.random.choice(people.ADJECTIVES)} {self.random.choice(people.THINGS)}"

    def tags(self, most: int = 3) -> str:
        """Choose tags, each behind a blank and a #, now and then shouted."""
        words = self.random.sample(people.TAGS, self.random.randrange(most + 1))
        return "".join(
            f" #{word.upper() if self.random.random() < 0.1 else word}" for word in words
        )

    def plan(self) -> str:
        """Choose a plan for one in ten, rarely one that is not sold."""
        if self.random.random() < 0.9:
            return ""
        return "gold" if self.random.random() < 0.06 else self.random.choice(people.PLANS)

    def untidy(self, address: str) -> str:
        """Write an address as people type it: shouting, capitalised, with spaces around."""
        write = self.random.choices(WRITINGS, weights=(70, 8, 8, 6, 4, 4))[0]
        return write(address)

    def signup(self, number: int) -> Line:
        """Make the sign-up with this number, counted from 0."""
        name = self.name()
        self.slugs[slug_of(name)] += 1
        robot = number // BATCH == ROBOT_BATCH
        chance = self.random.random()
        if chance < (0.7 if robot else 0.025):
            wrong = self.random.choice(people.BAD_ADDRESSES)
            return (name, wrong, self.password(), self.projects(), "")
        if chance < 0.06 and len(self.addresses) > BATCH and not robot:
            taken = self.untidy(self.random.choice(self.addresses))
            return (name, taken, self.password(), self.projects(), self.plan())
        address = self.address(name)
        if chance < 0.068:
            return ("  ", self.untidy(address), self.password(), "", "")
        if chance < 0.08:
            return (name, self.untidy(address), self.random.choice(people.SHORT), "", "")
        if chance < 0.09:
            title = self.random.choice(people.THINGS)
            return (name, self.untidy(address), self.password(), f"{title} #web; {title}", "")
        projects, plan = self.projects(), self.plan()
        if not robot and plan != "gold":
            self.join(name, address, projects)
            if plan:
                self.premium.append(address)
        written = f"  {name} " if chance > 0.94 else name
        return (written, self.untidy(address), self.password(), projects, plan)

    def join(self, name: str, address: str, projects: str) -> None:
        """Remember an accepted sign-up: edits are about these people and their projects."""
        self.addresses.append(address)
        self.owners[slug_of(name)] = address
        titles = [each.split(" #")[0].strip() for each in projects.split(";")]
        self.titles[slug_of(name)] = list(filter(None, titles))

    def settle(self) -> None:
        """Keep the owners whose slug nobody else asked for, so that it is as their name says."""
        self.owners = {
            slug: address
            for slug, address in self.owners.items()
            if self.slugs[slug] == 1 and self.titles[slug]
        }
        self.regulars = self.random.sample(list(self.owners.values()), REGULARS)

    def edit(self) -> Line:
        """Make one later edit: of a user, of a project, or of nobody."""
        kind = self.random.choices(tuple(EDIT_KINDS), weights=tuple(EDIT_KINDS.values()))[0]
        if kind == "nobody":
            return (f"nobody{self.random.randrange(999)}@example.net", "name", self.name())
        pool = self.addresses
        if kind == "tags":
            pool = list(self.owners.values())
        elif kind == "plan" and self.random.random() < 0.7:
            pool = self.premium
        elif kind not in ("taken", "bad") and self.random.random() < 0.5:
            pool = self.regulars
        address = self.random.choice(pool)
        field, value = getattr(self, f"edit_{kind}")(address)
        return (self.untidy(address), field, value)

    def edit_move(self, address: str) -> tuple[str, str]:
        """Give somebody another address."""
        new = self.address(self.name())
        for known in (self.addresses, self.regulars, self.premium):
            if address in known:
                known[known.index(address)] = new
        self.owners = {slug: new if at == address else at for slug, at in self.owners.items()}
        return ("email", self.untidy(new))

    def edit_rename(self, address: str) -> tuple[str, str]:
        """Give somebody another name; the slug stays."""
        return ("name", self.name())

    def edit_project(self, address: str) -> tuple[str, str]:
        """Start a project."""
        return ("project", self.title() + self.tags())

    def edit_tags(self, address: str) -> tuple[str, str]:
        """Tag somebody's first project anew, now and then with too many tags."""
        most = 9 if self.random.random() < 0.3 else 3
        titles = next(self.titles[slug] for slug, at in self.owners.items() if at == address)
        return ("tags", titles[0] + self.tags(most))

    def edit_plan(self, address: str) -> tuple[str, str]:
        """Change the plan of somebody who may have none."""
        return ("plan", self.random.choice(people.PLANS))

    def edit_comment(self, address: str) -> tuple[str, str]:
        """Say something about a project of one of the regulars."""
        slug = self.random.choice([slug for slug, at in self.owners.items() if self.busy(at)])
        place = f"{slug}/{self.random.choice(self.titles[slug])}"
        self.comments[place] += 1
        return ("comment", f"{place}: {self.random.choice(people.COMMENTS)}")

    def edit_reply(self, address: str) -> tuple[str, str]:
        """Answer a comment, which may be gone meanwhile."""
        if not self.comments:
            return self.edit_comment(address)
        place = self.random.choice(list(self.comments))
        number = self.random.randrange(self.comments[place]) + 1
        self.comments[place] += 1
        return ("reply", f"{place}#{number}: {self.random.choice(people.REPLIES)}")

    def edit_leave(self, address: str) -> tuple[str, str]:
        """Delete somebody, with all projects and comments."""
        for known in (self.addresses, self.regulars, self.premium):
            if address in known:
                known.remove(address)
        self.owners = {slug: at for slug, at in self.owners.items() if at != address}
        return ("leave", self.random.choice(people.FAREWELLS))

    def edit_taken(self, address: str) -> tuple[str, str]:
        """Move to an address that somebody has."""
        return ("email", self.random.choice(self.addresses))

    def edit_bad(self, address: str) -> tuple[str, str]:
        """Move to what is no address."""
        return ("email", self.random.choice(people.BAD_ADDRESSES))

    def busy(self, address: str) -> bool:
        """Tell whether somebody is one of the regulars."""
        return address in self.regulars


# Kind of an edit -> how often it comes.
EDIT_KINDS = {
    "move": 24, "rename": 16, "project": 16, "tags": 16, "plan": 6, "comment": 28, "reply": 24,
    "leave": 8, "taken": 8, "bad": 6, "nobody": 4,
}  # fmt: skip

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
    maker.settle()
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

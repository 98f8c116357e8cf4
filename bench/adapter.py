"""What all adapters share: the contract, the filling of tables, the checks of rows."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from bench.databases import Database
from bench.facts import CHILDREN, facts, families, family_count, people, tagged_posts, tags
from bench.trial import Trial


class Adapter(ABC):
    """One contender. It has a method for each workload that takes a Trial."""

    name: str

    def __init__(self, database: Database) -> None:
        self.database = database
        self.statements = database.statements

    @abstractmethod
    def cursor(self) -> Any:
        """Return a context manager of a bare cursor that ends in a commit."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the database."""

    def clock(self) -> Callable[[], int]:
        """Return the clock that counts this adapter's work, on its own connection."""
        with self.cursor() as cursor:
            return self.database.clock(cursor)

    def run(self, workload: str, rows: int) -> float:
        """Run one workload on empty tables and return its cost, checked."""
        with self.cursor() as cursor:
            self.statements.wipe(cursor)
        trial = Trial(rows, self.clock())
        getattr(self, workload)(trial)
        return trial.cost()

    def fill_people(self, rows: int) -> None:
        """Write the people with hand-written SQL; their keys are 1..rows."""
        with self.cursor() as cursor:
            self.statements.insert_people(cursor, people(rows))
            self.statements.settle(cursor)

    def fill_families(self, rows: int) -> None:
        """Write parents and children with hand-written SQL; keys start at 1."""
        with self.cursor() as cursor:
            self.statements.insert_families(cursor, families(rows))
            self.statements.settle(cursor)

    def fill_posts(self, rows: int) -> None:
        """Write tags, posts and their links with hand-written SQL; keys start at 1."""
        known = tags(rows)
        with self.cursor() as cursor:
            self.statements.insert_tags(cursor, known)
            self.statements.insert_posts(cursor, tagged_posts(rows, known))
            self.statements.settle(cursor)

    def check_stored_posts(self, trial: Trial) -> None:
        """Check that each post has its tags."""
        expected = [
            (post.name, sorted(tag.name for tag in post.tags))
            for post in tagged_posts(trial.rows, tags(trial.rows))
        ]
        with self.cursor() as cursor:
            stored = self.statements.load_posts(cursor)
        got = [(post.name, sorted(tag.name for tag in post.tags)) for post in stored]
        trial.check("stored tags are right", sorted(got) == sorted(expected), True)

    def check_stored_people(self, trial: Trial, **changes: Callable[[Any], Any]) -> None:
        """Check every stored value of every person; `changes` say what differs from the facts."""
        with self.cursor() as cursor:
            stored = self.statements.load_people(cursor)
        columns = ("name", "email", "age", "score", "joined")
        alter = [changes.get(column, _kept) for column in columns]
        expected = [
            (key, *(change(value) for change, value in zip(alter, fact, strict=True)))
            for key, fact in enumerate(facts(trial.rows), 1)
        ]
        got = [(person.id, *(getattr(person, column) for column in columns)) for person in stored]
        # Compared as a whole, told by its first difference: the list is too long to print.
        trial.check("stored people", len(got), len(expected))
        for left, right in zip(got, expected, strict=True):
            if left != right:
                trial.check("stored person", left, right)

    def check_stored_families(self, trial: Trial) -> None:
        """Check that each child stands under the parent whose number it bears."""
        count = family_count(trial.rows)
        with self.cursor() as cursor:
            cursor.execute(
                "SELECT parent.name, child.name FROM parent JOIN child"
                " ON child.parent_id = parent.id ORDER BY parent.id, child.id"
            )
            got = [tuple(row) for row in cursor.fetchall()]
        expected = [
            (f"Parent {number}", f"Child {number}.{rank}")
            for number in range(count)
            for rank in range(CHILDREN)
        ]
        trial.check("stored children are right", got == expected, True)

    def check_empty(self, trial: Trial, *tables: str) -> None:
        """Check that the tables hold nothing any more."""
        for table in tables:
            with self.cursor() as cursor:
                cursor.execute(f"SELECT count(*) FROM {table}")
                trial.check(f"rows left in {table}", cursor.fetchone()[0], 0)


def _kept(value: Any) -> Any:
    return value


def check_families(trial: Trial, parents: list[Any]) -> None:
    """Check parents loaded in the order of their keys, and their children."""
    got = [(parent.name, sorted(child.rank for child in parent.children)) for parent in parents]
    expected = [
        (f"Parent {number}", list(range(CHILDREN))) for number in range(family_count(trial.rows))
    ]
    trial.check("loaded families are right", got == expected, True)


def check_posts(trial: Trial, posts: list[Any]) -> None:
    """Check posts loaded in the order of their keys, and their tags."""
    known = tags(trial.rows)
    got = [(post.name, sorted(tag.name for tag in post.tags)) for post in posts]
    expected = [
        (post.name, sorted(tag.name for tag in post.tags))
        for post in tagged_posts(trial.rows, known)
    ]
    trial.check("loaded posts are right", got == expected, True)


def check_people(trial: Trial, loaded: list[Any], rows: int) -> None:
    """Check count, keys and every value of people loaded in the order of their keys."""
    trial.check("people", len(loaded), rows)
    for key, (person, fact) in enumerate(zip(loaded, facts(rows), strict=True), 1):
        got = (person.id, person.name, person.email, person.age, person.score, person.joined)
        if got != (key, *fact):
            trial.check("person", got, (key, *fact))

"""The floor: the bare driver, hand-written SQL and slotted objects."""

import gc
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from bench.adapter import Adapter, check_families, check_people, check_posts
from bench.databases import Database
from bench.facts import (
    CHILDREN,
    STAMP,
    Child,
    HeardPerson,
    Parent,
    Person,
    facts,
    families,
    family_count,
    shuffled_keys,
    tagged_posts,
    tags,
)
from bench.orders import PASSES, answers, queries
from bench.tally import Tally
from bench.trial import Trial


class RawAdapter(Adapter):
    """What the same work costs without any ORM."""

    name = "raw"

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._connection = database.connect(self.name)
        with self.cursor() as cursor:
            self.statements.create(cursor)

    @contextmanager
    def cursor(self) -> Iterator[Any]:
        """Open a cursor; what was not committed before is lost, as in a closed session."""
        self._connection.rollback()
        cursor = self._connection.cursor()
        yield cursor
        cursor.close()
        self._connection.commit()

    def close(self) -> None:
        """Close the only connection."""
        self._connection.close()

    def insert(self, trial: Trial) -> None:
        """Construct and write rows of many VALUES."""
        given = facts(trial.rows)
        with trial.timed(trial.rows):
            people = [Person(None, *fact) for fact in given]
            self._insert(people)
        check_people(trial, people, trial.rows)
        self.check_stored_people(trial)

    def insert_events(self, trial: Trial) -> None:
        """Do by hand what the four listeners do: lower the e-mail, stamp, count."""
        given = facts(trial.rows)
        tally = Tally()
        with trial.timed(trial.rows):
            people = []
            for name, email, age, score, _ in given:
                tally.sets += 1
                tally.inserts += 1
                people.append(Person(None, name, email.lower(), age, score, STAMP))
            tally.flushes += 1
            tally.flushed += len(people)
            self._insert(people)
            tally.commits += 1
        expected = {"sets": trial.rows, "inserts": trial.rows, "flushed": trial.rows}
        trial.check("events", tally.counts(), {"commits": 1, "flushes": 1} | expected)
        self.check_stored_people(trial, email=str.lower, joined=lambda _: STAMP)

    def insert_children(self, trial: Trial) -> None:
        """Construct parents and children, write both tables."""
        count = family_count(trial.rows)
        with trial.timed(count * (CHILDREN + 1)):
            parents = families(trial.rows)
            cursor = self._connection.cursor()
            self.statements.insert_families(cursor, parents)
            self._connection.commit()
        trial.check("last key", parents[-1].children[-1].id, count * CHILDREN)
        self.check_stored_families(trial)

    def load(self, trial: Trial) -> None:
        """Fetch all rows into objects."""
        self.fill_people(trial.rows)
        cursor = self._connection.cursor()
        with trial.timed(trial.rows):
            loaded = self.statements.load_people(cursor)
        check_people(trial, loaded, trial.rows)

    def get_miss(self, trial: Trial) -> None:
        """Fetch each row by key."""
        self.fill_people(trial.rows)
        keys = shuffled_keys(trial.rows)
        cursor = self._connection.cursor()
        person = self.statements.person
        total = 0
        with trial.timed(len(keys)):
            for key in keys:
                total += person(cursor, key).age
        trial.check("sum of ages", total, sum(fact[2] for fact in facts(trial.rows)))

    def get_hit(self, trial: Trial) -> None:
        """Look each key up in a dict."""
        held = {key: Person(key, *fact) for key, fact in enumerate(facts(trial.rows), 1)}
        keys = shuffled_keys(trial.rows)
        with trial.timed(len(keys)):
            got = [held[key] for key in keys]
        trial.check("objects found", [person.id for person in got], keys)

    def query(self, trial: Trial) -> None:
        """Run constant SQL with changing parameters."""
        self.fill_people(trial.rows)
        asked = queries(trial.rows)
        cursor = self._connection.cursor()
        query = self.statements.query_people
        count = keys = 0
        with trial.timed(len(asked)):
            for after, age in asked:
                found = query(cursor, after, age)
                count += len(found)
                keys += found[0].id or 0
        trial.check("people found", (count, keys), answers(trial.rows))

    def update(self, trial: Trial) -> None:
        """Change each object and write all in one call."""
        self.fill_people(trial.rows)
        cursor = self._connection.cursor()
        people = self.statements.load_people(cursor)
        with trial.timed(len(people)):
            for person in people:
                person.age += 1
            self.statements.update_ages(cursor, people)
            self._connection.commit()
        self.check_stored_people(trial, age=lambda age: age + 1)

    def lazy(self, trial: Trial) -> None:
        """Fetch the children of one parent after the other."""
        self.fill_families(trial.rows)
        cursor = self._connection.cursor()
        parents = self.statements.load_parents(cursor)
        load = self.statements.load_children
        got = 0
        with trial.timed(len(parents)):
            for parent in parents:
                parent.children = load(cursor, parent)
                got += len(parent.children)
        trial.check("children", got, family_count(trial.rows) * CHILDREN)

    def selectin(self, trial: Trial) -> None:
        """Read the parents, then the children by the keys of the parents."""
        self.fill_families(trial.rows)
        cursor = self._connection.cursor()
        with trial.timed(family_count(trial.rows) * (CHILDREN + 1)):
            parents = self.statements.load_families(cursor)
        check_families(trial, parents)

    def joined(self, trial: Trial) -> None:
        """Read parents and children in one statement."""
        self.fill_families(trial.rows)
        cursor = self._connection.cursor()
        with trial.timed(family_count(trial.rows) * (CHILDREN + 1)):
            parents = self.statements.load_joined_families(cursor)
        check_families(trial, parents)

    def load_m2m(self, trial: Trial) -> None:
        """Read the posts, then the links with the tags by the keys of the posts."""
        self.fill_posts(trial.rows)
        cursor = self._connection.cursor()
        with trial.timed(family_count(trial.rows) * CHILDREN):
            posts = self.statements.load_posts(cursor)
        check_posts(trial, posts)

    def insert_m2m(self, trial: Trial) -> None:
        """Insert posts and their links to stored tags."""
        with self.cursor() as cursor:
            self.statements.insert_tags(cursor, tags(trial.rows))
        cursor = self._connection.cursor()
        known = self.statements.load_tags(cursor)
        with trial.timed(family_count(trial.rows) * CHILDREN):
            self.statements.insert_posts(cursor, tagged_posts(trial.rows, known))
            self._connection.commit()
        self.check_stored_posts(trial)

    def delete(self, trial: Trial) -> None:
        """Delete by lists of keys."""
        self.fill_people(trial.rows)
        cursor = self._connection.cursor()
        people = self.statements.load_people(cursor)
        with trial.timed(len(people)):
            self.statements.delete_people(cursor, people)
            self._connection.commit()
        self.check_empty(trial, "person")

    def delete_cascade(self, trial: Trial) -> None:
        """Delete children, then parents, by lists of the parents' keys."""
        self.fill_families(trial.rows)
        cursor = self._connection.cursor()
        parents = self.statements.load_parents(cursor)
        with trial.timed(len(parents) * (CHILDREN + 1)):
            self.statements.delete_families(cursor, parents)
            self._connection.commit()
        self.check_empty(trial, "child", "parent")

    def session(self, trial: Trial) -> None:
        """Open and close a cursor: the nearest a driver has."""
        connection = self._connection
        opened = 0
        with trial.timed(trial.rows):
            for _ in range(trial.rows):
                connection.cursor().close()
                opened += 1
        trial.check("cursors", opened, trial.rows)

    def construct(self, trial: Trial) -> None:
        """Construct by keyword, as an ORM's classes are."""
        given = facts(trial.rows)
        with trial.timed(trial.rows):
            people = [
                Person(id=None, name=name, email=email, age=age, score=score, joined=joined)
                for name, email, age, score, joined in given
            ]
        trial.check("last name", people[-1].name, given[-1][0])

    def attribute_read(self, trial: Trial) -> None:
        """Read a slot."""
        people = self._people(trial)
        person = people[0]
        with trial.timed(len(people) * PASSES):
            for _ in range(PASSES):
                for person in people:
                    person.age
        trial.check("last age", person.age, facts(trial.rows)[-1][2])

    def attribute_write(self, trial: Trial) -> None:
        """Write a slot."""
        people = self._people(trial)
        with trial.timed(len(people) * PASSES):
            for number in range(PASSES):
                for person in people:
                    person.age = number
        trial.check("ages", {person.age for person in people}, {PASSES - 1})

    def attribute_write_heard(self, trial: Trial) -> None:
        """Write a property whose hand-written setter calls the listener."""
        people = [HeardPerson(fact[2]) for fact in facts(trial.rows)]
        tally = Tally()
        HeardPerson.heard = tally.heard
        with trial.timed(len(people) * PASSES):
            for number in range(PASSES):
                for person in people:
                    person.age = number
        trial.check("events", tally.sets, len(people) * PASSES)

    def event_fire(self, trial: Trial) -> None:
        """Call the listener by hand: what any event with one listener must cost."""
        people = self._people(trial)
        tally = Tally()
        heard = tally.heard
        with trial.timed(len(people) * PASSES) as empty:
            for number in range(PASSES):  # noqa: B007  # the loop of the next block, empty
                for person in people:  # noqa: B007
                    pass
        with trial.timed(len(people) * PASSES) as called:
            for number in range(PASSES):
                for person in people:
                    heard(person, number, number, None)
        trial.report((called.cost - empty.cost) * 1000)
        trial.check("events", tally.sets, len(people) * PASSES)

    def append(self, trial: Trial) -> None:
        """Append to a list and set the link back."""
        parents = [Parent(None, "") for _ in range(family_count(trial.rows))]
        children = [[Child(None, None, "", 0, None) for _ in range(CHILDREN)] for _ in parents]
        pairs = list(zip(parents, children, strict=True))
        with trial.timed(len(parents) * CHILDREN):
            for parent, wanted in pairs:
                for child in wanted:
                    parent.children.append(child)
                    child.parent = parent
        trial.check("children", parents[-1].children, children[-1])

    def memory(self, trial: Trial) -> None:
        """Count the bytes of a list of loaded objects."""
        self.fill_people(trial.rows)
        cursor = self._connection.cursor()
        gc.collect()
        tracemalloc.start()
        loaded = self.statements.load_people(cursor)
        gc.collect()
        trial.report(tracemalloc.get_traced_memory()[0] / len(loaded))
        tracemalloc.stop()
        check_people(trial, loaded, trial.rows)

    def _insert(self, people: list[Person]) -> None:
        cursor = self._connection.cursor()
        self.statements.insert_people(cursor, people)
        self._connection.commit()

    def _people(self, trial: Trial) -> list[Person]:
        return [Person(key, *fact) for key, fact in enumerate(facts(trial.rows), 1)]

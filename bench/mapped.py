"""The contender with mapped classes: one adapter for every ORM with this API."""

import gc
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from bench.adapter import Adapter, check_families, check_people, check_posts
from bench.databases import Database
from bench.facts import CHILDREN, LIMIT, STAMP, facts, family_count, shuffled_keys, tags
from bench.model import declare, load_orm
from bench.orders import PASSES, answers, queries
from bench.tally import Tally
from bench.trial import Trial


class MappedAdapter(Adapter):
    """The workloads through the unit of work of `sqlalchemy.orm` or of cormorant."""

    def __init__(self, name: str, database: Database) -> None:
        super().__init__(database)
        self.name = name
        self.orm = load_orm(name)
        self._engine = database.engine(name)
        with self.cursor() as cursor:
            self.statements.create(cursor)
        self._plain = declare(self.orm)
        self._tally = Tally()
        self._eventful = declare(self.orm).Person
        self._listen_to_rows(self._eventful)
        self._heard = declare(self.orm).Person
        self.orm.event.listen(self._heard.age, "set", self._tally.heard)

    def _listen_to_rows(self, person: type[Any]) -> None:
        tally, event = self._tally, self.orm.event

        def lower_email(target: Any, value: str, oldvalue: Any, initiator: Any) -> str:
            tally.sets += 1
            return value.lower()

        def stamp(mapper: Any, connection: Any, target: Any) -> None:
            tally.inserts += 1
            target.joined = STAMP

        event.listen(person.email, "set", lower_email, retval=True)
        event.listen(person, "before_insert", stamp)

    def _listen_to_session(self, session: Any) -> None:
        tally, event = self._tally, self.orm.event

        def count_new(session: Any, flush_context: Any, instances: Any) -> None:
            tally.flushes += 1
            tally.flushed += len(session.new)

        def count_commit(session: Any) -> None:
            tally.commits += 1

        event.listen(session, "before_flush", count_new)
        event.listen(session, "after_commit", count_commit)

    @contextmanager
    def cursor(self) -> Iterator[Any]:
        """Borrow the engine's own driver connection: in memory there is no other way in."""
        connection = self._engine.raw_connection()
        try:
            cursor = connection.cursor()
            yield cursor
            cursor.close()
            connection.commit()
        finally:
            connection.close()

    def close(self) -> None:
        """Close the engine's connection."""
        self._engine.dispose()

    def insert(self, trial: Trial) -> None:
        """Construct, add_all, commit."""
        given, Person = facts(trial.rows), self._plain.Person
        session = self.orm.Session(self._engine)
        with trial.timed(trial.rows):
            people = [
                Person(name=name, email=email, age=age, score=score, joined=joined)
                for name, email, age, score, joined in given
            ]
            session.add_all(people)
            session.commit()
        trial.check("new objects", len(session.new), 0)
        session.close()
        self.check_stored_people(trial)

    def insert_events(self, trial: Trial) -> None:
        """Insert with listeners that lower the e-mail, stamp, count new objects and commits."""
        given, Person = facts(trial.rows), self._eventful
        self._tally.clear()
        session = self.orm.Session(self._engine)
        self._listen_to_session(session)
        with trial.timed(trial.rows):
            people = [
                Person(name=name, email=email, age=age, score=score, joined=joined)
                for name, email, age, score, joined in given
            ]
            session.add_all(people)
            session.commit()
        session.close()
        expected = {"sets": trial.rows, "inserts": trial.rows, "flushed": trial.rows}
        trial.check("events", self._tally.counts(), {"commits": 1, "flushes": 1} | expected)
        self.check_stored_people(trial, email=str.lower, joined=lambda _: STAMP)

    def insert_children(self, trial: Trial) -> None:
        """Append children to parents, add the parents, commit."""
        Parent, Child = self._plain.Parent, self._plain.Child
        count = family_count(trial.rows)
        session = self.orm.Session(self._engine)
        with trial.timed(count * (CHILDREN + 1)):
            parents = []
            for number in range(count):
                parent = Parent(name=f"Parent {number}")
                children = parent.children
                for rank in range(CHILDREN):
                    children.append(Child(name=f"Child {number}.{rank}", rank=rank))
                parents.append(parent)
            session.add_all(parents)
            session.commit()
        session.close()
        self.check_stored_families(trial)

    def load(self, trial: Trial) -> None:
        """Select all people as objects."""
        self.fill_people(trial.rows)
        Person = self._plain.Person
        session = self.orm.Session(self._engine)
        with trial.timed(trial.rows):
            loaded = session.scalars(self.orm.select(Person).order_by(Person.id)).all()
        check_people(trial, loaded, trial.rows)
        trial.check("identity map", len(session.identity_map), trial.rows)
        session.close()

    def get_miss(self, trial: Trial) -> None:
        """Get each key; nobody holds the objects, so none is in the identity map."""
        self.fill_people(trial.rows)
        Person, keys = self._plain.Person, shuffled_keys(trial.rows)
        session = self.orm.Session(self._engine)
        total = 0
        with trial.timed(len(keys)):
            for key in keys:
                total += session.get(Person, key).age
        session.close()
        trial.check("sum of ages", total, sum(fact[2] for fact in facts(trial.rows)))

    def get_hit(self, trial: Trial) -> None:
        """Get each key of objects that are held."""
        Person, keys = self._plain.Person, shuffled_keys(trial.rows)
        with self._loaded(trial, Person) as (session, people):
            get = session.get
            with trial.timed(len(keys)):
                got = [get(Person, key) for key in keys]
            same = [person is people[key - 1] for key, person in zip(keys, got, strict=True)]
            trial.check("the same objects", all(same), True)

    def query(self, trial: Trial) -> None:
        """Build the statement anew for each query."""
        self.fill_people(trial.rows)
        asked, select, Person = queries(trial.rows), self.orm.select, self._plain.Person
        session = self.orm.Session(self._engine)
        count = keys = 0
        with trial.timed(len(asked)):
            for after, age in asked:
                statement = (
                    select(Person)
                    .where(Person.id > after, Person.age >= age)
                    .order_by(Person.id)
                    .limit(LIMIT)
                )
                found = session.scalars(statement).all()
                count += len(found)
                keys += found[0].id
        session.close()
        trial.check("people found", (count, keys), answers(trial.rows))

    def update(self, trial: Trial) -> None:
        """Change one column of each object, commit."""
        with (
            self._loaded(trial, self._plain.Person) as (session, people),
            trial.timed(len(people)),
        ):
            for person in people:
                person.age += 1
            session.commit()
        self.check_stored_people(trial, age=lambda age: age + 1)

    def lazy(self, trial: Trial) -> None:
        """Touch the children of each parent."""
        with self._loaded_parents(trial) as (_, parents):
            got = 0
            with trial.timed(len(parents)):
                for parent in parents:
                    got += len(parent.children)
            trial.check("children", got, family_count(trial.rows) * CHILDREN)
            ranks = [child.rank for child in parents[-1].children]
            trial.check("ranks", sorted(ranks), list(range(CHILDREN)))

    def selectin(self, trial: Trial) -> None:
        """Select all parents with their children by IN."""
        self.fill_families(trial.rows)
        Parent = self._plain.Parent
        with self.orm.Session(self._engine) as session:
            with trial.timed(family_count(trial.rows) * (CHILDREN + 1)):
                option = self.orm.selectinload(Parent.children)
                statement = self.orm.select(Parent).options(option).order_by(Parent.id)
                parents = session.scalars(statement).all()
            check_families(trial, parents)

    def joined(self, trial: Trial) -> None:
        """Select all parents with their children in one statement."""
        self.fill_families(trial.rows)
        Parent = self._plain.Parent
        with self.orm.Session(self._engine) as session:
            with trial.timed(family_count(trial.rows) * (CHILDREN + 1)):
                option = self.orm.joinedload(Parent.children)
                statement = self.orm.select(Parent).options(option).order_by(Parent.id)
                parents = session.scalars(statement).unique().all()
            check_families(trial, parents)

    def load_m2m(self, trial: Trial) -> None:
        """Select all posts with their tags by IN."""
        self.fill_posts(trial.rows)
        Post = self._plain.Post
        with self.orm.Session(self._engine) as session:
            with trial.timed(family_count(trial.rows) * CHILDREN):
                option = self.orm.selectinload(Post.tags)
                statement = self.orm.select(Post).options(option).order_by(Post.id)
                posts = session.scalars(statement).all()
            check_posts(trial, posts)

    def insert_m2m(self, trial: Trial) -> None:
        """Give new posts stored tags, add them, commit."""
        with self.cursor() as cursor:
            self.statements.insert_tags(cursor, tags(trial.rows))
        Post, Tag = self._plain.Post, self._plain.Tag
        with self.orm.Session(self._engine) as session:
            known = session.scalars(self.orm.select(Tag).order_by(Tag.id)).all()
            with trial.timed(family_count(trial.rows) * CHILDREN):
                posts = []
                for number in range(family_count(trial.rows)):
                    wanted = [known[(number + step) % len(known)] for step in range(CHILDREN)]
                    posts.append(Post(name=f"Post {number}", tags=wanted))
                session.add_all(posts)
                session.commit()
        self.check_stored_posts(trial)

    def delete(self, trial: Trial) -> None:
        """Delete each object, commit."""
        with (
            self._loaded(trial, self._plain.Person) as (session, people),
            trial.timed(len(people)),
        ):
            for person in people:
                session.delete(person)
            session.commit()
        self.check_empty(trial, "person")

    def delete_cascade(self, trial: Trial) -> None:
        """Delete each parent whose children are not loaded, commit."""
        with (
            self._loaded_parents(trial) as (session, parents),
            trial.timed(len(parents) * (CHILDREN + 1)),
        ):
            for parent in parents:
                session.delete(parent)
            session.commit()
        self.check_empty(trial, "child", "parent")

    def session(self, trial: Trial) -> None:
        """Open and close sessions that do nothing."""
        Session, engine = self.orm.Session, self._engine
        with trial.timed(trial.rows):
            for _ in range(trial.rows):
                session = Session(engine)
                session.close()
        trial.check("new objects", len(session.new), 0)

    def construct(self, trial: Trial) -> None:
        """Construct by keyword."""
        given, Person = facts(trial.rows), self._plain.Person
        with trial.timed(trial.rows):
            people = [
                Person(id=None, name=name, email=email, age=age, score=score, joined=joined)
                for name, email, age, score, joined in given
            ]
        trial.check("last name", people[-1].name, given[-1][0])

    def attribute_read(self, trial: Trial) -> None:
        """Read a loaded column."""
        with self._loaded(trial, self._plain.Person) as (_, people):
            person = people[0]
            with trial.timed(len(people) * PASSES):
                for _ in range(PASSES):
                    for person in people:
                        person.age
            trial.check("last age", person.age, facts(trial.rows)[-1][2])

    def attribute_write(self, trial: Trial) -> None:
        """Write a loaded column, the first change and the later ones."""
        with self._loaded(trial, self._plain.Person) as (session, people):
            with trial.timed(len(people) * PASSES):
                for number in range(PASSES):
                    for person in people:
                        person.age = number
            trial.check("ages", {person.age for person in people}, {PASSES - 1})
            trial.check("changed objects", len(session.dirty), len(people))

    def attribute_write_heard(self, trial: Trial) -> None:
        """Write a loaded column that has one listener."""
        self._tally.clear()
        with self._loaded(trial, self._heard) as (session, people):
            with trial.timed(len(people) * PASSES):
                for number in range(PASSES):
                    for person in people:
                        person.age = number
            trial.check("events", self._tally.sets, len(people) * PASSES)
            trial.check("changed objects", len(session.dirty), len(people))

    def event_fire(self, trial: Trial) -> None:
        """Write with a listener, less the same write without, less the plain call: in ns."""
        heard = self._tally.heard
        with self._loaded(trial, self._plain.Person) as (_, people):
            writes = len(people) * PASSES
            with trial.timed(writes) as silent:
                for number in range(PASSES):
                    for person in people:
                        person.age = number
            with trial.timed(writes) as empty:
                for number in range(PASSES):  # noqa: B007  # the loop of the next block, empty
                    for person in people:  # noqa: B007
                        pass
            with trial.timed(writes) as called:
                for number in range(PASSES):
                    for person in people:
                        heard(person, number, number, None)
        self._tally.clear()
        with self._loaded(trial, self._heard, filled=True) as (_, people):
            with trial.timed(writes) as fired:
                for number in range(PASSES):
                    for person in people:
                        person.age = number
            trial.check("events", self._tally.sets, writes)
        call = called.cost - empty.cost
        trial.report((fired.cost - silent.cost - call) * 1000)

    def append(self, trial: Trial) -> None:
        """Append new children to new parents; the backref is set."""
        Parent, Child = self._plain.Parent, self._plain.Child
        parents = [Parent() for _ in range(family_count(trial.rows))]
        children = [[Child() for _ in range(CHILDREN)] for _ in parents]
        pairs = list(zip(parents, children, strict=True))
        with trial.timed(len(parents) * CHILDREN):
            for parent, wanted in pairs:
                for child in wanted:
                    parent.children.append(child)
        trial.check("children", list(parents[-1].children), children[-1])
        trial.check("parent", children[-1][-1].parent is parents[-1], True)

    def memory(self, trial: Trial) -> None:
        """Count the bytes of loaded objects with all a session keeps for them."""
        self.fill_people(trial.rows)
        Person = self._plain.Person
        session = self.orm.Session(self._engine)
        session.connection()
        gc.collect()
        tracemalloc.start()
        loaded = session.scalars(self.orm.select(Person).order_by(Person.id)).all()
        gc.collect()
        trial.report(tracemalloc.get_traced_memory()[0] / len(loaded))
        tracemalloc.stop()
        check_people(trial, loaded, trial.rows)
        session.close()

    @contextmanager
    def _loaded(
        self, trial: Trial, person: Any, filled: bool = False
    ) -> Iterator[tuple[Any, list[Any]]]:
        """Open a session with all people loaded, and close it after the block."""
        if not filled:
            self.fill_people(trial.rows)
        with self.orm.Session(self._engine) as session:
            yield session, session.scalars(self.orm.select(person).order_by(person.id)).all()

    @contextmanager
    def _loaded_parents(self, trial: Trial) -> Iterator[tuple[Any, list[Any]]]:
        """Open a session with all parents loaded, but no child."""
        self.fill_families(trial.rows)
        parent = self._plain.Parent
        with self.orm.Session(self._engine) as session:
            yield session, session.scalars(self.orm.select(parent).order_by(parent.id)).all()

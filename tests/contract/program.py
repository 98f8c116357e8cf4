"""Random programs on users and addresses: one step after another on one session."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import StaticPool

from .heard import Recorder
from .models import blog
from .oracle import Orm
from .words import Heard


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a program: what to do, and two numbers that choose objects and values."""

    act: str
    first: int
    second: int

    def __str__(self) -> str:
        """Return the step as it stands in the log."""
        return f"{self.act} {self.first} {self.second}"


@dataclass(slots=True)
class Run:
    """A program at work: its session, its objects and its open savepoints."""

    orm: Orm
    world: Any
    session: Any
    heard: Recorder
    users: list[Any] = field(default_factory=list)
    addresses: list[Any] = field(default_factory=list)
    savepoints: list[Any] = field(default_factory=list)
    made: int = 0

    def take(self, step: Step) -> None:
        """Do one step; an error is written down by name, as part of the log."""
        with self.heard.catching(str(step)):
            told = ACTS[step.act](self, step.first, step.second)
            self.heard.write("mark", repr("result"), self.heard.labels.of(told))

    def user(self, number: int) -> Any:
        """Return one of the users, or None when there is none."""
        return self.one_of(self.users, number)

    def address(self, number: int) -> Any:
        """Return one of the addresses, or None when there is none."""
        return self.one_of(self.addresses, number)

    def one_of(self, known: list[Any], number: int) -> Any:
        """Return one of the objects, in whatever state it is."""
        return known[number % len(known)] if known else None

    def held(self, known: list[Any], number: int) -> Any:
        """Return one of the objects that the session holds and keeps, its key read.

        Two wanted differences: the oracle reads an expired object to learn its key, sooner or
        later (test_no_statement_reads_a_key_that_the_session_knows), and it copies keys to
        objects whose rows are deleted.
        """
        doomed = list(self.session.deleted)
        kept = [item for item in known if item in self.session]
        chosen = self.one_of(
            [it for it in kept if not any(it is other for other in doomed)], number
        )
        assert chosen is None or chosen.id is None or chosen.id > 0
        return chosen

    def lost(self, number: int) -> Any:
        """Return a user that the session does not hold: deleted, rolled back or detached."""
        return self.one_of([user for user in self.users if user not in self.session], number)

    def add_user(self, first: int, second: int) -> Any:
        """Add a new user."""
        self.made += 1
        self.users.append(self.world.User(name=f"user {self.made}", age=first))
        self.session.add(self.users[-1])

    def add_address(self, first: int, second: int) -> Any:
        """Add a new address, with or without a user."""
        self.made += 1
        address = self.world.Address(email=f"address {self.made}")
        self.addresses.append(address)
        self.session.add(address)
        if second % 3:
            address.user = self.held(self.users, first)

    def rename(self, first: int, second: int) -> Any:
        """Change a user's name; now and then to what the table refuses."""
        user = self.held(self.users, first)
        if user is not None:
            user.name = f"name {second}" if second != 7 else None

    def grow(self, first: int, second: int) -> Any:
        """Count a user's age up from what it is."""
        user = self.user(first)
        if user is not None:
            user.age = (user.age or 0) + 1
            return user.age

    def move(self, first: int, second: int) -> Any:
        """Give an address to a user, or to nobody."""
        address = self.held(self.addresses, first)
        if address is not None:
            address.user = self.held(self.users, second) if second % 4 else None

    def append(self, first: int, second: int) -> Any:
        """Append an address to the collection of a user."""
        user, address = self.held(self.users, first), self.held(self.addresses, second)
        if user is not None and address is not None and address not in user.addresses:
            user.addresses.append(address)

    def emails(self, first: int, second: int) -> Any:
        """Read the collection of a user; one that is not held may refuse.

        Not of transient users: what a rollback leaves of an expired list is another one here.
        """
        user = self.held(self.users, first) if second % 2 else self.lost(first)
        if user is not None and not self.orm.inspect(user).transient:
            return sorted(item.email for item in user.addresses)

    def delete_user(self, first: int, second: int) -> Any:
        """Delete a user, with the value read that may be expired.

        The oracle asks the database for it, which has no row any more; the subject knows.
        """
        user = self.held(self.users, first)
        if user is not None:
            self.session.flush()
            assert user.age is None or user.age >= 0
            self.session.delete(user)

    def delete_address(self, first: int, second: int) -> Any:
        """Delete an address, in a flush in which it is not moved."""
        address = self.held(self.addresses, first)
        if address is not None:
            self.session.flush()
            self.session.delete(address)

    def expire(self, first: int, second: int) -> Any:
        """Expire a user, whole or in part, with nothing left to write: see `one_of`."""
        self.session.flush()
        user = self.user(first)
        if user is not None:
            self.session.expire(user, ["age"] if second % 2 else None)

    def expunge(self, first: int, second: int) -> Any:
        """Take a user out of the session, in whatever state it is; it stays detached.

        Where more is pending, it is written first: the oracle numbers what comes by how much is
        pending, and after a gap two objects have one number and an order by chance.
        """
        user = self.user(first)
        if user is not None:
            if user in self.session.new and len(self.session.new) > 1:
                self.session.flush()
            self.session.expunge(user)

    def rename_lost(self, first: int, second: int) -> Any:
        """Change a user that the session does not hold."""
        user = self.lost(first)
        if user is not None:
            user.name = f"lost {second}"
            return user.name

    def expire_all(self, first: int, second: int) -> Any:
        """Expire everything, with nothing left to write."""
        self.session.flush()
        self.session.expire_all()

    def get(self, first: int, second: int) -> Any:
        """Get by primary key and remember what comes."""
        class_, known = (
            (self.world.User, self.users) if second % 2 else (self.world.Address, self.addresses)
        )
        found = self.session.get(class_, first + 1)
        if found is not None and not any(found is item for item in known):
            known.append(found)
        return found

    def contents(self, first: int, second: int) -> Any:
        """Tell what the session holds."""
        session = self.session
        return [set_of(part) for part in (session.new, session.dirty, session.deleted)]

    def savepoint(self, first: int, second: int) -> Any:
        """Begin a savepoint."""
        self.savepoints.append(self.session.begin_nested())

    def release(self, first: int, second: int) -> Any:
        """Release the innermost savepoint."""
        if self.savepoints:
            self.savepoints.pop().commit()

    def undo(self, first: int, second: int) -> Any:
        """Roll back to the innermost savepoint."""
        if self.savepoints:
            self.savepoints.pop().rollback()

    def end(self, act: Callable[[], None]) -> None:
        """End the whole transaction."""
        self.savepoints.clear()
        act()


def set_of(objects: Any) -> list[str]:
    """Return the objects as sorted names of classes: their labels stand in the events."""
    return sorted(type(item).__name__ for item in objects)


ACTS: dict[str, Callable[[Run, int, int], Any]] = {
    "add user": Run.add_user,
    "add address": Run.add_address,
    "rename": Run.rename,
    "grow": Run.grow,
    "move": Run.move,
    "append": Run.append,
    "emails": Run.emails,
    "delete user": Run.delete_user,
    "delete address": Run.delete_address,
    "expire": Run.expire,
    "expunge": Run.expunge,
    "rename lost": Run.rename_lost,
    "expire all": Run.expire_all,
    "get": Run.get,
    "contents": Run.contents,
    "flush": lambda run, first, second: run.session.flush(),
    "savepoint": Run.savepoint,
    "release": Run.release,
    "undo": Run.undo,
    "rollback": lambda run, first, second: run.end(run.session.rollback),
    "commit": lambda run, first, second: run.end(run.session.commit),
}


def memory_engine() -> Engine:
    """Return an engine on SQLite in memory that begins transactions by itself.

    The driver would otherwise let the release of a savepoint commit, and both mappers with it.
    """
    engine = create_engine("sqlite://", poolclass=StaticPool)

    @event.listens_for(engine, "connect")
    def leave_transactions_to_us(connection: Any, record: object) -> None:
        connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    return engine


@dataclass(frozen=True, slots=True)
class Played:
    """What came of a program: every event that was heard, and the rows it left."""

    log: list[Heard]
    rows: dict[str, list[str]]


class Machine:
    """Runs programs under one mapper, on one pair of classes and one database."""

    def __init__(self, orm: Orm) -> None:
        """Declare the classes and make the tables."""
        self.orm = orm
        self.engine = memory_engine()
        self.world = blog(orm, self.engine)

    def run(self, program: list[Step]) -> Played:
        """Run a program on empty tables."""
        tables = self.world.Base.metadata.sorted_tables
        heard = Recorder(self.orm)
        heard.classes(self.world.User, self.world.Address)
        session = self.orm.Session(self.engine)
        heard.session(session)
        try:
            run = Run(self.orm, self.world, session, heard)
            # A session that is closed tells more of deleted objects than the oracle's.
            for step in [*program, Step("rollback", 0, 0)]:
                run.take(step)
        finally:
            session.close()
            heard.stop()
        with self.engine.begin() as connection:
            rows = {
                table.name: sorted(map(repr, connection.execute(table.select()).all()))
                for table in tables
            }
            for table in reversed(tables):
                connection.execute(table.delete())
        return Played(heard.log, rows)

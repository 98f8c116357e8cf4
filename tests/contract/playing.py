"""What random programs have in common: steps, the session they work on, and the machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.pool import NullPool, StaticPool

from tests.databases import Place

from .databases import sqlite_file
from .heard import Recorder
from .oracle import Orm, sqlalchemy_orm, subject_orm
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


class Play:
    """A program at work on its session, with its open savepoints.

    `acts`: what a step may do; each act takes the play and the two numbers of the step.
    """

    acts: ClassVar[Mapping[str, Callable[[Any, int, int], Any]]]

    def __init__(self, orm: Orm, world: Any, session: Any, heard: Recorder) -> None:
        """Begin with no object."""
        self.orm = orm
        self.world = world
        self.session = session
        self.heard = heard
        self.savepoints: list[Any] = []
        self.made = 0

    def take(self, step: Step) -> None:
        """Do one step; an error is written down by name, as part of the log."""
        with self.heard.catching(str(step)):
            told = self.acts[step.act](self, step.first, step.second)
            self.heard.write("mark", repr("result"), self.heard.labels.of(told))

    def one_of(self, known: list[Any], number: int) -> Any:
        """Return one of the objects, in whatever state it is; None when there is none."""
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

    def lost(self, known: list[Any], number: int) -> Any:
        """Return an object that the session does not hold: deleted, rolled back or detached."""
        return self.one_of([item for item in known if item not in self.session], number)

    def expire_all(self, first: int, second: int) -> Any:
        """Expire everything, with nothing left to write."""
        self.session.flush()
        self.session.expire_all()

    def contents(self, first: int, second: int) -> Any:
        """Tell what the session holds."""
        session = self.session
        return [set_of(part) for part in (session.new, session.dirty, session.deleted)]

    def flush(self, first: int, second: int) -> Any:
        """Write what changed."""
        self.session.flush()

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

    def rollback(self, first: int, second: int) -> Any:
        """Roll the whole transaction back."""
        self.savepoints.clear()
        self.session.rollback()

    def commit(self, first: int, second: int) -> Any:
        """Commit the whole transaction."""
        self.savepoints.clear()
        self.session.commit()


def set_of(objects: Any) -> list[str]:
    """Return the objects as sorted names of classes: their labels stand in the events."""
    return sorted(type(item).__name__ for item in objects)


ACTS_OF_ALL: dict[str, Callable[[Any, int, int], Any]] = {
    "expire all": Play.expire_all,
    "contents": Play.contents,
    "flush": Play.flush,
    "savepoint": Play.savepoint,
    "release": Play.release,
    "undo": Play.undo,
    "rollback": Play.rollback,
    "commit": Play.commit,
}
"""The acts that need no class."""


@contextmanager
def playground(place: Place | None = None) -> Iterator[Engine]:
    """Yield an engine on an empty database, that of a server or a SQLite file.

    On SQLite it begins transactions by itself: the driver would otherwise let the release of a
    savepoint commit, and both mappers with it.
    """
    if place is not None:
        engine = create_engine(place.url)
        yield engine
        engine.dispose()
        place.empty()
        return
    with sqlite_file() as url:
        engine = beginning_itself(create_engine(url))
        yield engine
        engine.dispose()


def memory_engine() -> Engine:
    """Return an engine on SQLite in memory that begins transactions by itself."""
    return beginning_itself(create_engine("sqlite://", poolclass=StaticPool))


def beginning_itself(engine: Engine) -> Engine:
    """Let an engine on SQLite begin transactions by itself; return it."""
    event.listen(engine, "connect", leave_transactions_to_us)
    event.listen(engine, "begin", begin)
    return engine


def leave_transactions_to_us(connection: Any, record: object) -> None:
    """Let the driver begin nothing; nobody needs the file after a crash."""
    connection.isolation_level = None
    connection.execute("PRAGMA synchronous=OFF")
    connection.execute("PRAGMA journal_mode=MEMORY")
    connection.execute("PRAGMA foreign_keys=ON")


def begin(connection: Connection) -> None:
    """Begin where the driver would not."""
    connection.exec_driver_sql("BEGIN")


@dataclass(frozen=True, slots=True)
class Played:
    """What came of a program: every event that was heard, and the rows it left.

    `references`: the names of the relationships and columns that hold keys of other rows. `kin`:
    for each class those whose rows it may refer to, or that may refer to its rows, and itself.
    `circular`: the classes whose rows may refer to each other.
    """

    log: list[Heard]
    rows: dict[str, list[str]]
    references: frozenset[str]
    kin: dict[str, frozenset[str]]
    circular: frozenset[str]


class Machine:
    """Runs programs under one mapper, on one set of classes and one database."""

    def __init__(
        self,
        orm: Orm,
        play: type[Play],
        declare: Callable[[Orm, Engine], Any],
        engine: Engine,
    ) -> None:
        """Declare the classes and make the tables."""
        self.orm = orm
        self.play = play
        self.engine = engine
        self.world = declare(orm, engine)
        self.observer = create_engine(engine.url, poolclass=NullPool)
        self.tables = self.world.Base.metadata.sorted_tables
        mappers = [orm.inspect(each) for each in self.world.Base.classes]
        self.references = frozenset(
            key for mapper in mappers for key in keys_of_references(mapper)
        )
        self.kin = {mapper.class_.__name__: frozenset(kin_of(mapper)) for mapper in mappers}
        self.circular = frozenset(
            mapper.class_.__name__ for mapper in mappers if refers_to_itself(mapper)
        )

    def run(self, program: list[Step]) -> Played:
        """Run a program on empty tables."""
        heard = Recorder(self.orm)
        heard.classes(*self.world.Base.classes, propagate=False)
        session = self.orm.Session(self.engine)
        heard.session(session)
        try:
            play = self.play(self.orm, self.world, session, heard)
            # A session that is closed tells more of deleted objects than the oracle's.
            for step in [*program, Step("rollback", 0, 0)]:
                play.take(step)
                if step.act == "commit":
                    heard.write("rows", repr(self.rows()))
        finally:
            session.close()
            heard.stop()
        rows = self.rows()
        self.empty()
        return Played(heard.log, rows, self.references, self.kin, self.circular)

    def rows(self) -> dict[str, list[str]]:
        """Return the rows of all tables as another connection sees them."""
        with self.observer.connect() as connection:
            return {
                table.name: sorted(map(repr, connection.execute(table.select()).all()))
                for table in self.tables
            }

    def empty(self) -> None:
        """Delete all rows; the keys of new ones begin at 1 again."""
        with self.engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                names = ", ".join(table.name for table in self.tables)
                connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))
                return
            for table in reversed(self.tables):
                connection.execute(table.delete())


@contextmanager
def machines_of(
    play: type[Play], declare: Callable[[Orm, Engine], Any], place: Place | None = None
) -> Iterator[tuple[Machine, Machine]]:
    """Yield the machine of the oracle and that of the subject, which work in turns."""
    with playground(place) as one, playground(place) as other:
        yield (
            Machine(sqlalchemy_orm(), play, declare, one),
            Machine(subject_orm(), play, declare, other),
        )


def keys_of_references(mapper: Any) -> Iterator[str]:
    """Yield the keys of the relationships without a table of their own, and of foreign keys."""
    for prop in mapper.relationships:
        if prop.secondary is None:
            yield prop.key
    for prop in mapper.column_attrs:
        if any(column.foreign_keys and not column.primary_key for column in prop.columns):
            yield prop.key


def kin_of(mapper: Any) -> Iterator[str]:
    """Yield the names of the classes that are written in a fixed order beside that of a mapper."""
    related = [prop.mapper for prop in mapper.relationships if prop.secondary is None]
    for each in [mapper, *related]:
        for other in each.base_mapper.self_and_descendants:
            yield other.class_.__name__


def refers_to_itself(mapper: Any) -> bool:
    """Tell whether rows of the family of a mapper may refer to each other."""
    return any(prop.mapper.base_mapper is mapper.base_mapper for prop in mapper.relationships)

"""Golden texts: what the database or its driver refuses, and that nothing is half-written."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy import exc as core
from sqlalchemy.pool import NullPool

from cormorant import Session, select
from cormorant.exc import ObjectDeletedError, StaleDataError
from tests.people import People, declare

from .conftest import SECRET, told

INSERT_USER = "The INSERT of User (table 'users') failed: "
INSERT_ADDRESS = "The INSERT of Address (table 'addresses') failed: "
UPDATE_USER = "The UPDATE of User (table 'users') failed: "
TAKEN = "Use another value, or load the row that is there and change it."
MISSING = "Give the attribute a value, or make the column nullable or give it a default."
PARENT = "Add the parent before its children, or delete the children first."
SHORTEN = "Shorten the value, or make the column longer."
FITTING = "Give the attribute a value of the column's type."
ONE_OF = "(one of the columns 'name', 'age')"


@pytest.fixture(
    params=[
        pytest.param("sqlite_file_engine", id="sqlite"),
        pytest.param("postgresql_engine", id="postgresql", marks=pytest.mark.postgresql),
        pytest.param("mariadb_engine", id="mariadb", marks=pytest.mark.mariadb),
    ]
)
def place(request: pytest.FixtureRequest) -> Engine:
    """Give an engine of each kind."""
    engine: Engine = request.getfixturevalue(request.param)
    return engine


@pytest.fixture(params=["fast", "core"])
def engine(place: Engine, request: pytest.FixtureRequest) -> Iterator[Engine]:
    """Give the engine on each road; a SQLite file is not waited for."""
    options: dict[str, Any] = {}
    if place.dialect.name == "sqlite":
        options["connect_args"] = {"timeout": 0}
    engine = create_engine(place.url, **options)
    if request.param == "core":
        event.listen(engine, "before_cursor_execute", lambda *arguments: None)
    yield engine
    engine.dispose()


def family(engine: Engine) -> str:
    """Return the name that the golden texts go by."""
    name = engine.dialect.name
    return "mariadb" if name == "mysql" else name


@pytest.fixture
def people(place: Engine) -> People:
    """Make the tables, with one user and one address."""
    people = declare(place)
    with Session(place) as session:
        session.add(people.User(id=501, name="Ann", age=5))
        session.flush()
        session.add(people.Address(id=501, email=SECRET, user_id=501))
        session.commit()
    return people


ROWS: tuple[list[Any], list[Any]] = ([(501, "Ann", 5)], [(501, SECRET, 501)])

Act = Callable[[People, Session], Any]


def change(session: Session, cls: Any, **values: Any) -> None:
    """Change attributes of the stored object of a class."""
    found = session.get_one(cls, 501)
    for name, value in values.items():
        setattr(found, name, value)


ACTS: dict[str, Act] = {
    "duplicate key": lambda p, s: s.add(p.User(id=501, name=SECRET)),
    "duplicate value": lambda p, s: s.add(p.Address(email=SECRET)),
    "duplicate values in a batch": lambda p, s: s.add_all(
        [p.Address(email=SECRET + str(number % 9)) for number in range(10)]
    ),
    "missing value": lambda p, s: s.add(p.User(name=None, age=1)),
    "missing value in an update": lambda p, s: change(s, p.User, name=None),
    "no parent": lambda p, s: s.add(p.Address(email="new", user_id=777)),
    "text for a number": lambda p, s: s.add(p.User(name="x", age=SECRET)),
    "dict for a text": lambda p, s: s.add(p.User(name={SECRET: SECRET})),
    "lone surrogate": lambda p, s: s.add(p.User(name=SECRET + "\ud800")),
    "too long": lambda p, s: s.add(p.User(name=SECRET * 50)),
    "too big": lambda p, s: s.add(p.User(name=SECRET, age=2**70)),
    "NUL": lambda p, s: s.add(p.User(name=SECRET + "\0")),
}

UNIQUE = "a value is there already: unique constraint"
WRONG_TYPE = f"a value has a type that the column or driver does not take {ONE_OF}"
GOLDEN: dict[tuple[str, str], tuple[type[Exception], str]] = {
    ("duplicate key", "sqlite"): (
        core.IntegrityError,
        f"{INSERT_USER}{UNIQUE}, column 'id'. {TAKEN}",
    ),
    ("duplicate key", "postgresql"): (
        core.IntegrityError,
        f"{INSERT_USER}{UNIQUE} 'users_pkey' [SQLSTATE or code 23505]. {TAKEN}",
    ),
    ("duplicate key", "mariadb"): (
        core.IntegrityError,
        f"{INSERT_USER}{UNIQUE} 'PRIMARY' [SQLSTATE or code 1062]. {TAKEN}",
    ),
    ("duplicate value", "sqlite"): (
        core.IntegrityError,
        f"{INSERT_ADDRESS}{UNIQUE}, column 'email'. {TAKEN}",
    ),
    ("duplicate value", "postgresql"): (
        core.IntegrityError,
        f"{INSERT_ADDRESS}{UNIQUE} 'addresses_email_key' [SQLSTATE or code 23505]. {TAKEN}",
    ),
    ("duplicate value", "mariadb"): (
        core.IntegrityError,
        f"{INSERT_ADDRESS}{UNIQUE} 'email' [SQLSTATE or code 1062]. {TAKEN}",
    ),
    ("missing value", "sqlite"): (
        core.IntegrityError,
        f"{INSERT_USER}a value is missing: NOT NULL constraint, column 'name'. {MISSING}",
    ),
    ("missing value", "postgresql"): (
        core.IntegrityError,
        f"{INSERT_USER}a value is missing: NOT NULL constraint, column 'name' [SQLSTATE or code "
        f"23502]. {MISSING}",
    ),
    ("missing value", "mariadb"): (
        core.IntegrityError,
        f"{INSERT_USER}a value is missing: NOT NULL constraint, column 'name' [SQLSTATE or code "
        f"1048]. {MISSING}",
    ),
    ("no parent", "postgresql"): (
        core.IntegrityError,
        f"{INSERT_ADDRESS}a row that is referred to is not there, or still referred to: foreign "
        f"key 'addresses_user_id_fkey' [SQLSTATE or code 23503]. {PARENT}",
    ),
    ("no parent", "mariadb"): (
        core.IntegrityError,
        f"{INSERT_ADDRESS}a row that is referred to is not there, or still referred to: foreign "
        f"key 'addresses_ibfk_1' [SQLSTATE or code 1452]. {PARENT}",
    ),
    ("text for a number", "postgresql"): (
        core.DataError,
        f"{INSERT_USER}{WRONG_TYPE} [SQLSTATE or code 22P02]. {FITTING}",
    ),
    ("text for a number", "mariadb"): (
        core.DataError,
        f"{INSERT_USER}{WRONG_TYPE} [SQLSTATE or code 1366]. {FITTING}",
    ),
    ("dict for a text", "sqlite"): (
        core.ProgrammingError,
        f"{INSERT_USER}{WRONG_TYPE}. {FITTING}",
    ),
    ("dict for a text", "postgresql"): (
        core.ProgrammingError,
        f"{INSERT_USER}{WRONG_TYPE}. {FITTING}",
    ),
    ("dict for a text", "mariadb"): (core.StatementError, f"{INSERT_USER}{WRONG_TYPE}. {FITTING}"),
    ("lone surrogate", "sqlite"): (core.DataError, f"{INSERT_USER}{WRONG_TYPE}. {FITTING}"),
    ("lone surrogate", "postgresql"): (core.DataError, f"{INSERT_USER}{WRONG_TYPE}. {FITTING}"),
    ("lone surrogate", "mariadb"): (core.DataError, f"{INSERT_USER}{WRONG_TYPE}. {FITTING}"),
    ("too long", "postgresql"): (
        core.DataError,
        f"{INSERT_USER}a value is too long {ONE_OF} [SQLSTATE or code 22001]. {SHORTEN}",
    ),
    ("too long", "mariadb"): (
        core.DataError,
        f"{INSERT_USER}a value is too long, column 'name' [SQLSTATE or code 1406]. {SHORTEN}",
    ),
    ("too big", "sqlite"): (
        core.DataError,
        f"{INSERT_USER}a value is out of range {ONE_OF}. Use a value that the column type can "
        f"hold.",
    ),
    ("too big", "postgresql"): (
        core.DataError,
        f"{INSERT_USER}a value is out of range {ONE_OF} [SQLSTATE or code 22003]. Use a value "
        f"that the column type can hold.",
    ),
    ("too big", "mariadb"): (
        core.DataError,
        f"{INSERT_USER}a value is out of range, column 'age' [SQLSTATE or code 1264]. Use a "
        f"value that the column type can hold.",
    ),
    ("NUL", "postgresql"): (
        core.DataError,
        f"{INSERT_USER}a text holds a NUL character {ONE_OF}. Remove the NUL character: this "
        f"database cannot store it in text.",
    ),
}
for _name in ("sqlite", "postgresql", "mariadb"):
    GOLDEN["duplicate values in a batch", _name] = GOLDEN["duplicate value", _name]
    _kind, _text = GOLDEN["missing value", _name]
    GOLDEN["missing value in an update", _name] = (_kind, _text.replace("INSERT", "UPDATE"))

TAKEN_AS_THEY_ARE = {
    ("no parent", "sqlite"),  # foreign keys are off unless a pragma turns them on
    ("text for a number", "sqlite"),
    ("too long", "sqlite"),
    ("NUL", "sqlite"),
    ("NUL", "mariadb"),
}
"""What a database stores although another one refuses it."""


@pytest.mark.parametrize("name", ACTS)
def test_a_refused_flush_names_the_place_and_leaves_nothing_half_written(
    people: People, engine: Engine, name: str
) -> None:
    with Session(engine) as session:
        session.add(people.User(name="good, before"))
        session.flush()
        ACTS[name](people, session)
        if (name, family(engine)) in TAKEN_AS_THEY_ARE:
            session.flush()
            session.rollback()
        else:
            kind, text_of_error = GOLDEN[name, family(engine)]
            found = told(session.flush)
            assert (found.sentences, issubclass(found.kind, kind)) == (text_of_error, True)
            assert session.is_active is False
            session.rollback()
        assert (list(session.new), list(session.dirty)) == ([], [])
        assert people.rows(engine) == ROWS
        session.add(people.User(id=502, name="good, after", age=1))
        session.commit()
    assert people.rows(engine)[0] == [*ROWS[0], (502, "good, after", 1)]


def test_a_session_that_waits_for_rollback_says_so(people: People, engine: Engine) -> None:
    with Session(engine) as session:
        session.add(people.User(name=None, age=1))
        told(session.flush)
        found = told(lambda: session.get(people.User, 501))
        assert (found.kind, found.text) == (
            core.PendingRollbackError,
            "This Session's transaction has been rolled back due to a previous exception during "
            "flush (IntegrityError). To begin a new transaction with this Session, first issue "
            "Session.rollback(). (Background on this error at: https://sqlalche.me/e/21/7s2a)",
        )
        session.rollback()
        assert session.get_one(people.User, 501).name == "Ann"


def test_a_stale_row_is_named_by_class_and_table(people: People, engine: Engine) -> None:
    with Session(engine) as session:
        ann = session.get_one(people.User, 501)
        ann.name = SECRET
        with session.no_autoflush:
            session.execute(people.Address.__table__.delete())
            session.execute(people.User.__table__.delete())
        found = told(session.flush)
        assert (found.kind, found.text) == (
            StaleDataError,
            "UPDATE statement on table 'users' expected to update 1 row(s) of class 'User'; 0 "
            "were matched: a row is gone. Roll back, refresh the objects, and make the change "
            "again.",
        )
        session.rollback()
        assert ann.name == "Ann"
    assert people.rows(engine) == ROWS


def test_an_expired_object_whose_row_is_gone_says_so(people: People, engine: Engine) -> None:
    with Session(engine) as session:
        address = session.get_one(people.Address, 501)
        session.execute(people.Address.__table__.delete())
        session.expire(address)
        found = told(lambda: address.email)
        assert (found.kind, found.text) == (
            ObjectDeletedError,
            "Instance of class 'Address' has been deleted, or its row is otherwise not present. "
            "Expunge the object, or roll back the transaction that deleted it.",
        )
        found = told(lambda: session.refresh(address))
        assert (found.kind, found.text) == (
            core.InvalidRequestError,
            "Could not refresh instance of class 'Address': its row is gone. Expunge the object, "
            "or roll back the transaction that deleted it.",
        )
        session.rollback()
        assert address.email == SECRET


def test_a_column_that_is_not_in_the_database_is_told_of_without_values(
    people: People, engine: Engine
) -> None:
    with Session(engine) as session:
        wanted = select(people.User).where(text("nope = :secret"))
        found = told(lambda: session.scalars(wanted, {"secret": SECRET}).all())
        code = {"postgresql": " [SQLSTATE or code 42703]", "mariadb": " [SQLSTATE or code 1054]"}
        assert found.sentences == (
            "The SELECT of User failed: a table or column is not in the database"
            f"{code.get(family(engine), '')}. Create it (metadata.create_all or a migration) or "
            "correct the mapping."
        )
        session.rollback()
        assert session.get_one(people.User, 501).name == "Ann"


def test_a_locked_sqlite_file_is_told_of_and_can_be_written_later(
    sqlite_file_engine: Engine,
) -> None:
    people = declare(sqlite_file_engine)
    engine = create_engine(sqlite_file_engine.url, connect_args={"timeout": 0})
    other = sqlite3.connect(str(engine.url.database))
    other.execute("BEGIN IMMEDIATE")
    with Session(engine) as session:
        session.add(people.User(name=SECRET))
        found = told(session.flush)
        assert (found.sentences, issubclass(found.kind, core.OperationalError)) == (
            f"{INSERT_USER}the database is locked by another writer. Roll back and try again; "
            f"commit other writers sooner or raise the lock timeout.",
            True,
        )
        session.rollback()
        other.rollback()
        other.close()
        session.add(people.User(name="later"))
        session.commit()
    assert people.rows(engine)[0] == [(1, "later", None)]
    engine.dispose()


def test_a_sqlite_file_that_is_locked_at_the_commit_keeps_nothing_of_it(
    sqlite_file_engine: Engine,
) -> None:
    people = declare(sqlite_file_engine)
    engine = create_engine(sqlite_file_engine.url, connect_args={"timeout": 0})
    reader = sqlite3.connect(str(engine.url.database))
    with Session(engine) as session:
        session.add(people.User(name=SECRET))
        session.flush()
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM users").fetchall()  # a reader keeps writers from committing
        found = told(session.commit)
        assert (found.sentences, issubclass(found.kind, core.OperationalError)) == (
            "The COMMIT failed: the database is locked by another writer. Roll back and try "
            "again; commit other writers sooner or raise the lock timeout.",
            True,
        )
        reader.rollback()
        reader.close()
        assert (session.in_transaction(), people.rows(engine)[0]) == (False, [])
        session.add(people.User(name="later"))
        session.commit()
    assert people.rows(engine)[0] == [(1, "later", None)]
    engine.dispose()


def end_backend(place: Engine, session: Session) -> None:
    """Have the server end the connection of a session."""
    pid = session.scalar(text("SELECT pg_backend_pid()"))
    other = create_engine(place.url, poolclass=NullPool)
    with other.connect() as connection:
        connection.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})


LOST = (
    "the connection to the database is lost [SQLSTATE or code 57P01]. Roll back and run the "
    "transaction again on a new connection."
)
LOST_ACTS: dict[str, tuple[Act, str]] = {
    "flush": (
        lambda p, s: (s.add(p.User(name=SECRET)), s.flush()),
        f"{INSERT_USER}{LOST}",
    ),
    "get": (lambda p, s: s.get(p.User, 7), f"The SELECT of User (table 'users') failed: {LOST}"),
    "select": (
        lambda p, s: s.scalars(select(p.User).where(p.User.name == SECRET)).all(),
        f"The SELECT of User failed: {LOST}",
    ),
    "commit": (lambda p, s: s.commit(), f"The COMMIT failed: {LOST}"),
}


@pytest.mark.postgresql
@pytest.mark.parametrize("road", ["fast", "core"])
@pytest.mark.parametrize("name", LOST_ACTS)
def test_a_lost_connection_is_told_of_and_the_next_transaction_has_a_new_one(
    postgresql_engine: Engine, name: str, road: str
) -> None:
    people = declare(postgresql_engine)
    if road == "core":
        event.listen(postgresql_engine, "before_cursor_execute", lambda *arguments: None)
    act, text_of_error = LOST_ACTS[name]
    with Session(postgresql_engine) as session:
        session.add(people.User(name=SECRET))
        session.flush()
        end_backend(postgresql_engine, session)
        found = told(lambda: act(people, session))
        assert (found.sentences, issubclass(found.kind, core.OperationalError)) == (
            text_of_error,
            True,
        )
        session.rollback()
        session.add(people.User(name="next"))
        session.commit()
    assert [row[1] for row in people.rows(postgresql_engine)[0]] == ["next"]
    assert postgresql_engine.pool.checkedout() == 0  # type: ignore[attr-defined] # a QueuePool

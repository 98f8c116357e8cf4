"""Where the story is written: engine of a URL, the demo's own tables, refusal of others'."""

from __future__ import annotations

from pathlib import Path
from tempfile import mkdtemp

from sqlalchemy import URL, Engine, create_engine, func, inspect, make_url, select
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from cormorant.demo.models import TABLES, Base
from cormorant.demo.trouble import CannotRun, first_line

# The drivers that cormorant's extras install, for URLs that name none.
DRIVERS = {
    "postgresql": "postgresql+psycopg",
    "mysql": "mysql+pymysql",
    "mariadb": "mariadb+pymysql",
}
EXTRAS = {"psycopg": "cormorant[postgresql]", "pymysql": "cormorant[mysql]"}
TITLES = {"sqlite": "SQLite", "postgresql": "PostgreSQL", "mysql": "MySQL", "mariadb": "MariaDB"}
PATIENCE = {"postgresql": "connect_timeout", "mysql": "connect_timeout", "sqlite": "timeout"}
SECONDS = 10


def connect(address: str | None) -> Engine:
    """Return an engine that answers; without an address it is a new SQLite file."""
    try:
        url = _new_file() if address is None else make_url(address)
        url = url.set(drivername=DRIVERS.get(url.drivername, url.drivername))
        patience = PATIENCE.get(url.get_backend_name().replace("mariadb", "mysql"))
        engine = create_engine(url, connect_args={patience: SECONDS} if patience else {})
        with engine.connect():
            return engine
    except ModuleNotFoundError as error:
        package = EXTRAS.get(error.name or "", error.name)
        raise CannotRun(
            f'The driver {error.name!r} is not installed: pip install "{package}"'
        ) from None
    except NoSuchModuleError:
        raise CannotRun(f"There is no dialect or driver for {url.drivername!r}.") from None
    except (ArgumentError, ValueError):
        raise CannotRun(
            "--database must be a URL such as 'postgresql://user:password@host/name'."
        ) from None
    except DBAPIError as error:
        told = first_line(error.orig or error)
        raise CannotRun(f"Cannot reach the database {place(url)}: {told}") from None


def _new_file() -> URL:
    """Name a SQLite file in a new temporary folder, which stays after the run."""
    folder = Path(mkdtemp(prefix="codecrafters-"))
    return URL.create("sqlite", database=str(folder / "codecrafters.db"))


def place(url: URL) -> str:
    """Name a database for people: the file of SQLite, else the URL without its password."""
    if url.get_backend_name() == "sqlite":
        return url.database or ":memory:"
    return url.render_as_string(hide_password=True)


def title(engine: Engine) -> str:
    """Return the name of the database system as its makers write it."""
    name = engine.dialect.name
    if getattr(engine.dialect, "is_mariadb", False):
        name = "mariadb"
    return TITLES.get(name, name)


def prepare(engine: Engine, drop: bool) -> None:
    """Create the demo's tables, empty. Raises CannotRun rather than touch somebody's rows."""
    try:
        if drop:
            Base.metadata.drop_all(engine)
        _refuse_others(engine)
        Base.metadata.create_all(engine)
    except SQLAlchemyError as error:
        cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
        raise CannotRun(
            f"Cannot create the tables in {place(engine.url)}: {first_line(cause)}"
        ) from None


def _refuse_others(engine: Engine) -> None:
    """Raise CannotRun if a table of the demo's names has rows or other columns."""
    found = inspect(engine)
    for table in TABLES:
        if not found.has_table(table.name):
            continue
        columns = {column["name"] for column in found.get_columns(table.name)}
        cure = "Use another database, or --drop to drop the demo's tables first."
        if columns != set(table.c.keys()):
            raise CannotRun(f"Table {table.name!r} exists and is not the demo's. {cure}")
        with engine.connect() as connection:
            rows = connection.scalar(select(func.count()).select_from(table))
        if rows:
            raise CannotRun(f"Table {table.name!r} exists and holds {rows:,} rows. {cure}")


def count_rows(engine: Engine) -> dict[str, int]:
    """Count the rows of each table, by its name without the demo's prefix."""
    with engine.connect() as connection:
        return {
            table.name.removeprefix("codecrafters_"): connection.scalar(
                select(func.count()).select_from(table)
            )
            or 0
            for table in TABLES
        }

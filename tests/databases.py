"""Find or start the database servers of a test run, and give each worker its own database."""

from __future__ import annotations

import contextlib
import getpass
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import URL, Engine, create_engine, make_url, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

STARTING_SECONDS = 30
ROOT = os.name == "posix" and os.geteuid() == 0


@dataclass(frozen=True, slots=True)
class Kind:
    """One database product: where its URL may stand, and how it is reached and started."""

    name: str
    variable: str
    port: int
    local: tuple[str, ...]
    service: Callable[[], None]
    temporary: Callable[[Path, int], str]
    drivername: str

    def normal(self, url: str) -> URL:
        """Return the URL with the driver that the tests use, whatever dialect name it has."""
        return make_url(url).set(drivername=self.drivername)


@dataclass(slots=True)
class Servers:
    """The servers of one run: URL by kind, the reason where there is none, what to stop."""

    urls: dict[str, str] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    closing: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)


def problem_with(url: URL) -> str | None:
    """Connect once; return the driver's complaint, or None when it answers."""
    engine = create_engine(url, poolclass=NullPool)
    try:
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))
    except SQLAlchemyError as problem:
        return str(getattr(problem, "orig", problem)).strip().splitlines()[0]
    except ModuleNotFoundError as problem:
        return f"the driver is not installed ({problem})"
    return None


def find(kind: Kind, servers: Servers) -> None:
    """Fill in the server of `kind`: named URL, local server, stopped one, temporary one."""
    if given := os.environ.get(kind.variable):
        url = kind.normal(given)
        problem = problem_with(url)
        if problem is None:
            servers.urls[kind.name] = url.render_as_string(hide_password=False)
        else:
            servers.missing[kind.name] = f"{kind.variable} names a server that fails: {problem}"
        return
    url = local_server(kind)
    if url is None and not listening(kind.port):
        kind.service()
        url = local_server(kind)
    if url is not None:
        servers.urls[kind.name] = url
        return
    try:
        servers.urls[kind.name] = start_temporary(kind, servers.closing)
    except (OSError, subprocess.SubprocessError, RuntimeError) as problem:
        servers.missing[kind.name] = (
            f"no {kind.variable}, no server on port {kind.port} lets us in, and a temporary one "
            f"does not start ({problem})"
        )


def listening(port: int) -> bool:
    """Tell whether something answers on the local TCP port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def local_server(kind: Kind) -> str | None:
    """Return the first of the usual local URLs that works."""
    for candidate in kind.local:
        url = kind.normal(candidate)
        if problem_with(url) is None:
            return url.render_as_string(hide_password=False)
    return None


def quietly(*command: str) -> None:
    """Run a command that may fail or be absent; what follows finds out whether it helped."""
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        subprocess.run(command, capture_output=True, timeout=STARTING_SECONDS * 2)


def start_postgresql_service() -> None:
    """Start the stopped clusters that Debian's tools list on the standard port."""
    if not shutil.which("pg_lsclusters"):
        return
    listed = subprocess.run(["pg_lsclusters", "--no-header"], capture_output=True, text=True)
    for line in listed.stdout.splitlines():
        version, cluster, port, status = line.split()[:4]
        if port == "5432" and status.startswith("down"):
            quietly("pg_ctlcluster", version, cluster, "start")


def start_mariadb_service() -> None:
    """Start the system's server, which only root may."""
    if ROOT and shutil.which("service"):
        quietly("service", "mariadb", "start")


def binary(name: str) -> str:
    """Return the path of a server program, on PATH or where distributions keep it."""
    folders = [*sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True), Path("/usr/sbin")]
    found = shutil.which(name) or shutil.which(name, path=os.pathsep.join(map(str, folders)))
    if found is None:
        raise RuntimeError(f"{name} is not installed")
    return found


def server_user(preferred: str) -> str | None:
    """Return whom a server started by root must run as; None for ourselves."""
    if not ROOT:
        return None
    accounts = {line.split(":")[0] for line in Path("/etc/passwd").read_text().splitlines()}
    return preferred if preferred in accounts else "nobody"


def start_temporary(kind: Kind, closing: contextlib.ExitStack) -> str:
    """Start a server of our own in a temporary folder; it ends with `closing`."""
    folder = Path(closing.enter_context(tempfile.TemporaryDirectory(prefix="cormorant-")))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = kind.normal(kind.temporary(folder, port))
    process = run_server(folder)
    closing.callback(stop, process)
    limit = time.monotonic() + STARTING_SECONDS
    while (problem := problem_with(url)) is not None:
        if process.poll() is not None or time.monotonic() > limit:
            raise RuntimeError(problem)
        time.sleep(0.1)
    return url.render_as_string(hide_password=False)


def run_server(folder: Path) -> subprocess.Popen[bytes]:
    """Start the command line that stands in the folder's file `command`, as its owner."""
    *command, user = (folder / "command").read_text().split("\n")
    log = (folder / "log").open("wb")
    return subprocess.Popen(command, stdout=log, stderr=log, user=user or None, cwd="/")


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a server that we started and wait until it has."""
    process.terminate()
    try:
        process.wait(STARTING_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def prepare(folder: Path, user: str | None, setup: list[str], command: list[str]) -> None:
    """Make the data folder with `setup` and note the server's command line and user."""
    (folder / "command").write_text("\n".join([*command, user or ""]))
    if user is not None:
        shutil.chown(folder, user)
    done = subprocess.run(setup, capture_output=True, text=True, user=user, cwd="/")
    if done.returncode:
        raise RuntimeError((done.stderr or done.stdout).strip().splitlines()[-1])


def temporary_postgresql(folder: Path, port: int) -> str:
    """Make a PostgreSQL cluster without durability, as nobody needs its data."""
    user, data = server_user("postgres"), str(folder / "data")
    setup = [binary("initdb"), "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "-N"]
    command = [binary("postgres"), "-D", data, "-p", str(port), "-h", "127.0.0.1"]
    command += ["-k", str(folder), "-c", "fsync=off", "-c", "max_connections=200"]
    prepare(folder, user, [*setup, "--no-locale"], command)
    return f"postgresql://postgres@127.0.0.1:{port}/postgres"


def temporary_mariadb(folder: Path, port: int) -> str:
    """Make a MariaDB data folder whose root user needs no password."""
    user, data = server_user("mysql"), str(folder / "data")
    setup = [binary("mariadb-install-db"), "--no-defaults", f"--datadir={data}"]
    setup += ["--auth-root-authentication-method=normal", "--skip-test-db"]
    command = [binary("mariadbd"), "--no-defaults", f"--datadir={data}", f"--port={port}"]
    command += ["--bind-address=127.0.0.1", f"--socket={folder / 'socket'}"]
    command += [f"--pid-file={folder / 'pid'}", "--innodb-flush-log-at-trx-commit=0"]
    prepare(folder, user, setup, command)
    return f"mysql://root@127.0.0.1:{port}/"


KINDS = {
    "postgresql": Kind(
        name="postgresql",
        variable="CORMORANT_TEST_POSTGRESQL",
        port=5432,
        local=(
            "postgresql://postgres@127.0.0.1:5432/postgres",
            "postgresql://postgres:postgres@127.0.0.1:5432/postgres",
            f"postgresql://{getpass.getuser()}@/postgres?host=/var/run/postgresql",
        ),
        service=start_postgresql_service,
        temporary=temporary_postgresql,
        drivername="postgresql+psycopg",
    ),
    "mariadb": Kind(
        name="mariadb",
        variable="CORMORANT_TEST_MARIADB",
        port=3306,
        local=(
            "mysql://root@127.0.0.1:3306/",
            "mysql://root:root@127.0.0.1:3306/",
            f"mysql://{getpass.getuser()}@localhost/?unix_socket=/run/mysqld/mysqld.sock",
        ),
        service=start_mariadb_service,
        temporary=temporary_mariadb,
        drivername="mariadb+pymysql",
    ),
}


def find_all() -> Servers:
    """Find or start a server of every kind."""
    servers = Servers()
    for kind in KINDS.values():
        find(kind, servers)
    return servers


@dataclass(frozen=True, slots=True)
class Place:
    """An own database on a server: its URL, and how to empty and drop it."""

    url: URL
    admin: Engine

    @property
    def name(self) -> str:
        """Return the name of the database; ours, so it needs no quoting."""
        assert self.url.database is not None
        return self.url.database

    def empty(self) -> None:
        """Drop all that a test made; connections that it left open are ended first."""
        with self.admin.connect() as connection:
            if self.admin.dialect.name == "postgresql":
                self._empty_postgresql()
                return
            busy = text("SELECT id FROM information_schema.processlist WHERE db = :name")
            for identity in connection.scalars(busy, {"name": self.name}).all():
                # The connection may end by itself before the KILL arrives.
                with contextlib.suppress(SQLAlchemyError):
                    connection.execute(text(f"KILL {identity}"))
            used = text(
                "SELECT count(*) FROM information_schema.tables WHERE table_schema = :name"
            )
            if connection.scalar(used, {"name": self.name}):
                connection.execute(text(f"DROP DATABASE {self.name}"))
                connection.execute(text(f"CREATE DATABASE {self.name} CHARACTER SET utf8mb4"))

    def _empty_postgresql(self) -> None:
        engine = create_engine(self.url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            )
            made = text(
                "SELECT nspname FROM pg_namespace n WHERE nspname !~ '^pg_' "
                "AND nspname <> 'information_schema' AND (nspname <> 'public' "
                "OR EXISTS (SELECT FROM pg_class WHERE relnamespace = n.oid) "
                "OR EXISTS (SELECT FROM pg_type WHERE typnamespace = n.oid) "
                "OR EXISTS (SELECT FROM pg_proc WHERE pronamespace = n.oid))"
            )
            for schema in connection.scalars(made).all():
                connection.execute(text(f'DROP SCHEMA "{schema}" CASCADE'))
                if schema == "public":
                    connection.execute(text("CREATE SCHEMA public"))

    def drop(self) -> None:
        """Drop the whole database."""
        forced = " WITH (FORCE)" if self.admin.dialect.name == "postgresql" else ""
        with self.admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE IF EXISTS {self.name}{forced}"))


@contextlib.contextmanager
def own_database(url: str, worker: str) -> Iterator[Place]:
    """Create a database that no other process of this or another run uses; drop it at the end."""
    name = f"cormorant_test_{worker}_{secrets.token_hex(4)}"
    admin = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    encoding = " ENCODING 'UTF8' TEMPLATE template0"
    if admin.dialect.name != "postgresql":
        encoding = " CHARACTER SET utf8mb4"
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}{encoding}"))
    place = Place(make_url(url).set(database=name), admin)
    try:
        yield place
    finally:
        place.drop()

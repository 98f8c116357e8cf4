"""Fixtures of all tests: databases, and the build under test in the report's header."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import Engine, create_engine

from tests import databases, modes

# Workers of pytest-xdist find here what their controller found or started.
FOUND = "CORMORANT_TEST_SERVERS_FOUND"
SERVERS = pytest.StashKey[databases.Servers]()
MODE = pytest.StashKey[str]()
SOAK = "soak"
"""Marks the long random runs; `make soak` asks for them and nothing else."""


def load_profile(config: pytest.Config) -> None:
    """Let random programs be the same in each run of the tests; `make soak` throws new dice."""
    settings.register_profile(
        "cormorant",
        deadline=None,
        print_blob=True,
        derandomize=config.option.markexpr != SOAK,
        suppress_health_check=[HealthCheck.too_slow],
    )
    settings.load_profile("cormorant")


def is_worker(config: pytest.Config) -> bool:
    """Tell whether this process is a worker of pytest-xdist."""
    return hasattr(config, "workerinput")


def pytest_configure(config: pytest.Config) -> None:
    """Refuse the wrong build, then find the database servers once per run."""
    load_profile(config)
    try:
        config.stash[MODE] = mode = modes.installed_mode()
    except RuntimeError as problem:
        raise pytest.UsageError(str(problem)) from None
    wanted = os.environ.get("CORMORANT_MODE", mode)
    if wanted != mode:
        raise pytest.UsageError(
            f"CORMORANT_MODE={wanted}, but the cormorant in {modes.package_folder()} is {mode}."
        )
    if is_worker(config):
        config.stash[SERVERS] = databases.Servers(**json.loads(os.environ[FOUND]))
        return
    servers = databases.Servers() if config.option.collectonly else databases.find_all()
    config.stash[SERVERS] = servers
    config.add_cleanup(servers.closing.close)
    for name, url in servers.urls.items():
        os.environ[databases.KINDS[name].variable] = url  # for the tests' own processes
    os.environ[FOUND] = json.dumps({"urls": servers.urls, "missing": servers.missing})


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Say which build is under test, from where, and on which databases."""
    servers = config.stash[SERVERS]
    places = ["sqlite", *sorted(servers.urls)]
    return [
        f"cormorant: {config.stash[MODE]} ({modes.package_folder()})",
        f"databases: {', '.join(places)}",
    ]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly which databases were not tested."""
    missing = terminalreporter.config.stash[SERVERS].missing
    if missing:
        terminalreporter.section("DATABASES NOT TESTED", sep="!", red=True, bold=True)
        for name, reason in missing.items():
            terminalreporter.line(f"{name}: {reason}", red=True)


def server_url(name: str, config: pytest.Config) -> str:
    """Return the server's URL; without one skip the test, or fail it under CI=true."""
    servers = config.stash[SERVERS]
    if name not in servers.urls:
        reason = f"{name} is missing: {servers.missing.get(name, 'not looked for')}"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return servers.urls[name]


@pytest.fixture(scope="session")
def worker_name(request: pytest.FixtureRequest) -> str:
    """Return "gw0" and so on in workers of pytest-xdist, else "main"."""
    return getattr(request.config, "workerinput", {}).get("workerid", "main")


@pytest.fixture(scope="session")
def postgresql_place(
    request: pytest.FixtureRequest, worker_name: str
) -> Iterator[databases.Place]:
    """Give this worker's own PostgreSQL database."""
    url = server_url("postgresql", request.config)
    with databases.own_database(url, worker_name) as place:
        yield place


@pytest.fixture(scope="session")
def mariadb_place(request: pytest.FixtureRequest, worker_name: str) -> Iterator[databases.Place]:
    """Give this worker's own MariaDB database."""
    url = server_url("mariadb", request.config)
    with databases.own_database(url, worker_name) as place:
        yield place


@contextlib.contextmanager
def fresh_engine(place: databases.Place) -> Iterator[Engine]:
    """Give a new engine on an empty database; empty it again afterwards."""
    engine = create_engine(place.url)
    try:
        yield engine
    finally:
        engine.dispose()
        place.empty()


@pytest.fixture
def postgresql_engine(postgresql_place: databases.Place) -> Iterator[Engine]:
    """Give a new engine on an empty PostgreSQL database."""
    with fresh_engine(postgresql_place) as engine:
        yield engine


@pytest.fixture
def mariadb_engine(mariadb_place: databases.Place) -> Iterator[Engine]:
    """Give a new engine on an empty MariaDB database."""
    with fresh_engine(mariadb_place) as engine:
        yield engine


@pytest.fixture
def sqlite_engine() -> Iterator[Engine]:
    """Give a new engine on an empty SQLite database in memory."""
    engine = create_engine("sqlite://")
    yield engine
    engine.dispose()


@pytest.fixture
def sqlite_file_engine(tmp_path: Path) -> Iterator[Engine]:
    """Give a new engine on an empty SQLite file."""
    engine = create_engine(f"sqlite:///{tmp_path / 'test.db'}")
    yield engine
    engine.dispose()


@pytest.fixture(
    params=[
        pytest.param("sqlite_engine", id="sqlite"),
        pytest.param("sqlite_file_engine", id="sqlite_file"),
        pytest.param("postgresql_engine", id="postgresql", marks=pytest.mark.postgresql),
        pytest.param("mariadb_engine", id="mariadb", marks=pytest.mark.mariadb),
    ]
)
def database(request: pytest.FixtureRequest) -> Engine:
    """Give a new engine on an empty database, of each kind in turn."""
    engine: Engine = request.getfixturevalue(request.param)
    return engine

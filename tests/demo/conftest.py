"""Fixtures of the demo's tests: small input, a mail server that names its letters, whole runs."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from sqlalchemy import Engine, Row, create_engine, select

from cormorant.demo import models
from cormorant.demo.command import Told, Wish, tell
from cormorant.demo.mail import Mailroom

SIGNUPS = """\
name,email,password,projects,plan
Ada Lovelace,  ADA@Example.COM ,correct-horse-1,Engine #Math #history; Notes # MATH,
  Grace   Hopper ,grace@example.com,compiler-1906,Compiler,
Ada Lovelace,ada.two@example.com,another-ada-2,,
Bob,ada@EXAMPLE.com,bobs-password-3,Wiki #wikis,
Zoë Ångström,zoe@example,zoes-password-4,,
   ,nameless@example.com,nameless-pass-5,,
Kim,kim@example.com,abc,,
Lin,lin@example.com,lins-password-6,Wiki #wikis; Wiki,
only one cell
山田 太郎,taro@example.com,taros-password-7,地図 #地図 #history,
Eve,eve@example.com,eves-password-8,C# Garden #Open  Data #math, Yearly
Mallory,mallory@example.com,mallorys-password-9,,gold
Trent,trent@example.com,trents-password-10,Wiki #1 #2 #3 #4 #5 #6,yearly
"""

EDITS = """\
email,field,value
Ada@example.com,email, Countess@Example.org
grace@example.com,name,Rear Admiral Hopper
ada.two@example.com,project,Loom #history
taro@example.com,email,grace@example.com
taro@example.com,email,nowhere
gone@example.com,name,Nobody
grace@example.com,shoe size,39
taro@example.com,project,地図
countess@example.org,project,Poems
eve@example.com,comment,ada-lovelace/Engine: Bravo:   first!
countess@example.org,reply,ada-lovelace/Engine#1: Thank you
ada.two@example.com,reply,ada-lovelace/Engine #2 : Me too
countess@example.org,tags,Engine #MATH #poetry
eve@example.com,plan,Monthly
taro@example.com,plan,monthly
eve@example.com,plan,gold
taro@example.com,comment,ada-lovelace/Engines: Where?
taro@example.com,reply,ada-lovelace/Engine#9: What?
taro@example.com,comment,ada-lovelace/Engine:
taro@example.com,tags,地図 #1 #2 #3 #4 #5 #6
ada.two@example.com,comment,山田-太郎/地図: Nice
eve@example.com,comment,eve/C# Garden: Mine
taro@example.com,reply,eve/C# Garden#1: Not for long
eve@example.com,leave,
countess@example.org,comment,ada-lovelace/Engine: Gone
eve@example.com,name,Evelyn
"""

# Eleven bad lines and a good one: a batch that is taken back whole.
ROBOTS = "name,email,password,projects\n" + "".join(
    f"Robot {number},robot at {number},long-enough-{number},\n" for number in range(11)
) + "Human,human@example.com,long-enough-12,Garden\n"  # fmt: skip


@dataclass(frozen=True, slots=True)
class Run:
    """A run of the story: what it told, the letters that came, and its database."""

    told: Told
    letters: dict[str, int]  # address -> letters
    engine: Engine

    @property
    def refused(self) -> dict[str, dict[int, str]]:
        """Return the reasons by line, for each chapter."""
        return {chapter.title: chapter.refused for chapter in self.told.chapters}

    def rows(self, entity: type[models.Base], *columns: str) -> list[Row[Any]]:
        """Return these columns of all rows, read by Core, in the order of the keys."""
        table = entity.__table__
        with self.engine.connect() as connection:
            wanted = select(*(table.c[name] for name in columns)).order_by(table.c.id)
            return list(connection.execute(wanted))


def run_story(
    engine: Engine,
    signups: Path | None = None,
    edits: Path | None = None,
    user: str | None = None,
) -> Run:
    """Run the story on an engine's database, mail going to a server of the test's own."""
    url = engine.url.render_as_string(hide_password=False)
    with Mailroom() as mailroom:
        smtp = f"{mailroom.host}:{mailroom.port}"
        told = tell(Wish(url, smtp, signups, edits, user, drop=False), quiet())
    return Run(told, dict(mailroom.received), engine)


def quiet() -> Console:
    """Return a console that writes where nobody looks."""
    return Console(file=io.StringIO(), width=80)


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str], Path]:
    """Write a file into the test's folder and return its path."""

    def write(name: str, text: str) -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture(
    params=[
        "sqlite_file_engine",
        pytest.param("postgresql_engine", marks=pytest.mark.postgresql),
        pytest.param("mariadb_engine", marks=pytest.mark.mariadb),
    ],
    ids=["sqlite", "postgresql", "mariadb"],
)
def place(request: pytest.FixtureRequest) -> Engine:
    """Give an engine on an empty database that other connections can reach, of each kind."""
    engine: Engine = request.getfixturevalue(request.param)
    return engine


@pytest.fixture
def small(place: Engine, write: Callable[[str, str], Path]) -> Run:
    """Run the small story on each database, Ada being watched."""
    return run_story(
        place,
        signups=write("signups.csv", SIGNUPS),
        edits=write("edits.csv", EDITS),
        user="ada@example.com",
    )


@pytest.fixture
def sqlite_engine_of() -> Iterator[Callable[[Path], Engine]]:
    """Make engines on SQLite files; they are disposed of at the end."""
    engines: list[Engine] = []

    def make(file: Path) -> Engine:
        engines.append(create_engine(f"sqlite:///{file}"))
        return engines[-1]

    yield make
    for engine in engines:
        engine.dispose()


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Run the shipped story, once, on a SQLite file."""
    file = tmp_path_factory.mktemp("whole") / "codecrafters.db"
    engine = create_engine(f"sqlite:///{file}")
    yield run_story(engine)
    engine.dispose()

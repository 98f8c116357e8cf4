"""`cormorant events`: tables of listeners and of the catalog, and clear errors."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cormorant.event.catalog import FAMILIES

MODELS = """
from cormorant import DeclarativeBase, Mapped, Mapper, Session, event, mapped_column
from cormorant.events import MapperEvents


class Base(DeclarativeBase): ...


class User(Base):
    __tablename__ = "user"
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str]


class Admin(User): ...


@event.listens_for(User.email, "set", retval=True, propagate=True)
def lower(target, value, oldvalue, initiator): ...


@event.listens_for(Base, "before_insert", propagate=True, priority=10)
def stamp(mapper, connection, target): ...


def check(mapper, connection, target): ...


event.listen(User, "before_insert", check, before=stamp, propagate=True)
event.listen(Mapper, "before_insert", print)


@event.listens_for(Session, "after_commit", once=True)
def send_mail(session): ...


class Audit(MapperEvents, target=User, propagate=True):
    def after_insert(self, mapper, connection, target): ...
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """Give a folder with the package `shop`."""
    package = tmp_path / "shop"
    package.mkdir()
    for name, text in {
        "__init__": "",
        "models": MODELS,
        "silent": "",
        "broken": "import shop.models\n\n1 / 0\n",
        "unparsed": "def\n",
        "needy": "import nowhere_to_be_found\n",
        "wrong": "from shop.models import *\n\nevent.listen(User, 'before_insert', len)\n"
        "event.listen(User, 'before_isnert', check)\n",
    }.items():
        (package / f"{name}.py").write_text(text)
    return tmp_path


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run `cormorant events` in a terminal of 100 columns that shows no colours."""
    place = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    return subprocess.run(
        [sys.executable, "-m", "cormorant", "events", *words],
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, **place, "PYTHONIOENCODING": "utf-8", "COLUMNS": "100"},
        timeout=60,
        check=False,
    )


def table(text: str) -> list[str]:
    """Return the lines with something on them, without what is at their ends."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def cells(text: str) -> list[list[str]]:
    """Return the words of each line below the rule."""
    lines = table(text)
    return [line.split() for line in lines[2:-1]]


def test_a_module_shows_every_listener_in_firing_order(shop: Path) -> None:
    done = run(shop, "shop.models")
    assert (done.returncode, done.stderr) == (0, "")
    lines = table(done.stdout)
    assert lines[0].split() == ["event", "target", "listener", "where", "options"]
    assert lines[-1] == "shop.models: 6 listeners, in firing order"
    assert cells(done.stdout) == [
        ["set", "User.email", "lower", "shop/models.py:18", "propagate,", "retval"],
        ["before_insert", "Mapper", "(every", "class)", "print", "-"],
        ["User", "check", "shop/models.py:26", "before=stamp,"],
        ["propagate"],
        ["Base", "stamp", "shop/models.py:22", "priority=10,"],
        ["propagate"],
        ["after_insert", "User", "Audit.after_insert", "shop/models.py:38", "propagate"],
        ["after_commit", "Session", "send_mail", "shop/models.py:33", "once"],
    ]


def test_a_target_shows_what_is_called_for_it(shop: Path) -> None:
    done = run(shop, "shop.models", "Admin", "--event", "before_insert")
    assert [line for line in cells(done.stdout) if line != ["propagate"]] == [
        ["before_insert", "Mapper", "(every", "class)", "print", "-"],
        ["User", "check", "shop/models.py:26", "before=stamp,", "propagate"],
        ["Base", "stamp", "shop/models.py:22", "priority=10,", "propagate"],
    ]
    assert table(done.stdout)[-1] == "shop.models Admin: 3 listeners, in firing order"


def test_an_attribute_is_a_target(shop: Path) -> None:
    done = run(shop, "shop.models", "User.email")
    assert [line[0] for line in cells(done.stdout)] == ["set"]
    assert table(done.stdout)[-1] == "shop.models User.email: 1 listener, in firing order"


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["shop.silent"], "shop.silent: no listener."),
        (["shop.models", "User", "--event", "load"], "shop.models User: no listener to 'load'."),
    ],
)
def test_no_listener_is_no_error(shop: Path, words: list[str], text: str) -> None:
    done = run(shop, *words)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{text}\n", "")


def test_the_catalog_shows_all_events_with_their_arguments() -> None:
    done = run(Path.cwd(), "--catalog")
    assert (done.returncode, done.stderr) == (0, "")
    lines = [line.split("  ")[0] for line in table(done.stdout)]
    for family in FAMILIES:
        assert family.__name__ in lines
        for event in family.events.values():
            key = f", [{event.keyword}]" if event.keyword else ""
            assert f"{event.name}({', '.join(event.plain_arguments)}{key})" in lines
    assert len(lines[-1]) < 100


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (
            ["shop.nope"],
            "There is no module 'shop.nope'. Run the command in the folder from which",
        ),
        (["shop/models.py"], "'shop/models.py' is a file; give its module: shop.models"),
        (
            ["shop.broken"],
            "Importing 'shop.broken' failed at {shop}/broken.py:3\nZeroDivisionError",
        ),
        (["shop.unparsed"], "Importing 'shop.unparsed' failed at {shop}/unparsed.py:1\n"),
        (["shop.needy"], "Importing 'shop.needy' failed at {shop}/needy.py:1\nModuleNotFoundErr"),
        (["shop.wrong"], "Importing 'shop.wrong' failed at {shop}/wrong.py:3\ncormorant.exc.List"),
        (["shop.models", "Usr"], "shop.models has no 'Usr'; did you mean User?"),
        (["shop.models", "--event", "lod"], "There is no event 'lod'; did you mean 'load'"),
        (
            ["shop.models", "event"],
            "There are no events of the ORM for an object of the class 'module'",
        ),
    ],
)
def test_what_goes_wrong_is_said_in_a_line_or_two(shop: Path, words: list[str], text: str) -> None:
    done = run(shop, *words)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("Error: " + text.format(shop=shop / "shop"))
    assert "Traceback" not in done.stderr


def test_neither_module_nor_catalog_is_a_usage_error(shop: Path) -> None:
    done = run(shop)
    assert done.returncode == 2
    assert done.stderr.endswith("Give the module that registers the listeners, or --catalog.\n")

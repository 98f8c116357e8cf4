"""What the manual refers to is there: tests by name, modules and folders of the package."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from .pages import TOP

DIFFERENCES = TOP / "docs" / "differences.md"
ARCHITECTURE = TOP / "docs" / "architecture.md"
TEST = re.compile(r"`((?:[\w/]+\.py::)?test_\w+)`")
DEFAULT = "tests/differences"


def functions_under(folder: Path) -> set[tuple[str, str]]:
    """Return (file, test) of every test function in a folder, found by reading."""
    return {
        (path.relative_to(TOP).as_posix(), node.name)
        for path in folder.rglob("test_*.py")
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def named_in(page: Path) -> list[str]:
    """Return the tests that a page names: `test_x`, or `folder/file.py::test_x`."""
    return TEST.findall(page.read_text())


def test_every_difference_names_a_test_that_is_there() -> None:
    there = functions_under(TOP / "tests")
    plain = {name for file, name in there if file.startswith(DEFAULT)}
    known = plain | {f"{file}::{name}" for file, name in there}
    named = named_in(DIFFERENCES)
    assert len(named) > 30
    assert [name for name in named if name not in known] == []


def test_every_test_of_a_difference_stands_in_the_manual() -> None:
    named = set(named_in(DIFFERENCES))
    missing = [name for _, name in sorted(functions_under(TOP / DEFAULT)) if name not in named]
    assert missing == [], f"docs/differences.md does not name {missing}"


@pytest.mark.parametrize("kind", ["folders", "compiled modules"])
def test_the_map_of_the_house_shows_every_room(kind: str) -> None:
    package = TOP / "src" / "cormorant"
    if kind == "folders":
        rooms = [f"{place.parent.name}/" for place in package.glob("*/__init__.py")]
    else:
        rooms = [place.relative_to(package).as_posix() for place in package.rglob("*_cy.py")]
    page = ARCHITECTURE.read_text()
    assert rooms
    assert [room for room in rooms if f"`{room}`" not in page] == []

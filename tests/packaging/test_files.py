"""What the installed package consists of, and what its source may not contain."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path

from tests import modes

ALLOWED_EXTENSION = "sqlalchemy.ext.compiler"


def sources() -> list[Path]:
    """Return every Python file of the package under test."""
    return sorted(modes.package_folder().rglob("*.py"))


def imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield line and full dotted name of everything that a file imports absolutely."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def is_forbidden(name: str) -> bool:
    """Tell whether a dotted name lies in `sqlalchemy.orm`, or in `sqlalchemy.ext` but compiler."""
    parts = name.split(".")
    if parts[:2] == ["sqlalchemy", "orm"]:
        return True
    return parts[:2] == ["sqlalchemy", "ext"] and parts[2:3] != ["compiler"]


def imports_in_functions(tree: ast.AST) -> Iterator[int]:
    """Yield the line of each import statement that stands inside a function."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            for inner in ast.walk(node):
                if isinstance(inner, ast.Import | ast.ImportFrom):
                    yield inner.lineno


def test_no_file_imports_the_other_orm() -> None:
    found = [
        f"{path}:{line} {name}"
        for path in sources()
        for line, name in imports(ast.parse(path.read_text()))
        if is_forbidden(name)
    ]
    assert found == []


def test_no_function_imports() -> None:
    found = [
        f"{path}:{line}"
        for path in sources()
        for line in imports_in_functions(ast.parse(path.read_text()))
    ]
    assert found == []


def test_the_checks_of_imports_see_what_they_look_for() -> None:
    tree = ast.parse(
        "import sqlalchemy.orm.session\n"
        "from sqlalchemy import orm, select\n"
        "from sqlalchemy.ext import compiler, hybrid\n"
        "from sqlalchemy.ext.compiler import compiles\n"
        "def work():\n"
        "    import json\n"
    )
    assert [name for _, name in imports(tree) if is_forbidden(name)] == [
        "sqlalchemy.orm.session",
        "sqlalchemy.orm",
        "sqlalchemy.ext.hybrid",
    ]
    assert list(imports_in_functions(tree)) == [6]


def test_the_package_is_marked_as_typed_and_holds_no_generated_c() -> None:
    files = {path.name for path in modes.package_folder().rglob("*") if path.is_file()}
    assert "py.typed" in files
    assert [name for name in files if name.endswith((".c", ".cpp", ".h", ".pyx"))] == []


def test_the_wheel_holds_every_source_file_and_nothing_else_of_the_tree() -> None:
    installed = {
        str(path)
        for path in distribution("cormorant").files or ()
        if path.suffix in (".py", ".pyi") and not str(path).startswith("..")
    }
    tree = Path(__file__).parents[2] / "src"
    assert installed == {
        str(path.relative_to(tree))
        for path in tree.rglob("*.py*")
        if path.suffix in (".py", ".pyi")
    }


def test_the_package_under_test_is_the_installed_one() -> None:
    tree = Path(__file__).parents[2] / "src"
    assert tree not in modes.package_folder().parents


def test_compiled_modules_agree_on_the_mode() -> None:
    state = importlib.import_module("cormorant.instrument._state_cy")
    assert state.COMPILED is (modes.installed_mode() == modes.COMPILED)
    loaded = {name: importlib.import_module(name).__file__ for name in modes.modes_of_modules()}
    pure = {name for name, file in loaded.items() if str(file).endswith(".py")}
    assert pure == (set() if state.COMPILED else set(loaded))

"""Annotations of compiled modules must not change what a caller may pass."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "cormorant"
MODULES = sorted(SOURCE.rglob("*_cy.py"))


def called_from_python(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            marks = {ast.unparse(mark) for mark in node.decorator_list}
            if "cython.cfunc" not in marks:
                yield node


def harmless(annotation: ast.expr, own_classes: set[str]) -> bool:
    text = ast.unparse(annotation)
    return text in {"Any", "type[Any]"} or text.startswith("cython.") or text in own_classes


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_parameters_that_python_fills_take_any_object(module: Path) -> None:
    tree = ast.parse(module.read_text())
    own_classes = {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
    wrong = []
    for function in called_from_python(tree):
        arguments = function.args
        for argument in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]:
            if argument.annotation and not harmless(argument.annotation, own_classes):
                wrong.append(
                    f"{function.name}({argument.arg}: {ast.unparse(argument.annotation)})"
                )
    assert wrong == []


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_no_index_counts_from_the_end(module: Path) -> None:
    # With wraparound=False a compiled list[-1] reads outside the list.
    text = module.read_text()
    found = [
        ast.unparse(node)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Subscript)
        and isinstance(node.slice, ast.UnaryOp)
        and isinstance(node.slice.op, ast.USub)
    ]
    assert "wraparound=False" not in text or found == []


def test_there_are_compiled_modules_to_look_at() -> None:
    assert {module.stem for module in MODULES} >= {"_state_cy", "_rows_cy", "_filler_cy"}

"""The types of `listen` are those that the catalog gives: they were written from it."""

from __future__ import annotations

import ast
from typing import Any

from cormorant.event import signatures
from cormorant.event.catalog import EVENTS, FAMILIES
from tools import write_listen_types as writer


def overloads(tree: ast.Module, function: str, family: Any) -> set[str]:
    """Return the event names of the overloads of `function` whose targets are of `family`."""
    names = {
        node.targets[0].id: ast.unparse(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    targets = set(writer.TARGETS[family.__name__].values())
    found: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == function:
            target, name = (ast.unparse(each.annotation or node) for each in node.args.args[:2])
            if any(target.startswith(each.split("[T")[0]) for each in targets):
                literal = names.get(name, name)
                found |= set(ast.literal_eval(f"[{literal.removeprefix('Literal[')}"))
    return found


def test_the_file_of_types_is_what_the_catalog_says() -> None:
    written = ast.dump(ast.parse(writer.STUB.read_text()))
    assert written == ast.dump(ast.parse(writer.text())), "run tools/write_listen_types.py"


def test_every_event_of_every_family_has_an_overload_in_both_functions() -> None:
    tree = ast.parse(writer.STUB.read_text())
    for family in FAMILIES:
        for function in ("listen", "listens_for"):
            missing = set(family.events) - overloads(tree, function, family)
            assert missing == set(), f"{function} of {family.__name__}"


def test_the_options_of_attach_are_all_there_are() -> None:
    known = set().union(*(e.options for events in EVENTS.values() for e in events))
    assert set(signatures.AllOptions.__annotations__) == known

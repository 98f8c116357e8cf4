"""Which public names the contract scenarios and the article's listings use, read from the code."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

CONTRACT = Path(__file__).parents[1] / "contract"
OWNERS = {"Session": "Session", "sessionmaker": "sessionmaker", "Query": "Query"}
"""What a name of the namespace makes when it is called: objects whose methods are uses."""
SESSION = ast.parse("orm.Session()", mode="eval").body


def used_names() -> set[str]:
    """Return the dotted names, such as "cormorant.Session.add", that contract tests use."""
    found: set[str] = set()
    for path in sorted(CONTRACT.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and takes_orm(node):
                found.update(uses_in(node))
    for path in sorted((CONTRACT / "article").glob("*.py")):
        found.update(imports_in(ast.parse(path.read_text())))
    return found


def takes_orm(function: ast.FunctionDef) -> bool:
    """Tell whether a function is given the namespace of either mapper."""
    return any(
        parameter.arg == "orm"
        and isinstance(parameter.annotation, ast.Name)
        and parameter.annotation.id == "Orm"
        for parameter in function.args.args
    )


def uses_in(function: ast.FunctionDef) -> Iterator[str]:
    """Yield the names that one function takes from `orm`, and methods of what they make."""
    paths: dict[str, str] = {"orm": ""}
    makes: dict[str, str] = {}
    for name, value in bound_names(function):
        path, kind = path_of(value, paths), kind_of(value, makes)
        if path is not None:
            paths[name] = path
        if kind is not None:
            makes[name] = kind
    for node in ast.walk(function):
        if isinstance(node, ast.Attribute):
            path, kind = path_of(node, paths), kind_of(node.value, makes)
            if path is not None:
                yield f"cormorant.{path}"
            if kind is not None:
                yield f"cormorant.{kind}.{node.attr}"


def path_of(node: ast.expr, paths: dict[str, str]) -> str | None:
    """Return "exc.FlushError" for `orm.exc.FlushError` and `orm.module("exc").FlushError`.

    `paths`: the local names that stand for `orm` or something of it.
    """
    match node:
        case ast.Name(id=name):
            return paths.get(name)
        case ast.Call(
            func=ast.Attribute(value=ast.Name(id="orm"), attr="module"),
            args=[ast.Constant(value=str(module))],
        ):
            return module
        case ast.Attribute(value=owner, attr=name):
            head = path_of(owner, paths)
            return None if head is None else f"{head}.{name}".lstrip(".")
    return None


def bound_names(function: ast.FunctionDef) -> Iterator[tuple[str, ast.expr]]:
    """Yield the local names of a function with what they are bound to, in the order written."""
    for node in ast.walk(function):
        match node:
            case ast.withitem(context_expr=value, optional_vars=ast.Name(id=name)):
                yield name, value
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                yield name, value
            case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values)):
                pairs = zip(names, values, strict=False)
                yield from (
                    (name.id, value) for name, value in pairs if isinstance(name, ast.Name)
                )
            case ast.arg(arg="session"):
                yield "session", SESSION


def kind_of(node: ast.expr, makes: dict[str, str]) -> str | None:
    """Return the class of an expression as far as the code shows it: Session, Query or factory.

    A query stays one through its methods; what a method of a session returns is not followed.
    """
    match node:
        case ast.Name(id=name):
            return makes.get(name)
        case ast.Call(func=ast.Attribute(value=ast.Name(id="orm"), attr=name)):
            return OWNERS.get(name)
        case ast.Call(func=ast.Attribute(attr="query")):
            return "Query"
        case ast.Call(func=ast.Attribute(value=inner)):
            return "Query" if kind_of(inner, makes) == "Query" else None
        case ast.Call(func=ast.Name(id=name)):
            return "Session" if makes.get(name) == "sessionmaker" else None
    return None


def imports_in(tree: ast.Module) -> Iterator[str]:
    """Yield the names that a listing of the article imports from the mapper and uses."""
    read = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "sqlalchemy.orm":
            yield from (f"cormorant.{alias.name}" for alias in node.names if alias.name in read)

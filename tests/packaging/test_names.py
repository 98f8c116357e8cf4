"""The names of `names.tsv` stand where they should and accept what `sqlalchemy.orm` accepts."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import Any

import pytest

Parameters = dict[str, inspect.Parameter]
POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
PLAIN = (type(None), bool, int, str, tuple)


@dataclass(frozen=True, slots=True)
class Name:
    """One row of the table."""

    module: str
    name: str
    kind: str
    signature: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"

    def ours(self) -> Any:
        """Return what cormorant has under this name."""
        return attrgetter(self.name)(importlib.import_module(self.module))

    def theirs(self) -> Any:
        """Return what `sqlalchemy.orm` has under this name."""
        module = self.module.replace("cormorant", "sqlalchemy.orm", 1)
        return attrgetter(self.name)(importlib.import_module(module))


def table() -> list[Name]:
    """Read the rows of names.tsv."""
    lines = (Path(__file__).parent / "names.tsv").read_text().splitlines()
    rows = [line.split("\t") for line in lines if not line.startswith("#")]
    return [Name(*row) for row in rows[1:]]


def kind_of(thing: Any) -> str:
    """Return the kind as the table names it."""
    if inspect.isclass(thing):
        return "class"
    return "function" if callable(thing) else "constant"


def parameters(thing: Any) -> Parameters:
    """Return the parameters of a function, method or constructor, `self` left out."""
    found = dict(inspect.signature(thing).parameters)
    found.pop("self", None)
    return found


def named(found: Parameters, kind: Any) -> bool:
    """Tell whether there is a parameter of this kind."""
    return any(parameter.kind is kind for parameter in found.values())


def differences(theirs: Parameters, ours: Parameters) -> Iterator[str]:
    """Yield each parameter of `theirs` that `ours` does not accept in the same way."""
    takes_any_name = named(ours, inspect.Parameter.VAR_KEYWORD)
    takes_any_place = named(ours, inspect.Parameter.VAR_POSITIONAL)
    places = [parameter for parameter in ours.values() if parameter.kind in POSITIONAL]
    for place, (name, parameter) in enumerate(theirs.items()):
        if parameter.kind is inspect.Parameter.VAR_POSITIONAL:
            if not takes_any_place:
                yield f"*{name} is not accepted"
            continue
        if parameter.kind is inspect.Parameter.VAR_KEYWORD:
            if not takes_any_name:
                yield f"**{name} is not accepted"
            continue
        if name.startswith("_"):
            continue  # private, or a place without a name
        own = ours.get(name)
        placed = takes_any_place or own in places[place : place + 1]
        if parameter.kind in POSITIONAL and not placed:
            yield f"{name} is not accepted as argument number {place + 1}"
        elif own is None:
            if not takes_any_name:
                yield f"{name}= is not accepted"
        else:
            yield from other_default(parameter, own)


def other_default(theirs: inspect.Parameter, own: inspect.Parameter) -> Iterator[str]:
    """Yield how the default of one parameter differs, where it is a plain value."""
    if theirs.default is inspect.Parameter.empty:
        return
    if own.default is inspect.Parameter.empty:
        yield f"{own.name}= has to be given"
    elif isinstance(theirs.default, PLAIN) and own.default != theirs.default:
        yield f"{own.name}={own.default!r}, but {theirs.default!r} there"


def test_every_name_is_offered_at_its_module() -> None:
    absent = []
    for row in table():
        try:
            row.ours()
        except (ImportError, AttributeError) as problem:
            absent.append(f"{row}: {problem}")
    assert not absent, "\n".join(["names that the package does not offer:", *absent])


def test_every_name_is_of_the_kind_of_its_namesake() -> None:
    wrong = []
    for row in table():
        try:
            kind = kind_of(row.ours())
        except (ImportError, AttributeError):
            continue  # the test above reports it
        if row.kind != "method" and kind != row.kind:
            wrong.append(f"{row} is a {kind}, but a {row.kind} in sqlalchemy.orm")
    assert not wrong, "\n".join(["names of another kind:", *wrong])


def test_signatures_accept_what_sqlalchemy_accepts() -> None:
    wrong = []
    for row in table():
        if row.signature != "same":
            continue
        try:
            ours = row.ours()
            wrong += [
                f"{row}: {x}" for x in differences(parameters(row.theirs()), parameters(ours))
            ]
        except (ImportError, AttributeError):
            continue  # the first test reports it
        except ValueError as problem:
            wrong.append(f"{row}: {problem}")
    assert not wrong, "\n".join(["signatures that differ from sqlalchemy.orm's:", *wrong])


def test_public_names_of_the_package_are_listed_in_all() -> None:
    package = importlib.import_module("cormorant")
    listed = {row.name for row in table() if row.module == "cormorant" and row.kind != "method"}
    assert sorted(listed - set(package.__all__)) == []


def same(first: int, *rest: str, flag: bool = True, **options: object) -> None:
    """Take one of everything."""


def bare() -> None:
    """Take nothing."""


def turned(*rest: str, first: int, flag: bool = False, **options: object) -> None:
    """Take the same in another way."""


@pytest.mark.parametrize(
    ("ours", "found"),
    [
        (same, []),
        (
            bare,
            [
                "first is not accepted as argument number 1",
                "*rest is not accepted",
                "flag= is not accepted",
                "**options is not accepted",
            ],
        ),
        (turned, ["flag=False, but True there"]),
    ],
)
def test_the_comparison_names_what_differs(ours: Any, found: list[str]) -> None:
    assert list(differences(parameters(same), parameters(ours))) == found

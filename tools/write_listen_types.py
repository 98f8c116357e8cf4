"""Write the types of `listen` and `listens_for`: src/cormorant/event/typed.pyi, from the catalog.

A listener to one class knows that class: of `User`, the target is a `User`. Decorators give back
the function that they were given, so they check it by the types of the catalog alone.
"""

from __future__ import annotations

import inspect
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from cormorant.event import catalog
from cormorant.event.check import CORE_EVENTS
from cormorant.event.family import COMMON_OPTIONS, Event, Family

STUB = Path(__file__).parent.parent / "src" / "cormorant" / "event" / "typed.pyi"

HEAD = '''"""Types of `listen` and `listens_for`, written by tools/write_listen_types.py."""

from collections.abc import Callable, Sequence
from typing import Any, Literal, TypedDict, TypeVar, overload

from sqlalchemy.engine import Connection
from typing_extensions import Unpack

from cormorant.event.signatures import CoreTarget, OtherListeners
from cormorant.flush.context import UOWTransaction
from cormorant.instrument._state_cy import InstanceState
from cormorant.instrument.collections import CollectionAdapter
from cormorant.instrument.constants import AttributeEventToken
from cormorant.instrument.manager import ClassManager
from cormorant.load.context import QueryContext
from cormorant.mapping.declarative import DeclarativeBase, DeclarativeBaseNoMeta
from cormorant.mapping.mapper import Mapper
from cormorant.mapping.python_types import TypeResolve
from cormorant.mapping.registry import registry
from cormorant.mapping.registry import registry as Registry
from cormorant.session.bulk import BulkUD
from cormorant.session.factory import scoped_session, sessionmaker
from cormorant.session.orm_execute import ORMExecuteState
from cormorant.session.query import Query
from cormorant.session.session import Session
from cormorant.session.transaction import SessionTransaction
from cormorant.sql.attributes import QueryableAttribute

T = TypeVar("T")
'''

# The targets of a family as types: of one class `T`, of every class, of anything.
CLASS = "type[T] | Mapper[T]"
TARGETS = {
    "AttributeEvents": {"one": "QueryableAttribute[T]"},
    "MapperEvents": {"every": "type[Mapper[Any]]", "one": CLASS},
    "InstanceEvents": {"every": "type[Mapper[Any]]", "one": CLASS},
    "SessionEvents": {"one": "type[Session] | Session | sessionmaker[Any] | scoped_session[Any]"},
    "QueryEvents": {"one": "type[Query[Any]]"},
    "InstrumentationEvents": {"one": "type[T]"},
    "RegistryEvents": {
        "one": "registry | type[registry | DeclarativeBase | DeclarativeBaseNoMeta]"
    },
}

KNOWN = {"Any": "T", "Mapper[Any]": "Mapper[T]", "type[Any]": "type[T]"}
"""What a listener to one class knows more than a listener to every class."""

OLD_BULK = "Callable[[Session, Query[Any], Any, Any], None]"

OPTION_TYPES = {"after": "OtherListeners", "before": "OtherListeners", "priority": "int"}

APART = frozenset({"named", "include_key", "raw"})
"""Options that change the arguments: overloads of their own tell them."""


@dataclass(frozen=True, slots=True)
class Group:
    """Events of one family whose listeners have one type."""

    family: type[Family]
    names: tuple[str, ...]
    parameters: tuple[tuple[str, str], ...]
    """Name and type, as the catalog has them."""
    returned: str
    options: frozenset[str]
    everyone_only: bool
    old_form: bool

    @property
    def title(self) -> str:
        """A name for the group: that of its first event."""
        return "".join(part.title() for part in self.names[0].split("_"))

    @property
    def full_title(self) -> str:
        """The same with its family."""
        return f"{self.family.__name__.removesuffix('Events')}{self.title}"

    @property
    def literal(self) -> str:
        """The type of the names: an alias, if there are several."""
        several = len(self.names) > 1
        return f"{self.full_title}Name" if several else literal(self.names)

    def listener(self, scope: str) -> str:
        """Return the type of a listener to one class, to every one, or with `raw=True`."""
        types = ", ".join(self._type(name, type_, scope) for name, type_ in self.parameters)
        found = f"Callable[[{types}], {self.returned}]"
        return f"{found} | {OLD_BULK}" if self.old_form else found

    def _type(self, name: str, type_: str, scope: str) -> str:
        if scope == "raw":
            return "InstanceState" if name == self.family.object_argument else type_
        if scope != "one" or "T" not in TARGETS[self.family.__name__]["one"]:
            return type_
        if self.family is catalog.AttributeEvents:
            return "T" if name == "value" and self.names == ("set",) else type_
        about_class = name in ("target", "mapper", "class_", "cls")
        return KNOWN.get(type_, type_) if about_class else type_


def literal(names: Iterable[str]) -> str:
    """Return the type of a name out of `names`."""
    return f"Literal[{', '.join(map(repr, names))}]".replace("'", '"')


def groups() -> list[Group]:
    """Put the events of each family together that have the same arguments and options."""
    found: dict[Group, list[str]] = {}
    for family in catalog.FAMILIES:
        for event in family.events.values():
            found.setdefault(_group(family, event), []).append(event.name)
    return [
        Group(
            group.family,
            tuple(names),
            group.parameters,
            group.returned,
            group.options,
            group.everyone_only,
            group.old_form,
        )
        for group, names in found.items()
    ]


def _group(family: type[Family], event: Event) -> Group:
    signature = inspect.signature(getattr(family, event.name))
    parameters = tuple(
        (parameter.name, str(parameter.annotation))
        for parameter in list(signature.parameters.values())[1:]
        if parameter.name != event.keyword
    )
    alone = ("set",) if event.name == "set" else ()
    return Group(
        family=family,
        names=alone,
        parameters=parameters,
        returned=str(signature.return_annotation),
        options=event.options,
        everyone_only=event.everyone_only,
        old_form=bool(event.short_forms),
    )


def option_class(options: frozenset[str]) -> str:
    """Return the name of the TypedDict with the options that are no overloads."""
    own = sorted(options - COMMON_OPTIONS - APART)
    return "".join("".join(part.title() for part in each.split("_")) for each in own) + "Options"


def option_classes(every: list[Group]) -> Iterator[str]:
    """Yield one TypedDict for each set of options."""
    sets = {option_class(group.options): group.options for group in every}
    sets = {"Options": COMMON_OPTIONS} | sets
    for name, options in sets.items():
        base = "TypedDict" if name == "Options" else "Options"
        own = options - APART if name == "Options" else options - COMMON_OPTIONS - APART
        fields = "".join(f"    {each}: {OPTION_TYPES.get(each, 'bool')}\n" for each in sorted(own))
        yield f"class {name}({base}, total=False):\n{fields}"


def listens(group: Group) -> Iterator[str]:
    """Yield the overloads of `listen` for one group."""
    raw = "raw" in group.options
    has_object = group.family.object_argument in dict(group.parameters)
    for scope, target in TARGETS[group.family.__name__].items():
        if group.everyone_only and scope == "one":
            continue
        plain = ("raw: Literal[False] = ...",) if has_object else ("raw: bool = ...",)
        yield _listen(group, target, group.listener(scope), plain if raw else ())
    if raw and has_object:
        target = " | ".join(TARGETS[group.family.__name__].values()).replace("[T]", "[Any]")
        yield _listen(group, target, group.listener("raw"), ("raw: Literal[True]",))


def _listen(group: Group, target: str, listener: str, keywords: tuple[str, ...]) -> str:
    star = ", ".join(("", "*", *keywords)) if keywords else ""
    return (
        f"@overload\ndef listen(target: {target}, name: {group.literal}, fn: {listener}{star}, "
        f"**options: Unpack[{option_class(group.options)}]) -> None: ..."
    )


def decorators(group: Group) -> Iterator[str]:
    """Yield type variable and overloads of `listens_for` for one group: it gives back its own."""
    title = group.full_title
    yield f'{title} = TypeVar("{title}", bound={group.listener("every")})'
    targets = TARGETS[group.family.__name__]
    allowed = [t for scope, t in targets.items() if not (group.everyone_only and scope == "one")]
    target = " | ".join(allowed).replace("[T]", "[Any]")
    raw = ", *, raw: bool = ..." if "raw" in group.options else ""
    yield (
        f"@overload\ndef listens_for(target: {target}, name: {group.literal}{raw}, "
        f"**options: Unpack[{option_class(group.options)}]) -> Callable[[{title}], {title}]: ..."
    )


def free_forms(every: list[Group]) -> Iterator[str]:
    """Yield the overloads whose listeners have arguments of their own, and those of Core."""
    several = [group for group in every if len(group.names) > 1]
    alone = literal(group.names[0] for group in every if len(group.names) == 1)
    keyed = [e.name for family in catalog.FAMILIES for e in family.events.values() if e.keyword]
    yield from (f"{group.literal} = {literal(group.names)}" for group in several)
    yield f"AnyEvent = {' | '.join((*(group.literal for group in several), alone))}"
    yield f"KeyedEvent = {literal(keyed)}"
    yield f"CoreEvent = {literal(sorted(CORE_EVENTS))}"
    yield 'Free = TypeVar("Free", bound=Callable[..., Any])'
    for head, tail in (
        ("target: Any, name: AnyEvent", ", *, named: Literal[True], include_key: bool = ..., "),
        ("target: Any, name: KeyedEvent", ", *, include_key: Literal[True], "),
    ):
        rest = f"{tail}**options: Unpack[FreeOptions]"
        yield f"@overload\ndef listen({head}, fn: Callable[..., Any]{rest}) -> None: ..."
        yield f"@overload\ndef listens_for({head}{rest}) -> Callable[[Free], Free]: ..."
    core = "target: CoreTarget, name: CoreEvent"
    yield f"@overload\ndef listen({core}, fn: Callable[..., Any], **options: Any) -> None: ..."
    yield f"@overload\ndef listens_for({core}, **options: Any) -> Callable[[Free], Free]: ..."


def text() -> str:
    """Return the whole file, not yet formatted."""
    every = groups()
    parts = [HEAD, *option_classes(every)]
    free = set().union(*(group.options for group in every)) - COMMON_OPTIONS
    fields = "".join(f"    {each}: bool\n" for each in sorted(free - {"include_key"}))
    parts.append(f"class FreeOptions(Options, total=False):\n{fields}")
    overloads = list(free_forms(every))
    parts += [each for each in overloads if not each.startswith("@")]
    made = [each for group in every for each in decorators(group)]
    parts += [each for each in made if not each.startswith("@")]
    parts += [each for group in every for each in listens(group)]
    parts += [each for each in overloads if "def listen(" in each]
    parts += [each for each in made if each.startswith("@")]
    parts += [each for each in overloads if "def listens_for(" in each]
    return "\n\n".join(parts) + "\n"


def main() -> None:
    """Write the file, formatted."""
    STUB.write_text(text())
    subprocess.run([sys.executable, "-m", "ruff", "format", "--quiet", str(STUB)], check=True)


if __name__ == "__main__":
    main()

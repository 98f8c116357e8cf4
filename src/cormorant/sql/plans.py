"""Plans: SQL text that Core compiled once, with what it takes to run it on a cursor."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeEngine

from cormorant.sql._processors_cy import quick_bind, quick_result

if TYPE_CHECKING:
    from cormorant.ports import Entity

Processor = Callable[[Any], Any]
Processors = tuple[Processor | None, ...]
P = TypeVar("P")

PART = "\0"
"""Stands between the number of a subclass and the attribute that it adds to rows of its base."""

MOST_PLANS = 2000
"""A dialect that holds more plans than this forgets them all and starts again."""

CACHE = "_cormorant_plans"
_named = re.compile(r"%%|%\(([^)]+)\)s")

NO_LENGTHS: Mapping[str, int] = {}
"""Of statements without expanding parameters."""


@dataclass(frozen=True, slots=True)
class Span:
    """Which columns of a raw row make one element of the result.

    `entity` None means one plain value. `keys` are the attribute keys, in column order;
    `processors` one per column, or None when no column needs one.
    """

    entity: Entity | None
    start: int
    stop: int
    keys: tuple[str, ...]
    processors: Processors | None
    name: str
    branch: Any = None
    """What is loaded of the entity and along with it; None: its usual columns alone."""
    joined: tuple[Span, ...] = ()
    """The spans of what stands in the same row, as `branch.joined` has it."""

    def taking(self, processors: Processors | None) -> Span:
        """Return the span with its part of the processors of the whole row."""
        if processors is None:
            return self
        own = processors[self.start : self.stop]
        return replace(
            self,
            processors=own if any(own) else None,
            joined=tuple([each.taking(processors) for each in self.joined]),
        )

    def optional(self) -> Iterator[int]:
        """Yield the positions of columns that an object can do without: all but its key's."""
        if self.entity is not None:
            needed = self.entity.mapper.pk_keys
            for place, key in enumerate(self.keys, self.start):
                if key not in needed:
                    yield place
        for each in self.joined:
            yield from each.optional()

    def without(self, missing: Collection[int]) -> Span:
        """Return the span for rows that lack columns, each at a position that is `optional`."""
        start = self.start - len([place for place in missing if place < self.start])
        places = enumerate(self.keys, self.start)
        keys = tuple([key for place, key in places if place not in missing])
        joined = tuple([each.without(missing) for each in self.joined])
        return replace(self, start=start, stop=start + len(keys), keys=keys, joined=joined)

    @property
    def end(self) -> int:
        """The position after the last column of the element and of what is joined to it."""
        return max([self.stop, *[each.end for each in self.joined]])


@dataclass(frozen=True, slots=True)
class Wiring:
    """A compiled statement as the cursor wants it: positional, each bind known by name."""

    sql: str
    names: tuple[str, ...]
    processors: Processors
    constants: dict[str, Any]


class _Epoch:
    """Counts how often a mapping changed after plans could exist."""

    __slots__ = ("number",)

    def __init__(self) -> None:
        self.number = 0


epoch = _Epoch()
"""Part of every shape: a plan made before a mapping changed is never found again."""


def forget_plans() -> None:
    """Make all statements compile anew; a mapper calls this when its columns change."""
    epoch.number += 1


def cached(dialect: Dialect, key: Hashable, make: Callable[[], P]) -> P:
    """Return the plan of `key` for `dialect`; make it on the first call.

    Plans live on the dialect, so that they go when its engine goes. Two threads may make
    the same plan at once: the first to publish wins and the other plan is dropped.
    """
    cache: dict[Hashable, Any] = cache_of(dialect)
    plan = cache.get(key)
    if plan is None:
        plan = cache.setdefault(key, make())
    result: P = plan
    return result


def cache_of(dialect: Dialect) -> dict[Hashable, Any]:
    """Return the plans of a dialect, emptied when they have become too many."""
    cache: dict[Hashable, Any] | None = dialect.__dict__.get(CACHE)
    if cache is None or len(cache) > MOST_PLANS:
        cache = {}
        setattr(dialect, CACHE, cache)
    return cache


def wire_up(
    compiled: Any, dialect: Dialect, lengths: Mapping[str, int] = NO_LENGTHS
) -> Wiring | None:
    """Turn a compiled statement into positional SQL; None where only Core can run it.

    That is so for parameters that Core renders at execution, but for expanding ones of known
    `lengths`, and for columns whose Python defaults Core would have to compute.
    """
    late = getattr(compiled, "post_compile_params", None)
    if late is None or getattr(compiled, "literal_execute_params", True):
        return None
    if {bind.key for bind in late} != set(lengths):
        return None
    if getattr(compiled, "insert_prefetch", ()) or getattr(compiled, "update_prefetch", ()):
        return None
    expanded, source = _expanded(compiled, lengths) if lengths else (compiled, {})
    text = positional(expanded, dialect)
    if text is None:
        return None
    sql, names = text
    binds = compiled.binds
    made = {name: bind_processor(bind.type, dialect) for name, bind in binds.items()}
    processors = tuple(made[source.get(name, name)] for name in names)
    constants = {
        name: bind.effective_value for name, bind in compiled.binds.items() if not bind.required
    }
    return Wiring(sql, names, processors, constants)


class _Expanded(NamedTuple):
    """A compiled statement after its expanding parameters got their lengths."""

    string: str
    positional: bool
    positiontup: Sequence[str] | None
    escaped_bind_names: Mapping[str, str]


def _expanded(compiled: Any, lengths: Mapping[str, int]) -> tuple[_Expanded, dict[str, str]]:
    """Return the statement with all its parameters, and which expanding one each came from."""
    given = {name: [None] * lengths[name] if name in lengths else None for name in compiled.binds}
    state = compiled.construct_expanded_state(given)
    source = {new: old for old, news in state.parameter_expansion.items() for new in news}
    names = compiled.escaped_bind_names
    return _Expanded(state.statement, compiled.positional, state.positiontup, names), source


def positional(compiled: Any, dialect: Dialect) -> tuple[str, tuple[str, ...]] | None:
    """Return the SQL with positional marks and the bind names in their order."""
    if compiled.positional:
        if dialect.paramstyle not in ("qmark", "format"):
            return None
        return compiled.string, tuple(compiled.positiontup or ())
    if dialect.paramstyle != "pyformat":
        return None
    unescaped: dict[str, str] = {new: old for old, new in compiled.escaped_bind_names.items()}
    names: list[str] = []

    def mark(found: re.Match[str]) -> str:
        name: str | None = found.group(1)
        if name is None:
            return "%%"
        names.append(unescaped.get(name, name))
        return "%s"

    sql = _named.sub(mark, compiled.string)
    return sql, tuple(names)


def bind_processor(kind: TypeEngine[Any], dialect: Dialect) -> Processor | None:
    """Return what turns a Python value into what the driver takes, None for nothing to do."""
    impl = kind.dialect_impl(dialect)
    processor: Processor | None = impl.bind_processor(dialect)
    return None if processor is None else quick_bind(impl, dialect, processor)


def result_processors(
    kinds: Sequence[TypeEngine[Any]], dialect: Dialect, description: Any
) -> Processors | None:
    """Return what turns each raw column into its Python value, None if no column needs it.

    `description` is the cursor's after a first execution: some types ask for its type codes.
    """
    processors = tuple(
        _result_processor(kind.dialect_impl(dialect), dialect, about[1])
        for kind, about in zip(kinds, description, strict=True)
    )
    return processors if any(processors) else None


def _result_processor(impl: TypeEngine[Any], dialect: Dialect, code: Any) -> Processor | None:
    processor = impl.result_processor(dialect, code)
    return None if processor is None else quick_result(impl, dialect, processor)

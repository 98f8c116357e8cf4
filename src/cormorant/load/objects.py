"""Turn the rows of one entity into its objects."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from cormorant.load._filler_cy import RowFiller
from cormorant.load.polymorphic import own_part, split
from cormorant.sql.plans import PART

if TYPE_CHECKING:
    from cormorant.instrument._state_cy import Link
    from cormorant.instrument.identity import IdentityMap
    from cormorant.load.branches import Along
    from cormorant.load.context import QueryContext
    from cormorant.mapping.mapper import Mapper
    from cormorant.sql.plans import Processors

Row = tuple[Any, ...]
PAUSE_FROM = 500
"""Rows from which on the collector is paused: fewer cannot make it run twice."""


class Path(NamedTuple):
    """How a statement leads to objects: from one of its entities along relationships."""

    entity: Any
    alongs: tuple[Along, ...] = ()

    def through(self, along: Along) -> Path:
        """Return the path that goes on along a relationship."""
        return Path(self.entity, (*self.alongs, along))

    def steps(self) -> tuple[Any, ...]:
        """Return the way as mapper, relationship, mapper, relationship ..."""
        return tuple([each for one in self.alongs for each in (one.prop.parent, one.prop)])


class Target:
    """Where loaded objects go: the link and the identity map of one session.

    `whole`: the rows are those of the context's statement, all of them. `waiting`: takes what
    is to be read for the objects, where somebody gathers that of several reads.
    """

    __slots__ = ("context", "identity_map", "link", "overwrite", "waiting", "whole")

    def __init__(
        self,
        link: Link,
        identity_map: IdentityMap,
        context: QueryContext,
        overwrite: bool,
        whole: bool = False,
    ) -> None:
        self.link = link
        self.identity_map = identity_map
        self.context = context
        self.overwrite = overwrite
        self.whole = whole
        self.waiting: list[Any] | None = None

    def along(self) -> Target:
        """Return the same target for rows that another statement reads."""
        return Target(self.link, self.identity_map, self.context, self.overwrite)


@contextmanager
def collector_paused(rows: Sequence[Any]) -> Iterator[None]:
    """Keep the collector from running while many objects are made; leave it as it was."""
    if len(rows) < PAUSE_FROM or not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def filler_for(
    mapper: Mapper,
    keys: tuple[str, ...],
    start: int,
    processors: Processors | None,
    branch: Any = None,
) -> RowFiller:
    """Return the row filler of a mapper for columns that stand at `start` in a row.

    `branch`: what the objects remember of the options they are loaded with.
    """
    memo = mapper.memo if branch is None else branch.memo
    name = ("filler" if branch is None else mapper, keys, start, processors)
    found: RowFiller | None = memo.get(name)
    if found is None:
        known = dict(mapper.load_columns)
        full = len(keys) == len(known) and all(key in known for key in keys)
        found = memo[name] = RowFiller(
            mapper.class_manager,
            keys,
            processors,
            start,
            [start + keys.index(key) for key in mapper.pk_keys],
            mapper.class_manager.template if full else None,
            mapper.allow_partial_pks,
            branch,
        )
    return found


def objects_of(
    mapper: Mapper,
    rows: Sequence[Row],
    keys: tuple[str, ...],
    start: int,
    processors: Processors | None,
    target: Target,
    branch: Any = None,
) -> list[Any]:
    """Return one object (or None) per row; rows of subclasses become their objects.

    `branch`: what the objects remember of the options they are loaded with.
    """
    if len(rows) >= PAUSE_FROM and gc.isenabled():
        with collector_paused(rows):
            return objects_of(mapper, rows, keys, start, processors, target, branch)
    known = target.identity_map.of(mapper)
    overwrite = target.overwrite or mapper.always_refresh
    parts = None
    if mapper.polymorphic_on is not None and mapper.polymorphic_map:
        parts = split(mapper, rows, keys, start, processors, bool(target.context.loaded_listeners))
    if parts is None:
        filler = filler_for(mapper, keys, start, processors, branch)
        found: list[Any] = filler.objects(rows, target.link, known, overwrite, target.context)
        return found
    objects: list[Any] = [None] * len(rows)
    mixed = any(PART in key for key in keys)
    for chosen, places in parts:
        known = target.identity_map.of(chosen)
        part = [rows[place] for place in places]
        if mixed:
            own = own_part(chosen, keys, start, processors)
            part = own.of(part)
            filler = filler_for(chosen, own.keys, 0, own.processors, branch)
        else:
            filler = filler_for(chosen, keys, start, processors, branch)
        made = filler.objects(part, target.link, known, overwrite, target.context)
        for place, obj in zip(places, made, strict=True):
            objects[place] = obj
    return objects

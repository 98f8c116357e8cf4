"""Turn the rows of a read into objects and values, in the shape that the statement asked for."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from cormorant.load._filler_cy import RowFiller
from cormorant.load.polymorphic import split

if TYPE_CHECKING:
    from cormorant.instrument._state_cy import Link
    from cormorant.instrument.identity import IdentityMap
    from cormorant.load.context import QueryContext
    from cormorant.mapping.mapper import Mapper
    from cormorant.sql.plans import Processors, Span

Row = tuple[Any, ...]
PAUSE_FROM = 500
"""Rows from which on the collector is paused: fewer cannot make it run twice."""


class Target:
    """Where loaded objects go: the link and the identity map of one session."""

    __slots__ = ("context", "identity_map", "link", "overwrite")

    def __init__(
        self, link: Link, identity_map: IdentityMap, context: QueryContext, overwrite: bool
    ) -> None:
        self.link = link
        self.identity_map = identity_map
        self.context = context
        self.overwrite = overwrite


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
    mapper: Mapper, keys: tuple[str, ...], start: int, processors: Processors | None
) -> RowFiller:
    """Return the row filler of a mapper for columns that stand at `start` in a row."""
    memo = mapper.memo
    name = ("filler", keys, start, processors)
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
        )
    return found


def objects_of(
    mapper: Mapper,
    rows: Sequence[Row],
    keys: tuple[str, ...],
    start: int,
    processors: Processors | None,
    target: Target,
) -> list[Any]:
    """Return one object (or None) per row; rows of subclasses become their objects."""
    if len(rows) >= PAUSE_FROM and gc.isenabled():
        with collector_paused(rows):
            return objects_of(mapper, rows, keys, start, processors, target)
    known = target.identity_map.of(mapper)
    overwrite = target.overwrite or mapper.always_refresh
    if mapper.polymorphic_on is not None and mapper.polymorphic_map:
        parts = split(mapper, rows, keys, start, processors, bool(target.context.loaded_listeners))
    else:
        parts = None
    if parts is None:
        filler = filler_for(mapper, keys, start, processors)
        found: list[Any] = filler.objects(rows, target.link, known, overwrite, target.context)
        return found
    objects: list[Any] = [None] * len(rows)
    for chosen, places in parts:
        filler = filler_for(chosen, keys, start, processors)
        part = [rows[place] for place in places]
        made = filler.objects(part, target.link, known, overwrite, target.context)
        for place, obj in zip(places, made, strict=True):
            objects[place] = obj
    return objects


def elements(rows: Sequence[Row], span: Span, target: Target) -> list[Any]:
    """Return the values of one result element, one per row."""
    if span.entity is not None:
        mapper: Any = span.entity.mapper
        return objects_of(mapper, rows, span.keys, span.start, span.processors, target)
    at = span.start
    process = None if span.processors is None else span.processors[0]
    if process is None:
        return [row[at] for row in rows]
    return [process(row[at]) for row in rows]


def shaped(rows: list[Row], spans: Sequence[Span], target: Target) -> list[Row]:
    """Return the rows in the shape that the statement asked for."""
    if all(span.entity is None and span.processors is None for span in spans):
        return rows
    if len(rows) < PAUSE_FROM:
        return list(zip(*[elements(rows, span, target) for span in spans], strict=True))
    with collector_paused(rows):
        columns = [elements(rows, span, target) for span in spans]
        return list(zip(*columns, strict=True))

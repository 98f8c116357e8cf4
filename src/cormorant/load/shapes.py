"""Turn the rows of a read into objects and values, in the shape that the statement asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cormorant.load._filler_cy import Filling, announce
from cormorant.load.eager import follow
from cormorant.load.objects import PAUSE_FROM, Path, Row, Target, collector_paused, objects_of
from cormorant.load.reloaded import begin_telling, end_telling, warn_of_reloads
from cormorant.load.selectin_parts import read_further

if TYPE_CHECKING:
    from cormorant.load.branches import Along, Branch
    from cormorant.sql.plans import Span


Waiting = list[tuple["Along", list[Any], Path]]
"""What is read when the rows are through, with the parents it is read for."""

GATHERED = frozenset(("selectin", "immediate"))
"""Loaders that wait until the objects of several reads are there."""


def objects_along(
    rows: Sequence[Row], span: Span, target: Target, path: Path | None = None
) -> list[Any]:
    """Return one object (or None) per row, and load what its branch loads along with it.

    `path`: how the statement leads to the entity of the span; None: it is an entity of it.
    """
    if span.branch is None:
        mapper: Any = span.entity.mapper  # type: ignore[union-attr] # a span of an entity
        return objects_of(mapper, rows, span.keys, span.start, span.processors, target)
    with collector_paused(rows):
        waiting: Waiting = []
        path = path or Path(span.entity)
        if span.joined and _heard(span, target):
            found = _one_by_one(rows, span, target, waiting, path)
        else:
            found = _all_at_once(rows, span, target, waiting, path)
        for along, parents, place in waiting:
            if target.waiting is not None and along.how.loader in GATHERED:
                target.waiting.append((along, parents))
            else:
                follow(along, parents, target, objects_along, place)
        return found


def _heard(span: Span, target: Target) -> bool:
    """Tell whether somebody listens to the objects of a span, or of those joined to it."""
    if target.context.loaded_listeners:
        return True
    for mapper in span.branch.mapper.self_and_descendants:
        dispatch = mapper.class_manager.dispatch
        if dispatch.load or dispatch.refresh:
            return True
    return any(_heard(each, target) for each in span.joined)


def _bare(rows: Sequence[Row], span: Span, target: Target) -> list[Any]:
    branch: Branch = span.branch
    return objects_of(
        branch.mapper, rows, span.keys, span.start, span.processors, target, branch.remembered
    )


def _read_further(found: list[Any], span: Span, target: Target) -> None:
    branch: Branch = span.branch
    if not branch.further:
        return
    if target.waiting is not None:
        target.waiting.append((branch, found))
    else:
        read_further(branch, found, target, objects_along)


def take_along(parents: list[Any], rows: Sequence[Row], span: Span, target: Target) -> None:
    """Give parents that are there already what stands in their rows."""
    waiting: Waiting = []
    path = Path(span.entity)
    _tie(parents, rows, span, target, waiting, path)
    for along, found, place in waiting:
        if found is not parents:
            follow(along, found, target, objects_along, place)


def _all_at_once(
    rows: Sequence[Row], span: Span, target: Target, waiting: Waiting, path: Path
) -> list[Any]:
    """Make all parents, then all children, then tie them."""
    found = _bare(rows, span, target)
    _read_further(found, span, target)
    _tie(found, rows, span, target, waiting, path)
    return found


def _tie(
    found: list[Any],
    rows: Sequence[Row],
    span: Span,
    target: Target,
    waiting: Waiting,
    path: Path,
) -> None:
    """Give the parents of rows the children that stand beside them."""
    inner = iter(span.joined)
    for along in span.branch.all_along:
        if along.in_row:
            place = path.through(along)
            children = _all_at_once(rows, next(inner), target, waiting, place)
            filling = Filling(along.prop.key, along.prop.uselist, False, along.owner)
            filling.take(found, children)
            filling.finish()
            if filling.doubled:
                along.warn_of_rows()
        else:
            waiting.append((along, found, path))


class _Listened:
    """One span while its rows are made into objects row by row, for listeners to follow.

    As SQLAlchemy: a parent is announced after the children of its first row.
    """

    def __init__(self, span: Span, waiting: Waiting, path: Path) -> None:
        self.span = span
        self.found: list[Any] = []
        self.inner: list[tuple[Along, _Listened, Any]] = []
        spans = iter(span.joined)
        for along in span.branch.all_along:
            if along.in_row:
                filling = Filling(along.prop.key, along.prop.uselist, True, along.owner)
                place = path.through(along)
                self.inner.append((along, _Listened(next(spans), waiting, place), filling))
            else:
                waiting.append((along, self.found, path))

    def take(self, row: Row, target: Target) -> Any:
        """Make the object of a row, then those along with it; then announce it."""
        context = target.context
        outer, context.later = context.later, []
        found = _bare((row,), self.span, target)[0]
        mine, context.later = context.later, outer
        self.found.append(found)
        for _along, listened, filling in self.inner:
            child = listened.take(row, target)
            filling.take((found,), (child,))
        if mine:
            before = context.session.telling
            begin_telling(context)
            try:
                for obj, fresh, names in mine:
                    announce(obj, fresh, names, context)
            finally:
                end_telling(context, before)
            warn_of_reloads(context, before)
        return found

    def finish(self, target: Target) -> None:
        """Read what subclasses add, when all objects are there."""
        _read_further(self.found, self.span, target)
        for _along, listened, _filling in self.inner:
            listened.finish(target)


def _one_by_one(
    rows: Sequence[Row], span: Span, target: Target, waiting: Waiting, path: Path
) -> list[Any]:
    top = _Listened(span, waiting, path)
    for row in rows:
        top.take(row, target)
    top.finish(target)
    for along, _listened, filling in top.inner:
        if filling.doubled:
            along.warn_of_rows()
    return top.found


def elements(rows: Sequence[Row], span: Span, target: Target) -> list[Any]:
    """Return the values of one result element, one per row."""
    if span.entity is not None:
        return objects_along(rows, span, target)
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

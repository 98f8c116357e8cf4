"""When rows of tables that refer to each other or to themselves are saved: SQLAlchemy's steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from cormorant.flush.changes import written_relationships
from cormorant.instrument._state_cy import state_of
from cormorant.instrument.constants import NO_VALUE

if TYPE_CHECKING:
    from cormorant.flush.changes import Changes
    from cormorant.flush.context import UOWTransaction
    from cormorant.mapping.mapper import Mapper

Batches = list[tuple[int, list[Any]]]
"""Objects saved together, with their step; the steps grow."""


class Sight:
    """What the objects to save in one ring of tables know of those they refer to.

    A flush counts steps: an object is saved in one, and who refers to it looks at its key in the
    next. `above`: id of an object -> the objects of the ring that it refers or referred to, or
    that list it. `looks`: ids of those that know a reference into the ring, be it None, or that
    somebody doomed lists. `far`: id -> root mappers elsewhere that it knows a reference to.
    """

    def __init__(
        self, context: UOWTransaction, ring: list[Mapper], objects: list[Any], doomed: list[Any]
    ) -> None:
        self.ring = ring
        self.above = holders(ring, objects, context.before)
        self.looks = set(holders(ring, doomed, context.before))
        self.far: dict[int, list[Mapper]] = {}
        known: dict[Mapper, list[tuple[str, Mapper, bool]]] = {}
        for obj in objects:
            state = state_of(obj)
            mapper = state.manager.mapper
            references = known.get(mapper)
            if references is None:
                references = known[mapper] = _references(ring, mapper)
            if references:
                self._see(obj, state.values, references, context.before(obj))

    def _see(
        self,
        obj: Any,
        values: dict[str, Any],
        references: list[tuple[str, Mapper, bool]],
        before: dict[str, Any],
    ) -> None:
        for key, root, near in references:
            if key not in values and key not in before:
                continue
            if not near:
                self.far.setdefault(id(obj), []).append(root)
                continue
            self.looks.add(id(obj))
            for parent in (values.get(key), before.get(key)):
                if parent is not None and parent is not NO_VALUE and parent is not obj:
                    self.above.setdefault(id(obj), []).append(parent)


def _references(ring: list[Mapper], mapper: Mapper) -> list[tuple[str, Mapper, bool]]:
    """Return (key, root of the related class, whether it is in the ring) of references."""
    return [
        (prop.key, prop.mapper.base_mapper, prop.mapper.base_mapper in ring)
        for prop in written_relationships(mapper).here
        if not prop.post_update
    ]


def holders(
    ring: list[Mapper], objects: list[Any], before_of: Callable[[Any], dict[str, Any]]
) -> dict[int, list[Any]]:
    """Return id of a member -> those of the objects that list it in memory, or have listed it.

    `before_of(obj)`: its earlier values, as in `UOWTransaction.before`.
    """
    found: dict[int, list[Any]] = {}
    known: dict[Mapper, list[Any]] = {}
    for obj in objects:
        mapper = state_of(obj).manager.mapper
        lists = known.get(mapper)
        if lists is None:
            lists = known[mapper] = [
                prop
                for prop in written_relationships(mapper).there
                if not prop.post_update and prop.mapper.base_mapper in ring
            ]
        for prop in lists:
            for member in _listed(prop, obj, before_of(obj)):
                if member is not obj:
                    found.setdefault(id(member), []).append(obj)
    return found


def _listed(prop: Any, obj: Any, before: dict[str, Any]) -> list[Any]:
    """Return the members of a list in memory, and those that have left it."""
    state = state_of(obj)
    found: list[Any] = prop.members(obj, state)
    then = before.get(prop.key)
    if then is not None and then is not NO_VALUE:
        found += then if prop.uselist else [then]
    queues = None if state.extra is None else state.extra.queues
    if queues and prop.key in queues:
        found += queues[prop.key].removed
    return found


class Starts:
    """In which step rows of each table may be saved; for the tables above a ring."""

    def __init__(self, changes: Changes) -> None:
        self.groups = (changes.new, changes.changed, changes.deleted)
        self.found: dict[Mapper, int] = {}

    def of(self, root: Mapper) -> int:
        """Return the step in which rows of a family may be saved: two after those above."""
        if root not in self.found:
            self.found[root] = 0  # tables may refer to each other in a circle
            above = [owner for prop, owner in owners(root) if self._waits(prop, root, owner)]
            self.found[root] = max([self.of(owner) + 2 for owner in above], default=0)
        return self.found[root]

    def base(self, root: Mapper, ring: list[Mapper]) -> int:
        """Return the step before which no row of a family is saved, whatever it knows."""
        above = [owner for prop, owner in owners(root) if self._holds_up(prop, owner)]
        return max([self.of(owner) + 2 for owner in above if owner not in ring], default=0)

    def _is_here(self, root: Mapper) -> bool:
        return any(root in group for group in self.groups)

    def _holds_up(self, prop: Any, owner: Mapper) -> bool:
        """Tell whether lists of owners in this flush may tell of any member."""
        return prop.join.foreign_is_remote and self._is_here(owner)

    def _waits(self, prop: Any, root: Mapper, owner: Mapper) -> bool:
        """Tell whether a flush looks along a relationship before it saves rows of `root`."""
        if prop.join.foreign_is_local:
            looked_up = root in self.groups[-1]
            return looked_up or any(
                prop.key in state_of(obj).values for obj in self._objects(root)
            )
        if not self._is_here(owner):
            return False
        return self._is_here(root) or any(
            prop.members(obj, state_of(obj)) for obj in self._objects(owner)
        )

    def _objects(self, root: Mapper) -> Iterator[Any]:
        for group in self.groups:
            yield from group.get(root, ())


def owners(root: Mapper) -> list[tuple[Any, Mapper]]:
    """Return (relationship, root of the owner) of what rows of a family refer to elsewhere."""
    found: list[tuple[Any, Mapper]] | None = root.memo.get("owners")
    if found is None:
        found = root.memo["owners"] = []
        for mapper in root.registry.all_mappers():
            written = written_relationships(mapper)
            near = mapper.base_mapper is root
            props = [
                prop
                for prop in (written.here if near else written.there)
                if not (prop.post_update or prop.inherited)
            ]
            for prop in props:
                other = prop.mapper.base_mapper
                if near and other is not root:
                    found.append((prop, other))
                elif other is root and not near:
                    found.append((prop, mapper.base_mapper))
    return found

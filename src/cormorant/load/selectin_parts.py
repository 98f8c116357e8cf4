"""Read what subclasses add for many objects at once: selectin_polymorphic, polymorphic_load."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from cormorant.instrument._state_cy import state_of
from cormorant.load.branches import Branch
from cormorant.load.context import QueryContext
from cormorant.load.directives import WILDCARD, Directive
from cormorant.load.objects import Target
from cormorant.load.related import entity_select
from cormorant.sql.prepared import PreparedSelect, prepare_read

if TYPE_CHECKING:
    from cormorant.mapping.mapper import Mapper

Make = Callable[..., list[Any]]
"""Turns rows into objects, with what stands in the same rows."""


class PartBranch(Branch):
    """What a subclass adds to the objects of a branch: its columns, what is joined to these."""

    __slots__ = ("_whole", "added")

    def __init__(self, whole: Branch, part: Mapper) -> None:
        self.added: frozenset[str] = frozenset()
        self._whole = whole.mapper
        directives = tuple([each for each in whole.directives if not _is_of_whole(each)])
        super().__init__(part, directives, whole.above, whole.carried, None, ())
        self.remembered = whole.remembered
        self.further = ()

    def _choose_columns(self) -> None:
        super()._choose_columns()
        known = {key for key, _column in self._whole.load_columns}
        needed = {*self.mapper.pk_keys, self.mapper.discriminator}
        self.added = frozenset([key for key, _column in self.columns if key not in known])
        wanted = needed | self.added
        self.columns = tuple([pair for pair in self.columns if pair[0] in wanted])

    def _relationships_here(self) -> Iterator[Any]:
        for prop in super()._relationships_here():
            if not self._whole.has_property(prop.key):
                yield prop

    @property
    def after(self) -> tuple[Any, ...]:
        """Nothing: what is read afterwards is read for the objects of the whole."""
        return ()


def _is_of_whole(each: Directive) -> bool:
    """Tell whether a directive says nothing of a part: as SQLAlchemy, the rest of load_only()."""
    return not each.path and each.kind == "column" and each.key == WILDCARD


def read_further(branch: Branch, objects: list[Any], target: Target, make: Make) -> None:
    """Read what the objects lack of the parts of their nearest class that is read in full."""
    groups: dict[Mapper, dict[int, Any]] = {each: {} for each in branch.further}
    for obj in objects:
        if obj is not None:
            nearest = next((m for m in state_of(obj).manager.mapper.line if m in groups), None)
            if nearest is not None:
                groups[nearest][id(obj)] = obj
    session = target.context.session
    for each, found in groups.items():
        read, part = _read_of(branch, each)
        lacking = [obj for obj in found.values() if _lacks(obj, part)]
        if not lacking:
            continue
        connection = session.connection_for(branch.mapper)
        pks = [each.identity_of(state_of(obj).pk) for obj in lacking]
        rows, processors = read.fetch_many(connection, pks)
        place = Target(target.link, target.identity_map, QueryContext(session), False)
        make(rows, read.spans(processors)[0], place)


def _lacks(obj: Any, part: PartBranch) -> bool:
    values = state_of(obj).values
    wanted = (*part.added, *[along.prop.key for along in part.joined])
    return any(key not in values for key in wanted)


def _read_of(branch: Branch, mapper: Mapper) -> tuple[PreparedSelect, PartBranch]:
    """Return the read of what a subclass adds to the objects of a branch."""
    name = ("part", mapper)
    found: tuple[PreparedSelect, PartBranch] | None = branch.memo.get(name)
    if found is None:
        part = PartBranch(branch, mapper)
        read = prepare_read(mapper, entity_select(part), mapper.primary_key)
        found = branch.memo[name] = (read, part)
    return found

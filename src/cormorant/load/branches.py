"""Loader options and mapped defaults, compiled: what one entity of a statement loads, and how."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import exc as core_exc

from cormorant.load.chosen import ChosenColumns, meets
from cormorant.load.directives import WILDCARD, Directive, How, Via
from cormorant.mapping.aliased import AliasedInsp, with_polymorphic
from cormorant.mapping.along import RowsOf
from cormorant.sql.aliases import other_name
from cormorant.sql.plans import epoch

if TYPE_CHECKING:
    from cormorant.mapping.mapper import Mapper

MOST_BRANCHES = 500
"""Sets of options kept per mapper; more make it forget them all and start again."""

IN_THE_ROW = frozenset(("joined", "contains_eager"))
AFTERWARDS = frozenset(("selectin", "subquery", "immediate", "in memory", "noload"))
EAGER = frozenset(("joined", "selectin", "subquery", "immediate"))


@dataclass(frozen=True, slots=True)
class Along:
    """A relationship that is loaded with its parent, in the same row or after it.

    `above`: the mapper of the parents.
    """

    prop: Any
    how: How
    branch: Branch
    above: Mapper

    @property
    def inner(self) -> bool | str:
        """True, "unnested" or False: the kind of join."""
        given = self.how.innerjoin
        found: bool | str = self.prop.options.get("innerjoin") if given is None else given
        return found or False

    @property
    def in_row(self) -> bool:
        """True if the related objects stand in the rows of their parents."""
        return self.how.loader in IN_THE_ROW

    @property
    def owner(self) -> Any:
        """The class whose objects have the relationship, where not all objects here do."""
        parent = self.prop.parent
        return None if self.above.isa(parent) else parent.class_

    def given_entity(self) -> Any:
        """Return the entity whose rows the statement itself joins for contains_eager."""
        return given_entity(self.prop, self.how)

    def rows(self) -> Any:
        """Return the related rows under a name of their own, to join to those of the parents."""
        entity = self.branch.entity(self.prop)
        if self.branch.given is not None:
            return entity
        return RowsOf(self.branch.mapper, other_name(entity.selectable, None, flat=True))

    def warn_of_rows(self) -> None:
        """Warn that a relationship to one met several rows."""
        warnings.warn(
            core_exc.SAWarning(
                f"Multiple rows returned with uselist=False for eagerly-loaded attribute "
                f"'{self.prop}'"
            ),
            stacklevel=2,
        )


class Branch:
    """What is loaded of one entity at one place of a statement, and what along with it.

    `columns`: (attribute key, column) in the order of the row. `joined` stand in the same row,
    `after` are read when the parents are there. `deferred`: keys of columns that an option
    left out -> whether access is refused. `above`: the entities on the way here, root first.
    `criteria`: what `and_` added to the relationship that led here. `parts`: the subclasses
    whose columns stand in the rows; `further`: those that are read in full right after it.
    """

    __slots__ = (
        "_afterwards",
        "_all_along",
        "_below",
        "_plain",
        "above",
        "carried",
        "columns",
        "criteria",
        "deferred",
        "directives",
        "further",
        "given",
        "joined",
        "keys",
        "mapper",
        "memo",
        "parts",
        "remembered",
    )

    def __init__(
        self,
        mapper: Mapper,
        directives: tuple[Directive, ...],
        above: tuple[Mapper, ...],
        carried: tuple[Any, ...],
        via: Via | None,
        parts: tuple[Mapper, ...],
    ) -> None:
        self.criteria: tuple[Any, ...] = () if via is None else via.criteria
        self.given = None if via is None else via.given
        self.mapper = mapper
        self.parts = parts
        self.directives = directives
        self.above = above
        self.carried = carried
        self._choose_columns()
        self.keys = tuple([key for key, _column in self.columns])
        self.remembered: Branch | None = self if directives or carried else None
        self.further = tuple(self._read_further())
        self.memo: dict[Any, Any] = {}
        self._below: dict[Any, Branch] = {}
        self._afterwards: tuple[Along, ...] | None = None
        self._all_along: tuple[Along, ...] | None = None
        self._plain: bool | None = None
        self.joined = tuple(self._along(self._relationships_here(), IN_THE_ROW))

    def _choose_columns(self) -> None:
        mapper = self.mapper
        usual = self.parts == usual_parts(mapper)
        rows = mapper.row_columns if usual else mapper.columns_with((mapper, *self.parts))
        chosen = ChosenColumns(mapper, rows, self.directives, self.parts, usual)
        self.columns, self.deferred = chosen.columns, chosen.deferred

    def entity(self, prop: Any) -> Any:
        """Return what the rows are read from that `prop` leads to."""
        if self.given is not None:
            return self.given
        if self.mapper is prop.mapper and self.parts == usual_parts(self.mapper):
            return prop.related
        if self.parts == usual_parts(self.mapper):
            return self.mapper
        name = ("with parts", self.parts)
        found = self.mapper.memo.get(name)
        if found is None:
            made = with_polymorphic(self.mapper, [each.class_ for each in self.parts])
            found = self.mapper.memo[name] = made._aliased_insp
        return found

    def _read_further(self) -> Iterator[Mapper]:
        """Yield the subclasses that a SELECT of their own reads in full, by mapping or option."""
        named = {
            each
            for one in self.directives
            if one.kind == "subclasses" and not one.path and meets(one.owner, self.mapper)
            for each in one.how.parts
        }
        for each in self.mapper.self_and_descendants[1:]:
            if each in named or each.polymorphic_load == "selectin":
                yield each

    @property
    def plain(self) -> bool:
        """True if nothing is loaded but the entity's own columns."""
        if self._plain is None:
            more = self.joined or self.after or self.further
            self._plain = not more and self.remembered is None
        return self._plain

    @property
    def after(self) -> tuple[Along, ...]:
        """What is read when the parents are there; made late, as recursion has no end."""
        if self._afterwards is None:
            self._afterwards = tuple(self._along(self._all_relationships(), AFTERWARDS))
        return self._afterwards

    @property
    def all_along(self) -> tuple[Along, ...]:
        """What is loaded in the row and after it, in the order of the mapping."""
        if self._all_along is None:
            found = sorted(self.joined + self.after, key=lambda one: self._order(one.prop))
            self._all_along = tuple(found)
        return self._all_along

    def _order(self, prop: Any) -> int:
        keys = list(self.mapper._properties)
        return keys.index(prop.key) if prop.key in keys else len(keys)

    @property
    def uniquing(self) -> bool:
        """True if several rows may be about one object: the caller has to ask for unique()."""
        return any(each.prop.uselist or each.branch.uniquing for each in self.joined)

    @property
    def multiplies(self) -> bool:
        """True if joins that loading adds may make several rows of one parent."""
        return any(
            (each.prop.uselist and each.how.loader == "joined") or each.branch.multiplies
            for each in self.joined
        )

    def reloading(self, mapper: Mapper) -> Branch:
        """Return the branch that loads an expired object of `mapper` whole: no column deferred."""
        kept = tuple([d for d in self.directives if d.path or d.kind == "relationship"])
        return branch_of(mapper, kept, self.above, self.carried)

    # -- relationships ----------------------------------------------------------------

    def _all_relationships(self) -> Iterator[Any]:
        """Return the relationships of the class and those that its subclasses add."""
        return self._relationships_of(self.mapper.self_and_descendants[1:])

    def _relationships_here(self) -> Iterator[Any]:
        """Return the relationships of the class and those of subclasses in the rows."""
        return self._relationships_of(self.parts)

    def _relationships_of(self, below: Iterable[Mapper]) -> Iterator[Any]:
        yield from self.mapper.relationships
        for child in below:
            for prop in child.relationships:
                if not any(base.has_property(prop.key) for base in _bases(child, self.mapper)):
                    yield prop

    def _along(self, props: Iterable[Any], loaders: frozenset[str]) -> Iterator[Along]:
        for prop in props:
            how = self.how(prop)
            if how.loader in loaders:
                yield Along(prop, how, self.below(prop, how), self.mapper)

    def how(self, prop: Any) -> How:
        """Return how a relationship of this entity is loaded."""
        chosen: How | None = None
        wild: How | None = None
        for each in self.directives:
            if each.path or each.kind != "relationship" or each.how.loader == "default":
                continue
            if each.key == prop.key and meets(each.owner, prop.parent):
                chosen = each.how
            elif each.key == WILDCARD and meets(each.owner, prop.parent):
                wild = each.how
        if chosen is not None:
            return chosen
        usual = wild or How(prop.lazy)
        if usual.loader in EAGER and self._comes_back(prop):
            if usual.loader != "immediate":
                return How("select")
            # As SQLAlchemy: a list goes on until nothing is new, a reference looks in memory.
            return usual if prop.uselist else How("in memory")
        return usual

    def _comes_back(self, prop: Any) -> bool:
        """Tell whether eager loading by default would go in a circle."""
        depth = prop.options.get("join_depth")
        if depth:
            return bool(len(self.above) + 1 > depth)
        return any(each.isa(prop.mapper) for each in (*self.above, self.mapper))

    def below(self, prop: Any, how: How | None = None) -> Branch:
        """Return the branch of the related entity; `how` None: of a load that comes later."""
        name = (prop.parent, prop.key, how)
        found = self._below.get(name)
        if found is None:
            found = self._below[name] = self._make_below(prop, how)
        return found

    def _make_below(self, prop: Any, how: How | None) -> Branch:
        later = how is None or how.loader == "immediate"
        deeper = list(_not_back(prop)) if later else []
        for each in self.directives:
            if each.path:
                step = each.path[0]
                if step.key == prop.key and meets(step.owner, prop.parent):
                    deeper.append(each.deeper())
            elif each.everywhere and not (how is None and each.kind == "column"):
                # What is loaded on access has all of its columns.
                deeper.append(each)
        above = (*self.above, self.mapper)
        depth = None if how is None else how.recursion_depth
        if how is not None and depth:
            further = replace(how, recursion_depth=depth - 1 if depth > 0 else depth)
            again = Directive(prop.parent, (), "relationship", prop.key, further)
            deeper = [*self._of_recursion(prop), *deeper, again]
            above = self.above
        if how is not None and how.loader == "immediate" and self._comes_back(prop):
            above = self.above  # the same branch on each round
        chosen = how or self.how(prop)
        mapper, parts = _narrowed(prop, chosen)
        unique = tuple(dict.fromkeys(deeper))
        return branch_of(mapper, unique, above, self.carried, chosen.via, parts)

    def _of_recursion(self, prop: Any) -> list[Directive]:
        """Return what goes on to hold one level deeper of a recursion."""
        return [
            each
            for each in self.directives
            if each.path
            and each.path[0].key == prop.key
            and meets(each.path[0].owner, prop.parent)
        ]

    def __repr__(self) -> str:
        return f"<Branch of {self.mapper.class_.__name__}>"


def _not_back(prop: Any) -> Iterator[Directive]:
    """Let the other side of a relationship that is loaded later find its owner in memory."""
    back: Any = prop.mapper._properties.get(prop.back_populates)
    if back is not None and not back.uselist and back.lazy in EAGER:
        yield Directive(back.parent, (), "relationship", back.key, How("select"))


def _bases(mapper: Mapper, stop: Mapper) -> Iterator[Mapper]:
    """Return the mappers between one and its base `stop`, with the latter."""
    at = mapper.inherits
    while at is not None:
        yield at
        if at is stop:
            return
        at = at.inherits


def branch_of(
    mapper: Mapper,
    directives: tuple[Directive, ...] = (),
    above: tuple[Mapper, ...] = (),
    carried: tuple[Any, ...] = (),
    via: Via | None = None,
    parts: tuple[Mapper, ...] | None = None,
) -> Branch:
    """Return the branch of an entity; the same one for the same options.

    `parts`: the subclasses whose columns stand in the rows; None: as the mapping says.
    """
    memo: dict[Any, Branch] = mapper.memo.setdefault("branches", {})
    parts = usual_parts(mapper) if parts is None else parts
    name = (directives, above, carried, via, parts, epoch.number)
    found = memo.get(name)
    if found is None:
        if len(memo) > MOST_BRANCHES:
            memo.clear()
        found = memo.setdefault(name, Branch(mapper, directives, above, carried, via, parts))
    return found


def usual_parts(mapper: Mapper) -> tuple[Mapper, ...]:
    """Return the subclasses whose columns stand in the rows of a mapper by the mapping."""
    return tuple(mapper.with_polymorphic_mappers[1:])


def parts_of(entity: Any) -> tuple[Mapper, ...] | None:
    """Return the subclasses in the rows of an alias; None for a class: as the mapping says."""
    return tuple(entity.with_polymorphic_mappers[1:]) if entity.is_aliased_class else None


def given_entity(prop: Any, how: How) -> Any:
    """Return the entity whose rows a statement itself joins along a relationship."""
    given: Any = how.alias
    if given is None:
        entity = None if how.via is None else how.via.attribute.of_entity
        return prop.related if entity is None else entity
    found = getattr(given, "_aliased_insp", None)
    return prop.rows_of(given) if found is None else found


def _narrowed(prop: Any, how: How) -> tuple[Mapper, tuple[Mapper, ...] | None]:
    """Return the mapper of the related rows, and the subclasses whose columns they have."""
    entity = how.via.given if how.via is not None else None
    if how.loader == "contains_eager":
        entity = given_entity(prop, how)
    if isinstance(entity, AliasedInsp):
        return entity.mapper, parts_of(entity)
    mapper = how.of or prop.mapper
    if not how.parts or prop.related.is_aliased_class:
        return mapper, None
    wanted = {*how.parts, *usual_parts(mapper)}
    return mapper, tuple([each for each in mapper.self_and_descendants if each in wanted])


def usual_branch(mapper: Mapper) -> Branch:
    """Return the branch of an entity without options."""
    found: Branch | None = mapper.memo.get("usual branch")
    if found is None:
        mapper.ready()
        found = mapper.memo["usual branch"] = branch_of(mapper)
    return found

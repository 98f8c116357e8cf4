"""Loader options and mapped defaults, compiled: what one entity of a statement loads, and how."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import exc as core_exc
from sqlalchemy.sql.base import ExecutableOption
from sqlalchemy.sql.cache_key import HasCacheKey

from cormorant.load.directives import WILDCARD, Directive, How, Via
from cormorant.load.options import Load
from cormorant.mapping.polymorphic import part_of
from cormorant.sql.eager import layouts
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
    """A relationship that is loaded with its parent, in the same row or after it."""

    prop: Any
    how: How
    branch: Branch

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

    def given_entity(self) -> Any:
        """Return the entity whose rows the statement itself joins for contains_eager."""
        given: Any = self.how.alias
        if given is None:
            via = self.how.via
            return self.prop.related if via is None else via.attribute.of_entity
        found = getattr(given, "_aliased_insp", None)
        return self.prop.rows_of(given) if found is None else found

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
    `criteria`: what `and_` added to the relationship that led here.
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
        "joined",
        "keys",
        "mapper",
        "memo",
        "remembered",
    )

    def __init__(
        self,
        mapper: Mapper,
        directives: tuple[Directive, ...],
        above: tuple[Mapper, ...],
        carried: tuple[Any, ...],
        via: Via | None,
    ) -> None:
        self.criteria: tuple[Any, ...] = () if via is None else via.criteria
        self.mapper = mapper
        self.directives = directives
        self.above = above
        self.carried = carried
        self.deferred: dict[str, bool] = {}
        self.columns = tuple(self._chosen_columns())
        self.keys = tuple([key for key, _column in self.columns])
        self.remembered = self if directives or carried else None
        self.memo: dict[Any, Any] = {}
        self._below: dict[Any, Branch] = {}
        self._afterwards: tuple[Along, ...] | None = None
        self._all_along: tuple[Along, ...] | None = None
        self._plain: bool | None = None
        self.joined = tuple(self._along(mapper.relationships, IN_THE_ROW))

    @property
    def plain(self) -> bool:
        """True if nothing is loaded but the entity's own columns."""
        if self._plain is None:
            self._plain = not self.joined and not self.after and self.remembered is None
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

    # -- columns ----------------------------------------------------------------------

    def _chosen_columns(self) -> Iterator[tuple[str, Any]]:
        here = [each for each in self.directives if not each.path and each.kind != "relationship"]
        here = [each for each in here if _meets(each.owner, self.mapper)]
        if not here:
            yield from self.mapper.row_columns
            return
        needed = {*self.mapper.pk_keys}
        if self.mapper.discriminator is not None:
            needed.add(self.mapper.discriminator)
        usual = dict(self.mapper.load_columns)
        for prop in self.mapper.column_attrs:
            usual.setdefault(prop.key, prop.columns[0])
        for key, column in usual.items():
            how = _how_of_column(self.mapper, key, here)
            if key in needed or how is None or how.loader == "column":
                if key in needed or how is not None or not self._deferred(key):
                    yield key, column
            else:
                self.deferred[key] = how.raises
        yield from self._chosen_parts(here)

    def _chosen_parts(self, here: list[Directive]) -> Iterator[tuple[str, Any]]:
        """Yield the columns of subclasses in the rows that no option leaves out."""
        for name, column in self.mapper.row_columns[len(self.mapper.load_columns) :]:
            owner, key = part_of(self.mapper, name)
            how = None if owner is None else _how_of_column(owner, key, here)
            if how is None or how.loader == "column":
                yield name, column
            else:
                self.deferred[key] = how.raises

    def reloading(self, mapper: Mapper) -> Branch:
        """Return the branch that loads an expired object of `mapper` whole: no column deferred."""
        kept = tuple([d for d in self.directives if d.path or d.kind == "relationship"])
        return branch_of(mapper, kept, self.above, self.carried)

    def _deferred(self, key: str) -> bool:
        prop: Any = self.mapper._properties[key]
        return bool(prop.deferred)

    # -- relationships ----------------------------------------------------------------

    def _all_relationships(self) -> Iterator[Any]:
        """Return the relationships of the class and those that its subclasses add."""
        yield from self.mapper.relationships
        for child in self.mapper.self_and_descendants[1:]:
            for prop in child.relationships:
                if not any(base.has_property(prop.key) for base in _bases(child, self.mapper)):
                    yield prop

    def _along(self, props: Iterable[Any], loaders: frozenset[str]) -> Iterator[Along]:
        for prop in props:
            how = self.how(prop)
            if how.loader in loaders:
                yield Along(prop, how, self.below(prop, how))

    def how(self, prop: Any) -> How:
        """Return how a relationship of this entity is loaded."""
        chosen: How | None = None
        wild: How | None = None
        for each in self.directives:
            if each.path or each.kind != "relationship" or each.how.loader == "default":
                continue
            if each.key == prop.key and _meets(each.owner, prop.parent):
                chosen = each.how
            elif each.key == WILDCARD and _meets(each.owner, prop.parent):
                wild = each.how
        if chosen is not None:
            return chosen
        usual = wild or How(prop.lazy)
        if usual.loader in EAGER and self._comes_back(prop):
            return How("in memory" if usual.loader == "immediate" else "select")
        return usual

    def _comes_back(self, prop: Any) -> bool:
        """Tell whether eager loading by default would go in a circle."""
        depth = prop.options.get("join_depth")
        if depth:
            return bool(len(self.above) + 1 > depth)
        return prop.mapper in self.above or prop.mapper is self.mapper

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
                if step.key == prop.key and _meets(step.owner, prop.parent):
                    deeper.append(each.deeper())
            elif each.everywhere:
                deeper.append(each)
        above = (*self.above, self.mapper)
        depth = None if how is None else how.recursion_depth
        if how is not None and depth:
            further = replace(how, recursion_depth=depth - 1 if depth > 0 else depth)
            again = Directive(prop.parent, (), "relationship", prop.key, further)
            deeper = [*self._of_recursion(prop), *deeper, again]
            above = self.above
        via = (how or self.how(prop)).via
        along = how is None or how.loader in IN_THE_ROW
        carried = self.carried if along else ()
        return branch_of(prop.mapper, tuple(dict.fromkeys(deeper)), above, carried, via)

    def _of_recursion(self, prop: Any) -> list[Directive]:
        """Return what goes on to hold one level deeper of a recursion."""
        return [
            each
            for each in self.directives
            if each.path
            and each.path[0].key == prop.key
            and _meets(each.path[0].owner, prop.parent)
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


def _meets(owner: Any, mapper: Mapper) -> bool:
    """Tell whether what is said of `owner` can hold for rows of `mapper`."""
    return owner is None or bool(mapper.isa(owner) or owner.isa(mapper))


def _how_of_column(mapper: Mapper, key: str, here: list[Directive]) -> How | None:
    """Return what the options say of a column, None for nothing."""
    prop: Any = mapper._properties[key]
    chosen: How | None = None
    grouped: How | None = None
    wild: How | None = None
    for each in here:
        if each.kind == "group":
            grouped = each.how if each.key == prop.group else grouped
        elif each.key == key:
            chosen = each.how
        elif each.key == WILDCARD:
            wild = each.how
    return chosen or grouped or wild


def branch_of(
    mapper: Mapper,
    directives: tuple[Directive, ...] = (),
    above: tuple[Mapper, ...] = (),
    carried: tuple[Any, ...] = (),
    via: Via | None = None,
) -> Branch:
    """Return the branch of an entity; the same one for the same options."""
    memo: dict[Any, Branch] = mapper.memo.setdefault("branches", {})
    name = (directives, above, carried, via, epoch.number)
    found = memo.get(name)
    if found is None:
        if len(memo) > MOST_BRANCHES:
            memo.clear()
        found = memo.setdefault(name, Branch(mapper, directives, above, carried, via))
    return found


def usual_branch(mapper: Mapper) -> Branch:
    """Return the branch of an entity without options."""
    found: Branch | None = mapper.memo.get("usual branch")
    if found is None:
        mapper.ready()
        found = mapper.memo["usual branch"] = branch_of(mapper)
    return found


def directives_of(options: Iterable[Any]) -> tuple[Directive, ...]:
    """Return what the loader options among `options` decide, in their order."""
    return tuple([each for one in options if isinstance(one, Load) for each in one.directives])


def carried_by(options: Iterable[Any]) -> tuple[Any, ...]:
    """Return the options of the user's own that later loads of the objects shall have."""
    return tuple(
        [
            one
            for one in options
            if getattr(one, "is_user_defined", False) and one.propagate_to_loaders
        ]
    )


class BranchOption(HasCacheKey, ExecutableOption):
    """Says what a read of the ORM's own loads: the branch itself stands for all options."""

    inherit_cache = False

    def __init__(self, branch: Branch) -> None:
        self.branch = branch

    def _gen_cache_key(self, _anon_map: Any, _bindparams: Any) -> tuple[Any, ...]:
        return (BranchOption, self.branch)


def branches_of(entities: Iterable[Any], options: Iterable[Any]) -> list[Branch]:
    """Return the branches of the entities of one statement; refuses options for others."""
    known = list(entities)
    if not options:
        return [usual_branch(entity.mapper) for entity in known]
    for each in options:
        if isinstance(each, BranchOption):
            own = each.branch
            return [own if e is own.mapper else usual_branch(e.mapper) for e in known]
    directives = directives_of(options)
    carried = carried_by(options)
    for each in directives:
        root = each.root
        if root is not None and not any(_starts_at(root, entity) for entity in known):
            raise _misplaced(each, root, known)
    return [
        branch_of(entity.mapper, _for_root(entity, directives), (), carried) for entity in known
    ]


def branches_alone(entities: Iterable[Any], options: Iterable[Any]) -> list[Branch]:
    """Return the branches of entities whose rows stand alone: what is joined is loaded later."""
    return [_alone(branch) for branch in branches_of(entities, options)]


def _alone(branch: Branch) -> Branch:
    if not branch.joined:
        return branch
    later = [
        Directive(along.prop.parent, (), "relationship", along.prop.key, How("select"))
        for along in branch.joined
    ]
    return branch_of(branch.mapper, (*branch.directives, *later), (), branch.carried)


def _starts_at(root: Any, entity: Any) -> bool:
    """Tell whether an option about `root` speaks of an entity of the statement."""
    if root is entity:
        return True
    if root.is_aliased_class or entity.is_aliased_class:
        return False
    return _meets(root, entity)


def _for_root(entity: Any, directives: tuple[Directive, ...]) -> tuple[Directive, ...]:
    return tuple(
        [
            each.at_mapper()
            for each in directives
            if each.root is None or _starts_at(each.root, entity)
        ]
    )


def _misplaced(each: Directive, root: Any, known: list[Any]) -> core_exc.ArgumentError:
    if not known:
        return core_exc.ArgumentError(
            f"Query has only expression-based entities; attribute loader option {each} can't be "
            f"applied here. Select the class {root.class_.__name__} itself."
        )
    names = ", ".join(entity.class_.__name__ for entity in known)
    return core_exc.ArgumentError(
        f"Mapped class {root.class_.__name__} referenced in option {each} does not apply to any "
        f"of the root entities in this query, e.g. {names}. Please specify the full path from "
        f"one of the root entities to the target attribute."
    )


layouts.find = branches_of
layouts.find_alone = branches_alone

"""What a loader option decides: for which attribute, at the end of which path, by which loader."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from cormorant.mapping.aliased import AliasedInsp
from cormorant.mapping.mapper import Mapper

WILDCARD = "*"
Rooted = Mapper | AliasedInsp
"""What an option may be about: a class, or one under another name."""


@dataclass(frozen=True, slots=True)
class Step:
    """One relationship on the way from the root of a statement."""

    owner: Rooted
    key: str

    def __str__(self) -> str:
        return f"{self.owner.class_.__name__}.{self.key}"


class Via:
    """A relationship narrowed by `and_`, or by an `of_type` that only its own entity can tell.

    Equal to another one of the same criteria, values and entities, so that what is built for
    one serves both.
    """

    __slots__ = ("_name", "attribute")

    def __init__(self, attribute: Any) -> None:
        self.attribute = attribute
        self._name = self._find_name()

    def _find_name(self) -> Any:
        clause = sa.and_(sa.true(), *self.criteria)
        told = clause._generate_cache_key()
        if told is None:
            return id(self)
        values = tuple([bind.effective_value for bind in told.bindparams])
        entity = self.attribute.of_entity
        aliased = entity if entity is not None and entity.is_aliased_class else None
        # A cache key does not tell one alias of a table from another.
        renamed = [each for each in clause._from_objects if not isinstance(each, sa.Table)]
        name = (self.attribute.prop, aliased, tuple(renamed), told.key, values)
        try:
            hash(name)
        except TypeError:
            return id(self)
        return name

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Via) and self._name == other._name

    def __hash__(self) -> int:
        return hash(self._name)

    @property
    def criteria(self) -> tuple[Any, ...]:
        """What `and_` added."""
        found: tuple[Any, ...] = self.attribute.extra_criteria
        return found

    @property
    def given(self) -> AliasedInsp | None:
        """The entity of the user's that the related rows are taken from, if it has to be that."""
        entity = self.attribute.of_entity
        if entity is None or not entity.is_aliased_class:
            return None
        found: AliasedInsp = entity
        told_by_class = found.usual and not (self.criteria and found.renamed)
        return None if told_by_class else found


@dataclass(frozen=True, slots=True)
class How:
    """A loader with its arguments; for columns "deferred" or "column".

    `of`: the subclass whose rows alone are wanted. `parts`: the subclasses whose columns are
    loaded with those of the related class.
    """

    loader: str
    innerjoin: bool | str | None = None
    recursion_depth: int | None = None
    chunksize: int | None = None
    alias: Any = None
    raises: bool = False
    via: Via | None = None
    of: Mapper | None = None
    parts: tuple[Mapper, ...] = ()


@dataclass(frozen=True, slots=True)
class Directive:
    """What one option decides: at the end of `path`, how `key` is loaded.

    `key` "*" means all attributes of the `kind`; with `everywhere` those of deeper levels too.
    `kind` "group" takes the name of a group of deferred columns as its key; "subclasses" says
    which subclasses of `owner` are read in full right after it.
    """

    owner: Rooted | None
    path: tuple[Step, ...]
    kind: str
    key: str
    how: How
    everywhere: bool = False

    @property
    def root(self) -> Rooted | None:
        """The entity that the path starts from; None: any."""
        return self.path[0].owner if self.path else self.owner

    def at_mapper(self) -> Directive:
        """Return what this decides as seen from the mapper of its root."""
        root: Any = self.root
        if root is None or not root.is_aliased_class:
            return self
        return self.starting_at(root.mapper)

    def starting_at(self, root: Any) -> Directive:
        """Return what this decides for another entity of the class that it starts from."""
        if not self.path:
            return replace(self, owner=root)
        return replace(self, path=(replace(self.path[0], owner=root), *self.path[1:]))

    def cache_key(self, anon_map: Any, bindparams: Any) -> tuple[Any, ...]:
        """Return what tells this from others in Core's cache of compiled statements."""
        root: Any = self.root
        known = None
        if root is not None and root.is_aliased_class:
            known = root._gen_cache_key(anon_map, bindparams)
        how = self.how
        if how.alias is None:
            return (known, self.at_mapper())
        alias = (
            how.alias.__clause_element__()
            if hasattr(how.alias, "__clause_element__")
            else how.alias
        )
        return (
            known,
            replace(self.at_mapper(), how=replace(how, alias=None)),
            alias._gen_cache_key(anon_map, bindparams),
        )

    def deeper(self) -> Directive:
        """Return what this decides as seen from the end of its first step."""
        return replace(self, path=self.path[1:])

    def __str__(self) -> str:
        if self.kind == "subclasses":
            return "selectin_polymorphic()"
        names = [*(str(step) for step in self.path)]
        if self.owner is not None and self.key != WILDCARD:
            names.append(f"{self.owner.class_.__name__}.{self.key}")
        return f"{SPELLED.get(self.how.loader, self.how.loader)}({' -> '.join(names) or '*'})"


SPELLED = {
    "select": "lazyload",
    "joined": "joinedload",
    "selectin": "selectinload",
    "subquery": "subqueryload",
    "immediate": "immediateload",
    "raise": "raiseload",
    "raise_on_sql": "raiseload",
    "default": "defaultload",
    "deferred": "defer",
    "column": "undefer",
}
"""Loader -> the option that asks for it."""

LOADER_NAMES = {
    "joined": "joined loader",
    "selectin": "select in loader",
    "subquery": "subquery loader",
    "immediate": "immediate loader",
    "select": "lazy loader",
    "raise": "raise loader",
    "raise_on_sql": "raise loader",
    "noload": "no loader",
    "contains_eager": "joined loader",
    "deferred": "deferred column loader",
    "column": "column loader",
}

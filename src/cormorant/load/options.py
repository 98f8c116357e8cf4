"""Loader options: immutable values that say how a statement loads attributes and relations."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import exc as core_exc
from sqlalchemy.sql.base import ExecutableOption
from sqlalchemy.sql.cache_key import HasCacheKey

from cormorant import exc
from cormorant.load.directives import (
    LOADER_NAMES,
    WILDCARD,
    Directive,
    How,
    Rooted,
    Step,
    Via,
)
from cormorant.mapping.aliased import AliasedClass, AliasedInsp
from cormorant.mapping.mapper import Mapper, class_mapper
from cormorant.mapping.polymorphic import chosen_mappers
from cormorant.sql.attributes import QueryableAttribute


class UserDefinedOption(ExecutableOption):
    """An option of the user's own; `ORMExecuteState.user_defined_options` finds it.

    A subclass with `propagate_to_loaders = True` also reaches the later loads of the objects.
    """

    is_user_defined = True
    inherit_cache = True
    propagate_to_loaders = False

    def __init__(self, payload: Any = None) -> None:
        self.payload = payload

    @property
    def _is_has_cache_key(self) -> bool:  # type: ignore[override] # Core reads it only
        # What the objects carry on is part of what Core keeps of a compiled statement.
        return self.propagate_to_loaders

    def _gen_cache_key(self, _anon_map: Any, _bindparams: Any) -> tuple[Any, ...]:
        return (UserDefinedOption, self)


class Load(HasCacheKey, ExecutableOption):
    """How the attributes of `entity`, and of what it leads to, are loaded.

    Each method returns a new option that also says what the method was told; after one that
    takes a relationship, the next methods speak of the related class.
    """

    inherit_cache = False
    propagate_to_loaders = True

    def __init__(self, entity: Any) -> None:
        self.root: Rooted | None = _entity(entity)
        self.path: tuple[Step, ...] = ()
        self.place: Rooted | None = self.root
        self.directives: tuple[Directive, ...] = ()

    @property
    def shape(self) -> Any:
        """What tells this option from others in the key of a plan; None: nothing can."""
        if any(each.how.alias is not None or each.how.via for each in self.directives):
            return None
        if any(each.root is not None and each.root.is_aliased_class for each in self.directives):
            return None
        return (Load, self.directives)

    def _gen_cache_key(self, anon_map: Any, bindparams: Any) -> tuple[Any, ...]:
        return (Load, *[each.cache_key(anon_map, bindparams) for each in self.directives])

    def _copy(self, *more: Directive) -> Load:
        made = object.__new__(type(self))
        made.root, made.path, made.place = self.root, self.path, self.place
        made.directives = self.directives + more
        return made

    def starting_at(self, entities: Mapping[Any, Any]) -> Load:
        """Return the same option for other entities of its classes: mapper -> entity."""
        made = self._copy()
        made.directives = tuple(
            [
                each.starting_at(entities[each.root]) if each.root in entities else each
                for each in self.directives
            ]
        )
        return made

    # -- relationships ----------------------------------------------------------------

    def joinedload(self, attr: Any, innerjoin: bool | str | None = None) -> Load:
        """Load along with the parent by a JOIN; `innerjoin` True, or "unnested"."""
        if innerjoin not in INNER_JOINS:
            raise core_exc.ArgumentError(
                f"joinedload(innerjoin=...) takes True, False, 'unnested' or 'nested', not a "
                f"{type(innerjoin).__name__}; leave it out for an outer join."
            )
        return self._relationship(attr, How("joined", innerjoin=innerjoin))

    def selectinload(
        self, attr: Any, recursion_depth: int | None = None, chunksize: int | None = None
    ) -> Load:
        """Load for all parents at once by SELECT ... IN; `recursion_depth` -1 has no end."""
        how = How("selectin", recursion_depth=recursion_depth, chunksize=chunksize)
        return self._relationship(attr, how)

    def subqueryload(self, attr: Any) -> Load:
        """Load for all parents at once by a SELECT that holds the parents' own."""
        return self._relationship(attr, How("subquery"))

    def immediateload(self, attr: Any, recursion_depth: int | None = None) -> Load:
        """Load with one SELECT per parent, as soon as the parents are there."""
        return self._relationship(attr, How("immediate", recursion_depth=recursion_depth))

    def lazyload(self, attr: Any) -> Load:
        """Load on first access."""
        return self._relationship(attr, How("select"))

    def raiseload(self, attr: Any, sql_only: bool = False) -> Load:
        """Refuse to load on access; `sql_only`: an object of the identity map is still given."""
        return self._relationship(attr, How("raise_on_sql" if sql_only else "raise"))

    def noload(self, attr: Any) -> Load:
        """Leave it empty, loaded with nothing."""
        warnings.warn(core_exc.SADeprecationWarning(NOLOAD), stacklevel=2)
        return self._relationship(attr, How("noload"))

    def defaultload(self, attr: Any) -> Load:
        """Load as the mapping says; the methods that follow speak of the related class."""
        return self._relationship(attr, How("default"))

    def contains_eager(self, attr: Any, alias: Any = None) -> Load:
        """Take the related rows from a JOIN that the statement makes itself."""
        return self._relationship(attr, How("contains_eager", alias=alias))

    # -- columns ----------------------------------------------------------------------

    def load_only(self, *attrs: Any, raiseload: bool = False) -> Load:
        """Load the key and the named columns; the others on first access."""
        rest = How("deferred", raises=raiseload)
        made = self._copy(Directive(self._here(), self.path, "column", WILDCARD, rest))
        for attr in attrs:
            made = made._column(attr, How("column"))
        return made

    def defer(self, key: Any, raiseload: bool = False) -> Load:
        """Leave a column out until its first access, or refuse that with `raiseload`."""
        return self._column(key, How("deferred", raises=raiseload))

    def undefer(self, key: Any) -> Load:
        """Load a column that the mapping defers."""
        return self._column(key, How("column"))

    def undefer_group(self, name: str) -> Load:
        """Load the deferred columns of a group."""
        return self._copy(Directive(self._here(), self.path, "group", name, How("column")))

    # -- subclasses -------------------------------------------------------------------

    def selectin_polymorphic(self, classes: Iterable[Any]) -> Load:
        """Load what the named subclasses add with one SELECT ... IN per class, right after."""
        place = self.place
        if place is None:
            raise core_exc.ArgumentError(
                "selectin_polymorphic() follows a class or a relationship: write "
                "selectin_polymorphic(Base, [Sub]), or Load(Base).selectin_polymorphic([Sub])."
            )
        mappers = tuple([class_mapper(each) for each in classes])
        chosen_mappers(place.mapper, mappers)
        how = How("selectin", parts=mappers)
        return self._copy(Directive(self._here(), self.path, "subclasses", "", how))

    def options(self, *opts: Any) -> Load:
        """Add options of the related class: several, where the methods follow one path."""
        made = self
        for each in opts:
            if not isinstance(each, Load):
                raise core_exc.ArgumentError(
                    f"Loader option {type(each).__name__} is not compatible with the "
                    f"Load.options() method; give joinedload(), load_only() and the like."
                )
            made = made._with(each)
        return made

    def _with(self, other: Load) -> Load:
        read_in_full = {
            each
            for one in (*self.directives, *other.directives)
            if one.kind == "subclasses" and one.path == self.path
            for each in one.how.parts
        }
        for directive in other.directives:
            if directive.root is not None and directive.root not in read_in_full:
                self._check_link(directive.root, str(directive))
        theirs = [each.at_mapper() for each in other.directives] if self.path else other.directives
        added = [replace(each, path=self.path + each.path, everywhere=False) for each in theirs]
        return self._copy(*added)

    # -- checks -----------------------------------------------------------------------

    def _relationship(self, attr: Any, how: How) -> Load:
        if isinstance(attr, str) and attr == WILDCARD:
            return self._copy(Directive(self._here(), self.path, "relationship", WILDCARD, how))
        found = _attribute(attr)
        if found.column is not None or not hasattr(found.prop, "lazy"):
            raise _misfit(how, found, "column property", "relationship")
        self._check_link(found.parent, f"{found.class_.__name__}.{found.key}")
        found.parent.ready()
        how = _narrowed(how, found)
        _check_depth(how, found.prop)
        owner = self._owner(found)
        made = self._copy(Directive(owner, self.path, "relationship", found.key, how))
        made.path = (*self.path, Step(owner, found.key))
        made.place = found.prop.mapper if found.of_entity is None else found.of_entity
        return made

    def _here(self) -> Rooted | None:
        """Return what the option has come to: behind a relationship, the class alone."""
        return self.place.mapper if self.path and self.place is not None else self.place

    def _owner(self, attr: Any) -> Rooted:
        """Return whose attribute it is: behind a relationship, the class alone."""
        owner: Rooted = attr.parent
        return owner.mapper if self.path else owner

    def _column(self, attr: Any, how: How) -> Load:
        if isinstance(attr, str) and attr == WILDCARD:
            return self._copy(Directive(self._here(), self.path, "column", WILDCARD, how))
        found = _attribute(attr)
        if found.column is None:
            raise _misfit(how, found, "relationship", "column property")
        self._check_link(found.parent, f"{found.class_.__name__}.{found.key}")
        return self._copy(Directive(self._owner(found), self.path, "column", found.key, how))

    def _check_link(self, owner: Rooted, name: str) -> None:
        """Refuse an attribute of a class that the path has not come to."""
        place = self.place
        if place is None or place is owner or getattr(owner, "whole", None) is place:
            return
        if place.is_aliased_class and self.path:
            raise core_exc.ArgumentError(
                f'ORM mapped entity or attribute "{name}" does not link from relationship '
                f'"{self.path[-1]}.of_type({place})"; name an attribute of that alias.'
            )
        if place.mapper.isa(owner.mapper) and not owner.is_aliased_class:
            return
        if owner.mapper.isa(place.mapper) and not owner.is_aliased_class:
            if not self.path:
                return
            raise core_exc.ArgumentError(
                f'ORM mapped entity or attribute "{name}" does not link from relationship '
                f'"{self.path[-1]}".  Did you mean to use '
                f'"{self.path[-1]}.of_type({owner.class_.__name__})", or '
                f'".options(selectin_polymorphic({place.class_.__name__}, '
                f'[{owner.class_.__name__}]), ...)"?'
            )
        if not self.path:
            raise core_exc.ArgumentError(
                f'ORM mapped attribute "{name}" does not link mapped class '
                f'"{place.class_.__name__}"; name an attribute of that class.'
            )
        raise core_exc.ArgumentError(
            f'ORM mapped entity or attribute "{name}" does not link from relationship '
            f'"{self.path[-1]}", which leads to {place.class_.__name__}; name an attribute of '
            f"that class."
        )


INNER_JOINS = (None, True, False, "nested", "unnested")
NOLOAD = (
    "The noload() option is deprecated and will be removed in a future release.  This option "
    "produces incorrect results by returning ``None`` for related items."
)


def _entity(given: Any) -> Rooted:
    if isinstance(given, (Mapper, AliasedInsp)):
        return given
    if isinstance(given, AliasedClass):
        return given._aliased_insp
    if isinstance(given, type):
        return class_mapper(given)
    raise core_exc.NoInspectionAvailable(
        f"Load() takes a mapped class, not an object of type {type(given).__name__!r}."
    )


def _attribute(given: Any) -> Any:
    if isinstance(given, str):
        raise core_exc.ArgumentError(
            "Strings are not accepted for attribute names in loader options; please use "
            "class-bound attributes directly."
        )
    if not isinstance(given, QueryableAttribute):
        name = given.__name__ if isinstance(given, type) else type(given).__name__
        raise core_exc.ArgumentError(
            f"expected ORM mapped attribute for loader strategy argument, got {name}; "
            f"write Class.attribute."
        )
    return given


def _misfit(how: How, attr: Any, kind: str, wanted: str) -> exc.LoaderStrategyException:
    return exc.LoaderStrategyException(
        f'Can\'t apply "{LOADER_NAMES.get(how.loader, how.loader)}" strategy to property '
        f'"{attr.class_.__name__}.{attr.key}", which is a "{kind}"; this loader strategy is '
        f'intended to be used with a "{wanted}".'
    )


NARROWING = frozenset(("joined", "selectin", "subquery", "contains_eager"))
"""Loaders that read the columns of the subclasses that of_type() names."""


def _narrowed(how: How, attr: Any) -> How:
    """Return how a relationship is loaded whose attribute of_type() or and_() narrowed."""
    entity = attr.of_entity
    via = (
        Via(attr)
        if attr.extra_criteria or (entity is not None and entity.is_aliased_class)
        else None
    )
    if entity is None or how.loader not in NARROWING:
        return replace(how, via=via if attr.extra_criteria else None)
    if how.loader == "contains_eager" and via is not None:
        return replace(how, via=via)
    if entity.is_aliased_class:
        needed = attr.extra_criteria or (via is not None and via.given is not None)
        of = None if entity.mapper is attr.prop.mapper else entity.mapper
        parts = tuple(entity.with_polymorphic_mappers[1:])
        return replace(how, via=via if needed else None, of=of, parts=parts)
    parts = tuple(chosen_mappers(attr.prop.mapper, [entity])[1:])
    return replace(how, via=via, parts=parts)


def _check_depth(how: How, prop: Any) -> None:
    if how.recursion_depth is None:
        return
    if not prop.mapper.common_parent(prop.parent):
        raise core_exc.InvalidRequestError(
            f"recursion_depth option on relationship {prop} not valid for non-self-referential "
            f"relationship"
        )


# -- functions --------------------------------------------------------------------------


def _start() -> Load:
    made = object.__new__(Load)
    made.root = made.place = None
    made.path, made.directives = (), ()
    return made


def _along(loader: str, keys: tuple[Any, ...], **arguments: Any) -> Load:
    """Follow all but the last of `keys` as the mapping says, and give the last its loader."""
    if not keys:
        raise core_exc.ArgumentError(
            f"{loader}() takes a relationship of a mapped class; none was given."
        )
    made = _start()
    for key in keys[:-1]:
        made = made.defaultload(key)
    made = getattr(made, loader)(keys[-1], **arguments)
    return _everywhere(made, keys[0])


def _everywhere(made: Load, key: Any) -> Load:
    """Let a wildcard that stands alone speak of all levels."""
    if isinstance(key, str):
        made.directives = tuple([replace(each, everywhere=True) for each in made.directives])
    return made


def joinedload(*keys: Any, **kw: Any) -> Load:
    """Load a relationship along with its parent by a JOIN: `innerjoin` True or "unnested"."""
    return _along("joinedload", keys, **kw)


def selectinload(
    *keys: Any, recursion_depth: int | None = None, chunksize: int | None = None
) -> Load:
    """Load a relationship for all parents at once by SELECT ... IN.

    `recursion_depth`: levels of a self-referential relationship, -1 for all.
    """
    return _along("selectinload", keys, recursion_depth=recursion_depth, chunksize=chunksize)


def subqueryload(*keys: Any) -> Load:
    """Load a relationship for all parents at once, by a SELECT that holds the parents' own."""
    return _along("subqueryload", keys)


def immediateload(*keys: Any, recursion_depth: int | None = None) -> Load:
    """Load a relationship with one SELECT per parent, as soon as the parents are there."""
    return _along("immediateload", keys, recursion_depth=recursion_depth)


def lazyload(*keys: Any) -> Load:
    """Load a relationship on first access."""
    return _along("lazyload", keys)


def raiseload(*keys: Any, **kw: Any) -> Load:
    """Refuse to load a relationship on access; `sql_only`: only where it would take SQL."""
    return _along("raiseload", keys, **kw)


def noload(*keys: Any) -> Load:
    """Leave a relationship empty, loaded with nothing."""
    return _along("noload", keys)


def defaultload(*keys: Any) -> Load:
    """Load a relationship as the mapping says; what is chained speaks of the related class."""
    return _along("defaultload", keys)


def contains_eager(*keys: Any, **kw: Any) -> Load:
    """Take a relationship from a JOIN that the statement makes itself; `alias` of its target."""
    return _along("contains_eager", keys, **kw)


def load_only(*attrs: Any, raiseload: bool = False) -> Load:
    """Load the key and the named columns of a class; the others on first access."""
    made = _start()
    made.place = made.root = _attribute(attrs[0]).parent if attrs else None
    return made.load_only(*attrs, raiseload=raiseload)


def defer(key: Any, *, raiseload: bool = False) -> Load:
    """Leave a column out until its first access, or refuse that with `raiseload`."""
    return _everywhere(_start().defer(key, raiseload=raiseload), key)


def undefer(key: Any) -> Load:
    """Load a column that the mapping defers."""
    return _everywhere(_start().undefer(key), key)


def undefer_group(name: str) -> Load:
    """Load the deferred columns of a group."""
    return _start().undefer_group(name)


def selectin_polymorphic(base_cls: Any, classes: Iterable[Any]) -> Load:
    """Load what the named subclasses add with one SELECT ... IN per class, right after."""
    return Load(base_cls).selectin_polymorphic(classes)

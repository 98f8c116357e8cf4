"""Loader options: immutable values that say how a statement loads attributes and relations."""

from __future__ import annotations

import warnings
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
        made = self._copy(Directive(self.place, self.path, "column", WILDCARD, rest))
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
        return self._copy(Directive(self.place, self.path, "group", name, How("column")))

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
        for directive in other.directives:
            if directive.root is not None:
                self._check_link(directive.root, str(directive))
        added = [
            replace(each, path=self.path + each.path, everywhere=False)
            for each in other.directives
        ]
        return self._copy(*added)

    # -- checks -----------------------------------------------------------------------

    def _relationship(self, attr: Any, how: How) -> Load:
        if isinstance(attr, str) and attr == WILDCARD:
            return self._copy(Directive(self.place, self.path, "relationship", WILDCARD, how))
        found = _attribute(attr)
        if found.column is not None or not hasattr(found.prop, "lazy"):
            raise _misfit(how, found, "column property", "relationship")
        self._check_link(found.parent, f"{found.class_.__name__}.{found.key}")
        found.parent.ready()
        step = Step(found.parent, found.key, found.of_entity)
        if found.extra_criteria or (step.narrowed is not None and step.narrowed.is_aliased_class):
            how = replace(how, via=Via(found))
        _check_depth(how, found.prop)
        made = self._copy(Directive(found.parent, self.path, "relationship", found.key, how))
        made.path = (*self.path, step)
        made.place = found.prop.mapper if step.narrowed is None else step.narrowed.mapper
        return made

    def _column(self, attr: Any, how: How) -> Load:
        if isinstance(attr, str) and attr == WILDCARD:
            return self._copy(Directive(self.place, self.path, "column", WILDCARD, how))
        found = _attribute(attr)
        if found.column is None:
            raise _misfit(how, found, "relationship", "column property")
        self._check_link(found.parent, f"{found.class_.__name__}.{found.key}")
        return self._copy(Directive(found.parent, self.path, "column", found.key, how))

    def _check_link(self, owner: Rooted, name: str) -> None:
        """Refuse an attribute of a class that the path has not come to."""
        place = self.place
        if place is None or place is owner:
            return
        if place.mapper.isa(owner.mapper) and not owner.is_aliased_class:
            return
        if owner.mapper.isa(place.mapper) and not owner.is_aliased_class:
            if not self.path:
                return
            raise core_exc.ArgumentError(
                f'ORM mapped entity or attribute "{name}" does not link from relationship '
                f'"{self.path[-1]}".  Did you mean to use '
                f'"{self.path[-1]}.of_type({owner.class_.__name__})"?'
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

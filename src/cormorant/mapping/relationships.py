"""Relationships: which objects of another class belong to an object, along which columns."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from sqlalchemy import and_
from sqlalchemy import exc as core_exc

from cormorant import exc
from cormorant.instrument._state_cy import InstanceState, settle
from cormorant.instrument.collections import members_of
from cormorant.instrument.related import RelatedAttribute, RelatedObject
from cormorant.instrument.related_list import RelatedCollection
from cormorant.mapping.along import RowsOf, between
from cormorant.mapping.cascades import CascadeOptions
from cormorant.mapping.comparators import RelationshipComparator
from cormorant.mapping.comparisons import compare_relationship
from cormorant.mapping.joins import JoinColumns, backref_options, find_join, find_secondary
from cormorant.mapping.overlaps import warn_of_overlaps
from cormorant.mapping.properties import MapperProperty
from cormorant.mapping.relation_checks import check_backref, check_options, check_pair, other_side
from cormorant.mapping.single_parent import check_single_parent
from cormorant.mapping.unresolved import Unresolved
from cormorant.sql.attributes import InstrumentedAttribute, Mapped

if TYPE_CHECKING:
    from cormorant.mapping.mapper import Mapper

T = TypeVar("T")


class RelationshipDirection(Enum):
    """Which side of a relationship holds the foreign key."""

    ONETOMANY = 1
    MANYTOONE = 2
    MANYTOMANY = 3


ONETOMANY = RelationshipDirection.ONETOMANY
MANYTOONE = RelationshipDirection.MANYTOONE
MANYTOMANY = RelationshipDirection.MANYTOMANY

USUAL_CASCADE = "save-update, merge"

LAZY = (
    "select",
    "joined",
    "selectin",
    "subquery",
    "immediate",
    "raise",
    "raise_on_sql",
    "noload",
)
"""The loaders that `relationship(lazy=...)` takes."""

REFUSING = ("raise", "raise_on_sql")
"""Those that refuse an access by the user."""


KNOWN_OF_OWNERS = ("late_columns", "owners")
"""What a flush keeps in the memo of a mapper that relationships of other classes tell."""


class RelationshipProperty(MapperProperty, Generic[T]):
    """One relationship as the mapper knows it; subclass `Comparator` for a comparator_factory.

    After configuring: `mapper` (the related one), `direction`, `uselist`, `columns` (the pairs
    of a source column and the foreign key column that gets its value).
    """

    Comparator = RelationshipComparator

    def __init__(self, argument: Any = None, **options: Any) -> None:
        super().__init__(options.pop("doc", None), options.pop("info", None))
        self.argument = argument
        self.options = options
        self.lazy = _lazy(options.get("lazy", "select"))
        self.viewonly = bool(options.get("viewonly"))
        default = "merge" if self.viewonly else USUAL_CASCADE
        given = options.get("cascade")
        self.cascade = CascadeOptions(default if given in (None, False) else given)
        self.single_parent = bool(options.get("single_parent"))
        self.passive_deletes = options.get("passive_deletes", False)
        self.post_update = bool(options.get("post_update"))
        self.passive_updates = bool(options.get("passive_updates", True))
        self.back_populates: str | None = options.get("back_populates")
        self.backref: Any = options.get("backref")
        self.order_by: Any = options.get("order_by", False)
        self.annotation_optional = False
        self.collection_class: Any = options.get("collection_class")
        self._uselist: bool | None = options.get("uselist")
        self.overlaps = frozenset(
            part.strip() for part in (options.get("overlaps") or "").split(",") if part.strip()
        )
        self.sync_backref: bool | None = options.get("sync_backref")
        self.in_step = self._is_in_step()
        self.active_history = bool(options.get("active_history"))
        self.load_on_pending = bool(options.get("load_on_pending"))
        self.enable_typechecks = bool(options.get("enable_typechecks", True))
        self.comparator_factory: Any = options.get("comparator_factory")
        self.join_depth: int | None = options.get("join_depth")
        self.omit_join: bool | None = options.get("omit_join")
        self.distinct_target_key: bool | None = options.get("distinct_target_key")
        self.innerjoin: Any = options.get("innerjoin", False)
        self.query_class: Any = options.get("query_class")
        self.configured = False
        self.inherited = False
        self.other_sides: list[RelationshipProperty[Any]] = []
        self._refuse_options()

    def _is_in_step(self) -> bool:
        """Tell whether changes of this side are made on the other one as well."""
        given = self.sync_backref
        if given and self.viewonly:
            raise core_exc.ArgumentError(
                "sync_backref and viewonly cannot both be True: what is only viewed takes no "
                "part in changes. Leave one of them out of relationship()."
            )
        return not self.viewonly if given is None else bool(given)

    def _refuse_options(self) -> None:
        if self.backref and self.back_populates:
            raise exc.ConfigurationError(
                "relationship() takes back_populates or backref, not both."
            )

    def take_annotation(self, target: Any, collection_class: Any, optional: bool) -> None:
        """Take what `Mapped[...]` says: the related class and whether it is a collection."""
        if self.collection_class is None:
            self.collection_class = collection_class
        if self.argument is None:
            self.argument = target
        if self._uselist is None:
            self._uselist = collection_class is not None
        self.annotation_optional = optional

    def for_subclass(self) -> RelationshipProperty[Any]:
        """Return a copy for the class of a mapper that inherits this."""
        made: RelationshipProperty[Any] = super().for_subclass()  # type: ignore[assignment] # a copy
        made.configured, made.inherited, made.other_sides = False, True, []
        return made

    def instrument(self, mapper: Mapper) -> Any:
        """Make the stand-in of the descriptor; the real one comes when this is configured."""
        on_class: Any = InstrumentedAttribute(mapper.class_, self.key, mapper, self, None)
        if self.doc is not None:
            on_class.__doc__ = self.doc
        stand_in = Unresolved(self, on_class)
        on_class.impl = stand_in
        return stand_in

    def configure(self) -> None:
        """Find the related mapper, the columns of the join, the direction, the other side."""
        if self.configured:
            return
        self.configured = True
        self.related: Any = self._find_target()
        self.mapper: Mapper = self.related.mapper
        self.join: JoinColumns = self._find_join()
        self.direction = self._find_direction()
        to_one = self.direction is MANYTOONE
        self.uselist = not to_one if self._uselist is None else self._uselist
        if self.uselist and to_one and not self.viewonly:
            raise exc.ConfigurationError(
                f"Relationship {self} holds a list, but its foreign key is in table "
                f"{self.parent.local_table.description!r}: this side can refer to one object "
                f"only. Annotate it as Mapped[{self.mapper.class_.__name__!r}], or set "
                f"remote_side for the other direction."
            )
        self._replace_descriptor()
        check_single_parent(self)  # before session and other side may be told of a refused member
        self.impl.take_place()
        self._join_other_side()
        check_options(self)
        warn_of_overlaps(self)
        self._forget_order()

    def _forget_order(self) -> None:
        """Have the related classes find out anew who refers to them: a flush goes by it."""
        for each in self.mapper.base_mapper.self_and_descendants:
            for name in KNOWN_OF_OWNERS:
                each.memo.pop(name, None)

    def _find_join(self) -> JoinColumns:
        """Return the join; a subclass inherits that of the class that declares it."""
        above = self.parent.inherits
        prop = above._properties.get(self.key) if self.inherited and above is not None else None
        if isinstance(prop, RelationshipProperty):
            prop.configure()
            return prop.join
        far: Any = self.mapper
        if self.related.is_aliased_class:
            far = RowsOf(self.mapper, self.related.selectable)
        return find_join(self, self.parent, far, self._join_options())

    def _join_options(self) -> dict[str, Any]:
        found = {}
        for name in ("primaryjoin", "secondaryjoin", "foreign_keys", "remote_side"):
            value = self.options.get(name)
            found[name] = self._resolve(value)
        found["secondary"] = find_secondary(self, self.options.get("secondary"))
        return found

    def _find_direction(self) -> RelationshipDirection:
        if self.join.secondary is not None:
            return MANYTOMANY
        return MANYTOONE if self.join.foreign_is_local else ONETOMANY

    def _resolve(self, value: Any) -> Any:
        """Evaluate what was written as text or as a function because classes came later."""
        if isinstance(value, str):
            return self.parent.registry.resolver(self.parent)(value)
        if callable(value) and not hasattr(value, "__clause_element__"):
            return value() if not isinstance(value, type) else value
        return value

    def _find_target(self) -> Any:
        """Return the mapper of the related class, or what `inspect` gives for an alias of it."""
        target = self._resolve(self.argument)
        if target is None:
            raise exc.ConfigurationError(
                f"Relationship {self} does not say what it relates to: give the class, its name, "
                f"or an annotation Mapped['Class']."
            )
        alias = getattr(target, "_aliased_insp", None)
        if alias is not None or isinstance(target, type(self.parent)):
            return alias or target
        manager = getattr(target, "_sa_class_manager", None)
        if manager is None or manager.mapper is None:
            raise exc.ConfigurationError(
                f"Relationship {self} expects a mapped class, got "
                f"{getattr(target, '__qualname__', type(target).__qualname__)!r}; map that class "
                f"or name another one."
            )
        return manager.mapper

    def _replace_descriptor(self) -> None:
        manager = self.parent.class_manager
        stand_in = manager.attributes[self.key]
        kind = RelatedCollection if self.uselist else RelatedObject
        real: RelatedAttribute = kind(self.parent.class_, self.key, stand_in.on_class)
        if isinstance(real, RelatedCollection):
            real.take_class(manager.collections_of(self.key, self.collection_class))
        real.cascades = self.cascade.save_update and not self.viewonly
        real.written = not self.viewonly
        real.accepts = None if self.viewonly else self.mapper.class_
        real.strict = not self.takes_subclasses
        real.owns = self.cascade.delete_orphan
        real.active_history = self.active_history
        real.loads_pending = self.load_on_pending
        stand_in.on_class.impl = real
        manager.replace_attribute(self.key, real)

    @property
    def impl(self) -> RelatedAttribute:
        """The descriptor that stands on the class."""
        found: RelatedAttribute = self.parent.class_manager.attributes[self.key]
        return found

    def _join_other_side(self) -> None:
        if self.backref:
            self._make_backref()
        if not self.back_populates:
            return
        other = other_side(self, RelationshipProperty)
        if not other.configured and other.back_populates != self.key:
            other.configure()  # it will not ask for this side
        if hasattr(other, "mapper") and isinstance(other.impl, RelatedAttribute):
            self._pair(other)
        for copy in other.copies_below():
            # Of a subclass that was configured before this side was there.
            if hasattr(copy, "mapper") and copy.impl.reverse is None:
                copy._pair(self)

    def copies_below(self) -> Iterator[RelationshipProperty[Any]]:
        """Yield what subclasses inherit of this relationship."""
        for mapper in self.parent.self_and_descendants:
            prop = mapper._properties.get(self.key)
            if isinstance(prop, RelationshipProperty) and prop.inherited and prop is not self:
                yield prop

    def _pair(self, other: RelationshipProperty[Any]) -> None:
        check_pair(self, other)
        self._meet(other)
        other._meet(self)
        if self.in_step and other.in_step:
            self.impl.reverse = other.impl
            # A subclass inherits this side; the other one goes on from the class it names.
            if other.impl.reverse is None or other.mapper is self.parent:
                other.impl.reverse = self.impl

    def _meet(self, other: RelationshipProperty[Any]) -> None:
        if other is not self and not any(other is each for each in self.other_sides):
            self.other_sides.append(other)

    def _make_backref(self) -> None:
        name, options = self.backref if isinstance(self.backref, tuple) else (self.backref, {})
        self.back_populates = name
        if name in self.mapper._properties:
            check_backref(self, name, RelationshipProperty)
            return
        options = backref_options(self.join, options)
        back: RelationshipProperty[Any] = Relationship(
            self.parent.class_, back_populates=self.key, **options
        )
        for mapper, prop in self.mapper.spread_property(name, back):
            prop.configure()
            if mapper.configured:
                mapper.class_manager.announce_attribute(name)

    @property
    def local_remote_pairs(self) -> list[tuple[Any, Any]]:
        """(column on this side, column on the other side) of the join."""
        return list(self.join.local_remote)

    @property
    def local_columns(self) -> set[Any]:
        """The columns on this side of the join."""
        return set(self.join.lookup)

    @property
    def synchronize_pairs(self) -> list[tuple[Any, Any]]:
        """(source column, foreign key column that gets its value in a flush)."""
        return list(self.join.pairs)

    @property
    def secondary_synchronize_pairs(self) -> list[tuple[Any, Any]]:
        """(column of the related class, column of the association table that gets its value)."""
        return list(self.join.secondary_pairs)

    @property
    def primaryjoin(self) -> Any:
        """The ON clause of the relationship; with a `secondary`, the one on this side of it."""
        return self.join.condition

    @property
    def secondary(self) -> Any:
        """The association table that stands between the two, or None."""
        return self.join.secondary

    @property
    def secondaryjoin(self) -> Any:
        """The ON clause between the association table and the related class, or None."""
        return self.join.secondary_condition

    @property
    def remote_side(self) -> set[Any]:
        """The columns on the other side of the join."""
        return set(self.join.remote)

    @property
    def entity(self) -> Any:
        """The related mapper, or what `inspect` gives for the alias that is related to."""
        self.parent.ready()
        return self.related

    @property
    def target(self) -> Any:
        """The related table, or the selectable of the related alias."""
        entity = self.entity
        return entity.selectable if entity.is_aliased_class else entity.local_table

    def between(self, near: Any, far: Any, middle: Any = None) -> tuple[Any, Any]:
        """Return the conditions of the join of two entities; see `along.between`."""
        return between(self, near, far, middle)

    def rows_of(self, selectable: Any) -> RowsOf:
        """Return a plain selectable as rows of the related class."""
        return RowsOf(self.mapper, selectable)

    def condition_of(self, path: Any) -> Any:
        """Return what an attribute of this relationship is as an expression: its join."""
        self.parent.ready()
        first, second = between(self, path.parent, path.of_entity or self.entity)
        return first if second is None else and_(first, second)

    def order_columns(self) -> tuple[Any, ...]:
        """Return the ORDER BY of the related rows."""
        given = self._resolve(self.order_by)
        if given is None or given is False:
            return ()
        items = given if isinstance(given, (list, tuple)) else (given,)
        return tuple(
            [i.__clause_element__() if hasattr(i, "__clause_element__") else i for i in items]
        )

    def operate(self, attribute: Any, op: Any, *other: Any, **kwargs: Any) -> Any:
        """Compare the relationship in SQL: ==, !=, any, has, contains."""
        self.parent.ready()
        if self.comparator_factory is not None:
            return op(self.comparator_of(attribute), *other, **kwargs)
        return compare_relationship(attribute, op, *other, **kwargs)

    def comparator_of(self, attribute: Any) -> Any:
        """Return what decides over the operators on an attribute of this relationship."""
        made = (self.comparator_factory or self.Comparator)(self, self.parent)
        made.path = attribute
        return made

    @property
    def comparator(self) -> Any:
        """What decides over the operators on the attribute of the class."""
        return self.comparator_of(self.class_attribute)

    @property
    def takes_subclasses(self) -> bool:
        """Tell whether objects of subclasses of the related class may be members."""
        return self.mapper.polymorphic_on is not None or not self.enable_typechecks

    def takes(self, mapper: Mapper) -> bool:
        """Tell whether objects of a class may be members."""
        return mapper is self.mapper or (mapper.isa(self.mapper) and self.takes_subclasses)

    def refusal(self, mapper: Mapper) -> str | None:
        """Return why objects of a class cannot be members, and the cure; None if they can."""
        if self.takes(mapper):
            return None
        cure = "Give an object of that class or of a subclass that is loaded as such."
        if mapper.isa(self.mapper):
            cure = (
                "Give the base class polymorphic_on, so that rows are loaded as objects of the "
                "subclass, or set enable_typechecks=False on the relationship."
            )
        return (
            f"Relationship {self} takes objects of class {self.mapper.class_.__name__!r}, not "
            f"{mapper.class_.__name__!r}. {cure}"
        )

    def members(self, obj: Any, state: InstanceState, load: bool = False) -> list[Any]:
        """Return the related objects in memory; with `load` those in the database as well."""
        value = self._loaded(obj, state) if load else state.dict.get(self.key)
        if value is None:
            if load or state.extra is None or not state.extra.queues:
                return []
            queue = state.extra.queues.get(self.key)
            return [] if queue is None else list(queue.added)
        return members_of(value) if self.uselist else [value]

    def _loaded(self, obj: Any, state: InstanceState) -> Any:
        """Return the value; it is loaded also where an access by the user would be refused."""
        settle(state)
        loader = self.lazy if state.branch is None else state.branch.how(self).loader
        if loader in REFUSING and self.key not in state.values and state.pk is not None:
            unit = None if state.link is None else state.link.unit()
            if unit is not None:
                unit.load_for_work(obj, state, self)
        return getattr(obj, self.key)


class Relationship(RelationshipProperty[T], Mapped[T]):  # type: ignore[misc] # `operate` of a property takes the attribute
    """What `relationship()` returns; typed as the attribute that it becomes."""

    __slots__ = ()
    inherit_cache = True


def _lazy(given: Any) -> str:
    spelled = {True: "select", None: "noload", False: "joined"}.get(given, given)
    if spelled not in LAZY:
        raise exc.LoaderStrategyException(
            f"relationship(lazy={given!r}) is not offered; the loaders are {', '.join(LAZY)}."
        )
    return str(spelled)

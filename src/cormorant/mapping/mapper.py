"""The mapper: what a class and its table have to do with each other."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Generic

from sqlalchemy import Column
from sqlalchemy import exc as core_exc
from sqlalchemy.util import ReadOnlyProperties
from typing_extensions import TypeVar

from cormorant import exc
from cormorant.event.catalog import InstanceEvents, MapperEvents
from cormorant.event.places import Everyone, OfClass, Place
from cormorant.instrument._state_cy import state_of
from cormorant.instrument.manager import manager_or_error, new_manager, own_manager
from cormorant.mapping.arrange import arrange
from cormorant.mapping.cascades import reached
from cormorant.mapping.columns import ColumnProperty
from cormorant.mapping.family import FamilyMember
from cormorant.mapping.inherit import (
    Inheritance,
    polymorphic_column,
    polymorphic_spec,
    warn_of_missing_identity,
)
from cormorant.mapping.properties import MapperProperty
from cormorant.mapping.relationships import RelationshipProperty
from cormorant.mapping.validators import attach_methods
from cormorant.mapping.versions import VersionRule
from cormorant.sql.eager import layouts
from cormorant.sql.inspection import InspectionAttr
from cormorant.sql.plans import forget_plans
from cormorant.sql.plugin import entity_clause

P = TypeVar("P", bound=MapperProperty)
O = TypeVar("O", default=Any)  # noqa: E741 # O as in object

if TYPE_CHECKING:
    from cormorant.mapping.registry import registry as Registry


class Mapper(FamilyMember, InspectionAttr, Generic[O]):
    """One mapped class: its table, its properties, its keys.

    `attrs` in the order of declaration. `pk_keys`: attribute names of the primary key in the
    order of the key. `memo`: what the floors above compute once per mapper; emptied when a
    property is added.
    """

    is_mapper = True
    is_selectable = False
    layouts = layouts

    def __init__(
        self,
        class_: type[Any],
        local_table: Any = None,
        *,
        registry: Registry,
        properties: Mapping[str, Any] | None = None,
        primary_key: Iterable[Any] | None = None,
        inherits: Mapper | type[Any] | None = None,
        inherit_condition: Any = None,
        polymorphic_on: Any = None,
        polymorphic_identity: Any = None,
        polymorphic_abstract: bool = False,
        polymorphic_load: str | None = None,
        with_polymorphic: Any = None,
        version_id_col: Any = None,
        version_id_generator: Any = None,
        eager_defaults: bool | str = "auto",
        include_properties: Iterable[str] | None = None,
        exclude_properties: Iterable[str] | None = None,
        column_prefix: str | None = None,
        confirm_deleted_rows: bool = True,
        batch: bool = True,
        allow_partial_pks: bool = True,
        always_refresh: bool = False,
        concrete: bool = False,
        passive_updates: bool = True,
        passive_deletes: bool = False,
        legacy_is_orphan: bool = False,
    ) -> None:
        self.class_ = class_
        self.registry = registry
        self.inheritance = Inheritance.find(
            class_, local_table, inherits, inherit_condition, concrete
        )
        self.inherits = self.inheritance.parent
        self.base_mapper: Mapper = self.inherits.base_mapper if self.inherits else self
        self.local_table: Any = self.inheritance.table
        self.persist_selectable = self.inheritance.selectable
        self.single = self.inheritance.single
        self.concrete = concrete
        self.polymorphic_identity = polymorphic_identity
        shared = self.inherits if polymorphic_identity is not None else None
        self.identity_mapper: Mapper = shared.identity_mapper if shared else self
        self.polymorphic_abstract = polymorphic_abstract
        self.polymorphic_load = polymorphic_load
        self.polymorphic_spec = polymorphic_spec(class_, with_polymorphic, polymorphic_load)
        self.eager_defaults = eager_defaults
        self.confirm_deleted_rows = confirm_deleted_rows
        self.batch = batch
        self.allow_partial_pks = allow_partial_pks
        self.always_refresh = always_refresh
        self.passive_updates = passive_updates
        self.passive_deletes = passive_deletes
        self.legacy_is_orphan = legacy_is_orphan
        self.memo: dict[Any, Any] = {}
        self.configured = False
        self.configure_failed: Exception | None = None
        self._properties: dict[str, MapperProperty] = {}
        self._by_column: dict[Any, ColumnProperty] = {}
        self._limits = (
            None if include_properties is None else set(include_properties),
            set(exclude_properties or ()),
            column_prefix or "",
        )
        self._take_class()
        self.clause: Any = None
        self.primary_key: tuple[Any, ...] = self._find_primary_key(primary_key)
        self._map_columns(dict(properties or {}))
        self.pk_keys = tuple([self.property_of(column).key for column in self.primary_key])
        self.single_key = len(self.pk_keys) == 1
        self.version = VersionRule.find(self, version_id_col, version_id_generator)
        self.polymorphic_on = polymorphic_column(self, polymorphic_on)
        self.inheritance.join_family(self)
        warn_of_missing_identity(self)
        self._finish_instrumentation()
        registry.add_mapper(self)
        attach_methods(self)
        for listener in self.dispatch.after_mapper_constructed:
            listener(self, class_)

    def _take_class(self) -> None:
        if not isinstance(self.class_, type):
            raise exc.ConfigurationError(
                f"{self.class_!r} cannot be mapped: a mapped class is a class of the new style."
            )
        existing = own_manager(self.class_)
        if existing is not None and existing.is_mapped:
            raise exc.ConfigurationError(
                f"Class {self.class_.__qualname__!r} already has a mapper. "
                f"Map a subclass, or call clear_mappers() first."
            )
        self.class_manager = existing or new_manager(self.class_)
        self.class_manager.mapper = self
        if existing is None:
            self.class_manager.instrument_class()
        self.dispatch = self.class_manager.dispatch
        type.__setattr__(self.class_, "__clause_element__", ClassClause())
        for listener in self.dispatch.instrument_class:
            listener(self, self.class_)

    def _find_primary_key(self, given: Iterable[Any] | None) -> tuple[Any, ...]:
        if self.inherits is not None:
            return self.inherits.primary_key
        if given is not None:
            return tuple([self._own_column(column) for column in given])
        keys = tuple(self.local_table.primary_key) if self.local_table is not None else ()
        if not keys:
            raise exc.ConfigurationError(
                f"Mapper of class {self.class_.__name__!r} could not assemble any primary key "
                f"columns for mapped table {getattr(self.local_table, 'name', None)!r}. Mark at "
                f"least one column with primary_key=True, or name them with "
                f"__mapper_args__ = {{'primary_key': [...]}}."
            )
        return keys

    def _own_column(self, column: Any) -> Any:
        if isinstance(column, str):
            return self.local_table.c[column]
        element = getattr(column, "column", column)
        return self.local_table.c[element.key] if element.table is None else element

    def _map_columns(self, properties: dict[str, Any]) -> None:
        for key, prop in arrange(self, properties, self._limits):
            self._set_property(key, prop)

    def _set_property(self, key: str, prop: MapperProperty) -> None:
        prop.set_parent(self, key)
        self._properties[key] = prop
        if isinstance(prop, ColumnProperty):
            for column in prop.columns:
                self._by_column.setdefault(column, prop)
        self.class_manager.instrument_attribute(key, prop.instrument(self))

    def _finish_instrumentation(self) -> None:
        manager = self.class_manager
        manager.set_template([key for key, _ in self.load_columns])
        if self.polymorphic_identity is not None and self.discriminator in self._properties:
            manager.initial = ((self.discriminator, self.polymorphic_identity),)
        manager.choose_constructor()

    def add_property(self, key: str, prop: Any) -> None:
        """Map one more attribute after the class was mapped."""
        if not isinstance(prop, MapperProperty):
            if isinstance(prop, Column) and prop.table is None:
                prop.name = prop.name or key
                prop.key = prop.key or key
                self.local_table.append_column(prop)
            prop = ColumnProperty(prop)
        for mapper, added in self.spread_property(key, prop):
            mapper.memo.clear()
            mapper.clause = None
            mapper.class_manager.set_template([name for name, _ in mapper.load_columns])
            if mapper.configured:
                added.configure()
                mapper.class_manager.announce_attribute(key)
        forget_plans()

    def add_properties(self, dict_of_properties: Mapping[str, Any]) -> None:
        """Map further attributes, by their names."""
        for key, prop in dict_of_properties.items():
            self.add_property(key, prop)

    def spread_property(self, key: str, prop: MapperProperty) -> list[tuple[Mapper, Any]]:
        """Set a property here and its copies below, where no class has one of this name."""
        self._set_property(key, prop)
        found: list[tuple[Mapper, Any]] = [(self, prop)]
        for mapper in self.self_and_descendants[1:]:
            above = mapper.inherits
            if above is not None and key not in mapper._properties and key in above._properties:
                mapper._set_property(key, above._properties[key].for_subclass())
                found.append((mapper, mapper._properties[key]))
        return found

    def configure(self) -> None:
        """Resolve relationships; called once by the registry, under its lock."""
        done: set[str] = set()
        # A relationship to the class itself adds its backref meanwhile.
        while waiting := [key for key in self._properties if key not in done]:
            for key in waiting:
                done.add(key)
                if self._properties[key].parent is self:
                    self._properties[key].configure()
                self.class_manager.announce_attribute(key)
        self.configured = True
        self.class_manager.choose_constructor()

    @property
    def entity(self) -> type[Any]:
        """The mapped class."""
        return self.class_

    @property
    def mapper(self) -> Mapper:
        """The mapper itself, as every inspected entity answers."""
        return self

    @property
    def attrs(self) -> ReadOnlyProperties[MapperProperty]:
        """All properties by name."""
        self.ready()
        return ReadOnlyProperties(dict(self._properties))

    @property
    def column_attrs(self) -> _Properties[ColumnProperty]:
        """Properties of columns, by name and in order."""
        self.ready()
        return self._column_props

    @property
    def _column_props(self) -> _Properties[ColumnProperty]:
        """The same for who works on a mapping that is not configured."""
        return _Properties(
            {k: p for k, p in self._properties.items() if isinstance(p, ColumnProperty)}
        )

    @property
    def relationships(self) -> _Properties[RelationshipProperty[Any]]:
        """Relationships, by name and in order."""
        self.ready()
        return _Properties(
            {k: p for k, p in self._properties.items() if isinstance(p, RelationshipProperty)}
        )

    @property
    def all_orm_descriptors(self) -> ReadOnlyProperties[Any]:
        """The class-level attributes by name, in the order in which the class declares them."""
        attributes = self.class_manager.attributes
        declared = [key for base in self.class_.__mro__ for key in vars(base)]
        return ReadOnlyProperties(
            {key: attributes[key].on_class for key in declared if key in attributes}
        )

    @property
    def columns(self) -> ReadOnlyProperties[Any]:
        """The columns by attribute name."""
        return ReadOnlyProperties({prop.key: prop.columns[0] for prop in self._column_props})

    c = columns

    @property
    def iterate_properties(self) -> Iterator[MapperProperty]:
        """All properties in order."""
        return iter(list(self._properties.values()))

    def ready(self) -> None:
        """Configure all mappers of the registry if that has not happened yet."""
        if not self.configured:
            self.registry.configure()

    def has_property(self, key: str) -> bool:
        """Tell whether a property of this name is mapped."""
        return key in self._properties

    def get_property(self, key: str) -> MapperProperty:
        """Return the property of this name; raises InvalidRequestError."""
        self.ready()
        return self._property(key)

    def _property(self, key: str) -> MapperProperty:
        prop = self._properties.get(key)
        if prop is None:
            raise core_exc.InvalidRequestError(self._no_such(key))
        return prop

    def _no_such(self, key: str) -> str:
        near = difflib.get_close_matches(key, list(self._properties), n=3)
        hint = f"; did you mean {' or '.join(map(repr, near))}?" if near else "."
        return (
            f"Mapper of class {self.class_.__name__!r} has no property {key!r}{hint} "
            f"Its properties are: {', '.join(self._properties)}."
        )

    def attribute(self, key: str) -> Any:
        """Return the class-level attribute of this name; raises UnmappedColumnError."""
        found = self.class_manager.attributes.get(key)
        if found is None:
            raise exc.UnmappedColumnError(self._no_such(key))
        return found.on_class

    def property_of(self, column: Any) -> ColumnProperty:
        """Return the property that maps a column; raises UnmappedColumnError."""
        prop = self._by_column.get(column)
        if prop is None:
            raise exc.UnmappedColumnError(
                f"No column {column} is configured on mapper of class {self.class_.__name__!r}. "
                f"Map it, or use a column of table {getattr(self.local_table, 'name', None)!r}."
            )
        return prop

    get_property_by_column = property_of

    @property
    def with_polymorphic(self) -> tuple[Any, None] | None:
        """(classes or "*", None) whose columns rows of this class hold by default, or None."""
        if self.polymorphic_spec == "*":
            return "*", None
        classes = tuple([each.class_ for each in self.with_polymorphic_mappers[1:]])
        return (classes, None) if classes else None

    @property
    def version_id_col(self) -> Any:
        """The column that counts the versions of a row, or None."""
        return None if self.version is None else self.version.column

    @property
    def version_id_generator(self) -> Any:
        """The function from one version to the next, False where the server counts, or None."""
        return None if self.version is None else self.version.generator

    @property
    def validators(self) -> dict[str, Any]:
        """Attribute name -> (method, options) of the class's @validates methods."""
        return dict(self.memo_forever.get("validators", {}))

    @property
    def memo_forever(self) -> dict[str, Any]:
        """Facts of the declaration that adding a property leaves true."""
        facts: dict[str, Any] = self.__dict__.setdefault("_facts", {})
        return facts

    def cascade_iterator(
        self, type_: str, state: Any, halt_on: Callable[[Any], bool] | None = None
    ) -> Iterator[tuple[Any, Mapper, Any, Any]]:
        """Return an iterator of (object, mapper, state, values) that a cascade reaches."""
        return reached(type_, state, halt_on)

    def __clause_element__(self) -> Any:
        if self.clause is None:
            self.clause = entity_clause(self)
        return self.clause

    def __repr__(self) -> str:
        return f"<Mapper of {self.class_.__name__}>"

    def __str__(self) -> str:
        table = getattr(self.local_table, "description", self.local_table)
        return f"Mapper[{self.class_.__name__}({table})]"


class ClassClause:
    """The `__clause_element__` of a mapped class: what Core selects for it; objects have none."""

    def __get__(self, obj: Any, cls: type[Any]) -> Any:
        if obj is not None:
            raise AttributeError("__clause_element__")
        mapper: Mapper = cls._sa_class_manager.mapper
        return mapper.__clause_element__


class _Properties(ReadOnlyProperties[P]):
    """Properties by name, iterated in order."""

    def __iter__(self) -> Iterator[P]:
        return iter(self.values())


def class_mapper(class_: Any, configure: bool = True) -> Mapper:
    """Return the mapper of a class; raises UnmappedClassError."""
    if isinstance(class_, Mapper):
        return class_
    if not isinstance(class_, type):
        raise core_exc.ArgumentError(f"Class object expected, got {class_!r}.")
    mapper = manager_or_error(class_).mapper
    if configure:
        mapper.ready()
    return mapper


def object_mapper(instance: Any) -> Mapper:
    """Return the mapper of an object; raises UnmappedInstanceError."""
    found: Mapper = state_of(instance).mapper
    return found


def _place_of_mapper(target: Any) -> Place | None:
    if target is Mapper or target is mapper:
        return Everyone()
    if isinstance(target, Mapper):
        return OfClass(target.class_)
    return OfClass(target) if isinstance(target, type) else None


def mapper(*args: Any, **kwargs: Any) -> Any:
    """Stand as an event target for all mappings; to map a class, use the registry.

    As the reference: `event.listen(mapper, ...)` listens to every mapped class.
    """
    raise core_exc.InvalidRequestError(
        "The mapper() function maps nothing any more; use registry.map_imperatively(). "
        "It remains an event target: event.listen(mapper, ...) listens to all mappings."
    )


MapperEvents.add_resolver(_place_of_mapper)
InstanceEvents.add_resolver(_place_of_mapper)

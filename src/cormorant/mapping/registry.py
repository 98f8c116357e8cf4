"""The registry: which classes are mapped, under which names, with which SQL types."""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Callable, Iterable, Mapping
from operator import attrgetter
from typing import Any, TypeVar

from sqlalchemy import MetaData
from sqlalchemy.exc import ArgumentError, InvalidRequestError

from cormorant.event.catalog import RegistryEvents
from cormorant.event.places import OfClass, OfObject, Place
from cormorant.exc import UnmappedClassError
from cormorant.instrument._state_cy import Instrumented
from cormorant.instrument.manager import keyword_constructor
from cormorant.mapping import configuring
from cormorant.mapping.classes import DeclarativeMeta, declare, registry_of
from cormorant.mapping.mapper import Mapper
from cormorant.mapping.names import ClassNames, ClassRegistry, Resolver
from cormorant.mapping.overlaps import Writers
from cormorant.mapping.python_types import TypeMap

O = TypeVar("O")  # noqa: E741  # O as in object

Constructor = Callable[..., None]

_registries: weakref.WeakSet[registry] = weakref.WeakSet()
_numbers = itertools.count()


class registry:  # the name that users know
    """Maps classes, and knows them by name until the last of them is gone.

    `types`: SQL types by Python type. `dispatch`: the listeners of this registry.
    """

    def __init__(
        self,
        *,
        metadata: MetaData | None = None,
        class_registry: ClassRegistry | None = None,
        type_annotation_map: Mapping[Any, Any] | None = None,
        constructor: Constructor | None = keyword_constructor,
    ) -> None:
        self.metadata = metadata if metadata is not None else MetaData()
        self.constructor = constructor
        self.types = TypeMap(type_annotation_map)
        self.type_annotation_map: dict[Any, Any] = dict(type_annotation_map or {})
        self.dispatch: Any = RegistryEvents.board.dispatch_of(type(self))
        self.names = ClassNames(class_registry)
        # Weak, so that a class that nobody uses can go, mapper and all.
        self._mappers: weakref.WeakValueDictionary[int, Mapper] = weakref.WeakValueDictionary()
        self.writers: Writers = {}
        self.number = next(_numbers)
        _registries.add(self)

    @property
    def _class_registry(self) -> ClassRegistry:
        return self.names.names

    @property
    def mappers(self) -> frozenset[Mapper]:
        """Return all mappers of this registry."""
        return frozenset(self._mappers.values())

    def all_mappers(self) -> list[Mapper]:
        """Return the mappers in the order in which their classes were mapped."""
        return [mapper for _number, mapper in sorted(self._mappers.items())]

    def new_mappers(self) -> list[Mapper]:
        """Return the mappers that are not configured yet, in order."""
        return [mapper for mapper in self.all_mappers() if not mapper.configured]

    @property
    def pending(self) -> bool:
        """Return True if some mapper is not configured yet."""
        return any(not mapper.configured for mapper in list(self._mappers.values()))

    def dependencies(self) -> Iterable[registry]:
        """Return the registries that classes of this one inherit from."""
        parents = (mapper.inherits for mapper in self.all_mappers())
        return [p.registry for p in parents if p is not None and p.registry is not self]

    def needed(self) -> Iterable[registry]:
        """Return the registries that classes of this one inherit from, or new ones refer to."""
        found = [each.inherits for each in self.all_mappers() if each.inherits is not None]
        for mapper in self.new_mappers():
            targets = [getattr(prop, "argument", None) for prop in mapper._properties.values()]
            classes = [each for each in targets if isinstance(each, type)]
            found += [vars(each)["__mapper__"] for each in classes if "__mapper__" in vars(each)]
        return [each.registry for each in found if each.registry is not self]

    def add_mapper(self, mapper: Mapper) -> None:
        """Take a new mapper; its class knows it as `__mapper__` from now on."""
        cls = mapper.class_
        self._mappers[next(_numbers)] = mapper
        type.__setattr__(cls, "__mapper__", mapper)
        if "__table__" not in vars(cls) and mapper.local_table is not None:
            type.__setattr__(cls, "__table__", mapper.local_table)
        self.names.add(cls)

    def class_named(self, path: str) -> type[Any]:
        """Return the mapped class of this name or module path; raises with the near names."""
        found = self.names.find(path)
        if found is None:
            near = self.names.near(path)
            hint = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
            raise UnmappedClassError(f"No mapped class has the name {path!r}.{hint}")
        return found

    def resolver(self, mapper: Mapper) -> Resolver:
        """Return what evaluates the late arguments of the relationships of `mapper`."""
        return Resolver(self.names, self.metadata, mapper)

    def update_type_annotation_map(self, type_annotation_map: Mapping[Any, Any]) -> None:
        """Add entries to the map from Python types to SQL types."""
        self.type_annotation_map.update(type_annotation_map)
        self.types.update(type_annotation_map)

    def configure(self, cascade: bool = False) -> None:
        """Configure the new mappers of this registry and of those it depends on.

        `cascade` is accepted as by SQLAlchemy; dependencies are always configured.
        """
        configuring.configure([self])

    def dispose(self, cascade: bool = False) -> None:
        """Take all mappings of this registry off their classes.

        `cascade`: those of registries whose classes inherit from this one too.
        """
        dependants = [each for each in list(_registries) if self in each.dependencies()]
        if dependants and not cascade:
            raise InvalidRequestError(
                "This registry cannot be disposed of: classes of other registries inherit from "
                "its classes. Pass cascade=True to dispose of those registries too."
            )
        for each in dependants:
            each.dispose(cascade=True)
        for mapper in reversed(self.all_mappers()):
            self._unmap(mapper)
        self._mappers.clear()

    def _unmap(self, mapper: Mapper) -> None:
        cls = mapper.class_
        self.names.remove(cls)
        for name, thing in (("__mapper__", mapper), ("__table__", mapper.local_table)):
            if vars(cls).get(name) is thing:
                type.__delattr__(cls, name)
        mapper.class_manager.unregister()

    def generate_base(
        self,
        mapper: Callable[..., Any] | None = None,
        cls: type[Any] = object,
        name: str = "Base",
        metaclass: type[Any] = DeclarativeMeta,
    ) -> Any:
        """Make a base class whose subclasses are mapped as they are declared."""
        body: dict[str, Any] = {"registry": self, "metadata": self.metadata, "__abstract__": True}
        bases = cls if isinstance(cls, tuple) else (cls,)
        if cls is not object and isinstance(cls, type):
            body["__doc__"] = cls.__doc__
        if self.constructor is not keyword_constructor or _has_constructor(bases):
            body["__init__"] = self.constructor or object.__init__
        if mapper is not None:
            body["__mapper_cls__"] = mapper
        if hasattr(cls, "__class_getitem__"):

            def __class_getitem__(cls: type[Any], _key: Any) -> type[Any]:
                return cls

            body["__class_getitem__"] = classmethod(__class_getitem__)
        return metaclass(name, bases, body)

    def as_declarative_base(self, **kw: Any) -> Callable[[type[O]], type[O]]:
        """Make the decorated class the base of classes that are mapped as they are declared."""

        def decorate(cls: type[O]) -> type[O]:
            kw["cls"] = cls
            kw["name"] = cls.__name__
            base: type[O] = self.generate_base(**kw)
            return base

        return decorate

    def mapped(self, cls: type[O]) -> type[O]:
        """Map the decorated class as its body declares it."""
        self.map_declaratively(cls)
        return cls

    def map_declaratively(self, cls: type[O]) -> Mapper:
        """Map a class as its body declares it; return its mapper."""
        if not isinstance(cls, type):
            raise ArgumentError(f"Only a class can be mapped, not {type(cls).__name__!r}.")
        self._give_constructor(cls)
        declare(cls, self)
        mapper: Mapper = cls.__mapper__  # type: ignore[attr-defined] # declare() has set it
        return mapper

    def map_imperatively(self, class_: type[O], local_table: Any = None, **kw: Any) -> Mapper:
        """Map a plain class to a table; `properties=` and further options as of Mapper."""
        if not isinstance(class_, type):
            raise ArgumentError(f"Only a class can be mapped, not {type(class_).__name__!r}.")
        if isinstance(local_table, str):
            raise ArgumentError(
                f"map_imperatively() of class {class_.__name__!r} takes a Table or another "
                f"selectable, not the string {local_table!r}."
            )
        self._give_constructor(class_)
        return Mapper(class_, local_table, registry=self, **kw)

    def _give_constructor(self, cls: type[Any]) -> None:
        if self.constructor is not None and cls.__init__ is object.__init__:
            cls.__init__ = self.constructor


def _has_constructor(bases: tuple[type[Any], ...]) -> bool:
    return any(base.__init__ not in (object.__init__, Instrumented.__init__) for base in bases)


def configure_mappers() -> None:
    """Configure all mappers of all registries that are not configured yet."""
    configuring.configure(sorted(_registries, key=attrgetter("number")))


def clear_mappers() -> None:
    """Take the mappings off all classes of all registries."""
    for each in list(_registries):
        each.dispose(cascade=True)


def _place_of_registry(target: Any) -> Place | None:
    if isinstance(target, registry):
        return OfObject(target)
    if isinstance(target, type):
        if issubclass(target, registry):
            return OfClass(target)
        found = registry_of(target)
        if found is not None and "__mapper__" not in vars(target):
            return OfObject(found)
    return None


RegistryEvents.add_resolver(_place_of_registry)

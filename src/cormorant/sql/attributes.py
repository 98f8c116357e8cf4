"""Class-level attributes: what `User.name` is when nobody asks for an object's value."""

from __future__ import annotations

import itertools
import operator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, overload

from sqlalchemy import ColumnElement, TypeDecorator
from sqlalchemy.sql import roles
from sqlalchemy.sql.cache_key import HasCacheKey
from sqlalchemy.util import immutabledict

from cormorant.sql.inspection import (
    InspectionAttr,
    InspectionAttrExtensionType,
    InspectionAttrInfo,
    NotExtension,
    ORMDescriptor,
    PropComparator,
    SQLORMExpression,
    SQLORMOperations,
    T_co,
)
from cormorant.sql.nodes import PLAIN, Comparison, light
from cormorant.sql.plans import epoch

if TYPE_CHECKING:
    from cormorant.ports import Entity

__all__ = [
    "InspectionAttr",
    "InspectionAttrExtensionType",
    "InspectionAttrInfo",
    "InstrumentedAttribute",
    "Mapped",
    "NotExtension",
    "ORMDescriptor",
    "PropComparator",
    "QueryableAttribute",
    "SQLORMExpression",
    "SQLORMOperations",
    "entity_annotations",
]

PLUGIN = "cormorant"
STOCK = "sqlalchemy."
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Namespace(HasCacheKey):
    """An entity as Core meets it: where `filter_by` looks for names, what marks a statement."""

    entity: Entity

    @property
    def entity_namespace(self) -> Any:
        """Return the mapped or aliased class."""
        return self.entity.entity

    def _gen_cache_key(self, anon_map: Any, bindparams: Any) -> tuple[Any, ...]:
        # Core keeps what it compiled: it must not find that after the mapping has changed.
        entity: Any = self.entity
        if entity.is_aliased_class:
            return (Namespace, *entity._gen_cache_key(anon_map, bindparams))
        return (Namespace, entity, epoch.number)

    def __str__(self) -> str:
        return self.entity.class_.__name__


def propagated(entity: Entity) -> immutabledict[str, Any]:
    """Return the attributes by which Core hands a statement to our compile states."""
    return immutabledict({"compile_state_plugin": PLUGIN, "plugin_subject": Namespace(entity)})


def entity_annotations(entity: Entity) -> dict[str, Any]:
    """Return the annotations by which an element is known as part of `entity`."""
    return {"entity_namespace": Namespace(entity), "parententity": entity}


class Mapped(
    SQLORMExpression[T_co],
    ORMDescriptor[T_co],
    roles.DDLConstraintColumnRole,
):
    """Annotation of a mapped attribute: SQL on the class, a plain value on the object."""

    __slots__ = ()

    if TYPE_CHECKING:

        @overload
        def __get__(self, instance: None, owner: Any) -> InstrumentedAttribute[T_co]: ...

        @overload
        def __get__(self, instance: object, owner: Any) -> T_co: ...

        def __get__(self, instance: object | None, owner: Any) -> Any: ...

        @classmethod
        def _empty_constructor(cls, arg1: Any) -> Mapped[T_co]: ...

        def __set__(
            self,
            instance: Any,
            value: SQLORMOperations[T_co] | ColumnElement[T_co] | T_co,
        ) -> None: ...

        def __delete__(self, instance: Any) -> None: ...


class QueryableAttribute(
    Mapped[T_co],
    InspectionAttrInfo,
    PropComparator[T_co],
    roles.JoinTargetRole,
):
    """A mapped attribute at the level of the class, ready to stand in any SQL expression.

    Comparisons with plain values stay light nodes; everything else becomes Core's own
    expression of the column. A relationship (no column) answers through its property.
    """

    is_attribute = True
    is_clause_element = False
    _annotations: immutabledict[str, Any] = immutabledict()

    def __init__(
        self,
        class_: Any,
        key: str,
        parent: Entity,
        prop: Any,
        column: ColumnElement[Any] | None = None,
        *,
        plannable: bool = True,
    ) -> None:
        self.class_ = class_
        self.key = key
        self.parent = parent
        self.prop = prop
        self.column = column
        self.number = next(_numbers)
        """Tells the attribute apart in shapes; never used twice in a process."""
        self.of_entity: Entity | None = None
        """The subclass or alias that a relationship was narrowed to by `of_type`."""
        self.extra_criteria: tuple[Any, ...] = ()
        """What `and_` adds to the ON clause of a relationship."""
        self._element: Any = None
        self.plannable = plannable
        """False: the attribute may be of short life, so no plan is kept for it."""
        self._light = plannable and column is not None and _stock_comparator(column)

    @property
    def comparator(self) -> Any:
        """Return what decides over the operators: Core's comparator, or the property."""
        if self.column is None:
            return getattr(self.prop, "comparator", self.prop)
        return self.__clause_element__().comparator

    @property
    def expression(self) -> Any:
        """Return the Core expression, annotated with its entity."""
        return self.__clause_element__()

    @property
    def type(self) -> Any:
        """Return the SQL type of the column."""
        return self.__clause_element__().type

    @property
    def info(self) -> dict[Any, Any]:
        """Return the user's own facts: those of the property, else those of the column."""
        facts = getattr(self.prop, "info", None)
        if facts is None:
            facts = self.column.info if self.column is not None else {}
        result: dict[Any, Any] = facts
        return result

    @property
    def _propagate_attrs(self) -> immutabledict[str, Any]:
        return propagated(self.parent)

    def __clause_element__(self) -> Any:
        element = self._element
        if element is None:
            column: Any = self.column
            if column is None:
                column = self.prop.condition_of(self)
            notes = entity_annotations(self.parent)
            notes["proxy_key"] = self.key
            element = column._annotate(notes)._set_propagate_attrs(propagated(self.parent))
            self._element = element
        return element

    def operate(self, op: Any, *other: Any, **kwargs: Any) -> Any:
        """Answer with a light node where there is one, else with a Core expression."""
        if self.column is None:
            return self.prop.operate(self, op, *other, **kwargs)
        if self._light:
            node = light(self, op, other, kwargs)
            if node is not None:
                return node
        return op(self.__clause_element__(), *other, **kwargs)

    def reverse_operate(self, op: Any, other: Any, **kwargs: Any) -> Any:
        """Apply `op` with this attribute on the right side."""
        return op(other, self.__clause_element__(), **kwargs)

    if not TYPE_CHECKING:

        def __eq__(self, other: Any) -> Any:
            # The commonest criterion of all takes the shortest way.
            if other.__class__ in PLAIN and self._light:
                return Comparison(self, operator.eq, other)
            return self.operate(operator.eq, other)

    def __hash__(self) -> int:
        return id(self)

    def of_type(self, class_: Any) -> Any:
        """Narrow a relationship to the objects of one subclass of its target."""
        return self.prop.operate(self, PropComparator.of_type_op, class_)

    def and_(self, *criteria: Any) -> Any:
        """Add criteria to the ON clause of a relationship."""
        return self.prop.operate(self, PropComparator.and_op, *criteria)

    def criteria_on(self, entity: Any) -> list[Any]:
        """Return what `and_` added, with the columns as a related entity has them."""
        if not entity.is_aliased_class:
            return list(self.extra_criteria)
        return [entity.adapt(each) for each in self.extra_criteria]

    def any(self, criterion: Any = None, **kwargs: Any) -> Any:
        """Make EXISTS over a relationship to many."""
        return self.prop.operate(self, PropComparator.any_op, criterion, **kwargs)

    def has(self, criterion: Any = None, **kwargs: Any) -> Any:
        """Make EXISTS over a relationship to one."""
        return self.prop.operate(self, PropComparator.has_op, criterion, **kwargs)

    def label(self, name: str | None) -> Any:
        """Name the expression in the result."""
        return self.__clause_element__().label(name)

    def __getattr__(self, name: str) -> Any:
        # Private names stay unanswered: Core tells its own elements by them.
        if not name.startswith("_"):
            if self.__dict__.get("column") is not None:
                try:
                    return getattr(self.__clause_element__(), name)
                except AttributeError:
                    pass
            elif "prop" in self.__dict__:
                self.prop.parent.ready()
                if hasattr(self.prop, name):
                    return getattr(self.prop, name)
                # A user's comparator_factory may offer more.
                if getattr(self.prop, "comparator_factory", None) is not None:
                    comparator = self.prop.comparator_of(self)
                    if hasattr(comparator, name):
                        return getattr(comparator, name)
        raise AttributeError(
            f"{self._name()} has no attribute {name!r}: neither the attribute nor its SQL "
            f"type or property offers it."
        )

    def _name(self) -> str:
        owner = self.__dict__.get("class_")
        return f"{owner.__name__}.{self.key}" if owner is not None else "A mapped attribute"

    def __str__(self) -> str:
        return self._name()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._name()}>"

    def __reduce__(self) -> Any:
        return getattr, (self.class_, self.key)

    def __copy__(self) -> QueryableAttribute[T_co]:
        return self

    def __deepcopy__(self, _memo: Any) -> QueryableAttribute[T_co]:
        return self

    def _gen_cache_key(self, _anon_map: Any, _bindparams: Any) -> tuple[Any, ...]:
        return (QueryableAttribute, self.number)

    # Core copies statements element by element; an attribute is its own copy.
    def _clone(self, **_kwargs: Any) -> QueryableAttribute[T_co]:
        return self

    def _copy_internals(self, **_kwargs: Any) -> None:
        return None

    def _annotate(self, _values: Any) -> QueryableAttribute[T_co]:
        return self

    def _deannotate(self, _values: Any = None, _clone: Any = False) -> QueryableAttribute[T_co]:
        return self

    # Last in the body: below it the name hides the built-in decorator.
    @property
    def property(self) -> Any:
        """Return the mapper's property of this name, a relationship when it is configured."""
        if self.__dict__.get("column") is None:
            self.prop.parent.ready()
        return self.prop


class InstrumentedAttribute(QueryableAttribute[T_co]):
    """The attribute that instrumentation puts on a mapped class."""

    if TYPE_CHECKING:

        @overload
        def __get__(self, instance: None, owner: Any) -> InstrumentedAttribute[T_co]: ...

        @overload
        def __get__(self, instance: object, owner: Any) -> T_co: ...

        def __get__(self, instance: object | None, owner: Any) -> Any: ...


def _stock_comparator(column: ColumnElement[Any]) -> bool:
    """Return True if the operators of the column are Core's own, so that binds can stand in.

    A user's comparator may look at the value itself, which a plan does not know.
    """
    kind = column.type
    if not type(kind).coerce_compared_value.__module__.startswith(STOCK):
        return False
    if isinstance(kind, TypeDecorator):
        inherited = type(kind).comparator_factory is TypeDecorator.comparator_factory
        return inherited and kind.impl_instance.comparator_factory.__module__.startswith(STOCK)
    return kind.comparator_factory.__module__.startswith(STOCK)

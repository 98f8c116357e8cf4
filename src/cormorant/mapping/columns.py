"""The column attributes of a class body: mapped_column(), column_property(), deferred()."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

from sqlalchemy import Column, ColumnElement, Select
from sqlalchemy.exc import ArgumentError
from sqlalchemy.sql.base import NO_ARG
from sqlalchemy.sql.elements import NamedColumn
from sqlalchemy.sql.schema import SchemaConst

from cormorant.instrument._state_cy import ColumnAttribute
from cormorant.mapping.properties import MapperProperty
from cormorant.sql.attributes import InstrumentedAttribute, Mapped
from cormorant.sql.column_copy import copy_column, has_type, merge_column

if TYPE_CHECKING:
    from cormorant.mapping.mapper import Mapper

T = TypeVar("T")

DATACLASS_OPTIONS = (
    "init",
    "repr",
    "default_factory",
    "compare",
    "kw_only",
    "hash",
    "dataclass_metadata",
)
"""Options that mean something for classes mapped as dataclasses only."""


class MappedColumn(Mapped[T]):
    """A column as a class body declares it; the mapping makes its type and attribute."""

    __slots__ = (
        "__weakref__",
        "_sort_order",
        "active_history",
        "column",
        "dataclass_options",
        "deferred",
        "deferred_group",
        "deferred_raiseload",
        "use_existing_column",
    )

    def __init__(
        self,
        column: Column[Any],
        *,
        deferred: Any = NO_ARG,
        deferred_group: str | None = None,
        deferred_raiseload: bool | None = None,
        active_history: bool = False,
        use_existing_column: bool = False,
        sort_order: Any = NO_ARG,
        dataclass_options: tuple[str, ...] = (),
    ) -> None:
        self.column = column
        self.deferred = deferred
        self.deferred_group = deferred_group
        self.deferred_raiseload = deferred_raiseload
        self.active_history = active_history
        self.use_existing_column = use_existing_column
        self._sort_order = sort_order
        self.dataclass_options = dataclass_options

    @property
    def sort_order(self) -> int:
        """Return the place among the columns of the table; equal ones keep their order."""
        return 0 if self._sort_order is NO_ARG else self._sort_order

    @property
    def name(self) -> str:
        """Return the name of the column."""
        return self.column.name

    @property
    def foreign_keys(self) -> Any:
        """Return the foreign keys of the column."""
        return self.column.foreign_keys

    def __clause_element__(self) -> Column[Any]:
        return self.column

    def operate(self, op: Any, *other: Any, **kwargs: Any) -> Any:
        """Make a Core expression of the column."""
        return op(self.column, *other, **kwargs)

    def reverse_operate(self, op: Any, other: Any, **kwargs: Any) -> Any:
        """Make a Core expression with the column on the right side."""
        return op(other, self.column, **kwargs)

    def __hash__(self) -> int:
        return id(self)

    def copy(self) -> MappedColumn[T]:
        """Return an equal declaration with a column of its own, as a mixin needs it."""
        return MappedColumn(copy_column(self.column), **self._options())

    def merged_with(self, template: MappedColumn[Any]) -> MappedColumn[T]:
        """Complete this declaration with that of `Annotated[..., mapped_column(...)]`.

        As SQLAlchemy: all but the name.
        """
        merge_column(template.column, self.column, keep_defaults=self.column.default is not None)
        options = self._options()
        for option, value in template._options().items():
            if options[option] in (NO_ARG, None, False, ()):
                options[option] = value
        return MappedColumn(self.column, **options)

    def _options(self) -> dict[str, Any]:
        return {
            "deferred": self.deferred,
            "deferred_group": self.deferred_group,
            "deferred_raiseload": self.deferred_raiseload,
            "active_history": self.active_history,
            "use_existing_column": self.use_existing_column,
            "sort_order": self._sort_order,
            "dataclass_options": self.dataclass_options,
        }

    @property
    def needs_type(self) -> bool:
        """Return True if neither a type nor a foreign key says what the column holds."""
        return not has_type(self.column) and not self.column.foreign_keys

    @property
    def is_deferred(self) -> bool:
        """Return True if the column is left out of an ordinary load."""
        if self.deferred is NO_ARG:
            return self.deferred_group is not None or bool(self.deferred_raiseload)
        return bool(self.deferred)

    def as_property(self) -> ColumnProperty | None:
        """Return the property for the mapper where a plain column would not say enough."""
        if not (self.is_deferred or self.active_history):
            return None
        return ColumnProperty(
            self.column,
            deferred=self.is_deferred,
            group=self.deferred_group,
            raiseload=bool(self.deferred_raiseload),
            active_history=self.active_history,
        )


class ColumnProperty(MapperProperty):
    """An attribute that holds the value of a column or of any SQL expression."""

    def __init__(
        self,
        column: Any,
        *additional_columns: Any,
        group: str | None = None,
        deferred: bool = False,
        raiseload: bool = False,
        comparator_factory: type[Any] | None = None,
        active_history: bool = False,
        expire_on_flush: bool = True,
        info: dict[Any, Any] | None = None,
        doc: str | None = None,
    ) -> None:
        self.columns: list[Any] = [_labeled(each) for each in (column, *additional_columns)]
        first = self.columns[0]
        super().__init__(doc=doc if doc is not None else getattr(first, "doc", None), info=info)
        self.group = group
        self.deferred = deferred
        self.raiseload = raiseload
        self.comparator_factory = comparator_factory
        self.active_history = active_history
        self.expire_on_flush = expire_on_flush

    @property
    def expression(self) -> Any:
        """Return the column or expression whose value the attribute holds."""
        return self.columns[0]

    def instrument(self, mapper: Mapper) -> Any:
        """Make the descriptor of the attribute for the class of `mapper`."""
        on_class: InstrumentedAttribute[Any] = InstrumentedAttribute(
            mapper.class_, self.key, mapper, self, self.columns[0]
        )
        return ColumnAttribute(
            mapper.class_,
            self.key,
            on_class,
            self.active_history,
            self.deferred,
            next(mapper.class_manager.positions),
        )


def _labeled(expression: Any) -> Any:
    """Return a Core expression with a name, so that a row can hold its value."""
    if hasattr(expression, "__clause_element__"):
        expression = expression.__clause_element__()
    if isinstance(expression, Select):
        expression = expression.scalar_subquery()
    if isinstance(expression, NamedColumn):
        return expression
    if not isinstance(expression, ColumnElement):
        raise ArgumentError(
            f"column_property() and deferred() take a column or an SQL expression, not "
            f"{type(expression).__name__!r}. Give Column(...), mapped_column(...) or an "
            f"expression of columns."
        )
    return expression.label(None)


def mapped_column(
    __name_pos: Any = None,
    __type_pos: Any = None,
    /,
    *args: Any,
    init: Any = NO_ARG,
    repr: Any = NO_ARG,
    default: Any = NO_ARG,
    default_factory: Any = NO_ARG,
    compare: Any = NO_ARG,
    kw_only: Any = NO_ARG,
    hash: Any = NO_ARG,
    nullable: bool | Literal[SchemaConst.NULL_UNSPECIFIED] | None = SchemaConst.NULL_UNSPECIFIED,
    primary_key: bool | None = False,
    deferred: Any = NO_ARG,
    deferred_group: str | None = None,
    deferred_raiseload: bool | None = None,
    use_existing_column: bool = False,
    name: str | None = None,
    type_: Any = None,
    autoincrement: Any = "auto",
    doc: str | None = None,
    key: str | None = None,
    index: bool | None = None,
    unique: bool | None = None,
    info: dict[Any, Any] | None = None,
    onupdate: Any = None,
    insert_default: Any = NO_ARG,
    server_default: Any = None,
    server_onupdate: Any = None,
    active_history: bool = False,
    quote: bool | None = None,
    system: bool = False,
    comment: str | None = None,
    sort_order: Any = NO_ARG,
    dataclass_metadata: Any = NO_ARG,
    **kw: Any,
) -> MappedColumn[Any]:
    """Declare a column; name, type and NULL come from the annotation where not given.

    Takes what `sqlalchemy.Column` takes. `sort_order`: columns of a table are sorted by it.
    `use_existing_column`: a column of this name in the inherited table is used again.
    """
    if default is not NO_ARG and insert_default is not NO_ARG:
        raise ArgumentError(
            "mapped_column() got both 'default' and 'insert_default'; outside of dataclasses "
            "they mean the same. Give one of them."
        )
    given = insert_default if insert_default is not NO_ARG else default
    if given is not NO_ARG:
        kw["default"] = given
    column: Column[Any] = Column(
        *_positional(__name_pos, __type_pos, args),
        name=name,
        type_=type_,
        autoincrement=autoincrement,
        doc=doc,
        key=key,
        index=index,
        unique=unique,
        info=info,
        onupdate=onupdate,
        nullable=nullable,
        primary_key=bool(primary_key),
        server_default=server_default,
        server_onupdate=server_onupdate,
        quote=quote,
        system=system,
        comment=comment,
        **kw,
    )
    values = (init, repr, default_factory, compare, kw_only, hash, dataclass_metadata)
    options = zip(DATACLASS_OPTIONS, values, strict=True)
    return MappedColumn(
        column,
        deferred=deferred,
        deferred_group=deferred_group,
        deferred_raiseload=deferred_raiseload,
        active_history=active_history,
        use_existing_column=use_existing_column,
        sort_order=sort_order,
        dataclass_options=tuple(option for option, value in options if value is not NO_ARG),
    )


def _positional(name: Any, sql_type: Any, rest: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the positional arguments for Column: None stands for one not given."""
    given = tuple(each for each in (name, sql_type) if each is not None)
    return (*given, *rest)


def column_property(
    column: Any,
    *additional_columns: Any,
    group: str | None = None,
    deferred: bool = False,
    raiseload: bool = False,
    comparator_factory: type[Any] | None = None,
    active_history: bool = False,
    expire_on_flush: bool = True,
    info: dict[Any, Any] | None = None,
    doc: str | None = None,
    **dataclass_options: Any,
) -> Mapped[Any]:
    """Declare an attribute for a column with options, or for any SQL expression."""
    _refuse_dataclass_options("column_property", dataclass_options)
    made = ColumnProperty(
        column,
        *additional_columns,
        group=group,
        deferred=deferred,
        raiseload=raiseload,
        comparator_factory=comparator_factory,
        active_history=active_history,
        expire_on_flush=expire_on_flush,
        info=info,
        doc=doc,
    )
    return cast("Mapped[Any]", made)


def deferred(
    column: Any,
    *additional_columns: Any,
    group: str | None = None,
    raiseload: bool = False,
    comparator_factory: type[Any] | None = None,
    active_history: bool = False,
    expire_on_flush: bool = True,
    info: dict[Any, Any] | None = None,
    doc: str | None = None,
    **dataclass_options: Any,
) -> Mapped[Any]:
    """Declare an attribute that is loaded at its first use, not with its object."""
    return column_property(
        column,
        *additional_columns,
        group=group,
        deferred=True,
        raiseload=raiseload,
        comparator_factory=comparator_factory,
        active_history=active_history,
        expire_on_flush=expire_on_flush,
        info=info,
        doc=doc,
        **dataclass_options,
    )


def _refuse_dataclass_options(function: str, options: Mapping[str, Any]) -> None:
    unknown = [name for name in options if name not in (*DATACLASS_OPTIONS, "default")]
    if unknown:
        raise TypeError(f"{function}() got an unexpected keyword argument {unknown[0]!r}")
    given = [name for name, value in options.items() if value is not NO_ARG]
    if given:
        raise ArgumentError(
            f"{function}() got the dataclass option {given[0]!r}, but classes are not mapped "
            f"as dataclasses here. Leave it out."
        )

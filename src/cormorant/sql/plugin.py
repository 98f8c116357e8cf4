"""The open road: Core's own statements on mapped classes, through Core's compile states."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.sql import visitors
from sqlalchemy.sql.base import CompileState
from sqlalchemy.sql.dml import DeleteDMLState, InsertDMLState, UpdateDMLState
from sqlalchemy.sql.selectable import SelectState

from cormorant.sql.attributes import (
    PLUGIN,
    Namespace,
    QueryableAttribute,
    entity_annotations,
    propagated,
)
from cormorant.sql.eager import branches_in, branches_returned, with_joined
from cormorant.sql.froms import all_joins, joined_selectables, refuse_repeated_tables
from cormorant.sql.joining import (
    entity_of,
    far_entity,
    is_path,
    joined_entity,
    only_rows_of,
    resolve_joins,
)
from cormorant.sql.plans import PART, Span
from cormorant.sql.textual import from_statement as load_from

if TYPE_CHECKING:
    from cormorant.ports import Entity


def entity_clause(entity: Entity) -> Any:
    """Return what a mapped class is in a Core statement; the mapper keeps it.

    As the class-level `__clause_element__` of the class: its rows, marked with the entity.
    """
    written = entity.selectable if entity.is_aliased_class else entity.local_table
    notes = {**entity_annotations(entity), "dml_table": written}
    element = entity.selectable._annotate(notes)
    return element._set_propagate_attrs(propagated(entity))


def subject(statement: Any) -> Any:
    """Return the mapper that a statement is about, None for a statement on tables."""
    entity = _marked_entity(statement)
    return None if entity is None else entity.mapper


def _marked_entity(statement: Any) -> Any:
    mark = getattr(statement, "_propagate_attrs", {}).get("plugin_subject")
    return mark.entity if isinstance(mark, Namespace) else None


def entity_columns(entity: Entity, chosen: Iterable[tuple[str, Any]]) -> list[Any]:
    """Return the columns that a load selects, each named by its attribute."""
    notes = entity_annotations(entity)
    marks = propagated(entity)
    return [
        column._annotate({**notes, "proxy_key": key.rpartition(PART)[2]})._set_propagate_attrs(
            marks
        )
        for key, column in chosen
    ]


def expand(
    elements: Iterable[Any],
    branches: Mapping[Any, Any] | None = None,
    tables: Collection[Any] | None = None,
) -> tuple[list[Any], tuple[Span, ...]]:
    """Put the columns of each entity in its place; return them with the spans they make.

    `branches`: what is loaded of each entity; its usual columns where it has none. `tables`:
    of an entity the columns of these only.
    """
    columns: list[Any] = []
    spans: list[Span] = []
    for element in elements:
        start = len(columns)
        entity = entity_of(element)
        if entity is not None:
            branch = branches.get(entity) if branches else None
            chosen = entity.row_columns if branch is None else _columns_of(entity, branch)
            if tables is not None:
                chosen = [pair for pair in chosen if getattr(pair[1], "table", None) in tables]
            columns.extend(entity_columns(entity, chosen))
            keys = tuple(key for key, _column in chosen)
            name = row_name(entity)
            spans.append(Span(entity, start, len(columns), keys, None, name, branch))
            continue
        for column in getattr(element, "_select_iterable", (element,)):
            key = _name_of(column)
            at = len(columns)
            columns.append(column)
            spans.append(Span(None, at, at + 1, (key,), None, key))
    return columns, _told_apart(spans)


def _columns_of(entity: Any, branch: Any) -> Sequence[tuple[str, Any]]:
    """Return (attribute key, column) of what a branch loads of an entity, aliased or not."""
    given: Sequence[tuple[str, Any]] = branch.columns
    return entity.columns_here(given) if entity.is_aliased_class else given


def row_name(entity: Entity) -> str:
    """Return the name of an entity in a row; empty for an alias that was given none."""
    if entity.is_aliased_class:
        return getattr(entity, "name", None) or ""
    return entity.class_.__name__


def _name_of(column: Any) -> str:
    """Return the name of a value: attribute, label, column or function.

    Empty where it has none: Core's result makes one up while it compiles.
    """
    name: str | None = getattr(column, "_proxy_key", None)
    return name or ""


def _told_apart(spans: list[Span]) -> tuple[Span, ...]:
    """Number the names of values that come more than once, as Core does."""
    seen: dict[str, int] = {}
    found = []
    for span in spans:
        many = seen.get(span.name, 0) if span.name else 0
        seen[span.name] = many + 1
        if many and span.entity is None:
            name = f"{span.name}_{many}"
            span = replace(span, keys=(name,), name=name)
        found.append(span)
    return tuple(found)


def _own_rows(statement: Any) -> tuple[Any, ...]:
    """Return the criteria of the classes that a SELECT names without joining to them."""
    found: dict[int, Any] = {}
    for element in (*statement._raw_columns, *statement._from_obj):
        entity = entity_of(element)
        if entity is None:
            entity = _owner_of(element)
            # Subqueries hide the table; they have criteria of their own.
            if entity is not None and not _shows(element, entity):
                continue
        if entity is None or id(entity) in found:
            continue
        # Other rows of the whole lack the columns of a part, and stay.
        part = getattr(entity, "whole", None) is not None
        found[id(entity)] = None if part else only_rows_of(entity)
    for target, condition, _left, _flags in all_joins(statement):
        entity = joined_entity(target)
        if entity is None:
            continue
        if condition is None and not is_path(target):
            # Core finds the ON clause when it compiles; too late to add to it.
            found[id(entity)] = only_rows_of(entity)
        else:
            found.pop(id(entity), None)
    return tuple(criterion for criterion in found.values() if criterion is not None)


def _shows(element: Any, entity: Entity) -> bool:
    """Tell whether an element brings rows of an entity into a FROM list."""
    tables = {entity.selectable, *entity.selectable._from_objects}
    return not tables.isdisjoint(element._from_objects)


def rewritten(statement: Any, loading: bool = True) -> tuple[Any, tuple[Span, ...]]:
    """Return a SELECT that knows only columns and tables, and the spans of its rows.

    `loading`: its rows become objects, as the options say; not so in a subquery.
    """
    plain = statement._clone()
    refuse_repeated_tables(statement)
    branches = branches_in(statement, subject(statement)) if loading else {}
    columns, spans = expand(statement._raw_columns, branches)
    # The FROM list comes from the elements as they were: a class brings its whole selectable.
    plain._from_obj = (*statement._from_obj, *joined_selectables(statement))
    plain._raw_columns = columns
    plain._where_criteria += _own_rows(statement)
    plain._setup_joins = resolve_joins(statement._setup_joins)
    for memoized in statement._memoized_select_entities:
        plain._setup_joins = resolve_joins(memoized._setup_joins) + plain._setup_joins
    plain._memoized_select_entities = ()
    plain._propagate_attrs = {}
    plain._with_options = ()
    plain.__dict__.pop("_generate_cache_key", None)
    if any(branch.joined for branch in branches.values()):
        return with_joined(plain, spans)
    return plain, spans


@CompileState.plugin_for(PLUGIN, "select")
class EntitySelectState(SelectState):
    """A SELECT with entities; `spans` tells which columns make which result element."""

    __slots__ = ("spans",)

    def __init__(self, statement: Any, compiler: Any, **kwargs: Any) -> None:
        loading = compiler is not None and not compiler.stack
        plain, self.spans = rewritten(statement, loading)
        super().__init__(plain, compiler, **kwargs)

    def _join_determine_implicit_left_side(
        self, raw_columns: Any, left: Any, right: Any, onclause: Any
    ) -> Any:
        """Find what a join without a left side starts from; name the class where nothing fits."""
        inherited: Any = super()
        try:
            return inherited._join_determine_implicit_left_side(raw_columns, left, right, onclause)
        except sa.exc.InvalidRequestError as error:
            entity = entity_of(right)
            if entity is None or not str(error).startswith("Don't know how to join"):
                raise
            raise sa.exc.InvalidRequestError(
                f"Don't know how to join to {entity}: no foreign key ties it to what the "
                f"statement selects from. Give an ON clause or a relationship, or name the left "
                f"side with select_from()."
            ) from None

    @classmethod
    def from_statement(cls, statement: Any, from_statement: Any) -> Any:
        """Return what loads the class of a SELECT from the rows of another statement."""
        options = statement._with_options
        return load_from(statement._raw_columns, subject(statement), from_statement, options)

    @classmethod
    def all_selected_columns(cls, statement: Any) -> Any:
        """Return the columns of the rows, so that subqueries name them by attribute."""
        return expand(statement._raw_columns)[0]

    @classmethod
    def get_column_descriptions(cls, statement: Any) -> list[dict[str, Any]]:
        """Describe the elements of a row: name, type, expression, and the class if any."""
        return [_description(element) for element in statement._raw_columns]

    @classmethod
    def _get_filter_by_entities(cls, statement: Any) -> Collection[Any]:
        """Return where `filter_by` looks for a name; entities by attribute, tables by column."""
        found: dict[Any, None] = {}
        targets = [join[0] for join in all_joins(statement)]
        for element in (*statement._raw_columns, *statement._from_obj, *targets):
            for namespace in _namespaces(element):
                found.setdefault(namespace)
        return list(found)


def _namespaces(element: Any) -> list[Any]:
    if isinstance(element, QueryableAttribute):
        element.parent.ready()  # the target is known for certain after this
        return [Namespace(element.parent), Namespace(far_entity(element))]
    own = entity_of(element)
    if own is not None:
        # Not those that a subquery under its name selects from.
        return [Namespace(own)]
    entities = {
        one._annotations["parententity"]: None
        for one in visitors.iterate(element)
        if "parententity" in getattr(one, "_annotations", ())
    }
    if entities:
        return [Namespace(entity) for entity in entities]
    return list(element._from_objects)


def _owner_of(element: Any) -> Entity | None:
    """Return the entity whose attribute an element is, or that it is computed from."""
    entity: Entity | None = getattr(element, "_annotations", {}).get("parententity")
    return _marked_entity(element) if entity is None else entity


def _description(element: Any) -> dict[str, Any]:
    entity, of = entity_of(element), None
    if entity is not None:
        kind: Any = entity.class_
        name, expr, owner = row_name(entity) or None, entity.entity, entity.entity
    else:
        of = _owner_of(element)
        name = getattr(element, "_proxy_key", None) or getattr(element, "key", None)
        kind, expr, owner = element.type, element, of.entity if of is not None else None
        if of is not None and name is not None and hasattr(owner, name):
            expr = getattr(owner, name)
    aliased = bool(getattr(entity or of, "is_aliased_class", False))
    return {"name": name, "type": kind, "aliased": aliased, "expr": expr, "entity": owner}


class EntityWrite:
    """What INSERT, UPDATE and DELETE on a mapped class add to Core's compile states."""

    spans: tuple[Span, ...]

    @classmethod
    def _get_crud_kv_pairs(
        cls, statement: Any, kv_iterator: Iterable[tuple[Any, Any]], needs_to_be_cacheable: bool
    ) -> Any:
        entity = subject(statement)
        pairs = [(column_for(entity, key), _as_element(value)) for key, value in kv_iterator]
        inherited: Any = super()
        return inherited._get_crud_kv_pairs(statement, pairs, needs_to_be_cacheable)

    @classmethod
    def get_returning_column_descriptions(cls, statement: Any) -> list[dict[str, Any]]:
        """Describe the elements of a RETURNING row as those of a SELECT."""
        return [_description(element) for element in statement._returning]

    @classmethod
    def get_entity_description(cls, statement: Any) -> dict[str, Any]:
        """Describe the class that the statement writes."""
        entity = subject(statement)
        return {
            "name": entity.class_.__name__,
            "type": entity.class_,
            "expr": entity.class_,
            "entity": entity.class_,
            "table": statement.table,
        }

    def rewrite(self, statement: Any) -> Any:
        """Return the statement with columns in the place of entities and attribute names."""
        columns, self.spans = returned(statement)
        names = getattr(statement, "_select_names", None)
        entity = None if statement.is_insert else subject(statement)
        criteria = () if entity is None else _rows_written(entity, statement)
        if not statement._returning and not names and not criteria:
            return statement
        plain = statement._clone()
        if criteria:
            plain._where_criteria += criteria
        plain._returning = tuple(columns)
        plain._with_options = ()
        if names:
            plain._select_names = [_key_of(subject(statement), name) for name in names]
        return plain


def returned(statement: Any) -> tuple[list[Any], tuple[Span, ...]]:
    """Return the columns of RETURNING and the spans they make.

    Of a class they are those of its tables: what SQL computes is loaded on access.
    """
    if not statement._returning:
        return [], ()
    branches = branches_returned(statement, statement._returning)
    return expand(statement._returning, branches, subject(statement).tables)


def _rows_written(entity: Entity, statement: Any) -> tuple[Any, ...]:
    """Return the criteria that the class itself adds to an UPDATE or DELETE.

    Tables of the classes above that the statement names are joined to the one it writes: as
    they stand there, without a condition, each row would meet all rows of the others.
    """
    own_rows = only_rows_of(entity)
    found = () if own_rows is None else (own_rows,)
    named = {
        table
        for each in (
            *statement._where_criteria,
            *found,
            *(getattr(statement, "_values", None) or ()),
        )
        for table in getattr(each, "_from_objects", ())
    }
    others = [table for table in entity.mapper.tables if table is not entity.local_table]
    if named.isdisjoint(others):
        return found
    return (*found, *entity.mapper.inheritance.conditions())


def _as_element(value: Any) -> Any:
    """Turn a light expression into Core's, before Core asks what kind of value it is."""
    if hasattr(value, "__clause_element__") and not getattr(value, "is_clause_element", False):
        return value.__clause_element__()
    return value


@CompileState.plugin_for(PLUGIN, "insert")
class EntityInsertState(EntityWrite, InsertDMLState):
    """INSERT into the table of a mapped class, with attribute names."""

    def __init__(self, statement: Any, compiler: Any, **kwargs: Any) -> None:
        super().__init__(self.rewrite(statement), compiler, **kwargs)

    def _process_multi_values(self, statement: Any) -> None:
        """Take many rows in one VALUES; their keys were not translated when they came."""
        entity = subject(statement)
        plain = statement._clone()
        plain._multi_values = tuple(
            [
                {column_for(entity, key): value for key, value in row.items()}
                if isinstance(row, dict)
                else row
                for row in rows
            ]
            for rows in statement._multi_values
        )
        super()._process_multi_values(plain)


@CompileState.plugin_for(PLUGIN, "update")
class EntityUpdateState(EntityWrite, UpdateDMLState):
    """UPDATE of the table of a mapped class, with attribute names."""

    def __init__(self, statement: Any, compiler: Any, **kwargs: Any) -> None:
        super().__init__(self.rewrite(statement), compiler, **kwargs)


@CompileState.plugin_for(PLUGIN, "delete")
class EntityDeleteState(EntityWrite, DeleteDMLState):
    """DELETE from the table of a mapped class."""

    def __init__(self, statement: Any, compiler: Any, **kwargs: Any) -> None:
        super().__init__(self.rewrite(statement), compiler, **kwargs)


def column_for(entity: Entity | None, key: Any) -> Any:
    """Return the column that a key of `values()` means: attribute, its name, or as it is."""
    if isinstance(key, QueryableAttribute):
        return key.column if key.column is not None else key
    if entity is None or not isinstance(key, str):
        return key
    for name, column in entity.load_columns:
        if name == key:
            return column
    found = getattr(entity.class_, key, None)
    if isinstance(found, QueryableAttribute) and found.column is not None:
        return found.column
    return key


def column_keys(statement: Any, parameters: Any) -> Any:
    """Translate attribute names in the parameters of an INSERT or UPDATE of a mapped class."""
    entity = subject(statement)
    if entity is None or not getattr(statement, "is_dml", False) or not parameters:
        return parameters
    if isinstance(parameters, Mapping):
        return {_key_of(entity, key): value for key, value in parameters.items()}
    names: dict[Any, Any] = {}
    rows: Sequence[Mapping[str, Any]] = parameters
    for row in rows:
        for key in row:
            if key not in names:
                names[key] = _key_of(entity, key)
    return [{names[key]: value for key, value in row.items()} for row in rows]


def _key_of(entity: Entity, key: Any) -> Any:
    column = column_for(entity, key)
    return getattr(column, "key", column)


def spans_of(result: Any) -> tuple[Span, ...] | None:
    """Return the spans of an executed Core result; None if it holds no entity's columns.

    Results of text, of unions and of plain tables have none: every column is a plain value.
    """
    compiled = getattr(getattr(result, "context", None), "compiled", None)
    state = getattr(compiled, "compile_state", None)
    spans: tuple[Span, ...] | None = getattr(state, "spans", None)
    if not spans:
        return None
    keys = tuple(result.keys())
    if len(keys) != max([span.end for span in spans]):
        return None
    return tuple(
        span
        if span.name or span.entity is not None
        else replace(span, keys=(keys[span.start],), name=keys[span.start])
        for span in _own_entities(spans, result)
    )


def _own_entities(spans: tuple[Span, ...], result: Any) -> tuple[Span, ...]:
    """Return the spans with the aliases of the statement that ran.

    Core may have compiled another one that is equal but for them.
    """
    if not any(span.entity is not None and span.entity.is_aliased_class for span in spans):
        return spans
    elements = result.context.invoked_statement._raw_columns
    own = iter([entity for entity in map(entity_of, elements) if entity is not None])
    return tuple(
        span if span.entity is None else replace(span, entity=next(own)) for span in spans
    )

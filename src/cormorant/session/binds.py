"""Which engine or connection a class, a table or a statement belongs to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import exc as core_exc
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.sql import visitors

from cormorant.mapping.mapper import Mapper
from cormorant.sql.plugin import subject


def add_bind(binds: dict[Any, Any], key: Any, bind: Engine | Connection) -> None:
    """Store a bind under a mapper, a class or a table."""
    if isinstance(key, Mapper):
        binds[key.class_] = bind
    elif isinstance(key, type) or hasattr(key, "primary_key"):
        binds[key] = bind
    else:
        raise core_exc.ArgumentError(
            f"Not an acceptable bind target: {key!r}; give a class, a mapper or a table."
        )


def find_bind(
    session: Any, binds: dict[Any, Any], mapper: Any, clause: Any
) -> Engine | Connection:
    """Return the bind of a mapper or a statement; raises UnboundExecutionError."""
    entity = _mapper_of(mapper) if mapper is not None else _entity_of(clause)
    if binds:
        found: Engine | Connection | None = _by_mapper(binds, entity) or _by_table(binds, clause)
        if found is not None:
            return found
    if session.bind is not None:
        bind: Engine | Connection = session.bind
        return bind
    where = []
    if entity is not None:
        where.append(f"mapper of class {entity.class_.__name__!r}")
    if clause is not None:
        where.append("SQL expression")
    about = f" on {' or '.join(where)}" if where else ""
    raise core_exc.UnboundExecutionError(
        f"Could not locate a bind configured{about} or this Session. Pass an engine: "
        f"Session(engine), or binds={{Class: engine}}."
    )


def _mapper_of(given: Any) -> Mapper | None:
    if isinstance(given, Mapper):
        return given
    mapper: Mapper | None = getattr(given, "__mapper__", None)
    if mapper is None:
        raise core_exc.ArgumentError(f"{given!r} is no mapped class.")
    return mapper


def _entity_of(clause: Any) -> Any:
    return None if clause is None else subject(clause)


def _by_mapper(binds: dict[Any, Any], mapper: Mapper | None) -> Any:
    if mapper is None:
        return None
    for class_ in mapper.class_.__mro__:
        if class_ in binds:
            return binds[class_]
    return binds.get(mapper.local_table)


def _by_table(binds: dict[Any, Any], clause: Any) -> Any:
    if clause is None:
        return None
    for element in _tables(clause):
        if element in binds:
            return binds[element]
    return None


def _tables(clause: Any) -> Iterable[Any]:
    built = clause.__clause_element__() if hasattr(clause, "__clause_element__") else clause
    for element in visitors.iterate(built):
        if getattr(element, "__visit_name__", "") == "table":
            yield element._deannotate() if hasattr(element, "_deannotate") else element

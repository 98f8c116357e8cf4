"""Inspect mapped things: an object gives its state, a class its mapper."""

from __future__ import annotations

from typing import Any, NoReturn

from sqlalchemy import inspect as core_inspect
from sqlalchemy import inspection
from sqlalchemy.exc import NoInspectionAvailable

from cormorant.instrument._state_cy import InstanceState, Instrumented, known_state, state_of
from cormorant.mapping.aliased import AliasedClass, AliasedInsp
from cormorant.mapping.classes import DeclarativeAttributeIntercept
from cormorant.mapping.mapper import Mapper
from cormorant.sql.attributes import InstrumentedAttribute, QueryableAttribute


def inspect(subject: Any, raiseerr: bool = True) -> Any:
    """Return the InstanceState of an object, the Mapper of a class, or Core's answer.

    Raises NoInspectionAvailable, or returns None without `raiseerr`.
    """
    if isinstance(subject, (Mapper, QueryableAttribute, InstanceState, AliasedInsp)):
        return subject
    if isinstance(subject, AliasedClass):
        return subject._aliased_insp
    if isinstance(subject, type):
        manager = getattr(subject, "_sa_class_manager", None)
        if manager is not None and manager.mapper is not None:
            return manager.mapper
        if issubclass(subject, Instrumented):
            # Another ORM in the process would take our class for an object of its own.
            return _nothing(subject) if raiseerr else None
    elif known_state(subject) is not None or _is_mapped(type(subject)):
        return state_of(subject)
    try:
        return core_inspect(subject, raiseerr)
    except NoInspectionAvailable:
        return _nothing(subject)


def _nothing(subject: Any) -> NoReturn:
    raise NoInspectionAvailable(
        f"No inspection system is available for object of type {type(subject)}: it is no "
        f"mapped class, no object of one, and nothing that Core inspects."
    ) from None


def _is_mapped(cls: type[Any]) -> bool:
    return getattr(cls, "_sa_class_manager", None) is not None


def _inspect_state(subject: Any) -> Any:
    return state_of(subject) if _is_mapped(type(subject)) else None


def _inspect_class(subject: Any) -> Any:
    manager = getattr(subject, "_sa_class_manager", None)
    return None if manager is None else manager.mapper


def _register(kind: type[Any], answer: Any) -> None:
    """Let Core's own inspect() answer for our classes as well."""
    registrars = inspection._registrars
    if kind not in registrars:
        registrars[kind] = answer


_register(Instrumented, _inspect_state)
_register(DeclarativeAttributeIntercept, _inspect_class)
_register(Mapper, lambda mapper: mapper)
_register(QueryableAttribute, lambda attribute: attribute)
_register(InstrumentedAttribute, lambda attribute: attribute)
_register(AliasedClass, lambda alias: alias._aliased_insp)
_register(AliasedInsp, lambda insp: insp)
_register(InstanceState, lambda state: state)

"""Managers of classes: the names of `sqlalchemy.orm.instrumentation`."""

from __future__ import annotations

from cormorant.instrument.manager import (
    ClassManager,
    is_instrumented,
    manager_of_class,
    register_class,
    unregister_class,
)

__all__ = [
    "ClassManager",
    "is_instrumented",
    "manager_of_class",
    "register_class",
    "unregister_class",
]

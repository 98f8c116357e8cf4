"""Class instrumentation of a user's own: which class wants it, and what it is asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cormorant.instrument._state_cy import InstanceState

INSTRUMENTATION_MANAGER = "__sa_instrumentation_manager__"
"""Attribute of a class that wants instrumentation of its own; its value makes that of a class."""

Factory = Callable[[type[Any]], Any]


def find_native_user_instrumentation_hook(cls: type[Any]) -> Factory | None:
    """Return what a class, or a base of it, has under `__sa_instrumentation_manager__`."""
    found: Factory | None = getattr(cls, INSTRUMENTATION_MANAGER, None)
    return found


instrumentation_finders: list[Callable[[type[Any]], Factory | None]] = [
    find_native_user_instrumentation_hook
]
"""Asked in order for each class that is mapped; the first that returns a factory decides."""


def factory_of(cls: type[Any]) -> Factory | None:
    """Return what makes the instrumentation of a class; None: the usual one.

    Raises TypeError where a mapped base is instrumented in another way.
    """
    found = _found(cls)
    for base in cls.__mro__[1:]:
        manager = vars(base).get("_sa_class_manager")
        if manager is not None and manager.factory is not found:
            raise TypeError(
                f"Class {cls.__qualname__!r} and its mapped base {base.__qualname__!r} want "
                f"different class instrumentation. Give {INSTRUMENTATION_MANAGER} to the base "
                f"alone."
            )
    return found


def _found(cls: type[Any]) -> Factory | None:
    for finder in instrumentation_finders:
        factory = finder(cls)
        if factory is not None:
            return factory
    return None


class Alternate:
    """One class and the InstrumentationManager that a user gave for it."""

    def __init__(self, class_: type[Any], custom: Any) -> None:
        self.class_ = class_
        self.custom = custom

    def begin(self, obj: Any, state: InstanceState) -> dict[str, Any]:
        """Let the user make room in a new object; return the dict for its values."""
        custom, class_ = self.custom, self.class_
        custom.initialize_instance_dict(class_, obj)
        custom.install_state(class_, obj, state)
        values = custom.get_instance_dict(class_, obj)
        if not isinstance(values, dict):
            raise TypeError(
                f"get_instance_dict() of {type(custom).__qualname__} returned an object of the "
                f"class {type(values).__qualname__!r} for {class_.__qualname__!r}; return a dict."
            )
        return values

    def install(self, key: str, attribute: Any) -> None:
        """Let the user put a descriptor on the class, or leave it."""
        self.custom.install_descriptor(self.class_, key, attribute.on_class)
        self.custom.instrument_attribute(self.class_, key, attribute.on_class)

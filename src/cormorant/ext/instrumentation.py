"""Class instrumentation of one's own: the names of `sqlalchemy.ext.instrumentation`.

For frameworks that keep the values and states of objects in places of their own, or put their
own descriptors on classes. To hear of instrumentation, see InstrumentationEvents.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cormorant.instrument._state_cy import state_of, values_of
from cormorant.instrument.alternate import (
    INSTRUMENTATION_MANAGER,
    find_native_user_instrumentation_hook,
    instrumentation_finders,
)
from cormorant.instrument.manager import (
    ClassManager,
    manager_of_class,
    own_manager,
    unregister_class,
)

__all__ = [
    "INSTRUMENTATION_MANAGER",
    "ExtendedInstrumentationRegistry",
    "InstrumentationManager",
    "find_native_user_instrumentation_hook",
    "instrumentation_finders",
]


class InstrumentationManager:
    """Says how one class is instrumented: override what shall be different.

    Name a subclass as `__sa_instrumentation_manager__` of a class, or return it from a finder.
    `initialize_instance_dict`, `install_state` and `get_instance_dict` are asked once for each
    object, in this order; the dict that comes back is used as long as the object lives. The
    getters are asked by ExtendedInstrumentationRegistry; `remove_state` is for your own use.
    """

    def __init__(self, class_: type[Any]) -> None:
        """Begin with the class that is instrumented."""

    def manage(self, class_: type[Any], manager: ClassManager) -> None:
        """Keep the manager of a class where `manager_getter` finds it."""
        setattr(class_, "_default_class_manager", manager)  # noqa: B010 # the class has no such field

    def unregister(self, class_: type[Any], manager: ClassManager) -> None:
        """Undo `manage`."""
        delattr(class_, "_default_class_manager")

    def manager_getter(self, class_: type[Any]) -> Callable[[type[Any]], ClassManager]:
        """Return the function that finds the manager of a class."""
        return lambda cls: cls._default_class_manager

    def instrument_attribute(self, class_: type[Any], key: str, inst: Any) -> None:
        """Take note that an attribute is mapped."""

    def post_configure_attribute(self, class_: type[Any], key: str, inst: Any) -> None:
        """Take note that an attribute is configured, with what it is related to."""

    def install_descriptor(self, class_: type[Any], key: str, inst: Any) -> None:
        """Put the descriptor of an attribute on the class; `inst` is what the class shows."""
        manager_of_class(class_).put(key, inst)

    def uninstall_descriptor(self, class_: type[Any], key: str) -> None:
        """Undo `install_descriptor`."""
        if key in vars(class_):
            delattr(class_, key)

    def install_member(self, class_: type[Any], key: str, implementation: Any) -> None:
        """Put the constructor that announces objects on the class."""
        setattr(class_, key, implementation)

    def uninstall_member(self, class_: type[Any], key: str) -> None:
        """Undo `install_member`."""
        if key in vars(class_):
            delattr(class_, key)

    def instrument_collection_class(
        self, class_: type[Any], key: str, collection_class: Any
    ) -> Any:
        """Return what makes the collections of a relationship."""
        return collection_class

    def get_instance_dict(self, class_: type[Any], instance: Any) -> dict[str, Any]:
        """Return the dict that holds the values of an object."""
        values: dict[str, Any] = instance.__dict__
        return values

    def initialize_instance_dict(self, class_: type[Any], instance: Any) -> None:
        """Make room in a new object."""

    def install_state(self, class_: type[Any], instance: Any, state: Any) -> None:
        """Keep the state of an object where `state_getter` finds it."""
        instance._default_state = state

    def remove_state(self, class_: type[Any], instance: Any) -> None:
        """Undo `install_state`."""
        del instance._default_state

    def state_getter(self, class_: type[Any]) -> Callable[[Any], Any]:
        """Return the function that finds the state of an object."""
        return lambda instance: instance._default_state

    def dict_getter(self, class_: type[Any]) -> Callable[[Any], dict[str, Any]]:
        """Return the function that finds the values of an object."""
        return lambda instance: self.get_instance_dict(class_, instance)


class ExtendedInstrumentationRegistry:
    """Finds managers, states and values, wherever the instrumentation of a class keeps them."""

    def opt_manager_of_class(self, cls: type[Any]) -> ClassManager | None:
        """Return the manager of a class, or None."""
        manager = own_manager(cls)
        if manager is None or manager.alternate is None:
            return manager
        found: ClassManager = manager.alternate.custom.manager_getter(cls)(cls)
        return found

    def manager_of_class(self, cls: type[Any]) -> ClassManager:
        """Return the manager of a class; raises UnmappedClassError."""
        return self.opt_manager_of_class(cls) or manager_of_class(cls)

    def state_of(self, instance: Any) -> Any:
        """Return the state of an object."""
        manager = state_of(instance).manager
        if manager.alternate is None:
            return state_of(instance)
        return manager.alternate.custom.state_getter(type(instance))(instance)

    def dict_of(self, instance: Any) -> dict[str, Any]:
        """Return the dict that holds the values of an object."""
        manager = state_of(instance).manager
        found: dict[str, Any] = (
            values_of(instance)
            if manager.alternate is None
            else manager.alternate.custom.dict_getter(type(instance))(instance)
        )
        return found

    def unregister(self, class_: type[Any]) -> None:
        """Take the instrumentation off a class."""
        unregister_class(class_)

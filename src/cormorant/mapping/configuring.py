"""Configure mappers once, in order, with their events, whichever thread asks first."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING

from sqlalchemy.exc import InvalidRequestError

from cormorant.event.catalog import MapperEvents
from cormorant.event.constants import EXT_SKIP

if TYPE_CHECKING:
    from cormorant.mapping.mapper import Mapper
    from cormorant.mapping.registry import registry as Registry


class _Work:
    """One configuring at a time, over all registries of the process."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.under_way = False

    def run(self, registries: Iterable[Registry]) -> None:
        """Configure what is new in the registries and in those they depend on."""
        wanted = with_dependencies(registries)
        if not any(each.pending for each in wanted):
            return
        with self.lock:
            # A listener or a relationship asks again from within: the outer call goes on.
            if self.under_way or not any(each.pending for each in wanted):
                return
            self.under_way = True
            try:
                self._configure(wanted)
            finally:
                self.under_way = False
        # Outside of the lock: what listeners declare here is configured at its first use.
        for listener in MapperEvents.board.class_wide.after_configured:
            listener()

    def _configure(self, registries: list[Registry]) -> None:
        for listener in MapperEvents.board.class_wide.before_configured:
            listener()
        touched = [each for each in registries if each.pending]
        for registry in touched:
            _call_hooks(registry, "__declare_first__")
            for listener in registry.dispatch.before_configured:
                listener(registry)
        for registry in touched:
            _configure_mappers_of(registry)
        for registry in touched:
            _call_hooks(registry, "__declare_last__")
            for listener in registry.dispatch.after_configured:
                listener(registry)


_work = _Work()


def configure(registries: Iterable[Registry]) -> None:
    """Configure all new mappers of these registries; at most once, from any thread."""
    _work.run(registries)


def with_dependencies(registries: Iterable[Registry]) -> list[Registry]:
    """Return the registries after those that their classes inherit from or refer to."""
    ordered: list[Registry] = []
    for registry in registries:
        _put_after_dependencies(registry, ordered, set())
    return ordered


def _put_after_dependencies(registry: Registry, ordered: list[Registry], open_: set[int]) -> None:
    if id(registry) in open_ or any(each is registry for each in ordered):
        return
    open_.add(id(registry))
    for other in registry.needed():
        _put_after_dependencies(other, ordered, open_)
    ordered.append(registry)


def _configure_mappers_of(registry: Registry) -> None:
    for mapper in registry.all_mappers():
        if mapper.configure_failed is not None:
            raise _failed_before(mapper)
    skipped: set[int] = set()
    # Configuring may map further classes (a relationship that declares its target).
    while True:
        new = [each for each in registry.new_mappers() if id(each) not in skipped]
        if not new:
            return
        for mapper in new:
            if not mapper.configured and not _configure_one(mapper):
                skipped.add(id(mapper))


def _configure_one(mapper: Mapper) -> bool:
    """Configure one mapper with its events; return False if a listener put it off."""
    if not _announce(mapper):
        return False
    try:
        mapper.configure()
    except Exception as problem:
        mapper.configure_failed = problem
        _refuse_all(mapper.registry)
        raise
    for listener in mapper.dispatch.mapper_configured:
        listener(mapper, mapper.class_)
    return True


def _refuse_all(registry: Registry) -> None:
    """Have every use of the registry's classes tell of the one that failed."""
    for mapper in registry.all_mappers():
        mapper.configured = False
        mapper.class_manager.choose_constructor()


def _announce(mapper: Mapper) -> bool:
    """Fire before_mapper_configured; return False if a listener answers EXT_SKIP."""
    returning = "before_mapper_configured" in mapper.dispatch.returning
    go_on = True
    for listener in mapper.dispatch.before_mapper_configured:
        answer = listener(mapper, mapper.class_)
        if returning and answer is EXT_SKIP:
            go_on = False
    return go_on


def _failed_before(mapper: Mapper) -> InvalidRequestError:
    first = mapper.configure_failed
    error = InvalidRequestError(
        f"One or more mappers failed to initialize - can't proceed with initialization of "
        f"other mappers. Triggering mapper: {str(mapper)!r}. Original exception was: {first} "
        f"Correct that class and declare it anew, or call clear_mappers()."
    )
    error.__cause__ = first
    return error


def _call_hooks(registry: Registry, name: str) -> None:
    """Call `__declare_first__` or `__declare_last__` of the classes that have their own."""
    for mapper in registry.all_mappers():
        cls = mapper.class_
        owner = next((base for base in cls.__mro__ if name in vars(base)), None)
        if owner is cls or (owner is not None and "__mapper__" not in vars(owner)):
            getattr(cls, name)()

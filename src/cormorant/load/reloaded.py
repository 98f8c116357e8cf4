"""Notice that a listener of a load has its own object loaded anew, and warn of that."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import exc as core_exc

from cormorant.event.catalog import InstanceEvents, SessionEvents

if TYPE_CHECKING:
    from cormorant.load.context import QueryContext

OPTION = "restore_load_context"


def note_reload(context: QueryContext, obj: Any) -> None:
    """Take note that a row was read for an object: a listener of another load may look at it."""
    telling = context.session.telling
    if telling is context:
        telling = context.within
    if telling is not None:
        if telling.reloaded is None:
            telling.reloaded = {}
        telling.reloaded[id(obj)] = obj


def begin_telling(context: QueryContext) -> None:
    """Let the session know whose listeners run now; what they load is noted in `context`."""
    session = context.session
    if session.telling is not context:
        context.within = session.telling
        session.telling = context


def end_telling(context: QueryContext, outer: QueryContext | None) -> None:
    """Let the listeners of `outer` go on; what was loaded meanwhile is noted there as well."""
    context.session.telling = outer
    if outer is not None and outer is not context and context.reloaded:
        for obj in context.reloaded.values():
            note_reload(context, obj)
        context.reloaded = None


def warn_of_reloads(context: QueryContext, outer: QueryContext | None) -> None:
    """Warn of what listeners had loaded anew, when the outermost of the loads is over."""
    if outer is not None or not context.reloaded:
        return
    reloaded, context.reloaded = context.reloaded, None
    for obj in reloaded.values():
        text = (
            f"Loading context for an object of the class {type(obj).__name__!r} has changed "
            f"within a load/refresh handler: a listener had its row read again while the load "
            f"that told it was still under way. Set {OPTION}=True on the listener if that is "
            f"meant."
        )
        warnings.warn(core_exc.SAWarning(text), stacklevel=3)


def tell_refresh(
    listeners: Iterable[Callable[..., object]], context: QueryContext, obj: Any, names: Any
) -> None:
    """Tell the listeners of one object that was refreshed alone."""
    outer = context.session.telling
    begin_telling(context)
    try:
        for listener in listeners:
            listener(obj, context, names)
    finally:
        end_telling(context, outer)
    warn_of_reloads(context, outer)


def _of_instance(listener: Callable[..., Any]) -> Callable[..., Any]:
    """Let a listener of load or refresh load its object anew without a warning."""

    def call(target: Any, context: Any, *names: Any) -> None:
        # A merge has no context, and loads nothing that a listener could disturb.
        with _forgiven(None if context is None else context.session, target):
            listener(target, context, *names)

    return call


def _of_session(listener: Callable[..., Any]) -> Callable[..., Any]:
    """Let a listener of loaded_as_persistent load its object anew without a warning."""

    def call(session: Any, instance: Any) -> None:
        with _forgiven(session, instance):
            listener(session, instance)

    return call


@contextmanager
def _forgiven(session: Any, obj: Any) -> Iterator[None]:
    """Forget what the block notes of an object."""
    telling = None if session is None else session.telling
    if telling is None or id(obj) in (telling.reloaded or ()):
        yield
        return
    yield
    if telling.reloaded is not None:
        telling.reloaded.pop(id(obj), None)


InstanceEvents.wrappers[OPTION] = _of_instance
SessionEvents.wrappers[OPTION] = _of_session

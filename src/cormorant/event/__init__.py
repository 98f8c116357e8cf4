"""The event system: `listen` to what happens to classes, attributes, sessions and engines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cormorant.event.inheritance import strict
from cormorant.event.listener_classes import attach, detach, options
from cormorant.event.listing import ListenerRow, listeners
from cormorant.event.places import Everyone, OfAttribute, OfClass, OfObject, Place
from cormorant.event.register import contains, remove

if TYPE_CHECKING:
    from cormorant.event.typed import listen, listens_for
else:
    from cormorant.event.register import listen, listens_for

__all__ = [
    "Everyone",
    "ListenerRow",
    "OfAttribute",
    "OfClass",
    "OfObject",
    "Place",
    "attach",
    "contains",
    "detach",
    "listen",
    "listeners",
    "listens_for",
    "options",
    "remove",
    "strict",
]

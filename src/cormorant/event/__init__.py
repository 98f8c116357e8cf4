"""The event system: `listen` to what happens to classes, attributes, sessions and engines."""

from __future__ import annotations

from cormorant.event.places import Everyone, OfAttribute, OfClass, OfObject, Place
from cormorant.event.register import contains, listen, listens_for, remove

__all__ = [
    "Everyone",
    "OfAttribute",
    "OfClass",
    "OfObject",
    "Place",
    "contains",
    "listen",
    "listens_for",
    "remove",
]

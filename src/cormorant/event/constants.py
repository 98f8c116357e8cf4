"""Values that listeners return and the mark of a collection without keys."""

from __future__ import annotations

from enum import Enum


class EventConstants(Enum):
    """What a listener tells the caller of its event, and what stands for a missing key."""

    EXT_CONTINUE = 1
    EXT_STOP = 2
    EXT_SKIP = 3
    NO_KEY = 4


EXT_CONTINUE = EventConstants.EXT_CONTINUE
"""Go on with the next listener and with the operation."""

EXT_STOP = EventConstants.EXT_STOP
"""Call no further listener of this event."""

EXT_SKIP = EventConstants.EXT_SKIP
"""Leave this mapper out of the present configuration run."""

NO_KEY = EventConstants.NO_KEY
"""The collection has no keys (a list or a set)."""

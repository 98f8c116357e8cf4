"""The events that nothing fires yet: each waits for the issue that brings its occasion."""

from __future__ import annotations

WAITING: frozenset[str] = frozenset()
"""Labels ("SessionEvents.before_flush"); `tests/event/test_wired.py` holds it to the truth."""

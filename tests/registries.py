"""Forget the classes that a test mapped, and leave those of other tests as they are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from cormorant.mapping.registry import _registries


@contextmanager
def mapped_for_this_test_only() -> Iterator[None]:
    """Dispose of the registries that came within the block."""
    known = list(_registries)
    yield
    for registry in list(_registries):
        if not any(registry is each for each in known):
            registry.dispose(cascade=True)

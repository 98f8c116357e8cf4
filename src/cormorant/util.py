"""Identity keys: the names of `sqlalchemy.orm.util`."""

from __future__ import annotations

from cormorant.mapping.aliased import AliasedClass, AliasedInsp
from cormorant.mapping.cascades import CascadeOptions
from cormorant.mapping.comparisons import with_parent
from cormorant.session.functions import identity_key, was_deleted

__all__ = [
    "AliasedClass",
    "AliasedInsp",
    "CascadeOptions",
    "identity_key",
    "was_deleted",
    "with_parent",
]

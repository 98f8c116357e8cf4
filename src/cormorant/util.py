"""Identity keys: the names of `sqlalchemy.orm.util`."""

from __future__ import annotations

from cormorant.session.functions import identity_key

__all__ = [
    "identity_key",
]

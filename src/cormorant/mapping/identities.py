"""Primary keys of mapped objects: bare inside, as tuples and identity keys at the surface."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import exc as core_exc

if TYPE_CHECKING:
    from cormorant.mapping.mapper import Mapper

SIMPLE_KEYS = frozenset({int, str})
"""Types of the commonest keys: no tuple, no dict."""


class Keyed:
    """What a mapper knows of the keys of its objects.

    A bare key is the value itself for a key of one column, else the tuple.
    """

    class_: type[Any]
    identity_mapper: Mapper
    primary_key: tuple[Any, ...]
    pk_keys: tuple[str, ...]
    single_key: bool
    allow_partial_pks: bool

    def identity_of(self, pk: Any) -> tuple[Any, ...]:
        """Return the primary key tuple of a bare key."""
        return (pk,) if self.single_key else tuple(pk)

    def bare_key(self, identity: Any) -> Any:
        """Return the bare key of what a user gives: scalar, tuple, or dict by attribute name."""
        if self.single_key and identity.__class__ in SIMPLE_KEYS:
            return identity
        if isinstance(identity, Mapping):
            missing = [key for key in self.pk_keys if key not in identity]
            if missing or len(identity) != len(self.pk_keys):
                raise core_exc.InvalidRequestError(
                    f"Incorrect names of values in identifier for class "
                    f"{self.class_.__name__!r}; the primary key is "
                    f"{', '.join(self.pk_keys)}: give a value under each of these names."
                )
            parts = tuple([identity[key] for key in self.pk_keys])
        elif isinstance(identity, (tuple, list)) or type(identity).__name__ == "Row":
            parts = tuple(identity)
        else:
            parts = (identity,)
        if len(parts) != len(self.pk_keys):
            raise core_exc.InvalidRequestError(
                f"Incorrect number of values in identifier to formulate primary key for "
                f"class {self.class_.__name__!r}; the primary key is {', '.join(self.pk_keys)}: "
                f"give {len(self.pk_keys)} value{'s' if len(self.pk_keys) > 1 else ''}."
            )
        return parts[0] if self.single_key else parts

    def pk_from_values(self, values: Mapping[str, Any]) -> Any:
        """Return the bare key that the values of an object give, None where it is incomplete."""
        if self.single_key:
            return values.get(self.pk_keys[0])
        parts = tuple([values.get(key) for key in self.pk_keys])
        missing = sum(part is None for part in parts)
        if missing and (not self.allow_partial_pks or missing == len(parts)):
            return None
        return parts

    def primary_key_from_instance(self, instance: Any) -> tuple[Any, ...]:
        """Return the primary key values of an object, in order."""
        return tuple([getattr(instance, key) for key in self.pk_keys])

    def identity_key_from_instance(self, instance: Any) -> tuple[Any, ...]:
        """Return the identity key that the values of an object give."""
        return self.identity_key_from_primary_key(self.primary_key_from_instance(instance))

    def identity_key_from_primary_key(
        self, primary_key: Iterable[Any], identity_token: Any = None
    ) -> tuple[Any, ...]:
        """Return (class, primary key tuple, token)."""
        return (self.identity_mapper.class_, tuple(primary_key), identity_token)

    def identity_key_from_row(
        self, row: Any, identity_token: Any = None, adapter: Any = None
    ) -> tuple[Any, ...]:
        """Return the identity key of a result row that holds the primary key columns."""
        mapping = row._mapping if hasattr(row, "_mapping") else row
        return self.identity_key_from_primary_key(
            [mapping[column] for column in self.primary_key], identity_token
        )

"""The identity map of a session: one object per row, held weakly."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from cormorant.instrument._state_cy import InstanceState, state_of

if TYPE_CHECKING:
    from cormorant.mapping.mapper import Mapper

IdentityKey = tuple[type[Any], tuple[Any, ...], Any]


class IdentityMap:
    """Identity key -> object, as users see it; inside one dict of bare keys per class of keys.

    That is the root class of a family whose rows tell their class, and each class by itself where
    they do not: there a row is another object for each class that it is loaded as.
    """

    __slots__ = ("_sizes", "by_class", "rooms")

    def __init__(self) -> None:
        self.by_class: dict[Mapper, dict[Any, Any]] = {}
        self._sizes: dict[Mapper, int] = {}
        self.rooms: dict[Mapper, tuple[dict[Any, Any], str]] = {}
        """For `present`: the dict of a mapper whose keys are plain, and the name of its key."""

    def of(self, mapper: Mapper) -> dict[Any, Any]:
        """Return bare key -> weak reference for objects of `mapper`, swept now and then."""
        shared = mapper.identity_mapper
        known = self.by_class.get(shared)
        if known is None:
            known = self.by_class[shared] = {}
            self._sizes[shared] = 256
        elif len(known) > self._sizes[shared]:
            for key in [key for key, reference in known.items() if reference() is None]:
                del known[key]
            self._sizes[shared] = max(256, 2 * len(known))
        return known

    def find(self, mapper: Mapper, pk: Any) -> Any:
        """Return the object of a bare key, or None."""
        reference = self.of(mapper).get(pk)
        return None if reference is None else reference()

    def members(self, mapper: Mapper) -> list[Any]:
        """Return the living objects of the class of `mapper` and of those below it."""
        wanted = {each.identity_mapper for each in mapper.self_and_descendants}
        parts = [known for shared, known in list(self.by_class.items()) if shared in wanted]
        found = [reference() for known in parts for reference in list(known.values())]
        class_ = mapper.class_
        return [obj for obj in found if obj is not None and isinstance(obj, class_)]

    def objects(self) -> list[Any]:
        """Return all living objects, in the order in which they came."""
        found = [ref() for known in self.by_class.values() for ref in list(known.values())]
        return [obj for obj in found if obj is not None]

    def _reference(self, key: Any) -> Any:
        class_, identity = key[0], key[1]
        for mapper, known in self.by_class.items():
            if mapper.class_ is class_:
                reference = known.get(identity[0] if len(identity) == 1 else tuple(identity))
                return None if reference is None else reference()
        return None

    def get(self, key: IdentityKey, default: Any = None) -> Any:
        """Return the object of an identity key, or `default`."""
        found = self._reference(key)
        return default if found is None else found

    def __getitem__(self, key: IdentityKey) -> Any:
        found = self._reference(key)
        if found is None:
            raise KeyError(key)
        return found

    def __contains__(self, key: object) -> bool:
        return self._reference(key) is not None

    def has_key(self, key: IdentityKey) -> bool:
        """Tell whether an object of this identity key is there."""
        return key in self

    def contains_state(self, state: InstanceState) -> bool:
        """Tell whether the object of `state` is in this map."""
        return state.key is not None and self._reference(state.key) is state.obj()

    def all_states(self) -> list[InstanceState]:
        """Return the states of all living objects."""
        return [state_of(obj) for obj in self.objects()]

    def keys(self) -> list[IdentityKey]:
        """Return the identity keys of all living objects."""
        return [state.key for state in self.all_states()]

    def values(self) -> list[Any]:
        """Return all living objects."""
        return self.objects()

    def items(self) -> list[tuple[IdentityKey, Any]]:
        """Return (identity key, object) of all living objects."""
        return [(state_of(obj).key, obj) for obj in self.objects()]

    def __iter__(self) -> Iterator[IdentityKey]:
        return iter(self.keys())

    def __len__(self) -> int:
        return len(self.objects())

    def __bool__(self) -> bool:
        return any(True for _ in self.objects())

    @property
    def modified(self) -> bool:
        """True when some object has a change that is not flushed."""
        return any(state.old is not None for state in self.all_states())

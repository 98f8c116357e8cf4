"""Sets of objects by identity, as `session.new` and its like return them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any


class ObjectSet:
    """A set of objects in the order in which they came; never asks their `__eq__`."""

    __slots__ = ("_members",)

    def __init__(self, members: Iterable[Any] = ()) -> None:
        self._members = {id(obj): obj for obj in members}

    def __contains__(self, obj: object) -> bool:
        return id(obj) in self._members

    def __iter__(self) -> Iterator[Any]:
        return iter(list(self._members.values()))

    def __len__(self) -> int:
        return len(self._members)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, ObjectSet):
            return self._members.keys() == other._members.keys()
        if isinstance(other, (set, frozenset)):
            return self._members.keys() == {id(obj) for obj in other}
        return NotImplemented

    __hash__ = None  # type: ignore[assignment] # as a set

    def add(self, obj: Any) -> None:
        """Add an object."""
        self._members[id(obj)] = obj

    def discard(self, obj: Any) -> None:
        """Remove an object if it is there."""
        self._members.pop(id(obj), None)

    def union(self, *others: Iterable[Any]) -> ObjectSet:
        """Return a set of the objects here and in the others."""
        found = ObjectSet(self)
        for other in others:
            for obj in other:
                found.add(obj)
        return found

    def intersection(self, other: Iterable[Any]) -> ObjectSet:
        """Return a set of the objects in both."""
        ids = {id(obj) for obj in other}
        return ObjectSet([obj for obj in self if id(obj) in ids])

    def difference(self, other: Iterable[Any]) -> ObjectSet:
        """Return a set of the objects here that are not in the other."""
        ids = {id(obj) for obj in other}
        return ObjectSet([obj for obj in self if id(obj) not in ids])

    def symmetric_difference(self, other: Iterable[Any]) -> ObjectSet:
        """Return a set of the objects in one of the two only."""
        others = ObjectSet(other)
        return self.difference(others).union(others.difference(self))

    def issubset(self, other: Iterable[Any]) -> bool:
        """Tell whether all objects here are in the other."""
        ids = {id(obj) for obj in other}
        return all(oid in ids for oid in self._members)

    def issuperset(self, other: Iterable[Any]) -> bool:
        """Tell whether all objects of the other are here."""
        return ObjectSet(other).issubset(self)

    def copy(self) -> ObjectSet:
        """Return another set of the same objects."""
        return ObjectSet(self)

    def __or__(self, other: Iterable[Any]) -> ObjectSet:
        return self.union(other)

    def __and__(self, other: Iterable[Any]) -> ObjectSet:
        return self.intersection(other)

    def __sub__(self, other: Iterable[Any]) -> ObjectSet:
        return self.difference(other)

    def __xor__(self, other: Iterable[Any]) -> ObjectSet:
        return self.symmetric_difference(other)

    def __repr__(self) -> str:
        return f"ObjectSet({list(self._members.values())!r})"

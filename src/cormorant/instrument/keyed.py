"""Dicts of related objects whose keys come from the objects: `KeyFuncDict` and its makers."""

from __future__ import annotations

import operator
import warnings
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from sqlalchemy import exc as core_exc

from cormorant.instrument._state_cy import known_state
from cormorant.instrument.collection_classes import InstrumentedDict, instrument_collection
from cormorant.instrument.collection_roles import collection
from cormorant.instrument.constants import NO_VALUE

K = TypeVar("K")
V = TypeVar("V")


class KeyFuncDict(InstrumentedDict[K, V]):
    """A dict whose key of each value is what a function of the value returns.

    As sqlalchemy.orm.KeyFuncDict. `keyfunc` may return NO_VALUE for a value that has no key yet;
    with `ignore_unpopulated_attribute` such a value is left out, else it is refused.
    """

    def __init__(
        self,
        keyfunc: Callable[[Any], Any],
        *dict_args: Any,
        ignore_unpopulated_attribute: bool = False,
    ) -> None:
        self.keyfunc = keyfunc
        self.ignore_unpopulated_attribute = ignore_unpopulated_attribute
        super().__init__(*dict_args)

    @collection.appender
    @collection.internally_instrumented
    def set(self, value: V, _sa_initiator: Any = None) -> None:
        """Add a value under its key."""
        key = self._key_of(value, _sa_initiator)
        if key is not NO_VALUE:
            self.__setitem__(key, value, _sa_initiator)  # type: ignore[call-arg] # wrapped

    @collection.remover
    @collection.internally_instrumented
    def remove(self, value: V, _sa_initiator: Any = None) -> None:
        """Remove a value, found by its key.

        Raises InvalidRequestError when another value stands there: its key has changed.
        """
        key = self._key_of(value, _sa_initiator)
        if key is NO_VALUE:
            return
        if self[key] is not value and self[key] != value:
            raise core_exc.InvalidRequestError(
                f"Can not remove this {type(value).__name__!r} object: the KeyFuncDict holds "
                f"another one under its key. Possible cause: is the key function based on "
                f"mutable properties, or on properties that only obtain values after flush?"
            )
        self.__delitem__(key, _sa_initiator)  # type: ignore[call-arg] # wrapped

    def _has_under_key(self, value: V) -> bool:
        """Tell whether a value stands under its key; if not, its key may have changed."""
        try:
            return dict.get(self, self.keyfunc(value)) is value
        except Exception:  # a key function may refuse what never was a member, or give a list
            return False

    def _key_of(self, value: V, initiator: Any) -> Any:
        key = self.keyfunc(value)
        if key is NO_VALUE and not self.ignore_unpopulated_attribute:
            raise core_exc.InvalidRequestError(
                f"{self._event(initiator)}can't populate a value in KeyFuncDict: the dictionary "
                f"key is derived from an attribute of {type(value).__name__!r} that is not "
                f"populated. Ensure that the attribute is assigned before the object enters the "
                f"dictionary, or set ignore_unpopulated_attribute=True on the mapped collection "
                f"factory."
            )
        if key is None and isinstance(self.keyfunc, _Populated):
            if self.ignore_unpopulated_attribute:
                return NO_VALUE
            warnings.warn(
                core_exc.SAWarning(
                    f"Attribute keyed dictionary value for attribute "
                    f"'{self._attribute(initiator)}' was None; this will raise in a future "
                    f"release. To skip this assignment entirely, set the "
                    f"'ignore_unpopulated_attribute=True' parameter on the mapped collection "
                    f"factory."
                ),
                stacklevel=3,
            )
        return key

    @staticmethod
    def _attribute(initiator: Any) -> str:
        return str(initiator.impl) if initiator else "unknown relationship"

    def _event(self, initiator: Any) -> str:
        if not initiator:
            return "In event triggered from population of attribute 'unknown relationship', "
        return f"In event triggered from population of attribute {self._attribute(initiator)!r}, "

    def __reduce_ex__(self, protocol: Any) -> Any:
        # A class that a factory made cannot be found by its name when it is unpickled.
        return (_unpickled, (self.keyfunc, self.ignore_unpopulated_attribute), dict(self))

    def __setstate__(self, members: dict[Any, Any]) -> None:
        dict.update(self, members)


def _unpickled(keyfunc: Callable[[Any], Any], ignoring: bool) -> KeyFuncDict[Any, Any]:
    return KeyFuncDict(keyfunc, ignore_unpopulated_attribute=ignoring)


MappedCollection = KeyFuncDict

instrument_collection(KeyFuncDict)


class _Populated:
    """A key function that tells apart what is None and what has no value yet."""

    __slots__ = ()


class AttributeKey(_Populated):
    """Returns one attribute of an object; NO_VALUE for a mapped one that has no value yet."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, value: Any) -> Any:
        return _read(value, self.name)

    def __reduce__(self) -> Any:
        return (AttributeKey, (self.name,))


class ColumnKey(_Populated):
    """Returns the values of mapped columns of an object: one, or a tuple of several."""

    __slots__ = ("columns",)

    def __init__(self, columns: Sequence[Any]) -> None:
        self.columns = tuple(columns)

    def __call__(self, value: Any) -> Any:
        state: Any = known_state(value)
        if state is None:
            return NO_VALUE
        mapper = state.manager.mapper
        found = [
            _read(value, mapper.property_of(self._column(mapper, c)).key) for c in self.columns
        ]
        return found[0] if len(found) == 1 else tuple(found)

    @staticmethod
    def _column(mapper: Any, column: Any) -> Any:
        """Return a column itself, or the mapper's one of that name after unpickling."""
        return mapper.local_table.c[column] if isinstance(column, str) else column

    def __reduce__(self) -> Any:
        names = tuple(c if isinstance(c, str) else c.key for c in self.columns)
        return (ColumnKey, (names,))


def _read(value: Any, name: str) -> Any:
    """Return an attribute; NO_VALUE for a mapped one that has no value and no row to read."""
    state: Any = known_state(value)
    mapped = state is not None and name in state.manager.attributes
    if mapped and state.pk is None and name not in state.dict:
        return NO_VALUE
    return operator.attrgetter(name)(value)


def keyfunc_mapping(
    keyfunc: Callable[[Any], Any], *, ignore_unpopulated_attribute: bool = False
) -> type[KeyFuncDict[Any, Any]]:
    """Return a dict class whose keys `keyfunc(value)` returns, for `collection_class`."""

    class KeyedDict(KeyFuncDict[Any, Any]):
        def __init__(self, *dict_args: Any) -> None:
            super().__init__(
                keyfunc,
                *dict_args,
                ignore_unpopulated_attribute=ignore_unpopulated_attribute,
            )

    return KeyedDict


def attribute_keyed_dict(
    attr_name: str, *, ignore_unpopulated_attribute: bool = False
) -> type[KeyFuncDict[Any, Any]]:
    """Return a dict class keyed by one attribute of its values, for `collection_class`."""
    return keyfunc_mapping(
        AttributeKey(attr_name), ignore_unpopulated_attribute=ignore_unpopulated_attribute
    )


def column_keyed_dict(
    mapping_spec: Any, *, ignore_unpopulated_attribute: bool = False
) -> type[KeyFuncDict[Any, Any]]:
    """Return a dict class keyed by a column of its values, or by a tuple of several columns."""
    given = mapping_spec if isinstance(mapping_spec, (list, tuple)) else [mapping_spec]
    columns = [c.__clause_element__() if hasattr(c, "__clause_element__") else c for c in given]
    return keyfunc_mapping(
        ColumnKey(columns), ignore_unpopulated_attribute=ignore_unpopulated_attribute
    )


attribute_mapped_collection = attribute_keyed_dict
column_mapped_collection = column_keyed_dict
mapped_collection = keyfunc_mapping

"""Collections of related objects: the names of `sqlalchemy.orm.collections`."""

from __future__ import annotations

from cormorant.instrument._related_cy import InstrumentedList
from cormorant.instrument.collection_classes import InstrumentedDict, InstrumentedSet
from cormorant.instrument.collection_roles import collection
from cormorant.instrument.collections import CollectionAdapter, collection_adapter
from cormorant.instrument.keyed import (
    KeyFuncDict,
    MappedCollection,
    attribute_keyed_dict,
    attribute_mapped_collection,
    column_keyed_dict,
    column_mapped_collection,
    keyfunc_mapping,
    mapped_collection,
)

__all__ = [
    "CollectionAdapter",
    "InstrumentedDict",
    "InstrumentedList",
    "InstrumentedSet",
    "KeyFuncDict",
    "MappedCollection",
    "attribute_keyed_dict",
    "attribute_mapped_collection",
    "collection",
    "collection_adapter",
    "column_keyed_dict",
    "column_mapped_collection",
    "keyfunc_mapping",
    "mapped_collection",
]

"""Warn of relationships that write one column without knowing of each other."""

from __future__ import annotations

import warnings
import weakref
from typing import TYPE_CHECKING, Any

from sqlalchemy import exc as core_exc

if TYPE_CHECKING:
    from cormorant.mapping.relationships import RelationshipProperty

Writers = dict[int, list["weakref.ref[RelationshipProperty[Any]]"]]
"""Id of a column -> the relationships that write it, in the order of configuring."""


def warn_of_overlaps(prop: RelationshipProperty[Any]) -> None:
    """Warn if relationships that were configured before write a column that this one writes."""
    if prop.viewonly or prop.inherited:
        return
    writers: Writers = prop.parent.registry.writers
    for source, column in (*prop.join.pairs, *prop.join.secondary_pairs):
        known = writers.setdefault(id(column), [])
        others = [each for each in (reference() for reference in known) if each is not None]
        told = [
            (other, theirs)
            for other in others
            for theirs in [_source_of(other, column)]
            if theirs is not None and not _may_overlap(prop, other)
        ]
        if told:
            _warn(prop, source, column, told)
        known.append(weakref.ref(prop))


def _source_of(prop: RelationshipProperty[Any], column: Any) -> Any:
    pairs = (*prop.join.pairs, *prop.join.secondary_pairs)
    return next((source for source, written in pairs if written is column), None)


def _may_overlap(prop: RelationshipProperty[Any], other: RelationshipProperty[Any]) -> bool:
    """Tell whether two relationships know of each other or never meet in one object."""
    if other is prop or any(other is each for each in prop.other_sides):
        return True
    if other.key in prop.overlaps or prop.key in other.overlaps:
        return True
    if other.key == prop.key and prop.parent.common_parent(other.parent):
        return True
    return _never_meet(prop.parent, other.parent) or _never_meet(prop.mapper, other.mapper)


def _never_meet(mapper: Any, other: Any) -> bool:
    """Tell whether two classes of one family have no objects in common."""
    related = mapper.isa(other) or other.isa(mapper)
    return bool(mapper.common_parent(other) and not related)


def _warn(
    prop: RelationshipProperty[Any],
    source: Any,
    column: Any,
    told: list[tuple[RelationshipProperty[Any], Any]],
) -> None:
    names = ", ".join(sorted(f"'{other}' (copies {theirs} to {column})" for other, theirs in told))
    overlaps = ",".join(sorted({other.key for other, _ in told}))
    warnings.warn(
        core_exc.SAWarning(
            f"relationship '{prop}' will copy column {source} to column {column}, which "
            f"conflicts with relationship(s): {names}. If this is not the intention, consider if "
            f"these relationships should be linked with back_populates, or if viewonly=True "
            f"should be applied to one or more if they are read-only. For the less common case "
            f"that foreign key constraints are partially overlapping, the foreign() annotation "
            f"can be used to isolate the columns that should be written towards. To silence this "
            f"warning, add the parameter 'overlaps=\"{overlaps}\"' to the '{prop}' relationship."
        ),
        stacklevel=2,
    )

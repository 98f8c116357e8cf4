"""Which rows may be deleted without an object for each: nobody could tell the difference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cormorant.instrument._state_cy import is_stale, state_of
from cormorant.instrument.constants import NO_VALUE
from cormorant.mapping.relationships import ONETOMANY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cormorant.mapping.mapper import Mapper
    from cormorant.session.session import Session

OF_SESSIONS = (
    "do_orm_execute",
    "loaded_as_persistent",
    "persistent_to_deleted",
    "deleted_to_detached",
    "deleted_to_persistent",
    "after_flush",
    "after_flush_postexec",
)
OF_CLASSES = ("before_delete", "after_delete", "load", "refresh")
"""Events that tell of members as they are loaded and deleted, or let listeners look for them."""


def nobody_looks(session: Session) -> bool:
    """Tell whether no listener can meet deleted members, and nothing else is to be flushed."""
    link = session.link
    if link.new or link.changed or any(getattr(session.dispatch, name) for name in OF_SESSIONS):
        return False
    mappers = {state_of(obj).manager.mapper for obj in link.deleted.values()}
    return not any(_is_heard(mapper) for mapper in mappers)


def _is_heard(mapper: Mapper) -> bool:
    return any(getattr(mapper.dispatch, name) for name in OF_CLASSES)


def goes_unseen(session: Session, prop: Any, owners: Sequence[Any]) -> bool:
    """Tell whether the members of these owners are rows alone."""
    if not _is_plain(prop) or _is_heard(prop.mapper) or any(prop.impl.listeners.values()):
        return False
    ((_source, column),) = prop.synchronize_pairs
    key = prop.mapper.property_of(column).key
    owned = {state_of(obj).pk for obj in owners}
    present = session.identity_map.members(prop.mapper)
    return not any(_may_belong(obj, key, owned) for obj in present)


def _may_belong(obj: Any, key: str, owned: set[Any]) -> bool:
    state = state_of(obj)
    if is_stale(state) or key not in state.dict:
        return True
    before: Any = NO_VALUE if state.old is None else state.old.get(key, NO_VALUE)
    return (state.dict[key] if before is NO_VALUE else before) in owned


def _is_pointed_at(mapper: Any) -> bool:
    """Tell whether other rows refer to these with `post_update`: they let go of them first."""
    return any(
        mapper.isa(prop.mapper)
        for other in mapper.registry.all_mappers()
        for prop in other.relationships
        if prop.post_update
    )


def _is_plain(prop: Any) -> bool:
    """Tell whether members have one table, no version, and nothing that depends on them."""
    known: bool | None = prop.mapper.memo.get(("unseen", prop))
    if known is None:
        mapper = prop.mapper
        alone = mapper.inherits is None and len(list(mapper.self_and_descendants)) == 1
        dependents = [
            each
            for each in mapper.relationships
            if not each.viewonly and not each.join.foreign_is_local
        ]
        cascades = any("delete" in each.cascade for each in mapper.relationships)
        known = prop.mapper.memo["unseen", prop] = (
            prop.direction is ONETOMANY
            and bool(prop.uselist)
            and prop.join.simple
            and len(prop.synchronize_pairs) == 1
            and prop.synchronize_pairs[0][0] in set(prop.parent.primary_key)
            and prop.parent.single_key
            and alone
            and mapper.version is None
            and mapper.polymorphic_on is None
            and not dependents
            and not cascades
            and not _is_pointed_at(mapper)
        )
    return known

"""Which objects of a session own a pending one: along relationships with delete-orphan."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING, Any

from cormorant.instrument._state_cy import state_of

if TYPE_CHECKING:
    from cormorant.mapping.mapper import Mapper
    from cormorant.session.session import Session


def leave_orphaned(session: Session, member: Any, left: Any) -> None:
    """Let a pending object leave the session as it has left the owner of an attribute, `left`.

    Under `legacy_is_orphan` it stays while another relationship owns it.
    """
    mapper = state_of(member).manager.mapper
    if mapper.legacy_is_orphan and _is_owned(session, member, mapper, left):
        return
    session.expunge(member)


def _is_owned(session: Session, member: Any, mapper: Mapper, left: Any) -> bool:
    others = [prop for prop in _owning(mapper) if not _is(prop, left)]
    if not others:
        return False
    here = chain(session.link.new.values(), session.identity_map.objects())
    return any(
        each is member
        for obj in here
        for prop in others
        if isinstance(obj, prop.parent.class_)
        for each in prop.members(obj, state_of(obj))
    )


def _owning(mapper: Mapper) -> Iterator[Any]:
    for other in mapper.registry.all_mappers():
        for prop in other.relationships:
            if prop.cascade.delete_orphan and not prop.inherited and mapper.isa(prop.mapper):
                yield prop


def _is(prop: Any, attribute: Any) -> bool:
    return prop.key == attribute.key and issubclass(attribute.class_, prop.parent.class_)

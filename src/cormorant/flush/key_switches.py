"""Have children follow a parent whose key changes: their rows, or with them in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from cormorant.flush.associations import pairs_of
from cormorant.flush.sync import source_value, stored_before
from cormorant.instrument._state_cy import settle, state_of
from cormorant.instrument.constants import NO_VALUE

if TYPE_CHECKING:
    from cormorant.flush.context import UOWTransaction
    from cormorant.mapping.mapper import Mapper

Tell = Callable[[Any, Any, Any], None]
"""Takes (relationship, child, parent) of a child that gets the new key."""


def family_is_followed(root: Mapper) -> bool:
    """Tell whether rows must follow the keys of some class of a family."""
    known: bool | None = root.memo.get("family_is_followed")
    if known is None:
        known = any(any(switch_plan(mapper)) for mapper in root.self_and_descendants)
        root.memo["family_is_followed"] = known
    return known


def follow_keys(context: UOWTransaction, obj: Any, tell: Tell) -> None:
    """Tell of the children of a changed object that must take its new key."""
    before = context.before(obj)
    changed = {key for key in before if _moved(obj, key, before[key])}
    if changed:
        _follow(context, obj, changed, tell, {id(obj)})


def _moved(obj: Any, key: str, old: Any) -> bool:
    state = state_of(obj)
    mapper = state.manager.mapper
    if old is NO_VALUE and key in mapper.pk_keys:
        old = mapper.identity_of(state.pk)[mapper.pk_keys.index(key)]
    return bool(state.values.get(key) != old)


def switch_plan(mapper: Mapper) -> tuple[list[Any], list[Any], list[Any]]:
    """Return the relationships by which others hold keys of a class that they must follow.

    In three lists: those of the class to many, those of other classes to it, those with a
    table between.
    """
    found: tuple[list[Any], list[Any], list[Any]] | None = mapper.memo.get("switch_plan")
    if found is None:
        own = [p for p in mapper.relationships if not (p.viewonly or p.passive_updates)]
        there = [prop for prop in own if prop.join.foreign_is_remote]
        between = [prop for prop in own if prop.join.secondary is not None]
        here = [
            prop
            for other in mapper.registry.all_mappers()
            for prop in other.relationships
            if prop.configured and not (prop.viewonly or prop.passive_updates or prop.inherited)
            if prop.join.foreign_is_local and mapper.isa(prop.mapper)
        ]
        found = mapper.memo["switch_plan"] = (there, here, between)
    return found


def _follow(
    context: UOWTransaction, obj: Any, changed: set[str], tell: Tell, seen: set[int]
) -> None:
    state = state_of(obj)
    mapper = state.manager.mapper
    there, here, between = switch_plan(mapper)
    for prop in between:
        if _sources(mapper, prop) & changed:
            pairs = pairs_of(context, prop)
            pairs.note(pairs.moved, obj, _stayed(context, prop, obj))
    for prop, child in [*_from_lists(context, there, obj), *_from_map(context, here, obj)]:
        if not _sources(mapper, prop) & changed or id(child) in context.link.deleted:
            continue
        tell(prop, child, obj)
        if id(child) not in seen:
            seen.add(id(child))
            owner = state_of(child).manager.mapper
            taken = {owner.property_of(foreign).key for _, foreign in prop.join.pairs}
            _follow(context, child, taken, tell, seen)


def _sources(mapper: Mapper, prop: Any) -> set[str]:
    return {mapper.property_of(source).key for source, _ in prop.join.pairs}


def _from_lists(context: UOWTransaction, props: list[Any], obj: Any) -> Iterator[tuple[Any, Any]]:
    for prop in props:
        for child in _stayed(context, prop, obj):
            yield prop, child


def _stayed(context: UOWTransaction, prop: Any, obj: Any) -> list[Any]:
    """Return the members that were there before this flush and still are."""
    members: list[Any] = prop.members(obj, state_of(obj), load=True)
    then = context.before(obj).get(prop.key, NO_VALUE)
    if then is NO_VALUE:
        return members
    known = {id(each) for each in (then if prop.uselist else [then])}
    return [each for each in members if id(each) in known]


def _from_map(context: UOWTransaction, props: list[Any], obj: Any) -> Iterator[tuple[Any, Any]]:
    """Yield the objects in this session that are known to refer to `obj`."""
    old = {prop: _old_key(context, prop, obj) for prop in props}
    for prop in props:
        for child in context.session.identity_map.members(prop.parent):
            values = state_of(child).values
            if prop.key in values:
                refers = values[prop.key] is obj
            else:
                mapper = state_of(child).manager.mapper
                keys = [mapper.property_of(foreign).key for _, foreign in prop.join.pairs]
                refers = tuple([values.get(key) for key in keys]) == old[prop]
            if refers:
                yield prop, child


def _old_key(context: UOWTransaction, prop: Any, obj: Any) -> tuple[Any, ...]:
    return tuple([stored_before(context, obj, source) for source, _ in prop.join.pairs])


def moved_parents(context: UOWTransaction, parents: list[Any]) -> list[tuple[Any, set[str]]]:
    """Return (object, attributes) of those written whose lists follow by themselves."""
    found = []
    for parent in parents:
        sources = followed_sources(state_of(parent).manager.mapper)
        before = context.before(parent) if sources else {}
        if not sources.isdisjoint(before):
            moved = {key for key in sources & before.keys() if _moved_since(context, parent, key)}
            if moved:
                found.append((parent, moved))
    return found


def follow_in_memory(context: UOWTransaction, parents: list[tuple[Any, set[str]]]) -> None:
    """Give the members of loaded lists the new keys of their parents.

    The database has given them to the rows: passive_updates=True and ON UPDATE CASCADE.
    """
    for parent, moved in parents:
        _follow_in_memory(context, parent, moved)


def followed_sources(mapper: Mapper) -> frozenset[str]:
    """Return the attributes that the rows of lists follow without an UPDATE of ours."""
    found: frozenset[str] | None = mapper.memo.get("followed_sources")
    if found is None:
        each = [_sources(mapper, prop) for prop in _lists_followed(mapper)]
        found = mapper.memo["followed_sources"] = frozenset().union(*each)
    return found


def _lists_followed(mapper: Mapper) -> list[Any]:
    found: list[Any] | None = mapper.memo.get("lists_followed")
    if found is None:
        found = mapper.memo["lists_followed"] = [
            prop
            for prop in mapper.relationships
            if prop.passive_updates and not prop.viewonly and prop.join.foreign_is_remote
        ]
    return found


def _moved_since(context: UOWTransaction, obj: Any, key: str) -> bool:
    """Tell whether an attribute has another value than before this flush, which wrote it."""
    state = state_of(obj)
    mapper = state.manager.mapper
    old = context.before(obj)[key]
    if key in mapper.pk_keys:
        pk = context.old_keys.get(id(obj), state.pk)
        old = mapper.identity_of(pk)[mapper.pk_keys.index(key)]
    return bool(old is not NO_VALUE and state.values.get(key) != old)


def _follow_in_memory(context: UOWTransaction, parent: Any, moved: set[str]) -> None:
    state = state_of(parent)
    mapper = state.manager.mapper
    link = context.link
    for prop in _lists_followed(mapper):
        if prop.key not in state.values or not _sources(mapper, prop) & moved:
            continue
        for child in prop.members(parent, state):
            there = state_of(child)
            if there.link is not link or there.pk is None or id(child) in link.deleted:
                continue
            if any(known is prop for known, _parent in context.incoming.get(id(child), ())):
                continue  # a member that has just come: its row is written with the key
            taken = _take_over(context, prop, child, parent)
            if taken:
                _follow_in_memory(context, child, taken)


def _take_over(context: UOWTransaction, prop: Any, child: Any, parent: Any) -> set[str]:
    """Copy the key of a parent into a child as one that its row has; return what changed."""
    state = state_of(child)
    settle(state)
    mapper = state.manager.mapper
    known = mapper.class_manager.attributes
    changed = id(child) in context.link.changed
    taken = set()
    for source, foreign in prop.join.pairs:
        key = mapper.property_of(foreign).key
        value = source_value(prop, parent, source)
        # What was expired is read from the row; what the user has changed is written there.
        there = key in state.values or key in mapper.pk_keys
        if not there or (state.old and key in state.old) or state.values.get(key) == value:
            continue
        known[key].set_quietly(child, value)
        state.old.pop(key, None)
        taken.add(key)
    if not changed and not state.old:
        state.old = None
        context.link.changed.pop(id(child), None)
    if taken:
        context.followed.append(child)
        move_key(context, mapper, child)
    return taken


def move_key(context: UOWTransaction, mapper: Mapper, obj: Any) -> Any:
    """Move an object to its new place in the identity map; return its old key if it has moved."""
    state = state_of(obj)
    old = state.pk
    named = zip(mapper.pk_keys, mapper.identity_of(old), strict=True)
    parts = tuple([state.values.get(key, value) for key, value in named])
    pk = parts[0] if mapper.single_key else parts
    if pk == old:
        return None
    context.session.key_switched(obj, old, pk)
    known = context.session.identity_map.of(mapper)
    known.pop(old, None)
    state.pk = pk
    known[pk] = state.ref
    return old

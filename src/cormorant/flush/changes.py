"""What one round of a flush has to write: new, changed and deleted objects by root mapper."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from cormorant import exc
from cormorant.flush._pairs_cy import take_members, take_new_pairs
from cormorant.flush._parents_cy import need_a_look
from cormorant.flush._rows_cy import by_root, by_type
from cormorant.flush.associations import let_pairs_go, pairs_of
from cormorant.flush.key_switches import family_is_followed, follow_keys
from cormorant.flush.orphans import note_leaver, note_reference, take_orphans
from cormorant.flush.outsiders import leaves_outside, note_outsider, warn_of_strangers
from cormorant.flush.parents import key_plan
from cormorant.flush.sync import sync_leavers
from cormorant.instrument._state_cy import (
    FLAG_DELETED,
    FLAG_FLUSHING,
    state_of,
    with_changes,
)
from cormorant.instrument.collections import members_of
from cormorant.instrument.constants import NO_VALUE

if TYPE_CHECKING:
    from cormorant.flush.context import UOWTransaction
    from cormorant.instrument._state_cy import InstanceState
    from cormorant.mapping.mapper import Mapper
    from cormorant.mapping.relationships import RelationshipProperty


@dataclass(slots=True)
class Changes:
    """Objects to write, by root mapper, in the order in which they came."""

    new: dict[Mapper, list[Any]] = field(default_factory=dict)
    changed: dict[Mapper, list[Any]] = field(default_factory=dict)
    deleted: dict[Mapper, list[Any]] = field(default_factory=dict)
    drawn: set[int] = field(default_factory=set)
    """Ids of the objects in `changed`."""

    def __bool__(self) -> bool:
        return bool(self.new or self.changed or self.deleted)

    def withdraw(self, objects: list[Any]) -> None:
        """Take objects out of those to update: they are deleted instead."""
        leaving = {id(obj) for obj in objects}
        for group in self.changed.values() if leaving else ():
            group[:] = [each for each in group if id(each) not in leaving]

    @property
    def all_deleted(self) -> list[Any]:
        """All objects to delete."""
        return [obj for group in self.deleted.values() for obj in group]

    @property
    def mappers(self) -> list[Mapper]:
        """The root mappers of all objects here."""
        return list(dict.fromkeys([*self.new, *self.changed, *self.deleted]))


def take_changes(context: UOWTransaction, only: set[int] | None) -> Changes:
    """Return what is not written yet; marks it as taken.

    `only`: ids of the objects that a partial flush is limited to.
    """
    link = context.link
    found = Changes()
    done = context.processed
    doomed = link.deleted
    if only is None and not done:
        _take_all(context, found)
    else:
        _take_rest(context, found, only)
    leaving = doomed
    if context.touched or only is not None:
        wanted = doomed if only is None else only
        leaving = {i: o for i, o in doomed.items() if i in wanted and i not in context.touched}
    if context.touched:
        context.touched.update(leaving)
    else:
        context.touched = leaving.copy()
    by_root(leaving.values(), found.deleted)
    if context.snapshots:
        for obj in context.changed_since():
            if id(obj) not in doomed:
                found.drawn.add(id(obj))
                _put(found.changed, obj)
    return found


def _take_all(context: UOWTransaction, found: Changes) -> None:
    """Take everything: the first round of an ordinary flush."""
    link = context.link
    by_root(link.new.values(), found.new)
    done = context.processed = link.new.copy()
    changed = link.changed
    if link.deleted:
        changed = {oid: obj for oid, obj in changed.items() if oid not in link.deleted}
    if changed:
        by_root(changed.values(), found.changed)
        found.drawn.update(changed)
        done.update(changed)


def _take_rest(context: UOWTransaction, found: Changes, only: set[int] | None) -> None:
    """Take what came since the last round, or what a partial flush is limited to."""
    link, done = context.link, context.processed
    doomed = link.deleted
    for oid, obj in list(link.new.items()):
        if oid not in done and (only is None or oid in only):
            done[oid] = obj
            _put(found.new, obj)
    for oid, obj in list(link.changed.items()):
        if oid in done or oid in doomed or (only is not None and oid not in only):
            continue
        if state_of(obj).flags & (FLAG_DELETED | FLAG_FLUSHING):
            continue
        done[oid] = obj
        found.drawn.add(oid)
        _put(found.changed, obj)


def _put(groups: dict[Mapper, list[Any]], obj: Any) -> None:
    root = state_of(obj).manager.mapper.base_mapper
    group = groups.get(root)
    if group is None:
        group = groups[root] = []
    group.append(obj)


def relate(context: UOWTransaction, changes: Changes) -> None:
    """Find for each child whose key it takes, and draw in children that must be rewritten.

    Fills `context.incoming`: id of the child -> (relationship, parent or None).
    """
    drawn = list(changes.changed.items())
    for root, group in changes.new.items():
        if family_has_relationships(root):
            for obj in need_a_look(group, context.link, key_plan):
                _relate_object(context, changes, obj)
            odd = take_new_pairs(group, context.link, key_plan, partial(pairs_of, context))
            for obj, prop, members in odd:
                _pair_odd(context, prop, obj, members)
    for root, group in drawn:
        if family_has_relationships(root):
            for obj in list(group):
                _relate_object(context, changes, obj)
        if family_is_followed(root):
            for obj in list(group):
                follow_keys(context, obj, partial(_pull_along, context, changes))
    released: list[Any] = []
    doomed = changes.all_deleted
    while doomed or context.leavers:
        _load_for_release(context, doomed)
        for obj in _leaving_something(context, doomed):
            released += _release_children(context, changes, obj)
        doomed = take_orphans(context, changes) if context.leavers else []
        for obj in doomed:
            _put(changes.deleted, obj)
    if released:
        sync_leavers(context, released)
    if context.strangers:
        warn_of_strangers(context)


def _load_for_release(context: UOWTransaction, doomed: list[Any]) -> None:
    """Load what deleted objects must let go of, for all of them at once."""
    for kind, first in by_type(doomed).items():
        written = written_relationships(state_of(first).manager.mapper)
        for prop in (*written.between, *written.there):
            if prop.passive_deletes or (prop.cascade.delete and prop.join.secondary is None):
                continue
            lacking = [
                obj for obj in doomed if type(obj) is kind and prop.key not in state_of(obj).values
            ]
            if len(lacking) > 1 or (lacking and prop.lazy in ("raise", "raise_on_sql")):
                context.session.load_together(lacking, prop)


class Written(NamedTuple):
    """The relationships of a mapper that a flush writes, by where the foreign keys stand."""

    here: list[Any]
    there: list[Any]
    between: list[Any]


def written_relationships(mapper: Mapper) -> Written:
    """Return the relationships of a mapper whose keys a flush writes."""
    found: Written | None = mapper.memo.get("written_relationships")
    if found is None:
        mapper.ready()
        props = [prop for prop in mapper.relationships if not prop.viewonly]
        found = mapper.memo["written_relationships"] = Written(
            [prop for prop in props if prop.join.foreign_is_local],
            [prop for prop in props if prop.join.foreign_is_remote],
            [prop for prop in props if prop.join.secondary is not None],
        )
    return found


def family_has_relationships(root: Mapper) -> bool:
    """Tell whether some class of a family has relationships that a flush writes."""
    known: bool | None = root.memo.get("family_has_relationships")
    if known is None:
        known = any(any(written_relationships(each)) for each in root.self_and_descendants)
        root.memo["family_has_relationships"] = known
    return known


def _relate_object(context: UOWTransaction, changes: Changes, obj: Any) -> None:
    state = state_of(obj)
    written = written_relationships(state.manager.mapper)
    if not any(written):
        return
    fresh = state.pk is None
    before = {} if fresh else context.before(obj)
    for prop in written.here:
        if prop.key in (state.values if fresh else before):
            parent, earlier = state.values.get(prop.key), before.get(prop.key)
            if fresh or not _refers_as_before(prop, parent, earlier):
                _take_parent(context, prop, obj, parent)
            note_reference(context, prop, obj, parent, earlier)
    for prop in written.there:
        if fresh or prop.key in before:
            _give_children(context, changes, prop, obj, _known(context, prop, obj, before))
    for prop in written.between if not fresh or key_plan(obj) is None else ():
        if fresh or prop.key in before:
            _pair_up(context, prop, obj, _known(context, prop, obj, before))


def _refers_as_before(prop: Any, parent: Any, earlier: Any) -> bool:
    """Tell whether a reference was set to what it was, and the key there is what it was."""
    if parent is not earlier:
        return False
    state = None if parent is None else state_of(parent)
    if state is None or state.old is None:
        return True
    mapper, changed = state.manager.mapper, state.old
    return not any(mapper.property_of(source).key in changed for source, _ in prop.join.pairs)


def _pull_along(
    context: UOWTransaction, changes: Changes, prop: Any, child: Any, parent: Any
) -> None:
    """Have a child rewritten with the new key of its parent."""
    if not any(known is prop for known, _ in context.incoming.get(id(child), ())):
        _hand_over(context, prop, child, parent)
        _draw_in(context, changes, child)


def _take_parent(context: UOWTransaction, prop: Any, obj: Any, parent: Any) -> None:
    if parent is not None:
        _check_class(prop, parent)
        if not context.session.has(parent):
            note_outsider(context, prop, parent, obj)
            return
    _hand_over(context, prop, obj, parent)


def _hand_over(context: UOWTransaction, prop: Any, child: Any, parent: Any) -> None:
    """Have the key of a parent copied before the child is written; or later, as post_update."""
    if prop.post_update and parent is not None and state_of(parent).pk is None:
        context.late.append((child, prop, parent))
    else:
        context.incoming.setdefault(id(child), []).append((prop, parent))


def _give_children(
    context: UOWTransaction, changes: Changes, prop: Any, obj: Any, before: dict[str, Any]
) -> None:
    added, removed = member_changes(prop, obj, before)
    for child in added:
        _check_class(prop, child)
        if not context.session.has(child):
            note_outsider(context, prop, child, obj)
            context.outsiders.append((child, prop, obj))
            continue
        if id(child) in context.link.deleted:
            continue
        _hand_over(context, prop, child, obj)
        _draw_in(context, changes, child)
    for child in removed:
        note_leaver(context, prop, child)
        _let_go(context, changes, prop, child, obj)


def _pair_up(context: UOWTransaction, prop: Any, obj: Any, before: dict[str, Any]) -> None:
    """Note the pairs of a many-to-many relationship that came and that went."""
    added, removed = member_changes(prop, obj, before)
    if not added and not removed:
        return
    pairs = pairs_of(context, prop)
    link = context.link
    doomed = link.deleted
    odd = take_members(added, obj, link, prop.mapper.class_, pairs, pairs.added)
    _pair_odd(context, prop, obj, odd)
    if prop.cascade.delete_orphan:
        context.owned.update([(prop.origin, id(each)) for each in added if id(each) not in doomed])
    for member in removed:
        note_leaver(context, prop, member)
    pairs.let_go(obj, [each for each in removed if not leaves_outside(context, prop, each, obj)])


def _pair_odd(context: UOWTransaction, prop: Any, obj: Any, members: list[Any]) -> None:
    """Note the pairs with members that are of another class, or perhaps in no session."""
    comers = []
    for member in members:
        _check_class(prop, member)
        if not context.session.has(member):
            note_outsider(context, prop, member, obj)
        elif id(member) not in context.link.deleted:
            comers.append(member)
    if comers:
        pairs = pairs_of(context, prop)
        pairs.note(pairs.added, obj, comers)


def _known(context: UOWTransaction, prop: Any, obj: Any, before: dict[str, Any]) -> dict[str, Any]:
    """Return the values before, with that of a relationship to one that was never loaded."""
    if prop.uselist or before.get(prop.key) is not NO_VALUE or prop.passive_deletes == "all":
        return before
    return {**before, prop.key: context.session.stored_related(obj, prop.key)}


def member_changes(
    prop: RelationshipProperty[Any], obj: Any, before: dict[str, Any]
) -> tuple[list[Any], list[Any]]:
    """Return the members that came and that left a relationship to many."""
    state = state_of(obj)
    now = state.values.get(prop.key)
    then = before.get(prop.key, NO_VALUE)
    if prop.key not in before:
        return (list(prop.members(obj, state)), []) if not before else ([], [])
    if now is None and state.extra is not None and state.extra.queues:
        queue = state.extra.queues.get(prop.key)
        if queue is not None:
            return list(queue.added), list(queue.removed)
    current = [] if now is None else members_of(now) if prop.uselist else [now]
    if then is NO_VALUE or then is None:
        return current, []
    earlier = list(then) if prop.uselist else [then]
    known, there = {id(o) for o in earlier}, {id(o) for o in current}
    return (
        [o for o in current if id(o) not in known],
        [o for o in earlier if id(o) not in there],
    )


def _let_go(
    context: UOWTransaction,
    changes: Changes,
    prop: Any,
    child: Any,
    owner: Any,
    left: bool = True,
) -> None:
    if child is None or id(child) in context.link.deleted:
        return
    if leaves_outside(context, prop, child, owner if left else None):
        if not (prop.cascade.delete_orphan or _refers_elsewhere(prop, state_of(child), owner)):
            context.outsiders.append((child, prop, None))
        return
    state = state_of(child)
    if state.flags & FLAG_DELETED:
        return
    if state.pk is None and id(child) not in context.link.new:
        return
    if _refers_elsewhere(prop, state, owner):
        return
    known = context.incoming.setdefault(id(child), [])
    if not any(parent is not None and p.join is prop.join for p, parent in known):
        known.append((prop, None))
    _draw_in(context, changes, child)


def _refers_elsewhere(prop: Any, state: InstanceState, owner: Any) -> bool:
    """Tell whether a child that leaves a parent refers to another row than the parent's.

    What was expunged and loaded anew is two objects for one row.
    """
    reverse = prop.impl.reverse
    other = None if reverse is None else state.values.get(reverse.key)
    if other is None or other is owner:
        return False
    theirs, its_own = state_of(other), state_of(owner)
    root = its_own.manager.mapper.base_mapper
    return theirs.pk != its_own.pk or theirs.manager.mapper.base_mapper is not root


def _draw_in(context: UOWTransaction, changes: Changes, child: Any) -> None:
    """Have a persistent child rewritten in this round."""
    if id(child) in context.link.new or state_of(child).flags:
        return
    if id(child) in changes.drawn:
        return
    changes.drawn.add(id(child))
    context.processed[id(child)] = child
    _put(changes.changed, child)


def _release_children(context: UOWTransaction, changes: Changes, obj: Any) -> list[Any]:
    """Take the key of a deleted parent out of the children that stay; return these."""
    released = []
    written = written_relationships(state_of(obj).manager.mapper)
    before = context.before(obj)
    for prop in written.here:
        if prop.key in before:
            note_leaver(context, prop, before[prop.key])
        elif prop.key not in state_of(obj).values:
            context.session.fill_from_memory(obj, prop.key)
    for prop in written.between:
        let_pairs_go(context, prop, obj)
    for prop in written.there:
        if prop.passive_deletes == "all":
            continue
        # Loaded first: what waits for a list that is not loaded may stand in it already.
        members = [] if prop.cascade.delete else _members_of_doomed(prop, obj)
        before = context.before(obj)
        comers: list[Any] = []
        gone: list[Any] = []
        if prop.key in before:
            comers, gone = member_changes(prop, obj, _known(context, prop, obj, before))
        for child in gone:
            note_leaver(context, prop, child)
        if not prop.cascade.delete:
            new, left = {id(child) for child in comers}, {id(child) for child in gone}
            for child in [*members, *gone]:
                if id(child) not in context.link.deleted and id(child) not in new:
                    _let_go(context, changes, prop, child, obj, id(child) in left)
                    released.append(child)
    return released


def _members_of_doomed(prop: Any, obj: Any) -> list[Any]:
    """Return the members of a deleted object, loaded unless the database lets go of them."""
    members: list[Any] = prop.members(obj, state_of(obj), load=not prop.passive_deletes)
    return members


def _leaving_something(context: UOWTransaction, doomed: list[Any]) -> list[Any]:
    """Return the deleted objects that let go of others, or that were changed before."""
    if context.has_watched:
        return doomed
    mappers = {kind: state_of(first).manager.mapper for kind, first in by_type(doomed).items()}
    kinds = {kind for kind, mapper in mappers.items() if not _leaves_nothing(mapper)}
    if not kinds:
        found: list[Any] = with_changes(doomed)
        return found
    return [obj for obj in doomed if type(obj) in kinds or state_of(obj).old is not None]


def _leaves_nothing(mapper: Mapper) -> bool:
    """Tell whether deletions of a class touch no other row: they take their members along."""
    known: bool | None = mapper.memo.get("leaves_nothing")
    if known is None:
        written = written_relationships(mapper)
        alone = [p.cascade.delete or p.passive_deletes == "all" for p in written.there]
        known = mapper.memo["leaves_nothing"] = all(alone) and not written.between
    return known


def _check_class(prop: RelationshipProperty[Any], member: Any) -> None:
    if member is None:
        raise exc.FlushError(
            f"Can't flush None value found in collection {prop}. Take it out, or put an object of "
            f"class {prop.mapper.class_.__name__!r} in its place."
        )
    # What a listener put in the place of a member that was given is seen here for the first time.
    problem = prop.refusal(state_of(member).mapper)
    if problem is not None:
        raise exc.FlushError(problem)

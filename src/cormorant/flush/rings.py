"""Order the objects of tables that refer to each other, or to themselves, one by one."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import CircularDependencyError

from cormorant.flush.changes import written_relationships
from cormorant.flush.order import levels
from cormorant.flush.steps import Batches, Sight, Starts, holders
from cormorant.instrument._state_cy import state_of
from cormorant.instrument.constants import NO_VALUE

if TYPE_CHECKING:
    from cormorant.flush.changes import Changes
    from cormorant.flush.context import UOWTransaction
    from cormorant.mapping.mapper import Mapper


def parents_first(
    context: UOWTransaction, ring: list[Mapper], objects: list[Any], changes: Changes
) -> Batches:
    """Split objects into batches: none needs the key of a row that comes in a later one.

    As SQLAlchemy, each object comes as early as it can: see `Sight`. Where nobody knows a
    reference into the ring, and nothing there is deleted, they come all at once. Parents in
    memory come first also where they have their key already, unless they go in a circle.
    """
    doomed = [obj for root in ring for obj in changes.deleted.get(root, ())]
    sight = Sight(context, ring, objects, doomed)
    if not (sight.looks or sight.above or doomed):
        return [(0, objects)]

    def awaited(obj: Any) -> list[Any]:
        return [parent for _prop, parent in _awaited(context, obj)]

    def parents(obj: Any) -> list[Any]:
        # Keys that change are handed over along relationships that nobody has to have seen.
        given = context.incoming.get(id(obj), ())
        known = sight.above.get(id(obj), ())
        return [*known, *[each for _prop, each in given if each is not None]]

    def refuse(circle: list[Any]) -> Exception:
        inside = {id(each) for each in circle}
        props = [
            str(prop)
            for each in circle
            for prop, parent in _awaited(context, each)
            if id(parent) in inside
        ]
        return circular("cannot be inserted", circle, props)

    starts = Starts(changes)
    try:
        found = levels(objects, parents, lambda circle: CircularDependencyError("", circle, []))
        return _in_steps(found, parents, sight, starts)
    except CircularDependencyError:
        return _in_steps(levels(objects, awaited, refuse), awaited, sight, starts)


def _in_steps(
    found: list[list[Any]], above: Callable[[Any], list[Any]], sight: Sight, starts: Starts
) -> Batches:
    """Return the objects of all levels by the step in which each of them is saved."""
    base = {root: starts.base(root, sight.ring) for root in sight.ring}
    steps: dict[int, int] = {}
    batches: dict[int, list[Any]] = {}
    for obj in [obj for level in found for obj in level]:
        step = base[state_of(obj).manager.mapper.base_mapper]
        if step == 0 and id(obj) in sight.looks:
            step = 1
        for root in sight.far.get(id(obj), ()):
            step = max(step, starts.of(root) + 2)
        for parent in above(obj):
            if id(parent) in steps:
                step = max(step, steps[id(parent)] + 2)
        steps[id(obj)] = step
        batches.setdefault(step, []).append(obj)
    return sorted(batches.items())


def _known_parents(objects: list[Any]) -> dict[int, list[Any]]:
    """Return id of a stored object -> its parents, as references and lists in memory tell."""
    found: dict[int, list[Any]] = {}
    for obj in objects:
        state = state_of(obj)
        written = written_relationships(state.manager.mapper)
        for prop in written.here:
            parent = None if prop.post_update else state.values.get(prop.key)
            if parent is not None and state.pk is not None:
                found.setdefault(id(obj), []).append(parent)
        for prop in written.there:
            for member in () if prop.post_update else prop.members(obj, state):
                found.setdefault(id(member), []).append(obj)
    return found


def _awaited(context: UOWTransaction, obj: Any) -> list[tuple[Any, Any]]:
    """Return (relationship, parent) for the new parents whose keys an object waits for."""
    return [each for each in _parents(context, obj) if state_of(each[1]).pk is None]


def _parents(context: UOWTransaction, obj: Any) -> list[tuple[Any, Any]]:
    """Return (relationship, parent) for the parents whose keys an object takes or gives up."""
    found = list(context.incoming.get(id(obj), ()))
    state = state_of(obj)
    before = {} if state.pk is None else context.before(obj)
    for prop in written_relationships(state.manager.mapper).here:
        if not prop.post_update:
            parent = before.get(prop.key) if before else state.values.get(prop.key)
            if state.pk is None or prop.key in before:
                found.append((prop, parent))
    return [(p, parent) for p, parent in found if parent is not None and parent is not NO_VALUE]


def children_first(
    ring: list[Mapper], doomed: list[Any], saved: Batches, leaving: list[Any]
) -> list[list[Any]]:
    """Split objects to delete into batches: none is referred to by a row of a later one.

    `saved`: the batches of the same tables that this flush has written; `leaving`: all that it
    deletes. As SQLAlchemy, each object comes as early as it can: after what was saved, a member
    one step after the look at the list of its owner, and that is one step after its owner was
    saved.
    """
    owners = Owners(ring, doomed, late=False)
    members: dict[int, list[Any]] = {}
    steps: dict[int, int] = {}
    times = {id(obj): step for step, batch in saved for obj in batch}
    first = saved[-1][0] + 1 if saved else 0
    for obj in doomed:
        for _prop, owner in owners.of(obj):
            if owner is not obj:
                members.setdefault(id(owner), []).append(obj)
                steps[id(obj)] = 1
    known = _known_parents(leaving)
    owning = {id(obj) for obj in leaving}
    written = [obj for _step, batch in saved for obj in batch]
    lists = holders(ring, written, lambda obj: state_of(obj).old or {})
    for batch in levels(doomed, lambda obj: members.get(id(obj), ()), partial(_refuse, owners)):
        for obj in batch:
            after = [steps[id(each)] + 1 for each in members.get(id(obj), ())]
            after += [times[id(owner)] + 2 for owner in lists.get(id(obj), ())]
            above = [owner for owner in known.get(id(obj), ()) if owner is not obj]
            after += [1 for owner in above if id(owner) in owning]
            steps[id(obj)] = max([first, steps.get(id(obj), 0), *after])
    return [
        [obj for obj in doomed if steps[id(obj)] == step] for step in sorted(set(steps.values()))
    ]


def _refuse(owners: Owners, circle: list[Any]) -> Exception:
    props = [
        str(prop)
        for each in circle
        for prop, owner in owners.of(each)
        if any(owner is other for other in circle)
    ]
    return circular("cannot be deleted", circle, props)


class Owners:
    """Finds, for an object to delete, the other ones to delete that its row refers to.

    `late`: along relationships with post_update, else along the others.
    """

    def __init__(self, ring: list[Mapper], doomed: list[Any], late: bool) -> None:
        self.doomed = doomed
        self.edges: list[tuple[Any, Mapper, Mapper]] = []
        self.indexes: dict[int, dict[tuple[Any, ...], Any]] = {}
        self.members: dict[int, dict[int, Any]] = {}
        for mapper in [each for root in ring for each in root.self_and_descendants]:
            written = written_relationships(mapper)
            for prop in (*written.here, *written.there):
                if prop.post_update is late and not prop.inherited:
                    sides = (mapper, prop.mapper)
                    child, owner = sides if prop.join.foreign_is_local else sides[::-1]
                    if owner.base_mapper in ring and child.base_mapper in ring:
                        self.edges.append((prop, child, owner))

    def of(self, obj: Any) -> list[tuple[Any, Any]]:
        """Return (relationship, owner) of the rows that the row of `obj` refers to."""
        found = []
        state = state_of(obj)
        mapper = state.manager.mapper
        for edge in self.edges:
            prop, child, _owner = edge
            if mapper.isa(child):
                owner = self._members(edge).get(id(obj)) or self._by_key(edge, obj, mapper)
                if owner is not None:
                    found.append((prop, owner))
        return found

    def _by_key(self, edge: tuple[Any, Mapper, Mapper], obj: Any, mapper: Mapper) -> Any:
        """Find an owner by the foreign key; it is loaded where no list tells of its owner."""
        prop = edge[0]
        load = prop.join.foreign_is_local and not any(
            other.join.foreign_is_remote and not other.passive_deletes
            for other in prop.other_sides
        )
        key = tuple([stored(obj, mapper, foreign, load) for _, foreign in prop.join.pairs])
        return None if None in key else self._index(edge).get(key)

    def _members(self, edge: tuple[Any, Mapper, Mapper]) -> dict[int, Any]:
        """Return id of a member -> owner, of the lists that are in memory."""
        prop, _child, owner = edge
        found = self.members.get(id(prop))
        if found is None:
            found = self.members[id(prop)] = {}
            for obj in self.doomed if prop.join.foreign_is_remote else ():
                state = state_of(obj)
                if state.manager.mapper.isa(owner):
                    found.update({id(each): obj for each in prop.members(obj, state)})
        return found

    def _index(self, edge: tuple[Any, Mapper, Mapper]) -> dict[tuple[Any, ...], Any]:
        prop, _child, owner = edge
        index = self.indexes.get(id(prop))
        if index is None:
            index = self.indexes[id(prop)] = {}
            for obj in self.doomed:
                mapper = state_of(obj).manager.mapper
                if mapper.isa(owner):
                    pairs = prop.join.pairs
                    key = tuple([stored(obj, mapper, source, False) for source, _ in pairs])
                    index[key] = obj
        return index


def stored(obj: Any, mapper: Mapper, column: Any, load: bool) -> Any:
    """Return the value of a column as it stands in the row of a persistent object.

    None where it is not loaded, unless it shall be.
    """
    state = state_of(obj)
    key = mapper.property_of(column).key
    if key in mapper.pk_keys:
        return mapper.identity_of(state.pk)[mapper.pk_keys.index(key)]
    old = NO_VALUE if state.old is None else state.old.get(key, NO_VALUE)
    if old is not NO_VALUE:
        return old
    return getattr(obj, key) if load and key not in state.values else state.values.get(key)


def circular(what: str, circle: list[Any], props: list[str]) -> Exception:
    """Return the error for rows that wait for each other."""
    classes = ", ".join(sorted({type(each).__name__ for each in circle}))
    names = ", ".join(sorted(set(props)))
    alone = len(circle) == 1
    rows = "A row refers to itself" if alone else f"{len(circle)} rows refer to each other"
    text = (
        f"Circular dependency detected. {rows} (class {classes}, along {names}) and {what} one "
        f"after the other. Set post_update=True on one of these relationships, so that its key "
        f"is written by an UPDATE of its own."
    )
    return CircularDependencyError(text, set(), set(), msg=text)

"""Copy objects into a session: onto the object of the same key that it has or loads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NoReturn

from sqlalchemy import exc as core_exc

from cormorant import exc
from cormorant.instrument._state_cy import FLAG_DELETED, InstanceState, settle, state_of
from cormorant.instrument.pickling import members_of
from cormorant.session import attach

if TYPE_CHECKING:
    from cormorant.mapping.mapper import Mapper
    from cormorant.session.session import Session


def merge_all(session: Session, given: Iterable[Any], load: bool, options: Any) -> list[Any]:
    """Return the objects of this session that have the state of the given ones now.

    Each of them is merged as a graph of its own.
    """
    if load:
        session.maybe_autoflush()
    before = session.autoflush
    session.autoflush = False
    try:
        return [_Merge(session, load, options).run(each) for each in given]
    finally:
        session.autoflush = before


class _Merge:
    """One call of merge over a graph.

    Depth first, as SQLAlchemy, but on a stack of its own: long chains are no limit. `done`: the
    target of each source by id; `by_key`: new targets by mapper and key, for sources with the
    same key; `came_by`: (id of a source, relationship that led to it).
    """

    def __init__(self, session: Session, load: bool, options: Any) -> None:
        self.session = session
        self.load = load
        self.options = options
        self.done: dict[int, Any] = {}
        self.by_key: dict[tuple[Mapper, Any], Any] = {}
        self.came_by: set[tuple[int, Any]] = set()
        self.held: list[Any] = []
        self.made: list[Any] = []

    def run(self, given: Any) -> Any:
        """Merge an object and all that merge cascades reach."""
        stack = [self._visit(given)]
        while stack:
            member = next(stack[-1], None)
            if member is None:
                stack.pop()
            elif id(member) not in self.done:
                stack.append(self._visit(member))
        for obj in self.made:
            for listener in state_of(obj).manager.dispatch.load:
                listener(obj, None)
        return self.done[id(given)]

    def _visit(self, given: Any) -> Iterator[Any]:
        """Copy one source onto its target; yields the members to be merged before they are set."""
        state = state_of(given)
        target = self.done[id(given)] = self._target(given, state)
        if target is given:
            return
        self.held.append(given)
        other = state_of(target)
        self._check_version(state, target)
        if not self.load:
            settle(other)  # else its next access would take the copied values for expired ones
        mapper = state.manager.mapper
        for prop in mapper.attrs:
            key = prop.key
            if key not in state.values:
                continue
            if key in state.manager.related_keys:
                yield from self._copy_relationship(prop, given, state, target)
            elif not self.load:
                other.values[key] = state.values[key]
                self._forget_change(target, other, key)
            else:
                if key in mapper.pk_keys and other.pk is not None:
                    getattr(target, key)  # an expired target is read before it is overwritten
                setattr(target, key, state.values[key])

    def _target(self, given: Any, state: InstanceState) -> Any:
        """Return the object in this session that a source is copied onto."""
        session, mapper = self.session, state.manager.mapper
        mapper.ready()
        if state.link is session.link and not state.flags & FLAG_DELETED:
            return given
        settle(state)
        pk = state.pk
        if pk is None and not self.load:
            _refuse(state, "transient (i.e. unpersisted) objects")
        if pk is None and state.extra is not None:
            for key in state.expired_attributes.intersection(mapper.pk_keys):
                getattr(given, key)  # refused: a rollback took the row after it was expired
        if pk is None and all(key in state.values for key in mapper.pk_keys):
            pk = mapper.pk_from_values(state.values)
        if pk is None:
            return self._make(mapper)
        found = session.identity_map.find(mapper, pk) or self.by_key.get((mapper, pk))
        if found is not None:
            _check_class(state, found)
            return found
        if not self.load:
            return self._adopt(state, mapper, pk)
        found = session.get(mapper.class_, mapper.identity_of(pk), options=self.options)
        if found is None:
            found = self.by_key[(mapper, pk)] = self._make(mapper)
        return found

    def _make(self, mapper: Mapper) -> Any:
        fresh = mapper.class_manager.new_instance()
        self.made.append(fresh)
        attach.enter(self.session, fresh, state_of(fresh))
        return fresh

    def _adopt(self, state: InstanceState, mapper: Mapper, pk: Any) -> Any:
        """Make a persistent object of the key of a source, without asking the database."""
        if state.old is not None:
            _refuse(state, "objects marked as 'dirty'")
        obj = mapper.class_manager.new_instance()
        fresh = state_of(obj)
        fresh.pk = pk
        self.made.append(obj)
        attach.enter(self.session, obj, fresh)
        return obj

    def _forget_change(self, target: Any, other: InstanceState, key: str) -> None:
        """Take a value that came without load for what is in the row."""
        if other.old is not None:
            other.old.pop(key, None)
            if not other.old:
                other.old = None
                self.session.link.changed.pop(id(target), None)

    def _check_version(self, state: InstanceState, target: Any) -> None:
        mapper = state.manager.mapper
        rule = mapper.version
        if rule is None or not self.load or state_of(target).pk is None:
            return
        given = state.values.get(rule.key)
        if given is not None and given != getattr(target, rule.key):
            raise exc.StaleDataError(
                f"The version of the merged object of class {mapper.class_.__name__!r} does not "
                f"match the one in the database. Load the current row and merge again; leave the "
                f"version attribute out of the merged object to overwrite."
            )

    def _copy_relationship(
        self, prop: Any, given: Any, state: InstanceState, target: Any
    ) -> Iterator[Any]:
        """Yield the members of one relationship, then set it to their targets."""
        if not prop.cascade.merge or self._came_back(prop, given):
            return
        value = state.values[prop.key]
        members = members_of(value) if prop.uselist else [value]
        if prop.uselist and self.load:
            getattr(target, prop.key)  # so that the members are found in memory
        targets: list[Any] = []
        for member in members:
            if member is None:
                targets.append(None)
                continue
            self.came_by.add((id(member), prop.origin))
            yield member
            targets.append(self.done[id(member)])
        self._assign(prop, value, target, targets)

    def _came_back(self, prop: Any, given: Any) -> bool:
        """Tell whether the other side of a relationship led here, and will set this side."""
        other_side = prop.impl.reverse
        if other_side is None:
            return False
        return (id(given), other_side.on_class.property.origin) in self.came_by

    def _assign(self, prop: Any, value: Any, target: Any, targets: list[Any]) -> None:
        if not prop.uselist:
            merged = targets[0]
        elif isinstance(value, dict):
            merged = dict(zip(value, targets, strict=True))
        elif isinstance(value, (list, set)):
            merged = targets if isinstance(value, list) else set(targets)
        elif self.load:
            merged = prop.impl.shape.of(targets)
        else:
            merged = targets
        if self.load:
            setattr(target, prop.key, merged)
        else:
            other = state_of(target)
            other.manager.attributes[prop.key].set_committed(other, merged)
            self._forget_change(target, other, prop.key)


def _check_class(state: InstanceState, found: Any) -> None:
    """Refuse to copy an object onto one that lacks attributes of its class."""
    wanted, there = state.manager.mapper, state_of(found).manager.mapper
    if not (there.isa(wanted) or wanted.attrs.keys() <= there.attrs.keys()):
        name, other = wanted.class_.__name__, there.class_.__name__
        raise core_exc.InvalidRequestError(
            f"merge() cannot copy an object of class {name!r} onto the one of class {other!r} "
            f"that has its primary key: {other!r} lacks attributes of {name!r}. Give the object "
            f"a key of its own, or delete the other one and flush first."
        )


def _refuse(state: InstanceState, what: str) -> NoReturn:
    raise core_exc.InvalidRequestError(
        f"merge() with load=False option does not support {what}; this one is of class "
        f"{state.manager.class_.__name__!r}. flush() all changes on mapped instances before "
        f"merging with load=False."
    )

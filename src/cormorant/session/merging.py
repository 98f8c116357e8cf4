"""Copy objects into a session: onto the object of the same key that it has or loads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import exc as core_exc

from cormorant import exc
from cormorant.instrument._state_cy import InstanceState, settle, state_of
from cormorant.session import attach, loading

if TYPE_CHECKING:
    from cormorant.mapping.mapper import Mapper
    from cormorant.session.session import Session


def merge(session: Session, given: Any, load: bool) -> Any:
    """Return the object of this session that has the state of `given` now."""
    if load:
        session.maybe_autoflush()
    before = session.autoflush
    session.autoflush = False
    try:
        return _Merge(session, load).run(given)
    finally:
        session.autoflush = before


class _Merge:
    """One call of merge over a graph; iterative, so that long chains are no limit."""

    def __init__(self, session: Session, load: bool) -> None:
        self.session = session
        self.load = load
        self.done: dict[int, Any] = {}
        self.held: list[Any] = []
        self.made: list[Any] = []

    def run(self, given: Any) -> Any:
        """Merge an object and all that merge cascades reach."""
        result = self._target(given)
        waiting = [given]
        self._merge_all(waiting)
        for obj in self.made:
            for listener in state_of(obj).manager.dispatch.load:
                listener(obj, None)
        return result

    def _merge_all(self, waiting: list[Any]) -> None:
        while waiting:
            each = waiting.pop()
            state = state_of(each)
            target = self.done[id(each)]
            if target is each:
                continue
            self._copy_columns(state, target)
            waiting.extend(self._copy_relationships(state, target))

    def _target(self, given: Any) -> Any:
        """Return the object in this session that `given` is copied onto."""
        known = self.done.get(id(given))
        if known is not None:
            return known
        self.held.append(given)
        state = state_of(given)
        if state.link is self.session.link:
            self.done[id(given)] = given
            return given
        target = self.done[id(given)] = self._find(given, state)
        return target

    def _find(self, given: Any, state: InstanceState) -> Any:
        session, mapper = self.session, state.manager.mapper
        mapper.ready()
        settle(state)
        pk = state.pk
        if pk is None:
            if not self.load:
                raise core_exc.InvalidRequestError(
                    f"merge() with load=False option does not support objects transient (i.e. "
                    f"unpersisted) objects; this one is of class {mapper.class_.__name__!r}. "
                    f"flush() all changes on mapped instances before merging with load=False."
                )
            pk = mapper.pk_from_values(state.values)
        if pk is not None:
            found = session.identity_map.find(mapper, pk)
            if found is not None:
                return found
            if not self.load:
                return self._adopt(state, mapper, pk)
            loaded = loading.get(session, mapper, mapper.identity_of(pk), False, None, None)
            if loaded is not None:
                return loaded
        fresh = mapper.class_manager.new_instance()
        self.made.append(fresh)
        attach.enter(session, fresh, state_of(fresh))
        return fresh

    def _adopt(self, state: InstanceState, mapper: Mapper, pk: Any) -> Any:
        if state.old is not None:
            raise core_exc.InvalidRequestError(
                f"merge() with load=False option does not support objects marked as 'dirty'; "
                f"this one is of class {mapper.class_.__name__!r}. flush() all changes on mapped "
                f"instances before merging with load=False."
            )
        obj = mapper.class_manager.new_instance()
        fresh = state_of(obj)
        fresh.pk = pk
        self.made.append(obj)
        attach.enter(self.session, obj, fresh)
        for key in mapper.pk_keys:
            if key in state.values:
                fresh.values[key] = state.values[key]
        return obj

    def _copy_columns(self, state: InstanceState, target: Any) -> None:
        mapper = state.manager.mapper
        other = state_of(target)
        self._check_version(mapper, state, target)
        if not self.load:
            settle(other)  # else its next access would take the copied values for expired ones
        for prop in mapper.column_attrs:
            key = prop.key
            if key not in state.values:
                continue
            value = state.values[key]
            if not self.load:
                other.values[key] = value
            elif other.pk is None or not _same(getattr(target, key), value):
                setattr(target, key, value)

    def _check_version(self, mapper: Mapper, state: InstanceState, target: Any) -> None:
        rule = mapper.version
        if rule is None or not self.load or state_of(target).pk is None:
            return
        given = state.values.get(rule.key)
        if state.pk is not None and given is not None and given != getattr(target, rule.key):
            raise exc.StaleDataError(
                f"The version of the merged object of class {mapper.class_.__name__!r} does not "
                f"match the one in the database. Load the current row and merge again; leave the "
                f"version attribute out of the merged object to overwrite."
            )

    def _copy_relationships(self, state: InstanceState, target: Any) -> list[Any]:
        """Set the relationships of the target to the targets of their members."""
        waiting = []
        for prop in state.manager.mapper.relationships:
            if not prop.cascade.merge or prop.key not in state.values:
                continue
            value = state.values[prop.key]
            members = [] if value is None else list(value) if prop.uselist else [value]
            targets = []
            for member in members:
                if id(member) not in self.done:
                    waiting.append(member)
                targets.append(self._target(member))
            self._assign(prop, target, targets)
        return waiting

    def _assign(self, prop: Any, target: Any, targets: list[Any]) -> None:
        value: Any = targets if prop.uselist else (targets[0] if targets else None)
        if not self.load:
            prop.impl_for(target).set_committed(state_of(target), value)
            return
        if prop.uselist:
            current = getattr(target, prop.key)
            if len(current) != len(targets) or any(
                a is not b for a, b in zip(current, targets, strict=True)
            ):
                setattr(target, prop.key, targets)
        elif getattr(target, prop.key) is not value:
            setattr(target, prop.key, value)


def _same(current: Any, value: Any) -> bool:
    return current is value or bool(type(current) is type(value) and current == value)

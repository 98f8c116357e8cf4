"""The session: a facade over attaching, flushing, loading, executing and transactions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlalchemy import exc as core_exc
from sqlalchemy.util import EMPTY_DICT

from cormorant import exc
from cormorant.event.catalog import SessionEvents
from cormorant.event.places import OfClass, OfObject, Place
from cormorant.instrument._state_cy import FLAG_DELETED, drop_values, present, state_of
from cormorant.instrument.history import History
from cormorant.mapping.mapper import Mapper, class_mapper
from cormorant.session import (
    announced,
    attach,
    bulk_rows,
    doomed,
    flushing,
    functions,
    last_reads,
    loading,
    merging,
    owners,
    relations,
)
from cormorant.session.members import ObjectSet
from cormorant.session.restore import expire_all
from cormorant.session.statements import Statements

O = TypeVar("O")  # noqa: E741 # O as in object


class Session(Statements):
    """The objects of one unit of work, and their transaction.

    As sqlalchemy.orm.Session. One thread at a time: a second one is refused by name.
    """

    def add(self, instance: object, *, _warn: bool = True) -> None:
        """Put an object, and what it cascades to, into the session."""
        self.own("add()")
        self.settle_deletes()
        attach.add(self, instance)

    def add_all(self, instances: Iterable[object]) -> None:
        """Put objects, and what they cascade to, into the session."""
        self.own("add_all()")
        self.settle_deletes()
        attach.add_all(self, instances)

    def delete(self, instance: object) -> None:
        """Mark an object for deletion by the next flush."""
        self.own("delete()")
        doomed.delete(self, instance)

    def delete_all(self, instances: Iterable[object]) -> None:
        """Mark objects for deletion by the next flush."""
        for instance in instances:
            self.delete(instance)

    def cascade_into(self, member: object) -> None:
        """Take in an object because an object of this session refers to it now."""
        attach.add(self, member)

    def expunge(self, instance: object) -> None:
        """Take an object out of the session."""
        self.own("expunge()")
        self.settle_deletes()
        attach.expunge(self, instance)

    def expunge_all(self) -> None:
        """Take all objects out of the session."""
        self.own("expunge_all()")
        attach.leave_all(self)

    def expire(self, instance: object, attribute_names: Iterable[str] | None = None) -> None:
        """Have attributes of an object loaded anew on their next access."""
        self.own("expire()")
        self.settle_deletes()
        loading.expire(self, instance, attribute_names)

    def expire_all(self) -> None:
        """Have all objects loaded anew on their next access; drops unflushed changes."""
        self.own("expire_all()")
        self.settle_deletes()
        for obj in list(self.link.changed.values()):
            state = state_of(obj)
            drop_values(state)
        self.link.changed.clear()
        expire_all(self)

    def refresh(
        self,
        instance: object,
        attribute_names: Iterable[str] | None = None,
        with_for_update: Any = None,
    ) -> None:
        """Load attributes of an object now, overwriting what is in memory."""
        with self._working("refresh()"):
            self.settle_deletes()
            loading.refresh(self, instance, attribute_names, with_for_update or None)

    def merge(
        self,
        instance: O,
        *,
        load: bool = True,
        options: Any = None,
    ) -> O:
        """Copy the state of an object onto the one of its key in this session; return that."""
        with self._working("merge()"):
            self.settle_deletes()
            result: O = merging.merge_all(self, [instance], load, options)[0]
            return result

    def merge_all(
        self, instances: Iterable[O], *, load: bool = True, options: Any = None
    ) -> list[O]:
        """Merge each of the objects."""
        with self._working("merge_all()"):
            self.settle_deletes()
            return merging.merge_all(self, instances, load, options)

    def get(
        self,
        entity: type[O] | Mapper,
        ident: Any,
        *,
        options: Any = None,
        populate_existing: bool | None = None,
        with_for_update: Any = None,
        identity_token: Any = None,
        execution_options: Mapping[str, Any] = EMPTY_DICT,
        bind_arguments: Mapping[str, Any] | None = None,
    ) -> O | None:
        """Return the object of a primary key, or None; no SQL when it is in the session.

        `ident`: a value, a tuple in the order of the key, or a dict by attribute name.
        """
        if self.owner:
            self.own("get()")
        if not populate_existing and not with_for_update and not execution_options:
            held: O | None = present(self.identity_map.rooms, entity, ident)
            if held is not None:
                return held
        mapper = getattr(entity, "__mapper__", None) if isinstance(entity, type) else None
        if mapper is None or not mapper.configured:
            mapper = _mapper_to_get(entity)
        overwrite = bool(
            populate_existing or (execution_options and execution_options.get("populate_existing"))
        )
        lock = with_for_update or None
        found: O | None = loading.get(
            self, mapper, ident, overwrite, lock, execution_options, options or ()
        )
        return found

    def get_one(
        self,
        entity: type[O] | Mapper,
        ident: Any,
        *,
        options: Any = None,
        populate_existing: bool | None = None,
        with_for_update: Any = None,
        identity_token: Any = None,
        execution_options: Mapping[str, Any] = EMPTY_DICT,
        bind_arguments: Mapping[str, Any] | None = None,
    ) -> O:
        """Return the object of a primary key; raises NoResultFound."""
        found = self.get(
            entity,
            ident,
            options=options,
            populate_existing=populate_existing,
            with_for_update=with_for_update,
            execution_options=execution_options,
        )
        if found is None:
            name = class_mapper(entity).class_.__name__
            raise exc.NoResultFound(
                f"No row was found when one was required: no {name!r} has this primary key."
            )
        return found

    def announced_get(
        self, mapper: Mapper, pk: Any, overwrite: bool, lock: Any, options: Any, loaders: Any
    ) -> Any:
        """Load by key for do_orm_execute listeners to see."""
        return announced.get(self, mapper, pk, overwrite, lock, options, loaders)

    def announced_column_load(
        self, state: Any, names: list[str], along: Any, lock: Any = None
    ) -> announced.ColumnLoad | None:
        """Tell do_orm_execute listeners of a load of attributes; None: they left it alone."""
        return announced.column_load(self, state, names, along, lock)

    def announced_related(
        self, prop: Any, branch: Any, values: tuple[Any, ...], owner: Any
    ) -> list[Any]:
        """Load a relationship for do_orm_execute listeners to see."""
        return announced.related(self, prop, branch, values, owner)

    def announced_rows(self, statement: Any, target: Any, way: tuple[Any, ...]) -> Any:
        """Load a relationship of many objects for do_orm_execute listeners to see."""
        return announced.rows(self, statement, target, way)

    def load_at_once(self, obj: Any, state: Any, along: Any, target: Any) -> None:
        """Load a relationship of an object that a statement has just loaded."""
        relations.load_at_once(self, obj, state, along, target)

    def load_missing(self, target: Any, state: Any, key: str) -> None:
        """Load an unloaded attribute of an object; called by the attribute itself."""
        if self.link.due:
            doomed.follow_deletes(self)
            if key in state.values:
                return
        loading.load_missing(self, target, state, key)

    def load_for_work(self, target: Any, state: Any, prop: Any) -> None:
        """Load a relationship that a deletion or a flush needs, whatever its options say."""
        relations.load_for_work(self, target, state, prop)

    def leave_orphaned(self, member: Any, left: Any) -> None:
        """Let a pending object go that has left its owner; called by the attribute `left`."""
        owners.leave_orphaned(self, member, left)

    def settle_deletes(self) -> None:
        """Find what else the deletions so far delete."""
        if self.link.due:
            doomed.follow_deletes(self)

    def peek_related(self, target: Any, state: Any, key: str) -> Any:
        """Return a related object if it is in memory; called by the attribute itself."""
        return relations.peek_related(self, target, state, key)

    def stored_related(self, obj: Any, key: str) -> Any:
        """Return what a relationship to one refers to in the database; called by the flush."""
        return relations.stored_related(self, obj, state_of(obj), key)

    def load_together(self, objects: list[Any], prop: Any) -> None:
        """Load one relationship of many objects; called by the flush."""
        relations.load_together(self, objects, prop)

    def read_expired(self, mapper: Mapper, objects: list[Any]) -> None:
        """Load those objects of a class that are expired; called by the flush."""
        last_reads.read_expired(self, mapper, objects)

    # -- flush ------------------------------------------------------------------------

    def flush(self, objects: Iterable[object] | None = None) -> None:
        """Write all changes to the database, within the transaction."""
        with self._working("flush()"):
            flushing.flush(self, objects)

    @property
    def is_flushing(self) -> bool:
        """True while a flush runs."""
        return self.flushing

    @property
    def has_changes(self) -> bool:
        """True when a flush has something to look at."""
        link = self.link
        return bool(link.new or link.changed or link.deleted)

    def maybe_autoflush(self) -> None:
        """Flush before a query, unless that is off or a flush runs."""
        if self.autoflush and not self.flushing:
            link = self.link
            if link.new or link.changed or link.deleted:
                self._autoflush()

    def _autoflush(self) -> None:
        try:
            self.flush()
        except core_exc.StatementError as error:
            error.add_detail(
                "raised as a result of Query-invoked autoflush; consider using a "
                "session.no_autoflush block if this flush is occurring prematurely"
            )
            raise

    @property
    @contextmanager
    def no_autoflush(self) -> Iterator[Session]:
        """Within the block, queries do not flush."""
        before = self.autoflush
        self.autoflush = False
        try:
            yield self
        finally:
            self.autoflush = before

    def meets_deleted(self) -> bool:
        """Tell whether listeners of the session meet objects after they are deleted."""
        heard = self.dispatch
        return bool(
            heard.after_flush
            or heard.after_flush_postexec
            or heard.persistent_to_deleted
            or heard.deleted_to_detached
        )

    def has(self, obj: object) -> bool:
        """Tell whether an object belongs to this session, and its row was not deleted here."""
        state = state_of(obj)
        return state.link is self.link and not state.flags & FLAG_DELETED

    def bring_in(self, obj: object) -> None:
        """Attach an object that is to be deleted, with the events of that."""
        attach.bring_in(self, obj, state_of(obj))

    def fill_from_memory(self, obj: object, key: str) -> None:
        """Give an object its related object where that is in memory."""
        relations.fill_from_memory(self, obj, key)

    def key_switched(self, obj: object, before: Any, after: Any) -> None:
        """Take note that a flush changed the primary key of an object."""
        if self.current_transaction is not None:
            self.current_transaction.switched.append((obj, before, after))

    @property
    def new(self) -> ObjectSet:
        """The objects that the next flush inserts."""
        return ObjectSet(self.link.new.values())

    @property
    def dirty(self) -> ObjectSet:
        """The persistent objects with changes, whether or not these cancel out."""
        self.settle_deletes()
        link = self.link
        return ObjectSet(
            [
                obj
                for oid, obj in link.changed.items()
                if oid not in link.deleted and oid not in link.new
            ]
        )

    @property
    def deleted(self) -> ObjectSet:
        """The objects that the next flush deletes."""
        self.settle_deletes()
        return ObjectSet(self.link.deleted.values())

    def is_modified(self, instance: object, include_collections: bool = True) -> bool:
        """Tell whether an object has a net change; loads nothing."""
        state = state_of(instance)
        if state.old is None and state.pk is not None:
            return False
        for attribute in state.manager.attributes.values():
            if attribute.collection and not include_collections:
                continue
            history: History = state.attrs[attribute.key].history
            if history.added or history.deleted:
                return True
        return False

    def __contains__(self, instance: object) -> bool:
        state = state_of(instance)
        if state.link is not self.link:
            return False
        return id(instance) in self.link.new or (
            state.pk is not None
            and self.identity_map.find(state.manager.mapper, state.pk) is instance
        )

    def __iter__(self) -> Iterator[object]:
        return iter([*self.link.new.values(), *self.identity_map.values()])

    def bulk_insert_mappings(
        self,
        mapper: Any,
        mappings: Iterable[dict[str, Any]],
        return_defaults: bool = False,
        render_nulls: bool = False,
    ) -> None:
        """Insert rows given as dicts, without objects and their events."""
        with self._working("bulk_insert_mappings()"):
            owner = class_mapper(mapper)
            bulk_rows.insert_mappings(self, owner, mappings, return_defaults, render_nulls)

    def bulk_update_mappings(self, mapper: Any, mappings: Iterable[dict[str, Any]]) -> None:
        """Update rows given as dicts with their primary keys, without objects and their events."""
        with self._working("bulk_update_mappings()"):
            bulk_rows.update_mappings(self, class_mapper(mapper), mappings)

    def bulk_save_objects(
        self,
        objects: Iterable[object],
        return_defaults: bool = False,
        update_changed_only: bool = True,
        preserve_order: bool = True,
    ) -> None:
        """Write the columns of objects without their events; the objects stay as they are.

        `return_defaults`: new ones get their primary keys. `preserve_order` False: all objects
        of a class together.
        """
        with self._working("bulk_save_objects()"):
            bulk_rows.save_objects(
                self, objects, return_defaults, update_changed_only, preserve_order
            )

    def enable_relationship_loading(self, obj: object) -> None:
        """Let relationships of a transient object load by its foreign keys.

        As the documentation of SQLAlchemy: for objects whose keys are set by hand.
        """
        state = state_of(obj)
        state.extras().load_options = (*state.extras().load_options, "relationships")

    @classmethod
    def object_session(cls, instance: object) -> Session | None:
        """Return the session an object belongs to, or None."""
        return functions.object_session(instance)

    @classmethod
    def identity_key(
        cls,
        class_: type[Any] | None = None,
        ident: Any = None,
        *,
        instance: Any = None,
        row: Any = None,
        identity_token: Any = None,
    ) -> tuple[Any, ...]:
        """Return the identity key of (class, ident), (class, row) or an object."""
        return functions.identity_key(class_, ident, instance=instance, row=row)


def _mapper_to_get(entity: Any) -> Mapper:
    try:
        return class_mapper(entity)
    except exc.UnmappedClassError as error:
        raise core_exc.NoInspectionAvailable(str(error)) from None


def _place_of_session(target: Any) -> Place | None:
    if isinstance(target, Session):
        return OfObject(target)
    if isinstance(target, type) and issubclass(target, Session):
        return OfClass(target)
    made = getattr(target, "session_factory", target)
    if isinstance(getattr(made, "class_", None), type) and issubclass(made.class_, Session):
        return OfClass(made.class_)
    return None


SessionEvents.add_resolver(_place_of_session)

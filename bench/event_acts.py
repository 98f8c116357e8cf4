"""What `bench.events` measures: small acts on mapped classes, and the events that each fires."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import sqlalchemy
import sqlalchemy.event
import sqlalchemy.orm
from sqlalchemy import Column, Engine, ForeignKey, Integer, String, create_engine
from sqlalchemy.pool import StaticPool

import cormorant
import cormorant.event

ONCE = (
    "instrument_class",
    "after_mapper_constructed",
    "before_mapper_configured",
    "mapper_configured",
    "before_configured",
    "after_configured",
    "first_init",
    "class_instrument",
    "attribute_instrument",
    "class_uninstrument",
    "resolve_type_annotation",
)


class World:
    """Classes mapped by one of the two mappers, with a database in memory."""

    def __init__(self, orm: ModuleType, event: ModuleType, select: Any) -> None:
        """Map the classes and make their tables."""
        self.orm: Any = orm
        self.event: Any = event
        self.select = select
        self.Base: Any = orm.declarative_base()
        self.User, self.Child = self._classes()
        self.Query = type("Query", (orm.Query,), {})
        self.Session = type("Session", (orm.Session,), {})
        self.engine: Engine = create_engine("sqlite://", poolclass=StaticPool)
        orm.configure_mappers()
        self.Base.metadata.create_all(self.engine)

    def _classes(self) -> tuple[Any, Any]:
        relationship = self.orm.relationship
        kind = self.orm.__name__.replace(".", "_")
        user = type(
            "User",
            (self.Base,),
            {
                "__tablename__": "users",
                "__module__": __name__,
                "__qualname__": f"{kind}_User",
                "id": Column(Integer, primary_key=True),
                "name": Column(String(20)),
                "made": Column(Integer, default=lambda: 5),
                "children": relationship("Child", back_populates="parent"),
            },
        )
        child = type(
            "Child",
            (self.Base,),
            {
                "__tablename__": "children",
                "id": Column(Integer, primary_key=True),
                "user_id": Column(ForeignKey("users.id")),
                "parent": relationship("User", back_populates="children"),
            },
        )
        setattr(sys.modules[__name__], f"{kind}_User", user)  # where pickle looks
        return user, child

    def session(self) -> Any:
        """Return a new session, to be used in a `with` block."""
        return self.Session(self.engine, query_cls=self.Query)

    def target_of(self, family: str, name: str) -> Any:
        """Return what to listen to."""
        if family == "AttributeEvents":
            scalar = name in ("set", "init_scalar", "modified")
            return self.User.name if scalar else self.User.children
        return {
            "MapperEvents": self.User,
            "InstanceEvents": self.User,
            "SessionEvents": self.Session,
            "QueryEvents": self.Query,
        }[family]

    def clear(self) -> None:
        """Empty the tables."""
        with self.engine.begin() as connection:
            for table in reversed(self.Base.metadata.sorted_tables):
                connection.execute(table.delete())

    def users(self, units: int) -> list[Any]:
        """Return new objects."""
        return [self.User(name="Ann") for _ in range(units)]

    def stored(self, session: Any, units: int) -> list[Any]:
        """Return objects with rows, loaded."""
        users = self.users(units)
        session.add_all(users)
        session.flush()
        return users


def world_of(mapper: str) -> World:
    """Return a new world of `cormorant` or of `sqlalchemy`."""
    if mapper == "cormorant":
        return World(cormorant, cormorant.event, cormorant.select)
    return World(sqlalchemy.orm, sqlalchemy.event, sqlalchemy.select)


@dataclass(frozen=True, slots=True)
class Act:
    """One thing to do `units` times; only `run` is measured, with what `prepare` returns."""

    title: str
    events: tuple[str, ...]
    prepare: Callable[[World, Any, int], Any]
    run: Callable[[World, Any, Any], object]


def _new(world: World, session: Any, units: int) -> list[Any]:
    return world.users(units)


def _blank(world: World, session: Any, units: int) -> list[Any]:
    return [world.User() for _ in range(units)]


def _added(world: World, session: Any, units: int) -> list[Any]:
    users = world.users(units)
    session.add_all(users)
    return users


def _stored(world: World, session: Any, units: int) -> list[Any]:
    return world.stored(session, units)


def _committed(world: World, session: Any, units: int) -> list[Any]:
    users = world.stored(session, units)
    session.commit()
    return users


def _forgotten(world: World, session: Any, units: int) -> list[Any]:
    users = _committed(world, session, units)
    session.expunge_all()
    return users


def _changed(world: World, session: Any, units: int) -> list[Any]:
    users = world.stored(session, units)
    for user in users:
        user.name = "Bob"
    return users


def _deleted(world: World, session: Any, units: int) -> list[Any]:
    users = _committed(world, session, units)
    # Loaded again: reading an expired object that goes is no cost of the event.
    session.scalars(world.select(world.User)).all()
    for user in users:
        session.delete(user)
    return users


def _deleted_and_flushed(world: World, session: Any, units: int) -> list[Any]:
    users = _deleted(world, session, units)
    session.flush()
    return users


def _numbers(world: World, session: Any, units: int) -> Any:
    return range(units)


def _with_children(world: World, session: Any, units: int) -> Any:
    return [(world.User(children=[world.Child()]), world.Child()) for _ in range(units)]


def _set(world: World, session: Any, users: Any) -> None:
    for user in users:
        user.name = "Bob"


def _read_unset(world: World, session: Any, users: Any) -> None:
    for user in users:
        user.name


def _flag(world: World, session: Any, users: Any) -> None:
    flag_modified = world.orm.attributes.flag_modified
    for user in users:
        flag_modified(user, "name")


def _read_children(world: World, session: Any, users: Any) -> None:
    for user in users:
        user.children


def _append(world: World, session: Any, pairs: Any) -> None:
    for user, child in pairs:
        user.children.append(child)


def _remove(world: World, session: Any, pairs: Any) -> None:
    for user, _child in pairs:
        user.children.pop()


def _replace(world: World, session: Any, pairs: Any) -> None:
    for user, child in pairs:
        user.children = [user.children[0], child]


def _make(world: World, session: Any, numbers: Any) -> None:
    for _ in numbers:
        world.User(name="Ann")


def _fail_to_make(world: World, session: Any, numbers: Any) -> None:
    for _ in numbers:
        with suppress(TypeError):
            world.User(nme="Ann")


def _load(world: World, session: Any, users: Any) -> None:
    session.scalars(world.select(world.User)).all()


def _expire(world: World, session: Any, users: Any) -> None:
    for user in users:
        session.expire(user)


def _pickled(world: World, session: Any, users: Any) -> None:
    for user in users:
        pickle.loads(pickle.dumps(user))


def _flush(world: World, session: Any, users: Any) -> None:
    session.flush()


def _commit(world: World, session: Any, users: Any) -> None:
    session.commit()


def _rollback(world: World, session: Any, users: Any) -> None:
    session.rollback()


def _add(world: World, session: Any, users: Any) -> None:
    for user in users:
        session.add(user)


def _expunge(world: World, session: Any, users: Any) -> None:
    for user in users:
        session.expunge(user)


def _transactions(world: World, session: Any, numbers: Any) -> None:
    for _ in numbers:
        session.connection()
        session.commit()


def _rollbacks(world: World, session: Any, numbers: Any) -> None:
    for _ in numbers:
        session.connection()
        session.rollback()


def _flush_one(world: World, session: Any, users: Any) -> None:
    for user in users:
        session.add(user)
        session.flush()


def _select_one(world: World, session: Any, users: Any) -> None:
    User = world.User
    for number in range(1, len(users) + 1):
        session.scalars(world.select(User).where(User.id == number)).all()


def _query_one(world: World, session: Any, numbers: Any) -> None:
    query = session.query(world.User).filter(world.User.id == 1)
    for _ in numbers:
        query.all()


def _update_one(world: World, session: Any, numbers: Any) -> None:
    query = session.query(world.User).filter(world.User.id == -1)
    for _ in numbers:
        query.update({"name": "Bob"}, synchronize_session=False)


def _delete_one(world: World, session: Any, numbers: Any) -> None:
    query = session.query(world.User).filter(world.User.id == -1)
    for _ in numbers:
        query.delete(synchronize_session=False)


def _of(family: str, *names: str) -> tuple[str, ...]:
    return tuple(f"{family}.{name}" for name in names)


ACTS = (
    Act("set an attribute", _of("AttributeEvents", "set"), _new, _set),
    Act("read an unset one", _of("AttributeEvents", "init_scalar"), _blank, _read_unset),
    Act("flag_modified", _of("AttributeEvents", "modified"), _new, _flag),
    Act("read a new list", _of("AttributeEvents", "init_collection"), _new, _read_children),
    Act("append a child", _of("AttributeEvents", "append"), _with_children, _append),
    Act("remove a child", _of("AttributeEvents", "remove"), _with_children, _remove),
    Act(
        "replace a list",
        _of("AttributeEvents", "bulk_replace", "append_wo_mutation", "dispose_collection"),
        _with_children,
        _replace,
    ),
    Act("make an object", _of("InstanceEvents", "init"), _numbers, _make),
    Act("fail to make one", _of("InstanceEvents", "init_failure"), _numbers, _fail_to_make),
    Act(
        "load a row",
        (*_of("InstanceEvents", "load"), *_of("SessionEvents", "loaded_as_persistent")),
        _forgotten,
        _load,
    ),
    Act("load it again", _of("InstanceEvents", "refresh"), _committed, _load),
    Act("expire an object", _of("InstanceEvents", "expire"), _stored, _expire),
    Act("pickle an object", _of("InstanceEvents", "pickle", "unpickle"), _new, _pickled),
    Act(
        "insert a row",
        (
            *_of("MapperEvents", "before_insert", "after_insert"),
            *_of("InstanceEvents", "refresh_flush"),
            *_of("SessionEvents", "pending_to_persistent"),
        ),
        _added,
        _flush,
    ),
    Act("update a row", _of("MapperEvents", "before_update", "after_update"), _changed, _flush),
    Act(
        "delete a row",
        (
            *_of("MapperEvents", "before_delete", "after_delete"),
            *_of("SessionEvents", "persistent_to_deleted"),
        ),
        _deleted,
        _flush,
    ),
    Act(
        "commit a delete",
        _of("SessionEvents", "deleted_to_detached"),
        _deleted_and_flushed,
        _commit,
    ),
    Act(
        "roll a delete back",
        _of("SessionEvents", "deleted_to_persistent"),
        _deleted_and_flushed,
        _rollback,
    ),
    Act(
        "roll an insert back", _of("SessionEvents", "persistent_to_transient"), _stored, _rollback
    ),
    Act(
        "add an object",
        _of("SessionEvents", "before_attach", "after_attach", "transient_to_pending"),
        _new,
        _add,
    ),
    Act("add it again", _of("SessionEvents", "detached_to_persistent"), _forgotten, _add),
    Act("expunge a new one", _of("SessionEvents", "pending_to_transient"), _added, _expunge),
    Act("expunge a stored one", _of("SessionEvents", "persistent_to_detached"), _stored, _expunge),
    Act(
        "begin and commit",
        _of(
            "SessionEvents",
            "after_transaction_create",
            "after_begin",
            "before_commit",
            "after_commit",
            "after_transaction_end",
        ),
        _numbers,
        _transactions,
    ),
    Act(
        "begin and roll back",
        _of("SessionEvents", "after_rollback", "after_soft_rollback"),
        _numbers,
        _rollbacks,
    ),
    Act(
        "flush one object",
        _of("SessionEvents", "before_flush", "after_flush", "after_flush_postexec"),
        _new,
        _flush_one,
    ),
    Act("execute a select", _of("SessionEvents", "do_orm_execute"), _stored, _select_one),
    Act("execute a Query", _of("QueryEvents", "before_compile"), _numbers, _query_one),
    Act(
        "Query.update()",
        (*_of("QueryEvents", "before_compile_update"), *_of("SessionEvents", "after_bulk_update")),
        _numbers,
        _update_one,
    ),
    Act(
        "Query.delete()",
        (*_of("QueryEvents", "before_compile_delete"), *_of("SessionEvents", "after_bulk_delete")),
        _numbers,
        _delete_one,
    ),
)

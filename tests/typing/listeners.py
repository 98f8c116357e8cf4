"""A typed user's listeners: mypy and pyright know the arguments of each event."""

from __future__ import annotations

import functools
from typing import Any, assert_type

import sqlalchemy as sa
from sqlalchemy import Engine
from sqlalchemy.engine import Connection

from cormorant import (
    DeclarativeBase,
    Mapped,
    Mapper,
    ORMExecuteState,
    Query,
    QueryContext,
    Session,
    SessionTransaction,
    UOWTransaction,
    event,
    mapped_column,
    registry,
    relationship,
    scoped_session,
    sessionmaker,
)
from cormorant.events import AttributeEvents, MapperEvents, SessionEvents
from cormorant.state import InstanceState


class Base(DeclarativeBase):
    """The base of the classes below."""


class Stamped:
    """A mixin."""

    stamp: Mapped[str]


class User(Stamped, Base):
    """A user with addresses."""

    __tablename__ = "user"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    addresses: Mapped[list[Address]] = relationship(back_populates="user")


class Address(Base):
    """An address of one user."""

    __tablename__ = "address"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"))
    user: Mapped[User] = relationship(back_populates="addresses")


def insert_user(mapper: Mapper[User], connection: Connection, target: User) -> None:
    """A mapper event of one class."""
    assert_type(target.name, str)
    assert_type(mapper, Mapper[User])
    connection.execute(sa.select(1))


def insert_any(mapper: Mapper[Any], connection: Connection, target: Base) -> None:
    """A mapper event of every class of the base."""


def nothing(value: object) -> None:
    """Return nothing, whatever is given."""


def of_classes(user: User) -> None:
    """The target of an event is an object of the class that was named."""
    event.listen(User, "before_insert", insert_user)
    event.listen(User, "before_insert", insert_any, propagate=True, priority=3, before=insert_user)
    event.listen(Base, "after_update", insert_any, propagate=True, after=[insert_user])
    event.listen(User.__mapper__, "after_delete", insert_any)
    event.listen(Mapper, "before_delete", lambda mapper, connection, target: None)
    event.listen(User, "expire", print, once=True)
    event.listen(Mapper, "after_configured", lambda: None)
    event.listen(User, "before_insert", functools.partial(stamp_with, "by me"))
    event.listen(User, "before_insert", by_name, named=True)


def stamp_with(by: str, mapper: Mapper[Any], connection: Connection, target: Stamped) -> None:
    """A listener with an argument of its own."""
    target.stamp = by


def by_name(*, target: User, **rest: Any) -> None:
    """A listener that takes arguments by name."""


def clean(target: User, value: str, oldvalue: Any, initiator: Any) -> str:
    """A listener that returns the value to use."""
    return value.strip()


def with_key(target: User, value: Address, initiator: Any, *, key: Any) -> None:
    """A listener of a collection that takes the key."""


def of_attributes() -> None:
    """The value of a set event has the type of the attribute."""
    event.listen(User.name, "set", clean, retval=True, active_history=True)
    event.listen(User.addresses, "append", lambda target, value, initiator: value, retval=True)
    event.listen(User.addresses, "append", with_key, include_key=True)
    event.listen(User.addresses, "bulk_replace", lambda t, values, i: values.clear())
    event.listen(User.id, "modified", lambda target, initiator: None)
    event.listen(User.id, "init_scalar", lambda target, value, dict_: 5, retval=True)


def of_sessions(session: Session, factory: sessionmaker[Session]) -> None:
    """Sessions, their classes and makers are targets."""
    event.listen(Session, "pending_to_persistent", lambda session, instance: None)
    event.listen(Session, "pending_to_persistent", raw_instance, raw=True)
    event.listen(Session, "do_orm_execute", cached, retval=True)
    event.listen(Session, "after_bulk_update", lambda context: None)
    event.listen(Session, "after_bulk_update", in_old_form)


def raw_instance(session: Session, instance: InstanceState) -> None:
    """A session event with the state of the object."""


def cached(orm_execute_state: ORMExecuteState) -> Any:
    """A listener that may answer itself."""


def in_old_form(session: Session, query: Query[Any], context: Any, result: Any) -> None:
    """The arguments of bulk events before SQLAlchemy 0.9."""


def of_others(engine: Engine, mine: registry) -> None:
    """Queries, registries, classes, and what belongs to Core."""
    event.listen(Query, "before_compile", lambda query: query.limit(5), retval=True)
    event.listen(Query, "before_compile_update", lambda query, context: None)
    event.listen(mine, "before_configured", lambda registry_: None)
    event.listen(Base, "after_configured", lambda registry_: None)
    event.listen(engine, "before_cursor_execute", print, retval=True)
    event.listen(User.__table__, "after_create", print)


# mypy takes this name for True and skips the block: among overloads, lambdas are Any to it.
MYPY = False
if not MYPY:

    def lambdas(session: Session, factory: sessionmaker[Session]) -> None:
        """The arguments of a lambda are known by target and event."""
        event.listen(User, "before_insert", lambda m, c, t: nothing(assert_type(t, User)))
        event.listen(User, "before_insert", lambda m, c, t: nothing(assert_type(c, Connection)))
        event.listen(User, "before_insert", lambda m, c, t: nothing(assert_type(m, Mapper[User])))
        event.listen(
            Stamped, "load", lambda t, context: nothing(assert_type(t, Stamped)), propagate=True
        )
        event.listen(User, "load", lambda t, context: nothing(assert_type(context, QueryContext)))
        event.listen(User, "init", lambda target, args, kwargs: nothing(assert_type(target, User)))
        event.listen(
            User, "instrument_class", lambda m, class_: nothing(assert_type(class_, type[User]))
        )
        event.listen(
            User.name,
            "set",
            lambda t, value, old, i: nothing(assert_type(value, str)),
            retval=True,
        )
        event.listen(
            session,
            "after_flush",
            lambda s, context: nothing(assert_type(context, UOWTransaction)),
        )
        event.listen(
            Session, "before_commit", lambda session: nothing(assert_type(session, Session))
        )
        event.listen(
            factory, "after_begin", lambda s, transaction, c: nothing(assert_type(c, Connection))
        )
        event.listen(
            scoped_session(factory),
            "after_transaction_end",
            lambda s, transaction: nothing(assert_type(transaction, SessionTransaction)),
        )
        event.listen(User, "class_instrument", lambda cls: nothing(assert_type(cls, type[User])))
        event.listen(
            User, "attribute_instrument", lambda cls, key, inst: nothing(assert_type(key, str))
        )


@event.listens_for(User, "before_insert")
@event.listens_for(Address, "before_update", propagate=True)
def stamp(mapper: Mapper[Any], connection: Connection, target: User | Address) -> None:
    """A decorator gives back the function that it was given."""


@event.listens_for(User.name, "set", retval=True)
def upper(target: User, value: str, oldvalue: Any, initiator: Any) -> str:
    """Events with a value are typed as returning anything."""
    return value.upper()


@event.listens_for(User, "load", raw=True)
def loaded(target: InstanceState, context: QueryContext) -> None:
    """A raw listener takes the state."""


def decorated(user: User) -> None:
    """Decorated functions keep their types."""
    assert_type(upper(user, "a", None, None), str)
    event.remove(User, "load", loaded)
    assert_type(event.contains(User, "load", loaded), bool)
    assert_type(event.listeners(User)[0].name, str)


class Audit(MapperEvents, target=User, propagate=True):
    """A listener class: its methods are checked as overrides."""

    def before_insert(self, mapper: Mapper[Any], connection: Connection, target: User) -> None:
        """Know the class by annotation."""

    @event.options(once=True)
    def after_insert(self, mapper: Mapper[Any], connection: Connection, target: Any) -> None:
        """Listen once."""


class Watch(AttributeEvents):
    """Collection events with and without the key."""

    def append(self, target: User, value: Address, initiator: Any) -> None:
        """Leave the key."""

    @event.options(include_key=True)
    def remove(self, target: User, value: Address, initiator: Any, *, key: Any = None) -> None:
        """Take the key."""


class Commits(SessionEvents):
    """Session events."""

    def after_commit(self, session: Session) -> None:
        """Know the session."""


def attached() -> None:
    """Objects of listener classes are attached and detached."""
    watch = Watch()
    event.attach(watch, User.addresses, propagate=True)
    event.attach(Commits(), Session, priority=-1)
    event.detach(watch, User.addresses)
    event.detach(Audit)

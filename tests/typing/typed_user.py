"""A typed user's file: mypy and pyright must see here the types that users know."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import assert_type

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Engine, ForeignKey
from sqlalchemy.engine import Connection

import cormorant
from cormorant import (
    DeclarativeBase,
    Mapped,
    Mapper,
    Query,
    Session,
    event,
    mapped_column,
    relationship,
    scoped_session,
    sessionmaker,
)


class Base(DeclarativeBase):
    """The base of the classes below."""


class User(Base):
    """A user with addresses."""

    __tablename__ = "user"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    nickname: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(default=datetime.now)
    addresses: Mapped[list[Address]] = relationship(back_populates="user")


class Address(Base):
    """An address of one user."""

    __tablename__ = "address"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(sa.String(200), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    user: Mapped[User] = relationship(back_populates="addresses")
    former_user: Mapped[User | None] = relationship(viewonly=True)


def attributes_of_objects(user: User, address: Address) -> None:
    """An attribute of an object has the Python type."""
    assert_type(user.id, int)
    assert_type(user.name, str)
    assert_type(user.nickname, str | None)
    assert_type(user.created_at, datetime)
    assert_type(user.addresses, list[Address])
    assert_type(address.user, User)
    assert_type(address.former_user, User | None)
    user.name = "Ann"
    user.addresses.append(address)
    address.user = user


def expressions() -> None:
    """An attribute of a class is an SQL expression."""
    assert_type(User.name == "x", ColumnElement[bool])
    sa.select(User).where(User.id.in_([1, 2]), ~User.name.is_(None), User.id.between(1, 5))


def core_statements(session: Session) -> None:
    """Core's statements give objects and typed rows."""
    assert_type(session.scalars(sa.select(User)).all(), Sequence[User])
    assert_type(session.scalars(sa.select(User).where(User.name == "x")).first(), User | None)
    assert_type(session.scalars(sa.select(User.name)).all(), Sequence[str])
    assert_type(session.execute(sa.select(User)).scalar_one(), User)
    assert_type(session.execute(sa.select(User.id, User.name)).one()[1], str)
    session.execute(
        sa.select(User).where(User.id > 5, User.name.like("a%")).order_by(User.id.desc())
    )


def own_statements(session: Session) -> None:
    """cormorant's statements give the same."""
    assert_type(session.scalars(cormorant.select(User)).all(), Sequence[User])
    assert_type(session.scalars(cormorant.select(User).where(User.name == "x")).one(), User)
    assert_type(session.scalars(cormorant.select(User.name)).all(), Sequence[str])
    assert_type(session.execute(cormorant.select(User.id, User.name)).one()[1], str)


def loading_by_key(session: Session, user: User) -> None:
    """Lookups know the class."""
    assert_type(session.get(User, 1), User | None)
    assert_type(session.get_one(User, 1), User)
    assert_type(session.merge(user), User)


def queries(session: Session) -> None:
    """The older query interface knows the class."""
    assert_type(session.query(User), Query[User])
    assert_type(session.query(User).filter(User.name == "x").all(), list[User])
    assert_type(session.query(User).filter_by(name="x").first(), User | None)
    assert_type(session.query(User).one(), User)
    assert_type(session.query(User).count(), int)


def making_sessions(engine: Engine) -> None:
    """Factories give sessions; context managers give them too."""
    factory = sessionmaker(engine)
    assert_type(factory, sessionmaker[Session])
    assert_type(factory(), Session)
    assert_type(scoped_session(factory)(), Session)
    with factory.begin() as session:
        assert_type(session, Session)
    with Session(engine) as own, own.begin():
        assert_type(own, Session)


@event.listens_for(User, "before_insert")
def stamp(mapper: Mapper[User], connection: Connection, target: User) -> None:
    """A listener is checked against the event's signature."""
    target.created_at = datetime.now()


@event.listens_for(Session, "after_commit")
def committed(session: Session) -> None:
    """A listener of a session event."""

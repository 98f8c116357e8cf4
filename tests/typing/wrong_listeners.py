"""What mypy and pyright must refuse. An ignore that nothing needs any more is an error itself."""

from __future__ import annotations

from typing import Any

from sqlalchemy.engine import Connection

from cormorant import DeclarativeBase, Mapped, Mapper, Query, Session, event, mapped_column
from cormorant.events import MapperEvents


class Base(DeclarativeBase):
    """The base of the classes below."""


class User(Base):
    """A user."""

    __tablename__ = "user"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Order(Base):
    """Another class."""

    __tablename__ = "order"

    id: Mapped[int] = mapped_column(primary_key=True)


def of_target(target: User) -> None:
    """Take too few arguments for a mapper event."""


def of_order(mapper: Mapper[Order], connection: Connection, target: Order) -> None:
    """Take objects of another class."""


def of_number(mapper: Mapper[Any], connection: int, target: User) -> None:
    """Take a connection that is none."""


def of_user(mapper: Mapper[Any], connection: Connection, target: User) -> None:
    """Be right for mapper events of User."""


async def later(session: Session) -> None:
    """Answer later."""


def wrong_arguments() -> None:
    """Count and types of the arguments."""
    event.listen(User, "before_insert", of_target)  # type: ignore[call-overload]
    event.listen(User, "before_insert", of_order)  # type: ignore[call-overload]
    event.listen(User, "before_insert", of_number)  # type: ignore[call-overload]
    event.listen(User, "before_insert", lambda target: None)  # type: ignore[call-overload]
    event.listen(User, "load", of_user)  # type: ignore[call-overload]
    event.listen(User, "load", lambda target, context: target.nme)  # type: ignore[call-overload]
    event.listen(User.name, "set", lambda t, v, o, i: v + 1)  # type: ignore[call-overload]
    event.listen(User.name, "set", of_user)  # type: ignore[call-overload]
    event.listen(Session, "after_begin", lambda s: None)  # type: ignore[call-overload]
    event.listen(Session, "before_commit", later)  # type: ignore[call-overload]
    event.listen(Query, "before_compile", of_user)  # type: ignore[call-overload]
    event.listen(Mapper, "after_configured", of_target)  # type: ignore[call-overload]


def wrong_names_options_and_targets(name: str) -> None:
    """Misspelt names, options of other events, targets of other families."""
    event.listen(User, "before_insrt", of_user)  # type: ignore[call-overload]
    event.listen(User, name, of_user)  # type: ignore[call-overload]
    event.listen(User, "before_insert", of_user, propagat=True)  # type: ignore[call-overload]
    event.listen(User, "before_insert", of_user, active_history=True)  # type: ignore[call-overload]
    event.listen(User, "before_insert", of_user, priority="high")  # type: ignore[call-overload]
    event.listen(User, "load", print, retval=True)  # type: ignore[call-overload]
    event.listen(User.name, "before_insert", of_user)  # type: ignore[call-overload]
    event.listen(User, "before_commit", print)  # type: ignore[call-overload]
    event.listen(User, "set", print)  # type: ignore[call-overload]
    event.listen(Session, "load", print, raw=5)  # type: ignore[call-overload]


def decorators() -> None:
    """Misspelt names and options, targets of other families."""
    event.listens_for(User, "after_isnert")  # type: ignore[call-overload]
    event.listens_for(User, "after_insert", active_history=True)  # type: ignore[call-overload]
    event.listens_for(User, "after_commit")  # type: ignore[call-overload]


@event.listens_for(User, "before_insert")  # type: ignore[type-var]
def decorated(target: User) -> None:
    """Take too few arguments."""


@event.listens_for(User, "before_insert")  # type: ignore[type-var]
def decorated_number(mapper: Mapper[User], connection: int, target: User) -> None:
    """Take a connection that is none."""


@event.listens_for(Session, "after_commit")  # type: ignore[type-var]
async def decorated_later(session: Session) -> None:
    """Answer later."""


class Stamps(MapperEvents):
    """Methods that do not fit their events."""

    def before_insert(self, target: User) -> None:  # type: ignore[override]
        """Take too few arguments."""

    def before_update(self, mapper: Mapper[Any], connection: int, target: Any) -> None:  # type: ignore[override]
        """Take a connection that is none."""

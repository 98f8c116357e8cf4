"""The listeners of CodeCrafters: hashing, tidying, stamping, auditing, welcoming, cleaning up."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

from argon2 import PasswordHasher
from sqlalchemy import Connection, func

from cormorant import Mapper, Session, event, object_session, select, sessionmaker
from cormorant.demo import refused
from cormorant.demo.models import (
    LONGEST_EMAIL,
    LONGEST_NAME,
    LONGEST_TITLE,
    EmailChange,
    Project,
    Stamped,
    User,
)
from cormorant.demo.refused import Refused
from cormorant.demo.slugs import Slugs

# Far too cheap for real passwords (argon2's own defaults: 3 passes over 64 MiB).
COST = "1 pass over 1 MiB"
hasher = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1)

SHORTEST_PASSWORD = 8
ADDRESS = re.compile(
    r"[a-z0-9_%+-]+(\.[a-z0-9_%+-]+)*@([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}"
)

DESK = "codecrafters desk"


def now() -> datetime:
    """Return the time in UTC, without a zone."""
    return datetime.now(UTC).replace(tzinfo=None)


def tidy(text: str) -> str:
    """Give letters their one Unicode form, blanks their one width; drop control characters."""
    words = " ".join(unicodedata.normalize("NFC", text).split())
    return "".join(letter for letter in words if unicodedata.category(letter) != "Cc")


@dataclass(slots=True)
class Members:
    """A cached count of users, as a web site keeps it; `after_commit` drops it."""

    count: int | None = None
    dropped: int = 0

    def ask(self, session: Session) -> int:
        """Return how many users there are, counting only when the cache is empty."""
        if self.count is None:
            self.count = session.scalars(select(func.count()).select_from(User)).one()
        return self.count

    def drop(self) -> None:
        """Forget the count."""
        self.count = None
        self.dropped += 1


@dataclass(slots=True)
class Desk:
    """What the listeners of one run work with; a session carries it in its `info`."""

    welcome: Callable[[str, str, str], None]  # address, name, slug
    slugs: Slugs = field(default_factory=Slugs)
    members: Members = field(default_factory=Members)
    clock: Callable[[], datetime] = now
    promised: int = 0  # welcome mails that wait, or waited, for a commit


def desk_of(target: object) -> tuple[Session, Desk]:
    """Return the session of a mapped object and the desk it carries."""
    session = object_session(target)
    assert session is not None, "a flush event fires only for objects in a session"
    return session, session.info[DESK]


@event.listens_for(User.name, "set", retval=True)
def tidy_name(target: User, value: str, oldvalue: Any, initiator: Any) -> str:
    """Tidy the name; refuse an empty or an over-long one."""
    name = tidy(value)
    if not name:
        raise Refused(refused.NO_NAME)
    if len(name) > LONGEST_NAME:
        raise Refused(refused.LONG_NAME)
    return name


@event.listens_for(User.email, "set", retval=True)
def tidy_email(target: User, value: str, oldvalue: Any, initiator: Any) -> str:
    """Strip and lowercase the address; refuse what cannot be one."""
    email = value.strip().lower()
    if len(email) > LONGEST_EMAIL or not ADDRESS.fullmatch(email):
        raise Refused(refused.BAD_EMAIL)
    return email


@event.listens_for(User.email, "set", active_history=True)
def audit_email(target: User, value: str, oldvalue: Any, initiator: Any) -> None:
    """Write down that a stored user's address changes. `value` is what tidy_email returned."""
    session = object_session(target)
    if session is None or target in session.new or value == oldvalue:
        return
    moment = session.info[DESK].clock()
    session.add(
        EmailChange(user_id=target.id, old_email=oldvalue, new_email=value, changed_at=moment)
    )


@event.listens_for(Project.title, "set", retval=True)
def tidy_title(target: Project, value: str, oldvalue: Any, initiator: Any) -> str:
    """Tidy the title; refuse an empty or an over-long one."""
    title = tidy(value)
    if not 0 < len(title) <= LONGEST_TITLE:
        raise Refused(refused.TITLE)
    return title


@event.listens_for(User, "before_insert")
def hash_password(mapper: Mapper[User], connection: Connection, target: User) -> None:
    """Turn the password into its argon2 hash; the plain one is forgotten here, whatever comes."""
    plain = target.take_password()
    if plain is None or len(plain) < SHORTEST_PASSWORD:
        raise Refused(refused.SHORT_PASSWORD)
    target.password_hash = hasher.hash(plain)


@event.listens_for(User, "before_insert")
def make_slug(mapper: Mapper[User], connection: Connection, target: User) -> None:
    """Make the slug from the name. It stays when the name changes: links must not break."""
    _, desk = desk_of(target)
    target.slug = desk.slugs.free(connection, User.__table__, target.name)


@event.listens_for(User, "after_insert")
def promise_welcome(mapper: Mapper[User], connection: Connection, target: User) -> None:
    """Ask for a welcome mail once the row is committed; a rollback drops the wish."""
    session, desk = desk_of(target)
    desk.promised += 1
    # The values, not the object: after the commit it is expired, and reading it would query.
    session.on_commit(partial(desk.welcome, target.email, target.name, target.slug))


def stamp(session: Session, flush_context: Any, instances: Any) -> None:
    """Set created_at of new rows and updated_at of new and changed ones, for any class."""
    moment = session.info[DESK].clock()
    for target in session.new:
        if isinstance(target, Stamped):
            target.created_at = target.updated_at = moment
    for target in session.dirty:
        if isinstance(target, Stamped) and session.is_modified(target):
            target.updated_at = moment


def drop_cache(session: Session) -> None:
    """Drop the cached count: what was committed may have changed it."""
    # A released savepoint is announced as a commit too, but nobody else can see its rows yet.
    if not session.in_nested_transaction():
        session.info[DESK].members.drop()


def clean_up(session: Session) -> None:
    """Give back the slugs that were reserved for rows which are gone."""
    session.info[DESK].slugs.forget()


def attach(sessions: sessionmaker[Session], desk: Desk) -> None:
    """Let the sessions of this factory, and no others, be listened to; they carry the desk."""
    sessions.configure(info={DESK: desk})
    event.listen(sessions, "before_flush", stamp)
    event.listen(sessions, "after_commit", drop_cache)
    event.listen(sessions, "after_rollback", clean_up)

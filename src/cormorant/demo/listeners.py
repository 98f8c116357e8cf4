"""The listeners of CodeCrafters: hashing, tidying, sharing tags, counting, auditing, mailing."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from operator import attrgetter
from typing import Any

from argon2 import PasswordHasher
from sqlalchemy import Connection, func

from cormorant import Mapper, Session, event, object_session, select, sessionmaker
from cormorant.attributes import OP_BULK_REPLACE
from cormorant.demo import letters, refused
from cormorant.demo.letters import Letter
from cormorant.demo.models import (
    LONGEST_COMMENT,
    LONGEST_EMAIL,
    LONGEST_NAME,
    LONGEST_TAG,
    LONGEST_TITLE,
    Comment,
    EmailChange,
    PremiumUser,
    Project,
    Stamped,
    Tag,
    User,
)
from cormorant.demo.refused import Refused
from cormorant.demo.slugs import Slugs

# Far too cheap for real passwords (argon2's own defaults: 3 passes over 64 MiB).
COST = "1 pass over 1 MiB"
hasher = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1)

SHORTEST_PASSWORD = 8
MOST_TAGS = 5
PLANS = ("monthly", "yearly")
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

    send: Callable[[Letter], None]
    slugs: Slugs = field(default_factory=Slugs)
    members: Members = field(default_factory=Members)
    clock: Callable[[], datetime] = now
    promised: int = 0  # letters that wait, or waited, for a commit


def desk_of(target: object) -> tuple[Session, Desk]:
    """Return the session of a mapped object and the desk it carries."""
    session = object_session(target)
    assert session is not None, "a flush event fires only for objects in a session"
    return session, session.info[DESK]


@event.listens_for(User.name, "set", retval=True, propagate=True)
def tidy_name(target: User, value: str, oldvalue: Any, initiator: Any) -> str:
    """Tidy the name; refuse an empty or an over-long one."""
    name = tidy(value)
    if not name:
        raise Refused(refused.NO_NAME)
    if len(name) > LONGEST_NAME:
        raise Refused(refused.LONG_NAME)
    return name


@event.listens_for(User.email, "set", retval=True, propagate=True)
def tidy_email(target: User, value: str, oldvalue: Any, initiator: Any) -> str:
    """Strip and lowercase the address; refuse what cannot be one."""
    email = value.strip().lower()
    if len(email) > LONGEST_EMAIL or not ADDRESS.fullmatch(email):
        raise Refused(refused.BAD_EMAIL)
    return email


@event.listens_for(User.email, "set", active_history=True, propagate=True)
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


@event.listens_for(Project, "init")
def start_counting(target: Project, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Give a new project its count of comments, before the constructor runs."""
    kwargs.setdefault("comments_made", 0)


@event.listens_for(Tag.name, "set", retval=True)
def tidy_tag(target: Tag, value: str, oldvalue: Any, initiator: Any) -> str:
    """Write a tag in lower case, its words joined by hyphens; refuse an over-long one."""
    name = tidy(value).lower().replace(" ", "-")
    if not 0 < len(name) <= LONGEST_TAG:
        raise Refused(refused.TAG)
    return name


@event.listens_for(Project.tags, "append")
def limit_tags(target: Project, value: Tag, initiator: Any) -> None:
    """Refuse one tag too many."""
    # While all tags are replaced, each new one is told here as well.
    if initiator.op is not OP_BULK_REPLACE and len(target.tags) >= MOST_TAGS:
        raise Refused(refused.MANY_TAGS)


@event.listens_for(Project.tags, "bulk_replace")
def limit_new_tags(target: Project, values: list[Tag], initiator: Any) -> None:
    """Refuse too many tags at once, before any of the old ones goes."""
    if len(values) > MOST_TAGS:
        raise Refused(refused.MANY_TAGS)


@event.listens_for(Comment.body, "set", retval=True)
def tidy_body(target: Comment, value: str, oldvalue: Any, initiator: Any) -> str:
    """Tidy what is said; refuse nothing at all and an over-long speech."""
    body = tidy(value)
    if not 0 < len(body) <= LONGEST_COMMENT:
        raise Refused(refused.COMMENT)
    return body


@event.listens_for(Project.comments, "append")
def number_comment(target: Project, value: Comment, initiator: Any) -> None:
    """Give the next number of the project; it is never given again, for links must not break."""
    target.comments_made += 1
    value.number = target.comments_made


@event.listens_for(Comment.replies, "append")
def keep_thread(target: Comment, value: Comment, initiator: Any) -> None:
    """Put an answer into the project of what it answers; so `number_comment` hears of it."""
    value.project = target.project


@event.listens_for(PremiumUser.plan, "set", retval=True)
def tidy_plan(target: PremiumUser, value: str, oldvalue: Any, initiator: Any) -> str:
    """Strip and lowercase the plan; refuse one that is not sold."""
    plan = value.strip().lower()
    if plan not in PLANS:
        raise Refused(refused.PLAN)
    return plan


@event.listens_for(User, "before_insert", propagate=True)
def hash_password(mapper: Mapper[User], connection: Connection, target: User) -> None:
    """Turn the password into its argon2 hash; the plain one is forgotten here, whatever comes."""
    plain = target.take_password()
    if plain is None or len(plain) < SHORTEST_PASSWORD:
        raise Refused(refused.SHORT_PASSWORD)
    target.password_hash = hasher.hash(plain)


@event.listens_for(User, "before_insert", propagate=True)
def make_slug(mapper: Mapper[User], connection: Connection, target: User) -> None:
    """Make the slug from the name. It stays when the name changes: links must not break."""
    _, desk = desk_of(target)
    target.slug = desk.slugs.free(connection, User.__table__, target.name)


@event.listens_for(PremiumUser, "before_insert")
def begin_plan(mapper: Mapper[PremiumUser], connection: Connection, target: PremiumUser) -> None:
    """Note since when the user pays."""
    _, desk = desk_of(target)
    target.since = desk.clock()


# Without propagate a listener does not hear subclasses: PremiumUser has a letter of its own.
@event.listens_for(User, "after_insert", propagate=False)
def promise_welcome(mapper: Mapper[User], connection: Connection, target: User) -> None:
    """Write the welcome; it is sent when the row is committed, and dropped by a rollback."""
    promise(target, letters.welcome(target.email, target.name, target.slug))


@event.listens_for(PremiumUser, "after_insert")
def promise_premium_welcome(
    mapper: Mapper[PremiumUser], connection: Connection, target: PremiumUser
) -> None:
    """Write the welcome of those who pay."""
    promise(target, letters.premium_welcome(target.email, target.name, target.slug, target.plan))


@event.listens_for(User, "before_delete", propagate=True)
def promise_goodbye(mapper: Mapper[User], connection: Connection, target: User) -> None:
    """Write the last letter while the row can still be read; it is sent when it is gone."""
    promise(target, letters.goodbye(target.email, target.name))


def promise(target: User, letter: Letter) -> None:
    """Ask for a letter to be sent after the outermost commit."""
    session, desk = desk_of(target)
    desk.promised += 1
    # Values, no object: after the commit it is expired, and reading it would query.
    session.on_commit(partial(desk.send, letter))


def share_tags(session: Session, flush_context: Any, instances: Any) -> None:
    """Put the stored tag, or the first new one, in the place of each new tag of its name."""
    new = [target for target in session.new if isinstance(target, Tag)]
    if not new:
        return
    new.sort(key=attrgetter("name"))  # a set is in no order; the story is the same at every run
    names = dict.fromkeys(tag.name for tag in new)
    known = {tag.name: tag for tag in session.scalars(select(Tag).where(Tag.name.in_(names)))}
    for tag in new:
        kept = known.setdefault(tag.name, tag)
        if kept is tag:
            continue
        for project in list(tag.projects):
            project.tags.remove(tag)
            project.tags.add(kept)
        session.expunge(tag)


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
    event.listen(sessions, "before_flush", share_tags)
    event.listen(sessions, "before_flush", stamp)
    event.listen(sessions, "after_commit", drop_cache)
    event.listen(sessions, "after_rollback", clean_up)

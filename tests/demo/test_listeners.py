"""The listeners one by one, outside a story."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine

from cormorant import Session, select, sessionmaker
from cormorant.demo import refused
from cormorant.demo.listeners import Desk, attach
from cormorant.demo.models import Base, EmailChange, Project, User
from cormorant.demo.refused import Refused

START = datetime(2026, 3, 14, 15, 9, 26)


class Clock:
    """A clock that goes on by a minute whenever it is read."""

    def __init__(self) -> None:
        self.readings = 0

    def __call__(self) -> datetime:
        self.readings += 1
        return START + timedelta(minutes=self.readings)


@pytest.fixture
def letters() -> list[tuple[str, str, str]]:
    """Give the list into which the desk's letters go."""
    return []


@pytest.fixture
def desk(letters: list[tuple[str, str, str]]) -> Desk:
    """Give a desk whose letters go into a list."""
    return Desk(welcome=lambda *letter: letters.append(letter), clock=Clock())


@pytest.fixture
def sessions(sqlite_file_engine: Engine, desk: Desk) -> Iterator[sessionmaker[Session]]:
    """Give a factory of sessions that are listened to, on the demo's tables."""
    Base.metadata.create_all(sqlite_file_engine)
    sessions = sessionmaker(sqlite_file_engine)
    attach(sessions, desk)
    yield sessions


def new_user(email: str = "ada@example.com", name: str = "Ada Lovelace") -> User:
    """Make a user with a password."""
    user = User(name=name, email=email)
    user.choose_password("correct-horse")
    return user


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("ada@example.com", "ada@example.com"),
        (" \tADA@Example.COM \n", "ada@example.com"),
        ("a.b+c_d%e-f@sub.example.co.uk", "a.b+c_d%e-f@sub.example.co.uk"),
    ],
)
def test_an_address_is_kept_tidy(typed: str, kept: str) -> None:
    assert User(email=typed).email == kept


@pytest.mark.parametrize(
    "typed",
    ["", "ada", "ada@", "@example.com", "a@b", "a b@example.com", "a@@example.com",
     ".a@example.com", "a.@example.com", "a..b@example.com", "a@-x.com", "a@example.com\nx@y.nl",
     "ada@example.com\x00", f"{'a' * 250}@example.com"],
)  # fmt: skip
def test_what_is_no_address_is_refused_without_naming_it(typed: str) -> None:
    with pytest.raises(Refused) as caught:
        User(email=typed)
    assert str(caught.value) == refused.BAD_EMAIL


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("  Ada \t Lovelace ", "Ada Lovelace"), ("Zoe\u0308", "Zoë"), ("A\x00da", "Ada")],
)
def test_a_name_is_kept_tidy(typed: str, kept: str) -> None:
    assert User(name=typed).name == kept


@pytest.mark.parametrize(
    ("typed", "reason"),
    [("", refused.NO_NAME), (" \x00 ", refused.NO_NAME), ("x" * 101, refused.LONG_NAME)],
)
def test_a_name_that_is_none_is_refused(typed: str, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        User(name=typed)


@pytest.mark.parametrize("typed", ["", "  ", "x" * 201])
def test_a_title_that_is_none_is_refused(typed: str) -> None:
    with pytest.raises(Refused, match=refused.TITLE):
        Project(title=typed)


def test_the_plain_password_is_forgotten_even_when_the_row_is_refused(
    sessions: sessionmaker[Session],
) -> None:
    user = User(name="Kim", email="kim@example.com")
    user.choose_password("abc")
    with pytest.raises(Refused, match=refused.SHORT_PASSWORD), sessions.begin() as session:
        session.add(user)
    assert "abc" not in vars(user).values()


def test_a_user_without_a_password_is_refused(sessions: sessionmaker[Session]) -> None:
    with pytest.raises(Refused, match=refused.SHORT_PASSWORD), sessions.begin() as session:
        session.add(User(name="Kim", email="kim@example.com"))


def test_the_letter_waits_for_the_outermost_commit(
    sessions: sessionmaker[Session], letters: list[tuple[str, str, str]]
) -> None:
    with sessions() as session:
        with session.begin_nested():
            session.add(new_user())
        session.flush()
        assert letters == []
        session.commit()
    assert letters == [("ada@example.com", "Ada Lovelace", "ada-lovelace")]


def test_a_rolled_back_user_gets_no_letter_and_gives_the_slug_back(
    sessions: sessionmaker[Session], letters: list[tuple[str, str, str]], desk: Desk
) -> None:
    with sessions() as session:
        session.add(new_user())
        session.flush()
        session.rollback()
        session.add(new_user())
        session.commit()
    assert letters == [("ada@example.com", "Ada Lovelace", "ada-lovelace")]
    assert desk.promised == 2


def test_stamps_are_set_once_for_new_rows_and_again_for_changed_ones(
    sessions: sessionmaker[Session],
) -> None:
    with sessions() as session:
        ada, eve = new_user(), new_user("eve@example.com", "Eve")
        session.add_all([ada, eve])
        session.commit()
        ada.name = "Countess Ada"
        eve.name = eve.name  # no change
        session.commit()
        first, second = START + timedelta(minutes=1), START + timedelta(minutes=2)
        assert (ada.created_at, ada.updated_at) == (first, second)
        assert (eve.created_at, eve.updated_at) == (first, first)


def test_the_slug_stays_when_the_name_changes(sessions: sessionmaker[Session]) -> None:
    with sessions() as session:
        session.add(ada := new_user())
        session.commit()
        ada.name = "Countess"
        session.commit()
        assert (ada.name, ada.slug) == ("Countess", "ada-lovelace")


def test_a_change_of_address_is_audited_once_with_old_and_new(
    sessions: sessionmaker[Session],
) -> None:
    with sessions() as session:
        session.add(ada := new_user())
        session.commit()
        ada.email = " NEW@example.com"
        ada.email = "new@example.com"  # the same again
        session.commit()
        changes = session.scalars(select(EmailChange)).all()
        assert [(each.user_id, each.old_email, each.new_email) for each in changes] == [
            (ada.id, "ada@example.com", "new@example.com")
        ]


def test_a_first_address_is_no_change(sessions: sessionmaker[Session]) -> None:
    with sessions() as session:
        session.add(user := new_user())
        user.email = "second@example.com"  # not stored yet
        session.commit()
        assert session.scalars(select(EmailChange)).all() == []


def test_the_cached_count_is_dropped_by_a_commit_only(
    sessions: sessionmaker[Session], desk: Desk
) -> None:
    counts = []
    with sessions() as session:
        counts.append(desk.members.ask(session))
        with session.begin_nested():
            session.add(new_user())
        counts.append(desk.members.ask(session))  # still the cached one
        session.commit()
        counts.append(desk.members.ask(session))
    assert counts == [0, 0, 1]


def test_sessions_of_another_factory_are_left_alone(
    sqlite_file_engine: Engine, sessions: sessionmaker[Session], desk: Desk
) -> None:
    with sessionmaker(sqlite_file_engine)() as session:
        session.commit()
        session.rollback()
    assert (desk.members.dropped, desk.slugs.forgotten) == (0, 0)


def test_deleting_a_user_deletes_the_projects_and_keeps_the_audit(
    sessions: sessionmaker[Session],
) -> None:
    with sessions() as session:
        session.add(ada := new_user())
        ada.projects.append(Project(title="Engine"))
        session.commit()
        ada.email = "new@example.com"
        session.commit()
        session.delete(ada)
        session.commit()
        left = [len(session.scalars(select(each)).all()) for each in (User, Project, EmailChange)]
    assert left == [0, 0, 1]

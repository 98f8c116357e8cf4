"""What lines of input mean, one by one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from cormorant import Session, select, sessionmaker
from cormorant.demo import refused
from cormorant.demo.letters import Letter
from cormorant.demo.lines import edit, sign_up
from cormorant.demo.listeners import Desk, attach
from cormorant.demo.models import Base, Comment, PremiumUser, Project, User
from cormorant.demo.refused import Refused
from cormorant.demo.sheets import Line


@pytest.fixture
def session(sqlite_file_engine: Engine) -> Iterator[Session]:
    """Give a session that is listened to, on the demo's tables."""
    Base.metadata.create_all(sqlite_file_engine)
    sessions = sessionmaker(sqlite_file_engine)
    letters: list[Letter] = []
    attach(sessions, Desk(send=letters.append))
    with sessions() as session:
        yield session


def line(*cells: str) -> Line:
    """Make a line whose columns are the wanted ones."""
    return Line(2, cells, tuple(range(len(cells))), len(cells))


def projects_of(session: Session) -> list[tuple[str, list[str]]]:
    """Return title and tags of each project."""
    found = session.scalars(select(Project).order_by(Project.id))
    return [(project.title, sorted(tag.name for tag in project.tags)) for project in found]


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Parser #python #CLI", [("Parser", ["cli", "python"])]),
        ("Parser", [("Parser", [])]),
        ("C# Parser #c#", [("C# Parser", ["c#"])]),
        ("Tiny  Parser # open data ", [("Tiny Parser", ["open-data"])]),
        ("Parser #", [("Parser", [])]),
        ("Parser #web;; Wiki #web #Web;", [("Parser", ["web"]), ("Wiki", ["web"])]),
        ("  ", []),
    ],
)
def test_titles_may_carry_tags(
    session: Session, typed: str, kept: list[tuple[str, list[str]]]
) -> None:
    sign_up(session, line("Ada", "ada@example.com", "long-enough", typed, ""))
    session.flush()
    assert projects_of(session) == kept


def test_tags_without_a_title_are_refused(session: Session) -> None:
    with pytest.raises(Refused, match=refused.TITLE):
        sign_up(session, line("Ada", "ada@example.com", "long-enough", " #web", ""))


@pytest.mark.parametrize(
    ("plan", "kind"),
    [("", User), ("  ", User), ("monthly", PremiumUser), (" YEARLY", PremiumUser)],
)
def test_a_plan_makes_a_premium_user(session: Session, plan: str, kind: type[User]) -> None:
    sign_up(session, line("Ada", "ada@example.com", "long-enough", "", plan))
    session.flush()
    assert [type(user) for user in session.scalars(select(User))] == [kind]


@pytest.fixture
def ada(session: Session) -> User:
    """Give a user with a project that has a comment."""
    sign_up(session, line("Ada", "ada@example.com", "long-enough", "Engine: v2; Notes", ""))
    sign_up(session, line("Eve", "eve@example.com", "long-enough", "Notes #web", "yearly"))
    session.flush()
    edit(session, line("eve@example.com", "comment", "ada/Notes: First!"))
    session.flush()
    return session.scalars(select(User).where(User.slug == "ada")).one()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("comment", "ada/Notes: see http://example.com: nice"),
        (" Comment ", " ada / Notes : see http://example.com: nice "),
        ("reply", "ada/Notes#1: see http://example.com: nice"),
        ("reply", "ada/Notes #1 : see http://example.com: nice"),
    ],
)
def test_what_is_said_names_owner_and_title(
    session: Session, ada: User, field: str, value: str
) -> None:
    edit(session, line(" ADA@example.com", field, value))
    session.flush()
    said = session.scalars(select(Comment).order_by(Comment.number)).all()[-1]
    assert (said.project.owner, said.author, said.number, said.body) == (
        ada,
        ada,
        2,
        "see http://example.com: nice",
    )
    assert (said.parent is not None) == ("reply" in field)


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("comment", "ada/Nothing: x", refused.NO_PROJECT),
        ("comment", "bob/Notes: x", refused.NO_PROJECT),
        ("comment", "ada/Notes#1: x", refused.NO_PROJECT),
        ("comment", "ada: x", refused.NO_PROJECT),
        ("comment", "ada/Notes", refused.NO_PROJECT),
        ("comment", "", refused.NO_PROJECT),
        ("comment", "ada/Notes: ", refused.COMMENT),
        ("reply", "ada/Notes: x", refused.NO_COMMENT),
        ("reply", "ada/Notes#0: x", refused.NO_COMMENT),
        ("reply", "eve/Notes#1: x", refused.NO_COMMENT),
        ("tags", "Nothing #web", refused.NO_PROJECT),
        ("tags", "Notes #1 #2 #3 #4 #5 #6", refused.MANY_TAGS),
        ("plan", "monthly", refused.NOT_PREMIUM),
        ("shoe size", "39", refused.FIELD),
    ],
)
def test_an_edit_that_means_nothing_is_refused(
    session: Session, ada: User, field: str, value: str, reason: str
) -> None:
    with pytest.raises(Refused, match=reason):
        edit(session, line("ada@example.com", field, value))


def test_tags_are_replaced_on_the_own_project_alone(session: Session, ada: User) -> None:
    edit(session, line("eve@example.com", "tags", "Notes #math #WEB"))
    session.flush()
    edit(session, line("ada@example.com", "tags", "Notes #math"))
    session.flush()
    edit(session, line("eve@example.com", "tags", "Notes"))
    session.flush()
    assert projects_of(session) == [("Engine: v2", []), ("Notes", ["math"]), ("Notes", [])]


def test_a_premium_user_changes_the_plan(session: Session, ada: User) -> None:
    edit(session, line("eve@example.com", "plan", " Monthly"))
    session.commit()
    assert [user.plan for user in session.scalars(select(PremiumUser))] == ["monthly"]


def test_who_left_is_nobody(session: Session, ada: User) -> None:
    edit(session, line("ada@example.com", "leave", "found another hobby"))
    session.flush()
    assert [user.slug for user in session.scalars(select(User))] == ["eve"]
    assert session.scalars(select(Comment)).all() == []
    with pytest.raises(Refused, match=refused.NOBODY):
        edit(session, line("ada@example.com", "leave", ""))

"""The listeners one by one, outside a story."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, func
from sqlalchemy import select as core_select

from cormorant import Session, event, select, sessionmaker
from cormorant.demo import refused
from cormorant.demo.letters import Letter, goodbye, premium_welcome, welcome
from cormorant.demo.listeners import MOST_TAGS, Desk, attach
from cormorant.demo.models import (
    Base,
    Comment,
    EmailChange,
    PremiumUser,
    Project,
    Tag,
    User,
    project_tags,
)
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
def letters() -> list[Letter]:
    """Give the list into which the desk's letters go."""
    return []


@pytest.fixture
def desk(letters: list[Letter]) -> Desk:
    """Give a desk whose letters go into a list."""
    return Desk(send=letters.append, clock=Clock())


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
    sessions: sessionmaker[Session], letters: list[Letter]
) -> None:
    with sessions() as session:
        with session.begin_nested():
            session.add(new_user())
        session.flush()
        assert letters == []
        session.commit()
    assert letters == [welcome("ada@example.com", "Ada Lovelace", "ada-lovelace")]


def test_a_rolled_back_user_gets_no_letter_and_gives_the_slug_back(
    sessions: sessionmaker[Session], letters: list[Letter], desk: Desk
) -> None:
    with sessions() as session:
        session.add(new_user())
        session.flush()
        session.rollback()
        session.add(new_user())
        session.commit()
    assert letters == [welcome("ada@example.com", "Ada Lovelace", "ada-lovelace")]
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


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("Python", "python"), ("  Open \t Data ", "open-data"), ("Cafe\u0301", "café"), ("c#", "c#")],
)
def test_a_tag_is_kept_tidy(typed: str, kept: str) -> None:
    assert Tag(name=typed).name == kept


@pytest.mark.parametrize("typed", ["", " \x00", "x" * 31])
def test_a_tag_that_is_none_is_refused(typed: str) -> None:
    with pytest.raises(Refused, match=refused.TAG):
        Tag(name=typed)


def test_a_tag_too_many_is_refused_as_it_is_added() -> None:
    project = Project(title="Engine")
    project.tags.update(Tag(name=str(number)) for number in range(MOST_TAGS))
    with pytest.raises(Refused, match=refused.MANY_TAGS):
        project.tags.add(Tag(name="more"))


def test_too_many_tags_at_once_are_refused_and_the_old_ones_stay() -> None:
    project = Project(title="Engine")
    project.tags.update(Tag(name=str(number)) for number in range(MOST_TAGS))
    old = set(project.tags)
    with pytest.raises(Refused, match=refused.MANY_TAGS):
        project.tags = {Tag(name=f"new {number}") for number in range(MOST_TAGS + 1)}
    assert project.tags == old
    project.tags = {Tag(name=f"new {number}") for number in range(MOST_TAGS)}
    assert len(project.tags) == MOST_TAGS


def project_of(title: str, *tags: str) -> Project:
    """Make a project with tags."""
    project = Project(title=title)
    for tag in tags:
        project.tags.add(Tag(name=tag))
    return project


def test_tags_of_one_name_become_one_row_within_a_flush_and_between_flushes(
    sessions: sessionmaker[Session],
) -> None:
    with sessions() as session:
        session.add(ada := new_user())
        ada.projects.append(project_of("Engine", "Math", "MATH", "history"))
        ada.projects.append(project_of("Notes", "math"))
        session.flush()
        ada.projects.append(project_of("Poems", "math"))
        session.commit()
    with sessions() as session:
        ada = session.scalars(select(User)).one()
        ada.projects.append(project_of("Loom", " Math"))
        session.commit()
        math = session.scalars(select(Tag).where(Tag.name == "math")).one()
        assert [project.title for project in math.projects] == ["Engine", "Loom", "Notes", "Poems"]
        assert session.scalars(select(func.count()).select_from(Tag)).one() == 2


def test_a_tag_that_comes_back_in_a_replacement_keeps_its_pair(
    sqlite_file_engine: Engine, sessions: sessionmaker[Session]
) -> None:
    written: list[str] = []

    def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
        if project_tags.name in statement and not statement.startswith("SELECT"):
            written.append(statement.split()[0])

    with sessions() as session:
        session.add(ada := new_user())
        ada.projects.append(project_of("Engine", "math", "history"))
        session.commit()
        event.listen(sqlite_file_engine, "before_cursor_execute", note)
        ada.projects[0].tags = {Tag(name="Math"), Tag(name="History")}
        session.commit()
        assert written == []
        ada.projects[0].tags = {Tag(name="Math"), Tag(name="poetry")}
        session.commit()
        assert sorted(written) == ["DELETE", "INSERT"]
        assert sorted(tag.name for tag in ada.projects[0].tags) == ["math", "poetry"]


def test_comments_are_numbered_within_their_project_and_never_twice(
    sessions: sessionmaker[Session],
) -> None:
    with sessions() as session:
        session.add(ada := new_user())
        engine, notes = Project(title="Engine"), Project(title="Notes")
        ada.projects += [engine, notes]
        session.add_all(Comment(body="x", author=ada, project=engine) for _ in range(2))
        session.add(Comment(body="y", author=ada, project=notes))
        session.flush()
        session.delete(engine.comments[1])
        session.flush()
        session.add(Comment(body="z", author=ada, project=engine))
        session.commit()
        assert [[comment.number for comment in each.comments] for each in (engine, notes)] == [
            [1, 3],
            [1],
        ]


def test_an_answer_joins_the_project_of_what_it_answers(sessions: sessionmaker[Session]) -> None:
    with sessions() as session:
        session.add(ada := new_user())
        ada.projects.append(engine := Project(title="Engine"))
        session.add(first := Comment(body="How?", author=ada, project=engine))
        session.flush()
        session.add(Comment(body="So.", author=ada, parent=first))
        session.commit()
        assert [(each.number, each.body, each.parent) for each in engine.comments] == [
            (1, "How?", None),
            (2, "So.", first),
        ]
        assert [each.number for each in first.replies] == [2]


@pytest.mark.parametrize("typed", ["", " \n ", "x" * 1_001])
def test_a_comment_that_is_none_is_refused(typed: str) -> None:
    with pytest.raises(Refused, match=refused.COMMENT):
        Comment(body=typed)


def new_premium_user(plan: str = "yearly") -> PremiumUser:
    """Make a premium user with a password."""
    user = PremiumUser(name=" Eve ", email=" EVE@example.com", plan=plan)
    user.choose_password("correct-horse")
    return user


@pytest.mark.parametrize("typed", ["", "gold", "year ly"])
def test_a_plan_that_is_not_sold_is_refused(typed: str) -> None:
    with pytest.raises(Refused, match=refused.PLAN):
        PremiumUser(plan=typed)


def test_a_premium_user_is_heard_by_the_listeners_of_users_and_gets_another_letter(
    sessions: sessionmaker[Session], letters: list[Letter]
) -> None:
    with sessions() as session:
        session.add_all([new_user(), new_premium_user(" Yearly ")])
        session.commit()
        eve = session.scalars(select(PremiumUser)).one()
        assert (eve.name, eve.slug, eve.kind, eve.plan) == ("Eve", "eve", "premium", "yearly")
        assert eve.password_hash.startswith("$argon2id$")
        assert eve.since == START + timedelta(minutes=2)
    assert letters == [
        welcome("ada@example.com", "Ada Lovelace", "ada-lovelace"),
        premium_welcome("eve@example.com", "Eve", "eve", "yearly"),
    ]


def test_a_goodbye_waits_for_the_commit_that_deletes(
    sessions: sessionmaker[Session], letters: list[Letter]
) -> None:
    with sessions() as session:
        session.add(eve := new_premium_user())
        session.commit()
        letters.clear()
        session.delete(eve)
        session.flush()
        session.rollback()
        assert letters == []
        session.delete(eve)
        session.commit()
    assert letters == [goodbye("eve@example.com", "Eve")]


def test_deleting_a_user_deletes_all_that_hangs_on_it(
    sqlite_file_engine: Engine, sessions: sessionmaker[Session]
) -> None:
    with sessions() as session:
        session.add_all([ada := new_user(), eve := new_premium_user()])
        ada.projects.append(engine := project_of("Engine", "math"))
        eve.projects.append(garden := project_of("Garden", "math"))
        session.add(first := Comment(body="Eve's", author=eve, project=engine))
        session.flush()
        session.add(answer := Comment(body="answer to Eve", author=ada, parent=first))
        session.add(Comment(body="answer to the answer", author=ada, parent=answer))
        session.add(Comment(body="on Eve's project", author=ada, project=garden))
        session.add(Comment(body="stays", author=ada, project=engine))
        session.commit()
        session.delete(eve)
        session.commit()
        assert [comment.body for comment in session.scalars(select(Comment))] == ["stays"]
        assert [project.title for project in session.scalars(select(Project))] == ["Engine"]
    with sqlite_file_engine.connect() as connection:
        left = [
            connection.scalar(core_select(func.count()).select_from(table))
            for table in (User.__table__, PremiumUser.__table__, project_tags, Tag.__table__)
        ]
    assert left == [1, 0, 1, 1]

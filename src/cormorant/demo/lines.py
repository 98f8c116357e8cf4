"""What a line of input means: a sign-up or an edit, done to objects; listeners do the rest."""

from __future__ import annotations

import re
from collections.abc import Callable

from cormorant import Session, select
from cormorant.demo import refused
from cormorant.demo.models import Comment, PremiumUser, Project, Tag, User
from cormorant.demo.refused import Refused
from cormorant.demo.sheets import Line

# "ada-lovelace/Tiny Parser: text" or, of its second comment, "ada-lovelace/Tiny Parser#2: text".
SAYING = re.compile(r"([^/]+)/([^:]+?)(?:#(\d{1,9}))?\s*:(.*)", re.DOTALL)


def sign_up(session: Session, line: Line) -> None:
    """Make a user and projects of a line of sign-ups."""
    name, email, password, titles, plan = line.values()
    if plan.strip():
        user: User = PremiumUser(name=name, email=email, plan=plan)
    else:
        user = User(name=name, email=email)
    user.choose_password(password)
    for text in filter(str.strip, titles.split(";")):
        user.projects.append(_project(text))
    session.add(user)


def edit(session: Session, line: Line) -> None:
    """Change what a line of edits says: a user, or what belongs to one."""
    _, name, value = line.values()
    change = CHANGES.get(name.strip().lower())
    if change is None:
        raise Refused(refused.FIELD)
    user = session.scalars(select(User).where(User.email == line.key(0))).one_or_none()
    if user is None:
        raise Refused(refused.NOBODY)
    change(session, user, value)


def _project(text: str) -> Project:
    """Make a project of a title with tags, such as `Tiny Parser #python #cli`."""
    title, tags = _title_and_tags(text)
    project = Project(title=title)
    for tag in tags:
        project.tags.add(tag)
    return project


def _title_and_tags(text: str) -> tuple[str, list[Tag]]:
    """Take a title and its tags apart; a tag begins behind a blank, so `C#` is none."""
    title, *words = text.split(" #")
    return title.strip(), [Tag(name=word) for word in words if word.strip()]


def _rename(session: Session, user: User, value: str) -> None:
    user.name = value


def _move(session: Session, user: User, value: str) -> None:
    user.email = value


def _start_project(session: Session, user: User, value: str) -> None:
    user.projects.append(_project(value))


def _change_plan(session: Session, user: User, value: str) -> None:
    if not isinstance(user, PremiumUser):
        raise Refused(refused.NOT_PREMIUM)
    user.plan = value


def _change_tags(session: Session, user: User, value: str) -> None:
    title, tags = _title_and_tags(value)
    _find_project(session, user.slug, title).tags = set(tags)


def _comment(session: Session, user: User, value: str) -> None:
    slug, title, number, body = _saying(value)
    project = _find_project(session, slug, title)
    if number is not None:
        raise Refused(refused.NO_PROJECT)
    session.add(Comment(body=body, author=user, project=project))


def _reply(session: Session, user: User, value: str) -> None:
    slug, title, number, body = _saying(value)
    project = _find_project(session, slug, title)
    wanted = select(Comment).where(
        Comment.project_id == project.id, Comment.number == int(number or 0)
    )
    parent = session.scalars(wanted).one_or_none()
    if parent is None:
        raise Refused(refused.NO_COMMENT)
    session.add(Comment(body=body, author=user, parent=parent))


def _leave(session: Session, user: User, value: str) -> None:
    session.delete(user)


CHANGES: dict[str, Callable[[Session, User, str], None]] = {
    "name": _rename,
    "email": _move,
    "plan": _change_plan,
    "project": _start_project,
    "tags": _change_tags,
    "comment": _comment,
    "reply": _reply,
    "leave": _leave,
}


def _saying(value: str) -> tuple[str, str, str | None, str]:
    """Take a comment apart: slug of the owner, title, number answered to, body."""
    found = SAYING.fullmatch(value.strip())
    if found is None:
        raise Refused(refused.NO_PROJECT)
    slug, title, number, body = found.groups()
    return slug.strip(), title.strip(), number, body


def _find_project(session: Session, slug: str, title: str) -> Project:
    """Return somebody's project of this title; raises Refused when there is none."""
    wanted = select(Project).join(Project.owner).where(User.slug == slug, Project.title == title)
    project = session.scalars(wanted).one_or_none()
    if project is None:
        raise Refused(refused.NO_PROJECT)
    return project

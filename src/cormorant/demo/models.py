"""The tables of CodeCrafters: users, projects with tags and comments, an audit of addresses."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from sqlalchemy import (
    Column,
    DateTime,
    ForeignKey,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects import mysql

from cormorant import DeclarativeBase, Mapped, mapped_column, relationship

# MariaDB keeps whole seconds unless told otherwise. Times are UTC without a zone everywhere.
Moment = DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")

# Byte by byte, as the other databases compare: "zoe" and "zoë" are two names.
COMPARE_BYTES: dict[str, Any] = {
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
    "mariadb_charset": "utf8mb4",
    "mariadb_collate": "utf8mb4_bin",
}

LONGEST_NAME = 100
LONGEST_EMAIL = 254
LONGEST_TITLE = 200
LONGEST_TAG = 30
LONGEST_COMMENT = 1_000
LONGEST_PLAN = 20


class Base(DeclarativeBase):
    """The base of the demo's classes; constraints have the same names on every database."""

    metadata = MetaData(
        naming_convention={
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "ix": "ix_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Stamped:
    """A mixin for rows that know when they were made and last changed (`stamp` sets it)."""

    created_at: Mapped[datetime] = mapped_column(Moment)
    updated_at: Mapped[datetime] = mapped_column(Moment)


class User(Stamped, Base):
    """Somebody who signed up; `kind` tells the class."""

    __tablename__ = "codecrafters_users"
    __table_args__ = COMPARE_BYTES
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "member"}

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    slug: Mapped[str] = mapped_column(String(LONGEST_NAME + 20), unique=True)
    email: Mapped[str] = mapped_column(String(LONGEST_EMAIL), unique=True)
    password_hash: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(String(10))

    projects: Mapped[list[Project]] = relationship(back_populates="owner", cascade="all")
    comments: Mapped[list[Comment]] = relationship(back_populates="author", cascade="all")

    def choose_password(self, plain: str) -> None:
        """Keep `plain` until `hash_password` takes it away, just before the INSERT."""
        self._plain_password: str | None = plain

    def take_password(self) -> str | None:
        """Return the chosen password and forget it; None when there is none."""
        plain: str | None = self.__dict__.pop("_plain_password", None)
        return plain


class PremiumUser(User):
    """A user who pays: the rest of the row is in a table of its own."""

    __tablename__ = "codecrafters_premium_users"
    __table_args__ = COMPARE_BYTES
    __mapper_args__ = {"polymorphic_identity": "premium"}

    id: Mapped[int] = mapped_column(ForeignKey("codecrafters_users.id"), primary_key=True)
    plan: Mapped[str] = mapped_column(String(LONGEST_PLAN))
    since: Mapped[datetime] = mapped_column(Moment)


project_tags = Table(
    "codecrafters_project_tags",
    Base.metadata,
    Column("project_id", ForeignKey("codecrafters_projects.id"), primary_key=True),
    Column("tag_id", ForeignKey("codecrafters_tags.id"), primary_key=True, index=True),
    **COMPARE_BYTES,
)


class Project(Stamped, Base):
    """Something a user works on; one user has no two projects of one title."""

    __tablename__ = "codecrafters_projects"
    __table_args__ = (UniqueConstraint("owner_id", "title"), COMPARE_BYTES)

    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("codecrafters_users.id"))
    title: Mapped[str] = mapped_column(String(LONGEST_TITLE))
    comments_made: Mapped[int]  # the number of the last comment, whether it is still there or not

    owner: Mapped[User] = relationship(back_populates="projects")
    tags: Mapped[set[Tag]] = relationship(secondary=project_tags, back_populates="projects")
    comments: Mapped[list[Comment]] = relationship(
        back_populates="project", cascade="all, delete-orphan", order_by="Comment.number"
    )


class Tag(Base):
    """A word that projects share; there is one row of each name."""

    __tablename__ = "codecrafters_tags"
    __table_args__ = COMPARE_BYTES

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(LONGEST_TAG), unique=True)

    projects: Mapped[list[Project]] = relationship(
        secondary=project_tags, back_populates="tags", order_by="Project.title"
    )


class Comment(Stamped, Base):
    """What somebody says about a project, or answers to another comment on it."""

    __tablename__ = "codecrafters_comments"
    __table_args__ = (UniqueConstraint("project_id", "number"), COMPARE_BYTES)

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("codecrafters_projects.id"))
    author_id: Mapped[int] = mapped_column(ForeignKey("codecrafters_users.id"))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("codecrafters_comments.id"))
    number: Mapped[int] = mapped_column()  # counted within the project, from 1
    body: Mapped[str] = mapped_column(Text)

    project: Mapped[Project] = relationship(back_populates="comments")
    author: Mapped[User] = relationship(back_populates="comments")
    parent: Mapped[Comment | None] = relationship(back_populates="replies", remote_side=id)
    replies: Mapped[list[Comment]] = relationship(
        back_populates="parent", cascade="all", order_by=number
    )


class EmailChange(Base):
    """The audit: one row each time an address changed. It outlives the user, so no key."""

    __tablename__ = "codecrafters_email_changes"
    __table_args__ = COMPARE_BYTES

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(index=True)
    old_email: Mapped[str] = mapped_column(String(LONGEST_EMAIL))
    new_email: Mapped[str] = mapped_column(String(LONGEST_EMAIL))
    changed_at: Mapped[datetime] = mapped_column(Moment)


TABLES = tuple(
    cast(Table, each)
    for each in (
        User.__table__,
        PremiumUser.__table__,
        Project.__table__,
        Tag.__table__,
        project_tags,
        Comment.__table__,
        EmailChange.__table__,
    )
)

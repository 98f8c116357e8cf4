"""The tables of CodeCrafters: users, their projects, and the audit of their addresses."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import DateTime, ForeignKey, MetaData, String, Text, UniqueConstraint
from sqlalchemy.dialects import mysql

from cormorant import DeclarativeBase, Mapped, mapped_column, relationship

# MariaDB keeps whole seconds unless told otherwise. Times are UTC without a zone everywhere.
Moment = DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")

# Byte by byte, as the other databases compare: "zoe" and "zoë" are two names.
COMPARE_BYTES = {
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
    "mariadb_charset": "utf8mb4",
    "mariadb_collate": "utf8mb4_bin",
}

LONGEST_NAME = 100
LONGEST_EMAIL = 254
LONGEST_TITLE = 200


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
    """Somebody who signed up."""

    __tablename__ = "codecrafters_users"
    __table_args__ = COMPARE_BYTES

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    slug: Mapped[str] = mapped_column(String(LONGEST_NAME + 20), unique=True)
    email: Mapped[str] = mapped_column(String(LONGEST_EMAIL), unique=True)
    password_hash: Mapped[str] = mapped_column(Text)

    projects: Mapped[list[Project]] = relationship(back_populates="owner", cascade="all")

    def choose_password(self, plain: str) -> None:
        """Keep `plain` until `hash_password` takes it away, just before the INSERT."""
        self._plain_password: str | None = plain

    def take_password(self) -> str | None:
        """Return the chosen password and forget it; None when there is none."""
        plain: str | None = self.__dict__.pop("_plain_password", None)
        return plain


class Project(Stamped, Base):
    """Something a user works on; one user has no two projects of one title."""

    __tablename__ = "codecrafters_projects"
    __table_args__ = (UniqueConstraint("owner_id", "title"), COMPARE_BYTES)

    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("codecrafters_users.id"))
    title: Mapped[str] = mapped_column(String(LONGEST_TITLE))

    owner: Mapped[User] = relationship(back_populates="projects")


class EmailChange(Base):
    """The audit: one row each time an address changed. It outlives the user, so no key."""

    __tablename__ = "codecrafters_email_changes"
    __table_args__ = COMPARE_BYTES

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(index=True)
    old_email: Mapped[str] = mapped_column(String(LONGEST_EMAIL))
    new_email: Mapped[str] = mapped_column(String(LONGEST_EMAIL))
    changed_at: Mapped[datetime] = mapped_column(Moment)


TABLES = (User, Project, EmailChange)

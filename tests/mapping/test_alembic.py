"""Alembic compares the metadata of declared classes with a database."""

import decimal
import enum
import uuid
from typing import Any

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from cormorant.sql.attributes import Mapped

from .orms import OURS as orm


class Color(enum.Enum):
    red = 1


def declare() -> Any:
    class Base(orm.DeclarativeBase):
        metadata = sa.MetaData(naming_convention={"ix": "ix_%(column_0_label)s"})

    class User(Base):
        __tablename__ = "users"
        __table_args__ = (sa.UniqueConstraint("name", "age", name="uq_name_age"),)
        id: Mapped[int] = orm.mapped_column(primary_key=True)
        name: Mapped[str] = orm.mapped_column(sa.String(50), index=True)
        age: Mapped[int | None]
        color: Mapped[Color]
        token: Mapped[uuid.UUID]
        price: Mapped[decimal.Decimal] = orm.mapped_column(sa.Numeric(10, 2))

    class Address(Base):
        __tablename__ = "addresses"
        id: Mapped[int] = orm.mapped_column(primary_key=True)
        user_id: Mapped[int] = orm.mapped_column(sa.ForeignKey("users.id", name="fk_user"))

    return Base


def test_autogenerate_finds_no_difference_after_create_all() -> None:
    metadata = declare().metadata
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        metadata.create_all(connection)
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        connection.execute(sa.text("DROP TABLE addresses"))
        difference = compare_metadata(context, metadata)
    engine.dispose()
    assert [(kind, table.name) for kind, table in difference] == [("add_table", "addresses")]

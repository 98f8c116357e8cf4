"""Do a whole session's work in a fresh interpreter; print the modules of another ORM it loaded."""

from __future__ import annotations

import sys

import sqlalchemy as sa

import cormorant as orm
from cormorant import event


class Base(orm.DeclarativeBase):
    """The base of the classes below."""


class User(Base):
    """A user with addresses."""

    __tablename__ = "user"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    name: orm.Mapped[str]
    addresses: orm.Mapped[list[Address]] = orm.relationship(back_populates="user")


class Address(Base):
    """An address of one user."""

    __tablename__ = "address"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    email: orm.Mapped[str]
    user_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("user.id"))
    user: orm.Mapped[User] = orm.relationship(back_populates="addresses")


def main() -> None:
    """Add, flush, read on both roads, change, merge, delete and roll back."""
    heard: list[str] = []
    event.listen(User, "before_insert", lambda mapper, connection, user: heard.append("insert"))
    event.listen(User.name, "set", lambda user, new, old, token: heard.append("set"))
    event.listen(orm.Session, "after_commit", lambda session: heard.append("commit"))
    engine = sa.create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with orm.Session(engine) as session:
        user = User(name="Ann", addresses=[Address(email="ann@example.org")])
        session.add(user)
        session.commit()
        assert session.scalars(sa.select(User).where(User.name == "Ann")).all() == [user]
        assert session.scalars(orm.select(User).where(User.name == "Ann")).all() == [user]
        assert session.query(User).filter_by(name="Ann").one() is user
        assert session.execute(sa.select(User.name, sa.func.count())).all() == [("Ann", 1)]
        user.name = "Bea"
        session.refresh(user, ["id"])
        session.merge(User(id=user.id, name="Cleo"))
        with session.begin_nested():
            session.delete(user.addresses[0])
        session.rollback()
        assert session.get(User, user.id) is user
        assert sa.inspect(user).persistent
    # The last commit is that of the savepoint.
    assert heard == ["set", "insert", "commit", "set", "set", "set", "commit"]


main()
print(
    *sorted(
        name
        for name in sys.modules
        if name.split(".")[:2] == ["sqlalchemy", "orm"]
        or (name.startswith("sqlalchemy.ext.") and name != "sqlalchemy.ext.compiler")
    )
)

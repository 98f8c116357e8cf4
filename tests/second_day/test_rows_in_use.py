"""Rows that an application moves, replaces and counts versions of."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import (
    Column,
    Computed,
    Engine,
    ForeignKey,
    Integer,
    String,
    func,
    select,
    text,
)


def tree(orm: Any, engine: Engine) -> Any:
    base = orm.declarative_base()

    class Folder(base):
        __tablename__ = "folders"
        id = Column(Integer, primary_key=True)
        name = Column(String(30))
        parent_id = Column(ForeignKey("folders.id"))
        children = orm.relationship(
            "Folder", back_populates="parent", cascade="all, delete-orphan"
        )
        parent = orm.relationship("Folder", back_populates="children", remote_side=[id])

    base.metadata.create_all(engine)
    return Folder


def test_a_row_moved_below_a_new_row_of_its_own_table_keeps_a_parent(
    orm: Any, database: Engine
) -> None:
    Folder = tree(orm, database)  # a class
    with orm.Session(database) as session:
        leaf = Folder(name="leaf", parent=Folder(name="old"))
        session.add(leaf)
        session.commit()
        new = Folder(name="new", parent=Folder(name="above"))
        new.children.append(leaf)
        session.add(new)
        session.commit()
        assert leaf.parent_id == new.id is not None
        assert new.children == [leaf]


def documents(orm: Any, engine: Engine) -> Any:
    base = orm.declarative_base()

    class Document(base):
        __tablename__ = "documents"
        code = Column(String(10), primary_key=True)
        title = Column(String(30))
        pages = Column(Integer, onupdate=7)

    base.metadata.create_all(engine)
    return Document


def test_a_new_object_takes_over_the_row_of_a_deleted_one_with_its_key(
    orm: Any, event: Any, database: Engine
) -> None:
    Document = documents(orm, database)  # a class
    heard = []
    for name in ("before_insert", "after_insert", "after_update", "before_delete"):

        def hear(mapper: Any, connection: Any, target: Any, name: str = name) -> None:
            heard.append((name, target.title))

        event.listen(Document, name, hear)
    with orm.Session(database) as session:
        old = Document(code="a", title="old", pages=1)
        session.add(old)
        session.commit()
        heard.clear()
        session.delete(old)
        new = Document(code="a", title="new")
        session.add(new)
        session.commit()
        assert heard == [("before_insert", "new"), ("after_update", "new")]
        assert session.get(Document, "a") is new
        assert (new.title, new.pages, old in session) == ("new", 7, False)


def test_a_rollback_gives_the_row_back_to_the_deleted_object(orm: Any, database: Engine) -> None:
    Document = documents(orm, database)  # a class
    with orm.Session(database) as session:
        old = Document(code="a", title="old", pages=1)
        session.add(old)
        session.commit()
        session.delete(old)
        new = Document(code="a", title="new")
        session.add(new)
        session.flush()
        session.rollback()
        assert session.get(Document, "a") is old
        assert (old.title, new in session) == ("old", False)


def counted(orm: Any, engine: Engine, **arguments: Any) -> Any:
    base = orm.declarative_base()

    class Account(base):
        __tablename__ = "accounts"
        id = Column(Integer, primary_key=True)
        balance = Column(Integer)
        owner = Column(String(20))
        touched = Column(Integer, default=func.abs(-3), onupdate=func.abs(-4))
        version = Column(Integer, nullable=False)
        doubled = Column(Integer, Computed("version * 2", persisted=True))
        __mapper_args__ = {"version_id_col": version, **arguments}

    base.metadata.create_all(engine)
    return Account


@pytest.mark.parametrize("step", ["value", "expression", "expired version"])
def test_an_expired_object_is_updated_in_the_version_that_its_row_has(
    orm: Any, database: Engine, step: str
) -> None:
    Account = counted(orm, database)  # a class
    with orm.Session(database) as session:
        account = Account(balance=1)
        session.add(account)
        session.commit()
        if step == "expired version":
            session.expire(account, ["version"])
        account.balance = Account.balance + 9 if step == "expression" else 10
        session.commit()
        assert (account.balance, account.version) == (10, 2)


def test_a_version_that_another_session_moved_is_still_stale(orm: Any, database: Engine) -> None:
    Account = counted(orm, database)  # a class
    with orm.Session(database) as session:
        account = Account(balance=1)
        session.add(account)
        session.commit()
        assert account.version == 1
        session.execute(text("UPDATE accounts SET version = 5"))
        account.balance = 2
        with pytest.raises(orm.exc.StaleDataError):
            session.flush()


def test_eager_defaults_of_an_update_come_back_from_a_row_with_a_version(
    orm: Any, database: Engine
) -> None:
    Account = counted(orm, database, eager_defaults=True)  # a class
    with orm.Session(database) as session:
        account = Account(balance=1)
        session.add(account)
        session.flush()
        account.balance = 2
        session.flush()
        assert (account.touched, account.version, account.doubled) == (4, 2, 4)


@pytest.mark.postgresql
def test_keys_come_from_the_sequence_of_the_schema_that_the_search_path_names(
    orm: Any, postgresql_engine: Engine
) -> None:
    base = orm.declarative_base()

    class Ship(base):
        __tablename__ = "ships"
        id = Column(Integer, primary_key=True)
        name = Column(String(20))

    for tenant in ("tenant_a", "tenant_b"):
        with postgresql_engine.begin() as connection:
            connection.exec_driver_sql(f"CREATE SCHEMA {tenant}")
            connection.exec_driver_sql(f"SET LOCAL search_path TO {tenant}")
            base.metadata.create_all(connection)
    found = []
    try:
        for tenant, count in (("tenant_a", 5), ("tenant_b", 5), ("tenant_b", 1), ("tenant_a", 6)):
            with orm.Session(postgresql_engine) as session:
                session.execute(text(f"SET LOCAL search_path TO {tenant}"))
                ships = [Ship(name="x") for _ in range(count)]
                session.add_all(ships)
                session.flush()
                found.append((tenant, [ship.id for ship in ships]))
                session.commit()
    finally:
        with postgresql_engine.begin() as connection:
            connection.exec_driver_sql("DROP SCHEMA tenant_a CASCADE")
            connection.exec_driver_sql("DROP SCHEMA tenant_b CASCADE")
    assert found == [
        ("tenant_a", [1, 2, 3, 4, 5]),
        ("tenant_b", [1, 2, 3, 4, 5]),
        ("tenant_b", [6]),
        ("tenant_a", [6, 7, 8, 9, 10, 11]),
    ]


def test_names_with_percent_signs_are_written_in_batches(orm: Any, database: Engine) -> None:
    base = orm.declarative_base()

    class Odd(base):
        __tablename__ = "odd%s"
        id = Column(Integer, primary_key=True)
        share = Column("share %(x)s", Integer)

    base.metadata.create_all(database)
    with orm.Session(database) as session:
        session.add_all([Odd(share=n) for n in range(6)])
        session.commit()
        assert session.scalars(select(Odd.share).order_by(Odd.id)).all() == [0, 1, 2, 3, 4, 5]


def test_merge_without_load_fills_an_expired_object_from_the_one_given(
    orm: Any, database: Engine
) -> None:
    Document = documents(orm, database)  # a class
    with orm.Session(database) as session:
        known = Document(code="a", title="row")
        session.add(known)
        session.commit()
        cached = Document(code="a", title="cached", pages=3)
        orm.make_transient_to_detached(cached)
        assert session.merge(cached, load=False) is known
        assert (known.title, known.pages) == ("cached", 3)

"""Prepared reads: the same rows on both roads, for one key and for many."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, Engine

from cormorant.sql import wire
from cormorant.sql.prepared import prepare_select
from tests.sql.fakes import fill, processed, user_mapper, users


@pytest.fixture(params=["fast", "core"])
def connection(
    request: pytest.FixtureRequest, database: Engine, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Connection]:
    with database.connect() as connection, connection.begin():
        fill(connection)
        assert wire.road(connection) == "fast"
        if request.param == "core":
            monkeypatch.setattr(wire, "fast_ok", lambda _connection: False)
        yield connection


def test_one_key_gives_its_row(connection: Connection) -> None:
    prepared = prepare_select(user_mapper, list(users.c), [users.c.id])
    expected = [tuple(row) for row in connection.execute(users.select().where(users.c.id == 2))]
    for _round in range(2):
        assert processed(*prepared.fetch(connection, (2,))) == expected
    assert processed(*prepared.fetch(connection, (99,))) == []


def test_many_keys_give_their_rows(connection: Connection) -> None:
    prepared = prepare_select(user_mapper, [users.c.id, users.c.token], [users.c.id])
    found = processed(*prepared.fetch_many(connection, [(1,), (3,), (5,), (99,)]))
    assert sorted(found) == [(n, uuid.UUID(int=n)) for n in (1, 3, 5)]


def test_composite_keys_give_their_rows(connection: Connection) -> None:
    prepared = prepare_select(None, [users.c.id], [users.c.token, users.c.user_name])
    keys = [(uuid.UUID(int=1), "ann"), (uuid.UUID(int=2), "eve"), (uuid.UUID(int=3), "cid")]
    assert sorted(prepared.fetch_many(connection, keys)[0]) == [(1,), (3,)]
    assert prepared.fetch(connection, keys[2])[0] == [(3,)]


def test_more_keys_than_one_statement_takes(connection: Connection) -> None:
    prepared = prepare_select(None, [users.c.id], [users.c.id])
    keys = [(n,) for n in range(1300, 0, -1)]
    assert sorted(prepared.fetch_many(connection, keys)[0]) == [(n,) for n in range(1, 6)]
    assert prepared.fetch_many(connection, []) == ([], None)


def test_order_lock_and_more_criteria(connection: Connection) -> None:
    prepared = prepare_select(
        user_mapper,
        [users.c.user_name],
        [users.c.rank],
        order_by=[users.c.id.desc()],
        for_update={"nowait": False},
        extra_where=[users.c.age > 20],
    )
    assert prepared.fetch(connection, ("sailor",))[0] == [("eve",), ("dee",), ("cid",)]


def test_an_option_that_changes_the_cursor_goes_through_core(connection: Connection) -> None:
    prepared = prepare_select(user_mapper, [users.c.id], [users.c.id])
    options: dict[str, Any] = {"schema_translate_map": {None: None}}
    assert prepared.fetch(connection, (1,), options) == ([(1,)], None)

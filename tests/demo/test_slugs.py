"""Slugs: from names of every script, and unique."""

from __future__ import annotations

import pytest
from sqlalchemy import Column, Engine, MetaData, String, Table, insert

from cormorant.demo.slugs import Slugs, slug_of


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Ada Lovelace", "ada-lovelace"),
        ("  Ada -- Lovelace! ", "ada-lovelace"),
        ("Zoë Ångström", "zoe-angstrom"),
        ("Zoe\u0308", "zoe"),
        ("Łukasz Wójcik", "lukasz-wojcik"),
        ("Jürgen Groß", "jurgen-gross"),
        ("Þóra Ægisdóttir", "thora-aegisdottir"),
        ("Đặng Thị Hà", "dang-thi-ha"),
        ("Пётр Соколов", "пётр-соколов"),
        ("नीला शर्मा", "नीला-शर्मा"),
        ("山田 太郎", "山田-太郎"),
        ("D'Arcy O\u2019Brien", "darcy-obrien"),
        ("Γιώργος", "γιώργος"),
        ("İpek", "ipek"),
        ("R2 D2", "r2-d2"),
        ("🦆🦆", "member"),
        ("", "member"),
    ],
)
def test_a_name_becomes_this_slug(name: str, slug: str) -> None:
    assert slug_of(name) == slug


@pytest.fixture
def table(sqlite_engine: Engine) -> Table:
    """Give a table of slugs with three rows."""
    table = Table("people", MetaData(), Column("slug", String(50)))
    table.create(sqlite_engine)
    with sqlite_engine.begin() as connection:
        rows = [{"slug": slug} for slug in ("ada", "ada-2", "adam")]
        connection.execute(insert(table), rows)
    return table


def test_slugs_of_rows_and_of_this_transaction_are_taken(
    sqlite_engine: Engine, table: Table
) -> None:
    slugs = Slugs()
    with sqlite_engine.connect() as connection:
        given = [slugs.free(connection, table, name) for name in ("Ada", "ADA", "Adam", "Eve")]
    assert given == ["ada-3", "ada-4", "adam-2", "eve"]


def test_a_rollback_gives_reserved_slugs_back(sqlite_engine: Engine, table: Table) -> None:
    slugs = Slugs()
    with sqlite_engine.connect() as connection:
        slugs.free(connection, table, "Ada")
        slugs.forget()
        assert slugs.free(connection, table, "Ada") == "ada-3"
    assert slugs.forgotten == 1


def test_two_names_of_one_family_of_slugs_do_not_collide(
    sqlite_engine: Engine, table: Table
) -> None:
    slugs = Slugs()
    with sqlite_engine.connect() as connection:
        given = [slugs.free(connection, table, name) for name in ("Eve", "Eve", "Eve 2", "Eve")]
    assert given == ["eve", "eve-2", "eve-2-2", "eve-3"]

"""The quick processors of SQLite give what those of Core give, for odd values too."""

from __future__ import annotations

import datetime
import uuid
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import DATETIME
from sqlalchemy.dialects.sqlite.pysqlite import dialect as make_dialect

from cormorant.sql.plans import bind_processor, result_processors

make_type: Any = DATETIME  # its constructor has no annotations
DIALECT = make_dialect()
ZONE = datetime.timezone(datetime.timedelta(hours=2))


class Later(datetime.datetime):
    """A subclass, as some libraries of dates have."""


class Stored(sa.TypeDecorator[datetime.datetime]):
    """A type around DateTime."""

    impl = sa.DateTime
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        """Move each value by a day."""
        return value + datetime.timedelta(days=1)


@pytest.mark.parametrize(
    "kind",
    [
        sa.DateTime(),
        sa.DateTime(timezone=True),
        make_type(storage_format="%(year)04d/%(month)02d"),
        make_type(truncate_microseconds=True),
        Stored(),
    ],
    ids=lambda kind: repr(kind)[:40],
)
@pytest.mark.parametrize(
    "value",
    [
        datetime.datetime(2020, 1, 2, 3, 4, 5, 6),
        datetime.datetime(1, 1, 1),
        datetime.datetime(2020, 1, 2, tzinfo=ZONE),
        Later(2020, 1, 2, 3),
        datetime.date(2020, 1, 2),
    ],
)
def test_datetimes_are_written_as_by_core(kind: Any, value: Any) -> None:
    by_core = kind.dialect_impl(DIALECT).bind_processor(DIALECT)
    ours = bind_processor(kind, DIALECT)
    assert ours is not None
    assert ours(value) == by_core(value)


def test_stock_types_take_the_quick_way() -> None:
    ours = bind_processor(sa.DateTime(), DIALECT)
    found = result_processors([sa.Uuid()], DIALECT, [("u", None)])
    assert ours is not None
    assert found is not None
    assert found[0] is not None
    assert type(ours).__module__ == type(found[0]).__module__ == "cormorant.sql._processors_cy"


def test_none_and_wrong_values_go_the_way_of_core() -> None:
    ours = bind_processor(sa.DateTime(), DIALECT)
    assert ours is not None
    assert ours(None) is None
    with pytest.raises(TypeError, match="SQLite DateTime type only accepts"):
        ours("2020-01-02")


@pytest.mark.parametrize(
    "text", [None, "0" * 32, uuid.UUID(int=2**127).hex, str(uuid.UUID(int=7))]
)
@pytest.mark.parametrize("kind", [sa.Uuid(), sa.Uuid(as_uuid=False)])
def test_uuids_are_read_as_by_core(kind: Any, text: Any) -> None:
    by_core = kind.dialect_impl(DIALECT).result_processor(DIALECT, None)
    found = result_processors([kind], DIALECT, [("u", None)])
    assert found is not None
    assert found[0] is not None
    given = found[0](text)
    assert given == by_core(text)
    assert type(given) is type(by_core(text))
    assert repr(given) == repr(by_core(text))

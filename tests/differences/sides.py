"""Runs one scenario under sqlalchemy.orm and under cormorant, side by side."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from sqlalchemy import create_engine
from sqlalchemy.exc import SAWarning

from tests.contract.models import blog
from tests.contract.oracle import Orm, cormorant_orm, sqlalchemy_orm

FINE = "no error"


def both(scenario: Callable[[Orm], Any]) -> tuple[Any, Any]:
    """Return what the scenario comes to: (sqlalchemy.orm, cormorant)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return scenario(sqlalchemy_orm()), scenario(cormorant_orm())


def blog_in(orm: Orm, place: str = "sqlite://", cascade: str = "save-update, merge") -> Any:
    """Declare users with addresses and open a session on new tables of theirs."""
    engine = create_engine(place)
    world = blog(orm, engine, cascade)
    return SimpleNamespace(**vars(world), engine=engine, session=orm.Session(engine))


def stored(world: Any, **values: Any) -> Any:
    """Store a user and commit; the object is expired afterwards."""
    user = world.User(**{"name": "Ann", **values})
    world.session.add(user)
    world.session.commit()
    return user


def rows(world: Any, sql: str) -> list[Any]:
    """Return the rows of a text that the session's own transaction sees."""
    return [tuple(row) for row in world.session.connection().exec_driver_sql(sql)]


def problem(call: Callable[[], Any]) -> str:
    """Return the class of the error that a call raises, by name."""
    try:
        call()
    except Exception as error:
        return type(error).__name__
    return FINE


def message(call: Callable[[], Any]) -> str:
    """Return the text of the error that a call raises."""
    try:
        call()
    except Exception as error:
        return str(error)
    return FINE


def warned(call: Callable[[], Any]) -> list[str]:
    """Return the first words of the warnings of SQLAlchemy's kind that a call gives."""
    with warnings.catch_warnings(record=True) as given:
        warnings.simplefilter("always")
        call()
    return [
        " ".join(str(each.message).split()[:4])
        for each in given
        if issubclass(each.category, (SAWarning, DeprecationWarning, RuntimeWarning))
    ]

"""Listeners of a load that have their own object loaded anew: the warning, and how to say no."""

from __future__ import annotations

import warnings
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import SAWarning

from .databases import SQLITE
from .heard import Recorder
from .library import library
from .oracle import Orm
from .runner import Contract

ACTS: dict[str, Any] = {
    "a deferred column": lambda orm, session, it: it.bio,
    "a refresh": lambda orm, session, it: session.refresh(it),
    "a refresh by name": lambda orm, session, it: session.refresh(it, ["name"]),
    "an expired column": lambda orm, session, it: (session.expire(it, ["born"]), it.born),
    "the same row": lambda orm, session, it: session.scalars(
        orm.select(type(it)).where(type(it).id == it.id).execution_options(populate_existing=True)
    ).all(),
    "the same row, nothing new": lambda orm, session, it: session.scalars(
        orm.select(type(it)).where(type(it).id == it.id)
    ).all(),
    "a collection": lambda orm, session, it: it.books,
    "a reference": lambda orm, session, it: it.teacher,
}
EVENTS = ("load", "refresh", "loaded_as_persistent")


def listener(orm: Orm, Author: Any, event: str, act: Any) -> Any:
    """Return a listener to `event` that does `act` with each author, once."""
    done: dict[int, Any] = {}

    def do(author: Any) -> None:
        if isinstance(author, Author) and id(author) not in done:
            done[id(author)] = author
            act(orm, orm.object_session(author), author)

    listeners: dict[str, Any] = {
        "load": lambda target, context: do(target),
        "refresh": lambda target, context, attrs: do(target),
        "loaded_as_persistent": lambda session, instance: do(instance),
    }
    return listeners[event]


def reloaded(
    event: str, act: Any, restore: bool, orm: Orm, heard: Recorder, engine: Engine
) -> object:
    """Load authors while a listener loads them again; tell of warnings and what was loaded."""
    world = library(orm, engine)
    Author, told = world.Author, []
    listens, options = listener(orm, Author, event, act), {"restore_load_context": restore}
    if event != "loaded_as_persistent":
        orm.event.listen(Author, event, listens, **options)
    for load in (None, orm.selectinload, orm.immediateload):
        with orm.Session(engine) as session:
            kept = session.scalars(orm.select(Author)).all() if event == "refresh" else []
            session.expire_all()
            if event == "loaded_as_persistent":
                orm.event.listen(session, event, listens, **options)
            statement = orm.select(Author).order_by(Author.id)
            if load is not None:
                statement = statement.options(load(Author.books))
            with warnings.catch_warnings(record=True) as given:
                warnings.simplefilter("always")
                authors = session.scalars(statement).all()
            ours = [each for each in given if "Loading context" in str(each.message)]
            assert all(each.category is SAWarning for each in ours)
            told.append([bool(ours), len(kept)])
            told.append([[each.name, [book.title for book in each.books]] for each in authors])
    return told


@pytest.mark.parametrize("restore", [False, True])
@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("event", EVENTS)
def test_a_listener_that_loads_its_object_anew_is_warned_of_unless_it_says_so(
    event: str, act: str, restore: bool
) -> None:
    scenario = partial(reloaded, event, ACTS[act], restore)
    Contract(scenario, SQLITE, ("fast",), False).check("fast")

"""Lets the one listener of an event fail, and tells what that leaves behind."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine

from .heard import Recorder, taking
from .occasions import occasion_of
from .oracle import Orm
from .stage import Stage, staged


def refuse(*arguments: Any) -> None:
    """Raise what no mapper raises by itself."""
    raise LookupError("a listener of this test")


def contents(stage: Stage) -> list[Any]:
    """Return what the session says of itself and of its objects."""
    session = stage.session
    parts = (session.new, session.dirty, session.deleted)
    return [
        session.is_active,
        session.in_transaction(),
        *(sorted(type(item).__name__ for item in part) for part in parts),
    ]


def values(stage: Stage) -> list[Any]:
    """Return names and numbers of boats of the ships that were met, as far as they are loaded."""

    def known(ship: Any, key: str) -> Any:
        return None if key in stage.orm.inspect(ship).unloaded else getattr(ship, key)

    ships = [each for each in stage.kept if isinstance(each, stage.world.Ship)]
    return [[known(each, "name"), len(known(each, "boats") or ())] for each in ships]


def refused(label: str, orm: Orm, heard: Recorder, engine: Engine) -> list[Any]:
    """Let a listener of Family.event fail; tell the error, and what is left.

    Then roll back and do the same again without a listener, and store a new ship.
    """
    occasion, arguments = occasion_of(label)
    name = label.partition(".")[2]
    with staged(orm, engine) as stage:
        target = occasion.target(stage)
        occasion.quiet(stage)
        listener = taking(len(arguments), refuse)
        orm.event.listen(target, name, listener, **occasion.options)
        told: list[Any] = [heard.error(lambda: occasion.loud(stage)), *contents(stage)]
        orm.event.remove(target, name, listener)
        if stage.session.is_active:
            told.append(values(stage))
        told += [heard.error(stage.session.rollback), *contents(stage)]
        told.append(heard.error(lambda: occasion.loud(stage)))
        told.append(heard.error(lambda: work_again(stage)))
        return told


def work_again(stage: Stage) -> None:
    """Store a ship, as if nothing had happened."""
    stage.session.rollback()
    stage.session.add(stage.ship(name="Last"))
    stage.session.commit()

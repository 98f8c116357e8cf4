"""A new object with the key of one that is in the session: told of before the database refuses."""

from __future__ import annotations

import warnings

from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError, SAWarning

from .heard import Recorder
from .models import people
from .oracle import Orm
from .runner import contract


@contract("sqlite", "postgresql")
def test_a_second_object_of_one_key_is_warned_of(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = people(orm, engine)
    with orm.Session(engine) as session:
        held = session.get(world.User, 1)
        session.add(world.User(id=1, name="double"))
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                session.flush()
            except IntegrityError:
                session.rollback()
        words = [str(each.message) for each in caught if each.category is SAWarning]
        told = [all(word in text for word in ("User", "conflicts with")) for text in words]
        return told, held.name


@contract("sqlite")
def test_the_key_of_a_deleted_object_is_free(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = people(orm, engine)
    with orm.Session(engine) as session:
        session.delete(session.get(world.User, 3))
        session.add(world.User(id=3, name="heir"))
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            session.commit()
        words = [str(each.message) for each in caught if each.category is SAWarning]
        return [text for text in words if "conflicts" in text], session.get(world.User, 3).name

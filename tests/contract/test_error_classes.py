"""The classes of errors that users name in `except`, each raised by what a user does wrong."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any

from sqlalchemy import Column, Engine, Integer

from .heard import Recorder
from .models import blog, people
from .oracle import Orm
from .runner import contract


def caught(class_: Any, act: Callable[[], object]) -> bool:
    """Tell whether `act` raises what an `except` clause with `class_` catches."""
    try:
        act()
    except class_:
        return True
    except Exception:
        return False
    return False


@contract()
def test_reading_what_is_not_there(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = people(orm, engine)
    with orm.Session(engine) as session:
        users = session.query(world.User)
        none = users.filter_by(name="nobody")
        user = session.get(world.User, 3)
        gone = session.get(world.User, 3)
        told = [
            caught(orm.exc.NoResultFound, none.one),
            caught(orm.exc.MultipleResultsFound, users.one),
            caught(orm.exc.MultipleResultsFound, none.one),
        ]
        session.execute(world.User.__table__.delete().where(world.User.__table__.c.id == 3))
        session.expire(gone)
        told.append(caught(orm.exc.ObjectDeletedError, lambda: gone.name))
        session.expunge(user)
        told.append(caught(orm.exc.DetachedInstanceError, lambda: user.name))
        return told


@contract()
def test_writing_what_cannot_be_written(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = people(orm, engine)
    users = world.User.__table__
    told = []
    with orm.Session(engine) as session:
        user = session.get(world.User, 3)
        session.execute(users.delete().where(users.c.id == 3))
        user.name = "gone"
        told.append(caught(orm.exc.StaleDataError, session.flush))
    with orm.Session(engine) as session:
        user = session.get(world.User, 1)
        session.execute(users.delete().where(users.c.id == 1))
        user.name = "gone"
        told.append(caught(orm.exc.ConcurrentModificationError, session.flush))
    with orm.Session(engine) as session:
        first, second = world.User(name="a"), world.User(name="b")
        session.add(first)
        session.flush()
        orm.make_transient_to_detached(second)
        told.append(caught(orm.exc.FlushError, lambda: session.add(second)))
    return told


@contract()
def test_using_what_is_not_mapped(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = blog(orm, engine)
    with orm.Session(engine) as session:
        foreign = Column(Integer)
        return [
            caught(orm.exc.UnmappedInstanceError, lambda: session.add(object())),
            caught(orm.exc.UnmappedError, lambda: session.add(object())),
            caught(orm.exc.UnmappedClassError, lambda: orm.class_mapper(int)),
            caught(
                orm.exc.UnmappedColumnError,
                lambda: orm.inspect(world.User).get_property_by_column(foreign),
            ),
            caught(orm.exc.NO_STATE, lambda: orm.attributes.instance_state(object())),
        ]


@contract()
def test_declaring_what_has_no_column(orm: Orm, heard: Recorder, engine: Engine) -> object:
    Base = orm.declarative_base()

    def declare(annotation: Any) -> type:
        body = {"__tablename__": "ships", "id": Column(Integer, primary_key=True)}
        return type("Ship", (Base,), {**body, "__annotations__": {"name": annotation}})

    return [
        caught(orm.exc.MappedAnnotationError, lambda: declare(str)),
        caught(orm.exc.MappedAnnotationError, lambda: declare(orm.Mapped[object])),
    ]


@contract()
def test_changing_a_collection_whose_owner_is_gone(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = people(orm, engine)
    addresses = world.User().addresses
    gc.collect()
    return caught(
        orm.exc.ObjectDereferencedError, lambda: addresses.append(world.Address(email="x"))
    )


@contract()
def test_a_loader_that_does_not_exist(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = blog(orm)

    def declare() -> None:
        world.User.friends = orm.relationship(
            world.User, primaryjoin=orm.foreign(world.User.age) == world.User.id, lazy="never"
        )
        orm.configure_mappers()

    told = caught(orm.exc.LoaderStrategyException, declare)
    world.Base.registry.dispose()
    return told

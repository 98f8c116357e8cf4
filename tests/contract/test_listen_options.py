"""The options of `listen`, the order of listeners, and what may be listened to."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Column, Engine, Integer, String

from .heard import Recorder
from .models import blog, people
from .oracle import Orm
from .runner import contract

# The oracle has no such warning; tests/event/test_inheritance.py is about ours.
pytestmark = pytest.mark.filterwarnings("ignore::cormorant.exc.SkippedSubclassWarning")


def saying(heard: Recorder, text: str) -> Any:
    """Return a listener of three arguments that writes `text` and the last argument."""

    def listener(mapper: object, connection: object, target: object) -> None:
        heard.note(text, target)

    return listener


def store(orm: Orm, engine: Engine, *objects: object) -> None:
    """Commit `objects` in a session of their own."""
    with orm.Session(engine) as session:
        session.add_all(objects)
        session.commit()


def ships(orm: Orm, engine: Engine, listen: Any = lambda Ship: None) -> tuple[Any, Any]:
    """Declare Ship and Steamer in one table; call `listen(Ship)` before Steamer exists."""
    Base = orm.declarative_base()

    class Ship(Base):
        __tablename__ = "ships"
        id = Column(Integer, primary_key=True)
        name = Column(String(50))
        kind = Column(String(50))
        __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "ship"}

    listen(Ship)

    class Steamer(Ship):
        __mapper_args__ = {"polymorphic_identity": "steamer"}

    Base.metadata.create_all(engine)
    return Ship, Steamer


@contract(in_order=True)
def test_without_propagate_subclasses_stay_silent(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    Ship, Steamer = ships(orm, engine)
    orm.event.listen(Ship, "before_insert", saying(heard, "own"))
    orm.event.listen(Ship, "before_insert", saying(heard, "family"), propagate=True)
    store(orm, engine, Ship(name="Argo"), Steamer(name="Nautilus"))
    return heard.names


@contract(in_order=True)
def test_propagate_reaches_subclasses_declared_later(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    def listen(Ship: type) -> None:
        orm.event.listen(Ship, "before_insert", saying(heard, "family"), propagate=True)
        orm.event.listen(Ship, "before_insert", saying(heard, "own"))

    Ship, Steamer = ships(orm, engine, listen)
    store(orm, engine, Ship(name="Argo"), Steamer(name="Nautilus"))
    return heard.names


@contract(in_order=True)
def test_an_unmapped_mixin_with_propagate_reaches_its_classes(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    Base = orm.declarative_base()

    class Stamped:
        pass

    orm.event.listen(Stamped, "before_insert", saying(heard, "mixin"), propagate=True)

    def started(target: object, args: object, kwargs: object) -> None:
        heard.note("init", target, args, kwargs)

    orm.event.listen(Stamped, "init", started, propagate=True)

    class Note(Stamped, Base):
        __tablename__ = "notes"
        id = Column(Integer, primary_key=True)

    class Plain(Base):
        __tablename__ = "plains"
        id = Column(Integer, primary_key=True)

    Base.metadata.create_all(engine)
    store(orm, engine, Note(id=1), Plain(id=1))
    return heard.names


@contract(in_order=True)
def test_the_declarative_base_with_propagate_reaches_every_class(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = blog(orm, engine)
    orm.event.listen(world.Base, "before_insert", saying(heard, "base"), propagate=True)

    class Later(world.Base):
        __tablename__ = "laters"
        id = Column(Integer, primary_key=True)

    world.Base.metadata.create_all(engine)
    store(orm, engine, world.User(name="Ann", addresses=[world.Address(email="1")]), Later())
    return sorted(heard.names)


@contract(in_order=True)
def test_class_wide_listeners_come_first_then_the_class_in_order_of_registration(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = blog(orm, engine)
    wide = saying(heard, "every mapper")
    orm.event.listen(world.User, "before_insert", saying(heard, "first"))
    orm.event.listen(world.User, "before_insert", saying(heard, "second"))
    orm.event.listen(orm.Mapper, "before_insert", wide)
    orm.event.listen(world.User, "before_insert", saying(heard, "inserted"), insert=True)
    orm.event.listen(orm.inspect(world.User), "before_insert", saying(heard, "mapper object"))
    try:
        store(orm, engine, world.User(name="Ann"))
    finally:
        orm.event.remove(orm.Mapper, "before_insert", wide)
    return heard.names


@contract(in_order=True)
def test_inherited_and_own_listeners_keep_the_order_of_registration(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    def listen(Ship: type) -> None:
        orm.event.listen(Ship, "before_insert", saying(heard, "1 inherited"), propagate=True)

    Ship, Steamer = ships(orm, engine, listen)
    orm.event.listen(Steamer, "before_insert", saying(heard, "2 own"))
    orm.event.listen(Ship, "before_insert", saying(heard, "3 inherited"), propagate=True)
    orm.event.listen(Steamer, "before_insert", saying(heard, "4 own"))
    store(orm, engine, Steamer(name="Nautilus"))
    return heard.names


@contract(in_order=True)
def test_listeners_of_one_session_fire_after_those_of_classes_and_makers(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    class MySession(orm.Session):
        pass

    maker = orm.sessionmaker(engine, class_=MySession)

    def committing(text: str) -> Any:
        return lambda session: heard.note(text, session)

    session = maker()
    orm.event.listen(session, "before_commit", committing("one session"))
    orm.event.listen(maker, "before_commit", committing("sessionmaker"))
    orm.event.listen(MySession, "before_commit", committing("subclass"))
    wide = committing("every session")
    orm.event.listen(orm.Session, "before_commit", wide)
    try:
        session.commit()
        heard.mark("another session of the class")
        MySession(engine).commit()
        heard.mark("a plain session")
        orm.Session(engine).commit()
    finally:
        orm.event.remove(orm.Session, "before_commit", wide)
    return heard.names


@contract(in_order=True)
def test_a_scoped_session_passes_listeners_on_to_its_sessions(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    Scoped = orm.scoped_session(orm.sessionmaker(engine))
    orm.event.listen(Scoped, "before_commit", lambda session: heard.note("scoped"))
    Scoped().commit()
    Scoped.remove()
    Scoped().commit()
    Scoped.remove()
    return heard.names


@contract(in_order=True)
def test_named_listeners_receive_arguments_by_name(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = blog(orm, engine)

    def all_names(**arguments: object) -> None:
        heard.note("all", sorted(arguments))

    def chosen(target: object, **others: object) -> None:
        heard.note("chosen", target, sorted(others))

    for listener in (all_names, chosen):
        orm.event.listen(world.User, "before_insert", listener, named=True)
        orm.event.listen(world.User.name, "set", listener, named=True)
        orm.event.listen(world.User, "init", listener, named=True)
    store(orm, engine, world.User(name="Ann"))
    return heard.names


@contract(in_order=True)
def test_a_once_listener_fires_once(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = blog(orm, engine)
    listener = saying(heard, "once")
    orm.event.listen(world.User, "before_insert", listener, once=True)
    orm.event.listen(world.User, "before_insert", saying(heard, "always"))
    store(orm, engine, world.User(name="Ann"), world.User(name="Bob"))
    return heard.names


@contract(in_order=True)
def test_listening_twice_fires_once(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = blog(orm, engine)
    listener = saying(heard, "twice")
    orm.event.listen(world.User, "before_insert", listener)
    orm.event.listen(world.User, "before_insert", listener)
    store(orm, engine, world.User(name="Ann"))
    return heard.names


@contract(in_order=True)
def test_remove_and_contains(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = blog(orm, engine)
    listener, other = saying(heard, "listener"), saying(heard, "other")
    told = [orm.event.contains(world.User, "before_insert", listener)]
    orm.event.listen(world.User, "before_insert", listener)
    orm.event.listen(world.User, "before_insert", other)
    told.append(orm.event.contains(world.User, "before_insert", listener))
    told.append(orm.event.contains(world.User, "after_insert", listener))
    store(orm, engine, world.User(name="Ann"))
    orm.event.remove(world.User, "before_insert", listener)
    told.append(orm.event.contains(world.User, "before_insert", listener))
    store(orm, engine, world.User(name="Bob"))
    missing = heard.error(lambda: orm.event.remove(world.User, "before_insert", listener))
    return [told, missing]


@contract(in_order=True)
def test_a_propagated_listener_is_removed_from_subclasses_too(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    Ship, Steamer = ships(orm, engine)
    listener = saying(heard, "family")
    orm.event.listen(Ship, "before_insert", listener, propagate=True)
    store(orm, engine, Steamer(name="Nautilus"))
    orm.event.remove(Ship, "before_insert", listener)
    store(orm, engine, Steamer(name="Fram"), Ship(name="Argo"))
    return heard.names


@contract(in_order=True)
def test_listens_for_returns_the_function(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = blog(orm, engine)

    @orm.event.listens_for(world.User, "before_insert")
    @orm.event.listens_for(world.User, "before_update")
    def stamp(mapper: object, connection: object, target: Any) -> None:
        heard.note("stamp", mapper, connection, target)
        target.age = (target.age or 0) + 1

    with orm.Session(engine) as session:
        user = world.User(name="Ann", age=1)
        session.add(user)
        session.commit()
        user.name = "Bea"
        session.commit()
        return [stamp.__name__, user.age]


@contract(in_order=True)
def test_raw_gives_states_to_flush_and_instance_listeners(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = blog(orm, engine)
    heard.classes(world.User, attributes=False, raw=True)
    with orm.Session(engine) as session:
        user = world.User(name="Ann")
        session.add(user)
        session.commit()
        # The oracle reads an expired key before the UPDATE; the subject knows it.
        user.id
        user.name = "Bea"
        session.flush()
        session.refresh(user)
        session.delete(user)
        session.commit()
    return heard.names


@contract(in_order=True)
def test_raw_session_events_receive_states(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = blog(orm, engine)
    with orm.Session(engine) as session:

        def attached(session: object, instance: object) -> None:
            heard.note("attached", session, instance)

        orm.event.listen(session, "after_attach", attached, raw=True)
        orm.event.listen(session, "pending_to_persistent", attached, raw=True)
        session.add(world.User(name="Ann"))
        session.flush()
    return heard.names


@contract(in_order=True)
def test_mapper_listeners_with_retval_may_answer(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = blog(orm, engine)

    def answering(text: str, answer: object) -> Any:
        def listener(mapper: object, connection: object, target: object) -> object:
            heard.note(text, target)
            return answer

        return listener

    interfaces = orm.interfaces
    for text, answer in (("goes on", interfaces.EXT_CONTINUE), ("stops", interfaces.EXT_STOP)):
        orm.event.listen(world.User, "before_insert", answering(text, answer), retval=True)
    orm.event.listen(world.User, "before_insert", answering("after the stop", None))
    store(orm, engine, world.User(name="Ann"))
    return heard.names


@contract(in_order=True)
def test_restore_load_context_allows_a_lazy_load_inside_load(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = people(orm, engine)

    def loaded(target: Any, context: object) -> None:
        heard.note("loaded", target, len(target.addresses))

    orm.event.listen(world.User, "load", loaded, restore_load_context=True)
    with orm.Session(engine) as session:
        users = session.scalars(orm.select(world.User).order_by(world.User.id)).all()
        return [[user.name for user in users], heard.names]


@contract(in_order=True)
def test_listeners_of_a_mapped_class_may_be_methods_and_objects(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = blog(orm, engine)

    class Audit:
        def before(self, mapper: object, connection: object, target: object) -> None:
            heard.note("method", target)

        def __call__(self, mapper: object, connection: object, target: object) -> None:
            heard.note("object", target)

    audit = Audit()
    orm.event.listen(world.User, "before_insert", audit.before)
    orm.event.listen(world.User, "before_insert", audit)
    store(orm, engine, world.User(name="Ann"))
    orm.event.remove(world.User, "before_insert", audit.before)
    store(orm, engine, world.User(name="Bob"))
    return heard.names


@contract()
def test_what_cannot_be_listened_to_is_refused(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = blog(orm, engine)

    def listener(*arguments: object) -> None:
        heard.mark("never")

    attempts = {
        "unknown event": (world.User, "before_everything"),
        "session event of a class": (world.User, "before_commit"),
        "unknown session event": (orm.Session, "before_inserts"),
        "unknown attribute event": (world.User.name, "sets"),
    }
    return {
        text: heard.error(lambda attempt=attempt: orm.event.listen(*attempt, listener))
        for text, attempt in attempts.items()
    }

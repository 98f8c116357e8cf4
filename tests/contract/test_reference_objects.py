"""What the event reference says of instance events, its listings included."""

from __future__ import annotations

import pickle
import sys
from typing import Any

from sqlalchemy import Column, Engine, Integer, String, text

from . import catalog
from .databases import EVERY
from .heard import Recorder
from .lives import harbour
from .models import blog, jobs, people
from .oracle import ROADS, Orm
from .runner import contract


@contract(in_order=True)
def test_arguments_of_init_are_a_tuple_and_a_dict_that_may_be_changed(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    Base = orm.declarative_base()

    class User(Base):
        __tablename__ = "users"
        id = Column(Integer, primary_key=True)
        name = Column(String)

        def __init__(self, *words: str, **names: str) -> None:
            heard.note("constructor", words, names)

    def started(target: Any, args: Any, kwargs: Any) -> None:
        heard.note("init", target, type(args), args, kwargs)
        kwargs.pop("drop")
        kwargs["more"] = "m"

    orm.event.listen(User, "init", started)
    User("a", "b", drop="d")
    return heard.names


@contract(in_order=True)
def test_init_failure_finds_the_error_under_way_and_it_goes_on(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    Base = orm.declarative_base()

    class User(Base):
        __tablename__ = "users"
        id = Column(Integer, primary_key=True)

        def __init__(self, *words: str, **names: str) -> None:
            raise LookupError("no such user")

    def failed(target: object, args: Any, kwargs: Any) -> None:
        kind, error, traceback = sys.exc_info()
        heard.note("failed", target, args, kwargs, kind, error, traceback is not None)

    orm.event.listen(User, "init_failure", failed)
    return heard.error(lambda: User("Ann", age="3"))


@contract(in_order=True)
def test_a_load_comes_once_in_the_life_of_an_object(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = people(orm, engine)
    heard.listen(world.User, {"load": ("target", "context")})
    with orm.Session(engine) as session:
        user = session.get(world.User, 1)
        session.refresh(user)
        session.commit()
        user.name
        session.expunge(user)
        session.add(user)
        session.query(world.User).populate_existing().filter_by(id=1).one()
        heard.mark("another object of the same row")
        session.expunge_all()
        return [session.get(world.User, 1) is user, heard.names]


@contract(in_order=True, roads=ROADS)
def test_the_context_of_a_load_knows_its_session_and_what_was_asked(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = people(orm, engine)
    sessions: list[Any] = []

    def told(name: str) -> Any:
        def tell(target: Any, context: Any, *names: Any) -> None:
            mine = context.execution_options.get("mine")
            heard.note(name, target.id, context.session is sessions[-1], mine)
            heard.note("isinstance", isinstance(context, orm.QueryContext))
            heard.note("options", context.load_options is not None)

        return tell

    orm.event.listen(world.User, "load", told("load"))
    orm.event.listen(world.User, "refresh", told("refresh"))
    with orm.Session(engine) as session:
        sessions.append(session)
        kept = [session.get(world.User, 1, execution_options={"mine": "get"})]
        statement = orm.select(world.User).where(world.User.id == 2)
        kept += session.scalars(statement, execution_options={"mine": "execute"}).all()
        session.refresh(kept[0])
        session.expire(kept[0], ["name"])
        return [user.name for user in kept]


@contract(in_order=True, roads=ROADS)
def test_the_context_of_a_load_has_the_parameters_of_its_statement(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = people(orm, engine)

    def loaded(target: Any, context: Any) -> None:
        heard.note("params", target.name, context.params.get("who"))

    orm.event.listen(world.User, "load", loaded)
    with orm.Session(engine) as session:
        named = orm.select(world.User).where(world.User.name == text(":who"))
        return [user.name for user in session.scalars(named, {"who": "Bob"})]


@contract(in_order=True)
def test_a_merge_without_load_has_no_context(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = people(orm, engine)
    with orm.Session(engine) as session:
        user = session.get(world.User, 1)

    def loaded(target: object, context: object) -> None:
        heard.note("load", target, context is None)

    orm.event.listen(world.User, "load", loaded)
    with orm.Session(engine) as session:
        heard.mark("without load")
        session.merge(user, load=False)
    with orm.Session(engine) as session:
        heard.mark("with load")
        return session.merge(user).name


@contract(*EVERY, in_order=True)
def test_refresh_flush_leaves_primary_keys_out(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    Job = jobs(orm, engine, eager_defaults=True)
    heard.listen(Job, catalog.INSTANCE)
    heard.listen(Job, catalog.MAPPER_FLUSH)
    with orm.Session(engine) as session:

        def context(target: Any, flush_context: Any, attrs: Any) -> None:
            heard.note("session", flush_context.session is session, target.id is not None)

        orm.event.listen(Job, "refresh_flush", context)
        job = Job(name="sweep")
        session.add(job)
        session.flush()
        told = [job.id, job.tries, job.state]
        job.name = "mop"
        session.flush()
        told.append(job.stamp)
        job.name, job.stamp = "rinse", 9
        heard.mark("nothing to compute")
        session.flush()
        return told


@contract(in_order=True)
def test_the_flush_context_knows_session_and_transaction(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = blog(orm, engine)
    with orm.Session(engine) as session:
        heard.session(session, only=["after_transaction_create"])

        def told(name: str) -> Any:
            def tell(given: object, flush_context: Any, *instances: Any) -> None:
                transaction = getattr(flush_context, "transaction", None)
                inside = transaction is None or transaction is session.get_transaction()
                heard.note(name, flush_context.session is session, inside)

            return tell

        orm.event.listen(session, "before_flush", lambda s, c, i: told("before")(s, c))
        orm.event.listen(session, "after_flush", told("after"))
        orm.event.listen(session, "after_flush_postexec", told("postexec"))
        session.add(world.User(name="Ann"))
        session.commit()
    return heard.names


@contract(in_order=True)
def test_expire_tells_which_attributes_or_all(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = people(orm, engine)

    def expired(target: object, attrs: Any) -> None:
        heard.note("expire", target, None if attrs is None else sorted(attrs))

    orm.event.listen(world.User, "expire", expired)
    with orm.Session(engine) as session:
        user = session.get(world.User, 1)
        user.name = "Bea"
        session.expire(user, ["name"])
        heard.mark(user.name)
        session.expire(user)
        session.refresh(user)
        session.refresh(user, ["age"])
        return sorted(orm.inspect(user).unloaded)


@contract(in_order=True)
def test_a_pickled_state_travels_as_a_dict_that_both_listeners_see(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = harbour(orm)
    world.Base.metadata.create_all(engine)

    def packed(target: Any, state_dict: Any) -> None:
        heard.note("pickle", type(target), isinstance(state_dict, dict))
        state_dict["label"] = target.name

    def unpacked(target: Any, state_dict: Any) -> None:
        heard.note("unpickle", type(target), isinstance(state_dict, dict), state_dict["label"])

    orm.event.listen(world.Ship, "pickle", packed, propagate=True)
    orm.event.listen(world.Ship, "unpickle", unpacked, propagate=True)
    with orm.Session(engine) as session:
        ship = world.Steamer(name="Argo", crew=3)
        session.add(ship)
        session.commit()
        session.refresh(ship)
        states = []
        for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
            copy = pickle.loads(pickle.dumps(ship, protocol))
            states.append([copy.name, orm.inspect(copy).detached, orm.inspect(copy).identity])
        return states


@contract(in_order=True)
def test_listeners_of_all_mappers_hear_objects_of_every_class(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = people(orm, engine)
    names = ("init", "load", "refresh", "expire")
    heard.listen(orm.Mapper, {name: catalog.INSTANCE[name] for name in names})
    with orm.Session(engine) as session:
        user, address = session.get(world.User, 1), session.get(world.Address, 1)
        session.refresh(user, ["name"])
        session.expire(address)
        world.User(name="Dan")
        world.Address(email="dan")
    heard.stop()
    return heard.names

"""Instance events: construction, loading, refreshing, expiry and pickling of objects."""

from __future__ import annotations

import pickle
from typing import Any

from sqlalchemy import Column, Engine, Integer, String

from . import catalog
from .databases import EVERY
from .heard import Recorder
from .models import blog, jobs, people
from .oracle import ROADS, Orm
from .runner import contract


@contract(in_order=True)
def test_init_comes_before_the_constructor_and_may_change_its_keywords(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    Base = orm.declarative_base()

    class User(Base):
        __tablename__ = "users"
        id = Column(Integer, primary_key=True)
        name = Column(String)

        def __init__(self, *names: str, **keywords: Any) -> None:
            heard.note("constructor", names, keywords)
            super().__init__(**keywords)

    def started(target: object, args: tuple[str, ...], kwargs: dict[str, Any]) -> None:
        heard.note("init", target, args, kwargs)
        kwargs["name"] = "given by the listener"

    orm.event.listen(User, "init", started)
    return User("Ann", id=3).name


@contract(in_order=True)
def test_init_failure_tells_of_a_constructor_that_raises(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    User = blog(orm).User
    heard.listen(User, catalog.INSTANCE)
    return heard.error(lambda: User(nickname="Ann"))


@contract(*EVERY, roads=ROADS)
def test_load_comes_once_per_object_and_refresh_for_known_ones(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = people(orm, engine)
    heard.classes(world.User, world.Address)
    with orm.Session(engine) as session:
        heard.session(session, only=["loaded_as_persistent", "do_orm_execute"])
        statement = orm.select(world.User).order_by(world.User.id)
        heard.mark("load")
        users = session.scalars(statement).all()
        heard.mark("the same again")
        session.scalars(statement).all()
        heard.mark("populate existing")
        session.scalars(statement.execution_options(populate_existing=True)).all()
        heard.mark("expired")
        session.expire(users[0])
        session.expire(users[1], ["name"])
        session.scalars(statement).all()
        heard.mark("by attribute")
        session.expire_all()
        return [(user.name, user.age) for user in users]


@contract(*EVERY)
def test_refresh_names_the_attributes_it_loads(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = people(orm, engine)
    heard.classes(world.User, attributes=False)
    with orm.Session(engine) as session:
        user = session.get(world.User, 1)
        heard.mark("all")
        session.refresh(user)
        heard.mark("some")
        session.refresh(user, ["name", "age"])
        heard.mark("expire some, read one")
        session.expire(user, ["name", "age"])
        return user.name


@contract(in_order=True)
def test_expire_names_the_attributes(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = people(orm, engine)
    heard.listen(world.User, catalog.INSTANCE)
    with orm.Session(engine) as session:
        user = session.get(world.User, 1)
        session.expire(user, ["age", "name"])
        session.expire(user)
        session.expire_all()
        user.name
        session.commit()
        return [key for key in ("id", "name", "age") if key in vars(user)]


@contract(*EVERY, in_order=True)
def test_refresh_flush_names_the_defaults_a_flush_fetched(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    Job = jobs(orm, engine)
    heard.classes(Job, attributes=False)
    with orm.Session(engine) as session:
        job = Job(name="sweep")
        session.add(job)
        session.flush()
        values = [job.tries, job.changes]
        job.name = "mop"
        session.flush()
        return [*values, job.changes, job.state]


@contract(in_order=True)
def test_reconstructor_runs_on_load_only(orm: Orm, heard: Recorder, engine: Engine) -> object:
    Base = orm.declarative_base()

    class User(Base):
        __tablename__ = "users"
        id = Column(Integer, primary_key=True)
        name = Column(String(20))

        @orm.reconstructor
        def started(self) -> None:
            heard.note("reconstructed", self.name)

    Base.metadata.create_all(engine)
    with orm.Session(engine) as session:
        session.add(User(name="Ann"))
        session.commit()
        session.expunge_all()
        return session.get(User, 1).name


@contract(in_order=True)
def test_pickle_and_unpickle_are_told_and_keep_what_was_loaded(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    Base = orm.declarative_base()
    User = type(
        "PickledUser",
        (Base,),
        {
            "__tablename__": "users",
            "__module__": __name__,
            "id": Column(Integer, primary_key=True),
            "name": Column(String(20)),
            "age": Column(Integer),
        },
    )
    # Pickle finds a class by its module and name.
    globals()["PickledUser"] = User
    Base.metadata.create_all(engine)
    heard.listen(User, {name: catalog.INSTANCE[name] for name in ("pickle", "unpickle", "load")})
    with orm.Session(engine) as session:
        user = User(name="Ann", age=3)
        session.add(user)
        session.commit()
        session.refresh(user)
        session.expire(user, ["age"])
        copy = pickle.loads(pickle.dumps(user))
        told = [orm.inspect(copy).detached, sorted(orm.inspect(copy).unloaded), copy.name]
        session.expunge(user)
        session.add(copy)
        return [*told, copy.age, orm.inspect(copy).persistent]


@contract(in_order=True)
def test_listeners_may_set_attributes_while_an_object_loads(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = people(orm, engine)

    def loaded(target: Any, context: object) -> None:
        target.greeting = f"hello {target.name}"

    orm.event.listen(world.User, "load", loaded)
    with orm.Session(engine) as session:
        user = session.get(world.User, 1)
        return [user.greeting, session.is_modified(user), user in session.dirty]


@contract(in_order=True)
def test_init_failure_comes_after_init_and_hides_no_error(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    Base = orm.declarative_base()

    class User(Base):
        __tablename__ = "users"
        id = Column(Integer, primary_key=True)

        def __init__(self, text: str) -> None:
            heard.note("constructor", text)
            raise LookupError(text)

    heard.listen(Base, catalog.INSTANCE, propagate=True)
    return [heard.error(lambda: User("bad")), heard.error(lambda: User(text="worse"))]


@contract(in_order=True)
def test_pickle_of_new_objects_with_children(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = blog(orm)
    for class_ in (world.User, world.Address):
        class_.__module__, class_.__qualname__ = __name__, f"Pickled{class_.__name__}"
        globals()[class_.__qualname__] = class_

    def pickled(target: object, state_dict: dict[str, Any]) -> None:
        heard.note("pickle", type(target))
        state_dict["told"] = "yes"

    def unpickled(target: object, state_dict: dict[str, Any]) -> None:
        heard.note("unpickle", type(target), state_dict["told"])

    orm.event.listen(world.Base, "pickle", pickled, propagate=True)
    orm.event.listen(world.Base, "unpickle", unpickled, propagate=True)
    user = world.User(name="Ann", addresses=[world.Address(email="1")])
    copy = pickle.loads(pickle.dumps(user))
    # The subject tells of an object when it is complete, and so of its children first.
    heard.log.sort(key=str)
    return [copy.name, copy.addresses[0].email, copy.addresses[0].user is copy]


@contract()
def test_refresh_flush_names_the_version_of_a_row(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    Base: Any = orm.declarative_base()

    class Counted(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "counted"
        id = Column(Integer, primary_key=True)
        name = Column(String(20))
        version = Column(Integer, nullable=False)
        __mapper_args__ = {"version_id_col": version}

    class Stamped(Base):  # type: ignore[misc] # as above
        __tablename__ = "stamped"
        id = Column(Integer, primary_key=True)
        name = Column(String(20), default="none")
        stamp = Column(Integer, onupdate=7)
        version = Column(Integer, nullable=False)
        __mapper_args__ = {"version_id_col": version}

    Base.metadata.create_all(engine)

    def note(target: Any, _context: Any, names: Any) -> None:
        heard.note("brought", target, sorted(names), target.version)

    with orm.Session(engine) as session:
        for class_ in (Counted, Stamped):
            orm.event.listen(class_, "refresh_flush", note)
            made = class_()
            session.add(made)
            session.flush()
            made.name = "first"
            session.flush()
            made.name = "second"
            session.commit()
            heard.note("version", made.version)
        return None

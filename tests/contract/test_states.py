"""The five states of an object, every move between them, and what a session contains."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine

from .databases import EVERY
from .heard import Recorder
from .models import blog, people
from .oracle import Orm
from .runner import contract

FLAGS = ("transient", "pending", "persistent", "deleted", "detached")


def flag(orm: Orm, target: object) -> list[str]:
    """Return the names of the states that `target` says it is in."""
    return [name for name in FLAGS if getattr(orm.inspect(target), name)]


def contents(session: Any) -> list[Any]:
    """Return what a session holds: new, dirty, deleted, loaded."""
    held = (session.new, session.dirty, session.deleted, session.identity_map.values())
    return [set_of(part) for part in held]


def set_of(objects: Any) -> list[str]:
    """Return the objects as sorted names."""
    return sorted(f"{type(item).__name__} {vars(item).get('name')}" for item in objects)


@contract(*EVERY, in_order=True)
def test_from_transient_to_detached_through_commit_and_delete(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = blog(orm, engine)
    session = orm.Session(engine, expire_on_commit=False)
    heard.session(session)
    user = world.User(name="Ann")
    told = [flag(orm, user)]

    def step(name: str, act: Any) -> None:
        heard.mark(name)
        act()
        told.append([name, flag(orm, user), user in session, contents(session)])

    step("add", lambda: session.add(user))
    step("flush", session.flush)
    step("commit", session.commit)
    step("change", lambda: setattr(user, "name", "Bea"))
    step("flush the change", session.flush)
    step("delete", lambda: session.delete(user))
    step("flush the delete", session.flush)
    session.expire_on_commit = True
    step("commit the delete", session.commit)
    step("close", session.close)
    return told


@contract(*EVERY, in_order=True)
def test_rollback_moves_each_object_back(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = people(orm, engine)
    session = orm.Session(engine)
    heard.session(session)
    told = []
    heard.mark("pending")
    pending = world.User(name="Dan")
    session.add(pending)
    session.rollback()
    told.append(flag(orm, pending))
    heard.mark("flushed")
    flushed = world.User(name="Eve")
    session.add(flushed)
    session.flush()
    session.rollback()
    told.append([flag(orm, flushed), flushed.name, flushed.id is None])
    heard.mark("deleted")
    gone = session.get(world.Address, 1)
    session.delete(gone)
    session.flush()
    told.append(flag(orm, gone))
    session.rollback()
    told.append([flag(orm, gone), gone.email])
    heard.mark("added and deleted")
    brief = world.User(name="Fay")
    session.add(brief)
    session.flush()
    session.delete(brief)
    session.flush()
    session.rollback()
    told.append(flag(orm, brief))
    return told


@contract(in_order=True)
def test_expunge_of_pending_and_persistent(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = people(orm, engine)
    session = orm.Session(engine)
    heard.session(session)
    pending, persistent = world.User(name="Dan"), session.get(world.User, 1)
    session.add(pending)
    session.expunge(pending)
    session.expunge(persistent)
    told = [flag(orm, pending), flag(orm, persistent)]
    heard.mark("not in the session")
    told.append(heard.error(lambda: session.expunge(pending)))
    heard.mark("back")
    session.add(persistent)
    told.append(flag(orm, persistent))
    persistent.name = "Bea"
    session.commit()
    return told


@contract()
def test_expunge_all_and_close_detach_everything(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = people(orm, engine)
    session = orm.Session(engine)
    heard.session(session)
    users = session.scalars(orm.select(world.User)).all()
    session.add(world.User(name="Dan"))
    heard.mark("expunge all")
    session.expunge_all()
    told = [contents(session), [flag(orm, user) for user in users]]
    heard.mark("load and close")
    users = session.scalars(orm.select(world.User)).all()
    session.close()
    return [*told, contents(session), [flag(orm, user) for user in users]]


@contract(in_order=True)
def test_a_detached_object_comes_back_with_add(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = people(orm, engine)
    first = orm.Session(engine)
    user = first.get(world.User, 1)
    first.close()
    user.name = "Bea"
    told = [flag(orm, user), user.name, user.age]
    with orm.Session(engine) as session:
        heard.session(session)
        heard.classes(world.User, attributes=False)
        session.add(user)
        told.append([flag(orm, user), user in session.dirty])
        session.commit()
        told.append(user.name)
    return told


@contract(in_order=True)
def test_delete_of_what_is_not_persistent(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = people(orm, engine)
    with orm.Session(engine) as session:
        heard.session(session)
        user = session.get(world.User, 3)
        session.expunge(user)
        pending = world.User(name="Dan")
        session.add(pending)
        errors = [
            heard.error(lambda: session.delete(world.User(name="Eve"))),
            heard.error(lambda: session.delete(pending)),
        ]
        heard.mark("detached")
        session.delete(user)
        told = [flag(orm, user), contents(session)]
        session.commit()
        return [errors, told, flag(orm, user)]


@contract(in_order=True)
def test_make_transient_and_make_transient_to_detached(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = people(orm, engine)
    with orm.Session(engine) as session:
        heard.session(session)
        user = session.get(world.User, 3)
        orm.make_transient(user)
        told = [flag(orm, user), user.name]
        user.id = None
        session.add(user)
        session.commit()
        told.append(user.id)
        stub = world.User(id=1)
        orm.make_transient_to_detached(stub)
        told.append(flag(orm, stub))
        heard.mark("add the stub")
        session.add(stub)
        return [*told, flag(orm, stub), stub.name]


@contract(in_order=True)
def test_was_deleted_and_object_session(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = people(orm, engine)
    with orm.Session(engine) as session:
        user = session.get(world.User, 3)
        told = [orm.object_session(user) is session, orm.was_deleted(user)]
        session.delete(user)
        session.flush()
        told += [orm.was_deleted(user), orm.object_session(user) is session]
        session.commit()
        return [*told, orm.was_deleted(user), orm.object_session(user)]


@contract()
def test_a_session_is_a_container(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = people(orm, engine)
    with orm.Session(engine) as session:
        user, pending = session.get(world.User, 1), world.User(name="Dan")
        told = [user in session, pending in session]
        session.add(pending)
        key = orm.util.identity_key(world.User, 1)
        return [
            *told,
            pending in session,
            set_of(session),
            session.identity_map[key] is user,
            orm.inspect(user).identity,
            orm.inspect(user).identity_key == key,
            orm.inspect(pending).identity,
            heard.error(lambda: object() in session),
        ]


@contract(*EVERY)
def test_savepoint_rollback_moves_only_its_own_objects(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = people(orm, engine)
    with orm.Session(engine) as session:
        heard.session(session)
        kept, ann = world.User(name="Dan"), session.get(world.User, 1)
        ann.age = 31
        session.add(kept)
        savepoint = session.begin_nested()
        dropped = world.User(name="Eve")
        session.add(dropped)
        ann.name = "Bea"
        session.delete(session.get(world.Address, 3))
        session.flush()
        savepoint.rollback()
        told = [flag(orm, kept), flag(orm, dropped), ann.name, ann.age]
        session.commit()
        return told


@contract(*EVERY)
def test_deleted_objects_are_not_expired(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = people(orm, engine)
    heard.classes(world.User)
    with orm.Session(engine) as session:
        heard.session(session)
        user = session.get(world.User, 3)
        session.delete(user)
        session.flush()
        told = [heard.error(lambda: session.expire(user))]
        told.append(heard.error(lambda: session.expire(user, ["name"])))
        session.expire_all()
        told.append(user.name)
        session.rollback()
        return [*told, user.name]


@contract(*EVERY)
def test_an_expunged_object_follows_the_rollback_of_its_row(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = people(orm, engine)
    with orm.Session(engine) as session:
        heard.session(session)
        new, old = world.User(name="Dan"), session.get(world.User, 3)
        session.add(new)
        session.delete(old)
        session.flush()
        heard.mark("expunge")
        session.expunge(new)
        session.expunge(old)
        heard.mark("rollback")
        session.rollback()
        flags = [(orm.inspect(each).transient, orm.inspect(each).detached) for each in (new, old)]
        return [flags, new in session, old in session]


@contract(*EVERY)
def test_a_change_of_a_deleted_object_goes_with_its_savepoint(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = people(orm, engine)
    heard.classes(world.User)
    with orm.Session(engine) as session:
        heard.session(session)
        user = session.get(world.User, 3)
        savepoint = session.begin_nested()
        session.delete(user)
        session.flush()
        user.name = "lost"
        savepoint.rollback()
        return [user.name, user in session.dirty]


@contract(*EVERY)
def test_who_was_deleted_with_changes_expires_once_where_a_savepoint_failed(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = people(orm, engine)
    heard.listen(world.User, {"expire": ("target", "attrs")})
    with orm.Session(engine) as session:
        written = world.User(name="Eve")
        session.add(written)
        session.commit()
        changed, kept = session.get(world.User, 3), session.get(world.User, 2)
        savepoint = session.begin_nested()
        written.name = "written"
        session.flush()
        changed.name = "lost"
        session.delete(changed)
        session.delete(written)
        session.flush()
        kept.name = None
        told = [heard.error(session.flush)]
        session.add(world.User(name="Dan"))
        heard.mark("end")
        with heard.warned():
            savepoint.rollback()
        return [*told, changed.name, written.name]

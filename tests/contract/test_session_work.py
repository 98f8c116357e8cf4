"""What a session does with its objects: expire, refresh, merge, changes and expressions."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, func

from .databases import EVERY
from .heard import Recorder
from .models import blog, people
from .oracle import Orm
from .runner import contract


@contract(*EVERY)
def test_expired_attributes_are_read_again(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = people(orm, engine)
    with orm.Session(engine) as session:
        user = session.get(world.User, 1)
        users = world.User.__table__
        session.connection().execute(users.update().values(name="Zoe", age=1))
        told = [user.name, user.age]
        session.expire(user, ["name"])
        told += [user.name, user.age]
        session.expire(user)
        told += [user.name, user.age]
        user.name = "lost"
        session.expire(user)
        session.commit()
        return [*told, user.name, sorted(orm.inspect(user).unloaded)]


@contract(*EVERY)
def test_refresh_reads_and_drops_changes(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = people(orm, engine)
    heard.classes(world.User)
    with orm.Session(engine, autoflush=False) as session:
        user = session.get(world.User, 1)
        user.name, user.age = "Bea", 1
        session.refresh(user, ["age"])
        told = [user.name, user.age, session.is_modified(user)]
        session.refresh(user)
        told += [user.name, session.is_modified(user)]
        session.refresh(user, with_for_update=True)
        pending = world.User(name="Dan")
        session.add(pending)
        told.append(heard.error(lambda: session.refresh(pending)))
        told.append(heard.error(lambda: session.refresh(world.User(name="Eve"))))
        return told


@contract(*EVERY)
def test_expire_on_commit_may_be_off(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = blog(orm, engine)
    told = []
    for expire in (True, False):
        with orm.Session(engine, expire_on_commit=expire) as session:
            user = world.User(name="Ann")
            session.add(user)
            session.commit()
            told.append(sorted(orm.inspect(user).unloaded))
        told.append(heard.error(lambda user=user: user.name))
    return told


@contract(*EVERY)
def test_merge_copies_into_the_session(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = people(orm, engine)
    with orm.Session(engine) as session:
        detached = session.get(world.User, 1)
        session.refresh(detached)
    detached.name = "Bea"
    heard.classes(world.User, attributes=False)
    with orm.Session(engine) as session:
        heard.session(session)
        merged = session.merge(detached)
        told = [merged is detached, merged.name, detached in session, merged in session.dirty]
        heard.mark("one that the table lacks")
        new = session.merge(world.User(id=50, name="Dan"))
        told += [new in session.new, new.id]
        heard.mark("one without a key")
        keyless = session.merge(world.User(name="Eve"))
        told += [keyless in session.new, session.merge(merged) is merged]
        heard.mark("commit")
        session.commit()
        return told


@contract()
def test_merge_cascades_to_collections(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = people(orm, engine)
    with orm.Session(engine) as session:
        user = session.merge(
            world.User(
                id=1,
                name="Ann",
                addresses=[world.Address(id=1, email="changed"), world.Address(email="new")],
            )
        )
        session.commit()
        return [(item.email, item.user_id) for item in user.addresses]


@contract()
def test_merge_without_load(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = people(orm, engine)
    with orm.Session(engine) as session:
        cached = session.get(world.User, 1)
    with orm.Session(engine) as session:
        heard.session(session)
        merged = session.merge(cached, load=False)
        told = [merged.name, merged in session.dirty, merged is cached]
        cached.name = "Bea"
        return [*told, heard.error(lambda: session.merge(cached, load=False))]


@contract(*EVERY)
def test_sql_expressions_as_values(orm: Orm, heard: Recorder, engine: Engine) -> object:
    User = people(orm, engine).User
    heard.classes(User, attributes=False)
    with orm.Session(engine) as session:
        user = session.get(User, 1)
        user.age = User.age + 1
        session.flush()
        told = [user.age]
        user.name = func.upper(User.name)
        session.commit()
        told.append(user.name)
        new = User(name=func.lower("DAN"), age=5)
        session.add(new)
        session.flush()
        return [*told, new.name, new.age]


@contract()
def test_new_dirty_deleted_and_is_modified(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = people(orm, engine)
    with orm.Session(engine) as session:
        ann, bob = session.get(world.User, 1), session.get(world.User, 2)

        def told() -> list[Any]:
            held = [session.new, session.dirty, session.deleted]
            return [sorted(user.id or 0 for user in part) for part in held]

        steps = [told()]
        ann.name = ann.name
        steps.append([told(), session.is_modified(ann)])
        ann.name = "Bea"
        steps.append([told(), session.is_modified(ann)])
        ann.name = "Ann"
        steps.append([told(), session.is_modified(ann), ann in session.dirty])
        bob.addresses.append(world.Address(email="x"))
        steps.append([session.is_modified(bob), session.is_modified(bob, False)])
        session.delete(bob)
        steps.append([sorted(item.id for item in session.deleted), bob in session])
        session.flush()
        return [*steps, told()]


@contract(*EVERY)
def test_only_changed_columns_are_written(orm: Orm, heard: Recorder, engine: Engine) -> object:
    User = people(orm, engine).User
    with orm.Session(engine) as first, orm.Session(engine) as second:
        mine, other = first.get(User, 1), second.get(User, 1)
        mine.name = "mine"
        first.commit()
        other.age = 99
        second.commit()
        return [mine.name, mine.age]


@contract()
def test_bulk_adds_of_many_rows(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = blog(orm, engine)
    with orm.Session(engine) as session:
        users = [world.User(name=f"user {number}", age=number % 7) for number in range(250)]
        users[100].age = None
        users[101] = world.User(name="default")
        session.add_all(users)
        session.commit()
        keys = [user.id for user in users]
        return [keys == sorted(keys), keys[0], keys[-1], users[100].age, users[101].age]


@contract()
def test_closed_sessions_may_be_used_again_unless_told_otherwise(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = people(orm, engine)
    again, once = orm.Session(engine), orm.Session(engine, close_resets_only=False)
    again.close()
    once.close()
    told = [again.get(world.User, 1).name, heard.error(lambda: once.get(world.User, 1))]
    again.reset()
    return [*told, again.get(world.User, 2).name, again.close()]


@contract()
def test_info_binds_and_factories(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = people(orm, engine)
    maker = orm.sessionmaker(info={"from": "maker"})
    maker.configure(binds={world.User: engine, world.Address: engine}, expire_on_commit=False)
    Scoped = orm.scoped_session(maker)
    with maker(info={"and": "call"}) as session:
        told = [
            session.info,
            session.get_bind(world.User) is engine,
            session.get_bind(orm.inspect(world.Address)) is engine,
            heard.error(session.get_bind),
            session.get(world.User, 1).name,
        ]
    unbound = heard.error(lambda: orm.Session().get(world.User, 1))
    same = Scoped() is Scoped()
    told += [unbound, same, Scoped.get(world.User, 1).name, Scoped().info]
    Scoped.remove()
    return told

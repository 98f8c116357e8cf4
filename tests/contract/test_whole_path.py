"""The smallest whole path: declare two classes, listen, add, commit, get, select."""

from __future__ import annotations

from sqlalchemy import Engine

from .databases import EVERY
from .heard import Recorder
from .models import blog
from .oracle import ROADS, Orm
from .runner import contract

ORDER_OF_ONE_INSERT = [
    "before_attach",
    "after_attach",
    "transient_to_pending",
    "before_commit",
    "before_flush",
    "before_insert",
    "after_insert",
    "after_flush",
    "pending_to_persistent",
    "after_flush_postexec",
    "after_commit",
]


@contract(*EVERY, in_order=True)
def test_one_new_object_is_announced_in_this_order(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = blog(orm, engine)
    session = orm.Session(engine)
    heard.session(session, only=set(ORDER_OF_ONE_INSERT) - {"before_insert", "after_insert"})
    heard.listen(
        world.User,
        {
            "before_insert": ("mapper", "connection", "target"),
            "after_insert": ("mapper", "connection", "target"),
        },
    )
    session.add(world.User(name="Argo"))
    session.commit()
    assert heard.names == ORDER_OF_ONE_INSERT
    return heard.names


@contract(*EVERY, roads=ROADS)
def test_two_classes_are_declared_heard_stored_and_read_back(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = blog(orm, engine)
    heard.classes(world.User, world.Address)
    with orm.Session(engine) as session:
        heard.session(session)
        user = world.User(name="Ann", addresses=[world.Address(email="ann@a.org")])
        session.add(user)
        heard.mark("commit")
        session.commit()
        key = user.id
    with orm.Session(engine) as session:
        heard.session(session)
        heard.mark("get")
        found = session.get(world.User, key)
        heard.mark("select")
        chosen = session.scalars(
            orm.select(world.Address).where(world.Address.email == "ann@a.org")
        ).all()
        return [found, found.name, found.age, chosen, chosen[0].user is found]


@contract(*EVERY, roads=ROADS)
def test_a_path_without_listeners_stores_and_reads_the_same(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = blog(orm, engine)
    with orm.Session(engine) as session:
        session.add_all([world.User(name=name) for name in ("Ann", "Bob", "Cid")])
        session.commit()
    with orm.Session(engine) as session:
        session.get(world.User, 2).name = "Bea"
        session.delete(session.get(world.User, 3))
        session.commit()
        query = orm.select(world.User).order_by(world.User.name.desc())
        return [(user.id, user.name, user.age) for user in session.scalars(query)]

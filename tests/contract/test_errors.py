"""Bad input: the same classes of errors, and a session that works again after rollback."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, Engine, Integer, String, text

from .databases import EVERY
from .heard import Recorder
from .models import blog, people
from .oracle import ROADS, Orm
from .runner import contract


def failing_flush(orm: Orm, heard: Recorder, session: Any, act: Any) -> list[Any]:
    """Do `act` and flush; tell the error, what a second try says, and the use after rollback."""
    act()
    error = heard.error(session.flush)
    blocked = heard.error(lambda: session.scalar(text("SELECT 1")))
    session.rollback()
    return [error, blocked, session.scalar(text("SELECT 1"))]


@contract(*EVERY)
def test_constraints(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = people(orm, engine)
    with orm.Session(engine) as session:
        heard.session(session, only=["after_rollback", "after_soft_rollback"])
        ann, bob = session.get(world.User, 1), session.get(world.User, 2)
        User, Address = world.User, world.Address
        acts = {
            "unique": lambda: session.add(Address(email="ann@a.org")),
            "duplicate key": lambda: session.add(User(id=1, name="again")),
            "not null": lambda: session.add(User(name=None)),
            "not null in an update": lambda: setattr(ann, "name", None),
            "good and bad": lambda: session.add_all(
                [User(name="good"), Address(email="bob@a.org"), Address(email="fine")]
            ),
            "update to a duplicate": lambda: setattr(bob.addresses[0], "email", "ann@a.org"),
        }
        told = [failing_flush(orm, heard, session, act) for act in acts.values()]
        session.add(User(name="after all"))
        session.commit()
        return [*told, session.scalars(orm.select(User.name).order_by(User.id)).all()]


@contract("postgresql", "mariadb")
def test_too_long_and_wrong_values(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = people(orm, engine)
    User, Address = world.User, world.Address
    with orm.Session(engine) as session:
        return [
            failing_flush(orm, heard, session, lambda: session.add(User(name="x" * 99))),
            failing_flush(orm, heard, session, lambda: session.add(Address(user_id=99))),
            failing_flush(orm, heard, session, lambda: session.add(User(name="x", age="old"))),
        ]


@contract()
def test_values_that_no_driver_takes(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = people(orm, engine)
    with orm.Session(engine) as session:
        return [
            failing_flush(orm, heard, session, lambda: session.add(world.User(name=object()))),
            failing_flush(orm, heard, session, lambda: session.add(world.User(name="x", age=[1]))),
        ]


@contract(*EVERY)
def test_stale_rows(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = people(orm, engine)
    users = world.User.__table__
    with orm.Session(engine) as session:
        heard.session(session, only=["after_rollback", "after_soft_rollback"])
        user = session.get(world.User, 3)
        session.execute(users.delete().where(users.c.id == 3))
        user.name = "gone"
        told = [heard.error(session.flush)]
        session.rollback()
        told.append(user.name)
        session.execute(users.delete().where(users.c.id == 3))
        session.expire(user)
        told.append(heard.error(lambda: user.name))
        session.rollback()
        told.append(user.name)
        return told


@contract()
def test_a_stale_version(orm: Orm, heard: Recorder, engine: Engine) -> object:
    Base = orm.declarative_base()

    class Page(Base):
        __tablename__ = "pages"
        id = Column(Integer, primary_key=True)
        text = Column(String(20))
        version = Column(Integer, nullable=False)
        __mapper_args__ = {"version_id_col": version}

    Base.metadata.create_all(engine)
    pages = Page.__table__
    with orm.Session(engine) as session:
        page = Page(text="a")
        session.add(page)
        session.commit()
        told = [page.version]
        page.text = "b"
        session.commit()
        told.append(page.version)
        for act in (lambda: setattr(page, "text", "c"), lambda: session.delete(page)):
            session.connection().execute(pages.update().values(version=50))
            act()
            told.append(heard.error(session.flush))
            session.rollback()
            told += [page.text, page.version]
        return told


@contract()
def test_detached_access(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = people(orm, engine)
    with orm.Session(engine) as session:
        user = session.get(world.User, 1)
        session.expire(user, ["age"])
    with orm.Session(engine) as session:
        expired = session.get(world.User, 2)
        session.commit()
    return [
        user.name,
        heard.error(lambda: user.age),
        heard.error(lambda: user.addresses),
        heard.error(lambda: expired.name),
        heard.error(lambda: setattr(expired, "name", "Bea")),
        expired.name,
    ]


@contract(roads=ROADS)
def test_what_is_not_mapped(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = people(orm, engine)

    class Plain:
        pass

    with orm.Session(engine) as session:
        return [
            heard.error(lambda: session.add(Plain())),
            heard.error(lambda: session.add(7)),
            heard.error(lambda: session.add_all([world.User(name="x"), None])),
            heard.error(lambda: session.delete(Plain())),
            heard.error(lambda: session.get(Plain, 1)),
            heard.error(lambda: session.merge(Plain())),
            heard.error(lambda: session.refresh(Plain())),
            heard.error(lambda: session.expire(Plain())),
            heard.error(lambda: session.expunge(Plain())),
            heard.error(lambda: session.is_modified(Plain())),
            heard.error(lambda: session.query(Plain)),
            heard.error(lambda: orm.select(Plain)),
            heard.error(lambda: world.User(nickname="x")),
            heard.error(lambda: world.User.nickname),
            heard.error(lambda: session.query(world.User).filter_by(nickname="x")),
            heard.error(lambda: session.get(world.User, 1).nickname),
        ]


@contract()
def test_wrong_objects_in_relations(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = people(orm, engine)
    with orm.Session(engine) as session:
        user, address = session.get(world.User, 1), session.get(world.Address, 3)
        told = [
            heard.error(lambda: setattr(user, "addresses", None)),
            heard.error(lambda: setattr(user, "addresses", address)),
        ]
        session.rollback()
        return [*told, sorted(item.id for item in user.addresses)]


@contract()
def test_misuse_of_transactions(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = people(orm, engine)
    session = orm.Session(engine)
    told = [heard.error(lambda: session.begin().commit())]
    session.begin()
    told.append(heard.error(session.begin))
    nested = session.begin_nested()
    nested.rollback()
    told += [heard.error(nested.commit), heard.error(nested.rollback)]
    session.rollback()
    outer = session.begin()
    session.get(world.User, 1)
    outer.commit()
    told += [heard.error(outer.commit), heard.error(session.commit)]
    strict = orm.Session(engine, autobegin=False)
    told.append(heard.error(lambda: strict.get(world.User, 1)))
    return told


@contract()
def test_flushing_inside_a_flush(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = blog(orm, engine)
    with orm.Session(engine) as session:

        def flush_again(mapper: object, connection: object, target: object) -> None:
            heard.write("mark", heard.error(session.flush))

        orm.event.listen(world.User, "before_insert", flush_again)
        session.add(world.User(name="Ann"))
        session.commit()
    return heard.names


@contract()
def test_declarations_that_cannot_be_mapped(orm: Orm, heard: Recorder, engine: Engine) -> object:
    Base = orm.declarative_base()
    bodies: dict[str, dict[str, Any]] = {
        "NoTable": {"id": Column(Integer, primary_key=True)},
        "NoKey": {"__tablename__": "no_key", "name": Column(String)},
        "Reserved": {
            "__tablename__": "reserved",
            "id": Column(Integer, primary_key=True),
            "metadata": Column(String),
        },
    }
    told = [
        heard.error(lambda name=name, body=body: type(name, (Base,), body))
        for name, body in bodies.items()
    ]
    type("Twice", (Base,), {"__tablename__": "twice", "id": Column(Integer, primary_key=True)})
    again = {"__tablename__": "twice", "id": Column(Integer, primary_key=True)}
    told.append(heard.error(lambda: type("Other", (Base,), again)))
    return told


@contract()
def test_relations_that_cannot_be_configured(orm: Orm, heard: Recorder, engine: Engine) -> object:
    told = []
    for target, options in (
        ("Nobody", {}),
        ("Target", {}),
        ("Target", {"back_populates": "nothing"}),
    ):
        Base = orm.declarative_base()
        key = {"__tablename__": "targets", "id": Column(Integer, primary_key=True)}
        Target = type("Target", (Base,), key)
        relation = orm.relationship(target, **options)
        body = {"__tablename__": "sources", "id": Column(Integer, primary_key=True)}
        Source = type("Source", (Base,), {**body, "targets": relation})
        told.append(heard.error(Base.registry.configure))
        told.append(heard.error(Source))
        told.append(heard.error(Target))
        Base.registry.dispose()
    return told

"""Functions of the package that few programs call, each at work."""

from __future__ import annotations

import multiprocessing
from typing import Any

from sqlalchemy import Column, Engine, Integer, String, Table, func

from .databases import EVERY
from .heard import Recorder
from .models import blog, people
from .oracle import ROADS, Orm, sqlalchemy_orm, subject_orm
from .runner import contract


@contract()
def test_older_ways_to_declare(orm: Orm, heard: Recorder, engine: Engine) -> object:
    @orm.as_declarative()
    class Base:
        id = Column(Integer, primary_key=True)

        @orm.declared_attr
        def __tablename__(cls) -> str | None:
            return None if orm.has_inherited_table(cls) else f"{cls.__name__.lower()}s"

    @orm.declarative_mixin
    class Named:
        name = Column(String(20))

    class Ship(Named, Base):
        kind = Column(String(10))
        __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "ship"}

    class Steamer(Ship):
        __mapper_args__ = {"polymorphic_identity": "steamer"}

    Base.metadata.create_all(engine)
    with orm.Session(engine) as session:
        session.add_all([Ship(name="Argo"), Steamer(name="Savannah")])
        session.commit()
        told = [(type(ship), ship.name) for ship in session.query(Ship).order_by(Ship.id)]
    return [told, Ship.__table__.name, Steamer.__table__ is Ship.__table__]


@contract()
def test_the_function_mapper_maps_nothing(orm: Orm, heard: Recorder, engine: Engine) -> object:
    table = Table("ships", orm.registry().metadata, Column("id", Integer, primary_key=True))

    class Ship:
        pass

    return [heard.error(lambda: orm.mapper(Ship, table)), orm.inspect(Ship, raiseerr=False)]


@contract()
def test_foreign_and_remote_columns_are_marked_in_a_condition(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    Base = orm.declarative_base()

    class Team(Base):
        __tablename__ = "teams"
        id = Column(Integer, primary_key=True)
        name = Column(String(20))

    class Player(Base):
        __tablename__ = "players"
        id = Column(Integer, primary_key=True)
        team_number = Column(Integer)
        team = orm.relationship(
            Team, primaryjoin=orm.foreign(team_number) == orm.remote(Team.id), viewonly=False
        )

    Base.metadata.create_all(engine)
    with orm.Session(engine) as session:
        player = Player(team=Team(name="red"))
        session.add(player)
        session.commit()
        player.id
        return [player.team_number, player.team.name, orm.inspect(Player).attrs.team.direction]


@contract(*EVERY, roads=ROADS)
def test_sets_of_rows_and_existence(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = people(orm, engine)
    User, Address = world.User, world.Address
    young = orm.select(User.name).where(User.age < 28)
    old = orm.select(User.name).where(User.age > 20)
    owners = orm.select(User.name).where(orm.exists().where(Address.user_id == User.id))
    owners = owners.order_by(User.id)
    with orm.Session(engine) as session:
        return [
            sorted(session.scalars(orm.union(young, old)).all()),
            sorted(session.scalars(orm.union_all(young, old)).all()),
            session.scalars(owners).all(),
            session.scalar(orm.select(orm.exists(orm.select(User.id).where(User.age > 99)))),
        ]


@contract()
def test_a_collection_is_made_and_an_object_marked_by_hand(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = people(orm, engine)
    heard.classes(world.User)
    names = orm.attributes
    with orm.Session(engine) as session:
        heard.session(session, only=["before_flush", "after_flush", "do_orm_execute"])
        user = session.get(world.User, 1)
        names.flag_dirty(user)
        told = [user in session.dirty, session.is_modified(user)]
        heard.mark("flush")
        session.flush()
        adapter = names.init_collection(user, "addresses")
        adapter.append_without_event(world.Address(email="by hand"))
        told += [[item.email for item in user.addresses], names.get_history(user, "addresses")]
        return [*told, user in session.dirty]


@contract()
def test_a_class_is_instrumented_by_hand(orm: Orm, heard: Recorder, engine: Engine) -> object:
    class Ship:
        pass

    instrumentation = orm.instrumentation
    manager = instrumentation.register_class(Ship)
    told = [manager.class_, instrumentation.manager_of_class(Ship) is manager, manager.is_mapped]
    instrumentation.unregister_class(Ship)
    return [*told, heard.error(lambda: instrumentation.manager_of_class(Ship))]


@contract()
def test_an_option_of_the_users_own_reaches_the_listener(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = people(orm, engine)

    class Audited(orm.interfaces.UserDefinedOption):
        inherit_cache = True

    def told(state: Any) -> None:
        heard.note("options", [option.payload for option in state.user_defined_options])

    with orm.Session(engine) as session:
        orm.event.listen(session, "do_orm_execute", told)
        statement = orm.select(world.User.name).order_by(world.User.id)
        return session.scalars(statement.options(Audited("who"), Audited("why"))).all()


def cleared(orm: Orm) -> list[Any]:
    """Map two classes, clear every mapper of the process; tell what is left of the classes."""
    world = blog(orm)
    orm.configure_mappers()
    before = [orm.inspect(cls, raiseerr=False) is not None for cls in world.Base.classes]
    orm.clear_mappers()
    after = [orm.inspect(cls, raiseerr=False) is not None for cls in world.Base.classes]
    return [before, after, hasattr(world.User, "__table__"), hasattr(world.User, "addresses")]


def cleared_by(subject: bool) -> list[Any]:
    """Run `cleared` with one of the mappers, as the only work of this process."""
    return cleared(subject_orm() if subject else sqlalchemy_orm())


def test_clearing_all_mappers_leaves_plain_classes() -> None:
    """In a process of its own: the mappers of other tests would be cleared too."""
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        oracle, subject = pool.map(cleared_by, [False, True])
    assert subject == oracle
    assert oracle[:2] == [[True, True], [False, False]]


@contract(*EVERY)
def test_the_bind_of_a_session_and_its_new_start(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = people(orm, engine)
    session = orm.Session(engine)
    told = [session.get_bind() is engine, session.get_bind(world.User) is engine]
    user = session.get(world.User, 1)
    heard.session(session)
    session.add(world.User(name="lost"))
    session.reset()
    return [*told, user in session, list(session.new), session.in_transaction()]


@contract(*EVERY)
def test_a_connection_executes_statements_of_the_mapper(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    User = people(orm, engine).User
    names = orm.select(User.name).order_by(User.id)
    with engine.connect() as connection:
        told: list[Any] = [
            connection.scalar(names),
            connection.scalars(names).all(),
            connection.execute(names).first()[0],
            connection.scalar(orm.select(func.count()).select_from(User)),
            connection.execute(orm.insert(User), [{"name": "x"}, {"name": "y"}]).rowcount,
            connection.execute(orm.update(User).where(User.name == "x").values(name="z")).rowcount,
            connection.execute(orm.delete(User).where(User.name == "z")).rowcount,
            connection.scalar(orm.exists(orm.select(User.id).where(User.name == "y")).select()),
        ]
        told.append(len(connection.execute(orm.select(User)).all()))
        return told

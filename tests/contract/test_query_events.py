"""`Query` and its events."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, func

from .databases import EVERY
from .heard import Recorder
from .models import own_query, people
from .oracle import Orm
from .runner import contract


@contract(in_order=True)
def test_before_compile_fires_for_each_execution(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = people(orm, engine)
    MyQuery = own_query(orm)
    heard.listen(MyQuery, {"before_compile": ("query",)})
    with orm.Session(engine, query_cls=MyQuery) as session:
        query = session.query(world.User)
        for name, act in {
            "all": query.all,
            "first": query.first,
            "count": query.count,
            "one": query.filter_by(name="Ann").one,
            "iteration": lambda: list(query),
            "get": lambda: query.get(1),
            "text": lambda: str(query),
        }.items():
            heard.mark(name)
            act()
    return heard.names


@contract(in_order=True)
def test_before_compile_with_retval_replaces_the_query(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = people(orm, engine)
    MyQuery = own_query(orm)

    def only_adults(query: Any) -> Any:
        for description in query.column_descriptions:
            entity, name = description["entity"], description["name"]
            heard.note("described", entity, name, description["aliased"])
            if entity is world.User:
                query = query.enable_assertions(False).filter(entity.age > 26)
        return query

    orm.event.listen(MyQuery, "before_compile", only_adults, retval=True, bake_ok=True)
    with orm.Session(engine, query_cls=MyQuery) as session:
        users = session.query(world.User).all()
        ages = session.query(world.User.age).all()
        addresses = session.query(world.Address).count()
        return [users, ages, addresses]


@contract(in_order=True)
def test_before_compile_receives_the_query_itself(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = people(orm, engine)
    MyQuery = own_query(orm)
    told: list[Any] = []
    orm.event.listen(MyQuery, "before_compile", told.append)
    with orm.Session(engine, query_cls=MyQuery) as session:
        query = session.query(world.User)
        query.all()
        list(query)
        return [each is query for each in told]


@contract(in_order=True)
def test_listeners_on_the_query_class_hear_every_query(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = people(orm, engine)
    heard.listen(orm.Query, {"before_compile": ("query",)})
    with orm.Session(engine) as session:
        return [session.query(world.User).count(), session.query(world.User).all(), heard.names]


@contract(*EVERY)
def test_filter_order_and_limit(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = people(orm, engine)
    User, Address = world.User, world.Address
    with orm.Session(engine) as session:
        query = session.query(User).order_by(User.name.desc())
        return [
            query.all(),
            query.filter(User.name.like("%b")).all(),
            query.filter(User.age > 20, User.age < 30).all(),
            query.filter_by(name="Ann", age=30).all(),
            query.where(User.age.is_(None)).all(),
            query.limit(2).all(),
            query.limit(1).offset(1).all(),
            query[1:],
            query[0],
            query.first(),
            query.filter(User.id > 100).first(),
            query.count(),
            session.query(Address).join(Address.user).filter(User.name == "Ann").count(),
            session.query(User).join(User.addresses).distinct().count(),
        ]


@contract()
def test_one_and_its_relatives(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = people(orm, engine)
    with orm.Session(engine) as session:
        query = session.query(world.User)
        ann, nobody = query.filter_by(name="Ann"), query.filter_by(name="Nobody")
        return [
            ann.one(),
            ann.one_or_none(),
            nobody.one_or_none(),
            heard.error(nobody.one),
            heard.error(query.one),
            heard.error(query.one_or_none),
            query.get(2),
            query.get(99),
            session.query(world.User.name).filter_by(id=1).scalar(),
            session.query(world.User.name).filter_by(id=99).scalar(),
        ]


@contract()
def test_columns_labels_and_functions(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = people(orm, engine)
    User, Address = world.User, world.Address
    with orm.Session(engine) as session:
        pairs = session.query(User, Address).join(Address, Address.user_id == User.id)
        labelled = session.query(User.name.label("who"), func.count(Address.id).label("many"))
        grouped = labelled.outerjoin(User.addresses).group_by(User.name).order_by(User.name)
        return [
            pairs.order_by(Address.id).all(),
            [(row.who, row.many) for row in grouped],
            session.query(User.id, User.name).order_by(User.id).all(),
            session.query(func.max(User.age)).scalar(),
            [d["name"] for d in grouped.column_descriptions],
            [d["type"] is User for d in session.query(User).column_descriptions],
            session.query(User).filter(User.id == 1).exists() is not None,
        ]


@contract("sqlite")
def test_get_of_a_query_is_a_legacy(orm: Orm, heard: Recorder, engine: Engine) -> object:
    User = people(orm, engine).User
    with orm.Session(engine) as session:
        with heard.warned():
            found = session.query(User).get(1)
        filtered = session.query(User).filter(User.id > 0)
        with heard.warned():
            refused = [
                heard.error(lambda: filtered.get(1)),
                heard.error(lambda: session.query(User.id).get(1)),
            ]
        return [found.name, *refused]

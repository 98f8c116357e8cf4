"""Events of bulk UPDATE and DELETE through `Query`."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, func

from . import catalog
from .databases import EVERY
from .heard import Recorder
from .models import own_query, people
from .oracle import Orm
from .runner import contract


@contract(*EVERY, in_order=True)
def test_query_update_and_delete_are_told_to_session_and_query(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = people(orm, engine)
    MyQuery = own_query(orm)
    heard.listen(MyQuery, catalog.QUERY)
    with orm.Session(engine, query_cls=MyQuery) as session:
        heard.session(session)
        user = session.get(world.User, 1)
        heard.mark("update")
        changed = session.query(world.User).filter(world.User.age > 26).update({"age": 50})
        heard.mark("delete")
        gone = session.query(world.Address).filter_by(user_id=1).delete()
        heard.mark("commit")
        age = user.age
        session.commit()
        return [changed, gone, age]


@contract(in_order=True)
def test_before_compile_update_may_change_the_values_and_the_query(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = people(orm, engine)
    MyQuery = own_query(orm)

    def only_ann(query: Any, update_context: Any) -> Any:
        heard.note("values", sorted(update_context.values))
        update_context.values["age"] = 77
        return query.filter(world.User.name == "Ann")

    orm.event.listen(MyQuery, "before_compile_update", only_ann, retval=True)
    with orm.Session(engine, query_cls=MyQuery) as session:
        changed = session.query(world.User).update({"name": "Bea"})
        session.commit()
        return changed


@contract(*EVERY)
def test_bulk_statements_are_executed_and_tell_do_orm_execute(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = people(orm, engine)
    heard.classes(world.User, world.Address)
    with orm.Session(engine) as session:
        heard.session(session)
        users = session.scalars(orm.select(world.User).order_by(world.User.id)).all()
        heard.mark("update")
        where = orm.update(world.User).where(world.User.age < 28)
        changed = session.execute(where.values(name="Bea")).rowcount
        heard.mark("delete")
        gone = session.execute(orm.delete(world.Address).where(world.Address.user_id == 1))
        heard.mark("insert")
        session.execute(orm.insert(world.User), [{"name": "Dan"}, {"name": "Eve"}])
        names = [user.name for user in users]
        session.commit()
        return [changed, gone.rowcount, names]


@contract(in_order=True)
def test_before_compile_delete_may_narrow_the_query(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = people(orm, engine)

    def only_bobs(query: Any, delete_context: Any) -> Any:
        heard.note("narrowed", delete_context.session)
        return query.filter(world.Address.user_id == 2)

    def counted(context: Any) -> None:
        heard.note("counted", context.result.rowcount)

    orm.event.listen(orm.Query, "before_compile_delete", only_bobs, retval=True)
    maker = orm.sessionmaker(engine)
    orm.event.listen(maker, "after_bulk_delete", counted)
    orm.event.listen(maker, "after_bulk_update", counted)
    try:
        with maker.begin() as session:
            gone = session.query(world.Address).delete()
            changed = session.query(world.User).update({world.User.age: world.User.id + 1})
    finally:
        orm.event.remove(orm.Query, "before_compile_delete", only_bobs)
    return [gone, changed]


@contract(*EVERY)
def test_objects_in_memory_follow_each_kind_of_bulk_statement(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = people(orm, engine)
    User, Address = world.User, world.Address
    told: list[object] = []
    for strategy in ("auto", "evaluate", "fetch", False):
        options = {"synchronize_session": strategy}
        with orm.Session(engine) as session:
            users = session.scalars(orm.select(User).order_by(User.id)).all()
            addresses = session.scalars(orm.select(Address).order_by(Address.id)).all()
            older = orm.update(User).where(User.age < 28, User.name.is_not(None))
            aged = session.execute(older.values(age=User.age + 1), execution_options=options)
            counts = [
                aged.rowcount,
                session.query(User).filter_by(id=1).update({User.name: "Zoe"}, strategy),
                session.query(Address).filter(Address.id.in_([1, 2])).delete(strategy),
            ]
            shown = [[vars(user).get(key) for key in ("name", "age")] for user in users]
            there = [[each in session, orm.inspect(each).deleted] for each in addresses]
            session.rollback()
            told.append([strategy, counts, shown, there, [each in session for each in addresses]])
    return told


@contract(*EVERY)
def test_what_python_cannot_compute_is_fetched_or_refused(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    User = people(orm, engine).User
    with orm.Session(engine) as session:
        users = session.scalars(orm.select(User).order_by(User.id)).all()
        shouted = (
            orm.update(User)
            .where(func.lower(User.name) == "bob")
            .values(name=func.upper(User.name))
        )
        changed = session.execute(shouted).rowcount
        unloaded = ["name" in vars(user) for user in users]
        strict = {"synchronize_session": "evaluate"}
        refused = heard.error(lambda: session.execute(shouted, execution_options=strict))
        unknown = heard.error(lambda: session.query(User).update({"name": "x"}, "perhaps"))
        return [changed, unloaded, [user.name for user in users], refused, unknown]


@contract()
def test_a_query_that_says_more_than_a_bulk_statement_can_is_refused(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = people(orm, engine)
    User = world.User
    with orm.Session(engine) as session:
        query = session.query(User)
        return [
            heard.error(one.delete)
            for one in (
                query.limit(1),
                query.offset(1),
                query.order_by(User.id),
                query.group_by(User.id),
                query.distinct(),
                query.join(User.addresses),
            )
        ]


@contract()
def test_rows_given_with_their_keys_are_updated_one_by_one(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    User = people(orm, engine).User
    heard.classes(User)
    with orm.Session(engine) as session:
        users = session.scalars(orm.select(User).order_by(User.id)).all()
        heard.mark("update")
        rows = [{"id": 1, "name": "A"}, {"id": 2, "name": "B"}, {"id": 3, "age": 9}]
        session.execute(orm.update(User), rows)
        heard.mark("errors")
        without = heard.error(lambda: session.execute(orm.update(User), [{"name": "x"}]))
        both = orm.update(User).where(User.id == 1)
        told = heard.error(lambda: session.execute(both, [{"id": 1, "name": "x"}]))
        return [[(user.name, user.age) for user in users], without, told]


@contract("postgresql")
def test_returning_gives_objects(orm: Orm, heard: Recorder, engine: Engine) -> object:
    User = people(orm, engine).User
    with orm.Session(engine) as session:
        ann = session.get(User, 1)
        changed = orm.update(User).where(User.id == 1).values(name="Zoe").returning(User)
        deleted = orm.delete(User).where(User.id == 3).returning(User.id, User.name)
        rows = [{"name": "Dan"}, {"name": "Eve"}]
        return [
            session.scalars(changed).one() is ann,
            ann.name,
            session.execute(deleted).all(),
            [one.name for one in session.scalars(orm.insert(User).returning(User), rows)],
        ]

"""Events of bulk UPDATE and DELETE through `Query`."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine

from . import catalog
from .databases import EVERY
from .heard import Recorder
from .models import people
from .oracle import Orm
from .runner import contract


@contract(*EVERY, in_order=True)
def test_query_update_and_delete_are_told_to_session_and_query(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = people(orm, engine)

    class MyQuery(orm.Query):
        pass

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

    class MyQuery(orm.Query):
        pass

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

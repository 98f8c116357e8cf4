"""What the event reference says of session events, its listings included."""

from __future__ import annotations

import warnings
from typing import Any

from sqlalchemy import Engine, text
from sqlalchemy.exc import SADeprecationWarning

from . import catalog
from .databases import EVERY
from .heard import Recorder
from .models import blog, own_query, people
from .oracle import Orm
from .runner import contract

ATTACH = ("before_attach", "after_attach")


def listening(orm: Orm, session: Any, names: Any, tell: Any) -> None:
    """Let `tell(name, instance)` hear the events of objects of a session."""
    for name in names:

        def listener(given: Any, instance: Any, name: str = name) -> None:
            tell(name, instance)

        orm.event.listen(session, name, listener)


@contract(in_order=True)
def test_attaching_is_told_of_add_delete_and_merge_before_and_after(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = people(orm, engine)
    with orm.Session(engine) as session:
        detached, other = session.get(world.User, 1), session.get(world.User, 2)
        detached.name, other.name
        session.expunge_all()
        kept = []

        def tell(name: str, instance: Any) -> None:
            kept.append(instance)
            states = orm.inspect(instance)
            heard.note(name, instance, instance in session, states.pending, states.persistent)

        listening(orm, session, (*ATTACH, "transient_to_pending", "detached_to_persistent"), tell)
        heard.mark("add")
        session.add(world.User(name="Dan"))
        heard.mark("delete")
        session.delete(detached)
        heard.mark("merge of a new one")
        session.merge(world.User(name="Eve"))
        heard.mark("merge of a stored one")
        session.merge(other)
        return len(session.new)


@contract(in_order=True)
def test_an_object_that_delete_attaches_is_not_marked_yet(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = people(orm, engine)
    with orm.Session(engine) as session:
        user = session.get(world.User, 3)
        user.addresses
        session.expunge(user)

        def attached(given: Any, instance: Any) -> None:
            state = orm.inspect(instance)
            heard.note("attached", instance, instance in given.deleted, state.persistent)

        def before(given: Any, flush_context: object, instances: object) -> None:
            heard.note("before_flush", list(given.deleted))

        orm.event.listen(session, "detached_to_persistent", attached)
        orm.event.listen(session, "before_flush", before)
        session.delete(user)
        session.flush()
        return orm.inspect(user).deleted


@contract(in_order=True)
def test_the_moves_of_a_flush_find_the_object_in_its_new_state(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = people(orm, engine)
    names = ("pending_to_persistent", "persistent_to_deleted")
    with orm.Session(engine) as session:

        def tell(name: str, instance: Any) -> None:
            state = orm.inspect(instance)
            known = instance in session, state.key in session.identity_map
            heard.note(name, instance, state.persistent, state.deleted, *known)

        heard.session(session, only=["after_flush", "after_flush_postexec"])
        listening(orm, session, names, tell)
        session.delete(session.get(world.Address, 3))
        session.add(world.User(name="Dan"))
        session.flush()
        return heard.names


@contract(in_order=True)
def test_a_loaded_object_is_in_the_identity_map_when_it_is_told(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = people(orm, engine)
    with orm.Session(engine) as session:

        def tell(name: str, instance: Any) -> None:
            state = orm.inspect(instance)
            heard.note(name, instance, state.key in session.identity_map, state.persistent)

        listening(orm, session, ["loaded_as_persistent"], tell)
        orm.event.listen(world.User, "load", lambda target, context: heard.mark("load"))
        user = session.get(world.User, 1)
        return [user.name, len(user.addresses)]


@contract(in_order=True)
def test_members_that_a_cascade_deletes_are_told_at_the_end_of_the_flush(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = blog(orm, engine, cascade="all, delete-orphan")
    with orm.Session(engine) as session:
        user = world.User(name="Ann", addresses=[world.Address(email="1")])
        session.add(user)
        session.commit()
        user.name, [address.email for address in user.addresses]
        heard.session(session, only=["after_flush", "persistent_to_deleted", "after_commit"])
        heard.listen(world.Address, {"after_delete": ("mapper", "connection", "target")})
        heard.session(session, only=["deleted_to_detached", "after_flush_postexec"])
        session.delete(user)
        session.commit()
    heard.log.sort(key=str)
    return heard.names


@contract(in_order=True)
def test_after_flush_sees_all_as_before_and_postexec_as_it_is_then(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = people(orm, engine)
    history = orm.attributes.get_history
    with orm.Session(engine) as session:
        changed, gone = session.get(world.User, 1), session.get(world.Address, 3)
        changed.name = "Bea"
        session.delete(gone)
        made = world.User(name="Dan", addresses=[world.Address(email="dan")])
        session.add(made)

        def told(name: str) -> Any:
            def tell(given: Any, flush_context: object) -> None:
                heard.note(name, list(given.new), list(given.dirty), list(given.deleted))
                heard.note("history", history(changed, "name"), history(made, "name"))
                heard.note("made", history(made, "addresses"), orm.inspect(made).pending)
                heard.note("written", made.id, given.is_modified(changed), given.in_transaction())

            return tell

        orm.event.listen(session, "after_flush", told("after"))
        orm.event.listen(session, "after_flush_postexec", told("postexec"))
        session.flush()
        heard.mark("by a commit")
        changed.age = 1
        session.commit()
        return changed.name


@contract(in_order=True)
def test_commit_listeners_may_use_sql_before_and_not_after(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = people(orm, engine)
    with orm.Session(engine) as session:

        def before(given: Any) -> None:
            heard.note("before", given.scalar(text("select count(*) from users")))
            given.add(world.User(name="made before the commit"))

        def after(given: Any) -> None:
            error = heard.error(lambda: given.execute(text("select 1")))
            heard.note("after", error, given.is_active)

        orm.event.listen(session, "before_commit", before)
        orm.event.listen(session, "after_commit", after)
        session.get(world.User, 1)
        session.commit()
        orm.event.remove(session, "after_commit", after)
        return session.scalar(text("select count(*) from users"))


@contract(*EVERY, in_order=True)
def test_real_rollbacks_and_soft_ones_and_what_the_session_is_then(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = people(orm, engine)
    with orm.Session(engine) as session:

        def real(given: Any) -> None:
            heard.note("real", given.is_active)

        def soft(given: Any, previous_transaction: Any) -> None:
            now = given.get_transaction()
            heard.note(
                "soft",
                given.is_active,
                previous_transaction.nested,
                previous_transaction.parent is None,
                now is previous_transaction,
            )
            if given.is_active and previous_transaction.parent is None:
                given.execute(text("select * from users"))

        orm.event.listen(session, "after_rollback", real)
        orm.event.listen(session, "after_soft_rollback", soft)
        heard.mark("nothing to roll back")
        session.rollback()
        heard.mark("a transaction")
        session.get(world.User, 1)
        session.rollback()
        session.commit()
        heard.mark("a savepoint")
        session.get(world.User, 1)
        nested = session.begin_nested()
        nested.rollback()
        session.rollback()
        session.commit()
        heard.mark("a flush that fails")
        session.add(world.Address(email="ann@a.org"))
        error = heard.error(session.flush)
        heard.mark("then rollback()")
        session.rollback()
        session.commit()
        heard.mark("twice")
        session.rollback()
        heard.mark("a flush that fails in a savepoint")
        session.begin_nested()
        session.add(world.Address(email="ann@a.org"))
        again = heard.error(session.flush)
        heard.mark("rollback of the savepoint")
        session.rollback()
        heard.mark("rollback of the rest")
        session.rollback()
        return [error, again]


@contract(*EVERY, in_order=True)
def test_every_transaction_that_is_created_ends(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = people(orm, engine)
    open_now: list[Any] = []
    with orm.Session(engine) as session:

        def created(given: Any, transaction: Any) -> None:
            open_now.append(transaction)
            outermost = transaction.parent is None
            heard.note("create", outermost, transaction.nested, given.is_active)

        def ended(given: Any, transaction: Any) -> None:
            open_now.remove(transaction)
            heard.note("end", transaction.parent is None, transaction.nested, len(open_now))

        def begun(given: Any, transaction: Any, connection: Any) -> None:
            known = transaction in open_now, connection.in_transaction()
            heard.note("begin", transaction.parent is None, transaction.nested, *known)

        orm.event.listen(session, "after_transaction_create", created)
        orm.event.listen(session, "after_transaction_end", ended)
        orm.event.listen(session, "after_begin", begun)
        heard.mark("flush")
        session.add(world.User(name="Dan"))
        session.flush()
        heard.mark("savepoints, one in the other")
        with session.begin_nested():
            session.add(world.User(name="Eve"))
            with session.begin_nested():
                session.add(world.User(name="Fay"))
        heard.mark("commit")
        session.commit()
        heard.mark("failing")
        session.add(world.Address(email="ann@a.org"))
        error = heard.error(session.commit)
        session.rollback()
        heard.mark("close")
        session.get(world.User, 1)
        session.begin_nested()
        session.close()
        return [error, len(open_now)]


@contract(in_order=True)
def test_objects_given_to_flush_reach_before_flush(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = blog(orm, engine)
    with orm.Session(engine) as session:

        def before(given: Any, flush_context: object, instances: Any) -> None:
            told = None if instances is None else [each.name for each in instances]
            heard.note("before_flush", told, len(given.new))

        orm.event.listen(session, "before_flush", before)
        ann, bob = world.User(name="Ann"), world.User(name="Bob")
        session.add_all([ann, bob])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SADeprecationWarning)
            session.flush([ann])
        heard.note("left", [user.name for user in session.new])
        session.flush()
        return [ann.id, bob.id]


@contract(in_order=True)
def test_deleted_objects_leave_a_session_in_each_way(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = people(orm, engine)
    leaving = {
        "commit": lambda session, gone: session.commit(),
        "expunge": lambda session, gone: session.expunge(gone),
    }
    told = []
    for number, (name, leave) in enumerate(leaving.items(), 1):
        heard.mark(name)
        with orm.Session(engine) as session:
            gone = session.get(world.Address, number)
            heard.session(session, only=[name for name in catalog.SESSION if "_to_" in name])
            session.delete(gone)
            session.flush()
            leave(session, gone)
            told.append([orm.inspect(gone).detached, orm.inspect(gone).was_deleted])
            session.rollback()
    return told


@contract(in_order=True)
def test_a_persistent_object_leaves_a_session_in_each_way(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = people(orm, engine)
    leaving: dict[str, Any] = {
        "expunge": lambda session, user: session.expunge(user),
        "expunge_all": lambda session, user: session.expunge_all(),
        "close": lambda session, user: session.close(),
    }
    for name, leave in leaving.items():
        heard.mark(name)
        with orm.Session(engine) as session:
            heard.session(session, only=[name for name in catalog.SESSION if "_to_" in name])
            leave(session, session.get(world.User, 1))
    return heard.names


@contract(in_order=True)
def test_bulk_contexts_have_what_the_reference_lists(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = people(orm, engine)
    with orm.Session(engine) as session:

        def updated(update_context: Any) -> None:
            values = {str(key): value for key, value in update_context.values.items()}
            told = update_context.session is session, isinstance(update_context.query, orm.Query)
            heard.note("update", *told, values, update_context.result.rowcount)

        def deleted(delete_context: Any) -> None:
            told = delete_context.session is session, isinstance(delete_context.query, orm.Query)
            heard.note("delete", *told, delete_context.result.rowcount)

        orm.event.listen(session, "after_bulk_update", updated)
        orm.event.listen(session, "after_bulk_delete", deleted)
        users = session.query(world.User)
        counts = [users.filter(world.User.age > 26).update({"age": 5})]
        counts.append(session.query(world.Address).filter_by(user_id=1).delete())
        return counts


@contract(in_order=True)
def test_the_listing_of_before_compile_update_changes_query_and_values(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = people(orm, engine)
    User = world.User
    MyQuery = own_query(orm)

    @orm.event.listens_for(MyQuery, "before_compile_update", retval=True)
    def no_deleted(query: Any, update_context: Any) -> Any:
        heard.note("before", update_context.query is query, update_context.session is session)
        for description in query.column_descriptions:
            if description["type"] is User:
                entity = description["entity"]
                query = query.filter(entity.name != "Ann")
                update_context.values["age"] = 1
        return query

    with orm.Session(engine, query_cls=MyQuery) as session:
        count = session.query(User).update({"name": "same"}, synchronize_session=False)
        session.commit()
        rows = session.execute(orm.select(User.name, User.age).order_by(User.id)).all()
        return [count, [tuple(row) for row in rows]]


@contract(in_order=True)
def test_after_a_commit_the_rest_expires_before_what_was_deleted_is_told_of(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    User = people(orm, engine).User
    told: list[Any] = []
    with orm.Session(engine) as session:
        kept, gone = session.scalars(orm.select(User).order_by(User.id).limit(2)).all()
        heard.listen(User, {"expire": ("target", "attrs")})

        def detached(_session: Any, instance: Any) -> None:
            heard.note("detached", instance)
            told.append([orm.inspect(instance).detached, instance.name, orm.inspect(kept).expired])

        orm.event.listen(session, "deleted_to_detached", detached)
        session.delete(gone)
        session.commit()
        return told

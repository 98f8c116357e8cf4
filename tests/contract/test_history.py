"""History of attributes, and what `inspect` tells."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine

from .heard import Recorder
from .models import blog, people
from .oracle import Orm
from .runner import contract


def history(orm: Orm, target: Any, *keys: str) -> list[Any]:
    """Return the histories of some attributes, as `inspect` gives them without loading."""
    return [orm.inspect(target).attrs[key].history for key in keys]


@contract()
def test_history_of_a_new_object(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = blog(orm)
    user = world.User()
    told = [history(orm, user, "name", "addresses")]
    user.name = "Ann"
    user.addresses.append(world.Address(email="1"))
    told.append(history(orm, user, "name", "addresses"))
    user.name = None
    return [*told, history(orm, user, "name"), history(orm, user.addresses[0], "user")]


@contract()
def test_history_of_a_loaded_object(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = people(orm, engine)
    with orm.Session(engine) as session:
        user = session.get(world.User, 1)
        told = [history(orm, user, "name", "age")]
        user.name = "Bea"
        user.name = "Cea"
        told.append(history(orm, user, "name", "age"))
        user.name = "Ann"
        told.append(history(orm, user, "name"))
        del user.age
        told.append(history(orm, user, "age"))
        # The oracle cannot flush a deleted scalar (KeyError); ours may: no case for a contract.
        session.expire(user, ["age"])
        session.flush()
        told.append(history(orm, user, "name", "age"))
        session.expire(user)
        told.append(history(orm, user, "name"))
        user.name = "Dea"
        told.append(history(orm, user, "name"))
        return told


@contract()
def test_history_of_collections_and_references(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = people(orm, engine)
    with orm.Session(engine) as session:
        ann, bob = session.get(world.User, 1), session.get(world.User, 2)
        told = [history(orm, ann, "addresses")]
        first, second = ann.addresses
        told.append(history(orm, ann, "addresses"))
        ann.addresses.remove(first)
        ann.addresses.append(world.Address(email="new"))
        told.append(history(orm, ann, "addresses"))
        told.append(history(orm, first, "user"))
        second.user = bob
        told.append(history(orm, second, "user"))
        told.append(history(orm, ann, "addresses"))
        session.flush()
        told.append([history(orm, ann, "addresses"), history(orm, second, "user")])
        return told


@contract()
def test_get_history_with_and_without_loading(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = people(orm, engine)
    get_history = orm.attributes.get_history
    with orm.Session(engine) as session:
        user = session.get(world.User, 1)
        session.expire(user)
        passive = orm.PassiveFlag.PASSIVE_NO_INITIALIZE
        told = [get_history(user, "name", passive), get_history(user, "addresses", passive)]
        told += [get_history(user, "name"), get_history(user, "addresses")]
        told.append(orm.inspect(user).attrs.name.load_history())
        session.expire(user)
        user.name = "Bea"
        told.append(orm.inspect(user).attrs.name.load_history())
        parts = get_history(user, "name")
        return [*told, bool(parts), parts.has_changes(), parts.empty(), parts.sum()]


@contract()
def test_set_committed_value_and_flag_modified(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = people(orm, engine)
    attributes = orm.attributes
    with orm.Session(engine) as session:
        user = session.get(world.User, 1)
        attributes.set_committed_value(user, "name", "quiet")
        told = [user.name, session.is_modified(user), history(orm, user, "name")]
        attributes.set_committed_value(user, "addresses", [world.Address(email="quiet")])
        told += [len(user.addresses), session.is_modified(user)]
        session.expunge(user.addresses[0]) if user.addresses[0] in session else None
        session.expire(user, ["addresses"])
        attributes.flag_modified(user, "name")
        told += [user in session.dirty, session.is_modified(user), history(orm, user, "name")]
        attributes.flag_dirty(user)
        session.commit()
        unloaded = heard.error(lambda: attributes.flag_modified(user, "age"))
        return [*told, user.name, unloaded]


@contract()
def test_inspect_tells_about_an_object(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = people(orm, engine)
    flags = ("transient", "pending", "persistent", "deleted", "detached", "modified", "expired")
    flags += ("has_identity", "was_deleted")
    with orm.Session(engine) as session:
        user, new = session.get(world.User, 1), world.User(name="Dan")
        session.add(new)
        told = []
        for target in (user, new):
            state = orm.inspect(target)
            told.append([getattr(state, name) for name in flags])
            told.append([state.identity, sorted(state.unloaded), sorted(state.dict) == []])
            told.append([state.session is session, state.mapper, state.object is target])
            told.append(list(state.attrs.keys()))
            told.append([state.attrs.name.value, state.attrs.name.loaded_value])
        return told


@contract()
def test_inspect_tells_about_a_class(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = blog(orm, engine)
    mapper = orm.inspect(world.User)
    relation = mapper.relationships["addresses"]
    return [
        mapper.class_,
        mapper.local_table.name,
        [column.name for column in mapper.primary_key],
        mapper.attrs.keys(),
        mapper.column_attrs.keys(),
        mapper.relationships.keys(),
        [column.name for column in mapper.columns],
        mapper.all_orm_descriptors.keys(),
        [relation.direction, relation.uselist, relation.mapper, relation.key],
        sorted(relation.cascade),
        [column.name for column in relation.local_columns],
        mapper.get_property("name").key,
        mapper.primary_key_from_instance(world.User(id=4, name="x")),
        mapper.polymorphic_on,
        mapper.configured,
        orm.class_mapper(world.User) is mapper,
        orm.object_mapper(world.User(name="x")) is mapper,
        heard.error(lambda: orm.class_mapper(int)),
        heard.error(lambda: orm.object_mapper(7)),
        heard.error(lambda: orm.inspect(7)),
        orm.inspect(7, raiseerr=False),
        world.User.name.key,
        world.User.name.class_,
    ]


@contract()
def test_what_is_committed_on_a_new_object_is_no_change(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = blog(orm, engine)
    attributes = orm.attributes
    user, first, second = world.User(), world.Address(email="1"), world.Address(email="2")

    def told() -> list[Any]:
        return [
            [attributes.get_history(user, "name"), attributes.get_history(first, "user")],
            [
                [each.email for each in part or ()]
                for part in attributes.get_history(user, "addresses")
            ],
        ]

    attributes.set_committed_value(user, "name", "Ann")
    attributes.set_committed_value(user, "addresses", [first])
    attributes.set_committed_value(first, "user", user)
    before = told()
    user.name = "Bob"
    user.addresses.append(second)
    return before, told()

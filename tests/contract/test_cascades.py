"""Cascades of relationships to many and to one: what follows an object, and what is told of it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine

from .databases import BOTH, strict
from .heard import Recorder
from .models import blog, names, stored
from .oracle import Orm
from .runner import contract
from .shapes import boxes, tree


@contract(*BOTH)
def test_without_save_update_a_child_stays_outside(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = blog(orm, engine, cascade="merge")
    with heard.at_work(engine) as session:
        user, address = world.User(name="Ann"), world.Address(email="1")
        session.add(user)
        user.addresses.append(address)
        told = [address in session, user in session]
        session.add(address)
        session.commit()
        return [*told, address.user.name]


@contract(*BOTH)
def test_adding_brings_in_what_was_removed_meanwhile(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = stored(orm, engine, "all, delete-orphan")
    with orm.Session(engine) as session:
        user = session.get(world.User, 1)
        first, second, third = user.addresses
        session.expunge_all()
    user.addresses.remove(first)
    with heard.at_work(engine) as session:
        session.add(user)
        told = [each in session for each in (first, second, third)]
        heard.mark("commit")
        session.commit()
        return told


@contract(*BOTH)
def test_expunge_takes_along_what_its_cascade_reaches(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = stored(orm, engine, "all")
    with heard.at_work(engine) as session:
        user = session.get(world.User, 1)
        members = list(user.addresses)
        fresh = world.Address(email="new")
        user.addresses.append(fresh)
        told = [fresh in session]
        session.expunge(user)
        told += [each in session for each in (user, fresh, *members)]
        session.commit()
        return told


@contract(*BOTH)
def test_expunge_without_its_cascade_leaves_the_children(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = stored(orm, engine, "save-update, merge")
    with heard.at_work(engine) as session:
        user = session.get(world.User, 1)
        members = list(user.addresses)
        session.expunge(user)
        return [each in session for each in (user, *members)]


@contract(*BOTH)
def test_expunge_does_not_reach_what_is_not_loaded(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = stored(orm, engine, "all")
    with orm.Session(engine) as session:
        user = session.get(world.User, 1)
        address = session.get(world.Address, 1)
        heard.session(session)
        session.expunge(user)
        return [user in session, address in session]


@contract(*BOTH)
def test_expire_and_refresh_reach_the_children(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = stored(orm, engine, "all")
    with orm.Session(engine) as session:
        user = session.get(world.User, 1)
        first, second, third = user.addresses
        heard.classes(world.User, world.Address, attributes=False)
        first.email = "changed"
        session.expire(user)
        told = [orm.inspect(each).expired for each in (user, first, second, third)]
        first.email, second.email
        told.append(first.email)
        heard.mark("some attributes")
        user.name, user.addresses
        session.expire(user, ["age"])
        session.refresh(user, ["name"])
        told += [orm.inspect(each).expired for each in (user, first, second, third)]
        heard.mark("refresh")
        third.email, user.name
        user.addresses
        session.refresh(user)
        told += [orm.inspect(each).expired for each in (user, first, second, third)]
        return told


@contract(*BOTH)
def test_delete_loads_the_children_it_takes_along(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = stored(orm, engine, "all, delete-orphan")
    with heard.at_work(engine, world.User, world.Address) as session:
        user = session.get(world.User, 1)
        session.delete(user)
        told = len(session.deleted)
        session.flush()
        heard.mark("rollback")
        session.rollback()
        user.name  # the oracle reads an expired owner before its collection
        return [told, user in session, len(user.addresses)]


@contract()  # the new child refers to a row that is gone: where keys are checked, an error
def test_delete_takes_removed_and_added_children_too(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = stored(orm, engine, "all, delete-orphan")
    heard.classes(world.User, world.Address, attributes=False)
    with orm.Session(engine) as session:
        user = session.get(world.User, 1)
        gone = user.addresses.pop(1)
        fresh = world.Address(email="new")
        user.addresses.append(fresh)
        session.delete(user)
        told = [gone in session.deleted, fresh in session.deleted, fresh in session.new]
        session.commit()
        return told


@contract(*BOTH)
def test_a_child_that_moves_away_from_a_deleted_parent_stays(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = stored(orm, engine, "all, delete-orphan")
    heard.classes(world.User, world.Address, attributes=False)
    with orm.Session(engine) as session:
        ann, bob = session.get(world.User, 1), session.get(world.User, 2)
        first = ann.addresses[0]
        first.user = bob
        session.delete(ann)
        session.commit()
        return [bob.name, names(bob.addresses)]


@contract(*BOTH)
def test_a_child_that_was_marked_deleted_comes_back_with_add(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = stored(orm, engine, "all")
    with orm.Session(engine) as session:
        user = session.get(world.User, 1)
        first = user.addresses[0]
        session.delete(user)
        session.add(user)
        told = [first in session.deleted, user in session.deleted]
        session.commit()
        return told


@contract(*BOTH)
def test_a_tree_is_deleted_from_its_leaves(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = tree(orm, engine, cascade="all, delete-orphan")
    Node = world.Node
    with orm.Session(engine) as session:
        root = Node(name="1")
        for n in range(2):
            child = Node(name=f"1.{n}", parent=root)
            child.children.append(Node(name=f"1.{n}.0"))
        session.add(root)
        session.commit()
        held: list[Any] = [[child.name, *child.children] for child in root.children]
        # Without this, the oracle alone would have read the root: to load its children.
        held.append(root.name)
        heard.classes(Node, attributes=False)
        heard.session(session)
        middle = root.children[0]
        root.children.remove(middle)
        heard.mark("flush")
        session.flush()
        told = [orm.inspect(middle).deleted, len(root.children)]
        heard.mark("delete the rest")
        session.delete(root)
        session.commit()
        return [told, len(held)]


@contract(*BOTH)
def test_passive_deletes_leave_unloaded_children_to_the_database(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    strict(engine)
    world = boxes(orm, engine, cascade="all, delete", passive_deletes=True)
    Box, Item = world.Box, world.Item
    with orm.Session(engine) as session:
        session.add_all([Box(id=n, items=[Item(), Item()]) for n in (1, 2)])
        session.commit()
        heard.classes(Box, Item, attributes=False)
        heard.mark("unloaded")
        session.delete(session.get(Box, 1))
        told = [len(session.deleted)]
        session.commit()
        heard.mark("loaded")
        box = session.get(Box, 2)
        box.items
        session.delete(box)
        told.append(len(session.deleted))
        session.commit()
        return told


@contract(*BOTH)
def test_passive_deletes_all_touches_no_child(orm: Orm, heard: Recorder, engine: Engine) -> object:
    strict(engine)
    world = boxes(orm, engine, passive_deletes="all")
    Box, Item = world.Box, world.Item
    with orm.Session(engine) as session:
        box = Box(id=1, items=[Item(), Item()])
        session.add(box)
        session.commit()
        heard.classes(Box, Item, attributes=False)
        box.id, box.items
        session.delete(box)
        session.commit()
        return session.scalars(orm.select(Item)).all()


@contract()
def test_what_is_wrong_with_a_cascade_is_refused(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = stored(orm, engine, "all, delete-orphan")
    told = [
        heard.error(lambda: orm.relationship("X", cascade="everything")),
        sorted(orm.relationship("X", cascade="all, delete-orphan").cascade),
        sorted(orm.relationship("X", cascade="none").cascade),
        sorted(orm.relationship("X", viewonly=True).cascade),
        heard.error(lambda: orm.relationship("X", viewonly=True, cascade="all")),
        heard.error(lambda: orm.relationship("X", viewonly=True, cascade="merge")),
    ]
    return [*told, repr(sorted(world.User.addresses.property.cascade))]


@contract()
def test_an_object_of_two_sessions_is_refused(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = stored(orm, engine, "all")
    here, there = orm.Session(engine), orm.Session(engine)
    user = here.get(world.User, 1)
    address = user.addresses[0]
    fresh = world.Address(email="x")
    here.add(fresh)
    other = world.User(name="Cid")
    other.addresses.append(fresh)
    twin = there.get(world.User, 1)
    told = [
        heard.error(lambda: there.add(user)),
        heard.error(lambda: there.add(address)),
        heard.error(lambda: there.add(fresh)),
        heard.error(lambda: there.add(other)),
        other in there,
        heard.error(lambda: there.delete(user)),
        heard.error(lambda: there.expunge(user)),
        heard.error(lambda: there.refresh(user)),
        heard.error(lambda: there.expire(user)),
        heard.error(lambda: there.merge(user)),
        heard.error(lambda: here.delete(world.User(name="x"))),
        heard.error(lambda: here.expunge(world.User(name="x"))),
        heard.error(lambda: twin.addresses.append(address)),
    ]
    here.close()
    there.close()
    return told


@contract(*BOTH)
def test_delete_without_orphans_leaves_what_was_removed_before(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = stored(orm, engine, "all")
    heard.classes(world.User, world.Address, attributes=False)
    with orm.Session(engine) as session:
        user = session.get(world.User, 1)
        gone = user.addresses.pop(1)
        session.delete(user)
        told = [gone in session.deleted]
        session.commit()
        return [*told, gone in session]


@contract()  # as above
def test_what_joins_a_doomed_parent_stays(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = stored(orm, engine, "all")
    with orm.Session(engine) as session:
        stranger = world.Address(email="stranger")
        session.add(stranger)
        session.commit()
    heard.classes(world.User, world.Address, attributes=False)
    with orm.Session(engine) as session:
        user, stranger = session.get(world.User, 1), session.get(world.Address, 4)
        session.delete(user)
        user.addresses.append(stranger)
        told = [stranger in session.deleted]
        session.commit()
        return told


@contract(*BOTH)
def test_what_leaves_a_doomed_parent_is_deleted_all_the_same(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = stored(orm, engine, "all")
    with orm.Session(engine) as session:
        ann, bob = session.get(world.User, 1), session.get(world.User, 2)
        bob.addresses
        first = ann.addresses[0]
        session.delete(ann)
        first.user = bob
        told = [first in session.deleted]
        session.commit()
        return [*told, bob.name, names(bob.addresses)]


@contract(*BOTH)
def test_the_cascade_iterator_of_a_mapper(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = stored(orm, engine, "all, delete-orphan")
    with orm.Session(engine) as session:
        user = session.get(world.User, 1)
        gone = user.addresses.pop(0)
        user.addresses.append(world.Address(email="new"))
        told = [orm.inspect(gone).mapper.class_]
        for kind in (*orm.relationship("X", cascade="all, delete-orphan").cascade,):
            found = orm.inspect(world.User).cascade_iterator(kind, orm.inspect(user))
            told.append([kind, names(obj for obj, *_rest in found)])
        return sorted(map(str, told))

"""What the event reference says of mapper events, its listings included."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, Engine, ForeignKey, Integer, String, text

from . import catalog
from .heard import Recorder
from .models import blog, people
from .oracle import Orm
from .runner import contract

ONE_BY_ONE = {"__mapper_args__": {"batch": False}}


def named_class(orm: Orm, engine: Engine | None = None, **body: Any) -> Any:
    """Declare a class with a name and a number."""
    Base = orm.declarative_base()

    class Thing(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "things"
        __mapper_args__ = body.get("__mapper_args__", {})
        id = Column(Integer, primary_key=True)
        name = Column(String(20))
        number = Column(Integer)

    if engine is not None:
        Base.metadata.create_all(engine)
    return Thing


@contract(in_order=True)
def test_the_listing_of_before_insert_asks_the_database_for_a_value(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    Thing = named_class(orm, engine)

    def my_before_insert_listener(mapper: Any, connection: Any, target: Any) -> None:
        target.number = connection.scalar(text(f"select {target.number} * 2"))
        heard.note("before_insert", mapper, connection, target)

    orm.event.listen(Thing, "before_insert", my_before_insert_listener)
    with orm.Session(engine) as session:
        thing = Thing(number=21)
        session.add(thing)
        session.commit()
        return thing.number


@contract(in_order=True)
def test_a_batch_is_told_before_and_after_its_statements_and_batch_false_one_by_one(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    kept = []
    for body in ({}, ONE_BY_ONE):
        Thing = named_class(orm, engine, **body)
        heard.mark(f"batch {not body}")
        heard.listen(Thing, catalog.MAPPER_FLUSH)
        with orm.Session(engine) as session:
            things = [Thing(name=name) for name in "abc"]
            session.add_all(things)
            session.flush()
            for thing in things:
                thing.number = 5
            session.flush()
            for thing in things:
                session.delete(thing)
            session.flush()
        kept.append(Thing)
    return len(kept)


@contract(in_order=True)
def test_with_batch_false_each_row_is_there_before_the_next_object_is_told(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    Thing = named_class(orm, engine, **ONE_BY_ONE)

    def rows(mapper: object, connection: Any, target: Any) -> None:
        names = connection.scalars(text("select name from things order by id")).all()
        heard.note("rows", target.name, names)

    for event in ("before_insert", "after_insert", "before_update", "after_update"):
        orm.event.listen(Thing, event, rows)
    with orm.Session(engine) as session:
        things = [Thing(name="a"), Thing(name="b")]
        session.add_all(things)
        session.flush()
        for thing in things:
            thing.name += "!"
        session.flush()
    return heard.names


@contract(in_order=True)
def test_a_changed_collection_makes_its_owner_dirty_without_an_update(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = people(orm, engine)
    heard.listen(world.User, catalog.MAPPER_FLUSH)
    with orm.Session(engine) as session:
        user = session.get(world.User, 3)
        assert user.addresses == []
        user.addresses.append(world.Address(email="new"))
        told = [
            orm.object_session(user).is_modified(user),
            orm.object_session(user).is_modified(user, include_collections=False),
        ]
        session.flush()
        return told


@contract(in_order=True)
def test_a_listener_of_before_update_may_make_the_net_change(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = people(orm, engine)

    def unsaid(mapper: object, connection: object, target: Any) -> None:
        modified = orm.object_session(target).is_modified(target, include_collections=False)
        heard.note("before", target, modified)
        target.age = 99

    def said(mapper: object, connection: object, target: Any) -> None:
        modified = orm.object_session(target).is_modified(target, include_collections=False)
        heard.note("after", target, modified)

    orm.event.listen(world.User, "before_update", unsaid)
    orm.event.listen(world.User, "after_update", said)
    with orm.Session(engine) as session:
        user = session.get(world.User, 1)
        user.name = "Bea"
        user.name = "Ann"
        session.commit()
        return user.age


@contract(in_order=True)
def test_what_flush_listeners_return_is_not_heeded(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    Thing = named_class(orm, engine)

    def answering(name: str) -> Any:
        def answer(mapper: object, connection: object, target: object) -> object:
            heard.note(name, target)
            return orm.interfaces.EXT_SKIP

        return answer

    for name in catalog.MAPPER_FLUSH:
        orm.event.listen(Thing, name, answering(name), retval=True)
        orm.event.listen(Thing, name, answering(f"second {name}"))
    with orm.Session(engine) as session:
        thing = Thing(name="a")
        session.add(thing)
        session.flush()
        thing.name = "b"
        session.flush()
        found = session.scalars(orm.select(Thing.name)).all()
        session.delete(thing)
        session.flush()
        return [found, session.scalars(orm.select(Thing.name)).all()]


@contract(in_order=True)
def test_configuring_is_told_each_time_new_mappers_are_used_and_once_only_once(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    orm.configure_mappers()
    kept = []
    for name in ("before_configured", "after_configured"):
        heard.listen(orm.Mapper, {name: ()})
        once = {name: lambda: heard.mark("once")}[name]
        orm.event.listen(orm.Mapper, name, once, once=True)
    for _time in range(3):
        Thing = named_class(orm)
        heard.mark("first object")
        kept.append(Thing())
        heard.mark("second object")
        kept.append(Thing())
    return len(kept)


@contract(in_order=True)
def test_backrefs_are_there_after_all_mappers_are_configured(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    orm.configure_mappers()
    Base = orm.declarative_base()

    class Child(Base):
        __tablename__ = "children"
        id = Column(Integer, primary_key=True)
        parent_id = Column(ForeignKey("parents.id"))
        school_id = Column(ForeignKey("schools.id"))
        school = orm.relationship("School", back_populates="pupils")

    class Parent(Base):
        __tablename__ = "parents"
        id = Column(Integer, primary_key=True)
        children = orm.relationship("Child", backref="parent")

    class School(Base):
        __tablename__ = "schools"
        id = Column(Integer, primary_key=True)
        pupils = orm.relationship("Child", back_populates="school")

    def told(class_: type) -> list[str]:
        return [key for key in ("parent", "school", "children", "pupils") if hasattr(class_, key)]

    def before() -> None:
        configured = [orm.inspect(each).configured for each in (Child, Parent, School)]
        heard.note("before", configured, told(Child))

    def each(mapper: Any, class_: type) -> None:
        # The class has what back_populates names, whichever mapper comes first.
        heard.note("mapper", mapper, mapper.class_ is class_, hasattr(class_, "school"))

    def after() -> None:
        configured = [orm.inspect(each).configured for each in (Child, Parent, School)]
        heard.note("after", configured, [told(each) for each in (Child, Parent, School)])

    orm.event.listen(orm.Mapper, "before_configured", before, once=True)
    for class_ in (Child, Parent, School):
        orm.event.listen(class_, "mapper_configured", each)
    orm.event.listen(orm.Mapper, "after_configured", after, once=True)
    orm.configure_mappers()
    orm.configure_mappers()
    return sorted(orm.inspect(Child).relationships.keys())


@contract(in_order=True)
def test_instrument_class_comes_before_anything_is_instrumented(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    Base = orm.declarative_base()

    @orm.event.listens_for(Base, "instrument_class", propagate=True)
    def on_new_class(mapper: Any, cls_: Any) -> None:
        instrumented = isinstance(cls_.name, orm.InstrumentedAttribute)
        heard.note("new class", cls_.__name__, mapper.class_ is cls_, instrumented)

    @orm.event.listens_for(Base, "after_mapper_constructed", propagate=True)
    def constructed(mapper: Any, cls_: Any) -> None:
        instrumented = isinstance(cls_.name, orm.InstrumentedAttribute)
        heard.note("constructed", cls_, instrumented, sorted(mapper.columns.keys()))

    class Ship(Base):
        __tablename__ = "ships"
        id = Column(Integer, primary_key=True)
        name = Column(String(20))

    return Ship.__name__


@contract(in_order=True)
def test_the_listing_of_ext_skip_leaves_a_whole_base_unconfigured(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    orm.configure_mappers()
    Base, DontConfigureBase = orm.declarative_base(), orm.declarative_base()
    skipping = [True]

    @orm.event.listens_for(
        DontConfigureBase, "before_mapper_configured", retval=True, propagate=True
    )
    def dont_configure(mapper: object, cls: type) -> Any:
        heard.note("asked", cls)
        return orm.EXT_SKIP if skipping else orm.EXT_CONTINUE

    def ship(base: Any, name: str) -> Any:
        body = {"__tablename__": name.lower(), "id": Column(Integer, primary_key=True)}
        return type(name, (base,), body)

    kept = [ship(Base, "Ready"), ship(DontConfigureBase, "Waiting")]
    mappers = [each.__mapper__ for each in kept]
    told = []
    for step in ("configure", "again", "allowed"):
        heard.mark(step)
        if step == "allowed":
            skipping.clear()
        orm.configure_mappers()
        told.append([mapper.configured for mapper in mappers])
    heard.mark("nothing left")
    orm.configure_mappers()
    return told


@contract(in_order=True)
def test_before_mapper_configured_without_retval_skips_nothing(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    orm.configure_mappers()
    Thing = named_class(orm)

    def skip(mapper: object, class_: type) -> Any:
        heard.note("asked", class_)
        return orm.EXT_SKIP

    orm.event.listen(Thing, "before_mapper_configured", skip)
    orm.configure_mappers()
    return orm.inspect(Thing).configured


@contract(in_order=True)
def test_looking_at_a_class_asks_nobody_whether_to_configure_it(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    orm.configure_mappers()
    Thing = named_class(orm)

    def skip(mapper: object, class_: type) -> Any:
        heard.note("asked", class_)
        return orm.EXT_SKIP

    orm.event.listen(Thing, "before_mapper_configured", skip, retval=True)
    told = []
    for step, act in {
        "inspect": lambda: orm.inspect(Thing),
        "again": lambda: orm.inspect(Thing),
        "attributes": lambda: orm.inspect(Thing).attrs,
        "columns": lambda: orm.inspect(Thing).column_attrs,
        "relationships": lambda: orm.inspect(Thing).relationships,
        "class_mapper": lambda: orm.class_mapper(Thing),
        "class_mapper as it is": lambda: orm.class_mapper(Thing, configure=False),
    }.items():
        heard.mark(step)
        act()
        told.append(orm.inspect(Thing).configured)
    orm.event.remove(Thing, "before_mapper_configured", skip)
    return told


@contract()
def test_what_is_asked_of_a_relationship_configures_its_class(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    told = []
    for ask in (
        lambda node: node.parent.property.mapper.class_.__name__,
        lambda node: node.parent.mapper.class_.__name__,
        lambda node: node.id.property.key,
        lambda node: orm.inspect(node).relationships.keys(),
        lambda node: orm.inspect(node).attrs.keys(),
    ):

        class Node(orm.declarative_base()):  # type: ignore[misc] # made at run time
            __tablename__ = "nodes"
            id = Column(Integer, primary_key=True)
            parent_id: Any = Column(ForeignKey("nodes.id"))
            parent = orm.relationship("Node", remote_side=[id])

        told.append([ask(Node), Node.__mapper__.configured])
    return told


@contract(in_order=True)
def test_single_classes_hear_nothing_of_all_mappers(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = blog(orm)
    targets: dict[str, Any] = {"class": world.User, "mapper object": orm.inspect(world.User)}
    told = {}
    for name in catalog.MAPPER_WIDE:
        for what, target in targets.items():
            with heard.warned():
                told[f"{name} of {what}"] = heard.error(
                    lambda name=name, target=target: orm.event.listen(target, name, heard.stop)
                )
    return told

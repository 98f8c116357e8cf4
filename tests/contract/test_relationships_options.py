"""What the rarer options of a relationship mean, and what they say of themselves."""

from __future__ import annotations

import warnings
from typing import Any

from sqlalchemy import Column, Engine, ForeignKey, Integer, String

from .heard import Recorder
from .oracle import Orm
from .runner import contract

SAID = (
    "info",
    "doc",
    "active_history",
    "join_depth",
    "omit_join",
    "distinct_target_key",
    "innerjoin",
    "load_on_pending",
    "enable_typechecks",
    "post_update",
    "passive_updates",
    "passive_deletes",
    "single_parent",
    "viewonly",
    "sync_backref",
    "uselist",
    "order_by",
    "back_populates",
    "collection_class",
    "query_class",
)


def owners(orm: Orm, engine: Engine, many: Any = None, **one: Any) -> tuple[Any, Any]:
    """Declare Owner with things; `one` are options of Thing.owner, `many` of Owner.things."""
    Base: Any = orm.declarative_base()

    class Owner(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "owners"
        id = Column(Integer, primary_key=True)
        things = orm.relationship("Thing", back_populates="owner", **(many or {}))

    class Thing(Base):  # type: ignore[misc] # as above
        __tablename__ = "things"
        id = Column(Integer, primary_key=True)
        owner_id: Any = Column(ForeignKey("owners.id"))
        owner = orm.relationship("Owner", back_populates="things", **one)

    Base.metadata.create_all(engine)
    return Owner, Thing


@contract()
def test_options_are_kept_where_users_look(orm: Orm, heard: Recorder, engine: Engine) -> object:
    Owner, Thing = owners(
        orm,
        engine,
        {
            "info": {"why": 1},
            "doc": "What is owned.",
            "active_history": True,
            "join_depth": 2,
            "omit_join": False,
            "distinct_target_key": True,
            "innerjoin": True,
            "query_class": orm.Query,
        },
    )
    orm.configure_mappers()
    told = [
        [name, repr(getattr(attribute.property, name)).replace("sqlalchemy.orm", "cormorant")]
        for attribute in (Owner.things, Thing.owner)
        for name in SAID
        if name != "query_class"
    ]
    return told, Owner.things.property.query_class is orm.Query, Owner.things.__doc__


@contract()
def test_a_comparator_factory_adds_and_changes_operators(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    class Comparator(orm.RelationshipProperty.Comparator):  # type: ignore[misc, name-defined] # of the mapper at hand
        def any(self, criterion: Any = None, **kwargs: Any) -> Any:
            heard.write("any", str(kwargs))
            return super().any(criterion, **kwargs)

        def none(self) -> Any:
            return ~self.any()

    Owner, Thing = owners(orm, engine, {"comparator_factory": Comparator})
    with orm.Session(engine) as session:
        session.add_all([Owner(id=1, things=[Thing(id=1)]), Owner(id=2)])
        session.commit()
        statement = orm.select(Owner.id).order_by(Owner.id)
        thing = session.get(Thing, 1)
        return [
            session.scalars(statement.where(Owner.things.none())).all(),
            session.scalars(statement.where(Owner.things.any(id=1))).all(),
            session.scalars(statement.where(Owner.things.contains(thing))).all(),
        ]


@contract()
def test_a_pending_object_loads_what_its_key_says(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    Owner, Thing = owners(orm, engine, load_on_pending=True)
    with orm.Session(engine, autoflush=False) as session:
        session.add(Owner(id=1))
        session.commit()
        outside, pending = Thing(owner_id=1), Thing(owner_id=1)
        session.add(pending)
        told = [outside.owner is None, pending.owner is session.get(Owner, 1)]
        session.commit()
        return told, pending.owner_id


@contract()
def test_a_pending_object_loads_the_list_that_was_read_before(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    Owner, Thing = owners(orm, engine, {"load_on_pending": True})
    with orm.Session(engine, autoflush=False) as session:
        session.add(Thing(owner_id=1))
        session.commit()
        owner = Owner(id=1)
        before = len(owner.things)
        session.add(owner)
        return before, len(owner.things), len(owner.things)


@contract()
def test_a_subclass_that_is_not_loaded_as_such_is_taken_where_classes_are_not_checked(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    Owner, Thing = owners(orm, engine, {"enable_typechecks": False})

    class Special(Thing):  # type: ignore[misc, valid-type] # the base is made at run time
        pass

    with orm.Session(engine) as session:
        owner = Owner(things=[Special()])
        session.add(owner)
        session.commit()
        owner.id
        return [type(each).__name__ for each in owner.things]


@contract()
def test_a_listener_makes_members_of_what_is_given(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    Owner, Thing = owners(orm, engine)

    def by_key(target: Any, value: Any, _initiator: Any) -> Any:
        return Thing(id=value) if isinstance(value, int) else value

    def all_by_key(_target: Any, values: list[Any], _initiator: Any) -> None:
        values[:] = [Thing(id=value) for value in values]

    def owner_by_key(target: Any, value: Any, _old: Any, _initiator: Any) -> Any:
        return Owner(id=value) if isinstance(value, int) else value

    orm.event.listen(Owner.things, "append", by_key, retval=True)
    orm.event.listen(Owner.things, "bulk_replace", all_by_key)
    orm.event.listen(Thing.owner, "set", owner_by_key, retval=True)
    with orm.Session(engine) as session:
        owner = Owner(things=[1, 2])
        session.add(owner)
        owner.things.append(3)
        owner.things[0] = 4
        owner.things += [Thing(id=5)]
        session.add(Thing(id=6, owner=7))
        session.commit()
        return [[each.id, each.owner_id] for each in session.scalars(orm.select(Thing))]


@contract()
def test_names_are_resolved_late_in_mixins(orm: Orm, heard: Recorder, engine: Engine) -> object:
    Base: Any = orm.declarative_base()

    class Owned:
        @orm.declared_attr
        def owner_id(cls):  # type: ignore[no-untyped-def] # an annotation would be read as mapped
            return Column(ForeignKey("owners.id"))

        @orm.declared_attr
        def owner(cls):  # type: ignore[no-untyped-def] # as above
            return orm.relationship(
                f"{__name__}.Owner",
                primaryjoin=f"Owner.id == {cls.__name__}.owner_id",
                foreign_keys=f"[{cls.__name__}.owner_id]",
                backref=orm.backref(f"all_{cls.__tablename__}", order_by=f"{cls.__name__}.id"),
            )

    class House(Owned, Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "houses"
        id = Column(Integer, primary_key=True)

    class Boat(Owned, Base):  # type: ignore[misc] # as above
        __tablename__ = "boats"
        id = Column(Integer, primary_key=True)

    class Owner(Base):  # type: ignore[misc] # as above
        __tablename__ = "owners"
        id = Column(Integer, primary_key=True)

    Base.metadata.create_all(engine)
    with orm.Session(engine) as session:
        owner = Owner(all_houses=[House(), House()])
        owner.all_boats.append(Boat(owner=owner))
        session.add(owner)
        session.commit()
        owner.id
        return len(owner.all_houses), len(owner.all_boats), owner.all_boats[0].owner is owner


@contract()
def test_methods_of_a_base_listen_for_each_class_of_its_family(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    Base: Any = orm.declarative_base()
    told: list[Any] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")

        class Owner(Base):  # type: ignore[misc] # the base is made at run time
            __tablename__ = "owners"
            id = Column(Integer, primary_key=True)
            kind = Column(String(20))
            things = orm.relationship("Thing")
            __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "owner"}

            @orm.validates("id", "things", include_removes=True)
            def check(self, key: str, value: Any, is_remove: bool) -> Any:
                told.append([type(self).__name__, key, is_remove])
                return value

            @orm.reconstructor
            def wake(self) -> None:
                told.append([type(self).__name__, "awake"])

        class Rich(Owner):
            __mapper_args__ = {"polymorphic_identity": "rich"}

        class Thing(Base):  # type: ignore[misc] # as above
            __tablename__ = "things"
            id = Column(Integer, primary_key=True)
            owner_id: Any = Column(ForeignKey("owners.id"))

        orm.configure_mappers()
    Base.metadata.create_all(engine)
    with orm.Session(engine) as session:
        session.add_all([Owner(id=1, things=[Thing()]), Rich(id=2, things=[Thing()])])
        session.flush()
        session.expunge_all()
        for each in session.scalars(orm.select(Owner).order_by(Owner.id)):
            each.things.pop()
        session.commit()
    return told, [str(each.message) for each in caught]

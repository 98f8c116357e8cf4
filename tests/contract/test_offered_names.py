"""Names of the public classes: what `sqlalchemy.orm` documents is there, and does the same."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import (
    LABEL_STYLE_TABLENAME_PLUS_COL,
    Column,
    Engine,
    Integer,
    String,
    create_engine,
    select,
    text,
)

from .heard import Recorder
from .library import library, loaded
from .oracle import Orm, cormorant_orm, sqlalchemy_orm
from .runner import contract
from .stock import shop

# What is left out: the inside of sqlalchemy.orm, what Core's visitors, loggers and caches want,
# and what other work brings (`synonyms`, `composites`).
LEFT_OUT = {
    "Session": {"binds", "twophase"},
    "scoped_session": {"binds"},
    "sessionmaker": set(),
    "SessionTransaction": {"bound_connection", "declare_states"},
    "ORMExecuteState": {"identity_token"},
    "QueryContext": {
        *("attributes", "autoflush", "bind_arguments", "compile_state", "create_eager_joins"),
        *("default_load_options", "identity_token", "invoke_all_eagers", "partials", "runid"),
        *("loaders_require_buffering", "loaders_require_uniquing", "post_load_paths"),
        *("propagated_loader_options", "refresh_state", "requires_uniquing"),
        *("top_level_context", "user_passed_query", "version_check"),
    },
    "Mapper": {
        *("allows_lambda", "column_prefix", "composites", "entity_namespace", "synonyms"),
        *("exclude_properties", "include_properties", "inherit_cache", "inherit_foreign_keys"),
        *("logger", "logging_name", "memoized_attribute", "memoized_instancemethod"),
        *("path_string", "represents_outer_join", "select_identity_token", "uses_inspection"),
    },
    "InstanceState": {
        *("extension_type", "get_history", "get_impl", "insert_order", "load_options"),
        *("load_path", "parents", "runid", "session_id"),
    },
    "AttributeState": set(),
    "AliasedInsp": {"allows_lambda", "path_string", "represents_outer_join", "uses_inspection"},
}


def met(orm: Orm) -> dict[str, Any]:
    """Return an object of each public class that a user meets."""
    engine = create_engine("sqlite://")
    Author = library(orm, engine).Author
    maker = orm.sessionmaker(engine)
    found: dict[str, Any] = {"sessionmaker": maker, "scoped_session": orm.scoped_session(maker)}
    with maker() as session:

        def heard(state: Any) -> None:
            found["ORMExecuteState"] = state

        def loaded_with(_target: Any, context: Any) -> None:
            found["QueryContext"] = context

        orm.event.listen(session, "do_orm_execute", heard)
        orm.event.listen(Author, "load", loaded_with)
        state = orm.inspect(session.get(Author, 1))
        found["Session"], found["InstanceState"] = session, state
        found["SessionTransaction"] = session.get_transaction()
        found["AttributeState"] = state.attrs.name
        found["Mapper"] = orm.inspect(Author)
        found["AliasedInsp"] = orm.inspect(orm.aliased(Author))
    return found


@pytest.fixture(scope="module", name="sides")
def _sides() -> tuple[dict[str, Any], dict[str, Any]]:
    return met(sqlalchemy_orm()), met(cormorant_orm())


@pytest.mark.parametrize("name", LEFT_OUT)
def test_a_public_class_has_the_names_of_sqlalchemy(
    name: str, sides: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    theirs, ours = (side[name] for side in sides)
    public = {each for each in dir(theirs) if not each.startswith("_")}
    assert public - {*dir(ours)} == LEFT_OUT[name]


@contract()
def test_instances_are_made_of_the_rows_of_core(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = shop(orm, engine)
    Item, Shop = world.Item, world.Shop
    items, shops = Item.__table__, Shop.__table__
    both = (
        select(items, shops)
        .join(shops, shops.c.id == items.c.shop_id)
        .order_by(items.c.id)
        .set_label_style(LABEL_STYLE_TABLENAME_PLUS_COL)
    )
    only_names = text("select id, item_label from items")
    told: list[Any] = []
    with orm.Session(engine) as session:
        connection = session.connection()
        for query, statement in (
            (session.query(Item), select(items).order_by(items.c.id)),
            (session.query(Item), select(items, items.c.id.label("x"))),
            (session.query(Item), session.query(Item).order_by(Item.id).statement),
            (session.query(Item), select(items).union_all(select(items)).order_by("id")),
            (session.query(Item, Shop), both),
            (session.query(Shop.name, Item), both),
            (session.query(Item.label), select(items.c.item_label).order_by(items.c.id)),
            (session.query(Item).options(orm.contains_eager(Item.shop)), both),
            (session.query(Item), select(shops)),
            (session.query(Item), only_names),
        ):
            session.expunge_all()
            with heard.warned():
                try:
                    found = query.instances(connection.execute(statement))
                    told.append(rows := list(found))
                except Exception as problem:
                    told.append(heard.labels.of(problem))
                    continue
            if hasattr(rows[0], "label") and not hasattr(rows[0], "_mapping"):
                told.append(loaded(rows[0]))
        heard.session(session, only=("loaded_as_persistent",))
        session.expunge_all()
        heard.listen(Item, {"load": ("target", "context")})
        told.append(list(session.query(Item).instances(connection.execute(select(items)))))
    return told


@contract()
def test_a_session_has_no_connection_callable(orm: Orm, heard: Recorder, engine: Engine) -> object:
    with orm.Session(engine) as session:
        session.connection_callable = None
        return [session.connection_callable]


@contract()
def test_what_a_mapper_tells_of_its_family(orm: Orm, heard: Recorder, engine: Engine) -> object:
    Base = orm.declarative_base()

    class Animal(Base):  # type: ignore[misc, valid-type] # the base is made at run time
        __tablename__ = "animals"
        id = Column(Integer, primary_key=True)
        kind = Column(String(9))
        name = Column(String(9))
        __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "animal"}

    class Cat(Animal):
        __mapper_args__ = {"polymorphic_identity": "cat"}

    class Dog(Animal):
        __mapper_args__ = {"polymorphic_identity": "dog"}

    class Poodle(Dog):
        __mapper_args__ = {"polymorphic_identity": "poodle"}

    mappers = [orm.inspect(each) for each in (Animal, Cat, Dog, Poodle)]
    orm.inspect(Animal).add_properties(
        {"called": orm.column_property(Animal.__table__.c.name), "sort": Animal.__table__.c.kind}
    )
    state = orm.inspect(Poodle(name="Max"))
    return [
        [list(each.iterate_to_root()) for each in mappers],
        [list(each.polymorphic_iterator()) for each in mappers],
        [[each.is_sibling(other) for other in mappers] for each in mappers],
        [[each.primary_mapper(), each.primary_base_mapper] for each in mappers],
        str(orm.select(Animal.called).where(Animal.sort == "x")),
        [state.unloaded_expirable, dict(state.callables), state.async_session],
    ]


@contract()
def test_what_the_context_of_a_load_tells_of_its_options(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    Author = library(orm, engine).Author
    told: list[Any] = []

    def tell(_target: Any, context: Any) -> None:
        told.append([bool(context.populate_existing), context.yield_per])
        told.append(context.query is not None)

    orm.event.listen(Author, "load", tell)
    with orm.Session(engine) as session:
        for options in ({}, {"populate_existing": True}, {"yield_per": 2}):
            session.expunge_all()
            session.scalars(orm.select(Author).execution_options(**options)).all()
    return told


@contract()
def test_modules_offer_what_they_do_in_sqlalchemy(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = library(orm, engine)
    Author, Book = world.Author, world.Book
    util = orm.module("util")
    mapping = orm.module("mapper")
    query = orm.module("query")
    told: list[Any] = []
    with orm.Session(engine) as session:
        ann = session.get(Author, 1)
        alias = orm.aliased(Author)
        for kind, made in (
            (util.AliasedClass, alias),
            (util.AliasedInsp, orm.inspect(alias)),
            (util.CascadeOptions, Author.books.property.cascade),
            (orm.module("state").AttributeState, orm.inspect(ann).attrs.name),
        ):
            told.append([kind.__name__, isinstance(made, kind)])
        contexts: list[Any] = []
        orm.event.listen(session, "after_bulk_update", contexts.append)
        orm.event.listen(session, "after_bulk_delete", contexts.append)
        session.query(Book).filter_by(id=99).update({"year": 1})
        session.query(Book).filter_by(id=99).delete()
        told.append([isinstance(contexts[0], query.BulkUpdate)])
        told.append([isinstance(contexts[1], query.BulkDelete)])
        statement = orm.select(Book).where(util.with_parent(ann, Author.books))
        told += [util.was_deleted(ann), len(session.scalars(statement).all())]
    told += [
        mapping.configure_mappers is orm.configure_mappers,
        mapping.validates is orm.validates,
    ]
    return [*told, mapping.reconstructor is orm.reconstructor]

"""The methods of `Query` that are rarely met, and what bulk statements tell their listeners."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, func

from . import catalog
from .databases import EVERY
from .heard import Recorder
from .library import library, loaded
from .models import own_query
from .oracle import Orm, cormorant_orm, sqlalchemy_orm
from .runner import contract
from .stock import shop

NOT_OFFERED = {
    # What Core's executables have; a Query is none.
    *("allows_lambda", "is_delete", "is_dml", "is_from_statement", "is_insert", "is_select"),
    *("is_text", "is_update", "supports_execution", "uses_inspection", "get_children", "ext"),
    # Of logging, of memoizing, of how loads are kept in one piece inside of SQLAlchemy.
    *("logger", "logging_name", "memoized_attribute", "memoized_instancemethod", "load_options"),
    # An attribute of objects here.
    "dispatch",
}


def test_query_has_the_methods_of_sqlalchemy() -> None:
    names, known = (
        {name for name in dir(orm.Query) if not name.startswith("_")}
        for orm in (sqlalchemy_orm(), cormorant_orm())
    )
    assert sorted(names - known) == sorted(NOT_OFFERED)


@contract(*EVERY)
def test_queries_are_united(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = shop(orm, engine)
    Item, Shop = world.Item, world.Shop
    with orm.Session(engine) as session:
        items = session.query(Item)
        pen, ink = items.filter(Item.label == "pen"), items.filter(Item.label == "ink")
        both = pen.union(ink)
        names = session.query(Item.id, Item.label).union(session.query(Shop.id, Shop.name))
        told: list[Any] = [
            both.order_by(Item.id).all(),
            both.filter(Item.price > 3).one(),
            both.filter_by(label="pen").one(),
            both.order_by(Item.label).limit(1).all(),
            both.count(),
            both.join(Item.shop).filter(Shop.name == "red").order_by(Item.id.desc()).all(),
            both.join(Shop, Shop.id == Item.shop_id).count(),
            [loaded(each) for each in both.order_by(Item.id)],
            sorted(names.all()),
            [row.label for row in names.order_by(Item.label)],
            sorted(each.label for each in pen.union_all(items, ink)),
            pen.union_all(items).count(),
            both.union(items.filter(Item.label == "pad")).order_by(Item.id).all(),
            both.options(orm.selectinload(Item.shop)).order_by(Item.id).all()[0].shop.name,
            "shop" in loaded(pen.options(orm.joinedload(Item.shop)).union(ink).first()),
            both.with_entities(Item.label).order_by(Item.label).all(),
        ]
        if engine.dialect.name != "mysql":
            told += [
                items.except_(pen).order_by(Item.id).all(),
                items.intersect(pen, both).all(),
            ]
        pairs = session.query(Item, Shop).join(Item.shop)
        rows = pairs.filter(Item.id == 1).union(pairs.filter(Item.id == 3))
        told.append([[row[0].label, row[1].name] for row in rows.order_by(Item.id)])
        return told


@contract(*EVERY)
def test_methods_that_are_rarely_met(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = shop(orm, engine)
    Item, Shop = world.Item, world.Shop
    with orm.Session(engine) as session:
        query = session.query(Item).order_by(Item.id)
        red = session.get(Shop, 1)
        inner = session.query(func.count(Item.id)).filter(Item.shop_id == Shop.id)
        style = query.get_label_style
        labelled = query.subquery(with_labels=True)
        older: list[Any] = []
        for act in (
            lambda: query.value(Item.label),
            lambda: query.add_column(Item.price + 1).first(),
            lambda: sorted(query.with_labels().subquery().c.keys()) == sorted(labelled.c.keys()),
            lambda: len(query.apply_labels().subquery().c),
            lambda: session.query(Shop.id, inner.correlate(Shop).as_scalar()).order_by("id").all(),
            lambda: list(query.values(Item.id, Item.label)),
            lambda: next(iter(query.tuples())),
            lambda: query.with_parent(red).all(),
            lambda: query.with_parent(red, Shop.items).all(),
            lambda: heard.error(lambda: session.query(Shop).with_parent(red)),
        ):
            with heard.warned():
                older.append(act())
        return [
            *older,
            session.query(Shop.id, inner.correlate(Shop).label("many")).order_by(Shop.id).all(),
            query.add_entity(Shop).filter(Item.shop_id == Shop.id).all(),
            query.only_return_tuples(True).all(),
            [query.is_single_entity, query.only_return_tuples(True).is_single_entity],
            [session.query(Item.id).is_single_entity, session.query(Item, Shop).is_single_entity],
            query.with_transformation(lambda one: one.filter(Item.id == 2)).one(),
            session.query(Item.label).prefix_with("/* x */").suffix_with("/* y */").count(),
            query.with_statement_hint("/* z */", "oracle").with_hint(Item, "", "oracle").count(),
            query.set_label_style(style).get_label_style is style,
            len(query.subquery(reduce_columns=True).c),
            session.query(query.cte("some", nesting=True)).count(),
            query.lazy_loaded_from,
            query.limit(1).enable_assertions(False).filter(Item.id > 0).all(),
            heard.error(lambda: query.limit(1).filter(Item.id > 0)),
        ]


@contract()
def test_eager_loads_are_switched_off(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = library(orm, engine, author="joined")
    Book, Author = world.Book, world.Author
    with orm.Session(engine) as session:
        told: list[Any] = []
        for value in (True, False):
            session.expunge_all()
            books = session.query(Book).enable_eagerloads(value).order_by(Book.id).all()
            told.append([loaded(book) for book in books])
            authors = session.query(Author).options(orm.joinedload(Author.books))
            told.append([loaded(one) for one in authors.enable_eagerloads(value)])
        return told


@contract()
def test_kept_objects_become_those_of_a_query(orm: Orm, heard: Recorder, engine: Engine) -> object:
    Item = shop(orm, engine).Item
    with orm.Session(engine) as session:
        kept = session.query(Item).order_by(Item.id).all()
        rows = [tuple(row) for row in session.query(Item.label, Item).order_by(Item.id)]
        frozen = session.execute(orm.select(Item.label, Item).order_by(Item.id)).freeze()
    with orm.Session(engine) as session:
        query = session.query(Item)
        with heard.warned():
            merged = list(query.merge_result(kept, load=False))
            pairs = list(session.query(Item.label, Item).merge_result(rows))
        with heard.warned():
            labelled = session.query(Item.label, Item)
            again = orm.merge_result(labelled, frozen, load=False)().scalars("Item").all()
        return [
            [each in session for each in merged],
            [each is not other for each, other in zip(merged, kept, strict=True)],
            [[row.label, row.Item is each] for row, each in zip(pairs, merged, strict=True)],
            [each is other for each, other in zip(again, merged, strict=True)],
        ]


@contract(*EVERY, in_order=True)
def test_what_bulk_statements_tell_their_listeners(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    Item = shop(orm, engine).Item
    MyQuery = own_query(orm)

    def before(query: Any, context: Any) -> None:
        heard.note("before", context.session, context.mapper, context.query is query)

    def after(context: Any) -> None:
        values = getattr(context, "values", None)
        heard.note("after", context.session, context.mapper, type(context.query).__name__)
        heard.note("result", context.result.rowcount, values and list(values))

    with orm.Session(engine, query_cls=MyQuery) as session:
        for name in ("before_compile_update", "before_compile_delete"):
            orm.event.listen(MyQuery, name, before)
        for name in ("after_bulk_update", "after_bulk_delete"):
            orm.event.listen(session, name, after)
        heard.listen(MyQuery, catalog.QUERY)
        query = session.query(Item)
        query.filter(Item.price > 3).update({"price": 9})
        query.filter(Item.id == 3).update({"price": 8, "state": "x"}, "fetch")
        ordered = {"preserve_parameter_order": True}
        query.update([("price", 7), ("state", Item.label)], update_args=ordered)
        query.filter(Item.price > 100).delete("evaluate")
        heard.mark("statements are not told")
        session.execute(orm.update(Item).values(price=1))
        session.execute(orm.update(Item), [{"id": 1, "price": 2}])
        session.execute(orm.delete(Item).where(Item.price == 2))
        heard.mark("refused")
        heard.note("error", heard.error(lambda: query.limit(1).update({"price": 1})))
        heard.note("error", heard.error(lambda: query.update({"nothing": 1})))
        session.rollback()
        return [type(session.query(Item)).__name__, heard.names]


@contract(in_order=True)
def test_before_compile_in_queries_of_several_parts(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = shop(orm, engine)
    Item, Shop = world.Item, world.Shop

    class MyQuery(orm.Query):
        def priced(self) -> Any:
            return self.filter(Item.price.is_not(None))

    heard.listen(MyQuery, {"before_compile": ("query",)})
    maker = orm.sessionmaker(engine, query_cls=MyQuery)
    with maker() as session:
        query = session.query(Item).order_by(None)
        told: list[Any] = []
        for name, act in {
            "subclass": lambda: session.query(Item).priced().count(),
            "subquery": lambda: session.query(query.subquery()).count(),
            "exists": lambda: session.query(query.filter(Item.id == 1).exists()).scalar(),
            "scalar": lambda: session.query(Item.id).filter_by(label="pen").scalar(),
            "slice": lambda: query.order_by(Item.id)[0:2],
            "selectin": lambda: session.query(Shop).options(orm.selectinload(Shop.items)).all(),
            "lazy": lambda: session.query(Shop).populate_existing().first().items,
            "union": lambda: query.union(query).count(),
            "iterate": lambda: len(list(query)),
        }.items():
            heard.mark(name)
            told.append(act() is not None)
        plain = maker(query_cls=orm.Query)
        told.append(type(plain.query(Item)) is orm.Query)
        return told


@contract(in_order=True)
def test_a_listener_that_is_bake_ok(orm: Orm, heard: Recorder, engine: Engine) -> object:
    Item = shop(orm, engine).Item
    MyQuery = own_query(orm)

    def cheap(query: Any) -> Any:
        heard.mark("cheap")
        return query.enable_assertions(False).filter(Item.price < 5)

    for baked in (True, False):
        orm.event.listen(MyQuery, "before_compile", cheap, retval=True, bake_ok=baked)
        with orm.Session(engine, query_cls=MyQuery) as session:
            heard.note("found", session.query(Item).all(), session.query(Item).limit(1).all())
        orm.event.remove(MyQuery, "before_compile", cheap)
    with orm.Session(engine, query_cls=MyQuery) as session:
        return session.query(Item).count()

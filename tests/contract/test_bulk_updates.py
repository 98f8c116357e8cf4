"""UPDATE and DELETE of mapped classes through a session, and the objects in memory."""

from __future__ import annotations

from functools import partial
from typing import Any

from sqlalchemy import Engine, bindparam, false, func, literal, true, tuple_

from .databases import EVERY
from .family import staffed
from .heard import Recorder
from .library import loaded
from .oracle import ROADS, Orm
from .runner import contract
from .stock import items_of, shop

STRATEGIES: tuple[Any, ...] = ("auto", "evaluate", "fetch", False, None)


def memory(items: list[Any]) -> list[list[Any]]:
    """Return what the items have in memory; reads nothing."""
    names = ("label", "price", "state", "changes", "shop_id")
    return [[vars(item).get(name, "unloaded") for name in names] for item in items]


@contract(*EVERY, roads=ROADS)
def test_criteria_and_values_of_each_kind(orm: Orm, heard: Recorder, engine: Engine) -> object:
    Item = shop(orm, engine).Item
    told: list[Any] = []
    statements = [
        orm.update(Item).values(price=1),
        orm.update(Item).where(Item.label == "pen").values(label="pencil"),
        orm.update(Item).where(Item.price.is_(None)).values({Item.price: 9, "state": "x"}),
        orm.update(Item).where(Item.price > 3).values(price=Item.price * 2 + 1),
        orm.update(Item).where(Item.label.in_(["pen", "ink"])).values(state=Item.label + "!"),
        orm.update(Item).where(Item.price >= 3, Item.price <= 4).values(price=None),
        orm.update(Item).where(~(Item.label == "pen"), Item.price < 9).values(price=0),
        orm.update(Item).where(orm.or_(Item.price == 3, Item.label == "pad")).values(rank=8),
        orm.update(Item).filter_by(price=5).values(shop_id=2),
        orm.update(Item).where(Item.changes == 0).values(changes=3),
        orm.update(Item).where(Item.label.startswith("p")).values(price=4),
        orm.update(Item).where(Item.label.endswith("n")).values(price=4),
        orm.update(Item).where(Item.label.contains("n")).values(price=4),
        orm.update(Item).where(Item.price % 2 == 1, Item.price / 2 == 1.5).values(rank=4),
        orm.update(Item).where(tuple_(Item.id, Item.changes).in_([(1, 0), (2, 4)])).values(rank=4),
        orm.update(Item).where(true()).values(rank=4),
        orm.update(Item).where(false()).values(rank=4),
    ]
    for strategy in STRATEGIES:
        for statement in statements:
            with orm.Session(engine) as session:
                items = session.scalars(orm.select(Item).order_by(Item.id)).all()
                options = {"synchronize_session": strategy}
                refused = heard.error(
                    partial(session.execute, statement, execution_options=options)
                )
                told.append([strategy, refused, memory(items)])
                told.append([[each.price, each.label, each.state] for each in items])
                session.rollback()
    return told


@contract(*EVERY, roads=ROADS)
def test_what_a_synchronized_update_tells(orm: Orm, heard: Recorder, engine: Engine) -> object:
    Item = shop(orm, engine).Item
    heard.classes(Item)
    counts = []
    for strategy in STRATEGIES:
        with orm.Session(engine) as session:
            items = session.scalars(orm.select(Item).order_by(Item.id)).all()
            heard.mark(f"update {strategy}")
            statement = orm.update(Item).where(Item.price > 3).values(price=8)
            options = {"synchronize_session": strategy}
            counts.append(session.execute(statement, execution_options=options).rowcount)
            heard.mark(f"delete {strategy}")
            session.execute(orm.delete(Item).where(Item.price == 8), execution_options=options)
            counts.append([each in session for each in items])
            heard.mark("rollback")
            session.rollback()
    return counts


@contract(*EVERY, roads=ROADS)
def test_changes_are_written_first(orm: Orm, heard: Recorder, engine: Engine) -> object:
    Item = shop(orm, engine).Item
    with orm.Session(engine) as session:
        pen, ink, pad = session.scalars(orm.select(Item).order_by(Item.id)).all()
        pen.price = 100
        session.add(Item(label="new", price=200))
        changed = session.execute(orm.update(Item).where(Item.price >= 100).values(state="dear"))
        told: list[Any] = [changed.rowcount, pen.state, ink.state]
        session.delete(pad)
        gone = session.execute(orm.delete(Item).where(Item.label == "pad"))
        told.append(gone.rowcount)
        session.commit()
        return [*told, items_of(orm, session, Item)]


@contract(*EVERY, roads=ROADS)
def test_expired_objects_stay_expired(orm: Orm, heard: Recorder, engine: Engine) -> object:
    Item = shop(orm, engine).Item
    told = []
    for strategy in STRATEGIES:
        with orm.Session(engine) as session:
            items = session.scalars(orm.select(Item).order_by(Item.id)).all()
            session.expire(items[0])
            session.expire(items[1], ["price"])
            statement = orm.update(Item).where(Item.label == "pen").values(state="x")
            options = {"synchronize_session": strategy}
            session.execute(statement, execution_options=options)
            told.append([strategy, [each.state for each in items[1:]], items[0].state])
            session.rollback()
    return told


@contract(*EVERY, roads=ROADS)
def test_criteria_on_other_tables(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = shop(orm, engine)
    Item, Shop = world.Item, world.Shop
    told: list[Any] = []
    red = orm.select(Shop.id).where(Shop.name == "red").scalar_subquery()
    for strategy in ("auto", "fetch", False):
        options = {"synchronize_session": strategy}
        with orm.Session(engine) as session:
            items = session.scalars(orm.select(Item).order_by(Item.id)).all()
            joined = orm.update(Item).where(Item.shop_id == Shop.id, Shop.name == "red")
            told.append(
                session.execute(joined.values(state="x"), execution_options=options).rowcount
            )
            by_key = orm.update(Item).where(Item.shop_id == red).values(rank=5)
            session.execute(by_key, execution_options=options)
            sub = orm.update(Item).where(Item.shop_id.in_(orm.select(Shop.id))).values(price=red)
            session.execute(sub, execution_options=options)
            told.append([[each.state, each.rank, each.price] for each in items])
            related = orm.delete(Item).where(Item.shop.has(Shop.name == "blue"))
            session.execute(related, execution_options=options)
            told.append([each in session for each in items])
            session.rollback()
    with orm.Session(engine) as session:
        strict = {"synchronize_session": "evaluate"}
        statement = orm.update(Item).where(Item.shop_id == red).values(state="x")
        told.append(heard.error(lambda: session.execute(statement, execution_options=strict)))
    return told


@contract("sqlite", "postgresql", roads=ROADS)
def test_values_from_another_table(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = shop(orm, engine)
    Item, Shop = world.Item, world.Shop
    with orm.Session(engine) as session:
        items = session.scalars(orm.select(Item).order_by(Item.id)).all()
        session.execute(
            orm.update(Item).where(Item.shop_id == Shop.id, Shop.id < 2).values(state=Shop.name)
        )
        return [each.state for each in items]


@contract("sqlite", "postgresql", roads=ROADS)
def test_an_update_returns_rows_and_objects(orm: Orm, heard: Recorder, engine: Engine) -> object:
    Item = shop(orm, engine).Item
    told: list[Any] = []
    for strategy in STRATEGIES:
        options = {"synchronize_session": strategy}
        with orm.Session(engine) as session:
            pen = session.scalars(orm.select(Item).where(Item.label == "pen")).one()
            statement = orm.update(Item).where(Item.price > 2).values(price=Item.price + 1)
            found = session.scalars(statement.returning(Item), execution_options=options).all()
            told.append([strategy, pen in found, sorted(each.price for each in found)])
            rows = session.execute(
                statement.returning(Item.label, Item.price, func.lower(Item.state).label("low")),
                execution_options=options,
            )
            told.append([sorted(rows.all()), list(rows.keys()), pen.price])
            pair = session.execute(
                statement.where(Item.label == "pen").returning(Item.id, Item),
                execution_options={**options, "populate_existing": True},
            ).one()
            told.append([pair.id, pair.Item is pen, vars(pen)["price"]])
            session.rollback()
    return told


@contract(*EVERY, roads=ROADS)
def test_a_delete_returns_rows_and_objects(orm: Orm, heard: Recorder, engine: Engine) -> object:
    Item = shop(orm, engine).Item
    told: list[Any] = []
    for strategy in STRATEGIES:
        options = {"synchronize_session": strategy}
        with orm.Session(engine) as session:
            pen = session.scalars(orm.select(Item).where(Item.label == "pen")).one()
            statement = orm.delete(Item).where(Item.price > 2)
            rows = session.execute(
                statement.returning(Item.label, Item.price), execution_options=options
            ).all()
            told.append([strategy, sorted(rows), pen in session, orm.inspect(pen).deleted])
            session.rollback()
            told.append(pen in session)
    return told


@contract("sqlite", "postgresql", roads=ROADS)
def test_deleted_rows_come_back_as_objects(orm: Orm, heard: Recorder, engine: Engine) -> object:
    Item = shop(orm, engine).Item
    with orm.Session(engine) as session:
        statement = orm.delete(Item).where(Item.price > 2).returning(Item)
        found = session.scalars(statement, execution_options={"synchronize_session": False})
        return sorted(each.label for each in found)


@contract(*EVERY, roads=ROADS)
def test_parameters_of_criteria(orm: Orm, heard: Recorder, engine: Engine) -> object:
    Item = shop(orm, engine).Item
    told: list[Any] = []
    for strategy in (False, None):
        options = {"synchronize_session": strategy}
        with orm.Session(engine) as session:
            items = session.scalars(orm.select(Item).order_by(Item.id)).all()
            statement = orm.update(Item).where(Item.label == bindparam("which"))
            session.execute(
                statement.values(price=bindparam("much")),
                {"which": "pen", "much": 50},
                execution_options=options,
            )
            session.execute(statement, {"which": "ink", "state": "x"}, execution_options=options)
            gone = orm.delete(Item).where(Item.label == bindparam("which"))
            session.execute(gone, {"which": "pad"}, execution_options=options)
            told.append([items_of(orm, session, Item), items[2] in session])
            session.rollback()
    return told


@contract(*EVERY, roads=ROADS)
def test_rows_by_their_keys(orm: Orm, heard: Recorder, engine: Engine) -> object:
    Item = shop(orm, engine).Item
    heard.classes(Item)
    with orm.Session(engine) as session:
        items = session.scalars(orm.select(Item).order_by(Item.id)).all()
        heard.mark("update")
        rows = [
            {"id": 1, "label": "a", "price": 10},
            {"id": 2, "label": "b", "price": None},
            {"id": 3, "state": "x"},
            {"id": 2, "state": "y"},
        ]
        session.execute(orm.update(Item), rows)
        heard.mark("read")
        told: list[Any] = [memory(items)]
        told += [[each.label, each.price, each.state, each.changes] for each in items]
        one = [{"id": 1, "price": 5}]
        for strategy in (False, None, "evaluate", "fetch"):
            options = {"synchronize_session": strategy}
            heard.mark(str(strategy))
            refused = heard.error(
                partial(session.execute, orm.update(Item), one, execution_options=options)
            )
            told += [refused, items[0].price]
        heard.mark("end")
        session.commit()
        return [*told, items_of(orm, session, Item)]


@contract(*EVERY, roads=ROADS)
def test_what_an_update_by_keys_refuses(orm: Orm, heard: Recorder, engine: Engine) -> object:
    Item = shop(orm, engine).Item
    plain = {"synchronize_session": None}

    def run(statement: Any, rows: Any, **options: Any) -> Any:
        with orm.Session(engine) as session:
            return heard.error(lambda: session.execute(statement, rows, execution_options=options))

    return [
        run(orm.update(Item), [{"id": 77, "price": 1}]),
        run(orm.update(Item), [{"id": 1, "nothing": 1}]),
        run(orm.update(Item), [{"price": 1}]),
        run(orm.update(Item), [{"id": 1}]),
        run(orm.update(Item).values(state="x"), [{"id": 1, "price": 1}]),
        run(orm.update(Item).where(Item.id == 1), [{"price": 1}]),
        run(orm.update(Item).where(Item.id == 1), [{"price": 1}], **plain),
        run(orm.update(Item).where(Item.id == bindparam("u")), [{"u": 1, "price": 6}], **plain),
        run(orm.delete(Item).where(Item.id == bindparam("u")), [{"u": 1}], **plain),
        run(orm.delete(Item).where(Item.id == bindparam("u")), [{"u": 1}]),
        run(orm.update(Item), [{"id": 1, "price": 1}], dml_strategy="bulk"),
        run(orm.update(Item).values(price=3), None, dml_strategy="orm"),
        run(orm.update(Item).values(price=3), None, dml_strategy="bulk"),
        run(orm.update(Item).values(price=3), None, dml_strategy="core_only"),
        run(orm.update(Item).values(price=3), None, dml_strategy="perhaps"),
        run(orm.delete(Item), None, dml_strategy="perhaps"),
        run(orm.delete(Item), None, synchronize_session="perhaps"),
    ]


@contract(*EVERY, roads=ROADS)
def test_each_set_of_parameters_with_criteria(orm: Orm, heard: Recorder, engine: Engine) -> object:
    Item = shop(orm, engine).Item
    with orm.Session(engine) as session:
        statement = orm.update(Item).where(Item.label == bindparam("which"))
        rows = [{"id": 1, "which": "pen", "price": 7}, {"id": 2, "which": "pad", "price": 8}]
        session.execute(statement, rows, execution_options={"synchronize_session": None})
        plain = orm.update(Item).where(Item.price > 3).values(rank=5)
        more = [{"id": 1, "state": "x"}, {"id": 3, "state": "y"}]
        session.execute(plain, more, execution_options={"synchronize_session": None})
        session.commit()
        return items_of(orm, session, Item)


@contract("sqlite", "postgresql", roads=ROADS)
def test_updates_of_a_family(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = staffed(orm, engine)
    Person, Engineer, Lead = world.Person, world.Engineer, world.Lead
    told: list[Any] = []
    for strategy in ("auto", "fetch", False):
        options = {"synchronize_session": strategy}
        with orm.Session(engine) as session:
            staff = session.scalars(orm.select(Person).order_by(Person.id)).all()
            for statement in (
                orm.update(Person).where(Person.name > "L").values(name="P"),
                orm.update(Engineer).where(Engineer.skill == "c").values(skill="d"),
            ):
                told.append(session.execute(statement, execution_options=options).rowcount)
            told.append([each.name for each in staff])
            told.append([each.skill for each in staff if hasattr(each, "skill")])
            gone = orm.delete(Lead).where(Lead.team == "core")
            told.append(session.execute(gone, execution_options=options).rowcount)
            told.append([each in session for each in staff])
            session.rollback()
    return told


@contract(*EVERY, roads=ROADS)
def test_the_onupdate_default_reaches_the_objects(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    Item = shop(orm, engine).Item
    told: list[Any] = []
    for strategy in STRATEGIES:
        with orm.Session(engine) as session:
            items = session.scalars(orm.select(Item).order_by(Item.id)).all()
            statement = orm.update(Item).where(Item.id < 3).values(price=literal(4) + 3)
            options = {"synchronize_session": strategy}
            session.execute(statement, execution_options=options)
            told.append([strategy, [each.changes for each in items], [x.price for x in items]])
            told.append([loaded(each) for each in items])
            session.rollback()
    return told


@contract(*EVERY, roads=ROADS)
def test_ordered_values(orm: Orm, heard: Recorder, engine: Engine) -> object:
    Item = shop(orm, engine).Item
    with orm.Session(engine) as session:
        items = session.scalars(orm.select(Item).order_by(Item.id)).all()
        statement = orm.update(Item).ordered_values((Item.price, 4), ("state", "x"))
        session.execute(statement)
        return [[each.price, each.state] for each in items]


@contract(*EVERY, roads=ROADS)
def test_related_objects_after_bulk_statements(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = shop(orm, engine)
    Item, Shop = world.Item, world.Shop
    with orm.Session(engine) as session:
        red = session.get(Shop, 1)
        before = [each.label for each in red.items]
        pen = red.items[0]
        session.execute(orm.update(Item).where(Item.label == "pen").values(shop_id=2))
        told: list[Any] = [before, pen.shop_id, pen.shop is red]
        session.execute(orm.delete(Item).where(Item.label == "ink"))
        told.append([each.label for each in red.items if each in session])
        session.expire_all()
        told.append([each.label for each in red.items])
        return told


@contract(*EVERY, roads=ROADS)
def test_a_savepoint_brings_deleted_objects_back(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    Item = shop(orm, engine).Item
    heard.classes(Item, attributes=False)
    with orm.Session(engine) as session:
        heard.session(session)
        items = session.scalars(orm.select(Item).order_by(Item.id)).all()
        with session.begin_nested() as point:
            session.execute(orm.delete(Item).where(Item.label == "pen"))
            told = [each in session for each in items]
            point.rollback()
        told += [each in session for each in items]
        session.execute(orm.delete(Item).where(Item.label == "ink"))
        session.commit()
        return [*told, *[orm.inspect(each).detached for each in items]]

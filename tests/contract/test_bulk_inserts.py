"""INSERT of mapped classes through a session: many rows, RETURNING, upserts."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, func, literal, literal_column
from sqlalchemy.dialects import mysql, postgresql, sqlite

from .databases import EVERY
from .family import family
from .heard import Recorder
from .library import loaded
from .oracle import ROADS, Orm
from .runner import contract
from .stock import items_of, shop


@contract(*EVERY, roads=ROADS)
def test_rows_get_their_defaults(orm: Orm, heard: Recorder, engine: Engine) -> object:
    Item = shop(orm, engine).Item
    heard.classes(Item)
    with orm.Session(engine) as session:
        heard.session(session)
        session.execute(orm.insert(Item), [{"label": "a"}, {"label": "b"}])
        session.execute(orm.insert(Item), {"label": "c", "price": 1})
        session.execute(orm.insert(Item).values(label="d", state="old"))
        session.execute(orm.insert(Item).values({Item.label: "e", "rank": 4}))
        session.execute(orm.insert(Item).values([{"label": "f"}, {"label": "g"}]))
        session.commit()
        return items_of(orm, session, Item)


@contract(*EVERY, roads=ROADS)
def test_rows_may_name_different_columns(orm: Orm, heard: Recorder, engine: Engine) -> object:
    Item = shop(orm, engine).Item
    rows = [
        {"label": "a", "price": 1},
        {"label": "b", "price": 2},
        {"label": "c"},
        {"label": "d", "state": "old"},
        {"label": "e", "price": None},
        {"label": "f", "rank": None},
    ]
    with orm.Session(engine) as session:
        session.execute(orm.insert(Item), rows)
        session.commit()
        return items_of(orm, session, Item)


@contract(*EVERY, roads=ROADS)
def test_an_empty_row_has_defaults_only(orm: Orm, heard: Recorder, engine: Engine) -> object:
    Item = shop(orm, engine).Item
    with orm.Session(engine) as session:
        session.execute(orm.insert(Item), [{}])
        session.execute(orm.insert(Item))
        session.commit()
        return items_of(orm, session, Item)


@contract(*EVERY, roads=ROADS)
def test_names_of_rows_are_those_of_attributes(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    Item = shop(orm, engine).Item
    with orm.Session(engine) as session:
        return [
            heard.error(lambda: session.execute(orm.insert(Item), [{"nothing": 1}])),
            heard.error(lambda: session.execute(orm.insert(Item).values(nothing=1))),
            heard.error(lambda: session.execute(orm.insert(Item), [{"shop": 1}])),
        ]


@contract(*EVERY, roads=ROADS)
def test_returning_gives_objects_of_the_session(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    Item = shop(orm, engine).Item
    heard.classes(Item, attributes=False)
    with orm.Session(engine) as session:
        heard.session(session)
        rows = [{"label": "a", "price": 1}, {"label": "b", "price": 2}]
        made = session.scalars(orm.insert(Item).returning(Item), rows).all()
        told: list[Any] = [
            [each.label for each in made],
            [each.rank for each in made],
            [each.shout for each in made],
            [each in session for each in made],
            session.get(Item, made[0].id) is made[0],
        ]
        one = session.scalars(orm.insert(Item).returning(Item), {"label": "c"}).one()
        pair = session.execute(orm.insert(Item).values(label="d").returning(Item, Item.id)).one()
        told += [one.label, pair[0].label, pair.id == pair[0].id, pair._fields]
        values = session.execute(
            orm.insert(Item).returning(Item.label, Item.state, func.lower(Item.label)),
            [{"label": "E"}, {"label": "F", "price": 4}],
        ).all()
        session.commit()
        return [*told, sorted(values)]


@contract(*EVERY, roads=ROADS)
def test_returning_in_the_order_of_the_parameters(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    Item = shop(orm, engine).Item
    labels = [f"item {number}" for number in range(30, 0, -1)]
    with orm.Session(engine) as session:
        statement = orm.insert(Item).returning(Item, sort_by_parameter_order=True)
        made = session.scalars(statement, [{"label": label} for label in labels]).all()
        ids = orm.insert(Item).returning(Item.id, Item.label, sort_by_parameter_order=True)
        rows = session.execute(ids, [{"label": f"{label}!"} for label in labels]).all()
        mixed = [{"label": "x"}, {"label": "y", "price": 1}, {"label": "z"}]
        told = [each.label for each in session.scalars(statement, mixed)]
        return [[each.label for each in made], [row.label for row in rows], told]


@contract(*EVERY, roads=ROADS)
def test_expressions_in_values(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = shop(orm, engine)
    Item, Shop = world.Item, world.Shop
    first = orm.select(func.min(Shop.id)).scalar_subquery()
    with orm.Session(engine) as session:
        session.execute(
            orm.insert(Item).values(price=literal(4) + 5, shop_id=first),
            [{"label": "a"}, {"label": "b"}],
        )
        session.execute(orm.insert(Item).values(label=func.lower("C"), price=first))
        session.commit()
        return items_of(orm, session, Item)


@contract(*EVERY, roads=ROADS)
def test_an_expression_in_a_row_of_its_own(orm: Orm, heard: Recorder, engine: Engine) -> object:
    Item = shop(orm, engine).Item
    with orm.Session(engine) as session:
        return [
            heard.error(
                lambda: session.execute(
                    orm.insert(Item),
                    [{"label": "a", "price": 1}, {"label": "b", "price": literal(4) + 5}],
                )
            ),
            heard.error(
                lambda: session.execute(
                    orm.insert(Item).returning(Item.label),
                    [{"label": func.lower("C")}, {"label": "d"}],
                ).all()
            ),
            items_of(orm, session, Item),
        ]


@contract(*EVERY, roads=ROADS)
def test_none_is_left_to_the_defaults_unless_nulls_are_asked_for(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    Item = shop(orm, engine).Item
    nothing = dict.fromkeys(["price", "state", "serial", "rank", "changes"])
    nulls = {"render_nulls": True}
    with orm.Session(engine) as session:
        session.execute(orm.insert(Item), [{"label": "a", **nothing}, {"label": "b"}])
        session.execute(orm.insert(Item), {"label": "c", **nothing})
        session.execute(
            orm.insert(Item), [{"label": "d", **nothing}, {"label": "e"}], execution_options=nulls
        )
        session.execute(orm.insert(Item).values(label="f", **nothing))
        session.commit()
        return items_of(orm, session, Item)


@contract(*EVERY, roads=ROADS)
def test_values_are_defaults_of_the_rows(orm: Orm, heard: Recorder, engine: Engine) -> object:
    Item = shop(orm, engine).Item
    rows = [{"label": "a"}, {"label": "b", "price": 6}, {"label": "c", "price": 7}]
    with orm.Session(engine) as session:
        session.execute(orm.insert(Item).values(price=5, state=func.lower("NEW")), rows)
        session.commit()
        return items_of(orm, session, Item)


@contract(*EVERY, roads=ROADS)
def test_the_strategy_may_be_chosen(orm: Orm, heard: Recorder, engine: Engine) -> object:
    Item = shop(orm, engine).Item
    rows = [{"label": "a"}, {"label": "b"}]
    with orm.Session(engine) as session:
        statement = orm.insert(Item)
        for strategy in ("auto", "bulk"):
            options = {"dml_strategy": strategy}
            given = [{"label": f"{row['label']} {strategy}"} for row in rows]
            session.execute(statement, given, execution_options=options)
        session.execute(
            statement.values(price=2),
            [{"item_label": "raw"}, {"item_label": "rare"}],
            execution_options={"dml_strategy": "raw"},
        )
        named = orm.insert(Item).values([{"label": "orm"}])
        session.execute(named, execution_options={"dml_strategy": "orm"})
        wrong = {"dml_strategy": "perhaps"}
        bulk = {"dml_strategy": "bulk"}
        refused = [
            heard.error(lambda: session.execute(statement, rows, execution_options=wrong)),
            heard.error(lambda: session.execute(named, execution_options=bulk)),
        ]
        session.commit()
        return [refused, items_of(orm, session, Item)]


@contract(*EVERY, roads=ROADS)
def test_rows_come_from_a_select(orm: Orm, heard: Recorder, engine: Engine) -> object:
    Item = shop(orm, engine).Item
    source = orm.select(Item.label + "!", Item.price, literal("copy")).where(Item.price > 3)
    asked = orm.select(Item.label + "?", Item.id)
    with orm.Session(engine) as session:
        session.execute(orm.insert(Item).from_select(["item_label", "price", "state"], source))
        statement = orm.insert(Item).from_select([Item.label, Item.price], asked)
        told = session.scalars(statement.returning(Item)).all()
        session.commit()
        return [sorted(each.label for each in told), items_of(orm, session, Item)]


def upsert(engine: Engine, Item: Any) -> Any:
    """Return an INSERT that changes price and state of the item that has the label already."""
    name = engine.dialect.name
    if name in ("mysql", "mariadb"):
        made: Any = mysql.insert(Item)
        # A value of our own in this clause is more than the driver can take for several rows.
        again = literal_column("'again'")
        return made.on_duplicate_key_update(price=made.inserted.price, state=again)
    made = {"sqlite": sqlite, "postgresql": postgresql}[name].insert(Item)  # type: ignore[attr-defined] # both have one
    return made.on_conflict_do_update(
        index_elements=[Item.label], set_={"price": made.excluded.price, "state": "again"}
    )


@contract(*EVERY, roads=ROADS)
def test_upserts(orm: Orm, heard: Recorder, engine: Engine) -> object:
    Item = shop(orm, engine).Item
    rows = [{"label": "pen", "price": 30}, {"label": "new", "price": 40}]
    with orm.Session(engine) as session:
        pen = session.scalars(orm.select(Item).where(Item.label == "pen")).one()
        session.execute(upsert(engine, Item), rows)
        before = pen.price
        session.expire(pen)
        session.commit()
        return [before, [row[1:5] for row in items_of(orm, session, Item)]]


@contract("sqlite", "postgresql", roads=ROADS)
def test_an_upsert_overwrites_objects_on_request(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    Item = shop(orm, engine).Item
    with orm.Session(engine) as session:
        pen = session.scalars(orm.select(Item).where(Item.label == "pen")).one()
        kept = upsert(engine, Item).values([{"label": "pen", "price": 30}])
        told: list[Any] = [session.scalars(kept.returning(Item)).one() is pen, pen.price]
        for price, options in ((31, {}), (32, {"populate_existing": True})):
            rows = [{"label": "pen", "price": price}, {"label": f"x{price}", "price": price}]
            found = session.scalars(
                upsert(engine, Item).returning(Item), rows, execution_options=options
            ).all()
            told.append([pen in found, pen.price, pen.state, pen.shout])
        made = {"sqlite": sqlite, "postgresql": postgresql}[engine.dialect.name].insert(Item)  # type: ignore[attr-defined] # both have one
        renamed = made.values(label="pen", price=33).on_conflict_do_update(
            index_elements=[Item.label], set_={"item_label": "pencil"}
        )
        session.scalars(renamed.returning(Item), execution_options=options).all()
        told.append([pen.label, pen.shout])
        told.append(
            heard.error(
                lambda: session.scalars(
                    upsert(engine, Item).returning(Item, sort_by_parameter_order=True), rows
                ).all()
            )
        )
        session.rollback()
        return told


@contract("sqlite", "postgresql", roads=ROADS)
def test_an_upsert_may_do_nothing(orm: Orm, heard: Recorder, engine: Engine) -> object:
    Item = shop(orm, engine).Item
    made = {"sqlite": sqlite, "postgresql": postgresql}[engine.dialect.name].insert(Item)  # type: ignore[attr-defined] # both have one
    with orm.Session(engine) as session:
        statement = made.on_conflict_do_nothing(index_elements=[Item.label]).returning(Item)
        found = session.scalars(statement, [{"label": "pen"}, {"label": "new"}]).all()
        return [[each.label for each in found], len(items_of(orm, session, Item))]


@contract(*EVERY, roads=ROADS)
def test_pending_objects_are_written_first(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = shop(orm, engine)
    heard.classes(world.Shop)
    with orm.Session(engine) as session:
        heard.session(session)
        session.add(world.Shop(name="new"))
        heard.mark("insert")
        session.execute(orm.insert(world.Shop), [{"name": "other"}])
        session.add(world.Shop(name="late"))
        heard.mark("without autoflush")
        session.execute(
            orm.insert(world.Shop), [{"name": "third"}], execution_options={"autoflush": False}
        )
        session.commit()
        return session.scalars(orm.select(world.Shop.name).order_by(world.Shop.name)).all()


@contract("sqlite", "mariadb", roads=ROADS)
def test_what_the_result_of_an_insert_tells(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = shop(orm, engine)
    Item = world.Item
    with orm.Session(engine) as session:
        one = session.execute(orm.insert(Item).values(label="a"))
        many = session.execute(orm.insert(Item), [{"label": "c"}, {"label": "d"}])
        mixed = session.execute(orm.insert(Item), [{"label": "e"}, {"label": "f", "price": 1}])
        return [
            tuple(one.inserted_primary_key),
            one.rowcount,
            heard.error(one.all),
            heard.error(many.all),
            heard.error(mixed.all),
        ]


@contract(*EVERY, roads=ROADS)
def test_rows_of_a_class_over_several_tables_return_objects(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = family(orm, engine)
    rows = [{"name": name, "skill": name, "team": name} for name in "cab"]
    with orm.Session(engine) as session:
        statement = orm.insert(world.Lead).returning(world.Lead)
        made = session.scalars(statement, rows).all()
        ordered = orm.insert(world.Engineer).returning(
            world.Engineer.name, world.Engineer.skill, sort_by_parameter_order=True
        )
        given = [{"name": name, "skill": name.upper()} for name in "zxy"]
        pairs = session.execute(ordered, given).all()
        told = [(type(each).__name__, each.name, each.skill, each.team) for each in made]
        defaults = [(each.level, each.kind) for each in made]
        session.commit()
        return [sorted(told), defaults, pairs]


@contract(*EVERY, roads=ROADS)
def test_a_class_that_shares_a_table_is_told_apart(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = family(orm, engine)
    Person, Intern = world.Person, world.Intern
    with orm.Session(engine) as session:
        session.execute(orm.insert(Person), [{"name": "a"}, {"name": "b", "kind": "person"}])
        session.execute(orm.insert(Intern), [{"name": "d", "school": "MIT", "skill": "c"}])
        session.commit()
        found = session.scalars(orm.select(Person).order_by(Person.id)).all()
        return [[type(each).__name__, each.kind, each.name] for each in found]


@contract(roads=ROADS)
def test_what_an_inserted_object_has_loaded(orm: Orm, heard: Recorder, engine: Engine) -> object:
    Item = shop(orm, engine).Item
    with orm.Session(engine) as session:
        made = session.scalars(orm.insert(Item).returning(Item), [{"label": "a"}]).one()
        some = orm.insert(Item).returning(Item).options(orm.load_only(Item.label))
        part = session.scalars(some, [{"label": "b"}]).one()
        return [loaded(made), loaded(part)]


@contract("sqlite", "postgresql", roads=ROADS)
def test_options_hold_for_what_returning_gives(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = shop(orm, engine)
    Item, Shop = world.Item, world.Shop
    rows = [{"label": "a", "shop_id": 1}, {"label": "b", "shop_id": 2}]
    with orm.Session(engine) as session:
        statement = orm.insert(Item).returning(Item).options(orm.selectinload(Item.shop))
        made = session.scalars(statement, rows).all()
        told: list[Any] = [["shop" in vars(each), each.shop.name] for each in made]
        deep = orm.selectinload(Shop.items).load_only(Item.label)
        changed = orm.update(Shop).where(Shop.id == 1).values(name="x").returning(Shop)
        shops = session.scalars(changed.options(deep)).all()
        told.append([["items" in vars(each), len(each.items)] for each in shops])
        few = orm.update(Item).where(Item.id > 1).values(rank=3).returning(Item)
        session.expunge_all()
        found = session.scalars(
            few.options(orm.load_only(Item.label, Item.rank)),
            execution_options={"synchronize_session": False},
        ).all()
        return [*told, sorted([each.label, *loaded(each)] for each in found)]

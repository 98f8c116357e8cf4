"""`bulk_insert_mappings`, `bulk_update_mappings` and `bulk_save_objects`."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine

from .databases import EVERY
from .family import staffed
from .heard import Recorder
from .library import loaded
from .oracle import Orm
from .runner import contract
from .stock import items_of, shop


@contract(*EVERY, in_order=True)
def test_rows_are_inserted_without_objects(orm: Orm, heard: Recorder, engine: Engine) -> object:
    Item = shop(orm, engine).Item
    heard.classes(Item)
    rows = [{"label": "a", "price": None, "state": None}, {"label": "b", "rank": 3}]
    keyed = [{"label": "c"}, {"label": "d", "price": 4}, {"label": "e", "id": 50}]
    nulls = [{"label": "f", "state": None}]
    with orm.Session(engine) as session:
        heard.session(session)
        session.bulk_insert_mappings(Item, rows)
        heard.mark("keys")
        session.bulk_insert_mappings(orm.inspect(Item), keyed, return_defaults=True)
        heard.mark("nulls")
        session.bulk_insert_mappings(Item, nulls, render_nulls=True)
        session.bulk_insert_mappings(Item, [])
        session.commit()
        return [rows, keyed, nulls, items_of(orm, session, Item)]


@contract(*EVERY, in_order=True)
def test_rows_are_updated_without_objects(orm: Orm, heard: Recorder, engine: Engine) -> object:
    Item = shop(orm, engine).Item
    heard.classes(Item)
    with orm.Session(engine) as session:
        heard.session(session)
        pen = session.get(Item, 1)
        heard.mark("update")
        session.bulk_update_mappings(
            Item, [{"id": 1, "price": 4}, {"id": 2, "label": "x", "price": None}, {"id": 3}]
        )
        heard.mark("not told")
        told = [pen.price]
        session.commit()
        told.append(items_of(orm, session, Item))
        for rows in ([{"id": 77, "price": 1}], [{"price": 1}]):
            told.append(heard.error(lambda: session.bulk_update_mappings(Item, rows)))  # noqa: B023 # at once
            told.append(heard.error(lambda: session.execute(orm.select(Item))))
            session.rollback()
        return told


@contract(*EVERY)
def test_objects_are_saved_as_rows(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = shop(orm, engine)
    Item, Shop = world.Item, world.Shop
    told: list[Any] = []
    for number, options in enumerate(
        (
            {},
            {"return_defaults": True},
            {"update_changed_only": False},
            {"preserve_order": False},
        )
    ):
        with orm.Session(engine, autoflush=False) as session:
            made = [
                Item(label=f"a{number}"),
                Shop(name="new"),
                Item(label=f"b{number}", price=2, state=None),
            ]
            pen = Item(id=1, label="pen")
            orm.make_transient_to_detached(pen)
            pen.price = 90 + number
            heard.mark("save")
            session.bulk_save_objects([*made, pen], **options)
            for each in (*made, pen):
                state = orm.inspect(each)
                told.append([each in session, state.transient, loaded(each)])
            session.commit()
            told.append(items_of(orm, session, Item))
    return told


@contract("sqlite", "mariadb")
def test_rows_of_a_family(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = staffed(orm, engine)
    Lead = world.Lead
    rows = [{"name": "a", "skill": "x", "team": "t"}, {"name": "b", "team": "u"}]
    keyed = [{"name": "c", "team": "v"}]
    with orm.Session(engine) as session:
        session.bulk_insert_mappings(Lead, rows)
        session.bulk_insert_mappings(Lead, keyed, return_defaults=True)
        session.bulk_update_mappings(Lead, [{"id": 4, "name": "New", "team": "x"}])
        session.bulk_save_objects([Lead(name="k", team="z"), world.Manager(title="m")])
        session.commit()
        found = session.scalars(orm.select(world.Person).order_by(world.Person.id)).all()
        told = [[type(each).__name__, each.name, each.kind] for each in found]
        leads = session.scalars(orm.select(Lead).order_by(Lead.id)).all()
        return [
            told,
            [[each.skill, each.team] for each in leads],
            sorted(rows[0]),
            sorted(keyed[0]),
        ]

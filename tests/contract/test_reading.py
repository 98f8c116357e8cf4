"""Reading on both roads: the common shapes of SELECT, and the Result API."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, func, literal, text

from .databases import EVERY
from .heard import Recorder
from .models import people
from .oracle import ROADS, Orm
from .runner import contract

# Users compare with None itself; a name keeps the linter from taking it for a slip.
NOTHING = None


@contract(*EVERY, roads=ROADS)
def test_conditions(orm: Orm, heard: Recorder, engine: Engine) -> object:
    User = people(orm, engine).User
    conditions = [
        User.id == 1,
        User.id != 1,
        User.age > 25,
        User.age >= 25,
        User.age < 30,
        User.age <= 30,
        User.age == NOTHING,
        User.age.is_(None),
        User.age.is_not(None),
        User.name.in_(["Ann", "Cid"]),
        User.name.not_in(["Ann", "Cid"]),
        User.name.in_([]),
        User.name.like("A%"),
        User.name.ilike("a%"),
        User.name.startswith("B"),
        User.name.endswith("d"),
        User.name.contains("n"),
        User.age.between(20, 28),
        orm.and_(User.id > 1, User.age.is_(None)),
        orm.or_(User.id == 1, User.name == "Cid"),
        orm.not_(User.id == 1),
        (User.id == 1) | (User.id == 2) & (User.age == 25),
        ~(User.name == "Ann"),
        User.age + 5 == 35,
        User.age % 2 == 1,
        User.name + "!" == "Ann!",
        func.lower(User.name) == "ann",
    ]
    with orm.Session(engine) as session:
        return [
            [user.name for user in session.scalars(orm.select(User).where(one).order_by(User.id))]
            for one in conditions
        ]


@contract(*EVERY, roads=ROADS)
def test_the_same_shape_with_other_values(orm: Orm, heard: Recorder, engine: Engine) -> object:
    User = people(orm, engine).User
    with orm.Session(engine) as session:
        return [
            [
                session.scalars(orm.select(User).where(User.name == name)).all(),
                session.scalars(orm.select(User.id).where(User.age == age)).all(),
                session.scalars(orm.select(User).where(User.id.in_(keys))).all(),
            ]
            for name, age, keys in (
                ("Ann", 25, [1]),
                ("Bob", 30, [1, 2]),
                ("Nobody", 1, []),
                ("", 0, [3, 2, 1]),
            )
        ]


@contract(*EVERY, roads=ROADS)
def test_order_limit_offset_distinct(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = people(orm, engine)
    User, Address = world.User, world.Address
    statements = [
        orm.select(User).order_by(User.name.desc()),
        orm.select(User).order_by(User.age.is_(None), User.age),
        orm.select(User).order_by(User.id).limit(2),
        orm.select(User).order_by(User.id).limit(1).offset(1),
        orm.select(Address.user_id).distinct().order_by(Address.user_id),
        orm.select(User).filter_by(name="Bob"),
        orm.select(User).where(User.id > 0, User.id < 3).order_by(User.id.asc()),
        orm.select(User).filter(User.id > 0).filter(User.id < 2),
    ]
    with orm.Session(engine) as session:
        return [session.scalars(statement).all() for statement in statements]


@contract(*EVERY, roads=ROADS)
def test_tuples_labels_and_functions(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = people(orm, engine)
    User, Address = world.User, world.Address
    statements = [
        orm.select(User.id, User.name).order_by(User.id),
        orm.select(User, User.name).order_by(User.id),
        orm.select(User.name.label("who"), User.age.label("old")).order_by(User.id),
        orm.select(func.count()).select_from(User),
        orm.select(func.count(User.age), func.max(User.age)),
        orm.select(User.name, func.count(Address.id))
        .join(User.addresses)
        .group_by(User.name)
        .having(func.count(Address.id) > 1),
        orm.select(User, Address).join(Address.user).order_by(Address.id),
        orm.select(User.name, Address.email)
        .join(Address, Address.user_id == User.id)
        .order_by(Address.email),
        orm.select(User.name, literal("x").label("mark")).where(User.id == 1),
    ]
    with orm.Session(engine) as session:
        results = [session.execute(statement) for statement in statements]
        return [[list(result.keys()), result.all()] for result in results]


@contract(*EVERY, roads=ROADS)
def test_joins_filter_and_keep_entities_unique_on_request(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = people(orm, engine)
    User, Address = world.User, world.Address
    heard.classes(User, Address)
    with orm.Session(engine) as session:
        heard.session(session)
        joined = orm.select(User).join(User.addresses).order_by(Address.id)
        return [
            session.scalars(joined).all(),
            session.scalars(joined).unique().all(),
            session.scalars(joined.where(Address.email.like("bob%"))).all(),
            session.scalars(
                orm.select(Address).join(Address.user).where(User.name == "Ann")
            ).all(),
            session.scalars(
                orm.select(User).outerjoin(User.addresses).where(Address.id == NOTHING)
            ).all(),
        ]


@contract(roads=ROADS)
def test_the_result_api(orm: Orm, heard: Recorder, engine: Engine) -> object:
    User = people(orm, engine).User
    users = orm.select(User).order_by(User.id)
    pairs = orm.select(User.id, User.name).order_by(User.id)
    nobody = orm.select(User).where(User.id > 50)
    with orm.Session(engine) as session:
        run, many = session.execute, session.scalars
        return [
            run(users).scalars().all(),
            run(users).all(),
            run(users).first(),
            many(users).first(),
            many(users.where(User.id == 1)).one(),
            many(users.limit(1)).one_or_none(),
            many(nobody).one_or_none(),
            many(nobody).first(),
            run(nobody).scalar(),
            run(users.where(User.id == 1)).scalar_one(),
            run(nobody).scalar_one_or_none(),
            heard.error(lambda: many(nobody).one()),
            heard.error(lambda: many(users).one()),
            heard.error(lambda: run(nobody).scalar_one()),
            many(users).fetchmany(2),
            [list(part) for part in many(users).partitions(2)],
            [row._mapping["name"] for row in run(pairs)],
            [row.name for row in run(pairs)],
            [dict(row) for row in run(pairs).mappings()],
            [tuple(row) for row in run(pairs).columns("name")],
            [name for _, name in run(pairs).tuples()],
            session.scalar(pairs),
            [user.name for user in many(users)],
            run(pairs).fetchone(),
            list(many(users).yield_per(2)),
        ]


@contract(*EVERY, roads=ROADS)
def test_identity_and_populate_existing(orm: Orm, heard: Recorder, engine: Engine) -> object:
    User = people(orm, engine).User
    statement = orm.select(User).order_by(User.id)
    with orm.Session(engine) as session:
        first = session.scalars(statement).all()
        first[0].name = "mine"
        with session.no_autoflush:
            second = session.scalars(statement).all()
            told = [first[0] is second[0], second[0].name]
            fresh = session.scalars(statement.execution_options(populate_existing=True)).all()
        return [*told, fresh[0] is first[0], fresh[0].name, session.is_modified(first[0])]


@contract(*EVERY, roads=ROADS)
def test_get_and_get_one(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = people(orm, engine)
    heard.classes(world.User)
    with orm.Session(engine) as session:
        heard.session(session)
        get = session.get
        told = [get(world.User, 1), get(world.User, (2,)), get(world.User, {"id": 3})]
        heard.mark("known")
        told += [get(world.User, 1) is told[0], get(world.User, 99), get(world.User, None)]
        heard.mark("populate existing")
        told.append(get(world.User, 1, populate_existing=True) is told[0])
        heard.mark("for update")
        told.append(get(world.User, 2, with_for_update=True) is told[1])
        heard.mark("expired")
        session.expire(told[0])
        told.append(get(world.User, 1) is told[0])
        heard.mark("errors")
        return [
            *told,
            session.get_one(world.User, 2),
            heard.error(lambda: session.get_one(world.User, 99)),
            heard.error(lambda: get(world.User, (1, 2))),
            heard.error(lambda: get(world.User, {"key": 1})),
            heard.error(lambda: get(int, 1)),
        ]


@contract("postgresql", "mariadb", roads=ROADS)
def test_for_update_reads_the_rows(orm: Orm, heard: Recorder, engine: Engine) -> object:
    User = people(orm, engine).User
    with orm.Session(engine) as session:
        statement = orm.select(User).where(User.id < 3).order_by(User.id)
        return [
            session.scalars(statement.with_for_update()).all(),
            session.scalars(statement.with_for_update(nowait=True)).all(),
            session.scalars(statement.with_for_update(skip_locked=True)).all(),
        ]


@contract(*EVERY, roads=ROADS)
def test_text_becomes_objects(orm: Orm, heard: Recorder, engine: Engine) -> object:
    User = people(orm, engine).User
    heard.classes(User)
    with orm.Session(engine) as session:
        written = text("SELECT id, name, age FROM users WHERE id < :limit ORDER BY id")
        statement = orm.select(User).from_statement(written)
        return [
            session.scalars(statement, {"limit": 3}).all(),
            session.execute(text("SELECT name FROM users WHERE id = :id"), {"id": 1}).scalar(),
        ]


@contract(*EVERY, roads=ROADS)
def test_subqueries_exists_and_expressions(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = people(orm, engine)
    User, Address = world.User, world.Address
    with orm.Session(engine) as session:
        counted = orm.select(func.count(Address.id)).where(Address.user_id == User.id)
        owners = orm.select(Address.user_id)
        return [
            session.scalars(orm.select(User).where(User.id.in_(owners)).order_by(User.id)).all(),
            session.execute(
                orm.select(User.name, counted.scalar_subquery()).order_by(User.id)
            ).all(),
            session.scalars(orm.select(User).where(counted.exists()).order_by(User.id)).all(),
            session.scalar(orm.select(func.count()).select_from(owners.subquery())),
        ]


@contract(roads=ROADS)
def test_yield_per_gives_every_object(orm: Orm, heard: Recorder, engine: Engine) -> object:
    User = people(orm, engine).User
    heard.classes(User, attributes=False)
    with orm.Session(engine) as session:
        statement = orm.select(User).order_by(User.id).execution_options(yield_per=2)
        told: list[Any] = []
        for user in session.scalars(statement):
            heard.mark("took one")
            told.append(user.name)
        return told


@contract(*EVERY, roads=ROADS)
def test_full_statements_become_what_the_select_asks_for(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = people(orm, engine)
    User, Address = world.User, world.Address
    everybody = text("SELECT * FROM users ORDER BY id")
    pairs = text(
        "SELECT u.id, u.name, a.id, a.email FROM users u JOIN addresses a ON a.user_id = u.id "
        "ORDER BY a.id"
    ).columns(User.id, User.name, Address.id, Address.email)
    swapped = text("SELECT name, id FROM users ORDER BY id")
    one = text("SELECT * FROM users WHERE id = :id")
    with orm.Session(engine) as session:
        query = session.query(User)
        return [
            session.scalars(orm.select(User).from_statement(everybody)).all(),
            session.execute(orm.select(User, Address).from_statement(pairs)).all(),
            session.execute(orm.select(User.id, User.name).from_statement(swapped)).all(),
            session.scalars(
                orm.select(User).from_statement(orm.select(User).where(User.id == 2))
            ).all(),
            query.from_statement(everybody).all(),
            query.from_statement(one).params(id=2).one(),
            query.from_statement(everybody).first(),
            heard.error(lambda: query.from_statement(everybody).filter(User.id == 1)),
            heard.error(
                lambda: session.scalars(
                    orm.select(User).from_statement(text("SELECT name FROM users"))
                ).all()
            ),
        ]

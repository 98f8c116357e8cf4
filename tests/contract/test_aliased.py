"""Aliased classes: one class more than once in a statement, or over another selectable."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, Engine, Integer, String, func, select, text
from sqlalchemy import inspect as core_inspect

from .databases import EVERY
from .heard import Recorder
from .models import people
from .oracle import ROADS, Orm
from .runner import contract


def sql(statement: Any) -> str:
    """Return the text of a statement on one line."""
    return " ".join(str(statement).split())


@contract(*EVERY, roads=ROADS)
def test_aliases_of_one_class_meet_in_a_statement(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    User = people(orm, engine).User
    one, other = orm.aliased(User), orm.aliased(User, name="other")
    older = orm.select(one, other).where(one.age > other.age).order_by(other.name.desc())
    with orm.Session(engine) as session:
        rows = session.execute(older).all()
        return [
            [(row[0].name, row.other.name, row._mapping[other] is row[1]) for row in rows],
            session.scalars(orm.select(one).where(one.name == "Bob")).one() is rows[0][1],
            session.scalars(orm.select(other).order_by(other.id).limit(1)).all()[0].name,
            session.execute(
                orm.select(one, User, other).where(one.id == User.id, other.id == one.id)
            ).keys(),
            sql(older),
        ]


@contract(*EVERY, roads=ROADS)
def test_columns_of_aliases(orm: Orm, heard: Recorder, engine: Engine) -> object:
    User = people(orm, engine).User
    one, other = orm.aliased(User), orm.aliased(User)
    pairs = (
        orm.select(one.name, other.name.label("younger"), func.lower(one.name), User.id)
        .where(orm.and_(one.age > other.age, User.name == one.name))
        .order_by(one.id)
    )
    with orm.Session(engine) as session:
        result = session.execute(pairs)
        return [
            list(result.keys()),
            result.all(),
            session.execute(orm.select(one.id, other.id).where(one.id == other.id)).keys(),
            session.scalars(
                orm.select(one.name)
                .where(
                    orm.or_(one.age.is_(None), one.name.in_(["Ann", "Dan"]), one.id.between(7, 9))
                )
                .group_by(one.name)
                .having(func.count(one.id) == 1)
                .order_by(one.name)
            ).all(),
            session.scalars(orm.select(one).filter_by(name="Ann")).one().age,
            session.scalar(orm.select(func.count()).select_from(one)),
            session.scalar(orm.select(func.count(one.id))),
        ]


@contract(*EVERY, roads=ROADS)
def test_aliases_of_subqueries(orm: Orm, heard: Recorder, engine: Engine) -> object:
    User = people(orm, engine).User
    young = orm.select(User).where(User.age < 28).subquery()
    some = orm.select(User.id, User.name).where(User.id > 1).subquery("some")
    Young, Some = orm.aliased(User, young), orm.aliased(User, some, name="one")
    with orm.Session(engine) as session:
        bob = session.scalars(orm.select(Young).where(Young.name != "x")).one()
        rows = session.execute(
            orm.select(Some, Young).where(Some.id >= Young.id).order_by(Some.id)
        ).all()
        return [
            bob is session.get(User, 2),
            [(row.one.name, row[1].name, row[1] is bob) for row in rows],
            "age" in orm.inspect(rows[1][0]).unloaded,
            sql(orm.select(Young)),
            sql(orm.select(Some)),
            sql(orm.select(orm.aliased(User, orm.select(User).cte("c")))),
            sql(orm.select(orm.aliased(User, User.__table__.alias("t")).name)),
        ]


@contract(*EVERY)
def test_columns_matched_by_name(orm: Orm, heard: Recorder, engine: Engine) -> object:
    User = people(orm, engine).User
    rows = text("SELECT 1 AS id, 'new' AS name, 5 AS age")
    typed = rows.columns(Column("id", Integer), Column("name", String)).subquery()
    Matched = orm.aliased(User, typed, adapt_on_names=True)
    with orm.Session(engine) as session:
        found = session.scalars(orm.select(Matched)).one()
        return [
            found.name,
            found.age,
            sql(orm.select(Matched)),
            heard.error(lambda: session.scalars(orm.select(orm.aliased(User, typed)))),
            heard.error(lambda: orm.aliased(typed, adapt_on_names=True)),
        ]


@contract(roads=ROADS)
def test_what_an_alias_tells_of_itself(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = people(orm, engine)
    User = world.User
    alias, named = orm.aliased(User), orm.aliased(User, name="n")
    insp = orm.inspect(alias)
    table = orm.aliased(User.__table__, name="t")

    def about(statement: Any) -> list[Any]:
        return [
            (each["name"], each["aliased"], each["entity"] is alias, each["expr"] is alias)
            for each in statement.column_descriptions
        ]

    return [
        [str(alias), str(alias.name), alias.__name__, str(orm.aliased(alias)), str(insp)],
        [insp.name, orm.inspect(named).name, insp.class_ is User, insp.entity is alias],
        [insp.mapper is User.__mapper__, insp.is_aliased_class, insp.is_mapper],
        [insp.is_selectable, insp.is_instance, core_inspect(alias) is insp],
        [insp.selectable.element is User.__table__, orm.inspect(named).selectable.name],
        [alias.name is alias.name, alias.name.parent is insp, alias.name.class_ is alias],
        [alias.name.key, alias.name.property is User.name.property, str(alias.name.expression)],
        [core_inspect(alias.name) is alias.name, alias.name.is_attribute],
        [alias.__table__ is User.__table__, alias.__mapper__ is User.__mapper__],
        [table.name, type(table).__name__],
        about(orm.select(alias, named, User, alias.name, func.lower(alias.name).label("l"))),
        orm.select(alias).subquery().c.keys(),
    ]


@contract()
def test_methods_of_a_class_see_its_alias(orm: Orm, heard: Recorder, engine: Engine) -> object:
    Base = orm.declarative_base()

    class User(Base):
        __tablename__ = "users"
        id = Column(Integer, primary_key=True)
        name = Column(String(20))
        limit = 3

        @classmethod
        def called(cls, name: str) -> Any:
            return cls.name == name

        @staticmethod
        def two() -> int:
            return 2

    alias = orm.aliased(User, name="u")
    return [
        str(alias.called("x")),
        alias.two(),
        alias.limit,
        heard.error(lambda: alias.nothing),
        heard.error(lambda: alias()),
    ]


@contract(*EVERY)
def test_queries_of_aliases(orm: Orm, heard: Recorder, engine: Engine) -> object:
    User = people(orm, engine).User
    one, other = orm.aliased(User), orm.aliased(User, name="other")
    with orm.Session(engine) as session:
        query = session.query(one).filter(one.age > 20).order_by(one.name.desc())
        return [
            [user.name for user in query],
            query.first().name,
            query.count(),
            query.filter_by(name="Ann").one() is session.get(User, 1),
            [tuple(row) for row in session.query(one.name, other.age).filter(one.id == other.id)],
            [(a.name, b.name) for a, b in session.query(one, other).filter(one.age < other.age)],
            [about["aliased"] for about in session.query(one, User.id).column_descriptions],
            session.query(orm.aliased(User, session.query(User).subquery())).count(),
        ]


@contract("sqlite", roads=ROADS)
def test_equal_statements_on_new_aliases_know_their_own(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    User = people(orm, engine).User
    told = []
    with orm.Session(engine) as session:
        for age in (20, 27, 99):
            one, other = orm.aliased(User), orm.aliased(User)
            inner = orm.aliased(User, select(User).where(User.age > age).subquery())
            statement = orm.select(one, other, inner).where(one.id == inner.id, other.id <= one.id)
            rows = session.execute(statement.order_by(one.id, other.id)).all()
            told.append([(row[0].name, row[1].name, row[2].age) for row in rows])
    return told


@contract()
def test_what_cannot_be_aliased(orm: Orm, heard: Recorder, engine: Engine) -> object:
    people(orm, engine)
    return [type_of(lambda given=given: orm.aliased(given)) for given in (5, object, "User", None)]


def type_of(action: Any) -> str:
    """Return the name of the error that an action raises."""
    try:
        action()
    except Exception as error:
        return type(error).__name__
    return "no error"


@contract(*EVERY, roads=ROADS)
def test_writes_to_an_alias(orm: Orm, heard: Recorder, engine: Engine) -> object:
    User = people(orm, engine).User
    alias = orm.aliased(User)
    older = orm.update(alias).where(alias.id == 1).values(age=alias.age + 1)
    with orm.Session(engine) as session:
        told = [session.execute(older).rowcount, sql(older)]
        told.append(session.query(alias).filter(alias.name == "Bob").update({"age": 99}))
        session.commit()
        return [*told, session.execute(orm.select(User.name, User.age).order_by(User.id)).all()]


@contract("sqlite", "postgresql", roads=ROADS)
def test_rows_of_an_alias_deleted(orm: Orm, heard: Recorder, engine: Engine) -> object:
    User = people(orm, engine).User
    alias = orm.aliased(User)
    with orm.Session(engine) as session:
        told = [session.execute(orm.delete(alias).where(alias.name == "Cid")).rowcount]
        session.commit()
        return [*told, session.scalars(orm.select(User.name).order_by(User.id)).all()]


@contract(*EVERY, roads=ROADS)
def test_a_relationship_to_an_alias(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = people(orm, engine)
    User, Address = world.User, world.Address
    newest = (
        select(
            Address,
            func.row_number()
            .over(order_by=Address.id.desc(), partition_by=Address.user_id)
            .label("place"),
        )
    ).subquery()
    Newest = orm.aliased(Address, newest)
    User.newest = orm.relationship(
        Newest,
        primaryjoin=lambda: orm.and_(Newest.user_id == User.id, newest.c.place < 2),
        viewonly=True,
    )
    with orm.Session(engine) as session:
        users = session.scalars(orm.select(User).order_by(User.id)).all()
        prop = orm.inspect(User).relationships.newest
        joined = orm.select(User.name, Newest.email).join(User.newest).order_by(User.name)
        return [
            [[item.email for item in user.newest] for user in users],
            users[1].newest[0] is session.get(Address, 3),
            prop.mapper is Address.__mapper__,
            prop.entity is orm.inspect(Newest),
            session.execute(joined).all(),
            session.scalars(
                orm.select(User.name).where(User.newest.any(Newest.email == "ann@b.org"))
            ).all(),
            session.scalars(orm.select(User.name).where(~User.newest.any())).all(),
            sql(joined),
        ]


@contract(*EVERY, roads=ROADS)
def test_a_relationship_to_an_alias_is_loaded_early(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = people(orm, engine)
    User, Address = world.User, world.Address
    Later = orm.aliased(Address, orm.select(Address).where(Address.id > 1).subquery())
    User.later = orm.relationship(Later, primaryjoin=Later.user_id == User.id, viewonly=True)
    loaders = (orm.selectinload, orm.joinedload, orm.subqueryload, orm.immediateload)
    told = []
    for loader in loaders:
        with orm.Session(engine) as session:
            users = orm.select(User).options(loader(User.later)).order_by(User.id)
            found = session.scalars(users).unique().all()
            told.append([[item.email for item in user.__dict__["later"]] for user in found])
    return told

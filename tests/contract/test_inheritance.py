"""Classes that share one table: whose rows a statement finds."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from sqlalchemy import Column, Engine, ForeignKey, Integer, String, func, or_

from .databases import EVERY
from .heard import Recorder
from .library import loaded
from .oracle import ROADS, Orm
from .runner import contract


def firms(orm: Orm, engine: Engine) -> Any:
    """Declare Firm and four kinds of Person in one table; store one of each."""
    Base: Any = orm.declarative_base()

    class Firm(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "firms"
        id = Column(Integer, primary_key=True)
        staff = orm.relationship("Person", back_populates="firm", order_by="Person.id")
        engineers = orm.relationship("Engineer", viewonly=True)

    class Person(Base):  # type: ignore[misc] # as above
        __tablename__ = "persons"
        __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "person"}
        id = Column(Integer, primary_key=True)
        kind = Column(String(20))
        name = Column(String(20))
        firm_id: Any = Column(ForeignKey("firms.id"))
        firm = orm.relationship("Firm", back_populates="staff")

    class Engineer(Person):
        __mapper_args__ = {"polymorphic_identity": "engineer"}
        skill = Column(String(20))

    class Boss(Person):
        __mapper_args__ = {"polymorphic_identity": "boss"}

    class Chief(Boss):
        __mapper_args__ = {"polymorphic_identity": "chief"}

    Base.classes = (Firm, Person, Engineer, Boss, Chief)
    Base.metadata.create_all(engine)
    with orm.Session(engine) as session:
        first, second = Firm(id=1), Firm(id=2)
        session.add_all(
            [
                Person(id=1, name="Pia", firm=first),
                Engineer(id=2, name="Eve", skill="c", firm=first),
                Boss(id=3, name="Bob", firm=first),
                Chief(id=4, name="Cid", firm=second),
            ]
        )
        session.commit()
    return SimpleNamespace(Firm=Firm, Person=Person, Engineer=Engineer, Boss=Boss, Chief=Chief)


def kinds(objects: Any) -> list[tuple[str, int]]:
    """Return class name and key of each object."""
    return [(type(each).__name__, each.id) for each in objects]


@contract(*EVERY, roads=ROADS)
def test_a_select_of_a_subclass_finds_its_rows_and_those_below(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = firms(orm, engine)
    Boss, Person = world.Boss, world.Person
    with orm.Session(engine) as session:
        return [
            *[
                kinds(session.scalars(orm.select(one).order_by(one.id)))
                for one in (Person, world.Engineer, Boss, world.Chief)
            ],
            session.execute(orm.select(Boss.id, Boss.name).order_by(Boss.id)).all(),
            session.scalar(orm.select(func.count(Boss.id))),
            session.scalar(orm.select(func.count()).select_from(Boss)),
            kinds(session.scalars(orm.select(Boss).where(or_(Boss.id == 1, Boss.id == 3)))),
            kinds(session.scalars(orm.select(Boss).order_by(Boss.id).limit(1))),
            kinds(session.query(Boss).order_by(Boss.id)),
            session.query(Boss).count(),
            kinds(session.scalars(orm.select(Person).where(world.Engineer.skill == "c"))),
        ]


@contract(*EVERY, roads=ROADS)
def test_joins_and_subqueries_of_a_subclass_find_its_rows(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = firms(orm, engine)
    Firm, Boss, Engineer = world.Firm, world.Boss, world.Engineer
    counted = orm.select(func.count(Boss.id)).where(Boss.firm_id == Firm.id)
    statements = [
        orm.select(Firm.id, Boss.id).join(Boss, Boss.firm_id == Firm.id),
        orm.select(Firm.id).join(Boss),
        orm.select(Firm.id).join(Firm.engineers),
        orm.select(Firm.id, Engineer.id).outerjoin(Firm.engineers),
        orm.select(Firm.id, Engineer.id).outerjoin(Engineer, Engineer.firm_id == Firm.id),
        orm.select(Firm.id).where(Firm.id.in_(orm.select(Engineer.firm_id))),
        orm.select(Firm.id, counted.scalar_subquery()),
        orm.select(Firm.id).where(Firm.engineers.any()),
    ]
    with orm.Session(engine) as session:
        return [sorted(session.execute(one).all(), key=str) for one in statements]


@contract(*EVERY)
def test_get_and_relationships_find_rows_of_their_class_only(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = firms(orm, engine)
    with orm.Session(engine) as session:
        get = session.get
        firm = get(world.Firm, 1)
        told = [kinds(firm.engineers), kinds(firm.staff)]
        session.expunge_all()
        wrong, right = get(world.Engineer, 3), get(world.Boss, 4)
        return [
            *told,
            wrong,
            type(right).__name__,
            get(world.Engineer, 4),
            get(world.Person, 2).skill,
        ]


@contract(*EVERY)
def test_bulk_statements_write_rows_of_their_class_only(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = firms(orm, engine)
    Person, Engineer = world.Person, world.Engineer
    with orm.Session(engine) as session:
        people = session.scalars(orm.select(Person).order_by(Person.id)).all()
        changed = session.execute(orm.update(world.Boss).values(name="new")).rowcount
        names = [person.name for person in people]
        gone = session.query(Engineer).delete()
        session.execute(orm.insert(Engineer), [{"id": 9, "name": "Nan"}])
        found = kinds(session.scalars(orm.select(Engineer)))
        return [changed, names, gone, people[1] in session, found]


@contract(roads=ROADS)
def test_a_class_has_no_columns_of_its_siblings(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    Base: Any = orm.declarative_base()

    class Animal(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "animals"
        __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "animal"}
        id = Column(Integer, primary_key=True)
        kind = Column(String(20))

    class Bird(Animal):
        __mapper_args__ = {"polymorphic_identity": "bird"}
        wings = Column(Integer)

    class Fish(Animal):
        __mapper_args__ = {"polymorphic_identity": "fish"}
        fins = Column(Integer)

    class Carp(Fish):
        __mapper_args__ = {"polymorphic_identity": "carp"}
        barbels = Column(Integer)

    Base.metadata.create_all(engine)
    classes = (Animal, Bird, Fish, Carp)
    told: list[Any] = [[prop.key for prop in orm.inspect(one).column_attrs] for one in classes]
    with orm.Session(engine) as session:
        session.add_all([Bird(id=1, wings=2), Fish(id=2, fins=5), Carp(id=3, fins=7, barbels=4)])
        session.commit()
        session.expunge_all()
        for one in (Bird, Fish, Carp):
            told.append(
                [loaded(each) for each in session.scalars(orm.select(one).order_by(one.id))]
            )
        told.append(heard.error(lambda: Fish(wings=1)))
    return told

"""Relationships narrowed by of_type: subclasses, aliases of them, several of them at once."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from sqlalchemy import Column, Engine, ForeignKey, Integer, String

from .databases import EVERY
from .heard import Recorder
from .oracle import ROADS, Orm
from .runner import contract


def firm(orm: Orm, engine: Engine) -> Any:
    """Store two companies with staff; engineers have a table of their own, managers have not."""
    Base: Any = orm.declarative_base()

    class Company(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "companies"
        id = Column(Integer, primary_key=True)
        name = Column(String(20))
        staff = orm.relationship("Employee", back_populates="company")

    class Employee(Base):  # type: ignore[misc] # as above
        __tablename__ = "employees"
        id = Column(Integer, primary_key=True)
        name = Column(String(20))
        kind = Column(String(20))
        company_id: Any = Column(ForeignKey("companies.id"))
        boss_id: Any = Column(ForeignKey("employees.id"))
        company = orm.relationship(Company, back_populates="staff")
        boss = orm.relationship("Employee", remote_side=[id], back_populates="team")
        team = orm.relationship("Employee", back_populates="boss")
        __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "employee"}

    class Engineer(Employee):
        __tablename__ = "engineers"
        id: Any = Column(ForeignKey("employees.id"), primary_key=True)
        lang = Column(String(20))
        __mapper_args__ = {"polymorphic_identity": "engineer"}  # as users write it

    class Manager(Employee):
        title = Column(String(20))
        __mapper_args__ = {"polymorphic_identity": "manager"}  # as above

    Base.classes = (Company, Employee, Engineer, Manager)
    Base.metadata.create_all(engine)
    with orm.Session(engine) as session:
        boss = Manager(name="Mia", title="chief")
        session.add(Company(name="one", staff=[boss]))
        session.flush()
        session.add(Engineer(name="Eve", lang="python", boss=boss, company=boss.company))
        session.flush()
        session.add(Employee(name="Pat", company=boss.company))
        session.flush()
        session.add(Company(name="two", staff=[Manager(name="Nic", title="vice")]))
        session.commit()
    return SimpleNamespace(Company=Company, Employee=Employee, Engineer=Engineer, Manager=Manager)


@contract(*EVERY, roads=ROADS)
def test_joins_to_subclasses(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = firm(orm, engine)
    Company, Employee = world.Company, world.Employee
    Engineer, Manager = world.Engineer, world.Manager
    coder, flat = orm.aliased(Engineer), orm.aliased(Engineer, flat=True)
    chief, other = orm.aliased(Manager), orm.aliased(Employee)
    joins = [
        orm.select(Company.name, Engineer.lang).join(Company.staff.of_type(Engineer)),
        orm.select(Company.name, Engineer.name).join(Engineer, Company.staff),
        orm.select(Company.name, Engineer.name).outerjoin(Company.staff.of_type(Engineer)),
        orm.select(Company.name, Manager.title).join(Company.staff.of_type(Manager)),
        orm.select(Company.name, Manager.title).outerjoin(Company.staff.of_type(Manager)),
        orm.select(Company.name, coder.lang).join(Company.staff.of_type(coder)),
        orm.select(Company.name, flat.lang).outerjoin(Company.staff.of_type(flat)),
        orm.select(Company.name, chief.title).join(chief, Company.staff),
        orm.select(Manager.name, coder.name).join(Manager.team.of_type(coder)),
        orm.select(Engineer.name, other.name).join(other, Engineer.boss),
        orm.select(Engineer.name, Company.name).join(Engineer.company),
        orm.select(coder.name, Company.name).join(coder.company),
        orm.select(coder.name, other.name).join(coder.boss.of_type(other)),
        orm.select(Company.name).join(Engineer),
    ]
    with orm.Session(engine) as session:
        return [sorted(map(str, session.execute(one).all())) for one in joins] + [
            [type(each).__name__ for each in session.scalars(orm.select(entity))]
            for entity in (coder, flat, chief)
        ]


@contract(*EVERY, roads=ROADS)
def test_criteria_on_subclasses(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = firm(orm, engine)
    Company, Employee = world.Company, world.Employee
    Engineer, Manager = world.Engineer, world.Manager
    coder = orm.aliased(Engineer)
    with orm.Session(engine) as session:
        one = session.get(Company, 1)
        statements = [
            orm.select(Company.name).where(Company.staff.of_type(Engineer).any()),
            orm.select(Company.name).where(
                Company.staff.of_type(Engineer).any(Engineer.lang == "python")
            ),
            orm.select(Company.name).where(
                Company.staff.of_type(Manager).any(Manager.title == "vice")
            ),
            orm.select(Company.name).where(Company.staff.of_type(coder).any(coder.lang == "c")),
            orm.select(Company.name).where(Company.staff.any(Employee.name == "Pat")),
            orm.select(Engineer.name).where(Engineer.company.has(name="one")),
            orm.select(Engineer.name).where(Engineer.boss.has(Employee.name == "Mia")),
            orm.select(Manager.name).where(Manager.team.any(Employee.name == "Eve")),
            orm.select(Manager.name).where(
                Manager.team.of_type(Engineer).any(Engineer.lang == "python")
            ),
            orm.select(Engineer.name).where(Engineer.company == one),
            orm.select(Engineer.name).where(orm.with_parent(one, Company.staff.of_type(Engineer))),
        ]
        return [sorted(session.scalars(each)) for each in statements]


@contract(*EVERY, roads=ROADS)
def test_several_subclasses_at_once(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = firm(orm, engine)
    Company, Employee = world.Company, world.Employee
    staff = orm.with_polymorphic(Employee, [world.Engineer, world.Manager])
    joined = orm.select(Company.name, staff.name, staff.Engineer.lang, staff.Manager.title).join(
        Company.staff.of_type(staff)
    )
    coders = orm.select(Company.name).where(
        Company.staff.of_type(staff).any(staff.Engineer.lang == "python")
    )
    with orm.Session(engine) as session:
        one = session.get(Company, 1)
        return [
            sorted(map(str, session.execute(joined).all())),
            session.scalars(coders).all(),
            sorted(session.scalars(orm.select(staff.name).where(staff.company == one))),
        ]

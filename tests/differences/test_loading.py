"""Wanted differences of loading: options that take effect, errors that say what is wrong."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, ForeignKey, Integer, String, and_, create_engine, func, select

from tests.contract.library import counted, library, loaded
from tests.contract.oracle import Orm
from tests.contract.workshop import workshop

from .sides import both, problem


def test_criteria_of_an_option_hold_for_immediate_loads() -> None:
    def scenario(orm: Orm) -> list[str]:
        world = library(orm, engine := create_engine("sqlite://"))
        Author, Book = world.Author, world.Book
        with orm.Session(engine) as session:
            option = orm.immediateload(Author.books.and_(Book.title == "Sea"))
            ann = session.get(Author, 1, options=[option])
            return [book.title for book in ann.books]

    assert both(scenario) == (["Air", "Sea"], ["Sea"])


def test_populate_existing_loads_immediate_collections_anew() -> None:
    def scenario(orm: Orm) -> list[str]:
        world = library(orm, engine := create_engine("sqlite://"))
        Author = world.Author
        with orm.Session(engine, autoflush=False) as session:
            option = orm.immediateload(Author.books)
            ann = session.get(Author, 1, options=[option])
            del ann.books[0]
            session.get(Author, 1, options=[option], populate_existing=True)
            return [book.title for book in ann.books]

    assert both(scenario) == (["Sea"], ["Air", "Sea"])


def test_a_refresh_of_a_relationship_costs_one_statement() -> None:
    def scenario(orm: Orm) -> int:
        world = library(orm, engine := create_engine("sqlite://"))
        with orm.Session(engine) as session:
            ann = session.get(world.Author, 1)
            with counted(engine) as seen:
                session.refresh(ann, ["books"])
            return len(seen)

    assert both(scenario) == (2, 1)


def test_what_is_no_option_is_refused_alike_everywhere() -> None:
    def scenario(orm: Orm) -> list[str]:
        world = library(orm, engine := create_engine("sqlite://"))
        wrong: Any = 5
        with orm.Session(engine) as session:
            return [
                problem(lambda: session.query(world.Author).options(wrong).all()),
                problem(lambda: orm.joinedload()),
            ]

    assert both(scenario) == (["AttributeError", "AssertionError"], ["ArgumentError"] * 2)


def test_innerjoin_is_checked_when_the_option_is_written() -> None:
    def scenario(orm: Orm) -> str:
        world = library(orm, create_engine("sqlite://"))
        return problem(lambda: orm.joinedload(world.Author.books, innerjoin="sideways"))

    assert both(scenario) == ("no error", "ArgumentError")


def test_options_about_a_subclass_hold_for_objects_of_its_base() -> None:
    def scenario(orm: Orm) -> list[Any]:
        world = workshop(orm, engine := create_engine("sqlite://"))
        told = []
        for load in (orm.selectinload, orm.subqueryload):
            with orm.Session(engine) as session, counted(engine) as seen:
                statement = orm.select(world.Person).options(load(world.Engineer.machines))
                people = session.scalars(statement.order_by(world.Person.id)).all()
                told.append(["machines" in loaded(each) for each in people[:3]])
                names = [machine.name for each in people[1:3] for machine in each.machines]
                told += [names, len(seen)]
        return told

    names = ["drill", "lathe", "press"]
    not_there, there = [False, False, False], [False, True, True]
    theirs, ours = both(scenario)
    assert theirs == [not_there, names, 3, not_there, names, 3]
    assert ours == [there, names, 2, there, names, 2]


def test_joins_of_several_classes_have_names_of_their_own() -> None:
    def scenario(orm: Orm) -> Any:
        world = workshop(orm, engine := create_engine("sqlite://"))
        staff = orm.with_polymorphic(world.Person, "*")
        option = orm.joinedload(world.Firm.staff.of_type(staff))
        statement = orm.select(world.Firm).options(option).order_by(world.Firm.id)
        told: list[Any] = []
        with orm.Session(engine) as session:

            def read() -> None:
                firm = session.scalars(statement).unique().first()
                told.append([loaded(each) for each in firm.staff])

            return [problem(read), *told]

    columns = ["boss_id", "firm_id", "id", "kind", "name"]
    manager, engineer = sorted([*columns, "title", "car_id"]), sorted([*columns, "tool"])
    assert both(scenario) == (["InvalidRequestError"], ["no error", [manager, engineer]])


def test_selectin_polymorphic_refuses_what_is_no_subclass() -> None:
    def scenario(orm: Orm) -> str:
        world = workshop(orm, create_engine("sqlite://"))
        return problem(lambda: orm.selectin_polymorphic(world.Engineer, [world.Manager]))

    assert both(scenario) == ("no error", "InvalidRequestError")


def test_a_reference_is_loaded_at_once_for_a_class_with_subclasses() -> None:
    def scenario(orm: Orm) -> list[int]:
        world = workshop(orm, engine := create_engine("sqlite://"))
        with orm.Session(engine) as session, counted(engine) as seen:
            option = orm.immediateload(world.Person.firm)
            people = session.scalars(orm.select(world.Person).options(option)).all()
            at_first = len(seen)
            for person in people:
                person.firm  # a read may load
            return [at_first, len(seen)]

    assert both(scenario) == ([1, 3], [3, 3])


def test_a_relationship_to_a_subclass_of_its_class_ends_after_one_level() -> None:
    def scenario(orm: Orm) -> list[Any]:
        engine = create_engine("sqlite://")
        Base: Any = orm.declarative_base()

        class Person(Base):  # type: ignore[misc] # the base is made at run time
            __tablename__ = "people"
            __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "person"}
            id = Column(Integer, primary_key=True)
            kind = Column(String(20))
            boss_id: Any = Column(ForeignKey("people.id"))

        class Manager(Person):
            __mapper_args__ = {"polymorphic_identity": "manager"}

        Base.metadata.create_all(engine)
        Person.boss = orm.relationship(Manager, remote_side=[Person.id], lazy="joined")
        told: list[Any] = []
        with orm.Session(engine) as session:
            session.add_all([Manager(id=1), Manager(id=2, boss_id=1), Person(id=3, boss_id=2)])
            session.commit()
            session.expunge_all()

            def read() -> None:
                statement = orm.select(Person).where(Person.id == 3)
                person = session.scalars(statement).one()
                told.extend([loaded(person), loaded(person.boss)])

            return [problem(read), *told]

    columns = ["boss_id", "id", "kind"]
    theirs, ours = both(scenario)
    assert theirs == ["RecursionError"]
    assert ours == ["no error", ["boss", *columns], columns]


def test_what_an_answer_leaves_out_is_loaded_as_usual() -> None:
    def scenario(orm: Orm) -> list[str]:
        Author = library(orm, engine := create_engine("sqlite://")).Author
        told = []
        for key in (1, 2):
            with orm.Session(engine) as session:
                ann = session.get(Author, 1)
                session.expire(ann)
                chosen = orm.select(Author).where(Author.id == key)

                def answer(state: Any, session: Any = session, chosen: Any = chosen) -> Any:
                    if state.is_column_load and chosen is not None:
                        only = chosen.options(orm.load_only(Author.born))
                        return state.invoke_statement(statement=only)
                    return None

                orm.event.listen(session, "do_orm_execute", answer)
                name = problem(lambda ann=ann: told.append(ann.name))
                told.append(f"{name} {vars(ann).get('born')}")
        return told

    assert both(scenario) == (
        ["KeyError 1900", "KeyError 1930"],
        ["Ann", "no error 1900", "Ann", "no error 1900"],
    )


def test_the_path_of_a_load_on_access_starts_at_its_owner() -> None:
    def scenario(orm: Orm) -> list[str]:
        world = library(orm, engine := create_engine("sqlite://"))
        Book = world.Book
        told: list[str] = []
        with orm.Session(engine) as session:
            statement = orm.select(Book).where(Book.id == 1)
            for options in ((), (orm.joinedload(Book.author),)):
                session.expunge_all()
                sea = session.scalars(statement.options(*options)).one()
                ann = sea.author

                def tell(state: Any) -> None:
                    told.append(str(state.loader_strategy_path))

                orm.event.listen(session, "do_orm_execute", tell)
                ann.books
                orm.event.remove(session, "do_orm_execute", tell)
        return told

    own = "ORM Path[Mapper[Author(authors)] -> Author.books]"
    led = f"ORM Path[Mapper[Book(books)] -> Book.author -> {own[9:]}"
    assert both(scenario) == ([own, led], [own, own])


def test_a_correlated_condition_of_a_tree_means_the_parent_in_every_load() -> None:
    def scenario(orm: Orm) -> list[Any]:
        Base: Any = orm.declarative_base()

        class Node(Base):  # type: ignore[misc] # the base is made at run time
            __tablename__ = "nodes"
            id: Any = Column(Integer, primary_key=True)
            above_id: Any = Column(ForeignKey("nodes.id"))

        other = Node.__table__.alias()
        newest = select(func.max(other.c.id)).where(other.c.above_id == Node.id)
        newest = newest.correlate(Node.__table__)
        remote = orm.remote
        condition = and_(
            Node.id == remote(orm.foreign(Node.above_id)),
            remote(Node.id) == newest.scalar_subquery(),
        )
        Node.last = orm.relationship(Node, primaryjoin=condition, viewonly=True, uselist=False)
        Base.metadata.create_all(engine := create_engine("sqlite://"))
        told: list[Any] = []
        with orm.Session(engine) as session:
            for key, above in ((1, None), (2, 1), (3, 1), (4, 2)):
                session.add(Node(id=key, above_id=above))
                session.flush()
            session.commit()
        for loader in (orm.lazyload, orm.joinedload, orm.selectinload):
            with orm.Session(engine) as session:
                one = orm.select(Node).options(loader(Node.last)).where(Node.id == 1)
                last = session.scalars(one).unique().one().last
                told.append(last and last.id)
        return told

    assert both(scenario) == ([3, None, None], [3, 3, 3])

"""Families whose rows do not tell their class: a row is another object for each class."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Column, Engine, ForeignKey, Integer, String

from .databases import EVERY
from .heard import Recorder
from .oracle import Orm
from .runner import contract, marked


def plants(orm: Orm, engine: Engine, **told: str) -> Any:
    """Declare Plant, Tree, Oak and Bush; `told` are polymorphic identities by class."""
    Base: Any = orm.declarative_base()

    def arguments(name: str) -> dict[str, Any]:
        return {"polymorphic_identity": told[name]} if name in told else {}

    class Plant(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "plants"
        id = Column(Integer, primary_key=True)
        name = Column(String(20))
        __mapper_args__ = arguments("Plant")

    class Tree(Plant):
        __tablename__ = "trees"
        id = Column(ForeignKey("plants.id"), primary_key=True)
        height = Column(Integer)
        __mapper_args__ = arguments("Tree")

    class Oak(Tree):
        __tablename__ = "oaks"
        id = Column(ForeignKey("trees.id"), primary_key=True)
        acorns = Column(Integer)
        __mapper_args__ = arguments("Oak")

    class Bush(Plant):
        __mapper_args__ = arguments("Bush")

    Base.metadata.create_all(engine)
    with orm.Session(engine) as session:
        session.add_all([Plant(name="a"), Tree(name="b", height=1), Oak(name="c", acorns=2)])
        session.commit()
    return SimpleNamespace(
        Plant=Plant, Tree=Tree, Oak=Oak, Bush=Bush, all=(Plant, Tree, Oak, Bush)
    )


TOLD: dict[str, dict[str, str]] = {
    "nobody": {},
    "all": {"Plant": "p", "Tree": "t", "Oak": "o", "Bush": "b"},
    "the last": {"Oak": "o"},
}


@pytest.mark.parametrize("who", TOLD)
def test_identity_keys_name_the_class_that_rows_are_shared_with(who: str) -> None:
    @contract()
    def scenario(orm: Orm, heard: Recorder, engine: Engine) -> object:
        world = plants(orm, engine, **TOLD[who])
        keys = [
            orm.inspect(each).identity_key_from_primary_key((1,))[0].__name__ for each in world.all
        ]
        fresh = world.Oak(name="d")
        with orm.Session(engine) as session:
            session.add(fresh)
            session.flush()
            key = orm.inspect(fresh).identity_key
            return keys, key[0].__name__, session.identity_map[key] is fresh

    scenario.contract.check("fast")  # type: ignore[attr-defined] # `contract` puts it there


def test_a_row_is_an_object_of_each_class_it_is_asked_for_as() -> None:
    for first, second in (("Plant", "Oak"), ("Oak", "Plant"), ("Tree", "Oak"), ("Bush", "Tree")):

        @contract()
        def scenario(
            orm: Orm, heard: Recorder, engine: Engine, names: Any = (first, second)
        ) -> object:
            world = plants(orm, engine)
            told = []
            with orm.Session(engine) as session:
                kept = [
                    session.scalars(orm.select(getattr(world, name)).order_by("id")).all()
                    for name in names
                ]
                told += [[type(each).__name__, each.name] for part in kept for each in part]
                for name in (*names, *reversed(names)):
                    found = session.get(getattr(world, name), 3)
                    told.append([type(found).__name__, any(found is each for each in kept[0])])
                told.append([len(session.identity_map)])
            return told

        scenario.contract.check("fast")  # type: ignore[attr-defined] # as above


@pytest.mark.parametrize("database", list(map(marked, EVERY)))
def test_objects_of_untold_classes_are_written(
    database: str, request: pytest.FixtureRequest
) -> None:
    @contract(*EVERY)
    def scenario(orm: Orm, heard: Recorder, engine: Engine) -> object:
        world = plants(orm, engine)
        with orm.Session(engine) as session:
            heard.classes(world.Plant, attributes=False, propagate=True)
            new = [world.Oak(name="x", height=4), world.Plant(name="y"), world.Tree(name="z")]
            session.add_all([*new, world.Bush(name="w")])
            session.commit()
            oak, plant = session.get(world.Oak, 3), session.get(world.Plant, 3)
            oak.acorns, oak.height = 7, 8
            session.flush()  # of one key, the oracle writes them in the order of a set
            plant.name = "changed"
            session.commit()
            told = [oak.name, plant.name, oak.acorns]
            session.execute(orm.update(world.Plant).values(name="all"))
            told += [each.name for each in (*new, oak, plant)]
            session.delete(new[0])
            session.commit()
            session.delete(session.get(world.Tree, 2))
            session.commit()
            merged = session.merge(world.Tree(id=3, name="merged"))
            session.commit()
            return told, merged is oak, merged.name

    scenario(database, "fast", request)

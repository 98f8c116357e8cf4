"""Wanted differences of pickles, copies and cascades: what is kept that SQLAlchemy loses."""

from __future__ import annotations

import copy
import pickle
from typing import Any

from sqlalchemy import Column, ForeignKey, Integer, String

from tests.contract.oracle import Orm

from .sides import FINE, blog_in, both, problem, stored


def findable(*classes: Any) -> None:
    """Let pickle find classes of a scenario in this module."""
    for cls in classes:
        cls.__module__, cls.__qualname__ = __name__, cls.__name__
        globals()[cls.__name__] = cls


def travelling(orm: Orm) -> Any:
    """Declare users with addresses that can be pickled."""
    world = blog_in(orm)
    findable(world.User, world.Address)
    return world


def test_a_pickle_remembers_that_its_object_was_deleted() -> None:
    def scenario(orm: Orm) -> Any:
        world = travelling(orm)
        user = stored(world)
        world.session.delete(user)
        world.session.flush()
        twin = pickle.loads(pickle.dumps(user))
        world.session.commit()
        return orm.inspect(twin).was_deleted, problem(lambda: world.session.add(twin))

    assert both(scenario) == ((False, FINE), (True, "InvalidRequestError"))


def test_a_pickle_remembers_what_waits_for_an_unloaded_list() -> None:
    def scenario(orm: Orm) -> Any:
        world = travelling(orm)
        user = stored(world)
        world.Address(email="waits", user=user)
        twin = pickle.loads(pickle.dumps(user))
        world.session.close()
        world.session.add(twin)
        return [each.email for each in twin.addresses]

    assert both(scenario) == ([], ["waits"])


def test_the_identity_travels_beside_what_getstate_returns() -> None:
    def scenario(orm: Orm) -> Any:
        class Packed(orm.declarative_base()):  # type: ignore[misc] # the base is made at run time
            __tablename__ = "packed"
            id = Column(Integer, primary_key=True)
            name = Column(String(20))

            def __getstate__(self) -> dict[str, Any]:
                return {"name": self.name}

        findable(Packed)
        world = blog_in(orm)
        Packed.metadata.create_all(world.engine)
        with world.session as session:
            packed = Packed(name="Ann")
            session.add(packed)
            session.commit()
            kept = packed.name
            twin = pickle.loads(pickle.dumps(packed))
        return kept, problem(lambda: twin.name), getattr(orm.inspect(twin, False), "key", None)

    theirs, ours = both(scenario)
    assert theirs[1:] == (FINE, None)
    assert (ours[1], ours[2][1]) == (FINE, (1,))


def test_a_deep_copy_is_no_change_of_its_original() -> None:
    def scenario(orm: Orm) -> Any:
        world = travelling(orm)
        user = stored(world, addresses=[world.Address(email="1")])
        world.session.refresh(user)
        assert len(user.addresses) == 1
        return orm.inspect(copy.deepcopy(user)).modified

    assert both(scenario) == (True, False)


def test_a_long_chain_can_be_pickled() -> None:
    def scenario(orm: Orm) -> Any:
        class Chained(orm.declarative_base()):  # type: ignore[misc] # as above
            __tablename__ = "chained"
            id = Column(Integer, primary_key=True)
            before_id: Any = Column(ForeignKey("chained.id"))
            before = orm.relationship("Chained", remote_side=id)

        findable(Chained)
        last = None
        for _number in range(3_000):
            last = Chained(before=last)
        return problem(lambda: pickle.loads(pickle.dumps(last)))

    assert both(scenario) == ("RecursionError", FINE)


def test_expunge_tells_of_members_only() -> None:
    def scenario(orm: Orm) -> Any:
        world = blog_in(orm, cascade="all")
        user = stored(world, addresses=[])
        assert user.addresses == []
        stranger = world.Address(email="1", user=user)
        told: list[bool] = []
        orm.event.listen(
            world.session,
            "pending_to_transient",
            lambda _session, obj: told.append(obj is stranger),
        )
        world.session.expunge(user)
        return told

    assert both(scenario) == ([True], [])

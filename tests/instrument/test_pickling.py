"""Pickles of objects: across builds, of long chains, and when something goes wrong."""

from __future__ import annotations

import copy
import io
import os
import pickle
import shutil
import subprocess
import sys
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine

from cormorant import Session, inspect
from cormorant.instrument import pickling
from tests.modes import package_folder

from .fleet import Base, Buoy, Sailor, Ship, channel, convoy, length_of

INTERPRETED = """
import pickle, sys
from cormorant.instrument import _state_cy
from cormorant import inspect
from tests.instrument.fleet import Sailor
assert not _state_cy.COMPILED
ship = pickle.load(sys.stdin.buffer)
state = inspect(ship)
assert (state.identity, state.detached, ship.name) == ((1,), True, "Argo"), "the ship"
assert [each.name for each in ship.sailors] == ["Jason", "Orpheus"], "the sailors"
assert sorted(state.unloaded) == ["followers", "leader", "leader_id"], "the rest"
assert [inspect(each).identity for each in ship.sailors] == [(1,), None], "their keys"
ship.name = "Argo Navis"
ship.sailors.append(Sailor(name="Castor"))
sys.stdout.buffer.write(pickle.dumps(ship, int(sys.argv[1])))
"""


@pytest.fixture
def interpreted_build(tmp_path: Path) -> str:
    """Return a folder with this package but for its compiled files."""
    left_out = shutil.ignore_patterns(*[f"*{suffix}" for suffix in EXTENSION_SUFFIXES], "*.pyc")
    shutil.copytree(package_folder(), tmp_path / "cormorant", ignore=left_out)
    return str(tmp_path)


@pytest.fixture
def session() -> Any:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as found:
        yield found
    engine.dispose()


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_a_graph_travels_between_the_builds(
    interpreted_build: str, session: Any, protocol: int
) -> None:
    session.add(Ship(name="Argo", sailors=[Sailor(name="Jason")]))
    session.commit()
    ship = session.get(Ship, 1)
    session.refresh(ship, ["name", "sailors"])
    ship.sailors.append(Sailor(name="Orpheus"))
    session.expire(ship, ["leader_id"])
    with session.no_autoflush:
        given = pickle.dumps(ship, protocol)
    found = subprocess.run(
        [sys.executable, "-c", INTERPRETED, str(protocol)],
        input=given,
        capture_output=True,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([interpreted_build, "."])},
        check=False,
    )
    assert found.returncode == 0, found.stderr.decode()
    session.rollback()
    session.expunge_all()
    ship = pickle.loads(found.stdout)
    assert [vars(each).get("packed") for each in ship.sailors] == [True, True, True]
    session.add(ship)
    session.commit()
    assert ship.name == "Argo Navis"
    assert [each.name for each in ship.sailors] == ["Jason", "Orpheus", "Castor"]


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize(("make", "along"), [(convoy, "followers"), (channel, "next")])
def test_a_chain_of_ten_thousand_travels(make: Any, along: str, protocol: int) -> None:
    chain = make(10_000)
    assert length_of(pickle.loads(pickle.dumps(chain, protocol)), along) == 10_000


@pytest.mark.parametrize(("make", "along"), [(convoy, "followers"), (channel, "next")])
def test_a_chain_of_ten_thousand_is_copied(make: Any, along: str) -> None:
    chain = make(10_000)
    assert length_of(copy.deepcopy(chain), along) == 10_000
    assert getattr(copy.copy(chain), along) is getattr(chain, along)


def test_a_pickle_that_fails_leaves_nothing_behind() -> None:
    chain = convoy(3)
    chain.followers[0].secret = lambda: None
    with pytest.raises((AttributeError, pickle.PicklingError)):
        pickle.dumps(chain)
    del chain.followers[0].secret
    assert length_of(pickle.loads(pickle.dumps(chain)), "followers") == 3
    assert len(pickling.GRAPHS) == 0


def test_objects_added_while_a_pickler_lives_travel_with_it() -> None:
    chain = convoy(2)
    written = io.BytesIO()
    pickler = pickle.Pickler(written)
    pickler.dump(chain)
    chain.followers[0].followers.append(Ship(name="late"))
    pickler.dump(chain.followers[0].followers)
    unpickler = pickle.Unpickler(io.BytesIO(written.getvalue()))
    first, late = unpickler.load(), unpickler.load()
    assert (length_of(first, "followers"), [each.name for each in late]) == (2, ["late"])
    assert late[0].leader is first.followers[0]
    assert length_of(pickle.loads(pickle.dumps(chain)), "followers") == 3


def test_a_state_pickles_as_that_of_its_object(session: Any) -> None:
    session.add(Ship(name="Argo"))
    session.commit()
    ship = session.get(Ship, 1)
    assert ship.name == "Argo"
    found = pickle.loads(pickle.dumps([ship, inspect(ship)]))
    assert found[1] is inspect(found[0])
    assert found[1].identity == (1,)


def test_a_class_that_is_not_mapped_any_more_is_named() -> None:
    with pytest.raises(TypeError) as problem:
        pickling.restore_graph((int,))
    assert str(problem.value) == (
        "Class builtins.int is not mapped here, so a pickled object of it cannot be restored. "
        "Import and map the class before unpickling."
    )


def test_a_plain_class_gets_its_way_of_pickling_back() -> None:
    class Passing:
        """Mapped for a moment."""

    assert Buoy.__reduce_ex__ is pickling.reduce
    assert pickling.reduce_with_class(Passing)
    assert not pickling.reduce_with_class(Passing)

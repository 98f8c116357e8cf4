"""Wanted differences of objects that a flush deletes and that were changed before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.contract.graph_models import forum
from tests.contract.oracle import Orm
from tests.contract.playing import memory_engine
from tests.contract.test_orphans_that_changed import boxes, delete, one_box, orphan

from .sides import both, problem

Act = Callable[[Any], object]
leaving = pytest.mark.parametrize("leave", [orphan, delete])


@leaving
def test_new_pairs_of_who_is_deleted_are_not_written(leave: Act) -> None:
    def scenario(orm: Orm) -> Any:
        it = one_box(orm, boxes(orm, memory_engine()))
        it.box.tags.append(it.tag2)
        leave(it)
        return problem(it.session.commit)

    assert both(scenario) == ("IntegrityError", "no error")


def test_who_is_deleted_and_comes_into_another_list_is_deleted() -> None:
    def scenario(orm: Orm) -> Any:
        it = one_box(orm, boxes(orm, memory_engine()))
        it.box.room = it.room2
        it.session.delete(it.shelf)
        return problem(it.session.commit)

    assert both(scenario) == ("IntegrityError", "no error")


def test_an_orphan_that_a_member_outside_belongs_to_takes_that_along() -> None:
    def scenario(orm: Orm) -> Any:
        world = forum(orm, engine := memory_engine())
        with orm.Session(engine) as session:
            reply = world.Comment(text="reply", replies=[world.Comment(text="and so on")])
            first = world.Comment(text="first", replies=[reply])
            post = world.Post(title="a", comments=[first])
            session.add(post)
            session.commit()
            assert post.comments == [first] and first.replies == [reply]
            session.expunge(reply)
            post.comments.remove(first)
            return problem(session.commit)

    assert both(scenario) == ("IntegrityError", "no error")


def test_the_object_of_the_same_row_is_deleted_in_place_of_one_outside() -> None:
    def scenario(orm: Orm) -> Any:
        world = forum(orm, engine := memory_engine())
        with orm.Session(engine) as session:
            reply = world.Comment(text="reply")
            first = world.Comment(text="first", replies=[reply])
            post = world.Post(title="a", comments=[first])
            session.add(post)
            session.commit()
            assert post.comments == [first] and first.replies == [reply]
            session.expunge(reply)
            again = session.get(world.Comment, reply.id)
            post.comments.remove(first)
            told = problem(session.commit)
            return told, orm.inspect(again).was_deleted

    assert both(scenario) == (("IntegrityError", False), ("no error", True))

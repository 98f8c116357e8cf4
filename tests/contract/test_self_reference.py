"""The rows of one table that refer to each other: who is written and deleted before whom."""

from __future__ import annotations

import random
from typing import Any

from sqlalchemy import Engine

from .graph_models import forum
from .heard import Recorder
from .oracle import Orm
from .runner import contract

COMMENTS = range(6)


class Tree:
    """Comments with their parents, as numbers, and the changes of one flush.

    Parents before and after the change make no circle together: the oracle refuses that, see
    test_rows_that_have_their_keys_may_refer_to_each_other_in_a_circle in tests/differences.
    """

    def __init__(self, number: int) -> None:
        """Choose what is stored, and what is renamed, moved, added and deleted then."""
        chance = random.Random(number)
        self.parents: dict[int, int] = {}
        self.stored: dict[int, int] = {}
        for child in chance.sample(COMMENTS, 5):
            self.put(child, chance.choice(COMMENTS))
        self.stored = dict(self.parents)
        self.renamed = [each for each in COMMENTS if chance.random() < 0.5]
        self.doomed = chance.sample(COMMENTS, chance.randrange(4))
        staying = [each for each in COMMENTS if not self.is_below(each, self.doomed)]
        self.moved = [each for each in staying if chance.random() < 0.3]
        for child in self.moved:
            self.put(child, chance.choice(staying))
        self.new = chance.sample(staying, chance.randrange(min(len(staying), 2) + 1))

    def put(self, child: int, parent: int) -> None:
        """Put a comment under another one, or under none where that would be a circle."""
        self.parents.pop(child, None)
        if not self.is_below(parent, [child]):
            self.parents[child] = parent

    def is_below(self, number: int, others: list[int]) -> bool:
        """Tell whether a comment is one of others or was or is below one of them."""
        if number in others:
            return True
        above = {tree[number] for tree in (self.stored, self.parents) if number in tree}
        return any(self.is_below(each, others) for each in above)


def flush(orm: Orm, heard: Recorder, engine: Engine, world: Any, tree: Tree) -> None:
    """Store a tree, load both sides, change it, and write down the events of the flush."""
    with orm.Session(engine) as session:
        comments = [world.Comment(text=str(number)) for number in COMMENTS]
        session.add_all(comments)
        session.flush()
        for child, parent in tree.stored.items():
            comments[child].parent = comments[parent]
        session.commit()
        for number, comment in enumerate(comments):
            assert [comment.text, comment.parent, comment.replies]
            heard.labels.name(comment, f"comment {number}")
        for number in tree.renamed:
            comments[number].text += "!"
        for child in tree.moved:
            parent = tree.parents.get(child)
            comments[child].parent = None if parent is None else comments[parent]
        for parent in tree.new:
            session.add(world.Comment(text="new", parent=comments[parent], replies=[]))
        for number in tree.doomed:
            session.delete(comments[number])
        heard.listen(
            world.Comment,
            {
                f"{when}_{what}": ("mapper", "connection", "target")
                for when in ("before", "after")
                for what in ("insert", "update", "delete")
            },
        )
        session.commit()
        heard.stop()


@contract("sqlite", "postgresql", in_order=True)
def test_the_rows_of_a_tree_are_written_in_this_order(
    orm: Orm, heard: Recorder, engine: Engine
) -> None:
    world = forum(orm, engine)
    for number in range(40):
        heard.mark(f"tree {number}")
        flush(orm, heard, engine, world, Tree(number))

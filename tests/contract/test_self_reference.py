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
WRITES = {
    f"{when}_{what}": ("mapper", "connection", "target")
    for when in ("before", "after")
    for what in ("insert", "update", "delete")
}


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
        heard.listen(world.Comment, WRITES)
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


class Thread:
    """Comments on posts of members, of which a session has loaded this and that."""

    def __init__(self, orm: Orm, world: Any, session: Any, number: int) -> None:
        """Store all, and load some of what they refer to and of their lists."""
        self.orm, self.world, self.session = orm, world, session
        self.chance = random.Random(number)
        self.members = [world.Member(name="member") for _ in range(2)]
        self.posts = [world.Post(title="post") for _ in range(2)]
        self.comments = [world.Comment(text=f"comment {number}") for number in COMMENTS]
        everything = [*self.members, *self.posts, *self.comments]
        session.add_all(everything)
        session.flush()
        for post in self.posts:
            post.author = self.one_of(self.members)
        for comment in self.comments:
            comment.post = self.one_of(self.posts)
            comment.parent = self.one_of(self.before(comment))
        session.commit()
        for each in everything:
            assert each.id
            for key in ("author", "posts", "comments", "parent", "post", "replies"):
                if hasattr(each, key) and self.chance.random() < 0.4:
                    getattr(each, key)

    def one_of(self, some: list[Any]) -> Any:
        """Return one of some objects, or none."""
        return self.chance.choice([*some, None])

    def before(self, comment: Any) -> list[Any]:
        """Return the comments that may be above one: replies go in no circle."""
        return self.comments[: self.comments.index(comment)]

    def change(self) -> None:
        """Rename, move, add and delete some."""
        for each, name in [
            *[(m, "name") for m in self.members],
            *[(p, "title") for p in self.posts],
        ]:
            if self.chance.random() < 0.3:
                setattr(each, name, "changed")
        for comment in self.comments:
            if self.chance.random() < 0.15:
                self.session.delete(comment)
        doomed = {id(each) for each in self.session.deleted}
        staying = [each for each in self.comments if id(each) not in doomed]
        for comment in staying:
            what = self.chance.random()
            if what < 0.2:
                above = [each for each in self.before(comment) if each in staying]
                comment.parent = self.one_of(above)
            elif what < 0.3:
                comment.post = self.one_of(self.posts)
            elif what < 0.7:
                comment.text += "!"
        for number in range(self.chance.randrange(3)):
            known = {"post": self.one_of(self.posts), "parent": None}
            keys = [key for key in known if self.chance.random() < 0.5]
            values = {key: known[key] for key in keys}
            self.session.add(self.world.Comment(text=f"new {number}", **values))


@contract("sqlite", "postgresql", in_order=True)
def test_what_the_session_knows_of_a_thread_decides_the_order(
    orm: Orm, heard: Recorder, engine: Engine
) -> None:
    world = forum(orm, engine)
    for number in range(60):
        heard.mark(f"thread {number}")
        with orm.Session(engine, autoflush=False) as session:
            thread = Thread(orm, world, session, number)
            for at, comment in enumerate(thread.comments):
                heard.labels.name(comment, f"comment {at}")
            thread.change()
            heard.listen(world.Comment, WRITES)
            session.commit()
            heard.stop()

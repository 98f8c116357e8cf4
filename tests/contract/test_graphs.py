"""What random graphs have found, reduced: each scenario once differed from sqlalchemy.orm."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, Engine, ForeignKey, Integer, String

from .databases import EVERY
from .graph_models import forum
from .heard import Recorder
from .oracle import Orm
from .runner import contract


@contract()
def test_a_relationship_inherited_by_a_subclass_tells_its_other_side(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = forum(orm, engine)
    heard.classes(*world.Base.classes, propagate=False)
    premium, post = world.Premium(name="Pia", level=1), world.Post(title="a")
    premium.posts.append(post)
    other = world.Post(title="b", author=premium)
    return [post.author, [each.title for each in premium.posts], other.author]


@contract()
def test_parents_are_written_before_children_that_come_or_go(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = forum(orm, engine)
    with orm.Session(engine) as session:
        post = world.Post(title="a")
        first, second, third = (world.Comment(text=text, post=post) for text in "abc")
        session.add_all([first, second, third])
        session.commit()
        heard.listen(
            world.Comment, {"before_update": ("mapper", "connection", "target")}, propagate=False
        )
        heard.listen(
            world.Comment, {"before_insert": ("mapper", "connection", "target")}, propagate=False
        )
        first.parent = third
        session.flush()
        heard.mark("taken away, and one new below it")
        first.parent = None
        third.text = "r"
        second.replies.append(world.Comment(text="d", post=post))
        session.commit()
        return [first.parent_id, len(second.replies)]


@contract()
def test_tables_wait_for_those_that_their_objects_know(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = forum(orm, engine)
    for class_ in world.Base.classes:
        heard.listen(
            class_, {"before_insert": ("mapper", "connection", "target")}, propagate=False
        )
        heard.listen(
            class_, {"before_update": ("mapper", "connection", "target")}, propagate=False
        )
    with orm.Session(engine) as session:
        session.add_all([world.Post(title="no author"), world.Tag(name="a")])
        session.flush()
        heard.mark("author is None")
        session.add_all([world.Post(title="none", author=None), world.Tag(name="b")])
        session.flush()
        heard.mark("author is known")
        ann = world.Member(name="Ann")
        post = world.Post(title="hers", author=ann)
        session.add(post)
        session.commit()
        post.author.name, post.title
        post.title = "x"
        session.add(world.Tag(name="c"))
        session.commit()


@contract(in_order=True)
def test_tables_where_rows_are_deleted_wait_for_what_they_refer_to(
    orm: Orm, heard: Recorder, engine: Engine
) -> None:
    world = forum(orm, engine)
    with orm.Session(engine) as session:
        kept, gone = world.Post(title="kept"), world.Post(title="gone")
        session.add_all([kept, gone, world.Tag(name="a")])
        session.commit()
        assert kept.id and gone.id
        for class_ in (world.Post, world.Tag):
            for event in ("before_insert", "before_update", "before_delete"):
                heard.listen(class_, {event: ("mapper", "connection", "target")})
        session.delete(gone)
        kept.title = "x"
        session.add(world.Tag(name="b"))
        session.commit()


@contract(*EVERY)
def test_pairs_with_an_object_outside_the_session_are_not_deleted(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = forum(orm, engine)
    with orm.Session(engine) as session:
        post, tag = world.Post(title="a"), world.Tag(name="t")
        post.tags.append(tag)
        session.add(post)
        session.expunge(post)
        with heard.warned():
            session.flush()
        session.delete(tag)
        session.commit()


@contract()
def test_an_expired_child_that_is_removed_is_told_so(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = forum(orm, engine)
    with orm.Session(engine) as session:
        post = world.Post(title="a", comments=[world.Comment(text="b")])
        post.author = world.Member(name="Ann")
        session.add(post)
        session.flush()
        heard.classes(*world.Base.classes, propagate=False)
        heard.session(session)
        comment, author = post.comments[0], post.author
        session.expire(comment)
        session.expire(post, ["author"])
        post.comments.remove(comment)
        author.posts.remove(post)
        return [comment.post, post.author]


@contract()
def test_a_pending_child_whose_owner_is_none_stays(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = forum(orm, engine)
    with heard.at_work(engine) as session:
        comment = world.Comment(text="a")
        session.add(comment)
        comment.post = None
        told = [comment in session]
        merged = session.merge(world.Comment(text="b", post=None))
        return [*told, merged in session]


@contract()
def test_what_an_orphan_lost_comes_back_with_the_savepoint(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = forum(orm, engine)
    with orm.Session(engine) as session:
        post = world.Post(title="a", comments=[world.Comment(text="b")])
        session.add(post)
        session.commit()
        comment = post.comments[0]
        comment.text, post.title
        heard.classes(world.Post, world.Comment, propagate=False)
        heard.session(session)
        savepoint = session.begin_nested()
        post.comments.remove(comment)
        session.flush()
        savepoint.rollback()
        assert post.title == "a"
        return [comment.post is post, comment.post_id, len(post.comments)]


@contract()
def test_what_was_expired_when_its_row_was_rolled_back_is_refused(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = forum(orm, engine)
    told = []
    with orm.Session(engine) as session:
        for lost in (world.Premium(name="Pia", level=1), world.Tag(name="t")):
            session.add(lost)
            session.flush()
            session.expire(lost)
            session.rollback()
            told.append(heard.error(lambda lost=lost: session.merge(lost)))
            session.add(lost)
            told.append(heard.error(lambda lost=lost: lost.name))
            told.append(heard.error(session.flush))
            session.rollback()
        return told


@contract(*EVERY)
def test_classes_of_a_family_get_their_keys_in_the_order_of_entry(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = forum(orm, engine)
    heard.classes(world.Member, world.Premium, propagate=False)
    with heard.at_work(engine) as session:
        made = [
            world.Premium(name="a", level=1),
            world.Member(name="b"),
            world.Premium(name="c", level=2),
            world.Premium(name="d", level=3),
            world.Member(name="e"),
        ]
        session.add_all(made)
        session.commit()
        return [each.id for each in made]


@contract(*EVERY)
def test_classes_that_refer_to_each_other_get_their_keys_in_the_order_of_entry(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    Base: Any = orm.declarative_base()

    class Node(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "nodes"
        id = Column(Integer, primary_key=True)
        kind = Column(String(9))
        up_id: Any = Column(ForeignKey("nodes.id"))
        up = orm.relationship("Node", remote_side=id, back_populates="down")
        down = orm.relationship("Node", back_populates="up")
        __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "node"}

    class Leaf(Node):
        __tablename__ = "leaves"
        id: Any = Column(ForeignKey("nodes.id"), primary_key=True)
        size = Column(Integer)
        __mapper_args__ = {"polymorphic_identity": "leaf"}

    Base.metadata.create_all(engine)
    heard.classes(Node, Leaf, attributes=False, propagate=False)
    with orm.Session(engine) as session:
        top = Leaf(size=1)
        made = [Node(up=top), Leaf(up=top, size=2), Node(up=top), Leaf(size=3), top]
        session.add_all(made)
        session.commit()
        return [each.id for each in made]


@contract(*EVERY)
def test_a_deleted_owner_gives_its_key_to_nobody(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = forum(orm, engine)
    with orm.Session(engine) as session:
        ann, post = world.Member(name="Ann"), world.Post(title="a", author=None)
        session.add_all([ann, post])
        session.flush()
        assert not ann.posts
        session.delete(ann)
        session.flush()
        heard.classes(world.Member, world.Post, propagate=False)
        heard.session(session)
        ann.posts.append(post)
        told = heard.error(session.flush)
        session.rollback()
        return told


@contract()
def test_the_old_value_of_a_deleted_object_is_unknown_after_it_expired(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = forum(orm, engine)
    with orm.Session(engine) as session:
        ann, post = world.Member(name="Ann"), world.Post(title="a")
        post.author = ann
        session.add(post)
        session.commit()
        assert post.title == "a"
        assert ann.name == "Ann"
        heard.classes(world.Member, world.Post, propagate=False)
        session.delete(post)
        session.flush()
        session.expire_all()
        heard.mark("deleted")
        told = [heard.error(lambda: setattr(post, "title", "b"))]
        told.append(heard.error(lambda: setattr(post, "author", None)))
        session.rollback()
        return told

"""Wanted differences of whole graphs: what random programs on five classes met."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from sqlalchemy import create_engine

from tests.contract.graph_models import forum
from tests.contract.oracle import Orm

from .sides import FINE, both, problem


def forum_in(orm: Orm) -> Any:
    """Declare members, posts, tags and comments, and open a session on new tables of theirs."""
    engine = create_engine("sqlite://")
    world = forum(orm, engine)
    return SimpleNamespace(**vars(world), session=orm.Session(engine))


def test_a_pending_child_that_moves_to_another_owner_stays_in_the_session() -> None:
    def scenario(orm: Orm) -> list[Any]:
        world = forum_in(orm)
        comment = world.Comment(text="a")
        one, other = world.Post(title="one", comments=[comment]), world.Post(title="other")
        world.session.add_all([one, other])
        comment.post = other
        world.session.commit()
        return [comment in world.session, world.session.query(world.Comment).count()]

    assert both(scenario) == ([False, 0], [True, 1])


def test_an_owner_of_a_moment_leaves_no_orphan() -> None:
    def scenario(orm: Orm) -> int:
        world = forum_in(orm)
        comment = world.Comment(text="a")
        world.session.add(comment)
        world.session.commit()
        comment.post = world.Post(title="of a moment")
        comment.post = None
        world.session.commit()
        return int(world.session.query(world.Comment).count())

    assert both(scenario) == (0, 1)


def test_a_rolled_back_object_forgets_its_changes() -> None:
    def scenario(orm: Orm) -> list[Any]:
        world = forum_in(orm)
        post, tag = world.Post(title="a"), world.Tag(name="t")
        tag.posts.append(post)
        world.session.add(tag)
        world.session.flush()
        tag.posts.remove(post)
        world.session.rollback()
        world.session.add(tag)
        return [post in world.session, problem(world.session.commit)]

    theirs, ours = both(scenario)
    assert theirs[0] is True
    assert ours == [False, FINE]


def test_rows_that_have_their_keys_may_refer_to_each_other_in_a_circle() -> None:
    def scenario(orm: Orm) -> list[Any]:
        world = forum_in(orm)
        post = world.Post(title="a")
        one, other = (world.Comment(text=text, post=post) for text in "ab")
        world.session.add(post)
        world.session.commit()
        one.parent, other.parent = other, one
        told = problem(world.session.commit)
        world.session.rollback()
        return [told, one.parent is other, other.parent is one]

    assert both(scenario) == (["CircularDependencyError", False, False], [FINE, True, True])


def test_tables_without_a_reference_are_written_in_one_order_where_the_oracle_has_many() -> None:
    def scenario(orm: Orm) -> set[str]:
        orders = set()
        worlds = []
        for _run in range(60):
            world = forum_in(orm)
            worlds.append([world, *(object() for _ in range(_run * 7))])
            post = world.Post(title="a")
            comment = world.Comment(text="b", post=post, parent=None)
            world.session.add(comment)
            world.session.flush()
            log: list[str] = []
            for class_ in (world.Post, world.Tag):
                told = lambda m, c, t, log=log: log.append(type(t).__name__)  # noqa: E731
                orm.event.listen(class_, "before_insert", told)
                orm.event.listen(class_, "before_update", told)
            comment.text, post.title = "c", "d"
            world.session.add(world.Tag(name="t"))
            world.session.flush()
            orders.add(" ".join(log))
            world.session.close()
        return orders

    theirs, ours = both(scenario)
    assert theirs == {"Post Tag", "Tag Post"}
    assert ours == {"Post Tag"}


def test_unrelated_tables_are_saved_before_rows_of_any_are_deleted() -> None:
    def scenario(orm: Orm) -> list[str]:
        world = forum_in(orm)
        tag, post, other = world.Tag(name="t"), world.Post(title="a"), world.Post(title="b")
        comment = world.Comment(text="c", post=post)
        world.session.add_all([tag, other, comment])
        world.session.commit()
        assert comment.post is post and post.comments and other.comments == tag.posts == []
        log: list[str] = []
        orm.event.listen(world.Tag, "before_delete", lambda m, c, t: log.append("delete"))
        orm.event.listen(world.Comment, "before_update", lambda m, c, t: log.append("update"))
        comment.post = other
        world.session.delete(tag)
        world.session.flush()
        return log

    assert both(scenario) == (["delete", "update"], ["update", "delete"])


def test_keys_are_copied_just_before_the_row_is_written() -> None:
    def scenario(orm: Orm) -> list[str]:
        world = forum_in(orm)
        log: list[str] = []
        orm.event.listen(world.Tag, "before_insert", lambda m, c, t: log.append("tag"))
        orm.event.listen(world.Post, "before_insert", lambda m, c, t: log.append("post"))
        orm.event.listen(world.Post.author_id, "set", lambda *told: log.append("key"))
        author = world.Member(name="m")
        world.session.add_all([world.Tag(name="t"), world.Post(title="a", author=author)])
        world.session.flush()
        return list(dict.fromkeys(log))

    assert both(scenario) == (["key", "tag", "post"], ["tag", "key", "post"])


def test_an_expiry_reaches_members_of_the_session_only() -> None:
    def scenario(orm: Orm) -> str:
        world = forum_in(orm)
        comment = world.Comment(text="b")
        post = world.Post(title="a", comments=[comment])
        world.session.add(post)
        world.session.commit()
        assert post.comments[0].text == "b"
        world.session.expunge(comment)
        world.session.expire(post)
        return problem(lambda: comment.text)

    assert both(scenario) == ("DetachedInstanceError", FINE)


def test_what_waits_for_an_unloaded_list_goes_where_its_owner_goes() -> None:
    def scenario(orm: Orm) -> list[Any]:
        world = forum_in(orm)
        post = world.Post(title="a")
        world.session.add(post)
        world.session.commit()
        assert post.id
        world.session.expunge(post)
        comment = world.Comment(text="b", post=post)
        world.session.add(post)
        came = comment in world.session
        world.session.add(comment)
        world.session.expunge(post)
        return [came, comment in world.session]

    assert both(scenario) == ([False, True], [True, False])


def test_a_list_that_lacks_who_leaves_from_the_other_side_is_not_told() -> None:
    def scenario(orm: Orm) -> list[Any]:
        world = forum_in(orm)
        post, tag = world.Post(title="a"), world.Tag(name="t")
        world.session.add_all([post, tag])
        world.session.commit()
        assert tag.posts == []
        pairs = world.Base.metadata.tables["post_tags"]
        world.session.execute(pairs.insert().values(post_id=post.id, tag_id=tag.id))
        heard: list[str] = []
        orm.event.listen(world.Post.tags, "remove", lambda *_given: heard.append("tags"))
        orm.event.listen(world.Tag.posts, "remove", lambda *_given: heard.append("posts"))
        post.tags.remove(tag)
        return [heard, tag in world.session.dirty]

    assert both(scenario) == ([["posts", "tags"], True], [["tags"], False])


def test_pairs_of_rolled_back_objects_are_written_when_they_come_again() -> None:
    def scenario(orm: Orm) -> int:
        world = forum_in(orm)
        tag = world.Tag(name="t", posts=[world.Post(title="a")])
        world.session.add(tag)
        world.session.flush()
        world.session.rollback()
        world.session.add(tag)
        world.session.commit()
        return len(tag.posts)

    assert both(scenario) == (0, 1)


def test_who_was_deleted_and_rolled_back_is_pending_when_it_comes_again() -> None:
    def scenario(orm: Orm) -> list[str]:
        world = forum_in(orm)
        post = world.Post(title="a")
        world.session.add(post)
        world.session.flush()
        world.session.delete(post)
        world.session.flush()
        world.session.rollback()
        world.session.add(post)
        log: list[str] = []
        for name in ("deleted_to_detached", "pending_to_transient"):
            told = lambda session, obj, name=name: log.append(name)  # noqa: E731
            orm.event.listen(world.session, name, told)
        world.session.rollback()
        return log

    assert both(scenario) == (["deleted_to_detached"], ["pending_to_transient"])


def test_a_list_that_is_out_of_date_takes_no_reference_away() -> None:
    def scenario(orm: Orm) -> list[Any]:
        told = []
        for act in ("delete", "remove", "replace"):
            world = forum_in(orm)
            session, other = world.session, world.Member(name="Bob")
            post = world.Post(title="a")
            member = world.Member(name="Ann", posts=[post])
            session.add_all([member, other])
            session.commit()
            assert member.posts == [post]
            post.author_id = other.id
            session.flush()
            session.expire(post)
            assert post.author is other and member.posts == [post]
            if act == "delete":
                session.delete(member)
            elif act == "remove":
                member.posts.remove(post)
            else:
                member.posts = []
            session.commit()
            told.append(post.author_id == other.id)
        return told

    assert both(scenario) == ([False, False, False], [True, True, True])


def test_a_list_stays_as_it_was_where_a_deleted_member_is_refused() -> None:
    def scenario(orm: Orm) -> Any:
        world = forum_in(orm)
        tag = world.Tag(name="t")
        post = world.Post(title="a", tags=[tag])
        world.session.add(post)
        world.session.commit()
        assert post.tags == [tag]
        world.session.delete(tag)
        world.session.flush()
        before = post.tags
        told = problem(lambda: setattr(post, "tags", [world.Tag(name="new"), tag]))
        return told, post.tags is before, len(world.session.new)

    refused = "InvalidRequestError"
    assert both(scenario) == ((refused, False, 1), (refused, True, 0))

"""Members that are deleted or in no session, in the lists of those that still hold them."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Engine

from .databases import strict
from .graph_models import forum
from .heard import Recorder
from .oracle import Orm
from .runner import contract


def tagged(orm: Orm, heard: Recorder, engine: Engine, world: Any) -> Any:
    """Open a session on a member's post with a tag and a comment, all stored and loaded."""
    session = orm.Session(engine)
    member, tag = world.Member(name="Ann"), world.Tag()
    comment = world.Comment(text="well")
    post = world.Post(title="one", author=member, tags=[tag], comments=[comment])
    session.add(post)
    session.commit()
    held = {"post": post, "tag": tag, "member": member, "comment": comment}
    for label, obj in held.items():
        heard.labels.name(obj, label)
        # The subject would not read an expired object before it deletes it.
        assert obj.id
    assert post.author.posts == post.tags[0].posts == [post.comments[0].post]
    heard.session(session)
    return SimpleNamespace(session=session, world=world, **held)


def each_in_turn(
    orm: Orm, heard: Recorder, engine: Engine, *acts: Callable[[Any], object]
) -> list[Any]:
    """Do each act on a graph of its own, and commit; return the names of errors."""
    told = []
    world = forum(orm, engine)
    for act in acts:
        graph = tagged(orm, heard, engine, world)
        heard.classes(*world.Base.classes, propagate=False)
        with heard.warned():
            told.append(heard.error(lambda act=act, graph=graph: act(graph)))
            told.append(heard.error(graph.session.commit))
        graph.session.close()
        heard.stop()
    return told


def delete(graph: Any, name: str) -> Any:
    """Delete one of the objects at once."""
    graph.session.delete(getattr(graph, name))
    graph.session.flush()
    return graph


@contract("sqlite", "postgresql")
def test_a_deleted_member_may_leave_the_lists_that_held_it(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    def in_a_savepoint(graph: Any) -> None:
        savepoint = graph.session.begin_nested()
        delete(graph, "tag").post.tags.remove(graph.tag)
        graph.session.flush()
        savepoint.rollback()
        assert graph.post.id and graph.tag.id
        graph.post.tags.remove(graph.tag)

    return each_in_turn(
        orm,
        heard,
        engine,
        lambda graph: delete(graph, "tag").post.tags.remove(graph.tag),
        lambda graph: setattr(delete(graph, "tag").post, "tags", []),
        lambda graph: delete(graph, "tag").tag.posts.remove(graph.post),
        lambda graph: delete(graph, "post").post.tags.remove(graph.tag),
        lambda graph: delete(graph, "comment").post.comments.remove(graph.comment),
        in_a_savepoint,
    )


@contract("sqlite", "postgresql")
def test_an_owner_is_deleted_after_its_members(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    return each_in_turn(
        orm,
        heard,
        engine,
        lambda graph: delete(delete(graph, "tag"), "post"),
        lambda graph: delete(delete(graph, "post"), "tag"),
        lambda graph: delete(delete(graph, "member"), "post"),
    )


@contract("sqlite", "postgresql")
def test_the_row_of_a_member_outside_the_session_stays_and_a_warning_says_so(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    def expunged(name: str, holder: str, key: str) -> Callable[[Any], None]:
        def act(graph: Any) -> None:
            member = getattr(graph, name)
            graph.session.expunge(member)
            getattr(getattr(graph, holder), key).remove(member)

        return act

    def comes_back(graph: Any) -> None:
        expunged("tag", "post", "tags")(graph)
        graph.session.flush()
        graph.session.add(graph.tag)

    def expunged_after(graph: Any) -> None:
        graph.post.tags.remove(graph.tag)
        graph.session.expunge(graph.tag)

    return each_in_turn(
        orm,
        heard,
        engine,
        expunged("tag", "post", "tags"),
        expunged("post", "tag", "posts"),
        expunged("post", "member", "posts"),
        expunged("comment", "post", "comments"),
        expunged_after,
        comes_back,
    )


@contract("sqlite", "postgresql")
def test_what_refers_to_a_deleted_object_cannot_be_added(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    def new_post(**values: str) -> Callable[[Any], None]:
        def act(graph: Any) -> None:
            for name in values.values():
                delete(graph, name)
            held = {key: getattr(graph, name) for key, name in values.items()}
            post = graph.world.Post(title="two", **held)
            graph.session.add(graph.world.Comment(text="so", post=post))

        return act

    return each_in_turn(
        orm,
        heard,
        engine,
        new_post(author="member"),
        lambda graph: graph.session.add(delete(graph, "member").post),
        lambda graph: graph.session.add(delete(graph, "tag").post),
        lambda graph: graph.session.add(delete(graph, "post").member),
        lambda graph: graph.session.add(graph.world.Post(author=delete(graph, "post").member)),
    )


@contract("sqlite", "postgresql")
def test_an_owner_is_deleted_whose_pairs_were_never_written(
    orm: Orm, heard: Recorder, engine: Engine
) -> None:
    world = forum(orm, engine)
    with orm.Session(engine) as session:
        post, tag = world.Post(title="one"), world.Tag(name="red")
        session.add(post)
        session.flush()
        post.tags.append(tag)
        session.expunge(post)
        with heard.warned():
            session.flush()
            session.delete(tag)
            session.commit()


@contract("sqlite", "postgresql")
def test_a_deletion_takes_along_members_outside_the_session_with_what_they_own(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = forum(orm, engine)
    with orm.Session(engine) as session:
        reply = world.Comment(text="reply", replies=[world.Comment(text="and so on")])
        first = world.Comment(text="first", replies=[reply])
        session.add(first)
        session.commit()
        assert first.id and first.replies == [reply] and reply.replies[0].replies == []
        session.expunge(reply)
        heard.session(session)
        session.delete(first)
        session.commit()
    return orm.inspect(reply).was_deleted


@contract("sqlite", "postgresql")
def test_a_parent_lets_go_of_children_that_refer_to_another_object_of_its_row(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    def again(act: Callable[[Any, Any], object], how: str) -> Callable[[Any], None]:
        def whole(graph: Any) -> None:
            session, member = graph.session, graph.member
            session.expunge(member)
            if how == "merged":
                act(graph, session.merge(member))
            else:
                act(graph, session.get(type(member), member.id))

        return whole

    def move_and_delete(graph: Any, member: Any) -> None:
        graph.post.author = graph.world.Member(name="Bob")
        graph.session.delete(member)

    acts = (
        lambda graph, member: graph.session.delete(member),
        lambda graph, member: member.posts.remove(graph.post),
        lambda graph, member: setattr(member, "posts", []),
        move_and_delete,
    )
    return each_in_turn(
        orm, heard, engine, *[again(act, how) for act in acts for how in ("merged", "read")]
    )


@contract("sqlite", "postgresql")
def test_a_reference_that_is_set_to_what_it_was_copies_no_key(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    def act(*values: str) -> Callable[[Any], None]:
        def whole(graph: Any) -> None:
            graph.other = graph.world.Member(name="Bob")
            graph.session.add(graph.other)
            graph.session.flush()
            for each in values:
                if each == "key":
                    graph.post.author_id = graph.other.id
                elif each == "expunged":
                    graph.session.expunge(graph.member)
                else:
                    graph.post.author = getattr(graph, each)

        return whole

    return each_in_turn(
        orm,
        heard,
        engine,
        act("member", "key"),
        act("key", "member"),
        act("other", "member", "key"),
        act("other", "member", "expunged"),
        act("expunged", "member"),
    )


@contract("sqlite", "postgresql")
def test_what_comes_to_a_deleted_owner_refers_to_it(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    strict(engine)

    def move_and_delete(*names: str) -> Callable[[Any], None]:
        def act(graph: Any) -> None:
            graph.other = graph.world.Member(name="Bob")
            graph.session.add(graph.other)
            graph.session.flush()
            graph.post.author = graph.other
            for name in names:
                graph.session.delete(getattr(graph, name))

        return act

    return each_in_turn(
        orm, heard, engine, move_and_delete("other"), move_and_delete("member", "other")
    )


@contract("sqlite", "postgresql")
def test_members_that_stay_in_a_list_that_is_replaced_come_back_into_the_session(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    def again(change: Callable[[Any], object]) -> Callable[[Any], None]:
        def act(graph: Any) -> None:
            graph.session.expunge(graph.tag)
            change(graph)
            heard.note("here", graph.tag in graph.session)

        return act

    changes = (
        lambda graph: setattr(graph.post, "tags", [graph.tag]),
        lambda graph: setattr(graph.post, "tags", [graph.world.Tag(), graph.tag]),
        lambda graph: graph.post.tags.append(graph.tag),
    )
    return each_in_turn(orm, heard, engine, *map(again, changes))


@contract("sqlite", "postgresql")
def test_who_moves_and_leaves_the_session_takes_the_key_of_the_new_parent(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    def leaves(move: Callable[[Any, Any], object]) -> Callable[[Any], None]:
        def act(graph: Any) -> None:
            other = graph.world.Member(name="Bob")
            graph.session.add(other)
            graph.session.flush()
            move(graph, other)
            graph.session.expunge(graph.post)
            graph.session.flush()
            heard.note("key", graph.post.author_id == other.id)

        return act

    return each_in_turn(
        orm,
        heard,
        engine,
        leaves(lambda graph, other: other.posts.append(graph.post)),
        leaves(lambda graph, other: setattr(graph.post, "author", other)),
        leaves(lambda graph, other: graph.member.posts.remove(graph.post)),
    )

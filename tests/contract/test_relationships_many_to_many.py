"""Many-to-many: pairs are rows of a table that no class has; both sides know of each."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from sqlalchemy import Column, Engine, ForeignKey, Integer, String, Table
from sqlalchemy import event as core_event

from .databases import EVERY
from .heard import Recorder
from .oracle import Orm
from .runner import contract
from .workshop import workshop


def tagged(orm: Orm, engine: Engine, both: bool = True, **options: Any) -> Any:
    """Declare Post and Tag with a table between them; store two posts with two tags each."""
    Base: Any = orm.declarative_base()
    links = Table(
        "links",
        Base.metadata,
        Column("post_id", ForeignKey("posts.id"), primary_key=True),
        Column("tag_id", ForeignKey("tags.id"), primary_key=True),
    )
    other = {"back_populates": "posts"} if both else {}

    class Post(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "posts"
        id = Column(Integer, primary_key=True)
        title = Column(String(20))
        tags = orm.relationship("Tag", secondary=links, order_by="Tag.id", **other, **options)

    class Tag(Base):  # type: ignore[misc] # as above
        __tablename__ = "tags"
        id = Column(Integer, primary_key=True)
        name = Column(String(20))
        if both:
            posts = orm.relationship(
                "Post", secondary="links", back_populates="tags", order_by="Post.id"
            )

    Base.metadata.create_all(engine)
    with engine.begin() as connection:
        for number in (1, 2, 3):
            connection.execute(Post.__table__.insert().values(title=f"post {number}"))
            connection.execute(Tag.__table__.insert().values(name=f"tag {number}"))
        for post_id, tag_id in ((1, 1), (1, 2), (2, 2), (2, 3)):
            connection.execute(links.insert().values(post_id=post_id, tag_id=tag_id))
    return SimpleNamespace(Base=Base, Post=Post, Tag=Tag, links=links)


def titles(posts: Any) -> list[str]:
    """Return the titles of posts in their order."""
    return [post.title for post in posts]


@contract(*EVERY)
def test_new_objects_on_both_sides_are_paired_once(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = tagged(orm, engine)
    with heard.at_work(engine) as session:
        heard.classes(world.Post, world.Tag)
        red, blue = world.Tag(name="red"), world.Tag(name="blue")
        post = world.Post(title="new", tags=[red, blue])
        session.add(post)
        heard.mark("from the other side")
        blue.posts.append(world.Post(title="newer"))
        heard.mark("commit")
        session.commit()
        blue.name  # the oracle reads an expired owner before its collection
        return titles(blue.posts)


@contract(*EVERY)
def test_pairs_come_and_go_in_one_flush(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = tagged(orm, engine)
    with orm.Session(engine) as session:
        post, other = session.get(world.Post, 1), session.get(world.Post, 3)
        tag, last = session.get(world.Tag, 1), session.get(world.Tag, 3)
        heard.session(session)
        heard.classes(world.Post, world.Tag, attributes=False)
        post.tags.remove(tag)
        post.tags.append(last)
        other.tags = [tag, last]
        heard.mark("flush")
        session.flush()
        heard.mark("back again")
        tag.posts.append(post)
        tag.posts.remove(other)
        session.commit()
        return None


@contract(*EVERY)
def test_unloaded_sides_take_note_of_each_other(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = tagged(orm, engine)
    with orm.Session(engine) as session:
        first, third = session.get(world.Post, 1), session.get(world.Post, 3)
        tag = session.get(world.Tag, 1)
        heard.classes(world.Post, world.Tag)
        tag.posts = [third]
        heard.mark("flush")
        session.flush()
        return [tag.name for tag in first.tags], [tag.name for tag in third.tags]


@contract(*EVERY)
def test_deleting_one_side_removes_its_pairs(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = tagged(orm, engine)
    with heard.at_work(engine, world.Post, world.Tag) as session:
        session.delete(session.get(world.Post, 1))
        session.delete(session.get(world.Tag, 3))
        session.commit()
        return None


@contract(*EVERY)
def test_both_sides_deleted_remove_a_pair_once(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = tagged(orm, engine)
    with orm.Session(engine) as session:
        heard.classes(world.Post, world.Tag, attributes=False)
        for number in (1, 2):
            session.delete(session.get(world.Post, number))
            session.delete(session.get(world.Tag, number))
        session.commit()
        return session.scalars(orm.select(world.Tag.name)).all()


@contract()
def test_deleting_after_unflushed_changes_removes_the_stored_pairs(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = tagged(orm, engine)
    with orm.Session(engine) as session:
        post, third = session.get(world.Post, 1), session.get(world.Tag, 3)
        third.posts.append(post)
        post.tags.remove(session.get(world.Tag, 1))
        session.delete(post)
        session.flush()
        unloaded, tags = session.get(world.Post, 2), session.scalars(orm.select(world.Tag)).all()
        tags[0].posts.append(unloaded)
        tags[1].posts.remove(unloaded)
        session.delete(unloaded)
        session.commit()
        return [titles(tag.posts) for tag in session.scalars(orm.select(world.Tag))]


@contract(*EVERY)
def test_a_delete_cascade_crosses_the_table_between(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = tagged(orm, engine, cascade="all, delete", passive_deletes=False)
    with orm.Session(engine) as session:
        heard.classes(world.Post, world.Tag, attributes=False)
        session.delete(session.get(world.Post, 1))
        session.commit()
        return session.scalars(orm.select(world.Tag.name)).all()


@contract()
def test_passive_deletes_leave_unloaded_pairs_to_the_database(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = tagged(orm, engine, both=False, passive_deletes=True)
    with orm.Session(engine) as session:
        loaded = session.get(world.Post, 2)
        told = [tag.name for tag in loaded.tags]
        session.delete(session.get(world.Post, 1))
        session.delete(loaded)
        session.commit()
        return told


@contract()
def test_a_pair_whose_row_is_gone_is_stale(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = tagged(orm, engine)
    with orm.Session(engine) as session:
        post = session.get(world.Post, 1)
        tag = post.tags[0]
        session.execute(world.links.delete().where(world.links.c.tag_id == 1))
        post.tags.remove(tag)
        return heard.error(session.flush)


@contract()
def test_a_member_outside_the_session_is_not_paired(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = tagged(orm, engine, both=False, cascade="")
    with orm.Session(engine) as session:
        post, tag = session.get(world.Post, 3), session.get(world.Tag, 1)
        post.tags.append(world.Tag(name="outside"))
        post.tags.append(tag)
        with heard.warned():
            session.commit()
        return [tag.name for tag in post.tags]


@contract()
def test_listeners_change_pairs_while_the_flush_runs(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = tagged(orm, engine)

    def before_flush(session: Any, flush_context: Any, instances: Any) -> None:
        for post in [each for each in session.new if isinstance(each, world.Post)]:
            post.tags.append(session.get(world.Tag, 3))

    with orm.Session(engine) as session:
        orm.event.listen(session, "before_flush", before_flush)
        heard.classes(world.Post, world.Tag)
        session.add(world.Post(title="new", tags=[session.get(world.Tag, 1)]))
        session.commit()
        return None


@contract()
def test_lazy_loads_of_pairs_keep_the_order(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = tagged(orm, engine)
    with orm.Session(engine) as session:
        heard.session(session, only=["do_orm_execute", "loaded_as_persistent"])
        post = session.get(world.Post, 2)
        first = [tag.name for tag in post.tags]
        heard.mark("other side")
        return first, titles(post.tags[0].posts)


@contract(*EVERY)
def test_friends_are_pairs_of_one_class(orm: Orm, heard: Recorder, engine: Engine) -> object:
    Base: Any = orm.declarative_base()
    Table(
        "friends",
        Base.metadata,
        Column("one", ForeignKey("people.id"), primary_key=True),
        Column("other", ForeignKey("people.id"), primary_key=True),
    )

    class Person(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "people"
        id = Column(Integer, primary_key=True)
        name = Column(String(20))
        friends = orm.relationship(
            "Person",
            secondary="friends",
            primaryjoin="Person.id == friends.c.one",
            secondaryjoin="Person.id == friends.c.other",
            order_by="Person.id",
            backref=orm.backref("liked_by", order_by="Person.id"),
        )

    Base.metadata.create_all(engine)
    with orm.Session(engine) as session:
        ann, bob, cid = (Person(name=name) for name in ("Ann", "Bob", "Cid"))
        session.add(ann)
        session.flush()
        heard.classes(Person)
        heard.session(session, only=["before_flush", "after_flush"])
        ann.friends = [bob, cid]
        bob.friends.append(ann)
        cid.liked_by.append(bob)
        session.commit()
        ann.name
        heard.mark("Bob leaves")
        told = [[each.name for each in group] for group in (ann.friends, cid.liked_by)]
        session.delete(bob)
        session.commit()
        return told


@contract()
def test_a_thousand_posts_with_tags_are_a_handful_of_statements(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = tagged(orm, engine)
    with orm.Session(engine) as session:
        tags = [world.Tag(name=str(number)) for number in range(10)]
        posts = [world.Post(title=str(n), tags=tags[n % 5 : n % 5 + 5]) for n in range(1000)]
        session.add_all(posts)
        ran: list[str] = []

        def note(*arguments: Any) -> None:
            if "links" in arguments[2]:
                ran.append(arguments[2].split()[0])

        core_event.listen(engine, "before_cursor_execute", note)
        session.flush()
        for post in posts:
            post.tags.pop()
        session.flush()
        return ran


@contract(*EVERY)
def test_pairs_of_a_subclass_are_told_once_to_lists_in_memory(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = workshop(orm, engine)
    heard.classes(world.Skill, world.Person, world.Engineer, world.Manager, propagate=True)
    told: list[Any] = []
    with orm.Session(engine) as session:
        sew, cook = session.scalars(orm.select(world.Skill).order_by(world.Skill.id)).all()
        chief = session.get(world.Manager, 1)  # whole, which the oracle would load here or there
        eve, ian = session.get(world.Engineer, 2), session.get(world.Engineer, 3)
        told.append([[each.name for each in skill.people] for skill in (sew, cook)])
        told.append(chief.name)
        heard.mark("append")
        ian.skills.append(sew)
        heard.mark("replace")
        eve.skills = [cook]
        heard.mark("the other way")
        cook.people.append(ian)
        told.append([sorted(each.name for each in skill.people) for skill in (sew, cook)])
        told.append([[each.name for each in person.skills] for person in (eve, ian)])
        session.flush()
        heard.stop()
        session.commit()
        told.append([sorted(each.name for each in skill.people) for skill in (sew, cook)])
    return told


@contract(*EVERY)
def test_both_sides_write_a_pair_of_a_subclass_once(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = workshop(orm, engine)
    with orm.Session(engine) as session:
        skill = world.Skill(id=3, name="weld")
        people = [world.Manager(id=6, name="Moe"), world.Engineer(id=7, name="Ed")]
        people.append(world.Person(id=8, name="Pam"))
        skill.people = people
        for person in people:
            person.skills.append(session.get(world.Skill, 1))
        session.add(skill)
        session.commit()
        return [[each.name for each in person.skills] for person in people]

"""Collections and what surrounds them: the other side, validators, loads, expiry, annotations."""

from __future__ import annotations

import warnings
from typing import Any

from sqlalchemy import Column, Engine, ForeignKey, Integer, String, Table

from .collected import children, family, hear_all, members
from .graph_models import forum
from .heard import Recorder
from .oracle import Orm
from .runner import contract


def tagged(orm: Orm, engine: Engine, left: Any, right: Any) -> Any:
    """Declare posts and tags, many to many, with collections of two classes."""
    Base: Any = orm.declarative_base()
    link = Table(
        "post_tags",
        Base.metadata,
        Column("post_id", ForeignKey("posts.id"), primary_key=True),
        Column("tag_id", ForeignKey("tags.id"), primary_key=True),
    )

    class Post(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "posts"
        id = Column(Integer, primary_key=True)
        name = Column(String(20))
        tags = orm.relationship(
            "Tag", secondary=link, back_populates="posts", collection_class=left
        )

    class Tag(Base):  # type: ignore[misc] # as above
        __tablename__ = "tags"
        id = Column(Integer, primary_key=True)
        name = Column(String(20))
        posts = orm.relationship(
            "Post", secondary=link, back_populates="tags", collection_class=right
        )

    Base.classes = (Post, Tag)
    Base.metadata.create_all(engine)
    return Post, Tag


@contract()
def test_both_sides_of_many_to_many_follow_each_other(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    told: list[Any] = []
    keyed = orm.attribute_keyed_dict("name")
    for left, right in ((list, list), (set, set), (list, set), (set, list), (keyed, list)):
        Post, Tag = tagged(orm, engine, left, right)
        heard.attribute(Post.tags)
        heard.attribute(Tag.posts)
        first, second = Post(name="first"), Post(name="second")
        red, blue = Tag(name="red"), Tag(name="blue")
        heard.mark("from the left")
        orm.collections.collection_adapter(first.tags).append_with_event(red)
        heard.mark("from the right")
        orm.collections.collection_adapter(blue.posts).append_with_event(first)
        orm.collections.collection_adapter(red.posts).append_with_event(second)
        heard.mark("away")
        orm.collections.collection_adapter(first.tags).remove_with_event(red)
        held = (first.tags, second.tags, red.posts, blue.posts)
        told.append([members(orm, each) for each in held])
        with orm.Session(engine) as session:
            session.add_all([first, second])
            session.commit()
            first.name, red.name, second.name, blue.name  # before their collections
            held = (first.tags, second.tags, red.posts, blue.posts)
            told.append([members(orm, each) for each in held])
    return told


@contract(in_order=True)
def test_one_to_one_moves_between_owners(orm: Orm, heard: Recorder, engine: Engine) -> object:
    Base: Any = orm.declarative_base()

    class Person(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "persons"
        id = Column(Integer, primary_key=True)
        desk = orm.relationship("Desk", back_populates="person", uselist=False)

    class Desk(Base):  # type: ignore[misc] # as above
        __tablename__ = "desks"
        id = Column(Integer, primary_key=True)
        person_id: Any = Column(ForeignKey("persons.id"))
        person = orm.relationship("Person", back_populates="desk")

    heard.attribute(Person.desk)
    heard.attribute(Desk.person)
    ann, bob, desk, other = Person(), Person(), Desk(), Desk()
    heard.mark("from one side")
    ann.desk = desk
    heard.mark("from the other")
    other.person = bob
    heard.mark("another desk")
    ann.desk = other
    heard.mark("none")
    ann.desk = None
    heard.mark("back")
    desk.person = bob
    return [ann.desk, bob.desk, desk.person, other.person]


@contract(in_order=True)
def test_validators_see_comers_and_leavers(orm: Orm, heard: Recorder, engine: Engine) -> object:
    Base: Any = orm.declarative_base()

    class Parent(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "parents"
        id = Column(Integer, primary_key=True)
        boys = orm.relationship("Child", foreign_keys="Child.boy_of", back_populates="father")
        girls = orm.relationship(
            "Child", foreign_keys="Child.girl_of", backref="mother", collection_class=set
        )

        @orm.validates("boys", include_removes=True)
        def see_boys(self, key: str, child: Any, leaves: bool) -> Any:
            heard.note("boys", key, child, leaves)
            return child

        @orm.validates("girls", include_removes=True, include_backrefs=False)
        def see_girls(self, key: str, child: Any, leaves: bool) -> Any:
            heard.note("girls", key, child, leaves)
            return child

    class Child(Base):  # type: ignore[misc] # as above
        __tablename__ = "children"
        id = Column(Integer, primary_key=True)
        name = Column(String(20))
        boy_of: Any = Column(ForeignKey("parents.id"))
        girl_of: Any = Column(ForeignKey("parents.id"))
        father = orm.relationship("Parent", foreign_keys=[boy_of], back_populates="boys")

        @orm.validates("father")
        def see_father(self, key: str, parent: Any) -> Any:
            heard.note("father", key, parent)
            return parent

    orm.configure_mappers()
    a, b, c = (Child(name=name) for name in "abc")
    parent = Parent()
    for act in (
        lambda: parent.boys.append(a),
        lambda: setattr(b, "father", parent),
        lambda: setattr(parent, "boys", [b, c]),
        lambda: parent.boys.remove(c),
        lambda: setattr(b, "father", None),
        lambda: parent.girls.add(a),
        lambda: setattr(b, "mother", parent),
        lambda: setattr(b, "mother", None),
        lambda: setattr(parent, "girls", {c}),
        lambda: setattr(c, "mother", None),
        lambda: parent.girls.clear(),
    ):
        heard.mark("next")
        act()
    # A wanted difference: each member that leaves a replaced list is told once.
    heard.log = [each for at, each in enumerate(heard.log) if each not in heard.log[at - 2 : at]]
    return [len(parent.boys), len(parent.girls), a.father, a.mother]


@contract(in_order=True)
def test_active_history_tells_the_old_reference(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = family(orm, list, engine)
    with orm.Session(engine) as session:
        child = world.Child(id=1, name="c", parent=world.Parent(id=1, name="P"))
        session.add_all([child, world.Parent(id=2, name="Q")])
        session.commit()
    heard.attribute(world.Child.parent, active_history=True)
    with orm.Session(engine) as session:
        child, other = session.get(world.Child, 1), session.get(world.Parent, 2)
        child.parent = other
        return orm.attributes.get_history(child, "parent")


@contract(in_order=True)
def test_an_expired_collection_still_moves_its_members_but_is_warned_of(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    told: list[Any] = []
    for number, kind in enumerate((list, set, orm.attribute_keyed_dict("name"))):
        world = family(orm, kind, engine)
        with orm.Session(engine) as session:
            parent = world.Parent(id=number, name="P")
            session.add(parent)
            session.commit()
            stale = parent.children
            session.expire(parent)
            child = world.Child(name="late")
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                orm.collections.collection_adapter(stale).append_with_event(child)
            told.append([str(each.message) for each in caught])
            told.append([child.parent is parent, "children" in vars(parent), child in session])
            told.append(members(orm, parent.children))
            session.rollback()
    return told


@contract()
def test_a_load_listener_may_read_and_change_collections(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = family(orm, list, engine)
    with orm.Session(engine) as session:
        session.add(world.Parent(id=1, name="P", children=[world.Child(id=1, name="a")]))
        session.commit()

    def loaded(target: Any, context: Any) -> None:
        heard.note("loaded", members(orm, target.children))
        target.children.append(world.Child(id=2, name="b"))

    orm.event.listen(world.Parent, "load", loaded)
    with orm.Session(engine) as session:
        parent = session.get(world.Parent, 1)
        told = [members(orm, parent.children), len(session.new)]
        session.commit()
        parent.name  # the oracle reads an expired owner before its collection
        return [*told, members(orm, parent.children)]


@contract(in_order=True)
def test_members_put_in_as_loaded_are_no_change(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    told: list[Any] = []
    for kind in (list, set, orm.attribute_keyed_dict("name")):
        world = family(orm, kind)
        (a,) = children(world, heard, "a")
        parent = world.Parent(name="P")
        hear_all(heard, world)
        orm.attributes.set_committed_value(parent, "children", [a])
        told.append([members(orm, parent.children), a.parent])
        adapter = orm.attributes.init_collection(world.Parent(), "children")
        told.append([type(adapter).__name__, list(adapter)])
        orm.attributes.flag_modified(parent, "children")
        told.append(orm.inspect(parent).modified)
    return told


@contract()
def test_history_of_collections(orm: Orm, heard: Recorder, engine: Engine) -> object:
    told: list[Any] = []
    attributes = orm.attributes

    def history(parent: Any, *passive: Any) -> list[Any]:
        found = attributes.get_history(parent, "children", *passive)
        return [sorted(child.name for child in part) for part in found]

    for number, kind in enumerate((list, set, orm.attribute_keyed_dict("name")), 1):
        world = family(orm, kind, engine)
        new = world.Parent(name="new")
        told.append([history(new, attributes.PASSIVE_NO_INITIALIZE), history(new)])
        with orm.Session(engine, autoflush=False) as session:
            parent = world.Parent(id=number, name="P")
            for place, name in enumerate("abc"):
                world.Child(id=10 * number + place, name=name, parent=parent)
            told.append(history(parent))
            session.add(parent)
            session.commit()
            told.append([history(parent, attributes.PASSIVE_NO_INITIALIZE), history(parent)])
            adapter = orm.collections.collection_adapter(parent.children)
            a, b, _c = sorted(adapter, key=lambda child: child.name)
            adapter.remove_with_event(a)
            adapter.append_with_event(world.Child(id=10 * number + 4, name="d"))
            told.append(history(parent))
            b.parent = None
            world.Child(id=10 * number + 5, name="e", parent=parent)
            told.append(history(parent))
            state = orm.inspect(parent).attrs.children
            told.append([len(part) for part in state.history])
            session.flush()
            told.append([history(parent), [len(part) for part in state.history]])
    heard.mark("done")
    return told


@contract()
def test_annotations_choose_the_collection(orm: Orm, heard: Recorder, engine: Engine) -> object:
    class Base(orm.DeclarativeBase):  # type: ignore[misc,name-defined] # known at run time
        pass

    Mapped: Any = orm.Mapped
    by_name = orm.attribute_keyed_dict("name")

    class Leaf(Base):
        __tablename__ = "leaves"
        id = orm.mapped_column(Integer, primary_key=True)
        name = orm.mapped_column(String(20))
        tree_id = orm.mapped_column(ForeignKey("trees.id"))

    class Tree(Base):
        __tablename__ = "trees"
        __annotations__ = {
            "listed": Mapped[list[Leaf]],
            "collected": Mapped[set[Leaf]],
            "keyed": Mapped[dict[str, Leaf]],
        }
        id = orm.mapped_column(Integer, primary_key=True)
        listed = orm.relationship(viewonly=True)
        collected = orm.relationship()
        keyed = orm.relationship(collection_class=by_name, viewonly=True)

    Base.metadata.create_all(engine)
    with orm.Session(engine) as session:
        tree = Tree(id=1, collected={Leaf(id=1, name="a"), Leaf(id=2, name="b")})
        session.add(tree)
        session.commit()
        tree.id  # the oracle reads an expired owner before its collections
        held = (tree.listed, tree.collected, tree.keyed)
        told = [isinstance(each, kind) for each, kind in zip(held, (list, set, dict), strict=True)]
        return [*told, [sorted(members(orm, each)) for each in held]]


@contract(in_order=True)
def test_propagated_listeners_hear_the_collections_of_subclasses(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    Base: Any = orm.declarative_base()

    class Animal(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "animals"
        id = Column(Integer, primary_key=True)
        kind = Column(String(20))
        name = Column(String(20))
        mother_id: Any = Column(ForeignKey("animals.id"))
        young = orm.relationship("Animal", back_populates="mother", collection_class=set)
        mother = orm.relationship("Animal", back_populates="young", remote_side=[id])
        __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "animal"}

    heard.attribute(Animal.young, propagate=True)
    heard.attribute(Animal.mother, propagate=True)

    class Cat(Animal):
        __mapper_args__ = {"polymorphic_identity": "cat"}

    mother, kitten, foundling = Cat(name="m"), Cat(name="k"), Animal(name="f")
    mother.young.add(kitten)
    foundling.mother = mother
    mother.young = {foundling}
    foundling.mother = None
    return [len(mother.young), kitten.mother, foundling.mother]


@contract("sqlite", "postgresql")
def test_an_empty_list_of_a_new_object_is_loaded_once_it_has_a_row(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = forum(orm, engine)
    heard.classes(*world.Base.classes, propagate=False)
    told = []
    for act in ("flush", "commit", "roll back"):
        with orm.Session(engine) as session:
            heard.session(session)
            post, tag = world.Post(title="one", author=None), world.Tag(name=act)
            session.add_all([post, tag])
            told.append((len(post.tags), len(post.comments)))
            session.flush()
            if act == "roll back":
                session.expire_all()
                session.rollback()
                told.append((len(post.tags), len(post.comments)))
                continue
            if act == "commit":
                session.commit()
                assert post.id and tag.id
            tag.posts.append(post)
            told.append(len(post.tags))
            session.commit()
    return told
